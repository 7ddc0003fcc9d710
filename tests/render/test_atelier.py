"""The atelier: records are drawn from their number alone, fill the sheet, and say what they show."""

from __future__ import annotations

import colorsys
import random

import pytest
import torch

from render.atelier.canvas import Canvas
from render.atelier.captions import caption, plural
from render.atelier.colours import BY_FAMILY, COLOURS, FAMILIES
from render.atelier.parameters import BATCH, SHAPES, Parameters, batch_parameters, held_out, shape_of
from render.atelier.records import draw_batch, record, sheet_size
from render.atelier.styles import STYLES, render
from render.atelier.subject import Subject
from render.atelier.subjects import SUBJECTS
from render.atelier.things import LEFT, MANY, RIGHT, arrange

SIDE = 64


def _blank(count: int, shape: str, *, near: bool = True, seed: int = 0) -> Canvas:
    height, width = sheet_size(shape, SIDE)
    return Canvas.blank(count, height, width, near=near, generator=torch.Generator().manual_seed(seed))


def _number_of(name: str) -> int:
    return [subject.name for subject in SUBJECTS].index(name)


def test_a_record_can_be_drawn_again_from_its_number() -> None:
    first, again, other = record(37, side=SIDE), record(37, side=SIDE), record(38, side=SIDE)
    assert torch.equal(first.picture, again.picture)
    assert (first.parameters, first.caption) == (again.parameters, again.caption)
    assert not torch.equal(first.picture, other.picture)


@pytest.mark.parametrize("number", range(len(SUBJECTS)), ids=[subject.name for subject in SUBJECTS])
def test_a_record_is_the_same_whether_it_is_drawn_alone_or_with_its_batch(number: int) -> None:
    for batch in (number, number + 4 * len(SUBJECTS)):
        together = draw_batch(batch, side=SIDE)
        for item in (0, 11):
            alone = record(batch * BATCH + item, side=SIDE)
            assert torch.equal(alone.picture, together.pictures[item])
            assert (alone.parameters, alone.caption) == (together.parameters[item], together.captions[item])


def test_some_sheets_of_a_batch_are_what_they_are_among_all() -> None:
    few, whole = draw_batch(2, side=SIDE, sheets=slice(3, 6)), draw_batch(2, side=SIDE)
    assert torch.equal(few.pictures, whole.pictures[3:6])
    assert few.parameters == whole.parameters[3:6]
    assert few.captions == whole.captions[3:6]


def test_another_seed_gives_other_pictures() -> None:
    assert not torch.equal(draw_batch(0, side=SIDE).pictures, draw_batch(0, side=SIDE, seed=1).pictures)


def test_drawing_does_not_touch_the_global_random_numbers() -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    draw_batch(3, side=SIDE)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("number", range(len(SUBJECTS)), ids=[subject.name for subject in SUBJECTS])
def test_every_subject_fills_sheets_of_every_shape(number: int) -> None:
    subject = SUBJECTS[number]
    for shape in SHAPES:
        for near in (False, True):
            canvas = _blank(2, shape, near=near, seed=number)
            size = (2, canvas.height, canvas.width)
            if subject.thing is not None:
                sketch = arrange(canvas, subject.thing, int(near), 0, stands=subject.stands)
            else:
                assert subject.scene is not None
                sketch = subject.scene(canvas)
            assert sketch.light.shape == sketch.tint.shape == size
            for field in (sketch.light, sketch.tint, *([] if sketch.depth is None else [sketch.depth])):
                assert torch.isfinite(field).all()
                assert field.min() > -0.01
                assert field.max() < 1.01
            assert sketch.light.flatten(1).std(1).min() > 0.02
            assert not torch.equal(sketch.light[0], sketch.light[1])


def test_there_are_at_least_eighty_subjects_with_names_and_words_of_their_own() -> None:
    assert len(SUBJECTS) >= 80
    assert len({subject.name for subject in SUBJECTS}) == len(SUBJECTS)
    owners: dict[str, list[str]] = {}
    for subject in SUBJECTS:
        assert len(subject.words) >= 5
        for words in subject.words:
            owners.setdefault(words, []).append(subject.name)
    assert {words: names for words, names in owners.items() if len(names) > 1} == {}


def test_words_kept_for_tests_are_taught_nowhere() -> None:
    taught = {words for subject in SUBJECTS for words in subject.words}
    for subject in SUBJECTS:
        assert not taught & set(subject.held), subject.name


def test_a_subject_is_a_scene_or_a_thing() -> None:
    with pytest.raises(ValueError, match="either"):
        Subject("nothing", (), (), ())


def test_rounds_come_in_all_shapes() -> None:
    rounds = [shape_of(number * len(SUBJECTS)) for number in range(10)]
    assert set(rounds) == set(SHAPES)
    for number, shape in enumerate(rounds[:3]):
        pictures = draw_batch(number * len(SUBJECTS), side=SIDE).pictures
        assert pictures.shape == (BATCH, 3, *sheet_size(shape, SIDE))
    assert draw_batch(0, side=SIDE, shape="strip").pictures.shape == (BATCH, 3, 32, 96)
    assert sheet_size("tall", 256) == (320, 192)


