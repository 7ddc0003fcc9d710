"""Subjects that carry people: on wheels, on rails, on the water and through the air."""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from render.atelier.canvas import Canvas, Layer, Sketch, mask, over, radius, smooth, turn
from render.atelier.noise import fractal, noise
from render.atelier.relief import box, join, limb
from render.atelier.subject import Subject
from render.atelier.subjects.model import Model, bar, bend, corner, disc, faced, framed, mix

_BOAT = 0.88


def _wheel(model: Model, x: Tensor, y: Tensor, size: float, spokes: int) -> None:
    """A dark tyre with a bright hub at the origin."""
    r = radius(x, y)
    model.lay(r - size, 0.16, thick=0.08, rise=0.1, tint=0.5, shade=0.5)
    fold = ((torch.atan2(y, x) * spokes / (2 * math.pi)) % 1 - 0.5).abs() * 2 * math.pi / spokes * r
    holes = smooth(0.02, 0.06, fold - 0.02) * mask((r - size * 0.38).abs() - size * 0.1, 0.03)
    model.add(r - size * 0.6, mix(0.9, holes, 0.35), thick=0.06, tint=1.0)


@framed
def car(canvas: Canvas) -> Layer:
    """A car from the side, long or short, high or low."""
    x, y, model = faced(canvas), canvas.y, Model(canvas)
    roof, back = canvas.uniform(-0.3, -0.1), canvas.uniform(0.4, 0.72)
    front, slant = canvas.uniform(-0.42, -0.3), canvas.uniform(0.25, 0.45)
    rake = slant * (y - roof).clamp(0, 0.6)
    middle, half = (front + back) / 2, (back - front) / 2
    cabin = box(x - middle + rake * 0.4, y - roof - 0.36, half + rake * 0.75, 0.36, 0.12)
    hull = join(box(x, y - 0.48, 0.98, 0.23, 0.17), box(x + 0.05, y - 0.56, 0.99, 0.12, 0.06), 0.05)
    body = join(cabin, hull, 0.14)
    model.lay(body, 1.0, thick=0.3)
    glass = torch.maximum(cabin + 0.075, y - 0.24)
    pillar = (x - middle - 0.04).abs() - 0.035
    shine = 0.35 + 0.4 * smooth(0.05, 0.0, ((x + 0.7 * y) * 2.5 % 1 - 0.3).abs() - 0.08)
    model.line(glass, 0.9, 0.9)
    model.mark(mask(torch.maximum(glass, -pillar), 0.025), shine, 0.9, glow=0.7)
    model.line(torch.maximum((x - middle - 0.04).abs() - 0.01, (y - 0.42).abs() - 0.2), 0.4)
    model.line(torch.maximum((y - 0.5).abs() - 0.012, body + 0.05), 0.5)
    model.add(box(x - middle - 0.16, y - 0.34, 0.07, 0.022), 0.5, thick=0.02)
    for place in (-0.58, 0.58):
        model.mark(mask(radius(x - place, y - 0.64) - 0.31, 0.03), 0.05)
        _wheel(model, x - place, y - 0.64, 0.26, 5)
    model.add(disc(x + 0.88, y - 0.4, 0.09, 0.1), 1.0, tint=1.0, glow=1.0)
    model.add(box(x - 0.93, y - 0.42, 0.05, 0.08), 0.6, tint=0.6)
    model.lay(
        torch.minimum(box(x + 0.93, y - 0.65, 0.14, 0.05, 0.03), box(x - 0.93, y - 0.65, 0.14, 0.05, 0.03)),
        0.6,
        tint=0.9,
    )
    return model.layer(gloss=0.6)


