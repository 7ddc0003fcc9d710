"""MIDI's two clocks, from bytes to places: MIDI clock with song position, and MIDI timecode (MTC); no device, no clock.

1. MIDI clock (MIDI 1.0): F8 comes 24 times per quarter note. FA begins at 0, FB goes on, FC stops; F2 says the place in
   sixteenths (six ticks). A line through the newest ticks gives tempo and place. Ticks without a beginning have a tempo
   and no place.
2. MTC (RP-004): F1 comes four times per frame with one of eight pieces of the time; all eight are the time of the first
   of them. A line through the quarters gives place and speed. A full frame (F0 7F xx 01 01 ...) is a place to stand at.
   A tape that runs backwards is not followed: its pieces come in falling order.

Clock bytes may stand between the bytes of other messages; whatever else there is, is passed over.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from server.inputs.support.timecode import DROP, Label, Line

TICKS: Final = 24
"""Clock ticks of a quarter note."""
LOST_SECONDS: Final = 0.5
"""A clock that says nothing for so long is lost."""
_LINE: Final = 24
_JUMP_TICKS: Final = 2.0
_JUMP_SECONDS: Final = 0.1
_LONGEST: Final = 16
_RATES: Final = ((24, 24.0, False), (25, 25.0, False), (30, DROP, True), (30, 30.0, False))
"""Frames counted and frames per second by the two bits of the rate, and whether numbers are dropped."""
_DATA_BYTES: Final = {0xF1: 1, 0xF2: 2, 0xF3: 1}


class MidiTime:
    """Reads one stream of MIDI; instants are in monotonic seconds."""

    def __init__(self) -> None:
        self._status = 0
        self._data: list[int] = []
        self._ticks = Line(_LINE, _JUMP_TICKS)
        self._tick = 0
        self._placed = self._running = False
        self._ticked = self._quartered = -LOST_SECONDS * 2
        self._pieces: dict[int, int] = {}
        self._first = 0.0
        self._last_piece = -1
        self._fps = 25.0
        self._next: float | None = None
        self._speed = 0.0
        self._code = Line(_LINE, _JUMP_SECONDS)
        self._stands: float | None = None

    def feed(self, data: Iterable[int], now: float) -> None:
        """Take in bytes that came in at an instant."""
        for byte in data:
            if byte >= 0xF8:
                self._real_time(byte, now)
            elif byte >= 0x80:
                if byte == 0xF7 and self._status == 0xF0:
                    self._exclusive(self._data)
                self._status, self._data = byte, []
            elif len(self._data) < _LONGEST:
                self._data.append(byte)
                if len(self._data) == _DATA_BYTES.get(self._status):
                    self._common(self._status, self._data, now)
                    self._data = []

    def channels(self, now: float, name: str) -> dict[str, float]:
        """Return what an input called `name` says at `now`; MTC goes before MIDI clock where both come in."""
        values = self._timecode(now) or self._clock(now) or {"heard": 0.0}
        return {f"{name}/{part}": value for part, value in values.items()}

    # MIDI clock

    def _real_time(self, byte: int, now: float) -> None:
        if byte == 0xF8:
            self._ticked = now
            if self._running or not self._placed:
                self._tick += 1
                self._ticks.add(now, float(self._tick), self._speed or 2.0 * TICKS)
                if len(self._ticks) >= 4:
                    self._speed = self._ticks.rate(self._speed)
        elif byte in (0xFA, 0xFB):
            # The first tick after it is the place itself, so the count stands one before it.
            at = 0 if byte == 0xFA or not self._placed else self._tick + 1
            self._tick, self._placed, self._running, self._ticked = at - 1, True, True, now
            self._ticks.clear()
        elif byte == 0xFC:
            self._running = False

    def _clock(self, now: float) -> dict[str, float]:
        if now - self._ticked > LOST_SECONDS:
            return {}
        bpm = {"bpm": self._speed / TICKS * 60.0} if self._speed > 0 else {}
        if not self._placed:
            return {"heard": 1.0, **bpm} if bpm else {}
        if not self._running or not bpm or len(self._ticks) == 0:
            return {"heard": 1.0, "beats": (self._tick + 1) / TICKS, "at": now, "running": 0.0, **bpm}
        at = self._ticks.newest
        beats = self._ticks.place(at, self._speed) / TICKS
        return {"heard": 1.0, "beats": max(0.0, beats), "at": at, "running": 1.0, **bpm}

    # Timecode

    def _common(self, status: int, data: list[int], now: float) -> None:
        if status == 0xF2:
            self._placed, self._tick = True, (data[0] | data[1] << 7) * 6 - 1
            self._ticks.clear()
        elif status == 0xF1:
            self._quarter(data[0] >> 4, data[0] & 15, now)

    def _quarter(self, piece: int, nibble: int, now: float) -> None:
        if piece == 0:
            self._pieces, self._first = {}, now
        if piece != (self._last_piece + 1) % 8:
            self._pieces, self._next = {}, None  # one is missing, or the tape runs backwards
        self._last_piece, self._quartered = piece, now
        self._pieces[piece] = nibble
        if self._next is not None:
            self._code.add(now, self._next + piece / (4 * self._fps), 1.0)
        if len(self._pieces) == 8 and piece == 7:
            self._whole([self._pieces[n] for n in range(8)], now)

    def _whole(self, pieces: list[int], now: float) -> None:
        """Take in all eight pieces: the time at which the first of them was sent."""
        frames, seconds, minutes = (pieces[n] | pieces[n + 1] << 4 for n in (0, 2, 4))
        counted, self._fps, drop = _RATES[pieces[7] >> 1 & 3]
        label = Label(pieces[6] | (pieces[7] & 1) << 4, minutes, seconds, frames, counted, drop)
        if not label.sound:
            return
        if self._next is None or abs(self._code.place(self._first, 1.0) - label.second()) > _JUMP_SECONDS:
            self._code.clear()
            self._code.add(self._first, label.second(), 1.0)
            self._code.add(now, label.second() + 7 / (4 * self._fps), 1.0)
        self._next = label.second() + 2 / self._fps  # the next time begins two frames later
        self._stands = None

    def _exclusive(self, data: list[int]) -> None:
        """Take in a full frame: F0 7F device 01 01 hours minutes seconds frames F7."""
        if len(data) == 8 and (data[0], data[2], data[3]) == (0x7F, 1, 1):
            counted, _, drop = _RATES[data[4] >> 5 & 3]
            label = Label(data[4] & 31, data[5], data[6], data[7], counted, drop)
            if label.sound:
                self._code.clear()
                self._next, self._stands = None, label.second()

    def _timecode(self, now: float) -> dict[str, float]:
        if self._stands is not None and now - self._quartered > LOST_SECONDS:
            return {"heard": 1.0, "seconds": self._stands, "at": now, "rate": 1.0, "running": 0.0}
        if len(self._code) < 2 or now - self._code.newest > LOST_SECONDS:
            return {}
        at, rate = self._code.newest, self._code.rate(1.0)
        return {"heard": 1.0, "seconds": self._code.place(at, 1.0), "at": at, "rate": rate, "running": 1.0}
