"""`make bench-gpu`: painting on a card that is lent for minutes; every figure is written down as soon as it is known.

Models are public architectures of real size with random weights, built on the card. Contestants are measured one after
the other, each alone, most wanted first, until the time is over. A contestant that fails is named, its traceback goes
to log.txt, and the next one begins. Into the folder --out go report.txt, report.json and log.txt.
"""

from __future__ import annotations

import argparse
import gc
import platform
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from msgspec.structs import replace

from render.artists.base import Studio
from render.artists.diffusion import OPTIONS
from render.bench import paint, peers, random_model, soak
from render.bench.notebook import Notebook
from render.bench.walk import PROMPTS
from render.capture import Cuda, Recordings
from render.machine import choose
from render.models import Models, load_models
from render.painter import Painter
from show.errors import told
from show.parameter import options
from show.snapshot import Phrase

_WARM: Final = 5
_FIRST: Final = 1000
"""First frame of the walk that is painted: the words are on their way there."""
_COMPARED: Final = 8
_TURN: Final = 10
"""Frames between two phrases where words are on the way."""
_WORDS: Final = "black bubbling water"


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def figures(run: Callable[[], object], device: torch.device, batch: int, seconds: float) -> dict[str, Any]:
    """Run alone for some seconds; return pictures and triptychs per second, times of a frame and CPU time of it."""
    for _ in range(_WARM):
        run()
    _wait(device)
    times: list[float] = []
    cpu, begun = time.thread_time(), time.perf_counter()
    while time.perf_counter() - begun < seconds or len(times) < _WARM:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    _wait(device)
    whole, cpu = time.perf_counter() - begun, time.thread_time() - cpu
    marks = {f"p{place}_ms": 1000 * float(np.percentile(times, place)) for place in (50, 99, 99.9)}
    pace = len(times) / whole
    cpu_ms = 1000 * cpu / len(times)
    return {"frames_per_s": pace, "pictures_per_s": batch * pace, **marks, "cpu_ms": cpu_ms, "frames": len(times)}


def painter_for(models: Models, task: peers.Task, *, captured: bool) -> Painter:
    """Return a warm painter, which records on the spot or paints plainly."""
    names = ("left", "centre", "right")[: task.batch]
    given = options(OPTIONS, {"device": models.machine.device.type, "capture": captured}, "artist")
    on_card = models.machine.device.type == "cuda"
    recordings = Recordings(Cuda, background=False) if captured and on_card else None
    painter = Painter(models, Studio(task.width, task.height, names, given), recordings)
    painter.warm_up()
    return painter


def _shots(task: peers.Task) -> Callable[[], Any]:
    frame = iter(range(_FIRST, 10**9))
    return lambda: paint.shots(task.batch, task.steps, next(frame))


def _under_way(task: peers.Task) -> Callable[[], Any]:
    """Return snapshots whose words are others in every frame, and wholly others ten times in a second of life."""
    frame = iter(range(_FIRST, 10**9))

    def shot() -> Any:
        number = next(frame)
        turn, place = divmod(number, _TURN)
        words = [(Phrase(PROMPTS[(turn + more) % len(PROMPTS)]),) for more in range(2)]
        snapshot = paint.shots(task.batch, task.steps, number)
        regions = tuple(
            replace(region, words_a=words[0], words_b=words[1], mix=(place + 1) / _TURN) for region in snapshot.regions
        )
        return replace(snapshot, regions=regions, life=number / _TURN / 10)

    return shot


def oriel(book: Notebook, models: Models, task: peers.Task, seconds: float, title: str) -> None:
    """Measure Oriel: one painting after the other, then with one begun ahead; and what its host does meanwhile."""
    painter, shot = painter_for(models, task, captured=True), _shots(task)
    device = models.machine.device
    for _ in range(_WARM):
        painter.paint(shot())
    made = painter.recordings.made if painter.recordings is not None else 0
    book.keep(f"{title}, Oriel", **figures(lambda: painter.paint(shot()), device, task.batch, seconds), recordings=made)
    with book.trying(f"{title}, Oriel, one begun ahead") as trial:
        if trial.worth:
            waiting = [painter.begin(shot())]

            def ahead() -> None:
                waiting.append(painter.begin(shot()))
                waiting.pop(0)()

            book.keep(f"{title}, Oriel, one begun ahead", **figures(ahead, device, task.batch, seconds))
            waiting.pop()()
    with book.trying(f"{title}, Oriel, words on the way") as trial:
        if trial.worth:
            under_way = _under_way(task)
            found = figures(lambda: painter.paint(under_way()), device, task.batch, seconds)
            book.keep(f"{title}, Oriel, words on the way", **found)
    with book.trying(f"{title}, Oriel's host") as trial:
        if trial.worth and device.type == "cuda":
            _host(book, painter, shot, title)
    painter.forget()


