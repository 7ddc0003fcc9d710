"""Excerpts of what the artist painted, as files in a folder: written whole or not at all, read picture by picture.

All regions of a triptych stand side by side in one H.264 film with colours in full size (4:4:4): pictures are small and
the wall is large. A picture stands in it where it stood in time, so that it is played as it was painted.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import numpy as np

from show.frames import Pictures

SUFFIX: Final = ".mp4"
_TICKS: Final = 1000
"""Ticks of an excerpt's clock per second."""
_USUAL_HZ: Final = 12
"""Pictures per second that the encoder reckons with; they may come as they like."""
_BT709: Final = 1
_NARROW_RANGE: Final = 1
_FORMAT: Final = "yuv444p"


class ExcerptError(Exception):
    """An excerpt that cannot be written or played, with the reason."""


class Writer:
    """Writes one excerpt, which lies under another name until `close`.

    Raises ExcerptError when the disk or the encoder does not take it.
    """

    def __init__(self, path: Path, pictures: Pictures) -> None:
        self.shape = pictures.shape
        self.path = path
        self._partial = path.with_suffix(".partial")
        self._last = -1
        self.count = 0
        count, height, width, _ = pictures.shape
        with _plainly(path):
            self._container = av.open(str(self._partial), "w", format="mp4")
            stream: Any = self._container.add_stream("libx264", rate=Fraction(_USUAL_HZ))
            stream.width, stream.height, stream.pix_fmt = count * width, height, _FORMAT
            context = stream.codec_context
            stream.time_base = context.time_base = Fraction(1, _TICKS)
            context.colorspace = context.color_primaries = context.color_trc = _BT709
            context.color_range = _NARROW_RANGE
            # The painter needs the processor more than the excerpt needs a good ratio.
            context.thread_count = 1
            stream.options = {"crf": "16", "preset": "veryfast", "bf": "0"}
            self._stream = stream

    def add(self, pictures: Pictures, seconds: float) -> None:
        """Add pictures of the first ones' shape that stand at `seconds`; those that do not come later are left out."""
        tick = round(seconds * _TICKS)
        if tick <= self._last:
            return
        self._last = tick
        self.count += 1
        frame = av.VideoFrame.from_ndarray(_side_by_side(pictures), format="rgb24").reformat(
            format=_FORMAT, dst_colorspace=_BT709, dst_color_range=_NARROW_RANGE
        )
        frame.pts, frame.time_base = tick, Fraction(1, _TICKS)
        with _plainly(self.path):
            self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Finish the file and give it its name."""
        with _plainly(self.path):
            self._container.mux(self._stream.encode())
            self._container.close()
            self._partial.replace(self.path)

    def drop(self) -> None:
        """Let go of an excerpt that is not to be kept."""
        with contextlib.suppress(av.FFmpegError, OSError):
            self._container.close()
        with contextlib.suppress(OSError):
            self._partial.unlink(missing_ok=True)


class Reader:
    """Plays one excerpt forwards: `at` returns what stood at a second of it. Raises ExcerptError when it cannot."""

    def __init__(self, path: Path, regions: int) -> None:
        self._path, self._regions = path, regions
        with _plainly(path):
            self._container = av.open(str(path))
            stream = self._container.streams.video[0]
            stream.codec_context.thread_count = 1
            self.seconds = float((stream.duration or 0) * (stream.time_base or 0))
            self._frames = self._container.decode(stream)
        self._now: Pictures | None = None
        self._next: tuple[float, Pictures] | None = self._decoded()
        if self._next is None or self.seconds <= 0:
            raise ExcerptError(f"{path.name}: there is no picture in it")

    def at(self, seconds: float) -> Pictures:
        """Return the pictures (N, H, W, 3) uint8 that stand at `seconds`; time must not go back."""
        while self._next is not None and (self._now is None or self._next[0] <= seconds):
            self._now, self._next = self._next[1], self._decoded()
        assert self._now is not None
        return self._now

    def _decoded(self) -> tuple[float, Pictures] | None:
        with _plainly(self._path):
            frame = next(self._frames, None)
            if frame is None:
                return None
            seen = frame.reformat(format="rgb24", src_colorspace=_BT709, src_color_range=_NARROW_RANGE).to_ndarray()
        height, width, _ = seen.shape
        if width % self._regions:
            raise ExcerptError(f"{self._path.name}: {width} pixels are not {self._regions} regions side by side")
        return float(frame.time or 0.0), seen.reshape(height, self._regions, -1, 3).transpose(1, 0, 2, 3)

    def close(self) -> None:
        """Close the file."""
        with contextlib.suppress(av.FFmpegError):
            self._container.close()


def kept(folder: Path) -> list[Path]:
    """Return the whole excerpts in a folder, oldest first."""
    return sorted(path for path in folder.glob(f"*{SUFFIX}") if path.stem.isdigit())


def fresh(folder: Path) -> Path:
    """Return where the next excerpt goes."""
    there = kept(folder)
    return folder / f"{int(there[-1].stem) + 1 if there else 1:06}{SUFFIX}"


def clear(folder: Path, most: int) -> None:
    """Remove what was not finished and all but the newest `most` excerpts."""
    for path in [*folder.glob("*.partial"), *kept(folder)[:-most]]:
        path.unlink(missing_ok=True)


def _side_by_side(pictures: Pictures) -> Pictures:
    count, height, width, _ = pictures.shape
    return np.ascontiguousarray(pictures.transpose(1, 0, 2, 3).reshape(height, count * width, 3))


@contextlib.contextmanager
def _plainly(path: Path) -> Iterator[None]:
    """Turn whatever the codec or the disk raises into one sentence."""
    try:
        yield
    except (av.FFmpegError, OSError, ValueError, IndexError) as error:
        raise ExcerptError(f"{path.name}: {error}") from error
