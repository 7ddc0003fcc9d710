"""Styles: the ways that turn a sketch and its colours into a picture."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as functional
from torch import Tensor

from render.atelier.canvas import Canvas, Sketch, over, smooth
from render.atelier.noise import cells, moved, noise

_TILES = 26
"""Mosaic tiles along the shorter side."""


@dataclass(frozen=True)
class Paint:
    """What a style works with: the sketch, main and accent colour (B, 3, 1, 1), and day (B, 1, 1, 1) as 0 or 1."""

    canvas: Canvas
    sketch: Sketch
    main: Tensor
    accent: Tensor
    day: Tensor


def _coloured(paint: Paint, light: Tensor | None = None) -> Tensor:
    """The sketch in colour, (B, 3, H, W): darks, full colour in the middle, pale highlights, haze far away."""
    value = (paint.sketch.light if light is None else light).clamp(0, 1)[:, None]
    base = over(paint.main, paint.sketch.tint.clamp(0, 1)[:, None], paint.accent)
    dark = base * (0.06 + 0.16 * paint.day)
    middle = base * (0.66 + 0.3 * paint.day)
    top = over(base, 0.2 + 0.3 * paint.day, 1.0) * (0.92 + 0.08 * paint.day)
    low = over(dark, (value * 2).clamp(0, 1), middle)
    return _hazed(paint, over(low, (value * 2 - 1).clamp(0, 1), top))


def _hazed(paint: Paint, image: Tensor) -> Tensor:
    """`image` with the air between: what is far takes on a pale (at night a dark) accent."""
    if paint.sketch.depth is None:
        return image
    air = over(paint.accent, 0.35 * paint.day, 1.0) * (0.22 + 0.6 * paint.day)
    return over(image, 0.75 * paint.sketch.depth.clamp(0, 1)[:, None] ** 1.5, air)


def _edges(light: Tensor) -> Tensor:
    """Strength of outlines of (B, H, W), for drawn styles."""
    flat = functional.avg_pool2d(functional.pad(light[:, None], (2, 2, 2, 2), mode="replicate"), 3, 1)[:, 0]
    dx, dy = flat[:, 1:-1, 2:] - flat[:, 1:-1, :-2], flat[:, 2:, 1:-1] - flat[:, :-2, 1:-1]
    return (dx**2 + dy**2 + 1e-9).sqrt()


def _plain(paint: Paint) -> Tensor:
    return _coloured(paint)


def _ink(paint: Paint) -> Tensor:
    light = paint.sketch.light
    wash = smooth(0.62, 0.1, light) * (0.55 + 0.35 * noise(paint.canvas, 12))
    line = torch.maximum(smooth(0.1, 0.3, _edges(light)), smooth(0.2, 0.1, light))
    paper = 0.3 + 0.62 * paint.day + 0.05 * noise(paint.canvas, 40)[:, None]
    washed = over(over(paper.expand(-1, 3, -1, -1), 0.18, paint.main), wash[:, None], paint.main)
    return over(washed, line[:, None], paint.main * 0.12)


def _woodcut(paint: Paint) -> Tensor:
    canvas = paint.canvas
    angle = canvas.uniform(-0.6, 0.6)
    wander = 0.06 * noise(canvas, 4)
    hatch = ((canvas.y + angle * canvas.x + wander) * 22 * math.pi).sin() * 0.5 + 0.5
    printed = torch.sigmoid((paint.sketch.light - 0.15 - 0.68 * hatch) * 14)[:, None]
    paper = over(paint.main, 0.35 * paint.day, 1.0)
    return over(0.05 + 0.06 * paint.main, printed, paper)


def _neon(paint: Paint) -> Tensor:
    line = smooth(0.07, 0.24, _edges(paint.sketch.light))[:, None]
    size = paint.sketch.light.shape[-2:]
    glow = functional.interpolate(functional.avg_pool2d(line, 8), size, mode="bilinear")
    tube = over(paint.main, paint.sketch.tint[:, None] * 0.7, paint.accent)
    return (
        0.02
        + 0.05 * paint.day
        + 0.12 * paint.sketch.light[:, None] * tube
        + glow * tube * (0.8 + 0.6 * paint.day)
        + line * over(tube, 0.35, 1.0)
    )


def _pastel(paint: Paint) -> Tensor:
    grain = 0.07 * (paint.canvas.random(paint.canvas.height, paint.canvas.width) - 0.5)[:, None]
    soft = functional.avg_pool2d(_coloured(paint), 3, 1, 1, count_include_pad=False)
    chalk = over(soft, 0.25 + 0.25 * paint.day, 0.35 + 0.6 * paint.day)
    return chalk + grain * smooth(0.0, 0.5, noise(paint.canvas, 50))[:, None]


def _mosaic(paint: Paint) -> Tensor:
    canvas = paint.canvas
    size = (round(_TILES * canvas.high), round(_TILES * canvas.wide))
    flat = functional.interpolate(functional.adaptive_avg_pool2d(_coloured(paint), size), (canvas.height, canvas.width))
    u, v = (canvas.x / canvas.wide + 1) / 2 * size[1], (canvas.y / canvas.high + 1) / 2 * size[0]
    joint = torch.minimum(0.5 - (u % 1 - 0.5).abs(), 0.5 - (v % 1 - 0.5).abs())
    bevel = 1 + 0.2 * (0.5 - u % 1) + 0.2 * (0.5 - v % 1)
    shade = 0.86 + 0.28 * functional.interpolate(canvas.random(1, *size), (canvas.height, canvas.width))
    return flat * bevel * shade * (0.35 + 0.65 * smooth(0.05, 0.16, joint))


def _monochrome(paint: Paint) -> Tensor:
    grey = paint.sketch.light * (0.8 - 0.25 * paint.sketch.tint) + 0.2 * paint.sketch.light**2
    film = 0.04 * (paint.canvas.random(paint.canvas.height, paint.canvas.width) - 0.5)
    return ((grey + film)[:, None] * (0.5 + 0.5 * paint.day) + 0.04 * paint.day).expand(-1, 3, -1, -1)


def _painterly(paint: Paint) -> Tensor:
    canvas = paint.canvas
    image = _coloured(paint)
    _, border, value = cells(canvas, 20)
    angle = noise(canvas, 2) * 6.3
    reach = 0.05 * (value - 0.5)
    brushed = moved(image, canvas, reach * angle.cos(), reach * angle.sin())
    bristle = ((canvas.x * angle.cos() + canvas.y * angle.sin()) * 70 + value * 9).sin()
    return brushed * (0.93 + 0.1 * value + 0.07 * bristle)[:, None] + 0.05 * smooth(0.0, 0.2, border)[:, None] - 0.04


def _photograph(paint: Paint) -> Tensor:
    """Light as a lens sees it: warm lights and cool shadows, a glow around what is bright, darker corners."""
    canvas = paint.canvas
    image = _coloured(paint)
    grey = image.mean(1, keepdim=True)
    warm = torch.tensor([0.05, 0.0, -0.06], device=canvas.device)[:, None, None]
    image = image + warm * (2 * grey - 0.8)
    bright = functional.avg_pool2d((image - 0.6).clamp(min=0), 16)
    bloom = functional.interpolate(bright, image.shape[-2:], mode="bilinear", align_corners=False)
    corner = 1 - 0.22 * ((canvas.x / canvas.wide) ** 2 + (canvas.y / canvas.high) ** 2)
    curve = image * image * (3 - 2 * image)
    return (over(image, 0.6, curve) + 0.9 * bloom) * corner


@dataclass(frozen=True)
class Style:
    """A way to paint: its name, words for captions, words kept for tests, the function, and how often it is used."""

    name: str
    words: tuple[str, ...]
    held_words: tuple[str, ...]
    paint: Callable[[Paint], Tensor]
    share: float = 1.0


STYLES = (
    Style("plain", ("",), (), _plain, 4.0),
    Style("ink", ("ink drawing", "ink", "pen sketch", "calligraphy", "ink wash"), ("brush drawing",), _ink),
    Style("woodcut", ("woodcut", "linocut", "engraving", "block print"), ("etching",), _woodcut),
    Style("neon", ("neon", "glowing neon", "electric glow", "neon lights"), ("fluorescent",), _neon),
    Style("pastel", ("pastel", "soft pastel", "chalk", "dreamy", "soft colours"), ("crayon",), _pastel),
    Style("mosaic", ("mosaic", "tiles", "tessellated", "pixelated"), ("tesserae",), _mosaic),
    Style("monochrome", ("monochrome", "black and white", "old photograph", "film still"), ("grayscale",), _monochrome),
    Style("painterly", ("painterly", "oil painting", "brush strokes", "impressionist"), ("canvas",), _painterly, 1.5),
    Style("photograph", ("photograph", "photo", "photographic light", "cinematic"), ("snapshot",), _photograph, 2.0),
)


def render(canvas: Canvas, sketch: Sketch, style: int, colours: Tensor, day: Tensor) -> Tensor:
    """The finished picture, (B, 3, H, W) in 0..1.

    `colours` is (B, 2, 3): the main and the accent colour in sRGB; `day` (B,) is 1 for daylight, 0 for night.
    """
    shades = (colours + 0.03 * canvas.normal(2, 3)).clamp(0, 1)[..., None, None]
    paint = Paint(canvas, sketch, shades[:, 0], shades[:, 1], day.float()[:, None, None, None])
    return STYLES[style].paint(paint).clamp(0, 1)
