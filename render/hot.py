"""The hot path: everything between an instant's numbers and finished bytes, as one function of tensors.

1. `Instant` holds all numbers of one painting. They travel to the device as one vector, in one copy.
2. `Given` holds what is painted from: that vector, and the tensors it speaks of.
3. `step` mixes the noise, moves and holds the last latents, runs the network and the decoder, and makes bytes. It reads
   no number of the device, so that it never waits for it: the very same function runs plain on a CPU and captured on a
   card (render/capture.py), where a painting is one launch.
4. `Plan` is what decides which kernels run. Steps of one plan differ in numbers alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor

from render.feedback import Colours, Statistics, renormalise, warp_by
from render.latents import Number, Schedule, noised, renoised, slerp, split
from render.layout import Layout
from render.mixing import Words
from render.models import Models

_CAMERA: Final = 9


class Plan(NamedTuple):
    """Which kernels a painting runs: how many `steps` of the network, and what is done to the last latents before.

    With 0 steps it is no painting but a look. `fed`: they are fed back; `pulled`: what a scene leans on pulls at
    them; `saturated`: their colour is turned; `grained`: grain is stirred in.
    """

    steps: int
    fed: bool = False
    pulled: bool = False
    saturated: bool = False
    grained: bool = False

    def whole(self) -> Plan:
        """Return the plan that does all there is to be done to fed-back latents, so that few plans are captured."""
        return Plan(self.steps, *(self.fed,) * 4)


@dataclass(frozen=True)
class Instant:
    """The numbers of one painting.

    `times`: falling timesteps; `alphas`, `kept`: per timestep the cumulated alpha, and the share of the found noise
    that is kept on the way to it. `pull`: 0..1, how far contrast and colour are pulled; `share`: 0..1, how far the
    colour has gone from the starting point's to that of the words; `influence`: 0..1, pull of what is leant on;
    `inject`: grain in standard deviations; `noise`: how strong the walk's noise is, 1 as the network knows it.
    `mixes`: per row the place between two seeds, 0..1; `camera`, `anchor`: (rows, 3, 3), see feedback.camera, how
    the last latents move and where what is leant on has moved to.
    """

    times: Sequence[int]
    alphas: Sequence[float]
    kept: Sequence[float]
    mixes: Sequence[float]
    camera: Tensor
    anchor: Tensor
    pull: float = 0.0
    contrast: float = 1.0
    saturation: float = 1.0
    inject: float = 0.0
    influence: float = 0.0
    share: float = 1.0
    noise: float = 1.0

    def vector(self) -> Tensor:
        """Return all of it as one float32 vector on the CPU."""
        scalars = (self.pull, self.contrast, self.saturation, self.inject, self.influence, self.share, self.noise)
        numbers = [*self.times, *self.alphas, *self.kept, *scalars, *self.mixes]
        return torch.cat([torch.tensor(numbers, dtype=torch.float32), self.camera.reshape(-1), self.anchor.reshape(-1)])


@dataclass
class Given:
    """What one painting is made from, all on the device and with the layout's rows.

    `words`: what the network is conditioned on; `noise_a`, `noise_b`, `grain_a`, `grain_b`, `last`, `begun`: (N, C, h,
    w); `look`, `begun_look`: channel means (N, C, 1, 1) of what the words look like from nothing, and of the starting
    point; `numbers`: an Instant's vector.
    """

    words: Words
    numbers: Tensor
    noise_a: Tensor
    noise_b: Tensor
    grain_a: Tensor
    grain_b: Tensor
    last: Tensor
    begun: Tensor
    look: Tensor
    begun_look: Tensor


class Result(NamedTuple):
    """One painting on the device: `pictures` (N, H, W, 3) uint8 sRGB and the clean latents (rows, C, h, w).

    A look gives channel means (rows, C, 1, 1) in the place of both.
    """

    pictures: Tensor
    clean: Tensor


@dataclass
class Hot:
    """The parts that stay the same from painting to painting; `around` is entered around each call of a network."""

    models: Models
    layout: Layout
    good: Statistics | None = None
    colours: Colours | None = None
    around: Any = field(default=None)

    def step(self, plan: Plan, given: Given) -> Result:
        """Paint once; see the top of this file."""
        numbers = _unpack(given.numbers, plan.steps, given.noise_a.shape[0])
        noise = numbers.noise * slerp(given.noise_a, given.noise_b, numbers.mixes, 3)
        if plan.steps == 0:
            means = self._look(given.words, noise)
            return Result(means, means)
        held = self._held(plan, given, numbers) if plan.fed else torch.zeros_like(noise)
        x = noised(held, noise, numbers.alphas[0])

        def network(latents: Tensor, timestep: Tensor) -> Tensor:
            return self._inside(lambda: self.models.forward(latents, timestep, given.words))

        clean = _sampled(network, x, noise, numbers, self.models.schedule)
        decoded = self._inside(lambda: self.models.decode(clean))
        return Result(to_bytes(self.layout.cut(decoded)), clean)

    def _look(self, words: Words, noise: Tensor) -> Tensor:
        """Return channel means (N, C, 1, 1) of what the network makes of words from noise (N, C, h, w) alone."""
        schedule = self.models.schedule
        (last,) = schedule.times(1.0, 1)
        alpha = schedule.alpha(last)
        x = noised(torch.zeros_like(noise), noise, alpha)
        clean, _ = split(self.models.forward(x, self.models.moment(last), words), x, alpha, schedule.prediction)
        return clean.mean((2, 3), keepdim=True)

    def _held(self, plan: Plan, given: Given, numbers: _Numbers) -> Tensor:
        """Return the last latents moved by the camera, with contrast and colour held and grain stirred in."""
        assert self.good is not None
        moved = warp_by(given.last, numbers.camera)
        if plan.pulled:
            moved = torch.lerp(moved, warp_by(given.begun, numbers.anchor), numbers.influence)
        colour = torch.lerp(given.begun_look, given.look, numbers.share)
        held = renormalise(moved, self.good, numbers.pull, numbers.contrast, colour)
        if plan.saturated and self.colours is not None:
            held = self.colours.saturate(held, 1 + (numbers.saturation - 1) * numbers.pull)
        if plan.grained:
            grain = slerp(given.grain_a, given.grain_b, numbers.mixes, 3)
            held = held + numbers.inject * self.good.spatial_std * grain
        return held

    def _inside(self, call: Callable[[], Tensor]) -> Tensor:
        if self.around is None:
            return call()
        with self.around:
            return call()


class _Numbers(NamedTuple):
    """An Instant on the device: tuples of tensors without dimensions, `mixes` (N,), both matrices (N, 3, 3)."""

    times: tuple[Tensor, ...]
    alphas: tuple[Tensor, ...]
    kept: tuple[Tensor, ...]
    pull: Tensor
    contrast: Tensor
    saturation: Tensor
    inject: Tensor
    influence: Tensor
    share: Tensor
    noise: Tensor
    mixes: Tensor
    camera: Tensor
    anchor: Tensor


def _unpack(vector: Tensor, steps: int, rows: int) -> _Numbers:
    sizes = [steps, steps, steps, 7, rows, rows * _CAMERA, rows * _CAMERA]
    times, alphas, kept, scalars, mixes, camera, anchor = torch.split(vector, sizes)
    pull, contrast, saturation, inject, influence, share, noise = scalars.unbind()
    return _Numbers(
        times.long().unbind(), alphas.unbind(), kept.unbind(),
        pull, contrast, saturation, inject, influence, share, noise, mixes,
        camera.view(rows, 3, 3), anchor.view(rows, 3, 3),
    )  # fmt: skip


def _sampled(
    network: Callable[[Tensor, Tensor], Tensor], x: Tensor, noise: Tensor, numbers: _Numbers, schedule: Schedule
) -> Tensor:
    """Return x_0 as latents.sample does, with all numbers on the device."""
    clean = x
    always: dict[str, Number] = {"euler": 1.0, "lcm": 0.0}
    for k, (timestep, alpha) in enumerate(zip(numbers.times, numbers.alphas, strict=True)):
        clean, rest = split(network(x, timestep), x, alpha, schedule.prediction)
        if k + 1 < len(numbers.times):
            rest = renoised(rest, noise, always.get(schedule.kind, numbers.kept[k + 1]), k)
            x = noised(clean, rest, numbers.alphas[k + 1])
    return clean


def to_bytes(decoded: Tensor) -> Tensor:
    """Return pictures (N, H, W, 3) uint8 of decoded ones (N, 3, H, W), about -1..1."""
    # 127.5 x + 127.5, and a half because numbers are cut off: one pass over the pictures, and one to bound them.
    shown = torch.add(decoded.new_full((), 128.0), decoded, alpha=127.5).clamp_(0, 255).permute(0, 2, 3, 1)
    # Copied into place: turning into bytes and into the order of bytes is one pass as well.
    return torch.empty(shown.shape, dtype=torch.uint8, device=shown.device).copy_(shown)
