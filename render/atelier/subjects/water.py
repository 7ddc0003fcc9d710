"""Subjects from water: boiling, in waves, running, falling and around an island."""

from __future__ import annotations

import torch
from torch import Tensor

from render.atelier.canvas import Canvas, Sketch, mask, over, radius, smooth
from render.atelier.noise import fractal, noise, warp
from render.atelier.relief import lit, slopes
from render.atelier.subject import Subject
from render.atelier.terrain import Strewn, chart, distance, east, heaven, strew, sunlit, view


def _blister(light: Tensor, tint: Tensor, strewn: Strewn, dim: float | Tensor = 1.0) -> tuple[Tensor, Tensor]:
    """Light and tint of a dark water with bubbles on it: bright rims, a window's glint, light that shines through."""
    u, v = strewn.u / 0.82, strewn.v / 0.82
    r = radius(u, v)
    rim = smooth(0.6, 0.97, r) * (0.62 - 0.25 * u - 0.3 * v).clamp(0.25, 1)
    through = 0.55 * torch.exp(-5 * ((u - 0.34) ** 2 + (v - 0.42) ** 2))
    glint = smooth(0.3, 0.16, radius((u + 0.36) * 1.1, (v + 0.42) * 1.3))
    body = 0.35 * light + (0.05 + rim + through) * dim
    collar = strewn.here * mask((r - 1.08).abs() - 0.07, 0.12) * 0.35
    ball = strewn.here * mask(r - 1, 0.08)
    light = over(over(light, collar, 0.65 * dim), ball, torch.maximum(body, glint))
    return light.clamp(0, 1), over(tint, ball * smooth(0.3, 0.7, light), 0.7)


def boiling(canvas: Canvas) -> Sketch:
    """Boiling water in the dark: big lit bubbles, foam between them, churning reflections and rising steam."""
    near = smooth(-canvas.high, canvas.high, canvas.y)
    churn = warp(canvas, fractal(canvas, 4, 3, 1.6), *(0.3 * (fractal(canvas, 3, 2) - 0.5) for _ in range(2)))
    folds = (churn * 17 + 4 * canvas.y + canvas.uniform(0, 6)).sin()
    gleam = smooth(0.45, 0.95, folds) * smooth(0.25, 0.65, noise(canvas, 3, 1.5)) * (0.35 + 0.5 * near)
    light = 0.03 + 0.16 * churn + 0.1 * folds.clamp(min=0) + 0.75 * gleam
    tint = 0.5 * gleam
    fine, wide = canvas.near_far(7, 9), canvas.near_far(1.6, 2.3)
    patch = smooth(0.5, 0.6, fractal(canvas, 2.5, 2, 1.4))
    foam = strew(canvas, canvas.x * fine, canvas.y * fine, 0.4, 0.8, 0.97, 0.9)
    light, tint = _blister(light, tint, Strewn(foam.u, foam.v, foam.value, foam.here * patch), 0.8)
    size = 0.62 + 0.38 * near
    large = strew(canvas, canvas.x * wide + 0.3, canvas.y * wide * 1.15, 0.22 * size, 0.95 * size, 0.85, 0.92)
    light, tint = _blister(light, tint, large)
    rising = warp(canvas, fractal(canvas, 3, 4, 0.6), 0.35 * (noise(canvas, 2, 0.7) - 0.5), canvas.full(0.0))
    steam = smooth(0.35, 0.85, rising) * smooth(0.55, 0.0, near) * canvas.uniform(0.45, 0.8)
    return Sketch(over(light, steam, 0.75).clamp(0, 1), over(tint, steam, 0.6))


def sea(canvas: Canvas) -> Sketch:
    """The open sea: lit waves to the horizon, foam on their crests and the sun's path on the water."""
    horizon = canvas.uniform(-0.45, -0.15) * canvas.high
    field = chart(canvas)
    z = distance(field)
    swell = fractal(field, 3, 3, 1.4) - 0.5
    phase = (z + 0.35 * swell + 0.1 * field.x * canvas.uniform(-1, 1)) * canvas.near_far(6, 10) + canvas.uniform(0, 6)
    crest = (0.5 + 0.5 * phase.sin()) ** 1.7
    chop = fractal(field, 12, 3, 1.6)
    height = canvas.near_far(0.16, 0.1) * (crest * (0.45 + 0.8 * fractal(field, 4, 2)) + 0.3 * chop)
    land = view(canvas, height, horizon)
    _, down = slopes(field, height / 3)
    water = 0.36 + 0.9 * down + 0.26 * crest + 0.3 * (chop - 0.5)
    foam = smooth(0.6, 0.9, crest) * smooth(0.42, 0.6, fractal(field, 10, 3, 1.2)) * smooth(5.0, 1.5, z)
    sun = canvas.uniform(-0.6, 0.6) * canvas.wide
    glow = torch.exp(-2.5 * ((canvas.x - sun) ** 2 + (canvas.y - horizon) ** 2))
    body, caps = land.read(water.clamp(0.05, 0.8)), land.read(foam)
    ripple = noise(canvas, 6, 3.5) + 0.6 * noise(canvas, 13, 3.5) - 0.8
    body = body + 0.42 * ripple * (1 - land.away) ** 2
    caps = caps * smooth(-0.45, 0.15, ripple + 0.3 * land.away)
    path = torch.exp(-(((canvas.x - sun) / (0.12 + 0.3 * (canvas.y - horizon).clamp(min=0))) ** 2))
    glitter = path * smooth(0.38, 0.6, body) * (0.4 + 0.6 * land.away)
    body = over(body + 0.65 * glitter + 0.12 * land.away, caps, 0.97)
    sky = heaven(canvas, horizon, 0.2) + 0.25 * glow
    return Sketch(over(sky, land.here, body).clamp(0, 1), over(canvas.full(0.9), land.here, 0.5 * caps))


