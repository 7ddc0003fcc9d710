"""Subjects from open land: mountains, woods, fields, dunes, snow and the road through them."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor

from render.atelier.canvas import Canvas, Sketch, mask, over, radius, smooth
from render.atelier.noise import cells, fractal, noise
from render.atelier.relief import box, shadow
from render.atelier.subject import Subject
from render.atelier.terrain import FAR, chart, distance, east, firs, heaven, lens, lots, strew, sunlit, view


def _peaks(canvas: Canvas, field: Canvas, horizon: Tensor) -> tuple[Tensor, Tensor]:
    """Heights of a mountain range on a map, and how high that is as a share of the summit that a peak might have."""
    z, x, zoom = distance(field), east(field), lens(canvas)
    eye = (canvas.high - horizon) / zoom
    share = torch.zeros_like(z).expand(canvas.count, -1, -1)
    edges = 1 - (2 * fractal(field, canvas.near_far(4, 5), 4) - 1).abs()
    count = int(canvas.near_far(4, 7) * max(1.0, 0.7 * canvas.wide))
    for index in range(count):
        away = canvas.uniform(3.6, 5.8)
        spread = 2 * (index + 0.5) / count - 1 + canvas.uniform(-0.25, 0.25) * 2 / count
        foot = radius(x - spread * away * canvas.wide / zoom, (z - away) * 0.9)
        high, broad = canvas.uniform(0.5, 1.0), canvas.near_far(3.0, 2.3) * canvas.uniform(0.8, 1.2)
        share = torch.maximum(share, high * (1 - foot / (broad * high)))
    share = (share * (0.78 + 0.3 * edges) + 0.16 * (edges - 0.5) * (0.25 + share)).clamp(0, 1)
    summit = eye + (horizon + 0.82 * canvas.high) * z.clamp(3.0, 5.0) / zoom
    return summit * share * smooth(1.2, 3.0, z) + 0.15 * fractal(field, 4, 3), share


def mountains(canvas: Canvas) -> Sketch:
    """High mountains with snow on their tops, lit from the side, haze between them and hills before them."""
    horizon = canvas.uniform(0.25, 0.45) * canvas.high
    field = chart(canvas)
    height, share = _peaks(canvas, field, horizon)
    land = view(canvas, height, horizon)
    sun = sunlit(field, height, 0.06)
    line = canvas.uniform(0.3, 0.42)
    snow = smooth(line, line + 0.05, share + 0.2 * (fractal(field, 9, 3) - 0.5)) * smooth(0.1, 0.3, sun + 0.2)
    rock = 0.72 * sun**1.1 + 0.1 * (fractal(field, 12, 2) - 0.5)
    light = land.read(over(rock, snow, 0.5 + 0.75 * sun))
    sky = heaven(canvas, horizon, 0.25) - 0.14
    light = over(sky, land.here, light).clamp(0, 1)
    tint = over(canvas.full(0.95), land.here, land.read(0.12 * (1 - snow)))
    return Sketch(light, tint, 0.5 * (land.away - 0.3).clamp(min=0) * land.here)


def _trunks(canvas: Canvas, spacing: float) -> tuple[Tensor, Tensor]:
    """A row of tree trunks `spacing` apart: their cover and where across a trunk a point lies, -1..1."""
    bent = canvas.x + 0.25 * spacing * (noise(canvas, 1.5)[:, :, :1] - 0.5)
    place = bent / spacing + canvas.uniform(0, 5)
    column = place.floor()
    value = lots(canvas, column)
    wide = spacing * (0.09 + 0.09 * (value * 57.31).frac())
    wide = wide * (1 + 0.8 * smooth(0.75, 1.0, canvas.y / canvas.high))
    across = (place - column - 0.5 + 0.55 * ((value * 91.7).frac() - 0.5)) * spacing / wide
    return mask((across.abs() - 1) * wide, 0.02), across


def forest(canvas: Canvas) -> Sketch:
    """Inside a forest: trunks behind trunks that fade into a bright glade, leaves above, a mossy floor."""
    middle = canvas.uniform(-0.4, 0.4)
    glade = torch.exp(-1.6 * (canvas.x - middle) ** 2 - 0.5 * (canvas.y / canvas.high) ** 2)
    light, tint = 0.5 + 0.48 * glade, canvas.full(0.0)
    side = canvas.sun[:, 0].sign()
    layers = 5
    for index in range(layers):
        near = index / (layers - 1)
        bright = (1 - near) ** 1.3
        spacing = canvas.near_far(0.3, 0.22) + canvas.near_far(0.75, 0.45) * near
        trunk, across = _trunks(canvas, spacing)
        bark = 0.12 + 0.45 * bright + (0.22 - 0.1 * near) * across * side * (0.5 + 0.5 * glade)
        bark = bark + 0.14 * near * (noise(canvas, 14, 0.25) - 0.5)
        light, tint = over(light, trunk, bark.clamp(0.02, 1)), over(tint, trunk, 0.35 + 0.6 * near)
        floor = canvas.high * (0.48 + 0.4 * near) + 0.1 * (noise(canvas, 3)[:, :1] - 0.5)
        moss = (0.2 + 0.4 * bright + 0.35 * glade) * (0.55 + 0.6 * fractal(canvas, 9, 2, 2.5))
        ground = mask(floor - canvas.y, 0.04)
        light, tint = over(light, ground, moss), over(tint, ground, 0.1)
        leaves = fractal(canvas, 5 + 3 * (1 - near), 3)
        crown = smooth(0.5, 0.56, leaves + 0.75 * (-canvas.y / canvas.high - 0.82 + 0.2 * (1 - near)))
        shade = 0.12 + 0.5 * bright + 0.5 * (leaves - 0.35) * (0.5 + glade)
        light, tint = over(light, crown, shade.clamp(0.03, 1)), over(tint, crown, 0.0)
    return Sketch(light.clamp(0, 1), tint)


def _countryside(canvas: Canvas, horizon: Tensor, *, rushing: float = 0.0) -> Sketch:
    """Hills with fields, hedges and copses; `rushing` smears the foreground sideways."""
    field = chart(canvas)
    z = distance(field)
    roll = fractal(field, 1.8, 3)
    _, border, value = cells(field, canvas.near_far(2.6, 3.4), 0.8)
    copse = smooth(0.6, 0.66, fractal(field, 6, 3))
    height = 0.6 * roll * smooth(1.0, 3.0, z) + 0.9 * roll * smooth(3.5, FAR, z) + 0.1 * copse
    land = view(canvas, height, horizon)
    hedge = smooth(0.1, 0.03, border)
    grass = sunlit(field, height, 0.3) * (0.55 + 0.7 * value) - 0.3 * hedge - 0.35 * copse
    light = land.read(grass.clamp(0.06, 1))
    streaks = 0.25 + 0.6 * noise(canvas, 1.5, 9)
    near = rushing * smooth(0.22, 0.0, land.away)
    light = over(light, near, streaks)
    light = over(heaven(canvas, horizon, 0.4), land.here, light)
    tint = over(canvas.full(0.95), land.here, land.read(0.15 * value))
    return Sketch(light.clamp(0, 1), tint, 0.7 * land.away * land.here)


def passing(canvas: Canvas) -> Sketch:
    """Green hills and fields outside the window of a train, with its frame, its sill and a streak of reflection."""
    outside = _countryside(canvas, canvas.uniform(-0.35, -0.1) * canvas.high, rushing=0.9)
    wide, high = canvas.wide - canvas.near_far(0.14, 0.22), canvas.high - canvas.near_far(0.2, 0.28)
    x, y = canvas.x - canvas.uniform(-0.04, 0.04), canvas.y + 0.06
    pane = box(x, y, wide, high, 0.22)
    bar = (y + high * canvas.uniform(0.4, 0.55)).abs() - 0.03
    post = torch.where(canvas.chance(0.35), x.abs() - 0.04, canvas.full(1.0))
    slant = (canvas.x + 0.6 * canvas.y - canvas.uniform(-0.6, 0.6) * canvas.wide).abs()
    gleam = 0.14 * smooth(0.22, 0.16, slant)
    light = outside.light + gleam
    frame = torch.minimum(torch.where(canvas.chance(0.7), bar, canvas.full(1.0)), post)
    bars = mask(frame, 0.02)
    light, tint = over(light, bars, 0.16 + 3 * (-frame).clamp(min=0)), over(outside.tint, bars, 1.0)
    rim = smooth(0.0, 0.07, pane) * smooth(0.15, 0.08, pane)
    wall = 0.13 + 0.3 * rim + 0.1 * torch.exp(-6 * pane.clamp(min=0)) + 0.05 * (noise(canvas, 5) - 0.5)
    sill = mask(torch.maximum(high + 0.04 - y, y - high - 0.11), 0.02)
    wall = over(wall, sill, 0.62 - 2 * (y - high - 0.04))
    out = 1 - mask(pane, 0.02)
    edge = smooth(-0.05, 0.0, pane) * (1 - out)
    light = over(light * (1 - 0.55 * edge), out, wall)
    depth = outside.depth * (1 - out) * (1 - bars) if outside.depth is not None else None
    return Sketch(light.clamp(0, 1), over(tint, out, 1.0), depth)


def desert(canvas: Canvas) -> Sketch:
    """Sand dunes with sharp crests, one side in the sun and one in shadow, under an empty sky."""
    horizon = canvas.uniform(-0.35, -0.05) * canvas.high
    field = chart(canvas)
    z = distance(field)
    along = 0.35 * canvas.uniform(-1, 1)
    wander = 0.75 * fractal(field, 1.6, 2) + 0.06 * noise(field, 7)
    phase = (
        canvas.near_far(1.1, 1.6) * (0.55 * field.x * canvas.sun[:, :1, 0].sign() + field.y * (0.75 + along))
        + 1.4 * wander
    )
    t = (phase + canvas.uniform(0, 1)) % 1
    profile = torch.minimum((t / 0.62) ** 1.3, ((1 - t) / 0.38).clamp(0, 1))
    size = 0.35 + 0.8 * noise(field, 2.5)
    height = functional.avg_pool2d(
        (0.55 + 0.35 * smooth(2.0, FAR, z)) * profile * size, 5, 1, 2, count_include_pad=False
    )
    land = view(canvas, height, horizon)
    sun = sunlit(field, height, 0.12) * (0.35 + 0.65 * shadow(field, height / 3, 0.3, 6))
    ripples = 0.05 * ((phase * 60 + 12 * noise(field, 6)).sin()) * smooth(3.0, 1.5, z)
    light = 0.08 + 0.95 * land.read(sun + ripples)
    sky = 0.88 - 0.4 * ((horizon - canvas.y) / (horizon + canvas.high)).clamp(0, 1)
    disc = radius(canvas.x - canvas.uniform(-0.7, 0.7) * canvas.wide, canvas.y + 0.72 * canvas.high)
    sun_disc = mask(disc - 0.15, 0.03)
    light = over(over(sky, sun_disc, 1.0) + 0.25 * torch.exp(-4 * disc), land.here, light)
    return Sketch(light.clamp(0, 1), over(1 - sun_disc, land.here, 0.0), 0.45 * land.away * land.here)


def meadow(canvas: Canvas) -> Sketch:
    """A meadow full of flowers, large in front and small towards a wooded horizon."""
    horizon = canvas.uniform(-0.6, -0.35) * canvas.high
    sky = heaven(canvas, horizon, 0.3) + 0.16
    away = ((canvas.y - horizon) / (canvas.high - horizon)).clamp(0, 1)
    woods = horizon - 0.1 + 0.12 * (fractal(canvas, 5, 4)[:, :1] - 0.5)
    light = over(sky, mask(woods - canvas.y, 0.03), 0.2 + 0.25 * noise(canvas, 12))
    blades = noise(canvas, 20, 0.25) * 0.6 + 0.4 * noise(canvas, 9, 0.4)
    grass = 0.58 - 0.4 * away + (0.2 + 0.5 * away) * (blades - 0.5)
    light = over(light, mask(horizon - canvas.y, 0.03), grass)
    tint, rows = canvas.full(1.0), 10
    for row in range(rows):
        near = (row + 0.6) / rows
        line = horizon + (canvas.high - horizon + 0.05) * near**1.6
        spacing = canvas.near_far(0.62, 0.44) * (0.12 + 0.88 * near**1.4)
        place = canvas.x / spacing + canvas.uniform(0, 5)
        column = place.floor()
        value = lots(canvas, column)
        u = (place - column - 0.5 + 0.35 * ((value * 57.31).frac() - 0.5)) / 0.36
        v = (canvas.y - line + spacing * 0.9 * ((value * 91.7).frac() - 0.5)) / (0.36 * spacing)
        stem = mask((u + 0.12 * (v * 1.2).sin()).abs() - 0.07, 0.12) * smooth(0.0, 0.3, v) * smooth(4.5, 1.0, v)
        light = over(light, 0.8 * stem, 0.22 + 0.2 * (1 - near))
        v = v / 0.8
        r = radius(u, v)
        angle = torch.atan2(v, u) * 2.5 + value * 40
        bloom = mask((r - 0.74 - 0.24 * angle.cos().abs()) * spacing * 0.36, 0.02)
        petal = 0.45 + 0.3 * r + 0.22 * angle.cos().abs() - 0.22 * v
        heart = mask((r - 0.26) * spacing * 0.36, 0.02)
        light = over(over(light, bloom, petal), heart, 0.2)
        tint = over(over(tint, bloom, 0.0), heart, 0.8)
    return Sketch(light.clamp(0, 1), tint)


def snowland(canvas: Canvas) -> Sketch:
    """Land under snow with fir trees on it, and snow that falls in large flakes."""
    horizon = canvas.uniform(-0.25, 0.05) * canvas.high
    light = 0.32 + 0.2 * smooth(-canvas.high, 0.2, canvas.y) + 0.1 * fractal(canvas, 2.5, 3, 2)
    tint, side = canvas.full(1.0), canvas.sun[:, 0].sign()
    drop = canvas.high - horizon
    for index in range(4):
        near = (index + 0.5) / 4
        drift = fractal(canvas, 1.6, 2)[:, :1]
        base = horizon + drop * (0.72 * near**1.3 - 0.05) + 0.16 * (drift - 0.5)
        tall = canvas.near_far(1.15, 0.8) * (0.28 + 0.85 * near)
        tree, shade = firs(canvas, base + 0.05, tall * 0.62, tall, (0.8, 0.7, 0.55, 0.3)[index])
        capped = smooth(0.4, 0.62, shade)
        light = over(light, tree, over(canvas.full(0.34 - 0.25 * near), capped, 0.9))
        tint = over(tint, tree, 0.9 * (1 - capped))
        slope = (canvas.y - base) / drop
        snow = 0.97 - 0.1 * (1 - near) - 0.55 * slope.clamp(0, 1) + 0.9 * (drift - 0.5) * side * 0.3
        here = mask(base - canvas.y, 0.025)
        light, tint = over(light, here, snow.clamp(0.4, 1)), over(tint, here, 0.25 * slope.clamp(0, 1))
    for across, least, most in ((9.0, 0.12, 0.24), (4.5, 0.1, 0.2)):
        flake = strew(canvas, canvas.x * across, canvas.y * across, least, most, 0.75)
        soft = flake.here * smooth(1.0, 0.5, radius(flake.u, flake.v))
        light, tint = over(light, soft, 1.0), over(tint, soft, 0.0)
    return Sketch(light.clamp(0, 1), tint)


def road(canvas: Canvas) -> Sketch:
    """A road with a marked middle that runs through open land to the horizon."""
    horizon = canvas.uniform(-0.3, 0.0) * canvas.high
    field = chart(canvas)
    z = distance(field)
    curve, start = canvas.uniform(-0.16, 0.16), canvas.uniform(-0.25, 0.25)

    def middle(z: Tensor) -> Tensor:
        return start + curve * (z - 1) * (z - 1) * 0.35 - start * (z - 1) * 0.3

    aside = (east(field) - middle(z)).abs()
    hills = fractal(field, 2.2, 4)
    height = 0.25 * hills * smooth(0.5, 1.6, aside) + 0.8 * hills * smooth(0.8, 3.0, aside) * smooth(3.5, FAR, z)
    land = view(canvas, height, horizon)
    off = (land.x - middle(land.z)).abs()
    half = canvas.near_far(0.5, 0.4)
    grass = sunlit(field, height + 0.05 * fractal(field, 9, 2)) * 0.75 + 0.25 * (fractal(field, 8, 3) - 0.5)
    light = over(land.read(grass.clamp(0.05, 1)), mask(off - half - 0.12, 0.08), 0.62)
    tar = 0.34 + 0.1 * (noise(canvas, 8, 2) - 0.5) - 0.1 * (off - half * 0.5).abs() + 0.18 * land.away
    on = mask(off - half, 0.015)
    dash = mask(off - 0.035, 0.015) * smooth(0.42, 0.48, ((land.z * 1.6) % 1 - 0.5).abs() + 0.2)
    edge = mask((off - half * 0.88).abs() - 0.018, 0.015)
    light = over(over(light, on, tar), torch.maximum(dash, edge) * on, 0.97)
    light = over(heaven(canvas, horizon, 0.4) + 0.08, land.here, light)
    tint = over(canvas.full(0.4), land.here, 1 - on)
    return Sketch(light.clamp(0, 1), tint, 0.6 * land.away * land.here * (1 - 0.6 * on))


SUBJECTS = (
    Subject(
        "passing",
        (
            "a landscape outside the window",
            "a landscape outside a window",
            "a landscape from a train window",
            "hills outside a train window",
            "fields outside the window",
            "a passing landscape",
            "hills and fields",
        ),
        ("the countryside", "a journey by rail"),
        (("green", "blue"), ("green", "white"), ("green", "grey")),
        scene=passing,
    ),
    Subject(
        "mountains",
        ("mountains", "a mountain range", "snowy peaks", "the alps", "a mountain", "high mountains"),
        ("everest", "a summit"),
        (("grey", "blue"), ("blue", "white"), ("brown", "blue")),
        scene=mountains,
    ),
    Subject(
        "forest",
        ("a forest", "woods", "in the woods", "a wood with tall trunks", "woodland", "a deep forest"),
        ("a jungle", "a grove"),
        (("green", "brown"), ("orange", "brown"), ("green", "black")),
        scene=forest,
    ),
    Subject(
        "desert",
        ("a desert", "sand dunes", "dunes", "a sandy desert", "desert sand", "the sahara"),
        ("the gobi", "a dry wilderness"),
        (("sand coloured", "blue"), ("orange", "blue"), ("yellow", "turquoise")),
        scene=desert,
    ),
    Subject(
        "meadow",
        (
            "a meadow of flowers",
            "a meadow",
            "a field of flowers",
            "wild flowers",
            "poppies in a field",
            "a flowering field",
        ),
        ("a prairie", "a lawn in bloom"),
        (("red", "green"), ("yellow", "green"), ("purple", "green"), ("pink", "green"), ("white", "green")),
        scene=meadow,
    ),
    Subject(
        "snowland",
        ("a snowy landscape", "falling snow", "snow", "winter", "a winter landscape", "fir trees in snow", "snowfall"),
        ("a blizzard", "the snowy north"),
        (("white", "blue"), ("white", "grey"), ("white", "green")),
        scene=snowland,
    ),
    Subject(
        "road",
        ("a road", "a road to the horizon", "an empty road", "a highway", "a country road", "a long road"),
        ("a motorway", "a byway"),
        (("grey", "green"), ("grey", "sand coloured"), ("black", "green"), ("brown", "green")),
        scene=road,
    ),
)
