"""Masks as pixels: each drawn and uploaded once, and mixed on the graphics card while a fade goes on.

A mask is as large as the surface that it lies on is on its output, and of the same shape, so that an edge is as sharp
as the output is and a feather as wide across as it is upright. It is kept in half floats: the dark end of a feather has
more steps in linear light than 8 bits could tell apart.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from mapping.gl import Canvas, Gl, Layer, Size
from mapping.homography import Floats
from show import mask_files
from show.log import get_log
from show.mask_files import MaskFileError
from show.masks import WHOLE, Cover, Mask

Coverage = NDArray[np.float32]
"""How much light comes through (H, W), 0..1, the top row first."""

LARGEST: Final = 2048
"""Pixels of a mask's longer side at the most."""
KEPT: Final = 64
"""Masks that are kept, those used last."""
_STEP: Final = 64
"""Sides are whole multiples of it, so that surfaces of nearly the same size share their masks."""
_FINER: Final = 4
"""A polygon is drawn so many times as large and then shrunk, so that its edge is smooth."""


def raster(width: float, height: float) -> Size:
    """Return the size of the masks of a surface so many pixels wide and high on its output."""
    scale = min(1.0, LARGEST / max(width, height))
    return max(_STEP, _up(width * scale)), max(_STEP, _up(height * scale))


def _up(side: float) -> int:
    return min(LARGEST, int(-(-side // _STEP)) * _STEP)


def drawn(mask: Mask, size: Size, folder: Path) -> Coverage:
    """Return a mask as large as `size`; its file lies in `folder`. Raise MaskFileError."""
    if mask.file:
        found = Image.fromarray(mask_files.read(folder / mask.file))
        pixels = np.asarray(found.resize(size, Image.Resampling.BILINEAR), np.float32)
    elif mask.corners:
        pixels = _polygon(mask, size)
    else:
        return np.ones(size[::-1], np.float32)
    # A box twice is a straight ramp with its ends rounded, as wide as the feather.
    box = mask.feather * size[0] / 2
    for axis in (0, 1, 0, 1) if box > 0 else ():
        pixels = _boxed(pixels, box, axis)
    return pixels


def _polygon(mask: Mask, size: Size) -> Coverage:
    large = Image.new("L", (size[0] * _FINER, size[1] * _FINER))
    # Pillow counts from the middle of the first pixel.
    corners = [(x * large.width - 0.5, y * large.height - 0.5) for x, y in mask.corners]
    ImageDraw.Draw(large).polygon(corners, fill=255)
    return np.asarray(large.reduce(_FINER), np.float32) / np.float32(255)


def _boxed(pixels: Coverage, width: float, axis: int) -> Coverage:
    """Return the mean over `width` pixels about each one along an axis; the outermost pixels go on beyond the rim."""
    rows = np.moveaxis(pixels, axis, 0)
    margin = int(width / 2) + 2
    padded = np.concatenate([rows[:1].repeat(margin, 0), rows, rows[-1:].repeat(margin, 0)])
    # Sums up to every pixel's edge; a box that ends within a pixel takes its share of it.
    sums = np.concatenate([np.zeros_like(padded[:1], np.float64), padded.cumsum(0, np.float64)])

    def up_to(places: Floats) -> Floats:
        whole = places.astype(np.intp)
        share = (places - whole)[:, None]
        return np.asarray(sums[whole] * (1 - share) + sums[whole + 1] * share)

    middles = np.arange(len(rows), dtype=np.float64) + (margin + 0.5)
    means = (up_to(middles + width / 2) - up_to(middles - width / 2)) / width
    return np.moveaxis(means.astype(np.float32), 0, axis)


class Masks:
    """The masks of one wall: a layer per mask and size, and for every surface canvases on which they are mixed."""

    def __init__(self, gl: Gl, folder: Path) -> None:
        self._gl = gl
        self._folder = folder
        self._layers: dict[tuple[Mask, Size], Layer] = {}
        self._mixers: dict[int, _Mixer] = {}
        self.trouble = ""
        """The newest mask that could not be drawn, in a sentence."""

    def prepare(self, masks: list[Mask], size: Size) -> None:
        """Make masks ready before they are wanted, as many as are kept."""
        for mask in masks:
            if mask != WHOLE[0][0] and len(self._layers) < KEPT:
                self._made(mask, size)

    def layer(self, surface: int, cover: Cover, size: Size) -> Layer | None:
        """Return the cover of a surface as a layer, None where all comes through; another version when it differs."""
        if cover == WHOLE:
            return None
        layers = [(self._made(mask, size), share) for mask, share in cover]
        if len(layers) == 1:
            return layers[0][0]
        return self._mixers.setdefault(surface, _Mixer(self._gl)).mixed(layers, size)

    def _made(self, mask: Mask, size: Size) -> Layer:
        """Return a mask's layer, made if it is new; a file that is gone lets everything through and is said once."""
        layer = self._layers.pop((mask, size), None)
        if layer is None:
            try:
                pixels = drawn(mask, size, self._folder)
            except MaskFileError as error:
                # Never black: a wall without its mask is better than none.
                self.trouble = f"{error}; its surface is shown whole."
                get_log().warning(self.trouble)
                pixels = drawn(Mask(), size, self._folder)
            layer = self._gl.layer(pixels[..., None].astype(np.float16))
        self._layers[mask, size] = layer  # behind all others: used last
        while len(self._layers) > KEPT:
            del self._layers[next(iter(self._layers))]
        return layer


class _Mixer:
    """Mixes the masks of one surface on the graphics card; a mixture that stands is not mixed again."""

    def __init__(self, gl: Gl) -> None:
        self._gl = gl
        self._canvases: list[Canvas] = []
        self._stands: list[tuple[Layer, float]] = []

    def mixed(self, layers: list[tuple[Layer, float]], size: Size) -> Layer:
        """Return a layer with every one of two or more layers by its share; shares sum up to 1."""
        if not self._canvases or self._canvases[0].size != size:
            self._canvases = [self._gl.canvas(size, "half") for _ in range(2)]
            self._stands = []
        # One after the other, each by its part of what is there up to it; the canvas that is read is not drawn on.
        places = [step % 2 for step in range(len(layers) - 1)]
        if layers != self._stands:
            shown, whole = layers[0]
            for place, (layer, share) in zip(places, layers[1:], strict=True):
                whole += share
                self._gl.mix(self._canvases[place], shown, layer, share / whole, (1.0, 1.0))
                shown = self._canvases[place].layer
            self._stands = layers
        return self._canvases[places[-1]].layer
