"""`oriel bench log`: what the log of a day costs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from show.opening import DEFAULT_SHOW


def bench_log(
    show: Annotated[Path, typer.Argument(help="The show file.", show_default="configs/triptych.toml")] = DEFAULT_SHOW,
    minutes: Annotated[float, typer.Option(min=0.1, help="Minutes of the show's own time.")] = 10.0,
    processes: Annotated[int, typer.Option(min=0, help="Replay in so many processes (0: one per core).")] = 0,
) -> None:
    """How large the log of a day is, what it costs the show control, and how fast it is played again."""
    from show.bench import recording

    recording.main(show, minutes, processes or os.cpu_count() or 1)
