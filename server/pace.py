"""Pace: turns of a loop by deadline, so that periods do not drift and a late turn makes no burst of hurried ones."""

from __future__ import annotations

import time
from typing import Final

_GIVE_UP_SECONDS: Final = 0.25


class Pace:
    """Deadlines `1 / hz` seconds apart on the monotonic clock."""

    def __init__(self, hz: float) -> None:
        self._period = 1.0 / hz
        self._due = time.monotonic()
        self.late = 0

    def wait(self) -> None:
        """Sleep until the next deadline; a loop that fell far behind starts counting anew."""
        self._due += self._period
        left = self._due - time.monotonic()
        if left > 0:
            time.sleep(left)
            return
        self.late += 1
        if left < -_GIVE_UP_SECONDS:
            self._due = time.monotonic()
