"""The contract of an artist: one module per model family, named by the show file and imported by nobody else.

The module declares `PARAMETERS` (addresses "artist/...", live), `OPTIONS` (set in the show file) and `class Artist`.
It must import without torch: whatever is heavy is imported inside `Artist.load`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol, Self

import numpy as np

from show.frames import Pictures
from show.parameter import Value
from show.snapshot import Init, Phrase, Snapshot


class Start(NamedTuple):
    """What scene number `scene` (from 0), called `name`, begins from, and its `words` in its first second.

    `records`: the numbers of those that it begins from or leans on, one for all regions or one for each; may be empty.
    """

    scene: int
    name: str
    init: Init
    words: tuple[Phrase, ...]
    records: tuple[int, ...] = ()


def _say_nothing(_sentence: str) -> None:
    return


@dataclass(frozen=True)
class Studio:
    """What an artist is given to work in.

    `width` and `height` are a picture's pixels, `regions` the regions' names in order, `options` the checked options of
    the module. `deterministic`: the same snapshots must give the same bytes on this machine, so nothing may be chosen
    by measuring time. `say` tells the invigilator in a sentence how far a long load has come. `starts` are the scenes
    that begin from something else than the last picture, to be prepared while loading; an artist may ignore them.
    `gaps` are the gaps between neighbouring regions on the wall, in picture widths.
    """

    width: int
    height: int
    regions: tuple[str, ...]
    options: Mapping[str, Value]
    deterministic: bool = False
    say: Callable[[str], None] = _say_nothing
    starts: tuple[Start, ...] = ()
    gaps: tuple[float, ...] = ()


@dataclass(frozen=True)
class Painting:
    """One painted triptych: `pictures` (N, H, W, 3) uint8 sRGB and the nanoseconds spent inside forward passes."""

    pictures: Pictures
    forward_ns: int = 0


def enlarged(painting: Painting, size: tuple[int, int]) -> Painting:
    """Return a painting with pictures of `size` (height, width): the same one, or every pixel as often as it takes."""
    height, width = painting.pictures.shape[1:3]
    if (height, width) == size:
        return painting
    rows, columns = (np.arange(new) * old // new for new, old in zip(size, (height, width), strict=True))
    pictures: Pictures = np.ascontiguousarray(painting.pictures[:, rows[:, None], columns[None]])
    return Painting(pictures, painting.forward_ns)


class Artist(Protocol):
    """Whoever paints; made by `load`, used by one thread, closed once."""

    @classmethod
    def load(cls, studio: Studio) -> Self:
        """Return an artist ready to paint, or raise ArtistError with one sentence that says what is missing."""
        ...

    @property
    def place(self) -> str:
        """What it paints on, as words for the invigilator ("the CPU")."""
        ...

    @property
    def note(self) -> str:
        """What it has had to give up, in one sentence for the invigilator; empty when nothing."""
        ...

    def paint(self, snapshot: Snapshot) -> Painting:
        """Paint all regions of one snapshot; the camera moves by the difference of `snapshot.life` to the last one."""
        ...

    def rest(self) -> None:
        """Do what belongs to no painting; called when one has been delivered, before the next one is due."""
        ...

    def resume(self, pictures: Pictures, entry: int) -> None:
        """Take `pictures` (N, H, W, 3) uint8 as the last ones painted, so that a restart goes on from there.

        `entry` is that of the snapshot they were painted from: a scene entered since then begins as it should.
        """
        ...

    def close(self) -> None:
        """Let go of memory and devices."""
        ...
