"""The embedded model's fast way from latents to pictures; the folder's `vae` stays the stock one.

AutoencoderTiny computes at every size between latents and picture, and the largest sizes cost the most. Here all work
is done at the latents' own size and at a quarter of the picture's; the rest is a rearrangement of channels into pixels
(sub-pixel convolution, Shi et al. 2016, arXiv:1609.05158).
"""

from __future__ import annotations

from typing import Any, cast

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn

_SHUFFLE = 4


class _Residual(nn.Module):
    """Two convolutions beside a bypass."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return x + cast(Tensor, self.second(torch.relu(self.first(torch.relu(x)))))


def _spread(inside: int, outside: int) -> nn.Conv2d:
    """A convolution before a rearrangement that starts without a checkerboard: all pixels of a block begin alike."""
    layer = nn.Conv2d(inside, outside * _SHUFFLE**2, 3, padding=1)
    with torch.no_grad():
        layer.weight.copy_(layer.weight[:: _SHUFFLE**2].repeat_interleave(_SHUFFLE**2, 0))
        nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
    return layer


class SubPixelDecoder(ModelMixin, ConfigMixin):  # type: ignore[misc]
    """Latents (B, C, h, w) -> pictures (B, 3, 16 h, 16 w), about -1..1."""

    @register_to_config  # type: ignore[untyped-decorator]
    def __init__(
        self, latent_channels: int = 16, deep: int = 160, deep_blocks: int = 4, wide: int = 48, wide_blocks: int = 2
    ) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(latent_channels, deep, 3, padding=1),
            *[_Residual(deep) for _ in range(deep_blocks)],
            _spread(deep, wide),
            nn.PixelShuffle(_SHUFFLE),
            *[_Residual(wide) for _ in range(wide_blocks)],
            _spread(wide, 3),
            nn.PixelShuffle(_SHUFFLE),
        )

    def forward(self, latents: Tensor) -> Tensor:
        """Pictures of latents."""
        # The same soft bound that the stock decoder puts on its latents: a burnt one stays a picture.
        return cast(Tensor, self.net(torch.tanh(latents / 3) * 3))


def load_decoder(folder: str, **options: Any) -> SubPixelDecoder:
    """The decoder in `folder` (config.json and safetensors), never from a network."""
    return cast(SubPixelDecoder, SubPixelDecoder.from_pretrained(folder, local_files_only=True, **options))
