"""One run of training: its settings, its time budget, its checkpoints and what it tells the person who waits."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from render.train.machine import Machine
from render.train.muon import Muon
from render.train.networks import FULL, Size
from show.errors import ArtistError
from show.folders import default_cache_dir

CHECKPOINT_SECONDS = 180.0
REPORT_SECONDS = 20.0
BAR_SECONDS = 0.5
SHEET_SECONDS = 300.0


def default_work() -> Path:
    """Where checkpoints and drawn pictures lie unless the caller says otherwise: outside the repository."""
    return default_cache_dir() / "train"


@dataclass(frozen=True)
class Settings:
    """What a run was asked for. `minutes` is the budget of the one stage that gets these settings.

    `drawers` processes draw the records, on the device `draws_on`, whatever device the networks are trained on.
    `keep`, 0..1, is the say that the finished model's UNet has in the one that is assembled.
    """

    machine: Machine
    work: Path
    out: Path
    minutes: float
    resume: bool = False
    records: int = 60_000
    batch: int = 48
    seed: int = 0
    size: Size = FULL
    drawers: int = 1
    draws_on: str = "cpu"
    keep: float = 0.0


@dataclass
class Run:
    """The loop of one stage: `going` says whether time is left, `tick` reports, `due` asks for rare work."""

    stage: str
    settings: Settings
    spent: float = 0.0
    steps: int = 0
    _started: float = field(default_factory=time.monotonic)
    _marks: dict[str, float] = field(default_factory=dict)
    _bar: Progress | None = None

    def __post_init__(self) -> None:
        if sys.stdout.isatty():
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                TaskProgressColumn(),
                TimeRemainingColumn(),
                TextColumn("{task.fields[figures]}"),
            )
            self._bar = Progress(*columns)
            self._bar.add_task(self.stage, total=1.0, figures="")
            self._bar.start()

    @property
    def seconds(self) -> float:
        """Seconds spent on this stage, those before a resumed checkpoint included."""
        return self.spent + time.monotonic() - self._started

    @property
    def fraction(self) -> float:
        """Share of the budget that is used up, 0..1."""
        return min(1.0, self.seconds / max(1e-6, self.settings.minutes * 60))

    def going(self, fewest: int = 2) -> bool:
        """True while time is left, and for the `fewest` first steps in any case."""
        return self.fraction < 1.0 or self.steps < fewest

    def due(self, what: str, every: float) -> bool:
        """True when `every` seconds have gone by since `what` was last due (or since the start)."""
        now = time.monotonic()
        if now - self._marks.setdefault(what, self._started) < every:
            return False
        self._marks[what] = now
        return True

    def tick(self, figures: str | Callable[[], str]) -> None:
        """Report `figures` now and then: in the bar on a terminal, as a plain line elsewhere.

        A function is asked only when there is something to report: to read a figure off a card means to wait for it.
        """
        if not self.due("report", BAR_SECONDS if self._bar is not None else REPORT_SECONDS):
            return
        said = figures if isinstance(figures, str) else figures()
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=self.fraction, figures=said)
        else:
            left = max(0.0, self.settings.minutes * 60 - self.seconds)
            self.say(f"{self.fraction:4.0%}  step {self.steps}  {left / 60:.1f} min left  {said}")

    def say(self, sentence: str) -> None:
        """Print one line about this stage."""
        if self._bar is not None:
            self._bar.console.print(f"{self.stage}: {sentence}")
        else:
            print(f"{self.stage}: {sentence}", flush=True)

    def close(self) -> None:
        """Take the bar off the terminal."""
        if self._bar is not None:
            self._bar.stop()

    def path(self, name: str | None = None) -> Path:
        """The checkpoint of this stage (or a file called `name`) in the work folder, which is made when missing."""
        self.settings.work.mkdir(parents=True, exist_ok=True)
        return self.settings.work / (name or f"{self.stage}.pt")

    def save(self, state: dict[str, Any]) -> None:
        """Write a checkpoint, whole or not at all."""
        target = self.path()
        partial = target.with_suffix(".partial")
        torch.save({**state, "seconds": self.seconds, "steps": self.steps}, partial)
        partial.replace(target)

    def load(self) -> dict[str, Any] | None:
        """The checkpoint of this stage when resuming and there is one; its time and steps count on."""
        if not self.settings.resume or not self.path().exists():
            return None
        state = read_checkpoint(self.settings, self.stage)
        self.spent, self.steps = float(state["seconds"]), int(state["steps"])
        return state


def finished(settings: Settings, stage: str, part: str) -> Path | None:
    """The folder `part` of the finished model, when a resumed run has no checkpoint of `stage` to go on from."""
    folder = settings.out / part
    if (settings.work / f"{stage}.pt").exists() or not settings.resume or not any(folder.glob("*.safetensors")):
        return None
    return folder


def missing(path: Path, stage: str) -> ArtistError:
    """The error that says which stage makes what is not there."""
    return ArtistError(f"training: {path} is missing; run `oriel train embedded --stage {stage}` first")


def read_checkpoint(settings: Settings, stage: str) -> dict[str, Any]:
    """The state that `stage` left in the work folder; an ArtistError names the stage when it has not run."""
    path = settings.work / f"{stage}.pt"
    if not path.exists():
        raise missing(path, stage)
    state: dict[str, Any] = torch.load(path, map_location=settings.machine.device, weights_only=True)
    return state


def set_rate(optimizer: torch.optim.Optimizer | Muon, rate: float) -> None:
    """Give every group of `optimizer` this learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = rate
