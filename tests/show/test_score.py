"""The score, the walk and the bindings as plain numbers."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from show import walk
from show.binding import shaped, smoothed
from show.config import Binding
from show.parameter import ParameterTree
from show.parameters import CORE
from show.score import Score, smoothstep
from tests.show.shows import small_show

SCORE = Score(small_show(), ParameterTree(CORE))


@pytest.mark.parametrize(
    "t, place", [(0, (0, 0)), (4.9, (0, 4.9)), (5, (1, 0)), (8.5, (1, 3.5)), (9, (0, 0)), (-3, (0, 0))]
)
def test_every_second_lies_in_a_scene(t: float, place: tuple[int, float]) -> None:
    index, into = SCORE.locate(t)
    assert (index, into) == (place[0], pytest.approx(place[1]))


def test_weights_are_linear_between_keys_and_held_outside() -> None:
    weights = [SCORE.words(1, into, lambda _: 1.0)[0].weight for into in (-1, 0, 2, 4, 9)]
    assert weights == pytest.approx([1, 1, 0.75, 0.5, 0.5])


def test_scenes_are_found_by_name_and_by_number() -> None:
    assert (SCORE.find("blue"), SCORE.find("2"), SCORE.find("0"), SCORE.find("green")) == (1, 1, None, None)


def test_a_scene_without_a_caption_shows_its_words() -> None:
    assert (SCORE.caption(0), SCORE.caption(1)) == ("red fire · smoke", "the sea")


def test_smoothstep_eases_in_and_out() -> None:
    assert [smoothstep(x) for x in (-1.0, 0.0, 0.5, 1.0, 2.0)] == [0.0, 0.0, 0.5, 1.0, 1.0]


@given(st.integers(0, 2**31 - 1), st.floats(0, 1e6))
def test_the_walk_stands_between_two_seeds(base: int, position: float) -> None:
    here = walk.place(base, position)
    assert 0 <= here.mix <= 1
    assert 0 <= here.seed_a < 2**31
    assert here.seed_b == walk.place(base, math.floor(position) + 1.0).seed_a


def test_walks_of_different_seeds_share_nothing() -> None:
    one = {walk.place(1, n).seed_a for n in range(2000)}
    other = {walk.place(2, n).seed_a for n in range(2000)}
    assert len(one) == 2000
    assert not one & other


BINDING = Binding(channel="c", parameter="p", amount=1.0, low=0.2, high=0.6, curve=2.0, attack=0.1, release=1.0)


@pytest.mark.parametrize("number, expected", [(0.0, 0.0), (0.2, 0.0), (0.4, 0.25), (0.6, 1.0), (9.0, 1.0)])
def test_a_channel_is_scaled_clamped_and_bent(number: float, expected: float) -> None:
    assert shaped(BINDING, number) == pytest.approx(expected)


def test_a_channel_that_falls_silent_or_mad_rests_at_zero() -> None:
    assert [shaped(BINDING, number) for number in (math.nan, math.inf, -math.inf)] == [0.0, 0.0, 0.0]


def test_smoothing_is_quick_up_slow_down_and_independent_of_the_rate() -> None:
    assert smoothed(BINDING, 0.0, 1.0, 0.1) == pytest.approx(1 - math.exp(-1))
    assert smoothed(BINDING, 1.0, 0.0, 0.1) == pytest.approx(math.exp(-0.1))
    value = 1.0
    for _ in range(10):
        value = smoothed(BINDING, value, 0.0, 0.05)
    assert value == pytest.approx(smoothed(BINDING, 1.0, 0.0, 0.5))
