"""Subjects that are left of people: skulls and skeletons."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from render.atelier.canvas import Canvas, Layer, Sketch, mask, over, radius, smooth
from render.atelier.relief import box, dome, join, limb
from render.atelier.subject import Subject
from render.atelier.subjects.bodies import backdrop, bump, coarse, fine, melt, modelled
from render.atelier.things import layer

Point = tuple[float | Tensor, float | Tensor]


def _holes(x: Tensor, y: Tensor, eye: Tensor, nose: Tensor) -> Tensor:
    """Signed distance of the eye sockets and the nose of a skull whose chin is at y = 1."""
    u, v = x.abs() - 0.3, y - 0.05 - 0.15 * (x.abs() - 0.3)
    sockets = (((u / eye) ** 4 + (v / (eye * 0.95)) ** 4 + 1e-9) ** 0.25 - 1) * eye
    wide = nose * (0.35 + 0.75 * smooth(0.26, 0.5, y))
    opening = torch.maximum(x.abs() - wide, (y - 0.4).abs() - 0.14) * 0.8
    notch = limb(x, y, (0.0, 0.55), (0.0, 0.46), 0.02, 0.012)
    return torch.minimum(sockets, torch.maximum(opening, -notch))


def skull_form(canvas: Canvas) -> tuple[Tensor, Tensor]:
    """Signed distance and light of a skull from the front, chin at y = 1 and crown at -1."""
    shift = canvas.uniform(-0.12, 0.12)
    x, y = canvas.x, canvas.y
    front = x - shift * (1 - (x / 0.8) ** 2).clamp(min=0)
    dome_wide, jaw_drop = canvas.uniform(0.72, 0.8), canvas.uniform(0.0, 0.08)
    cranium = (radius(x / dome_wide, (y + 0.28) / 0.72) - 1) * 0.7
    cheeks = box(x, y - 0.3, 0.6, 0.17, 0.16)
    upper = box(x, y - 0.54, 0.36, 0.2, 0.1)
    jaw = join(box(x, y - 0.86 - jaw_drop, 0.3 - 0.1 * (y - 0.9), 0.15, 0.1),
               limb(x.abs(), y, (0.52, 0.42), (0.36, 0.8 + jaw_drop), 0.06, 0.1), 0.1)  # fmt: skip
    bone = join(join(cranium, cheeks, 0.15), upper, 0.1)
    distance = join(bone, jaw, 0.03)
    height = melt(dome(cranium, 0.7) * 0.85, dome(cheeks, 0.2) + 0.22, 0.1)
    height = melt(height, dome(upper, 0.2) + 0.26, 0.05)
    height = torch.maximum(height, dome(jaw, 0.14) + 0.16)
    height = (
        height + 0.1 * bump(front.abs() - 0.3, y + 0.24, 0.3, 0.07) - 0.12 * bump(x.abs() - 0.72, y - 0.02, 0.1, 0.2)
    )
    holes = _holes(front, y, canvas.uniform(0.2, 0.25), canvas.uniform(0.12, 0.16))
    light = 0.06 + 0.98 * modelled(canvas, height - 0.25 * smooth(0.06, -0.04, holes), 0.25, 0.15)
    light = over(light, smooth(0.02, -0.07, holes), 0.02)
    middle = 0.69 + jaw_drop * 0.5 + 0.06 * front**2
    place = (front / 0.4).clamp(-0.99, 0.99).asin() / 0.31
    along, far = (place % 1 - 0.5).abs(), (y - middle).abs()
    teeth = mask(torch.maximum((along - 0.42) * 0.12, far - 0.105), 0.03) * mask(front.abs() - 0.33, 0.03)
    row = mask(torch.maximum(front.abs() - 0.35, far - 0.12 - jaw_drop * 0.4), 0.04)
    gap = mask(far - 0.012 - jaw_drop * 0.45, 0.03)
    light = over(light, row * 0.8, 0.1)
    light = over(light, teeth * (1 - gap), (0.95 - 1.2 * front**2).clamp(0.2, 1))
    return distance, light


def skull(canvas: Canvas) -> Layer:
    """A skull that looks at the viewer."""
    distance, light = fine(canvas, *skull_form(coarse(canvas)))
    return layer(mask(distance, 0.025), light, 0.0)


def _ribs(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Signed distance and height of a rib cage with its breastbone; shoulders at y = 0, last rib at about 1."""
    side = x.abs()
    distance, height = torch.full_like(x, 9.0), torch.zeros_like(x)
    for pair in range(7):
        share = pair / 6
        wide = 0.3 + 0.24 * min(1.0, share * 2.2) - 0.12 * max(0.0, share - 0.6)
        t = (side / wide).clamp(max=1)
        line = 0.06 + 0.76 * share + (0.2 + 0.1 * share) * (1 - (1.7 * t - 0.7) ** 2) - 0.34 * share**2 * (1 - t) ** 2
        rib = torch.maximum(((y - line).abs() - 0.045) * 0.8, side - wide - 0.02)
        distance = torch.minimum(distance, rib)
        height = torch.maximum(height, dome(rib, 0.04) + 0.3 * (1 - t**2))
    sternum = box(x, y - 0.42, 0.075, 0.34, 0.05)
    return torch.minimum(distance, sternum), torch.maximum(height, dome(sternum, 0.07) + 0.33 * mask(sternum, 0.03))