@framed
def bicycle(canvas: Canvas) -> Layer:
    """A bicycle from the side."""
    x, y, model = faced(canvas), canvas.y, Model(canvas)
    size, spin = canvas.uniform(0.4, 0.44), canvas.uniform(0, 6)
    hub = 0.9 - size
    for place in (-0.55, 0.55):
        u, v = x - place, y - hub
        r = radius(u, v)
        fold = (((torch.atan2(v, u) + spin) * 10 / (2 * math.pi)) % 1 - 0.5).abs() * 2 * math.pi / 10 * r
        model.lay(torch.maximum(fold - 0.008, r - size), 0.7, thick=0.02, tint=0.6, glow=0.5)
        model.lay((r - size + 0.05).abs() - 0.05, 0.2, thick=0.05, tint=0.5)
        model.lay(r - 0.06, 0.8, thick=0.05, tint=0.3)
    crank, rear, fork = (0.08, 0.56), (0.55, hub), (-0.55, hub)
    saddle, head = (0.24, -0.12), (-0.34, -0.16)
    tubes = bar(x, y, saddle, crank, 0.042)
    for start, end in ((crank, head), (saddle, (-0.35, -0.1)), (saddle, rear), (crank, rear), ((-0.31, -0.3), fork)):
        tubes = torch.minimum(tubes, bar(x, y, start, end, 0.042))
    model.lay(tubes, 1.0, thick=0.05, rise=0.05, shade=0.4)
    post = bar(x, y, saddle, (0.275, -0.28), 0.032)
    bars = bend(x, y, [(-0.3, -0.36), (-0.3, -0.46), (-0.48, -0.5), (-0.56, -0.4)], [0.035, 0.035, 0.035, 0.045])
    pedal = canvas.uniform(-0.8, 0.8)
    px, py = 0.2 * pedal.cos(), 0.2 * pedal.sin()
    arm = bar(x, y, (0.08 - px, 0.56 - py), (0.08 + px, 0.56 + py), 0.03)
    feet = torch.minimum(box(x - 0.08 - px, y - 0.56 - py, 0.08, 0.035), box(x - 0.08 + px, y - 0.56 + py, 0.08, 0.035))
    gear = radius(x - 0.08, y - 0.56) - 0.11
    model.lay(torch.minimum(torch.minimum(post, bars), torch.minimum(arm, gear)), 0.6, thick=0.04, rise=0.06, tint=0.3)
    seat = limb(x, y, (0.38, -0.32), (0.14, -0.3), 0.075, 0.035)
    model.lay(torch.minimum(seat, feet), 0.18, thick=0.05, rise=0.06, tint=0.5)
    return model.layer(gloss=0.4)


@framed
def locomotive(canvas: Canvas) -> Layer:
    """A steam engine from the side with smoke over its chimney."""
    x, y, model = faced(canvas), canvas.y, Model(canvas)
    stack, drift = canvas.uniform(-0.66, -0.58), canvas.uniform(0.5, 1.0)
    for index in range(5):
        share = index / 4
        px = stack + 0.05 + share**1.3 * drift * 1.1 + canvas.uniform(-0.04, 0.04)
        py = -0.72 - 0.2 * share + canvas.uniform(-0.05, 0.05)
        model.lay(radius(x - px, y - py) - 0.1 - 0.1 * share, 1.0, thick=0.16, tint=1.0, glow=0.35)
    model.lay(corner(x, y, [(-0.86, 0.42), (-0.6, 0.42), (-0.6, 0.86), (-1.02, 0.86)]), 0.5, thick=0.05, tint=0.4)
    slats = smooth(0.0, 0.3, ((x - 0.25 * y) * 40).sin())
    model.mark(mask(corner(x, y, [(-0.82, 0.5), (-0.66, 0.5), (-0.66, 0.86), (-0.95, 0.86)])) * slats, 0.1)
    funnel = torch.maximum((x - stack).abs() - 0.085 - 0.1 * smooth(-0.4, -0.58, y), (y + 0.4).abs() - 0.2)
    model.lay(funnel, 0.4, thick=0.12, tint=0.2)
    model.add(box(x - stack, y + 0.56, 0.19, 0.045, 0.03), 0.9, tint=0.9)
    high = canvas.uniform(0.24, 0.29)
    model.lay(
        join(disc(x + 0.18, y + 0.2, 0.13, 0.19), box(x + 0.18, y + 0.1, 0.13, 0.1), 0.03), 0.9, tint=0.9, thick=0.12
    )
    boiler = box(x + 0.2, y - 0.1, 0.68, high, 0.05)
    model.lay(boiler, 1.0, thick=0.27)
    for band in (-0.5, -0.18, 0.14):
        model.line(torch.maximum((x - band).abs() - 0.025, boiler), 0.85, 0.9)
    model.lay(box(x + 0.74, y - 0.1, 0.15, high + 0.02, 0.03), 0.4, thick=0.27)
    model.lay(radius(x + 0.93, y + 0.13) - 0.09, 1.0, tint=1.0, glow=0.9)
    model.lay(box(x - 0.66, y - 0.06, 0.32, 0.5, 0.03), 1.0, thick=0.06, rise=0.2, shade=0.4)
    model.lay(box(x - 0.66, y + 0.45, 0.4, 0.06, 0.05), 0.45, thick=0.08, rise=0.25, shade=0.4)
    model.add(box(x - 0.64, y + 0.17, 0.2, 0.16, 0.04) - 0.03, 0.9, tint=0.9)
    model.mark(mask(box(x - 0.64, y + 0.17, 0.2, 0.16, 0.04), 0.03), 0.12, 0.5)
    model.lay(box(x - 0.06, y - 0.47, 0.92, 0.08, 0.02), 0.45, thick=0.06, rise=0.2)
    for place, size in ((-0.66, 0.17), (-0.25, 0.25), (0.27, 0.25), (0.76, 0.2)):
        _wheel(model, x - place, y - 0.9 + size, size, 6)
    dip = canvas.uniform(-0.09, 0.09)
    model.lay(bar(x, y, (-0.25, 0.65 + dip), (0.27, 0.65 + dip), 0.04), 1.0, thick=0.04, rise=0.25, tint=0.9, shade=0.5)
    return model.layer(gloss=0.5)


