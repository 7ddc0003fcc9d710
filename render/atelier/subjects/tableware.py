"""Subjects from the table: what is drunk, eaten and lit there."""

from __future__ import annotations

import torch
from torch import Tensor

from render.atelier.canvas import Canvas, Layer, mask, over, radius, smooth, turn
from render.atelier.noise import fractal, noise
from render.atelier.relief import box, dome, join, limb
from render.atelier.subject import Subject
from render.atelier.subjects.forms import ellipse, flipped, form, leaf_shape, nothing, on, turned


def bottle(canvas: Canvas) -> Layer:
    """A glass bottle, partly full, with highlights along its sides; some have a label or a cork."""
    belly, neck, shoulder = canvas.uniform(0.3, 0.42), canvas.uniform(0.1, 0.14), canvas.uniform(-0.38, -0.15)
    canvas = flipped(canvas)

    def profile(level: Tensor) -> Tensor:
        full = smooth(shoulder - 0.2, shoulder + 0.18, level) * (1 - 0.1 * smooth(0.84, 0.95, level))
        return neck + (belly - neck) * full

    body = turned(canvas, profile, -0.86, 0.9, 0.1)
    across, level = body.across, body.level
    glass, edge = mask(body.distance, 0.02), smooth(0.6, 1.0, across.abs())
    cork = torch.maximum(canvas.x.abs() - neck * 0.85, (canvas.y + 0.94).abs() - 0.09)
    picture = on(nothing(canvas), mask(cork, 0.02) * canvas.chance(0.5), 0.45 - 2 * canvas.x, 1.0)
    picture = on(picture, glass * (0.62 + 0.38 * edge), 0.6 - 0.42 * edge)
    surface = canvas.uniform(-0.05, 0.35)
    full = mask(surface - canvas.y, 0.02) * mask(across.abs() - 0.93, 0.05) * glass
    inside = 0.2 + 0.3 * smooth(-0.2, 0.7, across) * (1 - edge) + 0.1 * smooth(0.4, 0.9, canvas.y)
    picture = on(picture, full * 0.95, inside)
    top = mask(ellipse(canvas.x, canvas.y - surface, belly * 0.92, 0.05), 0.02) * glass
    picture = on(picture, top, 0.75)
    label = mask(torch.maximum(across.abs() - 0.8, (level - 0.36).abs() - 0.2), 0.02) * canvas.chance(0.3)
    stripe = mask((level - 0.36).abs() - 0.06, 0.02) * mask(across.abs() - 0.5, 0.03)
    picture = on(picture, label, 0.9 - 0.3 * across.abs() - 0.6 * stripe, 1.0)
    shine = mask((across + 0.6).abs() - 0.09, 0.06) * mask((level - 0.3).abs() - 0.5, 0.05)
    shine = shine + mask((across + 0.55).abs() - 0.16, 0.1) * mask((level + 0.62).abs() - 0.2, 0.05)
    shine = shine + 0.5 * mask((across - 0.72).abs() - 0.05, 0.06) * mask((level - 0.35).abs() - 0.35, 0.1)
    picture = on(picture, shine * glass, 1.0)
    lip = box(canvas.x, canvas.y + 0.82, neck * 1.3, 0.06, 0.04)
    return on(picture, mask(lip, 0.02), 0.35 + 0.6 * smooth(0.1, 0.0, (canvas.x / neck + 0.5).abs() * 0.2))


def _steam(canvas: Canvas, base: float) -> Tensor:
    """Wisps that rise from `base` and fade, 0..1."""
    rise = ((base - canvas.y) / 0.85).clamp(min=0)
    cloud = canvas.full(0.0)
    for place in (-0.2, 0.05, 0.26):
        sway = 0.09 * (canvas.y * 8 + canvas.uniform(0, 6)).sin() * (0.4 + rise)
        near = (canvas.x - place - sway) / (0.05 + 0.05 * rise)
        cloud = torch.maximum(cloud, torch.exp(-(near**2)))
    return cloud * smooth(0.0, 0.15, rise) * smooth(1.0, 0.45, rise)


