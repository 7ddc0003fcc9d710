"""What still lifes share: forms lit in a thing's own frame, turned bodies, and layers on layers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from render.atelier.canvas import Canvas, Layer, over, radius
from render.atelier.relief import lit
from render.atelier.things import layer


@dataclass(frozen=True)
class Turned:
    """A body from the lathe, each (B, H, W): signed distance, height towards the viewer, the level that the ring
    through each point has on the body, and the place across it, -1..1."""

    distance: Tensor
    height: Tensor
    level: Tensor
    across: Tensor


def scale(canvas: Canvas) -> Tensor:
    """How large one unit of the canvas' frame is on the sheet."""
    x, y = canvas.x[..., :1, :2], canvas.y[..., :1, :2]
    return canvas.pixel / radius(x[..., 1:] - x[..., :1], y[..., 1:] - y[..., :1])


def form(canvas: Canvas, height: Tensor, ambient: float = 0.25, gloss: float = 0.0) -> Tensor:
    """Light on a relief whose height is in units of the canvas' own frame."""
    return lit(canvas, height * scale(canvas), ambient, gloss)


def flipped(canvas: Canvas, share: float = 0.5) -> Canvas:
    """The canvas with its x reversed on about `share` of the sheets."""
    side = torch.where(canvas.chance(share), -1.0, 1.0)
    return replace(canvas, x=canvas.x * side)


def turned(
    canvas: Canvas, profile: Callable[[Tensor], Tensor], top: float | Tensor, bottom: float | Tensor, tilt: float = 0.15
) -> Turned:
    """An upright body with half width `profile(level)`, seen from above by `tilt`, the roundness of its rings."""
    wide = profile(canvas.y).clamp(min=0.01)
    level = canvas.y - tilt * (wide**2 - canvas.x**2).clamp(min=0).sqrt()
    wide = profile(level).clamp(min=0.01)
    distance = torch.maximum(canvas.x.abs() - wide, torch.maximum(top - level, level - bottom))
    return Turned(distance, (wide**2 - canvas.x**2).clamp(min=0).sqrt(), level, canvas.x / wide)


def nothing(canvas: Canvas) -> Layer:
    """A layer with nothing on it yet."""
    empty = canvas.full(0.0)
    return Layer(empty, empty, empty)


def on(below: Layer, cover: Tensor, light: Tensor | float, tint: Tensor | float = 0.0) -> Layer:
    """`below` with something more laid on it, which may be translucent."""
    cover = cover.clamp(0, 1)
    total = cover + below.cover * (1 - cover)
    share = cover / (total + 1e-5)
    return layer(total, over(below.light, share, light), over(below.tint, share, tint))


def ellipse(x: Tensor, y: Tensor, wide: float | Tensor, high: float | Tensor) -> Tensor:
    """Signed distance, nearly, from an ellipse at the origin with these half sizes."""
    r = radius(x / wide, y / high)
    return (r - 1) * r / radius(x / wide**2, y / high**2)


def leaf_shape(x: Tensor, y: Tensor, length: float | Tensor, wide: float | Tensor) -> Tensor:
    """Signed distance, nearly, from a leaf that runs from the origin along x, pointed at its far end."""
    along = (x / length).clamp(0, 1)
    edge = wide * (along * (1 - along) ** 0.8).clamp(min=0) ** 0.7 * 2.4
    return torch.maximum(y.abs() - edge, (x / length - 0.5).abs() * length - length * 0.5)


def beam(
    x: Tensor, y: Tensor, start: tuple[float | Tensor, float | Tensor], end: tuple[float | Tensor, float | Tensor],
    thick: float | Tensor,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """A straight round stick: its signed distance and its height."""
    vx, vy = end[0] - start[0], end[1] - start[1]
    px, py = x - start[0], y - start[1]
    along = ((px * vx + py * vy) / (vx * vx + vy * vy + 1e-6)).clamp(0, 1)
    distance = radius(px - along * vx, py - along * vy)
    return distance - thick, (thick**2 - distance**2).clamp(min=0).sqrt()


def spread_turns(canvas: Canvas, count: int) -> list[Tensor]:
    """Angles in radians, evenly around a circle with one random start per sheet."""
    start = canvas.uniform(0, 2 * math.pi)
    return [start + index * 2 * math.pi / count for index in range(count)]