def river(canvas: Canvas) -> Sketch:
    """A bright river that winds through hilly land from the foreground to the horizon."""
    horizon = canvas.uniform(-0.5, -0.2) * canvas.high
    field = chart(canvas)
    z = distance(field)
    bend = canvas.uniform(0.3, 0.5) * (canvas.uniform(3.2, 4.5) * torch.log(z) * 1.3 + canvas.uniform(0, 6)).sin()
    middle = bend * z.clamp(max=4.5) / 1.3
    aside = (east(field) - middle).abs() - canvas.near_far(0.34, 0.24) * (1 + 0.25 * (noise(field, 3) - 0.5))
    bank = smooth(0.0, 0.9, aside)
    hills = fractal(field, 2.2, 4)
    height = bank * (0.12 + 0.35 * hills) + 0.9 * hills * smooth(0.3, 1.6, aside) * smooth(3.5, 7.0, z)
    height = height + 0.04 * smooth(0.0, 0.08, aside)
    land = view(canvas, height, horizon)
    wet = mask(land.read(aside), 0.04) * land.here
    trees = smooth(0.55, 0.62, fractal(field, 7, 3)) * smooth(0.1, 0.3, aside)
    meadow = sunlit(field, height + 0.08 * trees) * (0.78 - 0.35 * trees) + 0.1 * (fractal(field, 12, 2) - 0.5)
    shore = smooth(0.14, 0.03, aside) * 0.3
    ripple = 0.82 + 0.16 * smooth(0.4, 0.6, noise(canvas, 3, 9)) - 0.25 * smooth(0.0, 1.0, canvas.y / canvas.high)
    light = over(land.read((meadow - shore).clamp(0.05, 1)), wet, ripple)
    light = over(heaven(canvas, horizon), land.here, light)
    tint = over(canvas.full(0.15), land.here, 1 - wet)
    return Sketch(light.clamp(0, 1), tint, 0.75 * land.away * land.here * (1 - wet))


def waterfall(canvas: Canvas) -> Sketch:
    """White water that falls over a dark cliff into a pool, with spray at its foot."""
    x = canvas.x - canvas.uniform(-0.25, 0.25)
    top, foot = canvas.uniform(-0.72, -0.5) * canvas.high, canvas.uniform(0.4, 0.6) * canvas.high
    wide = canvas.near_far(0.42, 0.3) * canvas.uniform(0.8, 1.15)
    steps = fractal(canvas, 4, 4, 0.7)
    brow = (fractal(canvas, 3, 4)[:, :1] - 0.5) * smooth(0.0, 0.3, x.abs() - wide)
    cliff = top - 0.2 * smooth(0.0, 0.8, x.abs() - wide) * canvas.high + 0.4 * brow
    rock = 0.02 + 0.6 * lit(canvas, 0.4 * steps, 0.1) * (0.5 + 0.6 * steps)
    light = over(heaven(canvas, foot, 0.2), mask(cliff - canvas.y, 0.03), rock)
    tint = canvas.full(1.0)
    down = ((canvas.y - top) / (foot - top)).clamp(0, 1)
    ragged = 0.22 * (noise(canvas, 5, 0.4) - 0.5)
    edge = x.abs() - wide * (0.72 + 0.4 * down**1.5) + ragged * (0.3 + down)
    fall = mask(edge, 0.06) * mask(torch.maximum(top - canvas.y, canvas.y - foot), 0.04)
    strands = 0.5 * noise(canvas, 10, 0.25) + 0.5 * noise(canvas, 18, 0.12)
    water = 0.42 + 0.68 * smooth(0.3, 0.62, strands) - 0.25 * smooth(-0.12, 0.0, edge) + 0.12 * smooth(0.2, 0.0, down)
    light, tint = over(light, fall, water), over(tint, fall, 0.0)
    under = mask(foot - canvas.y + 0.04 * (noise(canvas, 4) - 0.5), 0.03)
    ring = radius(x, (canvas.y - foot) * 2.6)
    waves = 0.5 + 0.5 * (ring * 13 + 9 * noise(canvas, 5, 2)).sin()
    pool = 0.3 + 0.3 * waves * torch.exp(-0.7 * ring) + 0.45 * torch.exp(-2.2 * (ring / wide / 2) ** 2)
    light, tint = over(light, under, pool), over(tint, under, 0.12)
    spray = torch.exp(-(radius(x / wide / 1.5, (canvas.y - foot + 0.03) / 0.2) ** 2)) * (
        0.6 + 0.6 * fractal(canvas, 6, 3)
    )
    return Sketch(over(light, spray.clamp(0, 0.95), 1.0).clamp(0, 1), over(tint, spray.clamp(0, 1), 0.0))


