"""A show as Deforum's settings file, and what of it Deforum cannot play.

The score is looked at once per frame and written as keys between which straight lines meet every frame. A show whose
camera only zooms, turns and pans becomes a film in 2D, any other one in 3D before a flat picture. Only the first region
is told; fades between scenes become cuts.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np

from show.camera import FOV, RATES
from show.config import Show
from show.dialects import moves
from show.dialects.deforum import DEEP_FIELDS, FLAT_FIELDS, REFERENCE
from show.dialects.film import MOST_FRAMES
from show.dialects.schedule import Series, thinned
from show.errors import OrielError
from show.parameter import ParameterTree
from show.score import Score

STRENGTH: Final = "artist/strength"
_MOST_KEYS: Final = 12
"""Keys of one weight; a sum in a prompt must stay short."""


def written(show: Show, parameters: ParameterTree, fps: float) -> tuple[str, list[str]]:
    """Return a show as the text of a settings file, and what was lost; raise OrielError when it is too long."""
    score = Score(show, parameters)
    frames = max(1, round(score.seconds * fps))
    if frames > MOST_FRAMES:
        raise OrielError(f"export: expected at most {MOST_FRAMES} frames, got {frames}; give a smaller --fps")
    lost = _lost(show)
    base = parameters.defaults() | dict(show.parameters)
    values: dict[str, Series] = {
        address: _sampled(score, address, float(base[address]), frames, fps)
        for address in (*RATES, "camera/fov", STRENGTH)
        if address in base
    }
    settings = _settings(show, frames, fps, fixed=base.get("walk/speed") == 0.0)
    size = float(settings["W"]), float(settings["H"])
    settings |= _camera(values, fps, size)
    if STRENGTH in values:
        settings["strength_schedule"] = _keys(moves.strength_kept(values[STRENGTH], fps, REFERENCE))
    settings["prompts"] = _prompts(show, score, frames, fps, lost)
    return json.dumps(settings, indent=4, ensure_ascii=False) + "\n", list(dict.fromkeys(lost))


def _settings(show: Show, frames: int, fps: float, *, fixed: bool) -> dict[str, Any]:
    shape = show.artist.width / show.artist.height
    width, height = (max(64, 64 * round(side / 64)) for side in (512 * math.sqrt(shape), 512 / math.sqrt(shape)))
    return {
        "W": width,
        "H": height,
        "batch_name": show.show.title,
        "seed": show.region[0].seed,
        "seed_behavior": "fixed" if fixed else "iter",
        "fps": int(fps) if fps == int(fps) else fps,
        "max_frames": frames,
        "border": "replicate",
        "diffusion_cadence": 1,
    }


def _places(score: Score, frames: int, fps: float) -> list[tuple[int, int, int]]:
    """Return (scene, first frame, first frame of the next) of all scenes that have a frame."""
    starts = [min(frames, round(start * fps)) for start in score.starts] + [frames]
    return [(n, begin, end) for n, (begin, end) in enumerate(pairwise(starts)) if begin < end]


def _into(score: Score, scene: int, frame: int, fps: float) -> float:
    return min(max(frame / fps - score.starts[scene], 0.0), score.scenes[scene].seconds)


def _sampled(score: Score, address: str, base: float, frames: int, fps: float) -> Series:
    """Return a parameter's value in every frame, without fades."""
    found = np.full(frames, base)
    for scene, begin, end in _places(score, frames, fps):
        if address in score.scenes[scene].tracks:
            for frame in range(begin, end):
                number = score.number(scene, address, _into(score, scene, frame, fps))
                found[frame] = base if number is None else number
    return found


def _camera(values: Mapping[str, Series], fps: float, size: tuple[float, float]) -> dict[str, Any]:
    """Return the mode and the schedules of the camera."""
    rates = dict(values)
    turned = rates["camera/pitch"].any() or rates["camera/yaw"].any() or (rates["camera/fov"] != FOV).any()
    forward = rates["camera/z"].any() and (rates["camera/zoom"] == 1).all()
    if turned or forward:
        deep = moves.deep_move(rates, fps)
        told = zip(DEEP_FIELDS, (deep.x, deep.y, deep.z, deep.pitch, deep.yaw, deep.roll, deep.fov), strict=True)
        return {"animation_mode": "3D", "use_depth_warping": False, **{name: _keys(one) for name, one in told}}
    flat = moves.flat_move(rates, fps, size)
    told = zip(FLAT_FIELDS, (flat.angle, flat.zoom, flat.x, flat.y, flat.centre_x, flat.centre_y), strict=True)
    return {"animation_mode": "2D", **{name: _keys(one) for name, one in told}}