def _host(book: Notebook, painter: Painter, shot: Callable[[], Any], title: str) -> None:
    """Keep how long a launch takes on the host, what it allocates, and whether it ever waits for the card."""
    before = torch.cuda.memory_stats()["allocation.all.allocated"]
    spent = []
    for _ in range(50):
        snapshot = shot()
        begun = time.perf_counter()
        finish = painter.begin(snapshot)
        spent.append(time.perf_counter() - begun)
        finish()
    allocated = torch.cuda.memory_stats()["allocation.all.allocated"] - before
    with warnings.catch_warnings(record=True) as waits:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        finish = painter.begin(shot())
        torch.cuda.set_sync_debug_mode("default")
        finish()
    for one in waits:
        book.log(f"--- {title}: waited in {one.filename}:{one.lineno}: {one.message}")
    book.keep(
        f"{title}, Oriel's host", launch_ms=1000 * float(np.median(spent)), launch_most_ms=1000 * max(spent),
        allocations_per_frame=allocated / 50, waits=len(waits),
        memory_GiB=torch.cuda.max_memory_allocated() / 2**30,
    )  # fmt: skip


def equal(book: Notebook, models: Models, task: peers.Task, title: str) -> None:
    """Keep how far captured paintings are from plain ones of the same snapshots, and whether two runs are the same."""
    frames = [paint.shots(task.batch, task.steps, _FIRST + number) for number in range(_COMPARED)]
    runs = []
    for captured in (True, True, False):
        painter = painter_for(models, task, captured=captured)
        runs.append(np.stack([painter.paint(shot).pictures.copy() for shot in frames]))
        painter.forget()
    away = np.abs(runs[0].astype(int) - runs[2].astype(int))
    again = bool((runs[0] == runs[1]).all())
    book.keep(
        f"{title}, captured against plain", most_levels=int(away.max()), mean_levels=float(away.mean()),
        spread_levels=float(runs[2].std()), same_again=again,
    )  # fmt: skip


def graphed(run: Callable[[], Any]) -> Callable[[], object]:
    """Return a run recorded as a CUDA graph by itself: what the networks cost without a host."""
    stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            run()
    stream.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        run()

    def again() -> None:
        graph.replay()
        torch.cuda.synchronize()

    return again


@torch.inference_mode()
def contest(book: Notebook, models: Models, folder: Path, task: peers.Task, title: str, args: Any) -> None:
    """Measure Oriel, then the peers, in one task."""
    device, seconds = models.machine.device, args.seconds
    with book.trying(f"{title}, Oriel") as trial:
        if trial.worth:
            oriel(book, models, task, seconds, title)
    bare = peers.bare(models, task)

    def others() -> list[tuple[str, Callable[[], Callable[[], object]]]]:
        def run() -> None:
            bare()
            _wait(device)

        found: list[tuple[str, Callable[[], Callable[[], object]]]] = [("bare networks", lambda: run)]
        if device.type == "cuda":
            found.append(("bare networks in a graph", lambda: graphed(bare)))
        for name, stock in args.stocks(models, folder).items():
            found.append((f"diffusers, {name}", lambda s=stock: peers.plain_diffusers(s, task)))  # type: ignore[misc]
            if args.streamdiffusion is not None and not stock.added(task):
                found.append(
                    (f"StreamDiffusion, {name}", lambda s=stock: peers.stream_diffusion(args.streamdiffusion, s, task))  # type: ignore[misc]
                )
        return found

    for name, make in others():
        with book.trying(f"{title}, {name}") as trial:
            if trial.worth:
                book.keep(f"{title}, {name}", **figures(make(), device, task.batch, seconds))
    gc.collect()


def _stocks() -> Callable[[Models, Path], dict[str, peers.Stock]]:
    """Return a maker of the peers' networks that makes them once per model."""
    kept: dict[Path, dict[str, peers.Stock]] = {}

    def of(models: Models, folder: Path) -> dict[str, peers.Stock]:
        if folder not in kept:
            kept.clear()
            on_card = models.machine.device.type == "cuda"
            shipped = peers.Stock(folder, models, torch.float16 if on_card else torch.float32, same_layout=False)
            same = peers.Stock(folder, models, models.machine.dtype, same_layout=True)
            kept[folder] = {"as shipped": shipped, "Oriel's format": same}
        return kept[folder]

    return of


