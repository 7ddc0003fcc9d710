"""One launch per painting: the hot step recorded as a CUDA graph, with buffers that stay where they are.

1. A recording owns a copy of everything that the step reads. Before a replay only what is another tensor than last time
   is copied in, and the numbers, from pinned memory; nothing is allocated and nothing is waited for.
2. What the step makes is fed back on the device: the clean latents are copied onto `last` inside the recording.
3. Pictures go home on a stream of their own into one of two pinned buffers. The next replay waits on the device (not on
   the host) until the copy has read them.
4. A plan, shape or set of modules that was not seen yet is recorded by a thread in the background, on a stream of its
   own, while paintings go on plainly. (Capture mode "thread_local": https://docs.nvidia.com/cuda, stream capture.)

Without a card the same recording can be replayed by running the step again on the same buffers (`Rerun`): that is how
tests hold it equal to the plain step.
"""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final, Protocol

import torch
from torch import Tensor

from render.hot import Given, Plan, Result
from show.frames import Pictures
from show.log import get_log

_WARM: Final = 3
_KEPT: Final = 6
"""Recordings that are kept: each holds the memory of one painting."""

Run = Callable[[Given], Result]


class Graph(Protocol):
    """A run that was recorded with its buffers: `result` is where replays leave what they make."""

    result: Result

    def replay(self) -> None:
        """Run again on the same buffers."""


class Rerun:
    """A recording for machines without a card: replays by running the step again and copying what it made."""

    def __init__(self, run: Run, given: Given) -> None:
        self._run, self._given = run, given
        made = run(given)
        self.result = Result(made.pictures.clone(), made.clean.clone())

    def replay(self) -> None:
        """Run again on the same buffers."""
        made = self._run(self._given)
        self.result.pictures.copy_(made.pictures)
        self.result.clean.copy_(made.clean)
        self._given.last.copy_(made.clean)


class Cuda:
    """A recording as a CUDA graph, made on a stream of its own."""

    def __init__(self, run: Run, given: Given) -> None:
        stream = torch.cuda.Stream(given.last.device)  # type: ignore[no-untyped-call]
        # The copies of the buffers were launched on the stream of whoever made them.
        stream.wait_stream(torch.cuda.current_stream(given.last.device))
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.stream(stream):
            for _ in range(_WARM):
                run(given)
            stream.synchronize()
            self._capture(run, given)
            stream.synchronize()

    def _capture(self, run: Run, given: Given) -> None:
        """Record on the current stream. (torch.cuda.graph would halt paintings to collect garbage first.)"""
        self._graph.capture_begin(capture_error_mode="thread_local")
        try:
            self.result = run(given)
            given.last.copy_(self.result.clean)
        except BaseException:
            with contextlib.suppress(RuntimeError):
                self._graph.capture_end()
            raise
        self._graph.capture_end()

    def replay(self) -> None:
        """Launch the graph on the current stream."""
        self._graph.replay()


class Recording:
    """One plan with buffers of its own; `paint` is one replay."""

    def __init__(self, run: Run, given: Given, graph: Callable[[Run, Given], Graph]) -> None:
        self._given = cloned(given)
        self._buffers = dict(_tensors(self._given))
        self._sources: dict[str, Tensor] = {}
        numbers = given.numbers
        self._home = torch.empty(numbers.shape, dtype=numbers.dtype, pin_memory=numbers.is_cuda)
        self._sent = torch.cuda.Event() if numbers.is_cuda else None  # type: ignore[no-untyped-call]
        self._graph = graph(run, self._given)

    def paint(self, given: Given, numbers: Tensor) -> Result:
        """Paint with `numbers` (on the CPU) in place of `given.numbers`; the result is overwritten by the next one."""
        if self._sent is not None:
            # The pinned vector must not change before the device has read it: long done when paintings are waited for.
            self._sent.synchronize()
        self._home.copy_(numbers)
        self._given.numbers.copy_(self._home, non_blocking=True)
        if self._sent is not None:
            self._sent.record()
        for name, source in _tensors(given):
            if self._sources.get(name) is not source:
                self._buffers[name].copy_(source, non_blocking=True)
                self._sources[name] = source
        self._graph.replay()
        result = self._graph.result
        # The recording has copied the clean latents onto its own `last`: given these again, there is nothing to copy.
        self._sources["last"] = result.clean
        return result


_HOST: Final = ("numbers", "raw")
"""What a recording does not read from its buffers."""


