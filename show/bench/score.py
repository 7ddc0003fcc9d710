"""`oriel bench score`: what one step of the engine costs with a large score, in a fade, at a jump, and in a replay."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from show.config import Show
from show.editions import Editions
from show.engine import EngineState
from show.parameter import Parameter, ParameterTree
from show.parameters import CORE
from show.rates import CONTROL_HZ
from show.recording import Header, Step
from show.replay import Replay, versions
from show.snapshot import Event, Snapshot
from show.tape import Memory, Tape

TRACKS: Final = 500
BINDINGS: Final = 200
SCENE_SECONDS: Final = 300.0
SCENES: Final = 12
"""An hour of scenes."""
CHANNELS: Final = 20
JUMPS: Final = 40
_KEYS: Final = 12


def big_show(tracks: int, bindings: int, scenes: int) -> tuple[Show, tuple[Parameter, ...]]:
    """Return a show with so many tracks in every scene and so many bindings, and the parameters that it needs."""
    parameters = tuple(Parameter(f"bench/p{n}", "float", 0.0, "", -10.0, 10.0) for n in range(tracks))
    square = [[0, 0], [1, 0], [1, 1], [0, 1]]
    regions = ("left", "middle", "right")
    data: dict[str, Any] = {
        "show": {"title": "bench"},
        "region": [{"name": name, "seed": n} for n, name in enumerate(regions)],
        "surface": [{"region": name, "corners": square} for name in regions],
        "scene": [
            {
                "name": f"scene {number}",
                "seconds": SCENE_SECONDS,
                "words": [{"text": f"words {number}"}, {"text": "more", "weight": "0.5 + 0.5 * sin(p=4b)"}],
                "tracks": {f"bench/p{n}": _track(n) for n in range(tracks)} | {"camera/zoom": _track(0)},
            }
            for number in range(scenes)
        ],
        "channel": [
            {"name": f"derived{n}", "expr": f"audio/c{n} * 2 - camera/zoom", "lag": 0.2, "noise": {"every": "1b"}}
            for n in range(10)
        ],
        "binding": [
            {
                "channel": (f"derived{n % 10}" if n % 10 == 0 else f"audio/c{n % CHANNELS}"),
                "parameter": one,
                "amount": 0.5,
            }
            for n, one in enumerate(f"bench/p{n % tracks}" for n in range(bindings))
        ],
    }
    return Show.model_validate(data), parameters


def _track(number: int) -> Any:
    """Return one of five kinds of track: straight keys, eased keys, an expression, a wave, noise."""
    step = SCENE_SECONDS / _KEYS
    rising = [[n * step, 1.0 + 0.01 * ((n * 7 + number) % 5)] for n in range(_KEYS)]
    kinds: list[Callable[[], Any]] = [
        lambda: rising,
        lambda: [[*key, "ease-in-out"] for key in rising],
        lambda: "1.02 + 0.1 * sin(2 * 3.14 * t / 60)",
        lambda: {"keys": rising, "curve": "cubic", "wave": {"period": "4b", "amount": 0.1}},
        lambda: {"value": 1.0, "noise": {"every": 0.5, "amount": 0.1}},
    ]
    return kinds[number % len(kinds)]()


class Bench:
    """An engine that is stepped as control does it, by a clock that is only counted."""

    def __init__(self, show: Show, parameters: tuple[Parameter, ...]) -> None:
        self.engine = Editions(show, ParameterTree((*CORE, *parameters)))
        self.state = self.engine.start()
        self.steps = 0
        self._events = 0
        self.step("start")

    def arguments(self, kind: Any = "", argument: str = "") -> Step:
        """Return the arguments of the next step, with an event if one is given."""
        events = []
        if kind:
            self._events += 1
            events.append(Event("bench", self._events, kind, argument))
        life = self.steps / CONTROL_HZ
        channels = {f"audio/c{n}": 0.5 + 0.5 * math.sin(life * (n + 1)) for n in range(CHANNELS)}
        self.steps += 1
        return Step(life, round(life * 1e9), channels, {}, events)

    def step(self, kind: Any = "", argument: str = "") -> tuple[float, float]:
        """Take one step; return the seconds that it took by the clock and of the processor."""
        given = self.arguments(kind, argument)
        begun, busy = time.perf_counter(), time.thread_time()
        self.engine.step(*given, self.state)
        return time.perf_counter() - begun, time.thread_time() - busy


def steady(bench: Bench, seconds: float) -> NDArray[np.float64]:
    """Return seconds per step, by the clock and of the processor, while a scene plays and no fade is on."""
    bench.step("jump", "1")
    for _ in range(round(4 * CONTROL_HZ)):
        bench.step()
    return np.array(list(_for(seconds, bench.step)))


def fading(bench: Bench, seconds: float) -> NDArray[np.float64]:
    """Return seconds per step while one scene grows out of another: every two seconds GO."""

    def fade() -> tuple[float, float]:
        return bench.step("go") if bench.steps % round(2 * CONTROL_HZ) == 0 else bench.step()

    return np.array(list(_for(seconds, fade)))


def jumping(bench: Bench) -> NDArray[np.float64]:
    """Return seconds per step that seeks to some second of the hour."""
    hour = SCENES * SCENE_SECONDS
    return np.array([bench.step("seek", f"{(n * 0.618 % 1) * hour:.3f}") for n in range(JUMPS)])


def _for(seconds: float, step: Callable[[], tuple[float, float]]) -> Iterator[tuple[float, float]]:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        yield step()


def replay(show: Show, parameters: tuple[Parameter, ...], seconds: float) -> float:
    """Return how many times as fast as it was recorded a log of so many seconds of show is replayed."""
    header = Header(
        created="", versions=versions(), show_path="", show_text="", show_json=show.model_dump_json(),
        artist_parameters=parameters, seeds={},
    )  # fmt: skip
    kept = Memory(header)
    tape, bench = Tape(kept), Bench(show, parameters)
    for _ in range(round(seconds * CONTROL_HZ)):
        given = bench.arguments()
        state: EngineState = tape.begin(bench.state, bench.engine.texts, given.stamp_ns)
        bench.state = state
        snapshot: Snapshot = bench.engine.step(*given, state)
        tape.add(given, snapshot)
    tape.flush()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.oriellog"
        path.write_bytes(bytes(kept.data))
        begun = time.perf_counter()
        played = Replay(path)
        instants = [one.at for one in played.play()]
        assert not played.differences, played.differences
        assert all(a <= b for a, b in pairwise(instants))
        return seconds / (time.perf_counter() - begun)


def main(seconds: float) -> None:
    """Print what a step costs; `seconds` is spent on each measurement."""
    tick = 1.0 / CONTROL_HZ
    table = Table(title=f"The score: one step of the engine, as a share of a tick of {CONTROL_HZ:g} Hz")
    for heading in ("score", "steps", "p50 ms", "p99 ms", "p50 share", "p99 share", "processor p50", "processor p99"):
        table.add_column(heading, justify="left" if heading == "score" else "right")
    show, parameters = big_show(TRACKS, BINDINGS, SCENES)
    bench = Bench(show, parameters)
    name = f"{TRACKS} tracks, {BINDINGS} bindings"
    for what, times in (
        (name, steady(bench, seconds)),
        (f"{name}, in a fade", fading(bench, seconds)),
        (f"{name}, seeking in an hour", jumping(bench)),
    ):
        clock = np.percentile(times[:, 0], (50, 99))
        busy = np.percentile(times[:, 1], (50, 99))
        row = [f"{one * 1e3:.2f}" for one in clock]
        table.add_row(what, str(len(times)), *row, *(f"{one / tick:.1%}" for one in (*clock, *busy)))
    console = Console()
    console.print(table)
    small = big_show(12, 8, 12)
    console.print(f"Replay of a log: 12 tracks, 8 bindings: {replay(*small, 60.0):.0f} x real time.")
    console.print(f"Replay of a log: {name}: {replay(*big_show(TRACKS, BINDINGS, 2), 10.0):.0f} x real time.")
