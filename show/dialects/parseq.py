"""Parseq documents (JSON): the frames that Parseq rendered, or its key frames where it did not.

A rendered document says every value of every frame, and these are taken. Deforum moves the camera by the change of
Parseq's values from frame to frame unless it is told otherwise, so the change is taken here too. Without rendered
frames straight lines (L), steps (S) and formulas of f, b, s, k, L and S are worked out; all other curves become
straight lines, and that is said.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

import numpy as np

from show.dialects import deforum, formula, json_text, moves
from show.dialects.deforum import Said
from show.dialects.film import MOST_FRAMES, Film, FilmScene, curve, portion
from show.dialects.json_text import Node
from show.dialects.schedule import Series
from show.dialects.source import DialectError, Piece, Source, quoted

FPS: Final = 20.0
_FLAT: Final = ("angle", "zoom", "translation_x", "translation_y")
_DEEP: Final = ("translation_x", "translation_y", "translation_z", "rotation_3d_x", "rotation_3d_y", "rotation_3d_z")
_NAMES: Final = ("f", "b", "s", "k", "L", "S")
_REST: Final = {"zoom": 1.0, "fov": 70.0, "strength": 0.6, "scale": 7.0, "seed": -1.0}
"""Parseq's own values of fields that no key frame sets; all others are 0."""
_SIZE: Final = 512.0
_USED: Final = frozenset(
    (*_FLAT, *_DEEP, *(f"{name}_delta" for name in (*_FLAT, *_DEEP)), "fov", "strength", "seed", "frame")
)
_MOST_LOOKS: Final = 4_000_000
"""Frames times prompts of a document that was not rendered."""


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
    keys = node.get("keyframes", "list")
    if keys is None or len(keys.items) < 2:
        raise node.piece.cut(0, 1).refusal("keyframes", "two key frames or more")
    places: dict[int, Node] = {}
    for item in keys.items:
        if item.kind != "object" or item.get("frame") is None:
            raise item.piece.refusal("keyframes", 'key frames such as {"frame": 0, "zoom": 1}')
        places[int(item.value("frame", 0, 0, MOST_FRAMES - 1))] = item
    order = sorted(places)
    frames = order[-1] + 1
    names = {name for item in places.values() for name, member in item.members.items() if member.kind == "number"}
    fields = {
        name: _field(name, [(at, places[at]) for at in order], frames, (fps, bpm), film)
        for name in sorted((names & _USED) | {"frame"})
    }
    _tell_lost({name for name in names if any(f"{name}_i" in item.members for item in places.values())}, film)
    film.lost.append(
        "this document was not rendered by Parseq: only straight lines, steps and plain formulas are read."
    )
    return fields, _prompts(node, frames, film)


def _field(name: str, keys: Sequence[tuple[int, Node]], frames: int, tempo: tuple[float, float], film: Film) -> Series:
    """Return a field's values from its key frames and the formulas between them."""
    every = np.arange(frames)
    own = [(at, item.members[name].number) for at, item in keys if name in item.members and _is_number(item, name)]
    marks, values = [at for at, _ in own] or [0], [value for _, value in own] or [_REST.get(name, 0.0)]
    lines = np.interp(every, marks, values)
    steps = np.array([values[max(0, bisect_right(marks, frame) - 1)] for frame in every])
    found, begin = lines.copy(), 0
    how: Node | None = None
    for place, (at, item) in enumerate(keys):
        how = item.get(f"{name}_i") or how
        end = keys[place + 1][0] if place + 1 < len(keys) else frames
        begin = 0 if place == 0 else at
        if how is not None and how.text.strip() not in ("", "L"):
            found[begin:end] = _worked_out(how, name, (begin, end), (lines, steps), marks, tempo, film)
    return found


def _is_number(item: Node, name: str) -> bool:
    member = item.members[name]
    return member.kind == "number" and math.isfinite(member.number)


def _worked_out(
    how: Node,
    name: str,
    span: tuple[int, int],
    curves: tuple[Series, Series],
    marks: Sequence[int],
    tempo: tuple[float, float],
    film: Film,
) -> Series:
    """Return what a formula gives in the frames of a span; the straight lines where it is not one of ours."""
    lines, steps = curves
    found = []
    try:
        sum_ = formula.read(how.piece.strip(), f"{name}_i", _NAMES)
        if not sum_.expression.names <= set(_NAMES):
            raise how.piece.refusal(f"{name}_i", "a formula of f, b, s, k, L and S")
        for frame in range(*span):
            second = frame / tempo[0]
            since = frame - marks[max(0, bisect_right(marks, frame) - 1)]
            scope = {"f": frame, "s": second, "b": second * tempo[1] / 60, "k": since, "L": lines[frame]}
            found.append(sum_.value({**scope, "S": steps[frame]}))
    except DialectError:
        film.lost.append(f"{how.piece.at()}: {name}_i: the curve {quoted(how.text)} became straight lines.")
        return lines[span[0] : span[1]]
    return np.array(found)


