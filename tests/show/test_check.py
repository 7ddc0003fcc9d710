"""Contradictions between the parts of a show, and what looks like a slip."""

from __future__ import annotations

from typing import Any

import pytest

from show.check import problems
from show.config import Show
from show.lint import slips
from show.parameter import ParameterTree
from show.parameters import CORE
from tests.show.shows import SQUARE, small_show

CHANNELS = ["audio/bass", "audio/level"]


def found(show: Show) -> list[str]:
    return [f"{problem.path}: {problem.sentence}" for problem in problems(show, ParameterTree(CORE), CHANNELS)]


def scene(**changes: Any) -> dict[str, Any]:
    return {"name": "one", "seconds": 150, "words": [{"text": "fire"}], **changes}


def test_a_good_show_has_no_problem() -> None:
    assert found(small_show()) == []


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"parameters": {"camera/zom": 1.0}}, ["'camera/zom'", "did you mean camera/zoom?"]),
        ({"parameters": {"camera/zoom": 9.0}}, ["between 0.25 and 4", "got 9"]),
        ({"parameters": {"camera/zoom": "fast"}}, ["expected a number"]),
        ({"scene": [scene(tracks={"camera/angel": [[0, 1.0]]})]}, ["tracks", "did you mean camera/angle?"]),
        ({"scene": [scene(tracks={"wall/captions": [[0, "yes"]]})]}, ["expected true or false"]),
        (
            {"binding": [{"channel": "audio/base", "parameter": "camera/zoom", "amount": 1}]},
            ["audio/base", "audio/bass?"],
        ),
        (
            {"binding": [{"channel": "audio/bass", "parameter": "camera/zom", "amount": 1}]},
            ["did you mean camera/zoom?"],
        ),
        ({"binding": [{"channel": "audio/bass", "parameter": "prompt/text", "amount": 1}]}, ["is no number"]),
        (
            {"surface": [{"region": "lef", "corners": SQUARE}, {"region": "right", "corners": SQUARE}]},
            ["did you mean left?"],
        ),
        ({"surface": [{"region": "left", "corners": SQUARE}]}, ["'right' lands on no surface"]),
        ({"output": [{"name": "wal"}]}, ["there is no output 'wall'", "did you mean wal?"]),
        ({"scene": [scene(), scene()]}, ["two scenes called 'one'"]),
        ({"scene": [scene(records=[1, 2, 3])]}, ["expected one for all regions, or 2: one for each, got 3"]),
        ({"input": [{"module": "osc"}, {"module": "osc"}]}, ["two inputs called 'osc'"]),
    ],
)
def test_a_contradiction_is_named(changes: dict[str, Any], words: list[str]) -> None:
    said = "\n".join(found(small_show(**changes)))
    for word in words:
        assert word in said, said


def test_the_slip_in_the_angles_of_2021_is_seen_and_not_corrected() -> None:
    keys = [[1, 1], [37.5, 1.05], [75, 1.1], [112.5, 1.015], [150, 1.2]]
    show = small_show(scene=[scene(tracks={"camera/angle": keys})])
    (slip,) = slips(show)
    assert slip.path == ("scene", 0, "tracks", "camera/angle", 3)
    assert "1.015" in slip.sentence
    track = show.scene[0].tracks["camera/angle"]
    assert isinstance(track, list)
    assert track[3] == (112.5, 1.015)


def test_a_wave_is_no_slip_but_a_weight_of_nothing_is() -> None:
    wave = [[0, 1.0], [1, 2.0], [2, 1.0], [3, 2.0], [4, 1.0]]
    assert slips(small_show(scene=[scene(tracks={"camera/angle": wave})])) == []
    (slip,) = slips(small_show(scene=[scene(words=[{"text": "people", "weight": 0}])]))
    assert "use exclude" in slip.sentence
