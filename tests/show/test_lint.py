"""Tracks that are legal and yet look like slips: said with their place, never corrected."""

from __future__ import annotations

from typing import Any

import pytest

from show.config import Show
from show.lint import slips
from show.parameter import ParameterTree
from show.parameters import CORE
from tests.show.shows import small_show


def show_of(weight: Any = 1.0, **tracks: Any) -> Show:
    named = {address.replace("_", "/", 1): track for address, track in tracks.items()}
    scene = {"name": "one", "seconds": 10, "words": [{"text": "fire", "weight": weight}], "tracks": named}
    return small_show(scene=[scene])


@pytest.mark.parametrize(
    "show, place, words",
    [
        (show_of(camera_angle=[[1, 1], [2, 1.05], [3, 1.1], [4, 1.015], [5, 1.2]]), ("tracks", "camera/angle", 3), "1.015 breaks"),
        (show_of(camera_angle={"keys": [["2b", 1], [2, 2], [3, 3], [4, 0.5], [5, 5]]}), ("tracks", "camera/angle", "keys", 3), "0.5 breaks"),
        (show_of(weight=0), ("words", 0, "weight"), "removes nothing from the picture; use exclude"),
        (show_of(weight=[[0, 0], [4, 0]]), ("words", 0, "weight"), "removes nothing"),
        (show_of(weight={"value": 0}), ("words", 0, "weight"), "removes nothing"),
        (show_of(weight=[[0, 1], [12, 0.5]]), ("words", 0, "weight", 1), "the key at 12 s lies past the end of the scene (10 s)"),
        (show_of(camera_x=[[0, 0], ["30b", 1]]), ("tracks", "camera/x", 1), "the key at 15 s lies past the end"),
        (show_of(camera_x=[[0, "t / 10"], [5, 1.5]]), ("tracks", "camera/x", 1), "it jumps here from 0.5 to 1.5"),
        (show_of(weight=[[0, "t / 10"], [5, 1.5]]), ("words", 0, "weight", 1), "it jumps here"),
        (show_of(camera_x="t"), ("tracks", "camera/x"), "it comes to 10, and is kept between -2 and 2"),
        (show_of(camera_x="sqrt(t - 5)"), ("tracks", "camera/x"), "it has no number at 0 s"),
    ],
)  # fmt: skip
def test_a_slip_is_said_with_its_place(show: Show, place: tuple[str | int, ...], words: str) -> None:
    found = slips(show, ParameterTree(CORE))
    assert [problem.path for problem in found if words in problem.sentence] == [("scene", 0, *place)]


@pytest.mark.parametrize(
    "track",
    [
        [[0, 0], [10, 1]],
        [[0, 1], [2, 0.5], [4, 1], [6, 0.5], [8, 1]],
        [[0, 0, "step"], [5, 1]],
        [[0, "t / 10"], [5, 0.5], [10, 0]],
        "sin(p=4b)",
        {"keys": [[0, 0], [2, 1]], "after": "loop", "noise": {"amount": 0.2}},
        {"keys": [[0, 0], [1, 1], [2, 0], [3, 1]], "curve": "cubic"},
    ],
)
def test_what_is_meant_so_is_left_alone(track: Any) -> None:
    assert slips(show_of(camera_x=track), ParameterTree(CORE)) == []
    assert slips(show_of(weight=track), ParameterTree(CORE)) == []


def test_a_channel_that_nobody_uses_and_a_late_seed_are_said() -> None:
    scene = {"name": "one", "seconds": 4, "words": [{"text": "fire"}], "seeds": [[0, 1], [5, 2]]}
    channels = [{"name": "used", "expr": "1"}, {"name": "second", "expr": "used"}, {"name": "lost", "expr": "second"}]
    bound = [{"channel": "second", "parameter": "camera/x", "amount": 1}]
    found = slips(small_show(scene=[scene], channel=channels, binding=bound), ParameterTree(CORE))
    assert [(problem.path, problem.sentence[:18]) for problem in found] == [
        (("scene", 0, "seeds", 1), "the key at 5 s lie"),
        (("channel", 2, "name"), "no binding and no "),
    ]


def test_the_camera_may_leave_what_its_address_bounds_only_where_somebody_is_told() -> None:
    assert slips(show_of(camera_x="t")) == [], "without parameters nothing is known of ranges"
