"""Tracks looked at as a whole: what is wrong in them, and what is legal and yet looks like a slip."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from show.channels import reads
from show.config import Show
from show.keys import Number
from show.load import Problem
from show.parameter import Parameter, ParameterTree, Value
from show.toml_lines import Path
from show.track_config import Track, TrackTable
from show.tracks import Setting, TrackError, bases, key_times, number_track, settings, value_track, weight_track

SAMPLES: Final = 257
"""Places of a scene at which a track is looked at."""
_JUMP: Final = 0.1
"""A jump is named from this share of the range that a track covers."""
_BEFORE: Final = 1e-6


def scalars(track: Track, parameter: Parameter | None) -> Iterator[tuple[Path, Value]]:
    """Yield the plain values of a track with their place in it; what is an expression there is left out."""
    words = parameter is not None and parameter.kind in ("text", "choice")
    if not isinstance(track, TrackTable | list):
        if words or not isinstance(track, str):
            yield (), track
        return
    numeric = parameter is None or parameter.kind == "float"
    for place, key in key_list(track):
        if not (isinstance(key, str) and numeric):
            yield place, key
    if isinstance(track, TrackTable) and track.value is not None:
        yield ("value",), track.value


def key_list(track: Track) -> list[tuple[Path, Value]]:
    """Return the values of a track's keys with their place in the track."""
    if isinstance(track, TrackTable):
        return [(("keys", number), key[1]) for number, key in enumerate(track.keys or ())]
    return [((number,), key[1]) for number, key in enumerate(track)] if isinstance(track, list) else []


def track_problems(show: Show, parameters: ParameterTree) -> Iterator[Problem]:
    """Yield what keeps a show's tracks from being played: moments, expressions, cues that nobody knows."""
    base = bases(show, parameters)
    for number, (scene, setting) in enumerate(zip(show.scene, settings(show, show.scene), strict=True)):
        for address, track in scene.tracks.items():
            if address not in parameters:
                continue  # said with the addresses
            try:
                value_track(track, parameters[address], setting, base[address])
            except TrackError as error:
                yield Problem(("scene", number, "tracks", address, *_where(track, error)), str(error))
        try:
            key_times(scene.seeds or [], setting)
        except TrackError as error:
            yield Problem(("scene", number, "seeds", *error.where), str(error))
        for place, words in enumerate(scene.words):
            try:
                weight_track(words.weight, setting, place + 1)
            except TrackError as error:
                key = ("scene", number, "words", place, "weight", *_where(words.weight, error))
                yield Problem(key, str(error))


def _where(track: Track, error: TrackError) -> Path:
    keyed = isinstance(track, TrackTable) and error.where and isinstance(error.where[0], int)
    return ("keys", *error.where) if keyed else error.where


def slips(show: Show, parameters: ParameterTree | None = None) -> list[Problem]:
    """Return what is legal and yet looks like a slip, for the author to look at."""
    found: list[Problem] = []
    key: Path
    base = {} if parameters is None else bases(show, parameters)
    for number, (scene, setting) in enumerate(zip(show.scene, settings(show, show.scene), strict=True)):
        for place, words in enumerate(scene.words):
            key = ("scene", number, "words", place, "weight")
            if _nothing(words.weight):
                sentence = "a weight of 0 turns the phrase off and removes nothing from the picture; use exclude"
                found.append(Problem(key, sentence))
            found += _late_keys(words.weight, setting, key)
            found += _jumps(words.weight, setting, key)
        for address, track in scene.tracks.items():
            key = ("scene", number, "tracks", address)
            found += [*_odd(track, key), *_late_keys(track, setting, key)]
            parameter = parameters.get(address) if parameters is not None else None
            if parameter is None or parameter.kind == "float":
                found += _jumps(track, setting, key)
            if parameter is not None and parameter.kind == "float":
                found += _outside(track, parameter, setting, key, float(base[address]))
        if scene.seeds:
            found += _late_keys(scene.seeds, setting, ("scene", number, "seeds"))
    return [*found, *_unused(show)]


def _unused(show: Show) -> Iterator[Problem]:
    """Yield the derived channels that neither a binding nor another channel reads."""
    used = {binding.channel for binding in show.binding}.union(*reads(show).values())
    for number, channel in enumerate(show.channel):
        if channel.name not in used:
            sentence = f"no binding and no other channel uses the channel {channel.name!r}"
            yield Problem(("channel", number, "name"), sentence)


