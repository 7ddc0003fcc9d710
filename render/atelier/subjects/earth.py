"""Subjects from earth and fire: dry ground, a cave, a volcano and flames."""

from __future__ import annotations

import torch
from torch import Tensor

from render.atelier.canvas import Canvas, Sketch, mask, over, radius, smooth
from render.atelier.noise import cells, fractal, noise, warp
from render.atelier.relief import dome, limb, lit
from render.atelier.subject import Subject
from render.atelier.terrain import strew


def cracked(canvas: Canvas) -> Sketch:
    """Dry earth broken into plates with raised, lit edges and dark, deep cracks."""
    sway = [0.16 * (fractal(canvas, 5, 3) - 0.5) for _ in range(2)]
    _, border, value = cells(canvas, canvas.near_far(2.6, 4.6))
    border, value = warp(canvas, border, *sway), warp(canvas, value, *sway)
    curl = 0.1 * smooth(0.02, 0.1, border) * (1 + 0.6 * smooth(0.5, 0.1, border))
    height = curl + 0.05 * fractal(canvas, 9, 3) + 0.04 * value
    plate = lit(canvas, height * canvas.near_far(1.2, 0.9), 0.25) * (0.6 + 0.35 * value)
    plate = plate + 0.18 * (fractal(canvas, 12, 3) - 0.5)
    light = over(canvas.full(0.02), smooth(0.035, 0.09, border), plate.clamp(0.08, 1))
    return Sketch(light.clamp(0, 1), 0.35 * value)


def cave(canvas: Canvas) -> Sketch:
    """Inside a dark cave: rings of rough rock that lead to a bright opening, whose light falls on their edges."""
    mx, my = canvas.uniform(-0.25, 0.25) * canvas.wide, canvas.uniform(-0.15, 0.15) * canvas.high
    x, y = (canvas.x - mx) / canvas.wide**0.5, (canvas.y - my) / canvas.high**0.5
    angle, r = torch.atan2(y, x), radius(x, y * 0.9)
    light = 1.0 - 0.1 * smooth(0.0, 0.3, r)
    tint, rings = canvas.full(1.0), 5
    rough = fractal(canvas, 4, 4)
    for ring in range(rings):
        near = ring / (rings - 1)
        size = canvas.near_far(0.34, 0.25) * (1 + 0.1 * ring) * 1.42**ring
        bumps = canvas.full(0.0)
        for waves in (2, 3, 5, 9):
            bumps = bumps + (angle * waves + canvas.uniform(0, 6)).sin() * canvas.uniform(0.2, 0.6) / waves
        teeth = canvas.uniform(0.05, 0.16) * ((angle * 13 + canvas.uniform(0, 6)).sin()).clamp(min=0) ** 2 * (y < 0)
        hole = r - size * (1 + 0.22 * bumps - teeth + 0.3 * (rough - 0.5))
        rock = 0.1 + 0.75 * lit(canvas, 0.3 * warp(canvas, rough, canvas.full(0.13 * ring), canvas.full(0.0)), 0.1)
        glow = torch.exp(-hole.clamp(min=0) / (0.16 + 0.12 * near)) * (0.85 - 0.5 * near)
        floor = smooth(0.2, 0.8, y / (r + 0.05)) * 0.35 * (1 - near)
        here = mask(-hole, 0.02)
        light = over(light, here, rock * (0.08 + glow + floor + 0.12 * (1 - near)) + 0.12 * glow)
        tint = over(tint, here, 0.35 * (1 - near) * glow)
    return Sketch(light.clamp(0, 1), tint)


