"""The projector in a process of its own: it draws on, whatever happens to everything else."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from mapping.projector import describe
from mapping.wall import Moment
from server.remote.qr import rows
from show.frames import HEAD
from show.rates import STALE_SECONDS
from show.wires import MARK, Mark
from tests.mapping.parts import COLOURS, film_frames, make_show, make_snapshot, plain, projecting, wing

LINK = "http://10.0.0.7:8080/?pair=0123456789abcdef"
LARGE = {"name": "wall", "module": "offscreen", "width": 640, "height": 360}


def test_pictures_come_onto_their_surfaces() -> None:
    with projecting(make_show()) as rig:
        rig.until(lambda: rig.wall() is not None, "the still")
        still = rig.wall()
        assert still is not None
        assert 20 < wing(still, 1).mean() < 160
        rig.until(lambda: rig.status, "a status")
        assert rig.status is not None
        assert (rig.status.light, rig.status.sentence) == (
            "amber",
            "The wall shows the title; the first picture is being painted.",
        )
        number = rig.paint(plain())
        for region, colour in enumerate(COLOURS):
            rig.until(lambda region=region, colour=colour: rig.near(region, colour), "the picture")  # type: ignore[misc]
        rig.until(lambda: rig.status and rig.status.numbers["picture"] == number, "its number in the status")
        assert rig.status.sentence == "Pictures are on the wall."
        assert rig.stop() == 0


def test_a_painter_that_dies_leaves_its_last_picture_and_a_sentence() -> None:
    with projecting(make_show()) as rig:
        rig.paint(plain())
        rig.until(lambda: rig.near(0, COLOURS[0]), "the picture")
        begun = time.monotonic()
        rig.until(lambda: rig.status and rig.status.sentence.startswith("Holding the last picture"), "the hold")
        assert time.monotonic() - begun > STALE_SECONDS - 1
        assert rig.status is not None
        assert rig.status.light == "amber"
        assert rig.near(0, COLOURS[0])
        rig.paint(plain(*COLOURS[::-1]))
        rig.until(lambda: rig.near(0, COLOURS[2]), "the next picture")
        rig.until(lambda: rig.status and rig.status.sentence == "Pictures are on the wall.", "that it goes on")


def test_a_projector_that_was_killed_comes_back_with_the_newest_picture() -> None:
    with projecting(make_show()) as rig:
        rig.paint(plain())
        rig.until(lambda: rig.near(1, COLOURS[1]), "the picture")
        before = rig.glass.newest_id
        rig.restart()
        seen: list[float] = []

        def back() -> bool:
            wall = rig.wall()
            if wall is not None and rig.glass.newest_id > before:
                seen.append(float(wing(wall, 1).mean()))
            return len(seen) > 3

        rig.until(back, "strips of the new projector")
        expected = float(np.mean(COLOURS[1]))
        assert seen == pytest.approx([expected] * len(seen), abs=3), "from its first frame on, without a fade"


def test_the_blackout_switch_works_with_everything_else_dead() -> None:
    with projecting(make_show()) as rig:
        rig.paint(plain())
        rig.until(lambda: rig.near(0, COLOURS[0]), "the picture")

        def bright(wanted: bool) -> None:
            # Nothing is sent any more: only the switch in shared memory and the strip on the glass are left.
            deadline = time.monotonic() + 10
            while True:
                wall = rig.wall()
                assert wall is not None
                if (wall.max() > 100) == wanted and (wanted or wall.max() == 0):
                    return
                assert time.monotonic() < deadline
                time.sleep(0.01)

        rig.board.blackout = True
        bright(False)
        rig.board.blackout = False
        bright(True)


def test_a_bus_that_makes_no_sense_is_left_alone_and_the_wall_stays() -> None:
    with projecting(make_show()) as rig:
        rig.paint(plain())
        rig.until(lambda: rig.near(0, COLOURS[0]), "the picture")
        segment = rig.pictures._memory  # as a dying writer may leave it
        whole = bytes(segment[HEAD:])
        chance = np.random.default_rng(3)
        for _ in range(20):
            segment[HEAD:] = chance.integers(0, 256, len(whole), np.uint8).tobytes()
            segment[16:24] = int(chance.integers(1, 2**62)).to_bytes(8, "little")
            strips = rig.glass.newest_id
            rig.until(lambda strips=strips: rig.glass.newest_id > strips, "that it draws on")  # type: ignore[misc]
        assert rig.near(0, COLOURS[0])
        segment[HEAD:] = whole
        segment[16:24] = (2**62).to_bytes(8, "little")
        rig.paint(plain(*COLOURS[::-1]))
        rig.until(lambda: rig.near(0, COLOURS[2]), "the picture of a writer that makes sense")


def test_fewer_and_other_pictures_than_there_are_regions_are_hung_as_far_as_they_go() -> None:
    with projecting(make_show()) as rig:
        rig.paint(plain())
        rig.until(lambda: rig.near(2, COLOURS[2]), "the picture")
        rig.paint(np.full((1, 16, 16, 3), 90, np.uint8))
        rig.until(lambda: rig.near(0, (90, 90, 90)), "the one picture")
        assert rig.near(2, COLOURS[2])


def test_the_code_of_the_phone_page_stands_on_the_wall_and_goes() -> None:
    with projecting(make_show(LARGE)) as rig:
        rig.paint(plain())
        rig.until(lambda: rig.near(0, COLOURS[0]), "the picture")
        rig.words = {"qr": "/".join(rows(LINK)), "pin": "123456"}
        reader = cv2.QRCodeDetector()

        def read() -> bool:
            wall = rig.wall()
            assert wall is not None
            larger = cv2.resize(wall, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
            return bool(reader.detectAndDecode(larger)[0] == LINK)

        rig.until(read, "a code that can be read")
        rig.words = {}
        rig.until(lambda: not read(), "the wall without it")


def test_a_mark_per_frame_says_which_picture_stood_in_it(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    with projecting(make_show(), marks=str(marks)) as rig:
        rig.paint(plain(), snapshot_ns=7, origin_ns=5, begun_ns=6)
        rig.until(lambda: rig.near(0, COLOURS[0]), "the picture")
        drawn = rig.glass.newest_id
        rig.until(lambda: rig.glass.newest_id > drawn + 3, "some more frames")
    data = marks.read_bytes()
    found = [Mark(*one) for one in MARK.iter_unpack(data[: len(data) // MARK.size * MARK.size])]
    assert len(found) > 10
    times = [mark.drawn_ns for mark in found]
    assert times == sorted(times)
    assert found[-1].frame == 1
    assert (found[-1].snapshot_ns, found[-1].origin_ns, found[-1].begun_ns) == (7, 5, 6)


def test_the_record_of_a_live_wall_is_a_film_of_it(tmp_path: Path) -> None:
    film = tmp_path / "wall.mp4"
    with projecting(make_show(), record=str(film)) as rig:
        rig.paint(plain())
        rig.until(lambda: rig.near(0, COLOURS[0]), "the picture")
        strips = rig.glass.newest_id
        rig.until(lambda: rig.glass.newest_id > strips + 8, "a second of it")
        assert rig.stop() == 0
    frames = film_frames(film)
    assert len(frames) > 20
    assert np.abs(wing(frames[-1], 0).astype(int) - COLOURS[0]).max() <= 8


def test_in_lockstep_each_snapshot_is_drawn_once_after_its_own_picture(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    with projecting(make_show(), record=str(film), lockstep=True, fps=12.0, frames=5) as rig:
        for number in range(1, 6):
            rig.snapshot = make_snapshot(number, life=number / 12, playing="playing")
            drawn = rig.glass.newest_id
            time.sleep(0.15)
            assert rig.glass.newest_id == drawn, "it waits for the picture"
            rig.paint(plain(*((40 * number,) * 3 for _ in range(3))), snapshot_id=number)
            rig.until(lambda drawn=drawn: rig.glass.newest_id > drawn, "the frame")  # type: ignore[misc]
        assert rig.stop() == 0
    assert len(film_frames(film)) == 5


def test_a_signal_to_stop_ends_it_well_in_the_middle_of_things() -> None:
    with projecting(make_show()) as rig:
        rig.until(lambda: rig.wall() is not None, "the still")
        assert rig.process.pid is not None
        os.kill(rig.process.pid, signal.SIGTERM)
        rig.process.join(10)
        assert rig.process.exitcode == 0


@pytest.mark.parametrize("record, words", [("nowhere/wall.mp4", "film"), ("wall.txt", "expected the name of an .mp4")])
def test_what_it_cannot_open_is_said_before_it_ends(
    record: str, words: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with projecting(make_show(), record=str(tmp_path / record)) as rig:
        rig.process.join(20)
        assert rig.process.exitcode not in (None, 0, 70)
    said = capfd.readouterr().err
    assert words in said
    assert "Traceback" not in said


def test_the_sentence_says_what_matters_most() -> None:
    playing = make_snapshot()
    assert describe(Moment(0, playing, blackout=True), "hold", "no film")[1].startswith("Blackout")
    assert describe(Moment(0, playing), "hold", "The film ended early.") == ("amber", "The film ended early.")
    testing = make_snapshot(values={"wall/testcard": True})
    assert describe(Moment(0, testing), "live", "") == ("green", "The test card is on the wall.")
    assert describe(Moment(0, make_snapshot(playing="stopped")), "live", "") == ("green", "The wall is at rest.")
    assert describe(Moment(0, make_snapshot(playing="stopped")), "still", "") == ("green", "The wall is at rest.")
