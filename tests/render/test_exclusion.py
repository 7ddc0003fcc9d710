"""Keeping words out: every method does what its paper says, leaves regions without exclusions alone, and paints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from render.artists.base import Studio
from render.artists.diffusion import OPTIONS, PARAMETERS
from render.attention import NAG_ALPHA, NAG_TAU, lean_away
from render.capture import Recordings, Rerun
from render.exclusion import REFRESH_SECONDS, USUAL, Residuals, both, guided, towards
from render.latents import Prediction, split
from render.machine import Machine
from render.mixing import Method, Words
from render.models import Models, load_models
from render.painter import Painter
from render.prompts import Wish
from show.parameter import Value, options
from show.snapshot import Phrase
from tests.render.small import HEIGHT, WIDTH, build, region, snapshot
from tests.render.test_prompts import LONG

CPU = Machine(torch.device("cpu"), torch.float32, "the CPU")
METHODS: tuple[Method, ...] = ("none", "subtract", "residual", "nag", "cfg")
DEFAULTS: dict[str, Value] = {parameter.address: parameter.default for parameter in PARAMETERS}
BARE = region("centre", words="a red boat")
WITHOUT = region("left", words_a=(Phrase("a red boat"), Phrase("red", -1.0)))


@pytest.fixture(scope="module")
def models(one_model: Path) -> Models:
    torch.set_num_threads(1)
    return load_models(str(one_model), "", CPU, lambda _: None)


@pytest.fixture(scope="module")
def pooling(tmp_path_factory: pytest.TempPathFactory) -> Models:
    folder = tmp_path_factory.mktemp("model") / "pooling"
    build(folder, addition_embed_type="text", addition_embed_type_num_heads=2)
    return load_models(str(folder), "", CPU, lambda _: None)


def words_of(models: Models, method: Method, *regions: Any, scale: float = 1.0) -> Words:
    return models.reader.words(regions, wish=Wish(method, scale * USUAL[method]))


def noise(rows: int, seed: int = 3) -> Tensor:
    return torch.randn(1, 4, 8, 12, generator=torch.Generator().manual_seed(seed)).expand(rows, -1, -1, -1).clone()


def test_the_choices_are_the_methods() -> None:
    (declared,) = (parameter for parameter in PARAMETERS if parameter.address == "artist/exclude_method")
    assert set(declared.choices) == set(METHODS) == set(USUAL)


@pytest.mark.parametrize("name", ["models", "pooling"])
@pytest.mark.parametrize("method", METHODS)
def test_a_region_without_exclusions_is_painted_as_if_there_were_none_beside_it(
    name: str, method: Method, request: pytest.FixtureRequest
) -> None:
    models: Models = request.getfixturevalue(name)
    x = noise(2)
    with torch.inference_mode():
        plain = models.forward(x, 700, words_of(models, "none", BARE, BARE))
        words = words_of(models, method, WITHOUT, BARE)
        Residuals(models.network, models.schedule).add(words, x, 0.0)
        found = models.forward(x, 700, words)
    torch.testing.assert_close(found[1], plain[1], atol=1e-5, rtol=1e-5)
    if method != "none":
        assert (found[0] - plain[0]).abs().max() > 1e-3


def test_nothing_excluded_costs_nothing(models: Models) -> None:
    for method in METHODS:
        words = words_of(models, method, BARE, BARE)
        assert words.negative is None
        assert words.method == "none"


def test_guidance_is_what_two_passes_say(models: Models) -> None:
    x = noise(2)
    words = words_of(models, "cfg", WITHOUT, BARE)
    with torch.inference_mode():
        wanted = models.forward(x, 700, models.reader.embed("a red boat").expand(2, -1, -1))
        unwanted = models.forward(x[:1], 700, models.reader.embed("red")[None])
        found = models.forward(x, 700, words)
    expected = wanted[:1] + USUAL["cfg"] * (wanted[:1] - unwanted)
    torch.testing.assert_close(found[:1], expected, atol=1e-4, rtol=1e-4)


def test_guidance_takes_phrases_of_unlike_length(pooling: Models) -> None:
    """The shorter one is lengthened by tokens that are not there: it must say the same as alone."""
    x = noise(2)
    words = pooling.reader.words([region(words=LONG), BARE])
    short = pooling.reader.words([BARE, BARE])
    with torch.inference_mode():
        found = pooling.network(x.repeat(2, 1, 1, 1), 700, both(words, short))
        torch.testing.assert_close(found[:2], pooling.forward(x, 700, words), atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(found[2:], pooling.forward(x, 700, short), atol=1e-5, rtol=1e-5)


def test_negative_attention_is_that_of_its_paper() -> None:
    """Equations 7 to 9 of arXiv 2505.21179, written out row by row."""
    wanted, unwanted = torch.randn(2, 3, 5), torch.randn(2, 3, 5) * 4
    amount = torch.tensor([4.0, 0.0])[:, None, None]
    found = lean_away(wanted, unwanted, amount)
    for place in range(3):
        z, n = wanted[0, place], unwanted[0, place]
        away = z + 4.0 * (z - n)
        ratio = float(away.abs().sum() / z.abs().sum())
        bounded = away / ratio * min(ratio, NAG_TAU)
        torch.testing.assert_close(found[0, place], NAG_ALPHA * bounded + (1 - NAG_ALPHA) * z)
    assert torch.equal(found[1], wanted[1])


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction", "sample"])
def test_residual_guidance_leans_away_from_the_unwanted_picture_by_its_amount(prediction: Prediction) -> None:
    """Whatever a network predicts, the clean latent moves on the line through the unwanted one."""
    x, output, clean = (torch.randn(1, 4, 3, 3) for _ in range(3))
    alphas = torch.linspace(0.99, 0.01, 1000)
    back, _ = split(towards(clean, x, alphas[400], prediction), x, float(alphas[400]), prediction)
    torch.testing.assert_close(back, clean, atol=1e-4, rtol=1e-4)
    words = Words(torch.zeros(1, 1, 1), torch.zeros(1, 1, 1), method="residual", residual=clean)
    words.negative, words.amount = words, torch.full((1, 1, 1), 0.5)
    before, _ = split(output, x, float(alphas[400]), prediction)
    for timestep in (400, torch.tensor(400)):
        led = guided(lambda *_: output, x, timestep, words, alphas, prediction)
        after, _ = split(led, x, float(alphas[400]), prediction)
        torch.testing.assert_close(after, before + 0.5 * (before - clean), atol=1e-3, rtol=1e-3)


def test_the_unwanted_is_painted_again_only_when_words_or_noise_have_moved(models: Models) -> None:
    calls = []

    def network(x: Tensor, timestep: int | Tensor, words: Words) -> Tensor:
        calls.append(timestep)
        return models.network(x, timestep, words)

    residuals, x = Residuals(network, models.schedule), noise(1)
    other = region("left", words_a=(Phrase("a red boat"), Phrase("a wooden house by the sea", -1.0)))
    with torch.inference_mode():
        for life, shown, seed, expected in (
            (0.0, WITHOUT, 3, 1),
            (0.1, WITHOUT, 3, 1),
            (0.2, other, 3, 1),  # moved, but it has been looked at a moment ago
            (0.2 + REFRESH_SECONDS, other, 3, 2),
            (9.0, other, 3, 2),
            (9.1, other, 8, 3),
            (0.0, other, 8, 3),
        ):
            words = words_of(models, "residual", shown)
            residuals.add(words, noise(1, seed), life)
            assert len(calls) == expected
            assert words.residual is not None
            assert words.residual.shape == x.shape
        residuals.add(words_of(models, "residual", BARE), x, 20.0)
    assert len(calls) == 3


@pytest.mark.parametrize("method", METHODS)
def test_every_method_paints_and_paints_the_same_from_a_recording(models: Models, method: Method) -> None:
    values = DEFAULTS | {"artist/exclude_method": method, "artist/steps": 2}
    shots = [snapshot(WITHOUT, BARE, region("right"), id=k, life=k / 10, values=values) for k in range(3)]
    given = options(OPTIONS, {"device": "cpu"}, "artist")
    studio = Studio(WIDTH, HEIGHT, ("left", "centre", "right"), given, deterministic=True)
    plain, recorded = (Painter(models, studio, kept) for kept in (None, Recordings(Rerun, background=False)))
    for painter in (plain, recorded):
        painter.warm_up()
    for shot in shots:
        expected, found = plain.paint(shot).pictures, recorded.paint(shot).pictures
        assert expected.std() > 0
        assert np.abs(expected.astype(int) - found).max() <= 1
