"""Warp maths in float64: the unit square onto four corners and back, and the lines along a surface's edges.

Conventions, fixed once: coordinates are measured between pixel *edges* with the origin in the top left, x to the right
and y down; the middle of the first pixel lies at (0.5, 0.5). Corners stand in the order top left, top right, bottom
right, bottom left of the picture. The closed form is that of Heckbert, "Fundamentals of Texture Mapping and Image
Warping" (1989), section 2.2.3.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from show.errors import OrielError

Floats = NDArray[np.float64]

MIN_TURN: Final = 1e-9
"""A corner whose turn (sine of its angle) is smaller than this makes the shape degenerate."""
MIN_SIDE: Final = 1e-6
"""A side shorter than this share of the longest one makes it degenerate too: its homography has no inverse."""


class HomographyError(OrielError):
    """Four corners that no picture can be laid on."""


def check_corners(corners: ArrayLike) -> Floats:
    """Return corners as (4, 2) float64; raise HomographyError unless they are finite and make a convex shape."""
    points = np.asarray(corners, np.float64)
    if points.shape != (4, 2) or not np.isfinite(points).all():
        raise HomographyError(f"surface: expected four corners (x, y), got {np.asarray(corners).tolist()}")
    sides = np.roll(points, -1, 0) - points
    lengths = np.hypot(sides[:, 0], sides[:, 1])
    following = np.roll(sides, -1, 0)
    scale = np.maximum(lengths * np.roll(lengths, -1), np.finfo(np.float64).tiny)
    turns = (sides[:, 0] * following[:, 1] - sides[:, 1] * following[:, 0]) / scale
    long_enough = lengths.min() > MIN_SIDE * lengths.max()
    if not (long_enough and (np.all(turns > MIN_TURN) or np.all(turns < -MIN_TURN))):
        raise HomographyError(
            f"surface: the corners {points.tolist()} make no convex shape in the order tl, tr, br, bl"
        )
    return points


def onto_corners(corners: ArrayLike) -> Floats:
    """Return the (3, 3) homography from the unit square (picture) to four corners; raise HomographyError."""
    points = check_corners(corners)
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = points
    dx1, dx2, dx3 = x1 - x2, x3 - x2, x0 - x1 + x2 - x3
    dy1, dy2, dy3 = y1 - y2, y3 - y2, y0 - y1 + y2 - y3
    under = dx1 * dy2 - dx2 * dy1
    g = (dx3 * dy2 - dx2 * dy3) / under
    h = (dx1 * dy3 - dx3 * dy1) / under
    return np.array(
        [
            [x1 - x0 + g * x1, x3 - x0 + h * x3, x0],
            [y1 - y0 + g * y1, y3 - y0 + h * y3, y0],
            [g, h, 1.0],
        ]
    )


def from_corners(corners: ArrayLike) -> Floats:
    """Return the (3, 3) homography from four corners to the unit square; raise HomographyError."""
    inverse = np.linalg.inv(onto_corners(corners))
    scaled: Floats = inverse / np.abs(inverse).max()
    return scaled


def apply(matrix: Floats, points: ArrayLike) -> Floats:
    """Return points (..., 2) carried through a (3, 3) homography."""
    given = np.asarray(points, np.float64)
    carried = given @ matrix[:, :2].T + matrix[:, 2]
    result: Floats = carried[..., :2] / carried[..., 2:]
    return result


def edge_lines(corners: ArrayLike) -> Floats:
    """Return (4, 3) lines (a, b, c) along the edges: a*x + b*y + c is the distance inwards, in the corners' unit."""
    points = check_corners(corners)
    sides = np.roll(points, -1, 0) - points
    normals = np.stack([-sides[:, 1], sides[:, 0]], 1) / np.hypot(sides[:, 0], sides[:, 1])[:, None]
    middle = points.mean(0)
    normals *= np.sign(np.sum(normals * (middle - points), 1))[:, None]
    return np.concatenate([normals, -np.sum(normals * points, 1)[:, None]], 1)


def edge_weights(corners: ArrayLike) -> Floats:
    """Return (4,) positive weights of the edge lines (top, right, bottom, left) for a cancellation-free inverse.

    With d the weighted distances, d_left + d_right = d_top + d_bottom = w, and the picture's place is
    u = d_left / w, v = d_top / w: the rows of the inverse homography are nothing but weighted edge lines.
    """
    points = check_corners(corners)
    rows = from_corners(points)
    rows = rows / (rows[2, :2] @ points.mean(0) + rows[2, 2])
    lines = np.stack([rows[1], rows[2] - rows[0], rows[2] - rows[1], rows[0]])
    weights: Floats = np.hypot(lines[:, 0], lines[:, 1])
    return weights


def grown(corners: ArrayLike, distance: float) -> Floats | None:
    """Return the corners with every edge moved outwards by `distance` (inwards below 0), or None if nothing is left."""
    points = check_corners(corners)
    lines = edge_lines(points)
    lines[:, 2] += distance
    before = np.roll(lines, 1, 0)
    moved = np.stack([np.cross(lines[i], before[i]) for i in range(4)])
    result: Floats = moved[:, :2] / moved[:, 2:]
    try:
        check_corners(result)
    except HomographyError:
        return None
    same_way = np.sign(_area(result)) == np.sign(_area(points))
    inside = distance >= 0 or bool(np.all(result @ lines[:, :2].T + lines[:, 2] >= -1e-6))
    return result if same_way and inside else None


def _area(points: Floats) -> float:
    following = np.roll(points, -1, 0)
    return float(np.sum(points[:, 0] * following[:, 1] - points[:, 1] * following[:, 0])) / 2
