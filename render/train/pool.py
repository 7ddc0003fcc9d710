"""A rolling set of drawn pictures for the stages that look at pixels: always fresh ones, never more than fit."""

from __future__ import annotations

import torch
from torch import Tensor

from render.atelier.parameters import BATCH
from render.atelier.records import draw_batch
from render.train.run import Run, Settings

_BATCHES = 96
_FRESH_EVERY = 12


class Pool:
    """The last `_BATCHES` batches of square records; a new one takes the place of the oldest every few draws."""

    def __init__(self, settings: Settings, run: Run, series: int = 0) -> None:
        self._settings = settings
        self._series = series
        side = settings.size.picture
        batches = min(_BATCHES, max(1, settings.records // BATCH))
        self.pictures = torch.empty((batches * BATCH, 3, side, side), dtype=torch.uint8)
        self._next = run.steps // _FRESH_EVERY
        self._draws = 0
        for place in range(batches):
            self._draw(place)
            run.tick(f"drew {(place + 1) * BATCH} of {len(self.pictures)} pictures")
        self._batches = batches

    def _draw(self, place: int) -> None:
        settings = self._settings
        drawn = draw_batch(
            self._next,
            side=settings.size.picture,
            shape="square",
            seed=settings.seed + self._series,
            device=settings.draws_on,
        )
        self.pictures[place * BATCH : (place + 1) * BATCH] = drawn.pictures.cpu()
        self._next += 1

    def crops(self, count: int, side: int) -> Tensor:
        """Random square crops, (count, 3, side, side) in -1..1 on the training device; half of the time mirrored."""
        self._draws += 1
        if self._draws % _FRESH_EVERY == 0:
            self._draw(self._draws // _FRESH_EVERY % self._batches)
        full = self._settings.size.picture
        rows = torch.randint(0, len(self.pictures), (count,))
        cut = torch.empty((count, 3, side, side), dtype=torch.uint8)
        for place, row in enumerate(rows.tolist()):
            top, left = (torch.randint(0, full - side + 1, (2,))).tolist()
            cut[place] = self.pictures[row, :, top : top + side, left : left + side]
        if torch.rand(()) < 0.5:
            cut = cut.flip(3)
        return to_unit(cut, self._settings)


def to_unit(pictures: Tensor, settings: Settings) -> Tensor:
    """Pictures (B, 3, H, W) uint8 as float in -1..1 on the training device, channels last."""
    unit = pictures.to(settings.machine.device).float() / 127.5 - 1
    return unit.contiguous(memory_format=torch.channels_last)
