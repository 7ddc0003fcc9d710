"""Cue lists and clocks that cannot be played: one sentence with file, line, key and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from show.check import problems
from show.cue_check import clock_problems
from show.errors import ShowFileError
from show.load import Problem, read
from show.parameter import ParameterTree
from show.parameters import CORE

HEAD = """
[show]
title = "t"
[[region]]
name = "left"
seed = 1
[[surface]]
region = "left"
corners = [[0, 0], [1, 0], [1, 1], [0, 1]]
[[scene]]
name = "one"
seconds = 60
fade = 1
words = [{ text = "fire" }]
"""


def said(folder: Path, more: str) -> str:
    """Return all that is said of a show file with `more` in it."""
    path = folder / "show.toml"
    path.write_text(HEAD + more, encoding="utf-8")
    try:
        show, source = read(path)
    except ShowFileError as error:
        return str(error)
    found = problems(show, ParameterTree(CORE), [])
    found += [Problem(key, sentence) for key, sentence in clock_problems(show, [])]
    return "\n".join(source.tell(problem) for problem in found)


def test_a_cue_list_that_uses_everything_is_in_order(tmp_path: Path) -> None:
    more = """
[score]
bpm = 90
[go]
guard = 0.5
on_open = 1
panic_fade = 3
[clock]
source = "tap"
offset = "00:00:10:00"
[[cue]]
number = 1
name = "dawn"
scene = "one"
at = "2bar"
next = "follow"
post_wait = 1
[[cue]]
number = 1.5
set = { "camera/zoom" = 1.2, "wall/captions" = false }
text = "a whale"
fade = 2
at = "cue dawn + 1b"
[[cue]]
number = 2
release = ["*"]
seek = "30s"
do = "restore"
"""
    assert said(tmp_path, more) == ""


@pytest.mark.parametrize(
    "more, words",
    [
        (
            "[[cue]]\nnumber = 1",
            [":15: cue[1]: it does nothing; expected one of scene, seek, set, text, surface, release, do"],
        ),
        ("[[cue]]\nnumber = 1\nscene = 'on'", [":17: cue[1].scene: there is no scene 'on'; did you mean one?"]),
        (
            "[[cue]]\nnumber = 1\nset = { 'camera/zom' = 1 }",
            [":17: cue[1].set.camera/zom: no such parameter; did you mean camera/zoom?"],
        ),
        ("[[cue]]\nnumber = 1\nset = { 'camera/zoom' = 9 }", ["must lie between 0.25 and 4, got 9"]),
        ("[[cue]]\nnumber = 1\nset = { 'camera/zoom' = 'far' }", ["expected a number, got 'far'"]),
        ("[[cue]]\nnumber = 1\nrelease = ['wall/leve']", ["no such parameter; did you mean wall/level?"]),
        ("[[cue]]\nnumber = 1\ndo = 'blackot'", ["expected one of", "did you mean blackout?"]),
        ("[[cue]]\nnumber = 1\ndo = 'stop'\nnext = 'folow'", ["cue[1].next", "did you mean follow?"]),
        ("[[cue]]\nnumber = 1\ndo = 'stop'\nat = '2 bares'", [":18: cue[1].at: expected seconds, or a moment like"]),
        ("[[cue]]\nnumber = 1\ndo = 'stop'\nat = 'cue dusk'", [":18: cue[1].at: 'cue dusk': there is no cue or scene"]),
        ("[[cue]]\nnumber = 1\nseek = 90", ["90 s lies after the end of the show (60 s)"]),
        (
            "[[cue]]\nnumber = 2\ndo = 'stop'\n[[cue]]\nnumber = 1\ndo = 'start'",
            [":19: cue[2].number: numbers rise down the list: expected more than 2, got 1"],
        ),
        (
            "[[cue]]\nnumber = 1\nname = 'a'\ndo = 'stop'\n[[cue]]\nnumber = 2\nname = 'a'\ndo = 'start'",
            ["there are two cues called 'a'"],
        ),
        ("[[cue]]\nnumber = 1\npre_wat = 1", ["cue[1].pre_wat: unknown key; did you mean pre_wait?"]),
        ("[[cue]]\nnumber = 1\ndo = 'blackout'\nset = { 'wall/level' = 1 }", ["moves wall/level already"]),
        ("[[cue]]\nnumber = 1\ntext = 'a'\nset = { 'prompt/text' = 'b' }", ["text and set both give prompt/text"]),
        ("[[cue]]\nnumber = 1\nscene = 'one'\nseek = 3", ["scene and seek both say where to go"]),
        ("[[cue]]\nnumber = 1\nset = { 'camera/x' = 1 }\nrelease = ['camera/x']", ["stands in set and in release"]),
        ("[[cue]]\nnumber = 1\nsurface = { lef = { level = 1 } }", ["there is no such surface; did you mean left?"]),
        (
            "[[cue]]\nnumber = 1\nsurface = { left = { corners = [[0, 0], [1, 1], [1, 0], [0, 1]] } }",
            ["cue[1].surface.left.corners: expected four corners of a convex shape"],
        ),
        (
            "[[cue]]\nnumber = 1\nsurface = { left = { corners = [[1, 0], [0, 0], [0, 1], [1, 1]] } }",
            ["cue[1].surface.left: expected two shapes whose corners go round the same way"],
        ),
        ("[go]\non_open = 3", [":16: go.on_open: there is no cue 3; the cues are: none"]),
        ("[go]\nguard = -1", ["go.guard: must be 0.0 or more, got -1"]),
        (
            "[clock]\nsource = 'mtc'",
            ["clock.source: expected one of internal, soundtrack, tap, audio, midi, ltc, link, got"],
        ),
        ("[clock]\nsource = 'midi'", ["'midi' needs an input that is not there: add [[input]] midi"]),
        ("[clock]\noffset = 'soon'", [":16: clock.offset: expected seconds, or a moment like"]),
    ],
)
def test_what_cannot_be_played_is_said_in_one_sentence(tmp_path: Path, more: str, words: list[str]) -> None:
    sentences = said(tmp_path, more)
    for word in words:
        assert word in sentences, sentences
    assert "Traceback" not in sentences