def volcano(canvas: Canvas) -> Sketch:
    """A volcano that throws glowing lava from its crater and a column of smoke into a dark sky."""
    middle, top = canvas.uniform(-0.2, 0.2), canvas.uniform(-0.2, 0.05) * canvas.high
    mouth, foot = canvas.near_far(0.2, 0.14), canvas.near_far(1.35, 1.0) * canvas.uniform(0.85, 1.15)
    x = canvas.x - middle
    down = ((canvas.y - top) / (canvas.high - top)).clamp(min=0)
    heap = fractal(canvas, 3.5, 4)
    crater = torch.exp(-(radius(x / 0.5, (canvas.y - top) / 0.5) ** 2))
    light = 0.1 + 0.2 * smooth(-canvas.high, canvas.high, canvas.y) + 0.55 * crater
    tint = canvas.full(1.0)
    up = ((top - canvas.y) / (top + canvas.high)).clamp(0, 1)
    lean = x - canvas.uniform(-0.5, 0.5) * up**1.5
    plume = lean.abs() - mouth * (0.75 + 3.2 * up**0.8) + 0.5 * (heap - 0.5) * (0.3 + up)
    smoke = mask(plume, 0.12) * mask(canvas.y - top - 0.02, 0.05)
    billow = 0.12 + 0.55 * lit(canvas, 0.35 * heap + dome(plume, 0.4), 0.15) * (0.5 + 0.5 * up) + 0.5 * crater
    light, tint = over(light, 0.95 * smoke, billow), over(tint, smoke, 0.25 + 0.6 * crater)
    ragged = 0.07 * (fractal(canvas, 6, 3) - 0.5)
    slope = x.abs() - mouth - foot * down**1.35 - ragged
    cone = mask(torch.maximum(slope, top + ragged - canvas.y), 0.02)
    gullies = noise(canvas, 5) + 0.5 * noise(canvas, 11)
    rock = 0.05 + 0.5 * lit(canvas, 0.22 * gullies - 0.5 * slope.clamp(-1.5, 0), 0.1) * (1.1 - 0.5 * down)
    light, tint = over(light, cone, rock), over(tint, cone, 0.0)
    hot = canvas.full(0.0)
    for _ in range(4):
        reach, start = canvas.uniform(0.35, 1.0), canvas.uniform(-0.8, 0.8)
        run = start * (mouth + 0.75 * foot * down**1.35) + 0.16 * (noise(canvas, 3)[:, :, :1] - 0.5) * smooth(
            0.0, 0.3, down
        )
        stream = mask((x - run).abs() - 0.05 * (1.2 - down), 0.04) * mask(down - reach, 0.1)
        hot = torch.maximum(hot, stream * cone)
    lip = mask((canvas.y - top).abs() - 0.035, 0.03) * mask(x.abs() - mouth * 1.05, 0.03)
    throw = mask(x.abs() - mouth * (0.5 + 0.8 * up * 3) * smooth(0.4, 0.1, up), 0.05) * mask(canvas.y - top, 0.02)
    jets = throw * smooth(0.35, 0.6, noise(canvas, 10, 0.4) + 0.3 - 1.2 * up)
    spark = strew(canvas, x * 8, canvas.y * 8, 0.12, 0.3, 0.6)
    ember = (
        spark.here
        * smooth(1.0, 0.4, radius(spark.u, spark.v))
        * mask(radius(x, (canvas.y - top + 0.2) * 0.9) - 0.5, 0.4)
    )
    hot = torch.maximum(torch.maximum(hot, lip), torch.maximum(jets, ember * mask(canvas.y - top, 0.05)))
    return Sketch(over(light, hot, 0.9).clamp(0, 1), over(tint, hot, 1.0))


def _flame(canvas: Canvas, x: Tensor, foot: Tensor, tall: Tensor, wide: Tensor) -> Tensor:
    """How deep a point lies in a tongue of flame with its base at (0, foot): 0 at its edge, 1 at its heart."""
    up = (foot - canvas.y) / tall
    sway = 0.16 * tall * up.clamp(0, 1) ** 1.2 * (up * canvas.uniform(3, 5) + canvas.uniform(0, 6)).sin()
    belly = (up.clamp(0, 1) + 0.12) ** 0.5 * (1 - up).clamp(0, 1) ** 0.85 * 1.75
    across = (x - sway).abs() / (wide * belly + 0.01)
    return (1 - across).clamp(0, 1) * mask(-up * tall - 0.05, 0.1) * mask((up - 0.97) * tall, 0.06)


