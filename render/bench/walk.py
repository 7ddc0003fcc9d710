"""A long walk of feedback over four prompts, by the painter itself, and what became of the picture on the way."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from PIL import Image

from render.artists.base import Studio
from render.artists.diffusion import OPTIONS, PARAMETERS
from render.critics.clip import Clip
from render.models import Models
from render.painter import Painter
from show import walk as path
from show.frames import Pictures
from show.parameter import options
from show.score import smoothstep
from show.snapshot import Phrase, Region, Snapshot

PROMPTS: Final = (
    "black bubbling water",
    "a green landscape outside a window",
    "an orange fire at night",
    "blue and golden stained glass",
)
RATE: Final = 12.0
"""Paintings per second of the walk."""
FRAMES_PER_SEED: Final = 40
ZOOM: Final = 1.01**RATE
ANGLE: Final = 0.6 * RATE
"""How the walk moves: from seed to seed in so many frames, while the camera closes in by 1.01 and turns by 0.6 degrees
in each, as in the trial that the band of frame distances came from. A show at walk/speed 1 goes 2.4 times as slowly."""
_SIDE: Final = 256
_STRIP: Final = 24
_SEEDS: Final = (2021, 150, 4213)
_FADE: Final = 0.3
"""Share of a prompt's time in which it grows out of the one before."""


@dataclass(frozen=True)
class Walked:
    """What became of the picture.

    `contrast` and `saturation`: when the walk has come round to its first words, as a share of what they were under the
    same words at first; `distance`: see `frame_distance`; `arrived`: at how many of the prompts that it went to the
    critic found, at their end, more of them than of the one before.
    """

    contrast: float
    saturation: float
    distance: float
    arrived: int


def _region(number: int, place: float, share: float) -> Region:
    """A region at `place` (prompts gone by, and how far into this one), of a walk through seeds moved by `share`."""
    now = int(place)
    before = max(0, now - 1)
    mix = smoothstep(min(1.0, (place - now) / _FADE)) if now else 1.0
    here = path.place(_SEEDS[number], share)
    words_a, words_b = ((Phrase(PROMPTS[which % len(PROMPTS)]),) for which in (before, now))
    return Region(
        name=f"region {number}", words_a=words_a, words_b=words_b, mix=mix,
        seed_a=here.seed_a, seed_b=here.seed_b, seed_mix=here.mix,
        zoom=ZOOM, angle=(-ANGLE, 0.0, ANGLE)[number], x=0.0, y=0.0,
    )  # fmt: skip


def snapshot_at(frame: int, round_frames: int) -> Snapshot:
    """The snapshot of one frame of a walk that goes round through all prompts in `round_frames`, again and again."""
    seconds = frame / RATE
    place = frame / round_frames * len(PROMPTS)
    regions = tuple(_region(number, place, frame / FRAMES_PER_SEED) for number in range(len(_SEEDS)))
    values = {parameter.address: parameter.default for parameter in PARAMETERS}
    return Snapshot(
        id=frame + 1, t=seconds, life=seconds, stamp_ns=0, origin_ns=0, playing="playing", scene=0, scene_name="walk",
        regions=regions, values=values, caption="", narration="", acks={},
    )  # fmt: skip


def make_painter(models: Models) -> Painter:
    """A warm painter of square triptychs."""
    studio = Studio(_SIDE, _SIDE, ("left", "centre", "right"), options(OPTIONS, {}, "artist"), deterministic=True)
    painter = Painter(models, studio)
    painter.warm_up()
    return painter


def frame_distance(before: Pictures, after: Pictures) -> float:
    """Mean absolute difference of two frames uint8, counted in -1..1 as the networks see them.

    The band of 0.01 to 0.06 was found in these numbers, by the trial that the model came from.
    """
    return float(np.abs(after.astype(np.float32) - before.astype(np.float32)).mean()) / 127.5


def walk(models: Models, critic: Clip, frames: int, strip: Path | None = None) -> Walked:
    """Walk through all prompts and back to the first; write a strip of the centre picture into `strip` if given."""
    painter = make_painter(models)
    legs = len(PROMPTS) + 1
    leg = max(1, frames // legs)
    contrast, saturation, distance = [], [], []
    ends: list[Pictures] = []
    kept: list[Pictures] = []
    last: Pictures | None = None
    for frame in range(leg * legs):
        pictures = painter.paint(snapshot_at(frame, leg * len(PROMPTS))).pictures
        unit = pictures.astype(np.float32) / 255
        contrast.append(float(unit.mean(-1).std((1, 2)).mean()))
        saturation.append(float((unit.max(-1) - unit.min(-1)).mean()))
        if last is not None:
            distance.append(frame_distance(last, pictures))
        last = pictures
        if (frame + 1) % leg == 0:
            ends.append(pictures)
        if frame * _STRIP // (leg * legs) > (frame - 1) * _STRIP // (leg * legs):
            kept.append(pictures[1])
    if strip is not None:
        Image.fromarray(
            np.concatenate([np.concatenate(kept[: _STRIP // 2], 1), np.concatenate(kept[_STRIP // 2 :], 1)])
        ).save(strip)
    return Walked(
        contrast=_kept(contrast, leg),
        saturation=_kept(saturation, leg),
        distance=_mean(distance),
        arrived=_arrived(critic, ends),
    )


def _kept(numbers: list[float], leg: int) -> float:
    """What the last leg has of what the first had, the time left out in which words still fade into each other."""
    settled = int(leg * _FADE)
    return _mean(numbers[settled - leg :]) / _mean(numbers[settled:leg])


def _arrived(critic: Clip, ends: list[Pictures]) -> int:
    """How many of the pictures at the ends of all legs but the first fit their words better than those before."""
    scores = [critic.score(end, PROMPTS).mean(0) for end in ends]
    return int(sum(scores[leg][leg % len(PROMPTS)] > scores[leg][leg - 1] for leg in range(1, len(ends))))


def _mean(numbers: list[float]) -> float:
    return float(np.mean(numbers))


def frame_seconds(models: Models, frames: int = 40) -> float:
    """Median seconds of one triptych of the walk, feedback included."""
    painter = make_painter(models)
    times = []
    for frame in range(frames):
        begun = time.perf_counter()
        painter.paint(snapshot_at(frame, frames * 100))
        times.append(time.perf_counter() - begun)
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return float(np.median(times))
