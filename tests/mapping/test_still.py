"""What stands on the wall instead of pictures: the safe still, the test card and the card to pair a phone with."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from numpy.typing import NDArray

from mapping.qr import QUIET, modules, pairing_card
from mapping.still import still
from mapping.testcard import CORNERS, card
from server.remote.qr import rows

LINK = "http://192.168.178.123:8080/?pair=fN3kq0yXr2mUoB7v"
LONG = (
    "The Unbearable Lightness of a Machine that Has Read Everything: Donaudampfschifffahrtsgesellschaftskapitänsmütze"
)


def read_code(picture: NDArray[np.uint8]) -> str:
    """Return what OpenCV's reader finds in a picture (H, W, 3 or 4)."""
    text, _, _ = cv2.QRCodeDetector().detectAndDecode(np.ascontiguousarray(picture[..., :3]))
    return str(text)


@pytest.mark.parametrize("aspect", [1 / 3, 0.6, 1.0, 16 / 9, 3.0])
@pytest.mark.parametrize("title", ["", "Oriel", LONG, "静かな水", "   "])
def test_the_safe_still_is_never_black_and_never_glaring(aspect: float, title: str) -> None:
    picture = still(title, aspect, 0.5)
    height, width, depth = picture.shape
    assert (picture.dtype, depth) == (np.uint8, 3)
    assert width / height == pytest.approx(aspect, rel=0.01)
    assert picture.max(2).min() >= 20, "no place of it is black"
    assert 30 < picture.mean() < 160


def test_the_title_is_there_and_stays_inside_however_long_it_is() -> None:
    for title in ("Oriel", LONG):
        differs = np.abs(still(title, 0.6, 0.5).astype(int) - still("", 0.6, 0.5)).max(2) > 25
        assert differs.any()
        edge = np.concatenate([differs[:, 0], differs[:, -1], differs[0], differs[-1]])
        assert not edge.any(), f"{title}: letters touch the edge"


def test_the_glow_goes_on_over_the_wings() -> None:
    left, right = still("", 0.6, 0.5 - 1 / 6), still("", 0.6, 0.5 + 1 / 6)
    seam = np.abs(left[:, -1].astype(float) - right[:, 0]).mean()
    assert seam < 2.5, "two wings side by side are one picture"


def test_the_same_still_is_drawn_every_time() -> None:
    assert np.array_equal(still("Oriel", 0.6, 0.5), still("Oriel", 0.6, 0.5))


@pytest.mark.parametrize("size", [(32, 32), (300, 500), (1080, 400)])
def test_a_test_card_shows_its_edge_its_corners_and_its_middle(size: tuple[int, int]) -> None:
    drawn = card(2, "centre", size)
    assert drawn.shape == (size[1], size[0], 3)
    edge = np.concatenate([drawn[0], drawn[-1], drawn[:, 0], drawn[:, -1]])
    assert edge.min() > 150, "the outermost line is bright all around"
    height, width, _ = drawn.shape
    inset = max(2, round(min(size) * 0.045))
    places = ((inset, inset), (inset, width - 1 - inset), (height - 1 - inset, width - 1 - inset),
              (height - 1 - inset, inset))  # fmt: skip
    for colour, place in zip(CORNERS, places, strict=True):
        expected = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
        assert np.abs(drawn[place].astype(int) - expected).max() < 40, f"{colour} at {place}"


def test_test_cards_of_two_surfaces_and_of_two_regions_can_be_told_apart() -> None:
    one, two, named = (card(number, name, (200, 300)) for number, name in ((1, "left"), (2, "left"), (1, "right")))
    assert not np.array_equal(one, two)
    assert not np.array_equal(one, named)


@pytest.mark.parametrize("height", [60, 120, 288, 720])
@pytest.mark.parametrize("pin", ["", "493021"])
def test_the_pairing_card_can_be_scanned(height: int, pin: str) -> None:
    drawing = pairing_card("/".join(rows(LINK)), pin, height)
    assert drawing is not None
    wall = np.zeros((drawing.shape[0] + 40, drawing.shape[1] + 40, 3), np.uint8)
    share = drawing[..., 3:] / 255
    wall[20:-20, 20:-20] = np.round(drawing[..., :3] * share)
    wall = cv2.resize(wall, None, fx=3, fy=3, interpolation=cv2.INTER_NEAREST)
    assert read_code(wall) == LINK


def test_modules_are_whole_pixels_with_the_quiet_zone_of_the_standard() -> None:
    code = rows(LINK)
    drawing = pairing_card("/".join(code), "", 200)
    assert drawing is not None
    count = len(code) + 2 * QUIET
    module, rest = divmod(drawing.shape[1], count)
    assert rest == 0
    assert module >= 2
    middles = drawing[module // 2 : count * module : module, module // 2 :: module, 0] < 128
    expected = np.pad(np.array([[mark == "1" for mark in row] for row in code]), QUIET)
    assert np.array_equal(middles, expected)


@pytest.mark.parametrize("words", ["", "1", "10/1", "12/01", "10/01/", "/".join(["0" * 178] * 178)])
def test_what_is_no_code_gives_no_card(words: str) -> None:
    assert modules(words) is None
    assert pairing_card(words, "123456", 200) is None


@given(some.text(alphabet="01/ x", max_size=60))
def test_no_text_from_the_wire_breaks_the_card(words: str) -> None:
    found = modules(words)
    assert found is None or found.shape[0] == found.shape[1] > 1
