"""Tracks: what a show file says of one parameter over one scene, made into a function of the second in the scene.

A track is a function of its place alone: it remembers nothing, so a seek gives what playing gives, and any two rates of
frames see the same curve. What an expression may read (times count from the scene's beginning, capitals from the
show's):

| name | is |
|---|---|
| t, T | seconds |
| f, F | frames at the score's fps |
| b, B | beats at the score's bpm; bar: bars |
| u | the share of the scene that has passed, 0..1 |
| length, max_f | the scene's seconds, and its frames less one |
| fps, bpm, beats_per_bar, s | the table [score]; s is its seed |
| seed | this track's own seed, from which its noise comes |
| k, span | seconds since the last key, and from it to the next |
| prev_value, next_value | the values of these two keys |
| S, L, C | the keys as steps, straight, and as a cubic spline |

A track that gives no finite number at some second leaves the parameter at its base value there.
"""

from __future__ import annotations

import functools
import math
import sys
import zlib
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from show import noise
from show.camera import RATES
from show.config import Scene, Show
from show.easing import easing, plain
from show.errors import OrielError
from show.expression import ExpressionError, compile_expression
from show.functions import power
from show.keys import KeyedNumber, KeyLine, Number, Way, natural
from show.moment import MomentError, Timing, seconds
from show.parameter import Parameter, ParameterError, ParameterTree, Value
from show.track_config import NAMES, Curve, Keys, Noise, Track, TrackTable, Wave, shortened

Valued = Callable[[float], Value | None]
"""From a second of the scene to a value; None where there is none."""
_SHORTEST: Final = 1e-3
"""Seconds of the shortest wave and of the shortest step of noise."""
_NEAR: Final = 1e-3
"""Seconds to either side within which a place is looked at to know its rate."""


class TrackError(OrielError):
    """A track cannot be read; `where` is its place within the track as a path of the show file."""

    exit_code = 2

    def __init__(self, message: str, *where: str | int) -> None:
        super().__init__(message)
        self.where = where


class Setting(NamedTuple):
    """Where a track stands.

    `scene` is the scene's name, `start` its second of the show, `length` its seconds; `cues` holds the show's second of
    every cue and scene by name.
    """

    scene: str
    timing: Timing
    seed: int
    start: float
    length: float
    cues: Mapping[str, float]


def settings(show: Show, scenes: Sequence[Scene]) -> list[Setting]:
    """Return the setting of every scene."""
    starts, at = [], 0.0
    for scene in scenes:
        starts.append(at)
        at += scene.seconds
    cues = places(show, scenes, starts)
    timing, seed = show.score.timing, show.score.seed
    return [
        Setting(scene.name, timing, seed, start, scene.seconds, cues)
        for scene, start in zip(scenes, starts, strict=True)
    ]


def places(show: Show, scenes: Sequence[Scene], starts: Sequence[float]) -> dict[str, float]:
    """Return the second of every scene, and of every cue that goes to a scene or is fired by the clock, by name."""
    found = {scene.name: start for scene, start in zip(scenes, starts, strict=True)}
    for cue in getattr(show, "cue", ()):
        place = found.get(cue.scene)
        if cue.at is not None:
            try:
                place = seconds(cue.at, show.score.timing, found)
            except MomentError:
                place = None  # said where cues are checked
        if place is not None:
            found |= {name: place for name in (f"{cue.number:g}", cue.name) if name and name not in found}
    return found


def bases(show: Show, parameters: ParameterTree) -> dict[str, Value]:
    """Return every parameter's value where no track sets it: the show file's, as far as it fits, or the default."""
    found = parameters.defaults()
    for address, value in show.parameters.items():
        try:
            found[address] = parameters.find(address).accept(value)
        except ParameterError:
            continue  # said with the parameters
    return found


def number_track(track: Track, setting: Setting, base: float = 0.0, name: str = "") -> Number:
    """Return a track of numbers as a function of the second in its scene; raise TrackError.

    `base` is what a track that only adds a wave or noise starts from; `name` gives the track its own seed.
    """
    if isinstance(track, str):
        return _computed(track, setting, name, None)
    if isinstance(track, int | float):
        number = float(track)
        return lambda _: number
    if isinstance(track, TrackTable):
        return _tabled(track, setting, base, name)
    return key_line(track, None, setting, name).number()


def weight_track(track: Track, setting: Setting, number: int) -> Number:
    """Return the weight of phrase `number` of a scene, within -10..10; 1 where it has none; raise TrackError."""
    if isinstance(track, int | float):
        return number_track(track, setting)
    weight = number_track(track, setting, 1.0, f"weight {number}")

    def within(into: float) -> float:
        found = weight(into)
        return 1.0 if math.isnan(found) else min(max(found, -10.0), 10.0)

    return within


