"""The pairing card: the QR code that opens the phone page, with its PIN, on a white ground that cameras can read."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from mapping.typeset import Drawing, font

QUIET: Final = 4
"""Empty modules around the code (ISO/IEC 18004 asks for four)."""
MOST: Final = 177
"""Modules along the side of the largest QR code there is."""
_INK: Final = "#15181d"


def modules(rows: str) -> NDArray[np.bool_] | None:
    """Return the dark modules (N, N) of rows of 0 and 1 joined by "/", or None when that is no square code."""
    lines = rows.split("/")
    if not 1 < len(lines) <= MOST or any(len(line) != len(lines) or set(line) - {"0", "1"} for line in lines):
        return None
    return np.array([[mark == "1" for mark in line] for line in lines])


def pairing_card(rows: str, pin: str, height: int) -> Drawing | None:
    """Return a card with the code and the PIN about `height` pixels high, or None without a code.

    Modules are whole pixels, at least two, so that nothing blurs them.
    """
    dark = modules(rows)
    if dark is None:
        return None
    count = len(dark) + 2 * QUIET
    module = max(2, round(height * 0.74 / count))
    side = count * module
    size = max(8, round(side * 0.085))
    below = round(size * (3.6 if pin else 1.3))
    card = Image.new("RGB", (side, side + below), "white")
    code = Image.fromarray(np.where(np.pad(dark, QUIET), 0, 255).astype(np.uint8))
    card.paste(code.resize((side, side), Image.Resampling.NEAREST), (0, 0))
    pen = ImageDraw.Draw(card)
    # Below the quiet zone, not in it.
    pen.text((side / 2, side + size * 0.45), "Scan to open the phone page", _INK, font(round(size * 0.78)), anchor="mm")
    if pin:
        pen.text((side / 2, side + size * 2.0), f"PIN {pin}", _INK, font(round(size * 1.5), bold=True), anchor="mm")
    return _rounded(card, module * 2)


def _rounded(card: Image.Image, radius: int) -> Drawing:
    mask = Image.new("L", (card.width * 4, card.height * 4))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, mask.width - 1, mask.height - 1), radius * 4, fill=255)
    card.putalpha(mask.resize(card.size, Image.Resampling.LANCZOS))
    return np.asarray(card)
