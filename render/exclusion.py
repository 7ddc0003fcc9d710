"""Keeping words out of a picture in one to four steps, by four methods.

- "subtract": what the unwanted words mean is taken out of the wanted ones (render/mixing.py). Costs nothing.
- "nag": negative attention (arXiv 2505.21179): every layer attends to the unwanted words too and leans away from what
  it found there. Costs a second attention to words, no second pass through the network.
- "residual": residual guidance (R-CFG of StreamDiffusion, arXiv 2312.12491, with an onetime negative): what the
  unwanted words look like from the walk's own noise is painted once and kept; at every step the network's output leans
  away from the one that would lead there. Costs one pass whenever words or seeds have moved on.
- "cfg": classifier-free guidance (arXiv 2207.12598) with the unwanted words in the place of the empty ones. Costs twice
  the network.

`words.amount` is by how much more than the wanted words alone: guidance scale minus 1. USUAL holds the amount of every
method at which `oriel bench exclude` found most of the unwanted gone for the least of the wanted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import torch
import torch.nn.functional as functional
from torch import Tensor

from render.latents import Prediction, Schedule, noised, sample
from render.mixing import Method, Words

Network = Callable[[Tensor, "int | Tensor", Words], Tensor]
"""Latents (N, C, h, w), a timestep and plain words to the network's output of the latents' shape, float32."""

USUAL: Final[dict[Method, float]] = {"none": 0.0, "subtract": 1.5, "residual": 1.0, "nag": 8.0, "cfg": 1.0}
"""How strictly a method keeps words out at `artist/exclude_scale` 1."""
REFRESH_SECONDS: Final = 0.5
"""Shortest time between two looks at what unwanted words look like."""
_CHANGE: Final = 0.05
"""Change of words or noise that asks for a new look; 1 is about all of it."""


def guided(
    network: Network, x: Tensor, timestep: int | Tensor, words: Words, alphas: Tensor, prediction: Prediction
) -> Tensor:
    """Return the network's output (N, C, h, w) for words with what is to be kept out of it; x is at `alphas` (T,)."""
    if words.negative is None or words.amount is None or words.method in ("none", "subtract", "nag"):
        return network(x, timestep, words)
    amount = words.amount[..., None].float()
    if words.method == "cfg":
        wanted, unwanted = network(x.repeat(2, 1, 1, 1), timestep, both(words, words.negative)).chunk(2)
        return wanted + amount * (wanted - unwanted)
    wanted = network(x, timestep, words)
    if words.residual is None:
        return wanted
    # Indexing with a tensor of no dimensions would ask the device for its number.
    alpha = alphas[timestep] if isinstance(timestep, int) else alphas.index_select(0, timestep.reshape(1))[0]
    return wanted + amount * (wanted - towards(words.residual, x, alpha, prediction))


def towards(clean: Tensor, x: Tensor, alpha: Tensor, prediction: Prediction) -> Tensor:
    """Return the output that would say that `x` at cumulated alpha `alpha` is `clean` under noise; all (N, C, h, w)."""
    a, s = alpha.sqrt(), (1 - alpha).sqrt().clamp_min(1e-6)
    if prediction == "sample":
        return clean
    if prediction == "epsilon":
        return (x - a * clean) / s
    return (a * x - clean) / s


def both(wanted: Words, unwanted: Words) -> Words:
    """Return one batch of both; the shorter one is lengthened by tokens that are not there."""
    tokens = max(wanted.packed.shape[1], unwanted.packed.shape[1])
    parts = [lengthened(part, tokens) for part in (wanted, unwanted)]
    presence = None
    if any(part.presence is not None for part in parts):
        presence = torch.cat([_presence(part) for part in parts])
    pooled = None
    if wanted.pooled is not None and unwanted.pooled is not None:
        pooled = torch.cat([wanted.pooled, unwanted.pooled])
    return Words(torch.cat([part.packed for part in parts]), wanted.raw, presence, pooled)


def lengthened(words: Words, tokens: int) -> Words:
    """Return words of `tokens` tokens, those added not present."""
    missing = tokens - words.packed.shape[1]
    if missing == 0:
        return words
    presence = functional.pad(_presence(words), (0, missing), value=-1e4)
    packed = functional.pad(words.packed, (0, 0, 0, missing))
    return Words(packed, words.raw, presence, words.pooled)


def _presence(words: Words) -> Tensor:
    return words.packed.new_zeros(words.packed.shape[:2]) if words.presence is None else words.presence


class _Seen(NamedTuple):
    clean: Tensor
    raw: Tensor
    noise: Tensor
    life: float


class Residuals:
    """What unwanted words look like from the walk's noise, painted anew when words or noise have moved on."""

    def __init__(self, network: Network, schedule: Schedule) -> None:
        self._network = network
        self._schedule = schedule
        self._seen: _Seen | None = None

    def add(self, words: Words, noise: Tensor, life: float) -> None:
        """Give words of the method "residual" what their unwanted ones look like from `noise` (N, C, h, w)."""
        if words.method != "residual" or words.negative is None:
            return
        seen, negative = self._seen, words.negative
        if seen is None or self._moved(seen, negative, noise, life):
            last = len(self._schedule.alphas) - 1
            start = noised(torch.zeros_like(noise), noise, self._schedule.alpha(last))
            clean = sample(lambda x, t: self._network(x, t, negative), start, [last], self._schedule, noise)
            seen = self._seen = _Seen(clean, negative.raw, noise.clone(), life)
        words.residual = seen.clean

    def _moved(self, seen: _Seen, negative: Words, noise: Tensor, life: float) -> bool:
        if seen.raw.shape != negative.raw.shape or seen.noise.shape != noise.shape:
            return True
        if 0 <= life - seen.life < REFRESH_SECONDS:
            return False
        if seen.raw is not negative.raw and _far(seen.raw, negative.raw):
            return True
        return _far(seen.noise, noise)


def _far(before: Tensor, after: Tensor) -> bool:
    lengths = torch.maximum(before.norm(), after.norm()).clamp_min(1e-6)
    return float((after - before).norm() / lengths) > _CHANGE
