"""The library: records near to pictures and words, drawn again from their numbers as small JPEGs."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from PIL import Image

from render.critics.clip import Clip
from render.records import MOST, Found, Index, largest_built
from show.frames import Pictures
from show.snapshot import Record

SIDE: Final = 160
"""Height and width of a small picture in pixels, at the most."""
QUALITY: Final = 85
KEPT: Final = 512
"""Small pictures that are kept, because neighbours come again."""
UNBUILT: Final = "The index of records is not built yet; build it by `oriel records --build`."


class Library:
    """Finds records; the index is opened when it is there, and looked for as long as it is not."""

    def __init__(self, clip: Clip) -> None:
        self._clip = clip
        self._index: Index | None = None

    def trouble(self) -> str:
        """Return "" once there is an index (the largest that has been built is opened), else one sentence."""
        if self._index is None:
            count = largest_built()
            if count == 0:
                return UNBUILT
            self._index = Index.open(self._clip, count)
        return ""

    def near_pictures(self, pictures: Mapping[str, Pictures]) -> tuple[Record, ...]:
        """The records most like each region's picture (H, W, 3) uint8, MOST in all; none without an index."""
        if self._index is None:
            return ()
        each = max(1, MOST // max(1, len(pictures)))
        found: list[Record] = []
        for region, picture in pictures.items():
            found += _drawn(self._index.near_picture(picture, each), region)
        return tuple(found)

    def near_words(self, words: str) -> tuple[Record, ...]:
        """The records whose pictures fit words best, MOST of them; none without an index."""
        return () if self._index is None else tuple(_drawn(self._index.near_words(words)))


def _drawn(found: Iterable[Found], region: str = "") -> list[Record]:
    return [Record(one.number, one.likeness, one.caption, small(one.number), region) for one in found]


@lru_cache(KEPT)
def small(number: int) -> bytes:
    """Record `number` drawn again: a JPEG whose longer side has SIDE pixels."""
    drawn = Image.fromarray(Found(number, 0.0, "").draw(SIDE).picture.permute(1, 2, 0).numpy())
    drawn.thumbnail((SIDE, SIDE))
    memory = io.BytesIO()
    drawn.save(memory, "JPEG", quality=QUALITY)
    return memory.getvalue()
