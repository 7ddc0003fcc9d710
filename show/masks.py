"""Masks: how much of a picture's light comes through at each place of a surface; plain values, no pixels.

A mask is a polygon in the picture's own unit square, or a file (mask_files.py): light comes through inside, and grows
over `feather` across its edge. A fade from mask to mask mixes how much comes through, in linear light, so what both let
through stands still and the rest comes and goes evenly. A fade that is broken off goes on from the mixture that stood
then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

Point = tuple[float, float]


class Mask(msgspec.Struct, frozen=True, array_like=True):
    """A polygon (x, y from the picture's top left, 0..1) or a file, and the width of its soft edge.

    `feather` is a share of the surface's width; `file` is named from the folder of the show file, as the show does, so
    that the same show gives the same numbers everywhere. Without corners and file everything comes through.
    """

    corners: tuple[Point, ...] = ()
    feather: float = 0.0
    file: str = ""


Cover = tuple[tuple[Mask, float], ...]
"""Masks with their shares, which sum up to 1."""
WHOLE: Final[Cover] = ((Mask(), 1.0),)


def cover(shape: Sequence[Point] | str, feather: float) -> Cover:
    """Return the cover of one polygon or file, of the whole picture if it is empty."""
    if not shape:
        return WHOLE
    return ((Mask((), feather, shape) if isinstance(shape, str) else Mask(tuple(shape), feather), 1.0),)


def between(one: Cover, other: Cover, share: float) -> Cover:
    """Return the mixture of two covers; `share` 0 is the first."""
    shares: dict[Mask, float] = {}
    for covered, part in ((one, 1.0 - share), (other, share)):
        for mask, own in covered:
            shares[mask] = shares.get(mask, 0.0) + own * part
    return tuple((mask, own) for mask, own in shares.items() if own > 0.0)


def tangled(corners: Sequence[Point]) -> bool:
    """Say whether two sides of a polygon cross, so that nobody knows what is inside."""
    count = len(corners)
    sides = [(corners[n], corners[(n + 1) % count]) for n in range(count)]
    return any(
        _cross(*sides[one], *sides[other])
        for one in range(count)
        for other in range(one + 2, count)
        if (other + 1) % count != one
    )


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    def turn(p: Point, q: Point, r: Point) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return turn(a, b, c) * turn(a, b, d) < 0 and turn(c, d, a) * turn(c, d, b) < 0
