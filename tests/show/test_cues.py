"""The cue list: GO and its guard, waits, chains, fades, pause, back, panic, and moments of the show."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from show.cue_config import Laid
from show.editions import Editions, order
from show.engine import EngineState
from show.masks import WHOLE, Mask
from show.parameter import ParameterTree
from show.parameters import CORE
from show.snapshot import Event, Snapshot
from tests.show.shows import SQUARE, Play, small_show

LONG = [
    {"name": "one", "seconds": 1800, "fade": 2, "words": [{"text": "red fire"}]},
    {
        "name": "two",
        "seconds": 1800,
        "fade": 4,
        "words": [{"text": "blue sea"}],
        "tracks": {"camera/zoom": [[0, 1.5], [1800, 1.5]]},
    },
]


def play(*cues: dict[str, Any], go: dict[str, Any] | None = None, started: bool = True, **changes: Any) -> Play:
    listed = [{"number": number, **cue} for number, cue in enumerate(cues, 1)]
    tables: dict[str, Any] = {"scene": LONG, "cue": listed, "go": {"guard": 0, **(go or {})}, **changes}
    return Play(small_show(**tables), started=started)


def level(show: Play) -> float:
    return float(show.step(0.0).values["wall/level"])


def sheet(show: Play) -> Any:
    cues = show.step(0.0).cues
    assert cues is not None
    return cues


def test_go_fires_the_cue_that_stands_by_and_the_sheet_says_what_comes() -> None:
    show = play({"name": "sea", "scene": "two"}, {"name": "dark", "set": {"wall/level": 0.2}, "fade": 2})
    assert (sheet(show).next, sheet(show).last) == ("1 sea", "")
    assert show.tell("go").scene_name == "two"
    assert (sheet(show).next, sheet(show).last) == ("2 dark", "1 sea")
    show.tell("go")
    assert show.steps(1.0).values["wall/level"] == pytest.approx(0.6, abs=0.02)
    assert show.steps(1.1).values["wall/level"] == 0.2
    assert sheet(show).next == ""


def test_a_second_go_within_the_guard_is_refused_visibly_and_one_after_it_is_taken() -> None:
    show = play({"set": {"wall/level": 0.8}}, {"set": {"wall/level": 0.6}}, go={"guard": 0.3})
    show.tell("go")
    refused = show.tell("go", step=0.2)
    assert refused.cues is not None
    assert refused.cues.note == "GO was refused: it came 0.20 s after the last one (guard 0.3 s)"
    assert refused.cues.refused == (("test", 3),)
    assert (show.state.note, refused.values["wall/level"]) == (refused.cues.note, 0.8)
    taken = show.tell("go", step=0.2)
    assert taken.cues is not None
    assert (taken.cues.note, taken.values["wall/level"]) == ("", 0.6)


def test_five_clients_at_once_fire_one_cue() -> None:
    show = play(*({"set": {"wall/level": 0.9 - n / 10}} for n in range(5)), go={"guard": 0.3})
    snapshots = [show.tell("go") for _ in range(5)]
    assert snapshots[-1].values["wall/level"] == pytest.approx(0.9)
    assert snapshots[-1].cues is not None
    assert len(snapshots[-1].cues.refused) == 4


def test_go_at_the_end_of_the_list_while_paused_and_after_a_panic_is_refused_in_words() -> None:
    show = play({"set": {"wall/level": 0.8}})
    show.tell("pause")
    assert show.tell("go").cues.note == "GO was refused: the show is paused"  # type: ignore[union-attr]
    show.tell("pause")
    show.tell("go")
    assert show.tell("go").cues.note == "GO was refused: the cue list is at its end"  # type: ignore[union-attr]
    show.tell("panic")
    assert "faded to safe" in show.tell("go").cues.note  # type: ignore[union-attr]


def test_go_starts_a_show_that_waits() -> None:
    show = play({"scene": "two"}, started=False)
    assert show.step(1.0).playing == "stopped"
    assert (show.tell("go").playing, show.step(0.1).scene_name) == ("playing", "two")


def test_pre_wait_post_wait_continue_and_follow_keep_their_instants() -> None:
    show = play(
        {"set": {"wall/level": 0.5}, "pre_wait": 1.0, "post_wait": 0.5, "next": "continue"},
        {"set": {"camera/zoom": 2.0}, "fade": 2.0, "post_wait": 0.25, "next": "follow"},
        {"set": {"camera/angle": 10.0}},
        {"set": {"camera/angle": 20.0}},
    )
    show.tell("go")
    seen: dict[str, float] = {}
    for _ in range(400):
        snapshot = show.step(0.01)
        for address, value in (("wall/level", 0.5), ("camera/zoom", 2.0), ("camera/angle", 10.0)):
            if snapshot.values[address] == value:
                seen.setdefault(address, snapshot.life)
    assert seen == {
        "wall/level": pytest.approx(1.0, abs=0.011),
        "camera/zoom": pytest.approx(3.5, abs=0.011),
        "camera/angle": pytest.approx(3.75, abs=0.011),
    }
    assert sheet(show).next == "4"


def test_one_long_step_does_what_many_short_ones_do() -> None:
    cues = (
        {"set": {"wall/level": 0.5}, "fade": 0.3, "pre_wait": 0.1, "next": "follow"},
        {"set": {"camera/zoom": 3.0}, "fade": 0.4, "next": "continue", "post_wait": 0.05},
        {"set": {"wall/level": 0.1}, "fade": 0.9},
    )
    short, long = play(*cues), play(*cues)
    for show in (short, long):
        show.tell("go")
    one, other = short.steps(0.8, rate=1000), long.steps(0.8, rate=1.25)
    for address, value in one.values.items():
        assert other.values[address] == pytest.approx(value, abs=1e-9), address


def test_a_pause_holds_waits_and_fades() -> None:
    show = play({"set": {"wall/level": 0.0}, "fade": 2}, {"set": {"camera/zoom": 2.0}, "pre_wait": 2.0})
    show.tell("go")
    show.tell("go")
    half = show.steps(1.0).values["wall/level"]
    assert half == pytest.approx(0.5, abs=0.01)
    show.tell("pause")
    held = show.steps(5.0)
    assert held.cues is not None
    assert held.values["wall/level"] == half
    assert held.cues.waiting == (("2", pytest.approx(1.0, abs=0.01)),)
    show.tell("pause")
    assert show.steps(0.9).values["camera/zoom"] == 1.0
    over = show.steps(0.2)
    assert (over.values["wall/level"], over.values["camera/zoom"]) == (0.0, 2.0)


def test_back_takes_back_a_cue_with_its_chain_and_what_it_set() -> None:
    show = play(
        {"set": {"wall/level": 0.8}, "scene": "two"},
        {"set": {"wall/level": 0.4, "camera/angle": 5.0}, "next": "continue", "scene": "one"},
        {"set": {"camera/x": 0.5}},
    )
    show.tell("go")
    after = show.steps(1.0)
    show.tell("go")
    assert show.steps(1.0).values["camera/x"] == 0.5
    show.tell("back")
    back = show.steps(5.0)
    assert (back.scene_name, back.values["wall/level"], sheet(show).next) == ("two", 0.8, "2")
    assert {a: back.values[a] for a in ("camera/x", "camera/angle")} == {
        a: after.values[a] for a in ("camera/x", "camera/angle")
    }
    show.tell("back")
    first = show.steps(5.0)
    assert (first.values["wall/level"], sheet(show).next, sheet(show).last) == (1.0, "1", "")
    show.tell("back")
    assert show.state.note == "back: no cue has been fired"


def test_a_panic_fades_in_its_own_time_and_drops_what_waits() -> None:
    show = play(
        {"set": {"wall/level": 0.9}, "pre_wait": 1.0}, {"set": {"camera/zoom": 2.0}, "fade": 4}, go={"panic_fade": 4}
    )
    show.tell("go")
    show.tell("go")
    show.steps(0.5)
    show.tell("panic")
    half = show.steps(2.0)
    assert half.cues is not None
    assert half.cues.waiting == ()
    assert half.values["wall/level"] == pytest.approx(0.525, abs=0.03)
    show.tell("start")
    stands = show.steps(3.0).values
    assert stands["wall/level"] == 1.0
    assert 1.0 < float(stands["camera/zoom"]) < 1.1


def test_a_numbered_cue_is_fired_whatever_stands_by_and_the_list_goes_on_after_it() -> None:
    show = play({"scene": "one"}, {"scene": "one"}, {"name": "end", "set": {"wall/level": 0.3}}, {"scene": "two"})
    assert show.tell("cue", "3").values["wall/level"] == 0.3
    assert sheet(show).next == "4"
    show.tell("cue", "end")
    assert sheet(show).last == "3 end"
    show.tell("cue", "ent")
    assert show.state.note == "cue: there is no cue 'ent'; did you mean end?"


def test_on_open_fires_once_when_the_show_first_plays() -> None:
    show = play({"set": {"wall/level": 0.7}}, {"set": {"wall/level": 0.6}}, go={"on_open": 1}, started=False)
    assert show.step(0.5).values["wall/level"] == 1.0
    show.tell("start")
    assert (level(show), sheet(show).next) == (0.7, "2")
    show.tell("go")
    show.tell("stop")
    show.tell("start")
    assert level(show) == 0.6


def test_ratios_fade_by_their_logarithm_and_levels_in_linear_light() -> None:
    show = play({"set": {"camera/zoom": 4.0, "wall/level": 0.0}, "fade": 2})
    show.tell("go")
    half = show.steps(1.0).values
    assert half["camera/zoom"] == pytest.approx(2.0, abs=0.01)
    assert half["wall/level"] == pytest.approx(0.5, abs=0.01)


def test_words_of_a_cue_stand_until_it_is_taken_back_and_a_scene_takes_its_fade() -> None:
    show = play({"text": "a whale"}, {"text": ""}, {"scene": "two", "fade": 1.0})
    show.tell("go")
    assert show.steps(2.0).regions[0].words_b[0].text == "a whale"
    show.tell("go")
    assert show.steps(2.0).regions[0].words_b[0].text == "red fire"
    show.tell("go")
    mixing = show.steps(0.5).regions[0]
    assert (mixing.words_b[0].text, mixing.mix, mixing.blend) == ("blue sea", pytest.approx(0.5, abs=0.05), "slerp")
    assert show.steps(0.6).regions[0].words_a[0].text == "blue sea"


def test_a_cue_takes_a_parameter_from_a_hand_and_a_scene_with_a_track_from_the_cue_without_a_jump() -> None:
    show = play({"set": {"camera/zoom": 2.0}, "fade": 1}, {"scene": "two"}, {"release": ["*"], "fade": 1})
    show.touch("camera/zoom", 3.0, stamp_ns=5)
    show.step(0.1)
    show.tell("go")
    values = [float(show.step(0.02).values["camera/zoom"]) for _ in range(60)]
    assert (values[0], values[-1]) == (pytest.approx(3.0, abs=0.01), 2.0)
    show.tell("go")
    values += [float(show.step(0.02).values["camera/zoom"]) for _ in range(250)]
    assert values[-1] == 1.5
    assert max(abs(a - b) for a, b in pairwise(values)) < 0.04


def test_release_fades_back_to_the_score() -> None:
    show = play({"set": {"wall/level": 0.2, "camera/x": 1.0}}, {"release": ["*"], "fade": 1})
    show.tell("go")
    show.step(0.1)
    show.tell("go")
    half = show.steps(0.5).values
    assert (half["wall/level"], half["camera/x"]) == (pytest.approx(0.6, abs=0.03), pytest.approx(0.5, abs=0.03))
    show.steps(0.6)
    assert (show.state.cues.values, show.state.cues.fades) == ({}, {})


TURNED = [[1, 1], [0, 1], [0, 0], [1, 0]]


def test_surfaces_fade_by_shapes_that_fit_a_picture_and_back_returns_them() -> None:
    show = play(
        {"surface": {"left": {"corners": TURNED, "level": 0.5}}, "fade": 2},
        {"surface": {"right": {"level": 0.0}}},
        {"release": ["*"], "fade": 1},
    )
    assert show.tell("go").surfaces == {0: (tuple(map(tuple, SQUARE)), 1.0, WHOLE)}
    corners, bright, _ = show.steps(1.0).surfaces[0]
    sides = [math.dist(a, b) for a, b in zip(corners, (*corners[1:], corners[0]), strict=True)]
    assert sides == [pytest.approx(1.0)] * 4  # a quarter of a turn, not a point
    assert bright == pytest.approx(0.75, abs=0.01)
    show.steps(1.1)
    show.tell("go")
    assert show.step(0.1).surfaces == {
        0: (tuple(map(tuple, TURNED)), 0.5, WHOLE),
        1: (tuple(map(tuple, SQUARE)), 0.0, WHOLE),
    }
    show.tell("back")
    assert show.step(0.1).surfaces[1][1] == 1.0
    show.tell("go")
    show.tell("go")
    own = show.steps(1.1).surfaces
    assert own == {n: (tuple(map(tuple, SQUARE)), 1.0, WHOLE) for n in (0, 1)}


ARCH: list[list[float]] = [[0, 1], [0, 0.3], [0.5, 0], [1, 0.3], [1, 1]]
HALF: list[list[float]] = [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]


def test_masks_fade_as_shares_from_what_stands_and_back_and_release_give_them_back() -> None:
    own = {"mask": ARCH, "feather": 0.02}
    show = play(
        {"surface": {"left": {"mask": HALF}}, "fade": 2},
        {"surface": {"left": {"mask": []}}, "fade": 1},
        {"release": ["*"], "fade": 1},
        surface=[{"region": "left", "corners": SQUARE, **own}, {"region": "right", "corners": SQUARE}],
    )
    arch, half = (Mask(tuple((x, y) for x, y in corners), 0.02) for corners in (ARCH, HALF))
    show.tell("go")
    middle = dict(show.steps(1.0).surfaces[0][2])
    assert middle == {arch: pytest.approx(0.5, abs=0.01), half: pytest.approx(0.5, abs=0.01)}
    show.tell("go")  # in the middle of the fade: nothing jumps
    assert dict(show.step(0.001).surfaces[0][2])[arch] == pytest.approx(0.5, abs=0.01)
    three = dict(show.steps(0.5).surfaces[0][2])
    assert sum(three.values()) == pytest.approx(1)
    assert set(three) == {arch, half, Mask()}
    assert show.steps(0.6).surfaces[0][2] == WHOLE
    show.tell("back")
    assert show.steps(2.1).surfaces[0][2] == ((half, 1.0),)
    show.tell("go")
    show.tell("go")
    assert show.steps(1.1).surfaces[0][2] == ((arch, 1.0),)


@pytest.mark.parametrize(
    ("mask", "sentence"),
    [
        ([[0, 0], [1, 1]], "a mask is a polygon: expected three corners or more, got 2"),
        ([[0, 0], [1, 1], [1, 0], [0, 1]], "two sides of the mask cross"),
        ([[0, 0], [1, 0], [1, 1.5]], "less than or equal to 1"),
    ],
)
def test_a_mask_that_is_no_polygon_is_refused(mask: list[list[float]], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Laid.model_validate({"mask": mask})


def test_a_panic_leaves_surfaces_where_they_are_and_a_jump_finds_them() -> None:
    show = play({"at": 1, "surface": {"left": {"corners": TURNED}}, "fade": 2})
    show.steps(2.0)
    show.tell("panic")
    stood = show.step(0.5).surfaces
    assert show.step(0.5).surfaces == stood
    jumper = play({"at": 1, "surface": {"left": {"corners": TURNED}}, "fade": 2})
    jumper.tell("seek", "2.0")
    assert jumper.step(0.0).surfaces[0][0][0] == pytest.approx(stood[0][0][0], abs=0.02)
    jumper.tell("seek", "0.5")
    jumper.touch("wall/level", 1.0, 1)
    jumper.tell("pause")
    assert jumper.steps(1.0).surfaces[0][0] != tuple(map(tuple, SQUARE))
    jumper.tell("pause")
    jumper.tell("seek", "500")
    assert jumper.steps(2.0).surfaces[0][0] == tuple(map(tuple, TURNED))


def test_blackout_restore_pause_and_begin() -> None:
    show = play(
        {"do": "blackout", "fade": 1},
        {"do": "restore"},
        {"scene": "two"},
        {"do": "pause"},
        {"do": "begin"},
        started=True,
    )
    show.tell("go")
    assert show.steps(1.1).values["wall/level"] == 0.0
    show.tell("go")
    assert level(show) == 1.0
    show.tell("go")
    assert show.tell("go").playing == "paused"
    show.tell("pause")
    begun = show.tell("go")
    assert (begun.scene_name, sheet(show).next) == ("one", "1")


def test_timed_cues_fire_on_their_second_again_in_every_round() -> None:
    scenes = [{"name": "a", "seconds": 2, "fade": 0, "words": [{"text": "a"}]}]
    show = play(
        {"at": 0, "set": {"wall/level": 0.9}}, {"at": "1.5s", "set": {"wall/level": 0.3}}, scene=scenes, started=True
    )
    seen = [(round(s.t, 3), s.values["wall/level"]) for s in (show.step(0.125) for _ in range(48))]
    assert {value for t, value in seen if t < 1.5} == {0.9}
    assert {value for t, value in seen if t >= 1.5} == {0.3}


def test_a_timed_cue_may_go_to_its_own_second_and_to_an_earlier_one() -> None:
    show = play({"at": 1, "seek": 1, "set": {"camera/x": 1.0}}, {"at": "cue 1 + 1s", "seek": 0.5})
    times = [show.step(0.25).t for _ in range(40)]
    assert max(times) < 2.01
    assert sum(later < earlier for earlier, later in pairwise(times)) == 6


def test_a_stalled_control_goes_on_where_it_was_and_nothing_fires_twice() -> None:
    show = play({"at": 2.0, "set": {"camera/x": 0.5}}, {"at": 2.5, "set": {"camera/y": 0.5}})
    show.steps(1.0)
    snapshot = show.step(600.0)
    assert snapshot.t == pytest.approx(2.0, abs=0.05)
    show.steps(1.0)
    assert show.state.cues.last == 2.0


def test_a_short_hop_without_a_fade_is_no_fade() -> None:
    show = play({"scene": "two", "fade": 0}, {"seek": 1800.5, "fade": 0})
    show.tell("go")
    show.step(0.4)
    hopped = show.tell("go", step=0.05)
    assert (hopped.t, hopped.values["camera/zoom"]) == (pytest.approx(1800.55), 1.5)


def test_go_before_the_show_has_played_fires_the_cue_of_on_open_once() -> None:
    show = play({"set": {"wall/level": 0.7}}, {"set": {"wall/level": 0.6}}, go={"on_open": 1}, started=False)
    show.tell("go")
    assert (level(show), sheet(show).next, sheet(show).waiting) == (0.7, "2", ())


def test_a_live_edit_of_the_list_leaves_what_runs_alone_and_drops_what_is_gone() -> None:
    cues = [
        {"number": 1, "set": {"wall/level": 0.2}, "fade": 2, "next": "continue", "post_wait": 1},
        {"number": 2, "set": {"camera/x": 1.0}},
        {"number": 3, "set": {"camera/y": 1.0}},
    ]
    old, new = small_show(scene=LONG, cue=cues), small_show(scene=LONG, cue=[cues[0], cues[2]])
    editions = Editions(old, ParameterTree(CORE))
    state = editions.start()

    def step(life: float, *events: Event) -> Snapshot:
        return editions.step(life, round(life * 1e9), {}, {}, events, state)

    step(0.0, Event("test", 1, "start"), Event("test", 2, "go"))
    step(0.9)
    step(1.0, Event("test", 3, "edit", order(new, "now")))
    after = step(1.9)
    over = step(2.8)
    assert (state.note, state.edit.playing) == ("", 1)
    assert 0.2 < float(after.values["wall/level"]) < 0.5
    assert (over.values["wall/level"], over.values["camera/x"]) == (0.2, 0.0)
    assert over.cues is not None
    assert (over.cues.next, over.cues.waiting) == ("3", ())


KINDS = ["start", "stop", "pause", "go", "back", "jump", "seek", "release", "panic", "cue", "tap", "edit", "undo"]
ARGUMENTS = [
    "",
    "1",
    "2.5",
    "two",
    "nan",
    "-1",
    "1e308",
    "3599.9",
    "wall/level",
    "__import__('os')",
    "\ud800",
    "9" * 400,
]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from(ARGUMENTS), st.floats(0, 2)), max_size=25), st.data())
def test_no_order_of_events_breaks_the_show(events: list[tuple[str, str, float]], data: st.DataObject) -> None:
    chance = st.sampled_from(("stop", "continue", "follow"))
    cues = [
        {
            "next": data.draw(chance),
            "pre_wait": data.draw(st.sampled_from((0, 0.4))),
            "fade": data.draw(st.sampled_from((0, 1.5))),
            **data.draw(st.sampled_from(({}, {"at": 0.5}, {"at": 1799.9}))),
            **data.draw(
                st.sampled_from(
                    (
                        {"scene": "two"},
                        {"seek": 0.5},
                        {"do": "begin"},
                        {"do": "blackout"},
                        {"surface": {"left": {"corners": TURNED}}},
                    )
                )
            ),
            **data.draw(st.sampled_from(({}, {"set": {"camera/zoom": 2}}, {"release": ["*"]}, {"text": "a"}))),
        }
        for _ in range(data.draw(st.integers(0, 5)))
    ]
    show = play(*cues, go={"guard": 0.2})
    for kind, argument, seconds in events:
        snapshot = show.tell(kind, argument, step=seconds)
        assert 0 <= snapshot.t <= 3600
        assert all(math.isfinite(value) for value in snapshot.values.values() if isinstance(value, float))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0.001, 0.9), min_size=1, max_size=12), st.integers(0, 11))
def test_the_memory_can_be_written_down_anywhere(steps: list[float], place: int) -> None:
    cues = (
        {"set": {"wall/level": 0.2}, "fade": 1.5, "pre_wait": 0.5, "next": "follow"},
        {"scene": "two", "next": "continue", "post_wait": 0.3},
        {"text": "a whale", "at": 3.0},
    )
    one, other = play(*cues), play(*cues)
    for show in (one, other):
        show.tell("go")
    for number, seconds in enumerate(steps):
        if number == place:
            other.state = msgspec.msgpack.decode(msgspec.msgpack.encode(other.state), type=EngineState)
        assert msgspec.msgpack.encode(one.step(seconds)) == msgspec.msgpack.encode(other.step(seconds))
