"""What the engine remembers of live edits; how they work stands in `editions.py`."""

from __future__ import annotations

import msgspec


class Editing(msgspec.Struct):
    """The edition that plays and those around it, by number; 0 is the show as it was opened, `count` the last one made.

    `before` are those that can be taken back, `coming` is the one that waits (negative: none) for `beats_left` beats,
    and `undoing` says that it is the last of `before`. `beat` is where the clock stood when they were counted last.
    `refused` are the last events that were a refused edit or undo, `note` says why the newest was, until one is taken.
    """

    count: int = 0
    playing: int = 0
    before: list[int] = []
    coming: int = -1
    beats_left: float = 0.0
    undoing: bool = False
    beat: float = 0.0
    refused: list[tuple[str, int]] = []
    note: str = ""
