"""Where things stand in a TOML file: the standard library's parser gives values, this gives line numbers.

The scanner runs over text that tomllib has already accepted, so it need not judge it: it only follows headers, keys,
strings, brackets and comments, and notes on which line each key and each array item begins.
"""

from __future__ import annotations

import re
from typing import Final

Path = tuple[str | int, ...]

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_ATOM: Final = re.compile(r"[^\s,\[\]{}#]+")
_ESCAPES: Final = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\", "e": "\x1b"}


def lines(text: str) -> dict[Path, int]:
    """Return the 1-based line of every table, key and array item of a valid TOML text, by its path."""
    return _Scanner(text).scan()


def nearest(found: dict[Path, int], path: Path) -> int:
    """Return the line of `path`, or of the nearest part around it, or 1."""
    for end in range(len(path), 0, -1):
        if path[:end] in found:
            return found[path[:end]]
    return 1


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._found: dict[Path, int] = {}
        self._counts: dict[Path, int] = {}

    def scan(self) -> dict[Path, int]:
        table: Path = ()
        while self._skip(newlines=True):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
        return self._found

    def _note(self, path: Path, at: int) -> None:
        self._found.setdefault(path, self._text.count("\n", 0, at) + 1)

    def _skip(self, *, newlines: bool) -> bool:
        """Skip blanks and comments (and line ends); say whether anything is left."""
        blanks = " \t\r\n" if newlines else " \t"
        while self._at < len(self._text):
            letter = self._text[self._at]
            if letter in blanks:
                self._at += 1
            elif letter == "#":
                end = self._text.find("\n", self._at)
                self._at = len(self._text) if end < 0 else end
            else:
                return True
        return False

    def _header(self) -> Path:
        """Read [a.b] or [[a.b]] and return the full path that the keys below belong to."""
        begin = self._at
        array = self._text.startswith("[[", self._at)
        self._at += 2 if array else 1
        keys = self._keys()
        self._skip(newlines=False)
        self._at += 2 if array else 1
        path = self._resolve(keys[:-1])
        path = (*path, keys[-1])
        if array:
            number = self._counts.get(path, 0)
            self._counts[path] = number + 1
            self._note(path, begin)
            path = (*path, number)
        elif path in self._counts:
            path = (*path, self._counts[path] - 1)
        self._note(path, begin)
        return path

    def _resolve(self, keys: list[str]) -> Path:
        """Return the path of dotted keys, with the newest item of every array of tables on the way."""
        path: Path = ()
        for key in keys:
            path = (*path, key)
            if path in self._counts:
                path = (*path, self._counts[path] - 1)
        return path

    def _keys(self) -> list[str]:
        keys = []
        while True:
            self._skip(newlines=False)
            keys.append(self._key())
            self._skip(newlines=False)
            if not self._text.startswith(".", self._at):
                return keys
            self._at += 1

    def _key(self) -> str:
        if self._text[self._at] in "\"'":
            return self._string()
        found = _BARE.match(self._text, self._at)
        assert found is not None
        self._at = found.end()
        return found[0]

    def _pair(self, table: Path) -> None:
        self._skip(newlines=True)
        begin = self._at
        path = table
        for key in self._keys():
            path = (*path, key)
            self._note(path, begin)
        self._skip(newlines=False)
        self._at += 1  # the equals sign
        self._skip(newlines=False)
        self._value(path)

    def _value(self, path: Path) -> None:
        letter = self._text[self._at]
        if letter in "\"'":
            self._string()
        elif letter == "[":
            self._array(path)
        elif letter == "{":
            self._inline(path)
        else:
            self._atoms()

    def _atoms(self) -> None:
        """Pass a number, date or boolean; a date may hold one blank before its time."""
        found = _ATOM.match(self._text, self._at)
        assert found is not None
        self._at = found.end()
        time = re.match(r" \d\d:\d\d[\d:.Z+-]*", self._text[self._at : self._at + 40])
        if time is not None:
            self._at += time.end()

    def _array(self, path: Path) -> None:
        self._at += 1
        number = 0
        while self._skip(newlines=True) and self._text[self._at] != "]":
            if self._text[self._at] == ",":
                self._at += 1
                continue
            self._note((*path, number), self._at)
            self._value((*path, number))
            number += 1
        self._at += 1

    def _inline(self, path: Path) -> None:
        self._at += 1
        while self._skip(newlines=True) and self._text[self._at] != "}":
            if self._text[self._at] == ",":
                self._at += 1
                continue
            self._pair(path)
        self._at += 1

    def _string(self) -> str:
        """Pass a string of any of the four kinds and return its text (escapes resolved as far as keys need it)."""
        quote = self._text[self._at]
        mark = quote * 3 if self._text.startswith(quote * 3, self._at) else quote
        self._at += len(mark)
        begin = self._at
        while not self._text.startswith(mark, self._at):
            self._at += 2 if quote == '"' and self._text[self._at] == "\\" else 1
        if len(mark) == 3:
            while self._text.startswith(quote, self._at + 3):
                self._at += 1
        raw = self._text[begin : self._at]
        self._at += len(mark)
        return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), raw) if quote == '"' else raw
