"""Stage `few-step`: the UNet learns to finish in one to four steps, against a judge of latents.

The later steps of a walk start from what the network itself guessed at the first one, never from a real picture. So
half of the time they learn from such guesses (backward simulation, Kohler et al. 2024, arXiv:2405.05224): the judge
alone says what is better, and the guess holds the layout. Taught from real pictures alone, two steps came out blurred.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from render.train.latents import Feed
from render.train.machine import adamw, compiled, tune_unet
from render.train.networks import LATENT_CHANNELS, LATENT_SCALE, WORD_WIDTH, freeze, make_unet, noise_levels
from render.train.run import CHECKPOINT_SECONDS, SHEET_SECONDS, Run, Settings, finished, read_checkpoint, set_rate
from render.train.sampling import picture_guess
from render.train.unet import Average, make_feed, read_unet, show_samples

LEVELS = (999, 749, 499, 249)
_LEVEL_SHARES = (0.4, 0.2, 0.25, 0.15)
# The higher the level, the less the one true picture can be known, and the more the judge decides.
_TRUTH_WEIGHTS = (0.15, 0.3, 0.5, 1.0)
_OWN_SHARE = 0.5
_LAYOUT_WEIGHT, _LAYOUT_GRAIN = 0.5, 4
_JUDGE_WEIGHT = 0.12
_RATE, _JUDGE_RATE = 2e-4, 5e-4
_LATENT_NOISE = 0.35
_WIDE, _DEEP = 96, 160


class _Block(nn.Module):
    """Two convolutions with a bypass; halves the size."""

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inside, outside, 3, padding=1)
        self.second = nn.Conv2d(outside, outside, 3, padding=1)
        self.bypass = nn.Conv2d(inside, outside, 1)

    def forward(self, x: Tensor) -> Tensor:
        inner = self.second(functional.leaky_relu(self.first(functional.leaky_relu(x, 0.2)), 0.2))
        return functional.avg_pool2d((self.bypass(x) + inner) * 0.7, 2, ceil_mode=True)


class Judge(nn.Module):
    """Tells real latents from painted ones at three scales; the coarsest also weighs whether the words fit."""

    def __init__(self) -> None:
        super().__init__()
        self.entry = nn.Conv2d(LATENT_CHANNELS, _WIDE, 3, padding=1)
        self.blocks = nn.ModuleList([_Block(_WIDE, _WIDE), _Block(_WIDE, _DEEP), _Block(_DEEP, _DEEP)])
        self.fine, self.middle = nn.Conv2d(_WIDE, 1, 1), nn.Conv2d(_DEEP, 1, 1)
        self.whole, self.verdict = nn.Linear(_DEEP * 4, _DEEP), nn.Linear(_DEEP, 1)
        self.words = nn.Linear(WORD_WIDTH, _DEEP)

    def forward(self, latents: Tensor, words: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Three scores (B,) for latents (B, 16, h, w) and pooled words (B, 128): whole, fine, middle."""
        fine = self.blocks[0](self.entry(latents))
        middle = self.blocks[1](fine)
        coarse = functional.adaptive_avg_pool2d(functional.leaky_relu(self.blocks[2](middle), 0.2), 2)
        whole = self.whole(coarse.flatten(1))
        fit = (whole * self.words(words)).sum(1) / _DEEP**0.5
        score = self.verdict(functional.leaky_relu(whole, 0.2))[:, 0] + fit
        fine_score = self.fine(functional.leaky_relu(fine, 0.2)).mean((1, 2, 3))
        return score, fine_score, self.middle(functional.leaky_relu(middle, 0.2)).mean((1, 2, 3))


@dataclass(frozen=True)
class _Painting:
    """Latents (B, 16, h, w): real ones, those that painting began from, and painted ones; pooled words (B, 128).

    `weights` (B,) says how much the one true picture counts, `own` (B,) which began from the network's own guess.
    """

    clean: Tensor
    source: Tensor
    painted: Tensor
    words: Tensor
    weights: Tensor
    own: Tensor

    def truth(self) -> Tensor:
        """Distance of what was painted from the true picture; of what began from a guess, from the guess's layout."""
        error = self.painted - self.clean
        far = self.weights * (error.abs().mean((1, 2, 3)) + error.square().mean((1, 2, 3)))
        moved = functional.avg_pool2d(self.painted - self.source, _LAYOUT_GRAIN, ceil_mode=True)
        loss: Tensor = torch.where(self.own, _LAYOUT_WEIGHT * moved.abs().mean((1, 2, 3)), far).mean()
        return loss