def _tensors(part: Any, name: str = "") -> Iterator[tuple[str, Tensor]]:
    """Yield the tensors of dataclasses within dataclasses by name, but for those that lie on the host."""
    for one in fields(part):
        value = getattr(part, one.name)
        if one.name in _HOST:
            continue
        if isinstance(value, Tensor):
            yield name + one.name, value
        elif is_dataclass(value):
            yield from _tensors(value, f"{name}{one.name}.")


class Recordings:
    """The recordings of a painter, the most recently used ones; new ones are made in the background.

    There only what is asked for twice is recorded: a scene's first painting is unlike all that follow.
    """

    def __init__(self, graph: Callable[[Run, Given], Graph] = Cuda, *, background: bool = True) -> None:
        self._graph = graph
        self._background = background
        self._kept: OrderedDict[Hashable, Recording] = OrderedDict()
        # Always the same thread: cuDNN and cuBLAS keep what they have found out per thread.
        self._desk = ThreadPoolExecutor(1, "capture")
        self._making: Future[None] | None = None
        self._refused: set[Hashable] = set()
        self._asked: Hashable = None
        self.made = 0

    def of(self, key: Hashable, run: Run, given: Given) -> Recording | None:
        """Return the recording for `key`, or None while it is being made: then paint plainly."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
            return found
        if key in self._refused or (self._making is not None and not self._making.done()):
            return None
        if self._background and key != self._asked:
            self._asked = key
            return None
        copy = cloned(given)
        copy.numbers = given.numbers.to(given.last.device)
        if not self._background:
            self._make(key, run, copy)
            return self._kept.get(key)
        if copy.last.is_cuda:
            torch.cuda.current_stream(copy.last.device).synchronize()
        self._making = self._desk.submit(self._make, key, run, copy)
        return None

    def forget(self) -> None:
        """Let go of all recordings and their memory."""
        if self._making is not None:
            wait([self._making])
        self._kept.clear()
        self._refused.clear()

    def _make(self, key: Hashable, run: Run, given: Given) -> None:
        try:
            with torch.inference_mode():
                made = Recording(run, given, self._graph)
        except RuntimeError as error:
            # A network that cannot be captured is painted plainly; it is said once.
            self._refused.add(key)
            get_log().warning(f"this model cannot be captured, it is painted step by step: {str(error)[:200]}")
            return
        self._kept[key] = made
        self.made += 1
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)


class Readback:
    """Brings pictures home from a card through two pinned buffers on a stream of its own; plain on a CPU."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream = torch.cuda.Stream(device) if device.type == "cuda" else None  # type: ignore[no-untyped-call]
        self._buffers: list[Tensor | None] = [None, None]
        self._turn = 0

    def start(self, pictures: Tensor) -> Callable[[], Pictures]:
        """Begin to copy pictures (N, H, W, 3) uint8; the function returned waits for them and gives them out.

        What it gives out stays as it is until the copy after the next one is begun.
        """
        if self._stream is None:
            home: Pictures = pictures.numpy()
            return lambda: home
        self._turn = 1 - self._turn
        buffer = self._buffers[self._turn]
        if buffer is None or buffer.shape != pictures.shape:
            buffer = self._buffers[self._turn] = torch.empty(pictures.shape, dtype=torch.uint8, pin_memory=True)
        stream, painting = self._stream, torch.cuda.current_stream(self._device)
        stream.wait_stream(painting)
        with torch.cuda.stream(stream):
            buffer.copy_(pictures, non_blocking=True)
            # "blocking": who waits sleeps, and leaves its core to the projector.
            done = torch.cuda.Event(blocking=True)  # type: ignore[no-untyped-call]
            done.record()
        pictures.record_stream(stream)
        painting.wait_event(done)

        def finish() -> Pictures:
            done.synchronize()
            home: Pictures = buffer.numpy()
            return home

        return finish


def key_of(plan: Plan, given: Given, version: int) -> Hashable:
    """Return what a recording is found by: the plan, all shapes, and the version of the modules."""
    shapes = given.words.signature
    return plan, tuple(given.last.shape), shapes, version


def cloned(part: Any) -> Any:
    """Return a copy of dataclasses of tensors, of named tuples of them, or of a tensor, with memory of its own."""
    if isinstance(part, Tensor):
        return part.clone(memory_format=torch.preserve_format)
    if is_dataclass(part) and not isinstance(part, type):
        return replace(part, **{one.name: cloned(getattr(part, one.name)) for one in fields(part) if one.init})
    if isinstance(part, tuple):
        copies = [cloned(one) for one in part]
        return type(part)(*copies) if hasattr(part, "_fields") else tuple(copies)
    return part
