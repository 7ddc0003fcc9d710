"""Schedules: `frame: (value), frame: (value)`, the one notation that Deforum, Disco and seed 003's notebook share.

A key of a number begins a straight line to the next key; a key of a formula holds from its frame until the next key and
is worked out anew in every frame (as Deforum does it). Before the first key its value holds, and after the last one its
own. Brackets inside each other, commas inside them, fractional frames, a comma too many and keys in any order are read.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from show.dialects import formula
from show.dialects.formula import Formula, Scope
from show.dialects.source import Piece

Series = NDArray[np.float64]
"""One value per frame, from frame 0 on, (N,)."""

MOST_KEYS: Final = 20_000
NAMES: Final = ("t", "max_f", "s")
_PAIRS: Final = {")": "(", "]": "[", "}": "{"}
_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d+)?|\.\d+)")
_EXPONENT: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)[eE][+-]?\d+")


@dataclass(frozen=True)
class Key:
    """One key: its frame, its value (a number or a formula of the frame) and where the value stands."""

    frame: float
    value: float | Formula
    piece: Piece

    def at(self, frame: float, scope: Scope) -> float:
        """Return its value in a frame."""
        return self.value if isinstance(self.value, float) else self.value.value({**scope, "t": frame})


@dataclass(frozen=True)
class Schedule:
    """The keys of one parameter in rising order, and what its formulas may use besides the frame `t`."""

    keys: tuple[Key, ...]
    scope: Scope

    @cached_property
    def marks(self) -> list[float]:
        """The frames of its keys."""
        return [key.frame for key in self.keys]

    @property
    def still(self) -> bool:
        """Whether it is one number for good."""
        return all(isinstance(key.value, float) and key.value == self.keys[0].value for key in self.keys)

    def within(self, frames: int) -> Schedule:
        """Return it without the keys that lie outside frames 0 ... frames - 1; Deforum never sees these."""
        inside = tuple(key for key in self.keys if 0 <= key.frame <= frames - 1)
        return Schedule(inside or self.keys[:1], self.scope)

    def value(self, frame: float) -> float:
        """Return the value in a frame."""
        place = bisect_right(self.marks, frame) - 1
        if place < 0:
            return self.keys[0].at(self.keys[0].frame, self.scope)
        key = self.keys[place]
        if place + 1 == len(self.keys) or not isinstance(key.value, float):
            return key.at(frame, self.scope)
        after = self.keys[place + 1]
        share = (frame - key.frame) / (after.frame - key.frame)
        return key.value + (after.at(after.frame, self.scope) - key.value) * share

    def over(self, frames: Sequence[float]) -> Series:
        """Return the values in some frames."""
        if all(isinstance(key.value, float) for key in self.keys):
            return np.interp(frames, self.marks, [key.at(0.0, self.scope) for key in self.keys])
        return np.array([self.value(float(frame)) for frame in frames])

    def series(self, frames: int) -> Series:
        """Return the values of frames 0 ... frames - 1."""
        return self.over(range(frames))


def read(piece: Piece, what: str, frames: int, seed: float = -1.0, names: Sequence[str] = NAMES) -> Schedule:
    """Return the schedule that a piece is, for a film of some frames; raise DialectError with the place.

    Formulas may use `t` (the frame), `max_f` (frames - 1) and `s` (the seed), or as many of these as `names` holds. A
    value alone, without a frame, holds for the whole film. Of two keys in one frame the later holds.
    """
    scope = {"max_f": float(frames - 1), "s": seed}
    found: dict[float, Key] = {}
    for frame, value in pairs(piece, what):
        if frame is None:
            found[0.0] = Key(0.0, _value(value, what, names), value)
        else:
            at = _frame(frame, what, scope)
            found[at] = Key(at, _value(value, what, names), value)
    if not found:
        raise piece.refusal(what, "keys such as 0: (1.0), 30: (1.5)")
    return Schedule(tuple(found[frame] for frame in sorted(found)), scope)


def words(piece: Piece, what: str, frames: int) -> list[tuple[float, Piece]]:
    """Return the keys (frame, words) of a schedule of words, such as that of samplers; raise DialectError."""
    scope = {"max_f": float(frames - 1), "s": -1.0}
    found = {}
    for frame, value in pairs(piece, what):
        at = 0.0 if frame is None else _frame(frame, what, scope)
        found[at] = (at, _bare(value).strip("\"'"))
    return [found[at] for at in sorted(found)]


def pairs(piece: Piece, what: str) -> Iterator[tuple[Piece | None, Piece]]:
    """Yield (frame, value) per key as pieces; the frame is None where the whole piece is a value alone."""
    parts = [part.strip() for part in split(piece, ",", what)]
    parts = [part for part in parts if part.text]
    if len(parts) > MOST_KEYS:
        raise parts[MOST_KEYS].refusal(what, f"at most {MOST_KEYS} keys")
    for part in parts:
        sides = split(part, ":", what)
        if len(sides) == 1 and len(parts) == 1:
            yield None, part
            continue
        if len(sides) != 2:
            raise part.refusal(what, "one key such as 30: (1.5)")
        frame, value = (side.strip() for side in sides)
        if not frame.text or not value.text:
            raise part.refusal(what, "a frame, a colon and a value, such as 30: (1.5)")
        yield frame, value


def split(piece: Piece, mark: str, what: str) -> list[Piece]:
    """Return the parts of a piece between marks outside brackets and double quotes; raise DialectError."""
    parts, begin, open_, quote = [], 0, list[tuple[str, int]](), -1
    for at, letter in enumerate(piece.text):
        if letter == '"' and not open_:
            quote = at if quote < 0 else -1
        elif quote >= 0:
            continue
        elif letter in "([{":
            open_.append((letter, at))
        elif letter in _PAIRS:
            if not open_ or open_[-1][0] != _PAIRS[letter]:
                raise piece.cut(at, at + 1).refusal(what, f'no "{letter}" here: none is open')
            open_.pop()
        elif letter == mark and not open_:
            parts.append(piece.cut(begin, at))
            begin = at + 1
    if quote >= 0:
        raise piece.cut(quote, quote + 20).refusal(what, 'a closing "')
    if open_:
        sign, at = open_[-1]
        raise piece.cut(at, at + 20).refusal(what, f'a closing bracket for this "{sign}"')
    return [*parts, piece.cut(begin)]


def _frame(piece: Piece, what: str, scope: Scope) -> float:
    """Return the frame of a key: a number, which may be fractional, or a formula, cut to a whole number."""
    bare = piece.strip("\"'( )")
    if _NUMBER.fullmatch(bare.text):
        number = float(bare.text)
    else:
        inside = piece.strip("\"'").strip()
        number = float(math.trunc(formula.read(inside, f"{what}: frame", ("max_f", "s")).value(scope)))
    if abs(number) > 1e9:
        raise piece.refusal(what, "a frame of at most 1e9")
    return number


def _value(piece: Piece, what: str, names: Sequence[str]) -> float | Formula:
    """Return a number, where Deforum sees one too, or a formula.

    Deforum sees a number in digits, sign and point in any number of brackets, and so begins a line at it; `( 1 )` and
    `1.` are formulas to it and hold. A number with an exponent is one here although it is none there.
    """
    bare = re.sub(r"[()\"']", "", piece.text)
    if (_NUMBER.fullmatch(bare) or _EXPONENT.fullmatch(bare)) and _one_number(piece.text):
        number = float(bare)
        if math.isfinite(number):
            return number
    if not names and re.search(r"[A-Za-z_]", bare):
        raise piece.refusal(what, "a number")
    return formula.read(_bare(piece), what, names)


def _one_number(text: str) -> bool:
    """Whether brackets stand only around the number, not inside it as in (2)(3)."""
    inner = text.strip("()\"'+-")
    return not re.search(r"[()\"']", inner)


def _bare(piece: Piece) -> Piece:
    """Return a value without one pair of brackets around all of it, and without quotation marks around that."""
    inside = piece.strip()
    if inside.text.startswith("(") and _closes_at(inside.text) == len(inside.text) - 1:
        inside = inside.cut(1, len(inside.text) - 1)
    if len(inside.text) > 1 and inside.text[0] == inside.text[-1] and inside.text[0] in "\"'":
        inside = inside.cut(1, len(inside.text) - 1)
    return inside


def _closes_at(text: str) -> int:
    """Return the place of the bracket that closes the one at the beginning."""
    depth = 0
    for at, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return at
    return -1


def constant(number: float, piece: Piece) -> Schedule:
    """Return a schedule of one number."""
    return Schedule((Key(0.0, number, piece),), {})


def thinned(marks: Sequence[float] | Series, values: Sequence[float] | Series, tolerance: float = 1e-12) -> list[int]:
    """Return the places of points (mark, value) between which straight lines meet all others.

    Marks rise; `tolerance` is a share of the largest value or of 1. A curve that stands still keeps its first point.
    """
    at, numbers = np.asarray(marks, np.float64).tolist(), np.asarray(values, np.float64).tolist()
    slack = tolerance * max(1.0, *map(abs, numbers)) if numbers else 0.0
    if all(abs(number - numbers[0]) <= slack for number in numbers):
        return [0] if numbers else []
    kept, low, high = [0], -math.inf, math.inf
    for place in range(1, len(numbers)):
        begin = kept[-1]
        slope = (numbers[place] - numbers[begin]) / (at[place] - at[begin])
        if not low <= slope <= high:
            begin = place - 1
            kept.append(begin)
            low, high = -math.inf, math.inf
        run, rise = at[place] - at[begin], numbers[place] - numbers[begin]
        low, high = max(low, (rise - slack) / run), min(high, (rise + slack) / run)
    return [*kept, len(numbers) - 1]
