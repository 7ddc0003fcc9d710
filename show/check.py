"""What can only be checked with all parts together: addresses, channels, regions, surfaces; and what looks a slip."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from show.announce import Announcement, modules, plug_in_problems
from show.config import Show
from show.errors import did_you_mean
from show.load import Problem, Source, read
from show.parameter import Parameter, ParameterError, ParameterTree, Value, options
from show.parameters import CORE
from show.toml_lines import Path as Key
from show.wires import score_channel


@dataclass(frozen=True)
class Opened:
    """A show that is in order: its parameters, those its artist announced, its options, and warnings for its author."""

    show: Show
    parameters: ParameterTree
    artist_parameters: tuple[Parameter, ...]
    artist_options: Mapping[str, Value]
    warnings: tuple[str, ...]


def open_show(path: Path, ask: Callable[[Iterable[str]], Mapping[str, Announcement]]) -> Opened:
    """Load a show file and check it against what its modules announce; raise ShowFileError with every problem."""
    show, source = read(path)
    announced = dict(ask(modules(show)))
    source.refuse(_plug_ins(show, announced))
    artist = announced[f"render.artists.{show.artist.module}"]
    parameters = ParameterTree((*CORE, *artist.parameters))
    channels = [name for part in show.input for name in announced[f"server.inputs.{part.module}"].channels]
    source.refuse(problems(show, parameters, [*channels, *_scores(show)]))
    given = options(artist.options, show.artist.options, f"artist {show.artist.module}")
    return Opened(show, parameters, artist.parameters, given, tuple(_tell_all(source, slips(show))))


def _scores(show: Show) -> list[str]:
    """Return the channels of the show's critic: its scores, one per region and their mean."""
    return [score_channel(name) for name in ("", *(part.name for part in show.region))] if show.critic else []


def _tell_all(source: Source, found: Iterable[Problem]) -> list[str]:
    return [source.tell(problem) for problem in found]


def _plug_ins(show: Show, announced: dict[str, Announcement]) -> list[Problem]:
    return [Problem(key, sentence) for key, sentence in plug_in_problems(show, announced)]


def problems(show: Show, parameters: ParameterTree, channels: Collection[str]) -> list[Problem]:
    """Return every contradiction between the parts of a show."""
    return [
        *_values(show, parameters),
        *_bindings(show, parameters, channels),
        *_places(show),
        *_doubles("region", [region.name for region in show.region]),
        *_doubles("scene", [scene.name for scene in show.scene]),
        *_doubles("output", [output.name for output in show.output]),
        *_doubles("input", [part.module for part in show.input]),
    ]


def _values(show: Show, parameters: ParameterTree) -> Iterable[Problem]:
    for address, value in show.parameters.items():
        yield from _value(("parameters", address), address, value, parameters)
    for number, scene in enumerate(show.scene):
        for address, keys in scene.tracks.items():
            for place, (_, value) in enumerate(keys):
                yield from _value(("scene", number, "tracks", address, place), address, value, parameters)


def _value(key: Key, address: str, value: object, parameters: ParameterTree) -> Iterable[Problem]:
    try:
        parameter = parameters.find(address)
        accepted = parameter.accept(value)
    except ParameterError as error:
        yield Problem(key, str(error).removeprefix(f"{address}: "))
        return
    if isinstance(value, int | float) and not isinstance(value, bool) and accepted != value:
        yield Problem(key, f"must lie between {parameter.minimum:g} and {parameter.maximum:g}, got {value}")


def _bindings(show: Show, parameters: ParameterTree, channels: Collection[str]) -> Iterable[Problem]:
    for number, binding in enumerate(show.binding):
        if binding.channel not in channels:
            hint = did_you_mean(binding.channel, channels) or "; its inputs give: " + (", ".join(channels) or "none")
            yield Problem(("binding", number, "channel"), f"no input gives a channel {binding.channel!r}{hint}")
        try:
            parameter = parameters.find(binding.parameter)
        except ParameterError as error:
            yield Problem(("binding", number, "parameter"), str(error))
            continue
        if parameter.kind not in ("float", "int"):
            yield Problem(("binding", number, "parameter"), f"{binding.parameter} is no number and cannot be moved")


def _places(show: Show) -> Iterable[Problem]:
    regions, outputs = [region.name for region in show.region], [output.name for output in show.output]
    for number, surface in enumerate(show.surface):
        if surface.region not in regions:
            yield Problem(("surface", number, "region"), _unknown("region", surface.region, regions))
        if surface.output not in outputs:
            yield Problem(("surface", number, "output"), _unknown("output", surface.output, outputs))
    shown = {surface.region for surface in show.surface}
    for number, name in enumerate(regions):
        if name not in shown:
            yield Problem(("region", number, "name"), f"the region {name!r} lands on no surface")


def _unknown(kind: str, name: str, known: Collection[str]) -> str:
    return f"there is no {kind} {name!r}{did_you_mean(name, known)}"


def _doubles(kind: str, names: list[str]) -> Iterable[Problem]:
    for number, name in enumerate(names):
        if name in names[:number]:
            yield Problem((kind, number), f"there are two {kind}s called {name!r}")


def slips(show: Show) -> list[Problem]:
    """Return what is legal and yet looks like a slip, for the author to look at."""
    found = []
    for number, scene in enumerate(show.scene):
        for place, words in enumerate(scene.words):
            if words.weight == 0:
                sentence = "a weight of 0 turns the phrase off and removes nothing from the picture; use exclude"
                found.append(Problem(("scene", number, "words", place, "weight"), sentence))
        for address, keys in scene.tracks.items():
            numbers = [float(value) for _, value in keys if isinstance(value, int | float)]
            odd = _odd_one_out(numbers)
            if odd is not None and len(numbers) == len(keys):
                sentence = f"{numbers[odd]:g} breaks an otherwise steady series; is it a typing slip?"
                found.append(Problem(("scene", number, "tracks", address, odd), sentence))
    return found


def _odd_one_out(numbers: list[float]) -> int | None:
    """Return the one inner number without which a series of five or more would rise or fall all the way, or None."""
    if len(numbers) < 5 or _monotonic(numbers):
        return None
    suspects = [n for n in range(1, len(numbers) - 1) if _monotonic(numbers[:n] + numbers[n + 1 :])]
    return min(suspects, key=lambda n: abs(numbers[n] - numbers[n - 1]), default=None) if suspects else None


def _monotonic(numbers: list[float]) -> bool:
    steps = [later - earlier for earlier, later in pairwise(numbers)]
    return all(step > 0 for step in steps) or all(step < 0 for step in steps)
