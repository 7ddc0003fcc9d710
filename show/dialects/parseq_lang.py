"""Parseq's formulas, told in our own language of expressions: `sin(p=4b)*2 - bez()`, `if f>5 L else S`.

The grammar is Parseq's, with its turns: operators of one rank are read from the right, so that 9-3-2 is 8 and 8/4*2 is
1; `-f^2` is (-f)^2; a condition holds above 0; `4b` and `2s` are frames. What comes out is a text whose time is in
frames and which says all of that in brackets. What our language has no words for - texts, what was computed in other
frames, series of measured numbers - is refused with its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from show.dialects.parseq_functions import CONSTANTS, FUNCTIONS, RANDOM, UNKNOWN, Told
from show.tokens import ExpressionError, Token, tokens

HIGHEST: Final = 40
"""Brackets and conditions inside each other."""
NAMES: Final = {
    **{
        name: name
        for name in ("f", "b", "s", "k", "L", "S", "P", "C", "active_keyframe", "next_keyframe", "last_frame")
    },
    "wb": "floor(b)",
    "final_frame": "last_frame",
    "prev_keyframe": "active_keyframe",
    "active_keyframe_value": "prev_value",
    "prev_keyframe_value": "prev_value",
    "next_keyframe_value": "next_value",
    "prev_computed_value": "prev_computed",
}
"""Parseq's variables, and what they are called in the scope of a frame."""
_COMPARED: Final = (">", ">=", "<", "<=", "==", "!=", "&&", "||")


@dataclass(frozen=True)
class Tempo:
    """What a document counts with: frames a second, beats a minute, frames between two that are painted."""

    fps: float
    bpm: float
    cadence: float = 1.0

    @property
    def beat(self) -> float:
        """Frames of a beat."""
        return self.fps * 60.0 / self.bpm


@dataclass
class Translation:
    """A formula in our language, the names that it reads, and what is only like it was.

    `matches` holds, by name, which words about key frames are asked for: (function, pattern).
    """

    text: str = ""
    random: bool = False
    matches: dict[str, tuple[str, str]] = field(default_factory=dict)


class _Operand(NamedTuple):
    text: str
    words: bool = False


def translated(text: str, tempo: Tempo, fields: Mapping[str, str] | None = None) -> Translation:
    """Return a formula of Parseq in our language; raise ExpressionError with the column of what it has no words for.

    `fields` are names that stand for values besides Parseq's own, and what they are called in the scope.
    """
    return _Reader(text, tempo, {**NAMES, **(fields or {})}).whole()


