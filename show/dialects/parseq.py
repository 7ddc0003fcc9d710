"""Parseq documents (JSON): the frames that Parseq rendered, or its key frames where it did not.

A rendered document says every value of every frame, and these are taken. Deforum moves the camera by the change of
Parseq's values from frame to frame unless it is told otherwise, so the change is taken here too. Without rendered
frames its key frames (parseq_keys.py) and prompts (parseq_prompts.py) are worked out here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from show.dialects import deforum, json_text, moves, parseq_keys, parseq_prompts
from show.dialects.deforum import Said
from show.dialects.film import MOST_FRAMES, Film, FilmScene, curve, portion
from show.dialects.json_text import Node
from show.dialects.parseq_lang import Tempo
from show.dialects.schedule import Series
from show.dialects.source import Piece, Source

FPS: Final = 20.0
_FLAT: Final = ("angle", "zoom", "translation_x", "translation_y")
_DEEP: Final = ("translation_x", "translation_y", "translation_z", "rotation_3d_x", "rotation_3d_y", "rotation_3d_z")
_SIZE: Final = 512.0
_USED: Final = frozenset(
    (*_FLAT, *_DEEP, *(f"{name}_delta" for name in (*_FLAT, *_DEEP)), "fov", "strength", "seed", "frame")
)


def found(node: Node) -> bool:
    """Whether a JSON object looks like Parseq's."""
    names = node.members.keys()
    return "rendered_frames" in names or {"keyframes", "options"} <= names or {"keyframes", "managedFields"} <= names


def read(source: Source, fps: float | None = None) -> Film:
    """Return the film of a Parseq document; raise DialectError with the place of what cannot be read."""
    node = json_text.parse(source.whole())
    if node.kind != "object":
        raise node.piece.refusal("", "a Parseq document: {...}")
    options = node.get("options", "object")
    rate = fps or (FPS if options is None else options.value("output_fps", FPS, 1, 240))
    bpm = 120.0 if options is None else options.value("bpm", 120, 1, 10_000)
    film = Film(
        "Parseq", rate, [], (1.0, 1.0), 1, rate / (1 if options is None else options.value("cadence", 1, 1, 99))
    )
    rendered = node.get("rendered_frames", "list")
    if rendered is not None and rendered.items:
        fields, texts = _rendered(rendered, film)
    else:
        fields, texts = _computed(node, rate, bpm, film)
    frames = len(next(iter(fields.values())))
    rates = _rates(fields, frames, film)
    curves = {address: curve(range(frames), values) for address, values in rates.items()}
    film.scenes = _scenes(texts, frames, film)
    begin = 0.0
    for scene in film.scenes:
        scene.curves = {address: portion(whole, begin, begin + scene.frames) for address, whole in curves.items()}
        begin += scene.frames
    film.title = film.scenes[0].phrases[0][0]
    if "seed" in fields and math.isfinite(fields["seed"][0]) and fields["seed"][0] >= 0:
        film.seed = int(fields["seed"][0]) % 2**31
    if "seed" in fields and np.ptp(fields["seed"]) > 0:
        film.lost.append("a seed of its own in every frame: seeds walk here, at walk/speed.")
    return film


def _rendered(list_: Node, film: Film) -> tuple[dict[str, Series], list[tuple[int, Piece]]]:
    """Return every field's value in every frame, and the prompts with their frames."""
    held: dict[str, dict[int, float]] = {"frame": {}}
    texts: list[tuple[int, Piece]] = []
    for item in list_.items:
        if item.kind != "object":
            raise item.piece.refusal("rendered_frames", "frames such as {...}")
        frame = int(item.value("frame", len(held["frame"]), 0, MOST_FRAMES - 1))
        held["frame"][frame] = float(frame)
        for name, member in item.members.items():
            if member.kind == "number":
                if not math.isfinite(member.number):
                    raise member.piece.refusal(name, "a finite number")
                held.setdefault(name, {})[frame] = member.number
        text = item.get("deforum_prompt", "string")
        if text is not None:
            texts.append((frame, text.piece))
    frames = max(held["frame"]) + 1
    every = np.arange(frames)
    fields = {
        name: np.interp(every, sorted(values), [values[at] for at in sorted(values)])
        for name, values in held.items()
        if name in _USED
    }
    _tell_lost({name for name, values in held.items() if len(set(values.values())) > 1}, film)
    if not texts:
        raise list_.piece.cut(0, 1).refusal("rendered_frames", "a deforum_prompt in a frame")
    return fields, sorted(texts, key=lambda pair: pair[0])


