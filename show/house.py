"""The house: what the processes of one run share, made before the first of them and removed after the last."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import IO, Final

from show import frames
from show.config import Show
from show.errors import BusyError, OrielError
from show.folders import default_state_dir
from show.parameter import Parameter
from show.processes import Process, table
from show.pulse import PulseBoard
from show.supervisor import Supervisor
from show.wires import Wires

GLASS_BYTES: Final = 640 * 640 * 3
"""Room for one strip of what the wall shows: its longest side is 640 pixels."""


@dataclass(frozen=True)
class Plan:
    """How a run is meant to go; see the fields of Wires of the same names.

    `only` names the processes to run, for a benchmark that wants no others.
    """

    show_path: Path
    show: Show
    artist_parameters: tuple[Parameter, ...] = ()
    headless: bool = False
    record: Path | None = None
    marks: Path | None = None
    log: Path | None = None
    artist: str = ""
    follow: str = ""
    replay: Path | None = None
    replay_from: float = 0.0
    lockstep: bool = False
    fps: float = 30.0
    frames: int = 0
    lan: bool = False
    state_dir: Path | None = None
    only: tuple[str, ...] = ()


@dataclass(frozen=True)
class House:
    """One run's supervisor and wires, and the bus of strips that tells how far it is."""

    wires: Wires
    supervisor: Supervisor
    board: PulseBoard
    pictures: frames.FrameReader
    glass: frames.FrameReader


@contextmanager
def open_house(plan: Plan) -> Iterator[House]:
    """Make the run directory, the segments and the supervisor; stop every child and remove everything at the end.

    Raises BusyError if another copy plays with the same state directory (films may run beside a show).
    """
    state_dir = (plan.state_dir or default_state_dir()).resolve()
    _make_folder(state_dir)
    _start_tracker()
    with ExitStack() as stack:
        if not plan.lockstep:
            stack.enter_context(_only_copy(state_dir, plan.show.show.title))
        run_dir = Path(tempfile.mkdtemp(prefix="oriel-", dir=_short_temp()))
        stack.callback(shutil.rmtree, run_dir, ignore_errors=True)
        key = f"oriel-{os.getpid()}-{secrets.token_hex(3)}"
        processes = table(plan.show, lockstep=plan.lockstep)
        if plan.only:
            processes = tuple(process for process in processes if process.name in plan.only)
        wires = _wires(plan, run_dir, state_dir, key, processes)
        board = PulseBoard(wires.pulse, create=True)
        stack.callback(board.unlink)
        stack.callback(board.close)
        size = plan.show.artist
        picture_bytes = len(plan.show.region) * size.width * size.height * 3
        pictures = _segment(stack, wires.pictures, picture_bytes)
        glass = _segment(stack, wires.glass, GLASS_BYTES)
        if wires.reel:
            _segment(stack, wires.reel, picture_bytes)
        supervisor = Supervisor(processes, wires, board)
        stack.callback(supervisor.stop)
        yield House(wires, supervisor, board, frames.FrameReader(pictures), frames.FrameReader(glass))


def _wires(plan: Plan, run_dir: Path, state_dir: Path, key: str, processes: tuple[Process, ...]) -> Wires:
    return Wires(
        run_dir=str(run_dir),
        state_dir=str(state_dir),
        show_path=str(plan.show_path),
        show_json=plan.show.model_dump_json(),
        pictures=f"{key}-pictures",
        glass=f"{key}-glass",
        pulse=f"{key}-pulse",
        processes=tuple(process.name for process in processes),
        reel=f"{key}-reel" if any(process.name == "reel" for process in processes) else "",
        artist_parameters=plan.artist_parameters,
        headless=plan.headless,
        record=str(plan.record.resolve()) if plan.record else "",
        marks=str(plan.marks.resolve()) if plan.marks else "",
        artist=plan.artist,
        follow=plan.follow,
        log=str(plan.log.resolve()) if plan.log else "",
        replay=str(plan.replay.resolve()) if plan.replay else "",
        replay_from=plan.replay_from,
        lockstep=plan.lockstep,
        fps=plan.fps,
        frames=plan.frames,
        lan=plan.lan,
    )


def _segment(stack: ExitStack, name: str, capacity: int) -> SharedMemory:
    segment = frames.create(name, capacity)
    stack.callback(_remove, segment)
    return segment


def _remove(segment: SharedMemory) -> None:
    segment.close()
    with suppress(FileNotFoundError):
        segment.unlink()


def _start_tracker() -> None:
    """Start Python's keeper of shared memory so that it outlives its terminal: its death would take the segments along.

    It ignores Ctrl-C by itself, but not SIGHUP; what is ignored when a program is started stays ignored.
    """
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    resource_tracker.ensure_running()
    signal.signal(signal.SIGHUP, before or signal.SIG_DFL)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".canary-{os.getpid()}"
        probe.write_text("oriel")
        probe.unlink()
    except OSError as error:
        raise OrielError(
            f"state folder {folder}: it cannot be written ({error.strerror}); give another with --state"
        ) from None


def _short_temp() -> str | None:
    """Prefer the user's runtime directory; Unix sockets want short paths."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return runtime if runtime and len(runtime) < 40 and os.access(runtime, os.W_OK) else None


@contextmanager
def _only_copy(state_dir: Path, title: str) -> Iterator[None]:
    """Hold the lock of a state directory; raise BusyError naming who holds it."""
    path = state_dir / "oriel.lock"
    with path.open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(
                f"Oriel is already running: {_holder(lock)}. Stop it first, or give this one its own --state folder."
            ) from None
        lock.seek(0)
        lock.truncate()
        json.dump({"title": title, "pid": os.getpid()}, lock)
        lock.flush()
        yield


def _holder(lock: IO[str]) -> str:
    lock.seek(0)
    try:
        held = json.loads(lock.read())
        return f"the show {held['title']!r} in process {held['pid']}"
    except (ValueError, KeyError, TypeError):
        return "another process holds the lock"
