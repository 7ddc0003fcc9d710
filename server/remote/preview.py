"""The preview: strips of what the wall shows, as JPEG, encoded once for all phones that want them."""

from __future__ import annotations

import asyncio
import contextlib
import io
import struct
from typing import Final, NamedTuple

from PIL import Image

from show.errors import WireError
from show.frames import FrameReader

QUALITY: Final = 70
HEAD: Final = struct.Struct(">II")
"""Before every JPEG on the wire: the frame's id (low 32 bits) and its age in milliseconds when it was sent."""


class Strip(NamedTuple):
    """One encoded strip: the frame's id on the frame bus, when it was first seen (monotonic ns), and the JPEG."""

    id: int
    seen_ns: int
    jpeg: bytes


class Preview:
    """Looks at the strips of the frame bus; `changed_ns` is when the newest was first seen (0: none yet)."""

    def __init__(self, reader: FrameReader) -> None:
        self._reader = reader
        self._seen = 0
        self._fresh = asyncio.Event()
        self._strip: Strip | None = None
        self.changed_ns = 0

    def look(self, now_ns: int) -> None:
        """Note whether there is a new strip; cheap, copies nothing."""
        newest = self._reader.newest_id
        if newest != self._seen:
            self._seen, self.changed_ns = newest, now_ns
            self._fresh.set()
            self._fresh = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """Wait until `look` finds a new strip, or for so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._fresh.wait()

    def strip(self, after: int, now_ns: int) -> Strip | None:
        """Return the newest strip if its id differs from `after`, else None."""
        self.look(now_ns)
        if self._seen in (0, after):
            return None
        if self._strip is None or self._strip.id != self._seen:
            self._strip = self._encode() or self._strip
        return self._strip if self._strip is not None and self._strip.id != after else None

    def close(self) -> None:
        """Let go of the frame bus."""
        self._reader.close()

    def _encode(self) -> Strip | None:
        try:
            frame = self._reader.newest()
        except WireError:
            return None  # the writer was faster; the next look finds a newer strip
        if frame is None:
            return None
        memory = io.BytesIO()
        Image.fromarray(frame.pictures[0]).save(memory, "JPEG", quality=QUALITY)
        return Strip(frame.id, self.changed_ns, memory.getvalue())
