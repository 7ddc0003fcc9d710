"""Pace: turns of a loop by deadline, so that periods do not drift and a late turn makes no burst of hurried ones.

A turn may also be called early, by news that should not wait for the deadline.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

_GIVE_UP_SECONDS: Final = 0.25


class Pace:
    """Deadlines `1 / hz` seconds apart on the monotonic clock; early turns are at least `1 / most_hz` apart."""

    def __init__(self, hz: float, most_hz: float = 0.0) -> None:
        self._period = 1.0 / hz
        self._shortest = 1.0 / most_hz if most_hz else self._period
        self._begun = self._due = time.monotonic()
        self.late = 0

    def wait(self, news: Callable[[float], bool] | None = None) -> None:
        """Sleep until the next deadline; a loop that fell far behind starts counting anew.

        `news` waits for so many seconds at most and says whether something came: then the turn comes at once, and the
        next deadlines count from it. A flood of news leaves the loop at least as long to rest as a turn took.
        """
        self._due += self._period
        now = time.monotonic()
        left = self._due - now
        if left <= 0:
            self.late += 1
            if left < -_GIVE_UP_SECONDS:
                self._due = now
        elif news is not None and news(left):
            least = max(self._shortest, 2 * (now - self._begun))
            _sleep_until(min(self._due, self._begun + least))
            self._due = time.monotonic()
        else:
            _sleep_until(self._due)
        self._begun = time.monotonic()


def _sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))
