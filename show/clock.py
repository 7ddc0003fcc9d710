"""The show's clock: seconds and beats, from the engine's own time or from a source that ticks outside; pure.

The clock is a position, not a counter of ticks. A source says where it stood at one instant and how fast it went
(an observation); the position of now is computed from the newest observation, so a missed, late or doubled one costs
nothing. Three kinds of source:

1. seconds (a soundtrack, MTC, LTC): `<source>/seconds` at `<source>/at`, moving at `<source>/rate` seconds per second;
2. beats (MIDI clock with song position): `<source>/beats` at `<source>/at`, moving at `<source>/bpm`;
3. tempo (taps, Ableton Link): `<source>/bpm`, and `<source>/phase` within the beat; there is no place to go to.

`at` is in monotonic seconds, as is the `now` of every step: both are arguments, no clock is read here.

A difference of more than `jump` seconds is sought; a smaller one is slewed away with time constant SLEW_SECONDS, and
the clock never runs backwards to do it. Beats move at the live tempo, and the score's seconds with them, at rate
live bpm / nominal bpm: a change of tempo bends the way ahead and never the place reached.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Final

import msgspec

from show.cue_config import ClockTable

SLEW_SECONDS: Final = 0.3
"""Time constant with which a small difference is made up."""
FASTEST: Final = 4.0
"""The clock runs at most so many times as fast as its source while it catches up."""
TAPS: Final = 8
"""Taps that count for a tempo."""
TAP_GAP_SECONDS: Final = 2.5
"""A tap later than this begins a new count (24 beats per minute)."""
SLOWEST_BPM: Final = 20.0
FASTEST_BPM: Final = 400.0
_PARTS: Final = ("seconds", "beats", "at", "rate", "running", "bpm", "phase", "located", "heard")
"""What a source may say, each as a channel `<source>/<part>`; without `heard` it counts as heard."""
CHANNELS: Final = ("clock/beat", "clock/bar", "clock/bpm", "clock/phase")
"""What bindings and derived channels can read of the clock."""
INPUTS: Final = ("soundtrack", "audio", "midi", "ltc", "link")
"""Sources that are inputs of the same name."""


class ClockState(msgspec.Struct):
    """All memory of the clock; plain values.

    `beats` counts beats since the show began; a jump sets it to the beat of that second. `bpm` is the live tempo
    (0: the score's own). `taps` holds the newest taps in monotonic seconds. `located` counts jumps. `source` is what
    the clock follows now.
    """

    beats: float = 0.0
    bpm: float = 0.0
    taps: tuple[float, ...] = ()
    located: int = 0
    source: str = "internal"


class Move(msgspec.Struct, frozen=True):
    """What one step of the clock does to the score: it goes on by `seconds`, or is sought to `seek`."""

    seconds: float
    seek: float | None = None


class Clock:
    """Follows one source.

    `bpm` is the score's nominal tempo, `beats_per_bar` its metre, `offset` where a source with a place of its own
    stands when the show is at 0; the show is `length` seconds long and begins again after that if it is a `loop`.
    """

    def __init__(
        self,
        table: ClockTable,
        bpm: float,
        beats_per_bar: float,
        offset: float = 0.0,
        length: float = math.inf,
        loop: bool = False,
    ) -> None:
        self._table = table
        self._bpm = bpm
        self._bar = beats_per_bar
        self._offset = offset
        self._length = length
        self._loop = loop

    def locate(self, seconds: float, state: ClockState) -> None:
        """Stand at a second of the show; beats that somebody else gives go on as they fall."""
        beats = seconds * self._bpm / 60.0
        phase = state.beats % 1.0
        state.beats = max(0, round(beats - phase)) + phase if state.bpm else beats
        state.located += 1

    def advance(self, dt: float, now: float, here: float, channels: Mapping[str, float], state: ClockState) -> Move:
        """Say how far the score, which stands at second `here`, moves in the `dt` seconds that end at `now`.

        Beats and tempo in `state` move here.
        """
        source = self._table.source
        heard = _heard(source, channels)
        if source == "tap":
            return self._tempo(dt, now, _tapped(state, now), state)
        if source == "internal":
            return self._by(dt, state)
        if not heard:
            return self._alone(dt, now, state)
        state.source = source
        if source == "soundtrack" and heard.get("located", state.located) < state.located:
            return self._by(dt, state)  # somebody sought, and the player has not followed yet
        if "seconds" in heard:
            state.bpm = 0.0
            target = _place(heard, "seconds", heard.get("rate", 1.0), now) - self._offset
            return self._chase(dt, target, here, heard, state)
        if "beats" in heard:
            state.bpm = _tempo_of(heard)
            beats = _place(heard, "beats", state.bpm / 60.0, now)
            return self._chase(dt, beats * 60.0 / self._bpm - self._offset, here, heard, state)
        return self._tempo(dt, now, heard, state)

    def values(self, state: ClockState) -> dict[str, float]:
        """Return the channels of the clock: its place in beats and in bars (from 0), bpm, phase in the beat (0..1)."""
        return {
            "clock/beat": state.beats,
            "clock/bar": state.beats / self._bar,
            "clock/bpm": state.bpm or self._bpm,
            "clock/phase": state.beats - math.floor(state.beats),
        }

    def _alone(self, dt: float, now: float, state: ClockState) -> Move:
        """Go on without the source, at the last tempo, or wait for it."""
        if self._table.lost == "hold":
            state.source = "none"
            return Move(0.0)
        move = self._tempo(dt, now, {"bpm": state.bpm}, state)
        state.source = "internal"
        return move

    def _by(self, seconds: float, state: ClockState) -> Move:
        state.beats += seconds * self._bpm / 60.0
        return Move(seconds)

    def _chase(self, dt: float, target: float, here: float, heard: Mapping[str, float], state: ClockState) -> Move:
        """Follow a source that has a place of its own: `target` is where the show should be, in seconds."""
        if not math.isfinite(target):
            return self._by(dt, state)
        if target < 0.0:
            return Move(0.0, seek=0.0) if here > self._table.jump else Move(0.0)
        target = target % self._length if self._loop else min(target, self._length)
        rate = heard.get("rate", (state.bpm or self._bpm) / self._bpm)
        running = heard.get("running", 1.0) > 0.0
        ahead = dt * rate if running else 0.0
        error = target - (here + ahead)
        if self._loop:
            error = (error + self._length / 2) % self._length - self._length / 2
        if abs(error) > self._table.jump:
            return Move(0.0, seek=target)
        if not running:
            return Move(0.0)
        step = ahead + error * (1.0 - math.exp(-dt / SLEW_SECONDS))
        return self._by(min(max(step, 0.0), FASTEST * max(ahead, dt)), state)

    def _tempo(self, dt: float, now: float, heard: Mapping[str, float], state: ClockState) -> Move:
        """Follow a tempo, and its beats if it says where they fall."""
        state.bpm = _tempo_of(heard)
        state.source = self._table.source if state.bpm else "internal"
        bpm = state.bpm or self._bpm
        step = dt * bpm / 60.0
        if state.bpm and "phase" in heard:
            wanted = heard["phase"] + (now - heard.get("at", now)) * bpm / 60.0
            error = (wanted - (state.beats + step) + 0.5) % 1.0 - 0.5
            if math.isfinite(error):
                step = max(0.0, step + error * (1.0 - math.exp(-dt / SLEW_SECONDS)))
        state.beats += step
        return Move(step * 60.0 / self._bpm)


def tap(now: float, state: ClockState) -> str:
    """Take one tap at `now` (monotonic seconds); return what it did, in words, "" once a tempo stands."""
    if state.taps and now <= state.taps[-1]:
        return "tap: it came before the last one and does not count"
    if state.taps and now - state.taps[-1] > TAP_GAP_SECONDS:
        state.taps = ()
    state.taps = (*state.taps, now)[-TAPS:]
    return "tap: one more gives the tempo" if len(state.taps) == 1 else ""


def tempo_of_taps(taps: tuple[float, ...]) -> tuple[float, float]:
    """Return (seconds per beat, instant of the newest beat) of two taps or more, by least squares.

    A missed tap is seen as a gap of about twice the others, and counts as two beats.
    """
    gaps = [later - earlier for earlier, later in pairwise(taps)]
    usual = sorted(gaps)[len(gaps) // 2] if len(gaps) > 2 else min(gaps)
    beats = [0.0]
    for gap in gaps:
        beats.append(beats[-1] + max(1, round(gap / usual)))
    count = len(taps)
    mean_beat, mean_tap = sum(beats) / count, sum(taps) / count
    spread = sum((beat - mean_beat) ** 2 for beat in beats)
    slope = sum((b - mean_beat) * (t - mean_tap) for b, t in zip(beats, taps, strict=True)) / spread
    return slope, mean_tap + (beats[-1] - mean_beat) * slope


def _tapped(state: ClockState, now: float) -> dict[str, float]:
    """Return the taps as an observation: a tempo, and a beat on the newest one."""
    if len(state.taps) < 2:
        return {"bpm": state.bpm} if state.bpm else {}
    period, beat = tempo_of_taps(state.taps)
    if now - beat > 600.0:
        # The error of a tapped tempo grows with time; ten minutes later its beats mean nothing, its tempo still does.
        return {"bpm": 60.0 / period}
    return {"bpm": 60.0 / period, "phase": 0.0, "at": beat}


def _heard(source: str, channels: Mapping[str, float]) -> dict[str, float]:
    """Return what a source says, without its name; nothing as long as it has neither a place nor a tempo."""
    heard = {part: channels[f"{source}/{part}"] for part in _PARTS if f"{source}/{part}" in channels}
    return heard if heard.get("heard", 1.0) > 0.0 else {}


def _place(heard: Mapping[str, float], name: str, rate: float, now: float) -> float:
    """Return where a source is now, from where it stood at `at`; a halted one stays."""
    if heard.get("running", 1.0) <= 0.0:
        return heard[name]
    return heard[name] + (now - heard.get("at", now)) * rate


def _tempo_of(heard: Mapping[str, float]) -> float:
    """Return the tempo in beats per minute, or 0 if it is none."""
    bpm = heard.get("bpm", 0.0)
    return bpm if SLOWEST_BPM <= bpm <= FASTEST_BPM else 0.0
