"""From words to what the network is conditioned on: every phrase is read and projected once, then only weighed.

1. A phrase is read by the model's text encoders and projected to the keys and values of all layers, on a thread of its
   own, and kept; the most recently used ones stay. While a phrase is still being read, the words that a region had
   before stand, so that a phrase that nobody has seen yet neither drops nor blanks a picture.
2. Phrases with positive weights are averaged. Weights that sum to less than 1 leave the rest to the empty phrase, so
   that fading a phrase out ends where leaving it out begins.
3. Phrases with negative weights are kept out by one of the methods of render/exclusion.py.
4. Between `words_a` and `words_b` every token walks the arc between its two places.
5. What a LoRA (render/lora.py) changes in reading and projecting a phrase is kept beside it and added by its scale.

The weighing itself stands in render/mixing.py.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, NamedTuple

import torch
from torch import Tensor

from render.machine import sent
from render.mixing import Entry, Method, Mix, Part, Weigher, Words, arc, average, direction, straight, subtract
from render.text import Reading
from show.snapshot import Phrase, Region

PHRASES_KEPT: Final = 512
BYTES_KEPT: Final = 2 << 30
"""Bounds of what is kept; one phrase of SDXL takes 26 MB, one of SD-Turbo 4 MB."""
_MIXES_KEPT: Final = 64
_WAYS_KEPT: Final = 8
_STRONGEST: Final = 2.0
_COMMON: Final = (
    "red", "green", "blue", "yellow", "tree", "house", "sea", "animal", "stone", "person", "light", "old", "hand",
    "city", "window", "sky",
)  # fmt: skip
"""Words whose average stands for any words at all."""

Key = tuple[str, str]
"""A phrase, and the LoRA whose change of it is meant ("": the phrase as it is)."""
Read = Callable[[str, str], tuple[Reading, Tensor]]
"""A phrase and a LoRA's name ("" for none) to its reading and its packed keys and values (T, W)."""


class _UnreadError(Exception):
    """A phrase is wanted that is still being read."""


class Wish(NamedTuple):
    """How excluded words are kept out: `method`, how strictly (`scale`), and the scale of every LoRA by region."""

    method: Method = "subtract"
    scale: float = 1.0
    loras: Mapping[str, Sequence[float]] = {}


