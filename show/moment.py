"""Moments: where in time something lies, as people write it, turned into seconds.

| written | means |
|---|---|
| `12.5`, `"12.5s"` | seconds |
| `"150f"` | frames at the score's fps |
| `"8b"`, `"2bar"` | beats, bars at the score's bpm and beats_per_bar |
| `"00:01:02:03"`, `"00:01:02.5"` | timecode: hours, minutes, seconds, and frames or a fraction |
| `"cue NAME"` | where a cue or scene of that name begins |
| `"2bar + 1b"`, `"cue dawn - 2s"` | sums of these |

A moment of a scene counts from the scene's beginning, any other from the show's.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from show.errors import OrielError, did_you_mean

Moment = float | str

EXPECTED: Final = 'seconds, or a moment like "12.5s", "150f", "8b", "2bar", "00:01:02:03" or "cue NAME + 2s"'
_TERM: Final = re.compile(r"(\d{1,12}(?:\.\d{1,12})?|\.\d{1,12})\s?(s|f|b|bar)?")
_TIMECODE: Final = re.compile(r"(\d{1,4}):([0-5]?\d):([0-5]?\d)(?:\.(\d{1,9})|:(\d{1,3}))?")
_SUM: Final = re.compile(r"\s([+-])\s")
_LONGEST: Final = 200


class MomentError(OrielError, ValueError):
    """A text is no moment, or names a cue that nobody knows; the sentence holds the offending text."""

    exit_code = 2


class Timing(NamedTuple):
    """What frames, beats and bars mean in one score: frames and beats per second and minute, beats in a bar."""

    fps: float = 24.0
    bpm: float = 120.0
    beats_per_bar: float = 4.0

    @property
    def beat(self) -> float:
        """Return the seconds of one beat."""
        return 60.0 / self.bpm


class Cue(NamedTuple):
    """The part of a moment that names a cue, not yet looked up."""

    name: str


class Length(NamedTuple):
    """The part of a moment that says how long; frames, beats and bars need a Timing to be seconds."""

    seconds: float = 0.0
    frames: float = 0.0
    beats: float = 0.0
    bars: float = 0.0

    def at(self, timing: Timing) -> float:
        """Return the seconds of this length."""
        beats = self.beats + self.bars * timing.beats_per_bar
        return self.seconds + self.frames / timing.fps + beats * timing.beat


def seconds(moment: Moment, timing: Timing, cues: Mapping[str, float] | None = None, start: float = 0.0) -> float:
    """Return a moment in seconds after `start`; `cues` holds the show's second of every cue whose place is known.

    Raises MomentError for what is no moment and for an unknown cue.
    """
    if not isinstance(moment, str):
        return float(moment)
    total = 0.0
    for sign, term in parsed(moment):
        place = _place(term.name, moment, cues or {}) - start if isinstance(term, Cue) else term.at(timing)
        total += sign * place
    return total


def parsed(text: str) -> list[tuple[float, Cue | Length]]:
    """Return the terms of a moment, each with its sign 1.0 or -1.0; raise MomentError."""
    if len(text) > _LONGEST:
        raise MomentError(f"expected {EXPECTED}, got {len(text)} letters")
    parts = _SUM.split(text.strip())
    found = [(1.0, _term(parts[0].strip(), text))]
    for sign, part in zip(parts[1::2], parts[2::2], strict=True):
        found.append((1.0 if sign == "+" else -1.0, _term(part.strip(), text)))
    if any(isinstance(term, Cue) for _, term in found[1:]):
        raise MomentError(f"expected one cue, and it first, got {text[:60]!r}")
    return found


def _term(part: str, text: str) -> Cue | Length:
    if part.startswith("cue ") and part[4:].strip():
        return Cue(part[4:].strip())
    timecode = _TIMECODE.fullmatch(part)
    if timecode is not None:
        hours, minutes, whole, fraction, frames = timecode.groups(default="0")
        return Length(int(hours) * 3600.0 + int(minutes) * 60.0 + int(whole) + float(f"0.{fraction}"), float(frames))
    found = _TERM.fullmatch(part)
    if found is None:
        raise MomentError(f"expected {EXPECTED}, got {text[:60]!r}")
    return _LENGTHS[found[2] or "s"](float(found[1]))


_LENGTHS: Final[dict[str, Callable[[float], Length]]] = {
    "s": lambda number: Length(seconds=number),
    "f": lambda number: Length(frames=number),
    "b": lambda number: Length(beats=number),
    "bar": lambda number: Length(bars=number),
}


def _place(name: str, text: str, cues: Mapping[str, float]) -> float:
    found = cues.get(name)
    if found is None or not math.isfinite(found):
        hint = did_you_mean(name, cues) or "; known are " + (", ".join(list(cues)[:8]) or "none")
        raise MomentError(f"{text!r}: there is no cue or scene {name!r} whose place in the show is known{hint}")
    return found
