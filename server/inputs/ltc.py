"""The timecode input: LTC out of a sound input, as the place of a show's clock (source = "ltc").

A missing or lost device, and silence on it, never end this process: it says so in words, the clock goes on by itself or
waits, as the show file wants, and the device is looked for again every RETRY_SECONDS; one
that is plugged in is seen by the try after the next look (LOOK_SECONDS, support/devices.py).
"""

from __future__ import annotations

import time
from collections import deque
from typing import Final

from server.inputs.base import Voice, own_options
from server.inputs.support.capture import Microphone, PortAudio
from server.inputs.support.devices import NoSoundError
from server.inputs.support.ltc import Decoder
from server.inputs.support.timecode import Line
from server.pace import Pace
from show.log import get_log
from show.parameter import Parameter
from show.pulse import Pulse
from show.wires import Wires

NAME: Final = "ltc"
CHANNELS: Final[tuple[str, ...]] = ("ltc/heard", "ltc/seconds", "ltc/at", "ltc/rate", "ltc/fps")
OPTIONS: Final[tuple[Parameter, ...]] = (
    Parameter("device", "text", "", "Part of the name of the input device; empty takes the default", live=False),
    Parameter("samplerate", "int", 0, "Samples per second; 0 takes the device's own", 0, 192000, live=False),
    Parameter("channel", "int", 0, "Channel that carries the timecode, from 1; 0 mixes all", 0, 2, live=False),
)
RETRY_SECONDS: Final = 2.0
SILENT_SECONDS: Final = 0.5
"""Timecode that was not heard for so long is lost; up to then its line is drawn on."""
_HZ: Final = 60.0
_FRAMES: Final = 25
_STAMPS: Final = 120
"""Turns over which the earliest arrival counts: sound comes late when a machine is busy, and never early."""
_JUMP: Final = 0.03


def run(wires: Wires, pulse: Pulse) -> None:
    """Listen until told to stop; a device that is not there is waited for."""
    given = own_options(wires, NAME, OPTIONS)
    voice, pace = Voice(wires, NAME), Pace(_HZ)
    listener = Listener(str(given["device"]), int(given["samplerate"]), int(given["channel"]))
    while not pulse.stopping:
        voice.channels(listener.turn(time.monotonic()))
        voice.say(listener.sentence, "green" if listener.heard else "amber", listener.numbers)
        pulse.beat()
        pace.wait()
    listener.close()
    voice.close()


class Listener:
    """Finds the device, keeps it, and turns its timecode into channels."""

    def __init__(self, device: str, rate: int, channel: int) -> None:
        self.heard = False
        self.numbers: dict[str, float] = {}
        self._wanted = (device, rate)
        self._channel = channel
        self._library = PortAudio()
        self._microphone: Microphone | None = None
        self._decoder = Decoder(48000.0)
        self._trouble = ""
        self._try_at = 0.0
        self._mark = 0
        self._offset = 0
        self._frames = Line(_FRAMES, _JUMP)
        self._arrivals: deque[float] = deque(maxlen=_STAMPS)

    @property
    def sentence(self) -> str:
        """How it is, for an invigilator."""
        if self._microphone is None:
            return f"No timecode comes in: {self._trouble}. The show goes on without it."
        if not self.heard:
            return f"No timecode is heard at the sound input '{self._microphone.name}'."
        return f"Following timecode from the sound input '{self._microphone.name}'."

    def turn(self, now: float) -> dict[str, float]:
        """Return all channels at `now` (monotonic seconds)."""
        if self._microphone is not None and not self._microphone.alive(now):
            name = self._microphone.name
            self.close()
            self._complain(f"the input '{name}' has stopped")
        if self._microphone is None and now >= self._try_at:
            self._open()
            self._try_at = time.monotonic() + RETRY_SECONDS
        if self._microphone is not None:
            self._listen(self._microphone)
        self.heard = len(self._frames) > 0 and time.monotonic() - self._frames.newest < SILENT_SECONDS
        if not self.heard:
            return {"ltc/heard": 0.0}
        at = self._frames.newest
        place, rate = self._frames.place(at, 1.0), self._frames.rate(1.0)
        self.numbers = {"seconds": place, "rate": rate, "fps": float(self._decoder.fps)}
        return {"ltc/heard": 1.0, "ltc/seconds": place, "ltc/at": at, "ltc/rate": rate, "ltc/fps": self.numbers["fps"]}

    def _listen(self, microphone: Microphone) -> None:
        """Decode what came in since the last turn; the device's own clock counts the time between samples."""
        samples, end, stamp = microphone.after(self._mark, self._channel)
        if end == self._mark:
            return
        self._offset += end - len(samples) - self._mark  # samples that were missed count too
        self._mark = end
        self._arrivals.append(stamp - end / microphone.rate)
        begun = min(self._arrivals)
        for frame in self._decoder.feed(samples):
            at = begun + (frame.end + self._offset) / microphone.rate
            length = 1 / frame.label.fps if frame.direction > 0 else 0.0
            self._frames.add(at, frame.label.second() + length, float(frame.direction))

    def _open(self) -> None:
        try:
            self._microphone = self._library.open(*self._wanted)
        except NoSoundError as error:
            self._complain(str(error))
            return
        self._decoder = Decoder(self._microphone.rate)
        self._mark = self._offset = 0
        self._frames.clear()
        self._arrivals.clear()
        self._trouble = ""
        get_log().info(f"timecode is listened for at '{self._microphone.name}', {self._microphone.rate:g} samples/s")

    def _complain(self, why: str) -> None:
        """Remember why nothing comes in, and log it when it is news."""
        if why != self._trouble:
            get_log().warning(f"no timecode comes in: {why}; the show goes on without it")
        self._trouble, self.numbers = why, {}

    def close(self) -> None:
        """Let go of the device."""
        if self._microphone is not None:
            self._microphone.close()
        self._microphone = None
