"""`oriel bench soak`: a show that plays for long while its parts are killed one after the other, and what became of it.

Everything is real: the show with all its processes, a performer, broken packets, a phone that asks for the page, and
SIGKILL. What is looked at is what a gallery would see: whether the wall was ever black or stood still, whether parts
came back, whether memory and open files grow with the hours.
"""

from __future__ import annotations

import math
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from show.bench import pipe
from show.bench.report import Report
from show.config import Show
from show.errors import OrielError
from show.frames import Pictures
from show.house import House, Plan, open_house

BLACK: Final = 16
"""A picture on the wall without a brighter sample than this is black."""
_INSET: Final = 0.15
"""Share of a surface's box that is left out on every side: it may lean, and its edge may be masked."""
PICTURES_SECONDS: Final = 60.0
"""Longest time without a new painting that is forgiven: an artist that was killed loads its model again."""
WALL_SECONDS: Final = 20.0
"""Longest time without a new frame that is forgiven: a projector that was killed compiles its shaders again."""
GROWTH: Final = 1.1
"""Memory and open files of a part, at the end of its life by those at the beginning, at the most."""
SAMPLE_SECONDS: Final = 5.0
LIFE_SAMPLES: Final = 60
"""Shortest life, in samples, of which growth can be told."""
_PAGE_SECONDS: Final = 2.0
_BROKEN_PACKETS: Final = 200


class Holding(NamedTuple):
    """What a process holds: its own memory in MiB (RssAnon) and its open files."""

    memory: float
    files: int


def holding(process: int) -> Holding | None:
    """Return what a process holds, None when it is gone or this system has no /proc."""
    folder = Path("/proc") / str(process)
    try:
        status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines() if ":" in line)
        return Holding(int(status["RssAnon"].split()[0]) / 1024, sum(1 for _ in (folder / "fd").iterdir()))
    except (OSError, KeyError, ValueError):
        return None


def pictures_of(strip: Pictures, show: Show) -> list[Pictures]:
    """Return the middles of the surfaces on a strip (h, w, 3) of the first output: what lies between tells nothing."""
    height, width, _ = strip.shape
    found = []
    for surface in show.surface:
        if surface.output == show.output[0].name:
            across, down = (sorted(corner[axis] for corner in surface.corners) for axis in (0, 1))
            box = [_middle(across[0], across[-1], width), _middle(down[0], down[-1], height)]
            found.append(strip[box[1], box[0]])
    return found


def _middle(low: float, high: float, size: int) -> slice:
    inset = _INSET * (high - low)
    first = min(max(int((low + inset) * size), 0), size - 1)
    return slice(first, max(first + 1, min(size, int((high - inset) * size))))


@dataclass
class Eye:
    """Watches a frame bus by the ids of its frames: how many came, and the `longest` seconds in which none did."""

    last_id: int = 0
    last_at: float = 0.0
    longest: float = 0.0
    count: int = 0

    def look(self, number: int, now: float) -> bool:
        """Note the newest id at `now`; True when it is a new one. What stands still counts while it does."""
        self.last_at = self.last_at or now
        self.longest = max(self.longest, now - self.last_at)
        if number == self.last_id:
            return False
        self.count += number - self.last_id if self.last_id else 0
        self.last_id, self.last_at = number, now
        return True


@dataclass
class Kill:
    """One SIGKILL: which part, which process, when, and after how many seconds its successor's loop turned."""

    part: str
    process: int
    at: float
    back: float | None = None


@dataclass
class Found:
    """What was seen: strips of the wall, paintings, kills, holdings by part and process, and answers of the page."""

    wall: Eye = field(default_factory=Eye)
    paintings: Eye = field(default_factory=Eye)
    darkest: int = 255
    black: int = 0
    kills: list[Kill] = field(default_factory=list)
    held: dict[tuple[str, int], list[Holding]] = field(default_factory=dict)
    asked: int = 0
    answered: int = 0


