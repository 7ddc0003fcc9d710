"""What the wall shows at one instant: an order of warps and overlays per output, drawn only when it differs.

Captions and the pairing card stand on the first output; every output shows the surfaces that name it.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from mapping.captions import SPOKEN_LINES, Track, fades, lay_out, timed
from mapping.fade import Glide
from mapping.gl import Canvas, Gl, Layer, Shape, Size
from mapping.homography import Floats, HomographyError
from mapping.masks import Masks, raster
from mapping.pictures import Pictures
from mapping.qr import pairing_card
from mapping.still import still
from mapping.testcard import card
from show.config import Show, Surface
from show.laying import every_mask, own_place
from show.quads import Quad
from show.snapshot import Playing, Snapshot

REST_SECONDS: Final = 1.0
"""The wall takes about so long to sink to its rest level and to rise from it."""
QR_HEIGHT: Final = 0.4
"""Height of the pairing card as a share of the output's height."""
_QR_MARGIN: Final = 0.03
_LARGEST_CARD: Final = 1080


@dataclass(frozen=True)
class Moment:
    """All that a drawing depends on: seconds, the newest snapshot, blackout, and the code and PIN to pair with."""

    now: float
    snapshot: Snapshot | None = None
    blackout: bool = False
    pairing: tuple[str, str] = ("", "")

    @property
    def playing(self) -> Playing:
        """Whether the show plays; before the first snapshot it is about to."""
        return self.snapshot.playing if self.snapshot is not None else "playing"

    def switch(self, address: str, default: bool) -> bool:
        """Return the value of a parameter that is a switch."""
        return bool(self.snapshot.values.get(address, default)) if self.snapshot is not None else default


class Warp(NamedTuple):
    """One picture on one surface; `version` tells whether the picture's pixels changed."""

    surface: int
    layer: Layer
    version: int
    level: float
    over: bool
    corners: Quad
    mask: Layer | None = None
    mask_version: int = 0


class Overlay(NamedTuple):
    """One ready drawing over the wall."""

    layer: Layer
    corner: Size
    opacity: float


Order = tuple[Warp | Overlay, ...]


class Face:
    """One output as the wall sees it: its canvas, its surfaces, and what was drawn on it last."""

    def __init__(self, gl: Gl, size: Size, surfaces: list[tuple[int, Surface]]) -> None:
        self._gl = gl
        self._surfaces = surfaces
        self.drawn: Order | None = None
        self.fit(size)

    def fit(self, size: Size) -> None:
        """Make everything anew for a size in pixels."""
        self.canvas: Canvas = self._gl.canvas(size)
        self.drawn = None
        self.shapes: dict[int, Shape] = {}
        self.over: dict[int, bool] = {}
        self.corners: dict[int, Quad] = {number: surface.corners for number, surface in self._surfaces}
        self.rasters: dict[int, Size] = {}
        for number, corners in self.corners.items():
            self.shapes[number] = self._gl.shape(np.array(corners, np.float64) * size)
            # By the show file's own place alone: a surface that grows must not have its masks drawn again.
            self.rasters[number] = raster(*_extent(self.shapes[number].corners))
        self._overlap()

    def _overlap(self) -> None:
        """Note what is blended: only what has something below it; on the bare canvas it would be paid for nothing."""
        below: list[Shape] = []
        for number, shape in self.shapes.items():
            self.over[number] = any(shape.touches(other) for other in below)
            below.append(shape)

    def lay(self, number: int, corners: Quad) -> None:
        """Lay a surface elsewhere; corners that no picture fits leave it where it is."""
        if corners == self.corners[number]:
            return
        with contextlib.suppress(HomographyError):
            self.shapes[number] = self._gl.shape(np.array(corners, np.float64) * self.canvas.size)
            self.corners[number] = corners
            self._overlap()

    def draw(self, order: Order) -> bool:
        """Draw an order; return False when the canvas shows it already."""
        if order == self.drawn:
            return False
        self._gl.clear(self.canvas)
        for item in order:
            if isinstance(item, Warp):
                self._gl.warp(self.canvas, self.shapes[item.surface], item.layer, item.level, item.over, item.mask)
            else:
                self._gl.overlay(self.canvas, item.layer, item.corner, item.opacity)
        self.drawn = order
        return True


