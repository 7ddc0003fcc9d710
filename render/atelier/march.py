"""Scenes in three dimensions: rays marched through a signed distance (Hart 1996), shaded by the sheet's sun.

The march runs at half the sheet's size; what comes back is as large as the sheet. Points are (x right, y up, z away
from the viewer), in whatever unit the scene likes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as functional
from torch import Tensor

from render.atelier.canvas import Canvas

Distance = Callable[[Tensor, Tensor, Tensor], Tensor]
_SHRINK = 2
_CLOSE = 0.004


@dataclass(frozen=True)
class Seen:
    """What the rays met, each (B, H, W).

    `hit` is 1 where something was met; x, y, z the points; `depth` their distance from the eye as a share of the
    longest sight; `light` their shading 0..1: sun, sky and the darkness of corners; `up` how much they face upwards.
    """

    hit: Tensor
    x: Tensor
    y: Tensor
    z: Tensor
    depth: Tensor
    light: Tensor
    up: Tensor


def march(
    canvas: Canvas,
    distance: Distance,
    *,
    eye: tuple[float | Tensor, float | Tensor, float | Tensor] = (0.0, 1.5, 0.0),
    pitch: float | Tensor = 0.0,
    turn: float | Tensor = 0.0,
    zoom: float = 1.2,
    sight: float = 20.0,
    steps: int = 28,
    ambient: float = 0.35,
) -> Seen:
    """Look into a scene from `eye`, `pitch` radians down and `turn` radians to the right.

    `distance(x, y, z)` takes points (B, h, w) and gives their distance from the nearest surface, never too large.
    `zoom` is the focal length in half short sides; `sight` the longest ray.
    """
    dx, dy, dz = _rays(canvas, pitch, turn, zoom)
    x0, y0, z0 = (torch.as_tensor(part, device=canvas.device) for part in eye)
    along = torch.full_like(dx, 0.02)
    for _ in range(steps):
        step = distance(x0 + dx * along, y0 + dy * along, z0 + dz * along)
        along = (along + step.clamp(min=0)).clamp(max=sight)
    x, y, z = x0 + dx * along, y0 + dy * along, z0 + dz * along
    left = distance(x, y, z)
    hit = ((left < 0.02 * along.clamp(min=0.5)) & (along < sight * 0.999)).float()
    nx, ny, nz = _normal(distance, x, y, z)
    light = _shade(canvas, distance, (x, y, z), (nx, ny, nz), ambient)
    parts = torch.stack([hit, x, y, z, along / sight, light, ny], 1)
    size = (canvas.height, canvas.width)
    full = functional.interpolate(parts, size, mode="bilinear", align_corners=False)
    return Seen(*full.unbind(1))


def _rays(canvas: Canvas, pitch: float | Tensor, turn: float | Tensor, zoom: float) -> tuple[Tensor, Tensor, Tensor]:
    """Unit directions (B, h, w) of the rays through a sheet of half size."""
    short = min(canvas.height, canvas.width)
    across = ((torch.arange(0, canvas.width, _SHRINK, device=canvas.device) + 1.0) * 2 - canvas.width) / short
    down = ((torch.arange(0, canvas.height, _SHRINK, device=canvas.device) + 1.0) * 2 - canvas.height) / short
    v, u = torch.meshgrid(down, across, indexing="ij")
    pitch, turn = (torch.as_tensor(part, device=canvas.device, dtype=u.dtype) for part in (pitch, turn))
    dx, dy, dz = u.expand(canvas.count, -1, -1), -v, torch.full_like(u, zoom)
    dy, dz = dy * pitch.cos() - dz * pitch.sin(), dy * pitch.sin() + dz * pitch.cos()
    dx, dz = dx * turn.cos() + dz * turn.sin(), -dx * turn.sin() + dz * turn.cos()
    length = (dx**2 + dy**2 + dz**2).sqrt()
    return dx / length, dy / length, dz / length


def _normal(distance: Distance, x: Tensor, y: Tensor, z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Unit normals by the four corners of a tetrahedron."""
    total = [torch.zeros_like(x) for _ in range(3)]
    for sx, sy, sz in ((1, -1, -1), (-1, -1, 1), (-1, 1, -1), (1, 1, 1)):
        d = distance(x + sx * _CLOSE, y + sy * _CLOSE, z + sz * _CLOSE)
        total = [part + sign * d for part, sign in zip(total, (sx, sy, sz), strict=True)]
    length = (total[0] ** 2 + total[1] ** 2 + total[2] ** 2).sqrt() + 1e-9
    return total[0] / length, total[1] / length, total[2] / length


