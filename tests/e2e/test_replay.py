"""A whole day in small: a show is played, edited while it plays, played again from its log, and filmed from it."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

from show.replay import Replay
from tests.e2e.stage import ROOT, oriel, write_show
from tests.e2e.test_whole_show import film_frames
from tests.server.rig import until


def test_a_day_with_an_edit_in_it_is_replayed_and_filmed_again(tmp_path: Path) -> None:
    show, state, wall = write_show(tmp_path), tmp_path / "state", tmp_path / "wall.mp4"
    command = [sys.executable, "-m", "show", "run", show, "--headless", "--follow", "next beat"]
    command += ["--record", wall, "--state", state]
    played = subprocess.Popen(
        [*map(str, command)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        [log] = until(lambda: list((state / "recordings").glob("*.oriellog")), "a log", 60)
        remote, render = state / "log" / "remote.log", state / "log" / "render.log"
        until(lambda: all(one.exists() and one.stat().st_size for one in (remote, render)), "both have begun", 60)
        show.write_text(show.read_text().replace("red fire", "white ash"))
        until(lambda: "the show file has changed" in remote.read_text(), "the edit", 60)
        time.sleep(1.0)
    finally:
        played.terminate()
        said = played.communicate(timeout=60)[1]
    assert played.returncode == 0, said

    again = oriel("replay", log)
    assert again.returncode == 0, again.stderr
    assert re.search(r"'End to end' of .*: \d+ steps in 0:00:\d\d, bit for bit as on that day\. Played", again.stdout)
    words = [
        (step.snapshot.edition, step.snapshot.regions[0].words_b[0].text)
        for step in Replay(log).play()
        if step.snapshot is not None
    ]
    assert {*words} == {(0, "red fire"), (1, "white ash")}
    assert all(float(frame.mean()) > 5 for frame in film_frames(wall)[2:]), "the edit blanked no frame"

    film = tmp_path / "day.mp4"
    done = oriel("replay", log, "--film", film, "--seconds", "1", "--fps", "8", "--state", tmp_path / "other")
    assert done.returncode == 0, done.stderr
    frames = film_frames(film)
    assert len(frames) == 8
    assert min(float(frame.mean()) for frame in frames) > 5
