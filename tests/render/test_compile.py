"""`compile = true` on a CPU: the same pictures, with no compiling once the show plays, and without a compiler none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torch._dynamo
import torch._inductor.config

from render.artists.base import Studio
from render.artists.diffusion import OPTIONS, Artist
from show.frames import Pictures
from show.log import start_log
from show.parameter import options
from tests.render.small import HEIGHT, WIDTH, snapshot

NAMES = ("left", "centre", "right")
# A compiler warns of what others wrote.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")


@pytest.fixture(autouse=True)
def _fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch._dynamo.reset()
    torch._dynamo.utils.counters.clear()
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "compiled"))


def artist(folder: Path, *, compile_it: bool) -> Artist:
    given = options(
        OPTIONS, {"model": str(folder), "device": "cpu", "dtype": "fp32", "threads": 1, "compile": compile_it}, "artist"
    )
    return Artist.load(Studio(WIDTH, HEIGHT, NAMES, given, deterministic=True))


def painted(artist: Artist) -> list[Pictures]:
    made = [artist.paint(snapshot(id=number, life=number / 10)).pictures for number in range(1, 4)]
    artist.close()
    return made


def test_what_is_compiled_paints_the_same_and_is_compiled_once(one_model: Path) -> None:
    compiled = painted(artist(one_model, compile_it=True))
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] == 1
    for made, plain in zip(compiled, painted(artist(one_model, compile_it=False)), strict=True):
        assert np.abs(made.astype(int) - plain.astype(int)).max() <= 1


def test_without_a_compiler_it_paints_as_it_is(
    one_model: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    start_log("render", tmp_path)
    with torch._inductor.config.patch({"cpp.cxx": ("/no/such/compiler",)}):
        made = painted(artist(one_model, compile_it=True))
    assert "the artist's network cannot be compiled here, and paints as it is" in capfd.readouterr().err
    assert np.array_equal(made, painted(artist(one_model, compile_it=False)))
