"""The tape: collects what goes into an engine, step by step, and hands it on as the entries of a log; reads no clock.

A tape never holds up a show. Whoever takes its entries (a `Sink`) may refuse them, for a full disk or a slow one: the
tape then begins anew, with a fresh keyframe in a segment of its own, as soon as the sink takes entries again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

import msgspec

from show.engine import EngineState
from show.recording import BLOCK_STEPS, KEYFRAME_SECONDS, Block, Digest, Header, Keyframe, Step, Writer
from show.snapshot import Snapshot, Touch


class Opening(NamedTuple):
    """A keyframe that begins a segment."""

    keyframe: Keyframe


Item = Opening | Keyframe | Block


class Sink(Protocol):
    """Whoever takes the entries of a tape."""

    def put(self, item: Item) -> bool:
        """Take an entry, at once; False when it is lost."""
        ...

    @property
    def full(self) -> bool:
        """Whether the segment is long enough, and the next keyframe is to begin another."""
        ...


class Tape:
    """Collects the steps of one engine for one sink."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._steps: list[Step] = []
        self._digest = Digest()
        self._touches: dict[str, Touch] = {}
        self._texts: Mapping[int, str] | None = None
        self._keyframe_ns = 0
        self._fresh = True

    def begin(self, state: EngineState, texts: Mapping[int, str], stamp_ns: int) -> EngineState:
        """Call before a step with the memory before it and the instant of the step before; go on with what it returns.

        The memory that a keyframe holds is the one that the show goes on with: written and read back, so that not even
        the type of a number can differ.
        """
        aged = stamp_ns - self._keyframe_ns >= KEYFRAME_SECONDS * 1e9
        if self._steps or not (self._fresh or aged or self._sink.full):
            return state
        opening = self._fresh or self._sink.full
        encoded = msgspec.msgpack.encode(state)
        known = None if not opening and texts == self._texts else dict(texts)
        keyframe = Keyframe(msgspec.msgpack.decode(encoded, type=EngineState), stamp_ns, self._fresh, known)
        self._fresh = not self._sink.put(Opening(keyframe) if opening else keyframe)
        self._texts, self._keyframe_ns = dict(texts), stamp_ns
        self._digest, self._touches = Digest(), {}
        return msgspec.msgpack.decode(encoded, type=EngineState)

    def add(self, step: Step, snapshot: Snapshot | None) -> None:
        """Call after a step with its arguments (all touches) and what came of it: None when it failed."""
        if self._fresh:
            return  # the entry before was lost
        self._steps.append(step._replace(touches=self._news(step.touches)))
        self._digest.add(snapshot)
        if len(self._steps) >= BLOCK_STEPS:
            self.flush()

    def flush(self) -> None:
        """Hand on the steps that were collected."""
        if self._steps and not self._fresh:
            self._fresh = not self._sink.put(Block(self._steps, self._digest.value()))
        self._steps = []

    def _news(self, touches: Mapping[str, Touch]) -> dict[str, Touch]:
        """Return the touches that are not known yet; sources hold on to theirs, so that none ever goes."""
        known = self._touches
        news = {address: touch for address, touch in touches.items() if known.get(address) is not touch}
        if news:
            known.update(news)
        return news


class Memory:
    """A sink that keeps one segment as bytes, for tests and benchmarks."""

    full = False

    def __init__(self, header: Header) -> None:
        self._writer = Writer()
        self.data = bytearray(self._writer.header(header))

    def put(self, item: Item) -> bool:
        """Append an entry."""
        self.data += encoded(self._writer, item)
        return True


def encoded(writer: Writer, item: Item) -> bytes:
    """Return the bytes of an entry; an Opening is written like any keyframe."""
    if isinstance(item, Block):
        return writer.block(item.steps, item.digest)
    return writer.keyframe(item.keyframe if isinstance(item, Opening) else item)
