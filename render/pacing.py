"""Pacing: when the next painting is due, what may be painted, and how fast it goes; time is passed in, in seconds."""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

import numpy as np

from show.frames import Pictures
from show.snapshot import Snapshot

WINDOW_SECONDS: Final = 3.0
"""Speeds are averages over this long."""


def wanted(snapshot: Snapshot, last_id: int | None) -> bool:
    """Say whether a snapshot is to be painted: the show plays, it asks for a painting, and it was not painted yet."""
    return snapshot.playing == "playing" and snapshot.paint and snapshot.id != last_id


class Pacer:
    """Spaces paintings `1 / rate` seconds apart without drift; a late painting never makes the next ones hurry.

    Rate 0 is as fast as it goes: the next painting is always due.
    """

    def __init__(self, rate: float) -> None:
        self._period = 1.0 / rate if rate > 0 else 0.0
        self._due = 0.0

    def wait(self, now: float) -> float:
        """Return the seconds until the next painting may begin, 0 when it is due."""
        return max(0.0, self._due - now)

    def begun(self, now: float) -> None:
        """Note that a painting begins; the next is due one period after this one was, or after now when it is late."""
        on_time = now - self._due < self._period
        self._due = (self._due if on_time else now) + self._period


class Speeds(NamedTuple):
    """How painting goes: triptychs per second, mean milliseconds per triptych, share of them in forward passes.

    Painted ones are finished by the artist. Delivered ones went out and were new; repeated ones went out and were, byte
    for byte, the one before (a walk that rests): nobody may count these as speed.
    """

    painted_fps: float
    paint_ms: float
    forward_share: float
    delivered_fps: float = 0.0
    repeated_fps: float = 0.0


class _Painted(NamedTuple):
    ended: float
    seconds: float
    forward: float
    delivered: bool
    repeated: bool


class Meter:
    """Averages the paintings of the last WINDOW_SECONDS."""

    def __init__(self) -> None:
        self._paintings: deque[_Painted] = deque()

    def painted(
        self,
        now: float,
        seconds: float,
        forward_seconds: float,
        *,
        delivered: bool = True,
        repeated: bool = False,
    ) -> None:
        """Note one painting that ended at `now`: whether it went out, and whether it was the same as the one before."""
        self._paintings.append(_Painted(now, seconds, forward_seconds, delivered, repeated))

    def speeds(self, now: float) -> Speeds:
        """Return the speeds at `now`; all zero when nothing was painted lately."""
        while self._paintings and now - self._paintings[0].ended > WINDOW_SECONDS:
            self._paintings.popleft()
        count = len(self._paintings)
        if count == 0:
            return Speeds(0.0, 0.0, 0.0)
        seconds = sum(painting.seconds for painting in self._paintings)
        forward = sum(painting.forward for painting in self._paintings)
        # The first painting of the window began before its end was noted: that is the true start of the span.
        span = max(now - self._paintings[0].ended + self._paintings[0].seconds, 1e-9)
        repeated = sum(painting.delivered and painting.repeated for painting in self._paintings)
        delivered = sum(painting.delivered for painting in self._paintings) - repeated
        share = forward / seconds if seconds > 0 else 0.0
        return Speeds(count / span, 1000 * seconds / count, share, delivered / span, repeated / span)


def same(one: Pictures | None, other: Pictures) -> bool:
    """Say whether two triptychs (N, H, W, 3) are the same bytes; most that are not differ in every eighth row."""
    if one is None or one.shape != other.shape:
        return False
    return bool(np.array_equal(one[:, ::8], other[:, ::8]) and np.array_equal(one, other))
