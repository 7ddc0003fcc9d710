"""The walk of a fed-back picture: moved by the camera, kept from burning or fading, in latent space.

A picture that is painted from the last one again and again drifts: contrast grows or dies, colour fades.
Renormalisation pulls every channel of the latent gently towards the statistics of good pictures. The pull is per
second, so that the walk looks the same at any painting rate.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, Self

import torch
import torch.nn.functional as functional
from torch import Tensor

from render.weights import read_json
from show.errors import ArtistError

LONGEST_STEP: Final = 1.0
"""Seconds that the camera moves at most between two paintings, however long the pause between them was."""
_MEAN_RANGE: Final = 1.6
_SMALLEST: Final = 1e-4
_FIT_PICTURES: Final = 12
_FIT_SIDE: Final = 16


class Move(NamedTuple):
    """How a picture's content moves: `zoom` enlarges it about its centre, `angle` turns it clockwise (degrees), `x` and
    `y` shift it to the right and downwards (picture widths and heights)."""

    zoom: float
    angle: float
    x: float
    y: float

    @classmethod
    def over(cls, seconds: float, zoom: float, angle: float, x: float, y: float) -> Self:
        """Return the move that rates per second make in `seconds`."""
        return cls(max(zoom, 1e-3) ** seconds, angle * seconds, x * seconds, y * seconds)


def warp(latent: Tensor, moves: Sequence[Move]) -> Tensor:
    """Return latents (N, C, h, w) moved by one move per row; what comes in over an edge is the picture mirrored."""
    height, width = latent.shape[2:]
    rows = torch.tensor([_inverse(move, width / height) for move in moves], device=latent.device)
    grid = functional.affine_grid(rows, list(latent.shape), align_corners=False)
    return functional.grid_sample(latent, grid, mode="bicubic", padding_mode="reflection", align_corners=False)


def _inverse(move: Move, aspect: float) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Return the 2 x 3 matrix from a place in the moved picture to where it came from, both -1..1 across it."""
    cosine, sine = math.cos(math.radians(move.angle)) / move.zoom, math.sin(math.radians(move.angle)) / move.zoom
    a, b, c, d = cosine, sine / aspect, -sine * aspect, cosine
    x, y = 2 * move.x, 2 * move.y
    return (a, b, -(a * x + b * y)), (c, d, -(c * x + d * y))


@dataclass(frozen=True)
class Statistics:
    """Per channel of good latents, each (1, C, 1, 1): `mean` and `std` over all, mean `spatial_std` inside each."""

    mean: Tensor
    std: Tensor
    spatial_std: Tensor

    @classmethod
    def read(cls, path: Path, channels: int, device: torch.device) -> Self:
        """Read walk.json; raise ArtistError unless it has `channels` numbers under mean, std and spatial_std."""
        found = read_json(path, "model")
        columns = []
        for key in ("mean", "std", "spatial_std"):
            numbers = found.get(key)
            if (
                not isinstance(numbers, list)
                or len(numbers) != channels
                or not all(isinstance(number, int | float) for number in numbers)
            ):
                raise ArtistError(f"{path}: {key}: expected {channels} numbers, got {numbers!r}")
            columns.append(torch.tensor(numbers, dtype=torch.float32, device=device)[None, :, None, None])
        return cls(*columns)

    @classmethod
    def of(cls, latents: Tensor) -> Self:
        """Return the statistics of latents (N, C, h, w)."""
        spatial = latents.std((2, 3), keepdim=True).mean(0, keepdim=True).clamp_min(_SMALLEST)
        return cls(latents.mean((0, 2, 3), keepdim=True), spatial, spatial)


def renormalise(latent: Tensor, good: Statistics, pull: float, contrast: float, look: Tensor | None = None) -> Tensor:
    """Return latents (N, C, h, w) that went the share `pull` (0..1) of the way to good statistics.

    The spatial std of every channel goes to that of `good` times `contrast`. Channel means go to those of `look`
    (N, C, 1, 1), which is what the words look like from nothing; without it they are kept in the range of `good`.
    """
    mean = latent.mean((2, 3), keepdim=True)
    own = latent.std((2, 3), keepdim=True).clamp_min(_SMALLEST)
    if look is None:
        reach = _MEAN_RANGE * good.std
        centre = good.mean + torch.clamp(mean - good.mean, -reach, reach)
    else:
        centre = torch.lerp(mean, look, pull)
    return (latent - mean) * (contrast * good.spatial_std / own) ** pull + centre


class Colours:
    """Which part of a latent is colour: the straight map from latent pixels to RGB that fits the decoder best.

    Fitted by least squares on smooth random latents; with it saturation can be turned without leaving latent space.
    """

    def __init__(self, decode: Callable[[Tensor], Tensor], good: Statistics, device: torch.device) -> None:
        channels = good.mean.shape[1]
        generator = torch.Generator("cpu").manual_seed(0)
        coarse = torch.randn(_FIT_PICTURES, channels, _FIT_SIDE // 4, _FIT_SIDE // 4, generator=generator)
        fine = functional.interpolate(coarse, _FIT_SIDE, mode="bicubic").to(device)
        latents = good.mean + good.spatial_std * fine
        pictures = functional.adaptive_avg_pool2d(decode(latents), _FIT_SIDE)
        inputs = latents.movedim(1, -1).reshape(-1, channels)
        inputs = torch.cat([inputs, torch.ones(len(inputs), 1, device=device)], 1)
        solved = torch.linalg.lstsq(inputs, pictures.movedim(1, -1).reshape(-1, 3)).solution
        to_rgb, grey = solved[:-1].T, solved[-1]
        # What is left of a colour without its grey part, and the shortest way to make it of latent channels.
        chroma = torch.eye(3, device=device) - 1 / 3
        back = torch.linalg.pinv(to_rgb) @ chroma
        self._matrix = back @ to_rgb
        self._offset = (back @ grey)[None, :, None, None]

    def saturate(self, latent: Tensor, amount: float) -> Tensor:
        """Return latents (N, C, h, w) with their colour multiplied by `amount`: 1 leaves them be, 0 makes them grey."""
        colour = torch.einsum("dc,nchw->ndhw", self._matrix, latent) + self._offset
        return torch.add(latent, colour, alpha=amount - 1)
