"""Memory that runs out, injected into a real small model: rung by rung down, and up again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from render.artists.base import Studio
from render.artists.diffusion import OPTIONS, PARAMETERS, Artist
from render.ladder import PATIENCE, Ladder, device_failed, ran_out
from show.errors import DeviceError
from show.parameter import Value, options
from show.snapshot import Snapshot
from tests.render.small import HEIGHT, WIDTH, snapshot

VALUES: dict[str, Value] = {p.address: p.default for p in PARAMETERS} | {"artist/steps": 3}


class Short:
    """A network of an artist that fails as a card does while a picture is larger, or takes more calls, than fits."""

    def __init__(self, artist: Artist, pixels: float = np.inf, calls: float = np.inf) -> None:
        self.pixels, self.calls, self.fails = pixels, calls, 0
        self.done = 0
        painter: Any = artist._painter
        self._network = painter._models.unet.forward
        painter._models.unet.forward = self

    def __call__(self, x: torch.Tensor, *args: Any, **more: Any) -> Any:
        self.done += 1
        if self.fails > 0 or self.done > self.calls or x.shape[2] * x.shape[3] > self.pixels:
            self.fails -= 1
            self.done = 0
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return self._network(x, *args, **more)

    def one_painting(self, artist: Artist, shot: Snapshot) -> Any:
        self.done = 0
        painting = artist.paint(shot)
        assert painting.pictures.shape == (3, HEIGHT, WIDTH, 3)
        assert painting.pictures.std() > 0
        return painting


@pytest.fixture
def artist(one_model: Path) -> Artist:
    given = options(OPTIONS, {"model": str(one_model), "device": "cpu", "threads": 1}, "artist")
    return Artist.load(Studio(WIDTH, HEIGHT, ("left", "centre", "right"), given, deterministic=True))


def shot(life: float) -> Snapshot:
    return snapshot(id=int(life * 10) + 1, life=life, values=VALUES)


def test_emptied_caches_are_enough_when_it_happens_once(artist: Artist) -> None:
    short = Short(artist)
    short.one_painting(artist, shot(0.0))
    short.fails = 1
    short.one_painting(artist, shot(0.1))
    assert "caches were emptied" in artist.note
    short.one_painting(artist, shot(0.1 + PATIENCE))
    assert artist.note == ""


def test_fewer_steps_then_smaller_pictures_and_quality_climbs_back(artist: Artist) -> None:
    short = Short(artist)
    short.one_painting(artist, shot(0.0))
    short.pixels = HEIGHT * WIDTH / 8**2 - 1
    smaller = short.one_painting(artist, shot(0.1)).pictures
    assert "half their size" in artist.note
    assert np.array_equal(smaller[:, ::2, ::2], smaller[:, 1::2, 1::2])
    short.pixels = np.inf
    notes = []
    for k in range(1, 5):
        short.one_painting(artist, shot(0.1 + k * PATIENCE))
        notes.append(artist.note)
    assert "one step" in notes[0]
    assert "caches" in notes[1]
    assert notes[2:] == ["", ""]


def test_pictures_in_one_step_when_several_are_too_much(artist: Artist) -> None:
    short = Short(artist, calls=2)
    short.one_painting(artist, shot(0.0))
    assert "one step" in artist.note


def test_at_the_end_of_the_ladder_the_process_ends_with_a_code_of_its_own(artist: Artist) -> None:
    Short(artist, pixels=0)
    with pytest.raises(DeviceError, match="starts again") as raised:
        artist.paint(shot(0.0))
    assert raised.value.exit_code == 7


def test_an_error_of_the_device_is_never_tried_again(artist: Artist) -> None:
    calls = []

    def broken(*_: object, **__: object) -> None:
        calls.append(1)
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    painter: Any = artist._painter
    painter._models.unet.forward = broken
    with pytest.raises(DeviceError, match="the card failed: CUDA error"):
        artist.paint(shot(0.0))
    assert len(calls) == 1


def test_who_falls_after_climbing_waits_twice_as_long() -> None:
    ladder = Ladder()
    for _ in range(3):
        ladder.fall(0.0, steps=4)
    assert not ladder.climb(PATIENCE - 0.1)
    assert ladder.climb(PATIENCE)
    ladder.fall(PATIENCE + 1, steps=4)
    assert not ladder.climb(PATIENCE + 1 + 1.5 * PATIENCE)
    assert ladder.climb(PATIENCE + 1 + 2 * PATIENCE)


def test_other_errors_are_neither() -> None:
    assert not ran_out(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    assert not device_failed(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    assert ran_out(RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"))
    assert not device_failed(torch.OutOfMemoryError("CUDA error: out of memory"))
