"""`oriel bench score`: what one step of the engine costs."""

from __future__ import annotations

from typing import Annotated

import typer


def bench_score(seconds: Annotated[float, typer.Option(min=0.1, help="Seconds per measurement.")] = 5.0) -> None:
    """What a step of the engine costs with a large score, and how fast a log is replayed."""
    from show.bench import score

    score.main(seconds)
