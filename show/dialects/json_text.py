"""JSON whose values know their places in the file. A comma too many before a closing bracket is forgiven."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from show.dialects.source import Piece, quoted
from show.errors import did_you_mean

_DEEPEST: Final = 60
_BLANK: Final = re.compile(r"[ \t\n\r]*")
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
_WORD: Final = re.compile(r"[A-Za-z]+")
_PLAIN: Final = re.compile(r'[^"\\\x00-\x1f]+')
_ESCAPES: Final = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_WORDS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None}

Kind = Literal["object", "list", "string", "number", "bool", "null"]


@dataclass(frozen=True)
class Node:
    """A JSON value: its kind, the piece of the file that it is (for a string: its letters), and what it holds.

    An object's members are in the order of the file; of two with one name the last is found.
    """

    kind: Kind
    piece: Piece
    number: float = 0.0
    items: tuple[Node, ...] = ()
    members: dict[str, Node] = field(default_factory=dict)
    names: dict[str, Piece] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The letters of a string, or the value as it stands in the file."""
        return self.piece.text

    def get(self, name: str, kind: Kind | None = None) -> Node | None:
        """Return the member of a name, None where there is none or null; raise DialectError if it is no `kind`."""
        found = self.members.get(name)
        if found is None or found.kind == "null":
            return None
        if kind is not None and found.kind != kind:
            raise found.piece.refusal(name, f"a {kind}")
        return found

    def value(self, name: str, default: float, low: float, high: float) -> float:
        """Return a member that is a number (or a string of one), `default` where there is none; raise DialectError."""
        found = self.get(name)
        if found is None:
            return default
        number = found.number if found.kind == "number" else _as_number(found)
        if number is None or not low <= number <= high:
            raise found.piece.refusal(name, f"a number from {low:g} to {high:g}")
        return number

    def word(self, name: str, choices: tuple[str, ...]) -> str:
        """Return a member that is one of some words, the first one where there is none; raise DialectError."""
        found = self.get(name, "string")
        if found is None:
            return choices[0]
        for choice in choices:
            if found.text.strip().lower() == choice.lower():
                return choice
        hint = did_you_mean(found.text, choices)
        raise found.piece.refusal(name, f"one of {', '.join(choices)}", hint)


def _as_number(node: Node) -> float | None:
    found = _NUMBER.fullmatch(node.text.strip()) if node.kind == "string" else None
    return float(found[0]) if found else None


def parse(piece: Piece) -> Node:
    """Return the JSON value that a piece is; raise DialectError where it is none."""
    reader = _Reader(piece)
    node = reader.value(0)
    reader.blank()
    if reader.at < len(piece.text):
        raise reader.refusal("the end of the file")
    return node


class _Reader:
    def __init__(self, piece: Piece) -> None:
        self._piece = piece
        self._text = piece.text
        self.at = 0

    def blank(self) -> None:
        found = _BLANK.match(self._text, self.at)
        self.at = found.end() if found else self.at

    def refusal(self, expected: str) -> Exception:
        rest = self._text[self.at :].split("\n", 1)[0][:20]
        return self._piece.cut(self.at, self.at + len(rest)).refusal("", expected)

    def _next(self, letter: str) -> bool:
        self.blank()
        if not self._text.startswith(letter, self.at):
            return False
        self.at += 1
        return True

    def value(self, depth: int) -> Node:
        self.blank()
        if depth > _DEEPEST:
            raise self.refusal(f"at most {_DEEPEST} brackets inside each other")
        begin = self.at
        if self._next("{"):
            members, names = {}, {}
            for name, node in self._members(depth + 1):
                members[name.text], names[name.text] = node, name
            return Node("object", self._piece.cut(begin, self.at), members=members, names=names)
        if self._next("["):
            items = tuple(self._items(depth + 1))
            return Node("list", self._piece.cut(begin, self.at), items=items)
        if self._text.startswith('"', self.at):
            return Node("string", self._string())
        return self._scalar()

    def _members(self, depth: int) -> Iterator[tuple[Piece, Node]]:
        while not self._next("}"):
            if not self._text.startswith('"', self.at):
                raise self.refusal('a name in double quotes, or "}"')
            name = self._string()
            if not self._next(":"):
                raise self.refusal(f'":" after the name {quoted(name.text)}')
            yield name, self.value(depth)
            if not self._next(",") and not self._text.startswith("}", self.at):
                raise self.refusal('"," or "}"')

    def _items(self, depth: int) -> Iterator[Node]:
        while not self._next("]"):
            yield self.value(depth)
            if not self._next(",") and not self._text.startswith("]", self.at):
                raise self.refusal('"," or "]"')

    def _scalar(self) -> Node:
        number = _NUMBER.match(self._text, self.at)
        if number:
            if not math.isfinite(float(number[0])):
                raise self.refusal("a finite number")
            self.at = number.end()
            return Node("number", self._piece.cut(number.start(), number.end()), float(number[0]))
        word = _WORD.match(self._text, self.at)
        if word and word[0] in _WORDS:
            self.at = word.end()
            held = _WORDS[word[0]]
            return Node("null" if held is None else "bool", self._piece.cut(word.start(), word.end()), float(held or 0))
        raise self.refusal("a value: {...}, [...], a string in double quotes, a number, true, false or null")

    def _string(self) -> Piece:
        begin = self.at
        self.at += 1
        letters: list[str] = []
        places: list[int] = []
        while not self._text.startswith('"', self.at):
            place = self.at
            plain = _PLAIN.match(self._text, place)
            if plain:
                self.at = plain.end()
                letters.append(plain[0])
                places.extend(self._piece.places[place : self.at])
            elif self.at >= len(self._text):
                self.at = begin
                raise self.refusal('a closing " for this string')
            else:
                letters.append(self._escaped())
                places.append(self._piece.places[place])
        places.append(self._piece.places[self.at])
        self.at += 1
        return Piece(self._piece.source, "".join(letters), tuple(places))

    def _escaped(self) -> str:
        """Return one letter: an escape, or a line break that stands bare in a string (notebooks write them)."""
        letter = self._text[self.at]
        if letter != "\\":
            if letter not in "\n\t":
                raise self.refusal("a string without control characters")
            self.at += 1
            return letter
        sign = self._text[self.at + 1 : self.at + 2]
        if sign in _ESCAPES and sign:
            self.at += 2
            return _ESCAPES[sign]
        code = self._code(self.at)
        if code is None:
            raise self.refusal('an escape such as \\n, \\" or \\u00e9')
        self.at += 6
        if 0xD800 <= code < 0xDC00:
            low = self._code(self.at)
            if low is not None and 0xDC00 <= low < 0xE000:
                self.at += 6
                return chr(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00))
        return "�" if 0xD800 <= code < 0xE000 else chr(code)

    def _code(self, at: int) -> int | None:
        found = re.compile(r"\\u([0-9a-fA-F]{4})").match(self._text, at)
        return int(found[1], 16) if found else None
