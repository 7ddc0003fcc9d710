"""What is given up when memory runs out, and how it comes back; time is passed in, in seconds.

Every fall goes one rung down: caches are emptied, then pictures are painted in one step, then at half their size, and
at last the process ends, for a new one begins with a clean card. Whoever has stood on a rung for long enough climbs one
up again; who falls soon after climbing waits twice as long the next time.
"""

from __future__ import annotations

from typing import Final

from show.errors import DeviceError

FULL: Final = 0
FLUSHED: Final = 1
ONE_STEP: Final = 2
HALF_SIZE: Final = 3
GONE: Final = 4

PATIENCE: Final = 20.0
"""Seconds on a rung before the next higher one is tried."""
LONGEST_PATIENCE: Final = 640.0

SENTENCES: Final = {
    FULL: "",
    FLUSHED: "Memory ran out: caches were emptied, and painting goes on.",
    ONE_STEP: "Memory ran out: pictures are painted in one step until there is room again.",
    HALF_SIZE: "Memory ran out: pictures are painted at half their size until there is room again.",
}
_DEVICE: Final = ("CUDA error", "device-side assert", "cuDNN error", "CUBLAS_STATUS", "illegal memory access")


class Ladder:
    """On which rung painting stands; `rung` is FULL at first."""

    def __init__(self) -> None:
        self.rung = FULL
        self._since = 0.0
        self._patience = PATIENCE
        self._climbed = False

    @property
    def sentence(self) -> str:
        """What was given up, in words; empty while nothing is."""
        return SENTENCES[self.rung]

    def fall(self, now: float, *, steps: int) -> None:
        """Go down one rung (one step is no less to who paints in one); raise DeviceError at the end of the ladder."""
        if self._climbed:
            self._patience = min(2 * self._patience, LONGEST_PATIENCE)
        self._climbed = False
        self.rung += 1
        if self.rung == ONE_STEP and steps <= 1:
            self.rung = HALF_SIZE
        self._since = now
        if self.rung >= GONE:
            raise DeviceError("memory ran out even for small pictures in one step; the artist starts again")

    def climb(self, now: float) -> bool:
        """Go up one rung when it has gone well for long enough; say whether it did."""
        if self.rung == FULL or 0 <= now - self._since < self._patience:
            return False
        self.rung -= 1
        self._since = now
        # Emptied caches are no loss to come back from: nothing is tried on the last rung.
        self._climbed = self.rung in (FLUSHED, ONE_STEP)
        if self.rung == FULL:
            self._patience = PATIENCE
        return True


def ran_out(error: BaseException) -> bool:
    """Say whether an error means that memory ran out, on a card or on the CPU."""
    text = str(error)
    named = type(error).__name__ == "OutOfMemoryError" or isinstance(error, MemoryError)
    return named or "out of memory" in text or "can't allocate memory" in text


def device_failed(error: BaseException) -> bool:
    """Say whether an error is the device's own: after it nothing on it can be trusted, so nothing is tried again."""
    return not ran_out(error) and any(words in str(error) for words in _DEVICE)
