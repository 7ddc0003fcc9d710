"""Editions: the running score is replaced while it plays, on a named beat, and can be taken back.

1. An edit is an event that carries a whole checked show and a place ("next bar"). It is refused in words when it is no
   show, cannot be played, or changes what other processes were started from (`frozen`); then the old one goes on.
2. Accepted, it gets the next number and waits. What is left is counted in beats at the live tempo, so that neither a
   change of tempo nor a jump loses it; while the show does not play, it lands at once.
3. It lands before the step whose instant reaches the beat. The scene of the same name goes on at the same second; words
   and numbers that differ grow out of those that stand, over TEXT_FADE seconds. No scene is entered, so no artist
   begins anew. A scene that is gone gives way to the one that has its place now.
4. An undo is an edit back to the edition before; one that still waits is taken back first.

All memory is in EngineState, but for the texts of the editions: these are content, found by number like the show file
itself, and whoever writes the memory down writes them too (`texts`).
"""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec
from pydantic import ValidationError

from show import check
from show.channels import read as channels_read
from show.config import Scene, Show
from show.engine import LONGEST_STEP, TEXT_FADE, Engine, EngineState
from show.errors import OrielError
from show.parameter import ParameterTree
from show.snapshot import EditSheet, Event, Snapshot, Touch

KEPT: Final = 16
"""Editions that can be taken back."""
LIVE: Final = frozenset({"scene", "binding", "parameters", "score", "channel", "cue", "go"})
"""Tables of a show file that the engine alone reads, and that may change while it plays."""
PLACES: Final = 'now, "next beat", "next bar", a beat ("12b") or a bar ("4bar") of the show'
_REMEMBERED: Final = 16
"""Refused edits that are remembered, for whoever sent them."""
_NEAR: Final = 1e-6


class EditError(OrielError):
    """An edition cannot take the place of the running one; the sentence says what stands against it."""

    exit_code = 2


class Order(msgspec.Struct, frozen=True):
    """The argument of an edit: where it lands, and the show as JSON."""

    at: str
    show: msgspec.Raw


def place(argument: str) -> str:
    """Return where an edit lands, from the argument of its event; "" for one that cannot be read."""
    try:
        return msgspec.json.decode(argument, type=Order).at
    except msgspec.MsgspecError:
        return ""


def order(show: Show, at: str) -> str:
    """Return the argument of the event that brings a show in at a place."""
    return msgspec.json.encode(Order(at, msgspec.Raw(show.model_dump_json().encode()))).decode()


