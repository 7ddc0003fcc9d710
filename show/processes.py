"""The process table: who runs, from which module, in which order. Modules are names; nothing is imported here."""

from __future__ import annotations

from typing import NamedTuple

from show.config import Show


class Process(NamedTuple):
    """One row of the table: the process's name and the module whose `run(wires, pulse)` is its life."""

    name: str
    module: str


def table(show: Show, *, lockstep: bool = False) -> tuple[Process, ...]:
    """Return the processes of a show, oldest first: the projector starts first and stops last.

    A film (lockstep) has no inputs, no critic, no reel and no phone page: nothing outside the score may move it. Its
    voice is laid into the finished film.
    """
    core = (
        Process("projector", "mapping.projector"),
        Process("render", "render.worker"),
        Process("control", "server.control"),
    )
    if lockstep:
        return core
    inputs = tuple(Process(part.module, f"server.inputs.{part.module}") for part in show.input)
    voice = (Process("narration", "server.narration"),) if show.narration else ()
    critic = (Process("critic", "render.critic"),) if show.critic else ()
    reel = (Process("reel", "mapping.reel"),) if show.show.reel > 0 else ()
    return (*core, *inputs, *voice, *critic, *reel, Process("remote", "server.remote.process"))