def value_track(track: Track, parameter: Parameter, setting: Setting, base: Value) -> Valued:
    """Return a track of any parameter as a function of the second in its scene; raise TrackError."""
    if parameter.kind in ("text", "choice"):
        return _stepped(track, parameter, setting)
    if parameter.kind != "float" and _listed(track):
        return _stepped(track, parameter, setting)
    number = number_track(track, setting, float(base), parameter.address)
    if parameter.kind == "bool":
        return lambda into: _switch(number(into))
    low = -sys.float_info.max if parameter.minimum is None else parameter.minimum
    high = sys.float_info.max if parameter.maximum is None else parameter.maximum

    def within(into: float) -> float | None:
        found = number(into)
        if low <= found <= high:
            return found
        return None if math.isnan(found) else min(max(found, low), high)

    return within


def _switch(number: float) -> bool | None:
    return number >= 0.5 if math.isfinite(number) else None


def _listed(track: Track) -> bool:
    """Say whether a track is made of keys alone that name no way: then what is no number of steps between steps."""
    if isinstance(track, TrackTable):
        only = track.keys is not None and not (track.expr or track.wave or track.noise) and track.curve is None
        return only and _listed(track.keys or [])
    return isinstance(track, list) and all(len(key) == 2 for key in track)


def _stepped(track: Track, parameter: Parameter, setting: Setting) -> Valued:
    """Return a track that steps from value to value."""
    if isinstance(track, TrackTable):
        if track.keys is None or track.expr or track.wave or track.noise:
            raise TrackError(f"{parameter.address} is a {parameter.kind}: expected keys [moment, value] alone")
        keys = track.keys
    else:
        keys = track if isinstance(track, list) else [(0.0, track)]
    times = key_times(keys, setting)
    values = [key[1] for key in keys]
    return lambda into: values[max(0, bisect_right(times, into) - 1)]


def key_times(keys: Keys, setting: Setting) -> list[float]:
    """Return the seconds of keys; raise TrackError unless they rise."""
    times: list[float] = []
    for number, key in enumerate(keys):
        try:
            at = seconds(key[0], setting.timing, setting.cues, setting.start)
        except MomentError as error:
            raise TrackError(str(error), number) from None
        if times and at <= times[-1]:
            said = f"key {number + 1} lies at {at:g} s, key {number} at {times[-1]:g} s"
            raise TrackError(f"the moments of its keys must rise: {said}", number)
        times.append(at)
    return times


def key_line(keys: Keys, table: TrackTable | None, setting: Setting, name: str) -> KeyLine:
    """Return the keys of a track of numbers; raise TrackError."""
    usual = table.curve if table is not None else None
    made = []
    for number, (key, at) in enumerate(zip(keys, key_times(keys, setting), strict=True)):
        value = _computed(key[1], setting, name, None, number, 1) if isinstance(key[1], str) else float(key[1])
        made.append(KeyedNumber(at, value, way(key[2] if len(key) == 3 else usual)))
    return KeyLine(made, table.after if table is not None else "hold")


def way(curve: Curve | None) -> Way:
    """Return the way out of a key that a show file names."""
    if curve is None or (isinstance(curve, str) and plain(curve) in ("linear", "slerp")):
        return None
    if curve == "cubic" or curve == "monotone":
        return curve  # type: ignore[return-value]
    return easing(curve)


def _tabled(table: TrackTable, setting: Setting, base: float, name: str) -> Number:
    line = key_line(table.keys, table, setting, name) if table.keys else None
    number: Number
    if table.expr:
        number = _computed(table.expr, setting, name, line, "expr")
    elif line is not None:
        number = line.number()
    else:
        fixed = base if table.value is None else table.value
        number = lambda _: fixed  # noqa: E731
    added = [_wave(table.wave, setting)] if table.wave else []
    if table.noise:
        added.append(_noise(table.noise, setting, name))
    for more in added:
        number = _sum(number, more)
    return _rate(number, name) if table.place else number


def _rate(place: Number, name: str) -> Number:
    """Return how fast the camera goes that is at a place: per second, a ratio per second for a zoom."""
    if name not in RATES:
        raise TrackError(f"{name} is no rate of the camera: expected place only for {', '.join(RATES)}", "place")

    def rate(into: float) -> float:
        begin, end = max(0.0, into - _NEAR), into + _NEAR
        if name != RATES[0]:
            return (place(end) - place(begin)) / (end - begin)
        before, after = place(begin), place(end)
        return power(after / before, 1.0 / (end - begin)) if before > 0.0 and after > 0.0 else math.nan

    return rate


def _sum(one: Number, other: Number) -> Number:
    return lambda into: one(into) + other(into)


def _length(moment: float | str, setting: Setting, *where: str) -> float:
    """Return a length in seconds; raise TrackError unless it is one."""
    try:
        found = seconds(moment, setting.timing)
    except MomentError as error:
        raise TrackError(str(error), *where) from None
    if found < _SHORTEST:
        raise TrackError(f"expected {_SHORTEST:g} s or more, got {found:g} s", *where)
    return found


