"""The networks of the embedded model, in their shipped size and in a tiny one for tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from diffusers import AutoencoderTiny, DDPMScheduler, EulerDiscreteScheduler, UNet2DConditionModel
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel

from render.decoder import SubPixelDecoder

LATENT_CHANNELS = 16
LATENT_SCALE = 16
WORD_WIDTH = 128
TOKENS = 32
SPECIAL = ("[PAD]", "[UNK]", "[MASK]", "[CLS]", "[SEP]")
"""The first tokens; the end mark is not number 2, which transformers reads as a sign of an old fault in CLIP."""
PAD, BEGIN, END = 0, 3, 4
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
    """Widths of the networks (`decoder`: deep, wide), and the shorter side in pixels of the training pictures."""

    unet: tuple[int, int]
    norm_groups: int
    encoder: int
    stock_decoder: int
    decoder: tuple[int, int]
    picture: int


FULL = Size(unet=(128, 176), norm_groups=16, encoder=48, stock_decoder=32, decoder=(160, 48), picture=256)
TINY = Size(unet=(8, 16), norm_groups=4, encoder=8, stock_decoder=8, decoder=(16, 8), picture=64)


def make_unet(size: Size) -> Any:
    """UNet2DConditionModel: (B, 16, h, w) noisy latents, (B,) levels, (B, 32, 128) words -> velocity (B, 16, h, w).

    Two levels, and attention at the lower one alone: on a CPU the number of operators costs more than their size.
    """
    unet = UNet2DConditionModel(
        sample_size=size.picture // LATENT_SCALE,
        in_channels=LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        block_out_channels=size.unet,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
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
    """AutoencoderTiny: pictures (B, 3, H, W) in -1..1 <-> latents (B, 16, H/16, W/16) of about unit variance."""
    return AutoencoderTiny(
        encoder_block_out_channels=(size.encoder,) * 5,
        decoder_block_out_channels=(size.stock_decoder,) * 5,
        num_encoder_blocks=(0, 0, 1, 2, 3),
        num_decoder_blocks=(3, 3, 2, 1, 0),  # no block at full resolution: those three convolutions are the dearest
        latent_channels=LATENT_CHANNELS,
        scaling_factor=1.0,
    )


def make_decoder(size: Size) -> SubPixelDecoder:
    """The fast way from latents to pictures that the wall is painted with."""
    deep, wide = size.decoder
    decoder: SubPixelDecoder = SubPixelDecoder(latent_channels=LATENT_CHANNELS, deep=deep, wide=wide)
    return decoder


def make_text_encoder(table: Tensor) -> Any:
    """CLIPTextModel of two layers over a frozen word table (pieces, 128)."""
    config = CLIPTextConfig(
        vocab_size=len(table),
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
