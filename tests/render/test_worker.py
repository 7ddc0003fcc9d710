"""The render process as the supervisor starts it: a spawned child, real sockets, real shared memory."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count, repeat
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import numpy as np
import pytest

from render.artists.base import Studio
from render.artists.testcard import Artist
from show.bus import Publisher, Subscriber
from show.child import main as child_main
from show.frames import Frame, FrameReader, FrameWriter, Pictures, Stamps, attach, create
from show.pulse import PulseBoard
from show.snapshot import Snapshot, Status
from show.wires import SNAPSHOT, Wires, status_topic
from tests.render.small import region, snapshot

WIDTH, HEIGHT = 48, 64
SHOW: dict[str, Any] = {
    "show": {"title": "test"},
    "artist": {"module": "testcard", "width": WIDTH, "height": HEIGHT, "rate": 100},
    "region": [{"name": "left", "seed": 1}, {"name": "right", "seed": 2}],
    "scene": [{"name": "one", "seconds": 10, "words": [{"text": "a red boat"}]}],
    "surface": [{"region": "left", "corners": [[0, 0], [1, 0], [1, 1], [0, 1]]}],
}


def shot(id: int, **changes: Any) -> Snapshot:
    return snapshot(region("left"), region("right", seed_a=2), id=id, life=id / 10, **changes)


class Stage:
    """The wires of one render process, with the test in the places of control and projector."""

    def __init__(self, folder: str, artist: dict[str, Any], *, lockstep: bool, left: Pictures | None) -> None:
        names = [f"oriel-{uuid.uuid4().hex[:12]}" for _ in range(2)]
        show = json.dumps(SHOW | {"artist": SHOW["artist"] | artist})
        self.wires = Wires(folder, folder, "", show, names[0], "", names[1], ("render",), lockstep=lockstep)
        self.board = PulseBoard(names[1], create=True)
        self._segment = create(names[0], 2 * WIDTH * HEIGHT * 3)
        self.frames = FrameReader(attach(names[0]))
        if left is not None:
            FrameWriter(attach(names[0])).publish(left, Stamps(snapshot_id=7))
        self._snapshots = Publisher(self.wires.run, SNAPSHOT)
        self._status = Subscriber(self.wires.run, status_topic("render"), Status)
        self.statuses: list[Status] = []
        self.child = self.start()

    def start(self) -> multiprocessing.process.BaseProcess:
        wires_json = msgspec.json.encode(self.wires)
        child = multiprocessing.get_context("spawn").Process(
            target=child_main, args=("render", "render.worker", wires_json), daemon=True
        )
        child.start()
        return child

    def play(self, shots: Iterator[Snapshot], done: Callable[[], object], seconds: float = 20.0) -> None:
        """Publish snapshots, each until the next turn, until `done` or the patience ends."""
        deadline = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < deadline, "it did not happen in time"
            self._snapshots.send(next(shots))
            heard = self._status.newest(0.02)
            if heard is not None:
                self.statuses.append(heard)

    def painted(self, frames: int) -> bool:
        return self.frames.newest_id >= frames

    def newest(self) -> Frame:
        frame = self.frames.newest()
        assert frame is not None
        return frame

    def close(self) -> None:
        if self.child.is_alive():
            os.kill(self.child.pid or 0, signal.SIGKILL)
        self.child.join()
        self.frames.close()
        self._snapshots.close()
        self._status.close()
        self.board.close()
        self.board.unlink()
        self._segment.close()
        self._segment.unlink()


@contextmanager
def stage(
    artist: dict[str, Any] | None = None, *, lockstep: bool = False, left: Pictures | None = None
) -> Iterator[Stage]:
    with TemporaryDirectory(prefix="oriel-") as folder:
        made = Stage(folder, artist or {}, lockstep=lockstep, left=left)
        try:
            yield made
        finally:
            made.close()


def counting(first: int = 1, **changes: Any) -> Iterator[Snapshot]:
    while True:
        yield shot(first, **changes)
        first += 1


def test_frames_arrive_with_the_stamps_of_their_snapshot_and_it_ends_when_asked() -> None:
    with stage() as made:
        made.play(counting(), lambda: made.frames.newest_id >= 5)
        frame = made.newest()
        stamps = frame.stamps
        assert stamps.snapshot_ns == 1000 + stamps.snapshot_id
        assert stamps.origin_ns == 500 + stamps.snapshot_id
        assert 0 < stamps.begun_ns <= stamps.done_ns <= time.monotonic_ns()
        assert frame.pictures.shape == (2, HEIGHT, WIDTH, 3)
        made.play(counting(1000), lambda: made.statuses and made.statuses[-1].numbers.get("painted_fps"))
        status = made.statuses[-1]
        assert status.sentence.startswith("Painting ")
        assert status.sentence.endswith(" pictures a second on the CPU.")
        assert set(status.numbers) == {"painted_fps", "paint_ms", "forward_share", "delivered_fps", "repeated_fps"}
        made.child.terminate()
        made.child.join(5)
        assert made.child.exitcode == 0


def test_nothing_is_painted_before_the_first_snapshot_nor_while_the_show_stands_but_the_pulse_beats() -> None:
    with stage() as made:
        made.play(counting(playing="stopped"), lambda: made.board.read(0)[0] > 10)
        assert made.frames.newest_id == 0
        made.play(counting(100, paint=False), lambda: made.board.read(0)[0] > 20)
        made.play(counting(200, playing="paused"), lambda: made.statuses and "rests" in made.statuses[-1].sentence)
        assert made.frames.newest_id == 0


def test_in_lockstep_every_snapshot_is_painted_exactly_once_and_as_the_artist_paints_it() -> None:
    with stage({"rate": 1}, lockstep=True) as made:
        for number in range(1, 6):
            made.play(repeat(shot(number)), partial(made.painted, number))
        sent = count()
        made.play(repeat(shot(5)), lambda: next(sent) >= 20)
        assert made.frames.newest_id == 5
        frame = made.newest()
    artist = Artist.load(Studio(WIDTH, HEIGHT, ("left", "right"), {}))
    expected = [artist.paint(shot(number)).pictures for number in range(1, 6)][-1]
    assert np.array_equal(frame.pictures, expected)
    assert frame.stamps.snapshot_id == 5


def test_the_rate_of_the_show_file_is_kept() -> None:
    with stage({"rate": 5}) as made:
        made.play(counting(), lambda: made.frames.newest_id >= 1)
        begun = made.newest().stamps.begun_ns
        made.play(counting(100), lambda: made.frames.newest_id >= 6)
        assert made.newest().stamps.begun_ns - begun >= 0.79e9  # five periods of 0.2 s, one of which may be made up for


def test_killed_and_started_again_it_goes_on_with_growing_ids() -> None:
    with stage() as made:
        made.play(counting(), lambda: made.frames.newest_id >= 3)
        os.kill(made.child.pid or 0, signal.SIGKILL)
        made.child.join()
        before = made.frames.newest_id
        assert made.newest().pictures.shape == (2, HEIGHT, WIDTH, 3)
        made.child = made.start()
        made.play(counting(5000), lambda: made.frames.newest_id >= before + 3)
        assert made.newest().stamps.snapshot_id >= 5000


def test_the_diffusion_artist_goes_on_from_the_picture_that_a_killed_one_left_on_the_bus(one_model: Path) -> None:
    options = {"model": str(one_model), "device": "cpu", "dtype": "fp32", "threads": 1}
    left = np.full((2, HEIGHT, WIDTH, 3), 200, np.uint8)
    with stage({"module": "diffusion", "options": options}, left=left) as made:
        made.play(counting(8), lambda: made.painted(3), 60)
        assert made.newest().stamps.snapshot_id >= 8
        assert made.newest().stamps.forward_ns > 0


def test_three_failures_in_a_row_end_the_process_with_the_artists_code() -> None:
    """Pictures of three regions do not fit the show's two: every painting fails."""
    with stage() as made:
        made.play(repeat(snapshot()), lambda: not made.child.is_alive())
        assert made.child.exitcode == 4
        assert made.frames.newest_id == 0
        log = (made.wires.state / "log" / "render.log").read_text()
        assert "the artist failed 3 times in a row" in log


@pytest.mark.parametrize(
    "artist, told",
    [
        ({"module": "diffusion", "options": {"model": "/nowhere"}}, "no such folder"),
        ({"module": "diffusion", "options": {"modle": "x"}}, "did you mean model"),
        ({"module": "cubist"}, "artist cubist"),
    ],
)
def test_an_artist_that_cannot_be_had_is_one_sentence(
    artist: dict[str, Any], told: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with stage(artist) as made:
        made.play(counting(), lambda: not made.child.is_alive(), 60)
        assert made.child.exitcode in (1, 4)
    said = [line for line in capfd.readouterr().err.splitlines() if line.strip()]
    assert len(said) == 1, said
    assert told in said[0]
