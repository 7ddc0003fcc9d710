"""Texts that know where they come from: every piece of a file can say its line and column in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from show import manuscript
from show.errors import OrielError

_LONGEST_QUOTE = 60


class DialectError(OrielError):
    """A score in a foreign dialect cannot be read; the message begins with FILE:LINE:COLUMN."""

    exit_code = 2


@dataclass(frozen=True)
class Source:
    """A whole file: its name for messages and its text."""

    name: str
    text: str

    def whole(self) -> Piece:
        """Return the whole text as a piece."""
        return Piece(self, self.text, range(len(self.text) + 1))

    def at(self, offset: int) -> tuple[int, int]:
        """Return line and column, both from 1, of a place in the text."""
        offset = min(max(offset, 0), len(self.text))
        line = self.text.count("\n", 0, offset) + 1
        return line, offset - (self.text.rfind("\n", 0, offset) + 1) + 1


@dataclass(frozen=True)
class Piece:
    """A part of a source: `text`, and the place in the source of each of its letters and of its end."""

    source: Source
    text: str
    places: Sequence[int]

    def cut(self, begin: int, end: int | None = None) -> Piece:
        """Return the letters from `begin` to `end` (as in a slice, both from 0)."""
        end = len(self.text) if end is None else end
        return Piece(self.source, self.text[begin:end], self.places[begin : end + 1])

    def strip(self, letters: str | None = None) -> Piece:
        """Return it without blanks (or `letters`) at both ends."""
        begin = len(self.text) - len(self.text.lstrip(letters))
        return self.cut(begin, max(begin, len(self.text.rstrip(letters))))

    def at(self) -> str:
        """Return FILE:LINE:COLUMN of its first letter."""
        line, column = self.source.at(self.places[0])
        return f"{self.source.name}:{line}:{column}"

    def line(self) -> int:
        """Return the line, from 1, of its first letter."""
        return self.source.at(self.places[0])[0]

    def refusal(self, what: str, expected: str, hint: str = "") -> DialectError:
        """Return the error that `what` (the name of a field, or empty) was expected to be otherwise here."""
        name = f"{what}: " if what else ""
        return DialectError(f"{self.at()}: {name}expected {expected}, got {quoted(self.text)}{hint}")


def quoted(text: str) -> str:
    """Return words for a message: in quotes, shortened, on one line."""
    if not text.strip():
        return "nothing"
    flat = " ".join(text.split())
    return repr(flat if len(flat) <= _LONGEST_QUOTE else flat[: _LONGEST_QUOTE - 3] + "...")


def load(path: Path) -> Source:
    """Return the text of a file; raise ManuscriptError when it is empty, no text, too long or not in UTF-8."""
    return Source(str(path), manuscript.read(path).replace("\r\n", "\n").replace("\r", "\n"))
