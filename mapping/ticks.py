"""Ticks: when the next frame is due, and how many were missed; pure, the time in seconds is passed in."""

from __future__ import annotations

from typing import Final

OFFSCREEN_HZ: Final = 30.0
"""Frames per second without a display, and wherever the processor draws."""
_EARLY: Final = 0.6
"""A frame that ends within this share of a period was not held back by the display."""
_LATE: Final = 1.5
"""A frame that takes this many periods or more missed at least one tick of the display."""


class Ticks:
    """A steady rate.

    Without a display frames are due on a grid of deadlines, and a late frame never makes the next ones hurry. With one
    (`display`), swapping buffers waits; only a driver that does not wait is held back here.
    """

    def __init__(self, rate: float, display: bool) -> None:
        self.period = 1 / rate
        self.missed = 0
        self._display = display
        self._due: float | None = None
        self._before: float | None = None

    def ended(self, now: float) -> float:
        """Note that a frame is done at `now`; return the seconds to sleep before the next one."""
        return self._after_display(now) if self._display else self._after_deadline(now)

    def _after_deadline(self, now: float) -> float:
        self._due = (now if self._due is None else self._due) + self.period
        if now <= self._due:
            return self._due - now
        late = int((now - self._due) / self.period)
        self.missed += late
        # Back onto the grid: what was missed is missed.
        self._due += late * self.period
        return 0.0

    def _after_display(self, now: float) -> float:
        took = self.period if self._before is None else now - self._before
        self._before = now
        if took >= _LATE * self.period:
            self.missed += round(took / self.period) - 1
        if took < _EARLY * self.period:
            self._before = now + self.period - took
            return self.period - took
        return 0.0


class Meter:
    """Frames per second over the last few seconds."""

    def __init__(self, window: float = 3.0) -> None:
        self._window = window
        self._times: list[float] = []

    def noted(self, now: float) -> None:
        """Note one frame."""
        self._times.append(now)

    def rate(self, now: float) -> float:
        """Return the frames per second lately."""
        self._times = [time for time in self._times if now - time <= self._window]
        if len(self._times) < 2:
            return 0.0
        return (len(self._times) - 1) / max(now - self._times[0], 1e-6)
