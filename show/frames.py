"""The frame bus: pictures in shared memory, one writer, many readers, newest wins.

How it works, step by step:

1. The supervisor creates one segment (`create`): a head of HEAD bytes, then SLOTS slots of a slot head (HEAD bytes)
   and room for `capacity` bytes of pixels. All others attach to it by name; the supervisor alone unlinks it.
2. The segment's head holds the id of the newest whole frame. Ids start at 1 and only grow; frame `id` lies in slot
   `id % SLOTS`.
3. To publish, the writer makes the slot's sequence number odd, writes the slot's head and the pixels, makes the
   sequence number even again, and only then stores the new id in the segment's head. It never writes into the slot
   that holds the newest frame, so a reader that just looked up the newest id has SLOTS - 1 frames of time to copy.
4. A reader reads the newest id, notes the slot's sequence number, copies, and looks at the number again. Odd or
   changed means that the writer came past: it tries again with the newer frame.
5. A writer that was killed in step 3 leaves an odd number in a slot that no id points to yet. The next writer goes on
   from the id in the segment's head, so that readers see ids grow across a restart and nothing else.

x86 and the interpreter's own locking keep the stores in the order of step 3. Times are `time.monotonic_ns()`, which all
processes of one machine share.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from multiprocessing.shared_memory import SharedMemory
from typing import Final

import numpy as np
from numpy.typing import NDArray

from show.errors import WireError

Pictures = NDArray[np.uint8]

SLOTS: Final = 4
HEAD: Final = 128
_MAGIC: Final = 0x4F7269656C303031  # "Oriel001"
_GLOBAL = struct.Struct("<QQQ")  # magic, capacity in bytes, newest id
_SLOT = struct.Struct("<QQIIIIQQQQQQQ")
_NEWEST: Final = 16
_TRIES: Final = 64


@dataclass(frozen=True)
class Stamps:
    """Where a frame came from and when: all times in monotonic nanoseconds, 0 where there is none.

    `snapshot_id` and `snapshot_ns` name the snapshot it was painted from, `origin_ns` the outside message behind that,
    `begun_ns` the beginning of the painting, `forward_ns` the nanoseconds spent inside the networks' forward passes,
    `done_ns` the instant of publishing. `entry` is that of the snapshot: which entering of a scene it was painted in.
    """

    snapshot_id: int = 0
    snapshot_ns: int = 0
    origin_ns: int = 0
    begun_ns: int = 0
    forward_ns: int = 0
    done_ns: int = 0
    entry: int = 0


@dataclass(frozen=True)
class Frame:
    """One whole frame: `id` from 1, `pictures` (N, H, W, 3) uint8 sRGB (a private copy), and its stamps."""

    id: int
    pictures: Pictures
    stamps: Stamps


def create(name: str, capacity: int) -> SharedMemory:
    """Make the segment `name` with room for frames of `capacity` bytes; raise WireError if it exists already."""
    size = HEAD + SLOTS * (HEAD + capacity)
    try:
        segment = SharedMemory(name=name, create=True, size=size)
    except FileExistsError:
        raise WireError(f"frame bus {name}: the segment exists already; is another show running?") from None
    _GLOBAL.pack_into(_view(segment), 0, _MAGIC, capacity, 0)
    return segment


def attach(name: str) -> SharedMemory:
    """Attach to the segment `name`; raise WireError if it is missing or not a frame bus."""
    try:
        segment = SharedMemory(name=name)
    except FileNotFoundError:
        raise WireError(f"frame bus {name}: no such segment; the supervisor makes it before its children") from None
    if _GLOBAL.unpack_from(_view(segment), 0)[0] != _MAGIC:
        segment.close()
        raise WireError(f"frame bus {name}: the segment is not a frame bus of this version")
    return segment


class FrameWriter:
    """The one writer of a frame bus."""

    def __init__(self, segment: SharedMemory) -> None:
        self._segment = segment
        self._memory = _view(segment)
        self.capacity: int = _GLOBAL.unpack_from(self._memory, 0)[1]

    def publish(self, pictures: Pictures, stamps: Stamps) -> int:
        """Publish pictures (N, H, W, 3) uint8 and return the frame's id; raise WireError if they do not fit."""
        if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[3] != 3:
            raise WireError(f"frame bus: expected (N, H, W, 3) uint8, got {pictures.shape} {pictures.dtype}")
        if pictures.nbytes > self.capacity:
            raise WireError(f"frame bus: {pictures.nbytes} bytes do not fit into {self.capacity}")
        number = self.newest + 1
        at = _slot_offset(number, self.capacity)
        sequence = int.from_bytes(self._memory[at : at + 8], "little") | 1
        self._memory[at : at + 8] = sequence.to_bytes(8, "little")
        n, h, w, _ = pictures.shape
        s = stamps
        times = (s.snapshot_id, s.snapshot_ns, s.origin_ns, s.begun_ns, s.forward_ns, s.done_ns, s.entry)
        _SLOT.pack_into(self._memory, at, sequence, number, n, h, w, 0, *times)
        target = np.ndarray(pictures.shape, np.uint8, self._memory, at + HEAD)
        np.copyto(target, pictures)
        self._memory[at : at + 8] = (sequence + 1).to_bytes(8, "little")
        self._memory[_NEWEST : _NEWEST + 8] = number.to_bytes(8, "little")
        return number

    @property
    def newest(self) -> int:
        """Id of the newest published frame, 0 before the first."""
        return int.from_bytes(self._memory[_NEWEST : _NEWEST + 8], "little")

    def close(self) -> None:
        """Let go of the segment (the supervisor removes it)."""
        self._memory.release()
        self._segment.close()


class FrameReader:
    """One of many readers of a frame bus; holds no lock and never delays the writer."""

    def __init__(self, segment: SharedMemory) -> None:
        self._segment = segment
        self._memory = _view(segment)
        self._capacity: int = _GLOBAL.unpack_from(self._memory, 0)[1]

    @property
    def newest_id(self) -> int:
        """Id of the newest published frame, 0 before the first."""
        return int.from_bytes(self._memory[_NEWEST : _NEWEST + 8], "little")

    def newest(self, after: int = 0) -> Frame | None:
        """Return the newest frame if its id is greater than `after`, else None; raise WireError if it never settles."""
        for _ in range(_TRIES):
            number = self.newest_id
            if number <= after:
                return None
            frame = self._read(number)
            if frame is not None:
                return frame
        raise WireError("frame bus: the writer overtook this reader 64 times in a row")

    def _read(self, number: int) -> Frame | None:
        at = _slot_offset(number, self._capacity)
        sequence, found, n, h, w, _, *times = _SLOT.unpack_from(self._memory, at)
        if sequence & 1 or found != number:
            return None
        pictures = np.ndarray((n, h, w, 3), np.uint8, self._memory, at + HEAD).copy()
        if int.from_bytes(self._memory[at : at + 8], "little") != sequence:
            return None
        return Frame(number, pictures, Stamps(*times))

    def close(self) -> None:
        """Let go of the segment."""
        self._memory.release()
        self._segment.close()


def _slot_offset(number: int, capacity: int) -> int:
    return HEAD + (number % SLOTS) * (HEAD + capacity)


def _view(segment: SharedMemory) -> memoryview:
    memory = segment.buf
    if memory is None:
        raise WireError(f"frame bus {segment.name}: the segment is closed")
    return memory
