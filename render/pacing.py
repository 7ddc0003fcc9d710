"""Pacing: when the next painting is due, what may be painted, and how fast it goes; time is passed in, in seconds."""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

from show.snapshot import Snapshot

WINDOW_SECONDS: Final = 3.0
"""Speeds are averages over this long."""


def wanted(snapshot: Snapshot, last_id: int | None) -> bool:
    """Say whether a snapshot is to be painted: the show plays, it asks for a painting, and it was not painted yet."""
    return snapshot.playing == "playing" and snapshot.paint and snapshot.id != last_id


class Pacer:
    """Spaces paintings `1 / rate` seconds apart without drift; a late painting never makes the next ones hurry."""

    def __init__(self, rate: float) -> None:
        self._period = 1.0 / rate
        self._due = 0.0

    def wait(self, now: float) -> float:
        """Return the seconds until the next painting may begin, 0 when it is due."""
        return max(0.0, self._due - now)

    def begun(self, now: float) -> None:
        """Note that a painting begins; the next is due one period after this one was, or after now when it is late."""
        on_time = now - self._due < self._period
        self._due = (self._due if on_time else now) + self._period


class Speeds(NamedTuple):
    """How painting goes: triptychs per second, mean milliseconds per triptych, share of them in forward passes."""

    painted_fps: float
    paint_ms: float
    forward_share: float


class Meter:
    """Averages the paintings of the last WINDOW_SECONDS."""

    def __init__(self) -> None:
        self._paintings: deque[tuple[float, float, float]] = deque()

    def painted(self, now: float, paint_seconds: float, forward_seconds: float) -> None:
        """Note one painting that ended at `now`."""
        self._paintings.append((now, paint_seconds, forward_seconds))

    def speeds(self, now: float) -> Speeds:
        """Return the speeds at `now`; all zero when nothing was painted lately."""
        while self._paintings and now - self._paintings[0][0] > WINDOW_SECONDS:
            self._paintings.popleft()
        count = len(self._paintings)
        if count == 0:
            return Speeds(0.0, 0.0, 0.0)
        seconds = sum(painting[1] for painting in self._paintings)
        forward = sum(painting[2] for painting in self._paintings)
        # The first painting of the window began before its end was noted: that is the true start of the span.
        span = max(now - self._paintings[0][0] + self._paintings[0][1], 1e-9)
        return Speeds(count / span, 1000 * seconds / count, forward / seconds if seconds > 0 else 0.0)
