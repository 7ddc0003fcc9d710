"""The whole show with every part real: words, packets, kills and films."""

from __future__ import annotations

import os
import signal
import socket
import time
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from pythonosc.osc_message_builder import OscMessageBuilder

from show.bench import soak
from show.bus import Subscriber
from show.opening import open_plan
from show.snapshot import Status
from show.wires import status_topic
from tests.e2e.stage import distance, on_stage, oriel, write_show


def send(port: int, address: str, *values: float | int | str) -> None:
    builder = OscMessageBuilder(address)
    for value in values:
        builder.add_arg(value)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.sendto(builder.build().dgram, ("127.0.0.1", port))


def film_frames(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_a_udp_packet_changes_the_picture_that_the_projector_draws(tmp_path: Path) -> None:
    with on_stage(write_show(tmp_path), tmp_path / "state") as stage:
        stage.until(stage.playing, "the first pictures")
        port = stage.option("osc", "port")
        before = stage.wing(1).mean(axis=(0, 1))

        def changed() -> bool:
            send(port, "/prompt/text", "a blue sea at night")
            return float(np.abs(stage.wing(1).mean(axis=(0, 1)) - before).max()) > 12

        stage.until(changed, "the picture of the new words")
        assert stage.snapshot is not None
        assert stage.snapshot.values["prompt/text"] == "a blue sea at night"
        assert stage.snapshot.origin_ns > 0


def test_next_and_blackout_by_osc_reach_the_wall(tmp_path: Path) -> None:
    with on_stage(write_show(tmp_path), tmp_path / "state") as stage:
        stage.until(stage.playing, "the first pictures")
        port = stage.option("osc", "port")
        stage.until(lambda: stage.snapshot is not None and stage.snapshot.scene_name == "red", "the first scene")
        send(port, "/go")
        stage.until(lambda: stage.snapshot is not None and stage.snapshot.scene_name == "blue", "GO")
        send(port, "/blackout", 1)
        stage.until(lambda: int(stage.wing(1).max()) == 0, "blackout")
        send(port, "/blackout", 0)
        stage.until(lambda: float(stage.wing(1).mean()) > 10, "light again")


def test_killing_render_leaves_no_black_frame_and_pictures_come_back(tmp_path: Path) -> None:
    record = tmp_path / "wall.mp4"
    with on_stage(write_show(tmp_path), tmp_path / "state", record=record) as stage:
        stage.until(stage.playing, "the first pictures")
        for _ in range(2):
            victim = stage.house.supervisor.process_id("render")
            before = stage.house.pictures.newest_id
            assert victim is not None
            os.kill(victim, signal.SIGKILL)
            stage.until(lambda before=before: stage.house.pictures.newest_id > before + 10, "pictures after the kill")  # type: ignore[misc]
    frames = film_frames(record)
    assert len(frames) > 30
    assert min(float(frame.mean()) for frame in frames) > 5, "a black frame was recorded"


def test_where_the_artist_stays_away_recorded_pictures_move_on_the_wall(tmp_path: Path) -> None:
    show = write_show(tmp_path)
    show.write_text(show.read_text().replace("[show]", "[show]\nreel = 2.0"))
    with on_stage(show, tmp_path / "state") as stage:
        stage.until(lambda: stage.house.pictures.newest_id > 60, "some seconds of pictures")
        statuses = Subscriber(stage.house.wires.run, status_topic("projector"), Status)
        rungs: list[str] = []

        def rung() -> str:
            status = statuses.newest()
            rungs.extend([status.words["rung"]] if status is not None else [])
            return rungs[-1] if rungs else ""

        artist = stage.house.supervisor.process_id("render")
        assert artist is not None
        os.kill(artist, signal.SIGSTOP)  # it hangs, and is given 20 seconds until it is killed
        stage.until(lambda: rung() == "hold", "the hold")
        stage.until(lambda: rung() == "reel", "the reel")
        seen = []
        for _ in range(4):
            drawn = stage.house.glass.newest_id
            stage.until(lambda drawn=drawn: stage.house.glass.newest_id > drawn + 4, "strips")  # type: ignore[misc]
            seen.append(stage.wing(1))
        moved = [distance(one, other) for one, other in pairwise(seen)]
        assert min(moved) > 0.5, "recorded pictures move"
        assert min(float(wing.mean()) for wing in seen) > 10
        os.kill(artist, signal.SIGCONT)
        stage.until(lambda: rung() == "live", "the artist again")
        statuses.close()


@pytest.mark.parametrize("part", ["control", "osc", "remote", "projector"])
def test_killing_any_other_part_brings_it_back_and_the_pictures_go_on(part: str, tmp_path: Path) -> None:
    with on_stage(write_show(tmp_path), tmp_path / "state") as stage:
        stage.until(stage.playing, "the first pictures")
        send(stage.option("osc", "port"), "/go")
        stage.until(lambda: stage.snapshot is not None and stage.snapshot.scene_name == "blue", "GO")
        assert stage.snapshot is not None
        time.sleep(1.2)  # control writes its place down once a second
        before_t, painted, drawn = stage.snapshot.t, stage.house.pictures.newest_id, stage.house.glass.newest_id
        victim = stage.house.supervisor.process_id(part)
        assert victim is not None
        os.kill(victim, signal.SIGKILL)
        stage.until(lambda: stage.house.supervisor.process_id(part) not in (None, victim), "a new process")
        stage.until(
            lambda: stage.house.pictures.newest_id > painted + 20 and stage.house.glass.newest_id > drawn + 10,
            "pictures after the kill",
        )
        stage.until(lambda: stage.snapshot is not None and stage.snapshot.t > before_t, "the score going on")
        assert stage.snapshot.scene_name == "blue"
        assert float(stage.wing(1).mean()) > 10


@pytest.mark.parametrize("artist", ["testcard", "diffusion"])
def test_two_films_of_one_show_are_identical(artist: str, tmp_path: Path) -> None:
    show = write_show(tmp_path, artist=artist)
    films = []
    for name in ("one.mp4", "two.mp4"):
        done = oriel("film", show, "-o", tmp_path / name, "--seconds", "1", "--fps", "12", "--state", tmp_path / "s")
        assert done.returncode == 0, done.stderr
        films.append(film_frames(tmp_path / name))
    assert len(films[0]) == 12
    assert all(np.array_equal(one, other) for one, other in zip(*films, strict=True))
    assert min(float(frame.mean()) for frame in films[0]) > 5
    assert distance(films[0][0], films[0][-1]) > 0.5, "nothing moves"


def test_run_ends_by_itself_and_keeps_what_the_wall_saw(tmp_path: Path) -> None:
    record = tmp_path / "wall.mp4"
    state = tmp_path / "state"
    done = oriel("run", write_show(tmp_path), "--headless", "--seconds", "12", "--record", record, "--state", state)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    frames = film_frames(record)
    assert len(frames) > 20
    assert float(frames[-1].mean()) > 5


def test_a_soak_kills_parts_and_the_wall_stays_bright(tmp_path: Path) -> None:
    plan, _ = open_plan(write_show(tmp_path), None)
    lines = {line.name: line for line in soak.soak(plan, 24.0, 3.5, 1).lines}
    killed = [line for name, line in lines.items() if "came back, of 1 kills" in name]
    assert len(killed) == 3, "the last half is left for coming back"
    assert all(line.met for line in killed), lines
    assert lines["frames with a black picture on the wall"].met
    assert float(lines["paintings per second"].figure) > 3
    (page,) = (line for name, line in lines.items() if name.startswith("phone page answered"))
    assert int(page.figure) >= 2
