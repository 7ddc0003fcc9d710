"""Derived channels: new channels out of others, computed once per tick in the order in which they need each other.

An expression of a channel reads channels of inputs and of the clock, other derived channels, and parameters (as score,
cues and hands give them, before bindings). A name with slashes is written without blanks (`audio/bass`); one whose
parts are no plain words stands in quotation marks (`"prompt/gain/1"`). Beside these it reads t (seconds of engine time,
which never jumps), T (the show's second), b and bar (beats and bars of the clock), bpm, fps, beats_per_bar, s (the
score's seed) and seed (the channel's own). A channel that is silent is 0, and so is one that cannot be computed.

All memory is in EngineState, by the channel's and the operator's name; this module holds none.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection, Iterator, Mapping, Set
from typing import Final

from show import moment, noise
from show.channel_config import RESERVED, Channel
from show.config import Show
from show.errors import OrielError, did_you_mean
from show.expression import Expression, ExpressionError, compile_expression
from show.operators import Memory, Operator, operators
from show.parameter import ParameterTree, Value
from show.track_config import Noise, shortened
from show.tracks import SHAPES

_SLASHED: Final = re.compile(r"[A-Za-z_]\w*(?:/[A-Za-z_]\w*)+", re.ASCII)
_QUOTED: Final = re.compile(r"[\"']([^\"'\n]*/[^\"'\n]*)[\"']")
_SHORTEST: Final = 1e-3


class ChannelError(OrielError):
    """A derived channel cannot be computed; `key` is the place in the show file."""

    exit_code = 2

    def __init__(self, message: str, *key: str | int) -> None:
        super().__init__(message)
        self.key = key


class Derived:
    """The derived channels of one show; raises ChannelError where they cannot be computed."""

    def __init__(self, show: Show) -> None:
        self._timing = show.score.timing
        self._seed = float(show.score.seed)
        plain = {channel.name for channel in show.channel}
        self._made = [_Made(number, channel, plain, show) for number, channel in enumerate(show.channel)]
        self._order = _ordered(self._made)

    def step(
        self,
        channels: Mapping[str, float],
        values: Mapping[str, Value],
        place: tuple[float, float, float],
        memory: dict[str, Memory],
    ) -> dict[str, float]:
        """Return the channels with the derived ones; `memory` (by channel and operator) goes on by one tick.

        `place` is (engine seconds, seconds since the last tick, the show's second).
        """
        found = dict(channels)
        if not self._order:
            return found
        life, dt, second = place
        beats = channels.get("clock/beat", second / self._timing.beat) + channels.get("clock/phase", 0.0)
        reserved = {
            "t": life,
            "T": second,
            "b": beats,
            "bar": beats / self._timing.beats_per_bar,
            "bpm": channels.get("clock/bpm", self._timing.bpm),
            "fps": self._timing.fps,
            "beats_per_bar": self._timing.beats_per_bar,
            "s": self._seed,
        }
        for made in self._order:
            found[made.name] = made.step(found, values, reserved, dt, memory)
        return found


class _Made:
    """One derived channel, ready to be computed."""

    def __init__(self, number: int, channel: Channel, plain: Set[str], show: Show) -> None:
        self.name = channel.name
        self.number = number
        self._seed = float(zlib.crc32(f"{show.score.seed}/{channel.name}".encode()))
        self.expression = compiled(channel.expr, plain, number) if channel.expr else None
        self.reads = sorted(self.expression.names - RESERVED) if self.expression else []
        self._uses = sorted(self.expression.names & RESERVED - {"seed"}) if self.expression else []
        self._operators: list[tuple[str, Operator]] = [
            (f"{channel.name} {name}", run) for name, run in operators(channel)
        ]
        timing = show.score.timing
        self._wave, self._noise = channel.wave, channel.noise
        self._period = _length(channel.wave.period, timing, number, "wave", "period") if channel.wave else (1.0, 0.0)
        self._every = _length(channel.noise.every, timing, number, "noise", "every") if channel.noise else (1.0, 0.0)

    def step(
        self,
        channels: Mapping[str, float],
        values: Mapping[str, Value],
        reserved: dict[str, float],
        dt: float,
        memory: dict[str, Memory],
    ) -> float:
        number = 0.0
        if self.expression is not None:
            scope = {name: reserved[name] for name in self._uses}
            scope["seed"] = self._seed
            for name in self.reads:
                scope[name] = channels[name] if name in channels else _number(values.get(name, 0.0))
            number = _sound(self.expression.value(scope))
        number += self._added(reserved)
        for name, run in self._operators:
            number = _sound(run(number, dt, memory.setdefault(name, [])))
        return number

    def _added(self, reserved: Mapping[str, float]) -> float:
        """Return the wave and the noise of now."""
        number, wave, own = 0.0, self._wave, self._noise
        if wave is not None:
            at = _turns(self._period, reserved) + wave.phase
            number += wave.amount * SHAPES[wave.shape](at, wave.width)
        if own is not None:
            number += own.amount * (2.0 * self._random(own, _turns(self._every, reserved)) - 1.0)
        return number

    def _random(self, own: Noise, at: float) -> float:
        seed = self._seed if own.seed is None else float(own.seed)
        return noise.steps(seed, at) if own.kind == "steps" else noise.octaves(seed, at, own.octaves)


def _turns(length: tuple[float, float], reserved: Mapping[str, float]) -> float:
    """Return how many lengths of (seconds, beats) have passed: by the clock's beats for one in beats."""
    seconds, beats = length
    return reserved["b"] / beats if beats > 0.0 else reserved["t"] / seconds


def _length(given: float | str, timing: moment.Timing, number: int, *key: str) -> tuple[float, float]:
    """Return a length as (seconds, 0), or as (0, beats) where it is written in beats or bars alone."""
    try:
        terms = moment.parsed(given) if isinstance(given, str) else [(1.0, moment.Length(seconds=given))]
        seconds = moment.seconds(given, timing)
    except moment.MomentError as error:
        raise ChannelError(str(error), number, *key) from None
    if seconds < _SHORTEST:
        raise ChannelError(f"expected {_SHORTEST:g} s or more, got {seconds:g} s", number, *key)
    lengths = [(sign, term) for sign, term in terms if isinstance(term, moment.Length)]
    if all(term.seconds == term.frames == 0.0 for _, term in lengths):
        return 0.0, sum(sign * (term.beats + term.bars * timing.beats_per_bar) for sign, term in lengths)
    return seconds, 0.0


def _sound(number: float) -> float:
    return number if abs(number) < 1e300 else 0.0


def _number(value: Value) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def compiled(text: str, plain: Set[str], number: int = 0) -> Expression:
    """Return the expression of channel `number`; `plain` are the names of derived channels; raise ChannelError."""
    slashed = {name for name in _SLASHED.findall(text) if name.partition("/")[0] not in plain | RESERVED}
    names = {*plain, *RESERVED, *slashed, *_QUOTED.findall(text)}
    try:
        return compile_expression(text, names)
    except ExpressionError as error:
        said = f"column {error.column} of {shortened(text)}: {error}"
        raise ChannelError(said, number, "expr") from None


def _ordered(made: list[_Made]) -> list[_Made]:
    """Return channels so that each comes after those that it reads; raise ChannelError for a circle, by name."""
    by_name = {one.name: one for one in made}
    done: list[_Made] = []
    way: list[str] = []

    def take(one: _Made) -> None:
        if one in done:
            return
        if one.name in way:
            circle = " reads ".join([*way[way.index(one.name) :], one.name])
            raise ChannelError(f"{circle}: expected no circle", one.number, "expr")
        way.append(one.name)
        for name in one.reads:
            if name in by_name:
                take(by_name[name])
        way.pop()
        done.append(one)

    for one in made:
        take(one)
    return done


def reads(show: Show) -> dict[str, set[str]]:
    """Return the names that each derived channel of a show reads; nothing where they cannot be computed."""
    try:
        made = Derived(show)._made
    except ChannelError:
        return {}
    return {one.name: set(one.reads) for one in made}


def read(show: Show) -> set[str]:
    """Return the names of others that a show's derived channels read."""
    found = reads(show)
    return set[str]().union(*found.values()) - set(found)


def problems(
    show: Show, parameters: ParameterTree, channels: Collection[str]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield (key, sentence) per thing that keeps a show's derived channels from being computed."""
    taken = set(channels)
    heads = {name.partition("/")[0] for name in (*channels, *parameters) if "/" in name}
    for number, channel in enumerate(show.channel):
        key = ("channel", number, "name")
        if channel.name in taken or channel.name in parameters:
            yield key, f"there is a channel or parameter {channel.name!r} already; expected another name"
        elif channel.name in heads:
            yield key, f"{channel.name!r} is the beginning of other names ({channel.name}/...); expected another name"
        taken.add(channel.name)
    try:
        made = Derived(show)._made
    except ChannelError as error:
        yield ("channel", *error.key), str(error)
        return
    known = [*channels, *(channel.name for channel in show.channel)]
    for one in made:
        for name in one.reads:
            if name in known:
                continue
            parameter = parameters.get(name)
            if parameter is None:
                hint = did_you_mean(name, [*known, *parameters])
                yield ("channel", one.number, "expr"), f"there is no channel or parameter {name!r}{hint}"
            elif parameter.kind in ("text", "choice"):
                yield ("channel", one.number, "expr"), f"{name} is a {parameter.kind} and no number"
