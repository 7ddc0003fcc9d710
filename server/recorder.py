"""The recorder: writes the tape of the show control into a log on the disk, and never holds up a step.

1. Entries go into a queue that is read by a thread; what finds it full is refused, and the tape begins anew behind the
   gap. Every block is handed to the system at once, so that a SIGKILL loses less than a second (see show/tape.py).
2. A run has one log. Its segments are closed at SEGMENT_BYTES, and a control that comes back opens another.
3. The folder never holds more than `most` bytes of logs: the oldest files go first, whichever run they are of. Nor is
   anything written when less than SPARE_BYTES are free on the disk.
4. An error of the disk ends the segment; it is said in words and tried again after RETRY_SECONDS.
"""

from __future__ import annotations

import functools
import queue
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

from show.engine import EngineState
from show.log import Tally
from show.recording import Header, Step, Writer
from show.replay import SUFFIX, versions
from show.snapshot import Snapshot
from show.tape import Item, Opening, Tape, encoded
from show.wires import Wires

SEGMENT_BYTES: Final = 16_000_000
MOST_BYTES: Final = 1_000_000_000
"""Logs that are kept: some twenty days of eight hours."""
SPARE_BYTES: Final = 200_000_000
RETRY_SECONDS: Final = 10.0
_WAITING: Final = 256
"""Entries that may wait for the disk: more than three minutes of blocks."""
_CLOSE_SECONDS: Final = 3.0


class Recorder:
    """A sink that writes the log at `path` and, as `path.1`, `path.2` and so on, its further segments.

    `header` makes the header of a segment from its number.
    """

    def __init__(
        self, path: Path, header: Callable[[int], Header], most: int = MOST_BYTES, segment: int = SEGMENT_BYTES
    ) -> None:
        self._path = path
        self._header = header
        self._most = most
        self._segment = segment
        self._items: queue.Queue[Item | None] = queue.Queue(_WAITING)
        self._writer = Writer()
        self._file: IO[bytes] | None = None
        self._written = 0
        self._retry = 0.0
        self._asked = self._begun = self._opened = 0
        self._disk = Tally("the log of this run")
        self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)
        self._thread.start()

    @property
    def full(self) -> bool:
        """Whether the segment is long enough."""
        return self._written >= self._segment

    @property
    def trouble(self) -> bool:
        """Whether nothing is being written, for a fault of the disk."""
        return self._disk.row > 0

    def put(self, item: Item) -> bool:
        """Take an entry, at once; False when it is lost."""
        opens = isinstance(item, Opening)
        # What follows an opening waits with it: refused, it would leave a gap behind a disk that is well again.
        waits = self._asked != self._opened
        if self.trouble and not waits and not (opens and time.monotonic() >= self._retry):
            return False
        if self._items.full():  # nobody else puts
            return False
        if opens:
            # Before the thread comes to it, or these would overwrite what it found. Until then, the segment must seem
            # neither full nor ready to be tried once more.
            self._written, self._retry = 0, time.monotonic() + RETRY_SECONDS
            self._asked += 1
        self._items.put_nowait(item)
        return True

    def close(self, reason: str) -> None:
        """Write what waits and the end; a disk that hangs is not waited for longer than a few seconds."""
        try:
            self._items.put(None, timeout=_CLOSE_SECONDS)
        except queue.Full:
            return
        self._thread.join(_CLOSE_SECONDS)
        if not self._thread.is_alive() and self._file is not None:
            self._write(self._writer.end(reason))
            self._shut()

    # The thread

    def _work(self) -> None:
        while (item := self._items.get()) is not None:
            if isinstance(item, Opening):
                self._begun += 1
                self._open()
            if self._file is not None:
                self._write(encoded(self._writer, item))

    def _open(self) -> None:
        """Begin the next segment, in the place of the oldest ones if there is no room."""
        self._shut()
        self._writer, self._written = Writer(), 0
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            number, path = self._next()
            make_room(self._path.parent, self._most - self._segment)
            if shutil.disk_usage(self._path.parent).free < SPARE_BYTES:
                raise OSError(f"less than {SPARE_BYTES // 1_000_000} MB are free on the disk")
            self._file = path.open("xb", buffering=0)
            self._write(self._writer.header(self._header(number)))
            if self._file is not None:
                self._disk.passed()
                self._opened = self._begun
        except OSError as error:
            self._fail(error)

    def _next(self) -> tuple[int, Path]:
        taken = [_number(path, self._path) for path in self._path.parent.glob(f"{self._path.name}*")]
        number = max(taken, default=-1) + 1
        return number, self._path if number == 0 else self._path.with_name(f"{self._path.name}.{number}")

    def _write(self, data: bytes) -> None:
        assert self._file is not None
        try:
            left = memoryview(data)
            while left:
                left = left[self._file.write(left) :]
            self._written += len(data)
        except OSError as error:
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        # Before it is said, which takes its time: meanwhile another opening may be put.
        self._retry, self._opened = time.monotonic() + RETRY_SECONDS, self._begun
        self._disk.failed(error)
        self._shut()

    def _shut(self) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            try:
                file.close()
            except OSError as error:
                self._disk.failed(error)


class Log:
    """The tape of a run and where it goes; used by one loop."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._tape = Tape(recorder)
        self.begin = self._tape.begin
        self.add = self._tape.add

    @property
    def trouble(self) -> bool:
        """Whether nothing is being written, for a fault of the disk."""
        return self._recorder.trouble

    def close(self, reason: str) -> None:
        """Write what was collected, and the end."""
        self._tape.flush()
        self._recorder.close(reason)


class NoLog:
    """Stands in for a Log where a run keeps none."""

    trouble = False

    def begin(self, state: EngineState, texts: Mapping[int, str], stamp_ns: int) -> EngineState:
        """Return the memory as it is."""
        del texts, stamp_ns
        return state

    def add(self, step: Step, snapshot: Snapshot | None) -> None:
        """Keep nothing."""

    def close(self, reason: str) -> None:
        """Write nothing."""


def open_log(wires: Wires) -> Log | NoLog:
    """Return the log that a run keeps."""
    return Log(Recorder(Path(wires.log), functools.partial(header_of, wires))) if wires.log else NoLog()


def header_of(wires: Wires, segment: int) -> Header:
    """Return the header of a segment of this run's log, made now."""
    show = wires.show()
    path = Path(wires.show_path)
    return Header(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        versions=versions(),
        show_path=str(path.resolve()),
        show_text=path.read_text(encoding="utf-8") if path.is_file() else "",
        show_json=wires.show_json,
        artist_parameters=wires.artist_parameters,
        seeds={region.name: region.seed for region in show.region},
        segment=segment,
    )


def make_room(folder: Path, most: int) -> None:
    """Remove the oldest logs of a folder until those that stay hold `most` bytes at the most; raise OSError."""
    held = [(path.stat().st_mtime_ns, path.stat().st_size, path) for path in folder.iterdir() if is_log(path)]
    total = sum(size for _, size, _ in held)
    for _, size, path in sorted(held):
        if total <= most:
            return
        path.unlink(missing_ok=True)
        total -= size


def is_log(path: Path) -> bool:
    """Say whether a file is a segment of a log, by its name."""
    stem, dot, number = path.name.rpartition(".")
    return path.name.endswith(SUFFIX) or (bool(dot) and number.isdigit() and stem.endswith(SUFFIX))


def _number(path: Path, first: Path) -> int:
    rest = path.name.removeprefix(first.name)
    if rest == "":
        return 0
    return int(rest[1:]) if rest[:1] == "." and rest[1:].isdigit() else -1
