"""The sums that people write into schedules, `1.02+0.1*sin(2*3.14*t/60)`: expressions with places in the file.

Deforum works sums out with numexpr, whose `%` has the sign of its right side; ours has that of its left side, as in C.
So `a % b` is read as `mod(a, b)`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from show.dialects.source import DialectError, Piece
from show.expression import Expression, ExpressionError, compile_expression
from show.tokens import Token, tokens

Scope = Mapping[str, float]

_WORDS: Final = frozenset({"if", "else", "and", "or", "not"})
_BEFORE: Final = ("-", "+", "~", "!")
_CHAIN: Final = ("*", "/", "%")
_POWERS: Final = ("**", "^")


@dataclass(frozen=True)
class Formula:
    """A sum that was read: where it stands and the name of the field that it stands in."""

    piece: Piece
    what: str
    expression: Expression

    def value(self, scope: Scope) -> float:
        """Return what it comes to with the values of its names; raise DialectError unless that is finite."""
        result = self.expression.value(scope)
        if math.isnan(result):
            at = ", ".join(f"{name} = {scope[name]:g}" for name in sorted(self.expression.names) if name in scope)
            raise self.piece.refusal(self.what, f"a finite number{f' at {at}' if at else ''}")
        return result


def read(piece: Piece, what: str, names: Collection[str]) -> Formula:
    """Return the formula of a piece, which may use `names`; raise DialectError with the place of what is wrong."""
    try:
        expression = compile_expression(piece.text, names)
        if "%" in piece.text:
            # Only now: what was compiled is not nested deeper than a rewriter can follow.
            expression = compile_expression(_Rewriter(tokens(piece.text, names)).group(), names)
        return Formula(piece, what, expression)
    except ExpressionError as error:
        at = min(max(error.column - 1, 0), len(piece.text))
        raise DialectError(f"{piece.cut(at, at).at()}: {what}: {error}") from None


class _Rewriter:
    """Writes the words of an expression anew, `a*b%c` as `mod(a*b,c)`; the expression must be in order."""

    def __init__(self, words: list[Token]) -> None:
        self._words = words
        self._at = 0

    def group(self) -> str:
        """Return what stands here up to a closing bracket or the end."""
        parts: list[str] = []
        begin = 0
        while True:
            word = self._words[self._at]
            if word.kind == "end" or self._sign() == ")":
                return "".join(parts)
            if self._sign() in _CHAIN and parts:
                self._at += 1
                right = self._operand()
                if word.text == "%":
                    parts[begin:] = [f"mod({''.join(parts[begin:])},{right})"]
                else:
                    parts += [word.text, right]
            elif self._sign() in ("", "(") or (self._sign() in _BEFORE and not self._after_operand()):
                begin = len(parts)
                parts.append(self._operand())
            else:
                parts.append(self._passed())

    def _sign(self) -> str:
        """Return the sign or the keyword that stands here, "" for anything else."""
        word = self._words[self._at]
        return word.text if word.kind == "sign" or word.text in _WORDS else ""

    def _after_operand(self) -> bool:
        before = self._words[self._at - 1] if self._at else None
        return before is not None and (
            before.text == ")" or (before.kind in ("number", "name", "text") and before.text not in _WORDS)
        )

    def _passed(self) -> str:
        word = self._words[self._at]
        self._at += 1
        if word.kind == "text":
            return f'"{word.text}"'
        return f" {word.text} " if word.text in _WORDS else word.text + word.unit

    def _operand(self) -> str:
        """Return one operand: signs before it, a number, a name, a call or brackets, and the powers of it."""
        text = ""
        while self._sign() in _BEFORE:
            text += self._passed()
        while True:
            if self._sign() != "(":
                text += self._passed()
            if self._sign() == "(":
                text += self._passed() + self.group() + self._passed()
            if self._sign() not in _POWERS:
                return text
            text += self._passed()
            while self._sign() in _BEFORE:
                text += self._passed()
