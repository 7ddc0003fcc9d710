"""`oriel bench exclude` on a few of its scenes, with the embedded model and its critic."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from render.artists.diffusion import PARAMETERS
from render.bench import exclude
from render.bench.exclude import CASES, METHODS, Figure, Trial, best
from render.critics.clip import FOLDER, Clip
from render.machine import Machine
from render.mixing import Method
from render.models import load_models
from render.weights import EMBEDDED

CPU = Machine(torch.device("cpu"), torch.float32, "the CPU")


@pytest.fixture(scope="module")
def trial() -> Trial:
    torch.set_num_threads(1)
    few = {kind: cases[:2] for kind, cases in CASES.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exclude, "CASES", few)
        return Trial(load_models("embedded", "", CPU, lambda _: None), Clip.load(folder=FOLDER), 1)


def test_without_an_exclusion_nothing_is_gone_and_all_stays(trial: Trial) -> None:
    found = trial.figure("none", 1.0, 1)
    assert found.gone == pytest.approx(0.0, abs=1e-6)
    assert found.stays == pytest.approx(1.0, abs=1e-6)
    assert found.worth == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_takes_some_of_the_unwanted_away(trial: Trial, method: Method) -> None:
    assert trial.figure(method, 1.0, 1).gone > 0.1


def test_the_default_takes_away_more_of_the_unwanted_than_of_the_wanted(trial: Trial) -> None:
    (default,) = (parameter.default for parameter in PARAMETERS if parameter.address == "artist/exclude_method")
    found = trial.figure(default, 1.0, 1)  # type: ignore[arg-type]
    assert found.gone > 0.4
    assert found.worth > 0.0


def test_in_one_step_from_noise_residual_guidance_is_guidance(trial: Trial) -> None:
    residual, guidance = trial.figure("residual", 1.0, 1), trial.figure("cfg", 1.0, 1)
    assert residual.gone == pytest.approx(guidance.gone, abs=0.02)
    assert residual.stays == pytest.approx(guidance.stays, abs=0.02)


def test_what_is_overdone_counts_no_more_than_all() -> None:
    assert Figure("nag", 1.0, 1, 1.7, 1.2, {}).worth == 1.0
    figures = [Figure("nag", scale, 1, gone, 0.9, {}) for scale, gone in ((0.5, 0.2), (1.0, 0.8), (2.0, 0.5))]
    others = [Figure(method, 1.0, 1, 0.0, 1.0, {}) for method in METHODS if method != "nag"]
    scale, worth = best([*figures, *others])["nag"]
    assert scale == 1.0
    assert worth == pytest.approx(0.7)


def test_the_weights_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "unet").mkdir()
    (tmp_path / "unet" / "a.safetensors").write_bytes(b"other")
    assert exclude._weights(EMBEDDED) != exclude._weights(tmp_path)
    assert len(exclude._weights(EMBEDDED)) == 12
