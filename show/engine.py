"""The engine: one pure step from time, channels, touches and events to a snapshot; it reads no clock.

All memory lies in EngineState, so that control can write it down and go on after a SIGKILL, and a replay of the same
inputs gives the same snapshots bit for bit.

What stands on the wall is always a mix of two prompts: `words_from`, frozen at the last change, and the words of now
(the scene's, or those typed live), with `mix` growing from 0 to 1. A change in the middle of a mix folds both into one
list of phrases, each with its share, and starts again from there: nothing jumps. Only a scene with a starting point of
its own (`init`) is a cut: a picture that begins anew is painted from the new words, not from those of the scene before.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

import msgspec

from show import binding as bindings
from show import narration, presets, transitions, walk
from show.camera import RATES
from show.channels import Derived
from show.clock import ClockState
from show.config import Show, Transition
from show.cue_config import TEXT
from show.cue_state import CueState
from show.editing import Editing
from show.journey import Journey, Place, Traveller
from show.parameter import ParameterError, ParameterTree, Value
from show.parameters import PHRASES
from show.regions import Regions, Words
from show.score import Score, smoothstep
from show.snapshot import Event, Phrase, Playing, Region, Snapshot, Touch
from show.stage import SEEK_FADE, Director

LONGEST_STEP = 1.0
"""Seconds of show time that one step may take, however late it comes (a laptop that slept)."""

TEXT_FADE = SEEK_FADE
"""Seconds over which words typed live replace the scene's, and over which a seek mixes."""

PANIC_LEVEL = 0.05

CAMERA = (*RATES, "camera/fov")


class EngineState(msgspec.Struct):
    """All memory of the engine; plain values only, so that it can be written down.

    `life`, `into` (seconds into the scene), `mixed` (seconds since the last change of words) and `panic` (seconds since
    a panic, negative: none) are in seconds, `walked` is in seeds. `entries` counts how often a scene was entered.
    `words_from` and `seeds_from` (seeds by their offset) hold one entry per region; `cut_at` is the beat on which the
    words of now begin (see show/transitions.py); `divergence` is that of the last step, negative before the first.
    `taken` holds the stamp of the last touch used per address, `held` the live values that hold now; `derived` is what
    derived channels remember.
    """

    life: float = 0.0
    step: int = 0
    playing: Playing = "stopped"
    scene: int = 0
    into: float = 0.0
    entries: int = 0
    mixed: float = 0.0
    mix_seconds: float = 0.0
    transition: Transition = "slerp"
    cut_at: float = transitions.DONE
    words_from: tuple[Words, ...] = ()
    seeds_from: tuple[float, ...] = ()
    values_from: dict[str, float] = {}
    text: str = ""
    walked: float = 0.0
    panic: float = -1.0
    origin_ns: int = 0
    taken: dict[str, int] = {}
    held: dict[str, Value] = {}
    smooth: list[float] = []
    gains: dict[str, float] = {}
    divergence: float = -1.0
    journey: Journey = msgspec.field(default_factory=Journey)
    note: str = ""
    edit: Editing = msgspec.field(default_factory=Editing)
    clock: ClockState = msgspec.field(default_factory=ClockState)
    cues: CueState = msgspec.field(default_factory=CueState)
    derived: dict[str, list[float]] = {}