class _Reader:
    def __init__(self, text: str, tempo: Tempo, names: Mapping[str, str]) -> None:
        self._tokens = tokens(text)
        self._at = 0
        self._depth = 0
        self._tempo = tempo
        self._names = names
        self._minus = -1
        self._stop = -1
        self._found = Translation()

    def whole(self) -> Translation:
        operand = self._number(self._boolean())
        if self._here.kind != "end":
            raise self._wrong("expected an operator or the end")
        self._found.text = operand
        return self._found

    @property
    def _here(self) -> Token:
        return self._tokens[self._at]

    def _wrong(self, expected: str, token: Token | None = None) -> ExpressionError:
        here = token or self._here
        got = "the end" if here.kind == "end" else repr(here.text)
        return ExpressionError(f"{expected}, got {got}", here.column)

    def _number(self, operand: _Operand) -> str:
        if operand.words:
            raise self._wrong("expected a number, not a text")
        return operand.text

    def _is(self, *signs: str) -> bool:
        return self._here.kind in ("sign", "name") and self._here.text in signs

    def _pass(self, *signs: str) -> str:
        """Return the sign that stands here and go on, "" where none of `signs` does."""
        if not self._is(*signs):
            return ""
        self._at += 1
        return self._tokens[self._at - 1].text

    def _expect(self, sign: str) -> None:
        if not self._pass(sign):
            raise self._wrong(f"expected {sign!r}")

    def _right(self, below: Callable[[], _Operand], signs: tuple[str, ...]) -> _Operand:
        """Read operands between signs of one rank, from the right as Parseq does: a-b-c is a-(b-c)."""
        parts = [below()]
        between: list[str] = []
        while self._is(*signs) and self._at != self._stop:
            if self._here.text == "-":
                self._minus = self._at
            between.append(self._pass(*signs))
            parts.append(below())
        last = parts.pop()
        while between:
            last = _Operand(_joined(self._number(parts.pop()), between.pop(), self._number(last)))
        return last

    def _boolean(self) -> _Operand:
        self._depth += 1
        if self._depth > HIGHEST:
            raise ExpressionError("this formula is nested too deeply", self._here.column)
        found = self._right(self._comparison, ("and", "or"))
        self._depth -= 1
        return found

    def _comparison(self) -> _Operand:
        return self._right(self._sum, _COMPARED)

    def _sum(self) -> _Operand:
        return self._right(self._product, ("+", "-"))

    def _product(self) -> _Operand:
        return self._right(self._negation, ("*", "/", "%", "^"))

    def _negation(self) -> _Operand:
        if self._pass("-"):
            return _Operand(f"(-{self._number(self._operand())})")
        return self._operand()

    def _operand(self) -> _Operand:
        token = self._here
        if token.kind == "end":
            raise self._wrong("expected a number")
        self._at += 1
        if token.kind == "number":
            return _Operand(self._length(token))
        if token.kind == "text":
            return _Operand(token.text, True)
        if token.text == "if" and token.kind == "name":
            return self._condition()
        if token.kind == "name" and token.text not in ("else", "and", "or"):
            if self._is("("):
                return _Operand(self._call(token))
            return _Operand(self._name(token))
        if token.text == "(":
            inner = self._boolean()
            self._expect(")")
            return _Operand(inner.text if inner.words else f"({inner.text})", inner.words)
        raise self._wrong("expected a number", token)

    def _length(self, token: Token) -> str:
        if token.unit == "bar":
            raise self._wrong("expected a number", token)
        frames = {"s": self._tempo.fps, "b": self._tempo.beat}.get(token.unit, 1.0)
        return token.text if frames == 1.0 else repr(float(token.text) * frames)

    def _name(self, token: Token) -> str:
        own = {"fps": self._tempo.fps, "bpm": self._tempo.bpm, "cadence": self._tempo.cadence, **CONSTANTS}
        if token.text in self._names:
            return self._names[token.text]
        if token.text in own:
            return repr(float(own[token.text]))
        raise ExpressionError(f"there is no name {token.text!r} here", token.column)

    def _condition(self) -> _Operand:
        begin, stop = self._at, self._stop
        self._minus = -1
        test = self._boolean()
        if self._is("else", ")", ",") or self._here.kind == "end":
            # `if f>5 -1 else 2`: what looked like a difference was the condition and what follows from it.
            self._at, self._stop = begin, self._minus
            test = self._boolean()
            self._stop = stop
        begin = self._at
        then = self._boolean()
        if self._pass("else"):
            # What follows `else` is as short as it can be: `if a 1 else 2+3` is (if a 1 else 2)+3.
            other = self._number(self._negation())
            return _Operand(f"({self._number(test)}>0 ? {self._number(then)} : {other})")
        if self._tokens[begin].text == "if":
            raise ExpressionError("expected brackets: it is not clear whose else this is", self._tokens[begin].column)
        self._at = begin
        return _Operand(f"({self._number(test)}>0 ? {self._number(self._negation())} : 0)")

    def _call(self, name: Token) -> str:
        told = FUNCTIONS.get(name.text)
        if told is None:
            raise ExpressionError(UNKNOWN.get(name.text, f"there is no function {name.text!r} here"), name.column)
        self._found.random |= name.text in RANDOM
        placed, named = self._arguments()
        if len(placed) > len(told.arguments):
            raise ExpressionError(f"{name.text} takes {len(told.arguments)} arguments at most", name.column)
        known = {one for argument in told.arguments for one in argument.names}
        for one in named:
            if one not in known:
                raise ExpressionError(f"{name.text} has no argument {one!r}", name.column)
        return self._filled(told, name, placed, named)

    def _filled(self, told: Told, name: Token, placed: list[_Operand], named: dict[str, _Operand]) -> str:
        """Return the call with what was given and the defaults of what was not."""
        given: dict[str, str] = {}
        for place, argument in enumerate(told.arguments):
            operand = placed[place] if place < len(placed) else None
            for one in argument.names:
                operand = named.get(one, operand)
            if operand is None and argument.default is None:
                raise ExpressionError(f"{name.text} needs its argument {argument.names[0]}", name.column)
            if operand is not None and operand.words != argument.words:
                raise ExpressionError(
                    f"{name.text}: expected {argument.names[0]} as a {'text' if argument.words else 'number'}",
                    name.column,
                )
            given[argument.names[0]] = (argument.default or "") if operand is None else operand.text
        if "regex" in given:
            asked = f"info_{len(self._found.matches)}"
            self._found.matches[asked] = (name.text, given["regex"])
            given["asked"] = asked
        try:
            return told.text(
                {**given, "beat": repr(self._tempo.beat), "fps": repr(self._tempo.fps)}, self._tempo.cadence
            )
        except ValueError as error:
            raise ExpressionError(str(error), name.column) from None

    def _arguments(self) -> tuple[list[_Operand], dict[str, _Operand]]:
        self._expect("(")
        placed: list[_Operand] = []
        named: dict[str, _Operand] = {}
        while not self._pass(")"):
            if placed or named:
                self._expect(",")
            if self._here.kind == "name" and self._tokens[self._at + 1].text == "=":
                name = self._here.text
                self._at += 2
                named[name] = self._boolean()
            elif named:
                raise self._wrong("expected name=value, like the argument before")
            else:
                placed.append(self._boolean())
        return placed, named


def _joined(left: str, sign: str, right: str) -> str:
    if sign in ("and", "&&"):
        return f"({left}>0 && {right}>0)"
    if sign in ("or", "||"):
        return f"({left}>0 || {right}>0)"
    return f"({left}{sign}{right})"
