"""Subjects that live: birds, fish, and beasts on four legs, eight or none."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from render.atelier.canvas import Canvas, Layer, Sketch, mask, over, radius, smooth, turn
from render.atelier.noise import noise
from render.atelier.relief import box, dome, join, limb, lit
from render.atelier.subject import Subject
from render.atelier.subjects.model import Model, Point, bend, corner, disc, faced, framed, mix


def _eye(model: Model, x: Tensor, y: Tensor, size: float) -> None:
    """A dark round eye with a pale rim and a spark of light."""
    model.add(radius(x, y) - size, 1.0, glow=0.5, thick=0.02)
    model.line(radius(x, y) - size * 0.72, 0.02)
    model.mark(mask(radius(x + size * 0.2, y + size * 0.25) - size * 0.22, 0.02), 1.0, glow=1.0)


@framed
def bird(canvas: Canvas) -> Layer:
    """A songbird from the side on its two legs."""
    x, y, model = faced(canvas), canvas.y, Model(canvas)
    for foot in (-0.12, 0.14):
        step = foot + canvas.uniform(-0.04, 0.04)
        model.lay(bend(x, y, [(foot + 0.1, 0.3), (step, 0.88), (step - 0.17, 0.9)], [0.04, 0.032, 0.03]), 0.3, tint=0.3)
    x, y = turn(x, y - 0.1, canvas.uniform(-0.22, 0.16))
    long, fat = canvas.uniform(0.95, 1.12), canvas.uniform(0.38, 0.46)
    tail = limb(x, y, (0.3, 0.18), (long, 0.34), 0.17, 0.1)
    model.lay(tail, 0.5 + 0.25 * smooth(0.0, 0.15, y - 0.2 * x), thick=0.1)
    neck = canvas.uniform(-0.04, 0.06)
    hx, hy = x + 0.45, y + 0.42 + neck
    beak = limb(hx, hy, (-0.18, 0.02), (-0.48, 0.08), 0.12, 0.012)
    model.lay(beak, 0.75, tint=0.85, thick=0.08)
    model.line(torch.maximum((hy - 0.05 + 0.1 * hx).abs() - 0.012, beak), 0.1)
    body = join(limb(x, y, (-0.22, 0.06), (0.36, 0.2), fat, 0.2), radius(hx, hy) - 0.3, 0.3)
    belly = smooth(-0.1, 0.35, y - 0.35 * x)
    model.lay(body, mix(0.8, belly, 1.0), thick=0.45, tint=0.75 * belly * canvas.chance(0.6), shade=0.4)
    wing = torch.maximum(disc(*turn(x - 0.2, y - 0.1, torch.full_like(x, 0.28)), 0.52, 0.24), -0.28 - x)
    feathers = 0.12 * ((x + 0.5 * y) * 26).sin() * smooth(-0.1, 0.2, x)
    model.add(wing, 0.55 + feathers, thick=0.1)
    _eye(model, hx + 0.08, hy + 0.06, 0.075)
    return model.layer(gloss=0.1)


@framed
def fish(canvas: Canvas) -> Layer:
    """A fish from the side with scales, fins and a forked tail."""
    x, y = turn(faced(canvas), canvas.y, canvas.uniform(-0.18, 0.18))
    model, high = Model(canvas), canvas.uniform(0.36, 0.52)
    size = (0.78**2 + high**2) / (2 * high)
    bow = (x + 0.15, (y.abs() + size - high))
    body = radius(*bow) - size
    rays = 0.72 + 0.2 * (torch.atan2(y, x - 0.3) * 26).sin()
    tail = torch.maximum(y.abs() - 0.03 - (x - 0.5) * 0.85, x - 0.98 + 0.2 * (1 - y.abs() * 2).clamp(min=0))
    model.lay(tail, rays, thick=0.1, tint=0.8)
    fin = torch.maximum(disc(x - 0.02, y + high * 0.8, 0.45, 0.34), x - 0.36 - 0.2 * y)
    low = torch.maximum(disc(x - 0.16, y - high * 0.75, 0.24, 0.26), x - 0.32 + 0.2 * y)
    spines = 0.72 + 0.2 * ((x * 1.0 + 0.5 * y.abs()) * 42).sin()
    model.lay(torch.minimum(fin, low), spines, thick=0.08, tint=0.8)
    row = (y * 11).floor()
    u, v = (x * 9 + 0.5 * (row % 2)) % 1 - 0.5, y * 11 - row - 0.5
    scale = 0.68 + 0.4 * smooth(0.62, 0.3, radius(u - 0.15, v))
    head = smooth(-0.36, -0.42, x - 0.25 * (1 - (y / 0.4) ** 2))
    stripes = smooth(0.2, 0.5, (x * canvas.uniform(9, 14) + canvas.uniform(0, 6)).sin()) * canvas.chance(0.5)
    model.lay(body, over(scale, head, 0.9), thick=0.4, tint=0.9 * stripes * (1 - head), shade=0.3)
    gill = (x + 0.42 - 0.25 * (1 - (y / 0.4) ** 2)).abs() - 0.02
    model.line(torch.maximum(gill, y.abs() - high * 0.55), 0.2)
    model.add(limb(x, y, (-0.12, 0.08), (0.2, 0.2), 0.05, 0.13), spines, thick=0.08, tint=0.8)
    model.line(torch.maximum((y - 0.1 - 0.2 * (x + 0.9)).abs() - 0.016, x + 0.74), 0.05)
    _eye(model, x + 0.62, y + 0.08, 0.09)
    return model.layer(gloss=0.35)


@framed
def butterfly(canvas: Canvas) -> Layer:
    """A butterfly from above with bordered and spotted wings."""
    x, y = turn(canvas.x, canvas.y - 0.04, canvas.uniform(-0.5, 0.5))
    model, open_ = Model(canvas), canvas.uniform(0.8, 1.02)
    u = x.abs() / open_
    lean = canvas.uniform(-0.62, -0.4)
    hind = disc(*turn(u - 0.42, y - 0.42, torch.full_like(lean, 0.85)), canvas.uniform(0.42, 0.5), 0.33)
    fore = disc(*turn(u - 0.53, y + 0.36, lean), 0.6, canvas.uniform(0.36, 0.44))
    border, spots = canvas.uniform(0.06, 0.13), canvas.chance(0.7)
    for wing, cx, cy in ((hind, 0.5, 0.42), (fore, 0.6, -0.42)):
        vein = (torch.atan2(y + 0.06, u) * 17).sin()
        inside = mask(wing + border, 0.04)
        light = mix(0.08, inside, 0.95 - 0.3 * smooth(0.7, 1.0, vein))
        model.lay(wing, light, thick=0.08, tint=0.0, shade=0.5)
        dots = mask(radius(u - cx, y - cy) - 0.12, 0.03)
        model.mark(dots * spots, mix(0.1, mask(radius(u - cx, y - cy) - 0.07, 0.03), 1.0), 0.9)
        edge = mask((wing + border * 0.45).abs() - 0.02, 0.02) * smooth(0.0, 0.5, vein)
        model.mark(edge, 0.95, 0.9)
    feelers = bend(u, y, [(0.02, -0.3), (0.12, -0.62), (0.26, -0.8)], [0.022, 0.02, 0.036])
    model.lay(feelers, 0.15, thick=0.03)
    trunk = torch.minimum(limb(x, y, (0.0, -0.2), (0.0, 0.5), 0.085, 0.035), radius(x, y + 0.32) - 0.085)
    model.lay(trunk, 0.35 + 0.15 * (y * 40).sin(), thick=0.1, shade=0.4)
    return model.layer(gloss=0.1)


def _tail(x: Tensor, y: Tensor, lift: Tensor) -> Tensor:
    """The tail of a sitting cat, up at its side."""
    tip = 0.35 - lift
    return bend(x, y, [(0.2, 0.8), (0.6, 0.8), (0.8, 0.55), (0.76, tip)], [0.1, 0.1, 0.095, 0.07])


@framed
def cat(canvas: Canvas) -> Layer:
    """A cat that sits and looks at the viewer."""
    x, y, model = faced(canvas), canvas.y, Model(canvas)
    stripes = canvas.chance(0.5)
    bands = smooth(0.1, 0.6, (y * 30 + 4 * x.abs()).sin()) * 0.5 * stripes
    model.lay(_tail(x, y, canvas.uniform(0.0, 0.5)), 0.85 * (1 - bands), thick=0.12)
    fat = canvas.uniform(0.38, 0.46)
    body = limb(x, y, (0.0, 0.52), (0.0, -0.1), fat, 0.26)
    flank = bands * smooth(0.14, 0.24, x.abs())
    model.lay(body, 0.95 * (1 - flank), thick=0.35, shade=0.4)
    model.mark(mask(disc(x, y - 0.12, 0.16, 0.3), 0.1), 1.0, 0.7 * canvas.chance(0.5))
    leg = limb(x.abs(), y, (0.13, 0.1), (0.14, 0.8), 0.1, 0.1)
    paw = disc(x.abs() - 0.15, y - 0.86, 0.15, 0.09)
    model.lay(join(leg, paw, 0.08), 0.95, thick=0.12, rise=0.16, shade=0.5)
    x, y = turn(x - canvas.uniform(-0.06, 0.06), y + 0.44, canvas.uniform(-0.18, 0.18))
    u = x.abs()
    ear = corner(u, y, [(0.08, -0.24), (0.32, -0.54), (0.36, -0.05)]) - 0.02
    model.lay(ear, 0.9, thick=0.06, rise=0.1)
    model.add(corner(u, y, [(0.16, -0.26), (0.29, -0.44), (0.31, -0.18)]), 0.5, tint=0.6)
    head = join(disc(x, y, 0.37, 0.3), disc(u - 0.2, y - 0.12, 0.17, 0.13), 0.1)
    brow = smooth(0.2, 0.5, (u * 38).cos()) * smooth(-0.1, -0.2, y) * 0.5 * stripes
    model.lay(head, 1 - brow, thick=0.3, rise=0.15, shade=0.5)
    eye = disc(u - 0.15, y + 0.03 + 0.25 * (u - 0.15), 0.095, 0.08)
    model.line(eye - 0.018, 0.05)
    model.mark(mask(eye, 0.025), 1.0, 1.0, glow=0.8)
    model.line(disc(u - 0.145, y + 0.03, 0.032, 0.085), 0.02)
    model.add(disc(u - 0.06, y - 0.15, 0.09, 0.065), 1.0, thick=0.06)
    model.add(corner(x, y, [(-0.06, 0.07), (0.06, 0.07), (0.0, 0.14)]) - 0.01, 0.3, tint=0.7)
    model.line(torch.maximum((y - 0.19 + 0.6 * (u - 0.06).abs()).abs() - 0.012, u - 0.12), 0.1)
    hair = ((y - 0.14) - (u - 0.1) * 0.18).abs() - 0.01
    hairs = torch.minimum(hair, ((y - 0.1) + (u - 0.1) * 0.12).abs() - 0.01)
    model.lay(torch.maximum(hairs, (u - 0.33).abs() - 0.2), 1.0, thick=0.02, rise=0.2, glow=0.6, tint=0.0)
    return model.layer(gloss=0.05)


def _horse_legs(model: Model, x: Tensor, y: Tensor, stride: Tensor, light: float) -> None:
    """One fore and one hind leg, `stride` forward."""
    s = stride
    fore = bend(x, y, [(-0.34, 0.1), (-0.36 - s * 0.6, 0.48), (-0.36 - s, 0.88)], [0.15, 0.07, 0.05])
    hind = bend(x, y, [(0.42, 0.05), (0.54 + s * 0.5, 0.44), (0.46 + s, 0.88)], [0.2, 0.07, 0.05])
    hoof = torch.maximum(torch.minimum(fore, hind) - 0.015, 0.82 - y)
    model.lay(torch.minimum(fore, hind), light, thick=0.12)
    model.lay(torch.maximum(hoof, y - 0.92), 0.15, thick=0.06)


@framed
def horse(canvas: Canvas) -> Layer:
    """A horse from the side."""
    x, y, model = faced(canvas), canvas.y, Model(canvas)
    stride = canvas.uniform(-0.14, 0.14)
    tail = bend(x, y, [(0.6, -0.12), (0.8, 0.08), (0.82, 0.5)], [0.07, 0.11, 0.03])
    model.lay(tail, 0.3 + 0.1 * (x * 50).sin(), thick=0.1, tint=0.4)
    _horse_legs(model, x, y, stride - 0.02, 0.5)
    nod = canvas.uniform(-0.1, 0.08)
    px, py = -0.66 - 0.5 * nod, -0.62 + nod
    neck = limb(x, y, (-0.34, -0.08), (px, py), 0.24, 0.13)
    barrel = limb(x, y, (-0.28, 0.02), (0.42, -0.02), 0.26, 0.25)
    head = bend(x, y, [(px, py), (px - 0.14, py + 0.14), (px - 0.28, py + 0.34)], [0.14, 0.12, 0.085])
    model.lay(torch.minimum(limb(x, y, (px + 0.03, py - 0.1), (px + 0.02, py - 0.27), 0.06, 0.015), head), 0.95)
    body = join(join(barrel, neck, 0.2), head, 0.06)
    model.lay(body, 0.95, thick=0.26)
    _horse_legs(model, x, y, -stride, 0.9)
    model.lay(torch.maximum(join(barrel, neck, 0.2), -y - 2), 0.95, thick=0.26)
    mane = limb(x, y, (-0.16, -0.26), (px + 0.1, py - 0.12), 0.07, 0.09)
    model.lay(mane, 0.3 + 0.12 * ((x - y) * 40).sin(), thick=0.08, rise=0.05, tint=0.4, shade=0.3)
    model.line(disc(x - px + 0.09, y - py - 0.03, 0.035, 0.03), 0.02)
    model.line(disc(x - px + 0.31, y - py - 0.34, 0.025, 0.02), 0.05)
    return model.layer(gloss=0.25)


@framed
def elephant(canvas: Canvas) -> Layer:
    """An elephant from the side with its trunk, ear and tusk."""
    x, y, model = faced(canvas), canvas.y, Model(canvas)
    stride = canvas.uniform(-0.08, 0.08)
    model.lay(bend(x, y, [(0.8, 0.0), (0.94, 0.25), (0.93, 0.5)], [0.04, 0.03, 0.05]), 0.5)
    far = torch.minimum(
        limb(x, y, (-0.12, 0.3), (-0.08 + stride, 0.84), 0.16, 0.13),
        limb(x, y, (0.5, 0.3), (0.46 - stride, 0.84), 0.16, 0.13),
    )
    model.lay(torch.maximum(far, y - 0.9), 0.45, thick=0.15)
    near = torch.minimum(
        limb(x, y, (-0.24, 0.2), (-0.28 - stride, 0.84), 0.2, 0.15),
        limb(x, y, (0.62, 0.2), (0.66 + stride, 0.84), 0.24, 0.15),
    )
    trunk_x, lift = canvas.uniform(-0.1, 0.05), canvas.uniform(0.0, 0.5)
    path: list[Point] = [(-0.72, -0.2), (-0.86, 0.15), (-0.86 + trunk_x, 0.5), (-0.98 + trunk_x, 0.72 - lift * 0.4)]
    trunk = bend(x, y, path, [0.2, 0.13, 0.095, 0.07])
    barrel = limb(x, y, (-0.05, 0.0), (0.46, 0.02), 0.44, 0.4)
    head = radius(x + 0.58, y + 0.3) - 0.3
    whole = join(join(barrel, head, 0.2), torch.maximum(near, y - 0.9), 0.06)
    model.lay(whole, 0.9, thick=0.36, shade=0.4)
    wrinkles = 0.08 * (y * 38).sin() * smooth(0.0, 0.2, y)
    model.lay(join(trunk, head, 0.12), 0.92 + wrinkles, thick=0.24, rise=0.04)
    model.line(torch.maximum((y - 0.86).abs() - 0.035, near + 0.03), 1.0)
    model.lay(bend(x, y, [(-0.68, 0.06), (-0.8, 0.3), (-0.98, 0.32)], [0.055, 0.05, 0.02]), 1.0, tint=0.9, shade=0.3)
    big = canvas.uniform(0.9, 1.1)
    ear = join(disc(x + 0.3, y + 0.22, 0.27 * big, 0.38 * big), disc(x + 0.34, y - 0.1, 0.16, 0.2), 0.1)
    model.lay(ear, 0.8, thick=0.12, rise=0.26, shade=0.6)
    _eye(model, x + 0.7, y + 0.34, 0.05)
    return model.layer(gloss=0.1)


def _serpentine(x: Tensor, y: Tensor, high: Tensor, often: Tensor, start: Tensor) -> tuple[Tensor, Tensor]:
    """Where on a wave (its x, -0.72..0.85) each point comes nearest to it, and how near."""
    at = x
    for _ in range(3):
        angle = often * at + start
        off, slope = y - high * angle.sin(), high * often * angle.cos()
        at = (at + ((x - at) + off * slope) / (1 + slope**2)).clamp(-0.72, 0.85)
    return at, radius(x - at, y - high * (often * at + start).sin())


@framed
def snake(canvas: Canvas) -> Layer:
    """A snake that winds over the ground, seen from above, with a forked tongue."""
    x, y = turn(faced(canvas), canvas.y, canvas.uniform(-0.4, 0.4))
    model, high, often = Model(canvas), canvas.uniform(0.24, 0.32), canvas.uniform(6.6, 8.0)
    start = canvas.uniform(4.4, 5.4)
    at, near = _serpentine(x, y, high, often, start)
    body = near - 0.12 * smooth(0.95, 0.1, at) * (0.75 + 0.25 * smooth(-0.72, -0.3, at)) - 0.02
    rings = canvas.chance(0.5)
    wave = (at * canvas.uniform(26, 34)).cos()
    pattern = torch.where(rings, smooth(-0.1, 0.2, wave), mask(near * 9 - 0.7 - 0.6 * wave, 0.3))
    model.lay(body, mix(0.95, pattern, 0.35), thick=0.17, tint=0.9 * pattern, shade=0.3)
    hy, slope = high * (start - 0.72 * often).sin(), high * often * (start - 0.72 * often).cos()
    u, v = turn(x + 0.72, y - hy, torch.atan(slope))
    tongue = torch.maximum((v.abs() - 0.25 * (-u - 0.36).clamp(min=0)).abs() - 0.018, (u + 0.3).abs() - 0.16)
    model.lay(tongue, 0.8, tint=0.9, thick=0.03)
    head = join(disc(u + 0.08, v, 0.22, 0.15), disc(u + 0.02, v, 0.12, 0.17), 0.06)
    model.lay(head, 0.95, thick=0.17, shade=0.4)
    _eye(model, u + 0.12, v.abs() - 0.09, 0.05)
    return model.layer(gloss=0.4)


def spider(canvas: Canvas) -> Sketch:
    """A spider in the middle of its web."""
    size = canvas.near_far(1.0, 0.72)
    x, y = canvas.x - canvas.uniform(-0.2, 0.2), canvas.y - canvas.uniform(-0.2, 0.2)
    back = 0.08 + 0.28 * noise(canvas, 2) * smooth(2.6, 0.2, radius(x, y))
    rays = (canvas.random(1, 1) * 5).floor() + 11
    far = radius(x, y) / size
    angle = (torch.atan2(y, x) + canvas.uniform(0, 6)) * rays / (2 * math.pi)
    fold = (angle % 1 - 0.5).abs()
    spoke = (0.5 - fold) * 2 * math.pi / rays * far - 0.012 / size
    # Between two spokes a thread hangs towards the middle.
    sag = far * (1 + 0.2 * (0.5 - fold))
    gap = canvas.uniform(0.14, 0.18)
    ring = ((sag / gap) % 1 - 0.5).abs() * gap - 0.009 / size
    web = torch.maximum(mask(spoke, 0.03), mask(torch.where(far < 0.2, 1.0, ring), 0.03) * 0.85)
    light = over(back, web * (0.85 + 0.15 * (far * 3 + x).sin()), 0.92)
    tint = over(canvas.full(1.0), web, 0.85)
    own = canvas.inside(canvas.x - x, canvas.y - y, size * canvas.uniform(0.52, 0.62), canvas.uniform(-0.6, 0.6))
    distance, height, shine = _spider(own)
    on = mask(distance, 0.03)
    light = light * (1 - 0.5 * mask(distance - 0.06, 0.2))
    shade = lit(canvas, height * size * 0.55, 0.2, 0.6) * shine
    return Sketch(over(light, on, shade).clamp(0, 1), over(tint, on, 0.0))


def _spider(own: Canvas) -> tuple[Tensor, Tensor, Tensor]:
    """A spider from above in its own frame: distance, height and own brightness."""
    u, y = own.x.abs(), own.y
    legs = None
    for index, (knee, foot) in enumerate((((0.5, -0.62), (0.5, -1.05)), ((0.66, -0.32), (0.98, -0.5)),
                                          ((0.66, 0.16), (0.98, 0.42)), ((0.48, 0.42), (0.56, 1.05)))):  # fmt: skip
        stir = own.uniform(-0.06, 0.06)
        root = -0.24 + 0.07 * index
        leg = bend(u, y, [(0.1, root), (knee[0] + stir, knee[1]), (foot[0], foot[1] + stir)], [0.06, 0.055, 0.03])
        legs = leg if legs is None else torch.minimum(legs, leg)
    assert legs is not None
    rear, chest = disc(u, y - 0.3, 0.3, 0.4), disc(u, y + 0.2, 0.2, 0.22)
    trunk = join(rear, chest, 0.05)
    cross = torch.minimum(box(u, y - 0.26, 0.04, 0.2), box(u, y - 0.2, 0.13, 0.04))
    shine = over(over(own.full(0.75), mask(trunk, 0.03), 0.9), mask(cross, 0.04) * own.chance(0.6), 0.1)
    height = torch.maximum(dome(legs, 0.06), dome(trunk, 0.3))
    return torch.minimum(legs, trunk), height, shine


SUBJECTS = (
    Subject(
        "bird",
        ("a bird", "a small bird", "a songbird", "a sparrow", "a robin", "a perched bird"),
        ("a finch", "a canary bird"),
        (("brown", "sand coloured"), ("blue", "yellow"), ("red", "grey"), ("yellow", "green")),
        thing=bird,
    ),
    Subject(
        "fish",
        ("a fish", "a swimming fish", "a goldfish", "a scaly fish", "a trout", "a carp"),
        ("a herring", "a salmon"),
        (("orange", "blue"), ("grey", "turquoise"), ("blue", "yellow")),
        thing=fish,
        stands=False,
    ),
    Subject(
        "butterfly",
        ("a butterfly", "a moth", "butterfly wings", "a fluttering butterfly", "a colourful butterfly"),
        ("a monarch", "a winged insect"),
        (("orange", "white"), ("blue", "sand coloured"), ("yellow", "green"), ("purple", "pink")),
        thing=butterfly,
        stands=False,
    ),
    Subject(
        "cat",
        ("a cat", "a kitten", "a sitting cat", "a house cat", "a striped cat", "a tabby"),
        ("a feline", "a tomcat"),
        (("grey", "green"), ("orange", "green"), ("black", "yellow"), ("white", "blue")),
        thing=cat,
    ),
    Subject(
        "horse",
        ("a horse", "a pony", "a standing horse", "a mare", "a stallion", "a riding horse"),
        ("a foal", "a steed"),
        (("brown", "green"), ("white", "sand coloured"), ("black", "grey")),
        thing=horse,
    ),
    Subject(
        "elephant",
        ("an elephant", "a big elephant", "a tusked elephant", "an african elephant", "an elephant calf"),
        ("a mammoth", "a pachyderm"),
        (("grey", "sand coloured"), ("grey", "green"), ("brown", "white")),
        thing=elephant,
    ),
    Subject(
        "snake",
        ("a snake", "a serpent", "a winding snake", "a viper", "a python", "a patterned snake"),
        ("a cobra", "an adder"),
        (("green", "yellow"), ("brown", "sand coloured"), ("red", "black"), ("yellow", "brown")),
        thing=snake,
        stands=False,
    ),
    Subject(
        "spider",
        ("a spider", "a spider in its web", "a spider web", "a cobweb", "a spider with eight legs", "a tarantula"),
        ("an arachnid", "gossamer"),
        (("black", "grey"), ("brown", "blue"), ("black", "white")),
        scene=spider,
    ),
)
