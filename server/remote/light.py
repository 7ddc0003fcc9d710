"""The light: one colour and one plain sentence about the whole show, for people who guard the exhibition.

A pure function of what the phone page's process has heard. The order of the questions is the order of what a person
in the room must know first:

1. Is the projection there? Without it the wall is dark.
2. Is the wall black because somebody wanted it so?
3. Has the show opened, and does the show control still answer?
4. Do the painter and the others do their work, and is what they say of themselves good?
5. Is the show playing, stopped, paused or over?
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from show import rates
from show.snapshot import Snapshot, Status

Colour = Literal["green", "amber", "red"]

QUIET_SECONDS: Final = 3.0
"""A process that has sent no status for this long is away (it sends two per second)."""
PATIENCE_SECONDS: Final = 45.0
"""Away for longer than this is no longer called a restart."""

PLAIN: Final[dict[str, str]] = {
    "projector": "the projection",
    "render": "the painter",
    "control": "the show control",
    "audio": "the sound input",
    "osc": "the OSC input",
    "narration": "the narration",
    "synthetic": "the test input",
    "midi": "the MIDI input",
    "ltc": "the timecode input",
    "soundtrack": "the soundtrack",
    "critic": "the critic",
    "reel": "the reel",
    "remote": "the phone page",
    "supervisor": "the caretaker program",
}
"""What an invigilator is told instead of a process's name."""

CALL: Final = "If it stays like this, call the technician."
_ICONS: Final[dict[Colour, str]] = {"green": "tick", "amber": "mind", "red": "cross"}


@dataclass(frozen=True)
class View:
    """All that the light depends on: what was heard, and how long ago; times in monotonic nanoseconds.

    `statuses` holds the newest Status per process, `picture_ns` is when the wall's picture last changed (0: never
    seen), `since_ns` when this process began to listen.
    """

    scenes: int
    processes: tuple[str, ...]
    snapshot: Snapshot | None
    statuses: Mapping[str, Status]
    picture_ns: int
    blackout: bool
    since_ns: int
    now_ns: int

    def age(self, then_ns: int) -> float:
        """Return the seconds since `then_ns`."""
        return max(0.0, (self.now_ns - then_ns) / 1e9)

    def away(self, process: str) -> float | None:
        """Return for how many seconds a process has been silent, or None while it can be heard."""
        status = self.statuses.get(process)
        silent = self.age(self.since_ns if status is None else status.stamp_ns)
        return silent if silent > QUIET_SECONDS else None


@dataclass(frozen=True)
class Light:
    """The light: a colour with its icon and word, one sentence, and what to do next ("" for nothing)."""

    light: Colour
    icon: str
    word: str
    sentence: str
    advice: str


def light(view: View) -> Light:
    """Return the light for what is known now."""
    questions: tuple[Callable[[View], Light | None], ...] = (
        _projection,
        _blackout,
        _opening,
        _control,
        _painter,
        _troubles,
        _old_picture,
        _resting,
        _inputs,
    )
    for question in questions:
        answer = question(view)
        if answer is not None:
            return answer
    assert view.snapshot is not None  # _opening has answered otherwise
    scene = f": scene {view.snapshot.scene + 1} of {view.scenes}" if view.scenes > 1 else ""
    return _say("green", "Running", f"Everything is running{scene}.", "")


def _say(colour: Colour, word: str, sentence: str, advice: str) -> Light:
    return Light(colour, _ICONS[colour], word, sentence, advice)


def _opened(view: View) -> bool:
    """Say whether the show has been seen open, or has had the time that opening may take."""
    return view.snapshot is not None or view.age(view.since_ns) > rates.START_SECONDS


def _projection(view: View) -> Light | None:
    away = view.away("projector")
    if away is None or not _opened(view):
        return None
    if away < PATIENCE_SECONDS:
        return _say("red", "Problem", "The projection is restarting; the wall may be dark.", f"Wait a minute. {CALL}")
    return _say("red", "Problem", "The projection is not answering; the wall may be dark.", "Call the technician.")


def _blackout(view: View) -> Light | None:
    if not view.blackout:
        return None
    return _say(
        "amber",
        "Blackout",
        "The screen is black because Blackout is on.",
        "Press Blackout again to bring the pictures back.",
    )


