"""Textures: value noise, fractal noise, warping, cells and stars."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor

from render.atelier.canvas import Canvas


def noise(canvas: Canvas, cells: float, stretch: float = 1.0) -> Tensor:
    """Smooth value noise (B, H, W), about 0..1, `cells` across the shorter side; `stretch` > 1 gives flat features."""
    rows = max(2, round(cells * stretch * canvas.high)) + 1
    columns = max(2, round(cells * canvas.wide)) + 1
    grid = canvas.random(rows, columns)[:, None]
    size = (canvas.height, canvas.width)
    return functional.interpolate(grid, size, mode="bicubic", align_corners=True)[:, 0]


def fractal(canvas: Canvas, cells: float = 3, octaves: int = 4, stretch: float = 1.0) -> Tensor:
    """Noise of several sizes summed and stretched to 0..1 on every sheet. (B, H, W)."""
    total = canvas.full(0.0)
    for octave in range(octaves):
        total = total + noise(canvas, cells * 2**octave, stretch) * 0.5**octave
    low, high = total.amin((1, 2), keepdim=True), total.amax((1, 2), keepdim=True)
    return (total - low) / (high - low + 1e-4)


def warp(canvas: Canvas, field: Tensor, dx: Tensor, dy: Tensor) -> Tensor:
    """`field` (B, H, W) read at points of the sheet moved by (dx, dy) in canvas units."""
    return moved(field[:, None], canvas, dx, dy)[:, 0]


def moved(pictures: Tensor, canvas: Canvas, dx: Tensor, dy: Tensor) -> Tensor:
    """`pictures` (B, C, H, W) read at points of the sheet moved by (dx, dy), each (B, H, W) in canvas units."""
    x, y = sheet(canvas)
    grid = torch.stack([(x + dx) / canvas.wide, (y + dy) / canvas.high], -1)
    return functional.grid_sample(pictures, grid, padding_mode="reflection", align_corners=False)


def sheet(canvas: Canvas) -> tuple[Tensor, Tensor]:
    """Coordinates (H, W) of the whole sheet, whatever frame the canvas is in."""
    across = ((torch.arange(canvas.width, device=canvas.device) + 0.5) * 2 / canvas.width - 1) * canvas.wide
    down = ((torch.arange(canvas.height, device=canvas.device) + 0.5) * 2 / canvas.height - 1) * canvas.high
    y, x = torch.meshgrid(down, across, indexing="ij")
    return x, y


def cells(canvas: Canvas, across: float, jitter: float = 0.9) -> tuple[Tensor, Tensor, Tensor]:
    """Irregular cells, `across` the shorter side, over the sheet.

    Distance to the nearest seed, distance to the border, and a random value 0..1 per cell, each (B, H, W).
    """
    x, y = sheet(canvas)
    u, v = (x + canvas.wide) / 2 * across, (y + canvas.high) / 2 * across
    column, row = u.floor().long(), v.floor().long()
    rows, columns = int(row.max()) + 3, int(column.max()) + 3
    seeds = canvas.random(rows, columns, 2) * jitter + (1 - jitter) / 2
    values = canvas.random(rows, columns)
    nearest, second, value = canvas.full(9.0), canvas.full(9.0), canvas.full(0.0)
    for down in range(3):
        for right in range(3):
            seed, here = seeds[:, row + down, column + right], values[:, row + down, column + right]
            distance = ((column + right - 1 + seed[..., 0] - u) ** 2 + (row + down - 1 + seed[..., 1] - v) ** 2).sqrt()
            closer = distance < nearest
            second = torch.where(closer, nearest, torch.minimum(second, distance))
            value = torch.where(closer, here, value)
            nearest = torch.where(closer, distance, nearest)
    return nearest, second - nearest, value


def stars(canvas: Canvas, share: float = 0.008) -> Tensor:
    """Single bright points on black, a `share` of all pixels, each slightly spread. (B, H, W)."""
    points = (canvas.random(canvas.height, canvas.width) > 1 - share) * canvas.random(canvas.height, canvas.width)
    return torch.maximum(points, 1.6 * functional.avg_pool2d(points[:, None], 3, 1, 1)[:, 0]).clamp(0, 1)


def hash_noise(a: Tensor, b: Tensor, salt: Tensor) -> Tensor:
    """A number in 0..1 that is the same wherever the whole numbers a and b (and the sheet's salt) are the same."""
    return ((a * 12.9898 + b * 78.233 + salt * 37.719).sin() * 43758.5453) % 1
