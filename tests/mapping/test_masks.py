"""Masks on a real canvas: they hide, their edges are soft, and fades between them are even in linear light."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from mapping import masks
from mapping.gl import Gl
from mapping.wall import Moment, Wall
from show.frames import Frame, Stamps
from show.masks import WHOLE, Cover, Mask, between
from show.snapshot import Snapshot
from tests.mapping.parts import make_show, make_snapshot

SIZE = (240, 120)
PLACE = ((0.25, 0.1), (0.75, 0.1), (0.75, 0.9), (0.25, 0.9))
ARCH = ((0.0, 1.0), (0.0, 0.4), (0.5, 0.0), (1.0, 0.4), (1.0, 1.0))
LEFT = Mask(((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)))
WHITE = np.full((48, 32, 3), 255, np.uint8)


class White:
    """A wall with one white picture, laid by a snapshot."""

    def __init__(self, gl: Gl, **surface: object) -> None:
        show = make_show(
            region=[{"name": "left", "seed": 1}], surface=[{"region": "left", "corners": PLACE, **surface}],
            output=[{"name": "wall", "module": "offscreen", "width": SIZE[0], "height": SIZE[1]}],
        )  # fmt: skip
        self._now = 0.0
        self.wall = Wall(gl, show, [SIZE], 1 / 60)
        self.wall.pictures.hang(Frame(1, WHITE[None], Stamps()), 0.0, 0.0)

    def show(self, cover: Cover | None) -> NDArray[np.float64]:
        """Return the linear light of the wall (H, W), 0..1, once it stands still."""
        surfaces = {} if cover is None else {0: (PLACE, 1.0, cover)}
        snapshot: Snapshot = make_snapshot(surfaces=surfaces)
        for _ in range(3):
            self._now += 5.0
            self.wall.draw(Moment(self._now, snapshot))
        shown = self.wall.faces[0].canvas.read()[..., 1].astype(np.float64) / 255
        light: NDArray[np.float64] = np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)
        return light


def test_light_comes_through_inside_the_polygon_alone(gl: Gl) -> None:
    light = White(gl, mask=ARCH).show(None)
    whole = White(gl).show(None)
    assert whole[15:105, 63:177].min() > 0.999
    assert light[60:105, 63:177].min() > 0.999
    assert light[15:30, 63:90].max() < 0.001, "beside the point of the arch"
    assert light[16:105, 118:122].min() > 0.9, "its point"
    assert light[:, :58].max() == 0


def test_a_feather_is_a_ramp_of_its_width_across_the_edge(gl: Gl) -> None:
    row = White(gl, mask=LEFT.corners, feather=0.2).show(None)[60]
    # The surface is 120 pixels wide, its middle is column 120; the ramp is 24 pixels wide.
    assert row[105] > 0.99
    assert row[135] < 0.01
    assert row[119:121].mean() == pytest.approx(0.5, abs=0.03)
    assert (np.diff(row[105:136]) <= 0.003).all()
    assert np.abs(np.diff(row[105:136])).max() < 0.1


def test_a_fade_from_mask_to_mask_is_even_in_linear_light(gl: Gl) -> None:
    wall = White(gl)
    right = Mask(((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0)))
    for share in (0.0, 0.25, 0.5, 0.9, 1.0):
        light = wall.show(between(((LEFT, 1.0),), ((right, 1.0),), share))
        assert light[60, 80] == pytest.approx(1 - share, abs=0.006)
        assert light[60, 160] == pytest.approx(share, abs=0.006)
    half = wall.show(between(WHOLE, ((LEFT, 1.0),), 0.5))
    assert (half[60, 80], half[60, 160]) == (pytest.approx(1.0, abs=0.006), pytest.approx(0.5, abs=0.006))
    assert wall.show(WHOLE)[15:105, 63:177].min() > 0.999


def test_a_mask_that_stands_is_made_once_and_a_drawing_that_stands_is_not_drawn_again(gl: Gl) -> None:
    kept = masks.Masks(gl)
    cover = between(WHOLE, ((LEFT, 1.0),), 0.3)
    layer = kept.layer(0, cover)
    assert layer is not None
    version = layer.version
    assert kept.layer(0, cover) is layer
    assert layer.version == version
    assert kept.layer(0, ((LEFT, 1.0),)) is layer
    assert layer.version != version
    assert kept.layer(1, WHOLE) is None
    wall = White(gl, mask=ARCH)
    wall.show(None)
    repeats = wall.wall.repeats
    wall.show(None)
    assert wall.wall.repeats == repeats + 3


def test_what_lies_below_a_masked_surface_shines_through(gl: Gl) -> None:
    show = make_show(
        region=[{"name": "left", "seed": 1}],
        surface=[
            {"region": "left", "corners": PLACE, "level": 0.2},
            {"region": "left", "corners": PLACE, "mask": ARCH},
        ],
    )
    wall = Wall(gl, show, [SIZE], 1 / 60)
    wall.pictures.hang(Frame(1, WHITE[None], Stamps()), 0.0, 0.0)
    for now in (5.0, 10.0):
        wall.draw(Moment(now, make_snapshot()))
    shown = wall.faces[0].canvas.read()[..., 1]
    assert shown[20, 70] == pytest.approx(124, abs=2)  # a fifth of the light
    assert shown[80, 100] == 255
