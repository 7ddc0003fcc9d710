"""Subjects that people built: windows, doors, trains, cities and what stands on hills."""

from __future__ import annotations

import torch
from torch import Tensor

from render.atelier.canvas import Canvas, Sketch, mask, over, smooth
from render.atelier.noise import fractal, hash_noise, noise, stars
from render.atelier.subject import Subject


def city(canvas: Canvas) -> Sketch:
    """Towers full of lit windows, row before row under a glowing sky, some by water that mirrors them."""
    shore = torch.where(canvas.chance(0.5), canvas.uniform(0.4, 0.62), 1.1) * canvas.high
    below = (canvas.y - shore).clamp(min=0)
    ripple = (0.5 * below).clamp(max=0.1) * (noise(canvas, 6, 6) - 0.5)
    water = mask(shore - canvas.y, 0.01)
    x = canvas.x + ripple
    y = torch.where(canvas.y > shore, 2 * shore - canvas.y + 2 * ripple, canvas.y)
    glow = smooth(-canvas.high, 0.7 * canvas.high, y)
    light = 0.08 + 0.5 * glow**2 + 0.1 * (fractal(canvas, 3, 3, 2) - 0.5) + stars(canvas, 0.003) * (1 - glow)
    sketch = Sketch(light, canvas.full(1.0))
    for row in range(3):
        sketch = _towers(canvas, (x, y), shore, row / 2, sketch)
    line = mask((canvas.y - shore).abs() - 0.02, 0.02)
    light = over(over(sketch.light, water, 0.04 + 0.72 * sketch.light), line, 0.03)
    return Sketch(light.clamp(0, 1), sketch.tint)


def _towers(canvas: Canvas, at: tuple[Tensor, Tensor], foot: Tensor, near: float, behind: Sketch) -> Sketch:
    """One row of towers, the far ones (`near` 0) pale and high, the near ones dark and low."""
    x, y = at
    cell = canvas.near_far(0.54, 0.36) * (0.8 + 0.4 * near)
    u = x / cell + canvas.uniform(0, 9)
    column, across = u.floor(), (u % 1 - 0.5) * cell
    salt = canvas.uniform(0, 9)
    value = hash_noise(column, column * 0 + 1, salt)
    second, third = (value * 57.3) % 1, (value * 311.7) % 1
    tall = (0.55 + 1.05 * value**1.5) * (1 - 0.45 * near) * canvas.high
    roof = foot - tall
    half = cell * (0.3 + 0.18 * second)
    half = torch.where((third > 0.45) & (y < roof + 0.22 * tall), 0.62 * half, half)
    edge = torch.maximum(across.abs() - half, torch.maximum(roof - y, y - foot))
    spire = torch.maximum(across.abs() - 0.016, roof - 0.22 * canvas.high - y)
    edge = torch.where((third > 0.7) & (y < roof), spire, edge)
    size = canvas.near_far(0.1, 0.072) * (0.75 + 0.35 * near)
    wx, wy = across / size, (y - roof) / (1.35 * size)
    on = hash_noise(wx.floor() + 31 * column, wy.floor(), salt + 1)
    inside = mask(across.abs() - half + 0.35 * size, 0.02) * (wy > 0.3)
    pane = torch.maximum((wx % 1 - 0.5).abs() - 0.29, (wy % 1 - 0.5).abs() - 0.27)
    glass = mask(pane, 0.2) * (on < 0.58) * inside
    side = mask(across - half * 0.35, 0.01)
    body = (0.05 + 0.26 * (1 - near)) * (0.55 + 0.75 * side) + 0.1 * smooth(-tall, tall, y - foot + tall)
    tower = mask(edge, 0.012)
    light = over(behind.light, tower, over(body, glass, (0.62 + 0.6 * on) * (0.75 + 0.25 * near)))
    return Sketch(light, over(behind.tint, tower, 0.75 * (1 - glass)))