class Reader:
    """Reads phrases, each once, and weighs them for the regions of a snapshot.

    `read` does the work of one phrase and may be called from another thread. When `waits`, every phrase is read on the
    spot: the same snapshots then give the same words however slow the machine is.
    """

    def __init__(self, read: Read, weigher: Weigher, *, waits: bool = True) -> None:
        self._read = read
        self._weigher = weigher
        self._weigher_of_unwanted = weigher.another()
        self._waits = waits
        self._kept: OrderedDict[Key, Entry] = OrderedDict()
        self._bytes = 0
        self._asked: dict[Key, Future[Entry]] = {}
        self._desk = ThreadPoolExecutor(1, "words")
        self._mixes: OrderedDict[object, Mix] = OrderedDict()
        self._ways: OrderedDict[tuple[Mix, Mix, float, str], Mix] = OrderedDict()
        self._directions: dict[str, Entry | None] = {}
        self._any_words: Entry | None = None
        self._standing: list[tuple[Mix, Mix, float]] = []

    def embed(self, text: str) -> Tensor:
        """Return the embedding (T, D) float32 of a phrase, read on the spot if need be."""
        return self._entry(text, waits=True).raw

    def entry(self, text: str, lora: str = "") -> Entry:
        """Return a phrase with its keys and values, or what a LoRA changes in it; read on the spot if need be."""
        return self._entry(text, lora, waits=True)

    def warm_up(self) -> None:
        """Read what every exclusion needs."""
        self._entry("", waits=True)
        self.neutral  # noqa: B018  (read now, so that the first exclusion does not hold up a painting)

    def forget(self, lora: str) -> None:
        """Let go of all that a LoRA changed."""
        for key in [key for key in self._kept if key[1] == lora]:
            self._bytes -= self._kept.pop(key).bytes
        for key in [key for key in self._asked if key[1] == lora]:
            self._asked.pop(key).cancel()

    def close(self) -> None:
        """End the thread that reads."""
        self._desk.shutdown(wait=False, cancel_futures=True)

    def words(self, regions: Sequence[Region], exclusion: float = 1.0, wish: Wish | None = None) -> Words:
        """Return the words of all regions; `exclusion` scales negative weights, `wish` says how they are kept out."""
        wish = wish or Wish()
        self._collect()
        for region in regions:
            for phrase in (*region.words_a, *region.words_b):
                self._ask(phrase.text, "")
        standing = self._standing if len(self._standing) == len(regions) else None
        found = []
        for number, region in enumerate(regions):
            loras = [(name, scales[number]) for name, scales in sorted(wish.loras.items()) if scales[number] != 0]
            try:
                found.append(self._region(region, exclusion, wish, loras, waits=self._waits or standing is None))
            except _UnreadError:
                assert standing is not None
                found.append(standing[number])
        self._standing = found
        words = self._weigher.weigh([wanted for wanted, _, _ in found])
        if wish.method not in ("none", "subtract") and any(amount > 0 for _, _, amount in found):
            words.method = wish.method
            words.negative = self._weigher_of_unwanted.weigh([unwanted for _, unwanted, _ in found])
            amounts = torch.tensor([amount for _, _, amount in found], dtype=words.packed.dtype)
            words.amount = sent(amounts, words.packed.device)[:, None, None]
        return words

    def region(self, region: Region, exclusion: float) -> Tensor:
        """Return the embedding (T, D) float32 of all words of one region, read on the spot, exclusions subtracted."""
        return self._region(region, exclusion, Wish(), [], waits=True)[0].raw

    def weigh(self, phrases: Sequence[Phrase], exclusion: float) -> Tensor:
        """Return the embedding (T, D) float32 of weighted phrases, read on the spot, exclusions subtracted."""
        return self._weigh(tuple(phrases), exclusion, waits=True).raw

    def _region(
        self, region: Region, exclusion: float, wish: Wish, loras: Sequence[tuple[str, float]], *, waits: bool
    ) -> tuple[Mix, Mix, float]:
        """Return the mix of a region's words, that of the unwanted ones, and how strictly those are kept out."""
        inside = exclusion * wish.scale if wish.method == "subtract" else 0.0
        mixed = None
        if region.mix < 1:
            mixed = self._weigh(region.words_a, inside, waits=waits)
        if region.mix > 0:
            b = self._weigh(region.words_b, inside, waits=waits)
            mixed = b if mixed is None else self._between(mixed, b, region)
        assert mixed is not None
        mixed = self._changed(mixed, loras)
        unwanted: dict[str, float] = {}
        if wish.method not in ("none", "subtract"):
            for phrases, share in ((region.words_a, 1 - region.mix), (region.words_b, region.mix)):
                for phrase in phrases:
                    if phrase.weight < 0 and share > 0:
                        amount = unwanted.get(phrase.text, 0.0) - phrase.weight * share
                        unwanted[phrase.text] = amount
        if not unwanted or exclusion <= 0:
            return mixed, self._weigh((), 0.0, waits=True), 0.0
        entries = [(weight, self._entry(text, waits=waits)) for text, weight in unwanted.items()]
        strength = min(max(unwanted.values()) * exclusion, _STRONGEST) * wish.scale
        return mixed, self._changed(average(entries), loras), strength

    def _between(self, a: Mix, b: Mix, region: Region) -> Mix:
        """Return the mix on the way between two; kept, for it often stands still there, or does so in all regions."""
        key = (a, b, region.mix, region.blend)
        found = self._ways.get(key)
        if found is None:
            found = self._ways[key] = (straight if region.blend == "lerp" else arc)(a, b, region.mix)
            if len(self._ways) > _WAYS_KEPT:
                self._ways.popitem(last=False)
        return found

    def _weigh(self, phrases: tuple[Phrase, ...], exclusion: float, *, waits: bool) -> Mix:
        """Return the mix of weighted phrases; kept, because most pictures ask for that of the one before."""
        entries = [(phrase, self._entry(phrase.text, waits=waits)) for phrase in phrases if phrase.weight != 0]
        key = (phrases, exclusion)
        found = self._mixes.get(key)
        if found is None:
            parts = [(phrase.weight, entry) for phrase, entry in entries if phrase.weight > 0]
            total = sum(weight for weight, _ in parts)
            if total < 1:
                parts.append((1 - total, self._entry("", waits=True)))
            found = average(parts)
            for phrase, _ in entries:
                if phrase.weight < 0 and exclusion > 0:
                    found = self._subtracted(found, phrase, exclusion)
            self._mixes[key] = found
            if len(self._mixes) > _MIXES_KEPT:
                self._mixes.popitem(last=False)
        self._mixes.move_to_end(key)
        return found

    def _subtracted(self, mix: Mix, phrase: Phrase, exclusion: float) -> Mix:
        neutral = self.neutral
        if phrase.text not in self._directions:
            if len(self._directions) >= PHRASES_KEPT:
                self._directions.clear()
            self._directions[phrase.text] = direction(self._entry(phrase.text, waits=True), neutral)
        axis = self._directions[phrase.text]
        return mix if axis is None else subtract(mix, axis, neutral, min(-phrase.weight * exclusion, _STRONGEST))

    @property
    def neutral(self) -> Entry:
        """What any words at all are like: the average over common ones."""
        if self._any_words is None:
            found = [self._made((word, "")) for word in _COMMON]
            raw = torch.stack([entry.raw for entry in found]).mean(0)
            self._any_words = Entry(raw, torch.stack([entry.packed.float() for entry in found]).mean(0))
        return self._any_words

    def _changed(self, mix: Mix, loras: Sequence[tuple[str, float]]) -> Mix:
        """Return a mix with what LoRAs change in its phrases, as far as that has been read.

        What they change in a subtracted direction is left out: it is of second order.
        """
        more = []
        for lora, scale in loras:
            for part in mix.parts:
                change = None if part.entry.text is None else self._change(part.entry.text, lora)
                if change is not None:
                    more.append(Part(change, part.weights * scale, part.share * scale))
        return Mix((*mix.parts, *more), mix.raw, mix.presence) if more else mix

    def _change(self, text: str, lora: str) -> Entry | None:
        try:
            return self._entry(text, lora, waits=self._waits)
        except _UnreadError:
            return None

    def _entry(self, text: str, lora: str = "", *, waits: bool) -> Entry:
        """Return what is kept of a phrase; raise _UnreadError when it is still being read and nobody `waits`."""
        key = (text, lora)
        found = self._kept.get(key)
        if found is None:
            if not waits:
                self._ask(text, lora)
                raise _UnreadError
            asked = self._asked.pop(key, None)
            found = asked.result() if asked is not None else self._made(key)
            self._keep(key, found)
        self._kept.move_to_end(key)
        return found

    def _ask(self, text: str, lora: str) -> None:
        """Have a phrase read in the background, unless it is known."""
        key = (text, lora)
        if not self._waits and key not in self._kept and key not in self._asked:
            self._asked[key] = self._desk.submit(self._made, key)

    def _collect(self) -> None:
        """Take over what the thread has read since the last time; what went wrong there is raised here."""
        for key in [key for key, asked in self._asked.items() if asked.done()]:
            self._keep(key, self._asked.pop(key).result())

    def _keep(self, key: Key, entry: Entry) -> None:
        self._kept[key] = entry
        self._bytes += entry.bytes
        while len(self._kept) > PHRASES_KEPT or (self._bytes > BYTES_KEPT and len(self._kept) > 1):
            self._bytes -= self._kept.popitem(last=False)[1].bytes

    def _made(self, key: Key) -> Entry:
        """Read a phrase, or what a LoRA changes in it."""
        with torch.inference_mode():
            reading, packed = self._read(key[0], key[1])
            entry = Entry(reading.raw.cpu(), packed, reading.pooled, key[0])
            if not key[1]:
                return entry
            plain, unchanged = self._read(key[0], "")
            pooled = None
            if entry.pooled is not None and plain.pooled is not None:
                pooled = entry.pooled - plain.pooled
            return Entry(torch.zeros_like(entry.raw), packed.float() - unchanged.float(), pooled, key[0])
