"""The walk through seeds as plain numbers: where each region stands between which two seeds, at constant speed."""

from __future__ import annotations

import functools
import math
from typing import Final, NamedTuple

SECONDS_PER_SEED: Final = 8.0
"""Seconds from one seed to the next at walk/speed 1."""


class Place(NamedTuple):
    """A place on the walk: between `seed_a` and `seed_b` (31-bit), `mix` of the way (0..1)."""

    seed_a: int
    seed_b: int
    mix: float


def place(base: int, position: float) -> Place:
    """Return the place at `position` (in seeds, 0 and up) on the walk that starts at the show's seed `base`."""
    whole = math.floor(position)
    return Place(_seed(base, whole), _seed(base, whole + 1), position - whole)


def offset(divergence: float, index: int) -> float:
    """Return how many seeds region `index` runs ahead of region 0 at a divergence below 1.

    With divergence 0 all regions stand at the same place of region 0's walk; up to 1 they drift apart by up to one
    seed per region; at 1 every region walks its own seeds (see `base_seed`).
    """
    return divergence * index


def base_seed(own: int, first: int, divergence: float) -> int:
    """Return the walk a region follows: its own at divergence 1, else that of region 0."""
    return own if divergence >= 1.0 else first


@functools.lru_cache(maxsize=256)
def _seed(base: int, number: int) -> int:
    """Hash (walk, number) to 31 bits with splitmix64's finaliser, so that neighbours share nothing."""
    x = (base * 0x9E3779B97F4A7C15 + number * 0xD1B54A32D192ED03 + 0x2545F4914F6CDD1D) & 0xFFFFFFFFFFFFFFFF
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    return (x ^ (x >> 31)) & 0x7FFFFFFF
