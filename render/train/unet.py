"""Stage `unet`: the diffusion model learns velocities at all noise levels, on latents of the drawn set."""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor

from render.train.autoencoder import load_coder
from render.train.latents import Feed, Library
from render.train.machine import compiled, tune_unet
from render.train.muon import Muon
from render.train.networks import LATENT_CHANNELS, LATENT_SCALE, freeze, make_unet, noise_levels
from render.train.run import CHECKPOINT_SECONDS, SHEET_SECONDS, Run, Settings, finished, set_rate
from render.train.sampling import PROMPTS, sample
from render.train.sheets import save_sheet
from render.train.text import load_text

EMPTY_CAPTIONS = 0.1
PURE_NOISE = 0.1
UNET_ENDS = ("conv_in", "conv_out", "time_embedding", "add_embedding")
"""Layers of the UNet that are no hidden ones."""
_RATE = 1.0e-3
_BINS = 5
_SMALL_SHARE = 0.3


def random_levels(count: int, device: torch.device) -> Tensor:
    """Noise levels 0..999, most of them high, and a share of exactly 999: the first step decides the layout."""
    levels = (torch.sigmoid(torch.randn(count, device=device) * 1.1 + 0.9) * 1000).long().clamp(0, 999)
    return torch.where(torch.rand(count, device=device) < PURE_NOISE, 999, levels)


def read_unet(folder: Path) -> dict[str, Tensor]:
    """The weights, float32, of a finished UNet's folder."""
    network = UNet2DConditionModel.from_pretrained(folder, local_files_only=True, torch_dtype=torch.float32)
    weights: dict[str, Tensor] = network.state_dict()
    return weights


@dataclass
class Average:
    """A slowly moving average of a network's weights, which is what ships."""

    network: Any
    slowest: float = 0.998

    @torch.no_grad()
    def follow(self, network: Any, step: int) -> None:
        """Move towards `network`; fast at first, so that early sheets show what was learned."""
        share = 1 - min(self.slowest, step / (step + 20))
        torch._foreach_lerp_(list(self.network.parameters()), list(network.parameters()), share)


class LevelLosses:
    """Mean losses by fifths of the noise level, since the last report."""

    def __init__(self, device: torch.device) -> None:
        self._sums, self._counts = torch.zeros(2, _BINS, device=device)

    def add(self, levels: Tensor, losses: Tensor) -> None:
        """Count `losses` (B,) at `levels` (B,)."""
        where = levels * _BINS // 1000
        losses = losses.detach().float()
        self._sums.index_add_(0, where, losses)
        self._counts.index_add_(0, where, torch.ones_like(losses))

    def report(self) -> str:
        """All five means, lowest level first."""
        means = self._sums / self._counts.clamp(min=1)
        self._sums.mul_(0.98)
        self._counts.mul_(0.98)
        return "loss by level " + " ".join(f"{mean:.3f}" for mean in means.tolist())


@torch.no_grad()
def show_samples(unet: Any, feed: Feed, run: Run, plans: tuple[tuple[int, float], ...]) -> None:
    """Write a sheet of the fixed prompts, two rows for every plan of (steps, guidance), always from the same noise."""
    settings = run.settings
    device, side = settings.machine.device, settings.size.picture // LATENT_SCALE
    generator = torch.Generator().manual_seed(0)
    start = torch.randn(len(PROMPTS), LATENT_CHANNELS, side, side, generator=generator).to(device)
    words, none = feed.read(list(PROMPTS)), feed.read([""] * len(PROMPTS))
    coder = load_coder(settings)
    schedule, rows = noise_levels(device), []
    for steps, guidance in plans:
        rows.append(coder.decode(sample(unet, words, start, schedule, steps, guidance, none), settings))
    save_sheet(torch.cat(rows), 12, run.path(f"{run.stage}.png"))


def make_feed(settings: Settings, size: str = "full") -> Feed:
    """The latents of the drawn set at one of SIZES, and the taught tower; small ones come in batches twice as large."""
    tower, tokenizer = load_text(settings)
    batch = settings.batch if size == "full" else settings.batch * 2
    return Feed(Library(settings, size), tower, tokenizer, random.Random(settings.seed), batch)


