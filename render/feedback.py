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
from show.camera import FOV, Pose, held_back, homography
from show.errors import ArtistError

LONGEST_STEP: Final = 1.0
"""Seconds that the camera moves at most between two paintings, however long the pause between them was."""
REFERENCE_RATE: Final = 12.0
"""Pictures a second for which a strength is meant: the rate of seed 003's film."""
PACE_SECONDS: Final = 1.0
"""Time constant with which a change of the painting rate is followed."""
_MEAN_RANGE: Final = 1.6
_SMALLEST: Final = 1e-4
_FIT_PICTURES: Final = 12
_FIT_SIDE: Final = 16


class Pace:
    """Makes a strength that is meant for REFERENCE_RATE pictures a second one for the pictures that are painted.

    What a picture keeps of the one before is exp(-dt / tau) with tau = -1 / (REFERENCE_RATE ln(1 - strength)): after a
    second as much of the old picture is left at any rate. dt is smoothed, so that a late picture does not flicker.
    """

    def __init__(self) -> None:
        self.seconds = 1 / REFERENCE_RATE
        self._known = False

    def strength(self, strength: float, seconds: float) -> float:
        """Return the strength (0..1) of a picture that is painted `seconds` after the last one (0: at once)."""
        if seconds > 0:
            share = 1 - math.exp(-seconds / PACE_SECONDS) if self._known else 1.0
            self.seconds += (seconds - self.seconds) * share
            self._known = True
        kept = min(max(1 - strength, 0.0), 1.0)
        return 1 - kept ** (self.seconds * REFERENCE_RATE) if kept > 0 else 1.0


class Move(NamedTuple):
    """What the camera does to a picture at once: a travel, and its field of view in degrees (see show/camera.py)."""

    travel: Pose
    fov: float = FOV


def warp(latent: Tensor, moves: Sequence[Move]) -> Tensor:
    """Return latents (N, C, h, w) moved by one move per row; what comes in over an edge is the picture mirrored."""
    return warp_by(latent, camera(moves, latent.shape[3] / latent.shape[2]).to(latent.device))


def camera(moves: Sequence[Move], aspect: float) -> Tensor:
    """Return (N, 3, 3) float32 on the CPU: per move the homography from a place in the moved picture to where it came
    from, both -1..1 across a picture `aspect` times as wide as high."""
    return torch.tensor([_inverse(move, aspect) for move in moves], dtype=torch.float32)


def warp_by(latent: Tensor, rows: Tensor) -> Tensor:
    """Return latents (N, C, h, w) moved by homographies (N, 3, 3) on the same device; never looks at their values."""
    count, _, height, width = latent.shape
    across = (2 * torch.arange(width, device=latent.device, dtype=torch.float32) + 1) / width - 1
    down = (2 * torch.arange(height, device=latent.device, dtype=torch.float32) + 1) / height - 1
    places = torch.stack([across.expand(height, -1), down[:, None].expand(-1, width)], -1).reshape(-1, 2)
    from_there = places @ rows[:, :, :2].transpose(1, 2) + rows[:, None, :, 2]
    grid = (from_there[..., :2] / from_there[..., 2:]).reshape(count, height, width, 2)
    return functional.grid_sample(latent, grid, mode="bicubic", padding_mode="reflection", align_corners=False)


def _inverse(move: Move, aspect: float) -> tuple[tuple[float, float, float], ...]:
    """Return the 3 x 3 matrix from a place in the moved picture to where it came from, both -1..1 across it."""
    high = 1 / aspect
    back = held_back(move.travel, move.fov, high).times(-1)
    (a, b, c), (d, e, f), (g, h, i) = homography(back, move.fov, high)
    # From widths about the middle to -1..1 of both sides and back: x by 2, y by 2 / high.
    return (a, b * high, 2 * c), (d / high, e, 2 * f / high), (g / 2, h * high / 2, i)


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


def noise_of(path: Path) -> float:
    """How strong the noise is that a model paints best from, by walk.json's `noise`: 1, standard noise, if it has none.

    Raise ArtistError for what is not a number above 0.
    """
    strength = read_json(path, "model").get("noise", 1.0)
    if isinstance(strength, bool) or not isinstance(strength, int | float) or not 0 < strength < math.inf:
        raise ArtistError(f"{path}: noise: expected a number above 0, got {strength!r}")
    return float(strength)


def renormalise(
    latent: Tensor, good: Statistics, pull: float | Tensor, contrast: float | Tensor, look: Tensor | None = None
) -> Tensor:
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

    def saturate(self, latent: Tensor, amount: float | Tensor) -> Tensor:
        """Return latents (N, C, h, w) with their colour multiplied by `amount`: 1 leaves them be, 0 makes them grey."""
        colour = torch.einsum("dc,nchw->ndhw", self._matrix, latent) + self._offset
        turned: Tensor = latent + (amount - 1) * colour
        return turned
