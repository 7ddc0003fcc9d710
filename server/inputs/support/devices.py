"""PortAudio itself, and which sound devices there are: started anew when they have changed, and only then.

PortAudio keeps the list of devices from its start; to see one that was plugged in later it has to be shut down and
started again. Every start costs 12 KB that never come back (ALSA and JACK, both of Debian 12, with no device: 2000
starts, 24 MB), which is half a gigabyte a day for an installation that has no microphone and looks for one every two
seconds. So a scout looks: a process that lives for a sixth of a second.

`python -m server.inputs.support.devices` is the scout; it prints what it sees. This module knows no numpy, for speed.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any, Final

LOOK_SECONDS: Final = 10.0
"""A scout is sent out so often at the most."""
_PATIENCE_SECONDS: Final = 30.0


class NoSoundError(Exception):
    """No sound can be had now; the sentence says why, for an invigilator."""


class Library:
    """PortAudio: loaded when it is first needed, and started anew for devices that it does not know."""

    def __init__(self) -> None:
        self._sound: Any = None
        self._known = ""
        """What it found when it was started; "" when it must be started anew before it is used."""
        self._scout = Scout()

    def refreshed(self) -> Any:
        """Return the module sounddevice with the devices of now, or of some seconds ago; raise NoSoundError."""
        if self._sound is None:
            self._sound = _load()
        elif not self._known or self._scout.found_other_than(self._known):
            self._known = ""
            self._restart(self._sound)
        self._known = self._known or described(self._sound)
        return self._sound

    def used(self) -> None:
        """Note that a device was opened: when it is lost, others may be there in its place."""
        self._known = ""

    def _restart(self, sound: Any) -> None:
        with contextlib.suppress(sound.PortAudioError):
            sound._terminate()
        try:
            sound._initialize()
        except sound.PortAudioError as error:
            raise NoSoundError(f"PortAudio cannot be started ({first_line(error)})") from None


class Scout:
    """Looks for devices in a process of its own, and never makes anybody wait."""

    def __init__(self) -> None:
        self._found = ""
        self._thread: threading.Thread | None = None
        self._due = 0.0

    def found_other_than(self, known: str) -> bool:
        """Say whether it came back with something else than `known`; send it out again when it is time."""
        found, self._found = self._found, ""
        now = time.monotonic()
        if now >= self._due and (self._thread is None or not self._thread.is_alive()):
            self._due = now + LOOK_SECONDS
            self._thread = threading.Thread(target=self._look, name="scout", daemon=True)
            self._thread.start()
        return found not in ("", known)

    def _look(self) -> None:
        # A scout that fails or hangs has seen nothing; what is wrong is said by whoever opens a device.
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            command = [sys.executable, "-m", __name__]
            seen = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_PATIENCE_SECONDS)
            self._found = seen.stdout.strip()


def described(sound: Any) -> str:
    """Return all devices that PortAudio knows, and which are the default ones, in one line."""
    facts = ("name", "hostapi", "max_input_channels", "max_output_channels")
    devices = [[device[fact] for fact in facts] for device in sound.query_devices()]
    return json.dumps([devices, list(sound.default.device)])


def first_line(error: Exception) -> str:
    """Return the first line of a PortAudio error, without its code."""
    words = str(error.args[0]) if error.args else str(error)
    return words.splitlines()[0].partition(" [PaErrorCode")[0][:120]


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep what ALSA and JACK write to the terminal away from it: pages about cards that nobody has."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _load() -> Any:
    """Import sounddevice, which starts PortAudio."""
    # A JACK library would try to start a sound server of its own only because somebody asks for devices.
    os.environ.setdefault("JACK_NO_START_SERVER", "1")
    try:
        import sounddevice
    except OSError:
        raise NoSoundError("the library PortAudio (libportaudio2) is not installed") from None
    return sounddevice


if __name__ == "__main__":
    print(described(_load()))
