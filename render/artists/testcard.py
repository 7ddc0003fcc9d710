"""The test card: a moving picture per region that shows by eye whether words, seeds and camera arrive; numpy alone.

The grid lies on the ground that the camera zooms, turns and pans (turns of the camera itself slide it). The disc in the
middle has the mixed colour of the words, the band below one stripe per phrase (as wide as its weight). The background
has the colour of the seed. A line sweeps down once in SWEEP_SECONDS; the gauge on the right stands at artist/strength.
"""

from __future__ import annotations

import colorsys
import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from render.artists.base import Painting, Studio
from render.glyphs import HEIGHT as LETTER_HEIGHT
from render.glyphs import written
from show.camera import Pose, distance, travelled
from show.capabilities import Honours
from show.frames import Pictures
from show.parameter import Parameter
from show.snapshot import Phrase, Region, Snapshot

PARAMETERS: Final = (Parameter("artist/strength", "float", 0.5, "Height of the gauge on the test card", 0.0, 1.0),)
OPTIONS: Final[tuple[Parameter, ...]] = ()
HONOURS: Final = Honours(("weights", "exclude", "mix", "walk", "zoom", "turn", "pan"))

SWEEP_SECONDS: Final = 8.0
_CELLS: Final = 4.0
"""Cells of the grid across the width, before the camera zooms."""
_INK: Final = np.array((0.96, 0.96, 0.92), np.float32)

Floats = NDArray[np.float32]


@dataclass
class Ground:
    """Where the camera has got to over one region: doublings of size, degrees clockwise, widths and heights."""

    doublings: float = 0.0
    angle: float = 0.0
    x: float = 0.0
    y: float = 0.0
    pose: Pose | None = None

    def move(self, region: Region, since: float, shape: float) -> None:
        """Move on by what the region's camera did in `since` seconds; `shape` is the picture's height over its width.

        A turn of the camera slides the ground as far as the middle of a picture goes.
        """
        travel, away = travelled(region, self.pose, since, 1.0), distance(region.fov)
        self.pose = region.pose
        self.doublings += travel.doublings + travel.z / away / math.log(2)
        self.angle = (self.angle + travel.angle) % 360
        self.x += travel.x - away * math.radians(travel.yaw)
        self.y += travel.y + away * math.radians(travel.pitch) / shape


