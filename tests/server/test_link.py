"""Ableton Link: with the package, a real second musician on this machine; without it, a sentence."""

from __future__ import annotations

import importlib.util
import math
import subprocess
import sys
import time
from typing import Any

import pytest

from server.inputs import link as link_input
from tests.server.rig import until


def test_without_the_package_it_says_which_one_and_of_what_licence() -> None:
    script = (
        "import sys; sys.modules['link'] = None\n"
        "from server.inputs.link import join, told\n"
        "print(told(join(120.0) is not None, {'link/heard': 0.0}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "LinkPython-extern is not installed (pip install 'oriel[link]'; it holds GPL code)" in done.stdout


@pytest.mark.skipif(importlib.util.find_spec("link") is None, reason="the extra `link` (GPL) is not installed")
def test_a_second_musician_gives_tempo_and_beat() -> None:
    import link

    other: Any = link.Link(96.0)
    other.enabled = True
    time.sleep(0.6)  # who comes later takes the tempo that is there
    session = link_input.join(120.0)
    try:
        until(lambda: link_input.heard(session)["link/heard"], "the other one")
        until(lambda: link_input.heard(session)["link/bpm"] == pytest.approx(96.0), "its tempo")
        values = link_input.heard(session)
        beat = other.captureSessionState().beatAtTime(other.clock().micros(), 1.0)
        ahead = values["link/phase"] + (time.monotonic() - values["link/at"]) * 96 / 60
        assert math.remainder(ahead - beat, 1.0) == pytest.approx(0.0, abs=0.05)
        assert link_input.told(True, values)[0] == "Following Link at 96.0 beats a minute, with 1 others."
    finally:
        other.enabled = session.enabled = False
