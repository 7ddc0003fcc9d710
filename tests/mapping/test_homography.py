"""The warp's mathematics against its own definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping import homography
from mapping.homography import HomographyError

UNIT = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64)
numbers = st.floats(-2000, 2000, allow_nan=False)
quads = st.lists(st.tuples(numbers, numbers), min_size=4, max_size=4)


def convex(corners: list[tuple[float, float]]) -> bool:
    try:
        homography.check_corners(corners)
    except HomographyError:
        return False
    return True


@given(st.tuples(numbers, numbers), st.floats(1, 500), st.floats(-0.35, 0.35), st.floats(-0.35, 0.35), st.booleans())
def test_corners_land_on_corners_and_back(
    middle: tuple[float, float], size: float, skew: float, lean: float, mirrored: bool
) -> None:
    offsets = np.array([[-1, -1 + skew], [1, -1 - skew], [1 + lean, 1], [-1 - lean, 1]]) * size
    corners = np.array(middle) + (offsets[[1, 0, 3, 2]] if mirrored else offsets)
    matrix = homography.onto_corners(corners)
    assert np.allclose(homography.apply(matrix, UNIT), corners, atol=1e-6)
    inside = np.random.default_rng(0).uniform(0, 1, (50, 2))
    back = homography.apply(homography.from_corners(corners), homography.apply(matrix, inside))
    assert np.allclose(back, inside, atol=1e-7)


@given(quads)
def test_whatever_is_accepted_has_an_inverse(corners: list[tuple[float, float]]) -> None:
    if convex(corners):
        assert np.isfinite(homography.from_corners(corners)).all()
        assert (homography.edge_weights(corners) > 0).all()


@pytest.mark.parametrize(
    "corners",
    [
        [(0, 0), (1, 0), (1, 1)],
        [(0, 0), (1, 0), (1, 1), (float("nan"), 1)],
        [(0, 0), (0, 0), (1, 1), (0, 1)],
        [(0, 0), (1, 0), (2, 0), (0, 1)],
        [(0, 0), (1, 1), (1, 0), (0, 1)],
        [(0, 0), (1, 0), (0.2, 0.2), (0, 1)],
    ],
)
def test_degenerate_corners_are_refused_in_words(corners: list[tuple[float, float]]) -> None:
    with pytest.raises(HomographyError, match="surface: "):
        homography.onto_corners(corners)


def test_the_weighted_edges_are_the_inverse() -> None:
    corners = np.array([[100, 40], [480, 90], [430, 330], [60, 300]], np.float64)
    point = np.array([250.0, 200.0])
    lines = homography.edge_lines(corners)
    top, right, bottom, left = (lines[:, :2] @ point + lines[:, 2]) * homography.edge_weights(corners)
    found = left / (left + right), top / (top + bottom)
    assert np.allclose(found, homography.apply(homography.from_corners(corners), point), atol=1e-12)
    assert left + right == pytest.approx(top + bottom)


def test_a_surface_grows_and_shrinks_by_pixels_until_nothing_is_left() -> None:
    square = UNIT * 10
    larger, smaller = homography.grown(square, 1), homography.grown(square, -1)
    assert larger is not None
    assert smaller is not None
    assert np.allclose(larger, UNIT * 12 - 1)
    assert np.allclose(smaller, UNIT * 8 + 1)
    assert homography.grown(square, -5.1) is None
