"""Few-step sampling as plain functions, readable beside the papers.

A latent at timestep t is `x_t = sqrt(a_t) x_0 + sqrt(1 - a_t) e` with noise e ~ N(0, 1) and a_t the schedule's
cumulated alpha (DDPM, arXiv 2006.11239). A network's output is turned into (x_0, e) by `split`; stepping from t to an
earlier s keeps that e (DDIM with eta 0, arXiv 2010.02502), which in these variables is also Euler's method of
arXiv 2206.00364. Other samplers put fresh noise in the place of some or all of e; here it is the walk's own.
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
Kind = Literal["euler", "lcm", "ancestral", "tcd"]
Number = float | Tensor
"""A number that the host knows, or a tensor of no dimensions that only the device knows."""
Forward = Callable[[Tensor, int], Tensor]
"""The network: latents (N, C, h, w) and a timestep to an output of the same shape."""

_SEEDS_KEPT: Final = 64


@dataclass(frozen=True)
class Schedule:
    """What a scheduler's folder says: `alphas` (T,) float64 by timestep, what is predicted, and how steps are taken.

    `kind`: "euler" keeps the noise that was found; "lcm" renoises with the walk's own (arXiv 2310.04378); "ancestral"
    does a part of both (arXiv 2206.00364, algorithm 2 without its constants); "tcd" steps back to `(1 - gamma) s` and
    renoises from there (arXiv 2402.19159). `grid` is how many timesteps a consistency model was distilled at (0: all).
    """

    alphas: Tensor
    prediction: Prediction
    kind: Kind = "euler"
    grid: int = 0
    gamma: float = 0.3

    def alpha(self, timestep: int) -> float:
        """Return the cumulated alpha of a timestep, 0..1."""
        return float(self.alphas[timestep])

    def times(self, strength: float, steps: int, spacing: float = 1.0) -> list[int]:
        """Return at most `steps` falling timesteps from the start that `strength` (0..1) implies.

        Without a grid they are spaced to the end (trailing), by `spacing`. On a grid they are those of diffusers'
        LCMScheduler: every `len / steps`-th of the grid's timesteps below the start, from the highest.
        """
        if not self.grid:
            return trailing(strength, steps, len(self.alphas), spacing)
        apart = len(self.alphas) // self.grid
        below = max(1, int(self.grid * min(max(strength, 0.0), 1.0)))
        count = min(steps, below)
        return [(below - int(k * below / count)) * apart - 1 for k in range(count)]

    def kept(self, timestep: int, later: int) -> float:
        """Return the share c (0..1) of the found noise e that stays: the next is `c e + sqrt(1 - c^2) z`, z fresh."""
        if self.kind == "euler":
            return 1.0
        if self.kind == "lcm":
            return 0.0
        before, after = self.alpha(timestep), self.alpha(later)
        if self.kind == "ancestral":
            # In sigmas: up^2 = to^2 (from^2 - to^2) / from^2, and the share that stays is down / to.
            return min(1.0, math.sqrt((1 / after - 1) * before / max(1 - before, 1e-12)))
        base = self.alpha(min(int((1 - self.gamma) * later), later))
        return math.sqrt(after * (1 - base) / base / max(1 - after, 1e-12))


def trailing(strength: float, steps: int, total: int, spacing: float = 1.0) -> list[int]:
    """Return `steps` falling timesteps from the start that `strength` (0..1) implies, spaced to the end (trailing).

    Strength 1 with 4 steps of 1000 gives 999, 749, 499, 249 (arXiv 2305.08891, section 3.3). They lie at the powers
    `spacing` of even shares of the range: above 1 they crowd where little noise is left, below 1 where there is much.
    """
    start = min(max(strength, 0.0), 1.0) * total
    times = [max(round(start * ((steps - k) / steps) ** spacing) - 1, 0) for k in range(steps)]
    return list(dict.fromkeys(times))


def noised(latent: Tensor, noise: Tensor, alpha: Number) -> Tensor:
    """Return the latent with noise at cumulated alpha `alpha`; all (N, C, h, w)."""
    return root(alpha) * latent + root(1 - alpha) * noise


def root(number: Number) -> Number:
    """Return the square root of a number that the host knows, or of one that only the device knows."""
    return number.sqrt() if isinstance(number, Tensor) else math.sqrt(number)


def split(output: Tensor, x: Tensor, alpha: Number, prediction: Prediction) -> tuple[Tensor, Tensor]:
    """Return (x_0, e) that the network's output for `x` at cumulated alpha `alpha` stands for."""
    a, s = root(alpha), root(1 - alpha)
    if prediction == "epsilon":
        return (x - s * output) / a, output
    if prediction == "sample":
        return output, (x - a * output) / (s.clamp_min(1e-6) if isinstance(s, Tensor) else max(s, 1e-6))
    return a * x - s * output, s * x + a * output


def sample(forward: Forward, x: Tensor, times: list[int], schedule: Schedule, noise: Tensor) -> Tensor:
    """Return x_0 (N, C, h, w) painted from `x` at `times[0]` in `len(times)` calls of the network."""
    clean = x
    for k, timestep in enumerate(times):
        clean, rest = split(forward(x, timestep), x, schedule.alpha(timestep), schedule.prediction)
        if k + 1 < len(times):
            rest = renoised(rest, noise, schedule.kept(timestep, times[k + 1]), k)
            x = noised(clean, rest, schedule.alpha(times[k + 1]))
    return clean


def renoised(rest: Tensor, noise: Tensor, kept: Number, step: int) -> Tensor:
    """Return `kept` of the noise found and for the rest of the variance the walk's noise; all (N, C, h, w).

    What was found is much like the walk's noise itself, and two that are alike do not add up to unit variance: where
    both are mixed the walk's noise is rolled about, farther with every step.
    """
    if not isinstance(kept, Tensor) and kept >= 1:
        return rest
    if not isinstance(kept, Tensor) and kept <= 0:
        return noise
    height, width = noise.shape[-2:]
    rolled = torch.roll(noise, (height // 2 + step, width // 2 + step, 1), (-2, -1, -3))
    return kept * rest + root(1 - kept * kept) * rolled


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

    def forget(self) -> None:
        """Let go of all noises; they are drawn again when they are asked for."""
        self._kept.clear()

    def walk(self, stations: list[tuple[int, int, float]]) -> Tensor:
        """Return noise (N, C, h, w): per row the point `mix` of the arc between the noises of two seeds."""
        a = torch.stack([self.of(seed_a) for seed_a, _, _ in stations])
        b = torch.stack([self.of(seed_b) for _, seed_b, _ in stations])
        return slerp(a, b, torch.tensor([mix for _, _, mix in stations], device=self._device), 3)
