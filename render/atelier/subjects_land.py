"""Subjects from land, water and sky."""

from __future__ import annotations

import math

import torch

from render.atelier.canvas import Canvas, Sketch, mask, over, radius, segment, smooth, turn
from render.atelier.noise import cells, fractal, noise, stars, warp


def mountains(canvas: Canvas) -> Sketch:
    """Ridges one behind another, snow on the tops, haze between them."""
    light = 0.85 - 0.25 * (canvas.y + canvas.aspect) / canvas.aspect + 0.1 * fractal(canvas, 2, 3, 2)
    tint = canvas.full(0.9)
    layers = int(canvas.near_far(2, 4))
    for layer in range(layers):
        ridge = fractal(canvas, 2 + layer, 5, 0.5)[:, canvas.height // 2 : canvas.height // 2 + 1]
        top = -0.75 + 0.55 * layer * canvas.near_far(1.2, 0.8) + (1 - ridge) * canvas.near_far(1.2, 0.8)
        depth, rock = canvas.y - top, fractal(canvas, 8, 4, 0.6)
        slope = (ridge[..., 2:] - ridge[..., :-2]) * 6
        side = torch.nn.functional.pad(slope, (1, 1)).clamp(-0.5, 0.5)
        body = 0.52 - 0.11 * layer + 0.4 * (rock - 0.5) + 0.35 * side
        snow = mask(depth - 0.1 - 0.35 * rock, 0.06) * (1 if layer < layers - 1 or layers == 2 else 0)
        here = mask(-depth, 0.02)
        light = over(light, here, over(body, snow, 0.95 + 0.3 * side))
        tint = over(tint, here, 0.45 * (1 - layer / layers) * (1 - snow))
    return Sketch(light.clamp(0, 1), tint)


def forest(canvas: Canvas) -> Sketch:
    """Trunks in depth with light between them and leaves above."""
    glow = torch.exp(-2 * (canvas.x - canvas.uniform(-0.4, 0.4)) ** 2)
    light = 0.3 + 0.55 * glow * (0.6 + 0.4 * fractal(canvas, 5, 3))
    tint = canvas.full(0.9)
    count = int(canvas.near_far(7, 15))
    for index in range(count):
        depth = (index + 1) / count
        bend = 0.08 * (noise(canvas, 2) - 0.5)
        offset = (canvas.x - canvas.uniform(-1, 1) + bend) / (canvas.near_far(0.13, 0.06) * (0.3 + 0.7 * depth))
        bark = (0.5 - 0.4 * depth) * (1 - 0.5 * offset).clamp(0, 1.4) + 0.15 * (noise(canvas, 24, 0.3) - 0.5)
        trunk = mask(offset.abs() - 1 - 0.8 * smooth(0.6, 1.0, canvas.y / canvas.aspect), 0.2)
        light, tint = over(light, trunk, bark.clamp(0.02, 1)), over(tint, trunk, 0.6)
    ground = mask(0.75 * canvas.aspect + 0.1 * (noise(canvas, 4) - 0.5) - canvas.y, 0.06)
    light = over(light, ground, (0.2 + 0.5 * glow) * (0.5 + 0.6 * fractal(canvas, 14, 3, 2)))
    leaves = fractal(canvas, 11, 3)
    cover = smooth(0.42, 0.56, leaves + 0.5 * smooth(0.2, -1.0, canvas.y / canvas.aspect) - 0.28)
    light = over(light, cover, 0.12 + 0.75 * noise(canvas, 30) * leaves)
    return Sketch(light.clamp(0, 1), over(over(tint, cover, 0.0), ground, 0.2))


def sea(canvas: Canvas) -> Sketch:
    """Waves in perspective to a horizon, glitter and foam."""
    horizon = canvas.uniform(-0.55, -0.2) * canvas.aspect
    depth = (canvas.y - horizon).clamp(min=0.015)
    scale = canvas.near_far(2.2, 4.5)
    swell = fractal(canvas, 3, 3, 1.5) - 0.5
    phase = scale * 5 * torch.log(depth + 0.05) * 2.2 + canvas.x * 2 * swell + swell * 9 + canvas.uniform(0, 6)
    crest = phase.sin() * 0.5 + 0.5
    water = 0.16 + 0.45 * crest * (0.6 + 0.4 * noise(canvas, 10, 4))
    foam = smooth(0.82, 1.0, crest) * smooth(0.35, 0.7, fractal(canvas, 14, 3, 2)) * smooth(0.05, 0.5, depth)
    sun = canvas.uniform(-0.6, 0.6)
    glitter = torch.exp(-((canvas.x - sun) ** 2) / 0.05) * smooth(0.62, 0.9, noise(canvas, 30, 2)) * 0.8
    sky = 0.72 + 0.25 * torch.exp(-3 * ((canvas.x - sun) ** 2 + (canvas.y - horizon) ** 2))
    sky = sky - 0.25 * smooth(0.45, 0.8, fractal(canvas, 3, 4, 2.5))
    under = mask(horizon - canvas.y, 0.015)
    light = over(sky, under, (over(water, foam, 0.98) + glitter).clamp(0, 1))
    return Sketch(light, over(canvas.full(0.85), under, 0.0))


def clouds(canvas: Canvas) -> Sketch:
    """Heaped clouds lit from above with open sky between them."""
    size = canvas.near_far(2, 4)
    heap = fractal(canvas, size, 5, 1.5)
    heap = warp(canvas, heap, 0.3 * (fractal(canvas, 3) - 0.5), 0.3 * (fractal(canvas, 3) - 0.5))
    above = warp(canvas, heap, canvas.full(0.06), canvas.full(-0.09))
    cover = smooth(0.35, 0.6, heap)
    body = (0.62 + 2.2 * (heap - above) + 0.25 * heap).clamp(0.15, 1)
    sky = 0.35 + 0.15 * canvas.y / canvas.aspect
    return Sketch(over(canvas.full(0.0) + sky, cover, body), over(canvas.full(0.9), cover, 0.0))


def fire(canvas: Canvas) -> Sketch:
    """Tongues of flame that rise from a bright base, with sparks."""
    height = (canvas.aspect - canvas.y) / (2 * canvas.aspect)
    sway = 0.7 * (fractal(canvas, 3, 4, 0.6) - 0.5) * (0.3 + height)
    tongues = warp(canvas, fractal(canvas, canvas.near_far(4, 7), 4, 0.35), sway, 0.2 * sway)
    hearth = 1 - (canvas.x * canvas.near_far(0.7, 1.1)) ** 2
    heat = (tongues * 1.0 + hearth * 0.75 - height * 1.35 - 0.15).clamp(0, 1.2)
    spark = stars(canvas, 0.004) * smooth(0.9, 0.3, height)
    light = smooth(0.02, 0.95, heat) * 0.95 + 0.05 * tongues + spark
    return Sketch(light.clamp(0, 1), smooth(0.55, 0.95, heat) * 0.6)


def bubbles(canvas: Canvas) -> Sketch:
    """Bubbling water: bubbles of every size that float in dark, folded liquid."""
    flow = fractal(canvas, canvas.near_far(3, 5), 4, 2)
    flow = warp(canvas, flow, 0.4 * (fractal(canvas, 3, 2) - 0.5), 0.3 * (fractal(canvas, 3, 2) - 0.5))
    light = 0.06 + 0.35 * (flow * 9).sin().abs() ** 3 * flow + 0.2 * flow
    for index in range(int(canvas.near_far(14, 24))):
        size = canvas.uniform(0.05, 0.3 if index < 5 else 0.14) * canvas.near_far(1.3, 0.7)
        u = (canvas.x - canvas.uniform(-1, 1)) / size
        v = (canvas.y - canvas.uniform(-1, 1) * canvas.aspect) / size
        r = radius(u, v)
        rim = smooth(0.55, 0.97, r) * (0.45 - 0.3 * u - 0.35 * v).clamp(0.1, 1)
        glint = mask(radius(u + 0.4, v + 0.42) - 0.17, 0.15)
        light = over(light, mask(r - 1, 0.1), (0.5 * light + rim + glint).clamp(0, 1))
    return Sketch(light, smooth(0.6, 1.0, light) * 0.35)


def cracked(canvas: Canvas) -> Sketch:
    """Dry earth broken into plates with dark, deep cracks."""
    sway = 0.14 * (fractal(canvas, 5, 3) - 0.5)
    _, border, value = cells(canvas, canvas.near_far(4, 8))
    border, value = warp(canvas, border, sway, -sway), warp(canvas, value, sway, -sway)
    plate = 0.42 + 0.25 * value + 0.3 * (fractal(canvas, 14, 3) - 0.5)
    plate = plate + 0.25 * smooth(0.2, 0.05, border) - 0.12 * canvas.x
    return Sketch(over(canvas.full(0.03), smooth(0.03, 0.1, border), plate.clamp(0.1, 1)), 0.3 * value)


def galaxy(canvas: Canvas) -> Sketch:
    """A spiral of stars and gas around a bright core."""
    x, y = canvas.x - canvas.uniform(-0.3, 0.3), canvas.y - canvas.uniform(-0.3, 0.3)
    x, y = turn(x, y, canvas.uniform(0, math.pi))
    y = y / canvas.uniform(0.45, 1.0)
    r = radius(x, y) / canvas.near_far(1.15, 0.7)
    arms = (torch.atan2(y, x) * 2 - 5 * torch.log(r + 0.08)).cos() * 0.5 + 0.5
    gas = arms**2 * torch.exp(-1.8 * r) * (0.35 + 0.9 * fractal(canvas, 7, 4))
    light = 0.02 + torch.exp(-5 * r) + gas + stars(canvas, 0.012)
    return Sketch(light.clamp(0, 1), smooth(0.25, 0.9, r) * 0.8)


def moon(canvas: Canvas) -> Sketch:
    """A cratered moon, full or crescent, among stars and thin cloud."""
    size = canvas.near_far(0.72, 0.36)
    x = (canvas.x - canvas.uniform(-0.35, 0.35)) / size
    y = (canvas.y - canvas.uniform(-0.35, 0.2)) / size
    r, rock = radius(x, y), fractal(canvas, 6, 5)
    pits, _, _ = cells(canvas, canvas.near_far(6, 10))
    surface = 0.95 - 0.45 * smooth(0.4, 0.7, rock) + 0.2 * smooth(0.18, 0.28, pits) - 0.2
    depth = (1 - r * r).clamp(min=0).sqrt()
    sun = canvas.uniform(-1.2, 1.2)
    lit = smooth(-0.15, 0.45, x * sun.sin() + depth * sun.cos())
    halo = 0.35 * torch.exp(-2.5 * (r - 1).clamp(min=0))
    sky = 0.03 + halo + stars(canvas, 0.006) + 0.2 * halo * fractal(canvas, 3, 4, 2)
    light = over(sky, mask(r - 1), surface * (0.05 + 0.95 * lit))
    return Sketch(light.clamp(0, 1), over(canvas.full(0.85), mask(r - 1.05, 0.2), 0.0))


def snow_crystal(canvas: Canvas) -> Sketch:
    """A six-fold crystal of ice with branches, on a soft dark ground."""
    size = canvas.near_far(0.98, 0.64)
    x, y = (canvas.x - canvas.uniform(-0.1, 0.1)) / size, (canvas.y - canvas.uniform(-0.1, 0.1)) / size
    sector = math.pi / 3
    angle = ((torch.atan2(y, x) + canvas.uniform(0, 1)) % sector - sector / 2).abs()
    r = radius(x, y)
    u, v = r * angle.cos(), r * angle.sin()
    ice = mask(torch.maximum(v - 0.03, u - 0.92), 0.03)
    for _ in range(5):
        start, length = canvas.uniform(0.12, 0.8), canvas.uniform(0.1, 0.36)
        branch = segment(u, v, (start, 0.0), (start + length * 0.5, length * 0.87))
        ice = torch.maximum(ice, mask(branch - 0.026, 0.03) * (0.75 + 0.25 * (branch < 0.01)))
    plate = canvas.uniform(0.1, 0.32)
    ice = torch.maximum(ice, mask(u - plate, 0.03) * (0.45 + 0.4 * (u * 40).sin().abs()))
    ground = 0.1 + 0.3 * fractal(canvas, 3, 3) * torch.exp(-r) + 0.4 * stars(canvas, 0.004)
    return Sketch(over(ground, ice, 0.75 + 0.25 * noise(canvas, 16)), over(canvas.full(0.9), ice, 0.0))


def passing(canvas: Canvas) -> Sketch:
    """Hills seen from a moving train: streaked by speed, with poles and wires."""
    light = 0.85 - 0.2 * (canvas.y + 1) + 0.12 * fractal(canvas, 2, 3, 4)
    tint = canvas.full(0.9)
    for layer in range(3):
        depth = (layer + 1) / 3
        hills = noise(canvas, 2 + layer)[:, canvas.height // 2 : canvas.height // 2 + 1]
        top = (-0.2 + 0.36 * layer + 0.3 * (hills - 0.5)) * canvas.aspect
        streaks = noise(canvas, 3, 12 + 14 * depth) - 0.5
        here = mask(top - canvas.y, 0.03 + 0.05 * depth)
        light = over(light, here, (0.58 - 0.12 * layer + (0.25 + 0.5 * depth) * streaks).clamp(0, 1))
        tint = over(tint, here, 0.5 * (1 - depth))
    shift, step = canvas.uniform(0, 2), canvas.near_far(1.5, 0.8)
    pole = ((canvas.x + shift) % step - step / 2).abs()
    light = over(light, mask(pole - 0.035, 0.06) * mask(-0.8 - canvas.y, 0.02), 0.06)
    for height in (-0.72, -0.6):
        wire = (canvas.y - height - 0.35 * pole * (step / 2 - pole + 0.2)).abs()
        light = over(light, mask(wire - 0.01, 0.02), 0.08)
    return Sketch(light, tint)
