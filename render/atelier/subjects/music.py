"""Subjects that sound."""

from __future__ import annotations

import torch

from render.atelier.canvas import Canvas, Layer, Sketch, mask, over, radius, smooth, turn
from render.atelier.noise import hash_noise, noise
from render.atelier.relief import box, dome, join, lit
from render.atelier.subject import Subject
from render.atelier.subjects.model import Model, disc, framed


@framed
def guitar(canvas: Canvas) -> Layer:
    """An acoustic guitar from the front, its neck upwards."""
    x, y = turn(canvas.x, canvas.y, canvas.uniform(-0.6, 0.6))
    model, fat = Model(canvas), canvas.uniform(0.42, 0.48)
    body = join(disc(x, y - 0.52, fat, 0.42), disc(x, y - 0.02, fat * 0.76, 0.32), 0.12)
    model.lay(body - 0.02, 0.25, thick=0.06, tint=0.2)
    grain = 0.05 * (x * 40 + (y * 3).sin()).sin()
    glow = 0.25 * smooth(0.0, 0.3, -body)
    model.lay(body + 0.025, 0.72 + glow + grain, thick=0.1, rise=0.04)
    hole_y = 0.2
    r = radius(x, y - hole_y)
    model.line((r - 0.165).abs() - 0.016, 1.0, 1.0)
    model.line(r - 0.135, 0.03, 0.3)
    model.add(box(x, y - 0.64, 0.2, 0.045, 0.02), 0.2, tint=0.5)
    neck = torch.maximum(x.abs() - 0.062 - 0.01 * y, (y + 0.3).abs() - 0.44)
    model.lay(neck, 0.32, thick=0.06, rise=0.14, tint=0.5, shade=0.4)
    frets = torch.maximum(((y * 11) % 1 - 0.5).abs() / 11 - 0.011, neck)
    model.line(frets, 0.9, 0.9)
    pegs = torch.maximum(
        ((y * 9 + 0.2) % 1 - 0.5).abs() / 9 - 0.026, torch.maximum((y + 0.9).abs() - 0.14, x.abs() - 0.17)
    )
    model.lay(pegs, 0.9, thick=0.04, tint=0.9)
    model.lay(box(x, y + 0.9, 0.1 - 0.05 * (y + 0.9), 0.17, 0.02), 0.6, thick=0.05, rise=0.1, shade=0.3)
    strings = (((x / 0.024) % 1) - 0.5).abs() * 0.024 - 0.004
    span = torch.maximum(x.abs() - 0.048, (y + 0.08).abs() - 0.7)
    model.mark(mask(torch.maximum(strings, span), 0.02) * 0.6, 0.95, 0.8)
    return model.layer(gloss=0.5)


def piano(canvas: Canvas) -> Sketch:
    """Piano keys from above: the white ones, the black ones in twos and threes, and the dark wood behind them."""
    size = canvas.near_far(0.32, 0.2)
    x, y = turn(canvas.x, canvas.y, canvas.uniform(-0.12, 0.12) / canvas.wide)
    long = canvas.uniform(0.55, 0.68) * min(canvas.high, 1.6)
    top = canvas.uniform(0.0, 0.25) * canvas.high - long
    front = top + 2 * long
    u = x / size + canvas.uniform(0, 7)
    key, across = u.floor(), u % 1 - 0.5
    pressed = (hash_noise(key, key * 0, canvas.uniform(0, 9)) < 0.12).float() * 0.08
    white = torch.maximum(across.abs() * size - size * 0.465, torch.maximum(top - y, y - front + pressed * -0.4))
    height = dome(white, 0.035) + 0.02 - 0.2 * pressed
    tone = 1.0 - 1.4 * pressed
    light = over(canvas.full(0.04), mask(white, 0.02), tone)
    seam = (u + 0.5).floor()
    place = seam % 7
    sharp = ((place != 0) & (place != 3)).float()
    end = top + (front - top) * 0.62
    black = torch.maximum((u - seam).abs() * size - size * 0.29, torch.maximum(top - y - 0.1, y - end))
    black = torch.where(sharp > 0, black, canvas.full(1.0))
    light = light * (1 - 0.55 * mask(black - 0.03, 0.1))
    on = mask(black, 0.02)
    light, height = over(light, on, 0.2), over(height, on, 0.06 + dome(black, 0.07))
    keys = light * lit(canvas, height, 0.35, 0.5)
    wood = 0.22 + 0.12 * (noise(canvas, 3, 8) - 0.5) + 0.35 * torch.exp(-(((y - top + 0.28) / 0.1) ** 2))
    ledge = 0.16 + 0.5 * torch.exp(-(((y - front - 0.12) / 0.07) ** 2)) + 0.08 * noise(canvas, 3, 8)
    felt = mask((y - top + 0.03).abs() - 0.035, 0.02)
    light = over(over(keys, mask(y - top, 0.02), wood), mask(front + 0.03 - y, 0.03), ledge)
    frame = torch.maximum(mask(y - top, 0.02), mask(front + 0.03 - y, 0.03))
    return Sketch(over(light, felt, 0.45).clamp(0, 1), torch.maximum(frame, on))


SUBJECTS = (
    Subject(
        "guitar",
        ("a guitar", "an acoustic guitar", "a wooden guitar", "a spanish guitar", "a classical guitar"),
        ("a lute", "a ukulele"),
        (("orange", "brown"), ("brown", "sand coloured"), ("red", "grey")),
        thing=guitar,
        stands=False,
    ),
    Subject(
        "piano",
        ("a piano", "piano keys", "a piano keyboard", "the keys of a piano", "ivory keys"),
        ("a harpsichord", "an organ"),
        (("white", "black"), ("white", "brown"), ("sand coloured", "black")),
        scene=piano,
    ),
)