class _Lesson:
    """Everything one step needs, so that the step itself reads in a few lines."""

    def __init__(self, settings: Settings, feed: Feed, unet: Any, forward: Any) -> None:
        self.settings, self.feed, self.unet, self.forward = settings, feed, unet, forward
        device = settings.machine.device
        self.schedule = noise_levels(device)
        self.judge = Judge().to(device)
        self.levels = torch.tensor(LEVELS, device=device)
        # Rows that begin from guesses are at the later levels only; all rows together have the shares as given.
        self.late = torch.tensor((0.0, *_LEVEL_SHARES[1:]), device=device)
        self.shares = torch.tensor(_LEVEL_SHARES, device=device) - _OWN_SHARE * self.late
        self.weights = torch.tensor(_TRUTH_WEIGHTS, device=device)
        machine = settings.machine
        self.painter = adamw(unet.parameters(), _RATE, machine, betas=(0.5, 0.95), weight_decay=0.01)
        self.critic = adamw(self.judge.parameters(), _JUDGE_RATE, machine, betas=(0.3, 0.95), weight_decay=0.01)
        self.deviation = feed.library.shelves[0].rows[:4000].float().std((0, 2, 3), keepdim=True)

    def paint(self, layout: torch.memory_format) -> _Painting:
        """Paint a new batch, a share of it from the network's own first guesses."""
        clean, words = self.feed.draw(0.0)
        grain = torch.randn_like(clean)
        # The first rows begin from guesses: always as many, so that a card needs no look at which.
        count = round(len(clean) * _OWN_SHARE * (1 - _LEVEL_SHARES[0]))
        rest = torch.multinomial(self.shares, len(clean) - count, replacement=True)
        pick = torch.cat([torch.multinomial(self.late, count, replacement=True), rest])
        levels, own = self.levels[pick], torch.arange(len(clean), device=clean.device) < count
        first = torch.full_like(levels[:count], LEVELS[0])
        with torch.no_grad():
            source = torch.cat([self._guess(grain[:count], first, words[:count], layout), clean[count:]])
        kept, noise = (share[levels][:, None, None, None] for share in self.schedule)
        painted = self._guess(kept * source + noise * grain, levels, words, layout)
        return _Painting(clean, source, painted, words.mean(1), self.weights[pick], own)

    def _guess(self, noisy: Tensor, levels: Tensor, words: Tensor, layout: torch.memory_format) -> Tensor:
        kept, noise = (share[levels][:, None, None, None] for share in self.schedule)
        with self.settings.machine.cast():
            velocity = self.forward(noisy.contiguous(memory_format=layout), levels, words).sample
        return picture_guess(noisy, velocity.float(), kept, noise)

    def _blur(self, latents: Tensor, amount: Tensor) -> Tensor:
        """Latents at unit deviation with noise, so that the judge cannot learn the drawn set by heart."""
        return latents / self.deviation + amount * torch.randn_like(latents)

    def teach_judge(self, clean: Tensor, painted: Tensor, words: Tensor, amount: Tensor) -> Tensor:
        """One step of the judge: real is above 1, painted and wrongly worded below -1. Returns its loss."""
        with self.settings.machine.cast():
            real = self.judge(self._blur(clean, amount), words)
            made = self.judge(self._blur(painted.detach(), amount), words)
            wrong = self.judge(self._blur(clean, amount), words.roll(1, 0))[0]
        loss = functional.relu(1 + wrong.float()).mean()
        for ours, theirs in zip(real, made, strict=True):
            loss = loss + functional.relu(1 - ours.float()).mean() + functional.relu(1 + theirs.float()).mean()
        self.critic.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        self.critic.step()
        return loss.detach()

    def step(self, layout: torch.memory_format, trust: float) -> tuple[Tensor, Tensor]:
        """One step of both; `trust` 0..1 is how much the judge counts yet. Returns truth and judge losses."""
        made = self.paint(layout)
        amount = torch.rand(len(made.clean), 1, 1, 1, device=made.clean.device) * _LATENT_NOISE
        judged = self.teach_judge(made.clean, made.painted, made.words, amount)
        truth = made.truth()
        with self.settings.machine.cast():
            scores = self.judge(self._blur(made.painted, amount), made.words)
        loss = truth - trust * _JUDGE_WEIGHT * sum(score.float().mean() for score in scores)
        self.painter.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.unet.parameters(), 1.0, foreach=True)
        self.painter.step()
        return truth.detach(), judged


def train_few_step(settings: Settings) -> None:
    """Tune the trained UNet to few steps; the checkpoint holds `model`, its `average` and the judge."""
    feed = make_feed(settings)
    run = Run("few-step", settings)
    unet = make_unet(settings.size).to(settings.machine.device)
    folder = finished(settings, "unet", "unet")
    unet.load_state_dict(read_unet(folder) if folder else read_checkpoint(settings, "unet")["average"])
    side = settings.size.picture // LATENT_SCALE
    layout, speed = tune_unet(unet, settings.machine, settings.batch, side)
    forward, how = compiled(unet, settings.machine, settings.batch, side, settings.minutes)
    run.say(f"{speed}, {how}")
    lesson = _Lesson(settings, feed, unet, forward)
    average = Average(freeze(copy.deepcopy(unet)), slowest=0.99)
    if state := run.load():
        unet.load_state_dict(state["model"])
        average.network.load_state_dict(state["average"])
        lesson.judge.load_state_dict(state["judge"])

    def checkpoint() -> None:
        run.save(
            {"model": unet.state_dict(), "average": average.network.state_dict(), "judge": lesson.judge.state_dict()}
        )

    truth = judged = torch.zeros(())

    def figures() -> str:
        return f"{run.steps * settings.batch} samples, truth {truth.item():.3f}, judge {judged.item():.2f}"

    while run.going():
        warm, cool = min(1.0, (run.steps + 1) / 30), min(1.0, (1 - run.fraction) / 0.3 + 0.05)
        set_rate(lesson.painter, _RATE * warm * cool)
        truth, judged = lesson.step(layout, trust=min(1.0, run.steps / 60))
        run.steps += 1
        average.follow(unet, run.steps)
        run.tick(figures)
        if run.due("checkpoint", CHECKPOINT_SECONDS):
            checkpoint()
        if run.due("sheet", SHEET_SECONDS):
            show_samples(average.network, feed, run, ((1, 1.0), (2, 1.0)))
    checkpoint()
    run.say(figures())
    show_samples(average.network, feed, run, ((1, 1.0), (2, 1.0), (4, 1.0)))
    run.close()
