"""Fades between shapes: never a fold on the way, and both ends exactly."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from show.quads import Quad, QuadError, _convex, between, homography

SQUARE: Quad = ((0, 0), (1, 0), (1, 1), (0, 1))


def shape(angles: list[float], radii: list[float], centre: tuple[float, float], turn: float) -> Quad:
    """Return corners about a centre, a quarter of a turn apart or nearly so."""
    places = [(turn + (n + wobble) * math.pi / 2, r) for n, (wobble, r) in enumerate(zip(angles, radii, strict=True))]
    corners = [(centre[0] + r * math.cos(at), centre[1] + r * math.sin(at)) for at, r in places]
    return corners[0], corners[1], corners[2], corners[3]


quads = st.builds(
    shape,
    st.lists(st.floats(-0.3, 0.3), min_size=4, max_size=4),
    st.lists(st.floats(0.6, 1.4), min_size=4, max_size=4),
    st.tuples(st.floats(-2, 2), st.floats(-2, 2)),
    st.floats(0, 6.3),
)


def sharp(quad: Quad) -> bool:
    """Whether a shape is convex by a margin."""
    sides = np.roll(np.array(quad), -1, axis=0) - np.array(quad)
    after = np.roll(sides, -1, axis=0)
    return bool(((sides[:, 0] * after[:, 1] - sides[:, 1] * after[:, 0]) > 1e-3).all())


@settings(max_examples=150, deadline=None)
@given(quads, quads)
def test_every_shape_on_the_way_is_convex_and_the_ends_are_met(one: Quad, other: Quad) -> None:
    assume(sharp(one) and sharp(other))
    assert np.allclose(between(one, other, 0.0), one, atol=1e-6)
    assert np.allclose(between(one, other, 1.0), other, atol=1e-6)
    for n in range(1, 20):
        shape = np.array(between(one, other, n / 20))
        assert np.isfinite(shape).all()
        assert _convex(shape), shape


def test_half_a_turn_turns_where_straight_lines_would_shrink_to_a_point() -> None:
    turned: Quad = ((1, 1), (0, 1), (0, 0), (1, 0))
    half = np.array(between(SQUARE, turned, 0.5))
    sides = np.linalg.norm(np.roll(half, -1, axis=0) - half, axis=1)
    assert np.allclose(sides, 1.0)
    lines = (np.array(SQUARE) + np.array(turned)) / 2
    assert np.allclose(lines, 0.5)


def test_small_moves_are_nearly_straight() -> None:
    moved: Quad = ((0.01, 0.0), (1.0, 0.02), (0.99, 1.0), (0.0, 0.98))
    assert np.allclose(between(SQUARE, moved, 0.5), (np.array(SQUARE) + np.array(moved)) / 2, atol=1e-3)


def test_what_is_no_shape_is_refused() -> None:
    for bad in (
        ((0, 0), (1, 0), (0.2, 0.2), (0, 1)),
        ((0, 0), (1, 1), (1, 0), (0, 1)),
        ((0, 0), (1, 0), (math.nan, 1), (0, 1)),
    ):
        with pytest.raises(QuadError, match="expected four corners of a convex shape"):
            homography(bad)
    with pytest.raises(QuadError, match="mirror image"):
        between(SQUARE, SQUARE[::-1], 0.5)