def _prompts(node: Node, frames: int, film: Film) -> list[tuple[int, Piece]]:
    """Return the prompt of every frame, put together as Parseq does it."""
    member = node.get("prompts")
    if member is None:
        raise node.piece.cut(0, 1).refusal("prompts", "prompts")
    if member.kind == "object" and member.get("promptList") is None:
        text = f"{_said(member, 'positive')} --neg {_said(member, 'negative')}".removesuffix(" --neg ")
        return [(0, _made(member, text))]
    listed = member.get("promptList", "list") if member.kind == "object" else member
    if listed is None or listed.kind != "list" or not listed.items:
        raise member.piece.refusal("prompts", "a list of prompts")
    common = member.get("commonPrompt", "object") if member.kind == "object" else None
    if common is not None and (_said(common, "positive") or _said(common, "negative")):
        film.lost.append("the common prompt.")
    if frames * len(listed.items) > _MOST_LOOKS:
        raise listed.piece.cut(0, 1).refusal("prompts", "fewer frames or prompts; render this document with Parseq")
    found: list[tuple[int, Piece]] = []
    for frame in range(frames):
        active = [item for item in listed.items if _active(item, frame)]
        weights = [_weight(item, frame, frames - 1, film) for item in active]
        parts = [_joined(active, weights, sign) for sign in ("positive", "negative")]
        if parts[0] and (not found or found[-1][1].text != " --neg ".join(parts).removesuffix(" --neg ")):
            found.append((frame, _made(active[0], " --neg ".join(parts).removesuffix(" --neg "))))
    if not found:
        raise listed.piece.cut(0, 1).refusal("prompts", "a prompt in one of the frames")
    return found


def _joined(active: Sequence[Node], weights: Sequence[float], sign: str) -> str:
    texts = [(_said(item, sign), weight) for item, weight in zip(active, weights, strict=True)]
    return " AND ".join(f"{text}: {weight:.6g}" if len(texts) > 1 else text for text, weight in texts if text)


def _made(node: Node, text: str) -> Piece:
    """Return words that were put together, with the place of what they come from."""
    return Piece(node.piece.source, text, [node.piece.places[0]] * (len(text) + 1))


def _said(node: Node, name: str) -> str:
    member = node.get(name, "string")
    return "" if member is None else " ".join(member.text.split())


def _active(item: Node, frame: int) -> bool:
    if item.kind != "object":
        raise item.piece.refusal("prompts", "a prompt such as {...}")
    for name in ("enabled", "allFrames"):
        member = item.get(name)
        if member is not None and member.text == ("false" if name == "enabled" else "true"):
            return name == "allFrames"
    return item.value("from", 0, -1e9, 1e9) <= frame <= item.value("to", 1e9, -1e9, 1e9)


def _weight(item: Node, frame: int, last: int, film: Film) -> float:
    """Return the weight of a prompt that fades in and out of its span."""
    overlap = item.get("overlap", "object")
    kind = "none" if overlap is None else overlap.word("type", ("none", "linear", "custom"))
    if overlap is None or kind == "none":
        return 1.0
    if kind == "custom":
        film.lost.append("weights of prompts by a formula of their own (custom): they stay at 1.")
        return 1.0
    everywhere = item.get("allFrames")
    all_ = everywhere is not None and everywhere.text == "true"
    begin, end = (0.0, float(last)) if all_ else (item.value("from", 0, -1e9, 1e9), item.value("to", 1e9, -1e9, 1e9))
    rise, fall = overlap.value("inFrames", 0, 0, 1e9), overlap.value("outFrames", 0, 0, 1e9)
    if rise and frame < begin + rise:
        return (frame - begin) / rise
    if fall and frame > end - fall:
        return 1 - (frame - (end - fall)) / fall
    return 1.0


def _change(fields: dict[str, Series], name: str, frames: int) -> Series:
    """Return by how much a field changes per frame; in the first frame as in the second, for nothing moves in it."""
    rest = _REST.get(name, 0.0) if name == "zoom" else 0.0
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
        fov = fields.get("fov", np.full(frames, _REST["fov"]))
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
