"""What a score may ask of an artist, what an artist declares that it honours, and what of a score will be lost on it.

An artist module declares HONOURS: the names of WISHES that it honours, and the families of models that it paints by,
each with what it was made for. Nothing here imports an artist: declarations come by announcement.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from show.camera import FOV
from show.config import Scene, Show
from show.parameter import ParameterTree, Value
from show.score import Score

WISHES: Final[dict[str, str]] = {
    "meaning": "pictures of what the words mean",
    "weights": "weights of phrases",
    "exclude": "words that are kept out",
    "guidance": "how words are kept out (guidance)",
    "mix": "words that grow out of those before",
    "walk": "a walk through seeds",
    "recursion": "pictures that keep a share of the one before (preset)",
    "noise": 'scenes that begin from noise (init = "noise")',
    "black": 'scenes that begin from black (init = "black")',
    "record": "scenes that begin from records or lean on them",
    "zoom": "a camera that zooms",
    "turn": "a camera that turns about its axis",
    "pan": "a camera that pans",
    "depth": "a camera in space (pitch, yaw, z, field of view)",
}
STEPS: Final = "artist/steps"
LOOKS: Final = 33
"""Looks at a scene, evenly laid over it, by which it is found what it asks for."""
SIZES_APART: Final = 4.0
"""Pictures of so many times more or fewer pixels than a family learnt from are no longer what it can."""
_CAMERA: Final[dict[str, dict[str, float]]] = {
    "zoom": {"camera/zoom": 1.0},
    "turn": {"camera/angle": 0.0},
    "pan": {"camera/x": 0.0, "camera/y": 0.0},
    "depth": {"camera/pitch": 0.0, "camera/yaw": 0.0, "camera/z": 0.0, "camera/fov": FOV},
}
"""By wish, the addresses that ask for it when they leave this value."""
_NAMED: Final = 3
"""Scenes that are named in a sentence before the rest is counted."""


class Family(msgspec.Struct, frozen=True):
    """A family of models: known by the artist's `options` (a pattern for the whole of each), with what it was made for.

    `steps` are the fewest and the most of a picture, `pixels` the side of the square that it learnt from (0: unknown).
    """

    name: str
    options: dict[str, str]
    steps: tuple[int, int]
    pixels: int = 0

    def is_of(self, given: Mapping[str, Value]) -> bool:
        """Say whether options name a model of this family."""
        return all(re.fullmatch(pattern, str(given.get(key, "")), re.I) for key, pattern in self.options.items())


class Honours(msgspec.Struct, frozen=True):
    """What an artist honours, as names of WISHES, and the families it knows; the first that fits is taken."""

    wishes: tuple[str, ...]
    families: tuple[Family, ...] = ()


def asked(show: Show, score: Score, base: Mapping[str, Value]) -> dict[str, list[str]]:
    """Return the names of the scenes that ask for each wish, in the order of WISHES; bindings and cues count for all.

    `base` holds every parameter where no track sets it.
    """
    found: dict[str, list[str]] = {wish: [] for wish in WISHES}
    moved = {binding.parameter for binding in show.binding} | {address for cue in show.cue for address in cue.set}
    for number, scene in enumerate(score.scenes):
        for wish in _asked_by(show.scene[number], scene, score, number, base, moved):
            found[wish].append(scene.name)
    return {wish: scenes for wish, scenes in found.items() if scenes}


def _asked_by(
    written: Scene, scene: Scene, score: Score, number: int, base: Mapping[str, Value], moved: Iterable[str]
) -> Iterator[str]:
    """Yield the wishes of one scene; `written` is it before presets were expanded."""
    yield "meaning"
    weights = [phrase.weight for into in _looks(scene) for phrase in score.words(number, into, lambda _: 1.0)]
    if any(weight not in (0.0, 1.0) for weight in weights if weight >= 0):
        yield "weights"
    if any(weight < 0 for weight in weights):
        yield "exclude"
    if written.guidance is not None:
        yield "guidance"
    if scene.fade > 0 and scene.transition in ("lerp", "slerp"):
        yield "mix"
    if written.preset is not None:
        yield "recursion"
    if scene.init != "last":
        yield scene.init
    if scene.records and scene.init != "record":
        yield "record"
    values = [{**base, **score.track_values(number, into)} for into in _looks(scene)]
    if "walk/speed" in moved or any(float(value["walk/speed"]) > 0 for value in values):
        yield "walk"
    for wish, rests in _CAMERA.items():
        if any(address in moved or any(value[address] != rest for value in values) for address, rest in rests.items()):
            yield wish


def _looks(scene: Scene) -> list[float]:
    return [scene.seconds * look / (LOOKS - 1) for look in range(LOOKS)]


def losses(
    show: Show, parameters: ParameterTree, honours: Honours, options: Mapping[str, Value], known: Iterable[str]
) -> list[str]:
    """Return what of a show will be lost on an artist, a sentence each; none when it honours all of it.

    `parameters` are those that the show is written for, `known` the artist's own addresses, `options` its options.
    """
    score, base = Score(show, parameters), parameters.defaults() | dict(show.parameters)
    return [
        *_wishes(asked(show, score, base), honours),
        *_controls(show, set(known)),
        *_family(show, score, base, honours, options),
    ]


def _wishes(found: Mapping[str, list[str]], honours: Honours) -> Iterator[str]:
    for wish, scenes in found.items():
        if wish not in honours.wishes:
            yield f"{WISHES[wish]}: {_in(scenes)}"


def _controls(show: Show, known: set[str]) -> Iterator[str]:
    """Yield the artist's controls that the show moves and this artist does not have."""
    places: dict[str, list[str]] = {}
    for scene in show.scene:
        for address in scene.tracks:
            places.setdefault(address, []).append(scene.name)
    for address in (*show.parameters, *(binding.parameter for binding in show.binding)):
        places.setdefault(address, [])
    for address, scenes in places.items():
        if address.startswith("artist/") and address not in known:
            yield f"{address}, which it does not have" + (f": {_in(scenes)}" if scenes else "")


