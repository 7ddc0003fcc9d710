"""The camera's journey through the score: rates integrated over the time between two steps, however long that was.

A rate per second that is read once per frame and multiplied by the frame's time travels differently at every frame
rate: too far on a falling track, too short on a rising one, by half a frame's change at every jump. Here the score's
own tracks are integrated between the two instants (show/camera.py, `mean`): through fades, and through the end of a
scene, whose last moments belong to the scene before. Live hands and bindings are known at the steps only; what they
add is taken as it is on average over the step.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec

from show.camera import RATES, Pose, mean
from show.parameter import Value
from show.score import Score, smoothstep

WALK: Final = "walk/speed"
ADDRESSES: Final = (*RATES, WALK)
STRETCHES: Final = 32
"""A scene is summed up in so many stretches, or in seconds if these are more, so that no move in it is missed."""


class Journey(msgspec.Struct):
    """What is remembered of the way: each region's pose, and what hands and bindings added at the last step."""

    poses: tuple[Pose, ...] = ()
    added: dict[str, float] = {}


class Place(NamedTuple):
    """A place in the score: scene, seconds into it, and the fade that it stands in (see EngineState)."""

    scene: int
    into: float
    mixed: float
    mix_seconds: float
    values_from: Mapping[str, float]

    def at(self, into: float) -> Place:
        """Return the same scene and fade at another second of the scene."""
        return self._replace(into=into, mixed=self.mixed + into - self.into)

    def fading(self, into: float) -> bool:
        """Say whether the fade still goes on at a second of the scene."""
        return self.mix_seconds > 0 and self.mixed + into - self.into < self.mix_seconds


class Way(NamedTuple):
    """A stretch of one scene up to `end`, from second `begin`; `share` of the step's time was spent on it."""

    begin: float
    end: Place
    share: float


def ways(score: Score, before: Place, now: Place, dt: float) -> list[Way]:
    """Return the stretches of the score that lie between two steps; after a jump, only the place of now."""
    ahead = now.into - before.into
    if now.scene == before.scene and -1e-9 <= ahead <= 4 * dt + 1e-9:
        return [Way(before.into, now, 1.0)]
    rest = score.scenes[before.scene].seconds - before.into
    gone = rest + now.into
    if now.scene == (before.scene + 1) % len(score.scenes) and rest >= 0 and 0 < gone <= 4 * dt + 1e-9:
        share = rest / gone
        return [Way(before.into, before.at(before.into + rest), share), Way(0.0, now, 1 - share)]
    return [Way(now.into, now, 1.0)]


class Traveller:
    """Integrates the rates of one score; `base` holds every parameter's value where no track sets it."""

    def __init__(self, score: Score, base: Mapping[str, Value]) -> None:
        self._score = score
        self._base = {address: float(base[address]) for address in ADDRESSES}
        self._tracked = [frozenset(scene.tracks) for scene in score.scenes]

    def go(
        self, before: Place, now: Place, dt: float, held: Mapping[str, Value], values: Mapping[str, Value], far: Journey
    ) -> tuple[Pose, float]:
        """Return what the camera travels in `dt` seconds, and how far the walk goes, in seconds at speed 1.

        `held` are live values, `values` all values of now with hands and bindings.
        """
        stretches = ways(self._score, before, now, dt)
        fading = now.fading(stretches[0].begin)
        gone = [dt * self._mean(address, stretches, held, values, far, fading=fading) for address in ADDRESSES]
        return Pose(*gone[: len(RATES)]), gone[-1]

    def _mean(
        self,
        address: str,
        stretches: list[Way],
        held: Mapping[str, Value],
        values: Mapping[str, Value],
        far: Journey,
        *,
        fading: bool,
    ) -> float:
        still = float(held[address]) if address in held else None
        last = stretches[-1].end
        if still is None and len(stretches) == 1 and address not in self._tracked[last.scene] and not fading:
            still = self._base[address]  # the usual case: the score says nothing of it
        now = self._score_rate(address, last, last.into) if still is None else still
        added = float(values[address]) - now
        on_average = (added + far.added.get(address, added)) / 2
        far.added[address] = added
        if still is not None:
            return _travel(address, still + on_average)
        total = 0.0
        for begin, end, share in stretches:
            if share <= 0:
                continue
            if not self._moves(address, begin, end):
                rest = now if end is last else self._score_rate(address, end, end.into)
                total += share * _travel(address, rest + on_average)
                continue

            def rate(into: float, end: Place = end) -> float:
                return _travel(address, self._score_rate(address, end, into) + on_average)

            total += share * mean(rate, begin, end.into)
        return total

    def _moves(self, address: str, begin: float, end: Place) -> bool:
        """Say whether the score changes a rate between a second of a scene and a place in it."""
        if address in self._score.scenes[end.scene].tracks:
            return True
        return end.fading(begin) and end.values_from.get(address, self._base[address]) != self._base[address]

    def _score_rate(self, address: str, place: Place, into: float) -> float:
        """Return the rate that the score alone gives at a second of the scene of a place."""
        value = self._score.number(place.scene, address, into)
        value = self._base[address] if value is None else value
        before = place.values_from.get(address)
        if before is None or not place.fading(into):
            return value
        return before + (value - before) * smoothstep((place.mixed + into - place.into) / place.mix_seconds)


def scene_travel(score: Score, scene: int, base: Mapping[str, float]) -> Pose:
    """Return how far a scene's own tracks take the camera; `base` holds the rates where it has none."""

    def total(address: str) -> float:
        def rate(into: float) -> float:
            value = score.number(scene, address, into)
            return _travel(address, base[address] if value is None else value)

        seconds = score.scenes[scene].seconds
        looks = max(STRETCHES, math.ceil(seconds)) if address in score.scenes[scene].tracks else 1
        stretch = seconds / looks
        return sum(stretch * mean(rate, n * stretch, (n + 1) * stretch) for n in range(looks))

    return Pose(*(total(address) for address in RATES))


def _travel(address: str, rate: float) -> float:
    """Return what is summed up of a rate: doublings per second of a zoom, all others as they are."""
    return math.log2(max(rate, 1e-3)) if address == RATES[0] else rate
