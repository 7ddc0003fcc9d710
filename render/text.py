"""Text encoders: from a phrase to one vector per token, by one CLIP or, for SDXL, by two side by side.

A phrase that is longer than a CLIP reads is split into chunks at the ends of words, each chunk is read by itself and
their tokens follow each other (as AUTOMATIC1111's web interface introduced it). No word is lost before CHUNKS_MOST.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, cast

import torch
from torch import Tensor

from show.log import get_log

CHUNKS_MOST: Final = 8
"""Chunks that are read of one phrase; for CLIP 600 tokens."""
_LONGEST_WORD: Final = 24
"""Tokens by which a chunk may end early so that no word is cut in two."""


class Reading(NamedTuple):
    """What the encoders say of a phrase: `raw` (T, D) float32, `pooled` (P,) float32 or None."""

    raw: Tensor
    pooled: Tensor | None


@dataclass(frozen=True)
class Tower:
    """One CLIP text encoder with its tokenizer.

    `penultimate`: give the last layer but one (SDXL) instead of the last with its norm; `pools`: give the projected
    vector of the end token too.
    """

    tokenizer: Any
    encoder: Any
    penultimate: bool = False
    pools: bool = False

    @property
    def limit(self) -> int:
        """Tokens of a chunk, start and end included."""
        return min(int(self.tokenizer.model_max_length), int(self.encoder.config.max_position_embeddings))

    @property
    def width(self) -> int:
        """Numbers per token."""
        return int(self.encoder.config.hidden_size)

    def ids(self, text: str) -> tuple[list[int], list[int | None]]:
        """Return the content tokens of a phrase and which word each belongs to (None: not known)."""
        found = self.tokenizer(text, add_special_tokens=False, truncation=False, verbose=False)
        try:
            words = list(found.word_ids())
        except (ValueError, AttributeError):
            words = [None] * len(found.input_ids)
        return list(found.input_ids), words

    def read(self, chunks: Sequence[Sequence[int]]) -> Reading:
        """Return what the encoder says of chunks of content tokens; pooled is that of the first chunk."""
        tokenizer, limit = self.tokenizer, self.limit
        start, end = self._edges()
        rows = [[*start, *chunk, *end] for chunk in chunks]
        ids = torch.tensor([row + [tokenizer.pad_token_id] * (limit - len(row)) for row in rows])
        mask = torch.tensor([[1] * len(row) + [0] * (limit - len(row)) for row in rows])
        uses_mask = getattr(self.encoder.config, "use_attention_mask", False)
        device = self.encoder.device
        with torch.inference_mode():
            found = self.encoder(
                ids.to(device),
                attention_mask=mask.to(device) if uses_mask else None,
                output_hidden_states=self.penultimate,
            )
        layer = found.hidden_states[-2] if self.penultimate else found.last_hidden_state
        pooled = cast(Tensor, found.text_embeds)[0].float() if self.pools else None
        return Reading(layer.flatten(0, 1).float(), pooled)

    def _edges(self) -> tuple[list[int], list[int]]:
        """Return the tokens before and after a phrase's own."""
        empty = list(self.tokenizer("").input_ids)
        middle = max(1, len(empty) // 2)
        return empty[:middle], empty[middle:]

    @property
    def room(self) -> int:
        """Content tokens of a chunk."""
        return self.limit - len(self.tokenizer("").input_ids)


class Towers:
    """One or two text encoders that read the same phrases; their numbers per token stand side by side."""

    def __init__(self, towers: Sequence[Tower]) -> None:
        self.towers = tuple(towers)
        self.width = sum(tower.width for tower in towers)
        self.limit = min(tower.limit for tower in towers)
        self._told: set[str] = set()

    def read(self, text: str) -> Reading:
        """Return the reading of a phrase, (chunks x limit, D); words beyond CHUNKS_MOST chunks are logged, once."""
        # A lone surrogate is no character; tokenizers raise on it.
        text = text.encode("utf-8", "replace").decode("utf-8")
        split = [self._chunks(tower, text) for tower in self.towers]
        count = max(len(chunks) for chunks in split)
        readings = [
            tower.read([*chunks, *[[]] * (count - len(chunks))])
            for tower, chunks in zip(self.towers, split, strict=True)
        ]
        pooled = [reading.pooled for reading in readings if reading.pooled is not None]
        return Reading(torch.cat([reading.raw for reading in readings], -1), pooled[-1] if pooled else None)

    def _chunks(self, tower: Tower, text: str) -> list[list[int]]:
        ids, words = tower.ids(text)
        chunks = split_at_words(ids, words, tower.room)
        if len(chunks) > CHUNKS_MOST and text not in self._told:
            self._told.add(text)
            lost = tower.tokenizer.decode([token for chunk in chunks[CHUNKS_MOST:] for token in chunk]).strip()
            most = CHUNKS_MOST * tower.room
            get_log().warning(f"{most} tokens of a phrase are read; of {text[:60]!r}... it leaves out {lost[:80]!r}")
        return chunks[:CHUNKS_MOST]


def split_at_words(ids: Sequence[int], words: Sequence[int | None], room: int) -> list[list[int]]:
    """Return the tokens in chunks of at most `room`, at least one; a word is cut only if it is too long to be moved."""
    chunks = []
    at = 0
    while len(ids) - at > room:
        end = at + room
        while end > at + room - _LONGEST_WORD and end > at + 1 and _inside(words, end):
            end -= 1
        if _inside(words, end):
            end = at + room
        chunks.append(list(ids[at:end]))
        at = end
    chunks.append(list(ids[at:]))
    return chunks


def _inside(words: Sequence[int | None], place: int) -> bool:
    """Say whether a split before token `place` would cut a word."""
    return words[place] is not None and words[place - 1] == words[place]
