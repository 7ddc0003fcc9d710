"""Linear timecode (SMPTE 12M-1): sound in, labels with their sample out; numpy only, no clock.

A frame is 80 bits in biphase mark code: the level changes at the beginning of every bit, and in the middle of a 1.

1. Changes of level are found with a hysteresis of a share of the newest peak, so that noise between them counts for
   nothing, at any volume and polarity; the place of a change lies between two samples, where the line crosses zero.
2. The time between changes is a whole bit or half a bit. What is longer than three quarters of the newest bit length is
   a whole one: a 0. Two halves are a 1. The bit length follows slowly, so that a tape may run at half or double speed.
3. The last 16 bits of a frame are the sync word 0011 1111 1111 1101. Backwards it reads otherwise: that tells the
   direction.
4. The label is that of the frame which has just ended: its end is where the next one begins.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from server.inputs.support.timecode import Label

Samples = NDArray[np.float32]

BITS: Final = 80
SYNC: Final = (0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1)
FLOOR: Final = 0.003
"""Peaks below this are silence (-50 dBFS)."""
_HYSTERESIS: Final = 0.25
_FADE_SECONDS: Final = 0.2
"""Time constant in which the peak is forgotten."""
_LEARN: Final = 0.1
_SLOWEST_BIT: Final = 1 / (80 * 24 * 0.3)
_FASTEST_BIT: Final = 1 / (80 * 30 * 3.0)
_RATES: Final = (24, 25, 30)
_FIELDS: Final = ((0, 4), (8, 2), (16, 4), (24, 3), (32, 4), (40, 3), (48, 4), (56, 2))
"""Begin and length of units and tens of frames, seconds, minutes and hours; the lowest bit first."""
_DROP_BIT: Final = 10


class Heard(NamedTuple):
    """A frame: its label, the sample at which it ended, and its direction (1, or -1 for a tape that runs backwards)."""

    label: Label
    end: float
    direction: int


class Decoder:
    """Decodes one stream of `rate` samples per second, in blocks of any length."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._count = 0
        self._peak = 0.0
        self._last = 0.0
        self._up = False
        self._zero = 0.0
        self._changed = -math.inf
        self._bit = rate / (80 * 25)
        self._half = 0.0
        self._bits: deque[int] = deque(maxlen=BITS)
        self._fps = 0
        self._before: tuple[int, int] | None = None

    @property
    def fps(self) -> int:
        """Frames per second as counted, 24, 25 or 30; 0 before the first frame."""
        return self._fps

    def feed(self, samples: Samples) -> Iterator[Heard]:
        """Yield the frames that end in the next samples (n,) of the stream, numbered from 0."""
        for at in self._changes(np.nan_to_num(samples.astype(np.float64), nan=0.0, posinf=1.0, neginf=-1.0)):
            length, self._changed = at - self._changed, at
            yield from self._interval(length, at)

    def _changes(self, sound: NDArray[np.float64]) -> Iterator[float]:
        """Yield the places at which the level changes sign past the hysteresis."""
        if len(sound) == 0:
            return
        begin, self._count = self._count, self._count + len(sound)
        faded = self._peak * math.exp(-len(sound) / self._rate / _FADE_SECONDS)
        self._peak = max(faded, float(np.max(np.abs(sound))))
        gate = max(self._peak * _HYSTERESIS, FLOOR)
        beyond = np.flatnonzero(np.abs(sound) > gate)
        signs = sound[beyond] > 0
        turns = np.flatnonzero(np.diff(np.concatenate(([self._up], signs)).astype(np.int8)))
        line = np.concatenate(([self._last], sound))
        crossed = np.flatnonzero((line[:-1] < 0) != (line[1:] < 0))
        places = begin - 1 + crossed + line[crossed] / (line[crossed] - line[crossed + 1])
        for turn in turns:
            at = beyond[turn]
            # The zero crossing before the level has gone past the hysteresis: in this block, or else the last one seen.
            before = int(np.searchsorted(crossed, at, side="right")) - 1
            yield float(places[before]) if before >= 0 else self._zero
        if len(places):
            self._zero = float(places[-1])
        if len(signs):
            self._up = bool(signs[-1])
        self._last = float(sound[-1])

    def _interval(self, length: float, at: float) -> Iterator[Heard]:
        """Take in the samples between two changes."""
        low, high = _FASTEST_BIT * self._rate / 2 * 0.8, _SLOWEST_BIT * self._rate * 1.2
        if not low < length < high:
            self._lose()
            return
        whole = length > 0.75 * self._bit
        if whole and self._half > 0:
            # Half a bit was left over: what was taken for its beginning was its middle, or the speed is another.
            self._lose()
        if whole:
            self._bit += _LEARN * (length - self._bit)
            yield from self._push(0, at)
        elif self._half > 0:
            self._bit += _LEARN * (length + self._half - self._bit)
            self._half = 0.0
            yield from self._push(1, at)
        else:
            self._half = length
        if length > 1.6 * self._bit or length < 0.35 * self._bit:
            self._bit = length  # a jump of speed: begin with what is there

    def _lose(self) -> None:
        self._bits.clear()
        self._half = 0.0

    def _push(self, bit: int, at: float) -> Iterator[Heard]:
        self._bits.append(bit)
        if len(self._bits) < BITS:
            return
        bits = tuple(self._bits)
        forward = bits[-16:] == SYNC
        if forward or bits[:16] == SYNC[::-1]:
            label = self._label(bits if forward else bits[::-1])
            if label.sound:
                yield Heard(label, at, 1 if forward else -1)

    def _label(self, bits: tuple[int, ...]) -> Label:
        units = [sum(bits[begin + n] << n for n in range(length)) for begin, length in _FIELDS]
        frames, seconds, minutes, hours = (units[n] + 10 * units[n + 1] for n in range(0, 8, 2))
        self._count_frames(frames, seconds)
        return Label(hours, minutes, seconds, frames, self._fps, bool(bits[_DROP_BIT]) and self._fps == 30)

    def _count_frames(self, frames: int, seconds: int) -> None:
        """Learn the frames per second: at first from the speed, then from where their count begins again."""
        if self._fps == 0:
            speed = self._rate / (BITS * self._bit)
            self._fps = min(_RATES, key=lambda fps: abs(math.log(fps / speed)))
        before, self._before = self._before, (frames, seconds)
        if frames >= self._fps:
            self._fps = min((fps for fps in _RATES if fps > frames), default=30)
        elif before is not None and seconds == (before[1] + 1) % 60 and frames in (0, 2) and before[0] + 1 in _RATES:
            self._fps = before[0] + 1