def compiled(book: Notebook, models: Models, folder: Path, task: peers.Task, title: str, args: Any) -> None:
    """Compile Oriel's own network and the peers', and measure both; compiling cannot be hurried, so it comes last."""
    with book.trying(f"{title}, compiled Oriel", 30) as trial:
        if trial.worth:
            begun = time.perf_counter()
            models.compile()
            painter = painter_for(models, task, captured=False)
            painter.paint(_shots(task)())
            book.keep(f"{title}, Oriel's network compiled", seconds=time.perf_counter() - begun)
            painter.forget()
            oriel(book, models, task, args.seconds, f"{title}, compiled")
    with book.trying(f"{title}, compiled diffusers", 30) as trial:
        if trial.worth:
            stock = args.stocks(models, folder)["Oriel's format"]
            stock.unet.compile(dynamic=False)
            run = peers.plain_diffusers(stock, task)
            with torch.inference_mode():
                book.keep(
                    f"{title}, diffusers, compiled", **figures(run, models.machine.device, task.batch, args.seconds)
                )


def model(book: Notebook, name: str, place: Path, args: Any) -> None:
    """Build and load one model and let all contestants paint by it."""
    given = options(OPTIONS, {"device": args.device}, "artist")
    machine = choose(given, deterministic=False)
    book.say(f"{name}: building the folder")
    folder = random_model.build(name, place / name, narrow=args.narrow, device=machine.device.type)
    gc.collect()
    book.say(f"{name}: loading")
    models = load_models(str(folder), "", machine, book.say)
    book.say(f"{name}: loaded")
    words = models.reader.embed(_WORDS)

    def task(batch: int, steps: int) -> tuple[peers.Task, str]:
        return peers.Task(batch, steps, args.side, args.side, words), f"{name} {batch} x {args.side}, {steps} steps"

    first, title = task(3, 1)
    with book.trying(f"{title}, work") as trial:
        if trial.worth:
            book.keep(f"{title}, work", gflop=paint.flops(models, first) / 1e9)
    contest(book, models, folder, first, title, args)
    with book.trying(f"{title}, captured against plain") as trial:
        if trial.worth:
            equal(book, models, first, title)
    if args.messages and name == args.models[0]:
        with book.trying(f"{title}, OSC message to changed pixels", 30 + args.messages) as trial:
            if trial.worth:
                # Imported here: it wants the wires of a show, without which everything else can still be measured.
                from render.bench.messages import messages

                messages(book, folder, first, title, args.messages, args.device)
    more = () if name == "sdxl-turbo" or args.tasks == "first" else ((3, 4), (1, 1))
    for batch, steps in more:
        contest(book, models, folder, *task(batch, steps), args)
    if args.compile:
        compiled(book, models, folder, first, title, args)
    models.close()
    if args.soak and name == args.models[0]:
        with book.trying(f"{title}, soak", 20) as trial:
            if trial.worth:
                soak.soak(book, folder, first, title, args.soak, args.device)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what the time allows."""
    args = _parser().parse_args(arguments)
    args.stocks = _stocks()
    book = Notebook(args.out, args.until or time.time() + args.seconds_in_all)
    book.keep(
        "machine", card=torch.cuda.get_device_name() if torch.cuda.is_available() else "none", torch=torch.__version__,
        cuda=torch.version.cuda, python=platform.python_version(), when=time.strftime("%Y-%m-%d %H:%M"),
    )  # fmt: skip
    with book.trying("matmul rate") as trial:
        if trial.worth:
            machine = choose(options(OPTIONS, {"device": args.device}, "artist"), deterministic=False)
            book.keep(
                "matmul rate", tflops=paint.matmul_rate(machine.device, machine.dtype) / 1e12, dtype=machine.dtype
            )
    with tempfile.TemporaryDirectory(prefix="oriel-bench-") as scratch:
        for name in args.models:
            with book.trying(name, 15) as trial:
                if trial.worth:
                    model(book, name, Path(scratch), args)
            gc.collect()
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
    book.say(paint.REGION)
    book.say("done")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m render.bench.card", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seconds-in-all", type=float, default=600.0)
    parser.add_argument("--until", type=float, default=0.0, help="Unix time to end at, in place of --seconds-in-all")
    parser.add_argument("--seconds", type=float, default=5.0, help="per contestant")
    parser.add_argument("--models", nargs="+", default=["sd-turbo", "sdxl-turbo"], choices=random_model.NAMES)
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--narrow", action="store_true", help="a tenth as wide: a rehearsal on a CPU")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--compile", action="store_true", help="also compile, last, if at least 30 s are left")
    parser.add_argument("--soak", type=float, default=0.0, help="seconds of new words ten times a second, first model")
    parser.add_argument("--messages", type=float, default=0.0, help="seconds of OSC messages to a show, first model")
    parser.add_argument("--tasks", default="all", choices=("all", "first"), help="first: one step, three pictures only")
    parser.add_argument("--streamdiffusion", type=Path, help="folder with StreamDiffusion's source")
    return parser


if __name__ == "__main__":
    sys.exit(told(main))
