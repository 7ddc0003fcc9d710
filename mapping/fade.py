"""How things change on the wall over time: pure functions and small states, the time in seconds is always passed in.

A new picture grows out of what the wall shows over the interval at which pictures arrive, so that a painter of 6
pictures a second moves without steps at any display rate:

1. `Arrivals` measures the interval between pictures and smooths it.
2. A picture that arrives starts a `Crossfade` as long as that interval; intervals shorter than the display can show
   (CUT_TICKS ticks) are cuts.
3. A newer picture may arrive before the fade is over: what is on the wall then is what the next fade starts from.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

LONGEST_FADE: Final = 8.0
"""Seconds; a painter slower than this fades in this time and then stands still."""
FIRST_FADE: Final = 1.0
"""Seconds from the safe still to the first picture, and from a held picture to the next one."""
CUT_TICKS: Final = 1.5
"""Pictures that come faster than one in so many display ticks replace each other without a fade."""
_SMOOTHING: Final = 0.35


def smoothed(interval: float | None, measured: float) -> float:
    """Return the new estimate of the interval between pictures, in seconds."""
    return measured if interval is None else interval + _SMOOTHING * (measured - interval)


def fade_seconds(interval: float | None, tick: float) -> float:
    """Return how long the next picture fades in; `interval` is None before two pictures arrived, `tick` one frame."""
    if interval is None:
        return FIRST_FADE
    return 0.0 if interval < CUT_TICKS * tick else min(interval, LONGEST_FADE)


def weight(now: float, began: float, seconds: float) -> float:
    """Return how much of the new is there, 0..1, `now - began` seconds into a change that takes `seconds`."""
    if seconds <= 0:
        return 1.0
    return min(max((now - began) / seconds, 0.0), 1.0)


def eased(share: float) -> float:
    """Return a share 0..1 with a soft beginning and end."""
    return share * share * (3 - 2 * share)


@dataclass(frozen=True)
class Crossfade:
    """A change that began at `began` and takes `seconds`."""

    began: float
    seconds: float

    def weight(self, now: float) -> float:
        """Return how much of the new picture is there, 0..1."""
        return weight(now, self.began, self.seconds)


class Arrivals:
    """Measures when pictures come.

    A gap longer than `patience` is an interruption and not an interval, unless it is the first or follows another long
    one: then the painter is simply slow. A first fade is not cut short by the pictures that come while it lasts: each
    of them fades in over what is left of it, so that what was there before goes at a steady rate.
    """

    def __init__(self) -> None:
        self.interval: float | None = None
        self.newest: float | None = None
        self._long: float | None = None
        self._first_until = 0.0

    def arrived(self, came: float, now: float, tick: float, patience: float) -> Crossfade:
        """Note a picture that was finished at `came` and is seen at `now`; return its fade."""
        gap = None if self.newest is None else max(came - self.newest, 0.0)
        self.newest = came if self.newest is None else max(came, self.newest)
        interrupted = gap is not None and gap > patience and self.interval is not None and self._long is None
        if gap is None or interrupted:
            self._long = gap
            self._first_until = now + FIRST_FADE
            return Crossfade(now, FIRST_FADE)
        self.interval = smoothed(None if self._long else self.interval, gap)
        self._long = gap if gap > patience else None
        return Crossfade(now, max(fade_seconds(self.interval, tick), self._first_until - now))

    def cut(self) -> None:
        """Let the picture that came stand at once, and the next ones follow at their own pace."""
        self._first_until = 0.0


class Glide:
    """A number that follows its target at a steady rate (units per second) and starts where it is first told."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._value: float | None = None
        self._at = 0.0

    def towards(self, target: float, now: float) -> float:
        """Return the value at `now` on its way to `target`."""
        if self._value is None:
            self._value = target
        step = max(0.0, now - self._at) * self._rate
        self._at = now
        self._value += min(max(target - self._value, -step), step)
        return self._value


def drift(seconds: float, depth: float = 0.1, period: float = 60.0) -> float:
    """Return the zoom of a picture held for `seconds`: a slow breath between 1 and 1 + depth, begun without a jerk."""
    return 1 + depth * (1 - math.cos(2 * math.pi * seconds / period)) / 2
