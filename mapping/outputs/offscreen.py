"""An output without a display: the canvas is drawn for whoever reads it (the glass, a film, a test)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

from mapping.outputs import base
from show.frames import Pictures
from show.parameter import Parameter

if TYPE_CHECKING:
    from mapping.gl import Canvas, Gl

OPTIONS: Final[tuple[Parameter, ...]] = ()


class Output(base.Output):
    """Waits until a canvas is really drawn and keeps it readable."""

    def __init__(self, place: base.Place) -> None:
        self.size = place.size
        self._last: Canvas | None = None

    @classmethod
    def open(cls, place: base.Place, lead: base.Output | None) -> Self:  # noqa: ARG003  (the contract's signature)
        """Open at once; nothing is needed."""
        return cls(place)

    def present(self, gl: Gl, canvas: Canvas, now: float) -> None:  # noqa: ARG002
        """Wait for the drawing, so that a frame that counts as delivered was delivered."""
        gl.finish()
        self._last = canvas

    def last(self) -> Pictures | None:
        """Return the last canvas presented as (H, W, 3) uint8, top row first, or None before the first."""
        return None if self._last is None else self._last.read()[..., :3]

    def close(self) -> None:
        """Forget the last canvas."""
        self._last = None
