"""Subjects from the sky: clouds, storms, the sun going down, the moon, stars and what falls from up there."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as functional
from torch import Tensor

from render.atelier.canvas import Canvas, Sketch, mask, over, radius, segment, smooth, turn
from render.atelier.noise import cells, fractal, noise, stars
from render.atelier.relief import lit
from render.atelier.subject import Subject
from render.atelier.terrain import firs, strew


def _skyline(canvas: Canvas, level: Tensor | float, rough: float = 0.3, across: float = 2.0) -> Tensor:
    """The height (B, 1, W) of a line of hills around y = `level`."""
    return level + rough * (fractal(canvas, across, 4)[:, :1] - 0.5)


def clouds(canvas: Canvas) -> Sketch:
    """Heaped clouds with bright, puffed tops and flat, shaded undersides in an open sky."""
    fray = [0.26 * (fractal(canvas, 4, 4) - 0.5) for _ in range(2)]
    x, y = canvas.x + fray[0], canvas.y + fray[1]
    light, tint = 0.3 + 0.28 * smooth(-canvas.high, canvas.high, canvas.y) + canvas.full(0.0), canvas.full(1.0)
    count = round(canvas.near_far(2, 4) * (canvas.wide * canvas.high) ** 0.7)
    start = canvas.uniform(0, 1)
    for index in range(count):
        level = (index + 0.5) / count
        size = canvas.near_far(0.85, 0.58) * canvas.uniform(0.85, 1.2)
        across = (1.5 * ((index * 0.618 + start) % 1) - 0.75 + canvas.uniform(-0.1, 0.1)) * canvas.wide
        base = (level * 1.7 - 0.68 + canvas.uniform(-0.12, 0.12)) * canvas.high
        height = canvas.full(0.0)
        for puff in (-0.8, 0.75, -0.4, 0.35, 0.0):
            r = size * (0.52 - 0.24 * abs(puff)) * canvas.uniform(0.85, 1.2)
            lift = 0.75 * r + 0.1 * size * canvas.uniform(0.0, 1.0)
            d = radius(x - across - puff * size, y - base + lift) / r
            height = torch.maximum(height, r * (1 - d * d).clamp(min=0).sqrt())
        flat = smooth(0.1, -0.04, y - base - 0.03 * size)
        cover = smooth(0.04 * size, 0.36 * size, height) * flat
        under = smooth(-0.45 * size, 0.05, y - base)
        body = 0.46 + 0.72 * lit(canvas, 0.65 * height, 0.25) - 0.36 * under + 0.25 * (fray[0] + fray[1])
        light, tint = over(light, cover, body.clamp(0.3, 1)), over(tint, cover, 0.0)
    return Sketch(light.clamp(0, 1), tint)


def sunset(canvas: Canvas) -> Sketch:
    """The sun half over the horizon of the sea, its glow in the sky, banks of cloud and its path on the water."""
    horizon = canvas.uniform(0.0, 0.3) * canvas.high
    sx, sy = canvas.uniform(-0.4, 0.4), horizon - canvas.near_far(0.3, 0.2) * canvas.uniform(-0.2, 0.9)
    size = canvas.near_far(0.46, 0.32)
    r = radius(canvas.x - sx, canvas.y - sy)
    glow = torch.exp(-1.1 * (r - size).clamp(min=0))
    light, tint = 0.2 + 0.5 * glow, 0.85 - 0.85 * glow.sqrt()
    banks = smooth(0.46, 0.72, fractal(canvas, 2.2, 4, 4.5)) * smooth(0.0, 0.35, horizon - canvas.y)
    light, tint = over(light, 0.85 * banks, 0.16 + 0.55 * glow**2), over(tint, banks, 0.9)
    disc = mask(r - size, 0.02)
    light, tint = over(light, disc * (1 - 0.75 * banks), 1.0), over(tint, disc, 0.0)
    under = mask(horizon - canvas.y, 0.015)
    away = (canvas.y - horizon).clamp(min=0)
    ripple = noise(canvas, 5, 8) + 0.5 * noise(canvas, 10, 8)
    broad = size * (0.75 + 0.5 * away)
    path = torch.exp(-(((canvas.x - sx + 0.5 * (ripple - 0.75) * away) / broad) ** 2)) * smooth(0.5, 0.95, ripple + 0.2)
    water = 0.12 + 0.22 * smooth(0.6, 1.1, ripple) + 0.1 * glow
    light = over(light, under, over(water, path, 0.95))
    tint = over(tint, under, 0.9 * (1 - path))
    hills = _skyline(canvas, horizon - 0.02, 0.3) - 0.25 * (canvas.x - sx) ** 2 / canvas.wide**2 + 0.17
    shore = mask(hills - canvas.y, 0.02) * mask(canvas.y - horizon, 0.02) * canvas.chance(0.4)
    return Sketch(over(light, shore, 0.06).clamp(0, 1), over(tint, shore, 1.0))


def _bolt(canvas: Canvas, x: Tensor, y: Tensor, slope: Tensor, end: Tensor) -> Tensor:
    """Distance from a jagged bolt that runs from (x, y) down to the height `end`, slanting by `slope`."""
    span = 2 * canvas.high
    down = (canvas.y - y).clamp(min=0)
    bends = canvas.random(1, 1, round(9 * canvas.high) + 2)
    jag = functional.interpolate(bends[:, :, 0], canvas.height, mode="linear", align_corners=True)[:, 0, :, None]
    line = x + slope * down + (jag - 0.5) * 0.42 * smooth(0.0, 0.15, down)
    steep = 1 / (1 + (slope + 0.9) ** 2 * 0.3)
    return torch.maximum(
        (canvas.x - line).abs() * steep, torch.maximum(y - canvas.y, canvas.y - end).clamp(-span, span)
    )


def lightning(canvas: Canvas) -> Sketch:
    """A forked bolt of lightning that strikes from dark storm clouds to the ground."""
    ground = _skyline(canvas, canvas.uniform(0.7, 0.85) * canvas.high, 0.2)
    heap = fractal(canvas, 2.6, 4, 1.4)
    x, lean = canvas.uniform(-0.35, 0.35), canvas.uniform(-0.12, 0.12)
    roof = -0.55 * canvas.high
    near = canvas.near_far(0.04, 0.028)
    main = _bolt(canvas, x, canvas.full(0.0)[:, :1, :1] - canvas.high, lean, ground.mean(2, keepdim=True) + 0.04)
    core = mask(main - near, 0.025)
    halo = torch.exp(-main.clamp(min=0) / 0.16)
    for _ in range(3):
        start = canvas.uniform(-0.5, 0.35) * canvas.high
        side = torch.where(canvas.chance(0.5), canvas.uniform(0.45, 0.9), canvas.uniform(-0.9, -0.45))
        fork = _bolt(canvas, x + lean * (start + canvas.high), start, side, start + canvas.uniform(0.35, 0.75))
        core = torch.maximum(core, mask(fork - 0.5 * near, 0.022))
        halo = torch.maximum(halo, 0.6 * torch.exp(-fork.clamp(min=0) / 0.09))
    flash = torch.exp(-1.4 * ((canvas.x - x) ** 2) - 1.2 * (canvas.y / canvas.high + 0.6) ** 2)
    cloud = smooth(0.25, -0.3, canvas.y / canvas.high + 0.5 + 0.9 * (0.5 - heap))
    light = 0.1 + 0.16 * smooth(roof, 0.9, canvas.y) + 0.1 * heap + 0.25 * flash
    light = over(light, cloud, 0.04 + 0.6 * lit(canvas, 0.45 * heap, 0.1) * (0.3 + 0.9 * flash))
    light = light + 0.42 * halo * (1 - 0.4 * cloud)
    light = over(light, mask(ground - canvas.y, 0.02), 0.03 + 0.2 * torch.exp(-4 * (canvas.x - x) ** 2))
    return Sketch(over(light, core, 1.0).clamp(0, 1), over(canvas.full(1.0), torch.maximum(core, 0.45 * halo), 0.0))


def aurora(canvas: Canvas) -> Sketch:
    """Northern lights: curtains of light that hang in folds over a dark line of hills and firs."""
    sky = 0.04 + 0.1 * smooth(-canvas.high, canvas.high, canvas.y) + 0.7 * stars(canvas, 0.003)
    light, tint = sky, canvas.full(1.0)
    for curtain in range(3):
        level = (0.28 - 0.36 * curtain + 0.1 * canvas.uniform(-1, 1)) * canvas.high
        fold = canvas.x * canvas.uniform(2.0, 4.0) + 1.6 * noise(canvas, 1.5)[:, :1] + canvas.uniform(0, 6)
        edge = (
            level
            + (0.16 * fold.sin() + 0.07 * (2.3 * fold).sin() + canvas.x * canvas.uniform(-0.25, 0.25))
            * canvas.high**0.5
        )
        up = edge - canvas.y
        rays = 0.35 + 0.65 * noise(canvas, 11)[:, :1] * (0.6 + 0.8 * (0.5 + 0.5 * (fold * 2.3 + 0.6).cos()))
        length = canvas.high**0.7 * (0.34 + 0.3 * noise(canvas, 7)[:, :1])
        shine = smooth(-0.05, 0.06, up) * torch.exp(-up.clamp(min=0) / length) * rays * (1 - 0.22 * curtain)
        light = light + 0.95 * shine
        tint = torch.minimum(tint, smooth(0.05, 0.5, 0.45 - shine + 0.35 * up.clamp(0, 1)))
    hills = _skyline(canvas, canvas.uniform(0.68, 0.8) * canvas.high, 0.35)
    wood, _ = firs(canvas, hills + 0.06, 0.16, 0.34, 0.75)
    here = torch.maximum(mask(hills - canvas.y, 0.02), wood)
    return Sketch(over(light, here, 0.03).clamp(0, 1), over(tint, here, 1.0))


def starry(canvas: Canvas) -> Sketch:
    """A night sky full of stars of several sizes, some with rays, above dark hills."""
    haze = smooth(0.35, 0.9, fractal(canvas, 2.2, 4)) * 0.14
    light = 0.05 + 0.16 * smooth(-0.3, 1.0, canvas.y / canvas.high) + haze + 0.6 * stars(canvas, 0.004)
    tint = canvas.full(1.0)
    for across, share in ((9.0, 0.55), (3.2, 0.75)):
        across = across * canvas.near_far(0.8, 1.15)
        found = strew(canvas, canvas.x * across, canvas.y * across, 0.3, 0.75, share)
        u, v = found.u.abs(), found.v.abs()
        r = radius(u, v)
        rays = torch.exp(-26 * torch.minimum(u, v) - 2.4 * r) if across < 5 else torch.exp(-8 * r)
        star = found.here * torch.maximum(rays, smooth(0.28, 0.14, r)) * smooth(1.0, 0.75, r)
        light, tint = over(light, star.clamp(0, 1), 1.0), over(tint, star.clamp(0, 1), 0.0)
    hills = _skyline(canvas, canvas.uniform(0.72, 0.86) * canvas.high, 0.3)
    wood, _ = firs(canvas, hills + 0.06, 0.2, 0.36, 0.35)
    here = torch.maximum(mask(hills - canvas.y, 0.02), wood)
    return Sketch(over(light, here, 0.02).clamp(0, 1), over(tint, here, 1.0))


def galaxy(canvas: Canvas) -> Sketch:
    """A spiral of stars and gas with dust between its arms around a bright core."""
    x, y = canvas.x - canvas.uniform(-0.2, 0.2), canvas.y - canvas.uniform(-0.2, 0.2)
    x, y = turn(x, y, canvas.uniform(0, math.pi))
    y = y / canvas.uniform(0.5, 1.0)
    r = radius(x, y) / canvas.near_far(1.5, 1.05)
    dust = fractal(canvas, 7, 4)
    wound = torch.atan2(y, x) * 2 - canvas.uniform(4.2, 5.8) * torch.log(r + 0.06) + 1.2 * (dust - 0.5)
    arms = (wound.cos() * 0.5 + 0.5) ** 1.6
    gas = 1.25 * arms * torch.exp(-2.1 * r) * (0.3 + 0.9 * dust) * smooth(1.1, 0.7, r)
    light = 0.02 + 1.1 * torch.exp(-7 * r) + gas + 0.9 * stars(canvas, 0.006) * (1 - gas.clamp(0, 1))
    light = light + 0.9 * stars(canvas, 0.03) * arms * smooth(0.9, 0.2, r)
    return Sketch(light.clamp(0, 1), smooth(0.25, 0.9, r) * 0.8)


def moon(canvas: Canvas) -> Sketch:
    """A cratered moon, full or crescent, among stars and thin cloud."""
    size = canvas.near_far(0.76, 0.48)
    x = (canvas.x - canvas.uniform(-0.3, 0.3) * (1.15 - size)) / size
    y = (canvas.y - canvas.uniform(-0.5, 0.3) * (canvas.high - size)) / size
    r, seas = radius(x, y), fractal(canvas, 2.2 / size, 4)
    pits, _, value = cells(canvas, 4.2 / size)
    bowl = smooth(0.1, 0.36, pits + 0.25 * value) - 0.5 * smooth(0.36, 0.6, pits + 0.25 * value)
    rock = 0.5 + 0.55 * lit(canvas, 0.05 * bowl + 0.04 * fractal(canvas, 12, 2), 0.2)
    surface = rock - 0.38 * smooth(0.48, 0.68, seas)
    depth = (1 - r * r).clamp(min=0).sqrt()
    sun = canvas.uniform(-1.5, 1.5)
    day = smooth(-0.1, 0.35, x * sun.sin() + depth * sun.cos())
    halo = 0.35 * torch.exp(-2.5 * (r - 1).clamp(min=0))
    sky = 0.03 + halo + 0.8 * stars(canvas, 0.004) + 0.25 * halo * fractal(canvas, 3, 4, 2)
    light = over(sky, mask((r - 1) * size, 0.02), surface * (0.04 + 0.96 * day))
    return Sketch(light.clamp(0, 1), over(canvas.full(0.9), mask(r - 1.03, 0.1), 0.0))


def snow_crystal(canvas: Canvas) -> Sketch:
    """A six-fold crystal of ice with branches, bright on a soft dark ground."""
    size = canvas.near_far(0.96, 0.72)
    x, y = (canvas.x - canvas.uniform(-0.1, 0.1)) / size, (canvas.y - canvas.uniform(-0.1, 0.1)) / size
    sector = math.pi / 3
    angle = ((torch.atan2(y, x) + canvas.uniform(0, 1)) % sector - sector / 2).abs()
    r = radius(x, y)
    u, v = r * angle.cos(), r * angle.sin()
    shape = torch.maximum(v - 0.042, u - 0.94)
    for start in (0.3, 0.52, 0.72):
        along, length = canvas.uniform(start - 0.08, start + 0.08), canvas.uniform(0.12, 0.34)
        shape = torch.minimum(shape, segment(u, v, (along, 0.0), (along + length * 0.5, length * 0.87)) - 0.034)
    plate = (u - canvas.uniform(0.14, 0.34)).abs() - 0.035
    shape = torch.minimum(shape, torch.where(canvas.chance(0.6), plate, canvas.full(1.0)))
    ridge = lit(canvas, 0.8 * (-shape).clamp(0, 0.04) * size, 0.3)
    ice = mask(shape * size, 0.02)
    ground = 0.1 + 0.3 * fractal(canvas, 2.5, 3) * torch.exp(-0.7 * r)
    glow = 0.3 * torch.exp(-14 * shape.clamp(min=0))
    light = over(ground + glow, ice, 0.5 + 0.55 * ridge)
    return Sketch(light.clamp(0, 1), over(canvas.full(1.0), ice, 0.0))


SUBJECTS = (
    Subject(
        "clouds",
        ("clouds", "a cloudy sky", "the sky", "white clouds", "a cloud", "heaped clouds"),
        ("an overcast day", "cumulus"),
        (("white", "blue"), ("grey", "blue"), ("orange", "purple"), ("pink", "blue")),
        scene=clouds,
    ),
    Subject(
        "sunset",
        ("a sunset", "the setting sun", "the sun", "the sun over the horizon", "a sunrise", "the rising sun"),
        ("dusk", "daybreak"),
        (("orange", "purple"), ("red", "purple"), ("yellow", "orange"), ("orange", "blue")),
        scene=sunset,
    ),
    Subject(
        "lightning",
        ("lightning", "a thunderstorm", "a bolt of lightning", "a storm", "a flash of lightning", "thunder"),
        ("a tempest", "a thunderbolt"),
        (("yellow", "blue"), ("white", "purple"), ("white", "grey"), ("purple", "blue")),
        scene=lightning,
    ),
    Subject(
        "aurora",
        ("the aurora", "northern lights", "the northern lights", "an aurora in the sky", "polar lights"),
        ("aurora borealis", "southern lights"),
        (("green", "blue"), ("green", "purple"), ("turquoise", "blue")),
        scene=aurora,
    ),
    Subject(
        "stars",
        ("stars", "a starry sky", "a sky full of stars", "the night sky", "twinkling stars", "a starry night"),
        ("constellations", "the firmament"),
        (("white", "blue"), ("yellow", "blue"), ("white", "black"), ("white", "purple")),
        scene=starry,
    ),
    Subject(
        "galaxy",
        ("a galaxy", "a nebula", "the milky way", "the cosmos", "outer space", "a spiral galaxy"),
        ("the universe", "a supernova"),
        (("purple", "blue"), ("white", "blue"), ("pink", "blue")),
        scene=galaxy,
    ),
    Subject(
        "moon",
        ("the moon", "a full moon", "moonlight", "a crescent moon", "the moon at night", "lunar craters"),
        ("a satellite", "an eclipse"),
        (("white", "blue"), ("sand coloured", "black"), ("yellow", "blue")),
        scene=moon,
    ),
    Subject(
        "snow",
        ("a snow crystal", "a snowflake", "an ice crystal", "frost", "a crystal of ice", "a star of ice"),
        ("a frozen star", "hoarfrost"),
        (("white", "blue"), ("turquoise", "blue"), ("blue", "black")),
        scene=snow_crystal,
    ),
)
