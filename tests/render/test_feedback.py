"""The camera's directions, measured with a bright spot, and the renormalisation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor

from render.feedback import Colours, Move, Statistics, renormalise, warp
from show.errors import ArtistError

STILL = Move(1.0, 0.0, 0.0, 0.0)
HEIGHT, WIDTH = 48, 32


def spot(x: float, y: float) -> Tensor:
    """Return a latent (1, 1, H, W) with a soft spot at (x, y) pixels."""
    rows = torch.arange(HEIGHT)[:, None] + 0.5
    columns = torch.arange(WIDTH)[None] + 0.5
    return torch.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 8)[None, None]


def centre(latent: Tensor) -> tuple[float, float]:
    weight = latent[0, 0].clamp_min(0)
    rows, columns = torch.arange(HEIGHT)[:, None] + 0.5, torch.arange(WIDTH)[None] + 0.5
    return float((weight * columns).sum() / weight.sum()), float((weight * rows).sum() / weight.sum())


@pytest.mark.parametrize(
    "move, expected",
    [
        (STILL, (19.0, 24.0)),
        (STILL._replace(zoom=1.5), (20.5, 24.0)),
        (STILL._replace(angle=90.0), (16.0, 27.0)),
        (STILL._replace(angle=-90.0), (16.0, 21.0)),
        (STILL._replace(x=0.125), (23.0, 24.0)),
        (STILL._replace(y=0.125), (19.0, 30.0)),
        (STILL._replace(zoom=1.5, angle=90.0, x=-0.125), (12.0, 28.5)),
    ],
)
def test_zoom_enlarges_angle_turns_clockwise_and_the_content_goes_where_x_and_y_point(
    move: Move, expected: tuple[float, float]
) -> None:
    """A spot lies 3 pixels right of the centre (16, 24); y grows downwards, so clockwise takes it below the centre."""
    assert centre(warp(spot(19, 24), [move])) == pytest.approx(expected, abs=0.15)


def test_every_row_has_its_own_move() -> None:
    both = torch.cat([spot(22, 24), spot(22, 24)])
    moved = warp(both, [STILL, STILL._replace(angle=180.0)])
    assert centre(moved[:1]) == pytest.approx((22, 24), abs=0.1)
    assert centre(moved[1:]) == pytest.approx((10, 24), abs=0.1)


def test_rates_are_per_second_so_that_many_small_moves_make_one_large_one() -> None:
    whole = Move.over(1.0, 1.2, 30.0, 0.1, 0.0)
    part = Move.over(0.25, 1.2, 30.0, 0.1, 0.0)
    assert part.zoom**4 == pytest.approx(whole.zoom)
    assert 4 * part.angle == pytest.approx(whole.angle)
    assert 4 * part.x == pytest.approx(whole.x)


def test_renormalisation_pulls_contrast_to_the_good_one_and_keeps_means_in_range() -> None:
    good = Statistics(torch.zeros(1, 2, 1, 1), torch.ones(1, 2, 1, 1), torch.full((1, 2, 1, 1), 0.5))
    burnt = torch.randn(3, 2, 16, 16) * 4 + torch.tensor([0.3, 9.0])[None, :, None, None]
    half, whole = renormalise(burnt, good, 0.5, 1.0), renormalise(burnt, good, 1.0, 1.0)
    own = burnt.std((2, 3))
    torch.testing.assert_close(half.std((2, 3)), (own * 0.5).sqrt())
    torch.testing.assert_close(whole.std((2, 3)), torch.full((3, 2), 0.5))
    assert float(whole[:, 1].mean()) == pytest.approx(1.6)
    torch.testing.assert_close(whole[:, 0].mean((1, 2)), burnt[:, 0].mean((1, 2)), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(renormalise(burnt, good, 1.0, 2.0).std((2, 3)), torch.full((3, 2), 1.0))


def test_a_flat_latent_stays_finite() -> None:
    good = Statistics.of(torch.randn(2, 4, 8, 8))
    assert torch.isfinite(renormalise(torch.zeros(1, 4, 8, 8), good, 0.5, 1.0)).all()


@pytest.mark.parametrize(
    "wrong", ["{", "[]", '{"mean": [1]}', '{"mean": [1, "a"], "std": [1, 1], "spatial_std": [1, 1]}']
)
def test_a_damaged_walk_file_is_one_sentence(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "walk.json").write_text(wrong)
    with pytest.raises(ArtistError, match=r"walk\.json"):
        Statistics.read(tmp_path / "walk.json", 2, torch.device("cpu"))


def test_the_walk_file_is_read_per_channel(tmp_path: Path) -> None:
    (tmp_path / "walk.json").write_text(json.dumps({"mean": [0, 1], "std": [2, 3], "spatial_std": [4, 5]}))
    good = Statistics.read(tmp_path / "walk.json", 2, torch.device("cpu"))
    assert good.spatial_std.flatten().tolist() == [4, 5]
    assert good.mean.shape == (1, 2, 1, 1)


def test_a_look_takes_the_channel_means_with_it() -> None:
    good = Statistics(torch.zeros(1, 2, 1, 1), torch.ones(1, 2, 1, 1), torch.ones(1, 2, 1, 1))
    latent, look = torch.randn(1, 2, 16, 16), torch.tensor([2.0, -1.0])[None, :, None, None]
    mean = latent.mean((2, 3))
    torch.testing.assert_close(renormalise(latent, good, 0.5, 1.0, look).mean((2, 3)), (mean + look[..., 0, 0]) / 2)
    torch.testing.assert_close(renormalise(latent, good, 1.0, 1.0, look).mean((2, 3)), look[..., 0, 0])


def test_saturation_is_turned_in_latent_space_and_brightness_stays() -> None:
    """A decoder whose pixels are a straight map of five channels is told apart exactly."""
    generator = torch.Generator().manual_seed(1)
    to_rgb = torch.randn(3, 5, generator=generator)

    def decode(latent: Tensor) -> Tensor:
        pictures = torch.einsum("rc,nchw->nrhw", to_rgb, latent) + torch.tensor([0.1, 0.3, -0.2])[:, None, None]
        return torch.nn.functional.interpolate(pictures, scale_factor=8)

    good = Statistics(torch.zeros(1, 5, 1, 1), torch.ones(1, 5, 1, 1), torch.ones(1, 5, 1, 1))
    colours = Colours(decode, good, torch.device("cpu"))
    latent = torch.randn(2, 5, 8, 8, generator=generator)
    before = decode(latent)
    grey = before.mean(1, keepdim=True)
    for amount in (0.0, 0.5, 1.0, 2.0):
        torch.testing.assert_close(
            decode(colours.saturate(latent, amount)), grey + amount * (before - grey), atol=1e-4, rtol=1e-4
        )
