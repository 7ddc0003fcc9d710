"""Contact sheets: grids of pictures as PNG files, to look at while training runs."""

from __future__ import annotations

from pathlib import Path

import torch
from PIL import Image
from torch import Tensor


def save_sheet(pictures: Tensor, columns: int, path: Path) -> None:
    """Write pictures (N, 3, H, W) in -1..1 as a grid of `columns`; an incomplete last row is left out."""
    rows = [torch.cat(list(row), 2) for row in torch.split(pictures, columns) if len(row) == columns]
    grid = ((torch.cat(rows, 1).float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    Image.fromarray(grid.permute(1, 2, 0).cpu().numpy()).save(path)
