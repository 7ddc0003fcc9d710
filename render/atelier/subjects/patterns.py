"""Subjects that repeat: church glass, maps and brick walls."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from render.atelier.canvas import Canvas, Sketch, mask, over, radius, segment, smooth, turn
from render.atelier.noise import fractal, hash_noise, noise
from render.atelier.relief import box, dome, limb, lit
from render.atelier.subject import Subject


def _again(x: Tensor, every: Tensor | float) -> Tensor:
    """A coordinate that repeats, -every/2..every/2, where the period may differ from sheet to sheet."""
    return x - every * (x / every).round()


@dataclass(frozen=True)
class _Glass:
    """A window, each (B, H, W): signed distance of its opening, distance from its leads, value and tint of panes."""

    opening: Tensor
    lead: Tensor
    value: Tensor
    tint: Tensor


def _pointed(canvas: Canvas, salt: Tensor) -> _Glass:
    """Tall windows under pointed arches: medallions in a field of diamonds within a border."""
    many = canvas.chance(0.4)
    half = torch.where(many, canvas.uniform(0.27, 0.36), canvas.uniform(0.52, 0.68) * canvas.near_far(1.0, 0.85))
    step = torch.where(many | torch.tensor(canvas.wide > 1.3, device=canvas.device), 2.5 * half, 4.0)
    x, side = _again(canvas.x, step), (canvas.x / step).round()
    tall = (3.4 * half).clamp(max=0.88 * canvas.high)
    sill, bend = tall, canvas.uniform(0.6, 1.2) * half
    spring = -tall + (half**2 + 2 * half * bend).sqrt()
    y, across = canvas.y, x.abs()
    arch = radius(across + bend, y - spring) - half - bend
    opening = torch.maximum(torch.where(y < spring, arch, across - half), y - sill)
    border = opening + 0.2 * half
    rows = y / half * 2.4
    beads = ((rows % 1) - 0.5).abs() * half / 2.4
    size = 0.62 * half
    u, v = (across * 1.7 + y) / size, (across * 1.7 - y) / size
    diamond = torch.minimum(0.5 - (u % 1 - 0.5).abs(), 0.5 - (v % 1 - 0.5).abs()) * size * 0.5
    every = 1.5 * half
    level = (y - spring) / every
    down = _again(y - spring, every)
    disc = radius(x, down) - 0.56 * half
    inner = radius(x, down) - 0.2 * half
    cross = torch.where(inner < 0, canvas.full(1.0), torch.minimum(across, down.abs()))
    medal = torch.minimum(torch.minimum(disc.abs(), inner.abs()), cross)
    in_border, in_disc = border > 0, disc < 0
    lead = torch.where(in_border, beads, torch.where(in_disc, medal, torch.minimum(diamond, disc.abs())))
    lead = torch.minimum(torch.minimum(lead, border.abs()), opening.abs())
    field = hash_noise(u.floor() + 7 * side, v.floor(), salt)
    quarter = hash_noise(level.round() + 3 * side, (inner < 0) * 5.0 + (down > 0) * 1.0, salt + 2)
    value = torch.where(in_border, hash_noise(rows.floor(), side, salt + 1), torch.where(in_disc, quarter, field))
    tint = torch.where(in_border, 1.0, torch.where(in_disc, (inner < 0) * 1.0, (field > 0.62) * 1.0))
    return _Glass(opening, lead, value, tint)


def _rose(canvas: Canvas, salt: Tensor) -> _Glass:
    """A round window: petals around a centre, a wreath of small rounds and a border."""
    size = canvas.near_far(0.92, 0.74) * canvas.uniform(0.92, 1.0)
    x, y = canvas.x / size, canvas.y / size
    petals = 8 + 2 * (canvas.uniform(0, 3)).floor()
    r = radius(x, y)
    a = (torch.atan2(y, x) / (2 * math.pi) + 1.25) * petals
    edge, sector = ((a % 1) - 0.5).abs(), a.floor() % petals
    spoke = (0.5 - edge) * 2 * math.pi * r / petals
    b = (a + 0.5) % petals
    angle = ((b % 1) - 0.5) * 2 * math.pi / petals
    wide = 0.8 * math.pi * 0.74 / petals
    round_ = radius(r * angle.cos() - 0.74, r * angle.sin()) - wide.clamp(max=0.15)
    centre, ring, rim = r < 0.22, r < 0.58, r > 0.9
    lead = torch.minimum((r - 0.22).abs(), torch.minimum((r - 0.58).abs(), (r - 0.9).abs()))
    core = torch.where(centre, radius(x, y) - 0.1, canvas.full(1.0)).abs()
    wreath = torch.where(ring | rim, canvas.full(1.0), round_.abs())
    rays = torch.where(centre | ((r > 0.58) & ~rim), canvas.full(1.0), spoke)
    lead = torch.minimum(torch.minimum(lead, core), torch.minimum(wreath, rays)) * size
    even = (sector % 2 < 0.5) * 1.0
    bead = (round_ < 0) * 1.0
    value = hash_noise(torch.where(centre, 0.0, sector), torch.where(ring, 1.0, torch.where(rim, 2.0, 3 + bead)), salt)
    tint = torch.where(centre, (r < 0.1) * 1.0, torch.where(ring, even, torch.where(rim, 1 - even, 1 - bead)))
    value = torch.where(ring | rim | (bead > 0), value, 0.3 * value - 0.1)
    return _Glass((r - 1) * size, torch.minimum(lead, (r - 1).abs() * size), value, tint)


def stained_glass(canvas: Canvas) -> Sketch:
    """A church window of coloured panes between dark leads, bright in a dark wall."""
    salt, round_ = canvas.uniform(0, 9), canvas.chance(0.4)
    pointed, rose = _pointed(canvas, salt), _rose(canvas, salt)
    opening, lead, value, tint = (
        torch.where(round_, getattr(rose, part), getattr(pointed, part))
        for part in ("opening", "lead", "value", "tint")
    )
    glow = 1.15 - 0.35 * radius((canvas.x - canvas.uniform(-0.4, 0.4)) / canvas.wide, canvas.y / canvas.high + 0.3)
    panes = smooth(0.01, 0.035, lead) * (0.42 + 0.56 * value) * glow * (0.85 + 0.3 * noise(canvas, 14))
    wall = 0.05 + 0.1 * fractal(canvas, 7, 3) + 0.22 * torch.exp(-5 * opening.clamp(min=0))
    rim = opening - 0.075
    frame = lit(canvas, dome((rim + 0.035).abs() - 0.04, 0.05), 0.15) * 0.62
    light = over(over(wall, mask(rim, 0.02), frame), mask(opening, 0.02), panes)
    return Sketch(light.clamp(0, 1), over(canvas.full(1.0), mask(opening), tint))


def street_map(canvas: Canvas) -> Sketch:
    """A folded town map: blocks between streets, parks, a river, and a route to a pin."""
    angle, size = canvas.uniform(-0.35, 0.35), canvas.near_far(0.42, 0.29)
    sway = 0.22 * (noise(canvas, 2) - 0.5)
    x, y = turn(canvas.x + sway, canvas.y + 0.6 * sway, angle)
    u, v = x / size + canvas.uniform(0, 3), y / size / 0.8 + canvas.uniform(0, 3)
    salt = canvas.uniform(0, 9)
    column, row = u.floor(), v.floor()
    value = hash_noise(column, row, salt)
    fu, fv = _again(u, 1.0).abs() * size, _again(v, 1.0).abs() * size * 0.8
    alley = torch.where(
        value < 0.4, ((u % 1) - 0.5).abs() * size, torch.where(value < 0.75, ((v % 1) - 0.5).abs(), 1.0)
    )
    wide = torch.minimum(_again(u, 3.0).abs() * size, _again(v, 3.0).abs() * size * 0.8) - 0.028
    street = torch.minimum(torch.minimum(torch.minimum(fu, fv) - 0.02, alley - 0.012), wide)
    park = (hash_noise(column, row, salt + 3) < 0.16) * 1.0
    blocks = over(
        0.5 + 0.22 * hash_noise(column, row + (v % 1 > 0.5) * 0.5, salt), park, 0.3 + 0.12 * noise(canvas, 20)
    )
    light, tint = over(blocks, mask(street), 0.95), 0.6 * park * (1 - mask(street))
    bank = turn(canvas.x + 3 * sway, canvas.y + 2 * sway, canvas.uniform(-1.2, 1.2))[1] - canvas.uniform(-0.5, 0.5)
    bank = bank.abs() - canvas.uniform(0.09, 0.16)
    river = mask(bank, 0.025) * (1 - mask(wide + 0.004))
    light = over(light, mask(bank - 0.03, 0.05) * (1 - mask(wide)), 0.75)
    light, tint = over(light, river, 0.42 + 0.1 * noise(canvas, 9, 3)), over(tint, river, 1.0)
    middle = turn(canvas.uniform(-0.3, 0.3) * canvas.wide, canvas.uniform(-0.15, 0.35) * canvas.high, angle)
    du, dv = (
        u - (middle[0] / size + (u - x / size)).round(),
        v - (middle[1] / size / 0.8 + (v - y / size / 0.8)).round(),
    )
    light, tint = _route(canvas, du * size, dv * size * 0.8, size, angle, (light, tint))
    leaf = canvas.x / canvas.wide * round(1.6 * canvas.wide) + 0.5
    crease = mask(_again(leaf, 1.0).abs() * 0.5 - 0.008, 0.03)
    folds = 1 - 0.14 * (leaf % 2 > 1).float() * (leaf % 1) - 0.2 * crease
    return Sketch((light * folds).clamp(0, 1), tint)


def _route(
    canvas: Canvas, x: Tensor, y: Tensor, size: float, angle: Tensor, below: tuple[Tensor, Tensor]
) -> tuple[Tensor, Tensor]:
    """Light and tint with a dark route along streets that ends at a pin, at the origin of (x, y)."""
    light, tint = below
    side = torch.where(canvas.chance(0.5), 1.0, -1.0)
    first, second = side * size, side * size * 8
    rise = 0.8 * size * (1 + canvas.uniform(0, 2).floor()) * torch.where(canvas.chance(0.5), 1.0, -1.0)
    path = torch.minimum(segment(x, y, (0.0, 0.0), (first, 0.0)), segment(x, y, (first, 0.0), (first, rise)))
    path = torch.minimum(path, segment(x, y, (first, rise), (second, rise)))
    trail = mask(path - 0.026, 0.02)
    light, tint = over(light, trail, 0.12), over(tint, trail, 1.0)
    px, py = turn(x, y, -angle)
    big = canvas.near_far(0.2, 0.15)
    px, py = px / big, py / big
    fall = mask(limb(px - py * 0.5, py * 1.3, (0.0, 0.0), (0.0, -1.9), 0.05, 0.7), 0.6)
    drop = limb(px, py, (0.0, 0.0), (0.0, -2.0), 0.05, 1.0)
    hole = mask(radius(px, py + 2.0) - 0.42, 0.12)
    body = over(0.62 - 0.3 * px, hole, 0.98)
    light = over(light * (1 - 0.5 * fall), mask(drop, 0.12), body)
    return light, over(tint, mask(drop, 0.12), 0.9 * (1 - hole))


def bricks(canvas: Canvas) -> Sketch:
    """A wall of bricks in courses, each its own shade, with mortar between; a shadow may fall across it."""
    high = canvas.near_far(0.25, 0.15) * canvas.uniform(0.85, 1.15)
    wide, joint = high * canvas.uniform(2.0, 2.5), 0.12 * high
    start = canvas.uniform(0, 1)
    row = ((canvas.y + start) / high).floor()
    v = _again(canvas.y + start - (row + 0.5) * high, high)
    u = canvas.x / wide + 0.5 * (row % 2) + canvas.uniform(0, 1)
    column = u.floor()
    salt = canvas.uniform(0, 9)
    value = hash_noise(column, row, salt)
    edge = box((u % 1 - 0.5) * wide, v, wide / 2 - joint, high / 2 - joint, 0.02)
    edge = edge + 0.02 * (noise(canvas, 24) - 0.5)
    rough = 0.012 * fractal(canvas, 20, 2)
    brick = mask(edge, 0.02)
    shade = lit(canvas, 0.6 * dome(edge, 0.035) + rough * brick, 0.4)
    mortar = 0.85 - 0.2 * noise(canvas, 10) - 0.35 * mask(edge - 0.015 + 0.5 * v, 0.03)
    light = over(mortar, brick, shade * (0.34 + 0.42 * value))
    light = light * (0.8 + 0.35 * smooth(-1.0, 1.0, noise(canvas, 2) * 2 - 1))
    dusk = smooth(-0.05, 0.05, canvas.x * canvas.uniform(-1, 1) + canvas.y * 0.6 - canvas.uniform(0.1, 0.9))
    light = light * (1 - 0.5 * dusk * canvas.chance(0.5))
    return Sketch(light.clamp(0, 1), 1 - brick)


SUBJECTS = (
    Subject(
        "glass",
        (
            "stained glass",
            "a stained glass window",
            "a church window",
            "a cathedral window",
            "leaded glass",
            "a rose window",
        ),
        ("vitrail", "chapel"),
        (("blue", "red"), ("red", "yellow"), ("green", "blue"), ("purple", "yellow")),
        scene=stained_glass,
    ),
    Subject(
        "map",
        ("a map", "a city map", "a street map", "an atlas", "streets from above", "a map with a route"),
        ("cartography", "a city plan"),
        (("sand coloured", "blue"), ("white", "blue"), ("sand coloured", "red")),
        scene=street_map,
    ),
    Subject(
        "bricks",
        ("a brick wall", "bricks", "a wall of bricks", "brickwork", "a wall", "rows of bricks"),
        ("masonry", "a stone wall"),
        (("red", "grey"), ("brown", "white"), ("orange", "sand coloured"), ("white", "grey")),
        scene=bricks,
    ),
)