@framed
def airplane(canvas: Canvas) -> Layer:
    """An airliner from the side, its wing swept towards the viewer."""
    x, y = turn(faced(canvas), canvas.y + 0.05, canvas.uniform(-0.15, 0.4))
    model, span = Model(canvas), canvas.uniform(0.42, 0.62)
    model.lay(corner(x, y, [(0.3, -0.4), (0.42, -0.4), (0.18, -0.08), (-0.02, -0.08)]) - 0.02, 0.55, thick=0.05)
    model.lay(corner(x, y, [(0.9, -0.24), (1.0, -0.24), (0.9, -0.06), (0.7, -0.08)]) - 0.01, 0.55, thick=0.05)
    fin = corner(x, y, [(0.82, -0.56), (1.0, -0.56), (0.88, -0.06), (0.48, -0.1)]) - 0.02
    model.lay(fin, 0.95, thick=0.06, tint=0.9)
    hull = bend(x, y, [(-0.8, 0.06), (-0.62, 0.02), (0.35, 0.0), (0.92, -0.06)], [0.12, 0.17, 0.17, 0.05])
    model.lay(hull, 1.0, thick=0.18, shade=0.3)
    model.line(torch.maximum((y - 0.075).abs() - 0.025, hull), 0.8, 0.9)
    panes = torch.maximum(((x * 11) % 1 - 0.5).abs() / 11 - 0.024, (y + 0.03).abs() - 0.032)
    model.line(torch.maximum(panes, (x + 0.02).abs() - 0.56), 0.12, 0.7)
    model.line(torch.maximum(corner(x, y, [(-0.9, -0.02), (-0.84, -0.09), (-0.7, -0.09), (-0.7, 0.0)]), hull), 0.1, 0.7)
    low = corner(x, y, [(0.74, -0.04), (0.92, -0.06), (1.05, 0.14), (0.93, 0.14)]) - 0.01
    model.lay(low, 0.9, thick=0.05, rise=0.1, shade=0.4)
    engine = limb(x, y, (-0.06, 0.3), (0.14, 0.29), 0.1, 0.075)
    wing = corner(x, y, [(-0.16, 0.08), (0.26, 0.06), (0.52 + span * 0.3, span), (0.38 + span * 0.3, span)]) - 0.02
    model.lay(engine, 0.8, thick=0.1, rise=0.1, tint=0.8)
    model.line(torch.maximum(disc(x + 0.13, y - 0.3, 0.035, 0.08), engine), 0.1, 0.5)
    model.lay(wing, 0.95, thick=0.05, rise=0.2, shade=0.5)
    return model.layer(gloss=0.5)