def _shade(
    canvas: Canvas, distance: Distance, at: tuple[Tensor, ...], normal: tuple[Tensor, ...], ambient: float
) -> Tensor:
    """Light 0..1: the sun with a soft shadow, the sky from above, less where surfaces are close to each other."""
    sx, sy, sz = canvas.sun.unbind(1)
    sun = (sx, -sy, -sz)
    facing = sum(n * s for n, s in zip(normal, sun, strict=True))
    start = [p + 0.03 * n for p, n in zip(at, normal, strict=True)]
    free, along = torch.ones_like(at[0]), torch.full_like(at[0], 0.05)
    for _ in range(8):
        d = distance(*(p + s * along for p, s in zip(start, sun, strict=True)))
        free = torch.minimum(free, (6 * d / along).clamp(0, 1))
        along = along + d.clamp(0.04, 0.5)
    corner = (distance(*(p + 0.25 * n for p, n in zip(at, normal, strict=True))) / 0.25).clamp(0, 1)
    sky = 0.6 + 0.4 * normal[1]
    light = ambient * sky * (0.35 + 0.65 * corner) + (1 - ambient) * torch.as_tensor(facing).clamp(0, 1) * free
    return light.clamp(0, 1)


def block(
    x: Tensor, y: Tensor, z: Tensor, half: tuple[float | Tensor, float | Tensor, float | Tensor], corner: float = 0.0
) -> Tensor:
    """Signed distance from a box of these half sizes at the origin, with rounded edges."""
    a, b, c = x.abs() - half[0] + corner, y.abs() - half[1] + corner, z.abs() - half[2] + corner
    outside = (a.clamp(min=0) ** 2 + b.clamp(min=0) ** 2 + c.clamp(min=0) ** 2 + 1e-9).sqrt()
    return outside + torch.maximum(a, torch.maximum(b, c)).clamp(max=0) - corner


def orb(x: Tensor, y: Tensor, z: Tensor, size: float | Tensor) -> Tensor:
    """Signed distance from a ball at the origin."""
    return (x**2 + y**2 + z**2 + 1e-9).sqrt() - size


def post(x: Tensor, y: Tensor, z: Tensor, size: float | Tensor, half_height: float | Tensor) -> Tensor:
    """Signed distance from an upright cylinder at the origin."""
    a, b = (x**2 + z**2 + 1e-9).sqrt() - size, y.abs() - half_height
    return torch.maximum(a, b).clamp(max=0) + (a.clamp(min=0) ** 2 + b.clamp(min=0) ** 2 + 1e-9).sqrt()


def rod(x: Tensor, y: Tensor, z: Tensor, start: tuple[float, ...], end: tuple[float, ...], size: float) -> Tensor:
    """Signed distance from a straight rod with round ends."""
    v = [e - s for s, e in zip(start, end, strict=True)]
    p = [c - s for c, s in zip((x, y, z), start, strict=True)]
    square = sum(part * part for part in v) + 1e-9
    t = ((p[0] * v[0] + p[1] * v[1] + p[2] * v[2]) / square).clamp(0, 1)
    a, b, c = (part - t * whole for part, whole in zip(p, v, strict=True))
    return (a * a + b * b + c * c + 1e-9).sqrt() - size


def again(x: Tensor, every: float) -> Tensor:
    """A coordinate that repeats: -every/2..every/2 over and over."""
    return x - every * (x / every).round()
