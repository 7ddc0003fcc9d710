"""The cue list: GO, waits, chains and fades, on a clock of its own that stands still while the show does; pure.

1. A cue is fired by GO, by its number, by the moment in its `at`, or by the cue before it (next = continue, follow). It
   begins when its pre-wait is over: it goes somewhere, aims parameters at goals, and lays the next one of its chain.
2. Waits are kept as instants, not as seconds left. A step is cut at every instant that lies in it, so that a chain of
   waits never adds up the length of steps, and one long step does the same as many short ones. That is also how a jump
   finds what stands at a second: the timed cues before it are played in one go (`chase`), without the score.
3. The values of cues lie over the tracks of the score and under live hands. A cue takes a parameter from a hand; a
   scene with a track takes it from the cue.
4. Cues are remembered by their number, so that a live edit of the list leaves what runs alone.

Fades are eased (smoothstep) in the space of what they move: ratios by their logarithm, all other numbers as they are.
wall/level is linear light already, and words are mixed by the transition of their scene.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from show.config import Surface
from show.cue_config import Cue, Go, numbered
from show.cue_state import BEHIND, CueState, Fade, Wait, let_go
from show.errors import did_you_mean
from show.laying import Laying
from show.parameter import ParameterTree, Value
from show.score import smoothstep
from show.snapshot import CueSheet, Event

NEAR: Final = 1e-6
"""Seconds by which an instant may lie after a step and still belong to it."""
END: Final = 2e6
"""Stands by when the list is at its end; no cue has this number."""
MOST: Final = 200
"""Happenings in one step; a chain that goes round in no time goes on in the next one."""
REFUSALS: Final = 16
RATIO: Final = "x/s"
"""The unit of parameters that are ratios."""


class Stage(Protocol):
    """What cues move: the place in the score, and the values that lie under theirs."""

    @property
    def running(self) -> bool:
        """Whether the list's clock runs."""
        ...

    def here(self) -> float:
        """Return the second of the show."""
        ...

    def to_end(self) -> float:
        """Return the seconds to the end of the score if it begins again there, else infinity."""
        ...

    def roll(self, seconds: float) -> None:
        """Let the score go on."""
        ...

    def under(self, address: str) -> Value:
        """Return the value that the score gives a parameter."""
        ...

    def held(self, address: str) -> Value | None:
        """Return the value that a live hand gives it, if one does."""
        ...

    def takes(self, address: str) -> None:
        """Take a parameter from a live hand."""
        ...

    def goes(self, cue: Cue) -> float:
        """Go where a cue goes, if it does; return the seconds of its fade."""
        ...

    def does(self, cue: Cue) -> None:
        """Start, stop or pause as a cue says."""
        ...


