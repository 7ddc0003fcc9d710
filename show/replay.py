"""Replays: a log goes through the engine again, and every snapshot is compared with the one of that day.

A log falls into parts, each a keyframe and what follows it up to the next. A part can be played by itself, so that
several processes play one log side by side; where a part ends, the memory that the replay has come to is compared with
the keyframe that follows.
"""

from __future__ import annotations

import gc
import hashlib
import math
import platform
import re
from collections.abc import Iterator
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import msgspec
from pydantic import ValidationError

from show.config import Show
from show.editions import Editions
from show.engine import EngineState
from show.errors import OrielError
from show.parameter import ParameterTree
from show.parameters import CORE
from show.recording import Block, Digest, End, Header, Keyframe, Reader, RecordingError, Step
from show.snapshot import Snapshot, Touch

SUFFIX = ".oriellog"
_GARBAGE = 100_000
"""Objects between two looks for garbage."""


class Played(NamedTuple):
    """One step again: `at` seconds after the beginning of the log; None for one that failed then and failed again."""

    at: float
    step: Step
    snapshot: Snapshot | None


class Part(NamedTuple):
    """A keyframe and what follows: which reader has it, from which byte, and the editions that are known there."""

    reader: int
    byte: int
    keyframe: Keyframe
    texts: dict[int, str]


class Verdict(NamedTuple):
    """What came of a replay: the steps played, where they differ from that day, and where bytes were lost."""

    steps: int
    differences: list[str]
    torn: list[str]


def log_path(state_dir: Path, title: str, now: datetime) -> Path:
    """Return where the log of a run is kept that begins `now`."""
    words = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40] or "show"
    return state_dir / "recordings" / f"{now:%Y-%m-%d-%H%M%S}-{words}{SUFFIX}"


def versions() -> dict[str, str]:
    """Return what a snapshot depends on, by name; `code` is a digest of every module beside this one."""
    digest = hashlib.blake2b(digest_size=6)
    for module in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(module.name.encode() + b"\0" + module.read_bytes())
    return {
        "oriel": metadata.version("oriel"),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "code": digest.hexdigest(),
    }


def segments(path: Path) -> list[Path]:
    """Return the files of a log in order, those that still exist; raise RecordingError when there is none."""
    numbered = {0: path} if path.is_file() else {}
    if path.parent.is_dir():
        pattern = re.compile(re.escape(path.name) + r"\.(\d+)")
        for other in path.parent.iterdir():
            found = pattern.fullmatch(other.name)
            if found and other.is_file():
                numbered[int(found[1])] = other
    if not numbered:
        what = "this is a folder; expected a log" if path.is_dir() else "there is no such log"
        raise RecordingError(f"{path}: {what}")
    return [numbered[number] for number in sorted(numbered)]


def read_header(path: Path) -> Header:
    """Return the header of one segment; raise RecordingError when there is none."""
    header = _header(_reader(path))
    if header is None:
        raise RecordingError(f"{path}: it ends before its header; there is nothing to play")
    return header


