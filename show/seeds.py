"""Seeds by key: a scene's noise passes through chosen seeds at chosen moments, by slerp, instead of its free walk.

Keys are [moment, seed] or [moment, seed, easing]; the easing is how the way to the next seed is gone ("step" holds and
cuts). Between two keys the noise is that of the one slerped with that of the next, so keys that end on the seed with
which they began close a loop exactly. Before the first key and after the last these hold.

The first region has the seeds as they are written. Up to walk/divergence 1 every other region is ahead on the same way,
by up to one key per region; at 1 each has seeds of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from show import walk
from show.keys import KeyedNumber, KeyLine
from show.track_config import Keys
from show.tracks import Setting, key_times, way

Seeds = Callable[[float, float, int], walk.Place]
"""From (second in the scene, keys ahead, own seed or 0) to a place between two seeds."""


def seed_track(keys: Keys, setting: Setting) -> Seeds:
    """Return the place between seeds as a function; raise TrackError."""
    times = key_times(keys, setting)
    seeds = [int(key[1]) for key in keys]
    ways = [way(key[2]) if len(key) == 3 else None for key in keys]
    made = [KeyedNumber(at, float(n), how) for n, (at, how) in enumerate(zip(times, ways, strict=True))]
    line, last = KeyLine(made), len(seeds) - 1

    def place(into: float, ahead: float, own: int) -> walk.Place:
        at = min(max(line.at(into) + ahead, 0.0), float(last))
        first = min(math.floor(at), max(0, last - 1))
        a, b = seeds[first], seeds[min(first + 1, last)]
        if own:
            a, b = (walk.place(own, float(seed)).seed_a for seed in (a, b))
        return walk.Place(a, b, at - first)

    return place