class Cues:
    """The cue list of one show; `times` holds the second of every cue that has an `at`, by its place in the list."""

    def __init__(
        self,
        cues: Sequence[Cue],
        go: Go,
        parameters: ParameterTree,
        times: Mapping[int, float],
        surfaces: Sequence[Surface] = (),
    ) -> None:
        self.cues = tuple(cues)
        self.laying = Laying(surfaces)
        self._go = go
        self._parameters = parameters
        self._numbers = [cue.number for cue in cues]
        self._timed = sorted((second, place) for place, second in times.items())
        self._seconds = [second for second, _ in self._timed]

    # Firing

    def go(self, event: Event, life: float, state: CueState) -> bool:
        """Take a GO at engine time `life`: fire what stands by, or refuse it; return whether it was taken."""
        since = life - state.went
        if since < self._go.guard:
            return self.refuse(
                event, f"GO was refused: it came {since:.2f} s after the last one (guard {self._go.guard:g} s)", state
            )
        place = bisect_left(self._numbers, state.next)
        if place == len(self.cues):
            return self.refuse(event, "GO was refused: the cue list is at its end", state)
        state.went, state.note = life, ""
        self._start(place, state)
        return True

    def refuse(self, event: Event, why: str, state: CueState) -> bool:
        """Note a refused GO; returns False."""
        state.note = why
        state.refused = [*state.refused, (event.source, event.number)][-REFUSALS:]
        return False

    def fire(self, name: str, state: CueState) -> str:
        """Fire a cue by its number or name, whatever stands by; return why not, or ""."""
        place = self.find(name)
        if place is None:
            known = [*(numbered(cue.number) for cue in self.cues), *(cue.name for cue in self.cues if cue.name)]
            return f"cue: there is no cue {name[:80]!r}{did_you_mean(name[:80], known)}"
        state.note = ""
        self._start(place, state)
        return ""

    def opens(self, state: CueState) -> bool:
        """Say whether a cue is still to be fired when the show first plays."""
        return self._go.on_open is not None and not state.opened

    def open(self, state: CueState) -> None:
        """Fire the cue of `on_open`, once, when the show first plays."""
        if self.opens(state) and self._go.on_open is not None:
            place = self.find(numbered(self._go.on_open))
            if place is not None:
                self._start(place, state)
        state.opened = True

    def back(self, stage: Stage, state: CueState) -> str:
        """Take back the last cue with its chain: fade to what the cues before it make; return why not, or ""."""
        place = self._place(state.head)
        if place is None:
            return "back: no cue has been fired"
        undone = [*range(place, len(self.cues))]
        before: dict[str, Value | None] = {}
        scene: Cue | None = None
        for cue in self.cues[:place]:
            if "*" in cue.release:
                before = dict.fromkeys(before)
            before.update(cue.goals())
            scene = cue if cue.scene or cue.seek is not None or cue.do == "begin" else scene
        for number in undone:
            before |= {address: before.get(address) for address in self.cues[number].goals()}
        state.waits = []
        seconds = stage.goes(scene) if scene is not None else 0.0
        fade = self.cues[place].fade
        for address, goal in before.items():
            if goal is not None or address in state.values or address in state.fades:
                way = Fade(state.played, seconds if fade is None else fade, 0.0)
                self._aim(address, goal, way, stage, state)
        self.laying.restore(self.cues[:place], state.played, seconds if fade is None else fade, state)
        state.next, state.note = self.cues[place].number, ""
        earlier = self._chain_head(place - 1)
        state.head = state.last = self.cues[earlier].number if earlier >= 0 else -1.0
        return ""

    def panic(self, stage: Stage, state: CueState) -> None:
        """Drop what waits, and leave every fade where it stands."""
        state.waits = []
        self.laying.halt(state)
        for address in list(state.fades):
            stood = self.stands(address, stage, state)
            let_go(address, state)
            state.values[address] = stood

    def find(self, name: str) -> int | None:
        """Return the place of a cue by its number or name in the list, or None."""
        for place, cue in enumerate(self.cues):
            if name in (numbered(cue.number), cue.name):
                return place
        try:
            return self._place(float(name))
        except ValueError:
            return None

    def _place(self, number: float) -> int | None:
        place = bisect_left(self._numbers, number)
        return place if place < len(self._numbers) and self._numbers[place] == number else None

    def _start(self, place: int, state: CueState) -> None:
        """Fire a cue that begins a chain."""
        state.head = self.cues[place].number
        self._fire(place, state.played, state)

    def _fire(self, place: int, instant: float, state: CueState) -> None:
        """Fire a cue at an instant of the list's clock; what stands by is the one after its chain."""
        cue = self.cues[place]
        state.waits = [*state.waits, Wait(cue.number, instant + cue.pre_wait, "begin")]
        state.last = cue.number
        after = place + 1
        while after < len(self.cues) and self.cues[after - 1].next != "stop":
            after += 1
        state.next = self.cues[after].number if after < len(self.cues) else END

    def _chain_head(self, place: int) -> int:
        while place > 0 and self.cues[place - 1].next != "stop":
            place -= 1
        return place

    # Time

    def advance(self, dt: float, seconds: float, stage: Stage, state: CueState, most: int = MOST) -> None:
        """Let `dt` seconds pass in which the score goes on by `seconds`, and do what falls into them on its instant.

        No more than `most` things happen; what is left keeps its instant and is done in the next step.
        """
        rate = seconds / dt if dt > 0 else 0.0
        left = dt
        for _ in range(most):
            wait = self._until(rate, stage, state)
            if not stage.running or wait > left + NEAR:
                break
            part = min(max(wait, 0.0), left)
            left -= part
            state.played += part
            self._happen(part * rate, rate, stage, state)
        if stage.running and left > 0:
            stage.roll(left * rate)
            state.played += left
        self._settle(state)

    def chase(self, second: float, stage: Stage, state: CueState) -> CueState:
        """Return the memory of a list whose timed cues were played from 0 to a second of the show.

        `stage` stands at 0 and goes nowhere else, whatever a cue says.
        """
        fresh = CueState(went=state.went, note=state.note, refused=state.refused)
        if state.opened:
            self.open(fresh)
        self.advance(second, second, stage, fresh, most=2 * (1 + len(self._timed)) * (1 + len(self.cues)))
        return fresh

    @property
    def timed(self) -> bool:
        """Whether any cue is fired by the clock."""
        return bool(self._timed)

    def moved(self, second: float, state: CueState) -> None:
        """Note that the score was put to a second; a timed cue on it is to come, if this is not that cue's doing."""
        if abs(second - state.reached) > NEAR:
            state.reached = second - 2 * NEAR

    def _until(self, rate: float, stage: Stage, state: CueState) -> float:
        """Return the seconds to the next happening."""
        wait = min((one.due for one in state.waits), default=math.inf) - state.played
        if not self._timed or rate <= 0:
            return wait
        return min(wait, min(self._ahead(stage, state), stage.to_end()) / rate)

    def _ahead(self, stage: Stage, state: CueState) -> float:
        """Return the seconds of the show to the next timed cue."""
        at = bisect_right(self._seconds, state.reached)
        return self._seconds[at] - stage.here() if at < len(self._seconds) else math.inf

    def _happen(self, gone: float, rate: float, stage: Stage, state: CueState) -> None:
        """Let the score go on to an instant, and do the first thing that is due there."""
        first = min(state.waits, key=lambda wait: wait.due, default=None)
        if first is not None and first.due <= state.played + NEAR:
            stage.roll(gone)
            state.waits = [wait for wait in state.waits if wait is not first]
            self._due(first, stage, state)
            return
        if rate > 0 and stage.to_end() - gone <= NEAR < self._ahead(stage, state) - gone:
            stage.roll(gone + NEAR / 1000)  # past the end, whatever the last bit says
            state.reached = BEHIND
            return
        stage.roll(gone)
        at = bisect_right(self._seconds, state.reached)
        if rate <= 0 or at == len(self._seconds) or self._seconds[at] > stage.here() + NEAR:
            return
        state.reached = self._seconds[at]
        for second, place in self._timed[at:]:
            if second != state.reached:
                break
            self._start(place, state)

    def _due(self, wait: Wait, stage: Stage, state: CueState) -> None:
        place = self._place(wait.number)
        if place is None:
            return  # a live edit has taken it out
        if wait.what == "fire":
            self._fire(place, wait.due, state)
        else:
            self._begin(place, wait.due, stage, state)

    def _begin(self, place: int, instant: float, stage: Stage, state: CueState) -> None:
        cue = self.cues[place]
        seconds = stage.goes(cue)
        if "*" in cue.release:
            for address in [*state.values, *state.fades]:
                self._aim(address, None, Fade(instant, seconds, 0.0), stage, state)
        for address, goal in cue.goals().items():
            self._aim(address, goal, Fade(instant, seconds, 0.0), stage, state)
        self.laying.aim(cue, instant, seconds, state)
        if cue.next != "stop" and place + 1 < len(self.cues):
            over = seconds if cue.next == "follow" else 0.0
            state.waits = [*state.waits, Wait(self.cues[place + 1].number, instant + over + cue.post_wait, "fire")]
        stage.does(cue)

    # Values

    def _aim(self, address: str, goal: Value | None, way: Fade, stage: Stage, state: CueState) -> None:
        """Send a parameter a way to a goal, or back to the score (None), from where it stands."""
        parameter = self._parameters[address]
        start = self.stands(address, stage, state)
        stage.takes(address)
        let_go(address, state)
        if goal is not None:
            state.values[address] = parameter.accept(goal)
        if way.seconds > 0 and parameter.kind in ("float", "int"):
            state.fades[address] = Fade(way.begin, way.seconds, float(start))

    def over(self, values: dict[str, Value], state: CueState) -> None:
        """Lay the values of cues over those of the score."""
        values.update(state.values)
        for address, fade in state.fades.items():
            values[address] = self._between(address, fade, float(values[address]), state.played)

    def stands(self, address: str, stage: Stage, state: CueState) -> Value:
        """Return the value of a parameter now, without bindings."""
        held = stage.held(address)
        if held is not None:
            return held
        value = state.values.get(address, stage.under(address))
        fade = state.fades.get(address)
        return value if fade is None else self._between(address, fade, float(value), state.played)

    def grow(self, address: str, start: float, seconds: float, state: CueState) -> None:
        """Let a parameter grow out of a value towards what cues or the score give it, unless it is under way."""
        if address not in state.fades:
            state.fades[address] = Fade(state.played, seconds, start)

    def _between(self, address: str, fade: Fade, goal: float, played: float) -> float:
        share = smoothstep((played - fade.begin) / fade.seconds) if fade.seconds > 0 else 1.0
        if self._parameters[address].unit == RATIO and fade.start > 0 and goal > 0:
            return float(fade.start * (goal / fade.start) ** share)
        return fade.start + (goal - fade.start) * share

    def _settle(self, state: CueState) -> None:
        """Forget fades that are over."""
        over = [address for address, fade in state.fades.items() if state.played >= fade.begin + fade.seconds]
        for address in over:
            del state.fades[address]

    # Telling

    def sheet(self, state: CueState) -> CueSheet | None:
        """Return what people see of the list; None where there is none."""
        if not self.cues:
            return None
        by = bisect_left(self._numbers, state.next)
        last = self._place(state.last)
        waiting = sorted(state.waits, key=lambda wait: wait.due)
        places = [(self._place(wait.number), max(0.0, wait.due - state.played)) for wait in waiting]
        return CueSheet(
            next=self.cues[by].label if by < len(self.cues) else "",
            last=self.cues[last].label if last is not None else "",
            waiting=tuple((self.cues[place].label, left) for place, left in places if place is not None),
            note=state.note,
            refused=tuple(state.refused),
        )
