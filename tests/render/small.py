"""A small Stable-Diffusion-shaped folder with random weights, and snapshots to paint it from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from show.parameter import Value
from show.snapshot import Phrase, Region, Snapshot

CHANNELS = 4
WIDTH, HEIGHT = 64, 96
SCHEDULERS: dict[str, dict[str, Any]] = {
    "v_prediction": {
        "_class_name": "EulerDiscreteScheduler",
        "prediction_type": "v_prediction",
        "rescale_betas_zero_snr": True,
    },
    "epsilon": {"_class_name": "DDIMScheduler", "prediction_type": "epsilon"},
}
_COMMON = {
    "num_train_timesteps": 1000,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "timestep_spacing": "trailing",
}


def build(folder: Path, prediction: str = "v_prediction", **unet: Any) -> Path:
    """Write the model and return its folder; `unet` changes the UNet's configuration."""
    import torch
    from diffusers import AutoencoderTiny, UNet2DConditionModel

    torch.manual_seed(7)
    shape: dict[str, Any] = {
        "sample_size": 8,
        "in_channels": CHANNELS,
        "out_channels": CHANNELS,
        "block_out_channels": (16, 32),
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
        "layers_per_block": 1,
        "cross_attention_dim": 32,
        "attention_head_dim": 2,
        "norm_num_groups": 8,
        "use_linear_projection": True,
    }
    UNet2DConditionModel(**(shape | unet)).save_pretrained(folder / "unet")
    AutoencoderTiny(
        encoder_block_out_channels=(8,) * 4,
        decoder_block_out_channels=(8,) * 4,
        num_encoder_blocks=(0, 1, 1, 1),
        num_decoder_blocks=(1, 1, 1, 0),
        latent_channels=CHANNELS,
    ).save_pretrained(folder / "vae")
    write_words(folder)
    (folder / "scheduler").mkdir()
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(_COMMON | SCHEDULERS[prediction]))
    return folder


def write_words(folder: Path) -> None:
    """Write the text encoder and a byte-level CLIP tokenizer that knows every letter of every script."""
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    letters = list(bytes_to_unicode().values())
    tokens = [*letters, *(letter + "</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({token: k for k, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=24)
    tokenizer.save_pretrained(folder / "tokenizer")
    config = CLIPTextConfig(
        vocab_size=len(tokens),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=24,
        bos_token_id=len(tokens) - 2,
        eos_token_id=len(tokens) - 1,
        pad_token_id=len(tokens) - 1,
    )
    CLIPTextModel(config).save_pretrained(folder / "text_encoder")


def region(name: str = "left", words: str = "a red boat", **changes: Any) -> Region:
    """Return a region at rest, with `changes`."""
    given: dict[str, Any] = {
        "name": name,
        "words_a": (Phrase(words),),
        "words_b": (),
        "mix": 0.0,
        "seed_a": 1,
        "seed_b": 2,
        "seed_mix": 0.0,
        "zoom": 1.0,
        "angle": 0.0,
        "x": 0.0,
        "y": 0.0,
    }
    return Region(**(given | changes))


def snapshot(
    *regions: Region, id: int = 1, life: float = 0.0, values: dict[str, Value] | None = None, **changes: Any
) -> Snapshot:
    """Return a playing snapshot of the regions (three by default)."""
    given: dict[str, Any] = {
        "id": id,
        "t": life,
        "life": life,
        "stamp_ns": 1000 + id,
        "origin_ns": 500 + id,
        "playing": "playing",
        "scene": 0,
        "scene_name": "one",
        "regions": regions or (region("left"), region("centre", seed_a=3), region("right", seed_a=5)),
        "values": values or {},
        "caption": "",
        "narration": "",
        "acks": {},
    }
    return Snapshot(**(given | changes))
