"""The benchmark of the score: it measures real steps of a score of the size that it names."""

from __future__ import annotations

from show.bench.score import SCENE_SECONDS, Bench, big_show, fading, jumping, replay, steady
from show.check import problems
from show.parameter import ParameterTree
from show.parameters import CORE


def test_the_big_show_is_in_order_and_as_big_as_it_says() -> None:
    show, parameters = big_show(40, 30, 3)
    assert [len(scene.tracks) for scene in show.scene] == [41] * 3
    assert (len(show.binding), len(parameters)) == (30, 40)
    heard = [f"audio/c{n}" for n in range(20)]
    assert problems(show, ParameterTree((*CORE, *parameters)), heard) == []


def test_steps_are_measured_steady_in_fades_and_at_jumps() -> None:
    bench = Bench(*big_show(20, 10, 12))
    for times in (steady(bench, 0.1), fading(bench, 0.1), jumping(bench)):
        assert times.shape[1] == 2
        assert len(times) > 5
        assert (times[:, 0] > 0).all()
    assert bench.state.note == ""
    assert 0 <= bench.engine.show(bench.state).scene[0].seconds == SCENE_SECONDS


def test_a_replay_of_the_benchmark_is_the_same() -> None:
    assert replay(*big_show(12, 8, 2), 2.0) > 0