def _nothing(weight: Track) -> bool:
    """Say whether a weight is 0 all the time."""
    if isinstance(weight, TrackTable):
        if weight.expr or weight.wave or weight.noise:
            return False
        return weight.value == 0 or _nothing(weight.keys or [])
    if isinstance(weight, list):
        return bool(weight) and all(key[1] == 0 for key in weight)
    return weight == 0


def _odd(track: Track, key: Path) -> Iterator[Problem]:
    keys = key_list(track)
    numbers = [float(value) for _, value in keys if isinstance(value, int | float)]
    odd = odd_one_out(numbers)
    if odd is not None and len(numbers) == len(keys):
        sentence = f"{numbers[odd]:g} breaks an otherwise steady series; is it a typing slip?"
        yield Problem((*key, *keys[odd][0]), sentence)


def _late_keys(track: Track, setting: Setting, key: Path) -> Iterator[Problem]:
    """Yield the keys that the scene is over before, but for one that lies on its last moment."""
    for (place, _), at in zip(key_list(track), _moments(track, setting), strict=False):
        if at > setting.length + _BEFORE:
            sentence = f"the key at {at:g} s lies past the end of the scene ({setting.length:g} s) and is never reached"
            yield Problem((*key, *place), sentence)


def _moments(track: Track, setting: Setting) -> list[float]:
    """Return the seconds of a track's keys; none where they cannot be told."""
    keys = track.keys if isinstance(track, TrackTable) else track if isinstance(track, list) else None
    try:
        return key_times(keys or [], setting)
    except TrackError:
        return []


def _jumps(track: Track, setting: Setting, key: Path) -> Iterator[Problem]:
    """Yield the keys at which a computed value ends elsewhere than the next key begins."""
    keys = key_list(track)
    if not any(isinstance(value, str) for _, value in keys):
        return
    number, numbers = _sampled(track, setting)
    spread = max(numbers, default=0.0) - min(numbers, default=0.0)
    for ((_, value), (place, _)), at in zip(pairwise(keys), _moments(track, setting)[1:], strict=False):
        before, after = number(at - _BEFORE), number(at)
        if isinstance(value, str) and at <= setting.length and abs(after - before) > max(_JUMP * spread, _BEFORE):
            yield Problem(
                (*key, *place), f"it jumps here from {before:g} to {after:g}; the expression before ends there"
            )


def _outside(track: Track, parameter: Parameter, setting: Setting, key: Path, base: float) -> Iterator[Problem]:
    """Yield a sentence for a track that has no number somewhere, or leaves the range of its parameter."""
    number, numbers = _sampled(track, setting, base)
    gone = next((n for n in range(SAMPLES) if math.isnan(number(_place(n, setting)))), None)
    if gone is not None:
        sentence = f"it has no number at {_place(gone, setting):g} s; the parameter's own value stands there"
        yield Problem(key, sentence)
    for extreme in sorted({min(numbers, default=base), max(numbers, default=base)}):
        if not parameter.within(extreme):
            bounds = f"{parameter.minimum:g} and {parameter.maximum:g}"
            yield Problem(key, f"it comes to {extreme:g}, and is kept between {bounds}")


def _sampled(track: Track, setting: Setting, base: float = 0.0) -> tuple[Number, list[float]]:
    """Return a track as a function, nan where it cannot be read, and its numbers all over the scene."""
    try:
        number = number_track(track, setting, base)
    except TrackError:
        return (lambda _: 0.0), []
    found = [number(_place(n, setting)) for n in range(SAMPLES)]
    return number, [one for one in found if not math.isnan(one)]


def _place(number: int, setting: Setting) -> float:
    return setting.length * number / (SAMPLES - 1)


def odd_one_out(numbers: list[float]) -> int | None:
    """Return the one inner number without which a series of five or more would rise or fall all the way, or None."""
    if len(numbers) < 5 or _monotonic(numbers):
        return None
    suspects = [n for n in range(1, len(numbers) - 1) if _monotonic(numbers[:n] + numbers[n + 1 :])]
    return min(suspects, key=lambda n: abs(numbers[n] - numbers[n - 1]), default=None) if suspects else None


def _monotonic(numbers: list[float]) -> bool:
    steps = [later - earlier for earlier, later in pairwise(numbers)]
    return all(step > 0 for step in steps) or all(step < 0 for step in steps)
