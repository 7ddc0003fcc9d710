"""A PulseAudio server of a test's own: sound without a sound card.

`a_pulse()` starts the daemon with one null sink, "oriel": what is played into it comes out of its monitor, which is
the only source and so the default one. What was found out:

- libasound2-plugins ships the ALSA device "pulse", pulseaudio a hook that makes it ALSA's default while a server
  answers, so PortAudio, which speaks ALSA, lists "pulse" and "default" without any ALSA configuration of ours.
- PULSE_SERVER with the path of the socket is all that clients need; a child process inherits it from `environment`.
- As root the daemon warns and works. Without D-Bus it warns and works. `-n` keeps the system's own script away.
- HOME and the runtime folder are the test's own, so that no cookie or socket of the person at the machine is touched.

End-to-end tests set `environment` before they start Oriel, and play with `play`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

RATE: Final = 44100
SECONDS: Final = 10.0


@dataclass
class Pulse:
    """A running daemon; `environment` is what a client needs beside its own environment."""

    folder: Path
    environment: dict[str, str]
    daemon: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the daemon and wait until it answers."""
        command = ["pulseaudio", "-n", "--daemonize=no", "--system=false", "--exit-idle-time=-1", "--use-pid-file=no"]
        command += ["-L", f"module-native-protocol-unix socket={self.folder}/native auth-anonymous=1"]
        command += ["-L", "module-null-sink sink_name=oriel rate=44100"]
        self.daemon = subprocess.Popen(command, env=self._env(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + SECONDS
        while subprocess.run(["pactl", "info"], env=self._env(), capture_output=True, check=False).returncode != 0:
            assert self.daemon.poll() is None, f"pulseaudio ended with {self.daemon.returncode}"
            assert time.monotonic() < deadline, "pulseaudio does not answer"
            time.sleep(0.05)

    def stop(self) -> None:
        """Kill the daemon, as if somebody had pulled the plug."""
        if self.daemon is not None:
            self.daemon.kill()
            self.daemon.wait()
            (self.folder / "native").unlink(missing_ok=True)
        self.daemon = None

    @contextmanager
    def play(self, hertz: float, seconds: float = 30.0, amplitude: float = 0.5) -> Iterator[None]:
        """Play a sine into the null sink while the block runs."""
        t = np.arange(int(RATE * seconds)) / RATE
        path = self.folder / "sine.s16"
        path.write_bytes((amplitude * 32767 * np.sin(2 * np.pi * hertz * t)).astype("<i2").tobytes())
        command = ["pacat", "--playback", "--raw", "--format=s16le", f"--rate={RATE}", "--channels=1", str(path)]
        player = subprocess.Popen(command, env=self._env(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield
        finally:
            player.kill()
            player.wait()

    def _env(self) -> Mapping[str, str]:
        return {**os.environ, **self.environment}


@contextmanager
def a_pulse() -> Iterator[Pulse]:
    """Run a daemon of one's own, with `environment` also set for this process and the children that it starts."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="oriel-pulse-"))
        stack.callback(shutil.rmtree, folder)
        home = str(folder)
        pulse = Pulse(folder, {"PULSE_SERVER": f"unix:{home}/native", "HOME": home, "XDG_RUNTIME_DIR": home})
        before = {name: os.environ.get(name) for name in pulse.environment}
        stack.callback(_restore, before)
        os.environ.update(pulse.environment)
        stack.callback(pulse.stop)
        pulse.start()
        yield pulse


@contextmanager
def no_sound() -> Iterator[None]:
    """Make sure that no sound server is found, whatever runs on this machine."""
    before = {"PULSE_SERVER": os.environ.get("PULSE_SERVER")}
    os.environ["PULSE_SERVER"] = "unix:/nonexistent"
    try:
        yield
    finally:
        _restore(before)


def _restore(before: Mapping[str, str | None]) -> None:
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
