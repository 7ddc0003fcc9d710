"""The contract of every artist in the folder."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import render.artists
from render.artists.base import Studio
from show.announce import read_modules
from show.parameter import ParameterTree, options
from show.parameters import CORE
from show.snapshot import Snapshot
from tests.render.small import HEIGHT, WIDTH, region, snapshot

NAMES = sorted(found.name for found in pkgutil.iter_modules(render.artists.__path__) if found.name != "base")
NEEDS = {"diffusion": "model"}


@pytest.mark.parametrize("name", NAMES)
def test_it_announces_live_parameters_of_its_own_and_options(name: str) -> None:
    said = read_modules([f"render.artists.{name}"])[f"render.artists.{name}"]
    tree = ParameterTree((*CORE, *said.parameters))
    assert all(parameter.address.startswith("artist/") and parameter.live for parameter in said.parameters)
    assert all(
        tree.find(parameter.address).accept(parameter.default) == parameter.default for parameter in said.parameters
    )
    assert options(said.options, {}, name) == {parameter.address: parameter.default for parameter in said.options}
    assert not any(parameter.live for parameter in said.options)


@pytest.mark.parametrize("name", ["render.worker", *(f"render.artists.{name}" for name in NAMES)])
def test_it_imports_without_torch(name: str) -> None:
    script = f"import sys, {name}; print([m for m in ('torch', 'diffusers', 'transformers') if m in sys.modules])"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", NAMES)
def test_it_loads_paints_resumes_and_closes(name: str, one_model: Path) -> None:
    module = importlib.import_module(f"render.artists.{name}")
    chosen = {NEEDS[name]: str(one_model), "device": "cpu"} if name in NEEDS else {}
    studio = Studio(WIDTH, HEIGHT, ("left", "right"), options(module.OPTIONS, chosen, name), deterministic=True)
    artist = module.Artist.load(studio)
    values = {parameter.address: parameter.default for parameter in module.PARAMETERS}

    def shot(k: int) -> Snapshot:
        return snapshot(
            region("left"), region("right", seed_a=4, zoom=1.2, angle=20.0), id=k, life=k / 5, values=values
        )

    paintings = [artist.paint(shot(k)) for k in range(3)]
    artist.resume(paintings[-1].pictures, 0)
    paintings.append(artist.paint(shot(4)))
    for painting in paintings:
        assert painting.pictures.shape == (2, HEIGHT, WIDTH, 3)
        assert painting.pictures.dtype == np.uint8
        assert painting.pictures.flags.c_contiguous
        assert painting.forward_ns >= 0
    assert (paintings[0].pictures[0] != paintings[0].pictures[1]).any()
    assert artist.place
    artist.close()
