"""What the supervisor tells every child: the show, where the wires are, and how this run goes."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from show.config import Show
from show.parameter import Parameter, ParameterTree
from show.parameters import CORE

SNAPSHOT: Final = "snapshot"
"""Topic of Snapshot, published by control."""
EVENTS: Final = "events"
"""Queue of Event, taken by control."""
QUESTION: Final = "question"
"""Topic of Question, published by the phone page's process for the critic."""
FINDINGS: Final = "findings"
"""Topic of Findings, published by the critic."""
CRITIC: Final = "critic"
"""The critic's name as a process and as a source of channels."""


WANTS_REEL: Final = "wants_reel"
"""Number in the projector's status: above 0 while it wants recorded pictures."""


def touches_topic(source: str) -> str:
    """Topic of Touches, published by a source of live values ("osc", "remote")."""
    return f"touches-{source}"


def channels_topic(source: str) -> str:
    """Topic of Channels, published by an input ("audio", "synthetic")."""
    return f"channels-{source}"


def score_channel(region: str = "") -> str:
    """Channel of how well the picture of a region fits its words (cosine, -1..1); without a region, their mean."""
    return f"{CRITIC}/score/{region}" if region else f"{CRITIC}/score"


def status_topic(process: str) -> str:
    """Topic of Status, published by every process under its own name."""
    return f"status-{process}"


class Wires(msgspec.Struct, frozen=True):
    """Handed to every child at its start, as JSON.

    `pictures` is the frame bus from render to the projector, `glass` the one from the projector to the phone page (a
    strip of what the wall shows), `reel` the one from the reel to the projector ("": none), `pulse` the segment of
    progress counters. `show_json` is the checked show file. `artist_parameters` is what the artist announced. In
    lockstep the clock advances one frame of `1 / fps` seconds when the projector has taken the last one, for `frames`
    frames. `record` is a film of what the wall shows, `marks` a file to which the projector appends one Mark per
    drawn frame (for benchmarks). `log` is where control keeps the log of this run ("": nowhere); `replay` is the log
    whose snapshots are filmed, from second `replay_from` of it, in place of the show's own. `artist` is who paints in
    place of the show file's ("": its own), `follow` the place at which a changed show file lands while the show plays
    ("": it does not; see show/editions.py).
    """

    run_dir: str
    state_dir: str
    show_path: str
    show_json: str
    pictures: str
    glass: str
    pulse: str
    processes: tuple[str, ...]
    reel: str = ""
    artist_parameters: tuple[Parameter, ...] = ()
    headless: bool = False
    record: str = ""
    marks: str = ""
    log: str = ""
    artist: str = ""
    follow: str = ""
    replay: str = ""
    replay_from: float = 0.0
    lockstep: bool = False
    fps: float = 30.0
    frames: int = 0
    lan: bool = False

    @property
    def run(self) -> Path:
        """Directory of the sockets."""
        return Path(self.run_dir)

    @property
    def state(self) -> Path:
        """Directory of what outlives a run (sessions, logs, checkpoints)."""
        return Path(self.state_dir)

    def show(self) -> Show:
        """Return the checked show."""
        return Show.model_validate_json(self.show_json)

    def parameters(self) -> ParameterTree:
        """Return all parameters: those of every show and those the artist announced."""
        return ParameterTree((*CORE, *self.artist_parameters))

    def row(self, process: str) -> int:
        """Return the row of a process in the pulse segment."""
        return self.processes.index(process)


class Mark(NamedTuple):
    """One drawn frame, as benchmarks read it: `frame` is the picture's id, times are monotonic nanoseconds."""

    drawn_ns: int
    frame: int
    snapshot_ns: int
    origin_ns: int
    begun_ns: int
    forward_ns: int
    done_ns: int


MARK: Final = struct.Struct("<7Q")
"""Layout of a Mark in the file."""
INSTANT: Final = struct.Struct("<Q")
"""Layout of an instant (monotonic nanoseconds) in a benchmark's file of them."""
