"""The contract of an output: a display, a window or a file that shows a canvas.

A module `mapping/outputs/<name>.py` declares `OPTIONS` and a class `Output`. It imports without a display, a graphics
card or a codec being there; what it needs is opened in `open`, which raises OutputError with a plain sentence.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from show.parameter import Value

if TYPE_CHECKING:
    from mapping.gl import Canvas, Gl, Size


@dataclass(frozen=True)
class Place:
    """What an output is told: its name, its size in pixels, its options, and how the show runs.

    `fps` is the rate of drawing; in `lockstep` every frame counts and time is the show's own. `run_dir` is a folder
    that is new with every run and outlives a restart of the projector; `title` is the show's. `again` says that the
    output had been there in this run: a part of it that is missing now is waited for and does not keep others away.
    """

    name: str
    size: Size
    fps: float
    run_dir: Path
    title: str = "Oriel"
    lockstep: bool = False
    options: Mapping[str, Value] = field(default_factory=dict)
    again: bool = False


class Output(ABC):
    """Shows one canvas per tick.

    `size` is how large the canvas has to be now, in pixels; it may change between ticks. `has_context` says that the
    output brings an OpenGL context (a window): the first such output lends its context to the whole projector, and is
    the `lead` of the others. `refresh` is the rate of the display behind it, 0 where there is none; `trouble` is a
    sentence about what is wrong while the show goes on, for the phone page.
    """

    has_context: ClassVar[bool] = False
    size: Size
    refresh: float = 0.0
    trouble: str = ""

    @classmethod
    @abstractmethod
    def open(cls, place: Place, lead: Output | None) -> Self:
        """Open the output; raise OutputError naming it when it cannot be had."""

    @abstractmethod
    def present(self, gl: Gl, canvas: Canvas, now: float) -> None:
        """Show a finished canvas of `size` at `now` (seconds); raise OutputError when the output is gone."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the display, or finish the file."""
