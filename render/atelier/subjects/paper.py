"""Subjects of paper: printed pages, an open book and a sealed letter."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as functional
from torch import Tensor

from render.atelier.canvas import Canvas, Layer, Sketch, mask, over, radius, segment, smooth, turn
from render.atelier.noise import fractal, hash_noise, noise
from render.atelier.relief import box, dome
from render.atelier.subject import Subject
from render.atelier.subjects.forms import form, nothing, on
from render.atelier.things import layer


def _print(canvas: Canvas, lines: int, letters: int) -> Tensor:
    """Two pages of print for each sheet, (B, 2, 208, 160): words of letters between spaces, under a heading."""
    device = canvas.device
    row = torch.arange(208, device=device)[:, None] / 208 * lines
    place = torch.arange(160, device=device) / 160 * letters
    line, letter = row.floor(), place.floor()
    salt = canvas.random(2, 1, 1) * 9
    word = hash_noise(letter, line, salt) > 0.2
    tall = 0.24 + 0.12 * (hash_noise(letter, line, salt + 2) > 0.65)
    last = 1 - 0.6 * (line % 4 == 3) * hash_noise(0 * line, line, salt + 5)
    inked = mask((row % 1 - 0.5).abs() - tall, 0.14) * mask((place % 1 - 0.5).abs() - 0.46, 0.16)
    body = inked * word * (place / letters < last) * (line > 1)
    size = hash_noise(letter * 0, line * 0, salt + 7) * 0.3 + 0.4
    heading = mask((row - 0.85).abs() - 0.45, 0.14) * mask((place / letters * 2 - 1).abs() - size, 0.02)
    heading = heading * mask((place / 2 % 1 - 0.5).abs() - 0.4, 0.1)
    return body + heading


def _read(text: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """Both pages of `text` at points that run over -1..1, (B, 2, H, W)."""
    return functional.grid_sample(text, torch.stack([u, v], -1), align_corners=False)


def _page(canvas: Canvas, text: Tensor, x: Tensor, y: Tensor) -> tuple[Layer, Tensor]:
    """A printed page of half width 0.76 and half height 1 at the origin, and its shadow."""
    outline = torch.maximum(x.abs() - 0.76, y.abs() - 1)
    paper = canvas.uniform(0.76, 0.88) + canvas.uniform(-0.1, 0.1) * x + canvas.uniform(-0.08, 0.08) * y
    which = canvas.chance(0.5)
    both = _read(text, x / 0.62, y / 0.86)
    ink = torch.where(which, both[:, 0], both[:, 1])
    edge = 0.2 * smooth(-0.03, 0.0, outline)
    cover = mask(outline, 0.03)
    return Layer(cover, over(paper - edge, ink, 0.13), 0 * cover), smooth(0.16, -0.04, outline)


def _open_book(text: Tensor, x: Tensor, y: Tensor) -> tuple[Layer, Tensor]:
    """A book that lies open, 1 high and about 1.4 wide each way from the origin, and its shadow."""
    wide = 1.36
    near = x.abs() / wide
    rise = 0.13 * (near * math.pi).sin().clamp(min=0) ** 0.8 * (1 - 0.35 * near) - 0.05 * near
    v = y + rise
    block = torch.maximum(x.abs() - wide, v.abs() - 0.9)
    cover = torch.maximum(x.abs() - wide - 0.09, (y + 0.02).abs() - 0.98)
    edges = torch.maximum(x.abs() - wide - 0.03, torch.maximum(v - 0.97, -0.86 - v))
    both = _read(text, (x - 0.72 * x.sign()) / 0.5, v / 0.76)
    ink = torch.where(x > 0, both[:, 0], both[:, 1])
    paper = 0.95 - 0.6 * torch.exp(-9 * x.abs()) - 0.22 * smooth(0.5, 1.0, near) + 0.05 * x.sign()
    light = over(0.28 - 0.06 * x, mask(edges, 0.02), 0.5 + 0.12 * (v * 130).sin())
    light = over(light, mask(block, 0.02), over(paper, ink, 0.13))
    light = over(light, mask(x.abs() - 0.02, 0.03) * mask(block, 0.02), 0.08)
    covered = mask(cover, 0.025)
    return Layer(covered, light, 0 * covered), smooth(0.22, -0.04, cover)


def pages(canvas: Canvas) -> Sketch:
    """Loose pages full of lines of print lie over one another on a dark table; on some sheets an open book on top."""
    light, tint = 0.12 + 0.14 * fractal(canvas, 4, 3), canvas.full(1.0)
    text = _print(canvas, 11, 22) if canvas.near else _print(canvas, 9, 16)
    size = canvas.near_far(0.74, 0.5)
    count = round((5 if canvas.near else 8) * (canvas.wide * canvas.high) ** 0.5)
    for index in range(count):
        last = index == count - 1
        # Around the middle in turn, so that no part of the table stays empty.
        across = ((index * 0.618 + 0.3) % 1 * 2 - 1) * (0.2 if last else 0.85) + canvas.uniform(-0.2, 0.2)
        down = ((index * 0.755 + 0.1) % 1 * 2 - 1) * (0.2 if last else 0.85) + canvas.uniform(-0.2, 0.2)
        x, y = (canvas.x - across * canvas.wide) / size, (canvas.y - down * canvas.high) / size
        x, y = turn(x, y, canvas.uniform(-0.55, 0.55))
        sheet, reach = _page(canvas, text, x, y)
        if last:
            book, around = _open_book(text, x / 0.92, y / 0.92)
            opened = canvas.chance(0.5)
            reach = torch.where(opened, around, reach)
            cover, shade = torch.where(opened, book.cover, sheet.cover), torch.where(opened, book.light, sheet.light)
            sheet = Layer(cover, shade, sheet.tint)
        light = over(light * (1 - 0.65 * reach), sheet.cover, sheet.light)
        tint = over(tint, sheet.cover, sheet.tint)
    return Sketch(light.clamp(0, 1), tint.clamp(0, 1))


def book(canvas: Canvas) -> Layer:
    """A book that lies open at two printed pages."""
    canvas = canvas.inside(0.0, 0.0, 0.68, canvas.uniform(-0.25, 0.25))
    text = _print(canvas, 9, 14)
    drawn = _open_book(text, canvas.x, canvas.y * canvas.uniform(1.0, 1.2))[0]
    return layer(drawn.cover, drawn.light, drawn.tint)


def envelope(canvas: Canvas) -> Layer:
    """The back of an envelope with a pointed flap, closed by a round seal."""
    canvas = canvas.inside(0.0, 0.0, 1.0, canvas.uniform(-0.3, 0.3))
    high, point = canvas.uniform(0.58, 0.7), canvas.uniform(0.02, 0.22)
    x, y = canvas.x, canvas.y
    outline = box(x, y, 0.96, high, 0.03)
    cover = mask(outline, 0.02)
    light = 0.74 + 0.06 * (noise(canvas, 5) - 0.5) - 0.08 * y
    below = segment(x.abs(), y, (0.0, 0.08), (0.96, high))
    lower = y - 0.08 - (high - 0.08) * x.abs() / 0.96
    light = light + 0.1 * smooth(-0.01, 0.02, lower) - 0.2 * torch.exp(-((below / 0.03) ** 2))
    flap = y - point + (high + point) * x.abs() / 0.96
    light = light * (1 - 0.5 * smooth(0.16, 0.0, flap))
    light = over(light, mask(flap, 0.02), 0.9 - 0.12 * smooth(-high, point, y))
    light = over(light, mask(flap.abs() - 0.012, 0.02), 0.35)
    picture = on(nothing(canvas), cover, light - 0.25 * mask(outline.abs() - 0.012, 0.02))
    size = canvas.uniform(0.17, 0.24)
    u, v = x - canvas.uniform(-0.03, 0.03), y - point + 0.06
    wax = radius(u, v) - size - 0.02 * (torch.atan2(v, u) * 5 + canvas.uniform(0, 6)).sin()
    stamped = dome(wax, 0.07) - 0.6 * dome(radius(u, v) - size * 0.62, 0.05)
    picture = on(picture, mask(wax - 0.03, 0.06) * 0.5, 0.1)
    return on(picture, mask(wax, 0.02), form(canvas, stamped, 0.1, 0.8) * 0.6, 1.0)


SUBJECTS = (
    Subject(
        "pages",
        ("pages and letters", "pages", "letters", "sheets of paper", "a manuscript", "printed words", "newspapers"),
        ("documents", "a diary"),
        (("white", "brown"), ("sand coloured", "brown"), ("white", "black")),
        scene=pages,
    ),
    Subject(
        "book",
        ("a book", "an open book", "an opened book", "a printed book", "a novel", "an old book"),
        ("a bible", "a volume"),
        (("white", "brown"), ("sand coloured", "brown"), ("white", "blue")),
        thing=book,
        stands=False,
    ),
    Subject(
        "envelope",
        ("an envelope", "a sealed letter", "a sealed envelope", "a closed envelope", "a paper envelope"),
        ("a postcard", "the post"),
        (("white", "red"), ("sand coloured", "red"), ("sand coloured", "brown")),
        thing=envelope,
        stands=False,
    ),
)