_TURN: Final = 2.0 * math.pi
SHAPES: Final[dict[str, Callable[[float, float], float]]] = {
    "sine": lambda x, _: math.sin(_TURN * (x % 1.0)),
    "cosine": lambda x, _: math.cos(_TURN * (x % 1.0)),
    "triangle": lambda x, _: 1.0 - 4.0 * abs((x + 0.25) % 1.0 - 0.5),
    "saw": lambda x, _: 2.0 * (x % 1.0) - 1.0,
    "square": lambda x, _: 1.0 if x % 1.0 < 0.5 else -1.0,
    "pulse": lambda x, width: 1.0 if x % 1.0 < width else -1.0,
}


def _wave(wave: Wave, setting: Setting) -> Number:
    period, shape = _length(wave.period, setting, "wave", "period"), SHAPES[wave.shape]
    return lambda into: wave.amount * shape(into / period + wave.phase, wave.width)


def _noise(given: Noise, setting: Setting, name: str) -> Number:
    every = _length(given.every, setting, "noise", "every")
    seed = float(own_seed(setting, name) if given.seed is None else given.seed)
    if given.kind == "steps":
        return lambda into: given.amount * (2.0 * noise.steps(seed, into / every) - 1.0)
    return lambda into: given.amount * (2.0 * noise.octaves(seed, into / every, given.octaves) - 1.0)


def own_seed(setting: Setting, name: str) -> int:
    """Return the seed of one track of one scene."""
    return zlib.crc32(f"{setting.seed}/{setting.scene}/{name}".encode())


def _computed(text: str, setting: Setting, name: str, line: KeyLine | None, *where: str | int) -> Number:
    """Return an expression as a function of the second in the scene; raise TrackError with its column."""
    try:
        expression = compile_expression(text, NAMES)
    except ExpressionError as error:
        raise TrackError(f"column {error.column} of {shortened(text)}: {error}", *where) from None
    fixed = _fixed(setting, name)
    moving = {key: read for key, read in _moving(setting, line).items() if key in expression.names}
    value = expression.value
    if not moving:
        number = value(fixed)
        return lambda _: number
    if list(moving) == ["t"]:
        return lambda into: value({**fixed, "t": into})
    return lambda into: value({**fixed, **{key: read(into) for key, read in moving.items()}})


def _fixed(setting: Setting, name: str) -> dict[str, float]:
    """Return what an expression may read and what stays the same all through a scene."""
    timing = setting.timing
    return {
        "length": setting.length,
        "max_f": max(0.0, math.floor(setting.length * timing.fps + 1e-9) - 1.0),
        "fps": timing.fps,
        "bpm": timing.bpm,
        "beats_per_bar": timing.beats_per_bar,
        "s": float(setting.seed),
        "seed": float(own_seed(setting, name)),
        "k": 0.0,
        "span": 0.0,
        "prev_value": 0.0,
        "next_value": 0.0,
        "S": 0.0,
        "L": 0.0,
        "C": 0.0,
    }


def _moving(setting: Setting, line: KeyLine | None) -> dict[str, Number]:
    """Return what reads the names that move with the second in the scene."""
    timing, start, beat = setting.timing, setting.start, setting.timing.beat
    found: dict[str, Number] = {
        "t": lambda into: into,
        "T": lambda into: start + into,
        "f": lambda into: into * timing.fps,
        "F": lambda into: (start + into) * timing.fps,
        "b": lambda into: into / beat,
        "B": lambda into: (start + into) / beat,
        "bar": lambda into: into / beat / timing.beats_per_bar,
        "u": lambda into: min(max(into / setting.length, 0.0), 1.0),
    }
    if line is None:
        return found
    keys = [KeyedNumber(at, value) for at, value in zip(line.times, line.values, strict=True)]
    straight, slopes = KeyLine(keys), natural(line.times, line.values)
    held = KeyLine([key._replace(way=easing("step")) for key in keys])

    def cubic(into: float) -> float:
        place = bisect_right(line.times, into) - 1
        return line.values[0] if place < 0 else line.curved(slopes, place, into)

    found |= {"S": held.at, "L": straight.at, "C": cubic}
    for key in ("k", "span", "prev_value", "next_value"):
        found[key] = functools.partial(_spanned, line, key)
    return found


def _spanned(line: KeyLine, name: str, into: float) -> float:
    found: float = getattr(line.span(into), name)
    return found


def opening_number(track: Track | None, otherwise: Any) -> float:
    """Return a track's number where its scene begins, as far as it is known without a score."""
    if track is None:
        return float(otherwise)
    try:
        found = number_track(track, Setting("", Timing(), 0, 0.0, 1.0, {}), float(otherwise))(0.0)
    except TrackError:
        return float(otherwise)
    return found if math.isfinite(found) else float(otherwise)
