"""The long measurement of `make bench-gpu`: frame times over minutes, with a new phrase ten times a second.

Phrases are read in the background, as a show does, and every painting is of the words that are known then. What is
known is written down every few seconds, so that a machine that is taken away costs the last of them only.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from msgspec.structs import replace

from render.artists.base import Studio
from render.artists.diffusion import OPTIONS
from render.bench import paint, peers
from render.bench.notebook import Notebook
from render.bench.walk import PROMPTS
from render.capture import Cuda, Recordings
from render.machine import choose
from render.models import Wishes, load_models
from render.painter import Painter
from show.parameter import options
from show.snapshot import Phrase, Snapshot

PHRASES_PER_SECOND: Final = 10
KEEP_SECONDS: Final = 15.0
_WARM: Final = 50
_ENOUGH: Final = 1000
"""Frames of which one in a thousand can be told."""


def snapshots(task: peers.Task) -> Callable[[float], Snapshot]:
    """Return what is to be painted after so many seconds: the words of each tenth grow out of those before."""
    count = iter(range(10**9))

    def at(life: float) -> Snapshot:
        turn, place = divmod(life * PHRASES_PER_SECOND, 1.0)
        words = [(Phrase(f"{PROMPTS[int(turn + n) % len(PROMPTS)]}, number {int(turn + n)}"),) for n in range(2)]
        shot = paint.shots(task.batch, task.steps, next(count))
        regions = tuple(replace(region, words_a=words[0], words_b=words[1], mix=place) for region in shot.regions)
        return replace(shot, regions=regions, life=life)

    return at


def soak(book: Notebook, folder: Path, task: peers.Task, title: str, seconds: float, device: str) -> None:
    """Paint for `seconds`, or as long as the notebook has time; keep times per frame in ms and the CPU time of one."""
    given = options(OPTIONS, {"device": device}, "artist")
    machine = choose(given, deterministic=False)
    models = load_models(str(folder), "", machine, book.say, Wishes(waits=False))
    try:
        recordings = Recordings(Cuda, background=False) if machine.device.type == "cuda" else None
        names = ("left", "centre", "right")[: task.batch]
        painter = Painter(models, Studio(task.width, task.height, names, given), recordings)
        painter.warm_up()
        _run(book, painter, snapshots(task), f"{title}, a new phrase every 0.1 s", seconds)
        painter.forget()
    finally:
        models.close()


@torch.inference_mode()
def _run(book: Notebook, painter: Painter, shot: Callable[[float], Snapshot], title: str, seconds: float) -> None:
    for number in range(_WARM):
        painter.paint(shot(number / PHRASES_PER_SECOND))
    times: list[float] = []
    begun, cpu = time.perf_counter(), time.thread_time()
    kept = begun
    offset = _WARM / PHRASES_PER_SECOND
    while time.perf_counter() - begun < seconds and book.left > 1.0:
        start = time.perf_counter()
        painter.paint(shot(offset + start - begun))
        end = time.perf_counter()
        times.append(end - start)
        if end - kept > KEEP_SECONDS:
            kept = end
            book.keep(title, **_figures(times, end - begun, time.thread_time() - cpu))
    book.keep(title, **_figures(times, time.perf_counter() - begun, time.thread_time() - cpu))


def _figures(times: list[float], seconds: float, cpu: float) -> dict[str, Any]:
    p50, p99, p999 = (1000 * float(np.percentile(times, place)) for place in (50, 99, 99.9))
    tail = {"p999_by_p50": p999 / p50} if len(times) >= _ENOUGH else {}
    return {
        "seconds": seconds, "frames": len(times), "frames_per_s": len(times) / seconds, "p50_ms": p50, "p99_ms": p99,
        "p99.9_ms": p999, "most_ms": 1000 * max(times), **tail, "cpu_ms": 1000 * cpu / len(times),
    }  # fmt: skip
