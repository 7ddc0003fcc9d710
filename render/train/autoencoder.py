"""Stage `autoencoder`: pictures to latents and, by the fast decoder, back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as functional
from diffusers import AutoencoderTiny
from torch import Tensor, nn

from render.decoder import load_decoder
from render.train.networks import LATENT_SCALE, freeze, make_autoencoder, make_decoder
from render.train.pool import Pool, to_unit
from render.train.run import CHECKPOINT_SECONDS, SHEET_SECONDS, Run, Settings, finished, read_checkpoint, set_rate
from render.train.sheets import save_sheet

LATENT_NOISE = 0.08
_RATE = 2e-3
_HELD_SERIES = 1
_HELD_BATCHES = 8
_OPPONENT = ((1 / 3, 1 / 3, 1 / 3), (1 / 1.4, 0.0, -1 / 1.4), (-0.5 / 1.4, 1 / 1.4, -0.5 / 1.4))
# Mean and deviation of the opponent colours of 16 x 16 blocks over drawn records, rounded.
_ANCHOR_MEAN = (-0.33, 0.07, -0.02)
_ANCHOR_DEVIATION = (0.42, 0.35, 0.2)


@dataclass(frozen=True)
class Coder:
    """The two ways: `encoder` pictures (B, 3, H, W) -> latents (B, 16, H/16, W/16), `decoder` back."""

    encoder: nn.Module
    decoder: nn.Module

    def encode(self, pictures: Tensor, settings: Settings) -> Tensor:
        """Latents float32 of pictures in -1..1."""
        with settings.machine.cast():
            latents: Tensor = self.encoder(pictures)
        return latents.float()

    def decode(self, latents: Tensor, settings: Settings) -> Tensor:
        """Pictures float32, about -1..1, a few at a time."""
        with settings.machine.cast():
            parts = [
                self.decoder(part.contiguous(memory_format=torch.channels_last)) for part in torch.split(latents, 16)
            ]
        return torch.cat(parts).float()


def opponent(pictures: Tensor) -> Tensor:
    """Brightness, red against blue, green against magenta: (B, 3, H, W) of the same shape."""
    return torch.einsum("oc,bchw->bohw", torch.tensor(_OPPONENT, device=pictures.device), pictures)


def _slopes(pictures: Tensor) -> tuple[Tensor, Tensor]:
    return pictures[..., 1:] - pictures[..., :-1], pictures[..., 1:, :] - pictures[..., :-1, :]


def picture_loss(made: Tensor, wanted: Tensor) -> Tensor:
    """Distance of two batches of pictures: pixels, edges at three sizes, and colour at low resolution."""
    loss = (made - wanted).abs().mean() + 2 * functional.mse_loss(made, wanted)
    colour = (opponent(functional.avg_pool2d(made, 4)) - opponent(functional.avg_pool2d(wanted, 4)))[:, 1:]
    loss = loss + 2 * colour.abs().mean()
    for _ in range(3):
        for ours, theirs in zip(_slopes(made), _slopes(wanted), strict=True):
            loss = loss + 0.6 * (ours - theirs).abs().mean()
        made, wanted = functional.avg_pool2d(made, 2), functional.avg_pool2d(wanted, 2)
    return loss + (made - wanted).abs().mean()


def latent_loss(latents: Tensor, pictures: Tensor) -> Tensor:
    """Keeps latents near unit variance and the first three channels at the blocks' opponent colours.

    Without the second part an autoencoder this small learns brightness only and its pictures are grey. It also gives
    a free preview of latents, and colour that can be moved without a network.
    """
    device = latents.device
    mean, deviation = (torch.tensor(v, device=device).view(1, 3, 1, 1) for v in (_ANCHOR_MEAN, _ANCHOR_DEVIATION))
    wanted = (opponent(functional.avg_pool2d(pictures, LATENT_SCALE)) - mean) / deviation
    centre = latents.mean((0, 2, 3)).square().mean() + (latents.std((0, 2, 3)) - 1).square().mean()
    far = functional.relu(latents.abs() - 2.6).mean()
    return 0.05 * (centre + far) + 0.3 * functional.mse_loss(latents[:, :3], wanted)


def signal_to_noise(made: Tensor, wanted: Tensor) -> float:
    """Mean PSNR in decibels of pictures in -1..1."""
    error = (made.clamp(-1, 1) - wanted).square().mean((1, 2, 3))
    return float((-10 * torch.log10(error / 4 + 1e-9)).mean())


def edge_share(made: Tensor, wanted: Tensor) -> float:
    """How much of the edges is kept: mean absolute horizontal slope of the one over that of the other."""
    return float(_slopes(made.clamp(-1, 1))[0].abs().mean() / _slopes(wanted)[0].abs().mean())


class Exam:
    """Held-out records that show how good a way there and back is."""

    def __init__(self, settings: Settings, run: Run) -> None:
        self._run = run
        pool = Pool(settings, run, _HELD_SERIES)
        step = max(1, len(pool.pictures) // (16 * _HELD_BATCHES))
        self.pictures = to_unit(pool.pictures[::step][: 16 * _HELD_BATCHES], settings)

    @torch.no_grad()
    def judge(self, coder: Coder) -> None:
        """Print PSNR and kept edges of whole pictures and write a sheet of originals over their copies."""
        settings, wanted = self._run.settings, self.pictures
        made = coder.decode(torch.cat([coder.encode(part, settings) for part in torch.split(wanted, 16)]), settings)
        self._run.say(f"{signal_to_noise(made, wanted):.2f} dB, {edge_share(made, wanted):.0%} of edges kept")
        columns = min(8, len(wanted))
        rows = [part for at in (0, columns) for part in (wanted[at::7][:columns], made[at::7][:columns])]
        save_sheet(torch.cat(rows), columns, self._run.path(f"{self._run.stage}.png"))


def train_autoencoder(settings: Settings) -> None:
    """Train encoder and fast decoder on crops of drawn pictures; the checkpoint holds `encoder` and `decoder`."""
    run = Run("autoencoder", settings)
    coder = _new_coder(settings)
    weights = [*coder.encoder.parameters(), *coder.decoder.parameters()]
    optimizer = torch.optim.AdamW(weights, _RATE, betas=(0.9, 0.98), weight_decay=1e-3, foreach=True)
    if state := run.load():
        coder.encoder.load_state_dict(state["encoder"])
        coder.decoder.load_state_dict(state["decoder"])
        optimizer.load_state_dict(state["optimizer"])
    elif finished(settings, "autoencoder", "vae"):
        load_finished(coder, settings)
    pool, exam = Pool(settings, run), Exam(settings, run)

    def checkpoint() -> None:
        run.save(
            {
                "encoder": coder.encoder.state_dict(),
                "decoder": coder.decoder.state_dict(),
                "optimizer": optimizer.state_dict(),
            }
        )

    while run.going():
        cooling = 0.5 + 0.5 * math.cos(math.pi * run.fraction)
        set_rate(optimizer, _RATE * min(1.0, (run.steps + 1) / 100) * cooling + 2e-5)
        wanted = pool.crops(max(2, settings.batch // 2), settings.size.picture // 2)
        with settings.machine.cast():
            latents = coder.encoder(wanted)
            made = coder.decoder(latents + LATENT_NOISE * torch.randn_like(latents))
        loss = picture_loss(made.float(), wanted) + latent_loss(latents.float(), wanted)
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(weights, 1.0, foreach=True)
        optimizer.step()
        run.steps += 1
        run.tick(f"loss {loss.item():.3f}, {signal_to_noise(made.detach().float(), wanted):.1f} dB")
        if run.due("checkpoint", CHECKPOINT_SECONDS):
            checkpoint()
        if run.due("sheet", SHEET_SECONDS):
            exam.judge(coder)
    checkpoint()
    exam.judge(coder)
    run.close()


def _new_coder(settings: Settings) -> Coder:
    place: dict[str, Any] = {"device": settings.machine.device, "memory_format": torch.channels_last}
    return Coder(make_autoencoder(settings.size).encoder.to(**place), make_decoder(settings.size).to(**place))


def load_finished(coder: Coder, settings: Settings) -> None:
    """Put the finished model's encoder and fast decoder into `coder`."""
    vae = AutoencoderTiny.from_pretrained(settings.out / "vae", local_files_only=True)
    coder.encoder.load_state_dict(vae.encoder.state_dict())
    coder.decoder.load_state_dict(load_decoder(str(settings.out / "decoder")).state_dict())


def load_coder(settings: Settings) -> Coder:
    """The trained coder, frozen; with the sharpened decoder when that stage has run."""
    coder = _new_coder(settings)
    if finished(settings, "autoencoder", "vae"):
        load_finished(coder, settings)
    else:
        state = read_checkpoint(settings, "autoencoder")
        coder.encoder.load_state_dict(state["encoder"])
        coder.decoder.load_state_dict(state["decoder"])
    if (settings.work / "decoder.pt").exists():
        coder.decoder.load_state_dict(read_checkpoint(settings, "decoder")["decoder"])
    return Coder(freeze(coder.encoder), freeze(coder.decoder))
