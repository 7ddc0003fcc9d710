"""The sums that people write into schedules, `1.02+0.1*sin(2*3.14*t/60)`: expressions with places in the file."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from show.dialects.source import DialectError, Piece
from show.expression import Expression, ExpressionError, compile_expression

Scope = Mapping[str, float]


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
        return Formula(piece, what, compile_expression(piece.text, names))
    except ExpressionError as error:
        at = min(max(error.column - 1, 0), len(piece.text))
        raise DialectError(f"{piece.cut(at, at).at()}: {what}: {error}") from None
