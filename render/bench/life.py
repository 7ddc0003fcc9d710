"""`oriel bench walk`: whether a picture that is fed back for thousands of frames stays alive, and walks evenly.

Fed back, a picture may burn (contrast and colour grow), blur (fine detail goes), freeze (neighbouring frames become the
same) or collapse (contrast goes). Each is a figure here, in windows along the way, the worst of which must lie within a
band of the first. A window is as long as one round through all words, so that every window has shown the same words.
Evenness is measured without feedback, over a slerp walk between seeds under the same words: the coefficient of
variation of the distance between neighbouring frames.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from render.artists.base import Studio
from render.artists.diffusion import OPTIONS
from render.bench.walk import frame_distance, snapshot_at
from render.machine import choose
from render.models import Models, load_models
from render.painter import Painter
from show.bench.report import Report
from show.errors import told
from show.frames import Pictures
from show.parameter import options

ROUND: Final = 400
"""Frames of one round through all words."""
STRETCH: Final = 300
"""Frames of the walk whose evenness is measured."""
_NAMES: Final = ("contrast", "saturation", "fine detail")
_LOW, _HIGH = 0.6, 1.67
_DISTANCE_LOW, _DISTANCE_HIGH = 0.01, 0.06
_CV_MOST: Final = 0.10

Floats = npt.NDArray[np.float64]


@dataclass
class Course:
    """Figures of every frame: `contrast`, `saturation`, `detail` and, from the second on, `distance` to the last.

    The first three are in shares of full white; of the distance see `frame_distance`.
    """

    contrast: list[float] = field(default_factory=list)
    saturation: list[float] = field(default_factory=list)
    detail: list[float] = field(default_factory=list)
    distance: list[float] = field(default_factory=list)
    _last: Pictures | None = None

    def note(self, pictures: Pictures) -> None:
        """Add the figures of a triptych (N, H, W, 3) uint8."""
        unit = (pictures / 255).astype(np.float32)
        grey = unit.mean(-1)
        self.contrast.append(float(grey.std((1, 2)).mean()))
        self.saturation.append(float((unit.max(-1) - unit.min(-1)).mean()))
        fine = 4 * grey[:, 1:-1, 1:-1] - grey[:, :-2, 1:-1] - grey[:, 2:, 1:-1] - grey[:, 1:-1, :-2] - grey[:, 1:-1, 2:]
        self.detail.append(float(np.abs(fine).mean()))
        if self._last is not None:
            self.distance.append(frame_distance(self._last, pictures))
        self._last = pictures


def windows(numbers: Sequence[float], length: int) -> Floats:
    """Return the means of whole windows of `length`; all of it when it is shorter."""
    count = max(1, len(numbers) // length)
    return np.array([np.mean(numbers[k * length : (k + 1) * length]) for k in range(count)])


def variation(numbers: Sequence[float]) -> float:
    """Return the coefficient of variation: standard deviation by mean."""
    return float(np.std(numbers) / max(float(np.mean(numbers)), 1e-12))


def fed_back(painter: Painter, frames: int) -> Course:
    """Walk with feedback, through all words again and again."""
    course = Course()
    for frame in range(frames):
        course.note(painter.paint(snapshot_at(frame, ROUND)).pictures)
    return course


def even(painter: Painter, frames: int = STRETCH) -> tuple[float, float]:
    """Return the variation of frame distance over a slerp walk without feedback: of pictures, and of latents."""
    course, latents = Course(), []
    for frame in range(frames):
        given = snapshot_at(frame, 10**9)
        painted = painter.paint(replace(given, values=given.values | {"artist/feedback": 0.0}))
        course.note(painted.pictures)
        latents.append(painter.latents.float().cpu().numpy())
    far = [float(np.sqrt(np.mean((b - a) ** 2))) for a, b in pairwise(latents)]
    return variation(course.distance), variation(far)


def make_painter(models: Models, width: int, height: int) -> Painter:
    """Return a warm painter of triptychs."""
    studio = Studio(width, height, ("left", "centre", "right"), options(OPTIONS, {}, "artist"), deterministic=True)
    painter = Painter(models, studio)
    painter.warm_up()
    return painter


def report(course: Course, evenness: tuple[float, float]) -> Report:
    """Return the table of a walk."""
    found = Report()
    for name, numbers in zip(_NAMES, (course.contrast, course.saturation, course.detail), strict=True):
        means = windows(numbers, ROUND)
        found.within(f"{name}, lowest window by first", float(means.min() / means[0]), _LOW, _HIGH)
        found.within(f"{name}, highest window by first", float(means.max() / means[0]), _LOW, _HIGH)
        found.note(f"{name}, mean", float(means.mean()), ".3f")
    distance = windows(course.distance, ROUND)
    found.within("frame distance, lowest window", float(distance.min()), _DISTANCE_LOW, _DISTANCE_HIGH, ".4f")
    found.within("frame distance, highest window", float(distance.max()), _DISTANCE_LOW, _DISTANCE_HIGH, ".4f")
    found.at_most("variation of frame distance, pictures", evenness[0], _CV_MOST, ".3f")
    found.at_most("variation of frame distance, latents", evenness[1], _CV_MOST, ".3f")
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser("oriel bench walk", description=__doc__)
    parser.add_argument("--model", default="embedded", help='"embedded", a folder or a hub id')
    parser.add_argument("--frames", type=int, default=10_000)
    parser.add_argument("--width", type=int, default=192)
    parser.add_argument("--height", type=int, default=320)
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    args = parser.parse_args(arguments)
    machine = choose(options(OPTIONS, {"device": args.device}, "artist"), deterministic=False)
    models = load_models(args.model, "", machine, lambda _: None)
    evenness = even(make_painter(models, args.width, args.height))
    course = fed_back(make_painter(models, args.width, args.height), args.frames)
    title = f"{args.frames} frames of feedback, {args.width} x {args.height}, windows of {ROUND} frames"
    report(course, evenness).print(title)


if __name__ == "__main__":
    sys.exit(told(main))