def _family(
    show: Show, score: Score, base: Mapping[str, Value], honours: Honours, options: Mapping[str, Value]
) -> Iterator[str]:
    family = family_of(honours, options)
    if family is None:
        return
    fewest, most = family.steps
    outside = []
    if STEPS in base:
        for number, scene in enumerate(score.scenes):
            steps = {int(score.track_values(number, into).get(STEPS, base[STEPS])) for into in _looks(scene)}
            if min(steps) < fewest or max(steps) > most:
                outside.append(scene.name)
    if outside:
        made = f"{fewest}" if fewest == most else f"{fewest} to {most}"
        yield f"{STEPS} that {family.name} is not made for ({made}): {_in(outside)}"
    share = show.artist.width * show.artist.height / family.pixels**2 if family.pixels else 1.0
    if not 1 / SIZES_APART <= share <= SIZES_APART:
        size, side = f"{show.artist.width} x {show.artist.height}", family.pixels
        yield f"pictures as {family.name} learnt them, at {side} x {side} pixels: these are {size}"


def family_of(honours: Honours, options: Mapping[str, Value]) -> Family | None:
    """Return the family that an artist's options name, None where none is known."""
    return next((family for family in honours.families if family.is_of(options)), None)


def report(
    name: str,
    show: Show,
    parameters: ParameterTree,
    honours: Honours | None,
    options: Mapping[str, Value],
    known: Iterable[str],
) -> list[str]:
    """Return what an artist called `name` honours and what of a show will be lost on it, as lines to be printed."""
    if honours is None:
        return [f"{name}: it does not declare what it honours."]
    family = family_of(honours, options)
    who = f"{name} ({family.name})" if family is not None else name
    lost = losses(show, parameters, honours, options, known)
    if not lost:
        return [f"{who} honours all that this score asks for."]
    return [f"{who} honours: {', '.join(honours.wishes) or 'nothing'}.", *(f"lost on {who}: {one}." for one in lost)]


def _in(scenes: list[str]) -> str:
    more = len(scenes) - _NAMED
    named = ", ".join(repr(scene) for scene in scenes[:_NAMED]) + (f" and {more} more" if more > 0 else "")
    return f"scene{'s' if len(scenes) > 1 else ''} {named}"
