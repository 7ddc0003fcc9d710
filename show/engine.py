"""The engine: one pure step from time, channels, touches and events to a snapshot; it reads no clock.

All memory lies in EngineState, so that control can write it down and go on after a SIGKILL, and a replay of the same
inputs gives the same snapshots bit for bit.

What stands on the wall is always a mix of two prompts: `words_from`, frozen at the last change, and the words of now
(the scene's, or those typed live), with `mix` growing from 0 to 1. A change in the middle of a mix folds both into one
list of phrases, each with its share, and starts again from there: nothing jumps. Only a scene with a starting point of
its own (`init`) is a cut: a picture that begins anew is painted from the new words, not from those of the scene before.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec

from show import binding as bindings
from show import walk
from show.config import Show
from show.parameter import ParameterError, ParameterTree, Value
from show.parameters import PHRASES
from show.score import Score, smoothstep
from show.snapshot import Event, Phrase, Playing, Region, Snapshot, Touch

LONGEST_STEP = 1.0
"""Seconds of show time that one step may take, however late it comes (a laptop that slept)."""

TEXT_FADE = 1.5
"""Seconds over which words typed live replace the scene's, and over which a seek mixes."""

PANIC_SECONDS = 1.0
PANIC_LEVEL = 0.05


class EngineState(msgspec.Struct):
    """All memory of the engine; plain values only, so that it can be written down.

    `life`, `into` (seconds into the scene), `mixed` (seconds since the last change of words) and `panic` (seconds since
    a panic, negative: none) are in seconds, `walked` is in seeds. `entries` counts how often a scene was entered.
    `taken` holds the stamp of the last touch used per address, `held` the live values that hold now.
    """

    life: float = 0.0
    step: int = 0
    playing: Playing = "stopped"
    scene: int = 0
    into: float = 0.0
    entries: int = 0
    mixed: float = 0.0
    mix_seconds: float = 0.0
    words_from: tuple[Phrase, ...] = ()
    values_from: dict[str, float] = {}
    text: str = ""
    walked: float = 0.0
    panic: float = -1.0
    origin_ns: int = 0
    taken: dict[str, int] = {}
    held: dict[str, Value] = {}
    smooth: list[float] = []
    gains: dict[str, float] = {}
    note: str = ""


