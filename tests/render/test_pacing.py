"""Pacing with time passed in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.pacing import WINDOW_SECONDS, Meter, Pacer, same, wanted
from tests.render.small import snapshot


def test_only_a_playing_snapshot_that_asks_and_was_not_painted_is_wanted() -> None:
    assert wanted(snapshot(id=4), None)
    assert wanted(snapshot(id=4), 3)
    assert wanted(snapshot(id=2), 3)  # control began anew
    assert not wanted(snapshot(id=4), 4)
    assert not wanted(snapshot(id=4, paint=False), None)
    for playing in ("stopped", "paused", "ended"):
        assert not wanted(snapshot(id=4, playing=playing), None)


@given(st.lists(st.floats(0, 0.3), min_size=5, max_size=60), st.floats(1, 60))
def test_never_more_often_than_the_rate_over_any_stretch(delays: list[float], rate: float) -> None:
    pacer, now, begun = Pacer(rate), 100.0, []
    for delay in delays:
        now += pacer.wait(now)
        pacer.begun(now)
        begun.append(now)
        now += delay
    for k in range(len(begun) - 2):
        # One painting may come early to make up for a late one, never two.
        assert begun[k + 2] - begun[k] >= 1 / rate - 1e-6


def test_punctual_paintings_keep_the_rate_without_drift() -> None:
    pacer, now, begun = Pacer(12.0), 50.0, []
    for _ in range(121):
        now += pacer.wait(now)
        pacer.begun(now)
        begun.append(now)
        now += 0.05
    assert begun[120] - begun[0] == pytest.approx(10.0)


def test_a_late_painting_is_not_made_up_for_by_hurrying() -> None:
    pacer = Pacer(10.0)
    pacer.begun(100.0)
    pacer.begun(105.0)
    assert pacer.wait(105.0) == pytest.approx(0.1)


def test_the_meter_counts_the_last_seconds_only() -> None:
    meter = Meter()
    assert meter.speeds(0.0) == (0.0,) * 5
    for k in range(1, 101):
        meter.painted(k * 0.1, 0.08, 0.06)
    speeds = meter.speeds(10.0)
    assert speeds.painted_fps == pytest.approx(10.0, rel=0.05)
    assert speeds.paint_ms == pytest.approx(80.0)
    assert speeds.forward_share == pytest.approx(0.75)
    assert meter.speeds(10.0 + WINDOW_SECONDS + 0.1).painted_fps == 0.0


def test_rate_nought_is_as_fast_as_it_goes() -> None:
    pacer = Pacer(0.0)
    for now in (1.0, 1.01, 5.0):
        assert pacer.wait(now) == 0.0
        pacer.begun(now)


def test_painted_delivered_and_repeated_are_counted_apart() -> None:
    meter = Meter()
    for k in range(1, 31):
        meter.painted(k * 0.1, 0.1, 0.05, delivered=k % 3 != 0, repeated=k % 3 == 1)
    speeds = meter.speeds(3.0)
    assert speeds.painted_fps == pytest.approx(10.0)
    assert speeds.delivered_fps == pytest.approx(10.0 / 3)
    assert speeds.repeated_fps == pytest.approx(10.0 / 3)


def test_only_the_very_same_bytes_are_a_repetition() -> None:
    one = np.zeros((3, 16, 8, 3), np.uint8)
    other = one.copy()
    assert not same(None, one)
    assert same(one, other)
    other[2, 15, 7, 2] = 1
    assert not same(one, other)
    assert not same(one, one[:2])
