"""The stage: where events, the clock and the cue list meet the score of one engine."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from show import clock as clocks
from show.clock import Clock
from show.config import Show
from show.cue_config import Cue
from show.cue_state import let_go
from show.cue_times import times
from show.cues import NEAR, Cues
from show.parameter import ParameterTree, Value
from show.score import Score
from show.snapshot import Event

if TYPE_CHECKING:
    from show.engine import Engine, EngineState

SEEK_FADE: Final = 1.5
"""Seconds over which a seek mixes."""


class Live:
    """The stage of the running show: cues move one engine's memory."""

    def __init__(self, director: Director, engine: Engine, state: EngineState) -> None:
        self._director = director
        self._engine = engine
        self._state = state

    @property
    def running(self) -> bool:
        """Whether the list's clock runs: after the end of the score it still does."""
        return self._state.playing in ("playing", "ended")

    def here(self) -> float:
        """Return the second of the show."""
        return self._engine.seconds(self._state)

    def to_end(self) -> float:
        """Return the seconds to the end of the score if it begins again there, else infinity."""
        return self._engine.score.seconds - self.here() if self._director.loops else math.inf

    def roll(self, seconds: float) -> None:
        """Let the score go on."""
        if self._state.playing == "playing":
            self._engine.roll(seconds, self._state)

    def under(self, address: str) -> Value:
        """Return the value that the score gives a parameter."""
        return self._engine.tracked(self._state)[address]

    def held(self, address: str) -> Value | None:
        """Return the value that a live hand gives it, if one does."""
        return self._state.held.get(address)

    def takes(self, address: str) -> None:
        """Take a parameter from a live hand."""
        self._state.held.pop(address, None)

    def goes(self, cue: Cue) -> float:
        """Go where a cue goes, if it does; return the seconds of its fade."""
        place = self._director.place_of(cue)
        if place is None:
            return cue.fade or 0.0
        index, into = place
        go = self._engine.move if cue.seek is not None and index == self._state.scene else self._engine.enter
        go(index, into, self._state)
        if cue.fade is not None or cue.seek is not None:
            self._state.mix_seconds = SEEK_FADE if cue.fade is None else cue.fade
        self._director.located(self._state)
        self._director.cues.moved(self.here(), self._state.cues)
        if cue.do == "begin":
            self._state.cues.next = 0.0
        return self._state.mix_seconds

    def does(self, cue: Cue) -> None:
        """Start, stop or pause as a cue says."""
        if cue.do in ("start", "begin"):
            self._state.playing, self._state.panic = "playing", -1.0
        elif cue.do in ("stop", "pause"):
            self._state.playing = "stopped" if cue.do == "stop" else "paused"


class Rehearsal:
    """A stage without a show: only the second and the score's own values, to find what timed cues have led to."""

    running = True

    def __init__(self, score: Score, base: Mapping[str, Value]) -> None:
        self._score = score
        self._base = base
        self._second = 0.0

    def here(self) -> float:
        """Return the second of the show."""
        return self._second

    def to_end(self) -> float:
        """Return infinity: a rehearsal ends before the score does."""
        return math.inf

    def roll(self, seconds: float) -> None:
        """Go on."""
        self._second += seconds

    def under(self, address: str) -> Value:
        """Return the value that the score gives a parameter."""
        found = self._score.track_values(*self._score.locate(self._second)).get(address)
        return self._base[address] if found is None else found

    def held(self, _address: str) -> Value | None:
        """Return None: nobody has a hand in it."""
        return None

    def takes(self, address: str) -> None:
        """Do nothing."""

    def goes(self, cue: Cue) -> float:
        """Go nowhere; return the seconds of the cue's fade."""
        index = self._score.find(cue.scene) if cue.scene else None
        if cue.fade is not None or index is None:
            return cue.fade or 0.0
        return self._score.fade(index)

    def does(self, cue: Cue) -> None:
        """Do nothing."""


