"""Masks of a show file: what is read of a PNG, what is refused and where, and how cues set files and take them away."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from show.cue_config import Laid
from show.errors import ShowFileError
from show.laying import every_mask
from show.load import load
from show.mask_files import MaskFileError, read
from show.masks import WHOLE, Mask
from tests.show.shows import SQUARE, small_show
from tests.show.test_cues import play

RAMP: NDArray[np.uint8] = np.tile(np.array([0, 64, 128, 255], np.uint8), (3, 1))
SHOW = """
[show]
title = "masks"
[[region]]
name = "left"
seed = 1
[[scene]]
name = "one"
seconds = 9
words = [{ text = "a house" }]
[[surface]]
region = "left"
corners = [[0, 0], [1, 0], [1, 1], [0, 1]]
mask = "arch.png"
[[cue]]
number = 1
surface = { left = { mask = "other.png", feather = 0.1 } }
"""


def png(pixels: NDArray[np.generic], mode: str | None = None) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(buffer, "PNG") if mode else Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


WHOLE_FILE = png(np.tile(RAMP, (16, 16)))


def test_a_grey_picture_is_coverage_and_not_light_and_transparency_counts_alone(tmp_path: Path) -> None:
    path = tmp_path / "mask.png"
    path.write_bytes(png(RAMP))
    assert np.allclose(read(path), RAMP / 255)
    path.write_bytes(png(RAMP, "RGB"))
    assert np.allclose(read(path), RAMP / 255, atol=1 / 255)
    path.write_bytes(png(RAMP.astype(np.uint16) * 257))
    assert np.allclose(read(path), RAMP / 255)
    silhouette = np.zeros((3, 4, 4), np.uint8)
    silhouette[..., 3] = RAMP
    path.write_bytes(png(silhouette))
    assert np.allclose(read(path), RAMP / 255), "black, and shown where it is opaque"
    opaque = np.stack([RAMP, RAMP, RAMP, np.full_like(RAMP, 255)], -1)
    path.write_bytes(png(opaque))
    assert np.allclose(read(path), RAMP / 255, atol=1 / 255)


def refusal(folder: Path, arch: bytes | None, other: bytes | None = None) -> list[str]:
    (folder / "show.toml").write_text(SHOW)
    for name, data in (("arch.png", arch), ("other.png", other or png(RAMP))):
        if data is not None:
            (folder / name).write_bytes(data)
    with pytest.raises(ShowFileError) as caught:
        load(folder / "show.toml")
    return str(caught.value).replace(f"{folder}/", "").splitlines()


def test_a_mask_file_that_is_not_there_or_broken_is_refused_with_file_line_and_key(tmp_path: Path) -> None:
    where = "show.toml:14: surface[1].mask: arch.png: "
    assert refusal(tmp_path, None) == [f"{where}there is no such mask"]
    assert refusal(tmp_path, b"GIF89a" + bytes(40)) == [f"{where}a mask is a PNG file; this is none"]
    (line,) = refusal(tmp_path, WHOLE_FILE[:-30])
    assert line.startswith(f"{where}this mask cannot be read (")
    large = bytearray(WHOLE_FILE)
    large[16:20] = (9000).to_bytes(4, "big")
    assert refusal(tmp_path, bytes(large)) == [f"{where}a mask may have 8192 pixels a side at the most, got 9000 x 48"]
    (line,) = refusal(tmp_path, WHOLE_FILE, b"no picture")
    assert line == "show.toml:17: cue[1].surface.left.mask: other.png: a mask is a PNG file; this is none"
    (tmp_path / "arch.png").unlink()
    (tmp_path / "arch.png").mkdir()
    assert refusal(tmp_path, None)[0].startswith(f"{where}this mask cannot be read (")


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(WHOLE_FILE) - 1), st.integers(0, 255), st.integers(0, len(WHOLE_FILE)))
def test_whatever_stands_in_a_file_nothing_but_one_sentence_comes_out(
    tmp_path_factory: pytest.TempPathFactory, at: int, byte: int, length: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzzed.png"
    broken = bytearray(WHOLE_FILE)
    broken[at] = byte
    for data in (bytes(broken), WHOLE_FILE[:length]):
        path.write_bytes(data)
        try:
            found, trouble = read(path), ""
        except MaskFileError as error:
            found, trouble = None, str(error)
        if found is None:
            assert trouble
            assert "\n" not in trouble
        else:
            assert found.shape == (48, 64)
            assert 0 <= found.min() <= found.max() <= 1


def test_a_cue_fades_to_a_file_and_to_none_and_is_broken_off_and_taken_back() -> None:
    show = play(
        {"surface": {"left": {"mask": "night.png", "feather": 0.1}}, "fade": 2},
        {"surface": {"left": {"mask": ""}}, "fade": 2},
        {"surface": {"left": {"level": 0.5}}},
        {"release": ["*"], "fade": 1},
        surface=[{"region": "left", "corners": SQUARE, "mask": "arch.png"}, {"region": "right", "corners": SQUARE}],
    )
    arch, night = Mask(file="arch.png"), Mask(file="night.png", feather=0.1)
    show.tell("go")
    assert dict(show.steps(1.0).surfaces[0][2]) == {arch: pytest.approx(0.5), night: pytest.approx(0.5)}
    show.tell("go")  # broken off: it goes on from what stands
    assert dict(show.step(0.001).surfaces[0][2])[night] == pytest.approx(0.5, abs=0.01)
    three = dict(show.steps(0.999).surfaces[0][2])
    assert three == pytest.approx({arch: 0.25, night: 0.25, Mask(): 0.5}, abs=0.002)
    assert show.steps(1.1).surfaces[0][2] == WHOLE
    show.tell("back")
    assert show.steps(2.1).surfaces[0][2] == ((night, 1.0),)
    show.tell("go")
    show.steps(2.1)
    show.tell("go")
    assert show.step(0.1).surfaces[0][1:] == (0.5, WHOLE), "a cue without a mask leaves it alone"
    show.tell("go")
    assert dict(show.steps(0.5).surfaces[0][2]) == {arch: pytest.approx(0.5), Mask(): pytest.approx(0.5)}
    assert show.steps(0.6).surfaces[0][2] == ((arch, 1.0),)


def test_a_jump_finds_the_mask_of_timed_cues() -> None:
    show = play({"at": 10, "surface": {"left": {"mask": "night.png"}}, "fade": 2})
    show.tell("seek", "11")
    assert dict(show.step(0.0).surfaces[0][2])[Mask(file="night.png")] == pytest.approx(0.5, abs=0.01)
    show.tell("seek", "60")
    assert show.steps(2.0).surfaces[0][2] == ((Mask(file="night.png"), 1.0),)


def test_every_mask_of_a_surface_is_known_before_it_is_wanted() -> None:
    cues = [
        {"number": n, "surface": {"left": {"mask": name}}} for n, name in enumerate(("a.png", "", "a.png", "b.png"))
    ]
    square = {"region": "right", "corners": SQUARE, "mask": SQUARE, "feather": 0.1}
    show = small_show(cue=cues, surface=[{"region": "left", "corners": SQUARE}, square])
    corners = tuple((float(x), float(y)) for x, y in SQUARE)
    assert every_mask(show) == {0: [Mask(), Mask(file="a.png"), Mask(file="b.png")], 1: [Mask(corners, 0.1)]}


def test_a_feather_without_a_mask_is_refused() -> None:
    with pytest.raises(ValueError, match="expected mask beside it"):
        Laid.model_validate({"feather": 0.1})
