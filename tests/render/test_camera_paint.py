"""The camera and the transitions in real paintings of a small model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from render.artists import testcard
from render.artists.base import Studio
from render.latents import trailing
from show.camera import Pose
from show.frames import Pictures
from show.parameter import options
from show.snapshot import Phrase, Region
from tests.render.small import HEIGHT, WIDTH, region, snapshot
from tests.render.test_diffusion import DEFAULTS, away, load


def painted(model: Path, rate: int, **rates: float) -> Pictures:
    """Return what one second of feedback makes of a resumed picture, at some paintings a second and strength 0."""
    artist = load(model)
    left = np.zeros((1, HEIGHT, WIDTH, 3), np.uint8)
    left[:, : HEIGHT // 2, : WIDTH // 2] = 255
    values = DEFAULTS | {"artist/strength": 0.0, "artist/urge": 0.0}
    picture = left
    for k in range(rate + 1):
        pose = Pose(**{axis: number * k / rate for axis, number in rates.items()})
        picture = artist.paint(snapshot(region(pose=pose), id=k, life=k / rate, values=values)).pictures
        if k == 0:
            artist.resume(left, 0)
    return picture


@pytest.mark.parametrize("axis", ["pitch", "yaw", "z"])
def test_the_camera_turns_and_goes_in_paintings(one_model: Path, axis: str) -> None:
    still = painted(one_model, 4)
    assert away(painted(one_model, 4, **{axis: 0.5 if axis == "z" else 20.0}), still) > 0.2


def test_a_mix_by_lerp_paints_and_is_another_place_than_the_arc(one_model: Path) -> None:
    artist = load(one_model)
    values = DEFAULTS | {"artist/feedback": 0.0}

    def paint(mix: float, blend: str) -> Pictures:
        between = region(words_b=(Phrase("a green hill"),), mix=mix, blend=blend)
        return artist.paint(snapshot(between, values=values)).pictures

    assert away(paint(0.0, "lerp"), paint(0.0, "slerp")) == 0
    assert away(paint(1.0, "lerp"), paint(1.0, "slerp")) == 0
    reader = artist._painter._models.reader  # type: ignore[union-attr]
    arc, line = (
        reader.words([region(words_b=(Phrase("a green hill"),), mix=0.5, blend=blend)]).raw
        for blend in ("slerp", "lerp")
    )
    assert not torch.equal(arc, line)
    a, b = reader.embed("a red boat"), reader.embed("a green hill")
    torch.testing.assert_close(line[0].cpu(), ((a + b) / 2).cpu(), atol=1e-5, rtol=1e-5)


def test_spacing_moves_the_steps_inside_the_range() -> None:
    assert trailing(1.0, 4, 1000) == [999, 749, 499, 249]
    assert trailing(0.5, 2, 1000, 2.0) == [499, 124]
    assert trailing(0.5, 2, 1000, 0.5) == [499, 353]


def test_the_test_card_goes_by_poses() -> None:
    card = testcard.Artist.load(Studio(WIDTH, HEIGHT, ("left",), options(testcard.OPTIONS, {}, "testcard")))

    def paint(pose: Pose, life: float) -> Pictures:
        card.paint(snapshot(region(pose=Pose()), life=life))
        shown: Region = region(pose=pose)
        return card.paint(snapshot(shown, life=life + 0.5)).pictures[:, 4 : HEIGHT // 6]

    looks = [paint(pose, 16.0 * n) for n, pose in enumerate((Pose(), Pose(yaw=4), Pose(pitch=4), Pose(z=0.1)))]
    assert all(away(looks[0], other) > 0.3 for other in looks[1:])
