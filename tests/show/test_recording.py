"""Logs: what goes into an engine is written in few bytes, survives a kill, and gives the same snapshots bit for bit."""

from __future__ import annotations

import contextlib
import math
import random
import struct
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from show.columns import ColumnError, grained, pack_floats, pack_ints, unpack_floats, unpack_ints
from show.editions import Editions
from show.parameter import ParameterTree
from show.parameters import CORE
from show.recording import BLOCK_STEPS, MAGIC, Block, End, Header, Keyframe, Reader, RecordingError, Step, lived
from show.replay import Replay, segments, verify
from show.snapshot import Event, Snapshot, Touch
from show.tape import Item, Memory, Tape
from tests.show.shows import small_show

SHOW = small_show()
HEADER = Header("2026-11-26T10:00:00", {"oriel": "0"}, "show.toml", "", SHOW.model_dump_json(), (), {})


class Day:
    """An engine that is played by restless hands and recorded, step by step."""

    def __init__(self, seed: int = 1, step_ns: int = 16_666_667) -> None:
        self.engine = Editions(SHOW, ParameterTree(CORE))
        self.state = self.engine.start()
        self.sink = Memory(HEADER)
        self.tape = Tape(self.sink)
        self.stamp_ns = 5_000_000_000
        self.touches: dict[str, Touch] = {}
        self.snapshots: list[Snapshot] = []
        self._random = random.Random(seed)
        self._step_ns = step_ns
        self._number = 0

    def step(self, *events: Event) -> None:
        before = self.stamp_ns
        self.stamp_ns += self._step_ns + self._random.randrange(-300_000, 300_000)
        self.state = self.tape.begin(self.state, self.engine.texts, before)
        life = lived(self.state.life, before, self.stamp_ns)
        channels = {"audio/bass": grained(self._random.random()), "audio/rest": 0.0}
        snapshot = self.engine.step(life, self.stamp_ns, channels, self.touches, events, self.state)
        self.tape.add(Step(life, self.stamp_ns, channels, self.touches, events), snapshot)
        self.snapshots.append(snapshot)

    def event(self, kind: str, argument: str = "") -> Event:
        self._number += 1
        return Event("test-1", self._number, kind, argument, self.stamp_ns)  # type: ignore[arg-type]

    def play(self, steps: int) -> None:
        for number in range(steps):
            events = []
            if number == 0:
                events.append(self.event("start"))
            if number % 97 == 50:
                events.append(self.event("go"))
            if number % 211 == 100:
                events.append(self.event("seek", str(self._random.random() * 9)))
            if number % 31 == 10:
                self.touches["camera/zoom"] = Touch(1 + self._random.random(), number, self.stamp_ns)
            if number % 131 == 60:
                self.touches["prompt/text"] = Touch("a wall" if number % 2 else "", number, self.stamp_ns)
            self.step(*events)
        self.tape.flush()


def written(day: Day, folder: Path) -> Path:
    path = folder / "day.oriellog"
    path.write_bytes(bytes(day.sink.data))
    return path


def test_a_day_is_played_again_bit_for_bit(tmp_path: Path) -> None:
    day = Day()
    day.play(600)
    replay = Replay(written(day, tmp_path))
    again = [played.snapshot for played in replay.play()]
    assert msgspec.msgpack.encode(again) == msgspec.msgpack.encode(day.snapshots)
    assert (replay.steps, replay.differences, replay.torn) == (600, [], [])


def test_a_difference_of_one_bit_is_found(tmp_path: Path) -> None:
    """The show in the header is changed by a hair: the digests no longer agree, once per keyframe."""
    day = Day()
    day.play(200)
    path = written(day, tmp_path)
    weights = math.nextafter(0.5, 1.0)
    assert SHOW.scene[0].words[1].weight == 0.5
    words = (SHOW.scene[0].words[0], SHOW.scene[0].words[1].model_copy(update={"weight": weights}))
    other = SHOW.model_copy(update={"scene": (SHOW.scene[0].model_copy(update={"words": words}), *SHOW.scene[1:])})
    forged = Memory(msgspec.structs.replace(HEADER, show_json=other.model_dump_json()))
    path.write_bytes(bytes(forged.data) + bytes(day.sink.data)[len(Memory(HEADER).data) :])
    steps, differences, _ = verify(path, 0, 1)
    assert steps == 200
    assert len(differences) == 1
    assert "not those of that day" in differences[0]


def test_a_part_of_a_long_day_is_played_from_its_keyframe(tmp_path: Path) -> None:
    """Keyframes come every minute; the replay of the second one alone gives what the whole replay gives."""
    day = Day(step_ns=100_000_000)
    day.play(900)
    path = written(day, tmp_path)
    replay = Replay(path)
    assert len(replay.parts) == 2
    assert replay.seconds() == pytest.approx(90, abs=0.2)
    late = list(replay.play(begin=70.0, end=72.0))
    assert 70.0 <= late[0].at < 70.2
    assert 71.8 < late[-1].at <= 72.0
    by_id = {snapshot.id: snapshot for snapshot in day.snapshots}
    assert all(played.snapshot == by_id[played.snapshot.id] for played in late if played.snapshot)
    assert replay.steps < 300, "the first minute was not stepped"
    halves = [verify(path, 0, 1), verify(path, 1, 2)]
    assert sum(half.steps for half in halves) == 900
    assert [half.differences for half in halves] == [[], []]


