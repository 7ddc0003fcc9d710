"""The safe still: the title of the show over a quiet gradient; what the wall shows while no picture ever came."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mapping.typeset import font, lines_drawing, wrapped

DUSK: Final = ((22, 26, 48), (66, 47, 84), (133, 86, 92))
"""sRGB from the top to the bottom of the gradient."""
_INK: Final = "#f3e9dc"
_LONGEST: Final = 768


def still(title: str, aspect: float, place: float) -> NDArray[np.uint8]:
    """Return one still (H, W, 3) uint8 sRGB of an aspect (width / height).

    `place` (0 left to 1 right) is where its region stands on the wall: the glow is continuous over the wings. A `title`
    that is not empty is written in its middle.
    """
    height = _LONGEST if aspect <= 1 else round(_LONGEST / aspect)
    width = max(1, round(height * aspect))
    down = np.linspace(0, 1, height)[:, None, None]
    across = np.linspace(-0.5, 0.5, width)[None, :, None] / 3 + place - 0.5
    stops = np.array(DUSK, np.float64)
    ground = stops[0] * (1 - down) ** 2 + stops[1] * 2 * down * (1 - down) + stops[2] * down**2
    glow = np.exp(-((across / 0.45) ** 2) - ((down - 0.62) / 0.4) ** 2)
    picture = ground * (0.82 + 0.38 * glow)
    # A grain of one level breaks the bands that a slow gradient has in 8 bits.
    grain = np.random.default_rng(3).uniform(-0.5, 0.5, (height, width, 1))
    pixels = np.clip(np.round(picture + grain), 0, 255).astype(np.uint8)
    return _titled(pixels, title) if title else pixels


def _titled(pixels: NDArray[np.uint8], title: str) -> NDArray[np.uint8]:
    height, width, _ = pixels.shape
    size = max(8, round(min(width * 0.095, height * 0.12)))
    room = width * 0.84
    longest = max(font(size).getlength(word) for word in title.split() or [title])
    if longest > room:
        size = max(8, int(size * room / longest))
    drawing = lines_drawing(wrapped(title, font(size), room), size, _INK, shadow=0.5)
    ground = Image.fromarray(pixels).convert("RGBA")
    ink = Image.fromarray(drawing)
    place = (width - ink.width) // 2, (height - ink.height) // 2
    ground.paste(ink.convert("RGB"), place, ink.getchannel("A"))
    return np.asarray(ground.convert("RGB"))
