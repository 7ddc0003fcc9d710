"""`oriel replay`: a log of a run goes through the engine again, and every snapshot is compared with that day's."""

from __future__ import annotations

import dataclasses
import math
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Annotated, Final

import typer

from show.errors import OrielError
from show.filming import film_path, for_film, shoot
from show.house import Plan
from show.opening import with_artist
from show.replay import Replay, Verdict, verify, versions

FEW_PARTS: Final = 4
"""A log of fewer minutes is played before another process has started."""
DIFFERENT: Final = 1


def replay(
    log: Annotated[Path, typer.Argument(help="The log (.oriellog), from the folder recordings of the state folder.")],
    film: Annotated[Path | None, typer.Option(help="Paint the day again, into this film (.mp4).")] = None,
    begin: Annotated[float, typer.Option("--from", min=0.0, help="Second of the log at which the film begins.")] = 0.0,
    seconds: Annotated[float, typer.Option(min=0.0, help="Length of the film; 0 means to the end.")] = 0.0,
    fps: Annotated[float, typer.Option(min=1.0, max=240.0, help="Frames per second of the film.")] = 24.0,
    height: Annotated[int, typer.Option(min=0, max=8192, help="Pixels; 0 means as high as the show's outputs.")] = 0,
    artist: Annotated[str | None, typer.Option(help="Paint the film with this artist, e.g. testcard.")] = None,
    processes: Annotated[int, typer.Option(min=0, help="Play in so many processes (0: one per core).")] = 0,
    state: Annotated[Path | None, typer.Option("--state", help="Folder for sessions, logs and checkpoints.")] = None,
) -> None:
    """Play a log again and say whether every snapshot comes out as on that day; exit with 1 if one does not."""
    if film is not None:
        plan = plan_of(log, artist, begin, seconds, fps)
        show = for_film(plan.show, height)
        raise typer.Exit(_shot(dataclasses.replace(plan, show=show, record=film_path(film), state_dir=state)))
    begun = time.monotonic()
    day = Replay(log)
    verdict = verdict_on(log, len(day.parts), processes or os.cpu_count() or 1)
    taken = time.monotonic() - begun
    for sentence in (*day.torn, *verdict.torn, *verdict.differences):
        print(sentence, file=sys.stderr)
    print(told(day, verdict, taken))
    raise typer.Exit(DIFFERENT if verdict.differences else 0)


def plan_of(log: Path, artist: str | None, begin: float, seconds: float, fps: float) -> Plan:
    """Return the plan of a film of a log, from second `begin`, `seconds` long (0: to the end)."""
    day = Replay(log)
    left = day.seconds() - begin
    if left <= 0:
        raise OrielError(f"{log}: expected --from before its end at {day.seconds():.1f} s, got {begin:g}")
    path = Path(day.header.show_path)
    own = Plan(path, day.show, day.header.artist_parameters)
    plan = own if artist is None else with_artist(path, day.show, artist)
    frames = max(1, round(min(seconds or left, left) * fps))
    return dataclasses.replace(
        plan, headless=True, lockstep=True, fps=fps, frames=frames, replay=log, replay_from=begin
    )


def _shot(plan: Plan) -> int:
    code = shoot(plan)
    if code == 0:
        seconds = plan.frames / plan.fps
        print(f"{plan.record}: {plan.frames} frames, {seconds:.1f} s at {plan.fps:g} fps, as on that day.")
    return code


def verdict_on(log: Path, parts: int, processes: int) -> Verdict:
    """Play a log in several processes side by side, each a stretch of it."""
    count = min(processes, parts // FEW_PARTS)
    if count < 2:
        return verify(log, 0, parts)
    edges = [parts * number // count for number in range(count + 1)]
    with ProcessPoolExecutor(count, multiprocessing.get_context("spawn")) as pool:
        found = list(pool.map(verify, [log] * count, edges[:-1], edges[1:]))
    return Verdict(
        sum(verdict.steps for verdict in found),
        [sentence for verdict in found for sentence in verdict.differences],
        list(dict.fromkeys(sentence for verdict in found for sentence in verdict.torn)),
    )


def told(day: Replay, verdict: Verdict, taken: float) -> str:
    """Return what came of a replay that took some seconds."""
    seconds = day.seconds()
    same = "bit for bit as on that day" if not verdict.differences else "not as on that day"
    now = versions()
    changed = [f"{name} {version}" for name, version in day.header.versions.items() if now.get(name) != version]
    if changed:
        same += f" (recorded with {', '.join(changed)})"
    speed = math.inf if taken <= 0 else seconds / taken
    return (
        f"{day.show.show.title!r} of {day.header.created}: {verdict.steps} steps in {clock(seconds)}, {same}. "
        f"Played in {taken:.1f} s, {speed:.0f} x real time."
    )


def clock(seconds: float) -> str:
    """Write a length as hours, minutes and seconds."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
