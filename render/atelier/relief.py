"""Light on reliefs: heights above the sheet become shaded, shadowed and rounded forms without tracing a ray."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor

from render.atelier.canvas import Canvas, radius, smooth


def dome(distance: Tensor, thickness: float | Tensor) -> Tensor:
    """Height (B, H, W) of a round edge: 0 outside of a signed `distance` (negative inside), `thickness` deep inside."""
    inside = (1 + distance / thickness).clamp(0, 1)
    return thickness * (1 - inside**2).clamp(min=0).sqrt()


def slopes(canvas: Canvas, height: Tensor) -> tuple[Tensor, Tensor]:
    """How steeply a height in canvas units rises to the right and down, two (B, H, W)."""
    padded = functional.pad(height[:, None], (1, 1, 1, 1), mode="replicate")[:, 0]
    step = 2 * canvas.pixel
    return (padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]) / step, (padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]) / step


def lit(canvas: Canvas, height: Tensor, ambient: float = 0.3, gloss: float = 0.0) -> Tensor:
    """Light 0..1 on a relief whose height is in units of the sheet: Lambert's law under the sun, and a shine."""
    right, down = slopes(canvas, height)
    length = (1 + right**2 + down**2).sqrt()
    sx, sy, sz = canvas.sun.unbind(1)
    facing = (-right * sx - down * sy + sz) / length
    light = ambient + (1 - ambient) * facing.clamp(0, 1)
    if gloss > 0:
        # Half way between sun and viewer (Blinn 1977).
        half = (sx**2 + sy**2 + (sz + 1) ** 2).sqrt()
        shine = ((-right * sx - down * sy + sz + 1) / (length * half)).clamp(0, 1) ** 40
        light = light + gloss * shine
    return light.clamp(0, 1)


def shadow(canvas: Canvas, height: Tensor, reach: float = 0.3, steps: int = 8) -> Tensor:
    """How much sun reaches each point of a relief, 0 (in the shadow of a higher one) to 1, (B, H, W)."""
    from render.atelier.noise import warp

    sx, sy, sz = canvas.sun.unbind(1)
    blocked = torch.zeros_like(height)
    for step in range(1, steps + 1):
        along = reach * step / steps
        above = warp(canvas, height, sx * along, sy * along) - height - sz * along
        blocked = torch.maximum(blocked, smooth(0.0, 0.06, above) * (1 - 0.6 * step / steps))
    return 1 - blocked


def hollows(height: Tensor, pixels: int) -> Tensor:
    """How much lower a point lies than its neighbourhood of about `pixels`, 0..: darkness that gathers in corners."""
    size = pixels // 2 * 2 + 1
    around = functional.avg_pool2d(height[:, None], size, 1, size // 2, count_include_pad=False)[:, 0]
    return (around - height).clamp(min=0)


def join(a: Tensor, b: Tensor, softness: float) -> Tensor:
    """Union of two signed distances, melted together over about `softness`."""
    h = (softness - (a - b).abs()).clamp(min=0) / softness
    return torch.minimum(a, b) - h * h * softness / 4


def box(x: Tensor, y: Tensor, half_width: float | Tensor, half_height: float | Tensor, corner: float = 0.0) -> Tensor:
    """Signed distance from a box at the origin with rounded corners."""
    across, down = x.abs() - half_width + corner, y.abs() - half_height + corner
    outside = (across.clamp(min=0) ** 2 + down.clamp(min=0) ** 2 + 1e-9).sqrt()
    return outside + torch.maximum(across, down).clamp(max=0) - corner


def limb(
    x: Tensor, y: Tensor, start: tuple[float | Tensor, float | Tensor], end: tuple[float | Tensor, float | Tensor],
    thick: float | Tensor, thin: float | Tensor,
) -> Tensor:  # fmt: skip
    """Signed distance from a straight limb that is `thick` at its start and `thin` at its end."""
    vx, vy = end[0] - start[0], end[1] - start[1]
    px, py = x - start[0], y - start[1]
    t = ((px * vx + py * vy) / (vx * vx + vy * vy + 1e-6)).clamp(0, 1)
    return radius(px - t * vx, py - t * vy) - (thick + (thin - thick) * t)
