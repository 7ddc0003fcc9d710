"""What this machine has for network, sound and voice, for `oriel doctor`: one JSON line per finding.

`python -m server.probe [HTTP_PORT [UDP_PORT ...]]`, by default 8080 and 9000. A finding has `name`, `ok`, `needed` (the
show cannot open without it), `found` and a `remedy` for what is missing.
"""

from __future__ import annotations

import importlib.util
import json
import socket
import sys
from collections.abc import Iterator, Sequence
from typing import Final, TypedDict

_PACKAGES: Final = ("fastapi", "uvicorn", "pythonosc", "sounddevice", "argon2", "segno")
HTTP_PORT: Final = 8080
OSC_PORT: Final = 9000


class Finding(TypedDict):
    """One line of the report; see the top of the file."""

    name: str
    ok: bool
    needed: bool
    found: str
    remedy: str


def findings(http_port: int, udp_ports: Sequence[int]) -> Iterator[Finding]:
    """Yield what is there for the phone page, OSC, sound and the voice."""
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        remedy = "run `make run`, which makes the virtual environment, or `pip install -e .`"
        yield Finding(name="Server", ok=False, needed=True, found="missing: " + ", ".join(missing), remedy=remedy)
    yield _port("Port of the phone page", http_port, socket.SOCK_STREAM, "port in [remote]")
    for number in udp_ports:
        yield _port("Port of an input", number, socket.SOCK_DGRAM, "port in the options of [[input]]")
    if "sounddevice" not in missing:
        yield _sound()
    yield _voice()


def _port(name: str, number: int, kind: socket.SocketKind, key: str) -> Finding:
    remedy = f"stop the program that holds it (another Oriel?), or change {key} of the show file"
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind == socket.SOCK_STREAM:
            # A server that ended a moment ago leaves its port in a waiting state, in which it can be had again.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except OSError as error:
            found = f"{number} cannot be had: {error.strerror}"
            return Finding(name=name, ok=False, needed=True, found=found, remedy=remedy)
    return Finding(name=name, ok=True, needed=True, found=f"{number} is free", remedy="")


def _sound() -> Finding:
    from server.inputs.support.capture import PortAudio
    from server.inputs.support.devices import NoSoundError

    remedy = "plug in a microphone or an interface, or start PulseAudio or PipeWire; shows without sound do not need it"
    try:
        names = PortAudio().inputs()
    except NoSoundError as error:
        return Finding(name="Sound", ok=False, needed=False, found=str(error), remedy="apt-get install libportaudio2")
    if not names:
        return Finding(name="Sound", ok=False, needed=False, found="no input device was found", remedy=remedy)
    return Finding(name="Sound", ok=True, needed=False, found=", ".join(names)[:200], remedy="")


def _voice() -> Finding:
    from server.speech.base import SpeechError
    from server.speech.espeak import LIBRARY, known_languages

    piper = "piper is there too" if importlib.util.find_spec("piper") else "piper is not (pip install 'oriel[voice]')"
    try:
        found = f"espeak-ng speaks {len(known_languages(LIBRARY))} languages; {piper}"
    except SpeechError as error:
        remedy = "apt-get install espeak-ng; without it the narration is only captions"
        return Finding(name="Voice", ok=False, needed=False, found=str(error), remedy=remedy)
    return Finding(name="Voice", ok=True, needed=False, found=found, remedy="")


def main(arguments: list[str]) -> None:
    """Print the findings as JSON lines."""
    try:
        ports = [int(word) for word in arguments] or [HTTP_PORT, OSC_PORT]
    except ValueError:
        sys.exit(f"expected port numbers, got {' '.join(arguments)}")
    for finding in findings(ports[0], ports[1:]):
        print(json.dumps(finding), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
