"""Recordings: everything that went into the engine, in a log that a replay reads back bit for bit.

A log is one or more segments (`day.oriellog`, `day.oriellog.1`, ...); each stands for itself:

1. A segment is MAGIC and then frames: length, CRC-32, kind, payload. A process that is killed leaves at most one frame
   half written at the end; a reader takes everything before it and says what was lost.
2. The first frame is the Header (the show file, the versions, the seeds), the second a Keyframe: the whole memory of
   the engine, and the shows that live edits brought. Keyframes follow every KEYFRAME_SECONDS; a seek starts there.
3. Between them lie blocks of BLOCK_STEPS steps. A block holds only what changed: channels and clocks as columns of
   numbers (columns.py), touches that are new, events as they came. The rule of the clock (`lived`) is not written, only
   where it does not hold.
4. Every block ends with the digest of all snapshots since the last keyframe: a replay that differs in one bit anywhere
   is found out, and a keyframe that only goes on must equal the memory of the replay.

Nothing here reads a clock or opens a file.
"""

from __future__ import annotations

import functools
import hashlib
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec
import numpy as np

from show.columns import ColumnError, pack_floats, pack_ints, unpack_floats, unpack_ints
from show.engine import EngineState
from show.errors import OrielError
from show.parameter import Parameter
from show.snapshot import Event, Snapshot, Touch

MAGIC: Final = b"oriel log 1\n"
BLOCK_STEPS: Final = 48
"""Steps per block: 0.8 s at 60 steps a second, so that a kill loses less than the last second."""
KEYFRAME_SECONDS: Final = 60.0
STRIDE_SECONDS: Final = 1.0
"""Engine time moves by at most this much per step: a stopped or killed control goes on where it was."""

_FRAME: Final = struct.Struct("<II")
_LONGEST: Final = 1 << 28
_PLAIN, _SQUEEZED = 0, 1


class RecordingError(OrielError):
    """A log cannot be read or written; the sentence says where and why."""


class Header(msgspec.Struct, frozen=True):
    """What a segment was recorded from.

    `created` is the wall clock (ISO 8601) and `versions` names what ran; `show_text` is the show file as its author
    wrote it, `show_json` the checked show. `segment` counts the files of one log from 0.
    """

    created: str
    versions: dict[str, str]
    show_path: str
    show_text: str
    show_json: str
    artist_parameters: tuple[Parameter, ...]
    seeds: dict[str, int]
    segment: int = 0


class Keyframe(msgspec.Struct, frozen=True):
    """The memory of the engine between two steps.

    `editions` are the shows by number that live edits brought (None: as before in this segment). `fresh` says that the
    show goes on from here whatever was before: the start, a control that came back, a gap on the disk.
    """

    state: EngineState
    stamp_ns: int
    fresh: bool
    editions: dict[int, str] | None = None


class Step(NamedTuple):
    """One call of `engine.step`: its arguments, the touches only as far as they are new."""

    life: float
    stamp_ns: int
    channels: Mapping[str, float]
    touches: Mapping[str, Touch]
    events: Sequence[Event]


class _Run(msgspec.Struct, array_like=True):
    """Steps in a row with the same channels: their names (None: those of the run before) and a column for each."""

    steps: int
    names: tuple[str, ...] | None
    columns: tuple[bytes, ...]


class _Block(msgspec.Struct, array_like=True):
    """Steps as they are written."""

    steps: int
    stamps: bytes
    lives: dict[int, float]
    runs: tuple[_Run, ...]
    touches: dict[int, dict[str, Touch]]
    events: dict[int, tuple[Event, ...]]
    digest: bytes


class Block(NamedTuple):
    """Steps in a row and the digest of the snapshots up to their end."""

    steps: list[Step]
    digest: bytes


class End(msgspec.Struct, frozen=True):
    """The log was closed on purpose; `reason` is a sentence."""

    reason: str


Entry = Header | Keyframe | Block | End
_KINDS: Final = (Header, Keyframe, _Block, End)


