"""What a user sees who does something wrong: one clear sentence, an exit code, no traceback."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.e2e.stage import ROOT, oriel, write_show


def refused(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    """Assert the exit code, that every word is said, and that no traceback is shown."""
    said = done.stderr + done.stdout
    assert done.returncode == code, said
    assert "Traceback" not in said
    for word in words:
        assert word in said, said


@pytest.mark.parametrize("config", sorted((ROOT / "configs").glob("*.toml")), ids=lambda path: path.stem)
def test_every_show_that_ships_is_in_order(config: Path) -> None:
    done = oriel("check", config)
    assert done.returncode == 0, done.stderr
    assert "in order" in done.stdout


@pytest.mark.parametrize(
    "wrong, right, words",
    [
        ('title = "End to end"', 'titel = "End to end"', ("show.toml:3", "titel", "did you mean title?")),
        ("rate = 15", 'rate = "fast"', ("show.toml:10", "rate", "number", "fast")),
        ('module = "testcard"', 'module = "testcrad"', ("testcrad", "did you mean testcard?")),
        ('region = "left"', 'region = "lfet"', ("lfet", "did you mean left?")),
        ('region = "left"', 'region = "left"\nmask = "arch.png"', ("mask", "arch.png: there is no such mask")),
        ("seconds = 600", "seconds = -1", ("seconds", "-1")),
        ("[show]", "[show", ("show.toml:2",)),
    ],
)
def test_a_wrong_show_file_is_refused_by_name(wrong: str, right: str, words: tuple[str, ...], tmp_path: Path) -> None:
    show = write_show(tmp_path)
    show.write_text(show.read_text().replace(wrong, right, 1))
    refused(oriel("check", show), 2, *words)


def test_a_missing_show_file_is_named(tmp_path: Path) -> None:
    refused(oriel("run", tmp_path / "none.toml", "--headless"), 2, "none.toml")


def with_model(tmp_path: Path, model: Path | str) -> Path:
    show = write_show(tmp_path, artist="diffusion")
    show.write_text(show.read_text().replace("rate = 15", f'rate = 15\noptions = {{ model = "{model}" }}', 1))
    return show


def test_a_missing_model_folder_ends_the_start_with_one_sentence(tmp_path: Path) -> None:
    show = with_model(tmp_path, tmp_path / "no-such-model")
    refused(oriel("run", show, "--headless", "--state", tmp_path / "s"), 4, "no-such-model")


def test_a_corrupt_model_file_is_named(tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "model"
    shutil.copytree(ROOT / "render" / "embedded", folder)
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    refused(oriel("run", with_model(tmp_path, folder), "--headless", "--state", tmp_path / "s"), 4, weights.name)


@pytest.mark.parametrize(
    "kind, key", [(socket.SOCK_STREAM, r"port = (\d+)\s*$"), (socket.SOCK_DGRAM, r"{ port = (\d+)")]
)
def test_a_busy_port_is_named_before_anything_starts(kind: socket.SocketKind, key: str, tmp_path: Path) -> None:
    show = write_show(tmp_path)
    found = re.search(key, show.read_text())
    assert found is not None
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", int(found[1])))
        if kind == socket.SOCK_STREAM:
            other.listen()
        refused(oriel("run", show, "--headless", "--state", tmp_path / "s"), 3, found[1])


def test_a_second_copy_is_refused_and_the_first_plays_on(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    state = tmp_path / "state"
    command = [
        sys.executable,
        "-m",
        "show",
        "run",
        str(write_show(tmp_path / "a")),
        "--headless",
        "--state",
        str(state),
    ]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        deadline = time.monotonic() + 30
        while not (state / "oriel.lock").exists() or not (state / "oriel.lock").read_text():
            assert time.monotonic() < deadline
            time.sleep(0.1)
        refused(
            oriel("run", write_show(tmp_path / "b"), "--headless", "--state", state),
            3,
            "already running",
            str(first.pid),
        )
        assert first.poll() is None
        first.terminate()
        first.communicate(timeout=40)
        assert first.returncode == 0


def test_a_terminal_that_is_gone_does_not_stop_the_show(tmp_path: Path) -> None:
    state = tmp_path / "state"
    command = [sys.executable, "-m", "show", "run", str(write_show(tmp_path)), "--headless", "--state", str(state)]
    terminal = subprocess.Popen(["head", "-n", "1"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert terminal.stdin is not None
    with terminal.stdin as pipe:
        show = subprocess.Popen([*command, "--seconds", "9"], cwd=ROOT, stdout=pipe, stderr=pipe)
    try:
        assert terminal.wait(60) == 0, "it has read its one line and is gone"
        assert show.wait(60) == 0
    finally:
        show.kill()
    said = "".join(path.read_text() for path in (state / "log").glob("*.log"))
    assert "OSC is heard on" in said, "the files of the log were written on"
    assert "Traceback" not in said
    assert "ended (" not in said, "no part died of it"


def test_the_end_of_its_terminal_closes_a_show_in_order(tmp_path: Path) -> None:
    state = tmp_path / "state"
    # Under nohup, as these tests may run themselves, a show plays on.
    heeding = (
        "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_DFL); os.execv(sys.executable, sys.argv[1:])"
    )
    run = [sys.executable, "-m", "show", "run", str(write_show(tmp_path)), "--headless", "--state", str(state)]
    command = [sys.executable, "-c", heeding, *run]
    show = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True)
    assert show.stderr is not None
    try:
        heard = next(line for line in show.stderr if "OSC is heard on" in line)
        assert heard
        os.killpg(show.pid, signal.SIGHUP)
        rest = show.stderr.read()
        assert show.wait(60) == 0
    finally:
        show.kill()
        show.stderr.close()
    assert "Closing." in rest
    assert "ended (" not in rest
    assert not list(Path("/dev/shm").glob(f"*oriel-{show.pid}-*")), "nothing is left in shared memory"


def test_a_film_into_a_missing_folder_is_refused(tmp_path: Path) -> None:
    refused(oriel("film", write_show(tmp_path), "-o", tmp_path / "no" / "film.mp4"), 1, "does not exist")
    refused(oriel("film", write_show(tmp_path), "-o", tmp_path / "film.avi"), 1, ".mp4")


def test_the_doctor_finds_that_this_machine_can_open_the_show(tmp_path: Path) -> None:
    done = oriel("doctor", write_show(tmp_path), "--headless")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The show can open." in done.stdout
    assert "GL" in done.stdout
    assert "espeak-ng speaks" in done.stdout
