"""The arithmetic of a soak: what counts as standing still, as coming back and as growing."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from show.bench.pipe import Run, Sights
from show.bench.report import Report
from show.bench.soak import (
    LIFE_SAMPLES,
    SAMPLE_SECONDS,
    Eye,
    Found,
    Holding,
    Kill,
    gained_in_an_hour,
    grown,
    holding,
    pictures_of,
    report,
)
from tests.show.shows import small_show


def met(found: Report) -> dict[str, bool | None]:
    return {line.name: line.met for line in found.lines}


def test_a_wing_is_black_however_bright_the_rest_of_the_wall_is() -> None:
    show = small_show(
        surface=[
            {"region": "left", "corners": [[0.1, 0.1], [0.4, 0.2], [0.4, 0.8], [0.1, 0.9]]},
            {"region": "right", "corners": [[0.6, 0.1], [1.2, 0.1], [1.2, 0.9], [0.6, 0.9]]},
        ]
    )
    strip = np.full((100, 200, 3), 255, np.uint8)  # captions, QR code, the neighbour
    strip[20:80, 20:80] = 0
    left, right = pictures_of(strip, show)
    assert left.shape == (56, 42, 3)
    assert (int(left.max()), int(right.max())) == (0, 255)
    assert right.size > 0


def test_an_eye_counts_frames_and_the_longest_time_without_one() -> None:
    eye = Eye()
    news = [eye.look(number, at) for number, at in ((0, 10.0), (7, 10.5), (8, 11.0), (8, 13.0), (11, 13.5), (11, 17.0))]
    assert news == [False, True, True, False, True, False]
    assert eye.count == 4  # of the frames before the first look nothing is known
    assert eye.longest == pytest.approx(3.5)  # what still stands at the end counts too


def test_growth_is_told_of_lives_that_are_long_enough_and_not_of_the_loading() -> None:
    loading = [Holding(10.0 * n, 5) for n in range(LIFE_SAMPLES // 5)]
    steady = [Holding(200.0, 20)] * (LIFE_SAMPLES - len(loading))
    assert grown(loading + steady) == pytest.approx((1.0, 1.0))
    assert grown((loading + steady)[1:]) is None
    leaking = [Holding(100.0 + n, 20 + n) for n in range(100)]
    growth = grown(leaking)
    assert growth == pytest.approx((189.5 / 129.5, 109.5 / 49.5))
    assert gained_in_an_hour(leaking) == pytest.approx(3600 / SAMPLE_SECONDS)
    assert gained_in_an_hour([Holding(50.0, 5)] * 100) == 0


def test_a_process_holds_memory_and_files_and_one_that_is_gone_nothing() -> None:
    mine = holding(os.getpid())
    assert mine is not None
    assert mine.memory > 5
    with Path(os.devnull).open():
        more = holding(os.getpid())
    assert more is not None
    assert more.files == mine.files + 1
    assert holding(2**22 + 1) is None


def test_what_may_not_be_is_not_met() -> None:
    good = Found(wall=Eye(1, 0, 0.5, 10), paintings=Eye(1, 0, 2.0, 10), darkest=200)
    assert all(ok is not False for ok in met(report(good, Run([], Sights(), []), 60.0)).values())
    leaking = [Holding(100.0 + 5 * n, 20) for n in range(LIFE_SAMPLES)]
    bad = Found(
        wall=Eye(1, 0, 300.0, 10), paintings=Eye(1, 0, 300.0, 10), darkest=0, black=3,
        kills=[Kill("osc", 7, 1.0, 0.5), Kill("osc", 8, 9.0)], held={("control", 5): leaking, ("control", 9): leaking[:3]},
    )  # fmt: skip
    told = met(report(bad, Run([], Sights(), []), 60.0))
    refused = [name for name, ok in told.items() if ok is False]
    assert refused == [
        "frames with a black picture on the wall", "longest time without a new frame on the wall, s",
        "longest time without a new painting, s", "osc: came back, of 2 kills", "control: the same, by the beginning",
    ]  # fmt: skip
