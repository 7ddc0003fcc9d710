"""Parseq's key frames, worked out as Parseq would: every field by its values and by the formula that holds.

A formula holds from its key frame until the next one that has a formula. It is told in our language and worked out
frame by frame. Where it cannot be, straight lines stand in its place, and a sentence says which text was meant.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from show.dialects.film import MOST_FRAMES, Film
from show.dialects.json_text import Node
from show.dialects.parseq_lang import NAMES, Tempo, Translation, translated
from show.dialects.schedule import Series
from show.dialects.source import quoted
from show.expression import Expression, ExpressionError, compile_expression

REST: Final = {
    **{"seed": -1.0, "scale": 7.0, "noise": 0.08, "strength": 0.6, "zoom": 1.0, "translation_z": 10.0, "fov": 40.0},
    **{"transform_center_x": 0.5, "transform_center_y": 0.5, "prompt_weight_1": 1.0, "prompt_weight_8": 1.0},
}
"""Parseq's own values of fields that no key frame sets; those that are not here are 0 or move nothing."""
_SCOPE: Final = ("t", "fps", "span", *dict.fromkeys(name for name in NAMES.values() if name.isidentifier()))
_KEYED: Final = {"L", "S", "P", "C", "prev_value", "next_value", "prev_computed", "span"}
_MOST_KEYS: Final = 40
"""Keys through which one polynomial is laid."""


@dataclass(frozen=True)
class Keys:
    """The key frames of a document by frame, in rising order, and what it counts with."""

    places: dict[int, Node]
    tempo: Tempo
    fields: tuple[str, ...]

    @cached_property
    def marks(self) -> list[int]:
        """The frames of the key frames."""
        return list(self.places)

    @property
    def frames(self) -> int:
        """Frames from 0 to the last key frame, this one included."""
        return self.marks[-1] + 1


@dataclass(frozen=True)
class _Curve:
    """The values of one field: in which frames, and which."""

    marks: list[int]
    values: list[float]

    def place(self, frame: int) -> int:
        """Return which key holds in a frame."""
        return max(0, bisect_right(self.marks, frame) - 1)

    def series(self, name: str, frames: int) -> Series:
        """Return the curve L, S, C or P through the keys in every frame; raise ExpressionError if it cannot be laid."""
        every = np.arange(frames, dtype=np.float64)
        if name == "L" or len(self.marks) < 2:
            return np.interp(every, self.marks, self.values)
        if name == "S":
            return np.array([self.values[self.place(frame)] for frame in range(frames)])
        if name == "P" and len(self.marks) > _MOST_KEYS:
            raise ExpressionError(f"P goes through {_MOST_KEYS} keys at most here", 1)
        return (_polynomial if name == "P" else _spline)(np.array(self.marks, float), np.array(self.values), every)


def read(node: Node, tempo: Tempo) -> Keys:
    """Return the key frames of a document; raise DialectError with the place of what cannot be read."""
    keys = node.get("keyframes", "list")
    if keys is None or len(keys.items) < 2:
        raise node.piece.cut(0, 1).refusal("keyframes", "two key frames or more")
    places: dict[int, Node] = {}
    for item in keys.items:
        if item.kind != "object" or item.get("frame") is None:
            raise item.piece.refusal("keyframes", 'key frames such as {"frame": 0, "zoom": 1}')
        places[int(item.value("frame", 0, 0, MOST_FRAMES - 1))] = item
    managed = node.get("managedFields", "list")
    if managed is None or not managed.items:
        said = {name for item in places.values() for name in item.members}
        fields = {name.removesuffix("_i") for name in said} - {"frame", "info"}
    else:
        fields = {item.text for item in managed.items if item.kind == "string"}
    return Keys({at: places[at] for at in sorted(places)}, tempo, tuple(sorted(fields)))


