"""What a scene says in one word and what it means in tracks: shots of the camera, seed 004's presets, the guidance.

They are expanded when a show is opened, always to the same tracks; a track that the scene writes itself wins. Tracks of
an address that the artist does not have are left out.

A shot takes the whole camera: what it does not move stands still. It begins and ends at rest (RAMP of the scene at
either end), and over the whole scene it travels exactly, for `amount` a (1 is a large move, 0.5 the usual one):

| shot | travels |
|---|---|
| push | forward by a picture widths |
| dolly | to the right, past the picture, by a picture widths |
| pan | turns to the right by a * 60 degrees |
| orbit | round the middle of the picture by a * 60 degrees, looking at it: turns to the right, slides to the left |
| crash-zoom | nothing for two thirds, then zooms in by a * 3 doublings within a sixth (2 s at the most), if it can |
| still | nothing |

`recursive-50` (seed 004): the first picture from noise or black, and of every picture half of the denoising range kept
from the one before, at 12 pictures a second: artist/skip 0.5, nothing added when the words change.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from typing import Final

from show.camera import FOV, RATES, distance
from show.config import Scalar, Scene, Shot
from show.parameter import ParameterTree, Value
from show.tracks import opening_number

Keys = list[tuple[float, Scalar]]

SKIP: Final = "artist/skip"
STRENGTH: Final = "artist/strength"
RAMP: Final = 0.2
DEGREES: Final = 60.0
DOUBLINGS: Final = 3.0
STEEPEST: Final = 4.0
"""The largest camera/zoom; its inverse is the smallest."""
_CRASH_AT: Final = 2 / 3
_CRASH_SECONDS: Final = 2.0
_REST: Final = {address: 1.0 if address == "camera/zoom" else 0.0 for address in RATES}


def expanded(scene: Scene, parameters: ParameterTree, given: Mapping[str, Scalar]) -> Scene:
    """Return a scene with the tracks of its shot, preset and guidance; `given` are the show's own start values."""
    more: dict[str, Keys] = {}
    if scene.shot is not None:
        kind = scene.shot if isinstance(scene.shot, Shot) else Shot(kind=scene.shot)
        fov = opening_number(scene.tracks.get("camera/fov"), given.get("camera/fov", FOV))
        more |= shot_tracks(kind, scene.seconds, fov)
    if scene.preset == "recursive-50":
        more |= {"artist/skip": [(0.0, 0.5)], "artist/feedback": [(0.0, 1.0)], "artist/urge": [(0.0, 0.0)]}
    if scene.guidance is not None:
        more["artist/exclude_method"] = [(0.0, scene.guidance)]
    init = "noise" if scene.preset and scene.init == "last" else scene.init
    fresh = {address: keys for address, keys in more.items() if address in parameters and address not in scene.tracks}
    if not fresh and init == scene.init:
        return scene
    return scene.model_copy(update={"tracks": {**fresh, **scene.tracks}, "init": init})


def complement(values: dict[str, Value], given: Collection[str]) -> None:
    """Make artist/skip and artist/strength say the same: skip leads where it is among what is given, else strength."""
    if SKIP not in values or STRENGTH not in values:
        return
    one, other = (SKIP, STRENGTH) if SKIP in given else (STRENGTH, SKIP)
    values[other] = 1.0 - float(values[one])


def shot_tracks(shot: Shot, seconds: float, fov: float = FOV) -> dict[str, Keys]:
    """Return the tracks, by address, of a shot over a scene of some seconds, seen with a field of view in degrees."""
    tracks: dict[str, Keys] = {address: [(0.0, rest)] for address, rest in _REST.items()}
    tracks.update(_SHOTS[shot.kind](shot.amount, seconds, distance(fov)))
    return tracks


def _eased(total: float, seconds: float) -> Keys:
    """Return the keys of a rate that rises from rest, holds and sinks to rest, `total` in all."""
    rate = total / (seconds * (1 - RAMP))
    return [(0.0, 0.0), (RAMP * seconds, rate), ((1 - RAMP) * seconds, rate), (seconds, 0.0)]


def _push(amount: float, seconds: float, _away: float) -> dict[str, Keys]:
    return {"camera/z": _eased(amount, seconds)}


def _dolly(amount: float, seconds: float, _away: float) -> dict[str, Keys]:
    return {"camera/x": _eased(-amount, seconds)}


def _pan(amount: float, seconds: float, _away: float) -> dict[str, Keys]:
    return {"camera/yaw": _eased(DEGREES * amount, seconds)}


def _orbit(amount: float, seconds: float, away: float) -> dict[str, Keys]:
    turn = DEGREES * amount
    return {"camera/yaw": _eased(turn, seconds), "camera/x": _eased(math.radians(turn) * away, seconds)}


def _crash(amount: float, seconds: float, _away: float) -> dict[str, Keys]:
    length = min(_CRASH_SECONDS, seconds / 6)
    peak = _crash_rate(DOUBLINGS * amount / length)
    begin, ramp = _CRASH_AT * seconds, RAMP * length
    at = (begin, begin + ramp, begin + length - ramp, begin + length)
    return {"camera/zoom": [(0.0, 1.0), (at[0], 1.0), (at[1], peak), (at[2], peak), (at[3], 1.0)]}


def _crash_rate(doublings: float) -> float:
    """Return the peak zoom per second with which a crash makes so many doublings per second of its length on average.

    A ramp from 1 to r is straight in the ratio: it makes (r ln r / (r - 1) - 1) / ln 2 doublings per second.
    """

    def made(rate: float) -> float:
        if abs(rate - 1) < 1e-9:
            return 0.0
        ramp = (rate * math.log(rate) / (rate - 1) - 1) / math.log(2)
        return 2 * RAMP * ramp + (1 - 2 * RAMP) * math.log2(rate)

    low, high = 1 / STEEPEST, STEEPEST
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if made(middle) < doublings else (low, middle)
    return high


def _still(_amount: float, _seconds: float, _away: float) -> dict[str, Keys]:
    return {}


_SHOTS: Final[dict[str, Callable[[float, float, float], dict[str, Keys]]]] = {
    "push": _push,
    "dolly": _dolly,
    "pan": _pan,
    "orbit": _orbit,
    "crash-zoom": _crash,
    "still": _still,
}
