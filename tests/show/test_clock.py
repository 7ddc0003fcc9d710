"""The clock: seconds and beats from the engine's own time, from taps, and from sources that tick outside."""

from __future__ import annotations

import math
import random
from itertools import pairwise
from typing import Any

import pytest

from show.clock import tempo_of_taps
from show.snapshot import Event
from tests.show.shows import Play, small_show

SCENES = [{"name": n, "seconds": 600, "fade": 0, "words": [{"text": n}]} for n in ("one", "two")]


class Clocked(Play):
    """A show whose clock follows a source; every step says what its channels are, at 60 Hz from instant 1000 s on."""

    def __init__(self, source: str, **clock: Any) -> None:
        self.now = 1000.0
        score = clock.pop("score", {"bpm": 120, "beats_per_bar": 4})
        super().__init__(small_show(scene=SCENES, clock={"source": source, **clock}, score=score, binding=[]))

    def step(self, seconds: float, events: list[Event] | None = None) -> Any:
        self.life += seconds
        self.now += seconds
        return self.engine.step(self.life, round(self.now * 1e9), self.channels, {}, events or [], self.state)

    def follow(self, seconds: float, hears: Any) -> list[float]:
        """Step for some seconds; `hears(now)` are the channels of an instant. Return the places of the show."""
        places = []
        for _ in range(round(seconds * 60)):
            self.channels = hears(self.now + 1 / 60)
            places.append(self.step(1 / 60).t)
        return places

    def beat(self, now: float) -> None:
        """Tap at an instant."""
        self._number += 1
        self.step(0.0, [Event("test", self._number, "tap", "", stamp_ns=round(now * 1e9))])


def values(show: Clocked) -> dict[str, float]:
    return show.engine.director.clock.values(show.state.clock)


def test_the_internal_clock_counts_beats_bars_and_phase_at_the_scores_tempo() -> None:
    show = Clocked("internal", score={"bpm": 90, "beats_per_bar": 3})
    show.steps(5.0, rate=60)
    heard = values(show)
    assert heard["clock/beat"] == pytest.approx(7.5)
    assert heard["clock/bar"] == pytest.approx(2.5)
    assert (heard["clock/bpm"], heard["clock/phase"]) == (90, pytest.approx(0.5))
    show.tell("seek", "20")
    assert values(show)["clock/beat"] == pytest.approx(30.0)


def test_bindings_may_read_the_clock() -> None:
    show = Play(
        small_show(
            binding=[{"channel": "clock/phase", "parameter": "camera/angle", "amount": 10, "attack": 0, "release": 0}]
        )
    )
    assert show.step(0.25).values["camera/angle"] == pytest.approx(5.0)
    assert show.step(0.3).values["camera/angle"] == pytest.approx(1.0)


@pytest.mark.parametrize("bpm", [61.0, 120.0, 174.0])
def test_taps_give_the_tempo_and_the_beat_falls_on_them(bpm: float) -> None:
    show, jitter = Clocked("tap"), random.Random(3)
    begun = show.now + 0.1
    for n in range(8):
        if n != 4:  # one is missed
            at = begun + n * 60 / bpm + jitter.uniform(-0.008, 0.008)
            while show.now < at:
                show.step(1 / 60)
            show.beat(at)
    show.follow(4.0, lambda _now: {})
    heard = values(show)
    assert heard["clock/bpm"] == pytest.approx(bpm, rel=0.01)
    since = (show.now - begun) * bpm / 60
    assert math.remainder(heard["clock/phase"] - since, 1.0) == pytest.approx(0.0, abs=0.05)


def test_one_tap_is_no_tempo_and_says_what_it_waits_for() -> None:
    show = Clocked("tap")
    show.beat(show.now)
    assert show.state.note == "tap: one more gives the tempo"
    assert values(show)["clock/bpm"] == 120.0
    show.beat(show.now - 1.0)
    assert "before the last one" in show.state.note


def test_taps_are_fitted_by_least_squares_over_a_missed_one() -> None:
    assert tempo_of_taps((0.0, 0.5, 1.5, 2.0)) == (pytest.approx(0.5), pytest.approx(2.0))


def test_a_change_of_tempo_keeps_the_position() -> None:
    show = Clocked("link")
    bpm = [120.0]
    show.follow(10.0, lambda _now: {"link/bpm": bpm[0]})
    before, beat = show.step(0.0).t, values(show)["clock/beat"]
    assert before == pytest.approx(10.0)
    bpm[0] = 60.0
    show.channels = {"link/bpm": 60.0}
    assert show.step(0.0).t == before
    assert values(show)["clock/beat"] == beat
    places = show.follow(4.0, lambda _now: {"link/bpm": bpm[0]})
    assert places[-1] == pytest.approx(before + 2.0)
    assert max(b - a for a, b in pairwise([before, *places])) == pytest.approx(1 / 120)


