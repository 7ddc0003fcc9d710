"""Subjects that people built: windows, doors, trains, cities and what stands on hills."""

from __future__ import annotations

import torch

from render.atelier.canvas import Canvas, Sketch, mask, over, radius, smooth
from render.atelier.noise import cells, fractal, hash_noise, noise, stars


def window(canvas: Canvas) -> Sketch:
    """A bright window with bars in a dark wall; its light falls on the wall."""
    size = canvas.near_far(0.68, 0.38)
    x, y = canvas.x - canvas.uniform(-0.25, 0.25), canvas.y - canvas.uniform(-0.2, 0.1)
    wide, high = size * canvas.uniform(0.65, 0.9), size * canvas.uniform(1.0, 1.3)
    pane = torch.maximum(x.abs() - wide, y.abs() - high)
    wall = 0.14 + 0.12 * fractal(canvas, 10, 3) + 0.4 * torch.exp(-3.5 * pane.clamp(min=0))
    outside = 0.95 - 0.35 * smooth(-0.2, 0.5, y / high + 0.4 * (noise(canvas, 4) - 0.5)) + 0.1 * noise(canvas, 6)
    bars = torch.minimum(x.abs() - 0.025, ((y / high * 1.5) % 1 - 0.5).abs() * high - 0.025)
    curtain = smooth(0.35, 0.95, x.abs() / wide) * (0.55 + 0.45 * (x * 40 / size).sin())
    light = over(wall, mask(pane - 0.07), 0.32 - 0.2 * x)
    inside = over(over(outside, curtain * canvas.chance(0.5), 0.4), mask(bars, 0.02), 0.1)
    return Sketch(over(light, mask(pane), inside).clamp(0, 1), over(canvas.full(0.0), mask(pane), 0.9))


def doorway(canvas: Canvas) -> Sketch:
    """An open arched door with light that pours over the floor."""
    size = canvas.near_far(0.9, 0.55)
    x, floor = canvas.x - canvas.uniform(-0.3, 0.3), canvas.near_far(0.85, 0.6)
    wide, high = size * 0.42, size * canvas.uniform(1.0, 1.3)
    arch = radius(x / wide, (canvas.y - floor + high) / wide) - 1
    opening = torch.maximum(torch.where(canvas.y < floor - high, arch * wide, x.abs() - wide), canvas.y - floor)
    wall = 0.2 + 0.18 * (fractal(canvas, 9, 4) - 0.3) + 0.3 * torch.exp(-4 * opening.clamp(min=0))
    below = (canvas.y - floor).clamp(min=0)
    beam = mask(x.abs() - wide * (1 + 1.6 * below), 0.15) * torch.exp(-1.2 * below)
    ground = 0.1 + 0.75 * beam + 0.1 * (noise(canvas, 6, 5) - 0.5)
    light = over(wall, mask(floor - canvas.y, 0.02), ground)
    light = over(light, mask(opening - 0.07), 0.12)
    glow = 0.98 - 0.3 * smooth(0.0, 1.0, radius(x, canvas.y - floor + high * 0.7))
    steps = (
        mask(((canvas.y - floor + 0.28) * 12 % 1 - 0.5).abs() - 0.2, 0.2) * mask(floor - 0.3 - canvas.y, 0.02) * 0.35
    )
    return Sketch(over(light, mask(opening), glow - steps).clamp(0, 1), over(canvas.full(0.1), mask(opening), 0.8))


def train(canvas: Canvas) -> Sketch:
    """The inside of a railway carriage: rows of seats and windows that run to a vanishing point."""
    x, y = canvas.x - canvas.uniform(-0.2, 0.2), canvas.y + canvas.uniform(-0.1, 0.2)
    wall, deck = x.abs(), torch.where(y > 0, y / 0.8, -y / 0.75)
    depth = 1 / torch.maximum(wall, deck).clamp(min=0.1)
    along = depth * canvas.near_far(1.6, 2.6) + canvas.uniform(0, 1)
    fog = smooth(8.0, 0.8, depth)
    side = (wall > deck).float()
    height = y / wall.clamp(min=0.05)
    pane = torch.maximum((height + 0.25).abs() - 0.3, ((along % 1) - 0.5).abs() - 0.34)
    view = 0.92 - 0.4 * smooth(-0.35, 0.1, height + 0.25 * (noise(canvas, 12, 2) - 0.5))
    walls = over(canvas.full(0.36) + 0.08 * noise(canvas, 8), mask(pane, 0.06), view)
    ceiling = 0.3 + 0.6 * mask(x.abs() * depth - 0.22, 0.1) * ((along % 1) > 0.25)
    floor = 0.14 + 0.12 * mask(x.abs() * depth - 0.3, 0.1) + 0.06 * (along * 6.28).sin()
    deckside = torch.where(y > 0, floor, ceiling)
    light = (side * walls + (1 - side) * deckside) * (0.35 + 0.65 * fog)
    tint = side * mask(pane, 0.06) * 0.95
    for row in range(5, 0, -1):
        scale = 1.3 / (row * 0.6 + 0.2)
        back = mask(torch.maximum((wall / scale - 0.62).abs() - 0.27, (y / scale - 0.42).abs() - 0.42), 0.05)
        rounding = (0.22 + 0.5 * smooth(0.35, 0.0, y / scale)) * (1 - 0.6 * (wall / scale - 0.62).abs())
        light, tint = over(light, back, rounding * (1.1 - 0.13 * row)), over(tint, back, 0.0)
    return Sketch(light.clamp(0, 1), tint)


