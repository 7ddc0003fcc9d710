"""`oriel bench paint`: how fast pictures are painted, beside the bare networks, plain diffusers and StreamDiffusion.

One process, the same weights, the same bytes out. All contestants take turns, frame by frame, so that whatever else the
machine does falls on all of them alike.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import platform
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from torch.utils.flop_counter import FlopCounterMode

from render.artists.base import Studio
from render.artists.diffusion import OPTIONS, PARAMETERS
from render.bench import peers
from render.bench.walk import snapshot_at
from render.capture import Recordings
from render.machine import choose
from render.models import Models, find_model, load_models
from render.painter import Painter
from show.errors import told
from show.parameter import options
from show.snapshot import Snapshot

REGION: Final = """The timed region is one call: from a snapshot (Oriel: mixing of cached words, walk of the noise, \
camera, renormalisation, UNet, decoder) or from finished embeddings (peers: fresh noise, UNet, decoder) to pictures \
(N, H, W, 3) uint8 in host memory. The bare networks are the UNet calls and the decoder on tensors that lie ready, \
without bytes. \
Loading, warming up and text encoding are outside for all. FLOP = 2 x MAC, counted by torch's own counter."""
_WARM: Final = 3
_LONG: Final = 1_000_000


@dataclasses.dataclass
class Row:
    """One contestant at one task: seconds and CPU seconds (of all threads) of every frame, and of Oriel the share of
    time outside the networks."""

    name: str
    seconds: list[float] = dataclasses.field(default_factory=list)
    cpu: list[float] = dataclasses.field(default_factory=list)
    outside: list[float] = dataclasses.field(default_factory=list)

    def percentile(self, place: float) -> float:
        """Return milliseconds per frame at a percentile."""
        return 1000 * float(np.percentile(self.seconds, place))

    @property
    def median(self) -> float:
        """Median seconds of a frame."""
        return float(np.median(self.seconds))


def matmul_rate(device: torch.device, dtype: torch.dtype) -> float:
    """Return FLOP/s of the best of some products of large square matrices on this machine."""
    side = 8192 if device.type == "cuda" else 1536
    a, b = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    best = float("inf")
    for _ in range(8):
        begun = time.perf_counter()
        torch.mm(a, b)
        _wait(device)
        best = min(best, time.perf_counter() - begun)
    return 2 * side**3 / best


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def shots(batch: int, steps: int, frame: int, **values: float) -> Snapshot:
    """Return the snapshot of one frame of a long walk through words and seeds, for the first `batch` regions."""
    snapshot = snapshot_at(frame, _LONG)
    given = {p.address: p.default for p in PARAMETERS} | {"artist/steps": steps} | values
    return _replaced(snapshot, regions=snapshot.regions[:batch], values=given)


def _replaced(snapshot: Snapshot, **changes: Any) -> Snapshot:
    from msgspec.structs import replace

    return replace(snapshot, **changes)


