"""Stage `autoencoder`: pictures to latents and back."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as functional
from torch import Tensor

from render.train.networks import freeze, make_autoencoder
from render.train.run import CHECKPOINT_SECONDS, SHEET_SECONDS, Run, Settings, read_checkpoint, set_rate
from render.train.sheets import save_sheet
from render.train.store import Shelf, open_store

CROP = 64
LATENT_NOISE = 0.08
_OPPONENT = ((1 / 3, 1 / 3, 1 / 3), (1 / 1.4, 0.0, -1 / 1.4), (-0.5 / 1.4, 1 / 1.4, -0.5 / 1.4))


def opponent(pictures: Tensor) -> Tensor:
    """Brightness, red against blue, green against magenta: (B, 3, H, W) of the same shape."""
    return torch.einsum("oc,bchw->bohw", torch.tensor(_OPPONENT, device=pictures.device), pictures)


def crops(shelf: Shelf, count: int, settings: Settings) -> Tensor:
    """`count` random square crops, half of them mirrored, (count, 3, 64, 64) in -1..1 on the training device."""
    height, width = shelf.pictures.shape[-2:]
    index = torch.randint(0, len(shelf.pictures), (count,))
    top = int(torch.randint(0, (height - CROP) // 8 + 1, ())) * 8
    left = int(torch.randint(0, (width - CROP) // 8 + 1, ())) * 8
    cut = shelf.pictures[index, :, top : top + CROP, left : left + CROP].to(settings.machine.device).float() / 127.5 - 1
    if torch.rand(()) < 0.5:
        cut = cut.flip(3)
    return cut.contiguous(memory_format=torch.channels_last)


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


def colour_anchor(shelf: Shelf) -> tuple[Tensor, Tensor]:
    """Mean and deviation (1, 3, 1, 1) of the opponent colours of 8x8 blocks over the drawn set."""
    sample = shelf.pictures[:: max(1, len(shelf.pictures) // 500)].float() / 127.5 - 1
    blocks = opponent(functional.avg_pool2d(sample, 8))
    return blocks.mean((0, 2, 3), keepdim=True), blocks.std((0, 2, 3), keepdim=True)


def latent_loss(latents: Tensor, pictures: Tensor, anchor: tuple[Tensor, Tensor]) -> Tensor:
    """Keeps latents near unit variance and the first three channels at the blocks' opponent colours.

    Without the second part an autoencoder this small learns brightness only and its pictures are grey.
    """
    mean, deviation = anchor
    wanted = (opponent(functional.avg_pool2d(pictures, 8)) - mean) / deviation
    centre = latents.mean((0, 2, 3)).square().mean() + (latents.std((0, 2, 3)) - 1).square().mean()
    far = functional.relu(latents.abs() - 2.6).mean()
    return 0.05 * (centre + 0.02 * far) + 0.3 * functional.mse_loss(latents[:, :3], wanted)


def signal_to_noise(made: Tensor, wanted: Tensor) -> float:
    """Mean PSNR in decibels of pictures in -1..1."""
    error = (made.clamp(-1, 1) - wanted).square().mean((1, 2, 3))
    return float((-10 * torch.log10(error / 4 + 1e-9)).mean())


def edge_share(made: Tensor, wanted: Tensor) -> float:
    """How much of the edges is kept: mean absolute horizontal slope of the one over that of the other."""
    return float(_slopes(made.clamp(-1, 1))[0].abs().mean() / _slopes(wanted)[0].abs().mean())


@torch.no_grad()
def judge(model: Any, shelf: Shelf, run: Run) -> None:
    """Print PSNR and kept edges on 128 whole pictures and write a sheet of originals over their copies."""
    pick = shelf.pictures[:: max(1, len(shelf.pictures) // 128)][:128].to(run.settings.machine.device)
    wanted = pick.float() / 127.5 - 1
    made = torch.cat([model.decoder(model.encoder(part)) for part in torch.split(wanted, 16)])
    run.say(f"{signal_to_noise(made, wanted):.2f} dB, {edge_share(made, wanted):.0%} of edges kept")
    columns = min(12, len(wanted))
    rows = [part for start in (0, columns) for part in (wanted[start::5][:columns], made[start::5][:columns])]
    save_sheet(torch.cat(rows), columns, run.path(f"{run.stage}.png"))


def train_autoencoder(settings: Settings) -> None:
    """Train both halves on crops of the drawn set; the checkpoint holds `model`."""
    shelf = open_store(settings)["square"]
    run = Run("autoencoder", settings)
    model = make_autoencoder(settings.size).to(settings.machine.device, memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(model.parameters(), 3e-3, betas=(0.9, 0.98), weight_decay=1e-3)
    if state := run.load():
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
    anchor = tuple(part.to(settings.machine.device) for part in colour_anchor(shelf))
    while run.going():
        cooling = 0.5 + 0.5 * math.cos(math.pi * run.fraction)
        set_rate(optimizer, 3e-3 * min(1.0, (run.steps + 1) / 50) * cooling + 2e-5)
        wanted = crops(shelf, settings.batch // 2, settings)
        with settings.machine.cast():
            latents = model.encoder(wanted)
            made = model.decoder(latents + LATENT_NOISE * torch.randn_like(latents))
        loss = picture_loss(made.float(), wanted) + latent_loss(latents.float(), wanted, (anchor[0], anchor[1]))
        _step(model, optimizer, loss)
        run.steps += 1
        run.tick(f"loss {loss.item():.3f}, {signal_to_noise(made.detach().float(), wanted):.1f} dB")
        if run.due("checkpoint", CHECKPOINT_SECONDS):
            run.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()})
        if run.due("sheet", SHEET_SECONDS):
            judge(model, shelf, run)
    run.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()})
    judge(freeze(model), shelf, run)
    run.close()


def _step(model: Any, optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()


def load_autoencoder(settings: Settings) -> Any:
    """The trained autoencoder, frozen; with the sharpened decoder when that stage has run."""
    model = make_autoencoder(settings.size).to(settings.machine.device, memory_format=torch.channels_last)
    model.load_state_dict(read_checkpoint(settings, "autoencoder")["model"])
    if (settings.work / "decoder.pt").exists():
        model.decoder.load_state_dict(read_checkpoint(settings, "decoder")["decoder"])
    return freeze(model)
