"""Sampling as the shipped scheduler does it, for sheets and for judging, without the pipeline around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

PROMPTS = (
    "red fire", "black bubbling water", "a hill of crosses", "two people on a journey", "neon green face",
    "blue stained glass, bright", "a purple galaxy", "woodcut of orange mountains", "someone writing a story",
    "a golden eye, close up", "ink drawing of a green fern", "a white snow crystal",
    "a mouth with teeth, crimson", "blue sea", "a train interior, brown", "knitted mitten pattern, red",
    "rows of cigarettes", "a pink flower, pastel", "turquoise city at night", "a crowd, monochrome",
    "an open door, yellow light", "inferno", "a violet jungle", "winter, cobalt",
)  # fmt: skip


def levels_for(steps: int) -> list[int]:
    """The noise levels of a run of this many trailing steps: 999 alone, 999 and 499, ..."""
    return [round(1000 * (1 - step / steps)) - 1 for step in range(steps)]


def picture_guess(noisy: Tensor, velocity: Tensor, kept: Tensor, noise: Tensor) -> Tensor:
    """The clean latents that a velocity stands for, given the shares of picture and noise (broadcastable)."""
    return kept * noisy - noise * velocity


@torch.no_grad()
def sample(
    unet: Any,
    words: Tensor,
    start: Tensor,
    schedule: tuple[Tensor, Tensor],
    steps: int,
    guidance: float | Sequence[float] = 1.0,
    no_words: Tensor | None = None,
) -> Tensor:
    """Latents from noise `start` (B, 16, h, w) in `steps` deterministic steps.

    `guidance`, one for all steps or one for each, needs `no_words` where it is above 1.
    """
    kept, noise = schedule
    guided = [guidance] * steps if isinstance(guidance, float | int) else guidance
    latents, levels = start, levels_for(steps)
    for place, level in enumerate(levels):
        velocity = unet(latents, torch.tensor(level, device=start.device), words).sample.float()
        if guided[place] > 1 and no_words is not None:
            blind = unet(latents, torch.tensor(level, device=start.device), no_words).sample.float()
            velocity = blind + guided[place] * (velocity - blind)
        clean = picture_guess(latents, velocity, kept[level], noise[level])
        if place + 1 == len(levels):
            return clean
        residue = noise[level] * latents + kept[level] * velocity
        latents = kept[levels[place + 1]] * clean + noise[levels[place + 1]] * residue
    return latents
