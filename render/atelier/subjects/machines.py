"""Subjects that work by themselves: gears, circuits, robots and light bulbs."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from render.atelier.canvas import Canvas, Layer, Sketch, mask, over, radius, smooth, turn
from render.atelier.noise import fractal, hash_noise, noise
from render.atelier.relief import box, dome, join, limb, lit
from render.atelier.subject import Subject
from render.atelier.subjects.model import Model, bar, bend, disc, fold, framed, mix

_TURN = 2 * math.pi


def _gear(x: Tensor, y: Tensor, size: Tensor, teeth: Tensor, phase: Tensor, tooth: float) -> tuple[Tensor, Tensor]:
    """Signed distance of a gear wheel with openings between its spokes, and the height of its face."""
    r, angle = radius(x, y), torch.atan2(y, x)
    wave = ((angle - phase) * teeth).cos() * 1.5
    rim = r - size - 0.5 * tooth * wave.clamp(-1, 1)
    along, across = fold(*turn(x, y, phase), 5.0)
    ring = (r - size * 0.52).abs() - size * 0.2
    holes = torch.maximum(ring, size * 0.13 - across.abs()) * (size > 3.2 * tooth)
    hole = torch.where(size > 3.2 * tooth, holes, r * 0 + 1.0)
    body = torch.maximum(torch.maximum(rim, -hole), 0.12 * size - r)
    hub = dome(r - size * 0.3, 0.05) + dome((r - size * 0.86).abs() - size * 0.06, 0.03) + 0 * along
    return body, dome(body, 0.05) + hub


def _train_of_gears(canvas: Canvas, tooth: float) -> list[tuple[Tensor, Tensor, Tensor, Tensor, Tensor]]:
    """Centres, sizes, numbers of teeth and phases of gears that mesh, along the sheet and to its sides."""
    module = tooth / 2.4
    count = (canvas.random(1, 1) * 5).floor() + 14
    phase, first = canvas.uniform(0, 6), count * module
    gears = [(canvas.uniform(-0.2, 0.2), canvas.uniform(-0.2, 0.2), first, count, phase)]
    axis = 0.0 if canvas.wide > canvas.high else math.pi / 2
    start = canvas.uniform(-0.4, 0.4)
    reach = max(canvas.wide, canvas.high)
    chain = max(1, math.ceil((reach - 14 * module) / (25 * module)))
    for side in (0.0, math.pi / 2, math.pi, 1.5 * math.pi):
        x, y, size, teeth, phase = gears[0]
        along = side in (0.0, math.pi)
        for step in range(chain if along else 1):
            bend_ = start if step == 0 else canvas.uniform(-0.5, 0.5)
            angle = axis + side + bend_
            number = (canvas.random(1, 1) * 5).floor() + (8 if not along or step % 2 == 0 else 13)
            phase = angle + math.pi - (math.pi - teeth * (angle - phase)) / number
            gap = size + number * module
            x, y, size, teeth = x + gap * angle.cos(), y + gap * angle.sin(), number * module, number
            gears.append((x, y, size, teeth, phase))
    return gears


def gears(canvas: Canvas) -> Sketch:
    """Metal gear wheels, their teeth in each other's gaps, before a dark plate."""
    tooth = canvas.near_far(0.105, 0.072)
    plate = 0.16 + 0.1 * fractal(canvas, 3, 3)
    height, light, tint = canvas.full(0.0), plate, canvas.full(1.0)
    brushed = 0.08 * (noise(canvas, 40, 0.2) - 0.5)
    for index, (x, y, size, teeth, phase) in enumerate(_train_of_gears(canvas, tooth)):
        distance, face = _gear(canvas.x - x, canvas.y - y, size, teeth, phase, tooth)
        on = mask(distance, 0.02)
        light = light * (1 - 0.6 * mask(distance - 0.03, 0.12))
        light = over(light, on, (0.98 if index % 2 == 0 else 0.78) + brushed)
        height = over(height, on, 0.1 + face)
        tint = over(tint, on, 0.0 if index % 2 == 0 else canvas.uniform(0.0, 0.5))
    return Sketch((light * lit(canvas, height, 0.25, 0.7)).clamp(0, 1), tint)