class Engine:
    """Steps one show."""

    def __init__(self, show: Show, parameters: ParameterTree) -> None:
        self._show = show
        self._parameters = parameters
        self._declared = dict(parameters)  # asked for a dozen parameters in every step
        self.score = Score(show, parameters)
        self._said = narration.Tracks(show)
        self.bpm = show.score.bpm
        self._base = {address: one.accept(one.default) for address, one in parameters.items()}
        self._gains = [address for address in self._base if address.startswith("prompt/gain/")]
        for address, value in show.parameters.items():
            self._base[address] = parameters.find(address).accept(value)
        presets.complement(self._base, show.parameters)
        self._bound = [binding.parameter for binding in show.binding]
        self._derived = Derived(show)
        self._regions = Regions(show, self.score)
        self._traveller = Traveller(self.score, self._base)
        self.director = Director(show, parameters, self, self._base)

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
        before = self._place(state)
        state.life, state.step = life, state.step + 1
        self._take(touches, state)
        for event in events:
            state.origin_ns = max(state.origin_ns, event.stamp_ns)
            self.director.handle(event, state)
        channels = {**channels, **self.director.advance(dt, stamp_ns / 1e9, channels, state)}
        if state.panic >= 0.0:
            state.panic += dt
        self._follow_text(state)
        state.cut_at = transitions.cut(state.cut_at, state.clock.beats, state.mixed * self.bpm / 60.0)
        values = self._values(state)
        channels = self._derived.step(channels, values, (life, dt, self.seconds(state)), state.derived)
        values = self._modulated(values, channels, dt, state)
        state.divergence = float(values["walk/divergence"])
        travel, walked = self._traveller.go(before, self._place(state), dt, state.held, values, state.journey)
        state.journey.poses = self._regions.went(state.journey.poses, travel, state.divergence)
        if state.playing == "playing":
            state.walked += walked / walk.SECONDS_PER_SEED
        return self._snapshot(stamp_ns, values, state)

    # Touches

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

    # The score

    def roll(self, dt: float, state: EngineState) -> None:
        """Let the score go on by `dt` seconds."""
        state.into += dt
        state.mixed += dt
        while state.into >= self.score.scenes[state.scene].seconds:
            over = state.into - self.score.scenes[state.scene].seconds
            last = state.scene == len(self.score.scenes) - 1
            if last and not self._show.show.loop:
                state.into, state.playing = self.score.scenes[state.scene].seconds, "ended"
                return
            state.into -= over
            self.enter((state.scene + 1) % len(self.score.scenes), 0.0, state)
            state.into, state.mixed = over, over

    def enter(self, index: int, into: float, state: EngineState) -> None:
        """Make a scene the present one, from its starting point."""
        self.move(index, into, state)
        state.entries += 1
        if self.score.scenes[index].init != "last":
            state.words_from = self._words(state)

    def move(self, index: int, into: float, state: EngineState) -> None:
        """Go to a place in the score: it grows out of what stands, and takes its tracks from live hands."""
        begun = state.playing != "stopped" or state.into > 0.0
        if begun:
            self.freeze(state, self.score.fade(index), self.score.scenes[index].transition)
        state.scene, state.into = index, into
        self.director.give(self.score.scenes[index].tracks, state)

    def sought(self, index: int, into: float, state: EngineState) -> None:
        """Go to a place in the score by a seek."""
        go = self.move if index == state.scene else self.enter
        go(index, into, state)
        state.mix_seconds, state.transition, state.cut_at = TEXT_FADE, "slerp", transitions.DONE

    def freeze(self, state: EngineState, seconds: float, transition: Transition = "slerp") -> None:
        """Begin a mix of `seconds` from the words and numbers that stand now."""
        seeds = self._ahead(state)
        state.values_from = {
            address: float(value)
            for address, value in self.tracked(state).items()
            if self._parameters[address].kind == "float"
        }
        mix, words = self._mix_of_words(state), self._words(state)
        if mix < 1.0:
            pairs = zip(state.words_from, words, strict=True)
            words = tuple(transitions.folded(old, new, mix) for old, new in pairs)
        state.words_from, state.seeds_from, state.mixed, state.mix_seconds = words, seeds, 0.0, seconds
        state.transition = transition
        state.cut_at = transitions.WAITING if transition == "cut-on-beat" else transitions.DONE

    def standing(self, state: EngineState) -> tuple[object, ...]:
        """Return the words and numbers of the score that stand now, to be compared with those of another edition."""
        return self._words(state), self._ahead(state), self.tracked(state)

    def _follow_text(self, state: EngineState) -> None:
        """Mix towards words typed live when they change, and back to the scene's when they are emptied."""
        text = str(state.held.get(TEXT, state.cues.values.get(TEXT, self._base[TEXT]))).strip()
        if text == state.text:
            return
        self.freeze(state, TEXT_FADE)
        state.text = text

    def _mix(self, state: EngineState) -> float:
        if not state.words_from or state.mix_seconds <= 0.0:
            return 1.0
        return smoothstep(state.mixed / state.mix_seconds)

    def _mix_of_words(self, state: EngineState) -> float:
        if len(state.words_from) != len(self._show.region):
            return 1.0
        done = state.mixed >= state.mix_seconds
        return transitions.mix(state.transition, self._mix(state), done=done, cut_at=state.cut_at)

    def _words(self, state: EngineState) -> tuple[Words, ...]:
        """Return the words of every region."""
        if state.text:
            return ((Phrase(state.text, 1.0),),) * len(self._show.region)
        gain = functools.partial(self._gain, state=state)
        return self._regions.words(state.scene, state.into, self._divergence(state), gain)

    def _ahead(self, state: EngineState) -> tuple[float, ...]:
        """Return how many seeds ahead every region stands by its offset, on the way there while a scene fades in."""
        now, mix = self._regions.ahead(state.scene, self._divergence(state)), self._mix(state)
        if len(state.seeds_from) != len(now):
            return now
        return tuple(a + (b - a) * mix for a, b in zip(state.seeds_from, now, strict=True))

    def _divergence(self, state: EngineState) -> float:
        return state.divergence if state.divergence >= 0 else float(self._base["walk/divergence"])

    def _place(self, state: EngineState) -> Place:
        return Place(state.scene, state.into, state.mixed, state.mix_seconds, state.values_from)

    def seconds(self, state: EngineState) -> float:
        """Return the place in the score, in seconds."""
        return self.score.starts[state.scene] + state.into

    def _gain(self, number: int, state: EngineState) -> float:
        if number > PHRASES:
            return 1.0
        address = f"prompt/gain/{number}"
        return float(state.gains.get(address, self._base[address]))

    # Values

    def tracked(self, state: EngineState) -> dict[str, Value]:
        """Return base values with the scene's tracks over them; numbers grow out of those of the scene before."""
        values = dict(self._base)
        values.update(self.score.track_values(state.scene, state.into))
        presets.complement(values, self.score.scenes[state.scene].tracks)
        mix = self._mix(state)
        if mix < 1.0:
            for address, before in state.values_from.items():
                values[address] = before + (float(values[address]) - before) * mix
        return values

    def _values(self, state: EngineState) -> dict[str, Value]:
        values = self.tracked(state)
        self.director.cues.over(values, state.cues)
        presets.complement(values, {**state.cues.values, **state.cues.fades})
        values.update(state.held)
        presets.complement(values, state.held)
        if state.panic >= 0.0:
            level = float(values["wall/level"])
            share = min(1.0, state.panic / max(self._show.go.panic_fade, 1e-9))
            values["wall/level"] = level + (min(level, PANIC_LEVEL) - level) * share
        return values

    def _modulated(
        self, values: dict[str, Value], channels: Mapping[str, float], dt: float, state: EngineState
    ) -> dict[str, Value]:
        for number, binding in enumerate(self._show.binding):
            target = bindings.shaped(binding, channels.get(binding.channel, 0.0))
            state.smooth[number] = bindings.smoothed(binding, state.smooth[number], target, dt)
            values[binding.parameter] = float(values[binding.parameter]) + binding.amount * state.smooth[number]
        # What is still the base value itself was accepted when the show was opened. Both dictionaries have one order.
        pairs = zip(values.items(), self._base.values(), strict=True)
        for address, value in [pair for pair, base in pairs if pair[1] is not base]:
            parameter = self._declared[address]
            values[address] = parameter.accept(round(float(value)) if parameter.kind == "int" else value)
        presets.complement(values, self._bound)
        state.gains = {address: float(values[address]) for address in self._gains}
        return values

    # The snapshot

    def _snapshot(self, stamp_ns: int, values: dict[str, Value], state: EngineState) -> Snapshot:
        scene = self.score.scenes[state.scene]
        words, mix, ahead = self._words(state), self._mix_of_words(state), self._ahead(state)
        before = state.words_from if mix < 1.0 else words
        mix = mix if mix < 1.0 else 0.0
        t = self.seconds(state)
        return Snapshot(
            id=state.step,
            t=t,
            life=state.life,
            stamp_ns=stamp_ns,
            origin_ns=state.origin_ns,
            playing=state.playing,
            scene=state.scene,
            scene_name=scene.name,
            regions=self._of_regions(before, words, mix, ahead, values, state),
            values=values,
            caption=state.text or self._said.caption(t, self.score.caption(state.scene)),
            narration=self._said.narration(state.scene, state.into, t),
            acks={},
            init=scene.init,
            entry=state.entries,
            edition=state.edit.playing,
            cues=self.director.cues.sheet(state.cues),
            located=state.clock.located,
            surfaces=self.director.cues.laying.now(state.cues),
        )

    def _of_regions(
        self,
        before: tuple[Words, ...],
        words: tuple[Words, ...],
        mix: float,
        ahead: tuple[float, ...],
        values: dict[str, Value],
        state: EngineState,
    ) -> tuple[Region, ...]:
        zoom, angle, x, y, pitch, yaw, z, fov = (float(values[address]) for address in CAMERA)
        found, at = [], (state.scene, state.into)
        for number, region in enumerate(self._show.region):
            here = self._regions.place(number, state.walked, ahead[number], state.divergence, at)
            more, turned = self._regions.turns(number, state.divergence)
            found.append(
                Region(
                    name=region.name,
                    words_a=before[number],
                    words_b=words[number],
                    mix=mix,
                    seed_a=here.seed_a,
                    seed_b=here.seed_b,
                    seed_mix=here.mix,
                    zoom=zoom**more,
                    angle=angle * turned,
                    x=x,
                    y=y,
                    pitch=pitch,
                    yaw=yaw,
                    z=z,
                    fov=fov,
                    pose=state.journey.poses[number],
                    blend="lerp" if state.transition == "lerp" else "slerp",
                )
            )
        return tuple(found)
