"""Few-step sampling as plain functions, readable beside the papers.

A latent at timestep t is `x_t = sqrt(a_t) x_0 + sqrt(1 - a_t) e` with noise e ~ N(0, 1) and a_t the schedule's
cumulated alpha (DDPM, arXiv 2006.11239). A network's output is turned into (x_0, e) by `split`; stepping from t to an
earlier s keeps that e (DDIM with eta 0, arXiv 2010.02502), which in these variables is also Euler's method of
arXiv 2206.00364. A consistency model (LCM, arXiv 2310.04378) takes the walk's own noise for each step instead.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import torch
from torch import Tensor

Prediction = Literal["epsilon", "v_prediction", "sample"]
Forward = Callable[[Tensor, int], Tensor]
"""The network: latents (N, C, h, w) and a timestep to an output of the same shape."""

_SEEDS_KEPT: Final = 64


@dataclass(frozen=True)
class Schedule:
    """What a scheduler's folder says: `alphas` (T,) float64 by timestep, what is predicted, whether steps renoise."""

    alphas: Tensor
    prediction: Prediction
    renoises: bool = False

    def alpha(self, timestep: int) -> float:
        """Return the cumulated alpha of a timestep, 0..1."""
        return float(self.alphas[timestep])


def trailing(strength: float, steps: int, total: int) -> list[int]:
    """Return `steps` falling timesteps from the start that `strength` (0..1) implies, spaced to the end (trailing).

    Strength 1 with 4 steps of 1000 gives 999, 749, 499, 249 (arXiv 2305.08891, section 3.3).
    """
    start = min(max(strength, 0.0), 1.0) * total
    times = [max(round(start * (steps - k) / steps) - 1, 0) for k in range(steps)]
    return list(dict.fromkeys(times))


def noised(latent: Tensor, noise: Tensor, alpha: float) -> Tensor:
    """Return the latent with noise at cumulated alpha `alpha`; all (N, C, h, w)."""
    return math.sqrt(alpha) * latent + math.sqrt(1 - alpha) * noise


def split(output: Tensor, x: Tensor, alpha: float, prediction: Prediction) -> tuple[Tensor, Tensor]:
    """Return (x_0, e) that the network's output for `x` at cumulated alpha `alpha` stands for."""
    a, s = math.sqrt(alpha), math.sqrt(1 - alpha)
    if prediction == "epsilon":
        return (x - s * output) / a, output
    if prediction == "sample":
        return output, (x - a * output) / max(s, 1e-6)
    return a * x - s * output, s * x + a * output


def sample(forward: Forward, x: Tensor, times: list[int], schedule: Schedule, noise: Tensor) -> Tensor:
    """Return x_0 (N, C, h, w) painted from `x` at `times[0]` in `len(times)` calls of the network."""
    clean = x
    for k, timestep in enumerate(times):
        clean, rest = split(forward(x, timestep), x, schedule.alpha(timestep), schedule.prediction)
        if k + 1 < len(times):
            x = noised(clean, noise if schedule.renoises else rest, schedule.alpha(times[k + 1]))
    return clean


def slerp(a: Tensor, b: Tensor, t: Tensor, axes: int) -> Tensor:
    """Return the point `t` (0..1) of the great arc from `a` to `b`, whose vectors span the last `axes` axes.

    `t` has one number per leading index. Lengths are mixed evenly; vectors that (nearly) agree are mixed straight.
    """
    flat_a, flat_b = a.flatten(-axes) if axes > 1 else a, b.flatten(-axes) if axes > 1 else b
    t = t[(..., *(None,) * (flat_a.ndim - t.ndim))]
    length_a, length_b = flat_a.norm(dim=-1, keepdim=True), flat_b.norm(dim=-1, keepdim=True)
    unit_a, unit_b = flat_a / length_a.clamp_min(1e-8), flat_b / length_b.clamp_min(1e-8)
    cosine = (unit_a * unit_b).sum(-1, keepdim=True).clamp(-1, 1)
    angle = torch.acos(cosine.clamp(-0.9995, 0.9995))
    arc = (torch.sin((1 - t) * angle) * unit_a + torch.sin(t * angle) * unit_b) / torch.sin(angle)
    straight = (1 - t) * unit_a + t * unit_b
    unit = torch.where(cosine.abs() > 0.9995, straight, arc)
    return torch.mul(unit, (1 - t) * length_a + t * length_b).reshape(a.shape)


class Noises:
    """The noise of every seed: always drawn by the CPU's generator, so that a seed means the same on any device."""

    def __init__(self, shape: tuple[int, int, int], device: torch.device) -> None:
        self._shape = shape
        self._device = device
        self._kept: OrderedDict[int, Tensor] = OrderedDict()

    def of(self, seed: int) -> Tensor:
        """Return the noise (C, h, w) float32 of a seed."""
        found = self._kept.get(seed)
        if found is None:
            generator = torch.Generator("cpu").manual_seed(seed)
            found = torch.randn(self._shape, generator=generator, dtype=torch.float32).to(self._device)
            self._kept[seed] = found
            if len(self._kept) > _SEEDS_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(seed)
        return found

    def walk(self, stations: list[tuple[int, int, float]]) -> Tensor:
        """Return noise (N, C, h, w): per row the point `mix` of the arc between the noises of two seeds."""
        a = torch.stack([self.of(seed_a) for seed_a, _, _ in stations])
        b = torch.stack([self.of(seed_b) for _, seed_b, _ in stations])
        return slerp(a, b, torch.tensor([mix for _, _, mix in stations], device=self._device), 3)
