"""What the wall shows at one instant, drawn on the software rasteriser and compared with golden pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from mapping.gl import Gl
from mapping.typeset import decoded
from mapping.wall import REST_SECONDS, Moment, Wall
from server.remote.qr import rows
from show.frames import Frame, Pictures, Stamps
from tests.mapping.parts import PICTURE, make_show, make_snapshot, plain, wing

SIZE = (480, 256)
LINK = "http://10.0.0.7:8080/?pair=0123456789abcdef"
Golden = Callable[[str, NDArray[np.uint8]], None]


def waves() -> Pictures:
    """Return three pictures with a slope, a wave and an edge in each: nothing about a warp goes unseen on them."""
    width, height = PICTURE
    y, x = np.mgrid[0:height, 0:width].astype(float)
    found = np.zeros((3, height, width, 3), np.uint8)
    for number in range(3):
        wave = 0.5 + 0.5 * np.sin((x + (number + 1) * y) / 5)
        found[number, ..., number] = np.round(60 + 180 * wave)
        found[number, ..., (number + 1) % 3] = np.round(200 * y / height)
        found[number, height // 3 : height // 2, width // 4 : width // 2] = 240
    return found


def make_wall(gl: Gl, size: tuple[int, int] = SIZE, **changes: object) -> Wall:
    wall = {"name": "wall", "module": "offscreen", "width": size[0], "height": size[1]}
    return Wall(gl, make_show(wall, **changes), [size], 1 / 60, Path())


def hang(wall: Wall, pictures: Pictures, number: int = 1) -> None:
    """Hang pictures that were there before the wall: without a fade."""
    wall.pictures.hang(Frame(number, pictures, Stamps()), 0.0, 0.0)


def drawn(wall: Wall, moment: Moment) -> NDArray[np.uint8]:
    wall.draw(moment)
    return wall.faces[0].canvas.read()[..., :3].copy()


def test_a_triptych_on_the_wall(gl: Gl, golden: Golden) -> None:
    wall = make_wall(gl)
    hang(wall, waves())
    golden("triptych", drawn(wall, Moment(1.0, make_snapshot())))


def test_the_safe_still_on_the_wall(gl: Gl, golden: Golden) -> None:
    golden("still", drawn(make_wall(gl), Moment(1.0)))


def test_the_test_card_on_the_wall(gl: Gl, golden: Golden) -> None:
    wall = make_wall(gl)
    hang(wall, waves())
    golden("testcard", drawn(wall, Moment(1.0, make_snapshot(values={"wall/testcard": True, "wall/level": 0.1}))))


def test_captions_stand_over_the_pictures(gl: Gl, golden: Golden) -> None:
    wall = make_wall(gl)
    hang(wall, waves())
    words = make_snapshot(caption="black bubbling water", narration="Before anything has a name there is water.")
    for now in (0.0, 1.0, 2.0):
        picture = drawn(wall, Moment(now, words))
    golden("captions", picture)
    off = make_snapshot(caption="black water", narration="There is water.", values={"wall/captions": False})
    for now in (3.0, 4.0, 5.0):
        picture = drawn(wall, Moment(now, off))
    bare = make_wall(gl)
    hang(bare, waves())
    assert np.array_equal(picture, drawn(bare, Moment(0.0, make_snapshot())))


def test_blackout_is_black_whatever_else_there_is(gl: Gl) -> None:
    wall = make_wall(gl)
    hang(wall, waves())
    words = make_snapshot(caption="water", narration="water", values={"wall/testcard": True})
    for now in (0.0, 1.0, 2.0):  # captions fade in
        bright = drawn(wall, Moment(now, words))
    black = drawn(wall, Moment(2.1, words, blackout=True, pairing=("/".join(rows(LINK)), "123456")))
    assert bright.max() > 200
    assert black.max() == 0
    assert np.array_equal(drawn(wall, Moment(2.2, words)), bright), "and it comes back as it was"


def test_a_show_that_is_stopped_sinks_to_its_rest_and_rises_again(gl: Gl) -> None:
    wall = make_wall(gl, show={"title": "Rest", "rest_level": 0.25})
    hang(wall, plain())
    playing, stopped = make_snapshot(), make_snapshot(playing="stopped")

    def light(moment: Moment) -> float:
        return float(decoded(wing(drawn(wall, moment), 0) / 255).mean())

    full = light(Moment(0.0, playing))
    falling = [light(Moment(0.0 + REST_SECONDS * part / 4, stopped)) for part in range(5)]
    assert falling == sorted(falling, reverse=True)
    assert falling[-1] == pytest.approx(full * 0.25, rel=0.05), "a quarter of the light, not of the numbers"
    rising = [light(Moment(1.0 + REST_SECONDS * part / 4, playing)) for part in range(5)]
    assert rising[-1] == pytest.approx(full, rel=0.02)
    assert rising == sorted(rising)


def test_the_level_of_the_wall_dims_light(gl: Gl) -> None:
    wall = make_wall(gl)
    hang(wall, plain())
    whole = decoded(wing(drawn(wall, Moment(0.0, make_snapshot())), 1) / 255).mean()
    half = decoded(wing(drawn(wall, Moment(0.0, make_snapshot(values={"wall/level": 0.5}))), 1) / 255).mean()
    assert half == pytest.approx(whole / 2, rel=0.03)


@pytest.mark.parametrize("size", [(480, 256), (1280, 720), (1920, 1080)])
def test_the_code_on_the_wall_can_be_scanned(gl: Gl, size: tuple[int, int]) -> None:
    wall = make_wall(gl, size)
    hang(wall, plain())
    picture = drawn(wall, Moment(1.0, make_snapshot(), pairing=("/".join(rows(LINK)), "493021")))
    larger = cv2.resize(picture, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    assert cv2.QRCodeDetector().detectAndDecode(larger)[0] == LINK
    gone = drawn(wall, Moment(2.0, make_snapshot()))
    assert np.abs(gone.astype(int) - picture).max() > 100


def test_what_has_not_changed_is_not_drawn_again(gl: Gl) -> None:
    wall = make_wall(gl)
    hang(wall, waves())
    for now in (1.0, 1.1, 1.2, 1.3):
        wall.draw(Moment(now, make_snapshot()))
    assert wall.repeats == 3
    hang(wall, plain(), 2)
    wall.draw(Moment(1.4, make_snapshot()))
    assert wall.repeats == 3


def test_overlapping_surfaces_lie_over_each_other_in_their_order(gl: Gl) -> None:
    below = {"region": "left", "corners": [[0.1, 0.1], [0.7, 0.1], [0.7, 0.9], [0.1, 0.9]]}
    above = {"region": "right", "corners": [[0.4, 0.1], [0.9, 0.1], [0.9, 0.9], [0.4, 0.9]]}
    wall = make_wall(gl, surface=[below, above])
    hang(wall, plain())
    picture = drawn(wall, Moment(0.0, make_snapshot()))
    middle = picture[SIZE[1] // 2]
    assert np.abs(middle[int(0.2 * SIZE[0])].astype(int) - (200, 40, 40)).max() <= 2
    assert np.abs(middle[int(0.55 * SIZE[0])].astype(int) - (50, 70, 220)).max() <= 2


def test_two_outputs_show_the_surfaces_that_name_them(gl: Gl) -> None:
    outputs = [{"name": name, "module": "offscreen", "width": 100, "height": 80} for name in ("one", "two")]
    corners = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]
    surfaces = [{"region": "left", "corners": corners, "output": "one"},
                {"region": "right", "corners": corners, "output": "two"}]  # fmt: skip
    wall = Wall(gl, make_show(*outputs, surface=surfaces), [(100, 80)] * 2, 1 / 60)
    hang(wall, plain())
    wall.draw(Moment(0.0, make_snapshot(caption="black water")))
    one, two = (face.canvas.read()[40, 50, :3].astype(int) for face in wall.faces)
    assert np.abs(one - (200, 40, 40)).max() <= 2
    assert np.abs(two - (50, 70, 220)).max() <= 2


def test_an_output_of_another_size_is_drawn_anew(gl: Gl) -> None:
    wall = make_wall(gl)
    hang(wall, plain())
    wall.draw(Moment(0.0, make_snapshot()))
    wall.faces[0].fit((300, 200))
    picture = drawn(wall, Moment(0.1, make_snapshot()))
    assert picture.shape == (200, 300, 3)
    assert np.abs(wing(picture, 2).astype(int) - (50, 70, 220)).max() <= 2