class Editions:
    """Steps one show through its editions; used like an Engine. `texts` are editions by number, from a predecessor."""

    def __init__(self, show: Show, parameters: ParameterTree, texts: Mapping[int, str] | None = None) -> None:
        self._parameters = parameters
        self.texts: dict[int, str] = {}
        self._shows = {0: show}
        self._engines = {0: Engine(show, parameters)}
        self.restore(texts or {})

    def restore(self, texts: Mapping[int, str]) -> None:
        """Know exactly the editions that were accepted before, and the show as it was opened."""
        for number in [number for number in self.texts if number not in texts]:
            del self._shows[number], self._engines[number]
        self.texts = {number: text for number, text in self.texts.items() if number in texts}
        for number, text in texts.items():
            if self.texts.get(number) != text:
                show = Show.model_validate_json(text)
                self._keep(number, show, text, Engine(show, self._parameters))

    def show(self, state: EngineState) -> Show:
        """Return the show that plays."""
        return self._shows[state.edit.playing]

    def start(self) -> EngineState:
        """Return the memory of a show that has not begun."""
        return self._engines[0].start()

    def step(
        self,
        life: float,
        stamp_ns: int,
        channels: Mapping[str, float],
        touches: Mapping[str, Touch],
        events: Sequence[Event],
        state: EngineState,
    ) -> Snapshot:
        """Take in edits, let one land whose beat has come, and step the engine; see Engine.step."""
        mine = [event for event in events if event.kind in ("edit", "undo")]
        for event in mine:
            state.note = ""
            self._take(event, state)
        if state.edit.coming >= 0:
            self._wait(min(max(0.0, life - state.life), LONGEST_STEP), state)
        rest = [event for event in events if event.kind not in ("edit", "undo")] if mine else events
        snapshot = self._engines[state.edit.playing].step(life, stamp_ns, channels, touches, rest, state)
        edit = state.edit
        if mine:
            state.note = edit.note or state.note
        if edit.coming < 0 and not edit.before and not edit.note:
            return snapshot
        sheet = EditSheet(edit.coming, max(0.0, edit.beats_left), len(edit.before), edit.note, tuple(edit.refused))
        return msgspec.structs.replace(snapshot, edit=sheet)

    def _wait(self, dt: float, state: EngineState) -> None:
        """Count the beats that have gone by, and let the edit land if its beat comes within the next `dt` seconds."""
        edit = state.edit
        if state.playing != "playing":
            self._land(state)
            return
        ahead = dt * self._tempo(state) / 60.0
        gone, edit.beat = state.clock.beats - edit.beat, state.clock.beats
        # A clock that was set elsewhere has not gone there beat by beat.
        edit.beats_left -= gone if 0.0 <= gone <= 4.0 * ahead + _NEAR else ahead
        if edit.beats_left <= ahead + _NEAR:
            self._land(state)

    # Taking in

    def _take(self, event: Event, state: EngineState) -> None:
        """Accept an edit or undo, or leave everything as it is and note why."""
        edit = state.edit
        try:
            if event.kind == "undo":
                self._undo(event.argument or "now", state)
            else:
                self._edit(event.argument, state)
            edit.note, edit.beat = "", state.clock.beats
        except (msgspec.MsgspecError, ValidationError) as error:
            edit.note = f"{event.kind} refused: it is no show ({str(error).splitlines()[0][:200]})"
        except OrielError as error:
            edit.note = f"{event.kind} refused: {str(error).splitlines()[0][:300]}"
        if edit.note:
            edit.refused = [*edit.refused, (event.source, event.number)][-_REMEMBERED:]

    def _edit(self, argument: str, state: EngineState) -> None:
        asked = msgspec.json.decode(argument, type=Order)
        text = bytes(asked.show).decode()
        show = Show.model_validate_json(text)
        left = self._beats_to(asked.at, state)
        engine = self._rehearse(show, state)
        state.edit.count += 1
        self._keep(state.edit.count, show, text, engine)
        state.edit.coming, state.edit.beats_left, state.edit.undoing = state.edit.count, left, False
        self._drop(state)

    def _undo(self, at: str, state: EngineState) -> None:
        if state.edit.coming >= 0:
            state.edit.coming, state.edit.undoing = -1, False
            self._drop(state)
            return
        if not state.edit.before:
            raise EditError("there is no edition before this one")
        left = self._beats_to(at, state)
        state.edit.coming, state.edit.beats_left, state.edit.undoing = state.edit.before[-1], left, True

    def _rehearse(self, show: Show, state: EngineState) -> Engine:
        """Return the engine of a show; raise EditError unless it can take the running one's place with every scene."""
        running = self._shows[state.edit.playing]
        changed = list(frozen(running, show))
        if changed:
            raise EditError(changed[0])
        derived = {channel.name for channel in show.channel}
        known = {binding.channel for binding in show.binding} - derived | channels_read(show)
        problems = check.problems(show, self._parameters, known)
        if problems:
            raise EditError(problems[0].sentence)
        try:
            engine = Engine(show, self._parameters)
            written = msgspec.msgpack.encode(state)
            for index in range(len(engine.score.scenes)):
                memory = msgspec.msgpack.decode(written, type=EngineState)
                memory.scene, memory.into, memory.playing = index, 0.0, "playing"
                memory.smooth = [0.0] * len(show.binding)
                _forget_channels(running, show, memory.derived)
                engine.step(memory.life, 0, {}, {}, (), memory)
        except Exception as error:
            # Whatever an engine raises on a score of somebody else's must be found here and not on the wall.
            raise EditError(f"it cannot be played ({type(error).__name__}: {error})") from error
        return engine

    def _keep(self, number: int, show: Show, text: str, engine: Engine) -> None:
        self._shows[number], self._engines[number] = show, engine
        self.texts = {**self.texts, number: text}

    def _drop(self, state: EngineState) -> None:
        """Forget editions that can come back no more."""
        wanted = {0, state.edit.playing, state.edit.coming, *state.edit.before}
        for number in [number for number in self._shows if number not in wanted]:
            del self._shows[number], self._engines[number]
        self.texts = {number: text for number, text in self.texts.items() if number in wanted}

    # Beats

    def _tempo(self, state: EngineState) -> float:
        """Return the live tempo in beats per minute, or the score's own."""
        return state.clock.bpm or self.show(state).score.bpm

    def _beats_to(self, at: str, state: EngineState) -> float:
        """Return how many beats lie between now and a named place; raise EditError when it names none ahead."""
        if at == "now":
            return 0.0
        beat, bar = state.clock.beats, self.show(state).score.beats_per_bar
        if at in ("next beat", "next bar"):
            step = 1.0 if at == "next beat" else bar
            return (math.floor(beat / step + _NEAR) + 1) * step - beat
        found = re.fullmatch(r"(\d{1,7}(?:\.\d{1,6})?)(b|bar)", at)
        if found is None:
            raise EditError(f"at {at!r}: expected {PLACES}")
        left = float(found[1]) * (1.0 if found[2] == "b" else bar) - beat
        if left < 0:
            raise EditError(f"at {at!r}: this has passed; the show stands at beat {beat:.1f}")
        return left

    # Landing

    def _land(self, state: EngineState) -> None:
        """Let the edition that waits go on from the place of the one that plays."""
        old, new = self._engines[state.edit.playing], self._engines[state.edit.coming]
        names = [scene.name for scene in new.score.scenes]
        here = old.score.scenes[state.scene].name
        gone = here not in names
        index = min(state.scene, len(names) - 1) if gone else names.index(here)
        into = 0.0 if gone else min(state.into, new.score.scenes[index].seconds)
        moved = copy.copy(state)  # shallow: only the place differs
        moved.scene, moved.into = index, into
        if gone or old.standing(state) != new.standing(moved):
            old.freeze(state, TEXT_FADE)
        if gone:
            state.entries += 1
        second = old.seconds(state)
        state.scene, state.into = index, into
        if abs(new.seconds(state) - second) > _NEAR:
            new.director.cues.moved(new.seconds(state), state.cues)
            state.clock.located += 1
        shows = self._shows[state.edit.playing], self._shows[state.edit.coming]
        state.smooth = list(_carried(*shows, state.smooth))
        _forget_channels(*shows, state.derived)
        state.edit.before = (
            state.edit.before[:-1] if state.edit.undoing else [*state.edit.before, state.edit.playing][-KEPT:]
        )
        state.edit.playing, state.edit.coming, state.edit.undoing = state.edit.coming, -1, False
        self._drop(state)


