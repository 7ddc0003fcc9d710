"""The engine: place in the score, cues, live hands, bindings, and the same again from the same inputs."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from show.engine import EngineState
from show.snapshot import Event, Phrase, Snapshot, Touch
from tests.show.shows import Play, small_show


def texts(phrases: tuple[Phrase, ...]) -> list[str]:
    return [phrase.text for phrase in phrases]


def test_nothing_moves_before_start_and_the_words_already_stand() -> None:
    play = Play(started=False)
    snapshot = play.steps(2.0)
    assert (snapshot.playing, snapshot.t, snapshot.life) == ("stopped", 0.0, pytest.approx(2.0))
    assert texts(snapshot.regions[0].words_b) == ["red fire", "smoke"]


def test_the_score_is_played_and_closes_into_a_loop() -> None:
    play = Play()
    assert play.steps(4.9).scene_name == "red"
    snapshot = play.steps(1.0)
    assert snapshot.scene_name == "blue"
    assert snapshot.t == pytest.approx(5.9)
    again = play.steps(4.0)
    assert (again.scene_name, again.playing) == ("red", "playing")
    assert again.t == pytest.approx(0.9, abs=0.04)


def test_without_a_loop_the_show_ends_and_start_begins_it_again() -> None:
    play = Play(small_show(show={"title": "once", "loop": False}))
    ended = play.steps(12.0)
    assert ended.playing == "ended"
    assert ended.scene_name == "blue"
    again = play.tell("start")
    assert (again.playing, again.scene_name) == ("playing", "red")


def test_a_scene_grows_out_of_the_one_before() -> None:
    play = Play()
    play.steps(5.0)
    early, late, over = play.steps(0.4), play.steps(1.2), play.steps(0.6)
    assert texts(early.regions[0].words_a) == ["red fire", "smoke"]
    assert texts(early.regions[0].words_b) == ["blue sea", "people"]
    assert 0 < early.regions[0].mix < 0.2 < 0.8 < late.regions[0].mix < 1
    assert texts(over.regions[0].words_a) == ["blue sea", "people"]


def test_exclusions_are_phrases_of_negative_weight() -> None:
    play = Play()
    snapshot = play.steps(8.0)
    assert snapshot.regions[0].words_b[-1] == Phrase("people", -1.0)


def test_tracks_are_linear_for_numbers_and_steps_for_the_rest() -> None:
    play = Play()
    at_one = play.steps(1.0)
    assert at_one.values["camera/zoom"] == pytest.approx(1.04)
    assert at_one.values["wall/captions"] is True
    assert play.steps(1.5).values["wall/captions"] is False


def test_numbers_of_a_track_do_not_jump_where_the_next_scene_has_none() -> None:
    play = Play()
    play.steps(4.95)
    values = [float(play.step(1 / 30).values["camera/zoom"]) for _ in range(90)]
    assert max(abs(b - a) for a, b in pairwise(values)) < 0.02
    assert values[-1] == pytest.approx(1.0)


def test_go_back_jump_and_seek_find_their_scenes() -> None:
    play = Play()
    play.steps(1.0)
    assert play.tell("go").scene_name == "blue"
    assert play.tell("back").scene_name == "red"
    assert play.tell("jump", "blue").scene_name == "blue"
    assert play.tell("jump", "1").scene_name == "red"
    sought = play.tell("seek", "6.5")
    assert (sought.scene_name, sought.t) == ("blue", pytest.approx(6.5))


@pytest.mark.parametrize("kind, argument", [("jump", "green"), ("seek", "soon"), ("seek", "inf"), ("seek", "nan")])
def test_what_cannot_be_understood_stays_as_a_note_and_moves_nothing(kind: str, argument: str) -> None:
    play = Play()
    play.steps(1.0)
    snapshot = play.tell(kind, argument)
    assert (snapshot.scene_name, snapshot.t) == ("red", pytest.approx(1.0))
    assert argument in play.state.note


def test_stop_keeps_the_place_and_pause_goes_on() -> None:
    play = Play()
    play.steps(2.0)
    play.tell("stop")
    assert play.steps(3.0).t == pytest.approx(2.0)
    play.tell("start")
    assert play.steps(1.0).t == pytest.approx(3.0)
    play.tell("pause")
    assert play.steps(1.0).playing == "paused"
    play.tell("pause")
    assert play.steps(0.5).t == pytest.approx(3.5)


def test_panic_fades_to_a_safe_level_and_start_lifts_it() -> None:
    play = Play()
    play.steps(1.0)
    play.tell("panic")
    halfway, safe = play.steps(0.5), play.steps(1.0)
    assert safe.playing == "stopped"
    assert safe.values["wall/level"] == pytest.approx(0.05)
    assert 0.05 < float(halfway.values["wall/level"]) < 1.0
    assert play.tell("start").values["wall/level"] == 1.0


def test_a_touch_holds_until_it_is_released() -> None:
    play = Play()
    play.touch("walk/speed", 3.0, stamp_ns=50)
    snapshot = play.steps(1.0)
    assert snapshot.values["walk/speed"] == 3.0
    assert snapshot.origin_ns >= 50
    play.tell("release", "walk/speed")
    assert play.steps(0.5).values["walk/speed"] == 1.0
    play.touch("walk/speed", 4.0, stamp_ns=60)
    assert play.steps(0.5).values["walk/speed"] == 4.0


def test_a_cue_with_a_track_takes_the_parameter_from_the_hand() -> None:
    play = Play()
    play.touch("camera/zoom", 2.0, stamp_ns=50)
    assert play.steps(0.1).values["camera/zoom"] == 2.0
    play.tell("go")
    assert play.steps(2.5).values["camera/zoom"] == 2.0, "the scene has no track on it"
    play.tell("jump", "red")
    assert play.steps(0.5).values["camera/zoom"] == pytest.approx(1.02)


def test_a_touch_that_does_not_fit_is_noted_and_nothing_breaks() -> None:
    play = Play()
    play.touch("camera/zoom", "much", stamp_ns=50)
    play.touch("camera/zom", 1.0, stamp_ns=51)
    snapshot = play.steps(0.1)
    assert "did you mean camera/zoom?" in play.state.note
    assert snapshot.values["camera/zoom"] == pytest.approx(1.004)


def test_words_typed_live_grow_in_and_out_again() -> None:
    play = Play()
    play.steps(1.0)
    play.touch("prompt/text", "a green forest", stamp_ns=50)
    middle = play.steps(0.6)
    assert texts(middle.regions[0].words_b) == ["a green forest"]
    assert texts(middle.regions[0].words_a) == ["red fire", "smoke"]
    assert 0 < middle.regions[0].mix < 1
    assert middle.caption == "a green forest"
    play.steps(1.5)
    play.touch("prompt/text", "", stamp_ns=60)
    back = play.steps(0.5)
    assert texts(back.regions[0].words_a) == ["a green forest"]
    assert texts(back.regions[0].words_b) == ["red fire", "smoke"]


def test_a_change_in_the_middle_of_a_mix_folds_both_and_jumps_nowhere() -> None:
    play = Play()
    play.steps(1.0)
    play.touch("prompt/text", "green", stamp_ns=50)
    play.steps(0.75)
    play.touch("prompt/text", "violet", stamp_ns=60)
    folded = play.steps(1 / 30).regions[0]
    weights = {phrase.text: phrase.weight for phrase in folded.words_a}
    assert weights["green"] == pytest.approx(0.5, abs=0.1)
    assert weights["red fire"] == pytest.approx(0.5, abs=0.1)
    assert texts(folded.words_b) == ["violet"]


def test_gains_turn_single_phrases_up_and_down() -> None:
    play = Play()
    play.touch("prompt/gain/2", 0.0, stamp_ns=50)
    words = play.steps(0.5).regions[0].words_b
    assert words == (Phrase("red fire", 1.0), Phrase("smoke", 0.0))


def test_a_binding_moves_a_parameter_on_top_of_its_value_and_lets_go_slowly() -> None:
    play = Play()
    play.channels["audio/bass"] = 1.0
    assert play.steps(0.2).values["camera/angle"] == pytest.approx(10.0)
    play.channels["audio/bass"] = 0.0
    assert 3.0 < float(play.steps(1.0).values["camera/angle"]) < 4.5
    play.channels["audio/bass"] = float("nan")
    assert float(play.steps(8.0).values["camera/angle"]) == pytest.approx(0.0, abs=0.01)


def test_regions_turn_and_zoom_in_their_own_way() -> None:
    play = Play()
    play.touch("camera/angle", 6.0, stamp_ns=50)
    play.touch("camera/zoom", 1.1, stamp_ns=50)
    left, right = play.steps(0.1).regions
    assert (left.angle, right.angle) == (6.0, -6.0)
    assert right.zoom == pytest.approx(left.zoom**2)


def test_the_walk_is_continuous_and_has_constant_speed() -> None:
    play = Play()
    places = [play.step(1 / 30).regions[0] for _ in range(600)]
    along = [place.seed_mix for place in places]
    steps = [b - a for a, b in pairwise(along) if b > a]
    assert max(steps) - min(steps) < 1e-6
    turns = [n for n in range(599) if places[n].seed_a != places[n + 1].seed_a]
    assert turns
    assert all(places[n].seed_b == places[n + 1].seed_a for n in turns)


def test_divergence_brings_the_regions_together() -> None:
    play = Play()
    apart = play.steps(0.5).regions
    assert apart[0].seed_a != apart[1].seed_a
    play.touch("walk/divergence", 0.0, stamp_ns=50)
    together = play.steps(0.1).regions
    assert (together[0].seed_a, together[0].seed_mix) == (together[1].seed_a, together[1].seed_mix)


def test_a_machine_that_slept_moves_the_show_by_one_second_at_most() -> None:
    play = Play()
    play.steps(1.0)
    assert play.step(3600.0).t == pytest.approx(2.0)


def test_the_memory_can_be_written_down_and_read_again_at_any_step() -> None:
    play, other = Play(), Play()
    play.touch("prompt/text", "green", stamp_ns=50)
    other.touch("prompt/text", "green", stamp_ns=50)
    play.steps(2.0)
    other.steps(2.0)
    other.state = msgspec.msgpack.decode(msgspec.msgpack.encode(other.state), type=EngineState)
    assert play.steps(4.0) == other.steps(4.0)


def beginning(init: str, **show: Any) -> Play:
    """Return a playing show whose second scene begins from `init`, one second into the first."""
    plain = small_show(**show)
    scenes = (plain.scene[0], plain.scene[1].model_copy(update={"init": init}))
    play = Play(plain.model_copy(update={"scene": scenes}))
    play.steps(1.0)
    return play


@pytest.mark.parametrize(
    "kind, argument, grows",
    [
        ("go", "", 1),
        ("back", "", 1),
        ("jump", "blue", 1),
        ("jump", "red", 1),
        ("seek", "6.5", 1),
        ("seek", "0", 0),
        ("seek", "3", 0),
        ("jump", "green", 0),
        ("pause", "", 0),
        ("stop", "", 0),
        ("panic", "", 0),
        ("release", "", 0),
    ],
)
def test_an_entry_is_counted_whenever_a_scene_begins_and_never_else(kind: str, argument: str, grows: int) -> None:
    play = beginning("record")
    before = play.step(0.0)
    after = play.tell(kind, argument)
    assert after.entry - before.entry == grows
    assert after.init == ("record" if after.scene_name == "blue" else "last")
    assert play.tell("start").entry == after.entry
    assert play.steps(0.3).entry == after.entry


def test_entries_by_time_around_the_loop_and_from_the_end_are_counted() -> None:
    play = beginning("black")
    assert [play.steps(seconds).entry for seconds in (3.9, 0.2, 3.9, 0.2)] == [0, 1, 1, 2]
    once = beginning("black", show={"title": "once", "loop": False})
    ended = once.steps(12.0)
    assert (ended.playing, ended.entry) == ("ended", 1)
    assert once.tell("start").entry == 2


def test_several_scenes_in_one_step_are_several_entries() -> None:
    play = beginning("noise")
    before = play.step(0.0).entry
    play.tell("go")
    events = [Event("test", 90 + number, "go") for number in range(3)]
    assert play.step(0.0, events).entry == before + 4


def test_a_scene_with_a_start_of_its_own_is_a_cut_of_words_but_not_of_numbers() -> None:
    play = beginning("noise")
    zoom = float(play.steps(3.9).values["camera/zoom"])
    early = play.steps(0.2)
    assert early.scene_name == "blue"
    assert texts(early.regions[0].words_a) == texts(early.regions[0].words_b) == ["blue sea", "people"]
    assert early.values["camera/zoom"] == pytest.approx(zoom, abs=0.01)
    play.touch("prompt/text", "green", stamp_ns=50)
    assert set(texts(play.steps(0.5).regions[0].words_a)) == {"blue sea", "people"}


def test_a_memory_written_down_before_there_were_entries_can_be_read() -> None:
    old = msgspec.to_builtins(Play().state)
    del old["entries"]
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(old), type=EngineState).entries == 0


def test_a_memory_read_again_begins_no_scene_anew() -> None:
    play = beginning("record")
    before = play.tell("go").entry
    play.state = msgspec.msgpack.decode(msgspec.msgpack.encode(play.state), type=EngineState)
    after = play.steps(1.0)
    assert (after.entry, after.init) == (before, "record")


EVENTS = st.builds(
    Event,
    source=st.just("test"),
    number=st.just(1),
    kind=st.sampled_from(["start", "stop", "pause", "go", "back", "jump", "seek", "release", "panic"]),
    argument=st.sampled_from(["", "red", "blue", "2", "3.5", "camera/zoom", "no such thing", "1e300"]),
)
TOUCHES = st.dictionaries(
    st.sampled_from(["prompt/text", "camera/zoom", "walk/speed", "walk/divergence", "prompt/gain/1", "nowhere"]),
    st.builds(
        Touch,
        value=st.one_of(st.floats(), st.integers(-5, 5), st.booleans(), st.text(max_size=5)),
        number=st.just(1),
        stamp_ns=st.integers(1, 10**9),
    ),
    max_size=3,
)
INPUTS = st.lists(
    st.tuples(st.floats(0, 3), st.floats(), TOUCHES, st.lists(EVENTS, max_size=2)), min_size=1, max_size=25
)


@settings(max_examples=60, deadline=None)
@given(INPUTS)
def test_any_inputs_give_a_snapshot_and_the_same_inputs_the_same_snapshots(
    inputs: list[tuple[float, float, dict[str, Touch], list[Event]]],
) -> None:
    def replay() -> list[Snapshot]:
        play = Play(started=False)
        found, life = [], 0.0
        for seconds, number, touches, events in inputs:
            life += seconds
            found.append(play.engine.step(life, 0, {"audio/bass": number}, touches, events, play.state))
        return found

    first, second = replay(), replay()
    assert msgspec.msgpack.encode(first) == msgspec.msgpack.encode(second)
    for snapshot in first:
        assert 0 <= snapshot.t <= 9.0
        assert all(0 <= region.mix <= 1 and 0 <= region.seed_mix <= 1 for region in snapshot.regions)
        assert 0.25 <= float(snapshot.values["camera/zoom"]) <= 4.0
