"""How pictures grow out of each other: pure functions, no clock and no display."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mapping.fade import (
    CUT_TICKS,
    FIRST_FADE,
    LONGEST_FADE,
    Arrivals,
    Crossfade,
    Glide,
    drift,
    eased,
    fade_seconds,
    smoothed,
    weight,
)
from mapping.ladder import patience

TICK = 1 / 60
SECONDS = some.floats(0, 1e6)


def arrive(arrivals: Arrivals, times: list[float]) -> list[Crossfade]:
    """Let pictures come at `times`, seen as soon as they are finished."""
    return [arrivals.arrived(time, time, TICK, patience(arrivals.interval)) for time in times]


def test_a_picture_fades_in_over_the_time_until_the_next_one_is_due() -> None:
    fades = arrive(Arrivals(), [10 + 0.25 * number for number in range(20)])
    assert fades[0].seconds == FIRST_FADE, "nothing is known of the painter yet"
    assert [fade.seconds for fade in fades[4:]] == pytest.approx([0.25] * 16)
    assert fades[-1].weight(fades[-1].began) == 0
    assert fades[-1].weight(fades[-1].began + 0.125) == pytest.approx(0.5)
    assert fades[-1].weight(fades[-1].began + 0.25) == pytest.approx(1)


def test_pictures_as_fast_as_the_display_replace_each_other() -> None:
    fades = arrive(Arrivals(), [number * TICK for number in range(90)])
    assert {fade.seconds for fade in fades[61:]} == {0.0}
    assert fades[-1].weight(fades[-1].began) == 1


def test_one_late_picture_is_no_new_pace() -> None:
    arrivals = Arrivals()
    arrive(arrivals, [number * 0.1 for number in range(30)])
    (late,) = arrive(arrivals, [2.9 + 60])
    assert late.seconds == FIRST_FADE, "what was held goes over into the next picture slowly"
    assert arrivals.interval == pytest.approx(0.1), "a painter that was away for a minute is not a slow one"
    after = arrive(arrivals, [63.0 + number / 10 for number in range(20)])
    assert [fade.seconds for fade in after[:2]] == pytest.approx([0.9, 0.8])
    assert [fade.seconds for fade in after[9:]] == pytest.approx([0.1] * 11)


@pytest.mark.parametrize("interval", [TICK, 0.1, 0.25, 0.4])
def test_what_was_there_before_goes_at_a_steady_rate_however_fast_pictures_come(interval: float) -> None:
    fades = arrive(Arrivals(), [20 + number * interval for number in range(round(2 / interval))])
    left, share = [], 1.0
    for fade, following in pairwise(fades):
        left.append(share)
        share *= 1 - fade.weight(following.began)
    expected = [max(0.0, 1 - number * interval / FIRST_FADE) for number in range(len(left))]
    assert left == pytest.approx(expected, abs=0.02)


def test_a_painter_that_is_slow_from_now_on_is_believed_the_second_time() -> None:
    arrivals = Arrivals()
    arrive(arrivals, [number * 0.1 for number in range(30)])
    arrive(arrivals, [10, 20])
    assert arrivals.interval is not None
    assert arrivals.interval > 2
    arrive(arrivals, [30 + 10 * number for number in range(20)])
    assert arrivals.interval == pytest.approx(10, rel=0.01)


def test_a_picture_that_was_finished_out_of_order_moves_no_time_back() -> None:
    arrivals = Arrivals()
    arrive(arrivals, [5.0, 6.0, 5.5])
    assert arrivals.newest == 6.0
    assert arrivals.interval is not None
    assert arrivals.interval >= 0


@given(some.lists(SECONDS, min_size=1, max_size=40))
def test_no_order_of_arrivals_gives_a_fade_that_cannot_be_drawn(times: list[float]) -> None:
    for fade in arrive(Arrivals(), sorted(times)):
        assert 0 <= fade.seconds <= LONGEST_FADE
        assert 0 <= fade.weight(fade.began + 0.01) <= 1


@given(some.none() | some.floats(0, 1e5), some.floats(1 / 240, 1))
def test_a_fade_is_a_cut_the_interval_or_the_longest(interval: float | None, tick: float) -> None:
    seconds = fade_seconds(interval, tick)
    if interval is None:
        assert seconds == FIRST_FADE
    elif interval < CUT_TICKS * tick:
        assert seconds == 0
    else:
        assert seconds == min(interval, LONGEST_FADE)


@given(some.floats(-10, 10), some.floats(-10, 10), some.floats(-1, 5))
def test_a_weight_is_always_a_share(now: float, began: float, seconds: float) -> None:
    assert 0 <= weight(now, began, seconds) <= 1
    assert weight(began + max(seconds, 0) + 1e-9, began, seconds) >= weight(now, began, seconds) or now > began


def test_easing_is_soft_at_both_ends() -> None:
    assert [eased(0), eased(0.5), eased(1)] == [0, 0.5, 1]
    assert eased(0.01) < 0.001
    assert 1 - eased(0.99) < 0.001


def test_the_estimate_of_the_interval_follows_slowly() -> None:
    assert smoothed(None, 0.4) == 0.4
    between = smoothed(0.4, 0.8)
    assert 0.4 < between < 0.6


@given(some.floats(-5, 5), some.lists(some.tuples(some.floats(-5, 5), some.floats(0, 3)), max_size=30))
def test_a_glide_never_moves_faster_than_its_rate(start: float, way: list[tuple[float, float]]) -> None:
    glide, now = Glide(2.0), 100.0
    before = glide.towards(start, now)
    assert before == start, "it starts where it is first told"
    for target, passed in way:
        now += passed
        value = glide.towards(target, now)
        assert abs(value - before) <= 2.0 * passed + 1e-9
        assert min(before, target) - 1e-9 <= value <= max(before, target) + 1e-9, "it does not swing over"
        before = value


@given(SECONDS)
def test_a_held_picture_breathes_and_is_never_smaller_than_its_surface(seconds: float) -> None:
    assert 1 <= drift(seconds) <= 1.1 + 1e-9
    assert abs(drift(seconds + TICK) - drift(seconds)) < 1e-4, "without a jerk"


def test_a_picture_begins_to_drift_from_where_it_is() -> None:
    assert drift(0) == 1
    assert drift(30) == pytest.approx(1.1)
    assert drift(60) == pytest.approx(1)
