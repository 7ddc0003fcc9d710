"""What can only be checked with all parts together: addresses, channels, regions, surfaces; and what looks a slip."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from show.announce import Announcement, modules, plug_in_problems
from show.camera import RATES
from show.channels import problems as channel_problems
from show.config import Show
from show.cue_check import channels as with_clock
from show.cue_check import clock_problems
from show.cue_check import problems as cue_problems
from show.errors import OrielError, ShowFileError, did_you_mean
from show.journey import scene_travel
from show.lint import scalars, slips, track_problems
from show.listed import spread
from show.load import Problem, Source, read
from show.parameter import Parameter, ParameterError, ParameterTree, Value, options
from show.parameters import CORE
from show.score import Score
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


def open_show(
    path: Path, ask: Callable[[Iterable[str]], Mapping[str, Announcement]], text: str | None = None
) -> Opened:
    """Load a show file and check it against what its modules announce; raise ShowFileError with every problem.

    `text` stands in the place of what the file holds.
    """
    show, source = read(path, text)
    announced = dict(ask(modules(show)))
    source.refuse(_plug_ins(show, announced))
    artist = announced[f"render.artists.{show.artist.module}"]
    given = options(artist.options, show.artist.options, f"artist {show.artist.module}")
    own = _own(show, source, artist, given)
    parameters = ParameterTree((*CORE, *own))
    channels = [name for part in show.input for name in announced[f"server.inputs.{part.module}"].channels]
    source.refuse(Problem(key, sentence) for key, sentence in clock_problems(show, channels))
    source.refuse(problems(show, parameters, [*channels, *_scores(show)]))
    return Opened(show, parameters, own, given, tuple(_tell_all(source, slips(show, parameters))))


def _own(show: Show, source: Source, artist: Announcement, given: Mapping[str, Value]) -> tuple[Parameter, ...]:
    """Return the artist's parameters, with those for everything that its options list."""
    try:
        return spread(artist.parameters, given, [region.name for region in show.region], f"artist {show.artist.module}")
    except OrielError as error:
        raise ShowFileError(source.tell(Problem(("artist", "options"), str(error)))) from None


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
        *track_problems(show, parameters),
        *_bindings(show, parameters, [*with_clock(channels), *(channel.name for channel in show.channel)]),
        *(Problem(key, sentence) for key, sentence in channel_problems(show, parameters, with_clock(channels))),
        *(Problem(key, sentence) for key, sentence in cue_problems(show, parameters, _cue_value)),
        *_places(show),
        *_offsets(show),
        *_doubles("region", [region.name for region in show.region]),
        *_doubles("scene", [scene.name for scene in show.scene]),
        *_doubles("output", [output.name for output in show.output]),
        *_doubles("input", [part.module for part in show.input]),
    ]


def _values(show: Show, parameters: ParameterTree) -> Iterable[Problem]:
    for address, value in show.parameters.items():
        yield from _value(("parameters", address), address, value, parameters)
    for number, scene in enumerate(show.scene):
        for address, track in scene.tracks.items():
            for place, value in scalars(track, parameters.get(address)):
                yield from _value(("scene", number, "tracks", address, *place), address, value, parameters)


def _value(key: Key, address: str, value: object, parameters: ParameterTree) -> Iterable[Problem]:
    try:
        parameter = parameters.find(address)
        accepted = parameter.accept(value)
    except ParameterError as error:
        yield Problem(key, str(error).removeprefix(f"{address}: "))
        return
    if isinstance(value, int | float) and not isinstance(value, bool) and accepted != value:
        yield Problem(key, f"must lie between {parameter.minimum:g} and {parameter.maximum:g}, got {value}")


def _cue_value(key: Key, address: str, value: object, parameters: ParameterTree) -> Iterable[tuple[Key, str]]:
    for problem in _value(key, address, value, parameters):
        yield problem.path, problem.sentence


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


def _offsets(show: Show) -> Iterable[Problem]:
    regions = [region.name for region in show.region]
    for number, scene in enumerate(show.scene):
        if len(scene.records) not in (0, 1, len(regions)):
            wanted = "one for all regions" + (f", or {len(regions)}: one for each" if len(regions) > 1 else "")
            yield Problem(("scene", number, "records"), f"expected {wanted}, got {len(scene.records)}")
        for name, offsets in scene.region.items():
            key = ("scene", number, "region", name)
            if name not in regions:
                yield Problem(key, _unknown("region", name, regions))
            if isinstance(offsets.weight_offset, tuple) and len(offsets.weight_offset) > len(scene.words):
                found = f"{len(scene.words)} phrases, got {len(offsets.weight_offset)} offsets"
                yield Problem((*key, "weight_offset"), f"expected one number per phrase: the scene has {found}")


def journeys(opened: Opened) -> list[str]:
    """Return a sentence per scene: how far its own tracks take the camera, fades and live hands left aside."""
    show, base = opened.show, opened.parameters.defaults() | dict(opened.show.parameters)
    score, found = Score(show, opened.parameters), []
    for number, scene in enumerate(score.scenes):
        pose = scene_travel(score, number, {address: float(base[address]) for address in RATES})
        found.append(f"scene {scene.name!r}: the camera {pose.told()}.")
    return found


def _unknown(kind: str, name: str, known: Collection[str]) -> str:
    return f"there is no {kind} {name!r}{did_you_mean(name, known)}"


def _doubles(kind: str, names: list[str]) -> Iterable[Problem]:
    for number, name in enumerate(names):
        if name in names[:number]:
            yield Problem((kind, number), f"there are two {kind}s called {name!r}")