@framed
def balloon(canvas: Canvas) -> Layer:
    """A hot-air balloon, striped, with its basket."""
    x, y = turn(canvas.x, canvas.y, canvas.uniform(-0.1, 0.1))
    model, round_ = Model(canvas), canvas.uniform(0.6, 0.7)
    ropes = (x.abs() - 0.13 - 0.16 * (0.78 - y)).abs() - 0.012
    model.lay(torch.maximum(ropes, (y - 0.65).abs() - 0.16), 0.25, thick=0.02, tint=0.3)
    centre = -1.02 + round_
    bag = limb(x, y, (0.0, centre), (0.0, 0.42), round_, 0.17)
    bag = torch.maximum(bag, y - 0.5)
    wide = (x.abs() - bag).clamp(min=0.1)
    gore = torch.asin((x / wide).clamp(-0.999, 0.999)) + canvas.uniform(-0.3, 0.3)
    count = (canvas.random(1, 1) * 3).floor() + 4
    stripe = smooth(-0.12, 0.12, (gore * count).sin())
    girdle = smooth(0.03, 0.0, (y - centre - 0.1).abs() - 0.1) * canvas.chance(0.4)
    tint = torch.maximum(stripe, girdle) * canvas.uniform(0.75, 1.0)
    seams = 0.12 * (gore * count * 2).cos().abs() ** 8
    model.lay(bag, 0.95 - 0.3 * tint * canvas.chance(0.5) - seams, thick=0.62, tint=tint)
    model.line(torch.maximum((y - 0.44).abs() - 0.05, bag), 0.3)
    model.lay(disc(x, y - 0.6, 0.05, 0.1), 1.0, glow=1.0, tint=0.5)
    weave = 0.1 * (x * 60).sin() * (y * 60).sin()
    model.lay(box(x, y - 0.88, 0.15, 0.12, 0.04), 0.5 + weave, thick=0.08, tint=0.3)
    model.add(box(x, y - 0.78, 0.17, 0.03, 0.02), 0.3)
    return model.layer(ambient=0.25, gloss=0.15)


def _sea(canvas: Canvas, horizon: Tensor, glow: Tensor) -> Sketch:
    """Sky and a calm sea under it, with the light's path on the water."""
    away = ((canvas.y - horizon) / (canvas.high - horizon)).clamp(0, 1)
    sky = 0.62 + 0.25 * smooth(-canvas.high, 0.4, canvas.y) + 0.25 * (fractal(canvas, 2, 4, 2.5) - 0.5)
    ripple = ((canvas.y - horizon).clamp(min=0.01) ** 0.5 * 70 + 5 * noise(canvas, 5, 2)).sin()
    path = torch.exp(-(((canvas.x - glow) / (0.15 + 0.5 * away)) ** 2))
    water = 0.34 + 0.1 * ripple * (0.4 + away) + 0.35 * path * (0.6 + 0.4 * ripple) - 0.12 * away
    under = mask(horizon - canvas.y, 0.02)
    depth = over(over(canvas.full(0.7), smooth(-1.0, 1.0, canvas.y), 0.9), under, 0.8 * (1 - away) ** 2)
    return Sketch(over(sky, under, water), canvas.full(1.0), depth)


def sailing_boat(canvas: Canvas) -> Sketch:
    """A boat under sail on the sea, with its image in the water."""
    horizon = canvas.uniform(0.1, 0.3) * canvas.high
    sketch = _sea(canvas, horizon, canvas.uniform(-0.7, 0.7) * canvas.wide)
    size = canvas.near_far(0.82, 0.5)
    waterline = horizon + canvas.uniform(0.1, 0.25)
    x = (canvas.x - canvas.uniform(-0.25, 0.25) * canvas.wide) / size * torch.where(canvas.chance(0.5), 1.0, -1.0)
    below = canvas.y - waterline
    sway = 0.03 * (below * 34).sin() * smooth(0.0, 0.4, below)
    light, tint, depth = sketch.light, sketch.tint, sketch.depth
    assert depth is not None
    lean, full = canvas.uniform(-0.1, 0.1), canvas.uniform(0.5, 0.75)
    for mirrored in (True, False):
        up, aside = (below / size * -1.3, sway) if mirrored else (below / size, 0.0)
        side = 0.45 * mask(-below, 0.03) if mirrored else mask(below, 0.02)
        u, v = turn(x + aside, up - 0.05, lean)
        boat = _boat(replace(canvas, x=u / _BOAT, y=(v + 0.72) / _BOAT, finest=canvas.finest / size / _BOAT), full)
        on = boat.cover * side
        light, tint, depth = over(light, on, boat.light), over(tint, on, boat.tint), over(depth, on, 0.0)
    foam = mask(disc(x, below / size - 0.02, 0.72, 0.03), 0.06) * 0.6
    return Sketch(over(light, foam, 0.9).clamp(0, 1), tint.clamp(0, 1), depth)


