"""The test card of a surface: number, name, grid, circle and corner marks, drawn through the warp to aim projectors."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from mapping.typeset import font

CORNERS: Final = ("#ff5a4d", "#58d68d", "#5dade2", "#f5d04c")
"""Colours of the marks top left, top right, bottom right, bottom left: a flipped or turned picture is seen at once."""
CELLS: Final = 8
"""Cells of the grid along the longer side."""
_GROUND: Final = "#14181f"
_DIM: Final = "#4a5666"
_BRIGHT: Final = "#eef2f6"
_FINER: Final = 2
"""Drawn so many times larger and scaled down: Pillow's lines are not antialiased."""


def card(number: int, name: str, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return the card of surface `number` for the region `name`: (H, W, 3) uint8 for a size (width, height)."""
    width, height = size[0] * _FINER, size[1] * _FINER
    image = Image.new("RGB", (width, height), _GROUND)
    pen = ImageDraw.Draw(image)
    thin = max(_FINER, round(min(width, height) / 220))
    _grid(pen, width, height, thin)
    _circle(pen, width, height, thin)
    _corner_marks(pen, width, height)
    # The outermost line lies on the very edge of the picture: what is cut off is seen.
    pen.rectangle((0, 0, width - 1, height - 1), outline=_BRIGHT, width=2 * thin)
    _words(pen, width, height, number, name)
    return np.asarray(image.resize(size, Image.Resampling.LANCZOS))


def _grid(pen: ImageDraw.ImageDraw, width: int, height: int, thin: int) -> None:
    """Square cells counted from the middle, so that the middle lines cross in the centre."""
    cell = max(width, height) / CELLS
    for steps in range(-CELLS, CELLS + 1):
        x, y = width / 2 + steps * cell, height / 2 + steps * cell
        colour = _BRIGHT if steps == 0 else _DIM
        pen.line((x, 0, x, height), colour, thin)
        pen.line((0, y, width, y), colour, thin)
    pen.line((0, 0, width, height), _DIM, thin)
    pen.line((width, 0, 0, height), _DIM, thin)


def _circle(pen: ImageDraw.ImageDraw, width: int, height: int, thin: int) -> None:
    radius = min(width, height) * 0.46
    for share, weight in ((1.0, 2), (0.5, 1)):
        r = radius * share
        pen.ellipse(
            (width / 2 - r, height / 2 - r, width / 2 + r, height / 2 + r), outline=_BRIGHT, width=thin * weight
        )


def _corner_marks(pen: ImageDraw.ImageDraw, width: int, height: int) -> None:
    arm = min(width, height) * 0.16
    for colour, (x, y) in zip(CORNERS, ((0, 0), (width, 0), (width, height), (0, height)), strict=True):
        inward = (1 if x == 0 else -1, 1 if y == 0 else -1)
        pen.polygon([(x, y), (x + inward[0] * arm, y), (x, y + inward[1] * arm)], fill=colour)


def _words(pen: ImageDraw.ImageDraw, width: int, height: int, number: int, name: str) -> None:
    middle = width / 2, height / 2
    large = max(8, round(min(width, height) * 0.32))
    plate = large * 0.62
    pen.ellipse((middle[0] - plate, middle[1] - plate, middle[0] + plate, middle[1] + plate), fill=_GROUND)
    pen.text(middle, str(number), _BRIGHT, font(large, bold=True), anchor="mm")
    small = max(8, round(min(width, height) * 0.075))
    letters = font(small)
    while small > 8 and letters.getlength(name) > width * 0.8:
        small -= 1
        letters = font(small)
    at = middle[0], min(middle[1] + large * 0.98, height - small)
    left, top, right, bottom = pen.textbbox(at, name, letters, anchor="mm")
    edge = small * 0.35
    pen.rectangle((left - edge, top - edge, right + edge, bottom + edge), fill=_GROUND)
    pen.text(at, name, _BRIGHT, letters, anchor="mm")