class Artist:
    """Paints test cards; keeps only where the camera is."""

    def __init__(self, studio: Studio) -> None:
        height, width = studio.height, studio.width
        # Centre (0, 0); one unit is the picture's width, so that circles are round.
        across = (np.arange(width, dtype=np.float32) + 0.5 - width / 2) / width
        down = (np.arange(height, dtype=np.float32) + 0.5 - height / 2) / width
        self._x: Floats = np.broadcast_to(across, (height, width))
        self._y: Floats = np.broadcast_to(down[:, None], (height, width))
        self._grounds: dict[str, Ground] = {}
        self._life: float | None = None

    @classmethod
    def load(cls, studio: Studio) -> Self:
        """Return an artist at once; nothing has to be read."""
        return cls(studio)

    @property
    def place(self) -> str:
        """A test card is always painted on the CPU."""
        return "the CPU"

    @property
    def note(self) -> str:
        """Nothing: a test card gives nothing up."""
        return ""

    def rest(self) -> None:
        """Do nothing: a test card has no work besides its pictures."""

    def paint(self, snapshot: Snapshot) -> Painting:
        """Paint one card per region."""
        since = 0.0 if self._life is None else snapshot.life - self._life
        shape = self._x.shape[0] / self._x.shape[1]
        self._life = snapshot.life
        strength = float(snapshot.values.get("artist/strength", 0.5))
        cards = []
        for region in snapshot.regions:
            ground = self._grounds.setdefault(region.name, Ground())
            ground.move(region, since, shape)
            cards.append(self._card(region, ground, snapshot.life / SWEEP_SECONDS % 1, strength))
        return Painting(np.stack([(card.clip(0, 1) * 255 + 0.5).astype(np.uint8) for card in cards]))

    def resume(self, pictures: Pictures, entry: int) -> None:
        """A card is painted from numbers alone; there is nothing to go on from."""

    def close(self) -> None:
        """Forget where the camera was."""
        self._grounds.clear()

    def _card(self, region: Region, ground: Ground, sweep: float, strength: float) -> Floats:
        height, width = self._x.shape
        a, b = _colour(region.seed_a, 0.7, 0.5), _colour(region.seed_b, 0.7, 0.5)
        seed = (1 - region.seed_mix) * a + region.seed_mix * b
        shade = 0.55 - 0.5 * self._y * width / height
        card: Floats = (seed * shade[..., None]).astype(np.float32)
        _lay(card, self._grid(ground), _INK, 0.45)
        words = _mixed(region)
        radius = np.hypot(self._x, self._y).astype(np.float32)
        _lay(card, _edge(0.24 - radius, width), _weighed(words), 1.0)
        _lay(card, _edge(0.008 - np.abs(radius - 0.26), width), _INK, 1.0)
        self._band(card, words)
        line = np.arange(height, dtype=np.float32) - sweep * height
        _lay(card, np.broadcast_to((1.5 - np.abs(line)).clip(0, 1)[:, None], (height, width)), _INK, 0.9)
        gauge = (self._x > 0.44) & ((height / 2 / width - self._y) * width / height < strength)
        _lay(card, gauge.astype(np.float32), _INK, 0.8)
        _write(card, region.name)
        card[[0, -1]] = card[:, [0, -1]] = _INK
        return card

    def _grid(self, ground: Ground) -> Floats:
        """Return the grid's coverage (H, W), 0..1; cells double in size with every doubling and then begin again."""
        height, width = self._x.shape
        turn = math.radians(ground.angle)
        cosine, sine = math.cos(turn), math.sin(turn)
        x, y = self._x - ground.x, self._y - ground.y * height / width
        octave = ground.doublings % 1
        scale = _CELLS / 2**octave
        u, v = (cosine * x + sine * y) * scale, (cosine * y - sine * x) * scale
        coarse = np.maximum(_lines(u, scale / width), _lines(v, scale / width))
        fine = np.maximum(_lines(2 * u, 2 * scale / width), _lines(2 * v, 2 * scale / width))
        # The finer grid fades in as the coarse one grows, so that the jump back by one doubling is not seen.
        return np.maximum(coarse, fine * octave).astype(np.float32)

    def _band(self, card: Floats, words: list[tuple[float, Floats]]) -> None:
        height, width = self._x.shape
        top, bottom = round(height * 0.84), round(height * 0.93)
        left, right = round(width * 0.08), round(width * 0.92)
        total = sum(abs(weight) for weight, _ in words) or 1.0
        at = float(left)
        for weight, colour in words:
            end = at + (right - left) * abs(weight) / total
            card[top:bottom, round(at) : round(end)] = colour
            if weight < 0:
                card[(top + bottom) // 2, round(at) : round(end)] = _INK
            at = end


def _mixed(region: Region) -> list[tuple[float, Floats]]:
    """Return (weight, colour) of all phrases of both prompts, weighed by the mix."""
    parts: Iterable[tuple[float, tuple[Phrase, ...]]] = ((1 - region.mix, region.words_a), (region.mix, region.words_b))
    return [
        (share * phrase.weight, _colour(phrase.text, 0.85, 0.95))
        for share, phrases in parts
        for phrase in phrases
        if share * phrase.weight != 0
    ]


def _weighed(words: list[tuple[float, Floats]]) -> Floats:
    """Return the average colour of the phrases with positive weight, grey when there are none."""
    wanted = [(weight, colour) for weight, colour in words if weight > 0]
    total = sum(weight for weight, _ in wanted)
    if total == 0:
        return np.full(3, 0.4, np.float32)
    mixed: Floats = np.stack([weight / total * colour for weight, colour in wanted]).sum(0).astype(np.float32)
    return mixed


def _colour(key: str | int, saturation: float, value: float) -> Floats:
    """Return a colour (3,) 0..1 whose hue depends on every letter of `key`, the same on every machine."""
    digest = hashlib.blake2b(str(key).encode("utf-8", "replace"), digest_size=4).digest()
    return np.array(colorsys.hsv_to_rgb(int.from_bytes(digest, "little") / 2**32, saturation, value), np.float32)


def _edge(inside: Floats, width: int) -> Floats:
    """Return coverage 0..1 of a shape from the distance (in widths) to its edge, positive inside."""
    return (inside * width + 0.5).clip(0, 1)


def _lines(at: Floats, pixel: float) -> Floats:
    """Return the coverage of lines at whole numbers; `pixel` is the size of a pixel in the same unit."""
    off = np.abs(at - np.round(at)) / pixel
    coverage: Floats = (1 - off).clip(0, 1).astype(np.float32)
    return coverage


def _lay(card: Floats, coverage: Floats, colour: Floats, opacity: float) -> None:
    """Lay a colour over the card (H, W, 3) where the coverage (H, W) says."""
    card += (opacity * coverage)[..., None] * (colour - card)


def _write(card: Floats, name: str) -> None:
    """Write the region's name across the top, as large as fits."""
    height, width = card.shape[:2]
    dots = written(name)
    size = min(round(width * 0.8) // dots.shape[1], height // 6 // LETTER_HEIGHT)
    if size < 1:
        size, dots = 1, dots[:, : width - 8]
    letters = np.kron(dots, np.ones((size, size), bool))
    top, left = max(2, height // 24), (width - letters.shape[1]) // 2
    area = card[top : top + letters.shape[0], left : left + letters.shape[1]]
    area *= 0.35
    area[letters[: area.shape[0], : area.shape[1]]] = _INK
