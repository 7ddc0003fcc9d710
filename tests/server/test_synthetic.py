"""The synthetic input: its numbers as functions of time, and the real process."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.inputs import synthetic
from server.inputs.synthetic import noise, numbers
from show.parameter import options
from show.snapshot import Channels
from show.wires import channels_topic
from tests.server.rig import a_rig, a_show, until

DEFAULTS = options(synthetic.OPTIONS, {}, "input synthetic")


@given(st.floats(0, 1e7))
def test_all_channels_stay_between_0_and_1(t: float) -> None:
    found = numbers(t, DEFAULTS)
    assert set(found) == set(synthetic.CHANNELS)
    assert all(0.0 <= value <= 1.0 for value in found.values())


def test_the_sines_have_their_periods() -> None:
    given_ = options(synthetic.OPTIONS, {"slow": 8.0, "fast": 2.0}, "input synthetic")
    assert numbers(2.0, given_)["synthetic/slow"] == pytest.approx(1.0)
    assert numbers(6.0, given_)["synthetic/slow"] == pytest.approx(0.0)
    assert numbers(0.5, given_)["synthetic/fast"] == pytest.approx(1.0)


def test_noise_is_smooth_moves_and_belongs_to_its_seed() -> None:
    walk = [noise(n / 100, 1) for n in range(2000)]
    assert max(abs(later - earlier) for earlier, later in pairwise(walk)) < 0.02
    assert max(walk) - min(walk) > 0.5
    assert walk == [noise(n / 100, 1) for n in range(2000)]
    assert walk != [noise(n / 100, 2) for n in range(2000)]


def test_the_process_publishes_its_channels() -> None:
    with a_rig(a_show({"synthetic": {"fast": 0.2}})) as rig:
        process = rig.spawn("synthetic", "server.inputs.synthetic")
        subscriber = rig.subscriber(channels_topic("synthetic"), Channels)
        seen: set[float] = set()

        def moves() -> bool:
            news = subscriber.newest(0.05)
            if news is not None:
                assert news.source == "synthetic"
                assert set(news.values) == set(synthetic.CHANNELS)
                seen.add(news.values["synthetic/fast"])
            return len(seen) > 5

        until(moves, "the fast sine moves")
        assert rig.status_of("synthetic", "plays").light == "green"
        process.terminate()
        process.join(5)
        assert process.exitcode == 0
