"""Starting points: what the first picture of a scene is painted from, as latents that are made while the artist loads.

Looking for a record, drawing it again and encoding it takes up to a second, and the wall must never see a hitch, so
nothing of it is left for the show. The records are those that the scene names by number. Where it names none they are
those that the critic finds nearest to its first words: the first region begins from the nearest, the second from the
next, so that a triptych has three interpretations.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

import torch
import torch.nn.functional as functional
from torch import Tensor

from render.artists.base import Start, Studio
from render.models import Models
from show.errors import ArtistError

if TYPE_CHECKING:
    from render.records import Index

FEW: Final = 4_032
"""Records of the small index, which is built when the full one is not there: two rounds through all subjects."""
_SIDES: Final = (96, 512)
"""Records are drawn no smaller (they would be others) and no larger (it would take up to a second) than this."""


class Prepared(NamedTuple):
    """What was made ready for a scene, latents (N, C, h, w): what it begins from, and what pulls at it from then on.

    `first` is None where it begins from noise or goes on from the last picture.
    """

    first: Tensor | None
    pull: Tensor

    def changed(self, change: Callable[[Tensor], Tensor]) -> Prepared:
        """Return it with both changed; what is one tensor stays one."""
        pull = change(self.pull)
        return Prepared(None if self.first is None else pull if self.first is self.pull else change(self.first), pull)


@torch.inference_mode()
def prepare(models: Models, studio: Studio) -> dict[int, Prepared]:
    """Return by scene number what all scenes begin from and lean on that need something to be made ready.

    Where records are looked for by words, the full index is used if it was built, so that a film is the same only as
    long as the index is. Raise ArtistError when there is no critic to look for records.
    """
    index: Index | None = None
    found = {}
    for start in studio.starts:
        if start.init == "record" and not start.records and index is None:
            index = _index_for(start, studio.say)
        black = _black(models, studio) if start.init == "black" else None
        pull = _records(models, studio, start, index) if start.records or start.init == "record" else black
        if pull is not None:
            found[start.scene] = Prepared(pull if start.init == "record" else black, pull)
    return found


def open_index(say: Callable[[str], None]) -> Index:
    """Return the full index if it was built, else the small one, which is built now if need be; raise ArtistError."""
    from render.critics.clip import Clip
    from render.records import COUNT, Index, index_path

    clip = Clip.load()
    for count in (COUNT, FEW):
        if index_path(count).is_file():
            return Index.open(clip, count)
    say(f"The artist looks at {FEW} records, because scenes begin from them; it does so only once.")
    return Index.build(clip, FEW)


def fitted(number: int, height: int, width: int) -> Tensor:
    """Return a record, drawn again, as (3, height, width) float32, -1..1: it covers the picture, its middle is kept."""
    from render.atelier.parameters import BATCH, SHAPES, shape_of
    from render.atelier.records import record

    wide, high = SHAPES[shape_of(number // BATCH)]
    smallest, largest = _SIDES
    side = min(max(math.ceil(width / wide), math.ceil(height / high), smallest), largest)
    picture = record(number, side=side).picture[None].float() / 127.5 - 1
    rows, columns = picture.shape[2:]
    scale = max(height / rows, width / columns)
    size = (max(height, round(rows * scale)), max(width, round(columns * scale)))
    covering = functional.interpolate(picture, size, mode="bilinear", antialias=True)[0]
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    return covering[:, top : top + height, left : left + width].contiguous()


def _index_for(start: Start, say: Callable[[str], None]) -> Index:
    from render.critics.clip import FOLDER, WEIGHTS

    wants = f'scene {start.name!r}: init = "record" looks for records with the critic'
    if not (FOLDER / WEIGHTS).is_file():
        remedy = 'make it by `oriel train embedded`, or choose init = "noise"'
        raise ArtistError(f"{wants}, and there is none in {FOLDER}; {remedy}")
    try:
        return open_index(say)
    except ArtistError as error:
        raise ArtistError(f"{wants}: {error}") from None


def _black(models: Models, studio: Studio) -> Tensor:
    black = torch.full((1, 3, studio.height, studio.width), -1.0, device=models.machine.device)
    return models.encode(black).repeat(len(studio.regions), 1, 1, 1)


def _records(models: Models, studio: Studio, start: Start, index: Index | None) -> Tensor:
    """Return the latents of the records that a scene names, else of those nearest to its words, one per region."""
    count = len(studio.regions)
    numbers = start.records if len(start.records) != 1 else start.records * count
    if not numbers:
        assert index is not None
        numbers = tuple(found.number for found in index.near_phrases(start.words, count))
    drawn = {number: fitted(number, studio.height, studio.width) for number in set(numbers)}
    return models.encode(torch.stack([drawn[number] for number in numbers]).to(models.machine.device))
