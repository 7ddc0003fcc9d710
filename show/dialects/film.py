"""A film of frames as all dialects tell it, and the show file that it becomes.

Frames are counted from 0 and may be fractional; frame f stands at second f / fps. A curve is points (frame, value) in
the units of the show's parameters, straight between them, held before the first and after the last. Every scene has its
own curves, in frames from its own beginning.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import numpy as np

from show import show_text
from show.dialects.phrases import LARGEST
from show.dialects.schedule import Series, thinned
from show.dialects.source import DialectError
from show.parameter import Parameter
from show.parameters import CORE

Curve = list[tuple[float, float]]
"""Points (frame, value), rising."""

MOST_FRAMES: Final = 250_000
MOST_SECONDS: Final = 86_400.0
SEEDS: Final = (2021, 150, 4213, 75, 12, 1024, 256, 96)
_SIDES: Final = 192 * 320
_KNOWN: Final = {parameter.address: parameter for parameter in CORE}
_SHARES: Final = {"artist/strength": (0.0, 1.0, 0.5), "artist/feedback": (0.0, 1.0, 1.0)}
"""Parameters of the artist that films move: lowest, highest, default."""


@dataclass(frozen=True)
class Kept:
    """A track as a formula of the film's frame F or, where it has points (frame, value), of what they give as L."""

    formula: str
    points: Curve | None = None


@dataclass
class FilmScene:
    """Frames with the same words: how many, the phrases and their weights, what is excluded, curves by address.

    `kept` says the same as `curves`, in every frame, and is what the show file says where it is there.
    """

    frames: float
    phrases: list[tuple[str, Curve]]
    exclude: list[str] = field(default_factory=list)
    curves: dict[str, Curve] = field(default_factory=dict)
    kept: dict[str, Kept] = field(default_factory=dict)


@dataclass
class Film:
    """A film in some dialect: what it is called, its rate, its scenes, and what to say about the reading.

    `shape` is width and height of its pictures (any unit), `regions` how many pictures stand side by side, `rate` how
    many pictures a second are painted; `seed` is that of the first region; `seeds_walk`: whether seeds change.
    """

    title: str
    fps: float
    scenes: list[FilmScene]
    shape: tuple[float, float] = (1.0, 1.0)
    regions: int = 1
    rate: float = 12.0
    seed: int | None = None
    seeds_walk: bool = True
    read: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def still(weight: float) -> Curve:
    """Return the curve of one value."""
    return [(0.0, weight)]


def curve(marks: Sequence[float], values: Sequence[float] | Series) -> Curve:
    """Return the points without which straight lines would miss others; at both ends the value holds anyway."""
    points = [(float(marks[place]), float(values[place])) for place in thinned(marks, values)]
    while len(points) > 1 and points[0][1] == points[1][1]:
        points.pop(0)
    while len(points) > 1 and points[-1][1] == points[-2][1]:
        points.pop()
    return points if len(points) > 1 else still(points[0][1])


def portion(whole: Curve, begin: float, end: float) -> Curve:
    """Return what a curve does between two frames, in frames from `begin`."""
    marks, values = [mark for mark, _ in whole], [value for _, value in whole]
    inner = [mark for mark in marks if begin < mark < end]
    found = np.interp([begin, *inner, end], marks, values).tolist()
    return curve([mark - begin for mark in (begin, *inner, end)], found)


def cut(points: Curve, low: float, high: float) -> Curve:
    """Return a curve kept within a range: with a point wherever it crosses an end of it, so that lines stay lines."""
    crossings = {
        f0 + (f1 - f0) * (edge - v0) / (v1 - v0): edge
        for (f0, v0), (f1, v1) in pairwise(points)
        for edge in (low, high)
        if min(v0, v1) < edge < max(v0, v1)
    }
    return sorted({**crossings, **{frame: min(max(value, low), high) for frame, value in points}}.items())


def limits(address: str) -> tuple[float, float, float]:
    """Return the lowest, highest and default value of a parameter that films move."""
    if address in _SHARES:
        return _SHARES[address]
    parameter: Parameter = _KNOWN[address]
    return float(parameter.minimum or 0.0), float(parameter.maximum or 0.0), float(parameter.default)


def show_file(film: Film, name: str) -> str:
    """Return a film as a show file (TOML), and add what had to be cut to what it lost; raise DialectError."""
    _hold_to_limits(film)
    total = sum(scene.frames for scene in film.scenes)
    for number, scene in enumerate(film.scenes, 1):
        if not 0 < scene.frames / film.fps <= MOST_SECONDS:
            raise DialectError(
                f"{name}: scene {number}: expected a length of at most a day, got {scene.frames / film.fps:g} s"
            )
    film.read.append(f"{len(film.scenes)} scenes, {total:g} frames at {film.fps:g} a second: {total / film.fps:.1f} s.")
    width, height = _pixels(film)
    parts = [
        show_text.table("[show]", {"title": film.title.strip()[:80] or "A film", "loop": False}),
        show_text.table(
            "[artist]",
            {
                "module": "diffusion",
                "width": width,
                "height": height,
                "rate": min(max(film.rate, 1.0), 240.0),
                "options": {"model": "embedded"},
            },
        ),
    ]
    parts.insert(1, show_text.table("[score]", {"fps": film.fps}))
    if not film.seeds_walk:
        parts.append(show_text.table("[parameters]", {"walk/speed": 0.0}))
    parts += [show_text.table("[[region]]", region) for region in _regions(film)]
    names = _names(film.scenes)
    for scene, label in zip(film.scenes, names, strict=True):
        parts.append(show_text.table("[[scene]]", _scene(scene, label, film.fps)))
    parts.append(show_text.table("[[output]]", {"name": "wall", "module": "window", "width": 1920, "height": 1080}))
    parts += [show_text.table("[[surface]]", surface) for surface in _surfaces(film)]
    return "\n".join(parts)


