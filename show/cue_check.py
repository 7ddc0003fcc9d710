"""What can only be checked of a cue list and a clock with all parts together: numbers, scenes, parameters, channels."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from itertools import accumulate

from show.clock import CHANNELS, INPUTS
from show.config import Show
from show.cue_config import LEVEL, Cue, numbered
from show.cue_times import times
from show.errors import did_you_mean
from show.laying import Laying
from show.parameter import ParameterTree
from show.toml_lines import Path

Complaint = tuple[Path, str]
Check = Callable[[Path, str, object, ParameterTree], Iterable[Complaint]]
"""Checks one value of a parameter: key, address, value."""


def problems(show: Show, parameters: ParameterTree, value: Check) -> Iterable[Complaint]:
    """Yield every contradiction between the cue list and the rest of a show, by key."""
    scenes = [scene.name for scene in show.scene]
    laying = Laying(show.surface)
    for place, cue in enumerate(show.cue):
        yield from _listed(show, place, cue)
        if cue.scene and cue.scene not in scenes:
            yield ("cue", place, "scene"), f"there is no scene {cue.scene!r}{did_you_mean(cue.scene, scenes)}"
        for address, goal in cue.set.items():
            yield from value(("cue", place, "set", address), address, goal, parameters)
        for name, laid in cue.surface.items():
            for sentence in laying.problems(name, laid):
                yield ("cue", place, "surface", name), sentence
        for address in cue.release:
            if address != "*" and address not in parameters:
                sentence = f"{address}: no such parameter{did_you_mean(address, parameters)}"
                yield ("cue", place, "release"), sentence
        if LEVEL not in parameters and cue.do in ("blackout", "restore"):
            yield ("cue", place, "do"), f"{LEVEL} is no parameter of this show"
    numbers = [cue.number for cue in show.cue]
    if show.go.on_open is not None and show.go.on_open not in numbers:
        known = ", ".join(numbered(number) for number in numbers[:12]) or "none"
        yield ("go", "on_open"), f"there is no cue {numbered(show.go.on_open)}; the cues are: {known}"
    starts = [0.0, *accumulate(scene.seconds for scene in show.scene)][: len(show.scene)]
    length = sum(scene.seconds for scene in show.scene)
    found = times(show, starts)
    yield from found.problems
    for name, seconds in (("at", found.at), ("seek", found.seek)):
        for place, second in seconds.items():
            if second > length:
                yield (
                    ("cue", place, name),
                    f"{second:g} s lies after the end of the show ({length:g} s): the clock never comes there",
                )


def _listed(show: Show, place: int, cue: Cue) -> Iterable[Complaint]:
    """Yield what is wrong with the number and the name of a cue among those above it."""
    above = show.cue[:place]
    if above and cue.number <= above[-1].number:
        before = numbered(above[-1].number)
        yield ("cue", place, "number"), f"numbers rise down the list: expected more than {before}, got {cue.number:g}"
    if cue.name and any(cue.name == other.name for other in above):
        yield ("cue", place, "name"), f"there are two cues called {cue.name!r}"


def clock_problems(show: Show, channels: Collection[str]) -> Iterable[Complaint]:
    """Yield a sentence if the source of the clock is not among what the inputs give."""
    module = show.clock.source
    if module not in INPUTS:
        return
    if all(part.module != module for part in show.input):
        yield ("clock", "source"), f"{show.clock.source!r} needs an input that is not there: add [[input]] {module}"
    elif not {f"{module}/seconds", f"{module}/beats", f"{module}/bpm"} & set(channels):
        yield ("clock", "source"), f"the input {module} of this version hears neither a place nor a tempo"


def channels(given: Collection[str]) -> list[str]:
    """Return the channels that bindings may read: those of the inputs and those of the clock."""
    return [*given, *CHANNELS]
