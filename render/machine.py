"""What the machine can do: which device, how many threads, and whether half precision is really faster here."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from show.errors import ArtistError
from show.parameter import Value

GAIN: Final = 1.2
"""Half precision is taken only when a product of matrices gains at least this much by it."""
_SIDE: Final = 256
_TRIES: Final = 3
_NAMES: Final = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True)
class Machine:
    """Where the networks run and in which number format; `place` says it in words for the invigilator."""

    device: torch.device
    dtype: torch.dtype
    place: str


def choose(options: Mapping[str, Value], *, deterministic: bool) -> Machine:
    """Return the machine for the options device, dtype and threads; raise ArtistError for a GPU that is not there.

    When `deterministic`, nothing is measured: the CPU paints in fp32, a card by convolutions that are fixed.
    """
    device = _device(str(options["device"]))
    if device.type == "cpu":
        # One core is left to the projector: threads that wait for each other at every operator crawl when they share.
        torch.set_num_threads(int(options["threads"]) or max(1, cores() - 1))
    else:
        # The host only weighs words for a card: more threads would wait for each other longer than that takes.
        torch.set_num_threads(int(options["threads"]) or 1)
        # The fastest convolutions are found by trying them out, which must not decide about bytes.
        torch.backends.cudnn.benchmark = not deterministic
        torch.backends.cudnn.deterministic = deterministic
    dtype = _dtype(str(options["dtype"]), device, deterministic=deterministic)
    place = "the CPU" if device.type == "cpu" else torch.cuda.get_device_name(device)
    return Machine(device, dtype, place)


def _device(name: str) -> torch.device:
    if name == "cuda" and not torch.cuda.is_available():
        raise ArtistError("option device: cuda is asked for, but there is no usable NVIDIA GPU; expected auto or cpu")
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def sent(tensor: Tensor, device: torch.device) -> Tensor:
    """Return a tensor of the host on a device, without waiting for what the device still has to do."""
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _dtype(name: str, device: torch.device, *, deterministic: bool) -> torch.dtype:
    if name != "auto":
        return _NAMES[name]
    if device.type == "cuda":
        return torch.float16
    if deterministic or half_gain() < GAIN:
        return torch.float32
    return torch.bfloat16


def half_gain() -> float:
    """Return how many times faster this CPU multiplies bf16 matrices than fp32 ones (0.01 where it has no bf16)."""
    threads = torch.get_num_threads()
    # On a busy machine two threads wait for each other longer than such a small product takes.
    torch.set_num_threads(1)
    try:
        return _seconds(torch.float32) / _seconds(torch.bfloat16)
    finally:
        torch.set_num_threads(threads)


def _seconds(dtype: torch.dtype) -> float:
    """Return the least seconds that one product of two 256 x 256 matrices took."""
    matrix = torch.ones(_SIDE, _SIDE, dtype=dtype)
    best = float("inf")
    for _ in range(_TRIES):
        begun = time.perf_counter()
        torch.mm(matrix, matrix)
        best = min(best, time.perf_counter() - begun)
    return best


class Stopwatch:
    """Adds up the nanoseconds spent inside `with` blocks on a device; read `nanoseconds` after the results are home."""

    def __init__(self, device: torch.device) -> None:
        self._on_gpu = device.type == "cuda"
        self._marks: list[torch.cuda.Event] = []
        self._begun = 0
        self._total = 0

    def __enter__(self) -> Stopwatch:
        if self._on_gpu:
            self._mark()
        else:
            self._begun = time.perf_counter_ns()
        return self

    def __exit__(self, *_: object) -> None:
        if self._on_gpu:
            self._mark()
        else:
            self._total += time.perf_counter_ns() - self._begun

    def _mark(self) -> None:
        event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        event.record()
        self._marks.append(event)

    @property
    def nanoseconds(self) -> int:
        """Nanoseconds inside the blocks so far."""
        pairs = zip(self._marks[::2], self._marks[1::2], strict=True)
        return self._total + int(1e6 * sum(begun.elapsed_time(ended) for begun, ended in pairs))
