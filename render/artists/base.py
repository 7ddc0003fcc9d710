"""The contract of an artist: one module per model family, named by the show file and imported by nobody else.

The module declares `PARAMETERS` (addresses "artist/...", live), `OPTIONS` (set in the show file) and `class Artist`.
It must import without torch: whatever is heavy is imported inside `Artist.load`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol, Self

from show.frames import Pictures
from show.parameter import Value
from show.snapshot import Init, Phrase, Snapshot


class Start(NamedTuple):
    """What scene number `scene` (from 0), called `name`, begins from, and its `words` in its first second."""

    scene: int
    name: str
    init: Init
    words: tuple[Phrase, ...]


def _say_nothing(_sentence: str) -> None:
    return


@dataclass(frozen=True)
class Studio:
    """What an artist is given to work in.

    `width` and `height` are a picture's pixels, `regions` the regions' names in order, `options` the checked options of
    the module. `deterministic`: the same snapshots must give the same bytes on this machine, so nothing may be chosen
    by measuring time. `say` tells the invigilator in a sentence how far a long load has come. `starts` are the scenes
    that begin from something else than the last picture, to be prepared while loading; an artist may ignore them.
    """

    width: int
    height: int
    regions: tuple[str, ...]
    options: Mapping[str, Value]
    deterministic: bool = False
    say: Callable[[str], None] = _say_nothing
    starts: tuple[Start, ...] = ()


@dataclass(frozen=True)
class Painting:
    """One painted triptych: `pictures` (N, H, W, 3) uint8 sRGB and the nanoseconds spent inside forward passes."""

    pictures: Pictures
    forward_ns: int = 0


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

    def paint(self, snapshot: Snapshot) -> Painting:
        """Paint all regions of one snapshot; the camera moves by the difference of `snapshot.life` to the last one."""
        ...

    def resume(self, pictures: Pictures) -> None:
        """Take `pictures` (N, H, W, 3) uint8 as the last ones painted, so that a restart goes on from there."""
        ...

    def close(self) -> None:
        """Let go of memory and devices."""
        ...
