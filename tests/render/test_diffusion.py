"""The diffusion artist on a small real model of either prediction type, through the same code as any other model."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from render.artists.base import Studio
from render.artists.diffusion import OPTIONS, PARAMETERS, Artist
from show.errors import ArtistError
from show.frames import Pictures
from show.parameter import Value, options
from show.snapshot import Phrase, Region
from tests.render.small import HEIGHT, WIDTH, build, region, snapshot

DEFAULTS: dict[str, Value] = {parameter.address: parameter.default for parameter in PARAMETERS}


def load(model: Path, *, width: int = WIDTH, height: int = HEIGHT, **more: str) -> Artist:
    given = options(OPTIONS, {"model": str(model), "device": "cpu", **more}, "artist")
    return Artist.load(Studio(width, height, ("left", "centre", "right"), given, deterministic=True))


def film(artist: Artist, frames: int, *regions: Region, **values: Value) -> list[Pictures]:
    """Return paintings at ten a second; `values` are named by the last part of their address."""
    given = DEFAULTS | {f"artist/{name}": value for name, value in values.items()}
    shots = [snapshot(*regions, id=k, life=k / 10, values=given) for k in range(frames)]
    return [artist.paint(shot).pictures for shot in shots]


def away(one: Pictures, other: Pictures) -> float:
    """Return the mean difference of two paintings in steps of 255."""
    return float(np.abs(one.astype(float) - other).mean())


def test_a_triptych_is_one_batch_of_pictures(model: Path) -> None:
    painting = load(model).paint(snapshot())
    assert painting.pictures.shape == (3, HEIGHT, WIDTH, 3)
    assert painting.pictures.dtype == np.uint8
    assert painting.pictures.std() > 0
    assert painting.forward_ns > 0


def test_the_same_snapshots_give_the_same_bytes(model: Path) -> None:
    moving = region(zoom=1.1, angle=10.0, x=0.1, seed_mix=0.3, words_b=(Phrase("a green hill"),), mix=0.4)
    one, other = (film(load(model), 5, moving, region(), region(seed_a=9), inject=0.3, steps=2) for _ in range(2))
    for a, b in zip(one, other, strict=True):
        assert np.array_equal(a, b)


def test_a_paused_walk_from_noise_stands_still_and_no_frame_gets_fresh_noise(model: Path) -> None:
    pictures = film(load(model), 3, feedback=0.0)
    assert np.array_equal(pictures[0], pictures[2])


def test_words_seeds_and_steps_change_the_picture_and_each_region_has_its_own(model: Path) -> None:
    artist = load(model)

    def paint(part: Region, **values: Value) -> Pictures:
        return film(artist, 1, part, region(seed_a=2), region(seed_a=3), feedback=0.0, **values)[0]

    first = paint(region())
    assert away(paint(region())[:1], first[:1]) == 0
    for changed in (region(words="море ночью"), region(seed_a=77), region(seed_mix=0.5), region(words_a=())):
        other = paint(changed)
        assert away(other[:1], first[:1]) > 0
        assert away(other[1:], first[1:]) <= 0.5
    assert away(paint(region(), steps=4), first) > 0


def test_stronger_noise_paints_more_and_noise_of_its_own_strength_what_it_always_did(model: Path) -> None:
    artist = load(model)
    usual, strong, weak = (film(artist, 1, feedback=0.0, noise=noise)[0] for noise in (1.0, 1.5, 0.5))
    assert strong.std() > usual.std() > weak.std()
    values: dict[str, Value] = DEFAULTS | {"artist/feedback": 0.0}
    del values["artist/noise"]
    assert np.array_equal(artist.paint(snapshot(id=9, values=values)).pictures, usual)


def test_a_model_may_want_noise_of_its_own_strength_and_the_parameter_scales_that(model: Path, tmp_path: Path) -> None:
    wanting = shutil.copytree(model, tmp_path / "wanting")
    walk = {"mean": [0.0] * 4, "std": [1.0] * 4, "spatial_std": [1.0] * 4, "noise": 1.5}
    (wanting / "walk.json").write_text(json.dumps(walk), encoding="utf-8")
    stronger = film(load(model), 1, feedback=0.0, noise=1.5)[0]
    assert np.array_equal(film(load(wanting), 1, feedback=0.0)[0], stronger)
    usual = film(load(model), 1, feedback=0.0)[0]
    assert away(film(load(wanting), 1, feedback=0.0, noise=1 / 1.5)[0], usual) < 0.01


def test_a_walk_goes_to_the_colours_that_noise_of_the_models_own_strength_gives(model: Path, tmp_path: Path) -> None:
    walks = []
    for noise, scale in ((1.5, 1.0), (1.0, 1.5)):
        folder = shutil.copytree(model, tmp_path / str(noise))
        walk = {"mean": [0.0] * 4, "std": [1.0] * 4, "spatial_std": [1.0] * 4, "noise": noise}
        (folder / "walk.json").write_text(json.dumps(walk), encoding="utf-8")
        walks.append(film(load(folder), 6, noise=scale, strength=0.1))
    wanted, asked = walks
    assert np.array_equal(wanted[0], asked[0])
    assert away(wanted[-1], asked[-1]) > 0


def test_feedback_holds_on_to_the_last_picture_and_the_camera_moves_it(model: Path) -> None:
    def last(**camera: Any) -> Pictures:
        return film(load(model), 4, *(region(**camera) for _ in range(3)), strength=0.2)[-1]

    still = last()
    for camera in ({"zoom": 2.0}, {"angle": 90.0}, {"x": 0.5}, {"y": 0.5}):
        assert away(last(**camera), still) > 0.2, camera


def test_the_camera_goes_by_life_and_not_by_the_number_of_paintings(model: Path) -> None:
    artist = load(model)
    one = artist.paint(snapshot(id=1, life=1.0, values=DEFAULTS)).pictures
    same = [artist.paint(snapshot(id=k, life=1.0, values=DEFAULTS)).pictures for k in (2, 3)]
    assert away(one, same[0]) >= 0
    assert np.isfinite(same[1].astype(float)).all()


def test_it_goes_on_from_the_picture_that_a_killed_one_left(model: Path) -> None:
    left = np.zeros((3, HEIGHT, WIDTH, 3), np.uint8)
    left[:, :, : WIDTH // 2] = 255
    fresh, resumed = load(model), load(model)
    resumed.resume(left, 0)
    assert away(film(fresh, 1)[0], film(resumed, 1)[0]) > 0


def test_another_number_of_regions_begins_anew(model: Path) -> None:
    artist = load(model)
    assert len(film(artist, 1)[0]) == 3
    assert len(film(artist, 1, region())[0]) == 1


@pytest.mark.parametrize(
    "strength, feedback, inject", [(0.0, 1.0, 0.0), (1.0, 1.0, 4.0), (0.5, 0.0, 0.0), (0.5, 0.5, 1.0)]
)
def test_the_ends_of_all_ranges_paint(one_model: Path, strength: float, feedback: float, inject: float) -> None:
    moving = region(zoom=4.0, angle=-180.0, x=2.0, y=-2.0)
    for picture in film(load(one_model), 3, moving, strength=strength, feedback=feedback, inject=inject, steps=4):
        assert picture.shape == (1, HEIGHT, WIDTH, 3)


def test_a_long_pause_does_not_throw_the_camera(one_model: Path) -> None:
    artist = load(one_model)
    film(artist, 1, region(zoom=4.0))
    assert artist.paint(snapshot(region(zoom=4.0), life=1e6, values=DEFAULTS)).pictures.std() > 0


def test_sizes_that_the_model_cannot_paint_are_told(one_model: Path) -> None:
    with pytest.raises(ArtistError, match="multiples of 8"):
        load(one_model, width=60)


def test_an_odd_number_of_latent_pixels_paints(one_model: Path) -> None:
    assert load(one_model, width=56, height=72).paint(snapshot()).pictures.shape == (3, 72, 56, 3)


def test_a_unet_that_adds_the_words_to_its_clock_paints(tmp_path: Path) -> None:
    folder = build(tmp_path / "m", addition_embed_type="text", addition_embed_type_num_heads=2)
    assert load(folder).paint(snapshot()).pictures.std() > 0


def test_a_model_with_the_large_autoencoder_paints_and_resumes(one_model: Path, tmp_path: Path) -> None:
    from diffusers import AutoencoderKL

    AutoencoderKL(
        block_out_channels=(8, 8),
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        latent_channels=4,
        norm_num_groups=4,
    ).save_pretrained(tmp_path / "kl")
    artist = load(one_model, vae=str(tmp_path / "kl"))
    pictures = artist.paint(snapshot()).pictures
    assert pictures.shape == (3, HEIGHT, WIDTH, 3)
    artist.resume(pictures, 0)
    artist.paint(snapshot(id=2, life=0.1))


def test_a_closed_artist_lets_go(one_model: Path) -> None:
    artist = load(one_model)
    artist.close()
    with pytest.raises(RuntimeError):
        artist.paint(snapshot())


def test_a_hub_that_cannot_be_reached_is_one_sentence_and_no_long_wait(tmp_path: Path) -> None:
    script = (
        "from render.artists.diffusion import Artist, OPTIONS\n"
        "from render.artists.base import Studio\n"
        "from show.parameter import options\n"
        "given = options(OPTIONS, {'model': 'nobody/nothing', 'device': 'cpu', 'dtype': 'fp32'}, 'artist')\n"
        "try:\n    Artist.load(Studio(64, 64, ('left',), given))\n"
        "except Exception as error:\n    print(type(error).__name__, error)\n"
    )
    # Port 9 is "discard": nobody listens there. A proxy of the tester's would be asked instead, so none is passed on.
    surroundings = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=surroundings, cwd=root, check=False
    )
    lines = done.stdout.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("ArtistError model nobody/nothing: it is not on this machine and could not be fetched")
