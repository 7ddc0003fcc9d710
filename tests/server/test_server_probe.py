"""The probe for `oriel doctor`: one finding per line, also when ports are taken and no sound is there."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from show.doctor import Finding
from tests.server.pulse import a_pulse, no_sound

ROOT = Path(__file__).resolve().parents[2]


def ask(*ports: int) -> dict[str, Finding]:
    """Return the findings of the probe by name, as the doctor reads them."""
    command = [sys.executable, "-m", "server.probe", *map(str, ports)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stderr == ""
    found = [msgspec.json.decode(line, type=Finding) for line in done.stdout.splitlines()]
    return {finding.name: finding for finding in found}


def test_busy_ports_are_named_with_a_remedy() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as page,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as osc,
        no_sound(),
    ):
        osc.bind(("127.0.0.1", 0))
        page_port, osc_port = page.getsockname()[1], osc.getsockname()[1]
        busy = ask(page_port, osc_port)
    free = ask(page_port, osc_port)
    for name, port in (("Port of the phone page", page_port), ("Port of an input", osc_port)):
        assert (busy[name].ok, free[name].ok) == (False, True)
        assert f"{port} cannot be had" in busy[name].found
        assert "stop the program" in busy[name].remedy
    assert re.match(r"espeak-ng speaks \d{2,} languages; piper is", free["Voice"].found)
    assert not free["Voice"].needed
    assert busy["Sound"].ok is False
    assert busy["Sound"].needed is False
    assert busy["Sound"].found == "no input device was found"


def test_a_sound_input_is_named() -> None:
    if shutil.which("pulseaudio") is None:
        pytest.skip("pulseaudio is not installed (.ci/setup test installs it)")
    with a_pulse():
        sound = ask()["Sound"]
    assert sound.ok
    assert "pulse" in sound.found


def test_a_wrong_argument_is_refused_in_words() -> None:
    command = [sys.executable, "-m", "server.probe", "eighty"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 1
    assert done.stderr.strip() == "expected port numbers, got eighty"
