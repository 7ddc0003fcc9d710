"""A film of what an output shows: H.264 in mp4, written so that a kill at any instant leaves a film that plays.

1. The file is a fragmented mp4: an index first, then whole groups of frames, each flushed as it is done. A SIGKILL
   loses at most the group in the encoder (GROUP_SECONDS and a few frames), never the file.
2. Encoding runs in a thread of its own behind a short queue, so that the wall does not wait for the disk. Live, a
   frame that finds the queue full is left out and counted; in lockstep the projector waits: every frame counts.
3. Live, a frame stands in the film where the clock says (on the grid of the film's constant rate); a missed tick makes
   the frame before it last longer. In lockstep time is the show's own and frames follow each other without a gap.
4. When the disk is full the film ends where it is, `trouble` says so, and the show goes on.
5. A projector that is started again within the same run goes on in a second file beside the first (film-2.mp4).
"""

from __future__ import annotations

import contextlib
import errno
import queue
import threading
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from mapping.outputs import base
from show.errors import OutputError
from show.log import get_log
from show.parameter import Parameter

if TYPE_CHECKING:
    from mapping.gl import Canvas, Gl

OPTIONS: Final = (
    Parameter("path", "text", "", "The film (.mp4)", live=False),
    Parameter("fps", "float", 30.0, "Frames per second of the film", 1.0, 240.0, live=False),
    Parameter("quality", "int", 20, "0 is lossless, 51 is worst", 0, 51, live=False),
)

GROUP_SECONDS: Final = 1.0
_QUEUE: Final = 8
_CLOSE_SECONDS: Final = 15.0
_LOOK_SECONDS: Final = 0.2
_BT709: Final = 1
_NARROW_RANGE: Final = 1


class Output(base.Output):
    """Encodes every canvas it is shown."""

    def __init__(self, place: base.Place, path: Path, fps: float, quality: int) -> None:
        # H.264 in 4:2:0 counts in pairs of pixels.
        self.size = place.size[0] // 2 * 2, place.size[1] // 2 * 2
        self.path = _fresh(path, place.run_dir)
        self.drops = 0
        self._rate = Fraction(fps).limit_denominator(1001)
        self._lockstep = place.lockstep
        self._began: float | None = None
        self._last = -1
        self._queue: queue.Queue[tuple[int, NDArray[np.uint8]] | None] = queue.Queue(_QUEUE)
        self._container, self._stream = _start(self.path, self.size, self._rate, quality, place.lockstep)
        self._thread = threading.Thread(target=self._write, name=f"film {path.name}", daemon=True)
        self._thread.start()

    @classmethod
    def open(cls, place: base.Place, lead: base.Output | None) -> Self:  # noqa: ARG003  (the contract's signature)
        """Start the file; raise OutputError when it cannot be written or there is no H.264 encoder."""
        path = str(place.options.get("path", ""))
        if not path.lower().endswith(".mp4"):
            raise OutputError(f"output {place.name}: option path: expected the name of an .mp4 file, got {path!r}")
        fps = place.fps if place.lockstep else min(place.fps, float(place.options.get("fps", 30.0)))
        return cls(place, Path(path).expanduser(), fps, int(place.options.get("quality", 20)))

    def present(self, gl: Gl, canvas: Canvas, now: float) -> None:  # noqa: ARG002
        """Take a canvas into the film if its instant belongs to a new frame."""
        if self._began is None:
            self._began = now
        number = self._last + 1 if self._lockstep else int((now - self._began) * self._rate + 0.25)
        if self.trouble or number <= self._last:
            return
        if not self._lockstep and self._queue.full():
            self.drops += 1
            return
        # Copied: the canvas is drawn again while the thread encodes.
        pixels = np.ascontiguousarray(canvas.read()[: self.size[1], : self.size[0]])
        self._last = number
        while self._thread.is_alive():
            try:
                self._queue.put((number, pixels), timeout=_LOOK_SECONDS)
                return
            except queue.Full:
                continue

    def close(self) -> None:
        """Encode what is still waiting and finish the file."""
        # A film that ended early has nobody who takes what waits.
        for _ in range(round(_CLOSE_SECONDS / _LOOK_SECONDS)):
            if not self._thread.is_alive():
                break
            with contextlib.suppress(queue.Full):
                self._queue.put(None, timeout=_LOOK_SECONDS)
                break
        self._thread.join(_CLOSE_SECONDS)
        if self._thread.is_alive():
            get_log().warning(f"film {self.path}: its end was not written in time")

    def _write(self) -> None:
        """Encode frames until None comes or the file fails; runs in the thread."""
        try:
            while (taken := self._queue.get()) is not None:
                self._encode(*taken)
            self._container.mux(self._stream.encode())
        except Exception as error:
            # Whatever the codec or the disk does, the wall must not know: the film ends, the show goes on.
            self._fail(error)
        try:
            self._container.close()
        except OSError as error:
            self._fail(error)

    def _encode(self, number: int, pixels: NDArray[np.uint8]) -> None:
        from av import VideoFrame

        frame = VideoFrame.from_ndarray(pixels, format="rgba").reformat(
            format="yuv420p", dst_colorspace=_BT709, dst_color_range=_NARROW_RANGE
        )
        frame.pts, frame.time_base = number, 1 / self._rate
        self._container.mux(self._stream.encode(frame))

    def _fail(self, error: Exception) -> None:
        if self.trouble:
            return
        full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
        why = "the disk is full" if full else str(error)
        self.trouble = f"The film {self.path.name} ended early: {why}. The show goes on."
        get_log().error(self.trouble, exc_info=error)


def _start(path: Path, size: tuple[int, int], rate: Fraction, quality: int, careful: bool) -> tuple[Any, Any]:
    """Open the container and its one stream; raise OutputError."""
    import av

    try:
        path.open("ab").close()
    except OSError as error:
        raise OutputError(f"film {path}: it cannot be written ({error.strerror})") from None
    flags = "frag_keyframe+empty_moov+default_base_moof"
    try:
        container = av.open(str(path), "w", format="mp4", options={"movflags": flags, "flush_packets": "1"})
        stream: Any = container.add_stream("libx264", rate=rate)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.time_base = 1 / rate
        context = stream.codec_context
        context.colorspace = context.color_primaries = context.color_trc = _BT709
        context.color_range = _NARROW_RANGE
        context.gop_size = max(1, round(rate * GROUP_SECONDS))
        # Live, the painter needs the processor more than the film needs a good ratio.
        speed = {"preset": "medium"} if careful else {"preset": "ultrafast", "tune": "zerolatency"}
        # With B-frames a fragmented film begins some frames late, and its sound track would be that much early.
        stream.options = {"crf": str(quality), "bf": "0", **speed}
        context.open()
    except (av.FFmpegError, ValueError, OSError) as error:
        raise OutputError(f"film {path}: no H.264 film can be made ({error})") from None
    return container, stream


def _fresh(path: Path, run_dir: Path) -> Path:
    """Return where to write: `path` the first time in a run, a numbered file beside it after a restart."""
    for number in range(1, 1000):
        try:
            (run_dir / f"film-{path.stem}-{number}").touch(exist_ok=False)
        except FileExistsError:
            continue
        except OSError:
            break
        return path if number == 1 else path.with_stem(f"{path.stem}-{number}")
    raise OutputError(f"film {path}: the run directory {run_dir} cannot be written")
