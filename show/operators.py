"""What a derived channel does to a number from tick to tick; all memory is lists of plain numbers, given and kept.

Every operator takes (number, dt, memory) and returns the number that comes out; `memory` is empty at the first tick.
Time constants and rates are per second, so a channel is the same at any rate of ticks as far as its input is.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable
from typing import Final

from show.channel_config import Channel, Envelope, Filter, Trigger

Memory = list[float]
Operator = Callable[[float, float, Memory], float]

_GATE: Final = 0.5
_MOST_DELAYED: Final = 2048
"""Ticks that a delay remembers; faster ones than 200 a second are thinned out."""
ATTACK, HOLD, DECAY, SUSTAIN, RELEASE, REST = range(6)


def operators(channel: Channel) -> list[tuple[str, Operator]]:
    """Return a channel's operators by name, in the order in which they are applied."""
    found: list[tuple[str, Operator]] = []
    if channel.delay > 0:
        found.append(("delay", _delay(channel.delay)))
    if channel.filter is not None:
        found.append(("filter", _filter(channel.filter)))
    if channel.lag is not None:
        up, down = channel.lag if isinstance(channel.lag, tuple) else (channel.lag, channel.lag)
        found.append(("lag", _lag(up, down)))
    if channel.slope:
        found.append(("slope", _slope))
    if channel.trigger is not None:
        found.append(("trigger", _trigger(channel.trigger)))
    if channel.logic is not None:
        found.append(("logic", _LOGIC[channel.logic]))
    if channel.envelope is not None:
        found.append(("envelope", _envelope(channel.envelope)))
    if channel.range is not None:
        found.append(("range", _range(*channel.range)))
    return found


def _kept(dt: float, tau: float) -> float:
    """Return the share of a difference that is left after `dt` seconds."""
    return math.exp(-dt / tau) if tau > 0.0 else 0.0


def _lag(up: float, down: float) -> Operator:
    def run(number: float, dt: float, memory: Memory) -> float:
        before = memory[0] if memory else number
        memory[:] = [number + (before - number) * _kept(dt, up if number > before else down)]
        return memory[0]

    return run


def _filter(table: Filter) -> Operator:
    """Return a filter of two poles; a band lies half its width to either side of its middle."""
    half = 2.0 ** (table.width / 2.0)
    cuts = (table.hz / half, table.hz * half) if table.kind == "band" else (table.hz, table.hz)
    slow, fast = (1.0 / (2.0 * math.pi * hz) for hz in cuts)

    def run(number: float, dt: float, memory: Memory) -> float:
        one, two = memory or (number, number if table.kind == "low" else 0.0)
        one = number + (one - number) * _kept(dt, slow)
        passed = one if table.kind == "low" else number - one
        two = passed + (two - passed) * _kept(dt, fast)
        memory[:] = [one, two]
        return passed - two if table.kind == "high" else two

    return run


def _slope(number: float, dt: float, memory: Memory) -> float:
    """Return how fast the number rises per second; at a tick that takes no time, as before."""
    before, slope = memory or (number, 0.0)
    if dt > 0.0:
        slope = (number - before) / dt
        before = number
    memory[:] = [before, slope]
    return slope


def _delay(seconds: float) -> Operator:
    """Return a delay line: its memory is its own time, then times and numbers in turn."""
    shortest = 2.0 * seconds / _MOST_DELAYED

    def run(number: float, dt: float, memory: Memory) -> float:
        now = (memory[0] if memory else 0.0) + dt
        memory[:1] = [now]
        if len(memory) > 4 and now - memory[-4] < shortest:
            memory[-2:] = [now, number]
        else:
            memory += [now, number]
        place = bisect_right(range(len(memory) // 2), now - seconds, key=lambda n: memory[1 + 2 * n])
        if place > 1:
            del memory[1 : 2 * place - 1]
        at, found = memory[1:3]
        if place > 0 and len(memory) > 3 and memory[3] > at:
            found += (memory[4] - found) * (now - seconds - at) / (memory[3] - at)
        return found

    return run


def _trigger(table: Trigger) -> Operator:
    below = table.above if table.below is None else table.below

    def run(number: float, dt: float, memory: Memory) -> float:
        armed, since = memory or (float(number < table.above), math.inf)
        since += dt
        fires = armed > 0.0 and number >= table.above and since >= table.rest
        if fires:
            armed, since = 0.0, 0.0
        elif number < below:
            armed = 1.0
        memory[:] = [armed, min(since, 1e9)]
        return float(fires)

    return run


def _risen(number: float, memory: Memory, start: float) -> tuple[bool, float]:
    """Say whether the number has just come to 0.5, and what was remembered; begins by remembering `start`."""
    before, kept = memory or (0.0, start)
    return number >= _GATE and before < _GATE, kept


def _toggle(number: float, _dt: float, memory: Memory) -> float:
    rises, on = _risen(number, memory, 0.0)
    memory[:] = [number, 1.0 - on if rises else on]
    return memory[1]


def _count(number: float, _dt: float, memory: Memory) -> float:
    rises, count = _risen(number, memory, 0.0)
    memory[:] = [number, count + rises]
    return memory[1]


def _not(number: float, _dt: float, _memory: Memory) -> float:
    return float(number < _GATE)


_LOGIC: Final[dict[str, Operator]] = {"not": _not, "toggle": _toggle, "count": _count}


def _envelope(table: Envelope) -> Operator:
    """Return an envelope; its memory is the stage, the level at its beginning, the seconds in it, and the gate."""
    lengths = {ATTACK: table.attack, HOLD: table.hold, DECAY: table.decay, RELEASE: table.release}
    goals = {ATTACK: 1.0, HOLD: 1.0, DECAY: table.sustain, SUSTAIN: table.sustain, RELEASE: 0.0, REST: 0.0}

    def level(stage: int, begin: float, into: float) -> float:
        length = lengths.get(stage, 0.0)
        return begin + (goals[stage] - begin) * min(1.0, into / length) if length > 0.0 else goals[stage]

    def run(number: float, dt: float, memory: Memory) -> float:
        kept, begin, into, before = memory or (float(REST), 0.0, 0.0, 0.0)
        stage, gate = int(kept), number >= _GATE
        into += dt
        if gate and before < _GATE:
            stage, begin, into = ATTACK, level(stage, begin, into), 0.0
        while stage in lengths and into >= lengths[stage]:
            into -= lengths[stage]
            begin, stage = goals[stage], _after(stage, gate)
        if stage in (DECAY, SUSTAIN) and not gate:
            stage, begin, into = RELEASE, level(stage, begin, into), 0.0
        memory[:] = [float(stage), begin, min(into, 1e9), number]
        return level(stage, begin, into)

    return run


def _after(stage: int, gate: bool) -> int:
    if stage == HOLD and not gate:
        return RELEASE
    return {ATTACK: HOLD, HOLD: DECAY, DECAY: SUSTAIN if gate else RELEASE, RELEASE: REST}[stage]


def _range(low: float, high: float, to_low: float, to_high: float) -> Operator:
    def run(number: float, _dt: float, _memory: Memory) -> float:
        share = min(max((number - low) / (high - low), 0.0), 1.0)
        return to_low + (to_high - to_low) * share

    return run