def circuit(canvas: Canvas) -> Sketch:
    """A circuit board: copper tracks, solder rings and dark chips with bright legs."""
    across = canvas.near_far(8, 13)
    u, v = (canvas.x + canvas.wide) / 2 * across, (canvas.y + canvas.high) / 2 * across
    column, row = u.floor(), v.floor()
    fx, fy = u % 1 - 0.5, v % 1 - 0.5
    salt = canvas.uniform(0, 9)
    flat = hash_noise((column / 3).floor(), row, salt) < 0.5
    upright = hash_noise(column, (row / 3).floor(), salt + 3) < 0.42
    pad = hash_noise(column, row, salt + 5) < 0.2
    track = torch.maximum(mask(fy.abs() - 0.13, 0.1) * flat, mask(fx.abs() - 0.13, 0.1) * upright)
    light = over(0.22 + 0.12 * fractal(canvas, 3, 3), track, 0.66 - 0.3 * (fx + fy))
    ring = mask(radius(fx, fy) - 0.38, 0.1) * pad
    light = over(light, ring, 0.9 - 0.4 * (fx + fy))
    light = over(light, mask(radius(fx, fy) - 0.15, 0.1) * pad, 0.03)
    tint = torch.maximum(track, ring) * 0.9
    chips = round(2 * max(canvas.wide, canvas.high))
    for index in range(chips):
        share = (index + 0.5) / chips * 2 - 1
        long, short = share * max(canvas.wide, canvas.high), canvas.uniform(-0.5, 0.5)
        x, y = (long, short) if canvas.wide > canvas.high else (short, long)
        light, tint = _chip(canvas, light, tint, canvas.x - x, canvas.y - y)
    return Sketch(light.clamp(0, 1), tint)


