"""Manuscripts: every word accounted for, scenes where the meaning changes, shots by their rules, bad texts refused."""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from show import manuscript, manuscript_file, shots
from show.config import Shot, Show
from show.manuscript import ManuscriptError, Pace
from show.narration import words

ROOT = Path(__file__).resolve().parents[2]
STORY = ROOT / "docs" / "the-window.txt"


def bag(texts: Sequence[str]) -> NDArray[np.float32]:
    """Embed texts by hashing their words: no model, and yet alike texts are near each other."""
    vectors = np.zeros((len(texts), 64), np.float32)
    for row, text in enumerate(texts):
        for word in words(text.lower()):
            vectors[row, sum(map(ord, word)) % 64] += 1
    return vectors


def show_of(text: str) -> Show:
    return Show.model_validate(tomllib.loads(manuscript_file.imported(text, bag, "a text")[0]))


def told(text: str) -> tuple[list[str], list[str]]:
    scenes = show_of(text).scene
    phrases = [word for scene in scenes for phrase in scene.words for word in words(phrase.text)]
    return phrases, [word for scene in scenes for word in words(scene.narration)]


def test_every_word_of_the_story_stands_in_phrases_and_narration_in_its_order() -> None:
    text = STORY.read_text(encoding="utf-8")
    assert len(text.split()) >= 500
    assert told(text) == (text.split(), text.split())


@given(st.text(max_size=400))
@settings(max_examples=80, deadline=None)
def test_every_word_of_any_text_is_accounted_for_or_the_text_refused(text: str) -> None:
    with contextlib.suppress(ManuscriptError):
        clean = manuscript.decode(text.encode("utf-8", "replace"), "x")
        phrases, narration = told(clean)
        assert phrases == narration == words(clean)


def test_a_sentence_of_5000_words_becomes_scenes_like_any_other() -> None:
    text = "and the sea went on " * 1000
    scenes = show_of(text).scene
    assert told(text)[0] == text.split()
    assert max(scene.seconds for scene in scenes) <= 23
    assert all(len(scene.narration) <= 1000 for scene in scenes)


def test_scenes_are_cut_where_the_meaning_changes() -> None:
    sea = "Waves rolled over the dark sea water. The sea water was dark with waves. "
    train = "Seats and windows filled the blue train. The train windows shone on blue seats. "
    found = manuscript.passages(sea * 2 + train * 2, bag, Pace(target=14, longest=30))
    assert [("water" in passage.narration, "train" in passage.narration) for passage in found] == [
        (True, False),
        (False, True),
    ]


@pytest.mark.parametrize(
    "text, kind",
    [
        ("Behind the house the whole ship suddenly burned all night long!", "crash-zoom"),
        ("Who paints a picture, when the picture is made of what passes by?", "orbit"),
        ("The owner of the old house said to her, “leave it just as it is.”", "push"),
        ("She was tired.", "still"),
        ("Far away beyond the last of the houses there was nothing but the sea.", "pan"),
        ("She counted red glass, blue glass, green glass, and one piece of gold.", "pan"),
        ("He took his hat and his coat and walked towards the other one.", "dolly"),
        ("Before anything has a name there is water and it is very busy.", "push"),
    ],
)
def test_a_shot_follows_its_rule(text: str, kind: str) -> None:
    assert shots.choose(text, 1, None).kind == kind


def test_shots_go_right_and_left_by_turns_and_farther_in_longer_scenes() -> None:
    orbits = [shots.choose("Is it?", number, None).shot(seconds) for number, seconds in ((1, 8), (2, 8), (1, 16))]
    assert orbits == [Shot(kind="orbit", amount=share) for share in (0.4, -0.4, 0.8)]
    assert shots.choose("It rests.", 1, None).shot(8) == "still"


def test_the_shots_of_the_show_file_are_those_that_the_text_asks_for() -> None:
    scenes = show_of(
        "The ship burned, and it burned all through that night! " * 3 + "\n\n" + "Who was it, and when? " * 5
    ).scene
    kinds = [scene.shot.kind if isinstance(scene.shot, Shot) else scene.shot for scene in scenes]
    assert kinds == ["crash-zoom", "orbit"]
    assert not any(scene.tracks for scene in scenes)


def test_no_shot_comes_twice_in_a_row() -> None:
    found = manuscript.passages(STORY.read_text(encoding="utf-8"), bag)
    kinds = [passage.shot.kind for passage in found]
    assert all(one != two for one, two in pairwise(kinds))
    assert len(set(kinds)) >= 4


def test_a_phrase_stands_highest_while_it_is_read() -> None:
    scene = next(part for part in show_of(STORY.read_text(encoding="utf-8")).scene if len(part.words) >= 3)
    passage = next(
        part
        for part in manuscript.passages(STORY.read_text(encoding="utf-8"), bag)
        if part.narration == scene.narration
    )
    for number, (begin, end) in enumerate(passage.spans):
        keys = manuscript.weight_keys(passage, number)
        at = np.interp((begin + end) / 2, [key[0] for key in keys], [key[1] for key in keys])
        assert at == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize(
    "data, said",
    [
        (b"", "expected a text with words, got none"),
        (b" \n\n -- \n", "expected a text with words, got none"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "got a binary file"),
        (b"one\ntwo \xff three", r"x\.txt:2: expected a text in UTF-8, got the byte 0xff"),
        ("one\n".encode("utf-16"), r"x\.txt:1: expected a text in UTF-8"),
        (b"one\n\ntwo\x07", r"x\.txt:3: .*control character"),
        (b"one\n" + b"w" * 300, r"x\.txt:2: expected words of 200 letters at the most, got one of 300"),
    ],
)
def test_a_text_that_is_none_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(ManuscriptError, match=said):
        manuscript.units(manuscript.decode(data, "x.txt"), "x.txt")


def test_the_show_of_the_docs_is_what_the_story_gives() -> None:
    made = Show.model_validate(tomllib.loads((ROOT / "configs" / "the-window.toml").read_text(encoding="utf-8")))
    text = STORY.read_text(encoding="utf-8").split()
    assert [word for scene in made.scene for word in scene.narration.split()] == text
