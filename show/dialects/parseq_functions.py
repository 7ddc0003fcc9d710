"""The functions of Parseq's formulas: their arguments, and how our own language of expressions tells them.

A time that Parseq counts in frames stays in frames: whoever works out the texts lets a second be one frame. Random
numbers are ours: the same kind of curve, other numbers. What is missing here cannot be told, and UNKNOWN says why.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

CONSTANTS: Final = {
    "true": 1.0,
    "false": 0.0,
    "PI": math.pi,
    "E": math.e,
    "SQRT2": math.sqrt(2.0),
    "SQRT1_2": math.sqrt(0.5),
    "LN2": math.log(2.0),
    "LN10": math.log(10.0),
    "LOG2E": math.log2(math.e),
    "LOG10E": math.log10(math.e),
}
RANDOM: Final = frozenset({"rand", "smrand", "perlin", "vibe"})
UNKNOWN: Final = {
    "computed_at": "computed_at() asks for what was computed in another frame",
    "recompute_if": "recompute_if() remembers what was computed before",
    "dangerous": "dangerous() asks for what was computed for another field",
    "posneg": "posneg() makes texts",
    "posneg_lora": "posneg_lora() makes texts",
}
_PLAIN_PATTERN: Final = re.compile(r"[\w .^$|:/-]*")
"""Patterns that cannot take long, whatever they are held against."""


class Argument(NamedTuple):
    """One argument: its names, its default in our language (None: it must be given), whether it is a text."""

    names: tuple[str, ...]
    default: str | None = None
    words: bool = False


@dataclass(frozen=True)
class Told:
    """One function: its arguments in order, and the text that it becomes, with {name} for each by its first name."""

    arguments: tuple[Argument, ...]
    pattern: str

    def text(self, given: Mapping[str, str], cadence: float) -> str:
        """Return the call in our language; raise ValueError with a sentence if it has no words for it."""
        if not _PLAIN_PATTERN.fullmatch(given.get("regex", "")):
            raise ValueError(f"expected a pattern of letters and | alone, got {given['regex'][:40]!r}")
        if not re.fullmatch(r"[\w-]*", given.get("curve", "")):
            raise ValueError(f"there is no curve {given['curve'][:40]!r}")
        rounded = {"d": "floor", "u": "ceil", "r": "round"}.get(given.get("round", "r"))
        if rounded is None:
            raise ValueError(f"expected d, u or r, got {given['round'][:40]!r}")
        curve = f',c="{given["curve"]}"' if given.get("curve") else ""
        return self.pattern.format(**{**given, "rounded": rounded, "curve": curve, "cadence": repr(cadence)})


def _arguments(written: str) -> tuple[Argument, ...]:
    found = []
    for part in written.split():
        names, equals, default = part.partition("=")
        words = names.startswith("'")
        found.append(Argument(tuple(names.strip("'").split("|")), default if equals else None, words))
    return tuple(found)


def _all() -> dict[str, Told]:
    rows: dict[str, Told] = {}

    def add(name: str, written: str, pattern: str) -> None:
        rows[name] = Told(_arguments(written), pattern)

    turns, others = "sin cos tan sinh cosh tanh", "log log1p log10 log2 exp expm1 sqrt cbrt clz32 sign"
    for name in [*turns.split(), *(f"a{name}" for name in turns.split()), *others.split()]:
        add(f"_{name}", "v", f"_{name}({{v}})")
    for name in ("min", "max"):
        add(name, "a b", f"{name}({{a}},{{b}})")
    add("abs", "v", "abs({v})")
    for name in ("round", "floor", "ceil"):
        add(name, "v p=0", f"{name}({{v}},{{p}})")
    wave = "period|p phase|ps=0 amp|a=1 centre|c=0 limit|li=0 pulse|pw=5"
    for name in ("sin", "sq", "saw", "tri", "pulse"):
        add(name, wave, f"{name}(p={{period}},ps={{phase}},a={{amp}},c={{centre}},li={{limit}},pw={{pulse}})")
    add("rand", "min|n=0 max|x=1 seed|s=0 hold|h=1", "rand({min},{max},{seed},{hold})")
    for name in ("smrand", "perlin"):
        add(name, "smooth|sm=10 min|n=0 max|x=1 seed|s=0 y=0", f"{name}({{smooth}},{{min}},{{max}},{{seed}},{{y}})")
    handles = "x1=0.5 y1=0 x2=0.5 y2=1"
    add(
        "vibe",
        f"{handles} offset|os=2 pmin=1 pmax=20 p=0 min=0 max=1 seed|s=0 'curve|c'=",
        "vibe({x1},{y1},{x2},{y2},({p}>0 ? {p} : ({pmin}+{pmax})/2),{min},{max},{seed}{curve})",
    )
    ends = "from|start|s=prev_value to|end|t=next_value span|in|s=span offset|os=2"
    add(
        "bez",
        f"{handles} {ends} 'curve|c'= d|delta=0",
        "bez({x1},{y1},{x2},{y2},{from},{to},{span},{offset}{curve},d={d})",
    )
    add("slide", ends, "slide({from},{to},{span},{offset})")
    add("f2b", "v", "({v}/{beat})")
    add("f2s", "v", "({v}/{fps})")
    add("b2f", "v", "({v}*{beat})")
    add("s2f", "v", "({v}*{fps})")
    add("start_of_beat", "f=f 'round|r'=r", "{rounded}(floor({f}/{beat})*{beat})")
    add("is_generation", "f=f", "({f}%{cadence}==0)")
    for name in ("info_match", "info_match_count"):
        add(name, "'regex|r'", "{asked}")
    for name in ("prev", "last", "next", "gap", "progress", "since", "until"):
        add(f"info_match_{name}", "'regex|r' default|d=-1", "({asked}=={asked} ? {asked} : {default})")
    return rows


FUNCTIONS: Final = _all()
