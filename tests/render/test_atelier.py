"""The atelier: records are drawn from their number alone, fill the sheet, and say what they show."""

from __future__ import annotations

import colorsys
import random

import pytest
import torch

from render.atelier.canvas import Canvas
from render.atelier.captions import caption
from render.atelier.palette import COLOURS, STYLES, render
from render.atelier.parameters import BATCH, Parameters, batch_parameters, held_out
from render.atelier.records import draw_batch, is_tall, record
from render.atelier.subjects import SUBJECTS

WIDTH = 64


def test_a_record_can_be_drawn_again_from_its_number() -> None:
    first, again, other = record(37, width=WIDTH), record(37, width=WIDTH), record(38, width=WIDTH)
    assert torch.equal(first.picture, again.picture)
    assert (first.parameters, first.caption) == (again.parameters, again.caption)
    assert not torch.equal(first.picture, other.picture)


def test_record_n_is_item_n_of_its_batch() -> None:
    batch = draw_batch(2, width=WIDTH)
    for item in (0, 7, 15):
        single = record(2 * BATCH + item, width=WIDTH)
        assert torch.equal(single.picture, batch.pictures[item])
        assert single.caption == batch.captions[item]
        assert single.parameters == batch.parameters[item]


def test_another_seed_gives_other_pictures() -> None:
    assert not torch.equal(draw_batch(0, width=WIDTH).pictures, draw_batch(0, width=WIDTH, seed=1).pictures)


def test_drawing_does_not_touch_the_global_random_numbers() -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    draw_batch(3, width=WIDTH)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("number", range(len(SUBJECTS)), ids=[subject.name for subject in SUBJECTS])
def test_every_subject_is_a_picture_and_not_a_flat_field(number: int) -> None:
    for near in (False, True):
        generator = torch.Generator().manual_seed(number)
        canvas = Canvas(4, WIDTH * 3 // 2, WIDTH, near, generator)
        sketch = SUBJECTS[number].draw(canvas)
        assert sketch.light.shape == sketch.tint.shape == (4, WIDTH * 3 // 2, WIDTH)
        assert torch.isfinite(sketch.light).all()
        assert torch.isfinite(sketch.tint).all()
        assert sketch.light.flatten(1).std(1).min() > 0.03
        assert not torch.equal(sketch.light[0], sketch.light[1])


def test_tall_batches_come_every_fourth_round() -> None:
    tall = [batch for batch in range(len(SUBJECTS) * 8) if is_tall(batch)]
    assert len(tall) == len(SUBJECTS) * 2
    assert draw_batch(tall[0], width=WIDTH).pictures.shape == (BATCH, 3, WIDTH * 3 // 2, WIDTH)
    assert draw_batch(0, width=WIDTH).pictures.shape == (BATCH, 3, WIDTH, WIDTH)


def test_a_round_of_batches_shows_every_subject_once() -> None:
    seen = [batch_parameters(batch)[0].subject for batch in range(len(SUBJECTS))]
    assert sorted(seen) == list(range(len(SUBJECTS)))


def test_held_out_combinations_are_never_trained_and_can_be_asked_for() -> None:
    for batch in range(400):
        assert not any(held_out(p.subject, p.main, p.style) for p in batch_parameters(batch))
        assert all(held_out(p.subject, p.main, p.style) for p in batch_parameters(batch, held=True))


@pytest.mark.parametrize("main", range(len(COLOURS)), ids=[colour.name for colour in COLOURS])
def test_a_plain_picture_has_the_hue_of_its_colour(main: int) -> None:
    fire = next(subject for subject in SUBJECTS if subject.name == "fire")
    canvas = Canvas(4, WIDTH, WIDTH, True, torch.Generator().manual_seed(main))
    picture = render(canvas, fire.draw(canvas), 0, torch.full((4, 2), main), torch.ones(4))
    red, green, blue = picture.mean((0, 2, 3)).tolist()
    hue, saturation, _ = colorsys.rgb_to_hsv(red, green, blue)
    wanted_hue, wanted_saturation, _ = colorsys.rgb_to_hsv(*COLOURS[main].rgb)
    if wanted_saturation > 0.5:
        assert min(abs(hue - wanted_hue), 1 - abs(hue - wanted_hue)) < 0.06
    else:
        assert saturation < 0.5


def test_captions_name_subject_and_colour() -> None:
    chooser = random.Random(0)
    for number in range(300):
        parameters = batch_parameters(number)[0]
        words = caption(parameters, chooser, complete=True)
        subject = SUBJECTS[parameters.subject]
        assert any(
            phrase.removeprefix("a ").removeprefix("an ").removeprefix("the ") in words for phrase in subject.words
        ), words
        if STYLES[parameters.style].name != "monochrome":
            assert any(phrase in words for phrase in COLOURS[parameters.main].words), words
        assert words == " ".join(words.split())


def test_captions_vary_and_never_use_words_kept_for_tests() -> None:
    chooser = random.Random(1)
    parameters = Parameters(subject=18, main=0, accent=0, style=0, day=1, near=0)
    drawn = {caption(parameters, chooser) for _ in range(200)}
    assert len(drawn) > 50
    for number, subject in enumerate(SUBJECTS):
        taught = {words for other in SUBJECTS for words in other.words}
        assert not taught & set(subject.held_words), SUBJECTS[number].name
