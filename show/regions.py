"""One text, several interpretations: how far every region departs from the first one, by a single knob.

`walk/divergence` is that knob. At 0 every region has the numbers of the first: the same words and weights, the same
place of the same walk, the same camera. Up to 1 they drift apart: walks run ahead of the first region's by up to one
seed per region, and the offsets that the show gives a region grow in. At 1 each region walks from its own seed, with
its offsets as they are written. Beyond 1 the offsets, and the ways in which its camera differs, are exaggerated.

Offsets are added up from [[region]] and from the scene's [scene.region.NAME]:

- `seed_offset`: seeds further along the walk (1 is SECONDS_PER_SEED seconds at speed 1);
- `weight_offset`: added to the weights of the words, one number for all or one per phrase. It turns no wanted phrase
  into an excluded one, and one that is off stays off: it counts in full from a weight of FULL_FROM;
- `phase`: seconds ahead in the scene's tracks of weights; before the first key and after the last these hold.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, NamedTuple

from show import walk
from show.camera import Pose
from show.config import Offsets, Region, Show
from show.score import Score
from show.snapshot import Phrase

FULL_FROM: Final = 0.25

Words = tuple[Phrase, ...]


class Own(NamedTuple):
    """What one region departs by in one scene at divergence 1."""

    seed: float
    weights: tuple[float, ...]
    phase: float


class Regions:
    """The regions of one show over the scenes of its score."""

    def __init__(self, show: Show, score: Score) -> None:
        self._show = show
        self._score = score
        self._turns = (-math.inf, list[tuple[float, float]]())
        self._own = [
            [_added(region, scene.region.get(region.name), len(scene.words)) for region in show.region]
            for scene in score.scenes
        ]
        self._alike = [all(own.phase == 0 and not any(own.weights) for own in row) for row in self._own]

    def words(self, scene: int, into: float, divergence: float, gain: Callable[[int], float]) -> tuple[Words, ...]:
        """Return the phrases of every region `into` seconds into a scene; `gain(n)` multiplies phrase n (from 1)."""
        count = len(self._show.region)
        if self._alike[scene] or divergence <= 0:
            own = self._own[scene][0]
            one = self._shifted(scene, into, own, 0.0 if self._alike[scene] else 1.0, gain)
            return (one,) * count
        first = self._own[scene][0]
        return tuple(
            self._shifted(scene, into, _between(first, own, divergence), 1.0, gain) for own in self._own[scene]
        )

    def _shifted(self, scene: int, into: float, own: Own, share: float, gain: Callable[[int], float]) -> Words:
        seconds = self._score.scenes[scene].seconds
        at = min(max(into + share * own.phase, 0.0), seconds)
        found = self._score.words(scene, at, gain)
        shifts = own.weights
        return tuple(
            Phrase(phrase.text, max(0.0, phrase.weight + share * shifts[n] * min(1.0, phrase.weight / FULL_FROM)))
            if n < len(shifts) and shifts[n] and phrase.weight > 0
            else phrase
            for n, phrase in enumerate(found)
        )

    def ahead(self, scene: int, divergence: float) -> tuple[float, ...]:
        """Return how many seeds ahead on its walk every region stands by its offset."""
        first, share = self._own[scene][0].seed, max(divergence, 0.0)
        return tuple(first + (own.seed - first) * share for own in self._own[scene])

    def place(
        self, number: int, walked: float, ahead: float, divergence: float, at: tuple[int, float] = (0, 0.0)
    ) -> walk.Place:
        """Return where a region stands after `walked` seeds, `ahead` of them by its offset.

        `at` is (scene, seconds into it): a scene that names its seeds leaves the walk.
        """
        seeds = self._score.seeds[at[0]]
        if seeds is not None:
            own = self._show.region[number].seed + 1 if number and divergence >= 1.0 else 0
            return seeds(at[1], ahead + (walk.offset(divergence, number) if not own else 0.0), own)
        base = walk.base_seed(self._show.region[number].seed, self._show.region[0].seed, divergence)
        drift = walk.offset(divergence, number) if divergence < 1.0 else 0.0
        return walk.place(base, walked + drift + ahead)

    def went(self, poses: tuple[Pose, ...], travel: Pose, divergence: float) -> tuple[Pose, ...]:
        """Return every region's pose after the camera has travelled."""
        count = len(self._show.region)
        poses = poses if len(poses) == count else (Pose(),) * count
        found = []
        for number, pose in enumerate(poses):
            zoom, angle = self.turns(number, divergence)
            found.append(
                Pose(
                    pose.doublings + travel.doublings * zoom,
                    pose.angle + travel.angle * angle,
                    pose.x + travel.x,
                    pose.y + travel.y,
                    pose.pitch + travel.pitch,
                    pose.yaw + travel.yaw,
                    pose.z + travel.z,
                )
            )
        return tuple(found)

    def turns(self, number: int, divergence: float) -> tuple[float, float]:
        """Return the exponent of a region's zoom and the factor of its angle."""
        known, turns = self._turns  # the knob rarely moves
        if known != divergence:
            turns = [self._turn(region, divergence) for region in self._show.region]
            self._turns = divergence, turns
        return turns[number]

    def _turn(self, own: Region, divergence: float) -> tuple[float, float]:
        first = self._show.region[0]
        return (
            max(0.0, first.zoom + (own.zoom - first.zoom) * divergence),
            first.angle + (own.angle - first.angle) * divergence,
        )


def _added(of_show: Offsets, of_scene: Offsets | None, phrases: int) -> Own:
    both = [of_show] if of_scene is None else [of_show, of_scene]
    weights = [_per_phrase(part.weight_offset, phrases) for part in both]
    return Own(
        sum(part.seed_offset for part in both),
        tuple(sum(column) for column in zip(*weights, strict=True)),
        sum(part.phase for part in both),
    )


def _per_phrase(offset: float | tuple[float, ...], phrases: int) -> tuple[float, ...]:
    """Return one offset per phrase; a list too short leaves the rest alone."""
    if isinstance(offset, int | float):
        return (float(offset),) * phrases
    return (*offset, *(0.0,) * phrases)[:phrases]


def _between(first: Own, own: Own, share: float) -> Own:
    """Return what lies `share` of the way from the first region's offsets to a region's own, or beyond them."""
    return Own(
        first.seed + (own.seed - first.seed) * share,
        tuple(a + (b - a) * share for a, b in zip(first.weights, own.weights, strict=True)),
        first.phase + (own.phase - first.phase) * share,
    )
