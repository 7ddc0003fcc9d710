"""LoRA files with random numbers, written the ways that tools write them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import torch
from safetensors.torch import save_file
from torch import Tensor, nn


class Halves(NamedTuple):
    """The two halves of one layer's change, and the alpha that a file may state (None: the rank)."""

    down: Tensor
    up: Tensor
    alpha: float | None = None

    @property
    def change(self) -> Tensor:
        """What is added to the layer's weight (O, ...)."""
        factor = 1.0 if self.alpha is None else self.alpha / len(self.down)
        return factor * (self.up.flatten(1) @ self.down.flatten(1)).reshape(len(self.up), *self.down.shape[1:])


Changes = Mapping[str, Halves]
"""Changes by the layer's name in its network."""


def changes(network: nn.Module, layers: Iterable[str], rank: int = 3, size: float = 0.3, seed: int = 5) -> Changes:
    """Return random changes of layers whose names end so."""
    generator = torch.Generator().manual_seed(seed)
    found, endings = {}, tuple(layers)
    for name, layer in network.named_modules():
        weight = getattr(layer, "weight", None)
        if not isinstance(weight, Tensor) or not name.endswith(endings) or weight.ndim not in (2, 4):
            continue
        down = torch.randn(rank, *weight.shape[1:], generator=generator) / weight[0].numel() ** 0.5
        up = torch.randn(len(weight), rank, *(1,) * (weight.ndim - 2), generator=generator) * size
        found[name] = Halves(down, up)
    assert found
    return found


def peft(found: Changes, network: str = "unet") -> dict[str, Tensor]:
    """As diffusers and PEFT write them today."""
    return _written(found, lambda name: f"{network}.{name}", "lora_A.weight", "lora_B.weight")


def diffusers(found: Changes, network: str = "unet") -> dict[str, Tensor]:
    """As diffusers wrote them before PEFT."""
    return _written(found, lambda name: f"{network}.{name}", "lora.down.weight", "lora.up.weight")


def kohya(found: Changes, network: str = "lora_unet") -> dict[str, Tensor]:
    """As kohya's scripts write them: with underscores, and an alpha."""
    return _written(
        found, lambda name: f"{network}_{name.replace('.', '_')}", "lora_down.weight", "lora_up.weight", alpha=True
    )


def first_release(found: Changes, names: Mapping[str, str]) -> dict[str, Tensor]:
    """As kohya's scripts write them for SDXL: under the names of the first release."""
    return kohya({names[name]: halves for name, halves in found.items()})


def processors(found: Changes) -> dict[str, Tensor]:
    """As the first files of diffusers had them: on the attention's processor."""
    made = {}
    for name, halves in found.items():
        attention, _, side = name.removesuffix(".0").rpartition(".")
        for half, tensor in (("down", halves.down), ("up", halves.up)):
            made[f"unet.{attention}.processor.{side}_lora.{half}.weight"] = tensor
    return made


def _written(
    found: Changes, named: Callable[[str], str], down: str, up: str, *, alpha: bool = False
) -> dict[str, Tensor]:
    made = {}
    for name, halves in found.items():
        made[f"{named(name)}.{down}"] = halves.down
        made[f"{named(name)}.{up}"] = halves.up
        if alpha:
            made[f"{named(name)}.alpha"] = torch.tensor(halves.alpha or float(len(halves.down)))
    return made


def save(tensors: Mapping[str, Tensor], path: Path) -> Path:
    """Write a file and return its path."""
    save_file({name: tensor.contiguous().clone() for name, tensor in tensors.items()}, path)
    return path


ATTENTION: Final = ("to_q", "to_k", "to_v", "to_out.0")
