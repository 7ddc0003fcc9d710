"""Turns by deadline, and early ones by news; the clock is a made-up one that moves by what is slept."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from server.pace import Pace


class Clock:
    """Time that passes by sleeping and by working."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        monkeypatch.setattr(time, "sleep", self.work)

    def work(self, seconds: float) -> None:
        """Let time pass."""
        assert seconds >= 0
        self.now += seconds

    def news(self, after: float) -> Callable[[float], bool]:
        """News that comes after so many seconds."""

        def wait(seconds: float) -> bool:
            self.now += min(seconds, after)
            return after < seconds

        return wait


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def turns(clock: Clock, pace: Pace, work: list[float], news: list[float] | None = None) -> list[int]:
    """Return when each turn began, in ms after the first."""
    begun = []
    for number, seconds in enumerate(work):
        begun.append(round((clock.now - 100.0) * 1000))
        clock.work(seconds)
        pace.wait(clock.news(news[number]) if news else None)
    return begun


def test_turns_come_by_deadline_and_a_late_one_makes_no_burst(clock: Clock) -> None:
    pace = Pace(10)
    # The third takes 150 ms: the fourth comes at once, the fifth when it was due all along.
    assert turns(clock, pace, [0.01, 0.09, 0.15, 0.01, 0.01, 0.01]) == [0, 100, 200, 350, 400, 500]
    assert pace.late == 1
    clock.work(5.0)
    assert turns(clock, pace, [0.0, 0.0, 0.0])[1:] == [5600, 5700]


def test_news_makes_a_turn_early_and_the_next_deadlines_count_from_it(clock: Clock) -> None:
    never = 9.0
    assert turns(clock, Pace(10, 100), [0.001] * 5, [never, 0.03, never, 0.02, never]) == [0, 100, 131, 231, 252]


def test_a_flood_of_news_is_bounded_by_the_rate_and_by_what_a_turn_costs(clock: Clock) -> None:
    assert turns(clock, Pace(10, 100), [0.001] * 4, [0.0] * 4) == [0, 10, 20, 30]
    clock.now = 100.0
    assert turns(clock, Pace(10, 100), [0.02] * 4, [0.0] * 4) == [0, 40, 80, 120]
    clock.now = 100.0
    # Never later than the deadline would have been.
    assert turns(clock, Pace(10, 100), [0.08] * 3, [0.0] * 3) == [0, 100, 200]


def test_without_a_bound_of_its_own_news_makes_nothing_faster(clock: Clock) -> None:
    assert turns(clock, Pace(10), [0.0] * 3, [0.0] * 3) == [0, 100, 200]
