"""Attention whose words come as keys and values that were projected beforehand, once per phrase.

The projections `to_k` and `to_v` of a Stable-Diffusion-shaped UNet have no bias, so keys and values of mixed words are
the mixed keys and values of the words: a walk between prompts costs one weighted sum instead of two products of
matrices per layer. Those of all layers lie side by side in one tensor (N, T, W), the UNet's `encoder_hidden_states`,
of which every layer reads its own columns:

    keys of layer 0 | values of layer 0 | keys of layer 1 | ... | what a UNet that adds words to its clock pools

Negative attention (NAG, arXiv 2505.21179) attends to unwanted words beside the wanted ones and leans away from what it
found there, inside every layer.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final, NamedTuple, cast

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

NAG_TAU: Final = 2.5
NAG_ALPHA: Final = 0.5
"""How long (as a multiple, in the sum of absolutes) and how new what NAG makes of an attention's result may be."""

Project = Callable[[str, nn.Module, Tensor], Tensor]
"""A layer `to_k` or `to_v` by name and embeddings (M, T, D) to keys or values (M, T, I)."""


class Lean(NamedTuple):
    """How to lean away from words: their keys and values `packed` (N, T, W), their tokens' `presence` (N, T) as
    logarithms or None, and by how much, `amount` (N, 1, 1), 0 for not at all."""

    packed: Tensor
    presence: Tensor | None
    amount: Tensor


def lean_away(
    wanted: Tensor, unwanted: Tensor, amount: Tensor, tau: float = NAG_TAU, alpha: float = NAG_ALPHA
) -> Tensor:
    """Return the attention (N, S, I) that NAG makes of those to wanted and unwanted words: equations 7 to 9."""
    away = wanted + amount * (wanted - unwanted)
    ratio = away.abs().sum(-1, keepdim=True) / wanted.abs().sum(-1, keepdim=True).clamp_min(1e-6)
    bounded = away * (ratio.clamp_max(tau) / ratio.clamp_min(1e-6))
    # Where nothing is unwanted the result must be what it would be without: exactly, not nearly.
    return torch.where(amount == 0, wanted, torch.lerp(wanted, bounded, alpha))


class SelfAttention:
    """Attention of a picture to itself; knows of words only that it is given them too."""

    def __call__(
        self,
        attn: Any,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,  # noqa: ARG002
        attention_mask: Tensor | None = None,  # noqa: ARG002
        temb: Tensor | None = None,  # noqa: ARG002
        presence: Tensor | None = None,  # noqa: ARG002
        lean: Lean | None = None,  # noqa: ARG002
    ) -> Tensor:
        """Return what the layer makes of `hidden_states` (N, S, C)."""
        key, value = attn.to_k(hidden_states), attn.to_v(hidden_states)
        return _out(attn, _attend(attn, attn.to_q(hidden_states), key, value, None))


class WordAttention:
    """Attention of a picture to words whose keys and values lie from column `first` of the packed tensor on."""

    def __init__(self, first: int, width: int) -> None:
        self._key = slice(first, first + width)
        self._value = slice(first + width, first + 2 * width)

    def __call__(
        self,
        attn: Any,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor,
        attention_mask: Tensor | None = None,  # noqa: ARG002
        temb: Tensor | None = None,  # noqa: ARG002
        presence: Tensor | None = None,
        lean: Lean | None = None,
    ) -> Tensor:
        """Return what the layer makes of `hidden_states` (N, S, C) and packed words (N, T, W)."""
        query = attn.to_q(hidden_states)
        found = self._of(attn, query, encoder_hidden_states, presence)
        if lean is not None:
            found = lean_away(found, self._of(attn, query, lean.packed, lean.presence), lean.amount)
        return _out(attn, found)

    def _of(self, attn: Any, query: Tensor, packed: Tensor, presence: Tensor | None) -> Tensor:
        return _attend(attn, query, packed[..., self._key], packed[..., self._value], presence)


