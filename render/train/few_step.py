"""Stage `few-step`: the UNet learns to finish in one to four steps, from its own many steps and against a judge.

Nobody can tell from pure noise what the one true picture was, so who learns that paints the mean of all pictures that
the words may mean. What the trained UNet makes of the noise in several guided steps can be told. So the first step
learns from such examples, made before lessons begin (Liu et al. 2023, arXiv:2309.06380).

The later steps of a walk start from what the network itself guessed at the first one, never from a real picture. So
some rows start from such guesses (backward simulation, Kohler et al. 2024, arXiv:2405.05224), and are to end at the
example too. Taught from real pictures alone, two steps came out blurred; by the judge alone, strewn with pebbles.
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
from render.train.networks import LATENT_SCALE, WORD_WIDTH, freeze, make_unet, noise_levels
from render.train.run import CHECKPOINT_SECONDS, SHEET_SECONDS, Run, Settings, finished, read_checkpoint, set_rate
from render.train.sampling import picture_guess, sample
from render.train.unet import Average, make_feed, read_unet, show_samples

LEVELS = (999, 749, 499, 249)
_OWN_SHARE, _TRUE_SHARE = 0.25, 0.33
_LATE_SHARES = (0.3, 0.45, 0.25)
# The higher the level, the less the one true picture can be known, and the more the judge decides.
_TRUTH_WEIGHTS = (0.15, 0.3, 0.5, 1.0)
# Guided twice as weakly, the examples themselves showed fewer subjects and fewer edges (the critic).
_EXAMPLE_STEPS, _EXAMPLE_GUIDANCE, _EXAMPLE_SHARE = 4, 4.5, 0.2
_JUDGE_WEIGHT = 0.6
_RATE, _JUDGE_RATE = 2e-4, 1e-3
_LOOK_MIDDLE, _LOOK_SPREAD = -0.3, 1.2
_WIDE = 96


class _Head(nn.Module):
    """Scores every place of one of the eye's layers, and how well it fits the words."""

    def __init__(self, inside: int, groups: int) -> None:
        super().__init__()
        self.entry = nn.Sequential(nn.GroupNorm(groups, inside, affine=False), nn.Conv2d(inside, _WIDE, 1))
        self.body = nn.Conv2d(_WIDE, _WIDE, 3, padding=1)
        self.verdict, self.words = nn.Conv2d(_WIDE, 1, 1), nn.Linear(WORD_WIDTH, _WIDE)

    def forward(self, seen: Tensor, words: Tensor) -> Tensor:
        """Scores (B, h, w) of features (B, C, h, w) under pooled words (B, 128)."""
        inner = functional.leaky_relu(self.entry(seen), 0.2)
        inner = functional.leaky_relu(inner + self.body(inner), 0.2)
        fit = (inner * self.words(words)[:, :, None, None]).sum(1) / _WIDE**0.5
        score: Tensor = self.verdict(inner)[:, 0] + fit
        return score


class Judge(nn.Module):
    """Tells real latents from painted ones, by what a frozen copy of the trained UNet makes of them under their words.

    That copy, the eye, knows already which shapes belong to which words; a judge that had to find this out by itself
    let one texture pass for everything (Sauer et al. 2024, arXiv:2403.12015). Latents are given to it at a random noise
    level: low ones show how fine things are, high ones what stands where.
    """

    def __init__(self, eye: Any) -> None:
        super().__init__()
        self._eye = (eye,)  # in a tuple: its weights are neither trained nor written down with the heads
        wide, deep = eye.config.block_out_channels
        groups = eye.config.norm_num_groups
        self.heads = nn.ModuleList([_Head(inside, groups) for inside in (wide, deep, deep)])

    def forward(self, latents: Tensor, levels: Tensor, words: Tensor) -> list[Tensor]:
        """Scores (B, h, w), fine to coarse, of noisy latents (B, 16, h, w) at levels (B,) under words (B, 32, 128)."""
        pooled = words.mean(1)
        layers = zip(self.heads, see(self._eye[0], latents, levels, words), strict=True)
        return [head(seen, pooled).float() for head, seen in layers]


def _hinge(scores: Tensor) -> Tensor:
    """How far scores (3 B, h, w) are from above 1 for real latents, and from below -1 for painted and misnamed ones."""
    real, painted, misnamed = scores.chunk(3)
    false = functional.relu(1 + painted).mean() + functional.relu(1 + misnamed).mean()
    return functional.relu(1 - real).mean() + false / 2


def see(unet: Any, latents: Tensor, levels: Tensor, words: Tensor) -> tuple[Tensor, ...]:
    """What a UNet of this project's shape makes of latents on its way down: three layers, fine to coarse."""
    moment = unet.time_embedding(unet.get_time_embed(latents, levels)) + unet.add_embedding(words)
    first, second = unet.down_blocks
    inner, fine = first(hidden_states=unet.conv_in(latents), temb=moment)
    inner, coarse = second(hidden_states=inner, temb=moment, encoder_hidden_states=words)
    return fine[0], coarse[0], unet.mid_block(inner, moment, encoder_hidden_states=words)