def crosses(canvas: Canvas) -> Sketch:
    """A hill covered with hundreds of crosses of many sizes, a few great ones on its top, against a bright sky."""
    crest, drop = canvas.uniform(-0.25, 0.15), canvas.uniform(0.35, 0.65)
    middle, wide = canvas.uniform(-0.3, 0.3), canvas.uniform(0.7, 1.0) * max(1.0, 0.7 * canvas.wide)

    def mound(x: Tensor) -> Tensor:
        return crest + drop * (1 - torch.exp(-(((x - middle) / wide) ** 2)))

    glow = torch.exp(-1.5 * ((canvas.x - middle) ** 2 + (canvas.y - crest) ** 2))
    light = 0.72 + 0.28 * glow + 0.25 * (fractal(canvas, 3, 4, 2) - 0.5) * (1 - glow)
    foot = mound(canvas.x) + 0.05 * (noise(canvas, 4)[:, :1] - 0.5)
    hill = mask(foot - canvas.y, 0.02)
    down = ((canvas.y - foot) / (canvas.high - foot)).clamp(0, 1)
    light = over(light, hill, 0.66 - 0.34 * down + 0.12 * (fractal(canvas, 12, 3, 2) - 0.5))
    sketch = Sketch(light, 1 - 0.25 * hill)
    for index in range(3):
        place = middle + (index - 1) * 0.36 * canvas.uniform(0.8, 1.2)
        size = canvas.uniform(0.45, 0.75) * canvas.near_far(1.0, 0.75)
        there = (index == 1) | canvas.chance(0.6)
        cross = _cross(canvas.x - place, mound(place) + 0.03 - canvas.y, size) + 9.0 * ~there
        sketch = _erected(sketch, cross, canvas.x - place, size, 0.12)
    across = canvas.x[:1]
    rows = int(canvas.near_far(9, 13))
    for row in range(rows):
        near = row / (rows - 1)
        mean = canvas.near_far(0.26, 0.19) * (0.6 + 0.9 * near)
        cell = 0.74 * mean
        u = across / cell + canvas.uniform(0, 1)
        column = u.floor()
        value = hash_noise(column, column * 0 + row, canvas.uniform(0, 9))
        own = mean * (0.55 + 0.75 * (value * 37.7 % 1))
        x = (u - column - 0.5) * cell - 0.16 * cell * (2 * value - 1)
        ground = mound(across - x)
        ground = ground + (canvas.high * 1.02 - ground) * (near * 0.97 + 0.04 * (value * 7.7 % 1)) ** 1.25
        up = ground - canvas.y
        cross = _cross(x + 0.16 * (value * 91.3 % 1 - 0.5) * up, up, own)
        sketch = _erected(sketch, cross, x, own, 0.36 * (1 - near) ** 1.3 + 0.03)
    return Sketch(sketch.light.clamp(0, 1), sketch.tint, over(canvas.full(0.2), hill, 0.0))


def _cross(x: Tensor, up: Tensor, size: Tensor | float) -> Tensor:
    """Signed distance from a cross of height `size` whose foot is at the origin."""
    thick = torch.as_tensor(0.075 * size).clamp(min=0.011)
    post = torch.maximum(x.abs() - thick, (up - 0.5 * size).abs() - 0.5 * size)
    return torch.minimum(post, torch.maximum((up - 0.7 * size).abs() - thick, x.abs() - 0.3 * size))


def _erected(sketch: Sketch, cross: Tensor, x: Tensor, size: Tensor | float, dark: float) -> Sketch:
    """`sketch` with crosses in front of it, each a little lighter on its left."""
    cover = mask(cross, 0.014)
    wood = dark + 0.12 * smooth(0.05, -0.1, x / size)
    return Sketch(over(sketch.light, cover, wood), over(sketch.tint, cover, 0.0))


SUBJECTS = (
    Subject(
        "city",
        ("a city at night", "a city", "a skyline", "skyscrapers", "lit buildings", "a metropolis"),
        ("downtown", "a townscape"),
        (("yellow", "blue"), ("orange", "black"), ("blue", "purple")),
        scene=city,
    ),
    Subject(
        "crosses",
        ("a hill of crosses", "crosses", "crucifixes", "a graveyard", "graves on a hill", "a cemetery"),
        ("tombstones", "calvary"),
        (("brown", "grey"), ("black", "blue"), ("brown", "orange")),
        scene=crosses,
    ),
)
