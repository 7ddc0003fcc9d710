"""Films of the wall, with the real encoder: whole, in time, and readable after a kill or on a full disk."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from mapping.gl import Canvas, Gl
from mapping.outputs.base import Place
from mapping.outputs.film import Output
from show.errors import OutputError
from tests.mapping.parts import film_frames

SIZE = (64, 48)
ROOT = Path(__file__).parents[2]

ENDLESS = """
import sys, time
from pathlib import Path
import numpy as np
from mapping.outputs.base import Place
from mapping.outputs.film import Output

class Canvas:
    # Only what a film asks of a canvas; no display is needed to be killed.
    level = 0
    def read(self):
        self.level = (self.level + 1) % 200
        return np.full((48, 64, 4), 40 + self.level, np.uint8)

film = Output.open(Place("wall", (64, 48), 30.0, Path(sys.argv[2]), options={"path": sys.argv[1], "fps": 30.0}), None)
canvas = Canvas()
while True:
    film.present(None, canvas, time.monotonic())
    time.sleep(1 / 60)
"""


def place(path: Path, *, lockstep: bool = False, size: tuple[int, int] = SIZE, fps: float = 30.0) -> Place:
    return Place("wall", size, fps, path.parent, lockstep=lockstep, options={"path": str(path), "fps": 30.0})


def painted(gl: Gl, level: int, size: tuple[int, int] = SIZE) -> Canvas:
    """Return a canvas of one grey level."""
    canvas = gl.canvas(size)
    width, height = size
    corners = np.array([[-2, -2], [width + 2, -2], [width + 2, height + 2], [-2, height + 2]], float)
    gl.warp(canvas, gl.shape(corners), gl.layer(np.full((2, 2, 3), level, np.uint8)), 1.0)
    return canvas


def times(path: Path) -> list[float]:
    """Return the seconds at which the frames of a film stand."""
    with av.open(str(path)) as film:
        return [float(frame.time or 0.0) for frame in film.decode(video=0)]


def test_in_lockstep_every_frame_is_in_the_film_in_its_order(gl: Gl, tmp_path: Path) -> None:
    film = Output.open(place(tmp_path / "film.mp4", lockstep=True, fps=24.0), None)
    levels = [40 + 2 * number for number in range(60)]
    for number, level in enumerate(levels):
        film.present(gl, painted(gl, level), number / 24)
    film.close()
    assert film.trouble == ""
    seen = [frame.mean() for frame in film_frames(tmp_path / "film.mp4")]
    assert seen == pytest.approx(levels, abs=2)
    assert times(tmp_path / "film.mp4") == pytest.approx([number / 24 for number in range(60)], abs=1e-3)


def test_live_a_frame_stands_where_the_clock_says(gl: Gl, tmp_path: Path) -> None:
    film = Output.open(place(tmp_path / "film.mp4", fps=60.0), None)
    moments = [0.0, 1 / 60, 2 / 60, 0.1, 0.4, 0.45]  # the second is too early for a film of 30 a second
    for moment in moments:
        film.present(gl, painted(gl, 100), 500 + moment)
        time.sleep(0.01)
    film.close()
    assert film.drops == 0
    assert times(tmp_path / "film.mp4") == pytest.approx([0, 2 / 30 / 2, 0.1, 0.4, 0.45], abs=0.02)


def test_an_odd_size_loses_a_row_and_a_column_and_not_the_film(gl: Gl, tmp_path: Path) -> None:
    film = Output.open(place(tmp_path / "film.mp4", lockstep=True, size=(65, 47)), None)
    assert film.size == (64, 46)
    for number in range(3):
        film.present(gl, painted(gl, 90, (65, 47)), number / 30)
    film.close()
    assert [frame.shape for frame in film_frames(tmp_path / "film.mp4")] == [(46, 64, 3)] * 3


def test_colours_keep_their_meaning(gl: Gl, tmp_path: Path) -> None:
    canvas = gl.canvas(SIZE)
    colours = np.array([[(200, 40, 40), (40, 180, 60), (50, 70, 220), (128, 128, 128)]], np.uint8)
    picture = gl.layer(colours.repeat(16, 1).repeat(48, 0))
    gl.warp(canvas, gl.shape(np.array([[0, 0], [64, 0], [64, 48], [0, 48]], float)), picture, 1.0)
    film = Output.open(place(tmp_path / "film.mp4", lockstep=True), None)
    film.present(gl, canvas, 0.0)
    film.close()
    with av.open(str(tmp_path / "film.mp4")) as film_file:
        (frame,) = film_file.decode(video=0)
        assert (frame.colorspace, frame.color_range) == (1, 1), "BT.709, narrow range, and it says so"
        seen = frame.reformat(format="rgb24", src_colorspace=1, src_color_range=1).to_ndarray()
    middles = seen[24, 8::16].astype(int)
    assert np.abs(middles - colours[0]).max() <= 8


def playable(path: Path) -> int:
    """Return how many frames a player gets to see before the place at which a film breaks off."""
    seen = 0
    with av.open(str(path)) as film, contextlib.suppress(av.FFmpegError):
        for _ in film.decode(video=0):
            seen += 1
    return seen


@pytest.fixture
def endless(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", ENDLESS, str(tmp_path / "film.mp4"), str(tmp_path)], cwd=ROOT)
    yield process
    process.kill()
    process.wait()


def test_a_kill_leaves_a_film_that_plays(endless: subprocess.Popen[bytes], tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    deadline = time.monotonic() + 30
    while not path.exists() or path.stat().st_size < 6000:
        assert endless.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(3.0)
    os.kill(endless.pid, signal.SIGKILL)
    endless.wait()
    frames = film_frames(path)
    assert len(frames) > 45, "all but the last group of frames"
    assert min(frame.mean() for frame in frames) > 30


def test_a_projector_that_comes_back_goes_on_in_a_second_film(gl: Gl, tmp_path: Path) -> None:
    made = []
    for level in (80, 160):
        film = Output.open(place(tmp_path / "film.mp4", lockstep=True), None)
        film.present(gl, painted(gl, level), 0.0)
        film.close()
        made.append(film.path.name)
    assert made == ["film.mp4", "film-2.mp4"]
    assert film_frames(tmp_path / "film.mp4")[0].mean() == pytest.approx(80, abs=2)
    assert film_frames(tmp_path / "film-2.mp4")[0].mean() == pytest.approx(160, abs=2)


def test_when_the_disk_takes_no_more_the_film_ends_and_the_show_goes_on(gl: Gl, tmp_path: Path) -> None:
    noise = np.random.default_rng(1)
    film = Output.open(place(tmp_path / "film.mp4", lockstep=True), None)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, hard))
    try:
        for number in range(120):
            canvas = gl.canvas(SIZE)
            picture = gl.layer(noise.integers(0, 255, (48, 64, 3), np.uint8))
            gl.warp(canvas, gl.shape(np.array([[0, 0], [64, 0], [64, 48], [0, 48]], float)), picture, 1.0)
            film.present(gl, canvas, number / 30)
        film.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert film.trouble.startswith("The film film.mp4 ended early: ")
    assert film.trouble.endswith("The show goes on.")
    assert playable(tmp_path / "film.mp4") > 5


@pytest.mark.parametrize("name, words", [
    ("film.avi", "expected the name of an .mp4 file, got"),
    ("", "expected the name of an .mp4 file, got ''"),
    ("nowhere/film.mp4", "it cannot be written (No such file or directory)"),
])  # fmt: skip
def test_a_film_that_cannot_be_is_refused_by_name(name: str, words: str, tmp_path: Path) -> None:
    path = str(tmp_path / name) if name else ""
    with pytest.raises(OutputError) as refused:
        Output.open(Place("wall", SIZE, 30.0, tmp_path, options={"path": path}), None)
    assert words in str(refused.value)
    assert "wall" in str(refused.value) or name in str(refused.value)