@dataclass(frozen=True)
class _Painting:
    """Painted latents (B, 16, h, w), their words (B, 32, 128), and what was wanted, which counts by `weights` (B,).

    `real` are as many real latents, and `said` their words.
    """

    painted: Tensor
    words: Tensor
    wanted: Tensor
    weights: Tensor
    real: Tensor
    said: Tensor

    def truth(self) -> Tensor:
        """Distance of what was painted from what was wanted."""
        error = self.painted - self.wanted
        loss: Tensor = (self.weights * (error.abs().mean((1, 2, 3)) + error.square().mean((1, 2, 3)))).mean()
        return loss


class _Examples:
    """Noise, words and what the trained UNet makes of them in _EXAMPLE_STEPS guided steps, by shape of the latents."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, ...], list[tuple[Tensor, ...]]] = {}
        self.count = 0

    def __contains__(self, shape: tuple[int, ...]) -> bool:
        return shape in self._found

    @torch.no_grad()
    def add(self, eye: Any, feed: Feed, settings: Settings, layout: torch.memory_format) -> None:
        """Make a batch of them."""
        clean, words = feed.draw(0.0)
        noise = torch.randn_like(clean).contiguous(memory_format=layout)
        none = feed.read([""]).expand(len(words), -1, -1)
        with settings.machine.cast():
            made = sample(eye, words, noise, noise_levels(clean.device), _EXAMPLE_STEPS, _EXAMPLE_GUIDANCE, none)
        self._found.setdefault(clean.shape[1:], []).append((noise.half(), words.half(), made.half()))
        self.count += len(clean)

    def draw(self, shape: tuple[int, ...], count: int) -> tuple[Tensor, ...]:
        """Noise (count, 16, h, w), words (count, 32, 128) and latents (count, 16, h, w) of examples of this shape."""
        batches = self._found[shape]
        batch = batches[int(torch.randint(len(batches), ()))]
        chosen = torch.randperm(len(batch[0]), device=batch[0].device)[:count]
        return tuple(part[chosen].float() for part in batch)


class _Lesson:
    """Everything one step needs, so that the step itself reads in a few lines."""

    def __init__(self, settings: Settings, feed: Feed, unet: Any, forward: Any, layout: torch.memory_format) -> None:
        self.settings, self.feed, self.unet, self.forward, self.layout = settings, feed, unet, forward, layout
        device = settings.machine.device
        self.schedule = noise_levels(device)
        self.eye = freeze(copy.deepcopy(unet))
        self.examples = _Examples()
        self.judge = Judge(self.eye).to(device)
        self.levels = torch.tensor(LEVELS, device=device)
        self.late = torch.tensor((0.0, *_LATE_SHARES), device=device)
        self.weights = torch.tensor(_TRUTH_WEIGHTS, device=device)
        machine = settings.machine
        self.painter = adamw(unet.parameters(), _RATE, machine, betas=(0.5, 0.95), weight_decay=0.01)
        self.critic = adamw(self.judge.parameters(), _JUDGE_RATE, machine, betas=(0.3, 0.95), weight_decay=0.01)

    def paint(self) -> _Painting:
        """Paint a new batch: rows from own guesses at examples, rows from real latents, rows from examples' noise.

        There are always as many of each, so that a card needs no look at which.
        """
        real, said = self.feed.draw(0.0)
        while real.shape[1:] not in self.examples:
            real, said = self.feed.draw(0.0)
        own, true = (round(len(real) * share) for share in (_OWN_SHARE, _TRUE_SHARE))
        noise, asked, made = self.examples.draw(real.shape[1:], len(real) - true)
        late = torch.multinomial(self.late, own + true, replacement=True)
        levels = self.levels[functional.pad(late, (0, len(real) - len(late)))]
        words = torch.cat([asked[:own], said[:true], asked[own:]])
        grain = torch.cat([noise[:own], torch.randn_like(real[:true]), noise[own:]])
        with torch.no_grad():
            guess = self._guess(noise[:own], torch.full_like(levels[:own], LEVELS[0]), asked[:own])
        # At the first level nothing is left of what a row begins from.
        source = torch.cat([guess, real[:true], made[own:]])
        painted = self._guess(self._noised(source, levels, grain), levels, words)
        wanted = torch.cat([made[:own], real[:true], made[own:]])
        weights = torch.ones_like(wanted[:, 0, 0, 0])
        weights[own : own + true] = self.weights[late[own:]]
        return _Painting(painted, words, wanted, weights, real, said)

    def _guess(self, noisy: Tensor, levels: Tensor, words: Tensor) -> Tensor:
        kept, noise = (share[levels][:, None, None, None] for share in self.schedule)
        with self.settings.machine.cast():
            velocity = self.forward(noisy.contiguous(memory_format=self.layout), levels, words).sample
        return picture_guess(noisy, velocity.float(), kept, noise)

    def _noised(self, latents: Tensor, levels: Tensor, grain: Tensor) -> Tensor:
        kept, noise = (share[levels][:, None, None, None] for share in self.schedule)
        return (kept * latents + noise * grain).contiguous(memory_format=self.layout)

    def _look(self, made: _Painting) -> tuple[Tensor, Tensor]:
        """Levels (B,) and noise at which the judge sees a batch."""
        levels = torch.sigmoid(torch.randn(len(made.real), device=made.real.device) * _LOOK_SPREAD + _LOOK_MIDDLE)
        return (levels * 1000).long().clamp(0, 999), torch.randn_like(made.real)

    def teach_judge(self, made: _Painting, levels: Tensor, grain: Tensor) -> Tensor:
        """One step of the judge: real is above 1, painted and wrongly worded below -1. Returns its loss."""
        real, painted = (self._noised(some, levels, grain) for some in (made.real, made.painted.detach()))
        words = torch.cat([made.said, made.words, made.said.roll(1, 0)])
        with self.settings.machine.cast():
            scores = self.judge(torch.cat([real, painted, real]), levels.repeat(3), words)
        loss = torch.stack([_hinge(layer) for layer in scores]).sum()
        self.critic.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        self.critic.step()
        return loss.detach()

    def step(self, trust: float) -> tuple[Tensor, Tensor]:
        """One step of both; `trust` 0..1 is how much the judge counts yet. Returns truth and judge losses."""
        made = self.paint()
        levels, grain = self._look(made)
        judged = self.teach_judge(made, levels, grain)
        truth = made.truth()
        with self.settings.machine.cast():
            scores = self.judge(self._noised(made.painted, levels, grain), levels, made.words)
        opinion = -torch.stack([layer.mean() for layer in scores]).sum()
        # How hard the judge pulls is held to a share of the truth's pull: left alone it grows tenfold on the way.
        pull, push = (torch.autograd.grad(loss, made.painted, retain_graph=True)[0] for loss in (truth, opinion))
        share = trust * _JUDGE_WEIGHT * pull.norm() / (push.norm() + 1e-12)
        self.painter.zero_grad(set_to_none=True)
        torch.autograd.backward(made.painted, pull + share * push)
        torch.nn.utils.clip_grad_norm_(self.unet.parameters(), 1.0, foreach=True)
        self.painter.step()
        return truth.detach(), judged


def carried(tuned: dict[str, Tensor], base: dict[str, Tensor], now: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights that were tuned from `base`, moved by all that the UNet has learned since, up to `now`.

    So a UNet that has been to school again need not learn few steps from the beginning (task arithmetic, Ilharco et al.
    2023, arXiv:2212.04089).
    """
    return {name: value + now[name] - base[name] for name, value in tuned.items()}


