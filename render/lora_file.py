"""LoRA files: which layers of which networks they change, whoever wrote them.

A LoRA (arXiv 2106.09685) adds `scale * up @ down` to a layer's weights. Files name layers in three ways, all read here:

- diffusers and PEFT: `unet.down_blocks.0...to_q.lora_A.weight`, `...to_q.lora.down.weight`,
  `...processor.to_q_lora.down`
- kohya: `lora_unet_down_blocks_0_..._to_q.lora_down.weight` with an `.alpha` beside it
- kohya for SDXL: the same with the block names of the first release, `lora_unet_input_blocks_4_1_...`

Names are not translated but looked up: every layer of the loaded networks is entered under all its names, so that a
file for another model is told apart instead of having no effect.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import torch
from safetensors import safe_open
from torch import Tensor, nn

from render.weights import check_safetensors
from show.errors import ArtistError

Networks = Mapping[str, nn.Module]
"""The networks that a LoRA may change: "unet", "text_encoder", "text_encoder_2"."""


class Place(NamedTuple):
    """A layer that a LoRA may change: the network's name, the layer's name in it, and its weight's shape."""

    network: str
    layer: str
    shape: tuple[int, ...]


Known = Mapping[str, Place]
"""Layers by every name that a file may give them."""

_SIDES: Final = {
    "lora_down.weight": "down", "lora_up.weight": "up", "lora_A.weight": "down", "lora_B.weight": "up",
    "lora.down.weight": "down", "lora.up.weight": "up", "lora_linear_layer.down.weight": "down",
    "lora_linear_layer.up.weight": "up", "lora_A.default.weight": "down", "lora_B.default.weight": "up",
    "alpha": "alpha",
}  # fmt: skip
_OTHERS: Final = {
    "hada_w1_a": "LoHa", "lokr_w1": "LoKr", "lokr_w1_a": "LoKr", "dora_scale": "DoRA", "oft_blocks": "OFT",
    "lora_magnitude_vector.weight": "DoRA", "lora_mid.weight": "LoCon with a Tucker core",
}  # fmt: skip
_KOHYA: Final = {"unet": ("lora_unet",), "text_encoder": ("lora_te", "lora_te1"), "text_encoder_2": ("lora_te2",)}
_OLD: Final = re.compile(r"\.processor\.(to_q|to_k|to_v|to_out)_lora\.(down|up)\.weight$")


@dataclass(frozen=True, eq=False)
class LowRank:
    """What one layer is changed by: `down` (R, I) or (R, I, k, k), `up` (O, R) or (O, R, 1, 1), its factor inside."""

    down: Tensor
    up: Tensor

    @property
    def rank(self) -> int:
        """Numbers in the middle."""
        return len(self.down)


@dataclass(frozen=True, eq=False)
class Lora:
    """A file's changes by network and layer name; `strange` counts layers that the networks do not have."""

    layers: dict[str, dict[str, LowRank]]
    strange: int = 0

    def to(self, device: torch.device, dtype: torch.dtype) -> Lora:
        """Return it on a device."""
        moved = {
            network: {
                name: LowRank(low.down.to(device, dtype), low.up.to(device, dtype)) for name, low in found.items()
            }
            for network, found in self.layers.items()
        }
        return Lora(moved, self.strange)


