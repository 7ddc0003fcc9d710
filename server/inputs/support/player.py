"""A sound file that is played: read once into a file of plain samples, and handed to the device from its callback."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from server.inputs.support.devices import NoSoundError, first_line, quiet
from server.speech.loudspeaker import Speakers, find_output
from show.errors import InputError

Plain = NDArray[np.int16]
CHANNELS: Final = 2
LOST_SECONDS: Final = 2.0
FIRST_SECONDS: Final = 6.0
LATENCY_SECONDS: Final = 0.1
"""What the device is asked for: short enough for a jump, long enough for a busy machine."""
_RAMP: Final = 0.005
"""Seconds over which sound begins and ends, so that a jump makes no click."""


def read(path: Path, rate: int, into: Path) -> Iterator[float]:
    """Write a sound file as 16-bit stereo of `rate` samples per second; yield the seconds read so far.

    Raises InputError naming the file and what is wrong with it.
    """
    import av

    try:
        with av.open(str(path)) as container, into.open("wb") as plain:
            if not container.streams.audio:
                raise InputError(f"{path}: there is no sound in it")
            resampler = av.AudioResampler(format="s16", layout="stereo", rate=rate)
            count = 0
            for frame in container.decode(container.streams.audio[0]):
                for part in resampler.resample(frame):
                    count += part.samples
                    plain.write(part.to_ndarray().tobytes())
                yield count / rate
            for part in resampler.resample(None):
                plain.write(part.to_ndarray().tobytes())
    except (OSError, av.FFmpegError) as error:
        why = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise InputError(f"{path}: it cannot be read as sound ({why})") from None


def samples(path: Path) -> Plain:
    """Return what `read` wrote, (n, 2), without loading it."""
    if path.stat().st_size < 2 * CHANNELS:
        return np.zeros((0, CHANNELS), np.int16)
    plain: Plain = np.memmap(path, np.int16, "r").reshape(-1, CHANNELS)
    return plain


class Playhead:
    """The place in a sound; the device's thread takes blocks, the process moves the place.

    One tuple is replaced as a whole, so neither side ever waits for the other. `ticks` are the newest blocks: the
    instant at which their first sample is heard, and its place in seconds.
    """

    def __init__(self, sound: Plain, rate: float, level: float) -> None:
        self.rate = rate
        self.ticks: deque[tuple[float, float]] = deque(maxlen=64)
        self._sound = sound
        self._level = level / 32768.0
        self._now = (0, False)
        self._gain = 0.0

    def lay(self, second: float) -> None:
        """Play from a second on (negative: that much silence first)."""
        self._now = (round(second * self.rate), True)

    def hold(self) -> None:
        """Fall silent and stay."""
        self._now = (self._now[0], False)

    @property
    def playing(self) -> bool:
        """Whether it plays, and is not at the end."""
        return self._now[1] and self._now[0] < len(self._sound)

    @property
    def second(self) -> float:
        """Where it is."""
        return self._now[0] / self.rate

    def take(self, count: int, heard: float) -> NDArray[np.float32]:
        """Return the next samples (count, 2), -1..1, the first of which is heard at an instant."""
        state = self._now
        at, playing = state
        block = np.zeros((count, CHANNELS), np.float32)
        first, last = max(0, at), max(0, min(len(self._sound), at + count))
        if last > first and (playing or self._gain > 0):
            block[first - at : last - at] = self._sound[first:last]
        if playing:
            self.ticks.append((heard, at / self.rate))
            if self._now is state:
                self._now = (at + count, True)
        step = 1 / (self.rate * _RAMP)
        gain = np.clip(self._gain + (step if playing else -step) * np.arange(1, count + 1), 0.0, 1.0)
        self._gain = float(gain[-1]) if count else self._gain
        block *= (gain * self._level).astype(np.float32)[:, None]
        return block


class Player:
    """An open output stream that plays a playhead."""

    def __init__(self, library: Any, number: int, head: Playhead) -> None:
        self.name: str = library.query_devices(number)["name"]
        self.head = head
        self._asked = time.monotonic() + FIRST_SECONDS - LOST_SECONDS
        self._stream = library.OutputStream(
            device=number,
            channels=CHANNELS,
            samplerate=head.rate,
            dtype="float32",
            latency=LATENCY_SECONDS,
            callback=self._give,
        )
        try:
            self._stream.start()
        except library.PortAudioError:
            self._stream.close()
            raise

    def _give(self, block: NDArray[np.float32], frames: int, clock: Any, _status: Any) -> None:
        # This runs in PortAudio's own thread, which must never wait. A sound server that idled takes seconds of sound
        # at once: only the device knows how long each block lies there before it is heard.
        self._asked = time.monotonic()
        delay = max(0.0, float(clock.outputBufferDacTime - clock.currentTime))
        block[:] = self.head.take(frames, self._asked + delay)

    def alive(self, now: float) -> bool:
        """Say whether the device still takes sound; `now` is in monotonic seconds."""
        return now - self._asked < LOST_SECONDS

    def close(self) -> None:
        """Stop the stream."""
        self._stream.abort(ignore_errors=True)
        self._stream.close(ignore_errors=True)


class Players(Speakers):
    """The library, for players."""

    def player(self, wanted: str, head: Playhead) -> Player:
        """Open the output device whose name holds `wanted` ("": the default one); raise NoSoundError."""
        with quiet():
            library = self.refreshed()
            number = find_output(library.query_devices(), wanted, int(library.default.device[1]))
            try:
                player = Player(library, number, head)
            except (library.PortAudioError, ValueError) as error:
                name = library.query_devices(number)["name"]
                raise NoSoundError(f"the output {name!r} cannot be opened ({first_line(error)})") from None
            self.used()
            return player