def test_a_round_of_batches_shows_every_subject_once() -> None:
    seen = [batch_parameters(batch)[0].subject for batch in range(len(SUBJECTS))]
    assert sorted(seen) == list(range(len(SUBJECTS)))


def test_held_out_combinations_are_never_trained_and_can_be_asked_for() -> None:
    for batch in range(400):
        trained = [p for p in batch_parameters(batch) if not p.natural]
        assert not any(held_out(p.subject, p.family, p.style) for p in trained)
        assert all(held_out(p.subject, p.family, p.style) for p in batch_parameters(batch, held=True))


def test_the_lexicon_knows_hundreds_of_colours_once_each() -> None:
    assert len(COLOURS) >= 300
    assert len({(colour.name, colour.family) for colour in COLOURS}) == len(COLOURS)
    for family, places in enumerate(BY_FAMILY):
        assert COLOURS[places[0]].name.startswith(FAMILIES[family])


@pytest.mark.parametrize("family", range(len(FAMILIES)), ids=FAMILIES)
def test_a_plain_picture_has_the_hue_of_its_colour(family: int) -> None:
    subject = SUBJECTS[_number_of("fire")]
    assert subject.scene is not None
    canvas = _blank(4, "square", seed=family)
    rgb = COLOURS[BY_FAMILY[family][0]].rgb
    picture = render(canvas, subject.scene(canvas), 0, torch.tensor(rgb).expand(4, 2, 3), torch.ones(4))
    red, green, blue = picture.mean((0, 2, 3)).tolist()
    hue, saturation, _ = colorsys.rgb_to_hsv(red, green, blue)
    wanted_hue, wanted_saturation, _ = colorsys.rgb_to_hsv(*rgb)
    if wanted_saturation > 0.5:
        assert min(abs(hue - wanted_hue), 1 - abs(hue - wanted_hue)) < 0.06
    else:
        assert saturation < 0.5


@pytest.mark.parametrize("style", range(len(STYLES)), ids=[style.name for style in STYLES])
def test_every_style_paints_sheets_of_every_shape(style: int) -> None:
    scene = SUBJECTS[_number_of("mountains")].scene
    assert scene is not None
    for shape in SHAPES:
        canvas = _blank(2, shape, seed=style)
        picture = render(canvas, scene(canvas), style, torch.rand(2, 2, 3), torch.tensor([0, 1]))
        assert picture.shape == (2, 3, canvas.height, canvas.width)
        assert 0 <= picture.min() <= picture.max() <= 1
        assert picture.std() > 0.02


def test_things_stand_where_they_are_said_to_and_as_many_as_said() -> None:
    apple = SUBJECTS[_number_of("apple")]
    assert apple.thing is not None
    middle = {}
    for place in (LEFT, RIGHT):
        sketch = arrange(_blank(8, "wide", near=False), apple.thing, 0, place, stands=True)
        thing = (sketch.tint < 0.5).float()
        columns = torch.arange(thing.shape[2]) / thing.shape[2]
        middle[place] = float((thing.sum(1) @ columns).sum() / thing.sum())
    assert middle[LEFT] < 0.4
    assert middle[RIGHT] > 0.6
    one, many = (arrange(_blank(8, "wide", near=False), apple.thing, number, 0, stands=True) for number in (0, MANY))
    assert (many.light - one.light).abs().mean() > 0.02


def test_captions_name_subject_and_colour() -> None:
    chooser = random.Random(0)
    for number in range(300):
        parameters = next(p for p in batch_parameters(number) if not p.natural)
        words = caption(parameters, chooser, complete=True)
        phrases = [phrase.removeprefix("a ").removeprefix("an ").removeprefix("the ") for phrase in _words(parameters)]
        assert any(phrase in words or plural(phrase) in words for phrase in phrases), words
        if STYLES[parameters.style].name != "monochrome":
            assert COLOURS[parameters.main].name in words, words
        assert words == " ".join(words.split())


def _words(parameters: Parameters) -> tuple[str, ...]:
    return SUBJECTS[parameters.subject].words


def test_captions_of_natural_colours_name_none() -> None:
    chooser = random.Random(2)
    names = {colour.name for colour in COLOURS}
    fire = Parameters(_number_of("fire"), 0, 1, natural=1, style=0, day=1, near=0, number=0, place=0)
    said = {caption(fire, chooser, complete=True) for _ in range(100)}
    assert not any(word in names for words in said for word in words.replace(",", "").split())


def test_captions_vary() -> None:
    chooser = random.Random(1)
    parameters = Parameters(_number_of("fire"), 0, 0, natural=0, style=1, day=1, near=0, number=0, place=0)
    assert len({caption(parameters, chooser) for _ in range(200)}) > 100


@pytest.mark.parametrize(
    ("one", "more"),
    [
        ("bottle", "bottles"), ("glass of wine", "glasses of wine"), ("bottle on a table", "bottles on a table"),
        ("butterfly", "butterflies"), ("knife", "knives"), ("leaf", "leaves"), ("bush", "bushes"), ("key", "keys"),
    ],
)  # fmt: skip
def test_more_than_one(one: str, more: str) -> None:
    assert plural(one) == more
