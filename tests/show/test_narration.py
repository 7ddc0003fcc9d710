"""Captions that follow a voice or a clock: the rules, the two tracks in the engine, the files in the show file."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from show.config import Narration
from show.errors import ShowFileError
from show.load import load
from show.narration import LETTERS, captions, reading_times, track_cues, words
from tests.show.shows import Play, small_show

TEXT = "It burns. Dr. Smith saw it in 1984, from the hill, and " + "said nothing at all to anybody " * 4 + "afterwards."


def test_a_caption_ends_with_its_sentence_and_an_abbreviation_ends_none() -> None:
    said = [cue.text for cue in captions("It burns slowly. Dr. Smith saw it.", reading_times(TEXT, 150), 99)]
    assert said == ["It burns slowly.", "Dr. Smith saw it."]


@given(st.lists(st.from_regex(r"[A-Za-z]{1,14}[,.!?]?", fullmatch=True), min_size=1, max_size=60).map(" ".join))
@settings(max_examples=60, deadline=None)
def test_captions_hold_every_word_once_in_order_and_never_overlap(text: str) -> None:
    spans = reading_times(text, 150)
    cues = captions(text, spans, spans[-1][1] + 9)
    assert [word for cue in cues for word in words(cue.text)] == words(text)
    assert all(one.end <= two.begin + 1e-9 for one, two in pairwise(cues))
    assert all(len(cue.text) <= 2 * LETTERS for cue in cues)


def test_the_engine_says_what_is_being_read() -> None:
    scene = {"name": "one", "seconds": 30, "fade": 0, "words": [{"text": "fire"}], "narration": TEXT}
    play = Play(small_show(scene=[scene], binding=[], narration={"lead": 2.0}))
    assert play.step(0.5).narration == ""
    assert play.step(1.0).narration == ""
    assert play.step(0.9).narration == "It burns."
    assert play.tell("seek", "25").narration == ""
    assert play.tell("seek", "2.4").narration == "It burns."


def test_a_show_without_a_voice_shows_the_whole_narration_as_before() -> None:
    assert Play().step(1.0).narration == "It burns."


def test_cues_of_a_track_go_by_show_time_across_scenes_and_seeks() -> None:
    cues = [[0.5, 5.5, "one"], [6.0, 8.0, "two"]]
    play = Play(small_show(captions={"prompt": {"cues": cues}}))
    assert [play.tell("seek", second).caption for second in ("0.2", "5.2", "5.7", "7", "0.6")] == [
        "", "one", "", "two", "one",
    ]  # fmt: skip


def test_what_a_track_says_by_show_time_is_what_the_engine_shows() -> None:
    scene = {"name": "one", "seconds": 30, "fade": 0, "words": [{"text": "fire"}], "narration": TEXT}
    show = small_show(scene=[scene, {**scene, "name": "two"}], binding=[], narration={})
    play = Play(show)
    cues = track_cues(show, "narration")
    assert len(cues) > 6
    for cue in cues:
        assert play.tell("seek", str((cue.begin + cue.end) / 2)).narration == cue.text


SHOW = """
[show]
title = "subtitles"
[[region]]
name = "left"
seed = 1
[[scene]]
name = "one"
seconds = 9
words = [{ text = "a house" }]
[[surface]]
region = "left"
corners = [[0, 0], [1, 0], [1, 1], [0, 1]]
[captions.narration]
file = "said.srt"
size = 0.05
colour = "#00ff88"
align = "left"
box = 0.6
"""


def test_a_subtitle_file_beside_the_show_file_is_read_into_the_show(tmp_path: Path) -> None:
    (tmp_path / "show.toml").write_text(SHOW)
    (tmp_path / "said.srt").write_text("1\n00:00:01,000 --> 00:00:03,500\nBefore anything.\n")
    track = load(tmp_path / "show.toml").captions.narration
    assert (track.cues, track.align, track.box) == (((1.0, 3.5, "Before anything."),), "left", 0.6)


@pytest.mark.parametrize(
    "subtitles, said",
    [
        (None, "there is no such subtitle file"),
        ("1\n00:00:01,000 -> 00:00:03,500\nwords\n", r"said\.srt:2: expected a line of times"),
    ],
)
def test_a_wrong_subtitle_file_is_refused_at_the_key_that_names_it(
    tmp_path: Path, subtitles: str | None, said: str
) -> None:
    (tmp_path / "show.toml").write_text(SHOW)
    if subtitles is not None:
        (tmp_path / "said.srt").write_text(subtitles)
    with pytest.raises(ShowFileError, match=rf"show\.toml:15: captions\.narration\.file: .*{said}"):
        load(tmp_path / "show.toml")


def test_the_tables_of_the_documentation_are_in_order(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "manuscript.md").read_text(encoding="utf-8")
    tables = [block.split("```")[0] for block in page.split("```toml\n")[1:]]
    assert len(tables) == 2
    (tmp_path / "story.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nIt burns.\n")
    (tmp_path / "show.toml").write_text(SHOW.split("[captions.narration]")[0] + "".join(tables))
    show = load(tmp_path / "show.toml")
    assert show.captions.narration.cues == ((1.0, 2.0, "It burns."),)
    assert show.narration is not None
    assert show.narration.model_dump() == Narration().model_dump()
    assert show.captions.prompt.colour == show.captions.prompt_colour
