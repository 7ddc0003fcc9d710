"""`oriel bench pipe`: the whole pipe from an OSC message to the drawn picture, from stamps carried with every frame.

The show runs headless as it always does; a performer (`python -m server.performer`) sends one OSC message at a time.
The projector appends a Mark per drawn frame; everything printed is computed from these marks.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from show.errors import OrielError
from show.house import Plan, open_house
from show.wires import MARK, Mark

WARM_UP_SECONDS = 5.0
PATIENCE_SECONDS = 180.0


@dataclass(frozen=True)
class Figures:
    """What one run showed; times in seconds."""

    seconds: float
    drawn: int
    painted: int
    missed: int
    tick: float
    delays: tuple[float, ...]
    paint: tuple[float, ...]
    outside: float
    idle: float


def read_marks(data: bytes) -> list[Mark]:
    """Return the marks of a file that may end in the middle of one."""
    whole = len(data) - len(data) % MARK.size
    return [Mark(*fields) for fields in MARK.iter_unpack(data[:whole])]


def figures(marks: list[Mark]) -> Figures:
    """Compute the figures of a run from its marks; raise OrielError if nothing was drawn."""
    if len(marks) < 3:
        raise OrielError("bench pipe: the projector drew nothing")
    intervals = np.diff([mark.drawn_ns for mark in marks]) / 1e9
    tick = float(np.median(intervals))
    first_shown = {mark.frame: mark for mark in reversed(marks) if mark.frame}
    paintings = sorted(first_shown.values(), key=lambda mark: mark.frame)
    answered = {mark.origin_ns: mark for mark in reversed(marks) if mark.origin_ns}
    first_ns = marks[0].drawn_ns
    delays = [(mark.drawn_ns - origin) / 1e9 for origin, mark in answered.items() if origin > first_ns]
    paint = [(mark.done_ns - mark.begun_ns) / 1e9 for mark in paintings]
    forward = sum(mark.forward_ns for mark in paintings) / 1e9
    neighbours = [pair for pair in pairwise(paintings) if pair[1].frame == pair[0].frame + 1]
    rounds = [(later.done_ns - earlier.done_ns) / 1e9 for earlier, later in neighbours]
    return Figures(
        seconds=(marks[-1].drawn_ns - first_ns) / 1e9,
        drawn=len(marks),
        painted=len(paintings),
        missed=int(sum(round(interval / tick) - 1 for interval in intervals if interval > 1.5 * tick)),
        tick=tick,
        delays=tuple(sorted(delays)),
        paint=tuple(paint),
        outside=1 - forward / sum(paint) if paint and sum(paint) > 0 else 0.0,
        idle=1 - sum(paint) / len(paint) / float(np.mean(rounds)) if rounds else 0.0,
    )


def measure(plan: Plan, seconds: float) -> list[Mark]:
    """Play a show headless for `seconds` after its first picture, with a performer beside it; return the marks."""
    with tempfile.TemporaryDirectory(prefix="oriel-bench-") as folder:
        marks = Path(folder) / "marks"
        plan = replace(plan, headless=True, marks=marks, state_dir=Path(folder) / "state")
        with open_house(plan) as house:
            opened = time.monotonic()

            def first_picture(now: float) -> bool:
                if now - opened > PATIENCE_SECONDS:
                    raise OrielError("bench pipe: no picture came within three minutes")
                return house.pictures.newest_id > 0

            if house.supervisor.run(first_picture):
                raise OrielError("bench pipe: the show could not start")
            begun = time.monotonic()
            port = _osc_port(plan)
            with subprocess.Popen([sys.executable, "-m", "server.performer", "--port", str(port)]) as performer:
                house.supervisor.run(lambda now: now - begun > WARM_UP_SECONDS + seconds)
                performer.terminate()
        found = read_marks(marks.read_bytes())
    start_ns = int((begun + WARM_UP_SECONDS) * 1e9)
    return [mark for mark in found if mark.drawn_ns >= start_ns]


def _osc_port(plan: Plan) -> int:
    for part in plan.show.input:
        if part.module == "osc":
            return int(part.options.get("port", 9000))
    raise OrielError("bench pipe: the show has no [[input]] osc to send messages to")


def main(plan: Plan, seconds: float) -> None:
    """Play the show and print its figures."""
    found = figures(measure(plan, seconds))
    size = plan.show.artist
    table = Table(
        title=f"The pipe: {plan.show_path.name}, {len(plan.show.region)} regions of {size.width}x{size.height}"
    )
    table.add_column("what")
    table.add_column("figure", justify="right")
    delays = np.array(found.delays) * 1e3
    rows = [
        ("measured for", f"{found.seconds:.1f} s"),
        ("painted triptychs per second", f"{found.painted / found.seconds:.2f}"),
        ("one painting, median", f"{np.median(found.paint) * 1e3:.1f} ms"),
        ("delivered frames per second", f"{found.drawn / found.seconds:.2f}"),
        ("missed ticks", f"{found.missed} of {found.drawn + found.missed} (tick {found.tick * 1e3:.1f} ms)"),
        ("OSC message to drawn picture", f"p50 {_at(delays, 50)}, p99 {_at(delays, 99)} ({len(delays)} messages)"),
        ("painting time outside the forward passes", f"{found.outside:.1%}"),
        ("painter's time between paintings", f"{found.idle:.1%}"),
    ]
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def _at(values: np.ndarray, percentile: float) -> str:
    return f"{np.percentile(values, percentile):.0f} ms" if len(values) else "not measured"
