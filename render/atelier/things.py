"""Things on a ground: one or several of them, in a place of the sheet, each with the shadow that it throws."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from render.atelier.canvas import Canvas, Layer, Sketch, mask, over, radius, smooth
from render.atelier.noise import fractal, noise

Draw = Callable[[Canvas], Layer]
MANY = 3
"""The number of `arrange` that stands for more than one would count."""
_SIZES = (0.8, 0.56, 0.46, 0.34)
_ROWS = (1, 2, 3, 7)
_SPREAD = 0.1
_ASIDE = 0.5
CENTRE, LEFT, RIGHT = 0, 1, 2


def ground(canvas: Canvas) -> Sketch:
    """A quiet place for things: a table before a wall, cloth, or bare light, chosen per sheet."""
    horizon = canvas.uniform(0.05, 0.5)
    glow = torch.exp(-1.2 * ((canvas.x - canvas.uniform(-0.8, 0.8)) ** 2 + (canvas.y + canvas.uniform(0, 0.8)) ** 2))
    wall = 0.18 + canvas.uniform(0.1, 0.55) * glow + 0.1 * (fractal(canvas, 3, 3) - 0.5)
    away = ((canvas.y - horizon) / (canvas.high - horizon)).clamp(0, 1)
    table = 0.3 + 0.4 * away * canvas.uniform(0.3, 1.0) + 0.12 * (noise(canvas, 3, 9) - 0.5)
    light = over(wall, mask(horizon - canvas.y, 0.02), table)
    bare = 0.5 + 0.45 * glow + 0.05 * (noise(canvas, 4) - 0.5)
    return Sketch(torch.where(canvas.chance(0.35), bare, light).clamp(0, 1), canvas.full(1.0))


def arrange(canvas: Canvas, draw: Draw, number: int, place: int, *, stands: bool) -> Sketch:
    """Things drawn by `draw` on a ground: `number` 0, 1, 2 for one, two, three and MANY for more.

    `place` is CENTRE, LEFT or RIGHT; things that `stands` throw a shadow on the table below them, others on the wall.
    """
    sketch = ground(canvas)
    count = _ROWS[number]
    size = _SIZES[number] * canvas.near_far(1.1, 0.68)
    aside = (0.0, -_ASIDE, _ASIDE)[place] * canvas.wide
    room = max(0.15, 1 - 0.5 * (place != CENTRE)) * (canvas.wide + 0.2 if number else 0.5)
    for index in range(count):
        depth = (index + 1) / count
        if number == MANY:
            across, down = (
                canvas.uniform(-1, 1) * room,
                canvas.uniform(-0.02, 0.02) + (depth - 0.45) * canvas.high * 0.9,
            )
        else:
            step = ((index + 0.5) / count - 0.5) * 2 * (room - size * 0.7) if number else 0.0
            across, down = canvas.uniform(step - 0.06, step + 0.06), canvas.uniform(-0.08, 0.16) * canvas.high
        x = (aside + across).clamp(-canvas.wide * 0.95, canvas.wide * 0.95)
        away = 0.75 + 0.35 * depth if number == MANY else 1.0
        scale = size * canvas.uniform(1 - _SPREAD, 1 + _SPREAD) * away
        sketch = _lay(sketch, canvas.inside(x, down, scale, largest=size * (1 + _SPREAD) * away), draw, stands)
    return sketch


def _lay(sketch: Sketch, inside: Canvas, draw: Draw, stands: bool) -> Sketch:
    """`sketch` with one more thing on it."""
    layer = draw(inside)
    sx = inside.sun[:, 0]
    if stands:
        fall = mask(radius((inside.x + 0.5 * sx) / 1.05, (inside.y - 0.9) / 0.22) - 1, 0.7)
    else:
        fall = smooth(1.3, 0.5, radius(inside.x + 0.25 * sx, inside.y - 0.2))
    light = sketch.light * (1 - 0.55 * fall * (1 - layer.cover))
    return Sketch(over(light, layer.cover, layer.light), over(sketch.tint, layer.cover, layer.tint))


def layer(cover: Tensor, light: Tensor, tint: Tensor | float = 0.0) -> Layer:
    """A layer whose parts are brought to one shape and into 0..1."""
    shape = (cover + light).shape
    spread = tint.expand(shape) if isinstance(tint, Tensor) else torch.full(shape, tint, device=cover.device)
    return Layer(cover.expand(shape).clamp(0, 1), light.expand(shape).clamp(0, 1), spread.clamp(0, 1))