def cup(canvas: Canvas) -> Layer:
    """A cup on its saucer, full of something hot that steams."""
    canvas = flipped(canvas)
    wide, narrow = canvas.uniform(0.52, 0.6), canvas.uniform(0.5, 0.75)

    def profile(level: Tensor) -> Tensor:
        return wide * (1 - narrow * ((level + 0.12) / 0.95).clamp(0, 1) ** 2.5)

    x, y = canvas.x + 0.1, canvas.y
    canvas = canvas.inside(-0.1, 0.0, 1.0)
    plate = ellipse(x, y - 0.82, 0.92, 0.17)
    picture = on(nothing(canvas), mask(plate, 0.02), form(canvas, dome(plate, 0.1) * 0.7))
    picture = on(picture, mask(ellipse(x, y - 0.8, 0.5, 0.08), 0.06) * 0.6, 0.15)
    ring = ellipse(x - wide * 0.97, y - 0.2, 0.29, 0.27).abs() - 0.075
    picture = on(picture, mask(ring, 0.02), form(canvas, dome(ring, 0.075), gloss=0.5))
    body = turned(canvas, profile, -0.12, 0.74, 0.26)
    bands = mask((body.level - canvas.uniform(0.05, 0.3)).abs() - 0.06, 0.02) * canvas.chance(0.4)
    picture = on(picture, mask(body.distance, 0.02), form(canvas, body.height, 0.3, 0.5), bands)
    mouth = ellipse(x, y + 0.12, wide, wide * 0.26)
    picture = on(picture, mask(mouth, 0.02), 0.95)
    picture = on(picture, mask(mouth + 0.045, 0.02), 0.55 + 0.3 * x)
    drink = torch.maximum(mouth + 0.05, ellipse(x, y + 0.07, wide * 0.9, wide * 0.22))
    picture = on(picture, mask(drink, 0.02), 0.1 + 0.25 * smooth(0.3, 0.0, radius(x + 0.2, (y + 0.08) * 3)), 0.7)
    return on(picture, 0.75 * _steam(canvas, -0.1), 1.0, 0.5)