def _scene(scene: FilmScene, name: str, fps: float) -> dict[str, Any]:
    table: dict[str, Any] = {"name": name, "seconds": scene.frames / fps, "fade": 0.0}
    table["words"] = [{"text": text, "weight": _weight(weights, fps)} for text, weights in scene.phrases]
    if scene.exclude:
        table["exclude"] = scene.exclude
    tracks: dict[str, Any] = {}
    for address, points in scene.curves.items():
        if any(value != limits(address)[2] for _, value in points):
            tracks[address] = _track(points, scene.kept.get(address), fps)
    if tracks:
        table["tracks"] = tracks
    return table


def _track(points: Curve, kept: Kept | None, fps: float) -> str | list[list[float]] | dict[str, Any]:
    if kept is not None and kept.points is None:
        return kept.formula
    keys = [[frame / fps, value] for frame, value in (points if kept is None else kept.points or [])]
    return keys if kept is None else {"keys": keys, "expr": kept.formula}


def _weight(weights: Curve, fps: float) -> float | list[list[float]]:
    if len(weights) == 1:
        return weights[0][1]
    return [[frame / fps, weight] for frame, weight in weights]


def _hold_to_limits(film: Film) -> None:
    """Cut what lies beyond the range of a parameter or a weight, and tell it once per parameter."""
    worst: dict[str, float] = {}
    for scene in film.scenes:
        for address, points in scene.curves.items():
            low, high, _ = limits(address)
            over = [value for _, value in points if not low <= value <= high]
            if over:
                worst[address] = max([*over, worst.get(address, 0.0)], key=abs)
                scene.kept.pop(address, None)
                scene.curves[address] = cut(points, low, high)
        scene.phrases = [
            (text, [(frame, min(max(weight, -LARGEST), LARGEST)) for frame, weight in weights])
            for text, weights in scene.phrases
        ]
    for address, value in worst.items():
        low, high, _ = limits(address)
        film.lost.append(f"{address} goes to {value:.4g}; it was cut to what a show can: {low:g} to {high:g}.")


def _names(scenes: Sequence[FilmScene]) -> list[str]:
    """Return a name of its own for every scene: its number and its first words."""
    found = []
    for number, scene in enumerate(scenes, 1):
        words = re.sub(r"[^\w'’ -]", " ", scene.phrases[0][0])
        found.append(f"{number} {' '.join(words.split())[:40]}".strip())
    return found


def _pixels(film: Film) -> tuple[int, int]:
    """Return a size in pixels, multiples of 32, of about the area that the embedded model paints and of its shape."""
    shape = min(max(film.shape[0] / film.shape[1], 0.25), 4.0)
    width = math.sqrt(_SIDES * shape)
    return tuple(max(64, 32 * round(side / 32)) for side in (width, width / shape))  # type: ignore[return-value]


def _regions(film: Film) -> list[dict[str, Any]]:
    names = ("left", "centre", "right") if film.regions == 3 else [f"picture {n + 1}" for n in range(film.regions)]
    first = SEEDS[0] if film.seed is None else film.seed
    return [{"name": name, "seed": (first if not n else SEEDS[n % 8])} for n, name in enumerate(names)]


def _surfaces(film: Film) -> list[dict[str, Any]]:
    """Return a rectangle per region on a wall of 16 to 9, as large as they fit side by side."""
    width, height = _pixels(film)
    shape, gap = width / height * 9 / 16, 0.02
    tall = min(0.84, (0.96 - gap * (film.regions - 1)) / film.regions / shape)
    wide = tall * shape
    left = 0.5 - (wide * film.regions + gap * (film.regions - 1)) / 2
    surfaces = []
    for number, region in enumerate(_regions(film)):
        x0 = left + number * (wide + gap)
        corners = [[x0, 0.02], [x0 + wide, 0.02], [x0 + wide, 0.02 + tall], [x0, 0.02 + tall]]
        surfaces.append({"region": region["name"], "corners": [[round(x, 4), round(y, 4)] for x, y in corners]})
    return surfaces


def report(film: Film) -> list[str]:
    """Return what was read and what was lost, a sentence a line."""
    told = dict.fromkeys(film.lost)
    return [*film.read, *(f"Lost: {sentence}" for sentence in told)]


def weights_over(frames: int, found: Mapping[int, float]) -> Curve:
    """Return the curve of weights that are known in some whole frames of a scene."""
    marks = sorted(found)
    return portion(curve([float(mark) for mark in marks], [found[mark] for mark in marks]), 0.0, float(frames))
