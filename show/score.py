"""The score: scenes laid end to end, with the words and track values that stand at each second of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence

from show.config import Scene, Show
from show.parameter import ParameterTree, Value
from show.snapshot import Phrase

EXCLUSION_WEIGHT = -1.0


class Score:
    """The scenes of one show on one line of seconds."""

    def __init__(self, show: Show, parameters: ParameterTree) -> None:
        self.scenes = show.scene
        self._parameters = parameters
        self.starts: list[float] = []
        at = 0.0
        for scene in self.scenes:
            self.starts.append(at)
            at += scene.seconds
        self.seconds = at

    def locate(self, t: float) -> tuple[int, float]:
        """Return (scene index, seconds into it) of show time `t`; past the end it wraps, before 0 it is the start."""
        t = max(0.0, t) % self.seconds
        index = bisect_right(self.starts, t) - 1
        return index, t - self.starts[index]

    def find(self, name: str) -> int | None:
        """Return the index of a scene by its name or its number from 1, or None."""
        for index, scene in enumerate(self.scenes):
            if scene.name == name:
                return index
        if name.isdigit() and 1 <= int(name) <= len(self.scenes):
            return int(name) - 1
        return None

    def words(self, index: int, into: float, gain: Callable[[int], float]) -> tuple[Phrase, ...]:
        """Return a scene's phrases `into` seconds into it; `gain(n)` multiplies the weight of phrase n (from 1)."""
        scene = self.scenes[index]
        found = [
            Phrase(words.text, _number_at(words.weight, into) * gain(number))
            for number, words in enumerate(scene.words, 1)
        ]
        return (*found, *(Phrase(text, EXCLUSION_WEIGHT) for text in scene.exclude))

    def caption(self, index: int) -> str:
        """Return the first caption track of a scene: its caption, or its own words."""
        scene = self.scenes[index]
        return scene.caption or " · ".join(words.text for words in scene.words)

    def track_values(self, index: int, into: float) -> dict[str, Value]:
        """Return the values of a scene's tracks by address: numbers linear between keys, everything else in steps."""
        return {address: self._track_at(address, keys, into) for address, keys in self.scenes[index].tracks.items()}

    def _track_at(self, address: str, keys: Sequence[tuple[float, Value]], into: float) -> Value:
        if self._parameters[address].kind == "float":
            return _number_at([(second, float(value)) for second, value in keys], into)
        place = bisect_right([second for second, _ in keys], into) - 1
        return keys[max(0, place)][1]

    def fade(self, index: int) -> float:
        """Return the seconds over which a scene grows out of the one before."""
        return self.scenes[index].fade

    def scene(self, index: int) -> Scene:
        """Return a scene."""
        return self.scenes[index]


def opening(scene: Scene) -> tuple[Phrase, ...]:
    """Return the phrases of a scene as they stand in its first second, without what it excludes."""
    return tuple(Phrase(words.text, _number_at(words.weight, 0.0)) for words in scene.words)


def smoothstep(x: float) -> float:
    """Return x eased in and out, 0..1."""
    x = min(max(x, 0.0), 1.0)
    return x * x * (3.0 - 2.0 * x)


def _number_at(keys: float | Sequence[tuple[float, float]], into: float) -> float:
    """Return a number, or the value of keys [second, value] at `into`: linear between, held before and after."""
    if isinstance(keys, int | float):
        return float(keys)
    place = bisect_right([second for second, _ in keys], into)
    if place == 0:
        return float(keys[0][1])
    if place == len(keys):
        return float(keys[-1][1])
    (s0, v0), (s1, v1) = keys[place - 1], keys[place]
    return float(v0 + (v1 - v0) * (into - s0) / (s1 - s0))
