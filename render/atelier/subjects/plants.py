"""Subjects that grow: flowers, ferns, leaves, mushrooms and a tree."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from render.atelier.canvas import Canvas, Layer, Sketch, mask, over, radius, smooth, turn
from render.atelier.noise import fractal, noise
from render.atelier.relief import dome, limb, lit, shadow
from render.atelier.subject import Subject
from render.atelier.subjects.forms import ellipse, flipped, form, leaf_shape, nothing, on, spread_turns, turned


def _stalk(canvas: Canvas, picture: Layer, top: float) -> Layer:
    """`picture` with a bent stem that comes down from (0, `top`), and two leaves on it."""
    x, y = canvas.x, canvas.y
    bend = canvas.uniform(-0.25, 0.25)
    middle = bend * 4 * ((y - top) * (0.95 - y) / (0.95 - top) ** 2)
    stem = torch.maximum((x - middle).abs() - 0.035, (y - (top + 0.95) / 2).abs() - (0.95 - top) / 2)
    picture = on(picture, mask(stem, 0.02), 0.32 - 5 * (x - middle), 1.0)
    for side, down in ((-1.0, 0.62), (1.0, 0.45)):
        u, v = turn(side * (x - bend * 0.8), y - down, canvas.uniform(-0.8, -0.35))
        leaf = leaf_shape(u, v, canvas.uniform(0.45, 0.6), 0.15)
        blade = 0.42 + 0.9 * v + 0.12 * ((u - v.abs()) * 34).sin()
        picture = on(picture, mask(leaf, 0.02), over(blade, mask(v.abs() - 0.012, 0.015), 0.12), 1.0)
    return picture


def flower(canvas: Canvas) -> Layer:
    """An open flower with petals around a seeded heart; from far away with its stem and leaves."""
    picture, whole = nothing(canvas), canvas
    if not canvas.near:
        picture, whole = _stalk(canvas, picture, -0.4), canvas.inside(0.0, -0.38, 0.62)
    x, y = whole.x, whole.y
    r, angle = radius(x, y), torch.atan2(y, x) + canvas.uniform(0, 6)
    count = (canvas.random(1, 1) * 5).floor() + 6
    pointed = canvas.uniform(0.45, 1.0)
    for ring in range(2):
        reach = 0.98 - 0.26 * ring
        petal = ((angle + ring * math.pi / count) * count / (2 * math.pi)) % 1 - 0.5
        along = (r / reach).clamp(0, 1)
        half = 0.47 * (1 - along**5).clamp(min=0) ** 0.5 * (0.55 + 0.45 * along) * (0.9 + 0.1 * pointed)
        away = (petal.abs() - half) * 2 * math.pi / count * r.clamp(min=0.12)
        distance = torch.maximum(away, r - reach)
        fold = 0.16 * smooth(0.1, 0.0, petal.abs()) - 0.05 * (petal * 40).cos()
        light = 0.25 + 0.6 * along - 0.7 * petal.abs() * along + 0.22 * petal - fold * (1 - along)
        picture = on(picture, mask(distance - 0.05, 0.1) * 0.55, 0.04, 0.5)
        picture = on(picture, mask(distance, 0.025), light)
    size = canvas.uniform(0.24, 0.36)
    heart = r - size
    u, v = turn(x, y, canvas.uniform(0.5, 1.0))
    seeds = 0.08 * (u * 42).sin() * (v * 42).sin()
    picture = on(picture, mask(heart - 0.03, 0.06) * 0.7, 0.04, 0.5)
    return on(picture, mask(heart, 0.02), form(whole, dome(heart, size) * 0.7) * 0.85 + seeds, 1.0)


def rose(canvas: Canvas) -> Layer:
    """A rose: petals curled around each other, on a stem with leaves when seen whole."""
    picture, whole = nothing(canvas), canvas
    if not canvas.near:
        picture, whole = _stalk(canvas, picture, -0.3), canvas.inside(0.0, -0.42, 0.56)
    bloom, shade = canvas.full(0.0), canvas.full(0.0)
    for count, reach, size in ((5, 0.5, 0.5), (5, 0.34, 0.42), (4, 0.2, 0.33), (3, 0.1, 0.22)):
        for angle in spread_turns(canvas, count):
            u, v = whole.x - reach * angle.cos(), whole.y - reach * angle.sin() * 0.9
            outward = u * angle.cos() + v * angle.sin()
            petal = radius(u, v) - size
            rim = smooth(-0.13, -0.03, petal) * smooth(-0.2, 0.5, outward / size)
            light = 0.24 + 0.34 * (outward / size + 0.4).clamp(0, 1.2) + 0.38 * rim - 0.12 * (v + u)
            edge = mask(petal, 0.025)
            shade = over(over(shade, mask(petal - 0.05, 0.1) * 0.6, 0.03), edge, light)
            bloom = torch.maximum(bloom, edge)
    picture = on(picture, bloom, shade)
    r = radius(whole.x, whole.y)
    coil = (torch.atan2(whole.y, whole.x) / (2 * math.pi) + r * 9 + canvas.uniform(0, 1)) % 1
    return on(picture, mask(r - 0.2, 0.03), 0.15 + 0.65 * coil)


def leaf(canvas: Canvas) -> Layer:
    """A broad leaf with a stalk, its veins pressed into it."""
    canvas = canvas.inside(0.0, 0.0, 1.0, canvas.uniform(-0.7, 0.7))
    bend = canvas.uniform(-0.18, 0.18)
    y = canvas.y
    x = canvas.x - bend * (1 - y**2)
    along = ((y + 0.98) / 1.65).clamp(0, 1)
    wide = canvas.uniform(0.5, 0.66) * 1.55 * along**0.75 * (1 - along**2.2).clamp(min=0) ** 0.6
    lobes = canvas.uniform(0.0, 0.16) * ((y + 0.5 * x.abs()) * 17).sin() * smooth(0.0, 0.3, wide)
    distance = torch.maximum(x.abs() - wide * (1 + lobes), torch.maximum(-0.98 - y, y - 0.67)) * 0.8
    slant = (y + 0.65 * x.abs()) * canvas.uniform(4.0, 5.0)
    vein = (slant % 1 - 0.5).abs()
    puff = (0.1 - 0.035 * (vein * 2 * math.pi).cos()) * smooth(0.0, 0.22, x.abs())
    light = form(canvas, puff + dome(distance, 0.3) * 0.3, 0.2) * (0.85 + 0.2 * noise(canvas, 8))
    ribs = mask((vein - 0.5).abs() * 0.22 - 0.014 + 0.012 * x.abs() / (wide + 0.05), 0.02)
    middle = mask(x.abs() - 0.03 * (1 - 0.6 * (1 - along)), 0.02)
    stalk = limb(x, y, (0.0, 0.6), (-bend, 1.05), 0.035, 0.045)
    picture = on(nothing(canvas), mask(stalk, 0.02), 0.35 - 4 * x)
    return on(picture, mask(distance, 0.025), over(light * 0.8, torch.maximum(ribs * 0.8, middle), 0.92))


def fern(canvas: Canvas) -> Layer:
    """A fern's frond: a bent stem with two rows of leaflets that grow shorter towards its tip."""
    curve, lean = canvas.uniform(-0.55, 0.55), canvas.uniform(-0.25, 0.25)
    y = canvas.y
    x = canvas.x - curve * (y - 1) ** 2 * 0.3 - lean * (y - 1) * 0.3 + curve * 0.35
    up = ((0.62 - y) / 1.6).clamp(0, 1)
    length = canvas.uniform(0.72, 0.9) * 1.35 * (up + 0.02) ** 0.4 * (1 - up) ** 0.85
    count = canvas.uniform(7.5, 9.5)
    side = torch.where(x > 0, 0.0, 0.5)
    place = (y + 0.5 * x.abs() + 0.25 * x.abs() ** 2) * count + side
    across = place % 1 - 0.5
    out = x.abs() / (length + 0.01)
    half = 0.42 * (1 - out**1.6).clamp(min=0) ** 0.7 * (0.88 + 0.12 * (x.abs() * 58).sin())
    blade = mask((across.abs() - half) / count, 0.02) * mask(x.abs() - length, 0.02) * mask(y - 0.62, 0.02)
    light = 0.78 - 0.9 * across - 0.3 * across.abs() + 0.2 * out
    light = over(light, mask(across.abs() - 0.07, 0.08), 0.25)
    stem = torch.maximum(x.abs() - 0.012 - 0.016 * (y + 1), y.abs() - 0.98)
    picture = on(nothing(canvas), blade * mask(-0.98 - y, 0.02), light)
    return on(picture, mask(stem, 0.02), 0.7 - 8 * x)