def read_lora(path: Path, known: Known, owner: str) -> Lora:
    """Return the LoRA of a safetensors file for networks with these layers, on the CPU; raise ArtistError."""
    check_safetensors(path, owner)
    with safe_open(path, "pt") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118  (it is no mapping)
        alphas = _peft_alphas(file.metadata() or {})
    found: dict[str, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        layer, side = _split(key, owner)
        found.setdefault(layer, {})[side] = tensor
    layers: dict[str, dict[str, LowRank]] = {}
    strange = []
    for layer, sides in found.items():
        place = known.get(layer) or known.get(layer.removeprefix("base_model.model."))
        if place is None:
            strange.append(layer)
            continue
        low = _fitted(_low_rank(sides, alphas, layer, owner), place.shape, layer, owner)
        layers.setdefault(place.network, {})[place.layer] = low
    if not layers:
        raise ArtistError(f"{owner}: {path.name} is for another kind of model: it has no layer {(strange or ['?'])[0]}")
    return Lora(layers, len(strange))


def merge(lora: Lora, networks: Networks, scale: float = 1.0) -> None:
    """Add a LoRA to the weights of networks, for good."""
    with torch.no_grad():
        for network, found in lora.layers.items():
            for name, low in found.items():
                weight: Any = networks[network].get_submodule(name).weight
                added = low.up.float().flatten(1) @ low.down.float().flatten(1) * scale
                weight.copy_((weight.float() + added.reshape(weight.shape).to(weight.device)).to(weight.dtype))


def _split(key: str, owner: str) -> tuple[str, str]:
    """Return the layer's name in the file, and "down", "up" or "alpha"; raise ArtistError for another method."""
    old = _OLD.search(key)
    if old:
        layer = key[: old.start()] + "." + old[1]
        return (f"{layer}.0" if old[1] == "to_out" else layer), old[2]
    for ending, side in _SIDES.items():
        if key.endswith("." + ending):
            return key[: -len(ending) - 1], side
    for ending, method in _OTHERS.items():
        if key.endswith("." + ending):
            raise ArtistError(f"{owner}: it is a {method}, which this artist does not know; expected a plain LoRA")
    raise ArtistError(
        f"{owner}: {key[:100]!r} is no part of a LoRA; expected names that end in lora_down.weight and such"
    )


def _low_rank(sides: dict[str, Tensor], alphas: Mapping[str, float], layer: str, owner: str) -> LowRank:
    if "down" not in sides or "up" not in sides:
        raise ArtistError(f"{owner}: of {layer} one half is missing; expected a down and an up part")
    down, up = sides["down"].float(), sides["up"].float()
    rank = len(down)
    alpha = float(sides["alpha"]) if "alpha" in sides else alphas.get(layer, alphas.get("", float(rank)))
    # The root of the factor on either side keeps both halves in the range of half precision.
    factor = abs(alpha / rank) ** 0.5
    return LowRank(down * factor, up * (factor if alpha >= 0 else -factor))


def _fitted(low: LowRank, shape: tuple[int, ...], layer: str, owner: str) -> LowRank:
    """Return it with as many axes as the layer's weight has; raise ArtistError when it does not fit."""
    down, up = low.down, low.up
    if len(shape) == 2 and down.ndim == 4 and down.shape[2:] == (1, 1):
        down, up = down.flatten(1), up.flatten(1)
    elif len(shape) == 4 and down.ndim == 2:
        down, up = down[..., None, None], up[..., None, None]
    made = (len(up), *down.shape[1:])
    if made != shape or up.shape[1] != len(down):
        wanted = "x".join(map(str, shape))
        raise ArtistError(f"{owner}: {layer} is {'x'.join(map(str, made))}, but the model's layer is {wanted}")
    return LowRank(down, up)


def _peft_alphas(metadata: Mapping[str, str]) -> dict[str, float]:
    """Return the alphas that PEFT keeps beside the tensors: "" for all, layer names for some."""
    try:
        config = json.loads(metadata.get("lora_adapter_metadata", "{}"))
    except ValueError:
        return {}
    found: dict[str, float] = {}
    for key, value in config.items() if isinstance(config, dict) else ():
        if key.endswith("lora_alpha") and isinstance(value, int | float):
            found[""] = float(value)
        elif key.endswith("alpha_pattern") and isinstance(value, dict):
            prefix = key.removesuffix("alpha_pattern")
            found |= {prefix + layer: float(alpha) for layer, alpha in value.items()}
    return found


def known_layers(networks: Networks) -> dict[str, Place]:
    """Return the layers of networks that no LoRA has changed yet by every name that a file may give them."""
    names: dict[str, Place] = {}
    for network, module in networks.items():
        first = first_release_names(module) if network == "unet" else {}
        for name, layer in module.named_modules():
            if not isinstance(layer, nn.Linear | nn.Conv2d):
                continue
            place = Place(network, name, tuple(layer.weight.shape))
            bare = name.removeprefix("text_model.")
            dotted = [name] if network == "unet" else [bare, f"text_model.{bare}"]
            for way in dotted:
                names[f"{network}.{way}"] = place
                for prefix in _KOHYA[network]:
                    names[f"{prefix}_{way.replace('.', '_')}"] = place
            if network == "unet":
                names.setdefault(name, place)
                if name in first:
                    names[f"lora_unet_{first[name].replace('.', '_')}"] = place
    return names


_RESNET: Final = {
    "norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1", "norm2": "out_layers.0",
    "conv2": "out_layers.3", "conv_shortcut": "skip_connection",
}  # fmt: skip
_TOP: Final = {
    "conv_in": "input_blocks.0.0", "conv_out": "out.2", "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2", "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
}  # fmt: skip
_PART: Final = re.compile(
    r"^(?:(down|up)_blocks\.(\d+)|mid_block)\.(resnets|attentions|downsamplers|upsamplers)\.(\d+)\.(.+)$"
)


def first_release_names(unet: nn.Module) -> dict[str, str]:
    """Return the names that the layers of a UNet had in Stable Diffusion's first release, by their names here.

    There blocks are numbered through: level `i` with `n` resnets has blocks `1 + i (n + 1)` and on going down, `i (n +
    1)` and on going up; inside a block the resnet comes first, then the attention, then the upsampler.
    """
    config: Any = unet.config
    each = config.layers_per_block if isinstance(config.layers_per_block, int) else config.layers_per_block[0]
    attends = [["CrossAttn" in kind for kind in kinds] for kinds in (config.down_block_types, config.up_block_types)]
    found = {}
    for name, _ in unet.named_modules():
        if name in _TOP:
            found[name] = _TOP[name]
            continue
        match = _PART.match(name)
        if not match:
            continue
        side, level, kind, number, rest = match[1], int(match[2] or 0), match[3], int(match[4]), match[5]
        block = level * (each + 1) + number
        inside = _RESNET.get(rest) if kind == "resnets" else rest
        if side is None:
            place = {"resnets": 2 * number, "attentions": 1}.get(kind)
            found[name] = f"middle_block.{place}.{inside}"
        elif kind == "downsamplers":
            found[name] = f"input_blocks.{(level + 1) * (each + 1)}.0.op"
        elif kind == "upsamplers":
            found[name] = f"output_blocks.{block + each}.{1 + attends[1][level]}.conv"
        else:
            blocks = f"input_blocks.{1 + block}" if side == "down" else f"output_blocks.{block}"
            found[name] = f"{blocks}.{0 if kind == 'resnets' else 1}.{inside}"
    return found
