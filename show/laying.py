"""Where cues lay the surfaces: corners, brightness and masks that fade, by shapes that a picture fits (see quads.py).

A surface is called by its region, or REGION/OUTPUT where the region lands on several outputs. Cues change where it lies
until another one does, or `release = ["*"]` sends it back to the show file's own place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from show import masks
from show.config import Show, Surface
from show.cue_config import Cue, Laid
from show.cue_state import CueState, Lay
from show.errors import did_you_mean
from show.masks import Cover, Mask, cover
from show.quads import Quad, QuadError, between
from show.score import smoothstep

Place = tuple[Quad, float, Cover]
"""Corners, brightness, masks."""


class Laying:
    """The surfaces of one show."""

    def __init__(self, surfaces: Sequence[Surface]) -> None:
        self._own = {number: own_place(surface) for number, surface in enumerate(surfaces)}
        self._feathers = [surface.feather for surface in surfaces]
        self._called = _names(surfaces)

    def problems(self, name: str, laid: Laid) -> Iterator[str]:
        """Yield what stands against a cue's laying a surface, in a sentence."""
        number = self._called.get(name)
        if number is None:
            yield f"{name}: there is no such surface{did_you_mean(name, self._called)}"
        elif laid.corners is not None:
            try:
                between(self._own[number][0], laid.corners, 0.5)
            except QuadError as error:
                yield str(error)

    def aim(self, cue: Cue, instant: float, seconds: float, state: CueState) -> None:
        """Send surfaces where a cue wants them, from where they are, within some seconds after an instant."""
        if "*" in cue.release:
            for laid_before in [number for number in state.lays if number in self._own]:
                self._send(laid_before, self._own[laid_before], instant, seconds, state)
        for name, laid in cue.surface.items():
            number = self._called.get(name)
            if number is not None:
                corners, level, covered = self._goal(number, state)
                if laid.mask is not None:
                    covered = cover(laid.mask, self._feathers[number] if laid.feather is None else laid.feather)
                wanted = (
                    corners if laid.corners is None else laid.corners,
                    level if laid.level is None else laid.level,
                    covered,
                )
                self._send(number, wanted, instant, seconds, state)

    def restore(self, cues: Sequence[Cue], instant: float, seconds: float, state: CueState) -> None:
        """Send surfaces where some cues from the top of the list have laid them."""
        before = CueState()
        for cue in cues:
            self.aim(cue, 0.0, 0.0, before)
        for laid in list(state.lays):
            self._send(laid, self._goal(laid, before), instant, seconds, state)

    def halt(self, state: CueState) -> None:
        """Leave surfaces where they are."""
        for number, place in self.now(state).items():
            state.lays[number] = Lay(state.played, 0.0, *place, *place)

    def grow(self, before: Mapping[int, Place], seconds: float, state: CueState) -> None:
        """Let surfaces grow out of where they were before a jump, but those that are under way."""
        for number in {*before, *state.lays}:
            lay = state.lays.get(number)
            if number in self._own and (lay is None or state.played >= lay.begin + lay.seconds):
                goal = self._goal(number, state)
                start = before.get(number, self._own[number])
                state.lays[number] = Lay(state.played, seconds, *start, *goal)

    def now(self, state: CueState) -> dict[int, Place]:
        """Return corners, brightness and mask of every surface that cues have laid, by its number in the show file."""
        return {number: _at(lay, state.played) for number, lay in state.lays.items() if number in self._own}

    def _goal(self, number: int, state: CueState) -> Place:
        lay = state.lays.get(number)
        return self._own[number] if lay is None else (lay.corners, lay.level, lay.cover)

    def _send(self, number: int, goal: Place, instant: float, seconds: float, state: CueState) -> None:
        lay = state.lays.get(number)
        start = self._own.get(number, goal) if lay is None else _at(lay, state.played)
        state.lays[number] = Lay(instant, seconds, *start, *goal)


def _at(lay: Lay, played: float) -> Place:
    share = smoothstep((played - lay.begin) / lay.seconds) if lay.seconds > 0 else 1.0
    if share >= 1.0:
        return lay.corners, lay.level, lay.cover
    level = lay.from_level + (lay.level - lay.from_level) * share
    covered = lay.cover if lay.from_cover == lay.cover else masks.between(lay.from_cover, lay.cover, share)
    return between(lay.from_corners, lay.corners, share), level, covered


def own_place(surface: Surface) -> Place:
    """Return where a surface lies by the show file."""
    return surface.corners, surface.level, cover(surface.mask, surface.feather)


def every_mask(show: Show) -> dict[int, list[Mask]]:
    """Return the masks that each surface can have by the show file and its cues, by its number, its own ones first."""
    laying, state = Laying(show.surface), CueState()
    found = {number: [mask for mask, _ in own_place(surface)[2]] for number, surface in enumerate(show.surface)}
    for cue in show.cue:
        laying.aim(cue, 0.0, 0.0, state)
        for number, lay in state.lays.items():
            found[number] += [mask for mask, _ in lay.cover if mask not in found[number]]
    return found


def _names(surfaces: Sequence[Surface]) -> dict[str, int]:
    """Return the number of every surface by the names that mean it alone."""
    found: dict[str, list[int]] = {}
    for number, surface in enumerate(surfaces):
        for name in (surface.region, f"{surface.region}/{surface.output}"):
            found.setdefault(name, []).append(number)
    return {name: numbers[0] for name, numbers in found.items() if len(numbers) == 1}
