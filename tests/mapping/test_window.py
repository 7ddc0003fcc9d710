"""Real windows on a real (virtual) X display: what stands on the glass is what was drawn, and a lost display is said."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ImageGrab

from tests.mapping.parts import COLOURS, Rig, make_show, plain, projecting, wing

ROOT: Final = Path(__file__).parents[2]
SCREEN: Final = (640, 400)
WINDOW: Final = {"name": "wall", "module": "window", "width": 480, "height": 256}


class Screen:
    """An X server with one screen, which may be taken away and given back under the same name."""

    def __init__(self) -> None:
        self.name = ""
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start the server, on a display of its own choice the first time."""
        read, write = os.pipe()
        named = [self.name] if self.name else []
        command = ["Xvfb", *named, "-displayfd", str(write), "-screen", "0", f"{SCREEN[0]}x{SCREEN[1]}x24", "-noreset"]
        self._process = subprocess.Popen(
            [*command, "-nolisten", "tcp"], pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(write)
        with os.fdopen(read) as said:
            number = said.readline().strip()
        assert number, "Xvfb did not start"
        self.name = f":{number}"

    def kill(self) -> None:
        """Take the display away."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def grab(self) -> NDArray[np.uint8]:
        """Return what the screen shows, (400, 640, 3)."""
        return np.asarray(ImageGrab.grab(xdisplay=self.name).convert("RGB"))


UNPLUGGED = """
import os
import time
from pathlib import Path
import glfw
from mapping.gl import Gl
from mapping.outputs.base import Place
from mapping.outputs.window import Output
from show.errors import OutputError

options = {"monitor": "0", "fullscreen": True}
plugged, unplugged = glfw.get_monitors, lambda: ()  # no cable can be pulled out of a virtual display
window = Output.open(Place("wall", (200, 100), 60.0, Path(), options=options), None)
gl = Gl.of_window()
canvas = gl.canvas(window.size)

def step(now, monitors):
    vars(glfw)["get_monitors"] = monitors
    window.present(gl, canvas, now)
    time.sleep(0.2)  # the display takes its time to show and to hide
    glfw.poll_events()
    print(now, glfw.get_window_attrib(window._window, glfw.VISIBLE), window.size, window.trouble, flush=True)

step(0.0, plugged)
step(0.1, unplugged)
step(0.2, unplugged)
step(1.3, unplugged)
step(1.4, plugged)
step(2.4, plugged)
step(2.5, plugged)
window.close()
vars(glfw)["get_monitors"] = plugged
try:
    Output.open(Place("wall", (200, 100), 60.0, Path(), options={"monitor": "DP-9"}), None)
except OutputError as refused:
    print(refused)
again = Output.open(Place("wall", (200, 100), 60.0, Path(), options={"monitor": "DP-9"}, again=True), None)
print(again.trouble, flush=True)
os._exit(0)  # modules are torn down in an order that GL objects do not like
"""


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Screen]:
    found = Screen()
    monkeypatch.setenv("DISPLAY", found.name)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    yield found
    found.kill()


@contextmanager
def showing(*outputs: dict[str, object], **changes: object) -> Iterator[Rig]:
    """Run a projector with windows, with pictures on its bus."""
    with projecting(make_show(*(outputs or (WINDOW,)), **changes)) as rig:
        rig.paint(plain())
        yield rig


def on_screen(picture: NDArray[np.uint8], left: int = 0, top: int = 0) -> bool:
    """Say whether the three wings of a window of 480 x 256 at a place of the screen show their colours."""
    window = picture[top : top + 256, left : left + 480]
    if window.shape != (256, 480, 3):
        return False
    return all(np.abs(wing(window, number).astype(int) - colour).max() <= 4 for number, colour in enumerate(COLOURS))


def anywhere(picture: NDArray[np.uint8]) -> tuple[int, int] | None:
    """Return where on the screen the window stands, None if it is not there: without a window manager at any place."""
    for top in range(0, SCREEN[1] - 256 + 1):
        for left in (0, (SCREEN[0] - 480) // 2):
            if on_screen(picture, left, top):
                return left, top
    return None


def test_the_screen_shows_what_the_projector_draws(screen: Screen) -> None:
    with showing() as rig:
        rig.until(lambda: anywhere(screen.grab()), "the wall on the screen", 30)
        rig.board.blackout = True
        rig.until(lambda: screen.grab().max() == 0, "a black screen")
        rig.board.blackout = False
        rig.until(lambda: anywhere(screen.grab()), "light again")
        assert rig.stop() == 0


def test_full_screen_fills_the_monitor(screen: Screen) -> None:
    with showing(WINDOW | {"options": {"fullscreen": True, "monitor": "0"}}) as rig:

        def filled() -> bool:
            picture = screen.grab()
            return all(
                np.abs(wing(picture, number).astype(int) - colour).max() <= 4 for number, colour in enumerate(COLOURS)
            )

        rig.until(filled, "the wall over the whole screen", 30)


def test_a_second_window_shows_its_own_surfaces(screen: Screen) -> None:
    corners = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
    one = {"name": "one", "module": "window", "width": 640, "height": 400}
    two = {"name": "two", "module": "window", "width": 200, "height": 120}
    surfaces = [
        {"region": "left", "corners": corners, "output": "one"},
        {"region": "right", "corners": corners, "output": "two"},
    ]
    with showing(one, two, surface=surfaces) as rig:

        def both() -> bool:
            seen = {tuple(int(level) for level in pixel) for pixel in screen.grab()[::20, ::20].reshape(-1, 3)}
            return all(
                any(max(abs(a - b) for a, b in zip(pixel, colour, strict=True)) <= 3 for pixel in seen)
                for colour in (COLOURS[0], COLOURS[2])
            )

        rig.until(both, "two windows", 30)


def test_a_display_that_goes_ends_the_projector_and_one_that_comes_back_is_found(screen: Screen) -> None:
    with showing() as rig:
        rig.until(lambda: anywhere(screen.grab()), "the wall on the screen", 30)
        screen.kill()
        deadline = time.monotonic() + 15
        while rig.process.exitcode is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert rig.process.exitcode not in (None, 0), "a projector without a display must say so by its end"
        rig.restart()
        rig.until(lambda: rig.status and rig.status.light == "red", "that it says what it waits for")
        assert rig.status is not None
        assert rig.status.sentence.startswith("The projection is gone: output wall: there is no display")
        time.sleep(2.5)
        assert rig.process.exitcode is None, "a display that was there is waited for"
        screen.start()
        rig.until(lambda: anywhere(screen.grab()), "the wall after the display came back", 30)
        rig.until(lambda: rig.status and rig.status.light != "red", "that all is well")


@pytest.mark.usefixtures("screen")
def test_an_unplugged_monitor_takes_its_window_along_and_brings_it_back() -> None:
    done = subprocess.run([sys.executable, "-c", UNPLUGGED], cwd=ROOT, capture_output=True, text=True, timeout=60)
    gone = "The monitor of output wall is gone; everything else goes on."
    lines = [line for line in done.stdout.splitlines() if not re.match(r"\d{4}-", line)]  # the log's own
    assert [line.strip() for line in lines[:7]] == [
        "0.0 1 (640, 400)",
        f"0.1 0 (640, 400) {gone}",
        f"0.2 0 (640, 400) {gone}",
        f"1.3 0 (640, 400) {gone}",
        f"1.4 0 (640, 400) {gone}",
        "2.4 1 (640, 400)",
        "2.5 1 (640, 400)",
    ], done.stderr
    assert lines[7].startswith("output wall: there is no monitor 'DP-9'; there are 0: ")
    assert lines[8] == gone, "one that had been there in this run is waited for"


@pytest.mark.usefixtures("screen")
@pytest.mark.parametrize("options, words", [
    ({"monitor": "HDMI-7"}, "there is no monitor 'HDMI-7'; there are 0: "),
    ({"monitor": "3"}, "there is no monitor '3'; there are 0: "),
])  # fmt: skip
def test_a_monitor_that_is_not_there_is_named_beside_those_that_are(
    options: dict[str, object], words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with projecting(make_show(WINDOW | {"options": options})) as rig:
        rig.process.join(20)
        assert rig.process.exitcode not in (None, 0, 70)
    said = capfd.readouterr().err
    assert words in said
    assert "output wall" in said
    assert "Traceback" not in said


def test_without_any_display_the_remedy_is_said(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", ":4711")
    with projecting(make_show(WINDOW)) as rig:
        rig.process.join(20)
        assert rig.process.exitcode not in (None, 0, 70)
    said = capfd.readouterr().err
    assert "output wall: there is no display for a window" in said
    assert "--headless" in said
