"""`oriel bench pipe`: the whole pipe from an OSC message to the drawn picture, from stamps carried with every frame.

The show runs headless as it always does; a performer (`python -m server.performer`) sends one OSC message at a time and
writes down when. The projector appends a Mark per drawn frame, and a watcher notes every new snapshot and when each
painting lay whole on the frame bus; everything printed is computed from these.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from struct import Struct
from typing import Final, NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from show.bus import Subscriber
from show.errors import OrielError
from show.frames import FrameReader, Stamps, attach
from show.house import Plan, open_house
from show.snapshot import Snapshot
from show.wires import INSTANT, MARK, SNAPSHOT, Mark, Wires

WARM_UP_SECONDS = 5.0
PATIENCE_SECONDS = 180.0
UNDRAWN: Final = ("render", "control", "osc")
"""What runs when nothing is to be drawn: a machine with a card may have neither a display nor EGL."""
_WATCH_SECONDS: Final = 0.0005


class Seen(NamedTuple):
    """A painting that lay whole on the frame bus at `seen_ns`, with its stamps."""

    seen_ns: int
    stamps: Stamps


class Answer(NamedTuple):
    """How long one OSC message took until a painting made from it lay on the bus, and where; in seconds.

    `score`: until the first snapshot that holds it; `waited`: until a painting was begun from that or a later one;
    `painting`: until the pixels were on the bus. `whole` is the sum.
    """

    score: float
    waited: float
    painting: float

    @property
    def whole(self) -> float:
        """From the message to changed pixels."""
        return self.score + self.waited + self.painting


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


class Step(NamedTuple):
    """A snapshot that was the first to hold a message: when its step began, and when the message came in (ns)."""

    stamp_ns: int
    origin_ns: int


@dataclass
class Sights:
    """What a watcher saw while a show played, in the order of time."""

    steps: list[Step] = field(default_factory=list)
    paintings: list[Seen] = field(default_factory=list)


@dataclass(frozen=True)
class Run:
    """What was written down while a show played: instants of messages (monotonic ns), what was seen, frames drawn."""

    sent: list[int]
    seen: Sights
    marks: list[Mark]


def read_marks(data: bytes) -> list[Mark]:
    """Return the marks of a file that may end in the middle of one."""
    return [Mark(*fields) for fields in MARK.iter_unpack(_whole(data, MARK))]


def read_instants(data: bytes) -> list[int]:
    """Return the instants of a file that may end in the middle of one."""
    return [instant for (instant,) in INSTANT.iter_unpack(_whole(data, INSTANT))]


def _whole(data: bytes, layout: Struct) -> bytes:
    return data[: len(data) - len(data) % layout.size]


def answers(sent: Sequence[int], seen: Sights) -> list[Answer]:
    """Return what became of the messages, in order, up to the last that was answered.

    A message is answered by the first step of the score and the first painting made from it or from a later one.
    """
    stepped: list[int] = []
    for step in seen.steps:
        stepped += [step.stamp_ns] * (bisect_right(sent, step.origin_ns) - len(stepped))
    found: list[Answer] = []
    for painting in seen.paintings:
        stamps = painting.stamps
        for number in range(len(found), min(len(stepped), bisect_right(sent, stamps.origin_ns))):
            instants = (sent[number], stepped[number], stamps.begun_ns, painting.seen_ns)
            found.append(Answer(*((later - earlier) / 1e9 for earlier, later in pairwise(instants))))
    return found


def figures(marks: list[Mark], sent: Sequence[int] = ()) -> Figures:
    """Compute the figures of a run from its marks; raise OrielError if nothing was drawn.

    A message counts from when it was `sent`, or, where that is not known, from when it came in.
    """
    if len(marks) < 3:
        raise OrielError("bench pipe: the projector drew nothing")
    intervals = np.diff([mark.drawn_ns for mark in marks]) / 1e9
    tick = float(np.median(intervals))
    first_shown = {mark.frame: mark for mark in reversed(marks) if mark.frame}
    paintings = sorted(first_shown.values(), key=lambda mark: mark.frame)
    answered = {mark.origin_ns: mark for mark in reversed(marks) if mark.origin_ns}
    first_ns = marks[0].drawn_ns
    delays = [
        (mark.drawn_ns - _sent_before(sent, origin)) / 1e9 for origin, mark in answered.items() if origin > first_ns
    ]
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


def _sent_before(sent: Sequence[int], origin_ns: int) -> int:
    number = bisect_right(sent, origin_ns) - 1
    return sent[number] if number >= 0 else origin_ns


@contextmanager
def watched(wires: Wires) -> Iterator[Sights]:
    """Note what comes while the block runs; a painting that is overtaken at once is left out."""
    reader, seen, over = FrameReader(attach(wires.pictures)), Sights(), threading.Event()
    snapshots = Subscriber(wires.run, SNAPSHOT, Snapshot)

    def watch() -> None:
        last, origin = reader.newest_id, 0
        while not over.wait(_WATCH_SECONDS):
            frame, snapshot = reader.newest(last), snapshots.newest()
            if frame is not None:
                last = frame.id
                seen.paintings.append(Seen(time.monotonic_ns(), frame.stamps))
            if snapshot is not None and snapshot.origin_ns != origin:
                origin = snapshot.origin_ns
                seen.steps.append(Step(snapshot.stamp_ns, origin))

    thread = threading.Thread(target=watch, name="oriel-watch")
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()
        snapshots.close()
        reader.close()


def measure(
    plan: Plan, seconds: float, *, every: float = 0.7, drawn: bool = True, patience: float = PATIENCE_SECONDS
) -> Run:
    """Play a show headless for `seconds` after its first picture, with a performer who sends a message `every` seconds.

    Where nothing is to be `drawn` there is neither projector nor phone page, and there are no marks. Raises OrielError
    when no picture comes within `patience` seconds.
    """
    with tempfile.TemporaryDirectory(prefix="oriel-bench-") as folder:
        marks, sent = Path(folder) / "marks", Path(folder) / "sent"
        plan = replace(plan, headless=True, marks=marks, state_dir=Path(folder) / "state")
        with open_house(plan if drawn else replace(plan, only=UNDRAWN)) as house:
            opened = time.monotonic()

            def first_picture(now: float) -> bool:
                if now - opened > patience:
                    raise OrielError(f"bench pipe: no picture came within {patience:.0f} seconds")
                return house.pictures.newest_id > 0

            if house.supervisor.run(first_picture):
                raise OrielError("bench pipe: the show could not start")
            begun = time.monotonic()
            house.supervisor.run(lambda now: now - begun > WARM_UP_SECONDS)
            words = ("--port", str(osc_port(plan)), "--every", str(every), "--sent", str(sent))
            command = [sys.executable, "-m", "server.performer", *words]
            with watched(house.wires) as seen, subprocess.Popen(command) as performer:
                sent.touch()
                house.supervisor.run(lambda _: sent.stat().st_size > 0 or performer.poll() is not None)
                counted = time.monotonic()
                house.supervisor.run(lambda now: now - counted > seconds)
                performer.terminate()
        found = read_marks(marks.read_bytes()) if drawn else []
        instants = read_instants(sent.read_bytes())
    start_ns = int(counted * 1e9)
    return Run(instants, seen, [mark for mark in found if mark.drawn_ns >= start_ns])


def osc_port(plan: Plan) -> int:
    """Return the port at which a show hears OSC; raise OrielError when it does not."""
    for part in plan.show.input:
        if part.module == "osc":
            return int(part.options.get("port", 9000))
    raise OrielError("bench pipe: the show has no [[input]] osc to send messages to")


def main(plan: Plan, seconds: float, *, every: float = 0.7, drawn: bool = True) -> None:
    """Play the show and print its figures."""
    run = measure(plan, seconds, every=every, drawn=drawn)
    size = plan.show.artist
    table = Table(
        title=f"The pipe: {plan.show_path.name}, {len(plan.show.region)} regions of {size.width}x{size.height}"
    )
    table.add_column("what")
    table.add_column("figure", justify="right")
    for row in (*(_drawn(figures(run.marks, run.sent)) if drawn else ()), *_answered(answers(run.sent, run.seen))):
        table.add_row(*row)
    Console(width=110).print(table)


def _drawn(found: Figures) -> list[tuple[str, str]]:
    delays = np.array(found.delays) * 1e3
    return [
        ("measured for", f"{found.seconds:.1f} s"),
        ("painted triptychs per second", f"{found.painted / found.seconds:.2f}"),
        ("one painting, median", f"{np.median(found.paint) * 1e3:.1f} ms"),
        ("delivered frames per second", f"{found.drawn / found.seconds:.2f}"),
        ("missed ticks", f"{found.missed} of {found.drawn + found.missed} (tick {found.tick * 1e3:.1f} ms)"),
        ("painting time outside the forward passes", f"{found.outside:.1%}"),
        ("painter's time between paintings", f"{found.idle:.1%}"),
        ("OSC message to drawn picture", f"p50 {_at(delays, 50)}, p99 {_at(delays, 99)} ({len(delays)} messages)"),
    ]


def _answered(found: Sequence[Answer]) -> list[tuple[str, str]]:
    whole = np.array([answer.whole for answer in found]) * 1e3
    parts = np.array(found).reshape(-1, len(Answer._fields)) * 1e3
    names = ("until a step of the score", "until a painting is begun", "until that is painted")
    return [
        ("OSC message to changed pixels", f"p50 {_at(whole, 50)}, p99 {_at(whole, 99)} ({len(whole)} messages)"),
        *((f"  of it {name}", f"p50 {_at(part, 50)}") for name, part in zip(names, parts.T, strict=True)),
    ]


def _at(values: np.ndarray, percentile: float) -> str:
    return f"{np.percentile(values, percentile):.1f} ms" if len(values) else "not measured"