def instant(now_ns: int) -> int:
    """Return an instant as a log keeps it: in steps of 1024 ns, which cost it a byte less than those of one."""
    return now_ns & ~0x3FF


def lived(life: float, before_ns: int, stamp_ns: int) -> float:
    """Return the engine's time at a step, `life` being that of the step before; all by the monotonic clock."""
    return life + min((stamp_ns - before_ns) / 1e9, STRIDE_SECONDS)


class Digest:
    """A running hash of snapshots (BLAKE2b, 16 bytes)."""

    def __init__(self) -> None:
        self._hash = hashlib.blake2b(digest_size=16)
        self._encoder = msgspec.msgpack.Encoder()

    def add(self, snapshot: Snapshot | None) -> None:
        """Take in the snapshot of a step; None stands for a step that failed."""
        self._hash.update(b"failed" if snapshot is None else self._encoder.encode(snapshot))

    def value(self) -> bytes:
        """Return the hash of all so far."""
        return self._hash.digest()


class Writer:
    """Turns entries into the bytes of one segment."""

    def __init__(self) -> None:
        self._encoder = msgspec.msgpack.Encoder()
        self._names: tuple[str, ...] = ()
        self._life, self._stamp_ns = 0.0, 0

    def header(self, header: Header) -> bytes:
        """Return the beginning of a segment."""
        return MAGIC + self._frame(header)

    def keyframe(self, keyframe: Keyframe) -> bytes:
        """Return a keyframe; what follows does not refer to what came before it."""
        self._names = ()
        self._life, self._stamp_ns = keyframe.state.life, keyframe.stamp_ns
        return self._frame(keyframe)

    def block(self, steps: Sequence[Step], digest: bytes) -> bytes:
        """Return a block of steps."""
        lives: dict[int, float] = {}
        for number, step in enumerate(steps):
            if _differs(lived(self._life, self._stamp_ns, step.stamp_ns), step.life):
                lives[number] = step.life
            self._life, self._stamp_ns = step.life, step.stamp_ns
        return self._frame(
            _Block(
                steps=len(steps),
                stamps=pack_ints(np.array([step.stamp_ns for step in steps], np.int64)),
                lives=lives,
                runs=tuple(self._runs(steps)),
                touches={number: dict(step.touches) for number, step in enumerate(steps) if step.touches},
                events={number: tuple(step.events) for number, step in enumerate(steps) if step.events},
                digest=digest,
            )
        )

    def end(self, reason: str) -> bytes:
        """Return the end of a segment."""
        return self._frame(End(reason))

    def _runs(self, steps: Sequence[Step]) -> Iterator[_Run]:
        begin = 0
        while begin < len(steps):
            names = tuple(steps[begin].channels)
            end = begin + 1
            while end < len(steps) and tuple(steps[end].channels) == names:
                end += 1
            rows = np.array([list(step.channels.values()) for step in steps[begin:end]], np.float64)
            columns = tuple(pack_floats(np.ascontiguousarray(column)) for column in rows.T) if names else ()
            yield _Run(end - begin, None if names == self._names else names, columns)
            self._names, begin = names, end

    def _frame(self, entry: Header | Keyframe | _Block | End) -> bytes:
        plain = self._encoder.encode(entry)
        squeezed = zlib.compress(plain, 6)
        kind = _KINDS.index(type(entry))
        shorter = squeezed if len(squeezed) < len(plain) else plain
        payload = bytes([kind, _SQUEEZED if shorter is squeezed else _PLAIN]) + shorter
        return _FRAME.pack(len(payload), zlib.crc32(payload)) + payload