def _opening(view: View) -> Light | None:
    if view.snapshot is not None:
        return None
    if not _opened(view):
        return _say("amber", "Opening", "The show is opening.", "Wait; this can take up to three minutes.")
    return _say("red", "Problem", "The show has not opened.", "Call the technician.")


def _control(view: View) -> Light | None:
    assert view.snapshot is not None  # _opening comes first
    silent = view.age(view.snapshot.stamp_ns)
    if silent <= QUIET_SECONDS:
        return None
    if silent < PATIENCE_SECONDS:
        return _say(
            "amber",
            "Attention",
            "The show control is restarting; the wall keeps its last picture.",
            "Wait a minute; until then only Blackout works.",
        )
    return _say(
        "red",
        "Problem",
        "The show control is not answering; the wall keeps its last picture.",
        "Call the technician. Blackout still works.",
    )


def _painter(view: View) -> Light | None:
    away = view.away("render")
    if away is None or "render" not in view.processes:
        return None
    said = view.statuses.get("render")
    # While it reads its networks for the first time it has said so, and then nothing for a while.
    if (said is None or said.light != "green") and not view.age(view.since_ns) > rates.START_SECONDS:
        return _say("amber", "Opening", "The painter is getting ready.", "Wait; this can take up to three minutes.")
    projection = view.statuses.get("projector")
    recorded = projection is not None and projection.words.get("rung") == "reel"
    wall = "the wall shows recorded pictures" if recorded else "the wall holds the last picture"
    if away < PATIENCE_SECONDS:
        return _say("amber", "Attention", f"The painter is restarting; {wall}.", "Wait a minute.")
    return _say("red", "Problem", f"The painter is not answering; {wall}.", CALL)


def _troubles(view: View) -> Light | None:
    """Pass on what the essential parts say of themselves: red ones first."""
    said = [view.statuses[name] for name in ("projector", "render", "control", "supervisor") if name in view.statuses]
    said = [status for status in said if view.age(status.stamp_ns) <= QUIET_SECONDS]
    for colour, word, advice in (("red", "Problem", CALL), ("amber", "Attention", f"Wait a minute. {CALL}")):
        for status in said:
            if status.light == colour:
                return _say(status.light, word, plainly(status.sentence), advice)
    return None


def _old_picture(view: View) -> Light | None:
    age = view.age(view.picture_ns or view.since_ns)
    if age <= rates.STALE_SECONDS + 1 / rates.PREVIEW_HZ:
        return None
    sentence = f"The picture on this page is {age:.0f} seconds old."
    return _say("amber", "Attention", sentence, f"Look at the wall itself. {CALL}")


def _resting(view: View) -> Light | None:
    assert view.snapshot is not None  # _opening comes first
    playing = view.snapshot.playing
    if playing == "stopped":
        return _say("amber", "Stopped", "The show is stopped; the wall rests.", "Press Start to play.")
    if playing == "paused":
        return _say("amber", "Paused", "The show is paused; the wall holds its picture.", "Press Start to go on.")
    if playing == "ended":
        return _say("amber", "Ended", "The show has come to its end.", "Press Start to play it again.")
    return None


def _inputs(view: View) -> Light | None:
    """Name an input that does not work; the show goes on without it, so this is never red."""
    core = {"projector", "render", "control", "remote", "supervisor"}
    for name in (name for name in view.processes if name not in core):
        if view.away(name) is not None:
            sentence = _capital(f"{PLAIN.get(name, name)} is not answering; the show goes on without it.")
            return _say("amber", "Attention", sentence, "Nothing to do now. Tell the technician when you can.")
        status = view.statuses.get(name)
        if status is not None and status.light != "green":
            advice = "The show goes on. Tell the technician when you can."
            return _say("amber", "Attention", plainly(status.sentence), advice)
    return None


def plainly(sentence: str) -> str:
    """Return a process's sentence with the names of processes said in plain words."""
    names = "|".join(PLAIN)
    return _capital(re.sub(rf"(?<![\w/])({names})(?![\w/])", lambda found: PLAIN[found[1]], sentence))


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
