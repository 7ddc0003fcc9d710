"""Easings: how the way from one key to the next is gone, as functions from a share of time to a share of the way.

Every easing maps 0 to 0 and 1 to 1. Names are those of CSS and of the usual families, in any of the spellings
`in-quad`, `ease-in-quad`, `easeInQuad`; `[x1, y1, x2, y2]` is a Bezier curve with these two handles, as in CSS.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Sequence
from typing import Final

from show.errors import OrielError, did_you_mean

Ease = Callable[[float], float]

_HANDLES: Final[dict[str, tuple[float, float, float, float]]] = {
    "ease": (0.25, 0.1, 0.25, 1.0),
    "in": (0.42, 0.0, 1.0, 1.0),
    "out": (0.0, 0.0, 0.58, 1.0),
    "in-out": (0.42, 0.0, 0.58, 1.0),
    "step-start": (0.0, 0.0, 0.0, 1.0),
    "step-end": (1.0, 0.0, 1.0, 1.0),
    "in-sine": (0.12, 0.0, 0.39, 0.0),
    "out-sine": (0.61, 1.0, 0.88, 1.0),
    "in-out-sine": (0.37, 0.0, 0.63, 1.0),
    "in-quad": (0.11, 0.0, 0.5, 0.0),
    "out-quad": (0.5, 1.0, 0.89, 1.0),
    "in-out-quad": (0.45, 0.0, 0.55, 1.0),
    "in-cubic": (0.32, 0.0, 0.67, 0.0),
    "out-cubic": (0.33, 1.0, 0.68, 1.0),
    "in-out-cubic": (0.65, 0.0, 0.35, 1.0),
    "in-quart": (0.5, 0.0, 0.75, 0.0),
    "out-quart": (0.25, 1.0, 0.5, 1.0),
    "in-out-quart": (0.76, 0.0, 0.24, 1.0),
    "in-quint": (0.64, 0.0, 0.78, 0.0),
    "out-quint": (0.22, 1.0, 0.36, 1.0),
    "in-out-quint": (0.83, 0.0, 0.17, 1.0),
    "in-expo": (0.7, 0.0, 0.84, 0.0),
    "out-expo": (0.16, 1.0, 0.3, 1.0),
    "in-out-expo": (0.87, 0.0, 0.13, 1.0),
    "in-circ": (0.55, 0.0, 1.0, 0.45),
    "out-circ": (0.0, 0.55, 0.45, 1.0),
    "in-out-circ": (0.85, 0.0, 0.15, 1.0),
    "in-back": (0.36, 0.0, 0.66, -0.56),
    "out-back": (0.34, 1.56, 0.64, 1.0),
    "in-out-back": (0.68, -0.6, 0.32, 1.6),
}
_NUMBERED: Final = {"1": "sine", "2": "quad", "3": "cubic", "4": "quart", "5": "quint", "6": "expo"}
_STEPS: Final = 60


class EasingError(OrielError, ValueError):
    """A name that is no easing; the sentence holds it."""

    exit_code = 2


def _elastic(x: float) -> float:
    if x in (0.0, 1.0):
        return x
    return float(2.0 ** (-10.0 * x) * math.sin((x * 10.0 - 0.75) * 2.0 * math.pi / 3.0) + 1.0)


def _bounce(x: float) -> float:
    for edge, shift, rest in ((1.0, 0.0, 0.0), (2.0, 1.5, 0.75), (2.5, 2.25, 0.9375)):
        if x < edge / 2.75:
            return 7.5625 * (x - shift / 2.75) ** 2 + rest
    return 7.5625 * (x - 2.625 / 2.75) ** 2 + 0.984375


def _turned(out: Ease) -> Ease:
    """Return an easing that begins as another ends."""
    return lambda x: 1.0 - out(1.0 - x)


def _both(out: Ease) -> Ease:
    """Return an easing that begins and ends as another ends."""
    return lambda x: (1.0 - out(1.0 - 2.0 * x)) / 2.0 if x < 0.5 else (1.0 + out(2.0 * x - 1.0)) / 2.0


def _own() -> dict[str, Ease]:
    found: dict[str, Ease] = {
        "linear": lambda x: x,
        "step": lambda x: 1.0 if x >= 1.0 else 0.0,
        "smooth": lambda x: x * x * (3.0 - 2.0 * x),
        "slerp": lambda x: x,
    }
    found["hold"] = found["step"]
    for name, out in (("elastic", _elastic), ("bounce", _bounce)):
        found |= {f"out-{name}": out, f"in-{name}": _turned(out), f"in-out-{name}": _both(out)}
    return found


_OWN: Final = _own()
NAMES: Final = (*_OWN, *_HANDLES)


def easing(given: str | Sequence[float]) -> Ease:
    """Return an easing by its name or its two Bezier handles; raise EasingError with a did-you-mean."""
    if not isinstance(given, str):
        return bezier(*(float(number) for number in given))
    name = plain(given)
    if name in _OWN:
        return _OWN[name]
    if name in _HANDLES:
        return bezier(*_HANDLES[name])
    hint = did_you_mean(name, NAMES) or "; known are linear, step, smooth, ease-in-out, in-quad and the like"
    raise EasingError(f"there is no easing {given[:40]!r}{hint}")


def plain(name: str) -> str:
    """Return a name in the spelling of the table: `easeInOut2` and `ease-in-out-quad` are `in-out-quad`."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z0-9])", "-", name.strip()).lower().replace("_", "-").split("-")
    words = [_NUMBERED.get(word, word) for word in words if word]
    return "-".join(words[1:] if words[:1] == ["ease"] and len(words) > 1 else words)


@functools.lru_cache(maxsize=512)
def bezier(x1: float, y1: float, x2: float, y2: float) -> Ease:
    """Return the Bezier curve from (0, 0) to (1, 1) with two handles; x1 and x2 are kept within 0..1."""
    x1, x2 = min(max(x1, 0.0), 1.0), min(max(x2, 0.0), 1.0)
    if (x1, x2) == (y1, y2):
        return _OWN["linear"]

    def along(share: float, a: float, b: float) -> float:
        rest = 1.0 - share
        return 3.0 * rest * rest * share * a + 3.0 * rest * share * share * b + share**3

    def ease(x: float) -> float:
        if x <= 0.0 or x >= 1.0:
            return 0.0 if x <= 0.0 else 1.0
        low, high, share = 0.0, 1.0, x
        for _ in range(_STEPS):
            off = along(share, x1, x2) - x
            if abs(off) < 1e-13:
                break
            low, high = (low, share) if off > 0.0 else (share, high)
            slope = 3.0 * ((1 - share) ** 2 * x1 + 2 * (1 - share) * share * (x2 - x1) + share**2 * (1 - x2))
            step = share - off / slope if slope > 1e-9 else -1.0
            share = step if low < step < high else (low + high) / 2.0
        return along(share, y1, y2)

    return ease
