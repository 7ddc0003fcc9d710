"""Stages `decoder` and `stock-decoder`: the ways from latents back to pictures, on frozen latents.

The fast decoder is sharpened against a judge of small patches; the stock one is taught the same pictures.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as functional
from diffusers import AutoencoderTiny
from torch import Tensor, nn

from render.train.autoencoder import LATENT_NOISE, Coder, Exam, load_coder, picture_loss, signal_to_noise
from render.train.networks import freeze, make_autoencoder
from render.train.pool import Pool
from render.train.run import CHECKPOINT_SECONDS, SHEET_SECONDS, Run, Settings, finished, read_checkpoint, set_rate

_RATE = 5e-4
_STOCK_RATE = 2e-3
_JUDGE_WEIGHT = 0.6
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


def _make(coder: Coder, wanted: Tensor, settings: Settings) -> Tensor:
    """Pictures made from the latents of `wanted`, with gradients through the decoder alone."""
    with settings.machine.cast():
        with torch.no_grad():
            latents = coder.encoder(wanted)
        made: Tensor = coder.decoder(latents + LATENT_NOISE * torch.randn_like(latents))
    return made.float()


def _learn(decoder: nn.Module, optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    torch.nn.utils.clip_grad_norm_(decoder.parameters(), 1.0)
    optimizer.step()


def train_decoder(settings: Settings) -> None:
    """Sharpen the fast decoder, so that latents and all that was trained on them stay valid."""
    run, coder = Run("decoder", settings), load_coder(settings)
    coder.decoder.train().requires_grad_(True)
    patches = make_patch_judge().to(settings.machine.device)
    painter = torch.optim.AdamW(coder.decoder.parameters(), _RATE, betas=(0.5, 0.95), weight_decay=1e-3)
    critic = torch.optim.AdamW(patches.parameters(), 1e-3, betas=(0.5, 0.95), weight_decay=1e-3)
    if state := run.load():
        coder.decoder.load_state_dict(state["decoder"])
        patches.load_state_dict(state["judge"])
    pool, exam = Pool(settings, run), Exam(settings, run)
    while run.going():
        set_rate(painter, _RATE * min(1.0, (run.steps + 1) / 30) * (1 - run.fraction) + 1e-5)
        wanted = pool.crops(max(2, settings.batch // 3), settings.size.picture // 2)
        made = _make(coder, wanted, settings)
        judged = _teach(patches, critic, wanted, made)
        truth, opinion = picture_loss(made, wanted), -patches(made).mean()
        loss = truth
        if run.steps >= _WARM_STEPS:
            loss = truth + _JUDGE_WEIGHT * balance(truth, opinion, _last_weight(coder.decoder)) * opinion
        _learn(coder.decoder, painter, loss)
        run.steps += 1
        run.tick(f"loss {truth.item():.3f}, {signal_to_noise(made.detach(), wanted):.1f} dB, judge {judged:.2f}")
        if run.due("checkpoint", CHECKPOINT_SECONDS):
            run.save({"decoder": coder.decoder.state_dict(), "judge": patches.state_dict()})
        if run.due("sheet", SHEET_SECONDS):
            exam.judge(coder)
    run.save({"decoder": coder.decoder.state_dict(), "judge": patches.state_dict()})
    exam.judge(load_coder(settings))
    run.close()


def train_stock_decoder(settings: Settings) -> None:
    """Teach AutoencoderTiny's own decoder, for every program that knows the stock classes alone."""
    run, coder = Run("stock-decoder", settings), load_coder(settings)
    stock = make_autoencoder(settings.size).decoder
    coder = Coder(coder.encoder, stock.to(settings.machine.device, memory_format=torch.channels_last))
    optimizer = torch.optim.AdamW(coder.decoder.parameters(), _STOCK_RATE, betas=(0.9, 0.98), weight_decay=1e-3)
    if state := run.load():
        coder.decoder.load_state_dict(state["decoder"])
    pool, exam = Pool(settings, run), Exam(settings, run)
    while run.going():
        set_rate(optimizer, _STOCK_RATE * min(1.0, (run.steps + 1) / 100) * (1 - run.fraction) + 2e-5)
        wanted = pool.crops(max(2, settings.batch // 3), settings.size.picture // 2)
        made = _make(coder, wanted, settings)
        loss = picture_loss(made, wanted)
        _learn(coder.decoder, optimizer, loss)
        run.steps += 1
        run.tick(f"loss {loss.item():.3f}, {signal_to_noise(made.detach(), wanted):.1f} dB")
        if run.due("checkpoint", CHECKPOINT_SECONDS):
            run.save({"decoder": coder.decoder.state_dict()})
    run.save({"decoder": coder.decoder.state_dict()})
    exam.judge(coder)
    run.close()


def load_stock(settings: Settings) -> Any:
    """AutoencoderTiny with the trained encoder and its own trained decoder, frozen."""
    model = make_autoencoder(settings.size)
    if folder := finished(settings, "stock-decoder", "vae"):
        # Only its weights are taken: its configuration would tell everybody where it lay.
        model.load_state_dict(AutoencoderTiny.from_pretrained(folder, local_files_only=True).float().state_dict())
        model.encoder.load_state_dict(load_coder(settings).encoder.state_dict())
        return freeze(model.cpu())
    model.encoder.load_state_dict(read_checkpoint(settings, "autoencoder")["encoder"])
    model.decoder.load_state_dict(read_checkpoint(settings, "stock-decoder")["decoder"])
    return freeze(model)
