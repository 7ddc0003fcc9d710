"""The camera's directions, measured with a bright spot, and the renormalisation."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from render.feedback import REFERENCE_RATE, Colours, Move, Pace, Statistics, camera, noise_of, renormalise, warp
from show.camera import FOV, Pose, distance, homography
from show.errors import ArtistError

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
    "travel, expected",
    [
        (Pose(), (19.0, 24.0)),
        (Pose(doublings=math.log2(1.5)), (20.5, 24.0)),
        (Pose(angle=90.0), (16.0, 27.0)),
        (Pose(angle=-90.0), (16.0, 21.0)),
        (Pose(x=0.125), (23.0, 24.0)),
        (Pose(y=0.125), (19.0, 30.0)),
        (Pose(z=0.2), (16 + 3 * math.exp(0.2 / distance(FOV)), 24.0)),
    ],
)
def test_zoom_enlarges_angle_turns_clockwise_and_the_content_goes_where_x_and_y_point(
    travel: Pose, expected: tuple[float, float]
) -> None:
    """A spot lies 3 pixels right of the centre (16, 24); y grows downwards, so clockwise takes it below the centre."""
    assert centre(warp(spot(19, 24), [Move(travel)])) == pytest.approx(expected, abs=0.15)


@pytest.mark.parametrize("fov", [40.0, 70.0, 100.0])
def test_a_camera_that_looks_right_or_up_sends_the_content_left_or_down(fov: float) -> None:
    """What stands in the middle goes by tan(turn) of the distance at which the picture fills the field of view."""
    far = WIDTH * distance(fov) * math.tan(math.radians(5.0))
    assert centre(warp(spot(16, 24), [Move(Pose(yaw=5.0), fov)])) == pytest.approx((16 - far, 24), abs=0.2)
    assert centre(warp(spot(16, 24), [Move(Pose(pitch=5.0), fov)])) == pytest.approx((16, 24 + far), abs=0.2)


def test_a_turn_enlarges_the_side_that_the_camera_turns_away_from() -> None:
    """Looking to the right, two spots on the left go apart and two on the right come nearer to each other."""

    def gap(x: float, travel: Pose) -> float:
        above, below = (centre(warp(spot(x, y), [Move(travel)]))[1] for y in (16.0, 32.0))
        return below - above

    assert gap(24.0, Pose(yaw=10.0)) < 15.7 < 16.3 < gap(12.0, Pose(yaw=10.0))


def test_every_row_has_its_own_move_and_field_of_view() -> None:
    both = torch.cat([spot(22, 24), spot(22, 24)])
    moved = warp(both, [Move(Pose()), Move(Pose(angle=180.0), 100.0)])
    assert centre(moved[:1]) == pytest.approx((22, 24), abs=0.1)
    assert centre(moved[1:]) == pytest.approx((10, 24), abs=0.1)


def test_the_matrix_of_the_warp_is_the_camera_of_the_show() -> None:
    """The corners of the moved picture come from where the homography of the way back puts them."""
    travel, high = Pose(0.2, 10.0, 0.05, -0.1, 6.0, -9.0, 0.1), HEIGHT / WIDTH
    rows = camera([Move(travel, 60.0)], WIDTH / HEIGHT)[0].double().numpy()
    back = np.array(homography(travel.times(-1), 60.0, high))
    for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1), (0.3, -0.4)):
        there, wanted = rows @ (x, y, 1), back @ (x / 2, y * high / 2, 1)
        assert there[:2] / there[2] == pytest.approx(wanted[:2] / wanted[2] * (2, 2 / high), abs=1e-6)


def test_no_turn_however_fast_looks_behind_the_camera() -> None:
    for turn in (Pose(yaw=90.0), Pose(pitch=-90.0), Pose(yaw=60.0, pitch=60.0)):
        for fov in (10.0, 70.0, 150.0):
            assert torch.isfinite(warp(spot(16, 24), [Move(turn, fov)])).all()
            rows = camera([Move(turn, fov)], WIDTH / HEIGHT)[0]
            corners = torch.tensor([[-1.0, -1, 1], [1, -1, 1], [1, 1, 1], [-1, 1, 1]]) @ rows.T
            assert (corners[:, 2] > 0).all()


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


@pytest.mark.parametrize("wrong", ["0", "-1", "true", '"loud"', "null", "Infinity", "NaN"])
def test_a_strength_of_noise_that_is_none_is_one_sentence(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "walk.json").write_text(f'{{"noise": {wrong}}}')
    with pytest.raises(ArtistError, match=r"walk\.json: noise: expected a number above 0, got "):
        noise_of(tmp_path / "walk.json")


def test_noise_is_as_strong_as_the_walk_file_says_and_standard_where_it_says_nothing(tmp_path: Path) -> None:
    for text, strength in (("{}", 1.0), ('{"noise": 1.1}', 1.1), ('{"noise": 2}', 2.0)):
        (tmp_path / "walk.json").write_text(text)
        assert noise_of(tmp_path / "walk.json") == strength


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


@pytest.mark.parametrize("rate", [3.0, 12.0, 24.0, 60.0])
@pytest.mark.parametrize("strength", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_after_a_second_as_much_of_the_old_picture_is_left_at_any_rate(strength: float, rate: float) -> None:
    """At the reference rate a strength means itself; a picture of the same instant takes the pace of those before."""
    pace, kept = Pace(), 1.0
    for _ in range(round(rate)):
        kept *= 1 - pace.strength(strength, 1 / rate)
    assert kept == pytest.approx((1 - strength) ** REFERENCE_RATE, rel=1e-9, abs=1e-12)
    assert pace.strength(strength, 0.0) == pytest.approx(1 - (1 - strength) ** (REFERENCE_RATE / rate))


def test_one_late_picture_changes_the_strength_little() -> None:
    pace = Pace()
    even = [pace.strength(0.5, 1 / 12) for _ in range(12)][-1]
    assert even == pytest.approx(0.5)
    assert pace.strength(0.5, 2 / 12) == pytest.approx(0.5, abs=0.06)
