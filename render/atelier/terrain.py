"""Landscapes: a map of heights seen from above its near end, by one search per pixel and no marching.

Distances are in units of the nearest ground that can be seen. Of every column of the sheet the silhouette of the ground
up to each distance only rises, so that the ground at a pixel is found by bisection.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as functional
from torch import Tensor

from render.atelier.canvas import Canvas, mask, smooth
from render.atelier.noise import fractal
from render.atelier.relief import lit

FAR = 7.0
"""How far a landscape reaches, in units of its nearest ground."""
_UNIT = (FAR - 1) / 2
_ROWS = 160
_SLICES = 96


@dataclass(frozen=True)
class Land:
    """What is seen of a map, each (B, H, W).

    `here` is 1 on ground and 0 in the sky; `away` 0 near to 1 far; `x`, `z` how far to the right and ahead the ground
    is; `place` (B, H, W, 2) where it is on the map.
    """

    here: Tensor
    away: Tensor
    x: Tensor
    z: Tensor
    place: Tensor

    def read(self, field: Tensor) -> Tensor:
        """A field of the map, (B, rows, columns), as it is seen on the sheet."""
        grid = self.place
        return functional.grid_sample(field[:, None], grid, padding_mode="reflection", align_corners=False)[:, 0]


def lens(canvas: Canvas) -> float:
    """Focal length in half short sides: long sheets are cut from the middle of a wider view."""
    return 1.3 * max(canvas.high, canvas.wide)


def chart(canvas: Canvas) -> Canvas:
    """The map of a landscape as a canvas: y runs from -1 far away to 1 near, the sun stands to one side and low."""
    wide = max(1.0, FAR * canvas.wide / lens(canvas) / _UNIT)
    columns = round(_ROWS * wide)
    across = ((torch.arange(columns, device=canvas.device) + 0.5) * 2 - columns) / _ROWS
    down = ((torch.arange(_ROWS, device=canvas.device) + 0.5) * 2 - _ROWS) / _ROWS
    y, x = torch.meshgrid(down, across, indexing="ij")
    side = torch.where(canvas.sun[:, :1] < 0, -0.75, 0.75)
    sun = torch.cat([side, torch.full_like(side, 0.3), torch.full_like(side, 0.55)], 1)
    return replace(canvas, height=_ROWS, width=columns, x=x, y=y, sun=sun / sun.norm(dim=1, keepdim=True))


def distance(field: Canvas) -> Tensor:
    """How far the rows of the map are from the viewer, 1..FAR."""
    return 1 + _UNIT * (1 - field.y)


def sunlit(field: Canvas, height: Tensor, ambient: float = 0.25) -> Tensor:
    """Light on a map of heights, to be read where it is seen."""
    return lit(field, height / _UNIT, ambient)


def view(canvas: Canvas, height: Tensor, horizon: Tensor) -> Land:
    """Look over a map of heights from so high above its near end that the ground fills the sheet below `horizon`."""
    zoom, wide = lens(canvas), height.shape[2] / _ROWS
    z = FAR ** torch.linspace(0, 1, _SLICES, device=canvas.device)
    across = canvas.x[0] / zoom
    v = ((FAR + 1) / 2 - z) / _UNIT
    grid = torch.stack([across * z[:, None] / _UNIT / wide, v[:, None].expand(-1, canvas.width)], -1)
    tops = functional.grid_sample(
        height[:, None], grid.expand(canvas.count, -1, -1, -1), padding_mode="reflection", align_corners=False
    )[:, 0]
    eye = (canvas.high - horizon) / zoom + tops[:, :1].amax(2, keepdim=True)
    rise = ((tops - eye) * zoom / z[:, None] - horizon).cummax(1).values.transpose(1, 2).contiguous()
    wanted = (-canvas.y.T).expand(canvas.count, -1, -1).contiguous()
    after = torch.searchsorted(rise, wanted)
    index = after.clamp(1, _SLICES - 1)
    low, high = rise.gather(2, index - 1), rise.gather(2, index)
    step = ((wanted - low) / (high - low + 1e-6)).clamp(0, 1)
    seen = (z[index - 1] + step * (z[index] - z[index - 1])).transpose(1, 2)
    soft = ((rise[..., -1:] - wanted) / canvas.pixel + 0.5).clamp(0, 1).transpose(1, 2)
    right = canvas.x / zoom * seen
    place = torch.stack([right / _UNIT / wide, ((FAR + 1) / 2 - seen) / _UNIT], -1)
    return Land(soft, ((seen - 1) / (FAR - 1)).clamp(0, 1), right, seen, place)


def east(field: Canvas) -> Tensor:
    """How far to the right the columns of the map are, in units of the nearest ground."""
    return field.x * _UNIT


def heaven(canvas: Canvas, horizon: Tensor, cloudy: float = 0.3) -> Tensor:
    """The light of a day's sky: pale at the horizon, deeper above, with soft banks of cloud."""
    up = ((horizon - canvas.y) / (horizon + canvas.high).clamp(min=0.2)).clamp(0, 1)
    banks = smooth(0.5, 0.8, fractal(canvas, 2.5, 4, 2.2)) * (0.4 + 0.6 * up)
    return 0.84 - 0.32 * up + cloudy * banks