def _carried(old: Show, new: Show, smooth: list[float]) -> Iterator[float]:
    """Yield for every new binding where the old one between the same ends stood."""
    stood = {(b.channel, b.parameter): value for b, value in zip(old.binding, smooth, strict=True)}
    for binding in new.binding:
        yield stood.get((binding.channel, binding.parameter), 0.0)


def _forget_channels(old: Show, new: Show, memory: dict[str, list[float]]) -> None:
    """Forget what derived channels remember that are not written as before; `memory` is by name and operator."""
    same = {channel.name for channel in new.channel if channel in old.channel}
    for key in [key for key in memory if key.rpartition(" ")[0] not in same]:
        del memory[key]


def frozen(old: Show, new: Show) -> Iterator[str]:
    """Yield one sentence per thing of `new` that cannot change while `old` plays, by its name in the show file."""
    for name in type(old).model_fields:
        if name in LIVE:
            continue
        one, other = getattr(old, name), getattr(new, name)
        if name == "show":
            one = one.model_copy(update={"loop": other.loop})
        if one != other:
            where = _where(one, other, name)
            yield f"{where}: it cannot change while the show plays; start the show again for that"
    yield from _starts(old, new)
    if old.narration is not None:
        yield from _spoken(old.scene, new.scene)


def _where(one: object, other: object, name: str) -> str:
    """Return the key that differs, as deep as tables go: artist.rate (12 to 24)."""
    fields = getattr(type(one), "model_fields", None)
    if fields is None or type(one) is not type(other):
        if isinstance(one, str | int | float | bool) and isinstance(other, str | int | float | bool):
            return f"{name} ({one!r} to {other!r})"
        return name
    part = next(part for part in fields if getattr(one, part) != getattr(other, part))
    return _where(getattr(one, part), getattr(other, part), f"{name}.{part}")


def _starts(old: Show, new: Show) -> Iterator[str]:
    """Starting points are made while the artist loads, one per scene."""
    for number, scene in enumerate(new.scene):
        before = old.scene[number] if number < len(old.scene) else None
        later = f"made ready before the show plays, for scene {number + 1} it was not; start the show again for that"
        if scene.init in ("black", "record") and (before is None or before.init != scene.init):
            yield f"scene {scene.name!r}, init: {scene.init!r} is {later}"
        if scene.records and (before is None or before.records != scene.records):
            yield f"scene {scene.name!r}, records: what a scene leans on is {later}"


def _spoken(old: Sequence[Scene], new: Sequence[Scene]) -> Iterator[str]:
    """A voice has read the scenes before they play."""
    if len(old) != len(new):
        yield "scene: with a voice ([narration]) none can come or go while the show plays"
        return
    for one, other in zip(old, new, strict=True):
        for key in ("seconds", "narration", "cues"):
            if getattr(one, key) != getattr(other, key):
                yield f"scene {other.name!r}, {key}: the voice has read it already; start the show again for that"
