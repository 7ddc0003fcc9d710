"""Sound that goes out through PortAudio: an output device found by name, fed from a playhead by its callback."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from server.inputs.support.devices import Library, NoSoundError, first_line, quiet

LOST_SECONDS: Final = 2.0
"""A device that asks for no sound for so long is lost."""
FIRST_SECONDS: Final = 6.0
_RAMP: Final = 0.01
"""Seconds over which sound begins and ends, so that a jump makes no click."""

Sound = NDArray[np.float32]


class Playhead:
    """A line of sound and the place in it; the device's thread takes blocks, the process moves the place.

    One tuple is replaced as a whole, so neither side ever waits for the other.
    """

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self._now: tuple[Sound, int, bool] = (np.zeros(0, np.float32), 0, False)
        self._gain = 0.0

    def lay(self, sound: Sound, second: float) -> None:
        """Play from `second` of a line on (negative: that much silence first)."""
        self._now = (sound, round(second * self.rate), True)

    def hold(self) -> None:
        """Fall silent and stay where it is."""
        sound, at, _ = self._now
        self._now = (sound, at, False)

    @property
    def second(self) -> float:
        """Where in its line it is."""
        return self._now[1] / self.rate

    @property
    def moving(self) -> bool:
        """Whether it plays."""
        return self._now[2]

    def take(self, count: int) -> Sound:
        """Return the next samples (count,), -1..1."""
        now = self._now
        sound, at, playing = now
        block = np.zeros(count, np.float32)
        first, last = max(0, at), max(0, min(len(sound), at + count))
        if last > first:
            block[first - at : last - at] = sound[first:last]
        step = 1 / (self.rate * _RAMP)
        if playing and self._now is now:
            self._now = (sound, at + count, True)
        ramp = self._gain + (step if playing else -step) * np.arange(1, count + 1)
        gain = np.clip(ramp, 0.0, 1.0).astype(np.float32)
        self._gain = float(gain[-1]) if count else self._gain
        block *= gain
        return block


class Loudspeaker:
    """One open output stream that plays a playhead."""

    def __init__(self, sound: Any, number: int) -> None:
        device = sound.query_devices(number)
        self.name: str = device["name"]
        self.head = Playhead(float(device["default_samplerate"]))
        self._asked = time.monotonic() + FIRST_SECONDS - LOST_SECONDS
        channels = min(2, int(device["max_output_channels"]))
        self._stream = sound.OutputStream(
            device=number, channels=channels, samplerate=self.head.rate, dtype="float32", callback=self._give
        )
        try:
            self._stream.start()
        except sound.PortAudioError:
            self._stream.close()
            raise
        self.latency = float(self._stream.latency)
        """Seconds from the playhead to the air, as the device says."""

    def _give(self, block: Sound, frames: int, _time: Any, _status: Any) -> None:
        block[:] = self.head.take(frames)[:, None]
        self._asked = time.monotonic()

    def alive(self, now: float) -> bool:
        """Say whether the device still takes sound; `now` is in monotonic seconds."""
        return now - self._asked < LOST_SECONDS

    def close(self) -> None:
        """Stop the stream."""
        self._stream.abort(ignore_errors=True)
        self._stream.close(ignore_errors=True)


class Speakers(Library):
    """The library, for output."""

    def loudspeaker(self, wanted: str) -> Loudspeaker:
        """Open the output device whose name holds `wanted` ("": the default one); raise NoSoundError."""
        with quiet():
            sound = self.refreshed()
            number = find_output(sound.query_devices(), wanted, int(sound.default.device[1]))
            try:
                loudspeaker = Loudspeaker(sound, number)
            except (sound.PortAudioError, ValueError) as error:
                name = sound.query_devices(number)["name"]
                raise NoSoundError(f"the output {name!r} cannot be opened ({first_line(error)})") from None
            self.used()
            return loudspeaker


def find_output(devices: Sequence[Mapping[str, Any]], wanted: str, default: int) -> int:
    """Return the number of the output device whose name holds `wanted` ("": the default one); raise NoSoundError."""
    outputs = [number for number, device in enumerate(devices) if device["max_output_channels"] > 0]
    if not outputs:
        raise NoSoundError("no output device was found")
    if not wanted:
        return default if default in outputs else outputs[0]
    near = [number for number in outputs if wanted.casefold() in devices[number]["name"].casefold()]
    if not near:
        raise NoSoundError(f"no output device is called {wanted!r}")
    return min(near, key=lambda number: len(devices[number]["name"]))
