"""Subjects further up in a house: attic and stairs."""

from __future__ import annotations

import torch
from torch import Tensor

from render.atelier.canvas import Canvas, Sketch, mask, over, radius, smooth
from render.atelier.march import again, block, march
from render.atelier.subject import Subject
from render.atelier.subjects.interiors import glow, lens, plate, spread, sunlit
from render.atelier.subjects.rooms import on_wall


def attic(canvas: Canvas) -> Sketch:
    """An attic under a pitched roof: rafters, a round window at its end, chests, light that falls on the boards."""
    steep, top, deep = canvas.uniform(1.0, 1.35), canvas.uniform(2.7, 3.2), canvas.near_far(5.0, 6.5)
    high, size = canvas.uniform(1.3, 1.5), canvas.uniform(0.42, 0.55)
    chest, side = canvas.uniform(0.5, 0.9), canvas.chance(0.5).float() * 2 - 1
    slant = (1 + steep**2).sqrt()

    def chests(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        first = block(x * side - chest, y - 0.24, z - 3.0, (0.38, 0.24, 0.28), 0.03)
        second = block(x * side + 0.85, y - 0.2, z - 4.1, (0.3, 0.2, 0.3), 0.03)
        return torch.minimum(
            first, torch.minimum(second, block(x * side + 0.8, y - 0.5, z - 4.1, (0.2, 0.12, 0.2), 0.03))
        )

    def beams(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        under = (top - y - steep * x.abs()) / slant
        rafters = torch.maximum(under - 0.14, again(z, 0.95).abs() - 0.07)
        ties = plate(y - top + 0.85, again(z, 1.9), 0.07, 0.07)
        return torch.minimum(rafters, torch.maximum(ties, -under))

    def distance(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        roof = (top - y - steep * x.abs()) / slant
        shell = torch.minimum(torch.minimum(y, deep - z), roof)
        return torch.minimum(torch.minimum(shell, beams(x, y, z)), chests(x, y, z))

    lit = sunlit(canvas, 0.5 * canvas.sun[:, 0], 0.35, -1.0)
    eye, zoom = (canvas.uniform(-0.3, 0.3), 1.35, 0.0), lens(canvas, canvas.near_far(1.35, 1.1))
    seen = march(lit, distance, eye=eye, pitch=0.02, zoom=zoom, sight=9.0, steps=28, ambient=0.6)
    at = (seen.x, seen.y, seen.z)
    wood, boxes = spread(mask(beams(*at) - 0.03, 0.03)), spread(mask(chests(*at) - 0.03, 0.03))
    pane = radius(seen.x, seen.y - high)
    away = (deep - seen.z).clamp(min=0)
    patch = mask(radius(seen.x + 0.12 * side * away, seen.y + 0.62 * away - high) - size, 0.12)
    light = 0.06 + 0.42 * seen.light + 0.35 * glow(seen, 0.0, high, deep, 1.2) + 0.6 * patch * seen.up.clamp(min=0)
    boards = smooth(0.42, 0.47, (seen.x / 0.4 % 1 - 0.5).abs()) * mask(seen.y - 0.02, 0.02)
    light = over(over(light, boards, light * 0.65), wood, light * 0.55)
    there = on_wall(seen, deep) * (1 - wood) * (1 - boxes)
    cross = torch.minimum(seen.x.abs(), (seen.y - high).abs())
    light = over(light, there * mask(pane - size - 0.09), 0.2)
    glass = there * mask(torch.maximum(pane - size, 0.04 - cross))
    tint = over(over(canvas.full(0.15), boxes, 0.9), glass, 1.0)
    return Sketch(over(light, glass, 1.0).clamp(0, 1), tint, 0.3 * seen.depth)


def _flight(y: Tensor, z: Tensor, rise: float, run: float) -> Tensor:
    """Distance from stairs that climb away from the viewer, the first riser at z = 0."""
    step = (0.5 * (z / run + y / rise)).floor().clamp(min=0)

    def corner(number: Tensor) -> Tensor:
        return torch.maximum(number * run - z, y - (number + 1) * rise)

    return torch.minimum(torch.minimum(y - step * rise, corner(step)), corner(step + 1)) * 0.8


def staircase(canvas: Canvas) -> Sketch:
    """A straight staircase seen from its foot, with banisters on both sides and a bright opening at its top."""
    half, rise, run = canvas.uniform(0.8, 1.0), 0.2, 0.28
    slope, count = rise / run, canvas.near_far(9, 12)
    length = count * run
    start = 1.5

    def rails(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        up = y - (z - start).clamp(0, length) * slope
        out = x.abs() - half
        rail = radius(out, (up - 1.0) * 0.82) - 0.05
        post_ = torch.maximum(plate(out, again(z - start - 0.14, 2 * run), 0.025, 0.025), up - 1.0)
        newel = torch.maximum(plate(out, z - start + 0.05, 0.09, 0.09), y - 1.2)
        ball = radius(radius(out, z - start + 0.05), y - 1.28) - 0.12
        bars = torch.maximum(torch.minimum(rail, post_), start - z)
        return torch.minimum(bars, torch.minimum(newel, ball)) * 0.9

    def distance(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        stairs = torch.maximum(_flight(y, z - start, rise, run), y - count * rise)
        room = torch.minimum(torch.minimum(y, half + 0.45 - x.abs()), start + length + 1.3 - z)
        stairs = torch.maximum(stairs, x.abs() - half - 0.12)
        return torch.minimum(torch.minimum(stairs, room), rails(x, y, z))

    lit = sunlit(canvas, 0.7 * canvas.sun[:, 0], 1.0, -0.25)
    eye, zoom = (canvas.uniform(-0.5, 0.5), 1.7, -0.4), lens(canvas, canvas.near_far(1.6, 1.35))
    seen = march(lit, distance, eye=eye, pitch=-0.05, turn=-0.22 * eye[0], zoom=zoom, sight=9.0, steps=34, ambient=0.55)
    bars = spread(mask(rails(seen.x, seen.y, seen.z) - 0.03, 0.03))
    treads = (
        mask(seen.x.abs() - half - 0.14, 0.03)
        * mask(seen.y - count * rise - 0.05, 0.03)
        * smooth(start - 0.05, start, seen.z)
        * (1 - bars)
    )
    carpet = treads * mask(seen.x.abs() - 0.55 * half, 0.03) * canvas.chance(0.6)
    light = 0.1 + 0.55 * seen.light + 0.3 * treads * seen.up.clamp(min=0)
    light = over(light, bars, light * 0.6)
    end, landing = start + length + 1.3, count * rise
    there = smooth(0.1, 0.03, end - seen.z) * (1 - bars)
    arch = torch.minimum(plate(seen.x, seen.y - landing, 0.5, 1.5), radius(seen.x, seen.y - landing - 1.5) - 0.5)
    light = over(light, there * mask(arch, 0.04), 1.0)
    tint = over(canvas.full(1.0), torch.maximum(bars, treads), 0.15)
    return Sketch(light.clamp(0, 1), over(tint, carpet, 0.0), 0.25 * seen.depth)


SUBJECTS = (
    Subject(
        "attic",
        ("an attic", "a loft", "the room under the roof", "rafters and a round window", "a dusty attic"),
        ("a garret", "a mansard"),
        (("brown", "yellow"), ("brown", "sand coloured"), ("brown", "blue")),
        scene=attic,
    ),
    Subject(
        "staircase",
        ("a staircase", "stairs", "a flight of stairs", "steps going up", "a stairway", "a stairwell"),
        ("a stair", "a banister"),
        (("red", "sand coloured"), ("brown", "white"), ("blue", "sand coloured"), ("white", "grey")),
        scene=staircase,
    ),
)
