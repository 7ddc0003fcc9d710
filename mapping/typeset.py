"""Letters: fonts, wrapped and centred lines with a soft shadow, as pictures that can be laid over the wall."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Drawing = NDArray[np.uint8]
"""(H, W, 4) uint8: sRGB with straight alpha."""

Align = Literal["left", "centre", "right"]

Floats = NDArray[np.floating[Any]]

FONTS: Final = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")
LINE: Final = 1.45
"""Distance of base lines in letter sizes."""
_SHADOW: Final = 0.12


@lru_cache(maxsize=32)
def font(pixels: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Return the house's font in a size (em) in pixels; the one built into Pillow where Debian's is missing."""
    try:
        return ImageFont.truetype(FONTS[bold], pixels)
    except OSError:
        built_in = ImageFont.load_default(pixels)
        assert isinstance(built_in, ImageFont.FreeTypeFont)
        return built_in


def wrapped(text: str, letters: ImageFont.FreeTypeFont, width: float, most: int = 4) -> list[str]:
    """Return the lines of a text no wider than `width` pixels, balanced; what does not fit in `most` lines ends in …

    Line ends of the text itself are kept.
    """
    lines = [line for part in text.splitlines() for line in _set(part.split(), letters, width, most)]
    if len(lines) > most:
        lines = [*lines[: most - 1], _shortened(lines[most - 1] + " …", letters, width)]
    return [_shortened(line, letters, width) for line in lines]


def _set(words: list[str], letters: ImageFont.FreeTypeFont, width: float, most: int) -> list[str]:
    lines = _filled(words, letters, width)
    return _balanced(words, letters, width, len(lines)) if 1 < len(lines) <= most else lines


def _filled(words: list[str], letters: ImageFont.FreeTypeFont, width: float) -> list[str]:
    lines: list[str] = []
    for word in words:
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and letters.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _balanced(words: list[str], letters: ImageFont.FreeTypeFont, width: float, count: int) -> list[str]:
    """Return the narrowest setting that still takes `count` lines: no line with one lost word."""
    low, high = width / count, width
    for _ in range(8):
        tried = (low + high) / 2
        low, high = (low, tried) if len(_filled(words, letters, tried)) <= count else (tried, high)
    return _filled(words, letters, high)


def _shortened(line: str, letters: ImageFont.FreeTypeFont, width: float) -> str:
    while len(line) > 1 and letters.getlength(line) > width:
        line = line.removesuffix("…").rstrip()[:-1] + "…"
    return line


def lines_drawing(
    lines: list[str], size: int, colour: str, shadow: float = 2.6, align: Align = "centre", box: float = 0.0
) -> Drawing:
    """Return lines, `size` pixels high, in a colour "#rrggbb" over a soft dark `shadow` (0: none).

    `box` is the opacity of a black rectangle behind all of them.
    """
    letters = font(size)
    margin = round(size * 0.6)
    width = max(1, round(max((letters.getlength(line) for line in lines), default=1)))
    step = round(size * LINE)
    extent = width + 2 * margin, step * max(1, len(lines)) + 2 * margin
    mask = Image.new("L", extent)
    pen = ImageDraw.Draw(mask)
    x, anchor = {"left": (margin, "lm"), "centre": (extent[0] / 2, "mm"), "right": (margin + width, "rm")}[align]
    for number, line in enumerate(lines):
        pen.text((x, margin + step * (number + 0.5)), line, fill=255, font=letters, anchor=anchor)
    near = mask.filter(ImageFilter.GaussianBlur(size * _SHADOW))
    far = mask.filter(ImageFilter.GaussianBlur(size * _SHADOW * 2.5))
    ink = np.asarray(mask, np.float32) / 255
    dark = np.minimum((np.asarray(near, np.float32) + np.asarray(far, np.float32) * 0.4) / 255 * shadow, 0.9)
    inset = margin // 3
    behind = dark[inset : extent[1] - inset, inset : extent[0] - inset]
    np.maximum(behind, box, out=behind)
    return over_shadow(ink, dark, colour)


def over_shadow(ink: Floats, shadow: Floats, colour: str) -> Drawing:
    """Return letters (H, W) 0..1 in a colour over a black shadow (H, W) 0..1 as one drawing with straight alpha."""
    alpha = ink + shadow * (1 - ink)
    # Mixed by coverage in linear light, as the wall mixes; straight alpha wants the colour divided by alpha.
    share = ink / np.maximum(alpha, 1e-6)
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.float32)
    drawing = np.empty((*ink.shape, 4), np.uint8)
    drawing[..., :3] = np.round(encoded(decoded(rgb / 255) * share[..., None]) * 255)
    drawing[..., 3] = np.round(alpha * 255)
    return drawing


def decoded(values: Floats) -> Floats:
    """Return linear light 0..1 of sRGB values 0..1 (IEC 61966-2-1)."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def encoded(light: Floats) -> Floats:
    """Return sRGB values 0..1 of linear light 0..1 (IEC 61966-2-1)."""
    bright = 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055
    return np.where(light <= 0.0031308, light * 12.92, bright)
