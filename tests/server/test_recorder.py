"""The recorder: a real control writes the log of its run; a SIGKILL, a full disk and a full folder cost little."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from server import recorder
from server.day import Day as Filmed
from server.recorder import Recorder, is_log, make_room
from show.bus import EventSender, Publisher
from show.commands.replay import plan_of, told, verdict_on
from show.errors import OrielError
from show.recording import End, Header, Keyframe, Reader
from show.replay import Replay, segments
from show.snapshot import Channels, Touch, Touches
from show.wires import EVENTS, channels_topic, touches_topic
from tests.server.rig import Rig, a_rig, a_show, until
from tests.show.test_recording import HEADER, Day, written


@pytest.fixture
def rig() -> Iterator[Rig]:
    with a_rig(a_show({"osc": {}, "synthetic": {}})) as opened:
        log = opened.wires.state / "recordings" / "day.oriellog"
        opened.wires = msgspec.structs.replace(opened.wires, log=str(log))
        yield opened


def test_a_run_with_a_kill_in_it_is_played_again_bit_for_bit(rig: Rig) -> None:
    """Hands, sounds and a GO move a real control, which is killed in the middle and closed at the end."""
    process = rig.spawn("control", "server.control")
    touches, sounds = (
        Publisher(rig.wires.run, touches_topic("osc")),
        Publisher(rig.wires.run, channels_topic("synthetic")),
    )
    sender = EventSender(rig.wires.run, EVENTS, "test")

    def move(turns: int) -> None:
        for number in range(turns):
            now = time.monotonic_ns()
            touches.send(Touches("osc", {"camera/angle": Touch(float(number), number + 1, now)}))
            sounds.send(Channels("synthetic", now, {"synthetic/slow": number / 77}))
            last = rig.snapshot()
            sender.acknowledge(last.acks)
            sender.resend(time.monotonic())

    rig.snapshot(lambda s: s.playing == "playing")
    sender.send("go", "", time.monotonic())
    move(70)
    process.kill()
    process.join()
    process = rig.spawn("control", "server.control")
    rig.snapshot(lambda s: s.scene == 1)
    move(60)
    last = rig.last_snapshot()
    process.terminate()
    process.join(10)
    assert process.exitcode == 0
    for wire in (touches, sounds, sender):
        wire.close()

    log = Path(rig.wires.log)
    assert [path.name for path in segments(log)] == ["day.oriellog", "day.oriellog.1"]
    replay = Replay(log)
    by_id = {played.snapshot.id: played.snapshot for played in replay.play() if played.snapshot}
    assert (replay.differences, replay.torn) == ([], [])
    assert by_id[last.id] == msgspec.structs.replace(last, acks={})
    assert replay.ends == ["the show was closed"]
    assert float(by_id[last.id].values["camera/angle"]) > 0
    kinds = [event.kind for played in Replay(log).play() for event in played.step.events]
    assert kinds == ["start", "go"]
    sentence = told(replay, verdict_on(log, len(replay.parts), 1), 0.5)
    assert "bit for bit as on that day. Played in 0.5 s" in sentence
    header = replay.header
    assert header.seeds == {"left": 1}
    assert set(header.versions) == {"oriel", "python", "machine", "code"}


def header(segment: int) -> Header:
    return msgspec.structs.replace(HEADER, segment=segment)


def record(day: Day, to: Recorder, steps: int) -> None:
    """Play a day onto a recorder; waits for its thread before every keyframe, as real time would."""
    day.tape._sink = to
    for _ in range(steps):
        until(lambda: to._items.qsize() < 2, "the thread keeps up")
        day.step()
    day.tape.flush()


def test_a_long_run_goes_on_in_another_segment_and_the_oldest_go_first(tmp_path: Path) -> None:
    old = tmp_path / "yesterday.oriellog"
    old.write_bytes(b"x" * 9000)
    os.utime(old, (1, 1))
    (tmp_path / "notes.txt").write_bytes(b"x" * 90_000)
    day, log = Day(), tmp_path / "day.oriellog"
    to = Recorder(log, header, most=14_000, segment=4000)
    record(day, to, 3000)
    to.close("the day is over")
    assert not old.exists()
    assert (tmp_path / "notes.txt").exists()
    found = segments(log)
    assert len(found) >= 2
    assert found[0] != log, "the first segments have gone too"
    assert sum(path.stat().st_size for path in found) < 14_000 + 4000
    replay = Replay(log)
    again = [played.snapshot for played in replay.play()]
    assert again == day.snapshots[-len(again) :]
    assert (replay.differences, replay.torn, replay.ends[-1]) == ([], [], "the day is over")
    numbers = [
        entry.segment
        for path in found
        for entry in Reader(path.read_bytes(), "").entries()
        if isinstance(entry, Header)
    ]
    assert numbers == list(range(numbers[0], numbers[0] + len(found)))


def test_a_disk_that_takes_nothing_is_said_and_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder is a file at first, so that no segment can be made in it; then it is none any more."""
    monkeypatch.setattr(recorder, "RETRY_SECONDS", 0.2)
    folder = tmp_path / "recordings"
    folder.write_text("in the way")
    day, to = Day(), Recorder(folder / "day.oriellog", header)
    record(day, to, 60)
    until(lambda: to.trouble, "the disk's fault is seen")
    folder.unlink()
    deadline = time.monotonic() + 5
    while to.trouble and time.monotonic() < deadline:
        record(day, to, 10)
        time.sleep(0.05)
    assert not to.trouble
    record(day, to, 100)
    to.close("over")
    replay = Replay(folder / "day.oriellog")
    again = [played.snapshot for played in replay.play()]
    assert again
    assert again == day.snapshots[-len(again) :]
    assert not replay.differences


