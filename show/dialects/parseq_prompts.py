"""Parseq's prompts of a document that was not rendered: which are said in a frame, with what weights, put together.

Numbers in `${...}` and the weights of custom overlaps are formulas of the frame and of the document's fields. What
cannot be worked out becomes 1, and a sentence says which text that was.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Final

from show.dialects import parseq_keys
from show.dialects.film import Film
from show.dialects.json_text import Node
from show.dialects.parseq_keys import Keys
from show.dialects.schedule import Series
from show.dialects.source import Piece, quoted
from show.expression import Expression, ExpressionError

_MOST_LOOKS: Final = 4_000_000
"""Frames times prompts and formulas in them."""
_SUM: Final = re.compile(r"\$\{(.*?)\}", re.DOTALL)
_WORD: Final = re.compile(r"[A-Za-z_]\w*")


class _Sums:
    """Works out the formulas in prompts; keeps those that it knows, and the fields that they name."""

    def __init__(self, keys: Keys, texts: Sequence[str], film: Film) -> None:
        asked = {word for text in texts for word in _WORD.findall(text)}
        self._keys = keys
        self._film = film
        self._values: dict[str, Series] = {
            name: parseq_keys.field(keys, name, film) for name in keys.fields if name in asked and _WORD.fullmatch(name)
        }
        self._known: dict[str, Expression] = {}
        self._wrong: set[str] = set()

    def number(self, text: str, frame: int) -> float:
        """Return what a formula comes to in a frame, 1 where that cannot be said."""
        why = "it has no finite value"
        value = math.nan
        if text not in self._wrong:
            try:
                value = parseq_keys.spoken_number(text, self._keys, frame, self._values, self._known)
            except ExpressionError as error:
                why = str(error)
            if math.isnan(value):
                self._wrong.add(text)
                self._film.lost.append(f"prompts: {quoted(text)} became 1: {why}.")
        return 1.0 if math.isnan(value) else value

    def filled(self, text: str, frame: int) -> str:
        """Return a text with the numbers that its formulas come to in a frame."""
        return _SUM.sub(lambda found: f"{self.number(found[1], frame):.5f}", text) if "${" in text else text


def read(node: Node, keys: Keys, film: Film) -> list[tuple[int, Piece]]:
    """Return what is said from which frame on, put together as Parseq does it; raise DialectError."""
    member = node.get("prompts")
    if member is None:
        raise node.piece.cut(0, 1).refusal("prompts", "prompts")
    if member.kind == "object" and member.get("promptList") is None:
        listed, items = member, [member]
        common = None
    else:
        found = member.get("promptList", "list") if member.kind == "object" else member
        if found is None or found.kind != "list" or not found.items:
            raise member.piece.refusal("prompts", "a list of prompts")
        listed, items = found, list(found.items)
        common = member if member.kind == "object" else None
    sources = [text for item in (*items, common.get("commonPrompt") if common else None) for text in _sources(item)]
    if keys.frames * sum(1 + text.count("${") for text in sources) > _MOST_LOOKS:
        raise listed.piece.cut(0, 1).refusal("prompts", "fewer frames or prompts; render this document with Parseq")
    sums = _Sums(keys, [text for text in sources if text], film)
    return _over(items, common, keys, sums, listed)


def _over(items: Sequence[Node], common: Node | None, keys: Keys, sums: _Sums, listed: Node) -> list[tuple[int, Piece]]:
    """Return what is said from which frame on: a new text wherever it changes."""
    found: list[tuple[int, Piece]] = []
    for frame in range(keys.frames):
        active = [item for item in items if _active(item, frame)]
        weights = [_weight(item, frame, keys.frames - 1, sums) for item in active] if len(active) > 1 else []
        parts = [_joined(active, weights, sign, common, frame, sums) for sign in ("positive", "negative")]
        text = " --neg ".join(parts).removesuffix(" --neg ")
        if parts[0] and (not found or found[-1][1].text != text):
            piece = active[0].piece
            found.append((frame, Piece(piece.source, text, [piece.places[0]] * (len(text) + 1))))
    if not found:
        raise listed.piece.cut(0, 1).refusal("prompts", "a prompt in one of the frames")
    return found


def _joined(
    active: Sequence[Node], weights: Sequence[float], sign: str, common: Node | None, frame: int, sums: _Sums
) -> str:
    texts = [sums.filled(_with_common(_said(item, sign), sign, common), frame) for item in active]
    if not weights:
        return texts[0] if texts else ""
    return " AND ".join(f"{text}: {weight:.15g}" for text, weight in zip(texts, weights, strict=True) if text)


def _with_common(text: str, sign: str, common: Node | None) -> str:
    """Return a prompt with what all prompts say."""
    shared = common.get("commonPrompt", "object") if common else None
    said = _said(shared, sign) if shared else ""
    if common is None or not said:
        return text
    where = common.word("commonPromptPos", ("append", "prepend", "template"))
    if where == "template":
        return said.replace("[prompt]", text)
    return (f"{text} {said}" if where == "append" else f"{said} {text}").strip()


def _said(node: Node, name: str) -> str:
    member = node.get(name, "string")
    return "" if member is None else " ".join(member.text.split())


def _sources(item: Node | None) -> list[str]:
    """Return the texts of a prompt in which formulas may stand."""
    if item is None or item.kind != "object":
        return [""]
    overlap = item.get("overlap", "object")
    custom = None if overlap is None else overlap.get("custom", "string")
    return [_said(item, "positive"), _said(item, "negative"), "" if custom is None else custom.text]


def _active(item: Node, frame: int) -> bool:
    if item.kind != "object":
        raise item.piece.refusal("prompts", "a prompt such as {...}")
    for name in ("enabled", "allFrames"):
        member = item.get(name)
        if member is not None and member.text == ("false" if name == "enabled" else "true"):
            return name == "allFrames"
    return item.value("from", 0, -1e9, 1e9) <= frame <= item.value("to", 1e9, -1e9, 1e9)


def _weight(item: Node, frame: int, last: int, sums: _Sums) -> float:
    """Return the weight of a prompt that fades in and out of its span, or has a formula of its own."""
    overlap = item.get("overlap", "object")
    kind = "none" if overlap is None else overlap.word("type", ("none", "linear", "custom"))
    if overlap is None or kind == "none":
        return 1.0
    if kind == "custom":
        custom = overlap.get("custom", "string")
        return 1.0 if custom is None else sums.number(custom.text, frame)
    everywhere = item.get("allFrames")
    all_ = everywhere is not None and everywhere.text == "true"
    begin, end = (0.0, float(last)) if all_ else (item.value("from", 0, -1e9, 1e9), item.value("to", 1e9, -1e9, 1e9))
    rise, fall = overlap.value("inFrames", 0, 0, 1e9), overlap.value("outFrames", 0, 0, 1e9)
    if rise and frame < begin + rise:
        return (frame - begin) / rise
    if fall and frame > end - fall:
        return 1 - (frame - (end - fall)) / fall
    return 1.0
