"""The checkpoint: all memory of control in one file, so that a killed control goes on at the same place.

1. Control steps the engine, writes the checkpoint, and only then publishes the snapshot with its acknowledgements.
2. Killed before the file was written, the events of that step were not acknowledged: their senders send them again, and
   the older checkpoint does not know them. Killed after it, the file knows that they are handled. Either way each event
   is handled once.
3. The file is written beside its place and renamed: a reader finds the old one or the new one, never half of one.
4. The texts of live edits are long and seldom new: they have a file of their own, written before the checkpoint that
   first names one. It keeps those of the write before as well, for the checkpoint that may come back instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from show.engine import EngineState
from show.snapshot import Snapshot

NAME: Final = "control.state"
TEXTS: Final = "control.editions"


class Checkpoint(msgspec.Struct):
    """What control remembers: the engine's memory, the numbers of handled events, and the monotonic instant.

    In lockstep `frame` is the number of the film frame and `snapshot` what was published for it.
    """

    state: EngineState
    acks: dict[str, int]
    stamp_ns: int
    frame: int = 0
    snapshot: Snapshot | None = None


def write(run_dir: Path, checkpoint: Checkpoint) -> None:
    """Write the checkpoint of a run; raise OSError when the disk does not take it."""
    _replace(run_dir / NAME, msgspec.msgpack.encode(checkpoint))


def write_texts(run_dir: Path, texts: Mapping[int, str]) -> None:
    """Write the editions by number; raise OSError when the disk does not take them."""
    _replace(run_dir / TEXTS, msgspec.msgpack.encode(dict(texts)))


def read_texts(run_dir: Path) -> dict[int, str]:
    """Return the editions of a run by number; none where there are none that can be read."""
    try:
        return msgspec.msgpack.decode((run_dir / TEXTS).read_bytes(), type=dict[int, str])
    except (OSError, msgspec.MsgspecError):
        return {}


def read(run_dir: Path) -> Checkpoint | None:
    """Return the checkpoint of a run, or None where there is none that can be read."""
    try:
        return msgspec.msgpack.decode((run_dir / NAME).read_bytes(), type=Checkpoint)
    except (OSError, msgspec.MsgspecError):
        return None


def forget(run_dir: Path) -> None:
    """Remove the checkpoint, so that the next control begins the show anew."""
    (run_dir / NAME).unlink(missing_ok=True)
    (run_dir / TEXTS).unlink(missing_ok=True)


def _replace(path: Path, data: bytes) -> None:
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_bytes(data)
    fresh.replace(path)
