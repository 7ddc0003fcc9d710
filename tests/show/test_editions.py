"""Live edits: the running score is replaced on a named beat, can be taken back, and never blanks a picture."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from show.config import Show
from show.editions import Editions, frozen, order, place
from show.parameter import ParameterTree
from show.parameters import CORE
from show.replay import Replay
from show.snapshot import Event, Snapshot
from tests.show.shows import small_show
from tests.show.test_recording import Day, written

RATE = 60


def edited(**changes: Any) -> Show:
    """Return the small show with other words in its first scene, and whatever else is changed."""
    show = small_show(**changes)
    words = (show.scene[0].words[0].model_copy(update={"text": "white ash"}), show.scene[0].words[1])
    return show.model_copy(update={"scene": (show.scene[0].model_copy(update={"words": words}), *show.scene[1:])})


class Stage:
    """A show of five and four seconds at 120 bpm, played step by step."""

    def __init__(self, show: Show | None = None) -> None:
        self.editions = Editions(show or small_show(), ParameterTree(CORE))
        self.state = self.editions.start()
        self.steps = 0
        self._number = 0
        self.last = self.tell("start")

    def step(self, *events: Event) -> Snapshot:
        self.steps += 1
        life = self.steps / RATE
        self.last = self.editions.step(life, round(life * 1e9), {}, {}, events, self.state)
        return self.last

    def tell(self, kind: Any, argument: str = "") -> Snapshot:
        self._number += 1
        return self.step(Event("test", self._number, kind, argument, 1))

    def edit(self, show: Show, at: str = "now") -> Snapshot:
        return self.tell("edit", order(show, at))

    def until(self, second: float) -> list[Snapshot]:
        """Play to a second of the show and return every snapshot on the way."""
        found = []
        while self.last.t < second - 1e-9:
            found.append(self.step())
        return found


def texts(snapshot: Snapshot) -> list[str]:
    return [phrase.text for phrase in snapshot.regions[0].words_b]


@pytest.mark.parametrize(
    ("at", "second"),
    [("next bar", 2.0), ("next beat", 1.0), ("3b", 1.5), ("1bar", 2.0), ("2.5b", 1.25)],
)
def test_an_edit_lands_on_the_beat_that_it_names(at: str, second: float) -> None:
    """At 120 bpm and four beats to a bar: in the first step whose instant reaches the beat, not one before."""
    stage = Stage()
    stage.until(0.7)
    stage.edit(edited(), at)
    assert (stage.last.edition, texts(stage.last)) == (0, ["red fire", "smoke"])
    assert stage.last.edit is not None
    assert (stage.last.edit.coming, stage.last.edit.before) == (1, 0)
    assert stage.last.edit.beats == pytest.approx((second - stage.last.t) * 2, abs=0.1)
    played = stage.until(3.0)
    first = next(snapshot for snapshot in played if snapshot.edition == 1)
    assert second - 1e-6 <= first.t < second + 1 / RATE - 1e-6
    assert texts(first) == ["white ash", "smoke"]
    assert first.edit is not None
    assert (first.edit.coming, first.edit.before) == (-1, 1)


def test_a_landing_jumps_nowhere_and_enters_no_scene() -> None:
    """The place goes on, the words grow out of the old ones, and no artist begins anew."""
    stage = Stage()
    before = stage.until(1.5)[-1]
    stage.edit(edited())
    after = stage.last
    assert after.edition == 1
    assert after.t == pytest.approx(before.t + 1 / RATE)
    assert after.entry == before.entry
    region = after.regions[0]
    assert [phrase.text for phrase in region.words_a] == ["red fire", "smoke"]
    assert region.mix < 0.01
    mixes = [snapshot.regions[0].mix for snapshot in stage.until(3.0)]
    assert all(later >= sooner for sooner, later in pairwise(mixes) if later > 0)
    assert stage.last.regions[0].words_a == stage.last.regions[0].words_b


def test_numbers_of_a_track_grow_into_those_of_the_new_edition() -> None:
    stage = Stage()
    stage.until(1.0)
    zoom = float(stage.last.values["camera/zoom"])
    scene = small_show().scene[0]
    steep = {**scene.tracks, "camera/zoom": [(0.0, 2.0), (5.0, 2.0)]}
    data = small_show().model_dump()
    data["scene"][0]["tracks"] = {**data["scene"][0]["tracks"], "camera/zoom": steep["camera/zoom"]}
    stage.edit(Show.model_validate(data))
    values = [float(snapshot.values["camera/zoom"]) for snapshot in stage.until(3.0)]
    steps = [abs(later - sooner) for sooner, later in zip([zoom, *values], values, strict=False)]
    assert max(steps) < 0.03
    assert values[-1] == pytest.approx(2.0)


def test_an_edit_is_taken_back_and_one_that_waits_is_taken_back_first() -> None:
    stage = Stage()
    stage.until(0.5)
    stage.edit(edited())
    other = edited().model_copy(update={"scene": edited().scene[::-1]})
    stage.edit(other, "next bar")
    assert (stage.last.edition, stage.state.edit.coming) == (1, 2)
    stage.tell("undo")
    assert (stage.last.edition, stage.state.edit.coming) == (1, -1)
    stage.tell("undo", "next beat")
    played = stage.until(1.5)
    assert [snapshot.edition for snapshot in played if snapshot.t < 1.0 - 1e-6][-1] == 1
    assert (stage.last.edition, texts(stage.last)) == (0, ["red fire", "smoke"])
    stage.tell("undo")
    assert stage.last.edit is not None
    assert stage.last.edit.note == "undo refused: there is no edition before this one"
    assert stage.last.edit.refused == (("test", 6),)
    assert stage.editions.texts == {}, "what can come back no more is forgotten"


def test_while_the_show_does_not_play_an_edit_lands_at_once() -> None:
    stage = Stage()
    stage.until(0.5)
    stage.tell("pause")
    stage.edit(edited(), "next bar")
    assert (stage.last.edition, stage.last.playing) == (1, "paused")


def refused(change: str) -> tuple[str, str]:
    show = small_show()
    data = show.model_dump()
    at = "now"
    if change == "rate":
        data["artist"]["rate"] = 24
    elif change == "regions":
        data["region"] = [*data["region"], {"name": "third", "seed": 3}]
        data["surface"] = [*data["surface"], {**data["surface"][0], "region": "third"}]
    elif change == "address":
        data["scene"][0]["tracks"] = {"camera/zooom": [(0, 1)]}
    elif change == "init":
        data["scene"][1]["init"] = "black"
    elif change == "records":
        data["scene"][0]["records"] = [7]
    elif change == "past":
        at = "0b"
    elif change == "nowhere":
        at = "soon"
    return order(Show.model_validate(data), at), at


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("rate", "artist.rate (12.0 to 24.0): it cannot change while the show plays"),
        ("regions", "region: it cannot change while the show plays"),
        ("address", "no such parameter; did you mean camera/zoom?"),
        ("init", "scene 'blue', init: 'black' is made ready before the show plays"),
        ("records", "scene 'red', records: what a scene leans on is made ready before the show plays, for scene 1"),
        ("past", "at '0b': this has passed; the show stands at beat 1.0"),
        ("nowhere", "at 'soon': expected now, \"next beat\""),
    ],
)
def test_an_edit_that_cannot_play_is_refused_in_words_and_the_old_one_goes_on(change: str, sentence: str) -> None:
    stage = Stage()
    before = stage.until(0.5)[-1]
    after = stage.tell("edit", refused(change)[0])
    assert after.edit is not None
    assert after.edit.note.startswith("edit refused: ")
    assert sentence in after.edit.note
    assert after.edit.refused == (("test", 2),)
    assert (after.edition, after.edit.coming, after.entry) == (0, -1, before.entry)
    assert after.regions[0].words_b == before.regions[0].words_b
    stage.edit(edited())
    assert stage.last.edition == 1, "a good one is taken after a bad one"
    assert stage.last.edit is not None
    assert stage.last.edit.note == ""


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda data: data.decode("latin-1")))
@settings(max_examples=60, deadline=None)
def test_an_order_that_is_no_order_is_refused(argument: str) -> None:
    after = STAGE.tell("edit", argument)
    assert after.edit is not None
    assert after.edit.note.startswith("edit refused: ")
    assert after.edition == 0
    assert place(argument) == ""


STAGE = Stage()


def test_a_scene_that_is_gone_gives_way_to_the_one_in_its_place() -> None:
    stage = Stage()
    stage.until(8.0)
    assert stage.last.scene_name == "blue"
    entry = stage.last.entry
    only = small_show().model_copy(update={"scene": small_show().scene[:1]})
    stage.edit(only)
    assert (stage.last.scene, stage.last.scene_name, stage.last.entry) == (0, "red", entry + 1)
    assert texts(stage.last) == ["red fire", "smoke"]
    assert stage.last.regions[0].words_a[0].text == "blue sea"


def test_a_scene_that_moved_goes_on_at_its_second() -> None:
    stage = Stage()
    stage.until(6.0)
    turned = small_show().model_copy(update={"scene": small_show().scene[::-1]})
    stage.edit(turned)
    assert (stage.last.scene, stage.last.scene_name) == (0, "blue")
    assert stage.last.t == pytest.approx(1.0 + 1 / RATE, abs=0.02)


def test_a_derived_channel_that_is_written_anew_begins_anew_and_the_others_go_on() -> None:
    def show(delay: float) -> Show:
        kept = {"name": "kept", "expr": "T", "lag": 2.0}
        late = {"name": "late", "expr": "T", "delay": delay}
        binding = {"channel": "kept", "parameter": "camera/angle", "amount": 10.0, "attack": 0, "release": 0}
        return small_show(channel=[kept, late], binding=[binding])

    stage = Stage(show(0.5))
    stage.until(1.0)
    angle = float(stage.last.values["camera/angle"])
    assert 1 < angle < 4
    stage.edit(show(0.1))
    assert stage.last.edition == 1
    for snapshot in stage.until(2.0):
        assert abs(float(snapshot.values["camera/angle"]) - angle) < 0.2
        angle = float(snapshot.values["camera/angle"])


SHOWS = [
    small_show(),
    edited(),
    edited(binding=[]),
    small_show().model_copy(update={"scene": small_show().scene[:1]}),
    edited().model_copy(update={"scene": edited().scene[::-1]}),
]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["edit", "edit", "undo", "go", "back", "wait"]),
            st.integers(0, len(SHOWS) - 1),
            st.sampled_from(["now", "next beat", "next bar"]),
        ),
        max_size=12,
    )
)
@settings(max_examples=12, deadline=None)
def test_no_sequence_of_edits_ever_blanks_a_picture(acts: list[tuple[str, int, str]]) -> None:
    """At every step there are words with weight for every region, the wall is bright, and the walk goes on evenly."""
    stage = Stage()
    for kind, which, at in acts:
        before = stage.last
        if kind == "edit":
            stage.edit(SHOWS[which], at)
        elif kind == "undo":
            stage.tell("undo", at)
        elif kind != "wait":
            stage.tell(kind)
        for snapshot in (stage.step() for _ in range(20)):
            assert snapshot.playing == "playing"
            assert snapshot.values["wall/level"] == 1.0
            for region in snapshot.regions:
                for words in (region.words_a, region.words_b):
                    assert sum(phrase.weight for phrase in words if phrase.weight > 0) > 0.3
                assert region.pose is not None
            assert snapshot.life > before.life
            before = snapshot


def test_a_day_with_edits_is_played_again_bit_for_bit(tmp_path: Path) -> None:
    day = Day()
    acts: dict[int, tuple[str, str]] = {
        40: ("edit", order(edited(), "next bar")),
        300: ("edit", order(edited(binding=[]), "next beat")),
        350: ("undo", "now"),
        420: ("edit", "nonsense"),
        500: ("edit", order(small_show(), "next bar")),
        510: ("undo", ""),
    }
    day.step(day.event("start"))
    for number in range(700):
        day.step(*([day.event(*acts[number])] if number in acts else []))
    day.tape.flush()
    replay = Replay(written(day, tmp_path))
    again = [played.snapshot for played in replay.play()]
    assert replay.differences == []
    assert msgspec.msgpack.encode(again) == msgspec.msgpack.encode(day.snapshots)
    assert {snapshot.edition for snapshot in day.snapshots} == {0, 1, 2}


def test_memory_and_texts_are_all_that_an_heir_needs() -> None:
    """After a kill the checkpoint and the texts go on with the same edition, and the one that waits still lands."""
    stage = Stage()
    stage.until(0.5)
    stage.edit(edited())
    stage.edit(edited(binding=[]), "next bar")
    state = msgspec.msgpack.decode(msgspec.msgpack.encode(stage.state), type=type(stage.state))
    heir = Editions(small_show(), ParameterTree(CORE), dict(stage.editions.texts))
    for _ in range(120):
        stage.step()
        life = stage.steps / RATE
        mine = heir.step(life, round(life * 1e9), {}, {}, (), state)
        assert mine == stage.last
    assert mine.edition == 2


def test_only_what_others_were_started_from_is_frozen() -> None:
    show = small_show()
    assert list(frozen(show, edited(binding=[]))) == []
    louder = show.model_copy(update={"show": show.show.model_copy(update={"loop": False})})
    assert list(frozen(show, louder)) == []
    renamed = show.model_copy(update={"show": show.show.model_copy(update={"title": "other"})})
    assert list(frozen(show, renamed)) == [
        "show.title ('small' to 'other'): it cannot change while the show plays; start the show again for that"
    ]
