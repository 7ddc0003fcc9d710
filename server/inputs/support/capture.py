"""Sound capture through PortAudio: finding a device by name, and a ring that its callback fills.

To see a device that was plugged in later PortAudio has to be started again, which stops every stream. So the audio
input is a process of its own, and devices are known by name: their numbers change when one is plugged in.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from server.inputs.support.analysis import Samples
from server.inputs.support.devices import Library, NoSoundError, first_line, quiet

LOST_SECONDS: Final = 0.5
"""A device that delivers nothing for this long is lost."""
FIRST_SECONDS: Final = 4.0
"""A device that was just opened may take so long: a sound server that idles renders two seconds at a time, and what it
has rendered already must run out before the first sound of a new listener comes."""
_RING_SECONDS: Final = 1.0


class Ring:
    """The newest `size` frames of `channels` channels; one writer (the callback), one reader."""

    def __init__(self, size: int, channels: int) -> None:
        self._data = np.zeros((size, channels), np.float32)
        self._written = 0

    def write(self, block: Samples) -> None:
        """Append a block (n, channels); the oldest frames make room."""
        size = len(self._data)
        block = block[-size:]
        at = self._written % size
        first = min(len(block), size - at)
        self._data[at : at + first] = block[:first]
        self._data[: len(block) - first] = block[first:]
        self._written += len(block)

    def newest(self, count: int) -> Samples:
        """Return the newest `count` frames (at most the ring's size), channels averaged to one, oldest first."""
        end = self._written
        places = np.arange(end - count, end) % len(self._data)
        mono: Samples = self._data[places].mean(axis=1, dtype=np.float32)
        return mono

    def after(self, mark: int, channel: int) -> tuple[Samples, int]:
        """Return the frames written after the first `mark` ones (as far as they are still there), and how many were.

        `channel` counts from 1, 0 averages all, and one that is not there is the last.
        """
        end = self._written
        # The writer may be at work on the oldest frames: a quarter of the ring is left to it.
        count = min(end - mark, len(self._data) * 3 // 4)
        found = self._data[np.arange(end - count, end) % len(self._data)]
        if channel == 0:
            mixed: Samples = found.mean(axis=1, dtype=np.float32)
            return mixed, end
        return found[:, min(channel, found.shape[1]) - 1], end


def find(devices: Sequence[Mapping[str, Any]], wanted: str, default: int) -> int:
    """Return the number of the input device whose name holds `wanted` ("": the default one); raise NoSoundError."""
    inputs = [number for number, device in enumerate(devices) if device["max_input_channels"] > 0]
    if not inputs:
        raise NoSoundError("no input device was found")
    if not wanted:
        return default if default in inputs else inputs[0]
    exact = [number for number in inputs if devices[number]["name"].casefold() == wanted.casefold()]
    near = [number for number in inputs if wanted.casefold() in devices[number]["name"].casefold()]
    if not near:
        raise NoSoundError(f"no input device is called {wanted!r}")
    return (exact or near)[0]


class Microphone:
    """One open input stream; `newest` gives its sound, `alive` says whether it still delivers."""

    def __init__(self, sound: Any, number: int, rate: int) -> None:
        device = sound.query_devices(number)
        self.name: str = device["name"]
        self.rate = float(rate or device["default_samplerate"])
        channels = min(2, int(device["max_input_channels"]))
        self.overflows = 0
        self._lag = 0.0
        self._ring = Ring(int(self.rate * _RING_SECONDS), channels)
        self._heard = time.monotonic() + FIRST_SECONDS - LOST_SECONDS
        self._stream = sound.InputStream(
            device=number, channels=channels, samplerate=self.rate, dtype="float32", latency="low", callback=self._take
        )
        try:
            self._stream.start()
        except sound.PortAudioError:
            self._stream.close()
            raise

    def _take(self, block: Samples, frames: int, clock: Any, status: Any) -> None:
        # This runs in PortAudio's own thread, which must never wait: copy, and nothing else.
        self._ring.write(block)
        self.overflows += bool(status.input_overflow)
        self._heard = time.monotonic()
        self._lag = max(0.0, float(clock.currentTime - clock.inputBufferAdcTime) - frames / self.rate)

    def alive(self, now: float) -> bool:
        """Say whether sound came in lately; `now` is in monotonic seconds."""
        return now - self._heard < LOST_SECONDS

    def newest(self, count: int) -> Samples:
        """Return the newest `count` samples, mono."""
        return self._ring.newest(count)

    def after(self, mark: int, channel: int) -> tuple[Samples, int, float]:
        """Return the samples that came in after the first `mark` ones, how many did, and when the last ones were heard.

        The instant is in monotonic seconds and takes off what the device says of its delay.
        """
        heard = self._heard - self._lag
        samples, end = self._ring.after(mark, channel)
        return samples, end, heard

    def close(self) -> None:
        """Stop the stream."""
        self._stream.abort(ignore_errors=True)
        self._stream.close(ignore_errors=True)


class PortAudio(Library):
    """The library, for input."""

    def open(self, wanted: str, rate: int) -> Microphone:
        """Open the device whose name holds `wanted` with `rate` samples/s (0: its own); raise NoSoundError."""
        with quiet():
            sound = self.refreshed()
            number = find(sound.query_devices(), wanted, int(sound.default.device[0]))
            try:
                microphone = Microphone(sound, number, rate)
            except (sound.PortAudioError, ValueError) as error:
                name = sound.query_devices(number)["name"]
                raise NoSoundError(f"the input {name!r} cannot be opened ({first_line(error)})") from None
            self.used()
            return microphone

    def inputs(self) -> list[str]:
        """Return the names of all input devices; raise NoSoundError if PortAudio itself is missing."""
        with quiet():
            sound = self.refreshed()
            return [device["name"] for device in sound.query_devices() if device["max_input_channels"] > 0]
