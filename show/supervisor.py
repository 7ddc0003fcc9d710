"""The supervisor: keeps "should run" equal to "runs", judged by progress and not by liveness.

Every look (`tick`) does the same few things, whatever happened before; there is no start-up choreography:

1. A child that ended is noted with its exit code. A film whose control ended well is finished. A part that the show
   cannot do without and that never got as far as its first beat ends the show with its own exit code.
2. A child that beat at least once and whose counter then stands still for HANG_SECONDS is killed; so is one that needs
   longer than START_SECONDS to its first beat.
3. A child that should run and does not is started, unless it was started RESTARTS times within RESTART_WINDOW seconds;
   then it waits until the window clears.

The parent imports nothing heavy: children are started (spawned) by module name and import for themselves.
"""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from typing import Final

import msgspec

from show import rates
from show.bus import Publisher
from show.child import main as child_main
from show.log import get_log
from show.processes import Process
from show.pulse import PulseBoard
from show.snapshot import Status
from show.wires import Wires, status_topic

ESSENTIAL: Final = frozenset({"projector", "render", "control", "remote"})
"""Parts without which a show cannot open; inputs may come and go."""

FILM_CLOSE_SECONDS: Final = 20.0
"""The projector may need this long to write the end of a film."""


@dataclass
class Child:
    """One row of the table with the process that runs it now, if any."""

    row: int
    part: Process
    process: BaseProcess | None = None
    started_at: float = 0.0
    starts: deque[float] = field(default_factory=deque)
    counter: int = 0
    progress_at: float = 0.0
    proven: bool = False
    restarts: int = 0
    waiting: bool = False
    last_exit: int | None = None


class Supervisor:
    """Starts, watches, restarts and stops the processes of one show."""

    def __init__(self, table: tuple[Process, ...], wires: Wires, board: PulseBoard) -> None:
        self._wires = wires
        self._board = board
        self._context = multiprocessing.get_context("spawn")
        self._wires_json = msgspec.json.encode(wires)
        self._log = get_log()
        self._status = Publisher(wires.run, status_topic("supervisor"))
        self._status_at = 0.0
        self.children = [Child(row, part) for row, part in enumerate(table)]
        self.exit_code: int | None = None
        """Set once the show is over: 0 when it ended by itself, else the code of the part that could not start."""

    def run(self, until: Callable[[float], bool], look: Callable[[], None] | None = None) -> int:
        """Look at the children until `until(monotonic seconds)` is true or the show is over; return the exit code."""
        while self.exit_code is None and not until(time.monotonic()):
            self.tick(time.monotonic())
            if look is not None:
                look()
            time.sleep(1 / rates.SUPERVISOR_HZ)
        return self.exit_code or 0

    def tick(self, now: float) -> None:
        """Look once at every child and do what its state asks for; `now` is in monotonic seconds."""
        for child in self.children:
            if child.process is not None and child.process.exitcode is not None:
                self._note_end(child)
            if child.process is not None:
                self._judge_progress(child, now)
            if child.process is None and self.exit_code is None:
                self._start(child, now)
        if now - self._status_at >= 1 / rates.STATUS_HZ:
            self._status_at = now
            self._status.send(self._describe())

    def _note_end(self, child: Child) -> None:
        process = child.process
        assert process is not None
        code = process.exitcode or 0
        process.close()
        child.process, child.last_exit = None, code
        name = child.part.name
        if code == 0 and self._wires.lockstep and name == "control":
            self.exit_code = 0
            return
        if 0 < code < 64 and name in ESSENTIAL and not child.proven:
            self.exit_code = code
            return
        self._log.warning(f"{name} ended ({_ending(code)}); it is started again", exit_code=code)

    def _judge_progress(self, child: Child, now: float) -> None:
        counter, _ = self._board.read(child.row)
        if counter != child.counter:
            child.counter, child.progress_at, child.proven = counter, now, True
            return
        begun = counter > 0
        patience = rates.HANG_SECONDS.get(child.part.name, 10.0) if begun else rates.START_SECONDS
        still = now - (child.progress_at if begun else child.started_at)
        if still > patience and child.process is not None:
            self._log.warning(f"{child.part.name} has made no progress for {still:.0f} s; it is killed")
            child.process.kill()
            child.process.join()

    def _start(self, child: Child, now: float) -> None:
        while child.starts and now - child.starts[0] > rates.RESTART_WINDOW:
            child.starts.popleft()
        if len(child.starts) >= rates.RESTARTS:
            if not child.waiting:
                child.waiting = True
                self._log.error(
                    f"{child.part.name} ended {len(child.starts)} times within {rates.RESTART_WINDOW:.0f} s; "
                    "it is left alone for a while and then tried again"
                )
            return
        child.waiting = False
        child.restarts += bool(child.starts or child.proven)
        child.starts.append(now)
        self._board.clear(child.row)
        child.counter, child.started_at, child.progress_at = 0, now, now
        name, module = child.part
        process = self._context.Process(target=child_main, args=(name, module, self._wires_json), name=f"oriel-{name}")
        process.start()
        child.process = process

    def _describe(self) -> Status:
        down = [child.part.name for child in self.children if child.waiting]
        away = [child.part.name for child in self.children if child.process is None and not child.waiting]
        numbers = {f"restarts/{child.part.name}": float(child.restarts) for child in self.children}
        if down:
            return self._say("red", f"{', '.join(down)} keeps failing; it is tried again within a minute.", numbers)
        if away:
            return self._say("amber", f"{', '.join(away)} is being restarted.", numbers)
        return self._say("green", "All parts are running.", numbers)

    def _say(self, light: str, sentence: str, numbers: dict[str, float]) -> Status:
        return msgspec.convert(
            {
                "process": "supervisor",
                "light": light,
                "sentence": sentence,
                "stamp_ns": time.monotonic_ns(),
                "numbers": numbers,
            },
            Status,
        )

    def process_id(self, name: str) -> int | None:
        """Return the process id of a child, or None while it is not running."""
        for child in self.children:
            if child.part.name == name and child.process is not None:
                return child.process.pid
        return None

    def stop(self) -> None:
        """Stop all children, newest first and the projector last, so that the wall is never left without its keeper."""
        others = [child for child in reversed(self.children) if child.part.name != "projector"]
        keeper = [child for child in self.children if child.part.name == "projector"]
        _end(others, rates.STOP_SECONDS)
        _end(keeper, FILM_CLOSE_SECONDS if self._wires.record else rates.STOP_SECONDS)
        self._status.close()


def _end(children: list[Child], patience: float) -> None:
    """Ask children to end, wait, and kill what is left."""
    running = [child.process for child in children if child.process is not None]
    for process in running:
        process.terminate()
    deadline = time.monotonic() + patience
    for process in running:
        process.join(max(0.0, deadline - time.monotonic()))
        if process.exitcode is None:
            process.kill()
            process.join()
        process.close()
    for child in children:
        child.process = None


def _ending(code: int) -> str:
    """Say in words how a process ended."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"
