"""Masks as pixels: polygons drawn once, mixtures of them kept on the graphics card while they stand."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from mapping.gl import Gl, Layer
from show.masks import WHOLE, Cover, Mask

SIDE: Final = 512
"""Height and width of a mask in pixels, whatever the shape of the picture that it lies on."""
_FINER: Final = 4
"""A polygon is drawn so many times as large and then shrunk, so that its edge is smooth."""


@lru_cache(64)
def drawn(mask: Mask) -> NDArray[np.float32]:
    """Return how much light comes through (SIDE, SIDE, 1), 0..1, the top row first."""
    if not mask.corners:
        return np.ones((SIDE, SIDE, 1), np.float32)
    large = Image.new("L", (SIDE * _FINER, SIDE * _FINER))
    ImageDraw.Draw(large).polygon([(x * large.width, y * large.height) for x, y in mask.corners], fill=255)
    small = large.resize((SIDE, SIDE), Image.Resampling.BOX)
    if mask.feather > 0.0:
        # A box twice is a straight ramp with its ends rounded, as wide as the feather.
        small = small.filter(ImageFilter.BoxBlur(mask.feather * SIDE / 4)).filter(
            ImageFilter.BoxBlur(mask.feather * SIDE / 4)
        )
    pixels: NDArray[np.float32] = np.asarray(small, np.float32)[..., None] / np.float32(255)
    return pixels


class Masks:
    """The masks of one wall, one layer per surface that has one."""

    def __init__(self, gl: Gl) -> None:
        self._gl = gl
        self._layers: dict[int, tuple[Cover, Layer]] = {}

    def layer(self, surface: int, cover: Cover) -> Layer | None:
        """Return a surface's mask as a layer, None where all comes through; written anew only when it changes."""
        if cover == WHOLE:
            return None
        known = self._layers.get(surface)
        if known is not None and known[0] == cover:
            return known[1]
        pixels = np.zeros((SIDE, SIDE, 1), np.float32)
        for mask, share in cover:
            pixels += np.float32(share) * drawn(mask)
        if known is None:
            layer = self._gl.layer(pixels)
        else:
            layer = known[1]
            layer.write(pixels)
        self._layers[surface] = cover, layer
        return layer