def field(keys: Keys, name: str, film: Film) -> Series:
    """Return a field's values in every frame; what was not understood of its formulas is told in `film.lost`."""
    curve = _curve(keys, name)
    found = curve.series("L", keys.frames)
    how: Node | None = None
    formula: _Formula | None = None
    for place, (at, item) in enumerate(keys.places.items()):
        given = item.get(f"{name}_i")
        if given is not None and given.text.strip():
            how, formula = given, _formula(given, name, keys, curve, film)
        end = keys.marks[place + 1] if place + 1 < len(keys.marks) else keys.frames
        if how is None or formula is None:
            continue
        for frame in range(0 if place == 0 else at, end):
            value = formula(frame, float(found[frame - 1]) if frame else 0.0)
            if math.isnan(value):
                _tell(how, name, f"it has no finite value in frame {frame}", film)
                formula = None
                break
            found[frame] = value
    return found


def moves(keys: Keys, name: str) -> bool:
    """Say whether a field may change from frame to frame."""
    values = {value for item in keys.places.values() if (value := _value(item, name)) is not None}
    return len(values) > 1 or any(item.get(f"{name}_i") is not None for item in keys.places.values())


_Formula = Callable[[int, float], float]


def _curve(keys: Keys, name: str) -> _Curve:
    """Return the values that key frames give a field; the first and the last key frame always have one."""
    own = {at: value for at, item in keys.places.items() if (value := _value(item, name)) is not None}
    first = next(iter(own.values()), REST.get(name, 0.0))
    last = list(own.values())[-1] if own else first
    own = {keys.marks[0]: first, keys.marks[-1]: last} | own
    return _Curve(sorted(own), [own[at] for at in sorted(own)])


def _value(item: Node, name: str) -> float | None:
    """Return a field's value in a key frame: a number, or a text of one."""
    member = item.get(name)
    if member is None or member.kind not in ("number", "string") or not re.search(r"\d", member.text):
        return None
    return item.value(name, 0.0, -1e12, 1e12)


def _formula(how: Node, name: str, keys: Keys, curve: _Curve, film: Film) -> _Formula | None:
    """Return what works a formula out in a frame, given the value before; None for straight lines."""
    if how.text.strip() == "L":
        return None
    try:
        told = translated(how.text, keys.tempo)
        expression = compile_expression(told.text, (*_SCOPE, *told.matches))
        curves = {one: curve.series(one, keys.frames) for one in "LSPC" if one in expression.names}
    except ExpressionError as error:
        _tell(how, name, str(error), film)
        return None
    if told.random:
        film.lost.append(f"{name}_i: {quoted(how.text)} has other random numbers than Parseq's.")
    matches = _matches(told, keys)

    def value(frame: int, before: float) -> float:
        scope = {one: float(series[frame]) for one, series in {**curves, **matches}.items()}
        return expression.value({**_place(frame, keys, curve), **scope, "prev_computed": before})

    return value


def _place(frame: int, keys: Keys, curve: _Curve) -> dict[str, float]:
    """Return what a formula may ask for in a frame; a second is one frame long."""
    place = curve.place(frame)
    after = min(place + 1, len(curve.marks) - 1)
    active = curve.marks[place] if frame >= curve.marks[place] else 0
    return {
        **numbers(frame, keys),
        "k": float(frame - active),
        "active_keyframe": float(active),
        "next_keyframe": float(curve.marks[after]),
        "span": float(curve.marks[after] - active),
        "prev_value": curve.values[place],
        "next_value": curve.values[after],
    }


def numbers(frame: int, keys: Keys) -> dict[str, float]:
    """Return what any formula may ask for in a frame."""
    return {
        **{"t": float(frame), "f": float(frame), "fps": 1.0, "last_frame": float(keys.frames - 1)},
        **{"s": frame / keys.tempo.fps, "b": frame / keys.tempo.beat},
    }


