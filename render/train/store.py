"""The drawn training set: pictures by shape, with their parameters, kept in the work folder so that stages share it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from render.atelier.parameters import BATCH, Parameters, batch_parameters
from render.atelier.records import draw_batch, is_tall
from render.train.run import Run, Settings

SHAPES = ("square", "tall")


@dataclass(frozen=True)
class Shelf:
    """All drawn pictures of one shape: (N, 3, H, W) uint8 on the CPU, and the parameters of each."""

    pictures: Tensor
    parameters: list[Parameters]


def shelf_batches(settings: Settings, shape: str) -> list[int]:
    """The batch numbers whose records have this shape."""
    return [b for b in range(settings.records // BATCH) if is_tall(b) == (shape == "tall")]


def shelf_parameters(settings: Settings, shape: str) -> list[Parameters]:
    """The parameters of a shelf in its order; nothing is drawn for this."""
    return [p for b in shelf_batches(settings, shape) for p in batch_parameters(b, settings.seed)]


def _draw_shelf(run: Run, shape: str) -> Tensor:
    settings, numbers = run.settings, shelf_batches(run.settings, shape)
    width = settings.size.picture
    height = width * 3 // 2 if shape == "tall" else width
    pictures = torch.empty((len(numbers) * BATCH, 3, height, width), dtype=torch.uint8)
    for place, number in enumerate(numbers):
        drawn = draw_batch(number, width=width, seed=settings.seed, device=settings.machine.device)
        pictures[place * BATCH : (place + 1) * BATCH] = drawn.pictures.cpu()
        run.tick(f"{shape}: {(place + 1) * BATCH} of {len(pictures)} pictures")
    return pictures


def open_store(settings: Settings) -> dict[str, Shelf]:
    """The drawn set, read from the work folder when it is there in this size, else drawn and written."""
    run = Run("records", settings)
    store = {}
    for shape in SHAPES:
        path = run.path(f"{shape}-{settings.size.picture}-{settings.records}-{settings.seed}.pt")
        if path.exists():
            pictures = torch.load(path, weights_only=True)
        else:
            pictures = _draw_shelf(run, shape)
            torch.save(pictures, path)
        store[shape] = Shelf(pictures, shelf_parameters(settings, shape))
    run.close()
    return store
