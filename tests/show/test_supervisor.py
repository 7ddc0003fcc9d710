"""The supervisor with real children: killed, hung, crashing, refusing; time is passed in where it decides."""

from __future__ import annotations

import os
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from show import rates
from show.processes import Process
from show.pulse import PulseBoard
from show.supervisor import Supervisor
from show.wires import Wires

PART = "tests.show.house_parts"


@contextmanager
def supervised(behaviour: str, *names: str, lockstep: bool = False) -> Iterator[tuple[Supervisor, PulseBoard]]:
    names = names or ("control",)
    with TemporaryDirectory(prefix="oriel-") as folder:
        (Path(folder) / "behaviour").write_text(behaviour)
        pulse = f"oriel-test-{uuid.uuid4().hex[:8]}"
        wires = Wires(folder, folder, "", "", "", "", pulse, names, lockstep=lockstep)
        board = PulseBoard(pulse, create=True)
        supervisor = Supervisor(tuple(Process(name, PART) for name in names), wires, board)
        try:
            yield supervisor, board
        finally:
            supervisor.stop()
            board.close()
            board.unlink()


def turn_until(supervisor: Supervisor, done: Callable[[], object], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        supervisor.tick(time.monotonic())
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def beats(board: PulseBoard, row: int = 0) -> bool:
    return board.read(row)[0] > 3


def test_all_children_run_and_all_are_gone_after_stop() -> None:
    with supervised("live", "control", "remote") as (supervisor, board):
        turn_until(supervisor, lambda: beats(board, 0) and beats(board, 1))
        pids = [supervisor.process_id(name) for name in ("control", "remote")]
    for pid in pids:
        assert pid is not None
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_killed_child_comes_back_by_itself_and_the_other_is_left_alone() -> None:
    with supervised("live", "projector", "render") as (supervisor, board):
        turn_until(supervisor, lambda: beats(board, 0) and beats(board, 1))
        keeper, victim = supervisor.process_id("projector"), supervisor.process_id("render")
        assert victim is not None
        os.kill(victim, signal.SIGKILL)
        turn_until(supervisor, lambda: supervisor.process_id("render") not in (None, victim) and beats(board, 1))
        assert supervisor.process_id("projector") == keeper
        assert supervisor.children[1].restarts == 1
        assert supervisor.exit_code is None


def test_a_child_that_is_alive_but_stuck_is_killed_and_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rates.HANG_SECONDS, "control", 0.5)
    with supervised("hang") as (supervisor, board):
        turn_until(supervisor, lambda: beats(board))
        first = supervisor.process_id("control")
        turn_until(supervisor, lambda: supervisor.process_id("control") not in (None, first))
        assert supervisor.children[0].last_exit == -signal.SIGKILL


def test_a_stopped_clock_of_the_wall_does_not_look_like_a_hang() -> None:
    # Patience is counted in the monotonic seconds handed to tick; a child that beats is never judged by anything else.
    with supervised("live") as (supervisor, board):
        turn_until(supervisor, lambda: beats(board))
        first = supervisor.process_id("control")
        supervisor.tick(time.monotonic() + 1.0)
        assert supervisor.process_id("control") == first


def test_restarts_are_throttled_and_tried_again_when_the_window_clears() -> None:
    with supervised("crash", "audio") as (supervisor, _):
        child = supervisor.children[0]
        turn_until(supervisor, lambda: child.waiting, seconds=30.0)
        assert len(child.starts) == rates.RESTARTS
        assert child.process is None
        supervisor.tick(time.monotonic())
        assert child.process is None
        supervisor.tick(time.monotonic() + rates.RESTART_WINDOW + 1)
        assert child.process is not None
        assert supervisor.exit_code is None


def test_an_essential_part_that_cannot_start_ends_the_show_with_its_own_code() -> None:
    with supervised("busy", "remote") as (supervisor, _):
        turn_until(supervisor, lambda: supervisor.exit_code is not None)
        assert supervisor.exit_code == 3


def test_an_input_that_cannot_start_is_tried_again_and_the_show_goes_on() -> None:
    with supervised("busy", "audio") as (supervisor, _):
        turn_until(supervisor, lambda: supervisor.children[0].restarts >= 1)
        assert supervisor.exit_code is None


def test_a_film_is_over_when_its_control_ends_well() -> None:
    with supervised("finish", "control", lockstep=True) as (supervisor, _):
        turn_until(supervisor, lambda: supervisor.exit_code is not None)
        assert supervisor.exit_code == 0


def test_children_end_by_themselves_when_the_supervisor_is_gone(tmp_path: Path) -> None:
    # A real parent that is killed without a chance to clean up: its child must not be left behind.
    import subprocess
    import sys

    script = tmp_path / "parent.py"
    script.write_text(
        "import time\n"
        "from tests.show.test_supervisor import supervised, turn_until, beats\n"
        "if __name__ == '__main__':\n"
        "    with supervised('live') as (supervisor, board):\n"
        "        turn_until(supervisor, lambda: beats(board))\n"
        "        print(supervisor.process_id('control'), flush=True)\n"
        "        time.sleep(60)\n"
    )
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{child}/stat").exists() and "Z" not in Path(f"/proc/{child}/stat").read_text().split()[2]:
        assert time.monotonic() < deadline, "the child outlived its supervisor"
        time.sleep(0.02)
