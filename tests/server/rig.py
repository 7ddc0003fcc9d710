"""A rig for control and the inputs: real wires, real segments, real children; the test is the rest of the house."""

from __future__ import annotations

import multiprocessing
import os
import secrets
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from show import frames
from show.bus import Subscriber
from show.child import main as child_main
from show.config import Show
from show.parameter import Parameter
from show.pulse import PulseBoard
from show.snapshot import Snapshot, Status
from show.wires import SNAPSHOT, Wires, status_topic

T = TypeVar("T")
SECONDS: Final = 15.0
SCENES: Final = ("winter light", "black water", "thaw")
ARTIST: Final = (
    Parameter("artist/strength", "float", 0.6, "How much is painted anew", 0.0, 1.0),
    Parameter("artist/steps", "int", 2, "Steps", 1, 4),
    Parameter("artist/mode", "choice", "soft", "Mode", choices=("soft", "hard")),
    Parameter("artist/size", "int", 64, "Size", 16, 512, live=False),
)


def a_show(inputs: dict[str, dict[str, Any]], *, autostart: bool = True, **more: Any) -> Show:
    """Return a small show of three long scenes with the given inputs and their options."""
    return Show.model_validate(
        {
            "show": {"title": "Rig", "autostart": autostart, "loop": False},
            "artist": {"module": "testcard", "width": 64, "height": 64, "rate": 12},
            "region": [{"name": "left", "seed": 1}],
            "scene": [{"name": name, "seconds": 600, "fade": 0, "words": [{"text": name}]} for name in SCENES],
            "input": [{"module": module, "options": options} for module, options in inputs.items()],
            "surface": [{"region": "left", "corners": [[0, 0], [1, 0], [1, 1], [0, 1]]}],
            **more,
        }
    )


def free_udp_port() -> int:
    """Return a UDP port of loopback that nobody holds just now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(done: Callable[[], T | None], what: str, seconds: float = SECONDS) -> T:
    """Return the first true value of `done()`; fail naming `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (value := done()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.005)
    return value


class Rig:
    """Wires, pulse and glass of one run, and the children that a test starts in it."""

    def __init__(
        self, stack: ExitStack, folder: Path, show: Show, *, fps: float = 0.0, film: int = 0, painter: bool = False
    ) -> None:
        key = f"oriel-rig-{os.getpid()}-{secrets.token_hex(3)}"
        (folder / "run").mkdir()
        self.wires = Wires(
            run_dir=str(folder / "run"),
            state_dir=str(folder / "state"),
            show_path="show.toml",
            show_json=show.model_dump_json(),
            pictures=f"{key}-pictures",
            glass=f"{key}-glass",
            pulse=f"{key}-pulse",
            processes=(
                "projector",
                *(["render"] if painter else []),
                "control",
                "narration",
                *(part.module for part in show.input),
                "remote",
            ),
            artist_parameters=ARTIST,
            lockstep=film > 0,
            fps=fps or 30.0,
            frames=film,
        )
        self._stack = stack
        self.board = PulseBoard(self.wires.pulse, create=True)
        stack.callback(self.board.unlink)
        stack.callback(self.board.close)
        self.glass = frames.create(self.wires.glass, 64 * 64 * 3)
        stack.callback(self.glass.unlink)
        self._snapshots = self.subscriber(SNAPSHOT, Snapshot)
        self._seen: Snapshot | None = None

    def subscriber(self, topic: str, kind: type[T]) -> Subscriber[T]:
        """Return a subscriber that is closed at the end of the test."""
        subscriber = Subscriber(self.wires.run, topic, kind)
        self._stack.callback(subscriber.close)
        return subscriber

    def status_of(self, process: str, said: str) -> Status:
        """Wait for a status of a process whose sentence holds `said`."""
        subscriber = self.subscriber(status_topic(process), Status)

        def heard() -> Status | None:
            status = subscriber.newest(0.05)
            return status if status is not None and said in status.sentence else None

        return until(heard, f"{process} says {said!r}")

    def spawn(self, name: str, module: str) -> BaseProcess:
        """Start a process as the supervisor does; it is killed at the end of the test if it still runs."""
        arguments = (name, module, msgspec.json.encode(self.wires))
        process = multiprocessing.get_context("spawn").Process(target=child_main, args=arguments)
        process.start()
        self._stack.callback(_end, process)
        return process

    def snapshot(self, wanted: Callable[[Snapshot], object] = lambda _: True, what: str = "a snapshot") -> Snapshot:
        """Wait for a snapshot that is as wanted."""

        def heard() -> Snapshot | None:
            found = self._snapshots.newest(0.05)
            self._seen = found or self._seen
            return found if found is not None and wanted(found) else None

        return until(heard, what)

    def last_snapshot(self) -> Snapshot:
        """Return the last snapshot that was published, by a control that is not there any more."""
        last = self._snapshots.newest(0.1) or self._seen
        assert last is not None
        return last

    def log_of(self, process: str) -> str:
        """Return what a process has written into its log file."""
        path = self.wires.state / "log" / f"{process}.log"
        return path.read_text(encoding="utf-8") if path.exists() else ""


def _end(process: BaseProcess) -> None:
    process.kill()
    process.join()
    process.close()


@contextmanager
def a_rig(show: Show, *, fps: float = 0.0, film: int = 0, painter: bool = False) -> Iterator[Rig]:
    """Open a rig; everything in it is ended and removed at the end.

    `film` is a number of frames in lockstep. A show with a `painter` waits for it before it starts by itself.
    """
    with ExitStack() as stack:
        # Not pytest's own folder: its path is too long for a Unix socket.
        folder = Path(tempfile.mkdtemp(prefix="oriel-"))
        stack.callback(shutil.rmtree, folder)
        yield Rig(stack, folder, show, fps=fps, film=film, painter=painter)
