"""The drawn set as latents: encoded once, so that the later stages never run the autoencoder."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from render.atelier.parameters import Parameters
from render.train.autoencoder import load_autoencoder
from render.train.run import Run, Settings
from render.train.store import SHAPES, open_store, shelf_parameters
from render.train.text import fresh_caption, tokenize


@dataclass(frozen=True)
class LatentShelf:
    """Latents of one shape, (N, 8, h, w) float16 on the training device, with the parameters of each."""

    latents: Tensor
    parameters: list[Parameters]


@torch.no_grad()
def open_latents(settings: Settings) -> dict[str, LatentShelf]:
    """Latents by shape, from the work folder unless the autoencoder there is newer."""
    run = Run("latents", settings)
    path = run.path("latents.pt")
    if path.exists() and path.stat().st_mtime > run.path("autoencoder.pt").stat().st_mtime:
        saved = torch.load(path, map_location=settings.machine.device, weights_only=True)
        if sum(len(part) for part in saved.values()) == settings.records // 16 * 16:
            return {shape: LatentShelf(saved[shape], shelf_parameters(settings, shape)) for shape in SHAPES}
    encoder, shelves = load_autoencoder(settings).encoder, {}
    for shape, shelf in open_store(settings).items():
        parts = []
        for pictures in torch.split(shelf.pictures, 64):
            batch = (pictures.to(settings.machine.device).float() / 127.5 - 1).contiguous(
                memory_format=torch.channels_last
            )
            with settings.machine.cast():
                parts.append(encoder(batch).half().contiguous())
            run.tick(f"{shape}: {len(parts) * 64} of {len(shelf.pictures)} pictures")
        shelves[shape] = LatentShelf(torch.cat(parts), shelf.parameters)
    torch.save({shape: shelf.latents for shape, shelf in shelves.items()}, path)
    run.close()
    return shelves


@dataclass
class Feed:
    """Endless batches of latents with newly worded captions, in the taught tower's words."""

    shelves: dict[str, LatentShelf]
    tower: Any
    tokenizer: Any
    chooser: random.Random
    batch: int

    def draw(self, empty: float) -> tuple[Tensor, Tensor]:
        """Latents (b, 8, h, w) float32 and words (b, 24, 128); an `empty` share of captions is left out.

        A tall batch is a third smaller than a square one, so that every step costs the same.
        """
        counts = {shape: len(shelf.latents) for shape, shelf in self.shelves.items()}
        shape = self.chooser.choices(list(counts), list(counts.values()))[0]
        shelf, size = self.shelves[shape], self.batch if shape == "square" else self.batch * 2 // 3
        rows = [self.chooser.randrange(counts[shape]) for _ in range(size)]
        captions = [fresh_caption(shelf.parameters[row], self.chooser, empty) for row in rows]
        latents = shelf.latents[torch.tensor(rows, device=shelf.latents.device)].float()
        return latents, self.read(captions)

    @torch.no_grad()
    def read(self, captions: list[str]) -> Tensor:
        """The tower's words for these captions, (b, 24, 128)."""
        words: Tensor = self.tower(tokenize(self.tokenizer, captions, self.tower.device)).last_hidden_state
        return words