class Replay:
    """A log played again.

    `steps` counts what was played, `differences` says in sentences where it did not come out as on that day, `torn`
    where bytes were lost, `ends` how each segment was closed. They are complete when `play` has come to its end.
    """

    def __init__(self, path: Path) -> None:
        self.steps = 0
        self.differences: list[str] = []
        self.torn: list[str] = []
        self.ends: list[str] = []
        self._readers: list[Reader] = []
        headers = [self._open(one) for one in segments(path)]
        found = [header for header in headers if header is not None]
        self.parts = list(self._parts())
        if not found or not self.parts:
            raise RecordingError(f"{path}: it ends before its first keyframe; there is nothing to play")
        self.header = found[0]
        self.begin_ns = self.parts[0].keyframe.stamp_ns
        try:
            self.show = Show.model_validate_json(self.header.show_json)
            self._engine = Editions(self.show, ParameterTree((*CORE, *self.header.artist_parameters)))
        except (ValidationError, OrielError) as error:
            raise RecordingError(f"{path}: its show cannot be read by this version of Oriel ({error})") from None
        self._state = EngineState()
        self._touches: dict[str, Touch] = {}
        self._digest = Digest()
        self._encoder = msgspec.msgpack.Encoder()
        self._spoiled = False

    def _open(self, path: Path) -> Header | None:
        """Take in a segment; one that a kill left without a header has nothing to play."""
        reader = _reader(path)
        header = _header(reader)
        if header is None:
            self.torn.append(f"{path.name}: it ends before its header and was left out")
        else:
            self._readers.append(reader)
        return header

    def _parts(self) -> Iterator[Part]:
        for number, reader in enumerate(self._readers):
            texts: dict[int, str] = {}
            for byte, keyframe in reader.keyframes:
                texts = texts if keyframe.editions is None else keyframe.editions
                yield Part(number, byte, keyframe, texts)

    def seconds(self) -> float:
        """Return how long the log is, in seconds."""
        return max(0.0, (max(reader.last_stamp_ns() for reader in self._readers) - self.begin_ns) / 1e9)

    def play(self, begin: float = 0.0, end: float = math.inf) -> Iterator[Played]:
        """Play the steps from `begin` to `end` seconds; whatever comes before, back to a keyframe, is only stepped."""
        first = sum(self._at(part.keyframe.stamp_ns) <= begin for part in self.parts[1:])
        for played in self.run(first, len(self.parts)):
            if played.at > end:
                return
            if played.at >= begin:
                yield played

    def run(self, first: int, last: int) -> Iterator[Played]:
        """Play the parts from `first` to before `last`; raise RecordingError when whole bytes cannot be read."""
        self._begin(self.parts[first])
        for number in range(first, last):
            part = self.parts[number]
            reader = self._readers[part.reader]
            entries = reader.entries(part.byte)
            next(entries)  # the keyframe itself
            for entry in entries:
                if isinstance(entry, Keyframe):
                    break
                if isinstance(entry, Block):
                    yield from self._block(entry, reader)
                elif isinstance(entry, End):
                    self.ends.append(entry.reason)
            if reader.torn and reader.torn not in self.torn:
                self.torn.append(reader.torn)
            if number + 1 < len(self.parts):
                self._compare(self.parts[number + 1], reader)
                self._begin(self.parts[number + 1])

    def _begin(self, part: Part) -> None:
        """Go on with the memory of a keyframe; a copy, for the engine changes it."""
        self._engine.restore(part.texts)
        self._state = msgspec.msgpack.decode(self._encoder.encode(part.keyframe.state), type=EngineState)
        self._touches, self._digest, self._spoiled = {}, Digest(), False

    def _compare(self, part: Part, reader: Reader) -> None:
        """Note it when a keyframe that only goes on is not what the replay has come to itself."""
        own = self._encoder.encode(self._state)
        if not part.keyframe.fresh and own != self._encoder.encode(part.keyframe.state):
            at = self._at(part.keyframe.stamp_ns)
            self.differences.append(
                f"{reader.name}: at {at:.1f} s the engine remembers something else than on that day"
            )

    def _block(self, block: Block, reader: Reader) -> Iterator[Played]:
        at = 0.0
        for step in block.steps:
            if step.touches:
                self._touches.update(step.touches)
            at = self._at(step.stamp_ns)
            snapshot = self._step(step)
            self._digest.add(snapshot)
            self.steps += 1
            yield Played(at, step, snapshot)
        if self._digest.value() != block.digest and not self._spoiled:
            self.differences.append(f"{reader.name}: the snapshots up to {at:.1f} s are not those of that day")
            self._spoiled = True  # the digest runs on, so that it differs until the next keyframe

    def _step(self, step: Step) -> Snapshot | None:
        try:
            return self._engine.step(step.life, step.stamp_ns, step.channels, self._touches, step.events, self._state)
        except Exception:
            # As in the show control: what fails is one step without a snapshot, then and now.
            return None

    def _at(self, stamp_ns: int) -> float:
        return (stamp_ns - self.begin_ns) / 1e9


def verify(path: Path, first: int, last: int) -> Verdict:
    """Play the parts of a log from `first` to before `last`, and say what came of it."""
    replay = Replay(path)
    often = gc.get_threshold()
    gc.set_threshold(_GARBAGE)  # steps leave no cycles behind, and looking for them costs a tenth of the time
    try:
        for _ in replay.run(first, min(last, len(replay.parts))):
            pass
    finally:
        gc.set_threshold(*often)
    return Verdict(replay.steps, replay.differences, replay.torn)


def _reader(path: Path) -> Reader:
    try:
        return Reader(path.read_bytes(), path.name)
    except OSError as error:
        raise RecordingError(f"{path}: it cannot be read ({error.strerror})") from None


def _header(reader: Reader) -> Header | None:
    """Return the header of a segment, None for one that ends before it is whole."""
    first = next(reader.entries(), None)
    if first is None or isinstance(first, Header):
        return first
    raise RecordingError(f"{reader.name}: it does not begin with a header")