def _computed(node: Node, fps: float, bpm: float, film: Film) -> tuple[dict[str, Series], list[tuple[int, Piece]]]:
    """Return the same of a document that Parseq did not render."""
    options = node.get("options", "object")
    cadence = 1.0 if options is None else options.value("cadence", 1, 1, 99)
    keys = parseq_keys.read(node, Tempo(fps, bpm, cadence))
    fields = {name: parseq_keys.field(keys, name, film) for name in keys.fields if name in _USED}
    fields["frame"] = np.arange(keys.frames, dtype=np.float64)
    _tell_lost({name for name in keys.fields if parseq_keys.moves(keys, name)}, film)
    film.read.append("It was not rendered by Parseq: its key frames and formulas were worked out here.")
    return fields, parseq_prompts.read(node, keys, film)


def _change(fields: dict[str, Series], name: str, frames: int) -> Series:
    """Return by how much a field changes per frame; in the first frame as in the second, for nothing moves in it."""
    rest = 1.0 if name == "zoom" else 0.0
    if f"{name}_delta" in fields:
        change = fields[f"{name}_delta"].copy()
    elif name in fields:
        values = fields[name]
        change = rest + np.diff(values, prepend=values[0])
    else:
        return np.full(frames, rest)
    if frames > 1:
        change[0] = change[1]
    else:
        change[0] = rest
    return change


def _rates(fields: dict[str, Series], frames: int, film: Film) -> moves.Rates:
    """Return the camera's rates and the strength; in 3D if anything moves that 2D does not know."""
    change = {name: _change(fields, name, frames) for name in {*_FLAT, *_DEEP}}
    if any(change[name].any() for name in ("translation_z", "rotation_3d_x", "rotation_3d_y", "rotation_3d_z")):
        film.read.append("It moves in depth: read as Deforum's 3D.")
        fov = fields.get("fov", np.full(frames, deforum.DEEP_FIELDS["fov_schedule"]))
        tx, ty, tz, rx, ry, rz = (change[name] for name in _DEEP)
        rates = moves.deep_rates(moves.Deep(tx, ty, tz, rx, ry, rz, fov), film.fps, moves.DEPTH)
        film.lost.append("depth: pictures are flat here; parallax is lost.")
    else:
        angle, zoom, x, y = (change[name] for name in _FLAT)
        if not (zoom > 0).all():
            film.lost.append("zooms of 0 and below became 0.01.")
            zoom = np.maximum(zoom, 0.01)
        middle = np.full(frames, 0.5)
        rates = moves.flat_rates(moves.Flat(angle, zoom, x, y, middle, middle), film.fps, (_SIZE, _SIZE))
    if "strength" in fields:
        rates["artist/strength"] = moves.kept_strength(fields["strength"], film.rate, deforum.REFERENCE)
    return rates


def _scenes(texts: Sequence[tuple[int, Piece]], frames: int, film: Film) -> list[FilmScene]:
    """Return a scene per stretch of frames with the same words; the weights of the words are its curves."""
    known: dict[str, Said] = {}
    stretches: list[tuple[int, Said, dict[int, list[float]]]] = []
    for frame, piece in texts:
        if piece.text not in known:
            known[piece.text] = deforum.spoken(piece, "", "", film)
        said = known[piece.text]
        weights = [weight if isinstance(weight, float) else 1.0 for _, weight in said.phrases]
        if not stretches or _words(stretches[-1][1]) != _words(said):
            stretches.append((0 if not stretches else frame, said, {}))
        stretches[-1][2][frame - stretches[-1][0]] = weights
    scenes = []
    for place, (begin, said, at) in enumerate(stretches):
        end = stretches[place + 1][0] if place + 1 < len(stretches) else frames
        marks = sorted(at)
        phrases = [
            (text, curve(marks, [at[mark][number] for mark in marks])) for number, (text, _) in enumerate(said.phrases)
        ]
        scenes.append(FilmScene(float(end - begin), phrases, list(said.exclude)))
    return scenes


def _words(said: Said) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(text for text, _ in said.phrases), said.exclude


def _tell_lost(moving: set[str], film: Film) -> None:
    """Tell which fields move and have no counterpart."""
    derived = ("_delta", "_pc", "subseed", "subseed_strength")
    others = sorted(
        name for name in moving - _USED if not name.endswith(derived) and not name.startswith("prompt_weight")
    )
    if others:
        film.lost.append(f"curves without a counterpart here: {', '.join(others[:8])}.")
