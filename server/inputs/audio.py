"""The sound input: what a microphone or a line hears, as level, three bands, onsets and the beat.

A missing or lost device never ends this process: its channels rest at 0, its status says so in words, and the device
is looked for again every RETRY_SECONDS; one that is plugged in is seen by the try after
the next look (LOOK_SECONDS, support/devices.py).
"""

from __future__ import annotations

import time
from typing import Final

from server.inputs.base import Voice, own_options
from server.inputs.support.analysis import BANDS, Ear
from server.inputs.support.beats import Tracker
from server.inputs.support.capture import Microphone, PortAudio
from server.inputs.support.devices import NoSoundError
from server.pace import Pace
from show.log import get_log
from show.parameter import Parameter
from show.pulse import Pulse
from show.wires import Wires

NAME: Final = "audio"
BEAT: Final = ("heard", "bpm", "phase", "at", "onset", "confidence")
"""The parts of a Beat (server/inputs/support/beats.py), each a channel."""
CHANNELS: Final[tuple[str, ...]] = ("audio/level", *(f"audio/{band}" for band in BANDS), *(f"audio/{x}" for x in BEAT))
OPTIONS: Final[tuple[Parameter, ...]] = (
    Parameter("device", "text", "", "Part of the name of the input device; empty takes the default", live=False),
    Parameter("samplerate", "int", 0, "Samples per second; 0 takes the device's own", 0, 192000, live=False),
    Parameter("floor", "float", -50.0, "Level under which nothing is heard", -90.0, -6.0, unit="dBFS", live=False),
)
RETRY_SECONDS: Final = 2.0
_HZ: Final = 60.0
_REST: Final = dict.fromkeys(CHANNELS, 0.0)


def run(wires: Wires, pulse: Pulse) -> None:
    """Listen until told to stop; a device that is not there is waited for."""
    given = own_options(wires, NAME, OPTIONS)
    voice, pace = Voice(wires, NAME), Pace(_HZ)
    listener = Listener(str(given["device"]), int(given["samplerate"]), float(given["floor"]))
    while not pulse.stopping:
        voice.channels(listener.turn(time.monotonic()))
        voice.say(listener.sentence, "amber" if listener.trouble else "green", listener.numbers)
        pulse.beat()
        pace.wait()
    listener.close()
    voice.close()


class Listener:
    """Finds the device, keeps it, and turns its sound into channels."""

    def __init__(self, device: str, rate: int, floor: float) -> None:
        self.trouble = ""
        """Why no sound comes in, or "" while it does."""
        self.numbers: dict[str, float] = {}
        self._wanted = (device, rate)
        self._floor = floor
        self._library = PortAudio()
        self._microphone: Microphone | None = None
        self._ear: Ear | None = None
        self._tracker: Tracker | None = None
        self._mark = 0
        self._try_at = 0.0
        self._heard_at = 0.0
        self._bpm = 0.0

    @property
    def sentence(self) -> str:
        """How it is, for an invigilator."""
        if self._microphone is None:
            return f"No sound comes in: {self.trouble}. The show goes on without it."
        beat = f" It hears a beat of {self._bpm:.0f} a minute." if self._bpm else ""
        return f"Listening to the sound input '{self._microphone.name}'.{beat}"

    def turn(self, now: float) -> dict[str, float]:
        """Return all channels at `now` (monotonic seconds); at rest while there is no device."""
        if self._microphone is not None and not self._microphone.alive(now):
            name = self._microphone.name
            self.close()
            self._complain(f"the input '{name}' has stopped")
        if self._microphone is None and now >= self._try_at:
            self._open()
            now = time.monotonic()
            self._try_at = now + RETRY_SECONDS
        if self._microphone is None or self._ear is None or self._tracker is None:
            return dict(_REST)
        dt, self._heard_at = now - self._heard_at, now
        heard = self._ear.hear(self._microphone.newest(self._ear.window), dt)
        samples, self._mark, heard_at = self._microphone.after(self._mark, 0)
        beat = self._tracker.feed(samples, heard_at)
        self._bpm = beat.bpm if beat.heard else 0.0
        heard |= {part: float(getattr(beat, part)) for part in BEAT}
        self.numbers = {**heard, "overflows": float(self._microphone.overflows)}
        return {f"{NAME}/{name}": value for name, value in heard.items()}

    def _open(self) -> None:
        try:
            self._microphone = self._library.open(*self._wanted)
        except NoSoundError as error:
            self._complain(str(error))
            return
        self._ear = Ear(self._microphone.rate, self._floor)
        self._tracker, self._mark = Tracker(self._microphone.rate), 0
        self._heard_at = time.monotonic()
        self.trouble = ""
        get_log().info(f"sound comes in from '{self._microphone.name}' at {self._microphone.rate:g} samples/s")

    def _complain(self, why: str) -> None:
        """Remember why no sound comes in, and log it when it is news."""
        if why != self.trouble:
            get_log().warning(f"no sound comes in: {why}; the show goes on without it")
        self.trouble, self.numbers, self._bpm = why, {}, 0.0

    def close(self) -> None:
        """Let go of the device."""
        if self._microphone is not None:
            self._microphone.close()
        self._microphone = self._ear = None