def spoken_number(
    text: str, keys: Keys, frame: int, values: Mapping[str, Series], known: dict[str, Expression]
) -> float:
    """Return what a formula in a prompt comes to in a frame, nan if nothing; raise ExpressionError.

    `values` are the fields that it may name; `known` keeps what was read before.
    """
    own = {name: f"{name}_" for name in values}
    if text not in known:
        told = translated(text, keys.tempo, own)
        known[text] = compile_expression(told.text, (*_SCOPE, *own.values()))
        if told.matches or known[text].names & {
            "L",
            "S",
            "P",
            "C",
            "prev_value",
            "next_value",
            "prev_computed",
            "span",
        }:
            del known[text]
            raise ExpressionError("a prompt has no keys of its own", 1)
    scope = {own[name]: float(series[frame]) for name, series in values.items()}
    after = next((mark for mark in keys.marks if mark > frame), keys.marks[-1])
    extra = {"k": 0.0, "active_keyframe": float(frame), "next_keyframe": float(after)}
    return known[text].value({**numbers(frame, keys), **extra, **scope})


def _tell(how: Node, name: str, why: str, film: Film) -> None:
    film.lost.append(f"{how.piece.at()}: {name}_i: {quoted(how.text)} became straight lines: {why}.")


def _matches(told: Translation, keys: Keys) -> dict[str, Series]:
    """Return what is asked about the labels of key frames, in every frame; nan where there is no match."""
    labels = [(at, item.get("info")) for at, item in keys.places.items()]
    found = {}
    for asked, (function, pattern) in told.matches.items():
        said = [at for at, label in labels if label is not None and re.search(pattern, label.text)]
        found[asked] = np.array([_match(function, said, keys.marks, frame) for frame in range(keys.frames)])
    return found


def _match(function: str, said: Sequence[int], marks: Sequence[int], frame: int) -> float:
    """Return what a function says in a frame about the key frames `said`, whose labels match."""
    before = bisect_right(said, frame)
    last = float(said[before - 1]) if before else math.nan
    next_ = float(said[before]) if before < len(said) else math.nan
    if function == "info_match":
        active = bisect_right(marks, frame)
        return float(active > 0 and marks[active - 1] == last)
    told = {"count": float(before), "prev": last, "last": last, "next": next_, "gap": next_ - last}
    told |= {"progress": (frame - last) / (next_ - last), "since": frame - last, "until": next_ - frame}
    return told[function.removeprefix("info_match_")]


def _polynomial(marks: Series, values: Series, at: Series) -> Series:
    """Return the one polynomial through all keys, by Neville's scheme."""
    rows = [np.full_like(at, value) for value in values]
    for width in range(1, len(marks)):
        for low in range(len(marks) - width):
            a, b = marks[low], marks[low + width]
            rows[low] = ((at - b) * rows[low] + (a - at) * rows[low + 1]) / (a - b)
    return rows[0]


def _spline(marks: Series, values: Series, at: Series) -> Series:
    """Return the natural cubic spline through the keys; straight parts of it before the first and after the last."""
    step, rise = np.diff(marks), np.diff(values)
    above, slopes = 1.0 / step, 3.0 * rise / step**2
    middle = 2.0 * (np.append(above, 0.0) + np.append(0.0, above))
    right = np.append(slopes, 0.0) + np.append(0.0, slopes)
    for row in range(1, len(marks)):
        share = above[row - 1] / middle[row - 1]
        middle[row] -= share * above[row - 1]
        right[row] -= share * right[row - 1]
    slope = right / middle
    for row in range(len(marks) - 2, -1, -1):
        slope[row] = (right[row] - above[row] * slope[row + 1]) / middle[row]
    place = np.clip(np.searchsorted(marks, at) - 1, 0, len(step) - 1)
    t = np.clip((at - marks[place]) / step[place], 0.0, 1.0)
    a = slope[place] * step[place] - rise[place]
    b = -slope[place + 1] * step[place] + rise[place]
    low, high = values[place], values[place + 1]
    curve: Series = (1 - t) * low + t * high + t * (1 - t) * (a * (1 - t) + b * t)
    return curve