def _boat(canvas: Canvas, full: Tensor) -> Layer:
    """Hull, mast and two sails, the larger one `full` wide, in a frame _BOAT times as large as the boat's own."""

    def draw(own: Canvas) -> Layer:
        x, y, model = own.x * _BOAT, own.y * _BOAT - 0.72, Model(own)
        model.lay(torch.maximum(x.abs() - 0.022, (y + 0.75).abs() - 0.75), 0.25, thick=0.03, tint=0.3)
        belly = 0.1 * (1 - ((y + 0.8) / 0.6) ** 2).clamp(min=0)
        main = corner(x - belly, y, [(0.05, -1.45), (0.05 + full, -0.38), (0.05, -0.38)])
        jib = corner(x + belly, y, [(-0.06, -1.3), (-0.06, -0.38), (-0.7, -0.34)])
        seams = 0.06 * smooth(0.8, 1.0, (y * 16).sin())
        model.lay(jib, 0.95 - seams, thick=0.12)
        model.lay(main, 1.0 - seams, thick=0.2)
        keel = 0.74 - 0.4 * smooth(-0.3, 0.12, y)
        deck = torch.maximum(-y - 0.28 + 0.06 * x, y - 0.12)
        hull = torch.maximum(torch.maximum(x - keel, -x - 0.84 + 0.5 * (y + 0.3)), deck)
        model.lay(hull, 0.5, thick=0.12, tint=0.25)
        model.mark(mask((y + 0.2 - 0.06 * x).abs() - 0.035, 0.02) * mask(hull, 0.02), 1.0, 0.0)
        return model.layer(gloss=0.1)

    return framed(draw)(canvas)


SUBJECTS = (
    Subject(
        "car",
        ("a car", "an automobile", "a motor car", "a parked car", "a family car", "a vintage car"),
        ("a taxi", "a limousine"),
        (("red", "grey"), ("blue", "sand coloured"), ("yellow", "grey"), ("green", "white")),
        thing=car,
    ),
    Subject(
        "bicycle",
        ("a bicycle", "a bike", "a city bike", "a push bike", "a racing bike", "a parked bicycle"),
        ("a tricycle", "a cycle"),
        (("red", "sand coloured"), ("blue", "white"), ("black", "grey"), ("green", "white")),
        thing=bicycle,
    ),
    Subject(
        "locomotive",
        ("a locomotive", "a steam engine", "a steam locomotive", "a steam train", "a railway engine", "an old engine"),
        ("a freight train", "a tank engine"),
        (("black", "red"), ("green", "yellow"), ("red", "white"), ("blue", "sand coloured")),
        thing=locomotive,
    ),
    Subject(
        "airplane",
        ("an airplane", "a plane", "an aeroplane", "a jet", "an airliner", "a passenger plane"),
        ("an aircraft", "a jumbo jet"),
        (("white", "blue"), ("grey", "turquoise"), ("white", "red")),
        thing=airplane,
        stands=False,
    ),
    Subject(
        "balloon",
        ("a hot air balloon", "a balloon", "a hot-air balloon", "a striped balloon", "a floating balloon"),
        ("a montgolfier", "an airship"),
        (("red", "yellow"), ("orange", "blue"), ("blue", "white"), ("purple", "yellow")),
        thing=balloon,
        stands=False,
    ),
    Subject(
        "boat",
        ("a sailing boat", "a boat", "a ship", "a sailboat", "a ship at sea", "a yacht", "a boat under sail"),
        ("a schooner", "a vessel"),
        (("white", "blue"), ("red", "turquoise"), ("sand coloured", "blue"), ("white", "orange")),
        scene=sailing_boat,
    ),
)
