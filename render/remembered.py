"""What a painter remembers from one painting to the next, and how far words have gone since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from render.mixing import Words
from show.parameter import Value
from show.snapshot import Region


class Look(NamedTuple):
    """What some words look like from nothing: channel `means` (N, C, 1, 1), the `raw` words (N, T, D), the life."""

    means: Tensor
    raw: Tensor
    life: float


class Begun(NamedTuple):
    """A starting point that was taken: its `latents` (N, C, h, w), their `means` (N, C, 1, 1), and the life then."""

    latents: Tensor
    means: Tensor
    life: float


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
