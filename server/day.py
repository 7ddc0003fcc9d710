"""A day that was recorded, as the snapshots of a film: what stood on the wall at the instant of each frame."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from show.errors import OrielError
from show.replay import Replay
from show.snapshot import Snapshot
from show.wires import Wires


class Day:
    """Plays the log that the wires name, forwards; frames may be left out, but not come again.

    Parameters that the artist has and that day's did not stand at their defaults.
    """

    def __init__(self, wires: Wires) -> None:
        self._from = wires.replay_from
        self._fps = wires.fps
        self._steps = Replay(Path(wires.replay)).play(begin=self._from)
        self._defaults = wires.parameters().defaults()
        self._newest: Snapshot | None = None
        self._next = next(self._steps, None)

    def snapshot(self, frame: int) -> Snapshot:
        """Return the snapshot of a frame (from 0): the last one before its instant, or the first of all.

        Its id is one more than the frame, whatever it was on that day. Raise OrielError for a log without a step.
        """
        at = self._from + frame / self._fps
        while self._next is not None and (self._newest is None or self._next.at <= at):
            self._newest = self._next.snapshot or self._newest
            self._next = next(self._steps, None)
        if self._newest is None:
            raise OrielError("replay: no step of this log gave a picture; there is nothing to film")
        return replace(self._newest, id=frame + 1, values={**self._defaults, **self._newest.values})
