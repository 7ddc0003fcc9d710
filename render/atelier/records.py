"""Records: a number gives a picture, its parameters and its caption, the same on every call; nothing is stored."""

from __future__ import annotations

import random
from dataclasses import dataclass

import torch
from torch import Tensor

from render.atelier.canvas import Canvas, Sketch
from render.atelier.captions import caption
from render.atelier.colours import COLOURS
from render.atelier.parameters import BATCH, SHAPES, Parameters, batch_parameters, shape_of
from render.atelier.styles import render
from render.atelier.subjects import SUBJECTS
from render.atelier.things import arrange

_GRAIN = 16


@dataclass(frozen=True)
class Batch:
    """Sixteen records, or some of them: pictures (N, 3, H, W) uint8, and the parameters and caption of each."""

    pictures: Tensor
    parameters: list[Parameters]
    captions: list[str]


@dataclass(frozen=True)
class Record:
    """One record: a picture (3, H, W) uint8, its parameters and its caption."""

    picture: Tensor
    parameters: Parameters
    caption: str


def sheet_size(shape: str, side: int) -> tuple[int, int]:
    """Height and width in pixels of a shape whose square is `side`; multiples of 16."""
    wide, high = SHAPES[shape]
    return max(_GRAIN, round(high * side / _GRAIN) * _GRAIN), max(_GRAIN, round(wide * side / _GRAIN) * _GRAIN)


@torch.no_grad()
def draw_batch(
    batch: int,
    *,
    side: int = 256,
    seed: int = 0,
    held: bool = False,
    shape: str | None = None,
    device: torch.device | str = "cpu",
    sheets: slice = slice(None),
) -> Batch:
    """Batch number `batch` of the endless series, in its own shape unless another is asked for, or `sheets` of it.

    On one device (and version of torch) the same numbers give the same pictures; a CPU and a GPU draw different ones.
    """
    height, width = sheet_size(shape or shape_of(batch), side)
    generator = torch.Generator(device=device)
    generator.manual_seed((seed * 1_000_003 + batch) * 2 + held)
    places = range(BATCH)[sheets]
    parameters = batch_parameters(batch, seed, held=held)[sheets]
    near = bool(parameters[0].near)
    canvas = Canvas.blank(BATCH, height, width, near=near, generator=generator, sheets=sheets)
    rgb = torch.tensor([(COLOURS[p.main].rgb, COLOURS[p.accent].rgb) for p in parameters], device=canvas.device)
    day = torch.tensor([p.day for p in parameters], device=canvas.device)
    painted = render(canvas, _sketch(canvas, parameters[0]), parameters[0].style, rgb, day)
    pictures = (painted * 255).round().to(torch.uint8)
    captions = [_caption(p, batch * BATCH + item, seed) for item, p in zip(places, parameters, strict=True)]
    return Batch(pictures, parameters, captions)


def _caption(parameters: Parameters, number: int, seed: int) -> str:
    return caption(parameters, random.Random(f"{seed}:{number}:caption"))


def caption_of(number: int, seed: int = 0) -> str:
    """The caption of record `number`, without drawing it."""
    return _caption(batch_parameters(number // BATCH, seed)[number % BATCH], number, seed)


def _sketch(canvas: Canvas, parameters: Parameters) -> Sketch:
    subject = SUBJECTS[parameters.subject]
    if subject.thing is not None:
        return arrange(canvas, subject.thing, parameters.number, parameters.place, stands=subject.stands)
    assert subject.scene is not None
    return subject.scene(canvas)


def record(number: int, *, side: int = 256, seed: int = 0, device: torch.device | str = "cpu") -> Record:
    """Record `number`: item number % 16 of batch number // 16."""
    item = number % BATCH
    only = draw_batch(number // BATCH, side=side, seed=seed, device=device, sheets=slice(item, item + 1))
    return Record(only.pictures[0], only.parameters[0], only.captions[0])
