"""`oriel bench log`: how large the log of a day is, what it costs the show control, and how fast it is played again.

The show is played without its processes for some minutes of its own time: all channels of its inputs are as restless as
sound is (each a new random number per step, smoothed as the hearing input smooths; what it says of the beat, four times
a second), a hand moves a parameter seven times a second, and now and then somebody presses GO. Where other programs run
on the same cores, CPU time says more than the clock on the wall.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from show import announce, check
from show.columns import grained
from show.commands.replay import clock, verdict_on
from show.editions import Editions
from show.rates import CONTROL_HZ
from show.recording import Header, Step, instant, lived
from show.replay import Replay, versions
from show.snapshot import Event, Touch
from show.tape import Memory, Tape
from show.wires import score_channel

DAY_SECONDS = 8 * 3600
_SMOOTHING = 0.8
_OF_BEATS = ("/heard", "/bpm", "/phase", "/at", "/confidence")
_BEAT_EVERY = 15
"""Steps between two changes of what an input says of the beat; the sound input looks for it four times a second."""


def main(show: Path, minutes: float, processes: int) -> None:
    """Measure and print."""
    opened = check.open_show(show, announce.ask)
    parts = [f"server.inputs.{part.module}" for part in opened.show.input]
    channels = [name for found in announce.ask(parts).values() for name in found.channels] if parts else []
    regions = [region.name for region in opened.show.region]
    channels += [score_channel(name) for name in ("", *regions)] if opened.show.critic else []
    text = opened.show.model_dump_json()
    header = Header(datetime.now(UTC).isoformat(), versions(), str(show), "", text, opened.artist_parameters, {})
    engine, sink = Editions(opened.show, opened.parameters), Memory(header)
    tape, state = Tape(sink), engine.start()
    begun = len(sink.data)
    spent = {"engine": 0.0, "tape": 0.0}
    before = 0
    for step in steps(channels, round(minutes * 60 * CONTROL_HZ)):
        first = time.process_time()
        state = tape.begin(state, engine.texts, before)
        life = lived(state.life, before, step.stamp_ns)
        second = time.process_time()
        snapshot = engine.step(life, step.stamp_ns, step.channels, step.touches, step.events, state)
        third = time.process_time()
        tape.add(step._replace(life=life), snapshot)
        spent["engine"] += third - second
        spent["tape"] += time.process_time() - third + second - first
        before = step.stamp_ns
    tape.flush()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "day.oriellog"
        log.write_bytes(bytes(sink.data))
        _print(minutes, len(channels), len(sink.data) - begun, spent, _replayed(log, processes))


def steps(channels: list[str], count: int) -> Iterator[Step]:
    """Yield the arguments of steps of a restless day, the same ones every time; `life` is left at 0."""
    chance = random.Random(1)
    values, touches = dict.fromkeys(channels, 0.0), dict[str, Touch]()
    stamp_ns = 10**12
    for number in range(count):
        stamp_ns = instant(stamp_ns + round(1e9 / CONTROL_HZ) + chance.randrange(-200_000, 200_000))
        values = values | {
            name: grained(_SMOOTHING * old + (1 - _SMOOTHING) * chance.random())
            for name, old in values.items()
            if number % _BEAT_EVERY == 0 or not name.endswith(_OF_BEATS)
        }
        if number % 8 == 0:
            touches = {**touches, "camera/angle": Touch(chance.uniform(-20, 20), number + 1, stamp_ns)}
        kind = "start" if number == 0 else "go" if number % 1800 == 0 else None
        events = (Event("bench", number + 1, kind, "", stamp_ns),) if kind else ()  # type: ignore[arg-type]
        yield Step(0.0, stamp_ns, values, touches, events)


def _replayed(log: Path, processes: int) -> tuple[int, float, float, bool]:
    """Return (processes, seconds of CPU in one, seconds on the wall in all, whether it came out the same)."""
    day = Replay(log)
    first = time.process_time()
    one = verdict_on(log, len(day.parts), 1)
    cpu = time.process_time() - first
    begun = time.monotonic()
    many = verdict_on(log, len(day.parts), processes)
    return processes, cpu, time.monotonic() - begun, not (one.differences or many.differences)


def _print(
    minutes: float, channels: int, size: int, spent: dict[str, float], replayed: tuple[int, float, float, bool]
) -> None:
    count, seconds = minutes * 60 * CONTROL_HZ, minutes * 60
    processes, cpu, wall, same = replayed
    table = Table(title=f"A log of {clock(seconds)} at {CONTROL_HZ:g} steps a second, {channels} restless channels")
    for title in ("what", "figure"):
        table.add_column(title)
    for row in (
        ("written per step", f"{size / count:.1f} bytes"),
        ("a day of 8 h", f"{size / seconds * DAY_SECONDS / 1e6:.1f} MB (at most 50)"),
        ("the engine's step", f"{spent['engine'] / count * 1e6:.0f} us of CPU"),
        ("the tape's part of it", f"{spent['tape'] / count * 1e6:.0f} us of CPU"),
        ("replay in one process", f"{seconds / cpu:.0f} x real time (CPU)"),
        (f"replay in {processes} processes", f"{seconds / wall:.0f} x real time (on the wall)"),
        ("bit for bit", "yes" if same else "NO"),
    ):
        table.add_row(*row)
    Console().print(table)
