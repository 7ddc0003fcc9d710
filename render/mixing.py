"""Mixing words: whatever is done to phrases is a weighted sum of them, token by token, so it can be done on anything
that was projected from them without a bias (render/attention.py).

The weights are found from the embeddings themselves, which lie on the CPU: (T, D) float32, T tokens of D numbers.

- An average by weight, each token as long as theirs are on average (an average of vectors is shorter than they are).
- The arc between two places that every token walks (slerp).
- A subtraction: what the tokens of unwanted words have on average that those of any other words have not is taken out.
  (Measured against the empty phrase instead, every phrase would point the same way, that of saying anything at all, and
  leaving out "blue" would change an orange fire.)

A phrase of several chunks has tokens that a shorter one has not. These are not mixed with anything, they come and go:
their `presence` 0..1 weighs what attention finds there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal, NamedTuple

import torch
from torch import Tensor

from render.machine import sent

Method = Literal["none", "subtract", "residual", "nag", "cfg"]
"""How words are kept out; see render/exclusion.py."""

_ABSENT: Final = -1e4
"""Logarithm of the presence of a token that is not there; half precision has no much lower number."""
_TINY: Final = 1e-8


@dataclass(frozen=True, eq=False)
class Entry:
    """One phrase: its embedding `raw` (T, D) float32 on the CPU, its `packed` keys and values (T, W) and, where the
    model has it, its `pooled` vector (P,), both on the device. One of a single token means all tokens the same. `text`
    is the phrase, None for what was made of phrases."""

    raw: Tensor
    packed: Tensor
    pooled: Tensor | None = None
    text: str | None = None

    @property
    def bytes(self) -> int:
        """Memory that it takes."""
        tensors = (self.raw, self.packed, self.pooled)
        return sum(tensor.numel() * tensor.element_size() for tensor in tensors if tensor is not None)


class Part(NamedTuple):
    """One term of a sum: an entry, its `weights` (T,) by token and its `share` in the pooled vector."""

    entry: Entry
    weights: Tensor
    share: float


@dataclass(frozen=True, eq=False)
class Mix:
    """A sum of entries: its `parts`, what it makes `raw` (T, D), and how present every token is (T,)."""

    parts: tuple[Part, ...]
    raw: Tensor
    presence: Tensor

    def same(self, other: Mix) -> bool:
        """Say whether two mixes are the same sum."""
        return len(self.parts) == len(other.parts) and all(
            a.entry is b.entry and a.share == b.share and torch.equal(a.weights, b.weights)
            for a, b in zip(self.parts, other.parts, strict=True)
        )


def average(parts: Sequence[tuple[float, Entry]]) -> Mix:
    """Return the average of entries by positive weights, each token as long as theirs are on average."""
    tokens = max(len(entry.raw) for _, entry in parts)
    raws = torch.stack([padded(entry.raw, tokens) for _, entry in parts])
    has = torch.stack([(torch.arange(tokens) < len(entry.raw)).float() for _, entry in parts])
    amounts = torch.tensor([weight for weight, _ in parts])
    counted = has * amounts[:, None]
    presence = counted.sum(0) / amounts.sum()
    weights = counted / counted.sum(0)
    if len(parts) > 1:
        mixed = (weights[..., None] * raws).sum(0)
        lengths = (weights * raws.norm(dim=-1)).sum(0)
        weights = weights * (lengths / mixed.norm(dim=-1).clamp_min(_TINY))
    shares = amounts / amounts.sum()
    found = (Part(entry, w, float(share)) for (_, entry), w, share in zip(parts, weights, shares, strict=True))
    return Mix(tuple(found), (weights[..., None] * raws).sum(0), presence)


def arc(a: Mix, b: Mix, place: float) -> Mix:
    """Return the mix at `place` (0..1) of the arc that every token walks from `a` to `b`."""
    tokens = max(len(a.raw), len(b.raw))
    raw_a, raw_b = padded(a.raw, tokens), padded(b.raw, tokens)
    presence_a, presence_b = padded(a.presence, tokens), padded(b.presence, tokens)
    weight_a, weight_b = _arc_weights(raw_a, raw_b, place)
    # A token that only one of them has stays where it is and comes or goes.
    weight_a = torch.where(presence_b == 0, 1.0, torch.where(presence_a == 0, 0.0, weight_a))
    weight_b = torch.where(presence_a == 0, 1.0, torch.where(presence_b == 0, 0.0, weight_b))
    parts = (
        *(Part(p.entry, padded(p.weights, tokens) * weight_a, p.share * (1 - place)) for p in a.parts),
        *(Part(p.entry, padded(p.weights, tokens) * weight_b, p.share * place) for p in b.parts),
    )
    raw = weight_a[:, None] * raw_a + weight_b[:, None] * raw_b
    return Mix(parts, raw, torch.lerp(presence_a, presence_b, place))


def straight(a: Mix, b: Mix, place: float) -> Mix:
    """Return the mix at `place` (0..1) of the straight line from `a` to `b`."""
    tokens = max(len(a.raw), len(b.raw))
    presence_a, presence_b = padded(a.presence, tokens) * (1 - place), padded(b.presence, tokens) * place
    presence = presence_a + presence_b
    weight_a, weight_b = presence_a / presence.clamp_min(_TINY), presence_b / presence.clamp_min(_TINY)
    parts = (
        *(Part(p.entry, padded(p.weights, tokens) * weight_a, p.share * (1 - place)) for p in a.parts),
        *(Part(p.entry, padded(p.weights, tokens) * weight_b, p.share * place) for p in b.parts),
    )
    raw = weight_a[:, None] * padded(a.raw, tokens) + weight_b[:, None] * padded(b.raw, tokens)
    return Mix(parts, raw, presence)


def _arc_weights(a: Tensor, b: Tensor, place: float) -> tuple[Tensor, Tensor]:
    """Return the weights (T,) of tokens (T, D) `place` of the way along the arc; lengths are mixed evenly."""
    length_a, length_b = a.norm(dim=-1).clamp_min(_TINY), b.norm(dim=-1).clamp_min(_TINY)
    cosine = ((a * b).sum(-1) / (length_a * length_b)).clamp(-1, 1)
    angle = torch.acos(cosine.clamp(-0.9995, 0.9995))
    near = cosine.abs() > 0.9995
    unit_a = torch.where(near, 1 - place, torch.sin((1 - place) * angle) / torch.sin(angle))
    unit_b = torch.where(near, place, torch.sin(place * angle) / torch.sin(angle))
    length = torch.lerp(length_a, length_b, place)
    return unit_a * length / length_a, unit_b * length / length_b


def direction(unwanted: Entry, neutral: Entry) -> Entry | None:
    """Return what `unwanted` has on average that any words have not, of length 1, as one token; None if nothing."""
    # The first token is the same for all phrases; every later one carries what stands before it.
    raw = (unwanted.raw[: len(neutral.raw)] - neutral.raw)[1:].mean(0, keepdim=True)
    length = float(raw.norm())
    if length < 1e-6:
        return None
    packed = (unwanted.packed[: len(neutral.packed)].float() - neutral.packed.float())[1:].mean(0, keepdim=True)
    return Entry(raw / length, packed / length)


def subtract(mix: Mix, unwanted: Entry, neutral: Entry, amount: float) -> Mix:
    """Return a mix without the direction (one token) of unwanted words: 1 takes it out, more leans away from it."""
    tokens = len(mix.raw)
    plain = neutral.raw.repeat(-(-tokens // len(neutral.raw)), 1)[:tokens]
    axis = unwanted.raw[0]
    weights = -amount * ((mix.raw - plain) @ axis).clamp_min(0)
    return Mix((*mix.parts, Part(unwanted, weights, 0.0)), mix.raw + weights[:, None] * axis, mix.presence)


def padded(tensor: Tensor, tokens: int) -> Tensor:
    """Return a tensor (T, ...) with zeros after its end, `tokens` long."""
    if len(tensor) >= tokens:
        return tensor
    return torch.cat([tensor, tensor.new_zeros(tokens - len(tensor), *tensor.shape[1:])])


@dataclass
class Words:
    """The words of N regions as the network takes them.

    `packed` (N, T, W) in the machine's number format and `pooled` (N, P), if the model has it, on the device; `raw`
    (N, T, D) float32 on the CPU. `presence` (N, T) holds logarithms, None when every token is wholly there. `negative`
    are the unwanted words, left out by `method`, in every row as far as `amount` (N, 1, 1) says; `residual` (N, C, h,
    w) what they look like, for the method of that name.
    """

    packed: Tensor
    raw: Tensor
    presence: Tensor | None = None
    pooled: Tensor | None = None
    negative: Words | None = None
    amount: Tensor | None = None
    method: Method = "none"
    residual: Tensor | None = field(default=None)

    def __len__(self) -> int:
        return len(self.packed)

    @property
    def signature(self) -> tuple[object, ...]:
        """What two of them must share for the same recorded graph to take both."""
        inner = self.negative.signature if self.negative is not None else None
        parts = (self.packed, self.presence, self.pooled, self.amount, self.residual)
        return (self.method, inner, *(None if part is None else tuple(part.shape) for part in parts))

    def copy_(self, other: Words) -> None:
        """Take over the values of another one of the same signature, in place; `raw` is replaced."""
        for name in ("packed", "presence", "pooled", "amount", "residual"):
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine is not None:
                mine.copy_(theirs, non_blocking=True)
        if self.negative is not None and other.negative is not None:
            self.negative.copy_(other.negative)
        self.raw = other.raw


class Weigher:
    """Turns mixes into words on the device; a row whose mix has not changed is not summed again."""

    def __init__(self, device: torch.device, dtype: torch.dtype, *, shows_presence: bool) -> None:
        self._device = device
        self._dtype = dtype
        self._shows_presence = shows_presence
        self._last: list[tuple[Mix, Tensor, Tensor | None]] = []
        self._words: Words | None = None

    def another(self) -> Weigher:
        """Return one of the same kind that remembers nothing."""
        return Weigher(self._device, self._dtype, shows_presence=self._shows_presence)

    def weigh(self, mixes: Sequence[Mix]) -> Words:
        """Return the words of one mix per region; the same mixes as last time cost nothing."""
        if self._words is None or [id(mix) for mix in mixes] != [id(mix) for mix, _, _ in self._last]:
            self._words = self._weighed(mixes)
        return replace(self._words)

    def _weighed(self, mixes: Sequence[Mix]) -> Words:
        tokens = max(len(mix.raw) for mix in mixes)
        rows = [self._row(number, mix) for number, mix in enumerate(mixes)]
        self._last = [(mix, *row) for mix, row in zip(mixes, rows, strict=True)]
        packed = torch.stack([padded(row, tokens) for row, _ in rows])
        pooled = [row for _, row in rows if row is not None]
        raw = torch.stack([padded(mix.raw, tokens) for mix in mixes])
        presence = torch.stack([padded(mix.presence, tokens) for mix in mixes])
        if bool((presence >= 1).all()):
            return Words(packed, raw, None, torch.stack(pooled) if pooled else None)
        if self._shows_presence:
            packed[..., -1] = sent(presence.to(self._dtype), self._device)
        logs = presence.clamp_min(1e-30).log().where(presence > 0, _ABSENT)
        return Words(packed, raw, sent(logs, self._device), torch.stack(pooled) if pooled else None)

    def _row(self, number: int, mix: Mix) -> tuple[Tensor, Tensor | None]:
        if number < len(self._last) and mix.same(self._last[number][0]):
            return self._last[number][1:]
        tokens = len(mix.raw)
        weights = sent(torch.stack([part.weights for part in mix.parts]), self._device)
        if len(mix.parts) == 1:
            packed = mix.parts[0].entry.packed
        else:
            total = torch.zeros(tokens, mix.parts[0].entry.packed.shape[-1], device=self._device)
            for part, weight in zip(mix.parts, weights, strict=True):
                length = tokens if len(part.entry.packed) == 1 else min(tokens, len(part.entry.packed))
                total[:length].addcmul_(weight[:length, None], part.entry.packed.float())
            packed = total.to(self._dtype)
        if mix.parts[0].entry.pooled is None:
            return packed, None
        vectors = [part.share * part.entry.pooled.float() for part in mix.parts if part.entry.pooled is not None]
        return packed, torch.stack(vectors).sum(0).to(self._dtype)
