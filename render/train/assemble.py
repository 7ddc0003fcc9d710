"""Stage `assemble`: the networks as one stock diffusers folder, swapped in whole."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, cast

import torch
from diffusers import StableDiffusionPipeline
from torch import Tensor

from render.critics.clip import WEIGHTS
from render.decoder import SubPixelDecoder
from render.train.autoencoder import load_coder
from render.train.critic import PLANS
from render.train.decoder import load_stock
from render.train.latents import Library
from render.train.networks import make_scheduler, make_unet
from render.train.run import Run, Settings, finished, missing, read_checkpoint
from render.train.text import load_text
from render.train.unet import read_unet
from show.errors import ArtistError

NOISE: Final = 1.1
"""Standard deviation of the noise that the model is to be painted from.

It learned from 1. From a little more it paints sharper edges, and more things that the critic can name; at 1.15 it
gains no more, at 1.2 edges fray.
"""


def walk_figures(latents: Tensor) -> dict[str, list[float]]:
    """Per channel over latents (N, 16, h, w): mean and deviation of the picture means, and mean spatial deviation.

    The feedback walk pulls its latents back towards these, or it burns out within a hundred frames.
    """
    values = latents.float()
    return {
        "mean": values.mean((0, 2, 3)).tolist(),
        "std": values.std((0, 2, 3)).tolist(),
        "spatial_std": values.std((2, 3)).mean(0).tolist(),
    }


def write_folder(
    folder: Path,
    parts: dict[str, Any],
    decoder: SubPixelDecoder,
    walk: dict[str, list[float]],
    critics: Sequence[Path],
) -> None:
    """Write unet, vae, text_encoder, tokenizer, scheduler and decoder in float16, and copy the critics' folders.

    Everything is written beside `folder` first, so that a reader never finds half a model.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".embedded-") as scratch:
        fresh, old = Path(scratch) / "new", Path(scratch) / "old"
        stock = StableDiffusionPipeline(
            **parts,
            scheduler=make_scheduler(),
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
        )
        stock.to(torch.float16).save_pretrained(fresh, safe_serialization=True)
        decoder.half().save_pretrained(fresh / "decoder", safe_serialization=True)
        rounded = {key: [round(value, 5) for value in values] for key, values in walk.items()}
        held = rounded | {"noise": NOISE}
        (fresh / "walk.json").write_text(json.dumps(held, indent=1) + "\n", encoding="utf-8")
        for critic in critics:
            shutil.copytree(critic, fresh / critic.name)
        for tokenizer in fresh.rglob("tokenizer.json"):  # as transformers writes it, a third of it is blanks
            described = json.loads(tokenizer.read_text(encoding="utf-8"))
            tokenizer.write_text(json.dumps(described, indent=0, separators=(",", ":")) + "\n", encoding="utf-8")
        for path in fresh.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)  # safetensors writes files for their owner only
        if folder.exists():
            folder.rename(old)
        fresh.rename(folder)
        shutil.rmtree(old, ignore_errors=True)


def _critic(settings: Settings, name: str) -> Path:
    """The folder of a critic: newly trained, or that of the finished model when a resumed run has none."""
    for place in (settings.work, settings.out if settings.resume else settings.work):
        if (place / name / WEIGHTS).is_file():
            return place / name
    raise missing(settings.work / name / WEIGHTS, "critic")


def blended(settings: Settings, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """A UNet's weights drawn towards those of the finished model by `settings.keep`.

    Between two stages of training lie weights that are better than either (Wortsman et al. 2022, arXiv:2203.05482).
    Raise ArtistError when there is no finished model of this shape.
    """
    if not settings.keep:
        return weights
    folder = settings.out / "unet"
    old = read_unet(folder) if any(folder.glob("*.safetensors")) else {}
    if {name: value.shape for name, value in old.items()} != {name: value.shape for name, value in weights.items()}:
        raise ArtistError(f"training: {folder} holds no UNet like the new one, so nothing of it can be kept (--keep)")
    return {name: value.float().lerp(old[name].to(value.device), settings.keep) for name, value in weights.items()}


def assemble(settings: Settings) -> None:
    """Write the folder from the newest checkpoints: few-step weights when there are any, else the UNet's.

    The second critic stays in the work folder: the show has no use for it, and the folder is to stay below 40 MB.
    """
    run = Run("assemble", settings)
    text, tokenizer = load_text(settings)
    stage = "few-step" if (settings.work / "few-step.pt").exists() else "unet"
    unet = make_unet(settings.size)
    folder = finished(settings, stage, "unet")
    weights = read_unet(folder) if folder else read_checkpoint(settings, stage)["average"]
    unet.load_state_dict(blended(settings, weights))
    parts = {"vae": load_stock(settings), "unet": unet, "text_encoder": text.cpu(), "tokenizer": tokenizer}
    walk = walk_figures(Library(settings, "full").shelves[0].rows[:8000])
    decoder = cast(SubPixelDecoder, load_coder(settings).decoder)
    write_folder(settings.out, parts, decoder.cpu(), walk, [_critic(settings, PLANS[0].name)])
    size = sum(path.stat().st_size for path in settings.out.rglob("*") if path.is_file())
    run.say(f"{settings.out}: {size / 2**20:.1f} MiB, painted by stage {stage}")
    run.close()