def _bone(x: Tensor, y: Tensor, start: Point, end: Point, size: float) -> Tensor:
    """Signed distance of a long bone: its shaft and the knobs at its ends."""
    knobs = [radius(x - at[0], y - at[1]) - size * 1.6 for at in (start, end)]
    return join(limb(x, y, start, end, size, size), torch.minimum(*knobs), size)


def _limbs(canvas: Canvas, x: Tensor, y: Tensor) -> Tensor:
    """Signed distance of the bones of shoulders, arms, pelvis and legs, below shoulders at y = 0."""
    wings = (radius((x.abs() - 0.2) / 0.26, (y - 1.4) / 0.24) - 1) * 0.24
    bowl = (radius(x / 0.15, (y - 1.56) / 0.14) - 1) * 0.13
    parts = [torch.maximum(wings, -bowl)]
    for side in (-1, 1):
        elbow: Point = (side * canvas.uniform(0.72, 0.95), canvas.uniform(0.55, 0.85))
        wrist: Point = (side * canvas.uniform(0.6, 1.15), canvas.uniform(1.15, 1.4))
        hip: Point = (side * 0.32, 1.6)
        knee: Point = (side * canvas.uniform(0.26, 0.38), 2.45)
        ankle: Point = (side * canvas.uniform(0.22, 0.45), 3.25)
        parts.append(limb(x, y, (side * 0.04, 0.1), (side * 0.6, -0.02), 0.045, 0.05))
        parts.append(_bone(x, y, (side * 0.64, 0.04), elbow, 0.052))
        parts.append(_bone(x, y, elbow, wrist, 0.045))
        parts.append(limb(x, y, wrist, (wrist[0], wrist[1] + 0.2), 0.06, 0.1))
        parts.append(_bone(x, y, hip, knee, 0.065))
        parts.append(_bone(x, y, knee, ankle, 0.055))
        parts.append(limb(x, y, ankle, (ankle[0] + side * 0.16, 3.33), 0.07, 0.05))
    return torch.stack(parts).amin(0)


def skeleton(canvas: Canvas) -> Sketch:
    """A skeleton that faces the viewer: skull, ribs, spine and arms, and in wide views its legs."""
    bust = canvas.near and canvas.high < 1.3
    size = 0.72 if bust else min(0.44 * canvas.high, 0.86) * canvas.near_far(1.0, 0.94)
    top = 1.06 * size - canvas.high + (0.06 if bust else canvas.high - 2.2 * size)
    frame = coarse(canvas).inside(canvas.uniform(-0.15, 0.15) * canvas.wide, top, size, canvas.uniform(-0.06, 0.06))
    x, y = frame.x, frame.y
    skull_distance, skull_light = skull_form(_skull_of(frame))
    cage, cage_height = _ribs(x, y)
    limbs = _limbs(canvas, x, y)
    spine = torch.maximum(x.abs() - 0.055 - 0.03 * (y * 42).sin(), (y - 0.65).abs() - 0.85)
    bones = torch.minimum(torch.minimum(cage, limbs), spine)
    height = torch.maximum(torch.maximum(cage_height, dome(limbs, 0.06) + 0.1 * mask(limbs, 0.03)), dome(spine, 0.05))
    light = 0.1 + 0.9 * modelled(frame, height, 0.3, 0.1)
    hollow = mask((radius(x / 0.5, (y - 0.5) / 0.62) - 1) * 0.5, 0.4)
    behind = backdrop(canvas, 0.04, canvas.near_far(0.3, 0.3))
    bones, light, skull_distance, skull_light, hollow = fine(canvas, bones, light, skull_distance, skull_light, hollow)
    ground = behind * (1 - 0.7 * hollow)
    head = mask(skull_distance, 0.05)
    cover = torch.maximum(mask(bones, 0.03), head)
    return Sketch(over(over(ground, mask(bones, 0.03), light), head, skull_light).clamp(0, 1), 1 - cover)


def _skull_of(frame: Canvas) -> Canvas:
    """The frame of a skeleton's skull."""
    return replace(frame, x=frame.x / 0.42, y=(frame.y + 0.5) / 0.42)


SUBJECTS = (
    Subject(
        "skull",
        ("a skull", "a human skull", "a death's head", "a bare skull", "an old skull"),
        ("a memento mori", "a cranium"),
        (("sand coloured", "brown"), ("white", "black"), ("white", "red"), ("sand coloured", "grey")),
        thing=skull,
    ),
    Subject(
        "skeleton",
        ("a skeleton", "bones", "a human skeleton", "ribs", "an x-ray of bones", "a rib cage", "a dead person"),
        ("a carcass", "remains"),
        (("white", "black"), ("white", "blue"), ("sand coloured", "brown"), ("turquoise", "black")),
        scene=skeleton,
    ),
)
