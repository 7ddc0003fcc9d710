"""Caption tracks: what is said next waits until what was said before has gone."""

from __future__ import annotations

import numpy as np
import pytest

from mapping.captions import FADE_SECONDS, SPOKEN_FADE_SECONDS, SPOKEN_LINES, Setting, Track, fades, lay_out
from mapping.gl import Gl
from mapping.typeset import font, wrapped
from show.config import Captions
from tests.show.shows import small_show

OUTPUT = (1000, 500)
OWN = Captions.model_validate(
    {
        "size": 0.04,
        "narration": {"size": 0.1, "colour": "#00ff88", "at": [0.2, 0.5], "align": "left", "width": 0.5, "box": 0.6},
    }
)
LONG = "Before anything has a name there is water, and the water is busy, and nobody sees it yet."


def _setting(words: str) -> Setting:
    return Setting((words,), (160.0, 160.0), 12, "#ffffff")


def test_two_captions_are_never_on_the_wall_at_once(gl: Gl) -> None:
    track, first, second = Track(gl), _setting("black water"), _setting("someone writes")
    seen = []
    for tick in range(120):
        now = tick / 30
        track.say(first if now < 1.5 else second, now)
        shown = track.shown()
        assert len(shown) <= 1
        seen.append(shown[0][2] if shown else 0.0)
    assert max(seen[: round(1.5 * 30)]) == 1.0
    assert min(seen[round(1.5 * 30) : round((1.5 + 2 * FADE_SECONDS) * 30)]) < 0.05
    assert seen[-1] == 1.0


def test_a_caption_that_is_wanted_again_comes_back_from_where_it_stands(gl: Gl) -> None:
    track, words = Track(gl), _setting("black water")
    for tick in range(31):
        track.say(words, tick / 30)
    track.say(None, 1.1)
    ((_, _, leaving),) = track.shown()
    track.say(words, 1.15)
    ((_, _, back),) = track.shown()
    assert 0 < leaving < 1
    assert back > 0
    for tick in range(3):
        track.say(None, 2 + tick)
    assert track.shown() == []


def test_each_track_has_its_own_size_colour_place_width_and_box() -> None:
    prompt, narration = lay_out(OWN, OUTPUT, "black water", LONG)
    assert prompt is not None
    assert narration is not None
    assert (prompt.size, prompt.colour, prompt.align, prompt.box) == (20, "#ffd84a", "centre", 0.0)
    assert (narration.size, narration.colour, narration.box, narration.place) == (50, "#00ff88", 0.6, (200.0, 250.0))
    assert len(narration.lines) == 3, "what does not fit into the usual three lines ends in an ellipsis"
    assert narration.lines[-1].endswith("…")
    assert max(font(50).getlength(line) for line in narration.lines) <= 500


@pytest.mark.parametrize("align, share", [("left", 0.0), ("centre", 0.5), ("right", 1.0)])
def test_the_letters_begin_end_or_are_centred_where_align_says(align: str, share: float) -> None:
    look = Captions.model_validate({"narration": {"at": [0.5, 0.5], "align": align, "size": 0.08}})
    _, setting = lay_out(look, OUTPUT, "", "HHH\nHHHHHHHHH")
    assert setting is not None
    drawn = setting.drawing()
    left, top = setting.corner((drawn.shape[1], drawn.shape[0]))
    ink = np.flatnonzero((drawn[:, :, :3].min(2) > 200).any(0))
    width = ink[-1] - ink[0]
    assert abs(left + ink[0] + share * width - 500) <= 6
    assert top < 250 < top + len(drawn)


def test_a_box_is_as_dark_as_it_says_behind_all_letters_and_the_letters_have_their_colour() -> None:
    _, setting = lay_out(OWN, OUTPUT, "", "water")
    assert setting is not None
    drawn = setting.drawing()
    inner = drawn[20:-20, 20:-20]
    assert inner[:, :, 3].min() == pytest.approx(0.6 * 255, abs=2)
    brightest = inner.reshape(-1, 4)[inner[:, :, 1].argmax()]
    assert tuple(brightest[:3]) == pytest.approx((0, 255, 136), abs=3)


def test_the_prompt_stands_clear_of_spoken_lines_and_does_not_dance() -> None:
    look = Captions()
    heights = [lay_out(look, OUTPUT, "black water", said, SPOKEN_LINES)[0] for said in ("", "One line.", "Two\nlines.")]
    places = [setting.place for setting in heights if setting is not None]
    assert len(places) == 3
    assert len(set(places)) == 1


def test_what_follows_a_voice_fades_fast() -> None:
    assert fades(small_show()) == (FADE_SECONDS, FADE_SECONDS)
    assert fades(small_show(narration={})) == (FADE_SECONDS, SPOKEN_FADE_SECONDS)
    timed = small_show(captions={"prompt": {"cues": [[0, 1, "one"]]}})
    assert fades(timed) == (SPOKEN_FADE_SECONDS, FADE_SECONDS)


def test_line_ends_of_a_caption_are_kept() -> None:
    assert wrapped("one\ntwo three", font(20), 900) == ["one", "two three"]