class Engine:
    """Steps one show."""

    def __init__(self, show: Show, parameters: ParameterTree) -> None:
        self._show = show
        self._parameters = parameters
        self.score = Score(show, parameters)
        self._base = parameters.defaults()
        for address, value in show.parameters.items():
            self._base[address] = parameters.find(address).accept(value)

    def start(self) -> EngineState:
        """Return the memory of a show that has not begun."""
        return EngineState(smooth=[0.0] * len(self._show.binding))

    def step(
        self,
        life: float,
        stamp_ns: int,
        channels: Mapping[str, float],
        touches: Mapping[str, Touch],
        events: Sequence[Event],
        state: EngineState,
    ) -> Snapshot:
        """Advance `state` to `life` seconds since the start and return the snapshot of that instant.

        `touches` are merged over their sources (newest stamp per address). Show time moves only while playing and by at
        most LONGEST_STEP; `stamp_ns` is copied into the snapshot.
        """
        dt = min(max(0.0, life - state.life), LONGEST_STEP)
        state.life, state.step = life, state.step + 1
        self._take(touches, state)
        for event in events:
            state.origin_ns = max(state.origin_ns, event.stamp_ns)
            self._handle(event, state)
        if state.playing == "playing":
            self._advance(dt, state)
        if state.panic >= 0.0:
            state.panic += dt
        self._follow_text(state)
        values = self._modulated(self._values(state), channels, dt, state)
        if state.playing == "playing":
            state.walked += dt * float(values["walk/speed"]) / walk.SECONDS_PER_SEED
        return self._snapshot(stamp_ns, values, state)

    # Touches and events

    def _take(self, touches: Mapping[str, Touch], state: EngineState) -> None:
        for address, touch in touches.items():
            if touch.stamp_ns <= state.taken.get(address, 0):
                continue
            state.taken[address] = touch.stamp_ns
            try:
                value = self._parameters.find(address).accept(touch.value)
            except ParameterError as error:
                state.note = str(error)
                continue
            state.held[address] = value
            state.origin_ns = max(state.origin_ns, touch.stamp_ns)

    def _handle(self, event: Event, state: EngineState) -> None:
        state.note = ""
        if event.kind == "start":
            if state.playing == "ended":
                self._enter(0, 0.0, state)
            state.playing, state.panic = "playing", -1.0
        elif event.kind == "stop":
            state.playing = "stopped"
        elif event.kind == "pause":
            state.playing = {"playing": "paused", "paused": "playing"}.get(state.playing, state.playing)  # type: ignore[assignment]
        elif event.kind == "panic":
            state.playing, state.panic = "stopped", 0.0
        elif event.kind == "go":
            self._enter((state.scene + 1) % len(self.score.scenes), 0.0, state)
        elif event.kind == "back":
            self._enter((state.scene - 1) % len(self.score.scenes), 0.0, state)
        elif event.kind == "release":
            self._release(event.argument, state)
        else:
            self._travel(event, state)

    def _travel(self, event: Event, state: EngineState) -> None:
        """Jump to a scene, or seek to a second; what cannot be understood stays as a note."""
        if event.kind == "jump":
            index = self.score.find(event.argument)
            if index is None:
                state.note = f"jump: there is no scene {event.argument!r}"
            else:
                self._enter(index, 0.0, state)
            return
        try:
            seconds = float(event.argument)
        except ValueError:
            seconds = math.nan
        if not math.isfinite(seconds):
            state.note = f"seek: expected seconds, got {event.argument!r}"
            return
        index, into = self.score.locate(seconds)
        go = self._move if index == state.scene else self._enter
        go(index, into, state)
        state.mix_seconds = TEXT_FADE

    def _release(self, address: str, state: EngineState) -> None:
        if address:
            state.held.pop(address, None)
        else:
            state.held.clear()

    # The score

    def _advance(self, dt: float, state: EngineState) -> None:
        state.into += dt
        state.mixed += dt
        while state.into >= self.score.scenes[state.scene].seconds:
            over = state.into - self.score.scenes[state.scene].seconds
            last = state.scene == len(self.score.scenes) - 1
            if last and not self._show.show.loop:
                state.into, state.playing = self.score.scenes[state.scene].seconds, "ended"
                return
            state.into -= over
            self._enter((state.scene + 1) % len(self.score.scenes), 0.0, state)
            state.into, state.mixed = over, over

    def _enter(self, index: int, into: float, state: EngineState) -> None:
        """Make a scene the present one, from its starting point."""
        self._move(index, into, state)
        state.entries += 1
        if self.score.scenes[index].init != "last":
            state.words_from = self._words(state)

    def _move(self, index: int, into: float, state: EngineState) -> None:
        """Go to a place in the score: it grows out of what stands, and takes its tracks from live hands."""
        begun = state.playing != "stopped" or state.into > 0.0
        if begun:
            self._freeze(state, self.score.fade(index))
        state.scene, state.into = index, into
        for address in self.score.scenes[index].tracks:
            state.held.pop(address, None)

    def _freeze(self, state: EngineState, seconds: float) -> None:
        """Begin a mix of `seconds` from the words and numbers that stand now."""
        state.values_from = {
            address: float(value)
            for address, value in self._tracked(state).items()
            if self._parameters[address].kind == "float"
        }
        mix, words = self._mix(state), self._words(state)
        if mix < 1.0 and state.words_from:
            old = tuple(Phrase(p.text, p.weight * (1.0 - mix)) for p in state.words_from)
            words = tuple(p for p in (*old, *(Phrase(p.text, p.weight * mix) for p in words)) if abs(p.weight) > 1e-3)
        state.words_from, state.mixed, state.mix_seconds = words, 0.0, seconds

    def _follow_text(self, state: EngineState) -> None:
        """Mix towards words typed live when they change, and back to the scene's when they are emptied."""
        text = str(state.held.get("prompt/text", self._base["prompt/text"])).strip()
        if text == state.text:
            return
        self._freeze(state, TEXT_FADE)
        state.text = text

    def _mix(self, state: EngineState) -> float:
        if not state.words_from or state.mix_seconds <= 0.0:
            return 1.0
        return smoothstep(state.mixed / state.mix_seconds)

    def _words(self, state: EngineState) -> tuple[Phrase, ...]:
        if state.text:
            return (Phrase(state.text, 1.0),)
        return self.score.words(state.scene, state.into, lambda number: self._gain(number, state))

    def _gain(self, number: int, state: EngineState) -> float:
        if number > PHRASES:
            return 1.0
        address = f"prompt/gain/{number}"
        return float(state.gains.get(address, self._base[address]))

    # Values

    def _tracked(self, state: EngineState) -> dict[str, Value]:
        """Return base values with the scene's tracks over them; numbers grow out of those of the scene before."""
        values = dict(self._base)
        values.update(self.score.track_values(state.scene, state.into))
        mix = self._mix(state)
        if mix < 1.0:
            for address, before in state.values_from.items():
                values[address] = before + (float(values[address]) - before) * mix
        return values

    def _values(self, state: EngineState) -> dict[str, Value]:
        values = self._tracked(state)
        values.update(state.held)
        if state.panic >= 0.0:
            level = float(values["wall/level"])
            share = min(1.0, state.panic / PANIC_SECONDS)
            values["wall/level"] = level + (min(level, PANIC_LEVEL) - level) * share
        return values

    def _modulated(
        self, values: dict[str, Value], channels: Mapping[str, float], dt: float, state: EngineState
    ) -> dict[str, Value]:
        for number, binding in enumerate(self._show.binding):
            target = bindings.shaped(binding, channels.get(binding.channel, 0.0))
            state.smooth[number] = bindings.smoothed(binding, state.smooth[number], target, dt)
            values[binding.parameter] = float(values[binding.parameter]) + binding.amount * state.smooth[number]
        for address, value in values.items():
            parameter = self._parameters[address]
            values[address] = parameter.accept(round(float(value)) if parameter.kind == "int" else value)
        state.gains = {address: float(values[address]) for address in values if address.startswith("prompt/gain/")}
        return values

    # The snapshot

    def _snapshot(self, stamp_ns: int, values: dict[str, Value], state: EngineState) -> Snapshot:
        scene = self.score.scenes[state.scene]
        words, mix = self._words(state), self._mix(state)
        before = state.words_from if mix < 1.0 else words
        return Snapshot(
            id=state.step,
            t=self.score.starts[state.scene] + state.into,
            life=state.life,
            stamp_ns=stamp_ns,
            origin_ns=state.origin_ns,
            playing=state.playing,
            scene=state.scene,
            scene_name=scene.name,
            regions=tuple(
                self._region(number, before, words, mix if before is not words else 0.0, values, state)
                for number in range(len(self._show.region))
            ),
            values=values,
            caption=state.text or self.score.caption(state.scene),
            narration=scene.narration,
            acks={},
            init=scene.init,
            entry=state.entries,
        )

    def _region(
        self,
        number: int,
        before: tuple[Phrase, ...],
        words: tuple[Phrase, ...],
        mix: float,
        values: dict[str, Value],
        state: EngineState,
    ) -> Region:
        own = self._show.region[number]
        divergence = float(values["walk/divergence"])
        base = walk.base_seed(own.seed, self._show.region[0].seed, divergence)
        ahead = walk.offset(divergence, number) if divergence < 1.0 else 0.0
        here = walk.place(base, state.walked + ahead)
        return Region(
            name=own.name,
            words_a=before,
            words_b=words,
            mix=mix,
            seed_a=here.seed_a,
            seed_b=here.seed_b,
            seed_mix=here.mix,
            zoom=float(values["camera/zoom"]) ** own.zoom,
            angle=float(values["camera/angle"]) * own.angle,
            x=float(values["camera/x"]),
            y=float(values["camera/y"]),
        )