def city(canvas: Canvas) -> Sketch:
    """Towers full of lit windows that stand one before another under a glowing sky."""
    light = 0.1 + 0.35 * smooth(-1.0, 0.8, canvas.y / canvas.aspect) + 0.12 * fractal(canvas, 3, 3, 2)
    light, tint = light + stars(canvas, 0.003), canvas.full(0.8)
    count = int(canvas.near_far(7, 14))
    for index in range(count):
        depth = (index + 1) / count
        wide = canvas.uniform(0.09, 0.2) * canvas.near_far(1.7, 1.0)
        left = canvas.x - canvas.uniform(-1.1, 0.95)
        top = canvas.y - (canvas.uniform(-0.85, 0.2) + 0.35 * depth) * canvas.aspect
        tower = mask(torch.maximum((left - wide).abs() - wide, -top), 0.015)
        grid = canvas.near_far(9, 15) * (1.25 - 0.4 * depth)
        column, row = left * grid * 1.3, top * grid
        lit = hash_noise(column.floor(), row.floor(), canvas.uniform(0, 9)) > 0.5
        glass = mask(torch.maximum((column % 1 - 0.5).abs() - 0.28, (row % 1 - 0.5).abs() - 0.26), 0.15) * lit
        body = 0.05 + 0.22 * (1 - depth) + 0.1 * (1 - left / wide / 2)
        light = over(light, tower, over(body, glass, canvas.uniform(0.75, 1.0)))
        tint = over(tint, tower, glass * canvas.uniform(0, 0.8))
    return Sketch(light.clamp(0, 1), tint)


def stained_glass(canvas: Canvas) -> Sketch:
    """Panes of coloured glass between dark leads, lit from behind."""
    distance, border, value = cells(canvas, canvas.near_far(5, 9))
    shine = 0.45 + 0.55 * value
    glow = 0.65 + 0.5 * torch.exp(-1.5 * (canvas.x**2 + canvas.y**2)) - 0.25 * distance
    grain = 0.9 + 0.2 * fractal(canvas, 16, 2)
    rays = canvas.near_far(6, 12)
    rose = radius(canvas.x, canvas.y) - 0.62
    spokes = (torch.atan2(canvas.y, canvas.x) * rays / 6.2832 % 1 - 0.5).abs()
    lead = torch.minimum(border * 0.8, rose.abs() * 4)
    lead = torch.where(canvas.chance(0.5) & (rose < 0), torch.minimum(lead, spokes * 2.2 * (rose + 0.62) + 0.03), lead)
    light = smooth(0.05, 0.13, lead) * shine * glow * grain
    return Sketch(light.clamp(0, 1), smooth(0.45, 0.6, value))


