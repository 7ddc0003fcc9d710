"""`oriel bench bus`: the frame bus against a plain memory copy of the same bytes, in the same run."""

from __future__ import annotations

import multiprocessing
import os
import time
from multiprocessing.shared_memory import SharedMemory
from typing import Final

import numpy as np
from rich.console import Console
from rich.table import Table

from show.frames import FrameReader, FrameWriter, Stamps, attach, create

SIZES: Final = ((3, 192, 128, 3), (3, 512, 512, 3), (3, 1080, 1920, 3))
"""The embedded triptych, the SD-Turbo triptych, three full-HD pictures."""


def _seconds(action: object, least: float) -> float:
    """Return the seconds of one call of `action`, the median over at least `least` seconds of calls."""
    assert callable(action)
    action()
    times: list[float] = []
    end = time.perf_counter() + least
    while time.perf_counter() < end or len(times) < 5:
        begun = time.perf_counter()
        action()
        times.append(time.perf_counter() - begun)
    return float(np.median(times))


def _publish_paced(name: str, shape: tuple[int, int, int, int], count: int, period: float) -> None:
    """Publish `count` frames, one per `period` seconds, each stamped at the instant of publishing; runs in a child."""
    segment = attach(name)
    writer = FrameWriter(segment)
    pixels = np.zeros(shape, np.uint8)
    due = time.monotonic()
    for _ in range(count):
        due += period
        time.sleep(max(0.0, due - time.monotonic()))
        writer.publish(pixels, Stamps(done_ns=time.monotonic_ns()))
    writer.close()


def latencies(shape: tuple[int, int, int, int], count: int, period: float) -> list[float]:
    """Return seconds from the begin of publishing in one process to a private copy in another, per frame."""
    segment = create(f"oriel-bench-{os.getpid()}", int(np.prod(shape)))
    try:
        reader = FrameReader(segment)
        child = multiprocessing.get_context("spawn").Process(
            target=_publish_paced, args=(segment.name, shape, count, period)
        )
        child.start()
        found: list[float] = []
        seen = 0
        while child.is_alive():
            frame = reader.newest(after=seen)
            if frame is None:
                time.sleep(0.0001)
                continue
            found.append((time.monotonic_ns() - frame.stamps.done_ns) / 1e9)
            seen = frame.id
        child.join()
        return found
    finally:
        segment.close()
        segment.unlink()


def copy_ratio(shape: tuple[int, int, int, int], least: float) -> tuple[float, float]:
    """Return (seconds of publish + newest, seconds of two plain copies of the same bytes) for one frame."""
    segment: SharedMemory = create(f"oriel-bench-{os.getpid()}", int(np.prod(shape)))
    try:
        writer, reader = FrameWriter(segment), FrameReader(segment)
        pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
        between, private = np.empty_like(pixels), np.empty_like(pixels)

        def through_the_bus() -> None:
            writer.publish(pixels, Stamps())
            reader.newest()

        def plain() -> None:
            np.copyto(between, pixels)
            np.copyto(private, between)

        return _seconds(through_the_bus, least), _seconds(plain, least)
    finally:
        segment.close()
        segment.unlink()


def main(seconds: float) -> None:
    """Print latency and throughput per picture size; `seconds` is spent on each measurement."""
    table = Table(title="Frame bus: one writer process, one reader process, against plain memory copies")
    for heading in ("N x H x W", "MiB", "bus ms", "2 copies ms", "ratio", "GB/s", "p50 ms", "p99 ms"):
        table.add_column(heading, justify="right")
    for shape in SIZES:
        bus, plain = copy_ratio(shape, seconds)
        delays = np.array(latencies(shape, max(30, int(seconds * 60)), 1 / 60)) * 1e3
        size = int(np.prod(shape))
        table.add_row(
            "x".join(map(str, shape[:3])),
            f"{size / 2**20:.2f}",
            f"{bus * 1e3:.3f}",
            f"{plain * 1e3:.3f}",
            f"{bus / plain:.2f}",
            f"{size / bus / 1e9:.1f}",
            f"{np.percentile(delays, 50):.2f}",
            f"{np.percentile(delays, 99):.2f}",
        )
    Console().print(table)
    Console().print("Latency: from publishing in one process to a copy in another, at 60 frames/s.")
