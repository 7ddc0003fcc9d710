"""Keys: numbers at moments, and the way from each to the next; what a track reads between its points.

The way out of a key is a step, an easing, or a curve through all keys: `cubic` (the natural spline, which may swing
beyond the keys) or `monotone` (which never does). A value may be computed: then it holds from its key to the next one,
and the way to it goes to what it is at its own moment. Before the first key the first value holds, after the last one
the last, or all of them again (`loop`), or again from the end (`mirror`).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from show.easing import Ease

Number = Callable[[float], float]
"""From a second to a number; nan where there is none."""
Way = Ease | Literal["cubic", "monotone"] | None
"""How the way to the next key is gone; None: straight."""
After = Literal["hold", "loop", "mirror"]


class KeyedNumber(NamedTuple):
    """One key: its second, its value, and the way out of it."""

    at: float
    value: float | Number
    way: Way = None


class Span(NamedTuple):
    """Where a second lies between two keys: seconds since the first, from it to the next, and both values."""

    k: float
    span: float
    prev_value: float
    next_value: float


class KeyLine:
    """Keys in rising order, at least one."""

    def __init__(self, keys: Sequence[KeyedNumber], after: After = "hold") -> None:
        self.times = [key.at for key in keys]
        self.values = [key.value if isinstance(key.value, float) else key.value(key.at) for key in keys]
        self._ways = [key.way for key in keys]
        self._computed = [None if isinstance(key.value, float) else key.value for key in keys]
        self._after = after if len(keys) > 1 else "hold"
        self._slopes = {"cubic": natural(self.times, self.values)} if "cubic" in self._ways else {}
        if "monotone" in self._ways:
            self._slopes["monotone"] = monotone(self.times, self.values)
        self.straight = not any(self._computed) and not any(self._ways)

    def number(self) -> Number:
        """Return the number at a second, by the shortest way that these keys allow."""
        if not self.straight or self._after != "hold":
            return self.at
        times, values, last = self.times, self.values, len(self.times)

        def straight(second: float) -> float:
            place = bisect_right(times, second)
            if place == 0:
                return values[0]
            if place == last:
                return values[-1]
            begin, v0 = times[place - 1], values[place - 1]
            return v0 + (values[place] - v0) * (second - begin) / (times[place] - begin)

        return straight

    def at(self, second: float) -> float:
        """Return the number at a second."""
        if self._after != "hold":
            second = self._folded(second)
        place = bisect_right(self.times, second) - 1
        if place < 0:
            return self.values[0]
        computed = self._computed[place]
        if computed is not None:
            return computed(second)
        if place == len(self.times) - 1:
            return self.values[-1]
        way = self._ways[place]
        if isinstance(way, str):
            return self.curved(self._slopes[way], place, second)
        begin, end = self.times[place], self.times[place + 1]
        share = (second - begin) / (end - begin)
        v0, v1 = self.values[place], self.values[place + 1]
        return v0 + (v1 - v0) * (share if way is None else way(share))

    def span(self, second: float) -> Span:
        """Return where a second lies between two keys."""
        second = self._folded(second) if self._after != "hold" else second
        place = max(0, bisect_right(self.times, second) - 1)
        after = min(place + 1, len(self.times) - 1)
        return Span(
            max(0.0, second - self.times[place]),
            self.times[after] - self.times[place],
            self.values[place],
            self.values[after],
        )

    def curved(self, slopes: Sequence[float], place: int, second: float) -> float:
        """Return the number on the curve with these slopes at the keys, after key `place`."""
        if place >= len(self.times) - 1:
            return self.values[-1]
        h = self.times[place + 1] - self.times[place]
        s = (second - self.times[place]) / h
        v0, v1 = self.values[place], self.values[place + 1]
        up, down = s * s * (3.0 - 2.0 * s), s * (1.0 - s)
        return v0 + (v1 - v0) * up + h * down * ((1.0 - s) * slopes[place] - s * slopes[place + 1])

    def _folded(self, second: float) -> float:
        """Return the second of the first pass that a later one repeats."""
        first, length = self.times[0], self.times[-1] - self.times[0]
        if second < self.times[-1]:
            return second
        passes, rest = divmod(second - first, length)
        return first + (length - rest if self._after == "mirror" and passes % 2 else rest)


def natural(times: Sequence[float], values: Sequence[float]) -> list[float]:
    """Return the slopes at the keys of the natural cubic spline through them (its ends are straight)."""
    count = len(times)
    if count < 3:
        slope = 0.0 if count < 2 else (values[1] - values[0]) / (times[1] - times[0])
        return [slope] * count
    steps = [b - a for a, b in pairwise(times)]
    rises = [(b - a) / h for (a, b), h in zip(pairwise(values), steps, strict=True)]
    # Bending at the inner keys: a tridiagonal system, solved from front to back and back again.
    share, goal = [0.0] * count, [0.0] * count
    for n in range(1, count - 1):
        pivot = 2.0 * (steps[n - 1] + steps[n]) - steps[n - 1] * share[n - 1]
        share[n] = steps[n] / pivot
        goal[n] = (6.0 * (rises[n] - rises[n - 1]) - steps[n - 1] * goal[n - 1]) / pivot
    bend = [0.0] * count
    for n in range(count - 2, 0, -1):
        bend[n] = goal[n] - share[n] * bend[n + 1]
    slopes = [rises[n] - steps[n] * (2.0 * bend[n] + bend[n + 1]) / 6.0 for n in range(count - 1)]
    return [*slopes, rises[-1] + steps[-1] * (bend[-2] + 2.0 * bend[-1]) / 6.0]


def monotone(times: Sequence[float], values: Sequence[float]) -> list[float]:
    """Return slopes with which the curve never leaves the range between two neighbours (Fritsch and Carlson)."""
    count = len(times)
    if count < 2:
        return [0.0] * count
    rises = [(values[n + 1] - values[n]) / (times[n + 1] - times[n]) for n in range(count - 1)]
    slopes = [rises[0], *((a + b) / 2.0 if a * b > 0 else 0.0 for a, b in pairwise(rises))]
    slopes.append(rises[-1])
    for n, rise in enumerate(rises):
        if rise == 0.0:
            slopes[n] = slopes[n + 1] = 0.0
            continue
        size = math.hypot(slopes[n] / rise, slopes[n + 1] / rise)
        if size > 3.0:
            slopes[n], slopes[n + 1] = 3.0 * slopes[n] / size, 3.0 * slopes[n + 1] / size
    return slopes
