"""Fades between four-cornered shapes: every shape on the way is one that a picture can be warped onto.

Moving each corner along a line lets a shape fold over itself on the way (turn a square by half a turn: it shrinks to a
point). Here the homographies that lay the unit square onto the shapes are mixed, part by part:

1. A homography that keeps the square before the eye is [A b; c 1] = T(b) [A' 0; c 1] with A' = A - b c.
2. b and c move along lines. At each corner p of the square the depth 1 + c p is positive at both ends, and so it is
   between them.
3. A' turns and grows: of A'1 A'0^-1 = R S (polar decomposition) the turn R is taken by its angle and the stretch S
   along a line. Its determinant keeps its sign, so the homography can be inverted, and the image of a square under it
   is convex.

Corners are (x, y), in the order top left, top right, bottom right, bottom left.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from show.errors import OrielError

Point = tuple[float, float]
Quad = tuple[Point, Point, Point, Point]
Matrix = NDArray[np.float64]


class QuadError(OrielError):
    """Four corners are no convex shape, or two shapes are mirror images of each other."""


def between(one: Sequence[Point], other: Sequence[Point], share: float) -> Quad:
    """Return the shape that lies `share` (0..1) of the way from one convex shape to another; raise QuadError."""
    first, last = homography(one), homography(other)
    (a0, b0, c0), (a1, b1, c1) = _parts(first), _parts(last)
    if np.linalg.det(a0) * np.linalg.det(a1) <= 0:
        raise QuadError("expected two shapes whose corners go round the same way, got one and its mirror image")
    turn, stretch = _polar(a1 @ np.linalg.inv(a0))
    share = min(max(share, 0.0), 1.0)
    angle = share * turn
    rotation = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    inner = rotation @ (np.eye(2) + share * (stretch - np.eye(2))) @ a0
    shift, depth = b0 + share * (b1 - b0), c0 + share * (c1 - c0)
    return _laid(inner + np.outer(shift, depth), shift, depth)


def homography(quad: Sequence[Point]) -> Matrix:
    """Return the homography (3, 3), last entry 1, that lays the unit square onto a convex shape; raise QuadError.

    After Heckbert, Fundamentals of Texture Mapping and Image Warping (1989), section 2.2.3.
    """
    corners = np.array(quad, np.float64)
    if corners.shape != (4, 2) or not np.isfinite(corners).all() or not _convex(corners):
        raise QuadError(f"expected four corners of a convex shape, got {[tuple(corner) for corner in quad]}")
    p0, p1, p2, p3 = corners
    skew = p0 - p1 + p2 - p3
    c = np.linalg.solve(np.stack([p1 - p2, p3 - p2], axis=1), skew)
    return np.array(
        [
            [*(p1 - p0 + c[0] * p1)[:1], *(p3 - p0 + c[1] * p3)[:1], p0[0]],
            [*(p1 - p0 + c[0] * p1)[1:], *(p3 - p0 + c[1] * p3)[1:], p0[1]],
            [c[0], c[1], 1.0],
        ]
    )


def _convex(corners: Matrix) -> bool:
    """Say whether four corners (4, 2) turn the same way all round, once."""
    sides = np.roll(corners, -1, axis=0) - corners
    after = np.roll(sides, -1, axis=0)
    turns = sides[:, 0] * after[:, 1] - sides[:, 1] * after[:, 0]
    size = np.abs(sides).max() ** 2
    return bool((turns > 1e-12 * size).all() or (turns < -1e-12 * size).all())


def _parts(matrix: Matrix) -> tuple[Matrix, Matrix, Matrix]:
    """Return A', b and c of a homography."""
    b, c = matrix[:2, 2], matrix[2, :2]
    return matrix[:2, :2] - np.outer(b, c), b, c


def _polar(matrix: Matrix) -> tuple[float, Matrix]:
    """Return the angle of R and the symmetric S of a matrix (2, 2) = R S with a positive determinant."""
    angle = math.atan2(matrix[1, 0] - matrix[0, 1], matrix[0, 0] + matrix[1, 1])
    back = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    return angle, back @ matrix


def _laid(linear: Matrix, shift: Matrix, depth: Matrix) -> Quad:
    """Return where a homography lays the corners of the unit square."""
    found = []
    for corner in ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)):
        place = (linear @ corner + shift) / (1.0 + depth @ corner)
        found.append((float(place[0]), float(place[1])))
    return found[0], found[1], found[2], found[3]