class Watch:
    """Looks at an open house as often as its supervisor does, and kills one part after the other."""

    def __init__(self, house: House, plan: Plan, seconds: float, kill_every: float, chance: random.Random) -> None:
        self._house, self._plan = house, plan
        self._chance, self._every = chance, kill_every
        now = time.monotonic()
        # Who is killed must have time to come back before the end.
        self._last_kill_at = now + seconds - min(PICTURES_SECONDS, seconds / 2)
        self._kill_at = now + kill_every if kill_every else float("inf")
        self._sample_at = self._page_at = now
        self._turn: list[str] = []
        self.found = Found()

    def look(self) -> None:
        """Look once."""
        now = time.monotonic()
        found, house = self.found, self._house
        found.paintings.look(house.pictures.newest_id, now)
        if found.wall.look(house.glass.newest_id, now):
            self._look_at_wall()
        self._see_them_back(now)
        if now >= self._sample_at:
            self._sample_at = now + SAMPLE_SECONDS
            self._sample()
        if now >= self._page_at:
            self._page_at = now + _PAGE_SECONDS
            self._ask_page()
        if self._kill_at <= now <= self._last_kill_at:
            self._kill_at = now + self._every
            self._kill(now)

    def _look_at_wall(self) -> None:
        strip = self._house.glass.newest()
        if strip is not None:
            pictures = pictures_of(strip.pictures[0], self._plan.show)
            darkest = min((int(picture.max()) for picture in pictures), default=255)
            self.found.darkest = min(self.found.darkest, darkest)
            self.found.black += darkest < BLACK

    def _see_them_back(self, now: float) -> None:
        for kill in self.found.kills:
            if kill.back is None:
                process = self._house.supervisor.process_id(kill.part)
                counter, _ = self._house.board.read(self._house.wires.row(kill.part))
                if process not in (None, kill.process) and counter > 0:
                    kill.back = now - kill.at

    def _sample(self) -> None:
        for part in self._house.wires.processes:
            process = self._house.supervisor.process_id(part)
            held = holding(process) if process is not None else None
            if process is not None and held is not None:
                self.found.held.setdefault((part, process), []).append(held)

    def _ask_page(self) -> None:
        self.found.asked += 1
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._plan.show.remote.port}/", timeout=0.5) as answer:
                self.found.answered += answer.status == 200
        except (urllib.error.URLError, OSError):
            return  # counted as asked and not answered

    def _kill(self, now: float) -> None:
        """Kill the next part of a shuffled round through all of them, and send broken packets to OSC."""
        if not self._turn:
            self._turn = list(self._house.wires.processes)
            self._chance.shuffle(self._turn)
        part = self._turn.pop()
        process = self._house.supervisor.process_id(part)
        if process is not None:
            os.kill(process, signal.SIGKILL)
            self.found.kills.append(Kill(part, process, now))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
            for _ in range(_BROKEN_PACKETS):
                wire.sendto(
                    self._chance.randbytes(self._chance.randrange(64)), ("127.0.0.1", pipe.osc_port(self._plan))
                )


def grown(held: Sequence[Holding]) -> tuple[float, float] | None:
    """Return by what factors memory and open files grew in one process's life: its last fifth by its second.

    None for a life that was too short to tell; the first fifth is left out, in which a part loads and warms up.
    """
    if len(held) < LIFE_SAMPLES:
        return None
    fifth = len(held) // 5
    early, late = (np.median(np.array(some), axis=0) for some in (held[fifth : 2 * fifth], held[-fifth:]))
    memory, files = late / early
    return float(memory), float(files)


def gained_in_an_hour(held: Sequence[Holding]) -> float:
    """Return by how many MiB an hour a process grew between the second and the last fifth of its samples."""
    fifth = len(held) // 5
    early, late = (float(np.median([one.memory for one in some])) for some in (held[fifth : 2 * fifth], held[-fifth:]))
    # From the middle of the one fifth to the middle of the other.
    return (late - early) / ((len(held) - 2 * fifth) * SAMPLE_SECONDS / 3600)


