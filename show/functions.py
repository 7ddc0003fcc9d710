"""The functions that expressions of a score may call: what Deforum's and Parseq's scores use, and a few more.

Every function is a row of FUNCTIONS: what computes it, its parameters, and what it reads of the scope by itself. A
parameter is written `name|short=default`; without a default it must be given, and a default `@name` is read from the
scope. All arguments are numbers, but for `curve`, which is the name of an easing in quotation marks.

Time is in seconds everywhere. Waves and noise read the time `t` of the scope, curves the key that they stand on (`k`:
seconds since it, `span`: seconds from it to the next, `prev_value`, `next_value`). A number that cannot be computed is
nan; nothing here raises, loops over its arguments' size, or remembers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from show import noise
from show.easing import bezier, easing

SCOPE: Final[dict[str, float]] = {
    "t": 0.0,
    "fps": 24.0,
    "bpm": 120.0,
    "beats_per_bar": 4.0,
    "seed": 0.0,
    "k": 0.0,
    "span": 0.0,
    "prev_value": 0.0,
    "next_value": 0.0,
}
"""What functions read of a scope by themselves, and what it is where the scope has none."""


class Parameter(NamedTuple):
    """One parameter of a function: its names, and its default (None: it must be given; "@x": from the scope)."""

    names: tuple[str, ...]
    default: float | str | None


class Function(NamedTuple):
    """One function: `run` is called with the values of `reads`, then with its arguments in order."""

    run: Callable[..., float]
    parameters: tuple[Parameter, ...]
    reads: tuple[str, ...] = ()
    many: bool = False


def _parameters(written: str) -> tuple[Parameter, ...]:
    found = []
    for part in written.split():
        names, equals, default = part.partition("=")
        kept: float | str | None = None
        if equals:
            kept = default if default.startswith("@") or default == "''" else float(default)
        found.append(Parameter(tuple(names.split("|")), "" if kept == "''" else kept))
    return tuple(found)


def safe(run: Callable[..., float]) -> Callable[..., float]:
    """Return a function that gives nan where another raises for a number that it cannot take."""

    def guarded(*arguments: float) -> float:
        try:
            return float(run(*arguments))
        except (ArithmeticError, ValueError, TypeError):
            return math.nan

    return guarded


def divided(a: float, b: float) -> float:
    """Return a / b as processors do it: infinite or nan by zero."""
    if b != 0.0:
        return a / b
    return math.nan if a == 0.0 or math.isnan(a) else math.copysign(math.inf, a) * math.copysign(1.0, b)


def power(a: float, b: float) -> float:
    """Return a to the power of b; nan where it is no real number, infinite where it is too large."""
    try:
        return math.pow(a, b)
    except OverflowError:
        return math.inf
    except ValueError:
        return math.inf if a == 0.0 else math.nan


def remainder(a: float, b: float) -> float:
    """Return the remainder of a / b with the sign of a, as in C, numexpr and JavaScript."""
    return math.fmod(a, b) if b != 0.0 and not math.isinf(a) else math.nan


def _sign(x: float) -> float:
    return math.copysign(1.0, x) if x != 0.0 else 0.0


def _rounded(how: Callable[[float], float]) -> Callable[[float, float], float]:
    def run(value: float, places: float) -> float:
        scale = 10.0 ** max(-12, min(12, round(places)))
        return how(value * scale) / scale

    return run


def _nearest(x: float) -> float:
    """Round halves up, as JavaScript does."""
    return math.floor(x + 0.5)


def _clamp(x: float, low: float, high: float) -> float:
    return min(max(x, low), high)


def _remap(x: float, a: float, b: float, c: float, d: float) -> float:
    return c + (d - c) * (x - a) / (b - a)


def _smoothstep(low: float, high: float, x: float) -> float:
    share = _clamp((x - low) / (high - low), 0.0, 1.0)
    return share * share * (3.0 - 2.0 * share)


def _wave(shape: Callable[[float, float, float], float]) -> Callable[..., float]:
    """Return an oscillator of a shape (place, period, width): amplitude about a centre, for `limit` periods or ever."""

    def run(
        t: float, k: float, period: float, phase: float, amp: float, centre: float, limit: float, width: float
    ) -> float:
        if limit > 0.0 and k > limit * period:
            return 0.0
        return centre + amp * shape(t + phase, period, width)

    return run


_TURN: Final = 2.0 * math.pi
_SHAPES: Final[dict[str, Callable[[float, float, float], float]]] = {
    "sin": lambda at, period, _: math.sin(at * _TURN / period),
    "cos": lambda at, period, _: math.cos(at * _TURN / period),
    "tri": lambda at, period, _: math.asin(math.sin(at * _TURN / period)) * 2.0 / math.pi,
    "saw": lambda at, period, _: math.fmod(at, period) / period,
    "sq": lambda at, period, _: 1.0 if math.sin(at * _TURN / period) >= 0.0 else -1.0,
    "pulse": lambda at, period, width: 1.0 if math.fmod(at, period) < width else 0.0,
}
_WAVE: Final = "period|p phase|ps=0 amp|a=1 centre|c=0 limit|li=0 pulse|pw=0.2"


def _rand(t: float, fps: float, low: float, high: float, seed: float, hold: float) -> float:
    return low + (high - low) * noise.steps(seed, t / (hold or 1.0 / fps))


def _smrand(t: float, smooth: float, low: float, high: float, seed: float, y: float) -> float:
    share = noise.smooth(seed, t / (smooth or 1.0)) if y == 0.0 else _half(noise.gradient(seed, t / (smooth or 1.0), y))
    return low + (high - low) * share


def _perlin(t: float, smooth: float, low: float, high: float, seed: float, y: float) -> float:
    return low + (high - low) * _half(noise.gradient(seed, t / (smooth or 1.0), y))


def _half(x: float) -> float:
    return 0.5 + 0.5 * x


def _vibe(
    t: float,
    x1: float,
    y1: float,
    x2: float,
    y2: float,
    period: float,
    low: float,
    high: float,
    seed: float,
    curve: str,
) -> float:
    ease = easing(curve) if curve else bezier(x1, y1, x2, y2)
    return low + (high - low) * noise.eased(seed, t / (period or 1.0), ease)


def _bez(
    k: float,
    x1: float,
    y1: float,
    x2: float,
    y2: float,
    begin: float,
    end: float,
    span: float,
    offset: float,
    curve: str,
    delta: float,
) -> float:
    share = offset if abs(offset) < 1.0 else (k / span if span > 0.0 else 0.0)
    goal = begin + delta if delta else end
    ease = easing(curve) if curve else bezier(x1, y1, x2, y2)
    return begin + (goal - begin) * ease(_clamp(share, 0.0, 1.0))


def _slide(k: float, begin: float, end: float, span: float, offset: float) -> float:
    share = offset if abs(offset) < 1.0 else (k / span if span > 0.0 else 0.0)
    return begin + (end - begin) * min(share, 1.0)


def _ease(x: float, curve: str) -> float:
    return easing(curve or "smooth")(_clamp(x, 0.0, 1.0))


def _start_of_beat(bpm: float, at: float) -> float:
    return math.floor(at * bpm / 60.0 + 1e-9) * 60.0 / bpm


_PLAIN: Final[dict[str, Callable[..., float]]] = {
    "sin": math.sin, "cos": math.cos, "tan": math.tan, "asin": math.asin, "acos": math.acos, "atan": math.atan,
    "arcsin": math.asin, "arccos": math.acos, "arctan": math.atan, "sinh": math.sinh, "cosh": math.cosh,
    "tanh": math.tanh, "asinh": math.asinh, "acosh": math.acosh, "atanh": math.atanh, "arcsinh": math.asinh,
    "arccosh": math.acosh, "arctanh": math.atanh, "exp": math.exp, "expm1": math.expm1, "exp2": math.exp2,
    "log": math.log, "ln": math.log, "log10": math.log10, "log2": math.log2, "log1p": math.log1p, "sqrt": math.sqrt,
    "cbrt": math.cbrt, "abs": math.fabs, "sign": _sign, "trunc": math.trunc, "degrees": math.degrees,
    "radians": math.radians, "deg2rad": math.radians, "rad2deg": math.degrees, "fract": lambda x: x - math.floor(x),
    "isnan": math.isnan, "isinf": math.isinf, "isfinite": math.isfinite, "real": float, "conj": float,
    "rint": lambda x: float(round(x)), "clz32": lambda x: 32 - (int(x) & 0xFFFFFFFF).bit_length(),
}  # fmt: skip
_TWO: Final[dict[str, Callable[..., float]]] = {
    "atan2": math.atan2, "arctan2": math.atan2, "hypot": math.hypot, "pow": power, "fmod": remainder,
    "mod": lambda a, b: a % b, "copysign": math.copysign, "step": lambda edge, x: float(x >= edge),
}  # fmt: skip


def _all() -> dict[str, Function]:
    rows: dict[str, Function] = {}

    def add(name: str, run: Callable[..., float], written: str, *reads: str, many: bool = False) -> None:
        rows[name] = Function(safe(run), _parameters(written), reads, many)

    for name, run in _PLAIN.items():
        add(name, run, "v")
    for name, run in _TWO.items():
        add(name, run, "a b")
    for names, pick in ((("min", "minimum"), min), (("max", "maximum"), max)):
        for name in names:
            add(name, lambda *numbers, pick=pick: pick(numbers), "a b", many=True)
    for name, how in (("round", _nearest), ("floor", math.floor), ("ceil", math.ceil)):
        add(name, _rounded(how), "v p|precision=0")
    for name in ("clamp", "clip"):
        add(name, _clamp, "x low high")
    for name in ("lerp", "mix"):
        add(name, lambda a, b, x: a + (b - a) * x, "a b x")
    for name in ("remap", "scale"):
        add(name, _remap, "x a b c d")
    add("smoothstep", _smoothstep, "low high x")
    for name, shape in _SHAPES.items():
        add(name if name in ("sq", "tri", "saw", "pulse") else f"{name}(p)", _wave(shape), _WAVE, "t", "k")
    add("rand", _rand, "min|n=0 max|x=1 seed|s=@seed hold|h=0", "t", "fps")
    for name in ("smrand", "noise"):
        add(name, _smrand, "smooth|sm=1 min|n=0 max|x=1 seed|s=@seed y=0", "t")
    add("perlin", _perlin, "smooth|sm=1 min|n=0 max|x=1 seed|s=@seed y=0", "t")
    add("vibe", _vibe, "x1=0.5 y1=0 x2=0.5 y2=1 period|p=1 min=0 max=1 seed|s=@seed curve|c=''", "t")
    handles, ends = "x1=0.5 y1=0 x2=0.5 y2=1", "from|start=@prev_value to|end|t=@next_value span|in|s=@span"
    add("bez", _bez, f"{handles} {ends} offset|os=2 curve|c='' delta|d=0", "k")
    add("slide", _slide, f"{ends} offset|os=2", "k")
    add("ease", _ease, "x curve|c=''")
    add("f2s", lambda fps, v: v / fps, "v", "fps")
    add("s2f", lambda fps, v: v * fps, "v", "fps")
    add("b2s", lambda bpm, v: v * 60.0 / bpm, "v", "bpm")
    add("s2b", lambda bpm, v: v * bpm / 60.0, "v", "bpm")
    add("f2b", lambda fps, bpm, v: v / fps * bpm / 60.0, "v", "fps", "bpm")
    add("b2f", lambda fps, bpm, v: v * 60.0 / bpm * fps, "v", "fps", "bpm")
    add("start_of_beat", _start_of_beat, "at|f=@t", "bpm")
    for name in _PLAIN:
        rows.setdefault(f"_{name}", rows[name])
    return rows


FUNCTIONS: Final = _all()
"""All functions by name; `sin(p)` and `cos(p)` are what sin and cos are when a period is named."""
STATEFUL: Final = frozenset({"computed_at", "recompute_if", "dangerous", "prev_computed_value"})
"""Names of Parseq that ask for what was computed before; a score here is a function of its place alone."""
CONSTANTS: Final[dict[str, float]] = {"pi": math.pi, "e": math.e, "tau": math.tau, "true": 1.0, "false": 0.0}


def text_parameter(parameter: Parameter) -> bool:
    """Say whether an argument is a name of an easing instead of a number."""
    return parameter.default == ""


def fallback(parameter: Parameter) -> Callable[[Any], Any] | None:
    """Return what reads a parameter's default from a scope, or None where it must be given."""
    default = parameter.default
    if isinstance(default, str) and default.startswith("@"):
        name = default[1:]
        return lambda scope: scope.get(name, SCOPE[name])
    return None if default is None else lambda _scope: default
