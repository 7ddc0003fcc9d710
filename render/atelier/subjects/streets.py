"""Subjects that lead somewhere: streets, railway tracks, tunnels and bridges."""

from __future__ import annotations

import torch
from torch import Tensor

from render.atelier.canvas import Canvas, Sketch, mask, over, radius, smooth
from render.atelier.march import again, march
from render.atelier.noise import fractal, hash_noise, noise
from render.atelier.relief import box
from render.atelier.subject import Subject


def street(canvas: Canvas) -> Sketch:
    """A street between two rows of gabled houses that runs to a vanishing point."""
    road, bay = canvas.uniform(1.5, 2.1), canvas.near_far(3.4, 2.8)
    salt, steep = canvas.uniform(0, 9), canvas.uniform(0.7, 1.2)

    def house(x: Tensor, z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        index, along = (z / bay).floor(), (z / bay % 1 - 0.5) * bay
        value = hash_noise(index, (x > 0) * 1.0, salt)
        return value, along, 2.5 + 1.5 * value + steep * (bay / 2 - along.abs())

    def distance(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        return torch.minimum(y, torch.maximum(road - x.abs(), (y - house(x, z)[2]) * 0.55))

    eye = (canvas.uniform(-0.5, 0.5), canvas.uniform(1.5, 2.2), 1.2)
    turned = canvas.uniform(-0.16, 0.16)
    seen = march(canvas, distance, eye=eye, pitch=-0.06, turn=turned, zoom=1.05, sight=30.0, steps=34, ambient=0.5)
    value, along, top = house(seen.x, seen.z)
    column = again(along + bay / 6, bay / 3)
    pane = box(column, again(seen.y - 1.75, 1.25), 0.3, 0.38)
    pane = torch.maximum(pane, torch.maximum(1.1 - seen.y, seen.y - top + 0.55))
    door = box(along + bay / 3 - 0.05, seen.y - 0.55, 0.34, 0.6)
    sill = mask(pane - 0.1, 0.06)
    glass = over(canvas.full(0.1), canvas.chance(0.5) & (hash_noise((along * 3 / bay).round(), value, salt) < 0.7), 1.4)
    front = over(over(0.55 + 0.45 * value, sill, 1.1), mask(pane, 0.06), glass)
    front = over(front, mask(door, 0.06), 0.12)
    front = over(front, mask(top - seen.y - 0.2, 0.06), 0.2) * (1 - 0.6 * mask(bay / 2 - along.abs() - 0.06, 0.06))
    facade = mask(road - seen.x.abs() - 0.06, 0.04)
    walk = mask(road - 0.55 - seen.x.abs(), 0.04)
    paving = over(canvas.full(0.5), walk, 0.85) * (1 - 0.5 * mask((seen.x.abs() - road + 0.55).abs() - 0.05, 0.05))
    light = (0.25 + 0.75 * seen.light) * over(paving, facade, front)
    glow = torch.exp(-1.5 * (canvas.x**2 + (canvas.y + 0.1) ** 2))
    sky = 0.72 + 0.25 * glow - 0.25 * smooth(0.2, -canvas.high, canvas.y) + 0.15 * (fractal(canvas, 2.5, 3, 2) - 0.5)
    tint = over(canvas.full(1.0), facade * seen.hit, mask(torch.minimum(pane, door), 0.06) * 0.8)
    return Sketch(over(sky, seen.hit, light).clamp(0, 1), tint, over(canvas.full(0.5), seen.hit, 0.9 * seen.depth))


def railway(canvas: Canvas) -> Sketch:
    """Railway tracks over sleepers that run straight to the horizon, with poles beside them."""
    horizon = canvas.uniform(-0.3, 0.05) * canvas.high
    down = (canvas.y - horizon).clamp(min=0.004)
    room = canvas.high - horizon
    end = canvas.uniform(-0.35, 0.35)
    lean = (canvas.uniform(-0.25, 0.25) - end) / room
    gauge = canvas.near_far(0.56, 0.36) / room
    u = (canvas.x - end - lean * down) / (gauge * down)
    pair = canvas.chance(0.35)
    u = torch.where(pair & (u > 2.6), u - 5.2, u)
    away = room / down
    sleeper = mask(torch.maximum(((away * 3.6 % 1) - 0.5).abs() - 0.24, (u.abs() - 1.55) * 0.8), 0.1)
    fine = smooth(7.0, 3.5, away)
    stones = 0.42 + 0.25 * (noise(canvas, 22, 2) - 0.5) + 0.12 * smooth(1.0, 6.0, away)
    bed = mask(u.abs() - 2.3 - 0.3 * noise(canvas, 12, 3), 0.3)
    field = 0.3 + 0.3 * fractal(canvas, 6, 3, 4) + 0.12 * smooth(1.0, 6.0, away)
    light = over(field, bed, stones)
    light = over(light, sleeper * (0.25 + 0.75 * fine), 0.1 + 0.1 * noise(canvas, 14, 6))
    wide = 0.1 + 0.012 / (gauge * down)
    rail = mask(((u + 0.06).abs() - 1).abs() - wide - 0.06, 0.06)
    light = over(light, rail, 0.06)
    shine = mask((u.abs() - 1).abs() - wide, 0.05)
    light = over(light, shine, 0.95)
    tint = over(canvas.full(1.0), torch.maximum(bed * 0.3, torch.maximum(sleeper, shine)), 0.0)
    glow = torch.exp(-2 * ((canvas.x - end) ** 2 + (canvas.y - horizon) ** 2))
    sky = 0.62 + 0.35 * glow + 0.25 * (fractal(canvas, 2.5, 4, 2.5) - 0.5)
    hills = horizon - 0.16 * fractal(canvas, 2, 3, 0.2)[:, :1]
    sky = over(sky, mask(hills - canvas.y, 0.02), 0.45)
    ground = mask(horizon - canvas.y, 0.01)
    light, tint = over(sky, ground, light), over(canvas.full(1.0), ground, tint)
    depth = over(canvas.full(0.4), ground, (1 - down / room).clamp(0, 1) ** 4 * 0.6)
    side = torch.where(end > 0, -1.0, 1.0)
    for index in range(6, 0, -1):
        near = room / (index * 1.1 - 0.25)
        size = gauge * near
        x, y = canvas.x - end - lean * near - side * 3.4 * size, canvas.y - horizon - near
        pole = torch.minimum(
            box(x, y + 2.6 * size, 0.1 * size, 2.6 * size), box(x, y + 4.7 * size, 0.85 * size, 0.1 * size)
        )
        cover = mask(pole - 0.004, 0.015)
        light, tint, depth = over(light, cover, 0.08 + 0.05 * index), over(tint, cover, 0.5), over(depth, cover, 0.0)
    return Sketch(light.clamp(0, 1), tint, depth)


def tunnel(canvas: Canvas) -> Sketch:
    """A dark vaulted tunnel with ribs and lamps, and daylight at its end."""
    wide, long, bay = canvas.uniform(1.7, 2.2), canvas.uniform(9.0, 16.0), canvas.near_far(2.6, 1.9)
    centre = canvas.uniform(0.7, 1.1)

    def distance(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        rib = 0.16 * smooth(0.3, 0.2, again(z, bay).abs())
        wall = torch.minimum(wide - rib - radius(x, y - centre), y)
        return torch.maximum(wall, z - long)

    eye = (canvas.uniform(-0.4, 0.4), 1.3, 0.3)
    seen = march(
        canvas, distance, eye=eye, turn=canvas.uniform(-0.1, 0.1), zoom=1.15, sight=24.0, steps=30, ambient=0.6
    )
    floor = mask(seen.y - 0.03, 0.04)
    left = ((long - seen.z) / long).clamp(0, 1)
    day = torch.exp(-4.5 * left)
    lamp = (
        mask(again(seen.z + bay / 2, bay).abs() - 0.3, 0.1)
        * mask(seen.x.abs() - 0.22, 0.06)
        * mask(0.9 + centre - seen.y, 0.1)
    )
    on = canvas.chance(0.6) * 1.0
    pool = torch.exp(-1.6 * again(seen.z + bay / 2, bay) ** 2) * on
    wet = torch.exp(-2.5 * seen.x**2) * floor
    stone = 0.75 + 0.35 * noise(canvas, 10)
    rib = mask(again(seen.z, bay).abs() - 0.26, 0.05) * (1 - floor)
    joint = smooth(0.5, 0.4, ((seen.y * 2.2) % 1 - 0.5).abs()) + floor
    stone = stone * (0.75 + 0.6 * rib) * (0.75 + 0.25 * joint.clamp(max=1))
    light = (0.24 + 0.7 * day + 0.32 * pool) * stone * (0.45 + 1.5 * seen.light) + 0.5 * wet * (0.25 + day)
    light = over(light, lamp * on, 1.0)
    line = mask(seen.x.abs() - 0.07, 0.04) * (again(seen.z, 2.0).abs() < 0.6) * floor
    light = over(light, line * 0.8, 0.95 * (0.4 + 0.6 * left))
    return Sketch(
        over(canvas.full(1.0), seen.hit, light).clamp(0, 1), over(canvas.full(0.9), seen.hit, 0.7 * day * (1 - floor))
    )


def _mirrored(canvas: Canvas, level: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Coordinates of a sheet whose water below `level` shows what stands above it, and where that water is."""
    water = mask(level - canvas.y, 0.01)
    below = (canvas.y - level).clamp(min=0)
    ripple = (0.25 * below).clamp(max=0.09) * (noise(canvas, 7, 5) - 0.5) * 2
    return canvas.x + ripple, torch.where(canvas.y > level, level - 0.9 * below + ripple, canvas.y), water


def bridge(canvas: Canvas) -> Sketch:
    """A stone bridge of round arches over water that mirrors it."""
    level = canvas.high * canvas.uniform(0.2, 0.42)
    x, y, water = _mirrored(canvas, level)
    span = canvas.near_far(0.66, 0.48) * canvas.uniform(0.85, 1.2)
    hump = canvas.uniform(0.0, 0.3) / canvas.wide**2
    rise = span * canvas.uniform(1.15, 1.5)
    deck = level - rise + hump * x**2
    u = x - torch.where(canvas.chance(0.5), span, 0.0)
    u = u - 2 * span * (u / (2 * span)).round()
    half, tall = 0.8 * span, level - deck - 0.36 * span
    r = radius(u / half, (y - level) / tall)
    opening = (r - 1) * torch.minimum(tall, half.expand_as(tall))
    inner = (radius((u - 0.2 * half) / half, (y - level) / tall) - 1) * half
    sky = 0.9 - 0.3 * smooth(0.2, -canvas.high, y) + 0.25 * (fractal(canvas, 2.5, 4, 2.2) - 0.5)
    bank = level - 0.12 - 0.3 * noise(canvas, 2.5)[:, :1] - 0.06 * noise(canvas, 9)[:, :1]
    light = over(sky, mask(bank - y, 0.02), 0.42 + 0.2 * (noise(canvas, 9) - 0.5))
    depth = over(canvas.full(0.35), mask(bank - y, 0.02), 0.5)
    courses = smooth(0.5, 0.36, ((y / span * 9 % 1) - 0.5).abs())
    stone = (0.62 + 0.2 * (fractal(canvas, 9, 3) - 0.5)) * (0.8 + 0.2 * courses)
    ring = mask((opening - 0.06 * span).abs() - 0.06 * span, 0.015)
    wedge = smooth(0.5, 0.3, ((torch.atan2(y - level, u) * 6 % 1) - 0.5).abs())
    stone = over(stone, ring, 0.62 + 0.22 * wedge)
    stone = over(stone, mask((y - deck - 0.14 * span).abs() - 0.02 * span, 0.02), 0.25)
    stone = over(stone, mask(y - deck - 0.12 * span, 0.015), 0.86)
    vault = mask(opening, 0.015) * (1 - mask(inner, 0.02))
    solid = mask(deck - y, 0.015) * (1 - mask(opening, 0.015) * (1 - vault))
    light = over(light, solid, over(stone, vault, 0.12 + 0.2 * smooth(0.0, -1.0, (y - level) / tall)))
    tint, depth = over(canvas.full(1.0), solid, 0.0), over(depth, solid, 0.0)
    sheen = 0.22 * smooth(0.55, 0.8, noise(canvas, 5, 7))
    light = over(light, water, light * 0.68 + sheen * 0.6)
    shore = mask((canvas.y - level).abs() - 0.012, 0.015)
    return Sketch(over(light, shore * 0.6, 0.1).clamp(0, 1), over(tint, water * 0.35, 1.0), depth)


SUBJECTS = (
    Subject(
        "street",
        ("a street", "a street with houses", "a row of houses", "an old town street", "a village street", "an alley"),
        ("a lane", "an avenue"),
        (("sand coloured", "grey"), ("red", "blue"), ("yellow", "blue"), ("white", "brown")),
        scene=street,
    ),
    Subject(
        "railway",
        ("railway tracks", "a railway", "train tracks", "rails to the horizon", "a railway line", "railroad tracks"),
        ("a tramway", "sleepers"),
        (("brown", "green"), ("grey", "orange"), ("brown", "blue")),
        scene=railway,
    ),
    Subject(
        "tunnel",
        (
            "a tunnel",
            "light at the end of a tunnel",
            "an underground tunnel",
            "a dark tunnel",
            "a vault under the ground",
        ),
        ("a subway", "a burrow"),
        (("grey", "yellow"), ("brown", "white"), ("black", "blue"), ("green", "white")),
        scene=tunnel,
    ),
    Subject(
        "bridge",
        (
            "a bridge",
            "a stone bridge",
            "a bridge over a river",
            "an arched bridge",
            "an old bridge",
            "a bridge over water",
        ),
        ("a viaduct", "an aqueduct"),
        (("sand coloured", "blue"), ("grey", "green"), ("brown", "turquoise")),
        scene=bridge,
    ),
)
