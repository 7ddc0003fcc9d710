"""The sheet that subjects are drawn on: coordinates, random numbers and the few shapes that every subject needs."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass(frozen=True)
class Sketch:
    """What a subject returns: `light` and `tint`, both (B, H, W) float in 0..1.

    Light is brightness before any colour; tint 0 takes the picture's main colour, tint 1 its accent.
    """

    light: Tensor
    tint: Tensor


@dataclass(frozen=True)
class Canvas:
    """A batch of `count` sheets of `height` x `width` pixels; x runs over -1..1, y over -aspect..aspect, down.

    All random numbers of a drawing come from `generator`, so the same canvas gives the same pictures.
    """

    count: int
    height: int
    width: int
    near: bool
    generator: torch.Generator
    x: Tensor = field(init=False)
    y: Tensor = field(init=False)

    def __post_init__(self) -> None:
        across = (torch.arange(self.width, device=self.device) + 0.5) / self.width * 2 - 1
        down = ((torch.arange(self.height, device=self.device) + 0.5) / self.height * 2 - 1) * self.aspect
        y, x = torch.meshgrid(down, across, indexing="ij")
        object.__setattr__(self, "x", x)
        object.__setattr__(self, "y", y)

    @property
    def device(self) -> torch.device:
        """Where tensors of this canvas live: the device of its generator."""
        return self.generator.device

    @property
    def aspect(self) -> float:
        """Height over width: 1 for a square sheet, 1.5 for a tall wing."""
        return self.height / self.width

    def uniform(self, low: float = 0.0, high: float = 1.0) -> Tensor:
        """One random number per sheet, (B, 1, 1)."""
        return self.random(1, 1) * (high - low) + low

    def random(self, *shape: int) -> Tensor:
        """Uniform numbers in 0..1, (B, *shape)."""
        return torch.rand((self.count, *shape), generator=self.generator, device=self.device)

    def normal(self, *shape: int) -> Tensor:
        """Normal numbers, (B, *shape)."""
        return torch.randn((self.count, *shape), generator=self.generator, device=self.device)

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


def over(below: Tensor, coverage: Tensor | float, above: Tensor | float) -> Tensor:
    """Lay `above` on `below` where `coverage` is 1."""
    return below + (above - below) * coverage


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
