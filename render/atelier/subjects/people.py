"""Subjects with standing people: someone alone, two on a journey, in the rain, and crowds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from render.atelier.canvas import Canvas, Sketch, mask, over, radius, smooth
from render.atelier.noise import fractal, hash_noise, noise, warp
from render.atelier.relief import box, dome, join, limb
from render.atelier.subject import Subject
from render.atelier.subjects.bodies import coarse, fine, modelled


@dataclass(frozen=True)
class Figure:
    """A person on the sheet: coverage, light, and tint (clothes 0, skin and hair towards 1)."""

    cover: Tensor
    light: Tensor
    tint: Tensor


def _legs(canvas: Canvas, x: Tensor, y: Tensor) -> Tensor:
    """Signed distance of legs that stand or walk, feet on y = 0."""
    stride, parts = canvas.uniform(0.05, 0.17), []
    for side in (-1, 1):
        lift = 0.05 * canvas.random(1, 1)
        knee = (side * stride * 0.62, -0.46 - lift)
        ankle = (side * stride * 1.05, -0.06 - lift)
        shank = torch.minimum(
            limb(x, y, (side * 0.08, -0.86), knee, 0.115, 0.085), limb(x, y, knee, ankle, 0.085, 0.06)
        )
        shoe = limb(x, y, ankle, (side * (stride * 1.05 + 0.06), -0.035 - lift), 0.055, 0.05)
        parts.append(torch.minimum(shank, shoe))
    return torch.minimum(parts[0], parts[1])


def _arms(canvas: Canvas, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Signed distances of two sleeves and of their hands and what they carry: sometimes a suitcase."""
    sleeves, hands = [], []
    for side in (-1, 1):
        elbow, wrist = canvas.uniform(0.25, 0.33), canvas.uniform(0.2, 0.36)
        sleeves.append(limb(x, y, (side * 0.18, -1.34), (side * elbow, -1.05), 0.085, 0.07))
        sleeves.append(limb(x, y, (side * elbow, -1.05), (side * wrist, -0.79), 0.07, 0.055))
        hands.append(radius(x - side * wrist, y + 0.73) - 0.055)
        if side > 0:
            case = box(x - wrist - 0.04, y + 0.5, 0.2, 0.145, 0.03)
            hands.append(torch.where(canvas.chance(0.35), case, 9.0))
    return torch.stack(sleeves).amin(0), torch.stack(hands).amin(0)