_SPOTS = (
    (0.0, 0.45, 0.13), (-0.48, 0.3, 0.1), (0.45, 0.34, 0.11), (-0.22, 0.16, 0.09), (0.24, 0.12, 0.09),
    (-0.75, 0.09, 0.07), (0.74, 0.1, 0.07), (-0.25, 0.68, 0.07), (0.25, 0.7, 0.07),
)  # fmt: skip
"""Place on a mushroom's cap, to the right and up, and size."""


def mushroom(canvas: Canvas) -> Layer:
    """A toadstool: a spotted cap on a pale stem with a frill."""
    canvas = flipped(canvas)
    x, y = canvas.x, canvas.y
    wide, tall, slim = canvas.uniform(0.78, 0.98), canvas.uniform(0.7, 0.92), canvas.uniform(0.15, 0.23)

    def profile(level: Tensor) -> Tensor:
        return slim * (1 + 0.55 * smooth(0.35, 0.95, level) - 0.15 * smooth(0.2, -0.1, level))

    stem = turned(canvas, profile, -0.1, 0.9, 0.2)
    pale = 0.3 + 0.65 * form(canvas, stem.height) - 0.4 * smooth(0.35, 0.0, y)
    picture = on(nothing(canvas), mask(stem.distance, 0.02), pale, 1.0)
    frill = turned(canvas, lambda level: slim + 0.28 * (level - 0.16).clamp(min=0) + 0.03, 0.18, 0.38, 0.22)
    picture = on(picture, mask(frill.distance, 0.02), 0.95 - 0.35 * frill.across.abs() - 0.15 * (x * 60).sin(), 1.0)
    under = ellipse(x, y - 0.0, wide * 0.97, 0.15)
    gills = 0.38 + 0.07 * (torch.atan2(y + 0.25, x) * 36).sin()
    picture = on(picture, mask(under, 0.02), gills, 1.0)
    cap = torch.maximum(ellipse(x, y - 0.02, wide, tall), ellipse(x, y - 0.02 + 2.0, 2.4 * wide, 2.02))
    bulge = (1 - (x / wide) ** 2 - ((y - 0.02) / tall) ** 2).clamp(min=0).sqrt()
    light = form(canvas, bulge * 0.8, 0.25, 0.4)
    picture = on(picture, mask(cap, 0.02), light)
    for across, down, size in _SPOTS:
        u = (x - across * wide - canvas.uniform(-0.04, 0.04)) / (1 - 0.45 * across**2)
        v = (y + down * tall + canvas.uniform(-0.04, 0.04)) / (0.55 + 0.45 * (1 - abs(down - 0.3)))
        spot = radius(u, v) - size * canvas.uniform(0.8, 1.15)
        picture = on(picture, mask(spot, 0.025) * mask(cap, 0.02), 0.55 + 0.45 * light, 1.0)
    return picture


