"""Seeded noise as pure functions of a place: the same seed at the same place gives the same number, in any order.

Numbers come from a hash of (seed, whole place), so nothing has to be remembered and a seek costs nothing.
"""

from __future__ import annotations

import math
from typing import Final

from show.easing import Ease

_MASK: Final = 0xFFFFFFFFFFFFFFFF
_FARTHEST: Final = 1e15


def hashed(seed: int, number: int) -> float:
    """Return a number in 0..1 (1 excluded) for whole `number` and `seed`, by splitmix64's finaliser."""
    x = (seed * 0x9E3779B97F4A7C15 + number * 0xD1B54A32D192ED03 + 0x632BE59BD9B4E019) & _MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
    return ((x ^ (x >> 31)) >> 11) / 9007199254740992.0


def whole(number: float) -> int:
    """Return a number rounded down, 0 for what is not finite or too far away to have a place."""
    return math.floor(number) if abs(number) < _FARTHEST else 0


def steps(seed: float, x: float) -> float:
    """Return noise in 0..1 that holds a new number from every whole place to the next."""
    return hashed(whole(seed), whole(x))


def smooth(seed: float, x: float) -> float:
    """Return noise in 0..1 that passes smoothly from one number at every whole place to the next."""
    number, own = whole(x), whole(seed)
    here, share = hashed(own, number), x - number
    if not 0.0 < share < 1.0:
        return here
    return here + (hashed(own, number + 1) - here) * share * share * (3.0 - 2.0 * share)


def eased(seed: float, x: float, ease: Ease) -> float:
    """Return noise in 0..1 that passes from the number of every whole place to the next by an easing."""
    number, own = whole(x), whole(seed)
    here = hashed(own, number)
    share = x - number
    if not 0.0 < share < 1.0:
        return here
    return here + (hashed(own, number + 1) - here) * ease(share)


def gradient(seed: float, x: float, y: float = 0.0) -> float:
    """Return Perlin's noise in two dimensions, in about -1..1 and 0 at whole places."""
    i, j, own = whole(x), whole(y), whole(seed)
    u, v = x - i, y - j
    if not (0.0 <= u <= 1.0 and 0.0 <= v <= 1.0):
        return 0.0

    def slope(a: int, b: int) -> float:
        turn = 2.0 * math.pi * hashed(own, (i + a) * 0x1F123BB5 + (j + b) * 0x27D4EB2F)
        return math.cos(turn) * (u - a) + math.sin(turn) * (v - b)

    across, down = (share**3 * (share * (share * 6.0 - 15.0) + 10.0) for share in (u, v))
    top = slope(0, 0) + (slope(1, 0) - slope(0, 0)) * across
    if v == 0.0:
        return top * math.sqrt(2.0)
    bottom = slope(0, 1) + (slope(1, 1) - slope(0, 1)) * across
    return (top + (bottom - top) * down) * math.sqrt(2.0)


def octaves(seed: float, x: float, count: int) -> float:
    """Return smooth noise in 0..1 with finer waves added, each twice as fine and half as large as the one before."""
    if count == 1:
        return smooth(seed, x)
    total = sum(smooth(seed + n * 7919, x * 2.0**n) / 2.0**n for n in range(count))
    return total / (2.0 - 2.0 ** (1 - count))
