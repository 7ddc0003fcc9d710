"""The light says the one thing that a person in the room must know, for every fault and in the right order."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.remote.light import Light, View, light, plainly
from show.snapshot import Playing, Snapshot, Status

NOW: Final = 1_000_000_000_000
PROCESSES: Final = ("projector", "render", "control", "audio")
REEL: Final = {"rung": "reel"}
CORE: Final = (*PROCESSES, "supervisor")


def at(seconds_ago: float) -> int:
    return NOW - int(seconds_ago * 1e9)


def snapshot(playing: Playing = "playing", age: float = 0.0) -> Snapshot:
    return Snapshot(1, 0.0, 0.0, at(age), 0, playing, 2, "river", (), {}, "", "", {})


def status(process: str, light: Any = "green", sentence: str = "It works.", age: float = 0.2) -> Status:
    return Status(process, light, sentence, at(age))


def view(**changed: Any) -> View:
    """A show of nine scenes where all is well, except for what is `changed`."""
    healthy: dict[str, Any] = {
        "scenes": 9,
        "processes": PROCESSES,
        "snapshot": snapshot(),
        "statuses": {name: status(name) for name in CORE},
        "picture_ns": at(0.1),
        "blackout": False,
        "since_ns": at(600),
        "now_ns": NOW,
    }
    return View(**(healthy | changed))


def with_status(**changed: Status) -> dict[str, Status]:
    return {name: status(name) for name in CORE} | changed


def without(*names: str) -> dict[str, Status]:
    return {name: status(name) for name in CORE if name not in names}


def test_all_is_well() -> None:
    assert light(view()) == Light("green", "tick", "Running", "Everything is running: scene 3 of 9.", "")


@pytest.mark.parametrize(
    "changed, colour, said",
    [
        ({"blackout": True}, "amber", "The screen is black because Blackout is on."),
        ({"snapshot": snapshot("stopped")}, "amber", "The show is stopped; the wall rests."),
        ({"snapshot": snapshot("paused")}, "amber", "The show is paused; the wall holds its picture."),
        ({"snapshot": snapshot("ended")}, "amber", "The show has come to its end."),
        ({"snapshot": None, "since_ns": at(5), "statuses": {}}, "amber", "The show is opening."),
        ({"snapshot": None}, "red", "The show has not opened."),
        ({"snapshot": snapshot(age=5)}, "amber", "The show control is restarting; the wall keeps its last picture."),
        (
            {"snapshot": snapshot(age=60)},
            "red",
            "The show control is not answering; the wall keeps its last picture.",
        ),
        (
            {"statuses": with_status(render=status("render", age=8))},
            "amber",
            "The painter is restarting; the wall holds the last picture.",
        ),
        (
            {
                "statuses": with_status(
                    render=status("render", age=8), projector=Status("projector", "amber", "", at(0.2), {}, REEL)
                )
            },
            "amber",
            "The painter is restarting; the wall shows recorded pictures.",
        ),
        (
            {"statuses": with_status(render=status("render", age=80))},
            "red",
            "The painter is not answering; the wall holds the last picture.",
        ),
        ({"statuses": without("render"), "since_ns": at(30)}, "amber", "The painter is getting ready."),
        (
            {"statuses": with_status(projector=status("projector", age=8))},
            "red",
            "The projection is restarting; the wall may be dark.",
        ),
        (
            {"statuses": without("projector")},
            "red",
            "The projection is not answering; the wall may be dark.",
        ),
        (
            {"statuses": with_status(audio=status("audio", age=9))},
            "amber",
            "The sound input is not answering; the show goes on without it.",
        ),
        (
            {"statuses": with_status(audio=status("audio", "red", "No sound device was found."))},
            "amber",
            "No sound device was found.",
        ),
        (
            {"statuses": with_status(render=status("render", "amber", "Painting is slow today."))},
            "amber",
            "Painting is slow today.",
        ),
        (
            {"statuses": with_status(supervisor=status("supervisor", "red", "render keeps failing."))},
            "red",
            "The painter keeps failing.",
        ),
        ({"picture_ns": at(12)}, "amber", "The picture on this page is 12 seconds old."),
    ],
)
def test_every_fault_has_its_sentence(changed: dict[str, Any], colour: str, said: str) -> None:
    seen = light(view(**changed))
    assert (seen.light, seen.sentence) == (colour, said)
    assert seen.advice


def test_a_phone_page_that_was_just_restarted_raises_no_alarm() -> None:
    assert light(view(statuses={}, since_ns=at(1), picture_ns=0)).light == "green"


def test_a_dark_projection_outranks_blackout_and_blackout_outranks_the_rest() -> None:
    dark = with_status(projector=status("projector", age=10))
    assert light(view(statuses=dark, blackout=True)).light == "red"
    assert light(view(snapshot=snapshot(age=100), blackout=True)).word == "Blackout"


def test_an_input_never_hides_what_the_show_does() -> None:
    broken = with_status(audio=status("audio", "red", "No sound device was found."))
    assert light(view(statuses=broken, snapshot=snapshot("stopped"))).word == "Stopped"


def test_sentences_say_no_process_names() -> None:
    assert plainly("osc, render is being restarted.") == "The OSC input, the painter is being restarted."
    assert plainly("artist/control stays, uncontrolled.") == "Artist/control stays, uncontrolled."


ages = st.floats(0, 400)
lights = st.sampled_from(["green", "amber", "red"])


@given(
    st.dictionaries(st.sampled_from(CORE), st.tuples(lights, ages)),
    st.none() | st.tuples(st.sampled_from(["stopped", "playing", "paused", "ended"]), ages),
    ages,
    ages,
    st.booleans(),
)
def test_whatever_happens_there_is_one_plain_sentence(
    heard: dict[str, tuple[str, float]],
    step: tuple[Playing, float] | None,
    picture: float,
    since: float,
    blackout: bool,
) -> None:
    statuses = {name: status(name, colour, "render is late.", age) for name, (colour, age) in heard.items()}
    seen = light(
        view(
            statuses=statuses,
            snapshot=None if step is None else snapshot(*step),
            picture_ns=at(picture),
            since_ns=at(since),
            blackout=blackout,
        )
    )
    assert re.fullmatch(r"[A-Z][^\n]*\.", seen.sentence)
    assert not re.search(r"\b(render|projector|supervisor)\b", seen.sentence)
    assert (seen.light == "green") == (seen.advice == "")
    assert msgspec.json.encode(seen.__dict__)