def report(found: Found, run: pipe.Run, seconds: float) -> Report:
    """Return the table of a soak."""
    lines = Report()
    lines.note("played for, minutes", seconds / 60, ".1f")
    lines.at_most("frames with a black picture on the wall", found.black, 0, ".0f")
    lines.note("brightest sample of the darkest picture, of 255", found.darkest, ".0f")
    lines.at_most("longest time without a new frame on the wall, s", found.wall.longest, WALL_SECONDS, ".1f")
    lines.at_most("longest time without a new painting, s", found.paintings.longest, PICTURES_SECONDS, ".1f")
    lines.note("paintings per second", found.paintings.count / seconds, ".2f")
    _say_kills(lines, found.kills)
    _say_growth(lines, found.held)
    lines.note(f"phone page answered, of {found.asked} times", found.answered, ".0f")
    delays = 1e3 * np.array([answer.whole for answer in pipe.answers(run.sent, run.seen)])
    third = len(delays) // 3
    if third:
        slower = float(np.median(delays[-third:]) / np.median(delays[:third]))
        lines.note("OSC message to changed pixels, median, ms", float(np.median(delays)), ".0f")
        lines.note("the same, last third by first", slower, ".2f")
    return lines


def _say_kills(lines: Report, kills: Sequence[Kill]) -> None:
    for part in sorted({kill.part for kill in kills}):
        back = [kill.back for kill in kills if kill.part == part]
        times = [seconds for seconds in back if seconds is not None]
        lines.at_least(f"{part}: came back, of {len(back)} kills", len(times), len(back), ".0f")
        lines.note(f"{part}: seconds until back, at the most", max(times, default=math.nan), ".1f")


def _say_growth(lines: Report, held: Mapping[tuple[str, int], Sequence[Holding]]) -> None:
    """Say of every part how it grew in the longest of its lives."""
    longest: dict[str, Sequence[Holding]] = {}
    for (part, _), life in held.items():
        longest[part] = max(longest.get(part, ()), life, key=len)
    for part, life in sorted(longest.items()):
        growth = grown(life)
        if growth is not None:
            minutes = len(life) * SAMPLE_SECONDS / 60
            lines.note(f"{part}: memory of its own after {minutes:.0f} minutes, MiB", life[-1].memory, ".0f")
            # What is a few in a hundred of a short life is everything in weeks.
            lines.note(f"{part}: grew by, MiB an hour", gained_in_an_hour(life), ".1f")
            lines.at_most(f"{part}: the same, by the beginning", growth[0], GROWTH, ".3f")
            lines.at_most(f"{part}: open files, by the beginning", growth[1], GROWTH, ".2f")


def soak(plan: Plan, seconds: float, kill_every: float, seed: int) -> Report:
    """Play a show headless for `seconds` after its first picture and kill a part `kill_every` seconds (0: none)."""
    # Captions would shine where pictures are black.
    bare = plan.show.model_copy(update={"parameters": plan.show.parameters | {"wall/captions": False}})
    plan = replace(plan, show=bare)
    with tempfile.TemporaryDirectory(prefix="oriel-soak-") as folder:
        sent = Path(folder) / "sent"
        sent.touch()
        with open_house(replace(plan, headless=True, state_dir=Path(folder) / "state")) as house:
            latest = time.monotonic() + pipe.PATIENCE_SECONDS
            buses = house.glass, house.pictures
            code = house.supervisor.run(lambda now: now > latest or all(bus.newest_id > 0 for bus in buses))
            if code or not house.pictures.newest_id:
                raise OrielError("bench soak: the show could not start")
            watch, begun = Watch(house, plan, seconds, kill_every, random.Random(seed)), time.monotonic()
            words = ("--port", str(pipe.osc_port(plan)), "--sent", str(sent))
            command = [sys.executable, "-m", "server.performer", *words]
            with pipe.watched(house.wires) as seen, subprocess.Popen(command) as performer:
                code = house.supervisor.run(lambda now: now - begun > seconds, look=watch.look)
                performer.terminate()
            if code:
                raise OrielError(f"bench soak: the show ended by itself, with exit code {code}")
        run = pipe.Run(pipe.read_instants(sent.read_bytes()), seen, [])
    return report(watch.found, run, time.monotonic() - begun)


def main(plan: Plan, minutes: float, kill_every: float, seed: int) -> int:
    """Play and print the table; return 1 when a figure is not as it must be."""
    found = soak(plan, 60 * minutes, kill_every, seed)
    found.print(f"{plan.show_path.name}, a part killed every {kill_every:g} s" if kill_every else plan.show_path.name)
    return int(any(line.met is False for line in found.lines))
