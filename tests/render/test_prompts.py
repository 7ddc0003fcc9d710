"""Words with a real tokenizer and text encoder: weights, exclusion, mixing, long and strange ones, slow reading."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import torch
from torch import Tensor

from render.machine import Machine
from render.mixing import Entry, Weigher, arc, average, direction, straight, subtract
from render.models import Models, load_models
from render.prompts import PHRASES_KEPT, Reader, Wish
from render.text import CHUNKS_MOST, Reading, split_at_words
from show.log import start_log
from show.snapshot import Phrase
from tests.render.small import build, region

CPU = Machine(torch.device("cpu"), torch.float32, "the CPU")
LONG = "a long way round the headland and home to the harbour before the storm"


@pytest.fixture(scope="module")
def models(one_model: Path) -> Models:
    return load_models(str(one_model), "", CPU, lambda _: None)


@pytest.fixture(scope="module")
def reader(models: Models) -> Reader:
    return models.reader


@pytest.fixture(scope="module")
def pooling(tmp_path_factory: pytest.TempPathFactory) -> Models:
    """A model whose UNet adds the words to its clock, as the embedded one does."""
    folder = tmp_path_factory.mktemp("model") / "pooling"
    build(folder, addition_embed_type="text", addition_embed_type_num_heads=2)
    return load_models(str(folder), "", CPU, lambda _: None)


def test_a_phrase_is_embedded_once(reader: Reader) -> None:
    assert reader.embed("a red boat") is reader.embed("a red boat")
    assert reader.embed("a red boat").shape == (24, 32)
    assert not torch.allclose(reader.embed("a red boat"), reader.embed("a green boat"))


def test_the_store_of_phrases_stays_small() -> None:
    reader = Reader(
        lambda text, _: (Reading(torch.full((2, 4), len(text)), None), torch.ones(2, 4)),
        Weigher(CPU.device, CPU.dtype, shows_presence=False),
    )
    for k in range(PHRASES_KEPT + 20):
        reader.embed(f"{k}")
    assert len(reader._kept) == PHRASES_KEPT
    assert reader._bytes == sum(entry.bytes for entry in reader._kept.values())


def test_weights_count_against_each_other(reader: Reader) -> None:
    red, green, empty = (reader.embed(text) for text in ("red", "green", ""))
    torch.testing.assert_close(reader.weigh((Phrase("red", 3.0),), 1.0), red)
    torch.testing.assert_close(reader.weigh((), 1.0), empty)
    torch.testing.assert_close(reader.weigh((Phrase("red", 0.0),), 1.0), empty)
    mostly_red = reader.weigh((Phrase("red", 0.9), Phrase("green", 0.1)), 1.0)
    assert (mostly_red - red).norm() < (mostly_red - green).norm()
    doubled = reader.weigh((Phrase("red"), Phrase("red"), Phrase("green")), 1.0)
    torch.testing.assert_close(doubled, reader.weigh((Phrase("red", 2.0), Phrase("green", 1.0)), 1.0))


def test_fading_a_phrase_out_ends_where_leaving_it_out_begins(reader: Reader) -> None:
    faint = reader.weigh((Phrase("red", 0.001),), 1.0)
    torch.testing.assert_close(faint, reader.embed(""), atol=0.01, rtol=0.01)


def test_an_average_is_as_long_as_its_parts(reader: Reader) -> None:
    red, green = reader.entry("red"), reader.entry("green")
    mixed = average([(0.5, red), (0.5, green)]).raw
    torch.testing.assert_close(mixed.norm(dim=-1), (red.raw.norm(dim=-1) + green.raw.norm(dim=-1)) / 2)


def test_exclusion_takes_a_direction_out_and_leans_away_when_stronger(reader: Reader) -> None:
    boat, red = average([(1.0, reader.entry("a red boat at sea"))]), reader.entry("red")
    axis = direction(red, reader.neutral)
    assert axis is not None

    def presence(amount: float) -> float:
        left = subtract(boat, axis, reader.neutral, amount).raw - reader.neutral.raw
        return float((left @ axis.raw[0]).clamp_min(0).sum())

    assert presence(0.5) == pytest.approx(presence(0.0) / 2, rel=1e-3)
    assert presence(1.0) == pytest.approx(0.0, abs=1e-3)
    assert presence(2.0) == pytest.approx(0.0, abs=1e-3)
    phrases = (Phrase("a red boat at sea"), Phrase("red", -1.0))
    torch.testing.assert_close(reader.weigh(phrases, 0.0), boat.raw)
    torch.testing.assert_close(reader.weigh(phrases, 1.0), subtract(boat, axis, reader.neutral, 1.0).raw)
    assert direction(reader.neutral, reader.neutral) is None


def test_the_mix_walks_from_one_prompt_to_the_other(reader: Reader) -> None:
    def at(mix: float) -> Tensor:
        return reader.region(region(words_a=(Phrase("red"),), words_b=(Phrase("green"),), mix=mix), 1.0)

    red, green = reader.embed("red"), reader.embed("green")
    torch.testing.assert_close(at(0.0), red)
    torch.testing.assert_close(at(1.0), green)
    way = [float((at(k / 10) - red).norm()) for k in range(11)]
    assert way == sorted(way)
    torch.testing.assert_close(at(0.5).norm(dim=-1), (red.norm(dim=-1) + green.norm(dim=-1)) / 2)


def test_mixed_keys_and_values_are_those_of_the_mixed_words(models: Models) -> None:
    """The projections have no bias, so the whole chain of weights, exclusion and walk may be done on their results."""
    weighed = region(
        words_a=(Phrase("a red boat", 0.7), Phrase("at night", 0.5), Phrase("a harbour", -0.8)),
        words_b=(Phrase("a green hill", 0.6), Phrase("rain", -1.5)),
        mix=0.37,
    )
    words = models.reader.words([weighed, region("centre")])
    expected = models.layers.pack(words.raw)
    torch.testing.assert_close(words.packed, expected, atol=1e-5, rtol=1e-5)
    x = torch.randn(2, 4, 8, 8)
    with torch.inference_mode():
        torch.testing.assert_close(
            models.forward(x, 500, words), models.forward(x, 500, words.raw), atol=1e-5, rtol=1e-5
        )


def test_the_network_gives_what_diffusers_own_attention_gives(one_model: Path, models: Models) -> None:
    from diffusers import UNet2DConditionModel

    plain = UNet2DConditionModel.from_pretrained(one_model / "unet").eval()
    x, words = torch.randn(2, 4, 8, 12), torch.stack([models.reader.embed(text) for text in ("red", "a green boat")])
    with torch.inference_mode():
        expected = plain(x, 321, encoder_hidden_states=words).sample
        torch.testing.assert_close(models.forward(x, 321, words), expected, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(models.forward(x, torch.tensor(321), words), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", ["models", "pooling"])
def test_long_phrases_are_read_in_chunks_and_change_no_other_region(name: str, request: pytest.FixtureRequest) -> None:
    models: Models = request.getfixturevalue(name)
    short, long = region(words="a red boat"), region(words=LONG)
    assert models.reader.embed(LONG).shape == (72, 32)
    alone, beside = models.reader.words([short, short]), models.reader.words([short, long])
    assert alone.presence is None
    assert beside.presence is not None
    x = torch.randn(1, 4, 8, 8).expand(2, -1, -1, -1)
    with torch.inference_mode():
        a, b = models.forward(x, 500, alone), models.forward(x, 500, beside)
    torch.testing.assert_close(a[0], b[0], atol=1e-5, rtol=1e-5)
    assert (a[1] - b[1]).abs().max() > 1e-3


@pytest.mark.parametrize("name", ["models", "pooling"])
def test_the_walk_between_a_short_and_a_long_phrase_has_no_jumps(name: str, request: pytest.FixtureRequest) -> None:
    models: Models = request.getfixturevalue(name)
    x = torch.randn(1, 4, 8, 8)

    def at(mix: float) -> Tensor:
        words = models.reader.words([region(words_a=(Phrase("red"),), words_b=(Phrase(LONG),), mix=mix)])
        with torch.inference_mode():
            return models.forward(x, 500, words)

    whole = float((at(0.0) - at(1.0)).abs().max())
    assert float((at(0.0) - at(0.001)).abs().max()) < 0.05 * whole
    assert float((at(1.0) - at(0.999)).abs().max()) < 0.05 * whole


def test_chunks_end_where_words_end() -> None:
    ids = list(range(12))
    words: list[int | None] = [0, 1, 1, 1, 2, 3, 3, 4, 4, 4, 5, 6]
    assert split_at_words(ids, words, 6) == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9, 10], [11]]
    assert split_at_words(ids, [0] * 12, 5) == [ids[:5], ids[5:10], ids[10:]]
    assert split_at_words(ids, [None] * 12, 6) == [ids[:6], ids[6:]]
    assert split_at_words([], [], 6) == [[]]


@pytest.mark.parametrize(
    "text",
    ["", " ", "море ночью", "夜の海", "🌊🔥", "a\x00b", "e\u0301", "\ud800", "word " * 400, "\n\t", "<|endoftext|>"],
)
def test_no_words_break_it(reader: Reader, text: str) -> None:
    embedded = reader.embed(text)
    assert embedded.shape[0] % 24 == 0
    assert embedded.shape[0] <= 24 * CHUNKS_MOST
    assert torch.isfinite(embedded).all()


def test_words_beyond_all_chunks_are_told_once(
    reader: Reader, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    start_log("render", tmp_path)
    text = "along " * 32 + "and home"
    reader.embed(text)
    reader._kept.clear()
    reader.embed(text)
    told = [line for line in capfd.readouterr().err.splitlines() if "leaves out" in line]
    assert len(told) == 1
    assert told[0].endswith("leaves out 'and home'")


class Slow:
    """A reader's work that waits until it is let go on."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.calls: list[str] = []

    def __call__(self, text: str, _lora: str) -> tuple[Reading, Tensor]:
        if threading.current_thread() is not threading.main_thread():
            assert self.go.wait(60)
        self.calls.append(text)
        made = torch.full((4, 8), float(len(text) + 1))
        return Reading(made, None), made.clone()


