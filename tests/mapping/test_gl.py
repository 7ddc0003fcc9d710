"""Drawing, proved on the software rasteriser against float64 mathematics and against OpenCV."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from mapping import homography
from mapping.gl import Gl
from mapping.homography import Floats, HomographyError
from mapping.typeset import decoded, encoded

OUTPUT = (320, 180)


def pixel_middles(size: tuple[int, int]) -> Floats:
    ys, xs = np.mgrid[0 : size[1], 0 : size[0]] + 0.5
    return np.stack([xs, ys], -1)


def inwards(corners: Floats, points: Floats) -> Floats:
    lines = homography.edge_lines(corners)
    result: Floats = (points @ lines[:, :2].T + lines[:, 2]).min(-1)
    return result


def random_quads(count: int) -> list[Floats]:
    """Return convex quads of all kinds, some reaching beyond the output, some nearly degenerate."""
    rng = np.random.default_rng(5)
    quads: list[Floats] = []
    while len(quads) < count:
        corners = rng.uniform((-40, -40), (OUTPUT[0] + 40, OUTPUT[1] + 40), (4, 2))
        try:
            quads.append(homography.check_corners(corners))
        except HomographyError:
            continue
    return quads


def smooth_noise(seed: int = 0, size: tuple[int, int] = (64, 96)) -> NDArray[np.uint8]:
    noise = np.random.default_rng(seed).uniform(0, 1, (size[1], size[0], 3))
    blurred = cv2.GaussianBlur(noise, (0, 0), 5, borderType=cv2.BORDER_REFLECT)
    low, high = blurred.min(), blurred.max()
    result: NDArray[np.uint8] = np.round((blurred - low) / (high - low) * 255).astype(np.uint8)
    return result


def test_the_warp_is_exact_to_a_hundredth_of_a_source_pixel(gl: Gl) -> None:
    width, height = 200, 300
    ramp = np.zeros((height, width, 4), np.float32)
    ramp[..., 0], ramp[..., 1] = np.arange(width), np.arange(height)[:, None]
    picture, canvas = gl.layer(ramp), gl.canvas(OUTPUT, "float")
    points = pixel_middles(OUTPUT)
    worst, seen = 0.0, 0
    for corners in random_quads(100):
        gl.clear(canvas)
        gl.warp(canvas, gl.shape(corners), picture, 1.0, over=False)
        drawn = canvas.read_floats()
        exact = homography.apply(homography.from_corners(corners), points) * (width, height) - 0.5
        inside = (inwards(corners, points) > 1) & (exact > 0).all(-1) & (exact < (width - 1, height - 1)).all(-1)
        if inside.any():
            worst = max(worst, float(np.abs(drawn[..., :2] - exact)[inside].max()))
            seen += int(inside.sum())
    assert seen > 300_000
    assert worst <= 0.01, f"{worst} source pixels"


def test_corners_are_pixel_edges_with_the_origin_top_left(gl: Gl) -> None:
    picture = np.zeros((4, 6, 3), np.uint8)
    picture[0, 0], picture[3, 5] = (250, 0, 0), (0, 0, 250)
    canvas = gl.canvas((20, 10))
    gl.warp(canvas, gl.shape(np.array([[2, 3], [8, 3], [8, 7], [2, 7]], float)), gl.layer(picture), 1.0)
    drawn = canvas.read()[..., :3].copy()
    assert np.array_equal(drawn[3:7, 2:8], picture), "one texel to one pixel, nothing shifted by half a pixel"
    drawn[3:7, 2:8] = 0
    assert drawn.max() == 0


def test_edges_are_antialiased_in_linear_light(gl: Gl) -> None:
    white = gl.layer(np.full((4, 4, 3), 255, np.uint8))
    canvas = gl.canvas((12, 12))
    gl.warp(canvas, gl.shape(np.array([[2.5, 2], [9.25, 2], [9.25, 10], [2.5, 10]])), white, 1.0)
    row = canvas.read()[6, :, 0] / 255.0
    assert decoded(row)[[1, 2, 3, 9, 10]] == pytest.approx([0, 0.5, 1, 0.25, 0], abs=0.01)


def test_a_picture_agrees_with_opencv_within_one_level(gl: Gl) -> None:
    picture = smooth_noise()
    height, width = picture.shape[:2]
    corners = np.array([[40, 12], [290, 30], [260, 170], [25, 150]], np.float64)
    canvas = gl.canvas(OUTPUT)
    gl.warp(canvas, gl.shape(corners), gl.layer(picture), 1.0)
    points = pixel_middles(OUTPUT)
    place = homography.apply(homography.from_corners(corners), points) * (width, height) - 0.5
    light = decoded(picture / 255.0).astype(np.float32)
    x, y = place[..., 0].astype(np.float32), place[..., 1].astype(np.float32)
    remapped = cv2.remap(light, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    expected = np.round(encoded(remapped) * 255)
    difference = np.abs(canvas.read()[..., :3] - expected)[inwards(corners, points) > 1]
    assert difference.max() <= 1
    assert difference.mean() < 0.3


@pytest.mark.parametrize("weight", [0.0, 0.25, 0.5, 1.0])
def test_a_crossfade_mixes_light_and_not_numbers(gl: Gl, weight: float) -> None:
    old, new = smooth_noise(1), smooth_noise(2)
    mixed, canvas = gl.canvas((64, 96), "half"), gl.canvas((64, 96))
    gl.mix(mixed, gl.layer(old), gl.layer(new), weight, (1.0, 1.0))
    gl.warp(canvas, gl.shape(np.array([[0, 0], [64, 0], [64, 96], [0, 96]], float)), mixed.layer, 1.0)
    light = decoded(old / 255.0) * (1 - weight) + decoded(new / 255.0) * weight
    drawn = canvas.read()[..., :3]
    inner = np.s_[1:-1, 1:-1]
    assert np.abs(drawn[inner] - np.round(encoded(light) * 255)[inner]).max() <= 1


def test_level_dims_light(gl: Gl) -> None:
    canvas = gl.canvas((8, 8))
    whole = gl.shape(np.array([[-2, -2], [10, -2], [10, 10], [-2, 10]], float))
    gl.warp(canvas, whole, gl.layer(np.full((4, 4, 3), 200, np.uint8)), 0.25)
    expected = encoded(decoded(np.array([200 / 255])) * 0.25)[0] * 255
    assert np.abs(canvas.read()[..., :3].astype(float) - expected).max() <= 1


def test_the_new_picture_is_zoomed_about_its_middle(gl: Gl) -> None:
    picture = smooth_noise()
    canvas = gl.canvas((64, 96), "half")
    gl.mix(canvas, gl.layer(picture), gl.layer(picture), 1.0, (1.0, 2.0))
    drawn = canvas.read_floats()[::-1][..., :3]  # a mixture keeps the row order of pictures
    light = decoded(picture / 255.0).astype(np.float32)
    grid = (
        (np.mgrid[0:96, 0:64] + 0.5 - np.array([48, 32])[:, None, None]) / 2 + np.array([48, 32])[:, None, None] - 0.5
    )
    expected = cv2.remap(light, grid[1].astype(np.float32), grid[0].astype(np.float32), cv2.INTER_LINEAR)
    assert np.abs(drawn - expected).max() < 0.01


def test_a_surface_thinner_than_a_pixel_is_drawn_faintly(gl: Gl) -> None:
    canvas = gl.canvas((20, 20))
    sliver = gl.shape(np.array([[2, 9.9], [18, 9.9], [18, 10.1], [2, 10.1]]))
    gl.warp(canvas, sliver, gl.layer(np.full((4, 4, 3), 255, np.uint8)), 1.0)
    assert 0 < canvas.read()[..., 0].max() < 255


def test_shrinking_averages_every_pixel(gl: Gl) -> None:
    canvas, strip = gl.canvas((90, 60)), gl.canvas((15, 10))
    picture = smooth_noise(3, (90, 60))
    gl.warp(canvas, gl.shape(np.array([[0, 0], [90, 0], [90, 60], [0, 60]], float)), gl.layer(picture), 1.0)
    gl.shrink(strip, canvas)
    light = decoded(canvas.read()[..., :3] / 255.0)
    expected = encoded(light.reshape(10, 6, 15, 6, 3).mean((1, 3))) * 255
    assert np.abs(strip.read()[..., :3] - expected).max() <= 1.5


def test_an_overlay_keeps_its_pixels(gl: Gl) -> None:
    drawing = np.random.default_rng(0).integers(0, 256, (5, 7, 4), np.uint8)
    drawing[..., 3] = np.where(drawing[..., 3] > 127, 255, 0)
    canvas = gl.canvas((16, 12))
    gl.overlay(canvas, gl.layer(drawing), (4, 3), 1.0)
    expected = drawing[..., :3] * (drawing[..., 3:] > 0)
    assert np.abs(canvas.read()[3:8, 4:11, :3].astype(int) - expected).max() <= 1
