"""Small processes for the supervisor's tests: each is a real child with a real pulse, behaving in one known way."""

from __future__ import annotations

import time
from pathlib import Path

from show.errors import BusyError
from show.pulse import Pulse
from show.wires import Wires


def run(wires: Wires, pulse: Pulse) -> None:
    """Behave as the file `<state>/behaviour` says, so that one module can play every part."""
    behaviour = (Path(wires.state_dir) / "behaviour").read_text()
    if behaviour == "busy":
        raise BusyError("port 1 is taken by another program")
    turns = 0
    while not pulse.stopping:
        if behaviour == "hang" and turns > 5:
            time.sleep(3600)
        if behaviour == "crash" and turns > 5:
            raise RuntimeError("this part is broken")
        if behaviour == "finish" and turns > 5:
            return
        pulse.beat()
        turns += 1
        time.sleep(0.01)