def contest(
    models: Models, task: peers.Task, stocks: dict[str, peers.Stock], source: Path | None, args: Any
) -> list[Row]:
    """Let all contestants paint one task in turns, for `args.seconds`; Oriel comes first."""
    names = ("left", "centre", "right")[: task.batch]
    given = options(OPTIONS, {"device": args.device}, "artist")
    # Recorded on the spot, so that no plain painting is among those that are measured.
    recordings = Recordings(background=False) if models.machine.device.type == "cuda" else None
    painter = Painter(models, Studio(task.width, task.height, names, given), recordings)
    if args.compile:
        models.compile()
    painter.warm_up()
    frame = iter(range(_LONG // 4, _LONG))
    rows = [Row("Oriel, compiled" if args.compile else "Oriel"), Row("bare networks")]
    outside = rows[0].outside

    def oriel() -> None:
        begun = time.perf_counter_ns()
        painting = painter.paint(shots(task.batch, task.steps, next(frame)))
        outside.append(1 - painting.forward_ns / (time.perf_counter_ns() - begun))

    runs: list[Callable[[], object]] = [oriel, peers.bare(models, task)]
    for name, stock in stocks.items():
        runs.append(peers.plain_diffusers(stock, task))
        rows.append(Row(f"diffusers, {name}"))
        if source is not None and not stock.added(task):
            runs.append(peers.stream_diffusion(source, stock, task))
            rows.append(Row(f"StreamDiffusion, {name}"))
    _take_turns(runs, rows, models.machine.device, args.seconds)
    return rows


@torch.inference_mode()
def _take_turns(
    runs: Sequence[Callable[[], object]], rows: Sequence[Row], device: torch.device, seconds: float
) -> None:
    for run in runs:
        for _ in range(_WARM):
            run()
    rows[0].outside.clear()
    until = time.perf_counter() + seconds * len(runs)
    while time.perf_counter() < until or len(rows[0].seconds) < _WARM:
        for run, row in zip(runs, rows, strict=True):
            _wait(device)
            begun, cpu = time.perf_counter(), time.process_time()
            run()
            _wait(device)
            row.seconds.append(time.perf_counter() - begun)
            row.cpu.append(time.process_time() - cpu)


def flops(models: Models, task: peers.Task) -> float:
    """Return the FLOP of the bare networks for one frame."""
    counter = FlopCounterMode(display=False)
    with torch.inference_mode(), counter:
        peers.bare(models, task)()
    return float(counter.get_total_flops())


def _table(title: str, rows: Sequence[Row], task: peers.Task, work: float, rate: float) -> dict[str, Any]:
    table = Table(title=title)
    for heading in (
        "",
        "pictures/s",
        "median ms",
        "p99",
        "p99.9",
        "CPU ms",
        "Oriel is",
        "of the matmul rate",
        "outside networks",
    ):
        table.add_column(heading)
    kept = []
    for row in rows:
        outside = f"{100 * float(np.median(row.outside)):.1f} %" if row.outside else ""
        pace, share = task.batch / row.median, work / row.median / rate
        times = row.median / rows[0].median
        # Contestants take turns: the ratio of neighbours is steadier on a busy machine than that of medians.
        paired = float(np.median(np.array(row.seconds) / np.array(rows[0].seconds)))
        cpu = 1000 * float(np.median(row.cpu))
        marks = [f"{row.percentile(p):.1f}" for p in (50, 99, 99.9)]
        cells = [f"{pace:.2f}", *marks, f"{cpu:.1f}", f"{paired:.2f} x as fast"]
        table.add_row(row.name, *cells, f"{100 * share:.1f} %", outside)
        kept.append(
            {"name": row.name, "per_second": pace, "ms": [row.percentile(p) for p in (50, 99, 99.9)],
             "cpu_ms": cpu, "oriel_faster": paired, "of_medians": times, "of_matmul": share, "frames": len(row.seconds)}
        )  # fmt: skip
    Console(width=150).print(table)
    return {"batch": task.batch, "steps": task.steps, "flop": work, "rows": kept}


def _stocks(models: Models, folder: Path, args: Any) -> dict[str, peers.Stock]:
    """The peers' networks: as shipped (fp32 on a CPU, fp16 on a card, plain layout) and in Oriel's own format."""
    on_card = models.machine.device.type == "cuda"
    shipped = peers.Stock(folder, models, torch.float16 if on_card else torch.float32, same_layout=False)
    same = peers.Stock(folder, models, models.machine.dtype, same_layout=True)
    found = {"as shipped": shipped, "Oriel's format": same}
    if args.compile_peers:
        compiled = peers.Stock(folder, models, models.machine.dtype, same_layout=True)
        compiled.unet.compile(mode="max-autotune" if on_card else "default")
        found["compiled"] = compiled
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its tables."""
    args = _parser().parse_args(arguments)
    given = options(OPTIONS, {k: getattr(args, k) for k in ("model", "device", "dtype", "threads")}, "artist")
    machine = choose(given, deterministic=False)
    models = load_models(args.model, "", machine, lambda _: None)
    folder = find_model(args.model, lambda _: None)
    words = models.reader.embed("black bubbling water")
    rate = matmul_rate(machine.device, machine.dtype)
    name = str(machine.dtype).removeprefix("torch.")
    print(
        f"{machine.place} ({platform.machine()}), {torch.get_num_threads()} threads, {name}, torch {torch.__version__}"
    )
    print(f"measured matmul rate: {rate / 1e12:.3f} TFLOP/s")
    stocks = _stocks(models, folder, args)
    results = []
    for steps in args.steps:
        for batch in args.batches:
            task = peers.Task(batch, steps, args.height, args.width, words)
            work = flops(models, task)
            title = f"{batch} x {args.width} x {args.height}, {steps} steps, {work / 1e9:.1f} GFLOP"
            results.append(_table(title, contest(models, task, stocks, args.streamdiffusion, args), task, work, rate))
    print(REGION)
    if args.streamdiffusion is None:
        print("StreamDiffusion was not measured: no --streamdiffusion FOLDER was given.")
    if args.out is not None:
        args.out.write_text(json.dumps({"arguments": vars(args), "matmul": rate, "results": results}, default=str))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("oriel bench paint", description=__doc__)
    parser.add_argument("--model", default="embedded", help='"embedded", a folder or a hub id')
    parser.add_argument("--width", type=int, default=192)
    parser.add_argument("--height", type=int, default=320)
    parser.add_argument("--steps", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 3], choices=(1, 2, 3))
    parser.add_argument("--seconds", type=float, default=10.0, help="per contestant and task")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--dtype", default="auto", choices=("auto", "fp32", "bf16", "fp16"))
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--streamdiffusion", type=Path, help="folder with StreamDiffusion's source")
    parser.add_argument("--compile", action="store_true", help="Oriel and the bare networks with compile = true")
    parser.add_argument("--compile-peers", action="store_true", help="also measure the peers with torch.compile")
    parser.add_argument("--out", type=Path, help="write the figures to this JSON file")
    return parser


if __name__ == "__main__":
    sys.exit(told(main))