class Director:
    """Takes events and the time, and moves the score, the cue list and the clock of one engine by them."""

    def __init__(self, show: Show, parameters: ParameterTree, engine: Engine, base: Mapping[str, Value]) -> None:
        self._engine = engine
        self._parameters = parameters
        self._base = base
        self._places = times(show, engine.score.starts)
        self._by_number = {cue.number: place for place, cue in enumerate(show.cue)}
        self.loops = show.show.loop
        self.cues = Cues(show.cue, show.go, parameters, self._places.at, show.surface)
        means = show.score.timing
        offset, length = self._places.offset, engine.score.seconds
        self.clock = Clock(show.clock, means.bpm, means.beats_per_bar, offset, length, self.loops)

    # Events

    def handle(self, event: Event, state: EngineState) -> None:
        """Do what an event says; what cannot be understood stays as a note."""
        stage = Live(self, self._engine, state)
        state.note = ""
        if event.kind == "start":
            if state.playing == "ended":
                self._begin_again(state)
            state.playing, state.panic = "playing", -1.0
        elif event.kind == "stop":
            state.playing = "stopped"
        elif event.kind == "pause":
            state.playing = {"playing": "paused", "paused": "playing"}.get(state.playing, state.playing)  # type: ignore[assignment]
        elif event.kind == "panic":
            self.cues.panic(stage, state.cues)
            state.playing, state.panic = "stopped", 0.0
        elif event.kind in ("go", "cue"):
            self._go(event, state)
        elif event.kind == "back":
            self._back(stage, state)
        elif event.kind == "tap":
            state.note = clocks.tap(event.stamp_ns / 1e9, state.clock)
        elif event.kind == "release":
            self._release(event.argument, state)
        else:
            self._travel(event, state)

    def _go(self, event: Event, state: EngineState) -> None:
        """Fire what stands by, or a cue by its name; without a cue list GO is the next scene."""
        if event.kind == "go" and not self.cues.cues:
            self._enter((state.scene + 1) % len(self._engine.score.scenes), state)
            return
        if event.kind == "go" and self.cues.opens(state.cues):
            state.playing, state.cues.went = "playing", state.life
            return  # the cue of on_open is what it fires
        state.cues.opened = True
        if state.panic >= 0.0 or state.playing == "paused":
            why = "faded to safe; press Start first" if state.panic >= 0.0 else "paused"
            self.cues.refuse(event, f"GO was refused: the show is {why}", state.cues)
        elif event.kind == "cue":
            state.note = self.cues.fire(event.argument, state.cues)
            if not state.note:
                state.playing = "playing"
            return
        elif self.cues.go(event, state.life, state.cues):
            state.playing = "playing"
            return
        state.note = state.cues.note

    def _back(self, stage: Live, state: EngineState) -> None:
        if self.cues.cues:
            state.note = self.cues.back(stage, state.cues)
        else:
            self._enter((state.scene - 1) % len(self._engine.score.scenes), state)

    def _begin_again(self, state: EngineState) -> None:
        """Play from the first scene, and the cue list from its top."""
        state.cues.next, state.cues.waits = 0.0, []
        self._enter(0, state)

    def _enter(self, index: int, state: EngineState) -> None:
        self._engine.enter(index, 0.0, state)
        self._moved(state)

    def _travel(self, event: Event, state: EngineState) -> None:
        """Jump to a scene, or seek to a second."""
        if event.kind == "jump":
            index = self._engine.score.find(event.argument)
            if index is None:
                state.note = f"jump: there is no scene {event.argument!r}"
            else:
                self._enter(index, state)
            return
        try:
            seconds = float(event.argument)
        except ValueError:
            seconds = math.nan
        if math.isfinite(seconds):
            self.seek(seconds, state)
        else:
            state.note = f"seek: expected seconds, got {event.argument!r}"

    def seek(self, seconds: float, state: EngineState) -> None:
        """Go to a second of the show, with what timed cues have led to there."""
        index, into = self._engine.score.locate(seconds)
        self._engine.sought(index, into, state)
        self._moved(state)

    def _release(self, address: str, state: EngineState) -> None:
        if address:
            state.held.pop(address, None)
        else:
            state.held.clear()

    # Time

    def advance(self, dt: float, now: float, channels: Mapping[str, float], state: EngineState) -> dict[str, float]:
        """Let `dt` seconds pass, until `now` (monotonic seconds); return the channels of the clock."""
        if state.playing in ("playing", "ended"):
            self.cues.open(state.cues)
            move = self.clock.advance(dt, now, self._engine.seconds(state), channels, state.clock)
            if move.seek is not None and (state.playing == "playing" or move.seek < self._engine.score.seconds):
                state.playing = "playing"
                located = state.clock.located
                self.seek(move.seek, state)
                state.clock.located = located  # the source leads: it must not follow what follows it
            before = self._engine.seconds(state)
            self.cues.advance(dt, move.seconds, Live(self, self._engine, state), state.cues)
            if self._engine.seconds(state) < before and self.loops:
                state.clock.located += 1  # a player of the sound has to begin again too
        return self.clock.values(state.clock)

    def _moved(self, state: EngineState) -> None:
        """Bring the clock and the cue list to the second to which the score was put."""
        self.located(state)
        second = self._engine.seconds(state)
        if not self.cues.timed:
            self.cues.moved(second, state.cues)
            return
        stage, before = Live(self, self._engine, state), state.cues
        moving = {*before.values, *before.fades}
        stood = {address: self.cues.stands(address, stage, before) for address in moving}
        laid = self.cues.laying.now(before)
        state.cues = self.cues.chase(second - 2 * NEAR, Rehearsal(self._engine.score, self._base), before)
        self.cues.laying.grow(laid, SEEK_FADE, state.cues)
        for address in {*moving, *state.cues.values}:
            if self._parameters[address].kind == "float":
                start = stood[address] if address in stood else stage.under(address)
                self.cues.grow(address, float(start), SEEK_FADE, state.cues)

    def located(self, state: EngineState) -> None:
        """Let the clock stand where the score does, after a jump."""
        self.clock.locate(self._engine.seconds(state), state.clock)

    def place_of(self, cue: Cue) -> tuple[int, float] | None:
        """Return the scene to which a cue goes and the second in it, or None."""
        score = self._engine.score
        if cue.do == "begin":
            return 0, 0.0
        if cue.scene:
            index = score.find(cue.scene)
            return None if index is None else (index, 0.0)
        second = self._places.seek.get(self._by_number[cue.number])
        return None if second is None else score.locate(second)

    def give(self, addresses: Iterable[str], state: EngineState) -> None:
        """Take parameters from hands and cues, for the tracks of a scene that begins."""
        for address in addresses:
            if address in state.cues.values or address in state.cues.fades:
                stood = self.cues.stands(address, Live(self, self._engine, state), state.cues)
                let_go(address, state.cues)
                if self._parameters[address].kind == "float" and state.mix_seconds > 0:
                    state.values_from[address] = float(stood)
            state.held.pop(address, None)
