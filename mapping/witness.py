"""Witnesses of what was drawn: a small strip on the glass bus, and a mark per frame in a file for benchmarks."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Final

import numpy as np

from mapping.gl import Canvas, Gl, Size
from mapping.pictures import Hung
from show.errors import OutputError
from show.frames import FrameWriter, Stamps
from show.wires import MARK

LONGEST: Final = 640
"""The longest side of a strip in pixels."""


def strip_size(size: Size) -> Size:
    """Return the size of the strip of an output: the same shape, never larger than the output."""
    scale = min(1.0, LONGEST / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


class Glass:
    """Publishes strips of what the first output shows; scaling is done on the card, only the strip is read."""

    def __init__(self, gl: Gl, writer: FrameWriter) -> None:
        self._gl = gl
        self._writer = writer
        self._strip: Canvas | None = None

    def publish(self, canvas: Canvas, stamps: Stamps) -> None:
        """Publish what a canvas shows: (1, h, w, 3) uint8."""
        size = strip_size(canvas.size)
        if self._strip is None or self._strip.size != size:
            self._strip = self._gl.canvas(size)
        self._gl.shrink(self._strip, canvas)
        self._writer.publish(np.ascontiguousarray(self._strip.read()[None, ..., :3]), stamps)

    def close(self) -> None:
        """Let go of the bus."""
        self._writer.close()


class Marks:
    """Appends one Mark per drawn frame to a file."""

    def __init__(self, path: str) -> None:
        try:
            # Unbuffered: marks are read while the projector draws.
            self._file: IO[bytes] = Path(path).open("ab", buffering=0)  # noqa: SIM115
        except OSError as error:
            raise OutputError(f"marks {path}: the file cannot be written ({error.strerror})") from None

    def mark(self, drawn_ns: int, picture: Hung) -> None:
        """Note that a frame was drawn at `drawn_ns`, in which `picture` is the foremost."""
        s = picture.stamps
        self._file.write(
            MARK.pack(drawn_ns, picture.id, s.snapshot_ns, s.origin_ns, s.begun_ns, s.forward_ns, s.done_ns)
        )

    def close(self) -> None:
        """Write the rest and close the file."""
        self._file.close()
