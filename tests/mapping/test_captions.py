"""Caption tracks: what is said next waits until what was said before has gone."""

from __future__ import annotations

from mapping.captions import FADE_SECONDS, Setting, Track
from mapping.gl import Gl


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
