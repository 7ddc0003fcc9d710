"""Folders of public architectures with random weights: speed is measured without fetching or licensing any model.

`python -m render.bench.random_model sd-turbo FOLDER [--narrow]`. The shapes are those of the published configurations
(stabilityai/sd-turbo, stabilityai/sdxl-turbo, runwayml/stable-diffusion-v1-5 and, for "sd15-lcm", one of its distilled
descendants that are told their guidance; madebyollin/taesd as the autoencoder). That of "sdxs" is a guess from its
paper's 0.32 billion weights (arXiv 2403.16627). `--narrow` keeps every block and layer and makes all a tenth as wide,
for a CPU.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import torch

from show.errors import OrielError, told

_BETAS: Final[dict[str, Any]] = {
    "num_train_timesteps": 1000,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "prediction_type": "epsilon",
    "timestep_spacing": "trailing",
    "steps_offset": 1,
}
_SCHEDULERS: Final[dict[str, dict[str, Any]]] = {
    "sd-turbo": {"_class_name": "EulerDiscreteScheduler"},
    "sdxl-turbo": {"_class_name": "EulerAncestralDiscreteScheduler"},
    "sd15": {"_class_name": "PNDMScheduler", "timestep_spacing": "leading", "skip_prk_steps": True},
    "sd15-lcm": {"_class_name": "LCMScheduler", "original_inference_steps": 50},
    "sdxs": {"_class_name": "EulerDiscreteScheduler"},
}
NAMES: Final = tuple(_SCHEDULERS)


def unet_config(name: str, *, narrow: bool) -> dict[str, Any]:
    """Return the UNet's configuration."""
    widths = (32, 64, 128, 128) if narrow else (320, 640, 1280, 1280)
    heads = [1, 2, 4, 4] if narrow else [5, 10, 20, 20]
    config: dict[str, Any] = {"sample_size": 64, "norm_num_groups": 32, "layers_per_block": 2}
    if name.startswith("sd15"):
        return config | {
            "block_out_channels": widths, "attention_head_dim": 2 if narrow else 8,
            "cross_attention_dim": _wide(768, narrow), "time_cond_proj_dim": 256 if name == "sd15-lcm" else None,
        }  # fmt: skip
    config["use_linear_projection"] = True
    if name == "sd-turbo":
        return config | {
            "block_out_channels": widths, "attention_head_dim": heads, "cross_attention_dim": _wide(1024, narrow),
        }  # fmt: skip
    if name == "sdxs":
        return config | {
            "block_out_channels": widths[:3], "attention_head_dim": heads[:3], "layers_per_block": 1,
            "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
            "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"), "mid_block_type": None,
            "cross_attention_dim": _wide(1024, narrow),
        }  # fmt: skip
    pooled = _wide(1280, narrow)
    return config | {
        "block_out_channels": widths[:3],
        "attention_head_dim": heads[:3],
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        "transformer_layers_per_block": [1, 2, 10],
        "cross_attention_dim": _wide(768, narrow) + pooled,
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 256,
        "projection_class_embeddings_input_dim": pooled + 6 * 256,
    }


def _wide(width: int, narrow: bool) -> int:
    return width // 16 if narrow else width


def build(name: str, folder: Path, *, narrow: bool = False, device: str = "cpu") -> Path:
    """Write the folder of a model and return it; networks are made on `device` and kept in half precision."""
    from diffusers import AutoencoderTiny, UNet2DConditionModel

    if name not in NAMES:
        raise OrielError(f"no architecture {name!r}; expected one of {', '.join(NAMES)}")
    torch.manual_seed(7)
    tiny = {"encoder_block_out_channels": (8,) * 4, "decoder_block_out_channels": (8,) * 4} if narrow else {}
    with torch.device(device):
        networks = {"unet": UNet2DConditionModel(**unet_config(name, narrow=narrow)), "vae": AutoencoderTiny(**tiny)}
    for part, network in networks.items():
        network.half().save_pretrained(folder / part)
    towers = [(1024, 16, 23)] if name in ("sd-turbo", "sdxs") else [(768, 12, 12)]
    if name == "sdxl-turbo":
        towers.append((1280, 20, 32))
    for number, (width, heads, layers) in enumerate(towers):
        ending = "" if number == 0 else "_2"
        _tower(folder, ending, _wide(width, narrow), 2 if narrow else heads, 2 if narrow else layers, device)
    (folder / "scheduler").mkdir(exist_ok=True)
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(_BETAS | _SCHEDULERS[name]))
    return folder


def _tower(folder: Path, ending: str, width: int, heads: int, layers: int, device: str) -> None:
    """Write a CLIP text encoder of CLIP's length, and a tokenizer of single letters in place of CLIP's vocabulary."""
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    letters = list(bytes_to_unicode().values())
    tokens = [*letters, *(letter + "</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    place = folder / f"tokenizer{ending}"
    place.mkdir(parents=True, exist_ok=True)
    (place / "vocab.json").write_text(json.dumps({token: k for k, token in enumerate(tokens)}))
    (place / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = CLIPTokenizer(str(place / "vocab.json"), str(place / "merges.txt"), model_max_length=77)
    tokenizer.save_pretrained(place)
    config = CLIPTextConfig(
        vocab_size=len(tokens), hidden_size=width, intermediate_size=4 * width, num_hidden_layers=layers,
        num_attention_heads=heads, max_position_embeddings=77, projection_dim=width, bos_token_id=len(tokens) - 2,
        eos_token_id=len(tokens) - 1, pad_token_id=len(tokens) - 1,
    )  # fmt: skip
    kind = CLIPTextModelWithProjection if ending else CLIPTextModel
    with torch.device(device):
        encoder = kind(config)
    encoder.half().save_pretrained(folder / f"text_encoder{ending}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the folder that the command line names."""
    parser = argparse.ArgumentParser("python -m render.bench.random_model", description=__doc__)
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--narrow", action="store_true")
    args = parser.parse_args(arguments)
    print(build(args.name, args.folder, narrow=args.narrow, device="cuda" if torch.cuda.is_available() else "cpu"))


if __name__ == "__main__":
    sys.exit(told(main))
