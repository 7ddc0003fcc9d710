"""`python -m render.train embedded`: draws the pictures, trains the embedded model and writes its folder."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import torch

from render.train.assemble import assemble
from render.train.autoencoder import train_autoencoder
from render.train.critic import PLANS, train_critic
from render.train.decoder import train_decoder, train_stock_decoder
from render.train.few_step import train_few_step
from render.train.latents import draw_latents, draw_thumbnails
from render.train.leading import lead_words
from render.train.machine import choose_machine
from render.train.networks import FULL, TINY
from render.train.run import Settings, default_work
from render.train.text import train_text
from render.train.unet import train_unet
from show.errors import OrielError

SHIPPED = Path(__file__).resolve().parent.parent / "embedded"
# Each stage, its share of the minutes when all of them run, and what it does.
STAGES: dict[str, tuple[float, Callable[[Settings], None]]] = {
    "text": (0.03, train_text),
    "words": (0.0, lead_words),
    "autoencoder": (0.15, train_autoencoder),
    "records": (0.0, draw_latents),
    "thumbnails": (0.0, draw_thumbnails),
    "critic": (0.05, partial(train_critic, PLANS[0])),
    "second-critic": (0.05, partial(train_critic, PLANS[1])),
    "unet": (0.42, train_unet),
    "few-step": (0.13, train_few_step),
    "decoder": (0.08, train_decoder),
    "stock-decoder": (0.09, train_stock_decoder),
    "assemble": (0.0, assemble),
}


def train(settings: Settings, stage: str = "all") -> None:
    """Run one stage with all of `settings.minutes`, or all stages with their shares of them."""
    torch.manual_seed(settings.seed)
    for name, (share, work) in STAGES.items():
        if stage == "all":
            work(dataclasses.replace(settings, minutes=settings.minutes * share))
        elif stage == name:
            work(settings)


def share(word: str) -> float:
    """The number 0..1 that `word` says; of a ValueError argparse makes `invalid share value`."""
    number = float(word)
    if not 0 <= number <= 1:
        raise ValueError(word)
    return number


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m render.train", description="Train the embedded model.")
    parser.add_argument("model", choices=["embedded"], help="what to train")
    parser.add_argument("--minutes", type=float, default=120.0, help="time for training, drawing not counted")
    parser.add_argument("--stage", choices=[*STAGES, "all"], default="all", help="one stage, or all in order")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoints in the work folder")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1")
    parser.add_argument("--work", type=Path, default=default_work(), help="folder for pictures and checkpoints")
    parser.add_argument("--out", type=Path, default=SHIPPED, help="folder for the finished model")
    parser.add_argument(
        "--records", type=int, default=60_000, help="how many records to draw, and as many again for critics alone"
    )
    parser.add_argument("--drawers", type=int, default=1, help="processes that draw them")
    parser.add_argument("--draw-on", default="cpu", help="device they are drawn on: cpu, cuda")
    parser.add_argument("--batch", type=int, default=48, help="pictures per training step")
    parser.add_argument("--seed", type=int, default=0, help="series of records and start of all random numbers")
    parser.add_argument(
        "--keep", type=share, default=0.0, help="say of the finished model's UNet in the one that is assembled, 0..1"
    )
    parser.add_argument("--tiny", action="store_true", help="tiny networks and pictures, to try the machinery")
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> int:
    """The command; returns its exit code. Errors a person can act on are one sentence on stderr."""
    wanted = _arguments(words)
    try:
        machine = choose_machine(wanted.device)
        print(f"training on {machine.describe()}; checkpoints in {wanted.work}", flush=True)
        settings = Settings(
            machine=machine,
            work=wanted.work,
            out=wanted.out,
            minutes=wanted.minutes,
            resume=wanted.resume,
            records=wanted.records,
            batch=wanted.batch,
            seed=wanted.seed,
            size=TINY if wanted.tiny else FULL,
            drawers=max(1, wanted.drawers),
            draws_on=wanted.draw_on,
            keep=wanted.keep,
        )
        train(settings, wanted.stage)
    except OrielError as problem:
        print(problem, file=sys.stderr)
        return problem.exit_code
    except KeyboardInterrupt:
        print("stopped; --resume goes on from the last checkpoint", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