def slow_reader(slow: Slow) -> Reader:
    return Reader(slow, Weigher(CPU.device, CPU.dtype, shows_presence=False), waits=False)


def test_a_new_phrase_never_holds_up_a_picture_and_the_old_words_stand() -> None:
    slow = Slow()
    slow.go.set()
    reader = slow_reader(slow)
    old = reader.words([region(words="old"), region("right", words="old")])
    slow.go.clear()
    for _ in range(3):
        held = reader.words([region(words="brand new"), region("right", words="old")])
        assert torch.equal(held.packed, old.packed)
    slow.go.set()
    reader._asked[("brand new", "")].result(60)
    new = reader.words([region(words="brand new"), region("right", words="old")])
    assert torch.equal(new.packed[1], old.packed[1])
    assert not torch.equal(new.packed[0], old.packed[0])
    assert slow.calls.count("brand new") == 1
    reader.close()


def test_the_next_words_are_read_before_they_are_due() -> None:
    slow = Slow()
    slow.go.set()
    reader = slow_reader(slow)
    reader.words([region(words="old")])
    reader.words([region(words="old", words_b=(Phrase("next"), Phrase("not", -1.0)), mix=0.0)])
    for text in ("next", "not"):
        reader._asked[(text, "")].result(60)
    assert {"next", "not"} <= set(slow.calls)
    reader.close()


