"""A CLIP in open_clip's own format (Radford et al. 2021, arXiv:2103.00020), read from a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Self, cast

import numpy as np
import open_clip
import torch
import torch.nn.functional as functional
from torch import Tensor

from render.critics.base import Scores
from render.weights import EMBEDDED, check_safetensors, read_json
from show.errors import ArtistError
from show.frames import Pictures

FOLDER: Final = EMBEDDED / "critic"
"""The critic that stands beside the show."""
CONFIG: Final = "open_clip_config.json"
WEIGHTS: Final = "open_clip_model.safetensors"


class Clip:
    """Image and text tower of one folder."""

    def __init__(self, model: Any, tokenizer: Any, side: int, device: torch.device) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._side = side
        self._device = device

    @classmethod
    def load(cls, device: str = "cpu", folder: Path | None = None) -> Self:
        """Load a folder (FOLDER unless another is given) in open_clip's `local-dir` format.

        Raise ArtistError when something is missing or damaged.
        """
        folder = folder or FOLDER
        config = read_json(folder / CONFIG, "critic")
        if not (folder / WEIGHTS).is_file():
            raise ArtistError(f"critic: {folder} has no {WEIGHTS}; make it by `oriel train embedded --stage critic`")
        check_safetensors(folder / WEIGHTS, "critic")
        name = f"local-dir:{folder}"
        model = open_clip.create_model(name, precision="fp32", device=device).eval().requires_grad_(False)
        side = int(config["model_cfg"]["vision_cfg"]["image_size"])
        return cls(model, open_clip.get_tokenizer(name), side, torch.device(device))

    def score(self, pictures: Pictures, words: Sequence[str]) -> Scores:
        """How well pictures (N, H, W, 3) uint8 fit each of W phrases: (N, W) cosines, -1..1."""
        seen = self.see(torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2))
        return cast(Scores, (seen @ self.read(words).T).cpu().numpy())

    @torch.inference_mode()
    def see(self, pictures: Tensor) -> Tensor:
        """Unit vectors (N, D) float32 of pictures (N, 3, H, W) uint8, squashed to the critic's square."""
        size = (self._side, self._side)
        vectors = []
        for part in torch.split(pictures, 256):
            small = functional.interpolate(part.to(self._device).float(), size, mode="bilinear", antialias=True)
            vectors.append(self._model.encode_image(small / 127.5 - 1, normalize=True))
        return torch.cat(vectors).float()

    @torch.inference_mode()
    def read(self, words: Sequence[str]) -> Tensor:
        """Unit vectors (W, D) float32 of phrases."""
        parts = [list(words[at : at + 256]) for at in range(0, len(words), 256)]
        read = [self._model.encode_text(self._tokenizer(part).to(self._device), normalize=True) for part in parts]
        return torch.cat(read).float()


Critic = Clip
"""What the show file's `[critic]` loads."""
