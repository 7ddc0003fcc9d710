"""Where the moments of a cue list lie: its `at` and `seek`, and the offset of the clock, in seconds of the show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from show.config import Show
from show.moment import Moment, MomentError, seconds
from show.tracks import places


class Times(NamedTuple):
    """Seconds of the show by place in the cue list, the clock's offset, and what could not be understood.

    A problem is the key of the moment in the show file and a sentence.
    """

    at: dict[int, float]
    seek: dict[int, float]
    offset: float
    problems: list[tuple[tuple[str | int, ...], str]]


def times(show: Show, starts: Sequence[float]) -> Times:
    """Return all moments of the cue list; `starts` are the seconds at which the scenes begin."""
    found = Times({}, {}, 0.0, [])
    means, known = show.score.timing, places(show, show.scene, starts)
    for key, moment in _moments(show):
        try:
            second = seconds(moment, means, known)
            if second < 0 and key[0] == "cue":
                raise MomentError(f"expected a moment of the show, got {moment!r}: {-second:g} s before its beginning")
        except MomentError as error:
            found.problems.append((key, str(error)))
            continue
        if key[0] == "clock":
            found = found._replace(offset=second)
        else:
            (found.at if key[2] == "at" else found.seek)[int(key[1])] = second
    return found


def _moments(show: Show) -> Iterator[tuple[tuple[str | int, ...], Moment]]:
    yield ("clock", "offset"), show.clock.offset
    for place, cue in enumerate(show.cue):
        if cue.at is not None:
            yield ("cue", place, "at"), cue.at
        if cue.seek is not None:
            yield ("cue", place, "seek"), cue.seek
