"""What a painter remembers from one painting to the next, and how far words have gone since."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

import torch
from torch import Tensor

from render.feedback import Move
from render.mixing import Words
from show.camera import Pose
from show.parameter import Value
from show.snapshot import Region

DRIFT_SECONDS: Final = 4.0
"""Time in which what a scene leans on comes back from where the camera took it."""


class Look(NamedTuple):
    """What some words look like from nothing: channel `means` (N, C, 1, 1), the `raw` words (N, T, D), the life."""

    means: Tensor
    raw: Tensor
    life: float


class Begun:
    """What a scene leans on: `latents` (N, C, h, w), their `means` (N, C, 1, 1), and the life when it was begun from.

    It moves with the camera, or pictures that it pulls at would stand still; but it comes back in DRIFT_SECONDS, for it
    would be out of sight before a scene is over.
    """

    def __init__(self, latents: Tensor, life: float) -> None:
        self.latents = latents
        self.means = latents.mean((2, 3), keepdim=True)
        self.life = life
        self._drift: list[Pose] = []

    def changed(self, change: Callable[[Tensor], Tensor]) -> Begun:
        """Return it with other latents, where it is now."""
        other = Begun(change(self.latents), self.life)
        other._drift = self._drift
        return other

    def moved(self, moves: Sequence[Move], seconds: float) -> list[Move]:
        """Return where it is, as one move per row, `seconds` after it was last asked, when the camera made `moves`."""
        before = self._drift if len(self._drift) == len(moves) else [Pose()] * len(moves)
        kept = math.exp(-seconds / DRIFT_SECONDS)
        self._drift = [pose.times(kept).plus(move.travel) for pose, move in zip(before, moves, strict=True)]
        return [move._replace(travel=pose) for move, pose in zip(moves, self._drift, strict=True)]


class Said(NamedTuple):
    """What is painted from: the `words`, the layout's rows, and the life then."""

    words: Words
    rows: Sequence[Region]
    life: float


def change(before: Tensor, after: Tensor, empty: Tensor) -> float:
    """Return by how much embeddings (N, T, D) changed, in the region where it is most; 1 is about all words.

    All lie on the CPU; `empty` (T, D) is the embedding of no words. Chunks after the first are compared with the same.
    """
    if before is after:
        return 0.0
    empty = empty.repeat(-(-after.shape[1] // len(empty)), 1)[: after.shape[1]]
    said = torch.maximum(_lengths(before - empty), _lengths(after - empty))
    return float((_lengths(after - before) / said.clamp_min(1e-6)).max())


def number(values: Mapping[str, Value], address: str, default: float) -> float:
    """Return a parameter's value as a number; snapshots made by tests may leave it out."""
    return float(values.get(address, default))


def _lengths(embeddings: Tensor) -> Tensor:
    """Return the length (N,) of every row of embeddings (N, T, D)."""
    lengths: Tensor = embeddings.flatten(1).norm(dim=1)
    return lengths