def _palm(canvas: Canvas, foot: Tensor, base: Tensor, tall: Tensor) -> tuple[Tensor, Tensor]:
    """Coverage and light of a palm tree that stands at (foot, base) and leans a little."""
    lean = canvas.uniform(-0.4, 0.4) * tall
    crown = base - tall
    t = ((base - canvas.y) / tall).clamp(0, 1)
    trunk = torch.maximum((canvas.x - foot - lean * t**2).abs() - 0.035 * (1.3 - 0.6 * t), crown - canvas.y)
    trunk = torch.maximum(trunk, canvas.y - base - 0.03)
    cover, light = mask(trunk, 0.02), canvas.full(0.2) - 3 * (canvas.x - foot - lean * t**2)
    for out, arch in (
        (-0.5, -0.3),
        (0.5, -0.3),
        (-0.85, 0.1),
        (0.85, 0.1),
        (-0.8, 0.9),
        (0.8, 0.9),
        (-0.4, 1.7),
        (0.4, 1.7),
    ):
        reach = 0.62 * tall * out
        along = ((canvas.x - foot - lean) / reach).clamp(0, 1)
        spine = crown - tall * 0.5 * (arch * along - (0.3 + 0.6 * arch) * along**2)
        side = (canvas.x - foot - lean - reach * along).abs()
        wide = 0.32 * tall * along * (1 - along) ** 0.6
        fringe = torch.maximum(spine - 0.035 * tall - canvas.y, canvas.y - spine - wide)
        here = mask(torch.maximum(fringe, side - 0.01), 0.02)
        cover = torch.maximum(cover, here)
        light = over(light, here, 0.62 - 2.2 * (canvas.y - spine) / tall)
    return cover, light


def island(canvas: Canvas) -> Sketch:
    """A small island with a beach and palms, alone in the sea."""
    horizon, size = canvas.uniform(-0.12, 0.12), canvas.near_far(0.82, 0.64)
    x = canvas.x - canvas.uniform(-0.15, 0.15)
    shore = horizon + 0.16 * size / 0.7
    under = mask(horizon - canvas.y, 0.015)
    away = ((canvas.y - horizon) / (canvas.high - horizon)).clamp(0, 1)
    swell = warp(canvas, noise(canvas, 4, 7), 0.15 * (noise(canvas, 3) - 0.5), canvas.full(0.0))
    water = 0.36 + 0.34 * smooth(0.45, 0.75, swell) * (0.4 + away) + 0.2 * smooth(0.25, 0.0, away) - 0.12 * away
    light = over(heaven(canvas, horizon, 0.4), under, water)
    tint = canvas.full(1.0)
    mirror = mask(radius(x / size / 0.95, (canvas.y - shore) / 0.3 / size) - 1, 0.15) * mask(shore - canvas.y, 0.05)
    light = over(light, 0.5 * mirror, 0.12)
    beach = radius(x / size, (canvas.y - shore) / (0.13 * size)) - 1
    light = over(light, mask(beach * size * 0.13 - 0.02, 0.03), 0.95)
    sand = 0.82 - 0.2 * x / size + 0.08 * (noise(canvas, 12, 3) - 0.5)
    light, tint = over(light, mask(beach * size * 0.13, 0.03), sand), over(tint, mask(beach, 0.1), 0.25)
    hill = (1 - (x / size / 0.78) ** 2).clamp(min=0) ** 0.7 * size * canvas.uniform(0.38, 0.6)
    rise = hill * (0.75 + 0.5 * noise(canvas, 5, 0.5)) + 0.03 * (noise(canvas, 14) - 0.5)
    green = torch.maximum(shore - rise - canvas.y, canvas.y - shore - 0.02 * size)
    bushes = lit(canvas, 0.16 * fractal(canvas, 8, 3), 0.15)
    green = mask(green, 0.025) * (hill > 0)
    light = over(light, green, (0.08 + 0.75 * bushes * (1.05 - 0.55 * (canvas.y - shore + rise) / size)).clamp(0, 1))
    tint = over(tint, green, 0.0)
    for place in (-0.3, 0.35):
        foot = canvas.uniform(place - 0.15, place + 0.15) * size
        palm, shade = _palm(
            canvas, foot + canvas.x - x, shore - 0.16 * size + 0 * foot, size * canvas.uniform(0.6, 0.85)
        )
        light, tint = over(light, palm, shade.clamp(0.03, 1)), over(tint, palm, 0.0)
    return Sketch(light.clamp(0, 1), tint)


