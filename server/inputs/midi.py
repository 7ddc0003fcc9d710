"""The MIDI input: MIDI clock and MIDI timecode, as the tempo and the place of a show's clock (source = "midi").

A port is found by a part of its name (python-rtmidi, the extra `midi`), or is the path of a raw MIDI device, which
needs no package. A port that is not there never ends this process: it says so in words and looks again.
"""

from __future__ import annotations

import errno
import os
import select
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final, Protocol

from server.inputs.base import Voice, own_options
from server.inputs.support.devices import quiet
from server.inputs.support.midi_time import MidiTime
from show.log import get_log
from show.parameter import Parameter
from show.pulse import Pulse
from show.wires import Wires

NAME: Final = "midi"
_PARTS: Final = ("heard", "seconds", "beats", "at", "rate", "running", "bpm")
CHANNELS: Final[tuple[str, ...]] = tuple(f"{NAME}/{part}" for part in _PARTS)
OPTIONS: Final[tuple[Parameter, ...]] = (
    Parameter(
        "port", "text", "", "Part of the name of the MIDI port (empty: the first), or /path/of/a/device", live=False
    ),
)
RETRY_SECONDS: Final = 2.0
_TURN_SECONDS: Final = 0.004
_SAY_SECONDS: Final = 1 / 60
MISSING: Final = "the package python-rtmidi is not installed (pip install 'oriel[midi]', or name a /path in port)"


class NoMidiError(Exception):
    """No MIDI can be had now; the sentence says why."""


class Port(Protocol):
    """An open port."""

    name: str

    def read(self) -> Iterator[tuple[bytes, float]]:
        """Yield what has come in, with its instant, after waiting shortly; raise OSError when the port is gone."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


def run(wires: Wires, pulse: Pulse) -> None:
    """Listen until told to stop; a port that is not there is waited for."""
    given = own_options(wires, NAME, OPTIONS)
    voice, listener = Voice(wires, NAME), Listener(str(given["port"]))
    due = 0.0
    while not pulse.stopping:
        listener.turn()
        now = time.monotonic()
        if now >= due:
            due = now + _SAY_SECONDS
            values = listener.time.channels(now, NAME)
            voice.channels(values)
            heard = bool(values.get("midi/heard"))
            voice.say(listener.sentence(heard), "green" if heard else "amber", values)
            pulse.beat()
    listener.close()
    voice.close()


class Listener:
    """Finds the port, keeps it, and reads the time from it."""

    def __init__(self, wanted: str) -> None:
        self.time = MidiTime()
        self._wanted = wanted
        self._port: Port | None = None
        self._trouble = ""
        self._try_at = 0.0

    def sentence(self, heard: bool) -> str:
        """Say how it is, for an invigilator."""
        if self._port is None:
            return f"No MIDI comes in: {self._trouble}. The show goes on without it."
        return f"{'Following' if heard else 'No clock is heard at'} the MIDI port '{self._port.name}'."

    def turn(self) -> None:
        """Read what has come in, or look for the port."""
        now = time.monotonic()
        if self._port is None and now >= self._try_at:
            self._try_at = now + RETRY_SECONDS
            self._open()
        if self._port is None:
            time.sleep(_TURN_SECONDS)
            return
        try:
            for data, at in self._port.read():
                self.time.feed(data, at)
        except OSError as error:
            self._complain(f"the port '{self._port.name}' is gone ({error.strerror})")
            self.close()

    def _open(self) -> None:
        try:
            self._port = Device(self._wanted) if self._wanted.startswith("/") else RtMidi(self._wanted)
        except NoMidiError as error:
            self._complain(str(error))
            return
        self.time, self._trouble = MidiTime(), ""
        get_log().info(f"MIDI comes in from '{self._port.name}'")

    def _complain(self, why: str) -> None:
        if why != self._trouble:
            get_log().warning(f"no MIDI comes in: {why}; the show goes on without it")
        self._trouble = why

    def close(self) -> None:
        """Let go of the port."""
        if self._port is not None:
            self._port.close()
        self._port = None


class Device:
    """A raw MIDI device of the machine (or a pipe that is fed like one)."""

    def __init__(self, path: str) -> None:
        self.name = path
        try:
            self._file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        except OSError as error:
            raise NoMidiError(f"{path} cannot be read ({error.strerror})") from None

    def read(self) -> Iterator[tuple[bytes, float]]:
        """Yield what has come in."""
        select.select([self._file], [], [], _TURN_SECONDS)
        with suppress(BlockingIOError):
            data = os.read(self._file, 4096)
            if data:
                yield data, time.monotonic()
            else:
                time.sleep(_TURN_SECONDS)  # a pipe that nobody feeds any more is always ready

    def close(self) -> None:
        """Close it."""
        os.close(self._file)


class RtMidi:
    """A port of the system's MIDI, through python-rtmidi, whose own thread stamps what comes in."""

    def __init__(self, wanted: str) -> None:
        try:
            import rtmidi
        except ImportError:
            raise NoMidiError(MISSING) from None
        self._heard: list[tuple[bytes, float]] = []
        self._look_at = time.monotonic() + RETRY_SECONDS
        self._midi, number, self.name = _found_in_system(rtmidi, wanted)
        self._midi.ignore_types(sysex=False, timing=False, active_sense=True)
        self._midi.set_callback(self._take)
        try:
            self._midi.open_port(number)
        except rtmidi.RtMidiError as error:
            raise NoMidiError(f"the port '{self.name}' cannot be opened ({str(error).rstrip('.')})") from None

    def _take(self, event: tuple[list[int], float], _data: object = None) -> None:
        self._heard.append((bytes(event[0]), time.monotonic()))

    def read(self) -> Iterator[tuple[bytes, float]]:
        """Yield what has come in."""
        time.sleep(_TURN_SECONDS)
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + RETRY_SECONDS
            if self.name not in self._midi.get_ports():
                raise OSError(errno.ENODEV, "it was unplugged")
        while self._heard:
            yield self._heard.pop(0)

    def close(self) -> None:
        """Close it."""
        self._midi.close_port()


def _found_in_system(rtmidi: Any, wanted: str) -> tuple[Any, int, str]:
    """Return the client, number and name of the port `wanted`; ALSA is asked first, then JACK. Raise NoMidiError."""
    names, troubles = list[str](), list[str]()
    for api in rtmidi.get_compiled_api():
        try:
            with quiet():
                client = rtmidi.MidiIn(rtapi=api, name="Oriel")
                here = client.get_ports()
        except rtmidi.RtMidiError as error:
            troubles.append(str(error).rstrip("."))
            continue
        names += here
        with suppress(NoMidiError):
            number = found_port(here, wanted)
            return client, number, here[number]
    if troubles and not names:
        raise NoMidiError(f"the system's MIDI has no port that can be opened ({'; '.join(troubles)})")
    raise NoMidiError(_unfound(names, wanted))


def found_port(names: list[str], wanted: str) -> int:
    """Return the number of the first port whose name holds `wanted`; raise NoMidiError."""
    near = [number for number, name in enumerate(names) if wanted.casefold() in name.casefold()]
    if not near:
        raise NoMidiError(_unfound(names, wanted))
    return near[0]


def _unfound(names: list[str], wanted: str) -> str:
    return f"no MIDI port is called {wanted!r}; there are: {', '.join(names)}" if names else "no MIDI port was found"