def _flame(canvas: Canvas, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Cover and light of a candle's flame that stands on the origin, about 0.6 high."""
    lean = canvas.uniform(-0.12, 0.12) * (y / 0.6) ** 2
    rise = (-y / 0.6).clamp(0, 1)
    edge = 0.36 * rise**0.55 * (1 - rise) ** 0.85
    inside = (x - lean).abs() - edge + 0.02
    flame = mask(inside, 0.03) * mask(y, 0.02)
    return flame, 0.8 + 0.4 * smooth(0.0, 0.6, -inside / (edge + 0.02)) * smooth(1.0, 0.3, rise)


def candle(canvas: Canvas) -> Layer:
    """A burning candle in a dish with a handle, its flame in a halo."""
    canvas = flipped(canvas)
    x, y, wide, top = canvas.x, canvas.y, canvas.uniform(0.17, 0.25), canvas.uniform(-0.25, 0.1)
    halo = torch.exp(-2.6 * ((x / 0.85) ** 2 + ((y - top + 0.35) / 0.85) ** 2))
    picture = on(nothing(canvas), halo * 0.85, 0.95, 1.0)
    ring = ellipse(x - 0.62, y - 0.76, 0.18, 0.15).abs() - 0.05
    picture = on(picture, mask(ring, 0.02), form(canvas, dome(ring, 0.05), gloss=0.6) * 0.7)
    dish = ellipse(x, y - 0.8, 0.6, 0.15)
    picture = on(picture, mask(dish, 0.02), form(canvas, dome(dish, 0.12), gloss=0.5) * 0.7)
    picture = on(picture, mask(ellipse(x, y - 0.77, 0.45, 0.08), 0.03), 0.1)

    def profile(level: Tensor) -> Tensor:
        return wide + 0.03 * smooth(top + 0.25, top, level)

    body = turned(canvas, profile, top, 0.76, 0.18)
    glow = 0.6 * smooth(0.6, 0.0, y - top)
    picture = on(picture, mask(body.distance, 0.02), 0.15 + 0.65 * form(canvas, body.height) + glow)
    drip = limb(x, y, (wide * 0.7, top + 0.02), (wide * 0.75, top + canvas.uniform(0.2, 0.45)), 0.06, 0.075)
    picture = on(picture, mask(drip, 0.02), form(canvas, dome(drip, 0.07), 0.4, 0.6))
    picture = on(picture, mask(ellipse(x, y - top, wide + 0.03, wide * 0.22), 0.02), 0.9)
    picture = on(picture, mask(limb(x, y, (0.0, top), (0.02, top - 0.14), 0.022, 0.018), 0.02), 0.03)
    flame, bright = _flame(canvas, x, y - top + 0.07)
    return on(picture, flame, bright, 0.9)


def lamp(canvas: Canvas) -> Layer:
    """A table lamp whose shade glows."""
    x, y = canvas.x, canvas.y
    narrow, wide, rim = canvas.uniform(0.22, 0.42), canvas.uniform(0.58, 0.75), canvas.uniform(-0.15, 0.0)
    halo = torch.exp(-2.2 * ((x / 0.95) ** 2 + ((y - rim + 0.1) / 0.8) ** 2))
    picture = on(nothing(canvas), halo * 0.8, 0.95, 1.0)
    belly, place = canvas.uniform(0.2, 0.34), canvas.uniform(0.4, 0.6)

    def base(level: Tensor) -> Tensor:
        return 0.06 + belly * torch.exp(-(((level - place) / 0.19) ** 2)) + 0.36 * smooth(0.78, 0.86, level)

    body = turned(canvas, base, -0.3, 0.88, 0.15)
    near = smooth(0.9, -0.1, y)
    picture = on(picture, mask(body.distance, 0.02), form(canvas, body.height, 0.2, 0.7) * (0.45 + 0.5 * near))
    picture = on(picture, mask(ellipse(x, y - rim, wide, wide * 0.17), 0.02), 1.0, 0.6)

    def shade(level: Tensor) -> Tensor:
        return narrow + (wide - narrow) * ((level + 0.92) / (rim + 0.92)).clamp(0, 1)

    cloth = turned(canvas, shade, -0.92, rim, -0.16)
    bulb = torch.exp(-2.5 * (x / wide) ** 2 - 5 * (y - rim + 0.3) ** 2)
    light = 0.48 + 0.48 * bulb - 0.12 * cloth.across**2
    bands = mask((cloth.level - rim + 0.04).abs() - 0.035, 0.02) + mask((cloth.level + 0.89).abs() - 0.03, 0.02)
    return on(picture, mask(cloth.distance, 0.02), light - 0.25 * bands)


def egg(canvas: Canvas) -> Layer:
    """An egg, plain or speckled."""
    canvas = canvas.inside(0.0, 0.0, 1.0, canvas.uniform(-0.25, 0.25))
    point, wide = canvas.uniform(0.14, 0.24), canvas.uniform(0.64, 0.74)
    distance = ellipse(canvas.x / (1 + point * canvas.y), canvas.y, wide, 0.92)
    light = 0.1 + 0.9 * form(canvas, dome(distance, 0.7) * 0.85, 0.2, 0.35)
    spots = smooth(0.7, 0.76, noise(canvas, 26)) * canvas.chance(0.4)
    return on(nothing(canvas), mask(distance, 0.02), light * (1 - 0.6 * spots))


def _slice(x: Tensor, y: Tensor) -> Tensor:
    """Signed distance from the outline of a slice: a box with a puffed top."""
    return join(box(x, y - 0.14, 0.38, 0.36, 0.1), ellipse(x, y + 0.2, 0.47, 0.26), 0.08)


def bread(canvas: Canvas) -> Layer:
    """A tin loaf, cut at one end so that its pale inside shows, with the slice's crust around it."""
    canvas = flipped(canvas)
    x, y = canvas.x + 0.45, canvas.y - 0.4
    right, up = canvas.uniform(0.75, 0.95), canvas.uniform(0.2, 0.34)
    loaf = _slice(x, y)
    for step in range(1, 8):
        loaf = torch.minimum(loaf, _slice(x - right * step / 7, y + up * step / 7))
    above = smooth(0.15, -0.35, y + up * x / right)
    crust = (0.34 + 0.5 * above) * (0.85 + 0.3 * noise(canvas, 9)) * (0.6 + 0.4 * smooth(0.0, -0.1, loaf))
    picture = on(nothing(canvas), mask(loaf, 0.02), crust)
    shine = mask(((x - 0.15) / right * 3 % 1 - 0.5).abs() - 0.1, 0.2) * smooth(0.5, 1.0, above)
    picture = on(picture, shine * mask(loaf + 0.05, 0.05) * 0.5, 0.95)
    face = _slice(x, y)
    picture = on(picture, mask(face, 0.02), 0.22)
    holes = smooth(0.66, 0.82, noise(canvas, 24)) * 0.25
    return on(picture, mask(face + 0.06, 0.03), 0.96 - holes - 0.12 * smooth(-0.3, 0.0, face), 0.8)


_PILE = ((-0.4, -0.14), (0.4, -0.14), (0.0, -0.34), (-0.58, 0.08), (0.58, 0.06), (0.0, 0.06))


def _banana(canvas: Canvas) -> tuple[Tensor, Tensor]:
    """Signed distance and light of a banana that lies across the pile."""
    x, y = canvas.x - 0.05, canvas.y + 0.72
    angle = torch.atan2(y, x - 0.1)
    along = ((angle - 0.95) / 0.95).abs()
    r = radius(x - 0.1, y)
    distance = torch.maximum((r - 0.58).abs() - 0.13 * (1 - 0.75 * along.clamp(0, 1) ** 3), (along - 1) * 0.5)
    light = form(canvas, dome(distance, 0.13), 0.4, 0.2) * (1 - 0.75 * smooth(0.84, 0.92, along))
    return distance, light * (0.6 + 0.4 * smooth(0.0, -0.05, distance))


def fruit_bowl(canvas: Canvas) -> Layer:
    """A bowl piled with round fruit and a banana."""
    canvas = flipped(canvas)
    x, y = canvas.x, canvas.y
    picture = on(nothing(canvas), mask(ellipse(x, y - 0.2, 0.92, 0.2), 0.02), 0.12)
    cover, height, shade, tint = (canvas.full(0.0) for _ in range(4))
    for across, down in _PILE:
        u, v = x - across - canvas.uniform(-0.06, 0.06), y - down - canvas.uniform(-0.05, 0.05)
        size = canvas.uniform(0.29, 0.36)
        here = radius(u, v) < size
        height = torch.where(here, (size**2 - u**2 - v**2).clamp(min=0).sqrt(), height)
        dimple = 1 - 0.75 * smooth(0.07, 0.03, radius(u - 0.03, (v + size * 0.55) * 1.6))
        shade = torch.where(here, dimple * (0.55 + 0.45 * smooth(size, size * 0.75, radius(u, v))), shade)
        tint = torch.where(here, canvas.chance(0.35).float(), tint)
        cover = torch.maximum(cover, mask(radius(u, v) - size, 0.02))
    picture = on(picture, cover, form(canvas, height, 0.3, 0.5) * shade, tint)
    banana, bent = _banana(canvas)
    picture = on(picture, mask(banana, 0.02), bent, 1.0)

    def profile(level: Tensor) -> Tensor:
        return 0.92 * (1 - ((level - 0.2) / 0.72).clamp(0, 0.94) ** 2).clamp(min=0).sqrt()

    body = turned(canvas, profile, 0.2, 0.82, 0.2)
    rim = 0.25 * mask((body.level - 0.25).abs() - 0.04, 0.02)
    foot = ellipse(x, y - 0.86, 0.38, 0.1)
    picture = on(picture, mask(foot, 0.02), 0.3)
    return on(picture, mask(body.distance, 0.02), form(canvas, body.height, 0.2, 0.5) * 0.8 + rim, 0.0)


def vase(canvas: Canvas) -> Layer:
    """A vase with a bunch of flowers."""
    x, y = canvas.x, canvas.y
    belly, place, neck = canvas.uniform(0.16, 0.28), canvas.uniform(0.4, 0.6), canvas.uniform(0.13, 0.2)
    picture = nothing(canvas)
    for across in (-0.62, -0.3, 0.05, 0.35, 0.62):
        angle = across * 0.9 - 1.5708 + canvas.uniform(-0.15, 0.15)
        u, v = turn(x, y - 0.1, angle)
        leaf = leaf_shape(u, v, canvas.uniform(0.8, 1.05), 0.13)
        picture = on(picture, mask(leaf, 0.02), 0.18 + 0.25 * smooth(0.02, -0.02, v) + 0.1 * u, 1.0)
    for across, down in ((-0.5, -0.32), (0.5, -0.35), (-0.25, -0.66), (0.24, -0.7), (0.0, -0.3)):
        u, v = x - across - canvas.uniform(-0.07, 0.07), y - down - canvas.uniform(-0.07, 0.07)
        size, r = canvas.uniform(0.24, 0.3), radius(u, v)
        around = torch.atan2(v, u) * 3 + canvas.uniform(0, 6)
        petals = r - size * (0.66 + 0.34 * around.cos().abs())
        shade = 0.5 + 0.5 * (r / size).clamp(0, 1) * (0.75 + 0.25 * around.sin())
        picture = on(picture, mask(petals - 0.03, 0.06) * 0.6, 0.06, 1.0)
        picture = on(picture, mask(petals, 0.02), shade, canvas.chance(0.45).float())
        picture = on(picture, mask(r - size * 0.3, 0.02), 0.3 - 0.8 * (u + v), 0.5)

    def profile(level: Tensor) -> Tensor:
        swell = belly * torch.exp(-(((level - place) / 0.24) ** 2))
        return neck + swell + 0.06 * smooth(0.2, 0.06, level) + 0.04 * smooth(0.8, 0.9, level)

    body = turned(canvas, profile, 0.05, 0.92, 0.15)
    picture = on(picture, mask(body.distance, 0.02), form(canvas, body.height, 0.22, 0.9))
    return on(picture, mask(ellipse(x, y - 0.06, neck + 0.05, 0.045), 0.02), 0.1)


def apple(canvas: Canvas) -> Layer:
    """An apple with its stalk and a leaf, shaded round."""
    x, y = canvas.x, canvas.y - 0.05
    dimple = 0.22 * torch.exp(-18 * x**2)
    u, v = x / 0.92, (y - dimple * smooth(0.3, -0.9, y)) / (0.86 - 0.06 * y)
    distance = radius(u, v) - 1
    light = form(canvas, dome(distance, 0.9) * 0.8, gloss=0.7)
    streaks = 0.1 * (noise(canvas, 26, 0.25) - 0.5) + 0.08 * fractal(canvas, 9, 2)
    picture = on(nothing(canvas), mask(distance, 0.02), light * 0.85 + streaks)
    picture = on(picture, mask(limb(x, y, (0.0, -0.7), (0.12, -1.05), 0.04, 0.05), 0.02), 0.12, 0.8)
    p, q = turn(x - 0.36, y + 0.92, canvas.uniform(-0.6, 0.0))
    leaf = mask(radius(p / 0.34, q / (0.16 * (1 - (p / 0.36) ** 2).clamp(min=0.05))) - 1, 0.06)
    return on(picture, leaf, over(0.5 - 0.9 * q, mask(q.abs() - 0.015, 0.02), 0.2), 0.8)


SUBJECTS = (
    Subject(
        "bottle",
        ("a bottle", "a glass bottle", "a wine bottle", "a flask", "a bottle on a table", "a half full bottle"),
        ("vodka", "a jar"),
        (("green", "sand coloured"), ("brown", "grey"), ("turquoise", "white"), ("green", "brown")),
        thing=bottle,
    ),
    Subject(
        "cup",
        ("a cup", "a coffee cup", "a cup of tea", "a steaming cup", "a teacup", "a cup on a saucer"),
        ("a mug", "an espresso"),
        (("white", "brown"), ("blue", "sand coloured"), ("red", "brown"), ("sand coloured", "brown")),
        thing=cup,
    ),
    Subject(
        "candle",
        ("a candle", "a burning candle", "a candle flame", "a wax candle", "a lit candle", "a dripping candle"),
        ("a taper", "a wick"),
        (("white", "orange"), ("sand coloured", "orange"), ("red", "yellow"), ("white", "brown")),
        thing=candle,
    ),
    Subject(
        "lamp",
        ("a lamp", "a table lamp", "a glowing lamp", "a lampshade", "a reading lamp", "a bedside lamp"),
        ("a lantern", "a standard lamp"),
        (("yellow", "brown"), ("orange", "brown"), ("red", "sand coloured"), ("green", "yellow")),
        thing=lamp,
    ),
    Subject(
        "egg",
        ("an egg", "a hen's egg", "a speckled egg", "an egg on a table", "a whole egg"),
        ("a yolk", "an omelette"),
        (("white", "brown"), ("sand coloured", "grey"), ("brown", "sand coloured"), ("turquoise", "brown")),
        thing=egg,
    ),
    Subject(
        "bread",
        ("a loaf of bread", "a loaf", "a bread loaf", "a cut loaf", "a fresh loaf of bread", "a crusty loaf"),
        ("a baguette", "a bun"),
        (("brown", "sand coloured"), ("orange", "brown"), ("brown", "white")),
        thing=bread,
    ),
    Subject(
        "fruit bowl",
        ("a bowl of fruit", "a fruit bowl", "a bowl", "a dish of fruit", "a bowl of apples", "a full fruit bowl"),
        ("oranges", "grapes"),
        (("orange", "yellow"), ("red", "yellow"), ("green", "yellow"), ("purple", "yellow")),
        thing=fruit_bowl,
    ),
    Subject(
        "vase",
        ("a vase", "a vase of flowers", "a bunch of flowers", "a bouquet", "a flower vase"),
        ("a pitcher", "an urn"),
        (("blue", "pink"), ("white", "red"), ("turquoise", "yellow"), ("blue", "green")),
        thing=vase,
    ),
    Subject(
        "apple",
        ("an apple", "a ripe apple", "an apple on a table", "a round apple", "a fresh apple", "a shiny apple"),
        ("a peach", "cider"),
        (("red", "brown"), ("green", "brown"), ("yellow", "grey")),
        thing=apple,
    ),
)