def _attend(attn: Any, query: Tensor, key: Tensor, value: Tensor, presence: Tensor | None) -> Tensor:
    """Return scaled dot-product attention (N, S, I); `presence` (N, T) is added to every token's logarithm."""
    heads = int(attn.heads)
    parts = [torch.unflatten(part, -1, (heads, -1)).transpose(1, 2) for part in (query, key, value)]
    mask = None if presence is None else presence[:, None, None, :].to(query.dtype)
    found = functional.scaled_dot_product_attention(parts[0], parts[1], parts[2], attn_mask=mask)
    return found.transpose(1, 2).flatten(2)


def _out(attn: Any, found: Tensor) -> Tensor:
    return cast(Tensor, attn.to_out[0](found) / attn.rescale_output_factor)


class Pooled(nn.Module):
    """A UNet's text pooling, fed from the packed words: chunk by chunk, averaged by how present each is.

    Columns from `first` on are the embeddings, and last how present the token is, 0..1.
    """

    def __init__(self, inner: nn.Module, first: int, chunk: int) -> None:
        super().__init__()
        self.inner = inner
        self._first = first
        self._chunk = chunk

    def forward(self, packed: Tensor) -> Tensor:
        """Return the pooled words (N, E) of packed ones (N, T, W)."""
        words = packed[..., self._first : -1]
        if words.shape[1] <= self._chunk:
            return cast(Tensor, self.inner(words))
        chunks = torch.unflatten(words, 1, (-1, self._chunk))
        present = torch.unflatten(packed[..., -1], 1, (-1, self._chunk))[..., :1]
        pooled = torch.unflatten(self.inner(chunks.flatten(0, 1)), 0, chunks.shape[:2])
        return (pooled * present).sum(1) / present.sum(1)


class WordLayers:
    """All layers of a UNet that attend to words, made to read packed keys and values.

    Raises ValueError for a UNet whose attention is not that of Stable Diffusion.
    """

    def __init__(self, unet: Any, chunk: int) -> None:
        self._layers: list[Any] = []
        self.names: list[str] = []
        processors: dict[str, Any] = {}
        self.width = 0
        for name, attn in _attentions(unet):
            own = SelfAttention() if not attn.is_cross_attention else WordAttention(self.width, attn.to_k.out_features)
            processors[f"{name}.processor"] = own
            if attn.is_cross_attention:
                self._layers.append(attn)
                self.names.append(name)
                self.width += 2 * int(attn.to_k.out_features)
        self.adds = unet.config.addition_embed_type == "text"
        if self.adds:
            unet.add_embedding = Pooled(unet.add_embedding, self.width, chunk)
            self.width += int(unet.config.cross_attention_dim) + 1
        unet.set_attn_processor(processors)
        self._projections = {f"{name}.{side}" for name in self.names for side in ("to_k", "to_v")}

    def projects(self, layer: str) -> bool:
        """Say whether a layer of the UNet is one of the projections."""
        return layer in self._projections

    def pack(self, words: Tensor, project: Project | None = None) -> Tensor:
        """Return packed words (M, T, W) of embeddings (M, T, D); `project` applies a layer, by itself if left out."""
        apply = project or _plainly
        parts = [
            apply(f"{name}.{side}", getattr(attn, side), words)
            for name, attn in zip(self.names, self._layers, strict=True)
            for side in ("to_k", "to_v")
        ]
        return torch.cat([*parts, words, torch.ones_like(words[..., :1])] if self.adds else parts, -1)


def _plainly(_name: str, layer: nn.Module, words: Tensor) -> Tensor:
    return cast(Tensor, layer(words))


def _attentions(unet: Any) -> list[tuple[str, Any]]:
    found = []
    for name, module in unet.named_modules():
        if not hasattr(module, "set_processor"):
            continue
        strange = (
            module.group_norm is not None
            or module.spatial_norm is not None
            or module.norm_q is not None
            or module.norm_k is not None
            or module.norm_cross
            or module.residual_connection
            or module.added_kv_proj_dim is not None
            or module.to_k is None
            or (module.is_cross_attention and (module.to_k.bias is not None or module.to_v.bias is not None))
        )
        usual = (module.to_q.out_features / module.heads) ** -0.5
        if strange or not math.isclose(module.scale, usual, rel_tol=1e-6):
            raise ValueError(f"its unet's layer {name} is of an attention that this artist does not know")
        found.append((name, module))
    return found
