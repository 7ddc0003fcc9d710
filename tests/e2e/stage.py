"""A whole Oriel for end-to-end tests: every process real, ports of its own, nothing left behind."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np

from show import announce, check
from show.bus import Subscriber
from show.frames import Pictures
from show.house import House, Plan, open_house
from show.snapshot import Snapshot
from show.wires import SNAPSHOT

ROOT: Final = Path(__file__).resolve().parents[2]

SHOW: Final = """
[show]
title = "End to end"
autostart = {autostart}

[artist]
module = "{artist}"
width = 64
height = 96
rate = 15

[parameters]
"wall/captions" = false

[[region]]
name = "left"
seed = 11
[[region]]
name = "centre"
seed = 22
[[region]]
name = "right"
seed = 33

[[scene]]
name = "red"
seconds = 600
fade = 0
words = [{{ text = "red fire" }}]
[[scene]]
name = "blue"
seconds = 600
fade = 0
words = [{{ text = "blue sea" }}]

[[input]]
module = "osc"
options = {{ port = {osc_port}, reply_port = {reply_port} }}
{inputs}

[[output]]
name = "wall"
module = "offscreen"
width = 480
height = 240

[[surface]]
region = "left"
corners = [[0.02, 0.05], [0.32, 0.02], [0.32, 0.98], [0.02, 0.95]]
[[surface]]
region = "centre"
corners = [[0.35, 0.02], [0.65, 0.02], [0.65, 0.98], [0.35, 0.98]]
[[surface]]
region = "right"
corners = [[0.68, 0.02], [0.98, 0.05], [0.98, 0.95], [0.68, 0.98]]

[remote]
port = {http_port}
"""


def free_port(kind: socket.SocketKind) -> int:
    """Return a port of loopback that nobody holds just now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def write_show(folder: Path, *, artist: str = "testcard", autostart: bool = True, inputs: str = "") -> Path:
    """Write the test show with ports of its own and return its path."""
    path = folder / "show.toml"
    path.write_text(
        SHOW.format(
            artist=artist,
            autostart=str(autostart).lower(),
            inputs=inputs,
            osc_port=free_port(socket.SOCK_DGRAM),
            reply_port=free_port(socket.SOCK_DGRAM),
            http_port=free_port(socket.SOCK_STREAM),
        )
    )
    return path


class Stage:
    """An open house with eyes on its wall; `until` turns the supervisor while it waits."""

    def __init__(self, house: House, plan: Plan) -> None:
        self.house = house
        self.show = plan.show
        self._snapshots = Subscriber(house.wires.run, SNAPSHOT, Snapshot)
        self.snapshot: Snapshot | None = None

    def close(self) -> None:
        """Close the eyes."""
        self._snapshots.close()

    def until(self, done: Callable[[], object], what: str, seconds: float = 60.0) -> None:
        """Keep the supervisor turning until `done()`; fail naming `what` after `seconds`."""
        deadline = time.monotonic() + seconds
        while not done():
            self.house.supervisor.tick(time.monotonic())
            assert self.house.supervisor.exit_code is None, f"the show ended with {self.house.supervisor.exit_code}"
            assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
            newest = self._snapshots.newest(0.02)
            self.snapshot = newest or self.snapshot

    def wall(self) -> Pictures | None:
        """Return the newest strip of what the wall shows, (h, w, 3) uint8, or None before the first."""
        frame = self.house.glass.newest()
        return None if frame is None else frame.pictures[0]

    def wing(self, number: int) -> Pictures:
        """Return the inner part of one wing (0, 1, 2) as the wall shows it now."""
        wall = self.wall()
        assert wall is not None
        height, width, _ = wall.shape
        left = int(width * (0.05 + 0.33 * number))
        return wall[int(height * 0.15) : int(height * 0.85), left : left + int(width * 0.24)]

    def playing(self) -> bool:
        """Say whether pictures have reached the wall."""
        wall = self.wall()
        return self.house.pictures.newest_id > 3 and wall is not None and float(wall.mean()) > 10

    def option(self, module: str, key: str) -> int:
        """Return a number from the options of an input of this show."""
        return next(int(part.options[key]) for part in self.show.input if part.module == module)


@contextmanager
def on_stage(path: Path, state: Path, *, record: Path | None = None, headless: bool = True) -> Iterator[Stage]:
    """Open the show at `path` with all its real processes."""
    opened = check.open_show(path, announce.ask)
    plan = Plan(path, opened.show, opened.artist_parameters, headless=headless, state_dir=state, record=record)
    with open_house(plan) as house:
        stage = Stage(house, plan)
        try:
            yield stage
        finally:
            stage.close()


def oriel(*arguments: str | Path, seconds: float = 110.0) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does and return what it said."""
    command = [sys.executable, "-m", "show", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=seconds, cwd=ROOT, check=False)


def distance(one: Pictures, other: Pictures) -> float:
    """Return the mean absolute difference of two pictures, 0..255."""
    return float(np.abs(one.astype(np.int16) - other.astype(np.int16)).mean())
