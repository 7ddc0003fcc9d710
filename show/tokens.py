"""The words of an expression: numbers, names, texts in quotation marks and signs, each with its place."""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import pairwise
from typing import Final, Literal, NamedTuple

from show.errors import OrielError

LONGEST: Final = 2000
"""Letters of an expression, at the most."""
_NUMBER: Final = re.compile(r"(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)(bar|[fsb])?(?![\w.])", re.ASCII)
_NAME: Final = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_TEXT: Final = re.compile(r'"([^"\\\n]*)"|\'([^\'\\\n]*)\'')
_SIGN: Final = re.compile(r"\*\*|<=|>=|==|!=|&&|\|\||[-+*/%^<>()!~&|,=?:]")
_BLANK: Final = re.compile(r"(?:\s+|#[^\n]*)+")
_LONG_NAME: Final = re.compile(r"[A-Za-z_][\w/.-]*", re.ASCII)

Kind = Literal["number", "name", "text", "sign", "end"]


class ExpressionError(OrielError):
    """A text is no expression; `column` (from 1) says where."""

    exit_code = 2

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.column = column


class Token(NamedTuple):
    """One word: what it is, how it is written, where it begins (column from 1), and the unit behind a number."""

    kind: Kind
    text: str
    column: int
    unit: str = ""


def tokens(text: str, names: Collection[str] = ()) -> list[Token]:
    """Return the words of an expression, an "end" last; raise ExpressionError.

    `names` with other letters than those of identifiers ("audio/bass") are one word where they stand as a whole.
    """
    if len(text) > LONGEST:
        raise ExpressionError(f"an expression may have {LONGEST} letters at most, got {len(text)}", LONGEST + 1)
    odd = sorted((name for name in names if not _NAME.fullmatch(name)), key=len, reverse=True)
    found: list[Token] = []
    at = 0
    while True:
        blank = _BLANK.match(text, at)
        at = blank.end() if blank else at
        if at >= len(text):
            return [*found, Token("end", "", len(text) + 1)]
        token, at = _next(text, at, odd)
        found.append(token)


def _next(text: str, at: int, odd: list[str]) -> tuple[Token, int]:
    column = at + 1
    for name in odd:
        if text.startswith(name, at) and not re.match(r"[\w/]", text[at + len(name) : at + len(name) + 1]):
            return Token("name", name, column), at + len(name)
    for kind, pattern in (("number", _NUMBER), ("name", _NAME), ("text", _TEXT), ("sign", _SIGN)):
        match = pattern.match(text, at)
        if match is None:
            continue
        if kind == "number":
            return Token("number", match[1], column, match[2] or ""), match.end()
        if kind == "name":
            return Token("name", match[0], column), match.end()
        if kind == "text":
            return Token("text", match[1] if match[1] is not None else match[2], column), match.end()
        return Token("sign", match[0], column), match.end()
    wrong = re.match(r"[\w.]+", text[at : at + 24])
    raise ExpressionError(f"expected a number, a name or a sign, got {(wrong[0] if wrong else text[at])!r}", column)


def long_name(text: str, column: int) -> str:
    """Return the name with slashes that begins at a column, for a hint."""
    match = _LONG_NAME.match(text, column - 1)
    return match[0] if match else ""


def renamed(text: str, names: dict[str, str]) -> str:
    """Return an expression with its names (not its functions) replaced; raise ExpressionError."""
    found = tokens(text)
    parts, at = [], 0
    for token, after in pairwise(found):
        if token.kind == "name" and token.text in names and after.text != "(":
            begin = token.column - 1
            parts += [text[at:begin], names[token.text]]
            at = begin + len(token.text)
    return "".join((*parts, text[at:]))