class Reader:
    """Reads the bytes of one segment to where they end or are torn; `torn` then says what is wrong, "" if nothing."""

    def __init__(self, data: bytes, name: str) -> None:
        if not data.startswith(MAGIC[: len(data)]):
            raise RecordingError(f"{name}: this is no log of Oriel")
        self._data = data
        self.name = name
        self._decoders = {kind: msgspec.msgpack.Decoder(kind) for kind in _KINDS}
        self._names: tuple[str, ...] = ()
        self._life, self._stamp_ns = 0.0, 0
        self.torn = ""

    def entries(self, start: int = len(MAGIC)) -> Iterator[Entry]:
        """Yield the entries in order, from the byte `start`: the first one's or that of a keyframe.

        Raise RecordingError when whole bytes do not hold what they should.
        """
        at = start
        while at < len(self._data):
            found = self._whole(at)
            if found is None:
                left = len(self._data) - at
                self.torn = f"{self.name}: the last {left} bytes are torn (from byte {at}) and were left out"
                return
            at, payload = found
            yield self._entry(payload, at)

    @functools.cached_property
    def keyframes(self) -> list[tuple[int, Keyframe]]:
        """All keyframes with the byte at which each begins; `entries` may start there."""
        found, at = [], len(MAGIC)
        while at < len(self._data) and (whole := self._whole(at)) is not None:
            begin, (at, payload) = at, whole
            if _KINDS[payload[0] : payload[0] + 1] == (Keyframe,):
                entry = self._entry(payload, at)
                assert isinstance(entry, Keyframe)
                found.append((begin, entry))
        return found

    def last_stamp_ns(self) -> int:
        """Return the instant of the last step; 0 for a segment without a keyframe."""
        if not self.keyframes:
            return 0
        at, keyframe = self.keyframes[-1]
        blocks = [entry for entry in self.entries(at) if isinstance(entry, Block)]
        return blocks[-1].steps[-1].stamp_ns if blocks else keyframe.stamp_ns

    def _whole(self, at: int) -> tuple[int, bytes] | None:
        """Return (where the next frame begins, payload) of the frame at `at`, None when it is not whole."""
        if at + _FRAME.size > len(self._data):
            return None
        length, crc = _FRAME.unpack_from(self._data, at)
        begin, end = at + _FRAME.size, at + _FRAME.size + length
        payload = self._data[begin:end]
        if not 2 <= length <= _LONGEST or len(payload) < length or zlib.crc32(payload) != crc:
            return None
        return end, payload

    def _entry(self, payload: bytes, at: int) -> Entry:
        try:
            plain = zlib.decompress(payload[2:]) if payload[1] == _SQUEEZED else payload[2:]
            entry = self._decoders[_KINDS[payload[0]]].decode(plain)
            if isinstance(entry, _Block):
                return self._block(entry)
        except (IndexError, zlib.error, msgspec.MsgspecError, ColumnError, ValueError) as error:
            raise RecordingError(
                f"{self.name}: the entry before byte {at} is whole and cannot be read ({error}); "
                "was it written by another version of Oriel?"
            ) from None
        if isinstance(entry, Keyframe):
            self._names = ()
            self._life, self._stamp_ns = entry.state.life, entry.stamp_ns
        assert isinstance(entry, Header | Keyframe | End)
        return entry

    def _block(self, block: _Block) -> Block:
        stamps = unpack_ints(block.stamps, block.steps).tolist()
        channels = [row for run in block.runs for row in self._rows(run)]
        if len(channels) != block.steps:
            raise ColumnError(f"{block.steps} steps have channels for {len(channels)}")
        steps = []
        for number, stamp_ns in enumerate(stamps):
            life = block.lives.get(number)
            life = lived(self._life, self._stamp_ns, stamp_ns) if life is None else life
            self._life, self._stamp_ns = life, stamp_ns
            touches, events = block.touches.get(number, {}), block.events.get(number, ())
            steps.append(Step(life, stamp_ns, channels[number], touches, events))
        return Block(steps, block.digest)

    def _rows(self, run: _Run) -> Iterator[dict[str, float]]:
        self._names = self._names if run.names is None else run.names
        if len(run.columns) != len(self._names):
            raise ColumnError(f"{len(self._names)} channels have {len(run.columns)} columns")
        columns = [unpack_floats(column, run.steps).tolist() for column in run.columns]
        for row in zip(*columns, strict=True) if columns else ((),) * run.steps:
            yield dict(zip(self._names, row, strict=True))


def _differs(one: float, other: float) -> bool:
    """Say whether two floats differ in any bit."""
    return struct.pack("<d", one) != struct.pack("<d", other)