@given(cut=st.floats(0.0, 1.0))
@settings(max_examples=25, deadline=None)
def test_a_torn_log_is_played_up_to_the_tear(cut: float, tmp_path_factory: pytest.TempPathFactory) -> None:
    day = DAY
    whole = bytes(day.sink.data)
    data = whole[: round(cut * len(whole))]
    path = tmp_path_factory.mktemp("torn") / "day.oriellog"
    path.write_bytes(data)
    if len(list(Reader(data, "day").entries())) < 2:
        with pytest.raises(RecordingError, match="nothing to play"):
            Replay(path)
        return
    replay = Replay(path)
    again = [played.snapshot for played in replay.play()]
    assert again == day.snapshots[: len(again)]
    assert len(again) % BLOCK_STEPS == 0 or len(again) == len(day.snapshots)
    assert not replay.differences
    torn = len(data) < len(whole) and bool(replay.torn)
    assert torn or len(again) in range(0, len(day.snapshots) + 1, BLOCK_STEPS) or data == whole


DAY = Day(seed=3)
DAY.play(240)


@given(place=st.integers(min_value=0), bit=st.integers(0, 7))
@settings(max_examples=40, deadline=None)
def test_a_flipped_bit_is_never_believed(place: int, bit: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What is read of a damaged log is a beginning of what was written, or a sentence; never anything else."""
    data = bytearray(DAY.sink.data)
    data[place % len(data)] ^= 1 << bit
    path = tmp_path_factory.mktemp("flipped") / "day.oriellog"
    path.write_bytes(data)
    try:
        replay = Replay(path)
        again = [played.snapshot for played in replay.play()]
    except RecordingError:
        return  # in the header or the first keyframe: nothing is left to play
    assert again == DAY.snapshots[: len(again)]
    assert replay.torn or len(again) == len(DAY.snapshots)


def test_segments_of_one_log_are_found_in_order(tmp_path: Path) -> None:
    for name in ("day.oriellog", "day.oriellog.10", "day.oriellog.2", "day.oriellog.new", "other.oriellog"):
        (tmp_path / name).write_bytes(MAGIC)
    found = [path.name for path in segments(tmp_path / "day.oriellog")]
    assert found == ["day.oriellog", "day.oriellog.2", "day.oriellog.10"]
    with pytest.raises(RecordingError, match="there is no such log"):
        segments(tmp_path / "night.oriellog")
    with pytest.raises(RecordingError, match="this is a folder"):
        segments(tmp_path)


def test_what_is_no_log_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "film.oriellog"
    path.write_bytes(b"\x00\x00\x00\x18ftypmp42")
    with pytest.raises(RecordingError, match=r"film\.oriellog: this is no log of Oriel"):
        Replay(path)


def test_a_full_sink_begins_another_segment_and_a_refusing_one_costs_only_its_time(tmp_path: Path) -> None:
    """Two blocks are refused, as by a full disk; the replay jumps over them and agrees with the rest."""
    day = Day()
    day.play(96)
    refused = 0
    take = day.sink.put

    def refuse(item: Item) -> bool:
        nonlocal refused
        assert item is not None
        refused += 1
        return False

    day.sink.put = refuse  # type: ignore[method-assign]
    for _ in range(BLOCK_STEPS + 4):
        day.step()
    day.sink.put = take  # type: ignore[method-assign]
    for _ in range(BLOCK_STEPS):
        day.step()
    day.tape.flush()
    assert refused == 5, "one block, and then a keyframe per step until it is taken"
    replay = Replay(written(day, tmp_path))
    again = [played.snapshot for played in replay.play()]
    assert again == [*day.snapshots[:96], *day.snapshots[96 + BLOCK_STEPS + 4 :]]
    assert replay.differences == []


def test_entries_come_back_as_they_were_written() -> None:
    entries = list(Reader(bytes(DAY.sink.data), "day").entries())
    assert isinstance(entries[0], Header)
    assert entries[0] == HEADER
    assert isinstance(entries[1], Keyframe)
    assert entries[1].fresh
    blocks = [entry for entry in entries if isinstance(entry, Block)]
    assert sum(len(block.steps) for block in blocks) == 240
    assert [event.kind for block in blocks for step in block.steps for event in step.events][:2] == ["start", "go"]
    assert not any(isinstance(entry, End) for entry in entries)


FLOATS = st.floats(allow_nan=True, allow_infinity=True)
GRAINS = st.floats(-1e6, 1e6).map(grained)


@given(st.lists(FLOATS, max_size=60) | st.lists(GRAINS, max_size=60))
@settings(max_examples=80, deadline=None)
def test_columns_of_floats_come_back_bit_for_bit(numbers: list[float]) -> None:
    column = np.array(numbers, np.float64)
    again = unpack_floats(pack_floats(column), len(numbers))
    assert again.tobytes() == column.tobytes()


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=60))
@settings(max_examples=80, deadline=None)
def test_columns_of_whole_numbers_come_back(numbers: list[int]) -> None:
    column = np.array(numbers, np.int64)
    assert unpack_ints(pack_ints(column), len(numbers)).tolist() == numbers


@given(st.binary(max_size=80), st.integers(0, 100))
@settings(max_examples=80, deadline=None)
def test_a_column_of_any_bytes_is_read_or_refused(data: bytes, count: int) -> None:
    for unpack in (unpack_floats, unpack_ints):
        with contextlib.suppress(ColumnError):
            assert len(unpack(data, count)) == count


def test_a_channel_keeps_fourteen_bits_and_odd_numbers_stay() -> None:
    assert abs(grained(0.123456789) - 0.123456789) <= 2**-15
    assert abs(grained(86400.123456789) - 86400.123456789) < 1e-6
    assert grained(1e300) == 1e300
    assert math.isnan(grained(math.nan))
    assert struct.pack("<d", grained(-0.0)) == struct.pack("<d", 0.0)
    assert grained(grained(0.3)) == grained(0.3)
