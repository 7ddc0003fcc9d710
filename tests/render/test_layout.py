"""One picture behind the mullions: where wings lie on the canvas, and that a shape leaves one where it enters the next."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from render.artists.base import Studio
from render.artists.diffusion import OPTIONS, PARAMETERS, Artist
from render.layout import Layout
from render.worker import gaps_of
from show.config import Show
from show.errors import ArtistError
from show.parameter import Value, options
from show.snapshot import Phrase
from tests.render.small import HEIGHT, WIDTH, region, snapshot

NAMES = ("left", "centre", "right")
VALUES: dict[str, Value] = {p.address: p.default for p in PARAMETERS}


def studio(layout: str = "panorama", gap: float = -1.0, gaps: tuple[float, ...] = ()) -> Studio:
    given = options(OPTIONS, {"layout": layout, "gap": gap, "device": "cpu", "threads": 1}, "artist")
    return Studio(WIDTH, HEIGHT, NAMES, given, deterministic=True, gaps=gaps)


def test_independent_wings_are_rows_and_nothing_is_cut() -> None:
    layout = Layout.of(studio("independent"), 8)
    assert (layout.rows, layout.height, layout.width) == (3, HEIGHT // 8, WIDTH // 8)
    decoded = torch.rand(3, 3, HEIGHT, WIDTH)
    assert layout.cut(decoded) is decoded


@pytest.mark.parametrize("gap, gaps, between", [(0.0, (), [0, 0]), (0.25, (), [16, 16]), (-1.0, (0.1, 0.5), [6, 32])])
def test_gaps_come_from_the_option_or_from_the_wall(gap: float, gaps: tuple[float, ...], between: list[int]) -> None:
    layout = Layout.of(studio(gap=gap, gaps=gaps), 8)
    assert layout.rows == 1
    left, centre, right = layout.places
    assert [centre - left - WIDTH, right - centre - WIDTH] == between
    assert left >= 0
    assert right + WIDTH <= layout.width * 8


def test_a_straight_line_across_the_wall_goes_on_behind_the_mullions() -> None:
    """What is cut out lies on the wall as it lay on the canvas: columns are its places there, the gaps left out."""
    layout = Layout.of(studio(gap=0.25), 8)
    canvas = torch.arange(layout.width * 8, dtype=torch.float32).expand(1, 3, HEIGHT, -1)
    left, centre, right = layout.cut(canvas)[:, 0, 0]
    assert float(centre[0] - left[-1]) == 16 + 1
    assert float(right[0] - centre[-1]) == 16 + 1
    assert torch.equal(left.diff(), torch.ones(WIDTH - 1))


def test_latents_of_single_wings_are_joined_where_the_wings_lie() -> None:
    layout = Layout.of(studio(gap=0.25), 8)
    wings = torch.arange(3.0)[:, None, None, None].expand(3, 4, HEIGHT // 8, WIDTH // 8)
    joined = layout.join(wings)
    assert joined.shape == (1, 4, layout.height, layout.width)
    for number, place in enumerate(layout.places):
        inside = joined[..., place // 8 + 1 : (place + WIDTH) // 8 - 1]
        assert torch.equal(inside, torch.full_like(inside, float(number)))


def test_a_canvas_has_the_words_of_all_wings_and_the_camera_of_the_middle_one() -> None:
    layout = Layout.of(studio(gap=0.0), 8)
    same = Phrase("a red boat")
    rows = [region("left"), region("centre", seed_a=9, x=0.3), region("right", words="the sea")]
    (merged,) = layout.merged(rows)
    assert merged.seed_a == 9
    assert merged.x == pytest.approx(0.1)
    assert [(phrase.text, pytest.approx(phrase.weight)) for phrase in merged.words_a] == [
        (same.text, 2 / 3), ("the sea", 1 / 3),
    ]  # fmt: skip


def test_a_panorama_is_painted_resumed_and_runs_on_from_wing_to_wing(one_model: Path) -> None:
    given = options(OPTIONS, {"model": str(one_model), "device": "cpu", "layout": "panorama", "gap": 0.0}, "artist")
    artist = Artist.load(Studio(WIDTH, HEIGHT, NAMES, given, deterministic=True))
    pictures = [artist.paint(snapshot(id=k, life=k / 10, values=VALUES)).pictures for k in range(3)][-1]
    assert pictures.shape == (3, HEIGHT, WIDTH, 3)
    # Without gaps the seam between two wings is as smooth as what lies inside of them.
    whole = np.concatenate(list(pictures.astype(float)), 1)
    steps = np.abs(np.diff(whole, axis=1)).mean((0, 2))
    assert steps[[WIDTH - 1, 2 * WIDTH - 1]].max() <= steps.max()
    assert steps[[WIDTH - 1, 2 * WIDTH - 1]].mean() < 3 * steps.mean()
    artist.resume(pictures, 0)
    assert artist.paint(snapshot(id=9, life=1.0, values=VALUES)).pictures.std() > 0
    artist.close()


def test_sizes_that_the_model_cannot_paint_are_one_sentence() -> None:
    with pytest.raises(ArtistError, match="multiples of 24"):
        Layout.of(studio(), 24)


def test_gaps_of_a_wall_are_measured_in_widths_of_its_pictures() -> None:
    def corners(left: float, right: float) -> list[list[float]]:
        return [[left, 0.0], [right, 0.0], [right, 1.0], [left, 1.0]]

    show = Show.model_validate(
        {
            "show": {"title": "test"},
            "artist": {"module": "testcard", "width": 48, "height": 64},
            "region": [{"name": name, "seed": 1} for name in NAMES],
            "scene": [{"name": "one", "seconds": 9, "words": [{"text": "a red boat"}]}],
            "surface": [
                {"region": "left", "corners": corners(0.0, 0.2)},
                {"region": "centre", "corners": corners(0.25, 0.45)},
                {"region": "right", "corners": corners(0.4, 0.6)},
            ],
        }
    )
    assert gaps_of(show) == pytest.approx((0.25, 0.0))
