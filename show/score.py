"""The score: scenes laid end to end, with the words and track values that stand at each second of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

from show import presets, tracks
from show.config import Scene, Show
from show.parameter import ParameterTree, Value
from show.seeds import seed_track
from show.snapshot import Phrase

EXCLUSION_WEIGHT = -1.0


class Score:
    """The scenes of one show on one line of seconds."""

    def __init__(self, show: Show, parameters: ParameterTree) -> None:
        self.scenes = tuple(presets.expanded(scene, parameters, show.parameters) for scene in show.scene)
        self.settings = tracks.settings(show, self.scenes)
        base = tracks.bases(show, parameters)
        self._tracks = [
            {
                address: tracks.value_track(track, parameters[address], setting, base[address])
                for address, track in scene.tracks.items()
                if address in parameters
            }
            for scene, setting in zip(self.scenes, self.settings, strict=True)
        ]
        self._weights = [
            [tracks.weight_track(words.weight, setting, number) for number, words in enumerate(scene.words, 1)]
            for scene, setting in zip(self.scenes, self.settings, strict=True)
        ]
        self.seeds = [
            seed_track(scene.seeds, setting) if scene.seeds else None
            for scene, setting in zip(self.scenes, self.settings, strict=True)
        ]
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
            Phrase(words.text, weight(into) * gain(number))
            for number, (words, weight) in enumerate(zip(scene.words, self._weights[index], strict=True), 1)
        ]
        return (*found, *(Phrase(text, EXCLUSION_WEIGHT) for text in scene.exclude))

    def caption(self, index: int) -> str:
        """Return the first caption track of a scene: its caption, or its own words."""
        scene = self.scenes[index]
        return scene.caption or " · ".join(words.text for words in scene.words)

    def track_values(self, index: int, into: float) -> dict[str, Value]:
        """Return the values of a scene's tracks by address, but for those that have none at this second."""
        found = {address: track(into) for address, track in self._tracks[index].items()}
        return {address: value for address, value in found.items() if value is not None}

    def number(self, index: int, address: str, into: float) -> float | None:
        """Return the value of a scene's track of numbers, None where it has none."""
        track = self._tracks[index].get(address)
        value = track(into) if track is not None else None
        return None if value is None else float(value)

    def fade(self, index: int) -> float:
        """Return the seconds over which a scene grows out of the one before."""
        return self.scenes[index].fade

    def scene(self, index: int) -> Scene:
        """Return a scene."""
        return self.scenes[index]


def opening(scene: Scene) -> tuple[Phrase, ...]:
    """Return the phrases of a scene as they stand in its first second, without what it excludes."""
    return tuple(Phrase(words.text, tracks.opening_number(words.weight, 1.0)) for words in scene.words)


def smoothstep(x: float) -> float:
    """Return x eased in and out, 0..1."""
    x = min(max(x, 0.0), 1.0)
    return x * x * (3.0 - 2.0 * x)
