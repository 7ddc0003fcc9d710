"""The pulse: progress counters and switches of all processes in one small shared-memory segment.

Row `i` belongs to process `i` of the table: its progress counter (grows with every useful turn of its loop) and the
monotonic instant of its last turn. The supervisor judges by these, not by liveness: a process that is alive but stuck
shows a counter that stands still.

The last row holds the switches that must work with everything else dead: `blackout` is stored by whoever is asked (the
phone page, OSC) and read by the projector before every frame.
"""

from __future__ import annotations

import os
import signal
import time
from multiprocessing.shared_memory import SharedMemory
from types import FrameType
from typing import Final

import numpy as np

from show.errors import WireError

ROWS: Final = 16
_COLUMNS: Final = 4
_SWITCHES: Final = ROWS - 1


class PulseBoard:
    """The whole segment, as the supervisor sees it: `counters` and `instants` (int64, nanoseconds) per row."""

    def __init__(self, name: str, *, create: bool = False) -> None:
        self.name = name
        try:
            self._segment = SharedMemory(name=name, create=create, size=ROWS * _COLUMNS * 8)
        except FileExistsError:
            raise WireError(f"pulse {name}: the segment exists already; is another show running?") from None
        except FileNotFoundError:
            raise WireError(f"pulse {name}: no such segment; the supervisor makes it before its children") from None
        self._table = np.ndarray((ROWS, _COLUMNS), np.int64, self._segment.buf)
        if create:
            self._table[:] = 0

    def read(self, row: int) -> tuple[int, int]:
        """Return (progress counter, monotonic ns of the last turn) of a row; (0, 0) before its first turn."""
        return int(self._table[row, 0]), int(self._table[row, 1])

    def clear(self, row: int) -> None:
        """Forget a row's turns, before its process is started again."""
        self._table[row, :2] = 0

    def beat(self, row: int, now_ns: int) -> None:
        """Note one useful turn of a loop."""
        self._table[row, 0] += 1
        self._table[row, 1] = now_ns

    @property
    def blackout(self) -> bool:
        """The blackout switch: True makes the projector show black at once."""
        return bool(self._table[_SWITCHES, 0])

    @blackout.setter
    def blackout(self, on: bool) -> None:
        self._table[_SWITCHES, 0] = int(on)

    def close(self) -> None:
        """Let go of the segment."""
        del self._table
        self._segment.close()

    def unlink(self) -> None:
        """Remove the segment; only the supervisor does this."""
        self._segment.unlink()


class Pulse:
    """One process's own row: beat in every turn of the loop, end the loop when `stopping`."""

    def __init__(self, name: str, row: int) -> None:
        self.board = PulseBoard(name)
        self._row = row
        self._parent = os.getppid()
        self._stop = False
        # Ctrl-C in a terminal, and its end, reach the whole group; the supervisor decides who stops when, by SIGTERM.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, self._ask_to_stop)

    def beat(self) -> None:
        """Note one useful turn of this process's loop."""
        self.board.beat(self._row, time.monotonic_ns())

    @property
    def stopping(self) -> bool:
        """True once the supervisor asked this process to end, or the supervisor itself is gone."""
        return self._stop or os.getppid() != self._parent

    def _ask_to_stop(self, _signal: int, _frame: FrameType | None) -> None:
        self._stop = True

    def close(self) -> None:
        """Let go of the segment."""
        self.board.close()
