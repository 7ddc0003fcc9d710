"""Stage `decoder`: the way from latents back to pictures, sharpened against a judge of small patches."""

from __future__ import annotations

import copy
from typing import Any

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from render.train.autoencoder import LATENT_NOISE, crops, judge, load_autoencoder, picture_loss, signal_to_noise
from render.train.run import CHECKPOINT_SECONDS, Run, Settings, set_rate
from render.train.store import open_store

_RATE = 5e-4
_JUDGE_WEIGHT = 0.35
_WARM_STEPS = 100


def make_patch_judge() -> nn.Sequential:
    """Scores patches of pictures (B, 3, H, W) as real or made: (B, 1, H/8, W/8)."""
    layers: list[nn.Module] = []
    for inside, outside in ((3, 32), (32, 64), (64, 96)):
        layers += [nn.Conv2d(inside, outside, 4, stride=2, padding=1)]
        layers += [nn.GroupNorm(8, outside)] if inside > 3 else []
        layers += [nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Conv2d(96, 1, 3, padding=1))


def balance(truth: Tensor, opinion: Tensor, weight: Tensor) -> Tensor:
    """How much the judge's `opinion` may count so that it pulls at `weight` as hard as the `truth` loss does."""
    pull = torch.autograd.grad(truth, weight, retain_graph=True)[0].norm()
    push = torch.autograd.grad(opinion, weight, retain_graph=True)[0].norm()
    share: Tensor = (pull / (push + 1e-4)).clamp(0, 10)
    return share.detach()


def _teach(patches: nn.Module, optimizer: torch.optim.Optimizer, wanted: Tensor, made: Tensor) -> float:
    """One step of the patch judge: real above 1, made below -1. Returns its loss."""
    loss = functional.relu(1 - patches(wanted)).mean() + functional.relu(1 + patches(made.detach())).mean()
    optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    optimizer.step()
    return float(loss.item())


def _last_weight(decoder: Any) -> Tensor:
    """The weight of the decoder's last convolution."""
    weight: Tensor = [module for module in decoder.modules() if isinstance(module, nn.Conv2d)][-1].weight
    return weight


def train_decoder(settings: Settings) -> None:
    """Sharpen the decoder on a frozen encoder, so that latents and all that was trained on them stay valid."""
    shelf = open_store(settings)["square"]
    run = Run("decoder", settings)
    model = load_autoencoder(settings)
    decoder = copy.deepcopy(model.decoder).train().requires_grad_(True)
    patches = make_patch_judge().to(settings.machine.device)
    painter = torch.optim.AdamW(decoder.parameters(), _RATE, betas=(0.5, 0.95), weight_decay=1e-3)
    critic = torch.optim.AdamW(patches.parameters(), 1e-3, betas=(0.5, 0.95), weight_decay=1e-3)
    while run.going():
        set_rate(painter, _RATE * min(1.0, (run.steps + 1) / 30) * (1 - run.fraction) + 1e-5)
        wanted = crops(shelf, max(2, settings.batch // 4), settings)
        with settings.machine.cast():
            with torch.no_grad():
                latents = model.encoder(wanted)
            made = decoder(latents + LATENT_NOISE * torch.randn_like(latents))
        made = made.float()
        judged = _teach(patches, critic, wanted, made)
        truth, opinion = picture_loss(made, wanted), -patches(made).mean()
        loss = truth
        if run.steps >= _WARM_STEPS:
            loss = truth + _JUDGE_WEIGHT * balance(truth, opinion, _last_weight(decoder)) * opinion
        painter.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(decoder.parameters(), 1.0)
        painter.step()
        run.steps += 1
        run.tick(f"loss {truth.item():.3f}, {signal_to_noise(made.detach(), wanted):.1f} dB, judge {judged:.2f}")
        if run.due("checkpoint", CHECKPOINT_SECONDS):
            run.save({"decoder": decoder.state_dict()})
    run.save({"decoder": decoder.state_dict()})
    judge(load_autoencoder(settings), shelf, run)
    run.close()