def figure(sheet: Canvas, x0: Tensor, foot: Tensor | float, size: Tensor | float, *, behind: bool = False) -> Figure:
    """A standing person of 1.75 `size`s with feet at (x0, foot), seen from the front or from `behind`."""
    canvas = coarse(sheet).inside(x0, foot, size)
    x, y = canvas.x, canvas.y
    hem, flare = canvas.uniform(-0.95, -0.3), canvas.uniform(0.02, 0.16)
    half = 0.15 + 0.06 * smooth(-1.1, -1.36, y) + flare * smooth(-1.1, -0.4, y) + 0.03 * smooth(-1.1, -0.8, y)
    coat = torch.maximum(torch.maximum(x.abs() - half, y - hem), -1.43 - y + 0.35 * x.abs()) * 0.9
    sleeves, hands = _arms(canvas, x, y)
    legs, neck = _legs(canvas, x, y), limb(x, y, (0.0, -1.5), (0.0, -1.36), 0.055, 0.07)
    head = (radius(x / 0.11, (y + 1.585) / 0.14) - 1) * 0.12
    hair = (radius(x / 0.125, (y + 1.61) / 0.15) - 1) * 0.13
    long = box(x, y + 1.5, 0.13, 0.17, 0.06)
    hair = torch.where(canvas.chance(0.4), torch.minimum(hair, long), hair)
    if not behind:
        hair = torch.maximum(hair, -((radius(x / 0.085, (y + 1.54) / 0.13) - 1) * 0.1))
    brim = torch.minimum(box(x, y + 1.66, 0.2, 0.022, 0.02), box(x, y + 1.73, 0.11, 0.075, 0.04))
    hat = torch.where(canvas.chance(0.35), brim, 9.0)
    clothes = torch.maximum(dome(coat, 0.16), dome(legs, 0.08) - 0.02)
    clothes = torch.maximum(clothes, dome(sleeves, 0.07) + 0.08 * mask(sleeves, 0.03))
    skin = torch.minimum(torch.minimum(head, neck), hands)
    height = torch.maximum(clothes, torch.maximum(dome(skin, 0.1), dome(torch.minimum(hair, hat), 0.1) + 0.03))
    shade = modelled(canvas, height, 0.22, 0.1)
    cloth = shade * over(1.0, mask(torch.maximum(legs, hem - y), 0.02), canvas.uniform(0.4, 1.0))
    light = over(cloth * canvas.uniform(0.55, 1.0), mask(skin, 0.03), 0.15 + 0.8 * shade)
    tint = 0.45 * mask(skin, 0.03)
    light, tint = over(light, mask(hair, 0.03), 0.35 * shade), over(tint, mask(hair, 0.03), 0.3)
    light, tint = over(light, mask(hat, 0.03), 0.7 * shade), over(tint, mask(hat, 0.03), 0.0)
    whole = torch.stack([coat, legs, sleeves, skin, hair, hat]).amin(0)
    whole, light, tint = fine(sheet, whole, light, tint)
    return Figure(mask(whole, 0.03), light, tint)


def stand(
    canvas: Canvas, sketch: Sketch, who: Figure, x0: Tensor, foot: Tensor | float, size: float | Tensor
) -> Sketch:
    """`sketch` with a person on it and the long shadow that the person throws on the floor."""
    x, y = (canvas.x - x0) / size, (canvas.y - foot) / size
    fall = limb(x, y, (0.0, 0.02), (-1.3 * canvas.sun[:, 0], 0.3), 0.12, 0.2)
    light = sketch.light * (1 - 0.6 * mask(fall, 0.14) * mask(-y - 0.02, 0.03))
    return Sketch(over(light, who.cover, who.light), over(sketch.tint, who.cover, who.tint), sketch.depth)


def _stage(canvas: Canvas, horizon: Tensor, x0: Tensor, sun: Tensor) -> Sketch:
    """A floor that recedes to `horizon` and bright air behind it, with a low sun where `sun` is true."""
    x, y = canvas.x - x0, canvas.y - horizon
    glow = torch.exp(-0.9 * (x**2 + (y + 0.5) ** 2))
    wall = 0.34 + 0.5 * glow + 0.14 * (fractal(canvas, 2, 2, 2) - 0.5)
    disc = mask(radius(x - canvas.uniform(-0.4, 0.4), y + canvas.uniform(0.1, 0.7)) - canvas.uniform(0.25, 0.5), 0.03)
    wall = over(wall, disc * sun, 1.0)
    away = (y / 1.2).clamp(0, 1)
    floor = 0.34 + 0.3 * torch.exp(-1.5 * x**2) * (1 - 0.5 * away) + 0.1 * (noise(canvas, 3, 9) - 0.5)
    return Sketch(over(wall, mask(-y, 0.03), floor), canvas.full(1.0))


def _foot(canvas: Canvas, size: float) -> Tensor:
    """Where someone of this size stands so that the sheet holds the whole figure, a little below its middle."""
    return canvas.uniform(0.86, 0.92) * size + 0.22 * (canvas.high - 1) + canvas.uniform(-0.5, 1.0) * (1 - size) * 0.2


