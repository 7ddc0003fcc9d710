"""When the next frame is due, with and without a display, and how often one was missed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mapping.ticks import Meter, Ticks


def test_without_a_display_frames_stand_on_a_grid_whatever_each_one_took() -> None:
    ticks, now, ends = Ticks(30, display=False), 100.0, []
    for took in (0.001, 0.02, 0.005, 0.03, 0.0, 0.01):
        now += took
        now += ticks.ended(now)
        ends.append(now)
    assert [end - ends[0] for end in ends] == pytest.approx([number / 30 for number in range(6)])
    assert ticks.missed == 0


def test_a_late_frame_is_counted_and_makes_the_next_ones_hurry_no_more_than_the_grid() -> None:
    ticks = Ticks(10, display=False)
    now = 0.0 + ticks.ended(0.0)  # the first is due at 0.1
    now += 0.35  # the next one was due at 0.2 and is done at 0.45
    assert ticks.ended(now) == 0
    assert ticks.missed == 2
    assert ticks.ended(now) == pytest.approx(0.05), "back on the grid, at 0.5"


def test_a_display_that_waits_is_not_held_back() -> None:
    ticks = Ticks(60, display=True)
    for frame in range(10):
        assert ticks.ended(frame / 60) == 0
    assert ticks.missed == 0
    ticks.ended(9 / 60 + 3 / 60)
    assert ticks.missed == 2


def test_a_driver_that_does_not_wait_is_held_back_to_the_rate() -> None:
    ticks, now, slept = Ticks(60, display=True), 50.0, []
    for _ in range(20):
        now += 0.001
        pause = ticks.ended(now)
        now += pause
        slept.append(pause)
    assert slept[0] == 0, "of the first frame nothing is known"
    assert slept[1:] == pytest.approx([1 / 60 - 0.001] * 19)


@given(some.sampled_from([True, False]), some.lists(some.floats(0, 2), min_size=1, max_size=60))
def test_no_pace_makes_it_sleep_longer_than_a_period_or_count_down(display: bool, steps: list[float]) -> None:
    ticks, now, missed = Ticks(24, display), 7.0, 0
    for took in steps:
        now += took
        pause = ticks.ended(now)
        assert 0 <= pause <= ticks.period + 1e-9
        assert ticks.missed >= missed
        now, missed = now + pause, ticks.missed


def test_the_meter_counts_the_last_seconds_only() -> None:
    meter = Meter(window=2.0)
    assert meter.rate(0.0) == 0
    for frame in range(300):
        meter.noted(frame / 30)
    assert meter.rate(299 / 30) == pytest.approx(30, rel=0.02)
    assert meter.rate(100.0) == 0, "a projector that stands still has no rate"
