"""What a subject is: a new one is one drawing function and one row in its module's SUBJECTS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from render.atelier.canvas import Canvas, Layer, Sketch


@dataclass(frozen=True)
class Subject:
    """Something the model can paint.

    `words`: what captions call it; `held`: words kept for tests, never in a caption. `nature`: pairs of colour names
    (main, accent) that it has of itself. Either `scene` fills a whole sheet, or `thing` draws one thing, of which
    several can be laid on a ground; a thing that `stands` throws its shadow on a table, others on a wall behind.
    """

    name: str
    words: tuple[str, ...]
    held: tuple[str, ...]
    nature: tuple[tuple[str, str], ...]
    scene: Callable[[Canvas], Sketch] | None = None
    thing: Callable[[Canvas], Layer] | None = None
    stands: bool = True

    def __post_init__(self) -> None:
        if (self.scene is None) == (self.thing is None):
            raise ValueError(f"subject {self.name}: give either a scene or a thing")
