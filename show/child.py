"""The first thing that runs in every child: import its module by name and call `run(wires, pulse)`.

Every process module has `def run(wires: Wires, pulse: Pulse) -> None`: it loops until `pulse.stopping`, beats in every
useful turn and returns. An OrielError becomes one sentence in the log and the error's exit code; anything else is
logged with its traceback in the log file and ends the process with 70.
"""

from __future__ import annotations

import faulthandler
import importlib
import os
import sys

import msgspec

from show.errors import OrielError
from show.log import get_log, let_go_of_terminal, start_log
from show.pulse import Pulse
from show.wires import Wires

SOFTWARE_ERROR = 70


def main(name: str, module: str, wires_json: bytes) -> None:
    """Run the process `name` from `module`; never returns normally, always ends the process with an exit code."""
    faulthandler.enable()
    wires = msgspec.json.decode(wires_json, type=Wires)
    start_log(name, wires.state)
    log = get_log()
    pulse = Pulse(wires.pulse, wires.row(name))
    try:
        importlib.import_module(module).run(wires, pulse)
    except OrielError as error:
        log.error(str(error))
        sys.exit(error.exit_code)
    except Exception:
        log.exception(f"{name} failed; the whole story is in the log file")
        sys.exit(SOFTWARE_ERROR)
    finally:
        let_go_of_terminal()
    # Libraries (GL, PortAudio, torch) may hang in their own exit handlers; this process has said all it had to say.
    os._exit(0)