def test_what_follows_an_opening_waits_for_a_slow_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is well again takes its time to open the segment; meanwhile blocks of steps come."""
    monkeypatch.setattr(recorder, "RETRY_SECONDS", 3600.0)
    folder, opened = tmp_path / "recordings", threading.Event()
    folder.write_text("in the way")

    def slowly(segment: int) -> Header:
        assert opened.wait(10)
        return header(segment)

    day, to = Day(), Recorder(folder / "day.oriellog", slowly)
    record(day, to, 1)
    until(lambda: to.trouble, "the disk's fault is seen")
    record(day, to, 1)  # refused, so that the tape knows
    folder.unlink()
    to._retry = 0.0
    before = len(day.snapshots)
    record(day, to, 20)
    opened.set()
    record(day, to, 20)
    to.close("over")
    assert [path.name for path in segments(folder / "day.oriellog")] == ["day.oriellog"]
    replay = Replay(folder / "day.oriellog")
    assert [played.snapshot for played in replay.play()] == day.snapshots[before:]


def test_a_disk_that_is_nearly_full_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "SPARE_BYTES", 1 << 60)
    day, to = Day(), Recorder(tmp_path / "day.oriellog", header)
    record(day, to, 60)
    until(lambda: to.trouble, "the lack of room is seen")
    to.close("over")
    assert list(tmp_path.iterdir()) == []


def test_closing_ends_the_log_with_its_reason(tmp_path: Path) -> None:
    day, to = Day(), Recorder(tmp_path / "day.oriellog", header)
    record(day, to, 7)
    to.close("over")
    entries = list(Reader((tmp_path / "day.oriellog").read_bytes(), "day").entries())
    assert isinstance(entries[-1], End)
    assert entries[-1].reason == "over"
    assert isinstance(entries[1], Keyframe)


def test_only_logs_make_room(tmp_path: Path) -> None:
    for number, name in enumerate(("a.oriellog", "a.oriellog.1", "b.oriellog", "a.txt", "a.oriellog.x")):
        (tmp_path / name).write_bytes(b"x" * 100)
        os.utime(tmp_path / name, (number, number))
    assert [is_log(Path(name)) for name in ("a.oriellog", "a.oriellog.12", "a.oriellog.x", "oriellog.1")] == [
        True,
        True,
        False,
        False,
    ]
    make_room(tmp_path, 150)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.oriellog.x", "a.txt", "b.oriellog"]
    make_room(tmp_path, 150)
    assert len(list(tmp_path.iterdir())) == 3


def test_a_film_of_a_day_shows_what_stood_at_the_instant_of_each_frame(rig: Rig, tmp_path: Path) -> None:
    played = Day()
    played.play(300)
    path = written(played, tmp_path)
    wires = msgspec.structs.replace(rig.wires, replay=str(path), replay_from=1.0, fps=10.0)
    film = Filmed(wires)
    frames = [film.snapshot(number) for number in (0, 1, 2, 10, 90)]
    assert [snapshot.id for snapshot in frames] == [1, 2, 3, 11, 91]
    began = played.snapshots[0].life
    for snapshot, at in zip(frames, (1.0, 1.1, 1.2, 2.0), strict=False):
        assert snapshot.life - began == pytest.approx(at - 1 / 60, abs=0.02)
        assert snapshot.values["artist/mode"] == "soft", "a parameter of the artist that the day did not know"
    assert frames[-1].life == played.snapshots[-1].life, "the last one stands"


def test_a_log_without_a_step_gives_no_film(rig: Rig, tmp_path: Path) -> None:
    played = Day()
    played.play(60)
    path = tmp_path / "day.oriellog"
    path.write_bytes(bytes(played.sink.data))
    film = Filmed(msgspec.structs.replace(rig.wires, replay=str(path), replay_from=60.0))
    with pytest.raises(OrielError, match="nothing to film"):
        film.snapshot(0)


def test_a_film_of_a_log_begins_before_its_end(tmp_path: Path) -> None:
    played = Day()
    played.play(300)
    path = written(played, tmp_path)
    plan = plan_of(path, None, begin=1.0, seconds=0.0, fps=10.0)
    assert (plan.frames, plan.lockstep, plan.show_path) == (40, True, Path("show.toml"))
    assert plan_of(path, None, begin=1.0, seconds=2.0, fps=10.0).frames == 20
    with pytest.raises(OrielError, match=r"expected --from before its end at 5\.0 s, got 900"):
        plan_of(path, None, begin=900.0, seconds=0.0, fps=10.0)
