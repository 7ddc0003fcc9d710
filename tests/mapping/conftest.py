"""Fixtures of the projection's tests: one EGL context for all, and golden pictures.

Golden pictures are compared on the software rasteriser only. ORIEL_REGENERATE=1 writes them anew; a picture that
differs leaves what was drawn and a difference image (eight times amplified) in the test's temporary folder.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from mapping.gl import Gl

GOLDEN = Path(__file__).parent / "golden"
REGENERATE = os.environ.get("ORIEL_REGENERATE", "") not in ("", "0")


@pytest.fixture(scope="session")
def gl() -> Iterator[Gl]:
    made = Gl.headless()
    yield made
    made.close()


@pytest.fixture
def golden(gl: Gl, tmp_path: Path) -> Callable[[str, NDArray[np.uint8]], None]:
    def compare(name: str, drawn: NDArray[np.uint8]) -> None:
        if not gl.software:
            pytest.skip("golden pictures are compared on the software rasteriser only")
        path = GOLDEN / f"{name}.png"
        if REGENERATE:
            Image.fromarray(np.ascontiguousarray(drawn)).save(path, optimize=True)
        expected = np.asarray(Image.open(path).convert("RGB")).astype(np.int16)
        difference = np.abs(expected - drawn)
        if difference.max() > 1:
            Image.fromarray(np.ascontiguousarray(drawn)).save(tmp_path / f"{name}-drawn.png")
            amplified = np.clip(difference * 8, 0, 255).astype(np.uint8)
            Image.fromarray(amplified).save(tmp_path / f"{name}-difference.png")
        assert difference.max() <= 1, f"{name}: differs by up to {difference.max()} levels; see {tmp_path}"

    return compare
