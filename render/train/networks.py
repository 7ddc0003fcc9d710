"""The networks of the embedded model, in their shipped size and in a tiny one for tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from diffusers import AutoencoderTiny, DDPMScheduler, EulerDiscreteScheduler, UNet2DConditionModel
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel

LATENT_CHANNELS = 8
LATENT_SCALE = 8
WORD_WIDTH = 128
TOKENS = 24
VOCABULARY = 30522
PAD, BEGIN, END = 0, 101, 102
SCHEDULE: dict[str, Any] = {
    "num_train_timesteps": 1000,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "prediction_type": "v_prediction",
    "rescale_betas_zero_snr": True,
    "timestep_spacing": "trailing",
}


@dataclass(frozen=True)
class Size:
    """Widths of the networks and the width in pixels of the training pictures."""

    unet: tuple[int, int, int]
    norm_groups: int
    autoencoder: int
    picture: int


FULL = Size(unet=(64, 96, 160), norm_groups=16, autoencoder=32, picture=128)
TINY = Size(unet=(8, 16, 16), norm_groups=4, autoencoder=8, picture=64)


def make_unet(size: Size) -> Any:
    """UNet2DConditionModel: (B, 8, h, w) noisy latents, (B,) levels, (B, 24, 128) words -> velocity (B, 8, h, w)."""
    unet = UNet2DConditionModel(
        sample_size=size.picture // LATENT_SCALE,
        in_channels=LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        block_out_channels=size.unet,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        layers_per_block=1,
        cross_attention_dim=WORD_WIDTH,
        attention_head_dim=4,  # diffusers reads this as the number of heads
        norm_num_groups=size.norm_groups,
        use_linear_projection=True,
        # Pooled words also reach the time embedding: without them subjects are learned slowly.
        addition_embed_type="text",
        addition_embed_type_num_heads=4,
    )
    torch.nn.init.constant_(unet.add_embedding.norm2.weight, 0.3)  # full scale would drown the noise level at first
    return unet


def make_autoencoder(size: Size) -> Any:
    """AutoencoderTiny: pictures (B, 3, H, W) in -1..1 <-> latents (B, 8, H/8, W/8) of about unit variance."""
    return AutoencoderTiny(
        encoder_block_out_channels=(size.autoencoder,) * 4,
        decoder_block_out_channels=(size.autoencoder,) * 4,
        num_encoder_blocks=(0, 1, 2, 2),
        num_decoder_blocks=(3, 3, 2, 0),  # no block at full resolution: those three convolutions are the dearest
        latent_channels=LATENT_CHANNELS,
        scaling_factor=1.0,
    )


def make_text_encoder(table: Tensor) -> Any:
    """CLIPTextModel of two layers over a frozen word table (30522, 128)."""
    config = CLIPTextConfig(
        vocab_size=VOCABULARY,
        hidden_size=WORD_WIDTH,
        intermediate_size=384,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=TOKENS,
        hidden_act="gelu",
        projection_dim=WORD_WIDTH,
        bos_token_id=BEGIN,
        eos_token_id=END,
        pad_token_id=PAD,
    )
    model = CLIPTextModel(config)
    words = model.get_input_embeddings()
    words.weight.data.copy_(table)
    words.weight.requires_grad_(False)
    positions = text_body(model).embeddings.position_embedding
    torch.nn.init.normal_(positions.weight, std=0.1)
    return model


def text_body(model: Any) -> Any:
    """The transformer inside a CLIPTextModel, whose nesting differs between versions of transformers."""
    return getattr(model, "text_model", model)


def make_scheduler() -> Any:
    """The sampler that ships: Euler with trailing steps, so that one step starts from pure noise."""
    # Trailing steps ignore the offset; the stock pipeline wants to see 1.
    return EulerDiscreteScheduler(**SCHEDULE, steps_offset=1)


def noise_levels(device: torch.device) -> tuple[Tensor, Tensor]:
    """Share of picture and of noise at each of the 1000 levels, two (1000,); at 999 the picture's is 0."""
    kept = {key: value for key, value in SCHEDULE.items() if key not in ("prediction_type", "timestep_spacing")}
    power = DDPMScheduler(**kept).alphas_cumprod.float().to(device)
    return power.sqrt(), (1 - power).sqrt()


def freeze(module: Any) -> Any:
    """`module` in evaluation mode and without gradients."""
    module.eval()
    module.requires_grad_(False)
    return module
