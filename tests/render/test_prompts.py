"""Words to embeddings with a real tokenizer and text encoder: weights, exclusion, mixing, strange letters."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from render.machine import Machine
from render.models import load_models
from render.prompts import PHRASES_KEPT, Reader, average, exclude
from show.log import start_log
from show.snapshot import Phrase
from tests.render.small import region

CPU = Machine(torch.device("cpu"), torch.float32, "the CPU")


@pytest.fixture(scope="module")
def reader(one_model: Path) -> Reader:
    return load_models(str(one_model), "", CPU, lambda _: None).reader


def test_a_phrase_is_embedded_once(reader: Reader) -> None:
    assert reader.embed("a red boat") is reader.embed("a red boat")
    assert reader.embed("a red boat").shape == (24, 32)
    assert not torch.allclose(reader.embed("a red boat"), reader.embed("a green boat"))


def test_the_store_of_phrases_stays_small(reader: Reader) -> None:
    for k in range(PHRASES_KEPT + 20):
        reader.embed(f"{k}")
    assert len(reader._kept) == PHRASES_KEPT


def test_weights_count_against_each_other(reader: Reader) -> None:
    red, green, empty = (reader.embed(text) for text in ("red", "green", ""))
    assert torch.equal(reader.weigh((Phrase("red", 3.0),), 1.0), red)
    assert torch.equal(reader.weigh((), 1.0), empty)
    assert torch.equal(reader.weigh((Phrase("red", 0.0),), 1.0), empty)
    mostly_red = reader.weigh((Phrase("red", 0.9), Phrase("green", 0.1)), 1.0)
    assert (mostly_red - red).norm() < (mostly_red - green).norm()


def test_fading_a_phrase_out_ends_where_leaving_it_out_begins(reader: Reader) -> None:
    faint = reader.weigh((Phrase("red", 0.001),), 1.0)
    torch.testing.assert_close(faint, reader.embed(""), atol=0.01, rtol=0.01)


def test_an_average_is_as_long_as_its_parts(reader: Reader) -> None:
    red, green = reader.embed("red"), reader.embed("green")
    mixed = average([(0.5, red), (0.5, green)])
    torch.testing.assert_close(mixed.norm(dim=-1), (red.norm(dim=-1) + green.norm(dim=-1)) / 2)


def test_exclusion_takes_a_direction_out_and_leans_away_when_stronger(reader: Reader) -> None:
    boat, red, neutral = reader.embed("a red boat at sea"), reader.embed("red"), reader.neutral
    direction = (red - neutral)[1:].mean(0)
    direction = direction / direction.norm()

    def presence(amount: float) -> float:
        return float(((exclude(boat, red, neutral, amount) - neutral) @ direction).clamp_min(0).sum())

    assert presence(0.5) == pytest.approx(presence(0.0) / 2, rel=1e-3)
    assert presence(1.0) == pytest.approx(0.0, abs=1e-3)
    phrases = (Phrase("a red boat at sea"), Phrase("red", -1.0))
    assert torch.equal(reader.weigh(phrases, 0.0), boat)
    assert torch.equal(reader.weigh(phrases, 1.0), exclude(boat, red, neutral, 1.0))


def test_the_mix_walks_from_one_prompt_to_the_other(reader: Reader) -> None:
    def at(mix: float) -> torch.Tensor:
        return reader.region(region(words_a=(Phrase("red"),), words_b=(Phrase("green"),), mix=mix), 1.0)

    red, green = reader.embed("red"), reader.embed("green")
    assert torch.equal(at(0.0), red)
    assert torch.equal(at(1.0), green)
    way = [float((at(k / 10) - red).norm()) for k in range(11)]
    assert way == sorted(way)
    torch.testing.assert_close(at(0.5).norm(dim=-1), (red.norm(dim=-1) + green.norm(dim=-1)) / 2)


@pytest.mark.parametrize(
    "text",
    ["", " ", "море ночью", "夜の海", "🌊🔥", "a\x00b", "e\u0301", "\ud800", "word " * 400, "\n\t", "<|endoftext|>"],
)
def test_no_words_break_it(reader: Reader, text: str) -> None:
    embedded = reader.embed(text)
    assert embedded.shape == (24, 32)
    assert torch.isfinite(embedded).all()


def test_cut_words_are_told_once(reader: Reader, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    start_log("render", tmp_path)
    text = "a long way round the headland and home"
    reader.embed(text)
    reader._kept.clear()
    reader.embed(text)
    told = [line for line in capfd.readouterr().err.splitlines() if "leaves out" in line]
    assert len(told) == 1
    assert "home" in told[0]
