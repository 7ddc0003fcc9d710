"""`oriel bench picture`: what it asks for on its command line, and what it paints from."""

from __future__ import annotations

import pytest
import torch

from render.bench import picture
from render.bench.judge import Shown
from render.bench.judge import edges as edges_of
from render.machine import Machine
from render.models import Models, load_models

CPU = Machine(torch.device("cpu"), torch.float32, "the CPU")


@pytest.mark.parametrize("wrong", ["0", "-1", "nan", "inf", "loud"])
def test_noise_that_is_no_number_above_0_is_refused_by_name(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        picture.main([f"--noise={wrong}"])
    said = capsys.readouterr().err
    assert f"--noise: expected a number above 0, got {wrong!r}" in said


def test_it_judges_what_the_model_paints_from_the_noise_that_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[Models] = []

    def stop(_each: int) -> Shown:
        raise KeyboardInterrupt

    def load(*_given: object) -> Models:
        found.append(load_models("embedded", "", CPU, lambda _: None))
        return found[-1]

    monkeypatch.setattr(picture, "load_models", load)
    monkeypatch.setattr(picture, "real_records", stop)
    for given in ([], ["--noise", "1.25"]):
        with pytest.raises(KeyboardInterrupt):
            picture.main(given)
    own, other = (models.noise for models in found)
    assert (own, other) == (1.1, 1.25)


def test_stronger_noise_makes_sharper_pictures_of_the_same_words() -> None:
    models = load_models("embedded", "", CPU, lambda _: None)
    words = ["an orange fire at night", "a knitted mitten pattern"]
    edges = []
    for strength in (0.8, 1.0, 1.2):
        models.noise = strength
        edges.append(edges_of(picture.painted(models, words, 1)))
    assert edges == sorted(edges)
    assert edges[2] > 1.05 * edges[0]
