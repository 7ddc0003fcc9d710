"""The sheet that subjects are drawn on: coordinates, random numbers and the few shapes that every subject needs."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor


@dataclass(frozen=True)
class Sketch:
    """What a scene returns, all (B, H, W) float in 0..1.

    `light` is brightness before any colour, shading included; `tint` 0 takes the picture's main colour, tint 1 its
    accent; `depth` 0 is near, 1 the horizon (None: no air between), for haze.
    """

    light: Tensor
    tint: Tensor
    depth: Tensor | None = None


@dataclass(frozen=True)
class Layer:
    """What a thing returns, all (B, H, W): how much it covers what lies behind it, its light and its tint."""

    cover: Tensor
    light: Tensor
    tint: Tensor


@dataclass(frozen=True)
class Canvas:
    """Some sheets, or all, of a batch; each is `height` x `width` pixels.

    `sheets` are the places in a batch of `batch` that are drawn, B of them. On a whole sheet x runs over -wide..wide to
    the right and y over -high..high down; the shorter side has half length 1. Inside a thing x and y are the thing's
    own (B, H, W): it fills about -1..1. `finest` is the least distance of two neighbouring pixels in units of x and y
    that any sheet of such a batch can have. `sun` (B, 3, 1, 1) points from the sheet to the light (x right, y down,
    z towards the viewer), of unit length, from above.

    All random numbers of a drawing come from `generator`, so the same canvas gives the same pictures. They are drawn
    for the whole batch and those of other sheets thrown away: a sheet is the same whether others are drawn with it.
    """

    batch: int
    sheets: slice
    height: int
    width: int
    near: bool
    generator: torch.Generator
    x: Tensor
    y: Tensor
    sun: Tensor
    finest: float

    @classmethod
    def blank(
        cls, batch: int, height: int, width: int, *, near: bool, generator: torch.Generator, sheets: slice = slice(None)
    ) -> Self:
        """The empty `sheets` of a batch, all of them unless told otherwise."""
        device = generator.device
        short = min(height, width)
        across = ((torch.arange(width, device=device) + 0.5) * 2 - width) / short
        down = ((torch.arange(height, device=device) + 0.5) * 2 - height) / short
        y, x = torch.meshgrid(down, across, indexing="ij")
        side = torch.rand((batch, 1, 1), generator=generator, device=device)[sheets] * 1.6 - 0.8
        sun = torch.stack([side, torch.full_like(side, -0.6), torch.full_like(side, 0.7)], 1)
        sun = sun / sun.norm(dim=1, keepdim=True)
        return cls(batch, sheets, height, width, near, generator, x, y, sun, 2 / short)

    @property
    def count(self) -> int:
        """How many sheets are drawn, B."""
        return len(range(self.batch)[self.sheets])

    @property
    def device(self) -> torch.device:
        """Where tensors of this canvas live: the device of its generator."""
        return self.generator.device

    @property
    def wide(self) -> float:
        """Half the sheet's width in canvas units: 1, or more on wide sheets."""
        return self.width / min(self.height, self.width)

    @property
    def high(self) -> float:
        """Half the sheet's height in canvas units: 1, or more on tall sheets."""
        return self.height / min(self.height, self.width)

    @property
    def pixel(self) -> float:
        """The size of one pixel of the sheet in canvas units: the softest edge that is still sharp."""
        return 2 / min(self.height, self.width)

    def inside(
        self,
        x: Tensor | float,
        y: Tensor | float,
        size: Tensor | float,
        angle: Tensor | None = None,
        largest: float = math.nan,
    ) -> Canvas:
        """The same sheets in the frame of a thing of half size `size` at (x, y), turned by `angle` radians.

        `largest` is what a `size` by sheet can be at the most; without it nothing `framed` can be drawn there.
        """
        u, v = (self.x - x) / size, (self.y - y) / size
        if angle is not None:
            u, v = turn(u, v, angle)
        finest = self.finest / (largest if isinstance(size, Tensor) else size)
        return replace(self, x=u.expand(self.count, -1, -1), y=v.expand(self.count, -1, -1), finest=finest)

    def uniform(self, low: float = 0.0, high: float = 1.0) -> Tensor:
        """One random number per sheet, (B, 1, 1)."""
        return self.random(1, 1) * (high - low) + low

    def random(self, *shape: int) -> Tensor:
        """Uniform numbers in 0..1, (B, *shape)."""
        return torch.rand((self.batch, *shape), generator=self.generator, device=self.device)[self.sheets]

    def normal(self, *shape: int) -> Tensor:
        """Normal numbers, (B, *shape)."""
        return torch.randn((self.batch, *shape), generator=self.generator, device=self.device)[self.sheets]

    def chance(self, share: float) -> Tensor:
        """True for about `share` of the sheets, (B, 1, 1) bool."""
        return self.random(1, 1) < share

    def full(self, value: float) -> Tensor:
        """A flat field, (B, H, W)."""
        return torch.full((self.count, self.height, self.width), value, device=self.device)

    def near_far(self, near: float, far: float) -> float:
        """The first number for a close view, the second for a wide one."""
        return near if self.near else far


def smooth(low: float | Tensor, high: float | Tensor, value: Tensor) -> Tensor:
    """Hermite step from 0 at `low` to 1 at `high`."""
    t = ((value - low) / (high - low)).clamp(0, 1)
    return t * t * (3 - 2 * t)


def mask(distance: Tensor, softness: float = 0.025) -> Tensor:
    """Coverage 0..1 of the inside (negative side) of a signed distance, with an edge `softness` wide."""
    return (0.5 - distance / softness).clamp(0, 1)


def over(below: Tensor | float, coverage: Tensor | float, above: Tensor | float) -> Tensor:
    """Lay `above` on `below` where `coverage` is 1; at least one of them is a tensor."""
    return torch.as_tensor(below + (above - below) * coverage)


def segment(
    x: Tensor, y: Tensor, start: tuple[Tensor | float, Tensor | float], end: tuple[Tensor | float, Tensor | float]
) -> Tensor:
    """Distance of the points (x, y) from the line between two points."""
    vx, vy = end[0] - start[0], end[1] - start[1]
    px, py = x - start[0], y - start[1]
    t = ((px * vx + py * vy) / (vx * vx + vy * vy + 1e-6)).clamp(0, 1)
    return ((px - t * vx) ** 2 + (py - t * vy) ** 2 + 1e-9).sqrt()


def radius(x: Tensor, y: Tensor) -> Tensor:
    """Distance from the origin."""
    return (x * x + y * y + 1e-9).sqrt()


def ball(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """The unit ball at the origin: its signed distance and its shading 0..1 with light from the upper left."""
    r = radius(x, y)
    depth = (1 - r * r).clamp(min=0).sqrt()
    return r - 1, (0.22 + 0.78 * (0.65 * depth - 0.5 * x - 0.55 * y)).clamp(0, 1)


def tube(distance: Tensor, thickness: float | Tensor) -> Tensor:
    """Round shading 0..1 across a line of this `thickness`, brightest on its axis."""
    return (1 - (distance / thickness) ** 2).clamp(min=0).sqrt()


def turn(x: Tensor, y: Tensor, angle: Tensor) -> tuple[Tensor, Tensor]:
    """Coordinates in a frame turned by `angle` radians."""
    return x * angle.cos() + y * angle.sin(), -x * angle.sin() + y * angle.cos()
