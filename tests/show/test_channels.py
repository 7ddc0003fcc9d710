"""Derived channels: each operator, the order and circles, the live tempo, and memory that lies in EngineState."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from show.channel_config import Channel
from show.channels import Derived
from show.check import problems
from show.config import Show
from show.editions import Editions, order
from show.engine import EngineState
from show.operators import operators
from show.parameter import ParameterTree
from show.parameters import CORE
from tests.show.shows import Play, small_show

INPUTS = ["audio/bass", "audio/level", "critic/left"]


def show_of(*channels: dict[str, Any], **changes: Any) -> Show:
    return small_show(channel=list(channels), binding=[], **changes)


def run(numbers: list[float], rate: float = 10.0, **channel: Any) -> list[float]:
    """Return what comes of one number per tick."""
    steps, memory = operators(Channel(name="x", expr="0", **channel)), dict[str, list[float]]()
    found = []
    for place, number in enumerate(numbers):
        for name, step in steps:
            number = step(number, 0.0 if place == 0 else 1 / rate, memory.setdefault(name, []))
        found.append(number)
    return found


@pytest.mark.parametrize(
    "channel, numbers, expected",
    [
        ({"lag": 0.1}, [0, 1, 1], [0, 1 - math.exp(-1), 1 - math.exp(-2)]),
        ({"lag": [0, 0.1]}, [0, 1, 0], [0, 1, math.exp(-1)]),
        ({"slope": True}, [3, 3, 4, 2], [0, 0, 10, -20]),
        ({"delay": 0.2}, [1, 2, 3, 4, 5], [1, 1, 1, 2, 3]),
        ({"delay": 0.25}, [1, 2, 3, 4, 5], [1, 1, 1, 1.5, 2.5]),
        ({"trigger": {}}, [0, 1, 1, 0.6, 0, 1], [0, 1, 0, 0, 0, 1]),
        ({"trigger": {"above": 0.8, "below": 0.2}}, [1, 0.5, 1, 0.1, 0.9], [0, 0, 0, 0, 1]),
        ({"trigger": {"rest": 0.25}}, [0, 1, 0, 1, 1, 1], [0, 1, 0, 0, 1, 0]),
        ({"logic": "not"}, [0, 1], [1, 0]),
        ({"logic": "toggle"}, [0, 1, 1, 0, 1], [0, 1, 1, 1, 0]),
        ({"logic": "count"}, [0, 1, 1, 0, 1], [0, 1, 1, 1, 2]),
        ({"range": [0, 2, 10, 20]}, [-1, 0, 1, 3], [10, 10, 15, 20]),
        ({"envelope": {"attack": 0.2, "release": 0.4}}, [0, 1, 1, 1, 1, 0, 0, 0], [0, 0, 0.5, 1, 1, 1, 0.75, 0.5]),
        (
            {"trigger": {}, "envelope": {"attack": 0.1, "hold": 0.1, "release": 0.2}},
            [0, 1, 1, 1, 1, 1],
            [0, 0, 1, 1, 0.5, 0],
        ),
        (
            {"envelope": {"attack": 0, "decay": 0.2, "sustain": 0.5, "release": 0}},
            [0, 1, 1, 1, 1, 0],
            [0, 1, 0.75, 0.5, 0.5, 0],
        ),
    ],
)
def test_every_operator(channel: dict[str, Any], numbers: list[float], expected: list[float]) -> None:
    assert run(numbers, **channel) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    "kind, hz, least, most",
    [("low", 1, 0.9, 1), ("low", 20, 0, 0.1), ("high", 1, 0, 0.1), ("high", 20, 0.7, 1), ("band", 4, 0.45, 1)],
)
def test_a_filter_lets_its_waves_pass(kind: str, hz: float, least: float, most: float) -> None:
    wave = [math.sin(2 * math.pi * hz * n / 1000) for n in range(4000)]
    passed = run(wave, 1000, filter={"kind": kind, "hz": 4})[2000:]
    assert least <= max(passed) <= most


@pytest.mark.parametrize(
    "channel, more, near",
    [
        ({"lag": 0.3}, 0, 1e-9),
        ({"filter": {"hz": 1}}, 0, 0.04),
        ({"envelope": {"attack": 0.3, "release": 0.5}}, 1, 1e-9),
    ],
)
def test_a_channel_is_the_same_at_any_rate_of_ticks(channel: dict[str, Any], more: int, near: float) -> None:
    ends = [run([0.0, *[1.0] * (round(0.2 * rate) + more)], rate, **channel)[-1] for rate in (30, 60, 240)]
    assert 0.2 < ends[0] < 0.8
    assert ends == pytest.approx([ends[-1]] * 3, abs=near)


def test_channels_are_computed_in_the_order_in_which_they_need_each_other() -> None:
    show = show_of(
        {"name": "last", "expr": "middle + 1"},
        {"name": "middle", "expr": "first * 2 + audio/bass"},
        {"name": "first", "expr": '"critic/left" + camera/zoom + missing/thing'},
    )
    memory: dict[str, list[float]] = {}
    heard = {"audio/bass": 0.5, "critic/left": 0.25}
    found = Derived(show).step(heard, {"camera/zoom": 1.5}, (0.0, 0.0, 0.0), memory)
    assert found == {**heard, "first": 1.75, "middle": 4.0, "last": 5.0}


@pytest.mark.parametrize(
    "channels, words",
    [
        (
            [{"name": "a", "expr": "d"}, {"name": "d", "expr": "c + 1"}, {"name": "c", "expr": "a"}],
            "a reads d reads c reads a",
        ),
        ([{"name": "a", "expr": "a + 1"}], "a reads a: expected no circle"),
        ([{"name": "a", "expr": "audio/base"}], "no channel or parameter 'audio/base'; did you mean audio/bass?"),
        ([{"name": "a", "expr": "2 * (1 +"}], "column 9 of '2 * (1 +': expected a number, got the end"),
        ([{"name": "a", "expr": "prompt/text"}], "prompt/text is a text and no number"),
        ([{"name": "a", "expr": "1"}, {"name": "a", "expr": "2"}], "there is a channel or parameter 'a' already"),
        ([{"name": "audio/bass", "expr": "1"}], "there is a channel or parameter 'audio/bass' already"),
        ([{"name": "audio", "expr": "1"}], "is the beginning of other names"),
        ([{"name": "a", "wave": {"period": "cue x"}}], "no cue or scene 'x'"),
        ([{"name": "a", "noise": {"every": 0}}], "expected 0.001 s or more"),
    ],
)
def test_what_cannot_be_computed_is_named(channels: list[dict[str, Any]], words: str) -> None:
    found = [problem.sentence for problem in problems(show_of(*channels), ParameterTree(CORE), INPUTS)]
    assert words in "\n".join(found)


@pytest.mark.parametrize(
    "channel, words",
    [
        ({"name": "a"}, "it comes from nothing"),
        ({"name": "b", "expr": "1"}, "expected another name"),
        ({"name": "a b", "expr": "1"}, "pattern"),
        ({"name": "a", "expr": "1", "range": [1, 1, 0, 1]}, "must differ"),
        ({"name": "a", "expr": "1", "delay": 60}, "less than or equal to 10"),
        ({"name": "a", "expr": "1", "trigger": {"below": 2}}, "must not be greater"),
    ],
)
def test_what_is_no_channel_is_refused(channel: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        show_of(channel)


def test_waves_in_beats_follow_the_live_tempo_and_others_the_seconds() -> None:
    show = show_of(
        {"name": "beats", "wave": {"shape": "saw", "period": "1bar"}},
        {"name": "seconds", "wave": {"shape": "saw", "period": 4}},
        {"name": "drift", "noise": {"every": "2b"}, "expr": "b + bar + T"},
    )
    derived = Derived(show)
    found = derived.step({"clock/beat": 5.0, "clock/phase": 0.5}, {}, (3.0, 0.0, 7.0), {})
    assert found["beats"] == pytest.approx(2 * (5.5 / 4 % 1) - 1)
    assert found["seconds"] == pytest.approx(0.5)
    assert 5.5 + 5.5 / 4 + 7 - 1 <= found["drift"] <= 5.5 + 5.5 / 4 + 7 + 1


DEEP = show_of(
    {"name": "beat", "expr": "audio/bass", "trigger": {"above": 0.6, "below": 0.3}, "envelope": {"release": 0.4}},
    {"name": "late", "expr": "beat * 2 - audio/level", "delay": 0.5, "lag": [0.05, 0.4]},
    {"name": "count", "expr": "beat", "logic": "count"},
    {"name": "edge", "expr": "late", "filter": {"kind": "band", "hz": 2}, "slope": True},
    {"name": "drive", "expr": "late + 0.1 * edge + 0.3 * count + camera/zoom", "noise": {"every": 0.3}, "range": [0, 4, -1, 1]},
).model_copy(update={"binding": small_show(binding=[{"channel": "drive", "parameter": "camera/angle", "amount": 9, "attack": 0}]).binding})  # fmt: skip


def test_a_derived_channel_moves_a_parameter() -> None:
    play = Play(DEEP)
    angles = []
    for number in range(120):
        play.channels = {"audio/bass": float(number % 30 < 3), "audio/level": 0.2}
        angles.append(float(play.step(1 / 30).values["camera/angle"]))
    assert max(angles) - min(angles) > 0.5
    assert play.state.derived["count logic"][1] == 4.0


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.floats(0.001, 0.2), st.floats(-10, 10)), min_size=3, max_size=40), st.integers(1, 38))
def test_an_engine_with_its_memory_written_down_and_read_goes_on_the_same(
    ticks: list[tuple[float, float]], cut: int
) -> None:
    one, other = Play(DEEP), Play(DEEP)
    for number, (dt, heard) in enumerate(ticks):
        if number == cut:
            written = msgspec.msgpack.encode(other.state)
            other.state = msgspec.msgpack.decode(written, type=EngineState)
        one.channels = other.channels = {"audio/bass": heard, "audio/level": heard / 2}
        assert one.step(dt) == other.step(dt)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(st.floats(), st.sampled_from([0.0, 1.0, 1e308, -1e308])), min_size=2, max_size=20))
def test_whatever_comes_in_finite_numbers_come_out(numbers: list[float]) -> None:
    derived, memory = Derived(DEEP), dict[str, list[float]]()
    for place, number in enumerate(numbers):
        found = derived.step(
            {"audio/bass": number, "audio/level": -number}, {"camera/zoom": 1.0}, (place / 60, 1 / 60, 0.0), memory
        )
        assert all(math.isfinite(found[name]) for name in ("beat", "late", "count", "edge", "drive"))
    assert all(math.isfinite(one) for kept in memory.values() for one in kept)


def test_a_delay_remembers_no_more_than_it_needs() -> None:
    memory: list[float] = []
    ((_, delay),) = operators(Channel(name="x", expr="0", delay=10.0))
    found = [delay(float(n), 0.001, memory) for n in range(30000)]
    assert len(memory) < 2 * 2048 + 9
    assert found[-1] == pytest.approx(20000, abs=10)
    assert all(a <= b for a, b in pairwise(found))


def test_a_live_edit_keeps_what_channels_of_the_same_name_remember() -> None:
    play = Play(DEEP)
    play.engine = Editions(DEEP, ParameterTree(CORE))  # type: ignore[assignment]
    play.state = play.engine.start()
    play.tell("start")
    for number in range(60):
        play.channels = {"audio/bass": float(number % 20 < 3), "audio/level": 0.2}
        play.step(1 / 30)
    counted = play.state.derived["count logic"][1]
    assert counted == 3.0
    more = [*DEEP.model_dump()["channel"], {"name": "twice", "expr": "count * 2 + audio/level"}]
    fresh = small_show(channel=more, binding=[{"channel": "twice", "parameter": "camera/angle", "amount": 5}])
    snapshot = play.tell("edit", order(fresh, "now"), step=1 / 30)
    assert (snapshot.edition, play.state.note) == (1, "")
    assert play.state.derived["count logic"][1] == counted
    circle = small_show(channel=[{"name": "x", "expr": "y"}, {"name": "y", "expr": "x"}])
    play.tell("edit", order(circle, "now"))
    assert "x reads y reads x: expected no circle" in play.state.note
