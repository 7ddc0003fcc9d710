"""Masks on a real canvas: they hide, their edges are soft, and fades between them are even in linear light."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

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

    def __init__(self, gl: Gl, folder: Path = Path(), cue: tuple[object, ...] = (), **surface: object) -> None:
        show = make_show(
            region=[{"name": "left", "seed": 1}], surface=[{"region": "left", "corners": PLACE, **surface}], cue=cue,
            output=[{"name": "wall", "module": "offscreen", "width": SIZE[0], "height": SIZE[1]}],
        )  # fmt: skip
        self._now = 0.0
        self.wall = Wall(gl, show, [SIZE], 1 / 60, folder)
        self.wall.pictures.hang(Frame(1, WHITE[None], Stamps()), 0.0, 0.0)

    def show(self, cover: Cover | None) -> NDArray[np.float64]:
        """Return the linear light of the wall (H, W), 0..1, once it stands still."""
        surfaces = {} if cover is None else {0: (PLACE, 1.0, cover)}
        snapshot: Snapshot = make_snapshot(surfaces=surfaces)
        for _ in range(3):
            self._now += 5.0
            self.wall.draw(Moment(self._now, snapshot))
        shown = self.bytes() / 255
        light: NDArray[np.float64] = np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)
        return light

    def bytes(self) -> NDArray[np.float64]:
        """Return what an eye gets: the sRGB values of the wall (H, W), 0..255."""
        return self.wall.faces[0].canvas.read()[..., 1].astype(np.float64)


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


def test_a_feather_is_as_wide_upright_as_it_is_across_on_a_narrow_surface(gl: Gl) -> None:
    narrow = ((0.4, 0.1), (0.6, 0.1), (0.6, 0.9), (0.4, 0.9))  # 48 pixels wide, 96 high
    half = ((0.0, 0.0), (1.0, 0.0), (1.0, 0.5), (0.0, 0.5))
    column = White(gl, corners=narrow, mask=half, feather=0.5).show(None)[:, 120]
    assert column[45] > 0.99
    assert column[75] < 0.01
    assert 0.02 < column[68] < 0.07 < 0.93 < column[51] < 0.98


def test_a_fine_edge_is_antialiased_by_the_share_of_the_pixel_that_it_covers(gl: Gl) -> None:
    # The edge lies at 90.25 of the surface's 120 pixels, which begin at column 60.
    edge = 90.25 / 120
    light = White(gl, mask=((0.0, 0.0), (edge, 0.0), (edge, 1.0), (0.0, 1.0))).show(None)[60]
    assert (light[148], light[152]) == (pytest.approx(1.0), 0.0)
    assert light[149:152].sum() == pytest.approx(1.25, abs=0.15)


def test_the_dark_end_of_a_feather_has_no_steps(gl: Gl) -> None:
    row = White(gl, mask=LEFT.corners, feather=0.5)
    row.show(None)
    dark = row.bytes()[60, 120:152]
    assert (np.diff(dark[dark > 0]) < 0).all(), "every pixel is darker than the one before"


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


def test_half_way_between_a_mask_and_none_is_half_of_the_light(gl: Gl) -> None:
    wall = White(gl)
    wall.show(between(((LEFT, 1.0),), WHOLE, 0.5))
    assert wall.bytes()[60, 80] == 255
    assert wall.bytes()[60, 160] == pytest.approx(188, abs=1)


def test_a_fade_that_was_broken_off_mixes_all_its_masks(gl: Gl) -> None:
    top, bottom = (Mask(((0.0, y), (1.0, y), (1.0, y + 0.5), (0.0, y + 0.5))) for y in (0.0, 0.5))
    cover = ((LEFT, 0.4), (top, 0.3), (bottom, 0.2), (Mask(), 0.1))
    light = White(gl).show(cover)
    expected = {(35, 80): 0.8, (85, 80): 0.7, (35, 160): 0.4, (85, 160): 0.3}
    for (y, x), share in expected.items():
        assert light[y, x] == pytest.approx(share, abs=0.008)


def test_a_file_shows_where_it_is_white_by_its_grey_as_coverage(gl: Gl, tmp_path: Path) -> None:
    grey = np.zeros((80, 120), np.uint8)
    grey[:, :40], grey[:, 40:80] = 255, 128
    Image.fromarray(grey).save(tmp_path / "stripes.png")
    light = White(gl, tmp_path, mask="stripes.png").show(None)
    assert light[60, 63:98].min() > 0.999
    assert light[60, 120] == pytest.approx(128 / 255, abs=0.005)
    assert light[60, 143:].max() == 0
    soft = White(gl, tmp_path, mask="stripes.png", feather=0.2).show(None)[60]
    assert soft[95] > soft[100] > soft[105] > 0.5


def test_a_file_that_is_gone_lets_everything_through_and_says_so(gl: Gl, tmp_path: Path) -> None:
    wall = White(gl, tmp_path, mask="gone.png")
    assert wall.show(None)[15:105, 63:177].min() > 0.999
    assert wall.wall.trouble.endswith("gone.png: there is no such mask; its surface is shown whole.")
    assert White(gl).wall.trouble == ""


def test_masks_are_uploaded_once_and_a_fade_uploads_nothing(gl: Gl, monkeypatch: pytest.MonkeyPatch) -> None:
    uploads: list[tuple[int, ...]] = []
    upload = Gl.layer

    def counted(self: Gl, pixels: NDArray[np.uint8]) -> object:
        uploads.append(pixels.shape)
        return upload(self, pixels)

    monkeypatch.setattr(Gl, "layer", counted)
    cue = {"number": 1, "surface": {"left": {"mask": LEFT.corners}}}
    wall = White(gl, cue=(cue,), mask=ARCH)
    assert len([shape for shape in uploads if shape[2] == 1]) == 2, "both are there before the cue"
    uploads.clear()
    for share in np.linspace(0, 1, 7):
        wall.show(between(((Mask(ARCH), 1.0),), ((LEFT, 1.0),), float(share)))
    assert uploads == []


def test_a_mixture_that_stands_is_mixed_once_and_a_drawing_that_stands_is_not_drawn_again(gl: Gl) -> None:
    kept, size = masks.Masks(gl, Path()), (128, 64)
    cover = between(WHOLE, ((LEFT, 1.0),), 0.3)
    layer = kept.layer(0, cover, size)
    assert layer is not None
    version = layer.version
    assert kept.layer(0, cover, size) is layer
    assert layer.version == version
    assert kept.layer(0, between(WHOLE, ((LEFT, 1.0),), 0.4), size) is layer
    assert layer.version != version
    assert kept.layer(1, WHOLE, size) is None
    wall = White(gl, mask=ARCH)
    wall.show(None)
    repeats = wall.wall.repeats
    wall.show(None)
    assert wall.wall.repeats == repeats + 3


def test_masks_beyond_those_that_are_kept_are_made_again(gl: Gl) -> None:
    kept, size = masks.Masks(gl, Path()), (64, 64)
    many = [Mask(LEFT.corners, feather / 1000) for feather in range(masks.KEPT + 1)]
    layers = [kept.layer(0, ((mask, 1.0),), size) for mask in many]
    assert kept.layer(0, ((many[-1], 1.0),), size) is layers[-1]
    assert kept.layer(0, ((many[0], 1.0),), size) is not layers[0]


def test_masks_are_about_as_large_as_their_surface(gl: Gl) -> None:
    assert masks.raster(500, 620) == (512, 640)
    assert masks.raster(20000, 10000) == (2048, 1024)
    assert masks.raster(3, 5) == (64, 64)
    assert White(gl).wall.faces[0].rasters == {0: (128, 128)}


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