_CLUMPS = (
    (0.0, -0.2), (-0.42, -0.1), (0.42, -0.08), (-0.25, -0.5), (0.27, -0.48),
    (0.0, -0.7), (-0.6, 0.08), (0.6, 0.1), (0.0, 0.08),
)  # fmt: skip


def _crown(canvas: Canvas, x: Tensor, y: Tensor, size: Tensor, bare: Tensor) -> tuple[Tensor, Tensor]:
    """Cover and height of a tree's leaves: a cloud of round clumps around (0, -0.1) of a tree's own frame."""
    cover, height = canvas.full(0.0), canvas.full(0.0)
    wander = 0.22 * (fractal(canvas, 9, 3) - 0.5)
    for across, down in _CLUMPS:
        u, v = x - across - canvas.uniform(-0.1, 0.1), y - down - canvas.uniform(-0.08, 0.08)
        clump = canvas.uniform(0.27, 0.36) + wander
        ball = (clump**2 - u**2 - v**2).clamp(min=0).sqrt()
        height = torch.maximum(height, ball)
        cover = torch.maximum(cover, mask(radius(u, v) - clump, 0.03))
    return cover * (~bare).float(), height * size


def _branches(canvas: Canvas, x: Tensor, y: Tensor) -> Tensor:
    """Signed distance from a trunk that forks again and again, in a tree's own frame with its foot at (0, 1)."""
    flare = 0.07 + 0.12 * smooth(0.75, 1.1, y) ** 2
    wood = torch.maximum(x.abs() - flare, torch.maximum(y - 1.06, 0.6 - y))
    left, right = canvas.uniform(0.3, 0.65), canvas.uniform(0.3, 0.65)
    shrink, thick, length, unit = canvas.uniform(0.7, 0.76), 0.075, canvas.uniform(0.42, 0.5), torch.ones_like(left)
    u, v = x, y - 1.0
    for _ in range(6):
        twig = limb(u, v, (0.0, 0.0), (0.0, -length), thick, thick * 0.72)
        wood = torch.minimum(wood, twig * unit)
        u, v = turn(u, v + length, torch.where(u > 0, right, -left))
        u, v, unit = u / shrink, v / shrink, unit * shrink
    return wood


