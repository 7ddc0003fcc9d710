"""Stage `records`: the training set as latents, drawn and encoded in pieces, so that later stages never see a pixel.

A piece is one round of batches through all subjects. Pieces are kept as files in the work folder and counted on from
where the last run stopped; more records can be asked for at any time. Every record is also encoded at half its size:
small ones teach which word is which thing four times as fast. And it is kept as a thumbnail, for the critics.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as functional
from torch import Tensor

from render.atelier.parameters import BATCH, Parameters, batch_parameters
from render.atelier.records import draw_batch
from render.atelier.subjects import SUBJECTS
from render.train.autoencoder import Coder, load_coder
from render.train.pool import to_unit
from render.train.run import Run, Settings
from render.train.text import fresh_caption
from render.train.words import tokenize

SIZES = ("small", "full")
THUMBNAIL = 96
"""Side in pixels of the thumbnails: sheets of every shape are squashed to a square."""


@dataclass(frozen=True)
class Shelf:
    """Rows of one shape, (N, ...), with the parameters of each; latents are float16 on the training device."""

    rows: Tensor
    parameters: list[Parameters]


def _piece_path(settings: Settings, number: int) -> Path:
    return settings.work / f"latents-{settings.size.picture}-{settings.seed}-{number:05d}.pt"


def pieces(settings: Settings) -> int:
    """How many rounds through all subjects make the wanted number of records."""
    return max(1, round(settings.records / (len(SUBJECTS) * BATCH)))


def draw_latents(settings: Settings) -> None:
    """Draw and encode what is not there yet."""
    run, coder = Run("records", settings), load_coder(settings)
    checkpoint = run.path("autoencoder.pt")
    # Without a checkpoint the finished model has drawn whatever lies there.
    stamp = checkpoint.stat().st_mtime if checkpoint.exists() else 0.0
    for number in range(pieces(settings)):
        path = _piece_path(settings, number)
        if path.exists() and path.stat().st_mtime > stamp:
            continue
        partial = path.with_suffix(".partial")
        torch.save(_draw_piece(settings, coder, number), partial)
        partial.replace(path)
        run.tick(f"{(number + 1) * len(SUBJECTS) * BATCH} of {pieces(settings) * len(SUBJECTS) * BATCH} records")
    run.say(f"{pieces(settings) * len(SUBJECTS) * BATCH} records as latents")
    run.close()


@torch.no_grad()
def _draw_piece(settings: Settings, coder: Coder, number: int) -> dict[str, Tensor]:
    """One round: latents by size, (subjects * 16, 16, h, w) float16, and `thumbnails` (.., 3, 96, 96) uint8.

    All sheets of a round have one shape.
    """
    found: dict[str, list[Tensor]] = {size: [] for size in (*SIZES, "thumbnails")}
    for batch in range(number * len(SUBJECTS), (number + 1) * len(SUBJECTS)):
        drawn = draw_batch(batch, side=settings.size.picture, seed=settings.seed, device=settings.machine.device)
        pictures = to_unit(drawn.pictures, settings)
        found["full"].append(coder.encode(pictures, settings).half().cpu())
        found["small"].append(coder.encode(halved(pictures), settings).half().cpu())
        found["thumbnails"].append(thumbnails(drawn.pictures).cpu())
    return {size: torch.cat(parts) for size, parts in found.items()}


def halved(pictures: Tensor) -> Tensor:
    """Pictures at about half their size, cut to whole latents: (B, 3, H, W) -> multiples of 16."""
    height, width = (max(16, side // 2 // 16 * 16) for side in pictures.shape[-2:])
    small = functional.interpolate(pictures, (height, width), mode="area")
    return small.contiguous(memory_format=torch.channels_last)


def thumbnails(pictures: Tensor) -> Tensor:
    """Pictures (B, 3, H, W) uint8 squashed to (B, 3, 96, 96) uint8, as the critics see them."""
    size = (THUMBNAIL, THUMBNAIL)
    small = functional.interpolate(pictures.float(), size, mode="bilinear", antialias=True)
    return small.round().clamp(0, 255).to(torch.uint8)


def open_thumbnails(settings: Settings) -> Shelf:
    """The thumbnails (N, 3, 96, 96) uint8 of everything drawn so far, on the CPU, with their parameters."""
    parts, parameters = [], []
    for number in _drawn(settings):
        parts.append(torch.load(_piece_path(settings, number), weights_only=True)["thumbnails"])
        parameters.extend(_piece_parameters(settings, number))
    return Shelf(torch.cat(parts), parameters)


def _drawn(settings: Settings) -> list[int]:
    """The numbers of the wanted pieces that are there; if there are none they are drawn."""
    if not _piece_path(settings, 0).exists():
        draw_latents(settings)
    return [number for number in range(pieces(settings)) if _piece_path(settings, number).exists()]


def _piece_parameters(settings: Settings, number: int) -> list[Parameters]:
    batches = range(number * len(SUBJECTS), (number + 1) * len(SUBJECTS))
    return [parameters for batch in batches for parameters in batch_parameters(batch, settings.seed)]


def open_shelves(settings: Settings, size: str) -> list[Shelf]:
    """Everything drawn so far at one of SIZES, a shelf per shape."""
    by_shape: dict[tuple[int, ...], tuple[list[Tensor], list[Parameters]]] = {}
    for number in _drawn(settings):
        latents = torch.load(_piece_path(settings, number), weights_only=True)[size]
        parts, parameters = by_shape.setdefault(tuple(latents.shape[1:]), ([], []))
        parts.append(latents)
        parameters.extend(_piece_parameters(settings, number))
    device = settings.machine.device
    return [Shelf(torch.cat(parts).to(device), parameters) for parts, parameters in by_shape.values()]


@dataclass
class Feed:
    """Endless batches of latents with newly worded captions, in the taught tower's words."""

    shelves: list[Shelf]
    tower: Any
    tokenizer: Any
    chooser: random.Random
    batch: int

    def draw(self, empty: float) -> tuple[Tensor, Tensor]:
        """Latents (b, 16, h, w) float32 and words (b, 32, 128); an `empty` share of captions is left out."""
        shelf = self.chooser.choices(self.shelves, [len(shelf.parameters) for shelf in self.shelves])[0]
        rows = [self.chooser.randrange(len(shelf.parameters)) for _ in range(self.batch)]
        captions = [fresh_caption(shelf.parameters[row], self.chooser, empty) for row in rows]
        latents = shelf.rows[torch.tensor(rows, device=shelf.rows.device)].float()
        return latents, self.read(captions)

    @torch.no_grad()
    def read(self, captions: list[str]) -> Tensor:
        """The tower's words for these captions, (b, 32, 128)."""
        words: Tensor = self.tower(tokenize(self.tokenizer, captions, self.tower.device)).last_hidden_state
        return words
