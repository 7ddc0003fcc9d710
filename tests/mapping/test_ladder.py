"""The ladder of degradation: what the wall shows when pictures fail to come."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mapping.ladder import SLOW_PAINTER, Ladder, patience
from show.rates import STALE_SECONDS
from show.snapshot import Playing

PLAYING: tuple[Playing, ...] = ("playing", "paused", "stopped", "ended")


def test_before_the_first_picture_the_title_stands() -> None:
    ladder = Ladder()
    assert [ladder.look(now, None, None, "playing") for now in (0.0, 1.0, 60.0)] == ["still"] * 3


def test_a_picture_that_stays_out_is_missed_and_drifts_until_the_next_one() -> None:
    ladder = Ladder()
    assert ladder.look(10.0, 10.0, 0.1, "playing") == "live"
    assert ladder.look(10.0 + STALE_SECONDS, 10.0, 0.1, "playing") == "live"
    assert ladder.look(10.1 + STALE_SECONDS, 10.0, 0.1, "playing") == "hold"
    assert ladder.zoom == 1, "it drifts from where it stood"
    for tick in range(1, 300):
        ladder.look(10.1 + STALE_SECONDS + tick / 30, 10.0, 0.1, "playing")
    assert ladder.held == pytest.approx(299 / 30)
    assert ladder.zoom > 1
    ladder.renewed()
    assert ladder.look(25.0, 25.0, 0.1, "playing") == "live"
    assert ladder.zoom == 1


@pytest.mark.parametrize("playing", ["paused", "stopped", "ended"])
def test_a_show_that_rests_misses_nothing(playing: Playing) -> None:
    ladder = Ladder()
    ladder.look(0.0, 0.0, 0.1, "playing")
    assert ladder.look(3600.0, 0.0, 0.1, playing) == "live"
    assert ladder.zoom == 1


def test_a_slow_painter_is_given_its_time() -> None:
    ladder = Ladder()
    assert patience(None) == STALE_SECONDS
    assert patience(20.0) == SLOW_PAINTER * 20
    assert ladder.look(50.0, 0.0, 20.0, "playing") == "live"
    assert ladder.look(61.0, 0.0, 20.0, "playing") == "hold"


def test_recorded_pictures_are_wanted_after_a_while_and_shown_when_they_come() -> None:
    ladder = Ladder(reel_after=20.0)
    ladder.look(0.0, 0.0, 0.1, "playing")
    rungs = [ladder.look(now / 10, 0.0, 0.1, "playing") for now in range(1, 219)]
    assert set(rungs[30:]) == {"hold"}
    assert not ladder.wants_reel
    assert ladder.look(23.0, 0.0, 0.1, "playing") == "hold"
    assert ladder.wants_reel, "but none has come yet"
    drifted = ladder.held
    ladder.renewed()
    assert ladder.look(23.1, 0.0, 0.1, "playing", reel=23.1) == "reel"
    assert ladder.zoom == 1 < 1 + drifted
    assert ladder.look(23.1 + STALE_SECONDS + 0.1, 0.0, 0.1, "playing", reel=23.1) == "hold", "the reel died too"
    assert ladder.look(30.0, 30.0, 0.1, "playing", reel=30.0) == "live"
    assert not ladder.wants_reel


def test_a_title_that_has_stood_for_a_while_makes_way_for_the_reel_of_yesterday() -> None:
    ladder = Ladder(reel_after=5.0)
    assert [ladder.look(float(now), None, None, "playing") for now in range(100, 105)] == ["still"] * 5
    assert not ladder.wants_reel
    assert ladder.look(105.0, None, None, "playing") == "still"
    assert ladder.wants_reel
    assert ladder.look(106.0, None, None, "playing", reel=106.0) == "reel"
    assert ladder.look(200.0, None, None, "playing", reel=106.0) == "hold", "its last picture, not the title"


@pytest.mark.parametrize("playing", ["paused", "stopped", "ended"])
def test_a_show_that_rests_wants_no_reel(playing: Playing) -> None:
    ladder = Ladder(reel_after=1.0)
    for now in range(60):
        ladder.look(float(now), 0.0, 0.1, playing, reel=float(now))
        assert ladder.rung == "live"
        assert not ladder.wants_reel


def test_a_show_without_a_reel_never_wants_one() -> None:
    ladder = Ladder()
    for now in range(600):
        ladder.look(float(now), None, None, "playing")
    assert not ladder.wants_reel


@given(some.lists(some.tuples(some.floats(0, 5), some.booleans(), some.sampled_from(PLAYING)), max_size=60))
def test_no_course_of_things_leaves_the_ladder(course: list[tuple[float, bool, Playing]]) -> None:
    ladder, now, newest = Ladder(), 1000.0, None
    for passed, comes, playing in course:
        now += passed
        if comes:
            newest = now
            ladder.renewed()
        rung = ladder.look(now, newest, 0.2, playing)
        assert rung == "still" if newest is None else rung in ("live", "hold")
        assert rung == "live" or newest is None or playing == "playing"
        assert 1 <= ladder.zoom <= 1.1