def train_few_step(settings: Settings) -> None:
    """Tune the trained UNet to few steps; the checkpoint holds `model`, its `average`, the judge and that UNet."""
    feed = make_feed(settings)
    run = Run("few-step", settings)
    unet = make_unet(settings.size).to(settings.machine.device)
    folder = finished(settings, "unet", "unet")
    unet.load_state_dict(read_unet(folder) if folder else read_checkpoint(settings, "unet")["average"])
    side = settings.size.picture // LATENT_SCALE
    layout, speed = tune_unet(unet, settings.machine, settings.batch, side)
    forward, how = compiled(unet, settings.machine, settings.batch, side, settings.minutes)
    run.say(f"{speed}, {how}")
    lesson = _Lesson(settings, feed, unet, forward, layout)
    average = Average(freeze(copy.deepcopy(unet)), slowest=0.99)
    taught = lesson.eye.state_dict()
    if state := run.load():
        base = state.get("from", taught)  # checkpoints from before weights were carried do not say
        unet.load_state_dict(carried(state["model"], base, taught))
        average.network.load_state_dict(carried(state["average"], base, taught))
        lesson.judge.load_state_dict(state["judge"])

    def checkpoint() -> None:
        model, mean, judge = (part.state_dict() for part in (unet, average.network, lesson.judge))
        run.save({"model": model, "average": mean, "judge": judge, "from": taught})

    truth = judged = torch.zeros(())

    def figures() -> str:
        return f"{run.steps * settings.batch} samples, truth {truth.item():.3f}, judge {judged.item():.2f}"

    until = run.fraction + _EXAMPLE_SHARE * (1 - run.fraction)
    while not lesson.examples.count or run.fraction < until:
        lesson.examples.add(lesson.eye, feed, settings, layout)
        run.tick(f"{lesson.examples.count} examples")
    while run.going():
        warm, cool = min(1.0, (run.steps + 1) / 30), min(1.0, (1 - run.fraction) / 0.3 + 0.05)
        set_rate(lesson.painter, _RATE * warm * cool)
        truth, judged = lesson.step(trust=min(1.0, run.steps / 60))
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