class _School:
    """The network, its average and its optimizer, and how they are written down."""

    def __init__(self, settings: Settings) -> None:
        device = settings.machine.device
        self.run = Run("unet", settings)
        self.unet = make_unet(settings.size).to(device)
        self.layout, speed = tune_unet(
            self.unet, settings.machine, settings.batch, settings.size.picture // LATENT_SCALE
        )
        self.average = Average(freeze(copy.deepcopy(self.unet)))
        self.optimizer = Muon(self.unet, UNET_ENDS, _RATE, settings.machine)
        self.samples, self.young = 0, True
        if state := self.run.load():
            self.unet.load_state_dict(state["model"])
            self.average.network.load_state_dict(state["average"])
            self.optimizer.load_state_dict(state["optimizer"])
            # Older checkpoints do not say it, and to go back to small latents undoes what full ones taught.
            self.samples, self.young = int(state["samples"]), bool(state.get("young", False))
        elif folder := finished(settings, "unet", "unet"):
            painted = read_unet(folder)
            self.unet.load_state_dict(painted)
            self.young = False
            self.average.network.load_state_dict(painted)
        side = settings.size.picture // LATENT_SCALE
        self.forward, how = compiled(self.unet, settings.machine, settings.batch, side, settings.minutes)
        self.run.say(f"{speed}, {how}")

    def checkpoint(self) -> None:
        """Write all of it down."""
        self.run.save(
            {
                "model": self.unet.state_dict(),
                "average": self.average.network.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "samples": self.samples,
                "young": self.young,
            }
        )

    def step(self, loss: Tensor, rate: float, batch: int) -> None:
        """Learn from one batch."""
        set_rate(self.optimizer, rate)
        self.optimizer.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.unet.parameters(), 1.0, foreach=True)
        self.optimizer.step()
        self.run.steps += 1
        self.samples += batch
        self.average.follow(self.unet, self.run.steps)


def train_unet(settings: Settings) -> None:
    """Train the UNet, first on small latents (unless it goes on from a finished model) and then on full ones.

    The checkpoint holds `model`, its moving `average` and the optimizer.
    """
    small, full = make_feed(settings, "small"), make_feed(settings, "full")
    school = _School(settings)
    run, schedule, losses = school.run, noise_levels(settings.machine.device), LevelLosses(settings.machine.device)
    figures = partial(_figures, school, losses)
    while run.going():
        # Once grown up it stays so, also when a later run is given more minutes and its share of them is small again.
        school.young = school.young and run.fraction < _SMALL_SHARE
        feed = small if school.young else full
        loss = _learn(school.forward, feed, settings, schedule, school.layout, losses)
        rate = _RATE * min(1.0, (run.steps + 1) / 100) * min(1.0, (1 - run.fraction) * 2) + 1e-5
        school.step(loss, rate, feed.batch)
        run.tick(figures)
        if run.due("checkpoint", CHECKPOINT_SECONDS):
            school.checkpoint()
        if run.due("sheet", SHEET_SECONDS):
            show_samples(school.average.network, full, run, ((1, 1.0), (4, 2.0)))
    school.checkpoint()
    show_samples(school.average.network, full, run, ((1, 1.0), (4, 2.0), (8, 3.0)))
    run.say(figures())
    run.close()


def _figures(school: _School, losses: LevelLosses) -> str:
    return f"{school.samples} samples, {losses.report()}"


def _learn(
    unet: Any,
    feed: Feed,
    settings: Settings,
    schedule: tuple[Tensor, Tensor],
    layout: torch.memory_format,
    losses: LevelLosses,
) -> Tensor:
    """The loss of one batch: mean squared error of the velocity."""
    clean, words = feed.draw(EMPTY_CAPTIONS)
    levels = random_levels(len(clean), clean.device)
    kept, noise = (share[levels][:, None, None, None] for share in schedule)
    grain = torch.randn_like(clean)
    noisy, wanted = kept * clean + noise * grain, kept * grain - noise * clean
    with settings.machine.cast():
        velocity = unet(noisy.contiguous(memory_format=layout), levels, words).sample
    errors = (velocity.float() - wanted).square().mean((1, 2, 3))
    losses.add(levels, errors)
    mean: Tensor = errors.mean()
    return mean