def crosses(canvas: Canvas) -> Sketch:
    """A hill crowded with crosses of many sizes against the sky."""
    rise = canvas.uniform(0.35, 0.9)
    light = 0.85 - 0.25 * fractal(canvas, 3, 4, 2) - 0.12 * canvas.y
    tint = canvas.full(0.9)
    hill = 0.45 - rise * 0.6 * (1 - canvas.x**2 * canvas.uniform(0.4, 0.9)) + 0.08 * (fractal(canvas, 4) - 0.5)
    here = mask(hill - canvas.y, 0.03)
    light = over(light, here, (0.2 + 0.3 * fractal(canvas, 16, 3, 2)) * (1 - 0.2 * canvas.y))
    tint = over(tint, here, 0.3)
    count = int(canvas.near_far(9, 22))
    for index in range(count):
        depth = (index + 1) / count
        place = canvas.uniform(-0.95, 0.95)
        foot = 0.4 - rise * 0.55 * (1 - place**2) * (1 - depth) + depth * canvas.uniform(0.1, 0.5)
        size = canvas.uniform(0.12, 0.2) * canvas.near_far(2.0, 1.0) * (0.6 + 0.6 * depth)
        u, v = (canvas.x - place + 0.08 * (canvas.y - foot)) / size, (canvas.y - foot) / size
        post = torch.maximum(u.abs() - 0.14, (v + 1).abs() - 1)
        beam = torch.maximum((v + 1.45).abs() - 0.14, u.abs() - 0.62)
        wood = (0.3 - 1.5 * u.clamp(-0.14, 0.14)) * (0.35 + 0.5 * depth)
        cross = mask(torch.minimum(post, beam), 0.15)
        light, tint = over(light, cross, wood.clamp(0.02, 1)), over(tint, cross, 0.0)
    return Sketch(light.clamp(0, 1), tint)


def circuit(canvas: Canvas) -> Sketch:
    """A machine's circuit board: copper tracks, solder rings and dark chips."""
    across = canvas.near_far(8, 15)
    u, v = (canvas.x + 1) / 2 * across, (canvas.y + canvas.aspect) / 2 * across
    column, row = u.floor(), v.floor()
    fx, fy = u % 1 - 0.5, v % 1 - 0.5
    salt = canvas.uniform(0, 9)
    flat = hash_noise(column * 0 + (column / 3).floor(), row, salt) < 0.5
    upright = hash_noise(column, (row / 3).floor(), salt + 3) < 0.42
    pad = hash_noise(column, row, salt + 5) < 0.22
    track = torch.maximum(mask(fy.abs() - 0.13, 0.1) * flat, mask(fx.abs() - 0.13, 0.1) * upright)
    light = over(0.2 + 0.1 * fractal(canvas, 5, 3), track, 0.6 - 0.25 * (fx + fy))
    ring = mask(radius(fx, fy) - 0.38, 0.1) * pad
    light = over(light, ring, 0.9 - 0.4 * (fx + fy))
    light = over(light, mask(radius(fx, fy) - 0.15, 0.1) * pad, 0.03)
    tint = torch.maximum(track, ring) * 0.9
    for _ in range(2):
        a, b = canvas.x - canvas.uniform(-0.6, 0.6), canvas.y - canvas.uniform(-0.6, 0.6) * canvas.aspect
        size = canvas.uniform(0.18, 0.3) * canvas.near_far(1.3, 0.9)
        legs = mask(torch.maximum(a.abs() - size - 0.07, b.abs() - size), 0.02) * ((b * 22 % 1) > 0.45)
        chip = mask(torch.maximum(a.abs() - size, b.abs() - size), 0.02)
        light = over(over(light, legs, 0.85), chip, 0.07 + 0.16 * smooth(0.3, -0.3, (a + b) / size * 0.3))
        tint = over(over(tint, legs, 0.5), chip, 0.0)
    return Sketch(light.clamp(0, 1), tint)


def street_map(canvas: Canvas) -> Sketch:
    """A map: blocks, streets, a river and a marked route."""
    sway = 0.1 * (fractal(canvas, 2, 2) - 0.5)
    _, border, value = cells(canvas, canvas.near_far(5, 9), 0.7)
    blocks = 0.5 + 0.28 * value + 0.06 * noise(canvas, 30)
    light = over(blocks, mask(border - 0.09, 0.05), 0.93)
    river = (canvas.y * 0.7 - canvas.x * canvas.uniform(-0.8, 0.8) - canvas.uniform(-0.4, 0.4) + 6 * sway).abs() - 0.12
    light = over(light, mask(river, 0.03), 0.3 + 0.1 * noise(canvas, 12, 3))
    route = (canvas.x * canvas.uniform(0.4, 1.2) + canvas.y * 0.8 + 4 * sway + 0.2 * (canvas.y * 3).sin()).abs() - 0.025
    light = over(light, mask(route, 0.02), 0.06)
    folds = 1 - 0.18 * mask(((canvas.x * 1.5) % 1 - 0.5).abs() - 0.03, 0.06) - 0.12 * ((canvas.x * 1.5 % 2) > 1).float()
    return Sketch((light * folds).clamp(0, 1), torch.maximum(mask(river, 0.03), mask(route, 0.02)))
