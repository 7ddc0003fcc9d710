"""Timecode as numbers: what a label of hours, minutes, seconds and frames says, and a straight line through ticks.

A source of time (MIDI clock, MTC, LTC) says again and again where it stands; each saying comes a little early or late.
`Line` lays a straight line through the newest of them (least squares): its place is better than any single one, and its
slope is the speed.
"""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

DROP: Final = 30000 / 1001
"""Frames per second of drop-frame timecode."""


class Label(NamedTuple):
    """One timecode: `fps` is 24, 25 or 30, with `drop` it counts 29.97 frames per second and leaves out numbers."""

    hours: int
    minutes: int
    seconds: int
    frames: int
    fps: int
    drop: bool = False

    @property
    def sound(self) -> bool:
        """Whether it is a time at all."""
        small = self.hours < 24 and self.minutes < 60 and self.seconds < 60 and self.frames < self.fps
        return small and not (self.drop and self.frames < 2 and self.seconds == 0 and self.minutes % 10 != 0)

    def second(self) -> float:
        """Return where it stands, in seconds.

        Drop-frame (SMPTE 12M) leaves out the numbers 0 and 1 of every minute but each tenth, to keep with the clock.
        """
        whole = (self.hours * 60 + self.minutes) * 60 + self.seconds
        if not self.drop:
            return whole + self.frames / self.fps
        minutes = self.hours * 60 + self.minutes
        return (whole * 30 + self.frames - 2 * (minutes - minutes // 10)) / DROP


class Line:
    """A straight line through the newest `size` ticks (instant in seconds, place)."""

    def __init__(self, size: int, jump: float) -> None:
        self._ticks: deque[tuple[float, float]] = deque(maxlen=size)
        self._jump = jump

    def add(self, at: float, place: float, rate: float) -> None:
        """Add a tick; one that lies further than `jump` from the line, or behind the last, begins a new one.

        `rate` is the speed as long as the line is too short to tell, in places per second.
        """
        if self._ticks and (at <= self._ticks[-1][0] or abs(self.place(at, rate) - place) > self._jump):
            self._ticks.clear()
        self._ticks.append((at, place))

    def __len__(self) -> int:
        return len(self._ticks)

    def clear(self) -> None:
        """Forget all ticks."""
        self._ticks.clear()

    @property
    def newest(self) -> float:
        """The instant of the newest tick."""
        return self._ticks[-1][0]

    def rate(self, otherwise: float) -> float:
        """Return places per second; `otherwise` as long as there are too few ticks."""
        if len(self._ticks) < 4:
            return otherwise
        middle_at, middle_place = self._middle()
        spread = sum((at - middle_at) ** 2 for at, _ in self._ticks)
        both = sum((at - middle_at) * (place - middle_place) for at, place in self._ticks)
        return both / spread if spread > 0 else otherwise

    def place(self, at: float, otherwise: float) -> float:
        """Return the place of the line at an instant."""
        middle_at, middle_place = self._middle()
        return middle_place + (at - middle_at) * self.rate(otherwise)

    def _middle(self) -> tuple[float, float]:
        count = len(self._ticks)
        return sum(at for at, _ in self._ticks) / count, sum(place for _, place in self._ticks) / count