def rain(canvas: Canvas) -> Sketch:
    """Falling rain: a heavy cloud above, slanting streaks and rings on wet ground."""
    ground = canvas.uniform(0.35, 0.55) * canvas.high
    slant = canvas.uniform(-0.3, 0.3)
    heap = fractal(canvas, 3, 4, 1.3)
    cloud = smooth(-0.35, -0.75, canvas.y / canvas.high + 0.5 * (heap - 0.5))
    back = 0.4 + 0.18 * smooth(-0.5, 0.6, canvas.y / canvas.high)
    light = over(back + canvas.full(0.0), cloud, 0.12 + 0.4 * lit(canvas, 0.3 * heap, 0.2))
    away = ((canvas.y - ground) / (canvas.high - ground)).clamp(0.0, 1)
    light = over(light, mask(ground - canvas.y, 0.06), 0.34 - 0.16 * away + 0.12 * noise(canvas, 4, 5))
    tint = canvas.full(1.0)
    puddle = strew(canvas, canvas.x * 2.6, canvas.y * 6.5, 0.4, 1.0, 0.7)
    r = radius(puddle.u, puddle.v)
    rings = torch.maximum(mask((r - 0.85).abs() - 0.07, 0.1), mask((r - 0.42).abs() - 0.09, 0.12))
    rings = rings * puddle.here * mask(ground + 0.05 - canvas.y, 0.05)
    light, tint = over(light, 0.8 * rings, 0.95), over(tint, rings, 0.0)
    for across, tall in ((11.0, 1.2), (6.0, 0.8)):
        u = (canvas.x + slant * canvas.y) * across * canvas.near_far(0.8, 1.1)
        drop = strew(canvas, u, canvas.y * tall + 0.0 * u + 3 * torch.sin(u.floor() * 12.9), 0.3, 0.9, 0.9)
        streak = drop.here * smooth(0.32, 0.12, drop.u.abs()) * (0.5 + 0.5 * drop.v).clamp(0, 1) ** 1.2
        streak = streak * mask(canvas.y - ground - 0.35 * drop.value, 0.1) * smooth(-0.95, -0.6, canvas.y / canvas.high)
        light, tint = over(light, 0.9 * streak, 0.97), over(tint, streak, 0.0)
    return Sketch(light.clamp(0, 1), tint)


SUBJECTS = (
    Subject(
        "water",
        ("bubbling water", "boiling water", "water", "bubbles", "foam", "a boiling liquid", "bubbles in water"),
        ("froth", "a seething brew"),
        (("black", "white"), ("black", "blue"), ("blue", "turquoise"), ("turquoise", "white")),
        scene=boiling,
    ),
    Subject(
        "sea",
        ("the sea", "waves", "the ocean", "sea waves", "a swell", "the open sea"),
        ("surf", "a tide"),
        (("blue", "turquoise"), ("turquoise", "white"), ("grey", "blue")),
        scene=sea,
    ),
    Subject(
        "river",
        ("a river", "a winding river", "a river in a valley", "a stream", "a river through the land", "a brook"),
        ("a creek", "a meander"),
        (("blue", "green"), ("turquoise", "green"), ("blue", "brown")),
        scene=river,
    ),
    Subject(
        "waterfall",
        ("a waterfall", "falling water", "a cascade", "water falling over a cliff", "a waterfall in the rocks"),
        ("cataract", "rapids"),
        (("white", "grey"), ("blue", "grey"), ("white", "green"), ("turquoise", "brown")),
        scene=waterfall,
    ),
    Subject(
        "island",
        (
            "an island",
            "a small island",
            "an island in the sea",
            "a green island",
            "a tropical island",
            "a lonely island",
        ),
        ("an atoll", "an islet"),
        (("green", "blue"), ("green", "turquoise"), ("sand coloured", "turquoise")),
        scene=island,
    ),
    Subject(
        "rain",
        ("rain", "falling rain", "a rainy day", "a downpour", "heavy rain", "raindrops"),
        ("drizzle", "a cloudburst"),
        (("white", "blue"), ("white", "grey"), ("blue", "black")),
        scene=rain,
    ),
)
