"""From an OSC message to changed pixels, by the show's own processes: the input, the control and the artist.

Neither projector nor phone page runs, so a machine with a card alone will do. What is measured ends where the pixels
lie on the frame bus, in the memory of the host; a projector shows them at its next refresh.
"""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any, Final

import numpy as np

from render.artists.diffusion import PARAMETERS
from render.bench import peers
from render.bench.notebook import Notebook
from render.bench.walk import PROMPTS
from show.bench import pipe
from show.config import Show
from show.errors import OrielError
from show.house import Plan
from show.listed import spread

EVERY: Final = 0.1
"""Seconds between two messages."""
_NAMES: Final = ("left", "centre", "right")


def plan(folder: Path, task: peers.Task, device: str, port: int) -> Plan:
    """Return a run of the model in `folder` that paints as fast as it goes and hears OSC at `port`."""
    names = _NAMES[: task.batch]
    corners = [[[x, 0], [x + 1, 0], [x + 1, 1], [x, 1]] for x in range(task.batch)]
    options: dict[str, Any] = {"model": str(folder), "device": device}
    show = Show.model_validate(
        {
            "show": {"title": "Messages"},
            "artist": {
                "module": "diffusion", "width": task.width, "height": task.height, "rate": 0, "options": options,
            },
            "parameters": {"artist/steps": task.steps},
            "region": [{"name": name, "seed": seed} for seed, name in enumerate(names)],
            "scene": [{"name": words, "seconds": 60, "words": [{"text": words}]} for words in PROMPTS],
            "input": [{"module": "osc", "options": {"port": port}}],
            "surface": [{"region": name, "corners": c} for name, c in zip(names, corners, strict=True)],
        },
        strict=False,
    )  # fmt: skip
    announced = spread(PARAMETERS, options, names, "artist diffusion")
    return Plan(folder / "messages.toml", show, announced)


def messages(book: Notebook, folder: Path, task: peers.Task, title: str, seconds: float, device: str) -> None:
    """Keep how long messages took until the pixels were others, and where they spent it: medians, in ms."""
    given = plan(folder, task, device, _free_port())
    run = pipe.measure(given, seconds, every=EVERY, drawn=False, patience=max(1.0, book.left - seconds))
    found = pipe.answers(run.sent, run.seen)
    if not found:
        raise OrielError("no message was answered by a painting")
    whole = 1000 * np.array([answer.whole for answer in found])
    medians = 1000 * np.median(np.array(found), axis=0)
    parts = {f"{name}_ms": float(median) for name, median in zip(pipe.Answer._fields, medians, strict=True)}
    places = {f"p{place}_ms": float(np.percentile(whole, place)) for place in (50, 99)}
    book.keep(f"{title}, OSC message to changed pixels", **places, **parts, messages=len(found))


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