def test_what_goes_wrong_on_the_thread_is_told() -> None:
    def broken(text: str, _lora: str) -> tuple[Reading, Tensor]:
        if text == "bad":
            raise RuntimeError("no memory")
        return Reading(torch.ones(4, 8), None), torch.ones(4, 8)

    reader = Reader(broken, Weigher(CPU.device, CPU.dtype, shows_presence=False), waits=False)
    reader.words([region(words="good")])
    reader._ask("bad", "")
    reader._asked[("bad", "")].exception(60)
    with pytest.raises(RuntimeError, match="no memory"):
        reader.words([region(words="good")])
    reader.close()


def test_words_take_over_the_values_of_others_in_place(models: Models) -> None:
    wish = Wish("nag", 1.0)
    one = models.reader.words([region(words_a=(Phrase("red"), Phrase("blue", -1.0)))], wish=wish)
    other = models.reader.words([region(words_a=(Phrase("green"), Phrase("sea", -0.5)))], wish=wish)
    assert one.signature == other.signature
    place = one.packed.data_ptr()
    one.packed, one.negative.packed = one.packed.clone(), one.negative.packed.clone()  # type: ignore[union-attr]
    place = one.packed.data_ptr()
    one.copy_(other)
    assert one.packed.data_ptr() == place
    assert torch.equal(one.packed, other.packed)
    assert torch.equal(one.negative.packed, other.negative.packed)  # type: ignore[union-attr]
    assert torch.equal(one.amount, other.amount)  # type: ignore[arg-type]


def test_a_straight_line_ends_where_the_arc_does() -> None:
    def entry(seed: int) -> Entry:
        raw = torch.randn(3, 5, generator=torch.Generator().manual_seed(seed))
        return Entry(raw, raw @ torch.ones(5, 7), raw[0])

    a, b = (average([(1.0, entry(k))]) for k in (1, 2))
    for place in (0.0, 1.0):
        torch.testing.assert_close(straight(a, b, place).raw, arc(a, b, place).raw)
    words = Weigher(CPU.device, CPU.dtype, shows_presence=False).weigh([straight(a, b, 0.25)])
    torch.testing.assert_close(words.raw[0], 0.75 * a.raw + 0.25 * b.raw)
    torch.testing.assert_close(words.packed[0], words.raw[0] @ torch.ones(5, 7))