def fire(canvas: Canvas) -> Sketch:
    """A fire: tongues of flame that lick upwards from crossed logs, a bright heart and sparks above."""
    foot = canvas.uniform(0.62, 0.78) * canvas.high
    size = canvas.near_far(1.0, 0.8)
    lick = 0.22 * (fractal(canvas, 4, 3, 0.5) - 0.5)
    x = canvas.x + lick * smooth(foot, foot - 0.8, canvas.y) - canvas.uniform(-0.15, 0.15)
    heat = canvas.full(0.0)
    count = 7
    for index in range(count):
        aside = (2 * index / (count - 1) - 1) * 0.62 * size
        tall = (1.55 - 0.95 * abs(2 * index / (count - 1) - 1)) * size * canvas.uniform(0.65, 1.1) * canvas.high**0.7
        flame = _flame(canvas, x - aside, foot + 0 * tall, tall, canvas.uniform(0.2, 0.32) * size)
        rise = ((foot - canvas.y) / tall).clamp(0, 1)
        heat = torch.maximum(heat, flame * (1.1 - 0.5 * rise)) + 0.12 * torch.minimum(heat, flame) * (1 - rise)
    glow = torch.exp(-1.6 * radius(x / 1.2, (canvas.y - foot + 0.5) / 1.1) ** 2)
    light, tint = 0.03 + 0.3 * glow * (0.7 + 0.3 * fractal(canvas, 3, 3)), canvas.full(0.0)
    body = smooth(0.0, 0.14, heat)
    light = over(light, body, 0.36 + 0.62 * smooth(0.05, 0.95, heat))
    tint = over(tint, body, smooth(0.35, 0.85, heat))
    spark = strew(canvas, x * 5, canvas.y * 5, 0.06, 0.16, 0.5)
    ember = (
        spark.here * smooth(1.0, 0.4, radius(spark.u, spark.v)) * glow.clamp(0, 1) ** 0.5 * mask(canvas.y - foot, 0.1)
    )
    light, tint = over(light, ember, 0.95), over(tint, ember, 0.8)
    ground = mask(foot + 0.12 - canvas.y, 0.1)
    light = over(light, ground * 0.9, 0.06 + 0.4 * torch.exp(-6 * ((canvas.y - foot - 0.1).clamp(min=0) + 0.3 * x**2)))
    for tilt in (0.16, -0.2):
        ends = ((-0.72 * size, foot + 0.12 + tilt * size), (0.72 * size, foot + 0.12 - tilt * size))
        log = limb(x, canvas.y, *ends, 0.1 * size, 0.1 * size)
        bark = 0.04 + 0.5 * lit(canvas, dome(log, 0.1 * size), 0.0) * (0.4 + 0.6 * noise(canvas, 14))
        wood = mask(log, 0.02)
        light, tint = over(light, wood, bark), over(tint, wood, 0.0)
    return Sketch(light.clamp(0, 1), tint)


SUBJECTS = (
    Subject(
        "cracked",
        ("cracked earth", "dry mud", "parched soil", "a drought", "broken clay", "dry ground", "dried earth"),
        ("fissures", "a dry lake bed"),
        (("brown", "sand coloured"), ("sand coloured", "brown")),
        scene=cracked,
    ),
    Subject(
        "cave",
        ("a cave", "inside a cave", "a cavern", "light at the end of a cave", "a dark cave", "a grotto"),
        ("a den", "an underground hollow"),
        (("brown", "yellow"), ("grey", "blue"), ("blue", "white"), ("black", "sand coloured")),
        scene=cave,
    ),
    Subject(
        "volcano",
        ("a volcano", "an erupting volcano", "lava", "a volcanic eruption", "glowing lava", "a fiery mountain"),
        ("magma", "vesuvius"),
        (("black", "orange"), ("brown", "orange"), ("grey", "red")),
        scene=volcano,
    ),
    Subject(
        "fire",
        ("fire", "flames", "a fire", "a bonfire", "a campfire", "a burning fire", "a blaze"),
        ("an inferno", "a hearth"),
        (("orange", "yellow"), ("red", "yellow")),
        scene=fire,
    ),
)