class Wall:
    """Draws the show on the canvases of all outputs; knows no clock, no bus and no display."""

    def __init__(self, gl: Gl, show: Show, sizes: list[Size], tick: float, folder: Path = Path()) -> None:
        self._gl = gl
        self._show = show
        self._region = {region.name: number for number, region in enumerate(show.region)}
        numbered = list(enumerate(show.surface))
        self.faces = [
            Face(gl, size, [pair for pair in numbered if pair[1].output == output.name])
            for output, size in zip(show.output, sizes, strict=True)
        ]
        self.pictures = Pictures(gl, self._stills(), tick, show.show.reel)
        self._prompt, self._narration = (Track(gl, seconds) for seconds in fades(show))
        self._kept_lines = SPOKEN_LINES if timed(show) else 0
        self._own = [own_place(surface) for surface in show.surface]
        self._masks = Masks(gl, folder)
        masks = every_mask(show)
        for face in self.faces:
            for number, size in face.rasters.items():
                self._masks.prepare(masks[number], size)
        self._rest = Glide((1 - show.show.rest_level) / REST_SECONDS)
        self._cards: dict[int, Layer] = {}
        self._pairing: tuple[tuple[str, str, int], Layer | None] = (("", "", 0), None)
        self.repeats = 0
        """Draws that found every canvas as it should be."""

    @property
    def trouble(self) -> str:
        """What is missing on the wall, in a sentence; empty if nothing is."""
        return self._masks.trouble

    def draw(self, moment: Moment) -> None:
        """Bring all canvases up to the moment."""
        layers = self.pictures.layers(moment.now)
        target = self._show.show.rest_level if moment.playing in ("stopped", "ended") else 1.0
        rest = self._rest.towards(target, moment.now)
        self._speak(moment)
        changed = False
        for number, face in enumerate(self.faces):
            order: Order = ()
            if not moment.blackout:
                order = self._surfaces(face, moment, layers, rest)
                order += self._overlays(moment, rest) if number == 0 else ()
            changed |= face.draw(order)
        self.repeats += not changed

    def _surfaces(self, face: Face, moment: Moment, layers: list[Layer], rest: float) -> Order:
        snapshot = moment.snapshot
        master = float(snapshot.values.get("wall/level", 1.0)) if snapshot is not None else 1.0
        testing = moment.switch("wall/testcard", False)
        laid = snapshot.surfaces if snapshot is not None else {}
        order: list[Warp] = []
        for number in face.shapes:
            face.lay(number, laid[number][0] if number in laid else self._own[number][0])
        for number, over in face.over.items():
            surface = self._show.surface[number]
            _, bright, cover = laid.get(number, self._own[number])
            # A test card shows where the whole surface lies.
            mask = None if testing else self._masks.layer(number, cover, face.rasters[number])
            layer = self._card(number, face) if testing else layers[self._region[surface.region]]
            level = 1.0 if testing else bright * master * rest
            shown = number, layer, layer.version, round(level, 5), over, face.corners[number]
            order.append(Warp(*shown, mask, mask.version if mask is not None else 0))
        return tuple(order)

    def _speak(self, moment: Moment) -> None:
        snapshot = moment.snapshot
        prompt = narration = ""
        if snapshot is not None and moment.switch("wall/captions", True):
            prompt, narration = snapshot.caption, snapshot.narration
        settings = lay_out(self._show.captions, self.faces[0].canvas.size, prompt, narration, self._kept_lines)
        for track, setting in zip((self._prompt, self._narration), settings, strict=True):
            track.say(setting, moment.now)

    def _overlays(self, moment: Moment, rest: float) -> Order:
        shown = [*self._prompt.shown(), *self._narration.shown()]
        order = [Overlay(layer, corner, round(opacity * rest, 5)) for layer, corner, opacity in shown]
        code = self._code(moment.pairing)
        if code is not None:
            width, height = self.faces[0].canvas.size
            margin = round(height * _QR_MARGIN)
            order.append(Overlay(code, (width - code.size[0] - margin, margin), 1.0))
        return tuple(order)

    def _code(self, pairing: tuple[str, str]) -> Layer | None:
        """Return the card to pair with, made once per code and size."""
        height = round(self.faces[0].canvas.size[1] * QR_HEIGHT)
        key = (*pairing, height)
        if key != self._pairing[0]:
            drawing = pairing_card(*pairing, height)
            self._pairing = key, None if drawing is None else self._gl.layer(drawing)
        return self._pairing[1]

    def _card(self, number: int, face: Face) -> Layer:
        """Return the test card of a surface, made once, as large as the surface is on its output."""
        if number not in self._cards:
            size = _extent(face.shapes[number].corners)
            scale = min(1.0, _LARGEST_CARD / max(size))
            width, height = (max(32, round(side * scale)) for side in size)
            self._cards[number] = self._gl.layer(card(number + 1, self._show.surface[number].region, (width, height)))
        return self._cards[number]

    def _stills(self) -> list[np.ndarray]:
        """Return one still per region; the title stands on the region whose surface is nearest to the middle."""
        places = [0.5] * len(self._show.region)
        first = self._show.output[0].name
        for surface in self._show.surface:
            if surface.output == first:
                places[self._region[surface.region]] = sum(x for x, _ in surface.corners) / 4
        middle = min(range(len(places)), key=lambda number: abs(places[number] - 0.5))
        aspect = self._show.artist.width / self._show.artist.height
        title = self._show.show.title
        return [still(title if number == middle else "", aspect, place) for number, place in enumerate(places)]


def _extent(corners: Floats) -> tuple[float, float]:
    """Return how wide and high a shape with corners (4, 2) is at its longer sides."""
    sides = np.hypot(*(np.roll(corners, -1, 0) - corners).T)
    return float(max(sides[0], sides[2])), float(max(sides[1], sides[3]))
