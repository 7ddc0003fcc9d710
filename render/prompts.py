"""From words to what the network is conditioned on: phrases embedded once, weighed, excluded and mixed.

All embeddings are (T, D) float32: T tokens of D numbers.

1. A phrase is embedded once and kept (the most recently used ones).
2. Phrases with positive weights are averaged by weight, each token's length kept (an average of vectors is shorter than
   they are). Weights that sum to less than 1 leave the rest to the empty phrase, so that fading a phrase out ends where
   leaving it out begins.
3. A phrase with a negative weight takes its own direction out of the others: what its tokens have on average that
   those of any other words have not. (Measured against the empty phrase instead, every phrase would point the same
   way, that of saying anything at all, and leaving out "blue" would change an orange fire.)
4. Between `words_a` and `words_b` every token walks the arc between its two places.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final

import torch
from torch import Tensor

from render.latents import slerp
from show.log import get_log
from show.snapshot import Phrase, Region

PHRASES_KEPT: Final = 512
_STRONGEST: Final = 2.0
_COMMON: Final = (
    "red", "green", "blue", "yellow", "tree", "house", "sea", "animal", "stone", "person", "light", "old", "hand",
    "city", "window", "sky",
)  # fmt: skip
"""Words whose average stands for any words at all."""


class Reader:
    """Embeds phrases by the model's own tokenizer and text encoder, each phrase once."""

    def __init__(self, tokenizer: Any, encoder: Any) -> None:
        self._tokenizer = tokenizer
        self._encoder = encoder
        self._limit = min(int(tokenizer.model_max_length), int(encoder.config.max_position_embeddings))
        self.width = int(encoder.config.hidden_size)
        self._kept: OrderedDict[str, Tensor] = OrderedDict()
        self._cut: set[str] = set()
        self._neutral: Tensor | None = None

    def embed(self, text: str) -> Tensor:
        """Return the embedding (T, D) float32 of a phrase; words beyond the model's limit are left out and logged."""
        found = self._kept.get(text)
        if found is None:
            found = self._kept[text] = self._encode(text)
            if len(self._kept) > PHRASES_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(text)
        return found

    @property
    def neutral(self) -> Tensor:
        """The embedding (T, D) float32 of any words at all: the average over common ones."""
        if self._neutral is None:
            self._neutral = torch.stack([self._encode(word) for word in _COMMON]).mean(0)
        return self._neutral

    def region(self, region: Region, exclusion: float) -> Tensor:
        """Return the embedding (T, D) float32 of all words of a region; `exclusion` scales negative weights."""
        if region.mix <= 0:
            return self.weigh(region.words_a, exclusion)
        b = self.weigh(region.words_b, exclusion)
        if region.mix >= 1:
            return b
        a = self.weigh(region.words_a, exclusion)
        return slerp(a, b, torch.tensor(region.mix, device=a.device), 1)

    def weigh(self, phrases: Sequence[Phrase], exclusion: float) -> Tensor:
        """Return the embedding (T, D) float32 of weighted phrases: steps 2 and 3 above."""
        parts = [(phrase.weight, self.embed(phrase.text)) for phrase in phrases if phrase.weight > 0]
        total = sum(weight for weight, _ in parts)
        if total < 1:
            parts.append((1 - total, self.embed("")))
        mixed = average(parts)
        for phrase in phrases:
            if phrase.weight < 0 and exclusion > 0:
                amount = min(-phrase.weight * exclusion, _STRONGEST)
                mixed = exclude(mixed, self.embed(phrase.text), self.neutral, amount)
        return mixed

    def _encode(self, text: str) -> Tensor:
        # A lone surrogate is no character; tokenizers raise on it.
        text = text.encode("utf-8", "replace").decode("utf-8")
        self._report_cut(text)
        tokens = self._tokenizer(
            text, padding="max_length", max_length=self._limit, truncation=True, return_tensors="pt"
        ).to(self._encoder.device)
        mask = tokens.attention_mask if getattr(self._encoder.config, "use_attention_mask", False) else None
        with torch.inference_mode():
            embedded: Tensor = self._encoder(tokens.input_ids, attention_mask=mask).last_hidden_state[0]
        return embedded.float()

    def _report_cut(self, text: str) -> None:
        ids = self._tokenizer(text, truncation=False).input_ids
        if len(ids) <= self._limit or text in self._cut:
            return
        self._cut.add(text)
        lost = self._tokenizer.decode(ids[self._limit - 1 :], skip_special_tokens=True).strip()
        get_log().warning(
            f"the model reads {self._limit - 2} tokens of a phrase; of {text[:60]!r}... it leaves out {lost[:80]!r}"
        )


def average(parts: Sequence[tuple[float, Tensor]]) -> Tensor:
    """Return the weighted average (T, D) of embeddings, each token as long as theirs are on average."""
    if len(parts) == 1:
        return parts[0][1]
    total = sum(weight for weight, _ in parts)
    mixed = torch.stack([embedding * (weight / total) for weight, embedding in parts]).sum(0)
    lengths = torch.stack([embedding.norm(dim=-1, keepdim=True) * (weight / total) for weight, embedding in parts])
    return torch.mul(mixed, lengths.sum(0) / mixed.norm(dim=-1, keepdim=True).clamp_min(1e-8))


def exclude(mixed: Tensor, unwanted: Tensor, neutral: Tensor, amount: float) -> Tensor:
    """Return `mixed` without the direction of `unwanted`: 1 takes it out, more leans away from it; all (T, D)."""
    # The first token is the same for all phrases; every later one carries what stands before it.
    direction = (unwanted - neutral)[1:].mean(0)
    length = direction.norm()
    if float(length) < 1e-6:
        return mixed
    direction = direction / length
    present = ((mixed - neutral) @ direction).clamp_min(0)
    return torch.sub(mixed, amount * present[:, None] * direction)
