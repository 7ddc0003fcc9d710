"""Expressions: a safe evaluator of our own for what a score computes; nothing but numbers ever runs.

A text is read by a small grammar into a tree of allowed nodes: numbers, names, functions of functions.py, operators
and conditions. There is no attribute, index, loop, assignment or call of anything else, and no name but those that are
given. The tree is bounded in letters (LONGEST), nodes (MOST_NODES) and height (HIGHEST), every node takes a bounded
time, so every evaluation ends within a bounded time whatever the text says.

It takes the ways of writing of both worlds: `**` and `^` are powers, `and` and `&&`, `a if c else b`, `if c a else b`
and `c ? a : b`, `4b`, `12f`, `2bar` and `3s` are lengths in seconds, `sin(x)` is the sine and `sin(p=4b)` a wave. `%`
has the sign of its left side, as in C. Whatever cannot be computed is nan.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, NamedTuple

from show.easing import EasingError, easing
from show.errors import did_you_mean
from show.functions import (
    CONSTANTS,
    FUNCTIONS,
    SCOPE,
    STATEFUL,
    Function,
    Parameter,
    divided,
    fallback,
    power,
    text_parameter,
)
from show.functions import remainder as _remainder
from show.tokens import ExpressionError, Token, long_name, tokens

__all__ = ["Expression", "ExpressionError", "compile_expression"]

MOST_NODES: Final = 500
HIGHEST: Final = 120

Scope = Mapping[str, float]
Run = Callable[[Scope], Any]


class Expression:
    """A compiled expression: `text` as written, `names` that it reads of a scope (its functions' included)."""

    def __init__(self, text: str, run: Callable[[Scope], float], names: frozenset[str]) -> None:
        self.text = text
        self.names = names
        self._run = run

    def value(self, scope: Scope) -> float:
        """Return its value, nan where it has none that is finite, or where a name is missing; never raise."""
        try:
            found = self._run(scope)
        except (ArithmeticError, ValueError, TypeError, KeyError):
            return math.nan
        return found if math.isfinite(found) else math.nan


def compile_expression(text: str, names: Collection[str] = ()) -> Expression:
    """Return an expression over `names`; raise ExpressionError with the column of what is wrong."""
    reader = _Reader(text, names)
    node = reader.whole()
    return Expression(text, node.run, frozenset(reader.used))


class _Node(NamedTuple):
    run: Run
    height: int = 1
    constant: bool = False
    text: bool = False


def _true(number: float) -> bool:
    return number != 0.0 and number == number


_BINARY: Final[dict[str, tuple[int, Callable[[Run, Run], Run]]]] = {
    "||": (1, lambda a, b: lambda s: float(_true(a(s)) or _true(b(s)))),
    "&&": (2, lambda a, b: lambda s: float(_true(a(s)) and _true(b(s)))),
    "|": (5, lambda a, b: lambda s: float(_true(a(s)) or _true(b(s)))),
    "&": (6, lambda a, b: lambda s: float(_true(a(s)) and _true(b(s)))),
    "+": (7, lambda a, b: lambda s: a(s) + b(s)),
    "-": (7, lambda a, b: lambda s: a(s) - b(s)),
    "*": (8, lambda a, b: lambda s: a(s) * b(s)),
    "/": (8, lambda a, b: lambda s: divided(a(s), b(s))),
    "%": (8, lambda a, b: lambda s: _remainder(a(s), b(s))),
    "**": (10, lambda a, b: lambda s: power(a(s), b(s))),
}
_COMPARED: Final[dict[str, Callable[[float, float], bool]]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}
_SPELT: Final = {"or": "||", "and": "&&", "^": "**", "~": "!"}
_COMPARISON: Final = 4
_UNARY: Final = 9
_POWER: Final = 10
_KEYWORDS: Final = frozenset({"if", "else", "and", "or", "not"})


class _Reader:
    """Reads one text by recursive descent; its depth is bounded by HIGHEST."""

    def __init__(self, text: str, names: Collection[str]) -> None:
        self._text = text
        self._names = names
        self._tokens = tokens(text, names)
        self._at = 0
        self._nodes = 0
        self._depth = 0
        self.used: set[str] = set()

    def whole(self) -> _Node:
        node = self._condition()
        if self._here.kind != "end":
            raise self._wrong("expected an operator or the end")
        if node.text:
            raise ExpressionError("expected a number, got a text", 1)
        return node

    @property
    def _here(self) -> Token:
        return self._tokens[self._at]

    def _sign(self) -> str:
        """Return the operator that stands here, in one spelling; "" for anything else."""
        here = self._here
        if here.kind == "sign" or (here.kind == "name" and here.text in _KEYWORDS):
            return _SPELT.get(here.text, here.text)
        return ""

    def _pass(self, *signs: str) -> bool:
        if self._sign() in signs:
            self._at += 1
            return True
        return False

    def _expect(self, sign: str, why: str) -> None:
        if not self._pass(sign):
            raise self._wrong(f"expected {sign!r} {why}")

    def _wrong(self, expected: str) -> ExpressionError:
        here = self._here
        got = "the end" if here.kind == "end" else repr(here.text)
        return ExpressionError(f"{expected}, got {got}", here.column)

    def _made(self, run: Run, *parts: _Node, pure: bool = True) -> _Node:
        """Return a node over parts; one whose parts are all constant is computed now."""
        self._nodes += 1
        height = 1 + max((part.height for part in parts), default=0)
        if self._nodes > MOST_NODES or height > HIGHEST:
            raise ExpressionError("this expression is too large; expected fewer operations", self._here.column)
        for part in parts:
            if part.text:
                raise ExpressionError("expected a number, got a text", self._here.column)
        if pure and parts and all(part.constant for part in parts):
            number = Expression("", run, frozenset()).value({})
            return _Node(lambda _: number, 1, True)
        return _Node(run, height)

    def _condition(self) -> _Node:
        return self._nested(self._conditional)

    def _conditional(self) -> _Node:
        if self._pass("if"):
            condition, then = self._binary(1), self._condition()
            other = self._condition() if self._pass("else") else _Node(lambda _: 0.0, 1, True)
            return self._chosen(condition, then, other)
        first = self._binary(1)
        if self._pass("?"):
            then = self._condition()
            self._expect(":", "of a condition c ? a : b")
            return self._chosen(first, then, self._condition())
        if self._pass("if"):
            condition = self._binary(1)
            self._expect("else", "of a condition a if c else b")
            return self._chosen(condition, first, self._condition())
        return first

    def _chosen(self, condition: _Node, then: _Node, other: _Node) -> _Node:
        c, a, b = condition.run, then.run, other.run
        return self._made(lambda s: a(s) if _true(c(s)) else b(s), condition, then, other)

    def _binary(self, least: int) -> _Node:
        node = self._unary()
        while True:
            sign = self._sign()
            if sign in _COMPARED and least <= _COMPARISON:
                node = self._comparison(node)
                continue
            level, combine = _BINARY.get(sign, (0, None))
            if combine is None or level < least:
                return node
            self._at += 1
            right = self._unary_power() if level == _POWER else self._binary(level + 1)
            node = self._made(combine(node.run, right.run), node, right)

    def _comparison(self, first: _Node) -> _Node:
        """Read `a < b <= c`: all of its pairs must hold."""
        parts, how = [first], []
        while self._sign() in _COMPARED:
            how.append(_COMPARED[self._sign()])
            self._at += 1
            parts.append(self._binary(_COMPARISON + 1))
        runs = [part.run for part in parts]
        if len(runs) == 2:
            a, b, compared = runs[0], runs[1], how[0]
            return self._made(lambda s: float(compared(a(s), b(s))), *parts)

        def run(scope: Scope) -> float:
            numbers = [one(scope) for one in runs]
            return float(all(one(a, b) for one, a, b in zip(how, numbers, numbers[1:], strict=False)))

        return self._made(run, *parts)

    def _unary(self) -> _Node:
        if self._pass("+"):
            return self._nested(self._unary)
        if self._pass("-"):
            node = self._nested(lambda: self._binary(_UNARY))
            inner = node.run
            return self._made(lambda s: -inner(s), node)
        if self._sign() in ("!", "not"):
            least = _COMPARISON if self._here.text == "not" else _UNARY
            self._at += 1
            node = self._nested(lambda: self._binary(least))
            denied = node.run
            return self._made(lambda s: float(not _true(denied(s))), node)
        return self._primary()

    def _unary_power(self) -> _Node:
        """Read the right side of a power: it binds from the right, and may carry a sign."""
        return self._nested(lambda: self._binary(_POWER))

    def _nested(self, read: Callable[[], _Node]) -> _Node:
        self._depth += 1
        if self._depth > HIGHEST // 2:
            raise ExpressionError("this expression is nested too deeply", self._here.column)
        node = read()
        self._depth -= 1
        return node

    def _primary(self) -> _Node:
        here = self._here
        if here.kind == "number":
            self._at += 1
            return self._number(here)
        if here.kind == "text":
            self._at += 1
            return self._name(here) if here.text in self._names else _Node(lambda _: here.text, 1, True, True)
        if here.kind == "name" and here.text not in _KEYWORDS:
            self._at += 1
            return self._call(here) if self._here.text == "(" and self._here.kind == "sign" else self._name(here)
        if self._pass("("):
            node = self._condition()
            self._expect(")", "after what stands in brackets")
            return node
        raise self._wrong("expected a number")

    def _number(self, token: Token) -> _Node:
        number = float(token.text)
        if not math.isfinite(number):
            raise ExpressionError(f"expected a finite number, got {token.text!r}", token.column)
        if token.unit in ("", "s"):
            return self._made(lambda _: number)._replace(constant=True)
        if token.unit == "f":
            self.used.add("fps")
            return self._made(lambda s: number / s.get("fps", SCOPE["fps"]))
        self.used.update(("bpm", "beats_per_bar"))
        bar = token.unit == "bar"
        return self._made(
            lambda s: number * 60.0 / s.get("bpm", SCOPE["bpm"]) * (s.get("beats_per_bar", 4.0) if bar else 1.0)
        )

    def _name(self, token: Token) -> _Node:
        name = token.text
        if name in self._names:
            self.used.add(name)
            return self._made(lambda s: s[name])
        if name in CONSTANTS:
            number = CONSTANTS[name]
            return self._made(lambda _: number)._replace(constant=True)
        wanted = long_name(self._text, token.column) or name
        if name in FUNCTIONS:
            raise ExpressionError(f"{name!r} is a function; expected {name}(...)", token.column)
        if name in STATEFUL:
            raise ExpressionError(_stateful(name), token.column)
        hint = did_you_mean(wanted, self._names) or did_you_mean(name, self._names)
        known = ", ".join(sorted(self._names)[:12])
        raise ExpressionError(f"there is no name {wanted!r} here{hint or f'; known are {known}'}", token.column)

    def _call(self, token: Token) -> _Node:
        self._at += 1
        placed, named = self._arguments()
        if token.text in ("where", "iif"):
            if named or len(placed) != 3:
                raise ExpressionError(f"expected {token.text}(condition, then, otherwise)", token.column)
            return self._chosen(*placed)
        wave = f"{token.text}(p)"
        name = wave if wave in FUNCTIONS and named else token.text
        function = FUNCTIONS.get(name)
        if function is None:
            if name in STATEFUL:
                raise ExpressionError(_stateful(name), token.column)
            known = [known for known in (*FUNCTIONS, "where") if "(" not in known]
            raise ExpressionError(f"there is no function {name!r}{did_you_mean(name, known)}", token.column)
        return self._applied(function, token, placed, named)

    def _arguments(self) -> tuple[list[_Node], dict[str, _Node]]:
        placed: list[_Node] = []
        named: dict[str, _Node] = {}
        while not self._pass(")"):
            if (placed or named) and not self._pass(","):
                raise self._wrong("expected ',' or ')'")
            if self._pass(")"):
                break
            after = self._tokens[min(self._at + 1, len(self._tokens) - 1)]
            if self._here.kind == "name" and after.text == "=" and after.kind == "sign":
                name = self._here.text
                if name in named:
                    raise ExpressionError(f"{name} is given twice", self._here.column)
                self._at += 2
                named[name] = self._condition()
            elif named:
                raise self._wrong("expected name=value, like the argument before")
            else:
                placed.append(self._condition())
        return placed, named

    def _applied(self, function: Function, token: Token, placed: list[_Node], named: dict[str, _Node]) -> _Node:
        """Return the call of a function with its arguments in order, defaults where there are none."""
        known = [name for parameter in function.parameters for name in parameter.names]
        for name in named:
            if name not in known:
                raise ExpressionError(f"{token.text} has no argument {name!r}{did_you_mean(name, known)}", token.column)
        if len(placed) > len(function.parameters) and not function.many:
            most = len(function.parameters)
            raise ExpressionError(f"{token.text}: expected {most} arguments at most, got {len(placed)}", token.column)
        runs: list[Run] = [_reads(name) for name in function.reads]
        self.used.update(function.reads)
        parts: list[_Node] = []
        for place, parameter in enumerate(function.parameters):
            given = [placed[place]] if place < len(placed) else []
            given += [named[name] for name in parameter.names if name in named]
            if len(given) > 1:
                raise ExpressionError(f"{token.text}: {parameter.names[0]} is given twice", token.column)
            runs.append(self._argument(parameter, token, given, parts))
        parts += placed[len(function.parameters) :]
        runs += [node.run for node in placed[len(function.parameters) :]]
        return self._made(_call(function.run, runs), *parts, pure=not function.reads and len(parts) == len(runs))

    def _argument(self, parameter: Parameter, token: Token, given: list[_Node], parts: list[_Node]) -> Run:
        default = fallback(parameter)
        if not given:
            if default is None:
                raise ExpressionError(f"{token.text} needs its argument {parameter.names[0]}", token.column)
            if isinstance(parameter.default, str) and parameter.default:
                self.used.add(parameter.default[1:])
            return default
        node = given[0]
        if text_parameter(parameter):
            if not node.text:
                raise ExpressionError(
                    f'{token.text}: expected {parameter.names[0]} as the name of an easing, "in-quad"', token.column
                )
            try:
                easing(node.run({}))
            except EasingError as error:
                raise ExpressionError(str(error), token.column) from None
            return node.run
        parts.append(node)
        return node.run


def _reads(name: str) -> Run:
    usual = SCOPE[name]
    return lambda scope: scope.get(name, usual)


def _call(run: Callable[..., float], runs: list[Run]) -> Run:
    if len(runs) == 1:
        (only,) = runs
        return lambda s: run(only(s))
    if len(runs) == 2:
        one, two = runs
        return lambda s: run(one(s), two(s))
    return lambda s: run(*[one(s) for one in runs])


def _stateful(name: str) -> str:
    return f"{name!r} needs what was computed before, and a score here is a function of its place alone"
