"""Modelled things: parts laid one on another as a relief, lit all at once, in the thing's own small frame."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import replace

import torch
import torch.nn.functional as functional
from torch import Tensor

from render.atelier.canvas import Canvas, Layer, mask, over, radius, segment
from render.atelier.relief import dome, lit
from render.atelier.things import Draw, layer

_REACH = 1.15
_EDGE = 0.02
Point = tuple[Tensor | float, Tensor | float]


class Model:
    """A thing in the making; every part is a signed distance, negative inside."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self._cover = self._height = self._light = self._tint = self._glow = canvas.full(0.0)
        self._soft = max(_EDGE, 3.2 * _REACH / canvas.height)

    def lay(
        self,
        distance: Tensor,
        light: Tensor | float = 1.0,
        *,
        thick: float = 0.12,
        rise: Tensor | float = 0.0,
        tint: Tensor | float = 0.0,
        glow: Tensor | float = 0.0,
        shade: float = 0.0,
    ) -> None:
        """A part in front of all before it, round at its edge to a depth `thick`, `shade` dark on what lies around it.

        `light` is its own brightness before the sun falls on it; with `glow` 1 it shines and no sun counts.
        """
        if shade > 0:
            self._light = self._light * (1 - shade * mask(distance - 0.02, 0.14))
        on = mask(distance, self._soft)
        self._height = over(self._height, on, dome(distance, thick) + rise)
        self._paint(on, light, tint, glow)
        self._cover = over(self._cover, on, 1.0)

    def add(
        self,
        distance: Tensor,
        light: Tensor | float = 1.0,
        *,
        thick: float = 0.04,
        tint: Tensor | float = 0.0,
        glow: Tensor | float = 0.0,
    ) -> None:
        """A part that swells out of what it lies on and stays within it."""
        on = mask(distance, self._soft)
        self._height = self._height + dome(distance, thick)
        self._paint(on * self._cover, light, tint, glow)

    def mark(self, on: Tensor, light: Tensor | float, tint: Tensor | float = 0.0, glow: Tensor | float = 0.0) -> None:
        """Paint on what is there, where `on` is 1."""
        self._paint(on * self._cover, light, tint, glow)

    def line(self, distance: Tensor, light: float = 0.12, tint: float = 0.0) -> None:
        """Paint a line or spot, given as a signed distance, on what is there."""
        self.mark(mask(distance, self._soft), light, tint)

    def halo(self, distance: Tensor, reach: float, strength: float = 0.6) -> None:
        """Light that spreads from a shining part into the air around the thing."""
        air = strength * torch.exp(-(distance.clamp(min=0) / reach)) * (1 - self._cover)
        air = air * mask(radius(self.canvas.x, self.canvas.y) - _REACH * 0.85, 0.5)
        self._light, self._glow = self._light + air, self._glow + air
        self._cover = self._cover + air

    def layer(self, ambient: float = 0.3, gloss: float = 0.3) -> Layer:
        """The finished thing."""
        whole = self._cover.clamp(min=1e-3)
        sun = lit(self.canvas, self._height / _REACH, ambient, gloss)
        light, glow = self._light / whole, (self._glow / whole).clamp(0, 1)
        return layer(self._cover, light * over(sun, glow, 1.0), self._tint / whole)

    def _paint(self, on: Tensor, light: Tensor | float, tint: Tensor | float, glow: Tensor | float) -> None:
        self._light, self._tint = over(self._light, on, light), over(self._tint, on, tint)
        self._glow = over(self._glow, on, glow)


def framed(draw: Draw) -> Draw:
    """`draw` done on a sheet just as large as the thing, then put into its place: what is small costs little."""

    @functools.wraps(draw)
    def thing(canvas: Canvas) -> Layer:
        side = max(24, min(math.ceil(2 * _REACH / canvas.finest), canvas.height, canvas.width))
        line = ((torch.arange(side, device=canvas.device) + 0.5) * 2 / side - 1) * _REACH
        y, x = torch.meshgrid(line, line, indexing="ij")
        whole = (canvas.count, -1, -1)
        own = draw(replace(canvas, height=side, width=side, x=x.expand(whole), y=y.expand(whole)))
        parts = torch.stack([own.cover, own.light, own.tint], 1)
        where = torch.stack([canvas.x, canvas.y], -1) / _REACH
        cover, light, tint = functional.grid_sample(parts, where, padding_mode="border", align_corners=False).unbind(1)
        return Layer(cover * mask(torch.maximum(canvas.x.abs(), canvas.y.abs()) - _REACH, 0.03), light, tint)

    return thing


def faced(canvas: Canvas) -> Tensor:
    """The thing's x, mirrored on every other sheet: drawn facing left, it looks either way."""
    return torch.where(canvas.chance(0.5), canvas.x, -canvas.x)


def disc(x: Tensor, y: Tensor, across: Tensor | float, down: Tensor | float) -> Tensor:
    """About the signed distance from an upright ellipse at the origin."""
    small = torch.minimum(torch.as_tensor(across), torch.as_tensor(down))
    return (radius(x / across, y / down) - 1) * small.to(x.device)


def bar(x: Tensor, y: Tensor, start: Point, end: Point, half: Tensor | float) -> Tensor:
    """Signed distance from a straight bar with round ends."""
    return segment(x, y, start, end) - half


def bend(x: Tensor, y: Tensor, points: Sequence[Point], sizes: Sequence[Tensor | float]) -> Tensor:
    """Signed distance from a limb of several joints, `sizes` thick at each of its `points`."""
    nearest: Tensor | None = None
    for start, end, thick, thin in zip(points[:-1], points[1:], sizes[:-1], sizes[1:], strict=True):
        vx, vy = end[0] - start[0], end[1] - start[1]
        px, py = x - start[0], y - start[1]
        t = ((px * vx + py * vy) / (vx * vx + vy * vy + 1e-6)).clamp(0, 1)
        part = radius(px - t * vx, py - t * vy) - (thick + (thin - thick) * t)
        nearest = part if nearest is None else torch.minimum(nearest, part)
    assert nearest is not None
    return nearest


def corner(x: Tensor, y: Tensor, points: Sequence[Point]) -> Tensor:
    """About the signed distance from a convex polygon whose points run clockwise as seen."""
    furthest: Tensor | None = None
    for start, end in zip(points, [*points[1:], points[0]], strict=True):
        vx, vy = torch.as_tensor(end[0] - start[0]), torch.as_tensor(end[1] - start[1])
        length = (vx * vx + vy * vy).sqrt().to(x.device)
        side = ((x - start[0]) * vy - (y - start[1]) * vx) / length
        furthest = side if furthest is None else torch.maximum(furthest, side)
    assert furthest is not None
    return furthest


def fold(x: Tensor, y: Tensor, parts: Tensor | float) -> tuple[Tensor, Tensor]:
    """The plane folded into one of `parts` equal sectors: distance along its middle and across it."""
    r, angle = radius(x, y), torch.atan2(y, x) * parts / (2 * math.pi)
    inner = (angle - angle.round()) * (2 * math.pi) / parts
    return r * inner.cos(), r * inner.sin()


def mix(low: float, share: Tensor, high: Tensor | float) -> Tensor:
    """`low` where `share` is 0, `high` where it is 1."""
    return low + (high - low) * share
