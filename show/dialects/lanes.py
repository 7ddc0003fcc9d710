"""Schedules that a show file keeps as they are: by their formula or their own keys, not by values frame for frame.

A show counts rates per second, so a zoom z of a frame is z ** fps here. Straight lines between zooms are no straight
lines between their powers; as a track `{ keys = [...], expr = "L**12.0" }` they stay the keys that somebody wrote.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from show.dialects.film import FilmScene, Kept, curve, portion
from show.dialects.schedule import Schedule
from show.tokens import renamed

_LONGEST: Final = 1500
_JUMPS: Final = re.compile(
    r"[%<>=?&|!]|floor|ceil|round|rint|trunc|sign|where|iif|mod|rand|noise|saw|sq|pulse|step|\bif\b"
)
"""What may jump where the frame is whole; a frame that is not quite whole must not end up on the wrong side."""


@dataclass(frozen=True)
class Lane:
    """How a parameter comes of a schedule: `shape` has {} for the value, `straight` says whether lines stay lines."""

    schedule: Schedule
    shape: str
    straight: bool


def keep(scenes: list[FilmScene], lanes: Mapping[str, Lane], frames: int) -> None:
    """Let the scenes of a film of some frames keep what they can of the schedules, by address."""
    for address, lane in lanes.items():
        whole = None if lane.straight else curve(range(frames), lane.schedule.series(frames))
        begin = 0
        for scene in scenes:
            end = begin + int(scene.frames)
            if len(scene.curves.get(address, ())) > 1:
                formula = _formula(lane, begin, end, frames)
                if formula:
                    scene.kept[address] = Kept(formula)
                elif whole is not None:
                    scene.kept[address] = Kept(lane.shape.format("L"), portion(whole, begin, end))
            begin = end


def _formula(lane: Lane, begin: int, end: int, frames: int) -> str:
    """Return the formula of the film's frame F that holds from one frame until before another, "" if none does."""
    place = bisect_right(lane.schedule.marks, begin) - 1
    if place < 0 or bisect_right(lane.schedule.marks, end - 1) - 1 != place:
        return ""
    key = lane.schedule.keys[place]
    if isinstance(key.value, float):
        return ""
    text = key.value.expression.text
    frame = "round(F)" if _JUMPS.search(text) else "F"
    seed = lane.schedule.scope.get("s", -1.0)
    told = renamed(text, {"t": frame, "max_f": str(frames - 1), "s": f"({seed:g})"})
    return lane.shape.format(f"({told})") if len(told) < _LONGEST else ""
