"""Subjects from still life: paper, plants, wool, glass and leftovers."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as functional

from render.atelier.canvas import Canvas, Sketch, ball, mask, over, radius, smooth, turn
from render.atelier.noise import fractal, hash_noise, noise


def pages(canvas: Canvas) -> Sketch:
    """Loose pages covered in printed letters, one on another."""
    light, tint = 0.15 + 0.15 * fractal(canvas, 6, 3), canvas.full(0.9)
    for _ in range(int(canvas.near_far(3, 6))):
        x, y = canvas.x - canvas.uniform(-0.5, 0.5), canvas.y - canvas.uniform(-0.5, 0.5) * canvas.aspect
        x, y = turn(x, y, canvas.uniform(-0.6, 0.6))
        size = canvas.near_far(0.72, 0.44)
        sheet = torch.maximum(x.abs() - size * 0.75, y.abs() - size)
        light = over(light, mask(sheet - 0.05, 0.15) * 0.6, 0.03)
        row, column = y / size * 7, x / size * 9
        words = hash_noise(column.floor(), row.floor(), canvas.uniform(0, 9)) > 0.28
        stroke = hash_noise((column * 4).floor(), (row * 4).floor(), canvas.uniform(0, 9)) > 0.35
        margin = mask(torch.maximum(x.abs() - size * 0.62, y.abs() - size * 0.86), 0.02)
        text = mask((row % 1 - 0.5).abs() - 0.27, 0.1) * words * stroke * margin
        paper = over(0.9 - 0.18 * x / size - 0.1 * y / size, text, 0.1)
        light, tint = over(light, mask(sheet, 0.02), paper), over(tint, mask(sheet, 0.02), 0.0)
    return Sketch(light.clamp(0, 1), tint)


def feather(canvas: Canvas) -> Sketch:
    """One feather with its quill, barbs and a few splits."""
    size = canvas.near_far(1.02, 0.7)
    x, y = turn(canvas.x, canvas.y, canvas.uniform(-0.9, 0.9))
    x, y = x / size - 0.16 * canvas.uniform(-1, 1) * (y / size * 1.6).cos(), y / size
    wide = 0.36 * (1 - (y + 0.12) ** 2).clamp(0, 1) ** 0.6 * smooth(0.78, 0.6, y)
    slant = y + x.abs() * canvas.uniform(0.8, 1.3)
    split = 0.12 * smooth(0.72, 0.9, noise(canvas, 3, 4)) + 0.03 * (slant * 70).sin()
    vane = mask(x.abs() - wide + split * wide * 4, 0.03)
    barbs = 0.55 + 0.22 * (slant * canvas.near_far(42, 28)).sin() - 0.5 * x - 0.25 * (x.abs() / (wide + 0.02))
    light = 0.1 + 0.2 * fractal(canvas, 3, 3)
    light = over(over(light, mask(x.abs() - wide - 0.06, 0.25) * 0.4, 0.02), vane, barbs.clamp(0.05, 1))
    quill = mask(torch.maximum(x.abs() - 0.016, y.abs() - 0.95), 0.02)
    bands = smooth(0.6, 0.8, (y * 7 + canvas.uniform(0, 6)).sin()) * canvas.chance(0.5) * vane
    return Sketch(over(light, quill, 0.97), over(canvas.full(0.8), vane, 0.0) + 0.9 * bands)


def fern(canvas: Canvas) -> Sketch:
    """A fern frond: a curved stem with rows of toothed leaflets."""
    size, curve = canvas.near_far(1.12, 0.74), canvas.uniform(-0.5, 0.5)
    y = canvas.y / size
    x = canvas.x / size - curve * (y - 0.9) ** 2 * 0.35
    along = (y + 0.65 * x.abs()) * 11
    leaf = (along % 1 - 0.5).abs()
    length = 0.62 * ((y + 1.0) / 2).clamp(0, 1) ** 0.8 * smooth(0.98, 0.7, y)
    tooth = 0.34 * (1 - x.abs() / (length + 0.01)).clamp(min=0) ** 0.6 * (0.85 + 0.15 * (x * 60).sin())
    blade = mask(leaf - tooth, 0.12) * mask(x.abs() - length, 0.03) * (y > -0.98)
    shade = 0.75 - 1.1 * leaf * (along % 1 - 0.3) - 0.3 * x - 0.25 * x.abs()
    ground = 0.08 + 0.22 * fractal(canvas, 5, 4)
    light = over(ground, blade, shade.clamp(0.1, 1))
    stem = mask(torch.maximum(x.abs() - 0.018, y.abs() - 0.97), 0.02)
    return Sketch(over(light, stem, 0.85), over(canvas.full(0.7), torch.maximum(blade, stem), 0.0))


def mitten(canvas: Canvas) -> Sketch:
    """A knitted folk pattern: mirrored motifs in rows of stitches."""
    columns = int(canvas.near_far(10, 16))
    rows = int(columns * canvas.aspect + 0.5)
    motif = (canvas.random(1, (rows + 1) // 2, columns // 2) < canvas.uniform(0.35, 0.6)[:, None]).float()
    half = torch.cat([motif, motif.flip(3)], 3)
    motif = functional.interpolate(torch.cat([half, half.flip(2)], 2), (canvas.height, canvas.width))[:, 0]
    s, t = (canvas.x + 1) * columns, (canvas.y + canvas.aspect) * columns
    stitch = ((t + (s % 1 - 0.5).abs() * 1.2) * 6.2832).sin() * 0.5 + 0.5
    gap = smooth(0.7, 1.0, ((s % 1) - 0.5).abs() * 2)
    fuzz = 0.15 * (noise(canvas, 40) - 0.5)
    light = (0.28 + 0.58 * motif + fuzz) * (0.55 + 0.5 * stitch) * (1 - 0.4 * gap)
    return Sketch((light * (1 - 0.15 * canvas.x)).clamp(0, 1), motif)


def cigarettes(canvas: Canvas) -> Sketch:
    """Rows of cigarette stubs: pale paper, dark filters, ash at the burnt end."""
    rows = canvas.near_far(3, 5)
    light, tint = 0.2 + 0.15 * fractal(canvas, 8, 3), canvas.full(0.9)
    step = canvas.near_far(0.3, 0.19)
    place = (canvas.x + canvas.uniform(0, 1)) / step
    level = (canvas.y + canvas.aspect) / (2 * canvas.aspect) * rows
    column, row = place.floor(), level.floor()
    jitter = hash_noise(column, row, canvas.uniform(0, 9))
    u = ((place % 1) - 0.5 + 0.25 * (jitter - 0.5)) / 0.33
    u = u + (jitter - 0.5) * 0.9 * (level % 1 - 0.5)
    v = (level % 1 - 0.5) * 2
    end = -0.75 + 0.5 * jitter
    stub = mask(torch.maximum(u.abs() - 1, torch.maximum(end - v, v - 0.82)), 0.12)
    rolled = (0.35 + 0.62 * (1 - (u + 0.25) ** 2).clamp(min=0)).clamp(0, 1)
    body = over(rolled, mask(0.2 - v, 0.06), rolled * 0.55)
    ash = mask(v - end - 0.16 - 0.1 * noise(canvas, 30), 0.08)
    light = over(light, mask(torch.maximum((u - 0.5).abs() - 1, (v - 0.1).abs() - 0.8), 0.5) * 0.5, 0.03)
    light = over(light, stub, over(body, ash, 0.12 + 0.25 * noise(canvas, 36)))
    tint = over(tint, stub, mask(0.2 - v, 0.06) * 0.7)
    return Sketch(light.clamp(0, 1), tint)


def bottle(canvas: Canvas) -> Sketch:
    """A glass bottle on a table, half full, with long highlights."""
    size = canvas.near_far(0.98, 0.66)
    x, y = (canvas.x - canvas.uniform(-0.25, 0.25)) / size, (canvas.y - 0.05) / size
    belly, neck = canvas.uniform(0.3, 0.42), canvas.uniform(0.09, 0.13)
    wide = neck + (belly - neck) * smooth(-0.45, -0.1, y)
    glass = torch.maximum(x.abs() - wide, (y + 0.05).abs() - 0.9)
    table = 0.55 / size
    light = 0.35 + 0.3 * smooth(-0.8, 0.8, canvas.x + canvas.y) + 0.1 * fractal(canvas, 3, 3)
    light = over(light, mask(table - y, 0.03), 0.25 + 0.15 * noise(canvas, 3, 8))
    light = over(light, mask(radius((x - 0.35) / 0.7, (y - 0.88) / 0.14) - 1, 0.4) * 0.6, 0.04)
    across = x / wide
    body = 0.28 + 0.25 * (1 - across**2).clamp(min=0) + 0.2 * smooth(0.75, 0.97, across.abs())
    full = mask(canvas.uniform(-0.1, 0.4) - y, 0.02)
    body = body * (1 - 0.45 * full) + 0.65 * mask((across + 0.55).abs() - 0.09, 0.08) * mask(0.9 - y.abs(), -0.1)
    light = over(light, mask(glass, 0.03), body.clamp(0, 1))
    light = over(light, mask(torch.maximum(x.abs() - neck * 1.25, (y + 0.92).abs() - 0.06), 0.02), 0.5 + 2 * x * -1)
    return Sketch(light.clamp(0, 1), over(canvas.full(0.9), mask(glass, 0.03), 0.0))


def apple(canvas: Canvas) -> Sketch:
    """An apple with its stalk and a leaf, shaded round, on a table."""
    size = canvas.near_far(0.72, 0.45)
    x, y = (canvas.x - canvas.uniform(-0.2, 0.2)) / size, (canvas.y - 0.15) / size
    light = 0.55 - 0.25 * canvas.y + 0.12 * (fractal(canvas, 3, 3) - 0.5)
    light = over(light, mask(0.45 / size - y, 0.06), 0.4 + 0.12 * noise(canvas, 3, 8))
    light = over(light, mask(radius((x - 0.4) / 1.15, (y - 0.92) / 0.25) - 1, 0.5) * 0.7, 0.04)
    dimple = 0.22 * torch.exp(-18 * x**2)
    u, v = x / 1.02, (y - dimple * smooth(0.3, -0.9, y)) / (0.95 - 0.06 * y)
    distance, shade = ball(u, v)
    streaks = 0.1 * (noise(canvas, 26, 0.25) - 0.5) + 0.08 * fractal(canvas, 9, 2)
    light = over(light, mask(distance, 0.04), (0.08 + 0.8 * shade + streaks).clamp(0, 1))
    light = over(light, mask(radius((u + 0.4) / 0.17, (v + 0.48) / 0.22) - 1, 0.8), 0.98)
    stalk = torch.maximum((x - 0.1 * (y + 0.9)).abs() - 0.04, (y + 0.95).abs() - 0.25)
    light = over(light, mask(stalk, 0.03), 0.08)
    p, q = turn(x - 0.36, y + 1.05, canvas.uniform(-0.6, 0.0))
    leaf = radius(p / 0.34, q / (0.16 * (1 - (p / 0.36) ** 2).clamp(min=0.05))) - 1
    light = over(light, mask(leaf, 0.1), 0.45 - 0.9 * q)
    return Sketch(light.clamp(0, 1), over(canvas.full(0.85), mask(distance, 0.04), 0.0))


def flower(canvas: Canvas) -> Sketch:
    """A flower from above: rings of curved petals around a seeded heart."""
    size = canvas.near_far(0.98, 0.6)
    x, y = (canvas.x - canvas.uniform(-0.15, 0.15)) / size, (canvas.y - canvas.uniform(-0.15, 0.15)) / size
    r = radius(x, y)
    angle = torch.atan2(y, x) + canvas.uniform(0, 6)
    count = (canvas.random(1, 1) * 6).floor() + 5
    light, tint = 0.1 + 0.25 * fractal(canvas, 5, 4), canvas.full(0.9)
    for ring in range(3):
        reach = 0.97 - 0.26 * ring
        petal = (angle + ring * math.pi / count) * count / (2 * math.pi) % 1 - 0.5
        edge = reach * (0.62 + 0.38 * (petal * math.pi).cos().abs() ** 0.6)
        shape = mask(r - edge, 0.03)
        vein = 0.06 * (petal * 46).sin()
        shade = 0.3 + 0.55 * r / reach - 0.9 * petal.abs() * smooth(0.1, 0.6, r) + 0.25 * petal + vein
        light = over(light, mask(r - edge - 0.05, 0.1) * 0.5, 0.05)
        light, tint = over(light, shape, shade.clamp(0.08, 1)), over(tint, shape, 0.0)
    heart = mask(r - 0.2, 0.03)
    seeds = 0.35 + 0.3 * ((x * 55).sin() * (y * 55).sin()) + 0.4 * (0.2 - r)
    return Sketch(over(light, heart, seeds).clamp(0, 1), over(tint, heart, 1.0))
