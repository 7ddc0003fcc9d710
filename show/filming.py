"""Filming: a run in lockstep whose wall goes into a file; what `oriel film` and `oriel replay --film` share."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import FrameType

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from show.config import Output, Show
from show.errors import OrielError
from show.folders import default_state_dir
from show.house import Plan, open_house
from show.log import start_log

INTERRUPTED = 130


def shoot(plan: Plan) -> int:
    """Play a plan in lockstep to its last frame and return the exit code; INTERRUPTED when somebody stopped it."""
    assert plan.record is not None
    start_log("supervisor", (plan.state_dir or default_state_dir()).resolve())
    stop = Stop()
    with _progress() as progress, open_house(plan) as house:
        task = progress.add_task(f"Filming {plan.record.name}", total=plan.frames)
        code = house.supervisor.run(
            lambda _now: stop.asked, look=lambda: progress.update(task, completed=house.glass.newest_id)
        )
        if code == 0 and not stop.asked:
            progress.update(task, completed=plan.frames)
    if stop.asked:
        print(f"Stopped. What was filmed so far is in {plan.record}.", file=sys.stderr, flush=True)
        return INTERRUPTED
    return code


def for_film(show: Show, height: int = 0) -> Show:
    """A film plays from the start by itself, into a file and nowhere else; `height` is in pixels, 0: as it is."""
    outputs = []
    for output in show.output:
        tall = max(64, height or output.height)
        wide = max(64, round(output.width * tall / output.height))
        outputs.append(Output(name=output.name, module="offscreen", width=wide, height=tall))
    return show.model_copy(
        update={"show": show.show.model_copy(update={"autostart": True}), "output": tuple(outputs), "input": ()}
    )


def film_path(path: Path | None) -> Path | None:
    """Return where a film is to be written; raise OrielError where none can be."""
    if path is None:
        return None
    if not path.resolve().parent.is_dir():
        raise OrielError(f"film {path}: the folder {path.resolve().parent} does not exist")
    if path.suffix.lower() != ".mp4":
        raise OrielError(f"film {path}: the name must end in .mp4")
    return path


class Stop:
    """Remembers that Ctrl-C, SIGTERM or the end of the terminal asked for the end.

    A second Ctrl-C is the impatient one's right. Under nohup the terminal may go, as it is meant there.
    """

    def __init__(self) -> None:
        self.asked = False
        signal.signal(signal.SIGINT, self._ask)
        signal.signal(signal.SIGTERM, self._ask)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._ask)

    def _ask(self, number: int, _frame: FrameType | None) -> None:
        if self.asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.asked = True


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("frames, left"),
        TimeRemainingColumn(),
    )