def tree(canvas: Canvas) -> Sketch:
    """One tree alone on a rise under a wide sky; on some sheets bare of leaves."""
    size = canvas.uniform(0.85, 1.0) * canvas.near_far(0.82, 0.58)
    foot, place = canvas.uniform(0.68, 0.8) * min(canvas.high, 1.25), canvas.uniform(-0.28, 0.28) * canvas.wide**1.5
    horizon = foot + 0.1 * ((canvas.x - place) / 1.2) ** 2 - 0.06 + 0.03 * (noise(canvas, 3) - 0.5)
    sky = 0.55 + 0.42 * smooth(-canvas.high, foot, canvas.y) + 0.25 * (fractal(canvas, 2, 4, 2.5) - 0.5)
    away = ((canvas.y - horizon) / (canvas.high - 0.3)).clamp(0, 1)
    meadow = 0.42 - 0.2 * away + 0.16 * (fractal(canvas, 9, 3, 4) - 0.5)
    x, y = (canvas.x - place) / size, (canvas.y - foot) / size + 1
    fall = ellipse(x + 0.7 * canvas.sun[:, 0], y - 1.08, 0.85, 0.12)
    meadow = meadow * (1 - 0.65 * mask(fall, 0.12))
    land = mask(horizon - canvas.y, 0.02)
    light, tint = over(sky, land, meadow), over(canvas.full(1.0), land, 0.0)
    wood = _branches(canvas, x, y)
    bark = 0.03 + 0.2 * lit(canvas, dome(wood, 0.08) * size)
    light, tint = over(light, mask(wood, 0.02), bark), over(tint, mask(wood, 0.02), 0.15)
    cover, height = _crown(canvas, x, y, size, canvas.chance(0.25))
    rough = height + 0.08 * size * fractal(canvas, 18, 2)
    leaves = lit(canvas, rough, 0.12) * (0.45 + 0.55 * shadow(canvas, height, 0.3, 5)) * 0.8
    return Sketch(over(light, cover, leaves).clamp(0, 1), over(tint, cover, 0.0))


SUBJECTS = (
    Subject(
        "fern",
        ("a fern", "a fern leaf", "a frond", "a fern frond", "a green fern"),
        ("foliage", "a horsetail"),
        (("green", "brown"), ("green", "black"), ("green", "sand coloured")),
        thing=fern,
        stands=False,
    ),
    Subject(
        "flower",
        ("a flower", "a blossom", "a daisy", "an open flower", "a large flower", "a bloom"),
        ("tulip", "sunflower"),
        (("pink", "green"), ("yellow", "brown"), ("red", "green"), ("white", "yellow"), ("purple", "green")),
        thing=flower,
        stands=False,
    ),
    Subject(
        "rose",
        ("a rose", "a blooming rose", "a full rose", "a garden rose", "a rosebud", "a rose bloom"),
        ("a peony", "a camellia"),
        (("red", "green"), ("pink", "green"), ("white", "green"), ("yellow", "green"), ("red", "black")),
        thing=rose,
        stands=False,
    ),
    Subject(
        "leaf",
        ("a leaf", "a green leaf", "an autumn leaf", "a fallen leaf", "a veined leaf", "a beech leaf"),
        ("a maple leaf", "greenery"),
        (("green", "sand coloured"), ("orange", "brown"), ("red", "sand coloured"), ("yellow", "brown")),
        thing=leaf,
        stands=False,
    ),
    Subject(
        "mushroom",
        ("a mushroom", "a toadstool", "a spotted mushroom", "a fly agaric", "a wild mushroom"),
        ("a fungus", "a chanterelle"),
        (("red", "white"), ("brown", "sand coloured"), ("orange", "white")),
        thing=mushroom,
    ),
    Subject(
        "tree",
        ("a tree", "a lonely tree", "a tree on a hill", "a tree standing alone", "an old tree", "an oak tree"),
        ("a willow", "a linden"),
        (("green", "blue"), ("green", "white"), ("orange", "blue"), ("brown", "sand coloured")),
        scene=tree,
    ),
)
