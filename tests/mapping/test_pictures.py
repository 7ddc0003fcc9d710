"""Pictures that come, fade and are held, mixed on a real canvas."""

from __future__ import annotations

import numpy as np
import pytest

from mapping.fade import FIRST_FADE
from mapping.gl import Gl, Layer
from mapping.pictures import Pictures
from mapping.typeset import decoded
from show.frames import Frame, Stamps
from show.rates import STALE_SECONDS
from tests.mapping.parts import PICTURE, plain

TICK = 1 / 60
STILL = np.full((48, 32, 3), 60, np.uint8)


def grey(level: int) -> tuple[tuple[int, int, int], ...]:
    return ((level, level, level),) * 3


def hang(pictures: Pictures, number: int, level: int, now: float) -> None:
    pictures.hang(Frame(number, plain(*grey(level)), Stamps(snapshot_id=number)), now, now)


def shown(gl: Gl, layer: Layer) -> float:
    """Return the level (0..255) of a layer of one colour, as a canvas of the wall shows it."""
    canvas = gl.canvas(PICTURE)
    width, height = PICTURE
    gl.warp(canvas, gl.shape(np.array([[0, 0], [width, 0], [width, height], [0, height]], float)), layer, 1.0)
    return float(canvas.read()[height // 2, width // 2, :3].mean())


@pytest.fixture
def pictures(gl: Gl) -> Pictures:
    return Pictures(gl, [STILL] * 3, TICK)


def test_the_first_picture_grows_out_of_the_still(gl: Gl, pictures: Pictures) -> None:
    assert shown(gl, pictures.layers(0.0)[0]) == pytest.approx(60, abs=1)
    hang(pictures, 1, 200, 1.0)
    levels = [shown(gl, pictures.layers(1.0 + FIRST_FADE * part / 8)[0]) for part in range(9)]
    assert levels[0] == pytest.approx(60, abs=1)
    assert levels[-1] == pytest.approx(200, abs=1)
    assert levels == sorted(levels)
    half = (decoded(np.array([60 / 255, 200 / 255]))).mean()
    assert decoded(np.array([levels[4] / 255]))[0] == pytest.approx(half, abs=0.01), "it is light that is mixed"


def test_a_picture_that_was_there_before_the_projector_needs_no_fade(gl: Gl, pictures: Pictures) -> None:
    hang(pictures, 17, 200, 5.0)
    assert shown(gl, pictures.layers(5.0)[0]) == pytest.approx(200, abs=1)
    assert pictures.drops == 0


def test_nothing_jumps_whenever_the_next_picture_comes(gl: Gl, pictures: Pictures) -> None:
    chance = np.random.default_rng(7)
    now, number, due, before = 0.0, 0, 0.5, 60.0
    for _ in range(400):
        now += TICK
        if now >= due:
            number += 1
            hang(pictures, number, int(chance.integers(40, 220)), now)
            due = now + float(chance.uniform(0.15, 0.6))
        level = shown(gl, pictures.layers(now)[0])
        # A fade of the smoothed interval (0.15 s at the least) over 180 levels moves by less than 40 a frame.
        assert abs(level - before) < 40, f"a jump at {now:.2f} s"
        before = level


def test_every_region_gets_its_own_picture(gl: Gl, pictures: Pictures) -> None:
    pictures.hang(Frame(1, plain(*(((40 * k,) * 3) for k in (1, 2, 3))), Stamps()), 0.0, 0.0)
    assert [round(shown(gl, layer)) for layer in pictures.layers(0.0)] == pytest.approx([40, 80, 120], abs=1)


def test_pictures_of_another_size_hang_beside_those_before(gl: Gl, pictures: Pictures) -> None:
    pictures.layers(0.0)
    hang(pictures, 1, 100, 0.0)
    pictures.layers(2.0)
    small = np.full((3, 24, 16, 3), 180, np.uint8)
    pictures.hang(Frame(2, small, Stamps()), 2.0, 2.0)
    levels = [shown(gl, pictures.layers(2.0 + part / 4)[1]) for part in range(9)]
    assert levels[0] == pytest.approx(100, abs=1)
    assert levels[-1] == pytest.approx(180, abs=1)


def test_pictures_that_never_hung_are_counted(pictures: Pictures) -> None:
    for number in (4, 5, 9):
        hang(pictures, number, 100, number / 10)
    assert pictures.drops == 3
    assert pictures.newest.id == 9
    assert pictures.before.id == 5


def test_the_foremost_picture_is_the_one_that_makes_up_most_of_the_wall(pictures: Pictures) -> None:
    pictures.layers(0.0)
    hang(pictures, 1, 100, 1.0)
    assert pictures.foremost(1.0 + 0.4 * FIRST_FADE).id == 0
    assert pictures.foremost(1.0 + 0.6 * FIRST_FADE).id == 1


def test_a_held_picture_is_enlarged_about_its_middle(gl: Gl, pictures: Pictures) -> None:
    ramp = np.repeat(np.linspace(40, 220, 32).astype(np.uint8)[None, :, None], 48, 0).repeat(3, 2)
    pictures.hang(Frame(1, np.stack([ramp] * 3), Stamps()), 0.0, 0.0)
    sides = []
    for now in (0.0, STALE_SECONDS + 0.1, STALE_SECONDS + 30.1):
        pictures.look(now, "playing")
        canvas = gl.canvas(PICTURE)
        corners = np.array([[0, 0], [32, 0], [32, 48], [0, 48]], float)
        gl.warp(canvas, gl.shape(corners), pictures.layers(now)[0], 1.0)
        row = canvas.read()[24, :, 0].astype(float)
        sides.append((row[1], row[15:17].mean(), row[-2]))
    assert pictures.rung == "hold"
    assert sides[1] == pytest.approx(sides[0], abs=1)
    left, middle, right = np.array(sides[2]) - sides[0]
    assert left > 3
    assert right < -3
    assert abs(middle) < 2
