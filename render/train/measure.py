"""Stage `measure`: figures of the finished folder, each beside the same figure of real pictures."""

from __future__ import annotations

import random
from typing import Any

import torch
import torch.nn.functional as functional
from diffusers import UNet2DConditionModel
from torch import Tensor, nn

from render.atelier.captions import caption
from render.atelier.colours import COLOURS
from render.atelier.parameters import Parameters
from render.atelier.records import draw_batch
from render.atelier.styles import STYLES
from render.atelier.subjects import SUBJECTS
from render.train.autoencoder import edge_share, load_coder, signal_to_noise
from render.train.latents import Shelf, open_shelves
from render.train.networks import LATENT_CHANNELS, LATENT_SCALE, noise_levels
from render.train.pool import to_unit
from render.train.run import Run, Settings
from render.train.sampling import sample
from render.train.text import load_text
from render.train.words import tokenize

HELD_SEED = 1
_MOST_EACH = 12
_NEAR_HUE = 0.06


def make_reader() -> nn.Sequential:
    """A small network that names the subject of latents (B, 16, h, w); it takes no part in training the painter."""
    layers: list[nn.Module] = []
    for inside, outside in ((LATENT_CHANNELS, 48), (48, 96), (96, 160)):
        layers += [nn.Conv2d(inside, outside, 3, padding=1), nn.GroupNorm(8, outside), nn.GELU()]
        layers += [nn.Conv2d(outside, outside, 3, padding=1), nn.GroupNorm(8, outside), nn.GELU()]
        layers += [nn.AvgPool2d(2, ceil_mode=True)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(160, len(SUBJECTS)))


def train_reader(shelf: Shelf, run: Run) -> nn.Module:
    """Teach the reader on real latents until the stage's minutes are spent."""
    reader = make_reader().to(shelf.rows.device)
    optimizer = torch.optim.AdamW(reader.parameters(), 2e-3, weight_decay=0.05)
    labels = torch.tensor([p.subject for p in shelf.parameters], device=shelf.rows.device)
    while run.going():
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * (1 - run.fraction) + 1e-5
        rows = torch.randint(0, len(labels), (64,), device=labels.device)
        latents = shelf.rows[rows].float()
        latents = latents + 0.15 * torch.randn_like(latents)
        loss = functional.cross_entropy(reader(latents), labels[rows])
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        optimizer.step()
        run.steps += 1
        run.tick(f"reader's loss {loss.item():.2f}")
    return reader.eval()


def hue(pictures: Tensor) -> Tensor:
    """Hue 0..1 of the mean colour of pictures (B, 3, H, W) in 0..1, colourful pixels counting more. (B,)."""
    weight = pictures.amax(1, keepdim=True) - pictures.amin(1, keepdim=True) + 1e-4
    red, green, blue = ((pictures * weight).sum((2, 3)) / weight.sum((2, 3))).unbind(1)
    return torch.atan2(3**0.5 * (green - blue), 2 * red - green - blue) / (2 * torch.pi) % 1


def hue_share(pictures: Tensor, parameters: list[Parameters]) -> float:
    """Share of the pictures in -1..1 whose hue is that of their colour; only those of one vivid colour count."""
    table = torch.tensor([colour.rgb for colour in COLOURS], device=pictures.device)
    vivid = (table.amax(1) - table.amin(1)) / table.amax(1) > 0.55
    main = torch.tensor([p.main for p in parameters], device=pictures.device)
    free = [p.main == p.accent and STYLES[p.style].name != "monochrome" for p in parameters]
    counted = vivid[main] & torch.tensor(free, device=pictures.device)
    gap = (hue((pictures.clamp(-1, 1) + 1) / 2) - hue(table[main][..., None, None])).abs()
    right = torch.minimum(gap, 1 - gap) < _NEAR_HUE
    return float(right[counted].float().mean())


def _alike(latents: Tensor) -> float:
    """Mean cosine of all pairs of latents: near 1 when everything painted looks the same."""
    flat = functional.normalize(latents.flatten(1), dim=1)
    likeness = flat @ flat.T
    return float((likeness.sum() - len(flat)) / (len(flat) * (len(flat) - 1)))


class _Judging:
    """The held-out records and what judges them."""

    def __init__(self, settings: Settings, run: Run, reader: nn.Module) -> None:
        self.settings, self.run, self.reader = settings, run, reader
        side, device = settings.size.picture, settings.machine.device
        each = min(_MOST_EACH, settings.batch)
        first = [draw_batch(b, side=side, shape="square", seed=HELD_SEED, held=True) for b in range(len(SUBJECTS))]
        self.parameters = [p for batch in first for p in batch.parameters[:each]]
        self.pictures = to_unit(torch.cat([batch.pictures[:each] for batch in first]), settings)
        self.coder = load_coder(settings)
        self.subjects = torch.tensor([p.subject for p in self.parameters], device=device)

    def decode(self, latents: Tensor) -> Tensor:
        """Pictures of latents, a few at a time."""
        return self.coder.decode(latents, self.settings)

    def say(self, name: str, latents: Tensor, pictures: Tensor) -> None:
        """Print the line of figures of one way to get pictures."""
        named = self.reader(latents).argmax(1) == self.subjects
        self.run.say(
            f"{name}: subject {named.float().mean():.2f}, hue {hue_share(pictures, self.parameters):.2f}, "
            f"pairs alike {_alike(latents):.3f}, edges {edge_share(pictures, self.pictures):.2f}, "
            f"contrast {pictures.clamp(-1, 1).std((1, 2, 3)).mean():.2f}"
        )


@torch.no_grad()
def _judge_samples(judging: _Judging, unet: Any, words: Tensor, settings: Settings) -> None:
    side, device = settings.size.picture // LATENT_SCALE, settings.machine.device
    generator = torch.Generator().manual_seed(HELD_SEED)
    start = torch.randn(len(words), LATENT_CHANNELS, side, side, generator=generator).to(device)
    schedule = noise_levels(device)
    for steps in (1, 2, 4):
        parts = [
            sample(unet, said, noise, schedule, steps)
            for said, noise in zip(torch.split(words, 32), torch.split(start, 32), strict=True)
        ]
        latents = torch.cat(parts)
        judging.say(f"{steps} step{'s' * (steps > 1)}", latents, judging.decode(latents))


def measure(settings: Settings) -> None:
    """Print subject, hue, variety, edges and contrast of real, copied and painted pictures of unseen combinations."""
    run = Run("measure", settings)
    reader = train_reader(open_shelves(settings, "full")[0], run)
    tower, tokenizer = load_text(settings)
    unet = UNet2DConditionModel.from_pretrained(settings.out / "unet", local_files_only=True, dtype=torch.float32)
    with torch.no_grad():
        judging = _Judging(settings, run, reader)
        latents = torch.cat([judging.coder.encode(part, settings) for part in torch.split(judging.pictures, 32)])
        copies = judging.decode(latents)
        run.say(f"{len(latents)} held-out pictures, {signal_to_noise(copies, judging.pictures):.2f} dB")
        judging.say("real", latents, judging.pictures)
        judging.say("real, copied", latents, copies)
        chooser = random.Random(HELD_SEED)
        captions = [caption(p, chooser, complete=True) for p in judging.parameters]
        words = tower(tokenize(tokenizer, captions, settings.machine.device)).last_hidden_state
    _judge_samples(judging, unet.to(settings.machine.device).eval(), words, settings)
    run.close()