def person(canvas: Canvas) -> Sketch:
    """One person who stands in bright air, with a long shadow."""
    size = canvas.near_far(1.0, 0.66)
    x0, foot = canvas.uniform(-0.25, 0.25) * canvas.wide, _foot(canvas, size)
    sketch = _stage(canvas, foot - canvas.uniform(0.15, 0.4), x0, canvas.chance(0.3))
    return stand(canvas, sketch, figure(canvas, x0, foot, size), x0, foot, size)


def couple(canvas: Canvas) -> Sketch:
    """Two people, seen from behind, on a road that leads to the horizon."""
    size, middle = canvas.near_far(0.9, 0.58), canvas.uniform(-0.15, 0.15)
    foot = _foot(canvas, size)
    horizon = foot - canvas.uniform(0.35, 0.6) * size - 0.1
    sketch = _stage(canvas, horizon, middle, canvas.chance(0.6))
    hills = horizon - 0.3 * noise(canvas, 3, 0.1).clamp(0, 1) * canvas.uniform(0.0, 1.0)
    ridge = mask(hills - canvas.y, 0.03) * mask(canvas.y - horizon, 0.03)
    light = over(sketch.light, ridge, 0.4)
    down = (canvas.y - horizon).clamp(min=0)
    bend = canvas.uniform(-0.7, 0.7) * torch.exp(-2.5 * down)
    road = mask((canvas.x - middle - bend * (1 - down).clamp(min=0) ** 2 * 0.8).abs() - 0.03 - down * 0.75, 0.05)
    here = road * mask(horizon - canvas.y, 0.03)
    light = over(light * (1 - 0.35 * mask(horizon - canvas.y, 0.03)), here, 0.72 + 0.12 * (noise(canvas, 5, 4) - 0.5))
    air = 0.45 * smooth(0.35, 0.0, down) * mask(horizon - 0.3 - canvas.y, 0.3)
    sketch = Sketch(light, over(sketch.tint, ridge, 0.8), air)
    gap = canvas.uniform(0.27, 0.4) * size
    for side in (-1, 1):
        tall, x0 = size * canvas.uniform(0.85, 1.04), middle + side * gap
        at = foot + canvas.uniform(-0.03, 0.03)
        who = figure(canvas, x0, at, tall, behind=True)
        sketch = stand(canvas, sketch, who, x0, at, tall)
        air = air * (1 - who.cover)
    return Sketch(sketch.light, sketch.tint, air)


def _rows(canvas: Canvas) -> Iterator[tuple[float, float, float]]:
    """Rows of a crowd from the back to the front: where their chins are, the size of a head, and depth 1..0."""
    back, front = -0.32 * canvas.high, canvas.high + 0.25
    first, last = canvas.near_far(0.17, 0.09), canvas.near_far(0.34, 0.2)
    count = max(3, min(11, round((front - back) / (first + last) * 1.35)))
    for row in range(count):
        share = row / (count - 1)
        eased = share * (0.6 + 0.4 * share)
        yield back + (front - back) * eased, first + (last - first) * share, 1 - share


