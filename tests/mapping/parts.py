"""What the tests of the projection share: a small show, pictures, and a projector in a process of its own."""

from __future__ import annotations

import multiprocessing
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final

import av
import msgspec
import numpy as np
from numpy.typing import NDArray

from show import frames
from show.bus import Publisher, Subscriber
from show.child import main as child_main
from show.config import Show
from show.house import GLASS_BYTES
from show.pulse import PulseBoard
from show.snapshot import Snapshot, Status
from show.wires import SNAPSHOT, Wires, status_topic

PICTURE: Final = (32, 48)
"""Width and height of the tests' pictures."""
WINGS: Final = (
    ("left", ((0.04, 0.10), (0.31, 0.05), (0.31, 0.95), (0.04, 0.90))),
    ("centre", ((0.36, 0.05), (0.64, 0.05), (0.64, 0.95), (0.36, 0.95))),
    ("right", ((0.69, 0.05), (0.96, 0.10), (0.96, 0.90), (0.69, 0.95))),
)
COLOURS: Final = ((200, 40, 40), (40, 180, 60), (50, 70, 220))


def make_show(*outputs: dict[str, Any], **changes: Any) -> Show:
    """Return a show of three wings; by default on one offscreen output of 240x128."""
    wall = {"name": "wall", "module": "offscreen", "width": 240, "height": 128}
    tables: dict[str, Any] = {
        "show": {"title": "A small wall"},
        "artist": {"module": "testcard", "width": PICTURE[0], "height": PICTURE[1]},
        "region": [{"name": name, "seed": 1} for name, _ in WINGS],
        "scene": [{"name": "sea", "seconds": 10, "words": [{"text": "sea"}]}],
        "surface": [{"region": name, "corners": corners} for name, corners in WINGS],
        "output": outputs or (wall,),
    }
    return Show.model_validate(tables | changes)


def make_snapshot(number: int = 1, **changes: Any) -> Snapshot:
    """Return a snapshot of a playing show without words."""
    fields: dict[str, Any] = {
        "id": number,
        "t": 0.0,
        "life": 0.0,
        "stamp_ns": time.monotonic_ns(),
        "origin_ns": 0,
        "playing": "playing",
        "scene": 0,
        "scene_name": "sea",
        "regions": (),
        "values": {},
        "caption": "",
        "narration": "",
        "acks": {},
    }
    return Snapshot(**(fields | changes))


def plain(*colours: tuple[int, int, int]) -> frames.Pictures:
    """Return pictures (N, 48, 32, 3) of one colour each; by default red, green and blue."""
    pictures = np.empty((3, PICTURE[1], PICTURE[0], 3), np.uint8)
    pictures[:] = np.array(colours or COLOURS, np.uint8)[:, None, None]
    return pictures


def wing(wall: NDArray[np.uint8], number: int) -> NDArray[np.uint8]:
    """Return the inner part of one wing of a wall (h, w, 3)."""
    height, width = wall.shape[:2]
    corners = np.array(WINGS[number][1])
    left, right = corners[:, 0].min() + 0.03, corners[:, 0].max() - 0.03
    return wall[int(height * 0.2) : int(height * 0.8), int(width * left) : int(width * right)]


def film_frames(path: Path) -> list[NDArray[np.uint8]]:
    """Return all frames of a film, (h, w, 3) uint8."""
    with av.open(str(path)) as film:
        return [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]


class Rig:
    """A projector in a process of its own, with the test in the places of render, control, remote and supervisor."""

    def __init__(self, stack: ExitStack, show: Show, reel: bool = False, **wiring: Any) -> None:
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="oriel-")))
        key = f"oriel-test-{secrets.token_hex(4)}"
        self.wires = Wires(
            run_dir=str(self.folder),
            state_dir=str(self.folder / "state"),
            show_path="",
            show_json=show.model_dump_json(),
            pictures=f"{key}-p",
            glass=f"{key}-g",
            pulse=f"{key}-b",
            processes=("projector",),
            reel=f"{key}-r" if reel else "",
            **wiring,
        )
        self.board = PulseBoard(self.wires.pulse, create=True)
        stack.callback(self.board.unlink)
        stack.callback(self.board.close)
        pictures = frames.create(self.wires.pictures, plain().nbytes)
        glass = frames.create(self.wires.glass, GLASS_BYTES)
        recorded = [frames.create(self.wires.reel, plain().nbytes)] if reel else []
        for segment in (pictures, glass, *recorded):
            stack.callback(segment.unlink)
            stack.callback(segment.close)
        self.pictures = frames.FrameWriter(pictures)
        self.glass = frames.FrameReader(glass)
        self._snapshots = Publisher(self.wires.run, SNAPSHOT)
        self._remote = Publisher(self.wires.run, status_topic("remote"))
        self._status = Subscriber(self.wires.run, status_topic("projector"), Status)
        for socket in (self._snapshots, self._remote, self._status):
            stack.callback(socket.close)
        self.status: Status | None = None
        self.snapshot = make_snapshot()
        self.words: dict[str, str] = {}
        self.process: BaseProcess = self._spawn()
        stack.callback(self.stop)

    def _spawn(self) -> BaseProcess:
        context = multiprocessing.get_context("spawn")
        arguments = ("projector", "mapping.projector", msgspec.json.encode(self.wires))
        process = context.Process(target=child_main, args=arguments)
        process.start()
        return process

    def restart(self) -> None:
        """Kill the projector as a crash would, and start it again."""
        self.process.kill()
        self.process.join()
        self.process = self._spawn()

    def stop(self) -> int | None:
        """Ask the projector to end; return its exit code."""
        if self.process.exitcode is None:
            self.process.terminate()
            self.process.join(15)
        if self.process.exitcode is None:
            self.process.kill()
            self.process.join()
        return self.process.exitcode

    def paint(self, pictures: frames.Pictures, **stamps: int) -> int:
        """Publish pictures as the painter does."""
        return self.pictures.publish(pictures, frames.Stamps(**({"done_ns": time.monotonic_ns()} | stamps)))

    def until(self, done: Callable[[], object], what: str, seconds: float = 15.0) -> None:
        """Keep control's and the remote's states flowing until `done()`."""
        deadline = time.monotonic() + seconds
        while not done():
            assert self.process.exitcode is None, f"the projector ended with {self.process.exitcode}"
            assert time.monotonic() < deadline, f"{what}: not within {seconds} s; status: {self.status}"
            self._snapshots.send(self.snapshot)
            self._remote.send(Status("remote", "green", "", 0, words=self.words))
            self.status = self._status.newest(0.02) or self.status

    def wall(self) -> NDArray[np.uint8] | None:
        """Return the newest strip of what the wall shows, (h, w, 3)."""
        frame = self.glass.newest()
        return None if frame is None else frame.pictures[0]

    def near(self, number: int, colour: tuple[int, int, int], tolerance: float = 4.0) -> bool:
        """Say whether a wing shows one colour."""
        wall = self.wall()
        if wall is None:
            return False
        return bool(np.abs(wing(wall, number).astype(float) - colour).max() <= tolerance)


@contextmanager
def projecting(show: Show, *, reel: bool = False, **wiring: Any) -> Iterator[Rig]:
    """Run a projector for a show, with a bus for recorded pictures if it is to have one."""
    with ExitStack() as stack:
        yield Rig(stack, show, reel, **wiring)
