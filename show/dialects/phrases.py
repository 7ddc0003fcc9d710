"""Weighted phrases: `someone is writing a story: 1 | writing: 0.5`, as VQGAN+CLIP notebooks write them.

`phrase[:weight[:stop]]`, joined by `|`. A number after a colon is a weight only at the end of a phrase, and only if the
colon follows a letter, a bracket or a blank or comes before a blank: "a clock at 12:30" keeps its time, and `\\:` is
always a colon. `name=0` is read as `name: 0`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from show.dialects.source import Piece

MOST_LETTERS: Final = 500
"""Letters of one phrase in a show file."""
LARGEST: Final = 10.0
_MOST: Final = 20_000
_NUMBER: Final = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:nan|inf(?:inity)?)"
_TWO: Final = re.compile(rf"(.*[^\d\s\\])\s*:\s*({_NUMBER})\s*:\s*({_NUMBER})\s*", re.S | re.I)
_ONE: Final = re.compile(rf"(.*?)(?:(?<![\d\\]):\s*|(?<!\\):\s+)({_NUMBER})\s*", re.S | re.I)
_EQUALS: Final = re.compile(rf"([^=]*[^=\s])\s*=\s*({_NUMBER})\s*", re.S | re.I)


@dataclass(frozen=True)
class Phrase:
    """One phrase: its words, its weight (1 unless it has one), its stop (None unless it has one), where it stands."""

    text: str
    weight: float
    stop: float | None
    piece: Piece


def read(piece: Piece, what: str, notes: list[str]) -> list[Phrase]:
    """Return the phrases of a piece, empty ones left out; raise DialectError. What was changed is told in `notes`."""
    found = []
    for part in bars(piece):
        if not part.text.strip():
            notes.append(f"{part.at()}: {what}: an empty phrase was left out.")
            continue
        if len(part.text) > _MOST:
            raise part.refusal(what, f"a phrase of at most {_MOST} letters")
        found += _phrases(part.strip(), what, notes)
    return found


def bars(piece: Piece, mark: str = "|") -> list[Piece]:
    """Return the parts between marks, wherever these stand."""
    parts, begin = [], 0
    while (at := piece.text.find(mark, begin)) >= 0:
        parts.append(piece.cut(begin, at))
        begin = at + len(mark)
    return [*parts, piece.cut(begin)]


def _phrases(piece: Piece, what: str, notes: list[str]) -> list[Phrase]:
    text, weight, stop = _parts(piece, what, notes)
    if not text:
        raise piece.refusal(what, "words before the weight")
    if weight is None:
        weight = 1.0
    if abs(weight) > LARGEST:
        notes.append(f"{piece.at()}: {what}: the weight {weight:g} was cut to {math.copysign(LARGEST, weight):g}.")
        weight = math.copysign(LARGEST, weight)
    pieces = shortened(text)
    if len(pieces) > 1:
        notes.append(f"{piece.at()}: {what}: {len(text)} letters were cut into {len(pieces)} phrases.")
    return [Phrase(part, weight, stop, piece) for part in pieces]


def _parts(piece: Piece, what: str, notes: list[str]) -> tuple[str, float | None, float | None]:
    """Return the words, weight and stop of a phrase."""
    if found := _TWO.fullmatch(piece.text):
        return _clean(found[1]), _finite(found, 2, piece, what), _finite(found, 3, piece, what)
    if found := _ONE.fullmatch(piece.text):
        return _clean(found[1]), _finite(found, 2, piece, what), None
    bare = piece.strip("()")
    if found := _EQUALS.fullmatch(bare.text):
        notes.append(f"{piece.at()}: {what}: {piece.text!r} was read as {found[1]}: {found[2]}.")
        return _clean(found[1]), _finite(found, 2, bare, what), None
    return _clean(piece.text), None, None


def _clean(text: str) -> str:
    return " ".join(text.replace("\\:", ":").split())


def _finite(found: re.Match[str], group: int, piece: Piece, what: str) -> float:
    number = float(found[group])
    if not math.isfinite(number):
        raise piece.cut(*found.span(group)).refusal(what, "a finite weight")
    return number


def shortened(text: str) -> list[str]:
    """Return words in pieces that a show file takes as phrases: cut at commas, else between words, else anywhere."""
    pieces = []
    while len(text) > MOST_LETTERS:
        head = text[:MOST_LETTERS]
        at = head.rfind(",") + 1 or head.rfind(" ") or MOST_LETTERS
        at = at if at > 0 else MOST_LETTERS
        pieces.append(text[:at].strip(" ,"))
        text = text[at:].strip(" ,")
    return [part for part in (*pieces, text) if part]


def attentive(text: str) -> tuple[str, bool]:
    """Return words without the brackets of emphasis, `(word:1.2)` or `((word))`, and whether there were any."""
    plain, before = text, ""
    while plain != before:
        before = plain
        plain = re.sub(r"\(([^()]*?):\s*[+-]?\d*\.?\d+\s*\)", r"\1", plain)
        plain = re.sub(r"\(+([^()]+)\)+", r"\1", plain)
    return " ".join(plain.split()), plain != text
