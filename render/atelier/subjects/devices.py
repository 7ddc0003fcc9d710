"""Subjects that people look into, look at and talk into."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from render.atelier.canvas import Canvas, Layer, mask, over, radius, smooth, turn
from render.atelier.noise import hash_noise
from render.atelier.relief import box, join
from render.atelier.subject import Subject
from render.atelier.subjects.model import Model, bar, corner, disc, fold, framed


@framed
def camera(canvas: Canvas) -> Layer:
    """A photographic camera from the front, with its big lens."""
    x, y, model = canvas.x, canvas.y - 0.22, Model(canvas)
    high, big = canvas.uniform(0.5, 0.6), canvas.uniform(0.4, 0.46)
    model.lay(box(x + 0.62, y + high + 0.04, 0.13, 0.1, 0.03), 0.7, thick=0.08)
    model.lay(box(x - 0.6, y + high + 0.03, 0.17, 0.08, 0.03), 0.4, thick=0.08, tint=0.4)
    hump = corner(x, y, [(-0.24, -high - 0.22), (0.24, -high - 0.22), (0.36, -0.3), (-0.36, -0.3)]) - 0.03
    model.lay(hump, 0.95, thick=0.1)
    body = box(x, y, 0.95, high, 0.1)
    model.lay(body, 0.95, thick=0.14, shade=0.3)
    grain = 0.06 * (x * 70).sin() * (y * 70).sin()
    model.mark(mask(torch.maximum(body + 0.015, (y - 0.08).abs() - high * 0.62), 0.03), 0.22 + grain, 0.3)
    model.line(box(x, y + high + 0.1, 0.15, 0.07, 0.02), 0.12, 0.8)
    model.add(box(x - 0.7, y + high - 0.12, 0.14, 0.07, 0.02), 1.0, tint=1.0, glow=0.8)
    model.add(radius(x + 0.72, y + high - 0.14) - 0.06, 0.85, tint=0.9)
    r = radius(x, y - 0.03)
    model.lay(r - big, 0.9, thick=0.08, rise=0.2, shade=0.6)
    model.lay(r - big * 0.86, 0.25, thick=0.06, rise=0.22, tint=0.3)
    ridges = 0.15 * (torch.atan2(y - 0.03, x) * 30).sin()
    model.mark(mask((r - big * 0.78).abs() - big * 0.07, 0.02), 0.4 + ridges, 0.2)
    glass = r - big * 0.58
    model.line(glass - 0.03, 0.03, 0.5)
    model.mark(mask(glass, 0.03), 0.12 + 0.5 * smooth(-0.3, 0.35, y + 0.5 * x) ** 2, 0.9, glow=0.9)
    model.line((r - big * 0.36).abs() - 0.012, 0.05, 0.9)
    spark_x, spark_y = canvas.uniform(-0.14, -0.06), canvas.uniform(-0.16, -0.08)
    model.mark(mask(disc(x - spark_x, y - 0.03 - spark_y, 0.09, 0.06), 0.05), 1.0, 0.5, glow=1.0)
    return model.layer(gloss=0.4)


def _picture(canvas: Canvas, x: Tensor, y: Tensor) -> Tensor:
    """What a shining screen shows: a sun over hills."""
    sun = mask(radius(x - canvas.uniform(-0.3, 0.3), y + canvas.uniform(0.0, 0.2)) - 0.13, 0.04)
    hill = 0.12 + 0.12 * (x * canvas.uniform(3, 7) + canvas.uniform(0, 6)).sin()
    sky = 0.7 + 0.2 * smooth(-0.4, 0.3, y)
    return over(over(sky, sun, 1.0), mask(hill - y, 0.04), 0.35) * (0.94 + 0.06 * (y * 90).sin())


@framed
def television(canvas: Canvas) -> Layer:
    """An old television set with a shining picture, knobs and rabbit ears."""
    x, y, model = canvas.x, canvas.y - 0.1, Model(canvas)
    spread, lean = canvas.uniform(0.3, 0.6), canvas.uniform(-0.1, 0.1)
    for side in (-1.0, 1.0):
        tip = (side * spread + lean, -1.02)
        model.lay(bar(x, y, (0.0, -0.55), tip, 0.02), 0.6, thick=0.03)
        model.lay(radius(x - tip[0], y - tip[1]) - 0.045, 0.9, thick=0.05)
    model.lay(torch.maximum(disc(x, y + 0.54, 0.2, 0.14), y + 0.5), 0.4, thick=0.1)
    model.lay(corner(x.abs(), y, [(0.5, 0.5), (0.62, 0.5), (0.72, 0.8), (0.64, 0.8)]), 0.4, thick=0.04)
    wide = canvas.uniform(0.84, 0.96)
    case = box(x, y - 0.02, wide, 0.56, 0.12)
    model.lay(case, 0.85 + 0.05 * ((y * 20 + (x * 4).sin()).sin()), thick=0.12)
    dials = canvas.uniform(0.22, 0.28)
    u, v = x + dials * 0.5 + 0.02, y - 0.02
    screen = box(u, v, wide - dials * 0.5 - 0.14, 0.42, 0.16)
    model.add(screen - 0.05, 0.3, tint=0.3)
    bulge = 1 - 0.25 * (u**2 + v**2)
    model.mark(mask(screen, 0.03), _picture(canvas, u, v) * bulge, 1.0, glow=1.0)
    shine = mask(torch.maximum(screen + 0.06, (u + v * 0.6 + 0.38).abs() - 0.05), 0.05)
    model.mark(shine * 0.5, 1.0, 0.8, glow=1.0)
    knob = x - wide + dials * 0.55
    for place in (-0.28, 0.0):
        model.add(radius(knob, y - place) - 0.085, 0.4, thick=0.06, tint=0.3)
        model.line(bar(knob, y - place, (0.0, 0.0), (0.04, -0.05), 0.012), 1.0)
    grille = torch.maximum(box(knob, y - 0.3, 0.085, 0.12), 0.012 - ((y * 18) % 1 - 0.5).abs() / 18)
    model.line(grille, 0.15)
    model.halo(screen, 0.22, 0.35)
    return model.layer(gloss=0.3)


@framed
def computer(canvas: Canvas) -> Layer:
    """A computer: a flat screen with lines of text on its foot, and a keyboard."""
    x, y, model = canvas.x, canvas.y, Model(canvas)
    wide, high = canvas.uniform(0.8, 0.95), canvas.uniform(0.5, 0.58)
    middle = -0.34
    model.lay(corner(x, y, [(-0.1, 0.1), (0.1, 0.1), (0.14, 0.5), (-0.14, 0.5)]), 0.6, thick=0.08)
    model.lay(disc(x, y - 0.5, 0.36, 0.08), 0.8, thick=0.06)
    case = box(x, y - middle, wide, high, 0.06)
    model.lay(case, 0.9, thick=0.06, rise=0.1, shade=0.4)
    screen = box(x, y - middle + 0.03, wide - 0.08, high - 0.12, 0.02)
    v = (y - middle + high) / high * 5
    row = v.floor()
    length = (hash_noise(row, row * 0, canvas.uniform(0, 9)) * 1.1 + 0.3) * wide
    text = (
        mask((v % 1 - 0.5).abs() - 0.2, 0.15)
        * mask(x + wide - 0.2 - length, 0.03)
        * smooth(-0.02, 0.02, x + wide - 0.2)
    )
    text = text * mask(screen + 0.08, 0.03)
    inked = canvas.chance(0.5)
    model.mark(mask(screen, 0.03), torch.where(inked, 0.92, 0.12), 1.0, glow=1.0)
    model.mark(text, torch.where(inked, 0.2, 1.0), torch.where(inked, 0.3, 0.7), glow=1.0)
    model.add(disc(x, y - middle - high + 0.045, 0.03, 0.03), 0.4, tint=0.6)
    spread = (0.78 + 0.5 * (y - 0.76)).clamp(min=0.3)
    board = torch.maximum(x.abs() - spread, (y - 0.76).abs() - 0.15) - 0.02
    model.lay(board, 0.85, thick=0.06, rise=0.1, shade=0.4)
    keys = torch.minimum(
        0.5 - ((x / spread * 6.5) % 1 - 0.5).abs() - 0.14, 0.5 - (((y - 0.61) * 10) % 1 - 0.5).abs() - 0.16
    )
    model.mark(smooth(0.0, 0.06, keys) * mask(board + 0.04, 0.02), 0.35, 0.4)
    model.halo(screen, 0.2, 0.25)
    return model.layer(gloss=0.3)


@framed
def telephone(canvas: Canvas) -> Layer:
    """An old telephone from the front: a dial with ten holes, and the receiver across the top."""
    x, y, model = canvas.x, canvas.y, Model(canvas)
    foot, top = canvas.uniform(0.72, 0.86), canvas.uniform(0.3, 0.4)
    curve = (1 - smooth(-0.35, 0.85, y)) ** 1.5
    base = torch.maximum(x.abs() - foot + (foot - top) * curve, (y - 0.27).abs() - 0.6) - 0.03
    model.lay(
        torch.minimum(box(x.abs() - 0.24, y + 0.36, 0.07, 0.16, 0.03), box(x, y + 0.28, 0.3, 0.08)), 0.7, thick=0.08
    )
    model.lay(base, 0.95, thick=0.2)
    model.line(torch.maximum((y - 0.82).abs() - 0.02, base), 0.4)
    u, v = x, (y - 0.3) / 0.95
    r = radius(u, v)
    model.lay(r - 0.43, 0.85, thick=0.06, rise=0.16, tint=1.0, shade=0.5)
    turned = canvas.uniform(0.2, 0.9)
    along, across = fold(*turn(u, v, turned), 12.0)
    angle = (torch.atan2(v, u) - turned) % (2 * math.pi)
    holes = radius(along - 0.31, across) - 0.062
    model.line(torch.where(angle < (2 * math.pi) * 10.5 / 12, holes, r + 1), 0.05, 0.4)
    model.add(r - 0.17, 0.95, thick=0.05, tint=0.1)
    model.line(bar(u, v, (0.28, 0.3), (0.4, 0.36), 0.025), 0.15)
    tilt = canvas.uniform(-0.06, 0.06)
    p, q = turn(x, y + 0.58, tilt)
    grip = (radius(p, q - 0.95) - 1.05).abs() - 0.1
    grip = torch.maximum(grip, q + 0.0 * p - 0.1)
    cups = box(*turn(p.abs() - 0.76, q - 0.14, torch.full_like(tilt, 0.2)), 0.19, 0.15, 0.1)
    handle = join(torch.maximum(grip, p.abs() - 0.85), cups, 0.1)
    model.lay(handle, 1.0, thick=0.13, rise=0.2, shade=0.5)
    return model.layer(gloss=0.7)


SUBJECTS = (
    Subject(
        "camera",
        ("a camera", "a photo camera", "an old camera", "a film camera", "a manual camera"),
        ("a reflex camera", "a viewfinder"),
        (("grey", "brown"), ("black", "blue"), ("white", "sand coloured")),
        thing=camera,
    ),
    Subject(
        "television",
        ("a television", "a television set", "an old television", "a glowing television", "a television screen"),
        ("a broadcast", "a picture tube"),
        (("brown", "blue"), ("red", "white"), ("brown", "turquoise"), ("grey", "blue")),
        thing=television,
    ),
    Subject(
        "computer",
        ("a computer", "a computer screen", "a monitor", "a desktop computer", "a glowing screen"),
        ("a display", "a laptop"),
        (("grey", "blue"), ("white", "turquoise"), ("black", "green"), ("sand coloured", "blue")),
        thing=computer,
    ),
    Subject(
        "telephone",
        ("a telephone", "a phone", "an old telephone", "a rotary phone", "a dial telephone", "a landline phone"),
        ("a receiver", "a call"),
        (("red", "white"), ("black", "grey"), ("green", "sand coloured"), ("black", "white")),
        thing=telephone,
    ),
)