def test_a_tempo_with_phase_is_locked_to_without_a_jump_or_a_step_back() -> None:
    show = Clocked("link")
    places = show.follow(
        5.0, lambda now: {"link/bpm": 120.0, "link/phase": ((now - 1000) * 2 + 0.3) % 1.0, "link/at": now}
    )
    assert math.remainder(values(show)["clock/phase"] - 0.3 - (show.now - 1000) * 2, 1.0) == pytest.approx(0, abs=1e-3)
    assert all(0 < b - a < 0.05 for a, b in pairwise(places))


def timecode(now: float, begin: float = 100.0, rate: float = 1.0, at: float | None = None) -> dict[str, float]:
    """What a timecode input says at `now` when it stood at `begin` at instant 1000 s."""
    at = now if at is None else at
    return {"midi/seconds": begin + (at - 1000) * rate, "midi/at": at, "midi/rate": rate, "midi/running": 1.0}


def test_timecode_is_sought_once_and_then_followed_without_a_jump() -> None:
    show = Clocked("midi", offset="00:01:00:00")
    places = show.follow(3.0, lambda now: timecode(now))
    assert places[0] == pytest.approx(40.0, abs=0.02)
    assert show.step(0.0).located == 0
    assert places[-1] == pytest.approx(43.0, abs=1e-3)


def test_jitter_and_late_observations_are_smoothed() -> None:
    show, jitter = Clocked("midi"), random.Random(1)
    last = [1000.0]

    def hears(now: float) -> dict[str, float]:
        if now - last[0] > 0.08:
            last[0] = now
        heard = timecode(now, at=last[0])
        return {**heard, "midi/seconds": heard["midi/seconds"] + jitter.uniform(-0.004, 0.004)}

    places = show.follow(8.0, hears)[60:]
    steps = [b - a for a, b in pairwise(places)]
    assert max(steps) < 1.3 / 60
    assert min(steps) > 0.7 / 60
    assert places[-1] == pytest.approx(100 + show.now - 1000, abs=0.004)


def test_a_fast_source_is_kept_up_with_and_a_halted_one_stands() -> None:
    show = Clocked("midi")
    assert show.follow(2.0, lambda now: timecode(now, rate=1.04))[-1] == pytest.approx(100 + 2.0 * 1.04, abs=1e-3)
    here = show.step(0.0).t
    still = {**timecode(show.now, begin=here), "midi/seconds": here, "midi/running": 0.0}
    assert show.follow(2.0, lambda _now: still)[-1] == pytest.approx(here, abs=0.01)


def test_without_its_source_the_show_runs_on_or_waits() -> None:
    runs, waits = Clocked("midi"), Clocked("midi", lost="hold")
    for show in (runs, waits):
        show.follow(1.0, lambda now: timecode(now))
    assert runs.follow(2.0, lambda _now: {})[-1] == pytest.approx(103.0, abs=1e-3)
    assert waits.follow(2.0, lambda _now: {})[-1] == pytest.approx(101.0, abs=1e-3)
    silent = {"midi/heard": 0.0, "midi/seconds": 7.0}
    assert waits.follow(0.5, lambda _now: silent)[-1] == pytest.approx(101.0, abs=1e-3)
    assert waits.follow(0.5, lambda now: timecode(now))[-1] == pytest.approx(100 + waits.now - 1000, abs=1e-3)


def test_midi_clock_with_a_song_position_is_followed_in_beats_at_the_live_tempo() -> None:
    show = Clocked("midi")
    places = show.follow(4.0, lambda now: {"midi/beats": 32 + (now - 1000) * 1.5, "midi/at": now, "midi/bpm": 90.0})
    assert places[-1] == pytest.approx((32 + 6) / 2, abs=1e-3)
    assert values(show)["clock/bpm"] == 90.0
    lost = show.follow(2.0, lambda _now: {})
    assert lost[-1] == pytest.approx((32 + 9) / 2, abs=1e-3)


def test_a_looping_show_follows_a_clock_round_its_end() -> None:
    show = Clocked("midi")
    places = show.follow(2.0, lambda now: timecode(now, begin=1199.0))
    assert places[-1] == pytest.approx(1.0, abs=1e-3)
    assert show.step(0.0).entry <= 3


@pytest.mark.parametrize("bad", [math.nan, math.inf, -1e300])
def test_nonsense_from_a_source_moves_nothing_out_of_the_show(bad: float) -> None:
    show = Clocked("midi")
    places = show.follow(0.5, lambda now: {**timecode(now), "midi/seconds": bad, "midi/rate": bad})
    places += show.follow(0.5, lambda now: {"midi/beats": bad, "midi/bpm": bad, "midi/at": now})
    assert all(0 <= place <= 1200 for place in places)