def _chip(canvas: Canvas, light: Tensor, tint: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """A black chip with two rows of legs laid on the board."""
    half = canvas.uniform(0.2, 0.3) * canvas.near_far(1.3, 0.95)
    high = half * canvas.uniform(0.9, 1.3)
    light = light * (1 - 0.5 * mask(box(x - 0.03, y - 0.05, half + 0.06, high + 0.02), 0.15))
    legs = mask(box(x, y, half + 0.09, high - 0.03), 0.02) * smooth(-0.2, 0.2, (y * 10 * math.pi).sin())
    body = box(x, y, half, high, 0.03)
    face = 0.05 + 0.3 * (lit(canvas, dome(body, 0.05), 0.2, 0.5) - 0.7).clamp(min=0) + 0.06 * smooth(0.3, -0.3, x + y)
    face = over(face, mask(radius(x + half * 0.65, y + high * 0.7) - half * 0.12, 0.02), 0.25)
    on = mask(body, 0.02)
    return over(over(light, legs, 0.9), on, face), over(over(tint, legs, 0.6), on, 0.4)


@framed
def robot(canvas: Canvas) -> Layer:
    """A robot of boxes with shining eyes, an antenna and two claws."""
    x, y, model = canvas.x, canvas.y, Model(canvas)
    u, side = x.abs(), x > 0
    wide, head = canvas.uniform(0.34, 0.44), canvas.uniform(0.27, 0.36)
    model.lay(box(u - 0.19, y - 0.66, 0.09, 0.2, 0.03), 0.6, thick=0.09)
    model.lay(box(u - 0.22, y - 0.85, 0.17, 0.07, 0.05), 0.9, thick=0.08, shade=0.3)
    lift_left, lift_right = canvas.uniform(-0.5, 0.45), canvas.uniform(-0.5, 0.45)
    hand = torch.where(side, lift_right, lift_left)
    elbow = 0.12 + 0.25 * hand
    arm = bend(u, y, [(wide, -0.1), (wide + 0.27, elbow), (wide + 0.36, hand + 0.1)], [0.075, 0.07, 0.07])
    model.lay(arm, 0.6, thick=0.08)
    model.mark(smooth(0.0, 0.4, (y * 45 + u * 30).sin()) * mask(arm), 0.35)
    px, py = u - wide - 0.4, y - hand - 0.1 - 0.1 * hand.sign()
    claw = torch.maximum((radius(px, py) - 0.09).abs() - 0.045, -torch.maximum(px.abs() - 0.06, -py * hand.sign()))
    model.lay(claw, 0.95, thick=0.05, rise=0.05)
    model.lay(box(x, y + 0.26, 0.12, 0.08), 0.45, thick=0.1)
    model.lay(box(x, y - 0.14, wide, 0.38, 0.07), 1.0, thick=0.14, shade=0.4)
    model.add(box(x, y - 0.08, wide - 0.11, 0.2, 0.03), 0.55, tint=0.9)
    model.line(radius(x + 0.12, y - 0.04) - 0.075, 1.0)
    model.line(bar(x, y, (-0.12, 0.04), (-0.08, 0.0), 0.012), 0.05)
    for index in range(3):
        model.mark(mask(radius(x - 0.04 - 0.08 * index, y - 0.18) - 0.03, 0.02), 0.95, 0.3, glow=1.0)
    model.lay(bar(x, y, (0.0, -0.7), (0.0, -0.98), 0.022), 0.6, thick=0.03)
    model.lay(radius(x, y + 1.0) - 0.065, 1.0, tint=0.9, glow=0.5, thick=0.06)
    model.lay(box(u - head - 0.02, y + 0.55, 0.06, 0.09, 0.03), 0.6, thick=0.06)
    model.lay(box(x, y + 0.55, head, 0.24, 0.08), 1.0, thick=0.14, shade=0.4)
    size = canvas.uniform(0.075, 0.1)
    model.line(radius(u - 0.14, y + 0.6) - size - 0.03, 0.1)
    model.mark(mask(radius(u - 0.14, y + 0.6) - size, 0.025), 1.0, 0.9, glow=1.0)
    model.line(radius(u - 0.14, y + 0.6) - size * 0.35, 0.1)
    grille = torch.maximum(box(x, y + 0.4, 0.16, 0.045), 0.014 - ((x * 16) % 1 - 0.5).abs() / 16)
    model.line(grille, 0.08)
    return model.layer(gloss=0.5)


@framed
def light_bulb(canvas: Canvas) -> Layer:
    """A light bulb with its glowing wire and screw cap, upright or hanging."""
    hangs = canvas.chance(0.35)
    x, y = turn(canvas.x, canvas.y, canvas.uniform(-0.15, 0.15))
    y, model = torch.where(hangs, -y, y) - 0.02, Model(canvas)
    fat = canvas.uniform(0.52, 0.6)
    centre = -0.98 + fat
    cord = torch.where(hangs, torch.maximum(x.abs() - 0.03, 0.9 - y), x.abs() + 1)
    model.lay(cord, 0.15, thick=0.03, tint=0.6)
    glass = join(radius(x, y - centre) - fat, limb(x, y, (0.0, centre + 0.2), (0.0, 0.5), fat * 0.75, 0.2), 0.25)
    glass = torch.maximum(glass, y - 0.54)
    on = canvas.chance(0.75).float()
    warm = torch.exp(-2.6 * radius(x, y - centre))
    model.lay(glass, mix(0.55, on, 0.62 + 0.6 * warm), thick=0.55, glow=0.35 + 0.55 * on)
    model.mark(mask(glass.abs() - 0.015, 0.05) * 0.6, 0.3, 0.4)
    stem = limb(x, y, (0.0, 0.5), (0.0, centre + 0.32), 0.1, 0.035)
    model.line(stem, 0.5, 0.3)
    wires = bar(x.abs(), y, (0.03, centre + 0.34), (0.2, centre + 0.04), 0.016)
    model.line(wires, 0.25, 0.5)
    wire = torch.maximum((y - centre - 0.02 - 0.05 * (x * 42).sin()).abs() - 0.025, x.abs() - 0.21)
    model.mark(mask(wire, 0.03), mix(0.15, on, 1.0), 0.0, glow=1.0)
    model.mark(mask(disc(x + fat * 0.5, y - centre + fat * 0.4, 0.07, 0.16), 0.05) * 0.8, 1.0, 0.0, glow=1.0)
    ridge = 0.018 * (y * 55 + x * 4).sin()
    model.lay(torch.maximum(x.abs() - 0.21 - ridge, (y - 0.7).abs() - 0.2), 0.85 + 9 * ridge, thick=0.2, tint=0.9)
    model.lay(torch.maximum(disc(x, y - 0.9, 0.14, 0.1), 0.89 - y), 0.2, thick=0.08, tint=0.6)
    model.halo(radius(x, y - centre) - fat, 0.25, 0.5)
    return model.layer(gloss=0.5)


SUBJECTS = (
    Subject(
        "gears",
        ("gears", "a machine", "machinery", "gear wheels", "cogwheels", "interlocking gears", "clockwork"),
        ("cogs", "a mechanism"),
        (("grey", "black"), ("yellow", "brown"), ("grey", "blue"), ("orange", "black")),
        scene=gears,
    ),
    Subject(
        "circuit",
        ("a circuit board", "electronics", "a microchip", "computer chips", "an electronic circuit", "copper tracks"),
        ("motherboard", "technology"),
        (("green", "yellow"), ("green", "sand coloured"), ("blue", "grey")),
        scene=circuit,
    ),
    Subject(
        "robot",
        ("a robot", "an android", "a metal robot", "a toy robot", "a walking robot", "a tin robot"),
        ("a cyborg", "a droid"),
        (("grey", "blue"), ("red", "grey"), ("turquoise", "yellow"), ("grey", "red")),
        thing=robot,
    ),
    Subject(
        "bulb",
        ("a light bulb", "a glowing bulb", "an electric bulb", "a bulb", "an electric light bulb"),
        ("a filament", "an incandescent lamp"),
        (("yellow", "grey"), ("yellow", "blue"), ("orange", "brown"), ("white", "grey")),
        thing=light_bulb,
        stands=False,
    ),
)
