"""Records: a number gives a picture, its parameters and its caption, the same on every call; nothing is stored."""

from __future__ import annotations

import random
from dataclasses import dataclass

import torch
from torch import Tensor

from render.atelier.canvas import Canvas
from render.atelier.captions import caption
from render.atelier.palette import render
from render.atelier.parameters import BATCH, TALL_EVERY, Parameters, batch_parameters
from render.atelier.subjects import SUBJECTS


@dataclass(frozen=True)
class Batch:
    """Sixteen records: pictures (16, 3, H, W) uint8, and the parameters and caption of each."""

    pictures: Tensor
    parameters: list[Parameters]
    captions: list[str]


@dataclass(frozen=True)
class Record:
    """One record: a picture (3, H, W) uint8, its parameters and its caption."""

    picture: Tensor
    parameters: Parameters
    caption: str


def is_tall(batch: int) -> bool:
    """True for the batches that are drawn on tall sheets (three high to two wide)."""
    return batch // len(SUBJECTS) % TALL_EVERY == TALL_EVERY - 1


@torch.no_grad()
def draw_batch(
    batch: int, *, width: int = 128, seed: int = 0, held: bool = False, device: torch.device | str = "cpu"
) -> Batch:
    """Batch number `batch` of the endless series: `width` pixels wide, square or (every fourth round) tall."""
    height = width * 3 // 2 if is_tall(batch) else width
    generator = torch.Generator(device=device)
    generator.manual_seed((seed * 1_000_003 + batch) * 2 + held)
    parameters = batch_parameters(batch, seed, held=held)
    canvas = Canvas(BATCH, height, width, bool(parameters[0].near), generator)
    sketch = SUBJECTS[parameters[0].subject].draw(canvas)
    colours = torch.tensor([(p.main, p.accent) for p in parameters], device=canvas.device)
    day = torch.tensor([p.day for p in parameters], device=canvas.device)
    pictures = (render(canvas, sketch, parameters[0].style, colours, day) * 255).round().to(torch.uint8)
    first = batch * BATCH
    captions = [caption(p, random.Random(f"{seed}:{first + i}:caption")) for i, p in enumerate(parameters)]
    return Batch(pictures, parameters, captions)


def record(number: int, *, width: int = 128, seed: int = 0, device: torch.device | str = "cpu") -> Record:
    """Record `number`: item number % 16 of batch number // 16."""
    batch = draw_batch(number // BATCH, width=width, seed=seed, device=device)
    item = number % BATCH
    return Record(batch.pictures[item], batch.parameters[item], batch.captions[item])