@dataclass(frozen=True)
class Strewn:
    """Things strewn over the sheet, each (B, H, W): place in the frame of the topmost thing, its number 0..1, cover."""

    u: Tensor
    v: Tensor
    value: Tensor
    here: Tensor


def strew(
    canvas: Canvas, x: Tensor, y: Tensor, small: float | Tensor, large: float | Tensor, share: float | Tensor = 1.0,
    flat: float = 1.0,
) -> Strewn:  # fmt: skip
    """Round things on unit cells of (x, y), one in a `share` of them, of half size `small` to `large` (up to 0.9).

    Things further down lie on those above; `flat` below 1 makes them ellipses.
    """
    column, row = x.floor(), y.floor()
    salt, one = canvas.uniform(0, 300), torch.ones_like(x[..., :1, :1])
    none = torch.zeros_like(x.expand(canvas.count, *x.shape[-2:]))
    found = Strewn(none, none, none, none)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            value = (((column + right) * 12.9898 + (row + down) * 78.233 + salt).sin() * 43758.5453).frac().abs()
            size = small + (large - small) * (value * 211.7).frac() ** 2
            u = (x - column - (right + 0.15) - 0.7 * (value * 57.31).frac()) / size
            v = (y - row - (down + 0.15) - 0.7 * (value * 17.13).frac()) / (size * flat)
            over = (u * u + v * v < 1) & ((value * 91.7).frac() < share)
            parts = zip((found.u, found.v, found.value, found.here), (u, v, value, one), strict=True)
            found = Strewn(*(torch.where(over, new, old) for old, new in parts))
    return found


def lots(canvas: Canvas, column: Tensor) -> Tensor:
    """A number 0..1 for each whole number, other ones on every sheet and in every call."""
    return ((column * 12.9898 + canvas.uniform(0, 300)).sin() * 43758.5453).frac().abs()


def firs(canvas: Canvas, base: Tensor, spacing: float, tall: float, share: float = 0.8) -> tuple[Tensor, Tensor]:
    """A row of fir trees on the line y = `base`: their cover and their light, brighter on one side and up."""
    place = canvas.x / spacing + canvas.uniform(0, 5)
    column = place.floor()
    value = lots(canvas, column)
    high = tall * (0.6 + 0.4 * (value * 57.31).frac())
    t = (canvas.y - base) / high + 1
    u = (place - column - 0.5 + 0.3 * ((value * 91.7).frac() - 0.5)) * spacing / tall
    tiers = t * (0.62 + 0.38 * (t * 4).frac())
    bough = torch.maximum(u.abs() - 0.3 * tiers, (t - 0.47).abs() - 0.47)
    shape = torch.minimum(bough, torch.maximum(u.abs() - 0.035, (t - 0.5).abs() - 0.52))
    light = 0.5 - 1.3 * u * canvas.sun[:, 0].sign() * -1 - 0.35 * (t * 4).frac()
    return mask(shape * tall, 0.02) * ((value * 211.7).frac() < share), light.clamp(0.02, 1)
