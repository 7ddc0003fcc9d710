"""Surfaces that cues move, on a real canvas: the picture lies where the snapshot says, and the wall never goes black."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mapping.gl import Gl
from mapping.wall import Moment, Wall
from show.masks import WHOLE
from tests.mapping.parts import make_show, make_snapshot

SIZE = (240, 128)
LEFT = ((0.04, 0.10), (0.31, 0.05), (0.31, 0.95), (0.04, 0.90))
MOVED = ((0.40, 0.10), (0.60, 0.10), (0.60, 0.90), (0.40, 0.90))


def drawn(gl: Gl, surfaces: dict[int, object]) -> NDArray[np.uint8]:
    """Return the test cards of a wall with one wing and these surfaces moved, as (H, W, 3)."""
    show = make_show(surface=[{"region": "left", "corners": LEFT}])
    wall = Wall(gl, show, [SIZE], 1 / 60)
    snapshot = make_snapshot(surfaces=surfaces)
    for now in (1.0, 2.0, 9.0):
        wall.draw(Moment(now, snapshot))
    picture: NDArray[np.uint8] = wall.faces[0].canvas.read()[..., :3]
    return picture


def lit(picture: NDArray[np.uint8], x: float) -> float:
    """Return how bright a column of the wall is in its middle half."""
    height, width = picture.shape[:2]
    return float(picture[height // 4 : 3 * height // 4, int(x * width)].mean())


def test_a_surface_lies_where_a_cue_has_laid_it_and_comes_back(gl: Gl) -> None:
    home, away = drawn(gl, {}), drawn(gl, {0: (MOVED, 1.0, WHOLE)})
    assert lit(home, 0.2) > 10 > lit(home, 0.5)
    assert lit(away, 0.5) > 10 > lit(away, 0.2)


def test_its_brightness_is_linear_light(gl: Gl) -> None:
    whole, half = drawn(gl, {0: (LEFT, 1.0, WHOLE)}), drawn(gl, {0: (LEFT, 0.5, WHOLE)})
    bright = whole[40:90, 20:60].astype(np.float64) / 255
    dim = half[40:90, 20:60].astype(np.float64) / 255
    light = [np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4) for part in (bright, dim)]
    assert np.abs(light[1] - light[0] / 2).max() < 0.01


def test_corners_that_no_picture_fits_and_surfaces_that_are_not_there_leave_all_as_it_is(gl: Gl) -> None:
    home = drawn(gl, {})
    flat = ((0.1, 0.1), (0.2, 0.1), (0.3, 0.1), (0.4, 0.1))
    assert np.array_equal(drawn(gl, {0: (flat, 1.0, WHOLE), 7: (MOVED, 1.0, WHOLE)}), home)