def _keys(values: Series) -> str:
    """Return values as a schedule."""
    return ", ".join(f"{place}: ({_number(values[place])})" for place in thinned(range(len(values)), values))


def _number(value: float) -> str:
    """Return a number as Deforum knows one: without an exponent."""
    text = repr(float(value) + 0.0)
    return text if "e" not in text else f"{value:.25f}".rstrip("0").rstrip(".")


def _prompts(show: Show, score: Score, frames: int, fps: float, lost: list[str]) -> dict[str, str]:
    found = {}
    for scene, begin, end in _places(score, frames, fps):
        count = len(show.scene[scene].words)
        said = [score.words(scene, _into(score, scene, frame, fps), _full)[:count] for frame in range(begin, end)]
        parts = []
        for number, phrase in enumerate(said[0]):
            weights = np.array([words[number].weight for words in said])
            bare = len(said[0]) == 1 and bool((weights == 1).all()) and ":" not in phrase.text
            parts.append(_words(phrase.text, lost) + ("" if bare else f" :{_weight(weights, begin, lost)}"))
        away = ", ".join(_words(text, lost) for text in show.scene[scene].exclude)
        found[str(begin)] = " AND ".join(parts) + (f" --neg {away}" if away else "")
    return found


def _full(_number: int) -> float:
    return 1.0


def _words(text: str, lost: list[str]) -> str:
    """Return words without what means something else to Deforum."""
    plain = re.sub(r"\bAND\b", "and", text.replace("--neg", " ").replace("`", "'"))
    plain = " ".join(re.sub(r"[()<>]", " ", plain).split())
    if plain != text:
        lost.append(f"signs in {text[:40]!r} that mean something else to Deforum.")
    return plain or "picture"


def _weight(weights: Series, begin: int, lost: list[str]) -> str:
    """Return a weight as a number, or as a sum of the frame: straight lines between keys."""
    at = np.arange(begin, begin + len(weights), dtype=np.float64)
    tolerance, places = 1e-12, thinned(at, weights)
    while len(places) > _MOST_KEYS:
        tolerance *= 10
        places = thinned(at, weights, tolerance)
    if tolerance > 1e-12:
        lost.append(f"weights that bend often: they are told to {tolerance:.0e}.")
    if len(places) == 1:
        return _number(float(weights[0]))
    keys = [(int(at[place]), float(weights[place])) for place in places]
    text = _number(keys[-1][1])
    for (f0, w0), (f1, w1) in reversed(list(pairwise(keys))):
        text = f"where(t<{f1},{_number(w0)}+({_number(w1 - w0)})*(t-{f0})/{f1 - f0},{text})"
    return f"`{text}`"


def _lost(show: Show) -> list[str]:
    """Return what a settings file cannot say."""
    asked: Sequence[tuple[str, Callable[[], bool]]] = (
        (f"regions after {show.region[0].name!r}.", lambda: len(show.region) > 1),
        ("fades: words and numbers change at once.", lambda: any(scene.fade > 0 for scene in show.scene[1:])),
        ("narration and captions.", lambda: any(scene.narration or scene.caption for scene in show.scene)),
        ("bindings: nothing is heard.", lambda: bool(show.binding)),
        ("where a scene begins from (init).", lambda: any(scene.init != "last" for scene in show.scene)),
        ("records that scenes lean on.", lambda: any(scene.records for scene in show.scene)),
    )
    told = {*RATES, "camera/fov", STRENGTH}
    others = sorted({address for scene in show.scene for address in scene.tracks} - told)
    found = [sentence for sentence, holds in asked if holds()]
    return found + ([f"tracks of {', '.join(others)}."] if others else [])
