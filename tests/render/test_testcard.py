"""The test card shows what it is there to show: words, seeds, camera, time and names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from render.artists.base import Studio
from render.artists.testcard import Artist
from render.glyphs import written
from show.frames import Pictures
from show.snapshot import Phrase, Region
from tests.render.small import region, snapshot

STUDIO = Studio(128, 192, ("left", "centre", "right"), {})


def card(part: Region, *, life: float = 0.0, strength: float = 0.5) -> Pictures:
    shot = snapshot(part, life=life, values={"artist/strength": strength})
    first: Pictures = Artist.load(STUDIO).paint(shot).pictures[0]
    return first


def test_another_prompt_is_another_picture_and_the_same_prompt_is_the_same() -> None:
    red = card(region(words="a red boat"))
    assert np.array_equal(red, card(region(words="a red boat")))
    assert (card(region(words="a red boat!")) != red).mean() > 0.1


@pytest.mark.parametrize(
    "changes",
    [
        {"seed_a": 9},
        {"seed_mix": 0.5},
        {"mix": 0.5, "words_b": (Phrase("a green hill"),)},
        {"words_a": (Phrase("a red boat"), Phrase("fog", -0.5))},
        {"words_a": ()},
        {"name": "right"},
    ],
)
def test_everything_about_a_region_is_seen(changes: dict[str, Any]) -> None:
    assert (card(region(**changes)) != card(region())).any()


def test_the_line_and_the_gauge_move() -> None:
    assert (card(region(), life=1.0) != card(region(), life=0.0)).any()
    assert (card(region(), strength=0.9) != card(region(), strength=0.1)).any()


@pytest.mark.parametrize("camera", [{"zoom": 1.5}, {"angle": 45.0}, {"x": 0.1}, {"y": 0.1}])
def test_the_camera_moves_the_ground_by_seconds_of_life(camera: dict[str, Any]) -> None:
    artist = Artist.load(STUDIO)
    artist.paint(snapshot(region(**camera), life=0.0))
    for k in range(1, 5):
        in_steps = artist.paint(snapshot(region(**camera), life=k / 4)).pictures
    other = Artist.load(STUDIO)
    other.paint(snapshot(region(**camera), life=0.0))
    at_once = other.paint(snapshot(region(**camera), life=1.0)).pictures
    assert np.abs(in_steps.astype(int) - at_once).max() <= 1
    assert (at_once[0] != card(region(), life=1.0)).any()


def test_pan_moves_the_grid_to_the_right() -> None:
    artist = Artist.load(STUDIO)
    artist.paint(snapshot(region(x=0.0625)))
    moved = artist.paint(snapshot(region(x=0.0625), life=1.0)).pictures[0]
    # In this row there is nothing but the grid: its line at a quarter of the width stands 8 pixels further right.
    row = 60
    before = card(region(), life=1.0)
    lines = [int(np.argmax(picture[row, 20:60].sum(-1))) for picture in (before, moved)]
    assert lines[1] - lines[0] == 8


def test_names_are_written_in_any_script_and_at_any_size() -> None:
    assert written("Ü-1").shape == (7, 17)
    assert np.array_equal(written("é"), written("E"))
    for width, height in ((16, 16), (64, 48), (8, 400)):
        shot = snapshot(region("a very long name of a region 夜"))
        assert Artist.load(Studio(width, height, ("x",), {})).paint(shot).pictures.shape == (1, height, width, 3)
