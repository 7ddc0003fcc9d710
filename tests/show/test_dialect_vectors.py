"""Dialects: the values of the original programs, as their own code worked them out (data/dialect_vectors.json)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from show.camera import FOV, distance
from show.dialects import schedule
from show.dialects.source import DialectError, Source
from show.score import Score
from tests.show.test_dialects import TREE, VECTORS, full, near, numbers, settings, show_of


@pytest.mark.parametrize("case", VECTORS["deforum_default"], ids=lambda case: case["field"])
def test_every_default_schedule_of_deforum_has_the_values_of_its_code(case: dict[str, Any]) -> None:
    piece = Source("x", case["schedule"]).whole()
    if "words" in case:
        assert [[frame, words.text] for frame, words in schedule.words(piece, case["field"], 120)] == case["words"]
    else:
        near(schedule.read(piece, case["field"], 120).within(120).series(120), full(case["values"], 120))


@pytest.mark.parametrize("case", VECTORS["deforum"], ids=lambda case: case["schedule"])
def test_schedules_have_the_values_of_deforums_code(case: dict[str, Any]) -> None:
    read = schedule.read(Source("x", case["schedule"]).whole(), "x", case["frames"], case["seed"])
    near(read.within(case["frames"]).series(case["frames"]), full(case["values"], case["frames"]))


@pytest.mark.parametrize("case", VECTORS["deforum_stops"], ids=lambda case: case["schedule"])
def test_what_stops_deforum_plays_here(case: dict[str, Any]) -> None:
    show, _ = show_of(settings(animation_mode="2D", fps=15, prompts={"0": "a"}, angle=case["schedule"]))
    assert np.isfinite(numbers(show, "camera/angle", 15, range(120))).all()


def test_what_is_read_otherwise_on_purpose_is_so_and_no_more() -> None:
    line, division = VECTORS["deforum_differs"]
    read = schedule.read(Source("x", line["schedule"]).whole(), "x", 120)
    assert (full(line["values"], 120)[5], read.value(5.0)) == (-0.001, -0.0005)
    near(read.series(120)[10:], full(line["values"], 120)[10:])
    with pytest.raises(DialectError, match="expected a finite number at t = 5"):
        schedule.read(Source("x", division["schedule"]).whole(), "x", 120).series(120)
    # The notebook of 2023 puts the keys 37.5 and 112.5 of seed 003 behind the film, each pandas in its own way.
    grown = {case["pandas"]: np.prod(case["values"]) for case in VECTORS["notebook_differs"] if case["field"] == "zoom"}
    assert grown == {"1.5.3": pytest.approx(4.372, abs=1e-3), "2.2.3": pytest.approx(2.526, abs=1e-3)}


@pytest.mark.parametrize("fps", [1.0, 15.0])
@pytest.mark.parametrize("case", VECTORS["deforum"], ids=lambda case: case["schedule"])
def test_shows_have_the_values_of_deforums_code_in_every_frame(case: dict[str, Any], fps: float) -> None:
    changes = {"animation_mode": "2D", "fps": fps, "seed": case["seed"], "prompts": {"0": "a"}, "zoom": "0:(1)"}
    show, _ = show_of(settings(angle=case["schedule"], **changes))
    turned = np.array(numbers(show, "camera/angle", fps, range(case["frames"])))
    near(turned / fps, list(np.clip(np.array(full(case["values"], case["frames"])) * -fps, -180, 180) / fps))


@pytest.mark.parametrize("case", VECTORS["notebook"], ids=lambda case: f"{case['how']} {case['schedule'][:40]}")
def test_the_strings_of_seed_003_play_as_its_notebook_worked_them_out(case: dict[str, Any]) -> None:
    frames = case["frames"]
    text = f"TEXT: {case['schedule']}" if case["field"] == "text" else f"TEXT: a\n{case['field']}: {case['schedule']}"
    show, _ = show_of(f"{text}\nmax_frames: {frames}", as_2021=case["how"] == "2021")
    if case["field"] == "angle":
        near(np.array(numbers(show, "camera/angle", 12, range(frames))) / -12, full(case["values"], frames))
    elif case["field"] == "zoom":
        # What camera/zoom cannot do in a second, the way forward does.
        forward = np.exp(np.array(numbers(show, "camera/z", 12, range(frames))) / distance(FOV))
        zoom = np.array(numbers(show, "camera/zoom", 12, range(frames)))
        near((zoom * forward) ** (1 / 12), full(case["values"], frames))
    else:
        score = Score(show, TREE)
        said = [score.words(0, frame / 12, lambda _: 1.0) for frame in range(frames)]
        assert [phrase.text for phrase in said[0]] == list(case["weights"])
        for number, weights in enumerate(case["weights"].values()):
            near([words[number].weight for words in said], full(weights, frames))
