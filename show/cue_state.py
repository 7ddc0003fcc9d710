"""What the engine remembers of the cue list; how it works stands in `cues.py`."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from show.masks import Cover
from show.parameter import Value
from show.quads import Quad

BEHIND: Final = -1.0
"""The second before the show, so that a cue at 0 is ahead."""
NEVER: Final = -1e9


class Wait(msgspec.Struct, array_like=True):
    """A cue and the instant (on the list's clock) at which it begins, or is fired by the one before it."""

    number: float
    due: float
    what: Literal["begin", "fire"]


class Fade(msgspec.Struct, array_like=True):
    """A number on its way from `start`, since an instant of the list's clock, to what the cue or the score says."""

    begin: float
    seconds: float
    start: float


class Lay(msgspec.Struct, array_like=True):
    """A surface on its way, since an instant of the list's clock: corners, brightness and masks at both ends."""

    begin: float
    seconds: float
    from_corners: Quad
    from_level: float
    from_cover: Cover
    corners: Quad
    level: float
    cover: Cover


class CueState(msgspec.Struct):
    """All memory of the cue list.

    `played` is the list's own clock in seconds; `reached` the second of the show up to which timed cues were fired.
    `next` is the number that stands by, `last` that of the cue fired last, `head` that of the cue which began its
    chain, `went` the engine's time of the last GO, `opened` whether the show has played. `values` are what cues hold,
    `fades` the ways there that are not over, `lays` the surfaces that cues have moved, by number. `refused` are the
    last events that were a refused GO, `note` says why the newest was, until one is taken.
    """

    played: float = 0.0
    reached: float = BEHIND
    next: float = 0.0
    last: float = -1.0
    head: float = -1.0
    went: float = NEVER
    opened: bool = False
    waits: list[Wait] = []
    values: dict[str, Value] = {}
    fades: dict[str, Fade] = {}
    lays: dict[int, Lay] = {}
    refused: list[tuple[str, int]] = []
    note: str = ""


def let_go(address: str, state: CueState) -> None:
    """Forget what cues hold of a parameter."""
    state.values.pop(address, None)
    state.fades.pop(address, None)
