"""`python -m mapping.probe [--headless]`: what this machine has for drawing, one JSON line per finding."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import NamedTuple

from show.errors import OrielError


class Finding(NamedTuple):
    """One line of `oriel doctor`; `needed` says that the show cannot open without it."""

    name: str
    ok: bool
    needed: bool
    found: str
    remedy: str


def graphics() -> Finding:
    """Find OpenGL without a display, and who draws."""
    from mapping.gl import Gl

    gl = Gl.headless()
    try:
        found = gl.renderer + (" (the processor draws: good for tests, slow for large walls)" if gl.software else "")
    finally:
        gl.close()
    return Finding("GL", True, True, found, "")


def display(needed: bool) -> Finding:
    """Find a display and open the window library on it."""
    from mapping.outputs.window import monitors, start_glfw

    glfw = start_glfw("wall")
    try:
        names = ", ".join(monitors(glfw)) or "no monitor"
        where = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY", "")
        return Finding("display", True, needed, f"{where}: {names}", "")
    finally:
        glfw.terminate()


def encoder() -> Finding:
    """Find the H.264 encoder that films are made with."""
    import av

    codec = av.Codec("libx264", "w")
    return Finding("film encoder", True, False, f"{codec.name} ({codec.long_name})", "")


def probe(find: Callable[[], Finding], name: str, needed: bool, remedy: str) -> Finding:
    """Return what `find` finds; whatever it raises becomes a finding that is not ok."""
    try:
        return find()
    except OrielError as error:
        return Finding(name, False, needed, str(error), remedy)
    except Exception as error:
        # Drivers and codecs raise anything; the report must go on with the next line.
        return Finding(name, False, needed, f"{type(error).__name__}: {error}", remedy)


def findings(headless: bool) -> list[Finding]:
    """Return all findings of the projection."""
    drivers = "apt-get install libegl1 libgl1 libgl1-mesa-dri"
    screen = "start Oriel in the desktop session of the projector's machine, or with --headless"
    codec = ".venv/bin/python -m pip install --force-reinstall av"
    return [
        probe(graphics, "GL", True, drivers),
        probe(lambda: display(not headless), "display", not headless, screen),
        probe(encoder, "film encoder", False, codec),
    ]


if __name__ == "__main__":
    for finding in findings("--headless" in sys.argv[1:]):
        print(json.dumps(finding._asdict()), flush=True)