def _heads(canvas: Canvas, chin: Tensor, size: Tensor, shift: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """One row of people of a crowd: coverage, light and tint."""
    step, salt = size * 2.1, canvas.uniform(0, 9)
    place = (canvas.x + shift) / step
    who = place.floor()
    first, second, third = (hash_noise(who, who * 0 + number, salt) for number in range(3))
    x = (place % 1 - 0.5) * step / size + 0.4 * (first - 0.5)
    y = (canvas.y - chin) / size + 0.7 * (second - 0.5)
    head = (radius(x / 0.42, (y + 0.5) / 0.56) - 1) * 0.45
    hair = (radius(x / 0.5, (y + 0.62) / 0.6) - 1) * 0.5
    long = torch.where(third > 0.55, box(x, y + 0.25, 0.48, 0.5, 0.25), 9.0)
    open_face = (radius(x / 0.36, (y + 0.34) / 0.52) - 1) * 0.4
    behind = torch.minimum(hair, long)
    shoulders = join(box(x, y - 1.6, 0.92, 1.4, 0.5), box(x, y, 0.2, 0.4, 0.1), 0.2)
    round_light = 0.5 + 0.9 * canvas.sun[:, 0] * x - 0.25 * x**2
    cloth = (0.15 + 0.6 * first) * (0.55 + 0.6 * round_light) * smooth(3.0, 0.2, y)
    face = (0.5 + 0.45 * second) * (0.45 + 0.75 * round_light) - 0.25 * smooth(-0.15, 0.1, y)
    eyes = mask(radius((x.abs() - 0.16) / 0.1, (y + 0.5) / 0.07) - 1, 0.6)
    lips = mask(radius(x / 0.16, (y + 0.17) / 0.06) - 1, 0.6)
    face = over(face, torch.maximum(eyes * 0.85, lips * 0.6), 0.06)
    light = over(cloth, mask(head, 0.08), face)
    strands = mask(torch.maximum(behind, -open_face), 0.1)
    light = over(light, strands, (0.06 + 0.5 * third**3) * (0.5 + round_light))
    tint = over(over(0.25 * (first > 0.5), mask(head, 0.08), 0.55), strands, 0.8)
    cover = mask(torch.minimum(torch.minimum(shoulders, head), behind), 0.1)
    return cover, light, tint


def crowd(canvas: Canvas) -> Sketch:
    """A crowd that looks at the viewer: rows of heads and shoulders that grow towards the front."""
    half = coarse(canvas)
    level = canvas.uniform(-0.15, 0.15)
    light = 0.55 + 0.35 * torch.exp(-1.2 * (half.x - canvas.uniform(-0.5, 0.5)) ** 2) - 0.1 * fractal(half, 2, 2)
    tint, depth = half.full(1.0), half.full(0.8)
    for chin, size, far in _rows(canvas):
        for beside in (0.0, 0.5):
            shift = (canvas.random(1, 1) * 0.3 + beside) * size * 2.1
            at = chin + level + (beside - 0.25) * 0.5 * size
            cover, shade, colour = _heads(half, at, size * canvas.uniform(0.95, 1.08), shift)
            light = light * (1 - 0.25 * mask(-((half.y - at) / size + 1.3), 0.8))
            light, tint = over(light, cover, shade), over(tint, cover, colour)
            depth = over(depth, cover, 0.75 * far**1.5)
    light, tint, depth = fine(canvas, light, tint, depth)
    return Sketch(light.clamp(0, 1), tint.clamp(0, 1), depth)


def _brolly(canvas: Canvas, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """An open umbrella over the origin: distance, light and its stick."""
    wide, high = canvas.uniform(0.62, 0.78), canvas.uniform(0.34, 0.46)
    across = (x / wide).clamp(-1, 1)
    rib = (across.asin() / 3.1416 * 6 + 0.5) % 1 - 0.5
    rim = 0.07 * (1 - (2 * rib) ** 2) * (1 - 0.4 * across**2)
    canopy = torch.maximum((radius(x / wide, y / high) - 1) * high, y + rim) * 0.9
    stave = 1 - 0.55 * (2 * rib).abs() ** 3
    form = (1 - across**2 - (y / high) ** 2).clamp(min=0).sqrt()
    light = (0.25 + 0.45 * form + 0.45 * canvas.sun[:, 0] * across - 0.3 * y / high) * stave
    stick = torch.minimum(
        limb(x, y, (0.0, 0.0), (0.0, 0.75), 0.02, 0.02), limb(x, y, (0, -high), (0, -high - 0.09), 0.025, 0.012)
    )
    return canopy, light, stick


def umbrella(canvas: Canvas) -> Sketch:
    """A person under an open umbrella in the rain, mirrored by the wet ground."""
    size, x0 = canvas.near_far(0.82, 0.56), canvas.uniform(-0.25, 0.25) * canvas.wide
    foot = 0.72 * size + 0.16 + 0.2 * (canvas.high - 1) + canvas.uniform(-0.06, 0.06)
    glow = torch.exp(-0.8 * ((canvas.x - x0) ** 2 + (canvas.y - foot + size) ** 2))
    light = 0.2 + 0.42 * glow + 0.12 * (fractal(canvas, 3, 3, 0.4) - 0.5)
    sketch = Sketch(light, canvas.full(1.0))
    who = figure(canvas, x0, foot, size, behind=True)
    light, tint = over(light, who.cover, who.light * 0.6), over(sketch.tint, who.cover, 0.85)
    lean = canvas.uniform(-0.25, 0.25)
    over_head = canvas.inside(x0 + 0.2 * size * lean, foot - 1.5 * size, size, lean)
    canopy, shade, stick = _brolly(canvas, over_head.x, over_head.y)
    light = over(light, mask(stick, 0.02), 0.08)
    light, tint = over(light, mask(canopy, 0.025), shade), over(tint, mask(canopy, 0.025), 0.0)
    below = (canvas.y - foot).clamp(min=0)
    ripple = 0.05 * (noise(canvas, 3, 10) - 0.5) * below.clamp(max=0.5) * 4
    wet = mask(foot - canvas.y, 0.03)
    mirrored = warp(canvas, light, ripple, -2 * below)
    light = over(light, wet, 0.62 * mirrored + 0.06 + 0.1 * noise(canvas, 3, 12))
    tint = over(tint, wet, warp(canvas, tint, ripple, -2 * below) * 0.8 + 0.2)
    return Sketch((light + _rain(canvas)).clamp(0, 1), tint)


def _rain(canvas: Canvas) -> Tensor:
    """Bright slanting streaks, a few of them near and thick."""
    total, slant = canvas.full(0.0), canvas.uniform(-0.25, 0.25)
    for across, long in ((9.0, 0.9), (15.0, 0.5)):
        place = (canvas.x + slant * canvas.y + 9) * across / 2
        column = place.floor()
        fall = canvas.y / long + 9 + 7 * hash_noise(column, column * 0 + across, canvas.uniform(0, 9))
        drop = hash_noise(column, fall.floor(), canvas.uniform(0, 9))
        streak = mask((place % 1 - 0.5).abs() - 0.06, 0.12) * smooth(0.0, 0.35, fall % 1) * smooth(0.75, 0.6, fall % 1)
        total = total + 0.4 * streak * (drop > 0.45)
    return total


SUBJECTS = (
    Subject(
        "couple",
        (
            "two people on a journey", "two people", "a couple", "two travellers", "two people on a road",
            "two figures who walk", "lovers",
        ),
        ("companions", "pilgrims"),
        (("brown", "orange"), ("black", "sand coloured"), ("blue", "sand coloured"), ("red", "grey")),
        scene=couple,
    ),
    Subject(
        "person",
        ("a person", "a human figure", "a man", "a woman", "someone alone", "a standing figure", "somebody"),
        ("a stranger", "a passer-by"),
        (("brown", "grey"), ("black", "white"), ("red", "grey"), ("blue", "sand coloured")),
        scene=person,
    ),
    Subject(
        "crowd",
        ("a crowd", "the public", "people", "many people", "an audience", "a crowd of people", "a mass of heads"),
        ("spectators", "a mob"),
        (("brown", "sand coloured"), ("blue", "sand coloured"), ("black", "sand coloured"), ("red", "sand coloured")),
        scene=crowd,
    ),
    Subject(
        "umbrella",
        (
            "a person with an umbrella", "someone under an umbrella", "an open umbrella", "an umbrella in the rain",
            "a walk in the rain", "a person in the rain",
        ),
        ("a parasol", "a wet evening"),
        (("red", "grey"), ("yellow", "blue"), ("black", "grey"), ("turquoise", "grey")),
        scene=umbrella,
    ),
)  # fmt: skip
