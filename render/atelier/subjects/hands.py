"""Subjects with hands: someone who writes, an open hand, and hands that reach for each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import torch
import torch.nn.functional as functional
from torch import Tensor

from render.atelier.canvas import Canvas, Layer, Sketch, mask, over, radius, smooth, turn
from render.atelier.noise import noise
from render.atelier.relief import box, dome, join, limb
from render.atelier.subject import Subject
from render.atelier.subjects.bodies import backdrop, bump, coarse, fine, melt, modelled
from render.atelier.things import layer

Point = tuple[float | Tensor, float | Tensor]


def finger(x: Tensor, y: Tensor, joints: Sequence[Point], thick: float, thin: float) -> tuple[Tensor, Tensor]:
    """Signed distance and height of a finger through these joints, from the knuckle to the tip."""
    distance, height = torch.full_like(x, 9.0), torch.zeros_like(x)
    count = len(joints) - 1
    for index in range(count):
        near, far = (thick + (thin - thick) * (index + step) / count for step in (0, 1))
        part = limb(x, y, joints[index], joints[index + 1], near, far)
        distance = torch.minimum(distance, part)
        height = melt(height, dome(part, (near + far) / 2), 0.015)
    return distance, height


def _bent(start: Point, angle: Tensor, bend: Tensor, lengths: Sequence[float]) -> list[Point]:
    """Joints of a finger that leaves `start` at `angle` from upright and bends on at every joint."""
    joints, (x, y) = [start], start
    for index, length in enumerate(lengths):
        here = angle + bend * index
        x, y = x + length * here.sin(), y - length * here.cos()
        joints.append((x, y))
    return joints


def hand(canvas: Canvas) -> Layer:
    """An open hand that shows its palm, fingers up."""
    half = coarse(canvas)
    flip = canvas.chance(0.5) * 2.0 - 1
    x, y = turn(half.x * flip, half.y - 0.06, canvas.uniform(-0.25, 0.25))
    spread = canvas.uniform(0.35, 1.3)
    palm = box(x - 0.02, y - 0.3, 0.35 - 0.06 * (y - 0.3), 0.36, 0.16)
    wrist = limb(x, y, (0.02, 0.5), (0.02, 1.3), 0.25, 0.24)
    distance, height = join(palm, wrist, 0.15), melt(dome(palm, 0.22), dome(wrist, 0.2), 0.05)
    for index, (place, root, long, fan, thick) in enumerate(
        ((-0.25, 0.0, 0.24, -0.2, 0.108), (-0.07, -0.04, 0.275, -0.05, 0.11), (0.11, -0.01, 0.25, 0.09, 0.107),
         (0.28, 0.07, 0.195, 0.27, 0.09))
    ):  # fmt: skip
        bend = canvas.uniform(-0.06, 0.06) + 0.03 * (1.5 - index)
        joints = _bent(
            (place, root), fan * spread + canvas.uniform(-0.04, 0.04), bend, (long * 1.25, long, long * 0.85)
        )
        d, h = finger(x, y, joints, thick, thick * 0.82)
        distance, height = join(distance, d, 0.05), melt(height, h, 0.05)
    out = canvas.uniform(0.5, 1.0)
    thumb = _bent((-0.2, 0.46), -out, canvas.uniform(0.1, 0.3), (0.32, 0.26, 0.22))
    d, h = finger(x, y, thumb, 0.17, 0.1)
    distance, height = join(distance, d, 0.1), melt(height, h, 0.06)
    height = height + 0.07 * bump(x + 0.17, y - 0.42, 0.16, 0.2) + 0.06 * bump(x - 0.22, y - 0.45, 0.12, 0.24)
    height = height - 0.05 * bump(x - 0.03, y - 0.28, 0.15, 0.16) - 0.03 * _palm_lines(x, y)
    light = 0.1 + 0.95 * modelled(half, height, 0.28, 0.1) - 0.16 * _palm_lines(x, y)
    distance, light, level = fine(canvas, distance, light, y)
    cuff = mask(0.84 - level, 0.03) * canvas.chance(0.6)
    shade = light * canvas.uniform(0.4, 0.9)
    cover = mask(torch.maximum(distance - 0.05 * cuff, level - 1.06), 0.02)
    return layer(cover, over(light, cuff, shade), 0.7 * cuff)


def _palm_lines(x: Tensor, y: Tensor) -> Tensor:
    """The three creases of a palm and those under the fingers' joints."""
    life = (radius(x + 0.3, y - 0.52) - 0.36).abs() + 0.3 * (0.12 - x.clamp(max=0.12) - 0.4).clamp(min=0)
    head = (y - 0.24 - 0.25 * x - 0.3 * x**2).abs() + 0.6 * (x.abs() - 0.24).clamp(min=0)
    heart = (y - 0.1 + 0.12 * x - 0.4 * x**2).abs() + 0.6 * (-0.12 - x).clamp(min=0)
    lines = torch.minimum(torch.minimum(life, head), heart)
    return mask(lines - 0.008, 0.035) * smooth(0.0, 0.08, y) * smooth(0.75, 0.65, y)


def _reaching(canvas: Canvas, droop: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """A hand from the side that points to the right, its fingertip at the origin: distance, height and its sleeve."""
    index = _bent((-0.58, -0.06), 1.45 + 0.2 * droop, 0.12 * droop, (0.24, 0.19, 0.16))
    x, y = canvas.x + index[-1][0], canvas.y + index[-1][1]
    arm = limb(x, y, (-0.95, 0.0), (-6.0, 0.7), 0.135, 0.42)
    back = limb(x, y, (-0.98, 0.0), (-0.62, 0.0), 0.14, 0.15)
    distance, height = join(arm, back, 0.1), melt(dome(arm, 0.15), dome(back, 0.14), 0.04)
    others = (
        (_bent((-0.66, 0.09), 2.1 + 0.4 * droop, 0.45 * droop, (0.17, 0.13, 0.11)), 0.062, 0.0),
        (_bent((-0.61, 0.05), 1.95 + 0.35 * droop, 0.4 * droop, (0.2, 0.16, 0.13)), 0.07, 0.02),
        (_bent((-0.58, 0.0), 1.75 + 0.3 * droop, 0.3 * droop, (0.22, 0.17, 0.14)), 0.074, 0.04),
        (index, 0.072, 0.06),
        (_bent((-0.9, 0.07), 1.95 + 0.2 * droop, -0.35 * droop, (0.22, 0.19, 0.15)), 0.085, 0.1),
    )
    for joints, thick, raised in others:
        d, h = finger(x, y, joints, thick, thick * 0.72)
        distance, height = join(distance, d, 0.03), torch.maximum(height, h + raised * smooth(0.01, -0.05, d))
    sleeve = mask(x + 1.35 + 0.04 * (y * 9).cos(), 0.03)
    cuff = torch.maximum(arm - 0.08, x + 1.35)
    return torch.minimum(distance, cuff), torch.maximum(height, dome(cuff, 0.2)), sleeve


def hands(canvas: Canvas) -> Sketch:
    """Two hands that reach for each other, or touch."""
    half = coarse(canvas)
    upright = math.atan2(canvas.high, canvas.wide) - math.pi / 4
    angle = (0.35 + upright + canvas.uniform(-0.3, 0.2)) * torch.where(canvas.chance(0.5), 1.0, -1.0)
    size, gap = canvas.near_far(0.84, 0.58), canvas.uniform(-0.02, 0.1)
    frame = half.inside(canvas.uniform(-0.1, 0.1), canvas.uniform(-0.1, 0.1), size, angle)
    turned = torch.where(canvas.chance(0.5), 1.0, -1.0)
    light, tint = backdrop(canvas, 0.15, 0.8), canvas.full(1.0)
    for side in (-1, 1):
        x, y = -side * frame.x + gap, frame.y * (turned if side > 0 else 1.0) + canvas.uniform(-0.05, 0.05)
        mirrored = replace(frame, x=x, y=y)
        distance, height, sleeve = _reaching(mirrored, canvas.uniform(0.3, 1.1))
        distance, shade, sleeve = fine(canvas, distance, modelled(mirrored, height, 0.25, 0.1), sleeve)
        light = light * (1 - 0.3 * mask(distance, 0.5))
        cover = mask(distance, 0.03)
        light = over(light, cover, over(0.1 + 0.9 * shade, sleeve, shade * canvas.uniform(0.3, 0.9)))
        tint = over(tint, cover, 0.6 * sleeve)
    return Sketch(light.clamp(0, 1), tint)


def _strokes(canvas: Canvas, lines: int, letters: int) -> tuple[Tensor, Tensor, Tensor]:
    """Joined-up handwriting, each (B, lines, points): along a line in letters, up in letter heights, and pen down."""
    along = torch.arange(48, device=canvas.device) / 48
    kind, wide, gap = (canvas.random(lines, letters, 1) for _ in range(3))
    tall = torch.where(kind < 0.2, 2.3, torch.where(kind > 0.86, -1.4, 0.8 + 0.4 * wide))
    swing = (along * 2 * math.pi).sin() * (0.1 + 0.45 * wide)
    place = torch.arange(letters, device=canvas.device)[:, None] + along + swing
    rise = tall * (1 - (along * 2 * math.pi).cos()) / 2
    down = (gap > 0.17).expand(-1, -1, -1, along.shape[0])
    return place.flatten(2) + 0.35 * rise.flatten(2), rise.flatten(2), down.flatten(2)


def _ink(canvas: Canvas, x: Tensor, y: Tensor, down: Tensor) -> Tensor:
    """Strokes through the points (x, y) of the sheet, each (B, n), as wide as a pen's, (B, H, W)."""
    column = ((x + canvas.wide) / canvas.pixel).long()
    row = ((y + canvas.high) / canvas.pixel).long()
    off = (column < 0) | (column >= canvas.width) | (row < 0) | (row >= canvas.height) | ~down
    spare = canvas.height * canvas.width
    at = torch.where(off, spare, row * canvas.width + column)
    dots = torch.zeros((canvas.count, spare + 1), device=canvas.device).scatter_(1, at, 1.0)
    dots = dots[:, :-1].reshape(canvas.count, 1, canvas.height, canvas.width)
    size = round(0.022 / canvas.pixel) // 2 * 2 + 1
    thick = functional.max_pool2d(dots, size, 1, size // 2)
    return functional.avg_pool2d(thick, 3, 1, 1)[:, 0]


def _paper(canvas: Canvas, nib: tuple[Tensor, Tensor], slope: Tensor) -> Sketch:
    """A sheet of paper on a desk, written on up to the nib in lines that rise by `slope` radians."""
    x, y = turn(canvas.x - nib[0], canvas.y - nib[1], -slope)
    spare = canvas.near_far(1.3, 0.84)
    left, right = -canvas.wide * spare - nib[0], canvas.wide * spare - nib[0]
    top, bottom = -canvas.high * spare - nib[1], canvas.high * spare - nib[1]
    edge = box(x - (left + right) / 2, y - (top + bottom) / 2, (right - left) / 2, (bottom - top) / 2, 0.02)
    size = canvas.near_far(1.0, 0.8)
    spacing, pitch = 0.31 * size, 0.11 * size
    lines, letters = int(2 * canvas.high / spacing) + 1, int(2 * canvas.wide / pitch) + 1
    along, rise, down = _strokes(canvas, lines, letters)
    start = left.clamp(min=-2 * canvas.wide) + 0.2
    number = torch.arange(lines, device=canvas.device)[:, None]
    end = torch.where(number == 0, 0.0, right - 0.12 - 0.4 * canvas.random(lines, 1))
    s = torch.where(number == 0, (along - letters) * pitch, start + along * pitch)
    t = -number * spacing - rise * 0.075 * size
    down = down & (s < end) & (s > start) & (t > top + 0.1)
    ink = _ink(
        canvas,
        (nib[0] + s * slope.cos() + t * slope.sin()).flatten(1),
        (nib[1] - s * slope.sin() + t * slope.cos()).flatten(1),
        down.flatten(1),
    )
    glow = torch.exp(-0.5 * ((canvas.x - canvas.uniform(-0.7, 0.7)) ** 2 + (canvas.y + canvas.uniform(-0.2, 0.8)) ** 2))
    ruled = mask(((y / spacing + 0.5) % 1 - 0.5).abs() * spacing - 0.004, 0.02) * canvas.chance(0.4)
    sheet = (0.6 + 0.36 * glow + 0.06 * (noise(canvas, 3) - 0.5)) * (1 - 0.12 * ruled)
    desk = (0.16 + 0.3 * glow + 0.1 * (noise(canvas, 2, 9) - 0.5)) * (1 - 0.5 * mask(edge - 0.05, 0.2))
    cover = mask(edge, 0.02)
    return Sketch(over(desk, cover, over(sheet, ink, 0.05)), 1 - cover)


def _penman(canvas: Canvas) -> tuple[Tensor, Tensor, Tensor]:
    """A right hand that holds a pen with its nib at the origin: distance, light and sleeve, without the pen."""
    x, y = canvas.x, canvas.y
    arm = limb(x, y, (1.0, 0.26), (2.6, 1.4), 0.26, 0.4)
    back = limb(x, y, (0.82, 0.02), (1.02, 0.26), 0.27, 0.29)
    web = limb(x, y, (0.42, -0.18), (0.8, -0.02), 0.14, 0.2)
    distance, height = join(arm, back, 0.1), melt(dome(arm, 0.26), dome(back, 0.28), 0.06)
    distance, height = join(distance, web, 0.05), melt(height, 0.7 * dome(web, 0.16), 0.05)
    parts: tuple[tuple[list[Point], float, float, float], ...] = (
        ([(0.88, 0.28), (0.62, 0.46), (0.42, 0.4)], 0.1, 0.085, 0.1),
        ([(0.82, 0.15), (0.5, 0.3), (0.29, 0.22)], 0.11, 0.09, 0.14),
        ([(0.78, 0.0), (0.44, 0.13), (0.2, 0.0)], 0.11, 0.09, 0.18),
        ([(0.8, -0.16), (0.52, -0.4), (0.26, -0.3), (0.13, -0.16)], 0.125, 0.08, 0.25),
        ([(0.98, 0.2), (0.56, 0.02), (0.35, -0.07), (0.2, -0.12)], 0.15, 0.085, 0.24),
    )
    for joints, thick, thin, raised in parts:
        d, h = finger(x, y, joints, thick, thin)
        distance, height = join(distance, d, 0.03), torch.maximum(height, h + raised * smooth(0.01, -0.06, d))
    beyond = 1.34 - 0.82 * x - 0.57 * y
    cuff = torch.maximum(arm - 0.07, beyond)
    light = modelled(canvas, torch.maximum(height, dome(cuff, 0.3)), 0.25, 0.12)
    light = functional.avg_pool2d(light[:, None], 3, 1, 1, count_include_pad=False)[:, 0]
    for at, size in (((0.15, -0.2), 0.05), ((0.235, -0.125), 0.055)):
        light = over(light, 0.5 * mask(radius((x - at[0]) / size, (y - at[1]) / size / 0.8) - 1, 0.5), 0.95)
    return torch.minimum(distance, cuff), light, mask(beyond, 0.04)


def _pen(canvas: Canvas, light: Tensor, tint: Tensor, tip: Tensor) -> tuple[Tensor, Tensor]:
    """A fountain pen with its nib at the origin laid on light and tint; `tip` is its upper end."""
    x, y = canvas.x, canvas.y
    end = (tip * 0.62, tip * -0.78)
    barrel = limb(x, y, (0.1, -0.126), end, 0.055, 0.065)
    nib = limb(x, y, (0.0, 0.0), (0.11, -0.138), 0.01, 0.05)
    shine = torch.exp(-(((x * 0.78 + y * 0.62 + 0.015) / 0.014) ** 2))
    light = over(over(light, mask(barrel, 0.025), 0.06 + 0.75 * shine), mask(nib, 0.025), 0.2 + 0.7 * shine)
    return light, over(tint, mask(barrel, 0.025), 0.0)


def writing(canvas: Canvas) -> Sketch:
    """Someone writing a story: a hand whose pen has filled a paper with lines of script up to its nib."""
    scale = canvas.near_far(1.0, 0.66)
    nib = (canvas.uniform(-0.4, 0.05) * canvas.wide**0.7, canvas.uniform(-0.1, 0.25) * canvas.high)
    sketch = _paper(canvas, nib, canvas.uniform(-0.05, 0.22))
    frame = canvas.inside(nib[0], nib[1], scale * canvas.uniform(0.92, 1.1), canvas.uniform(-0.15, 0.2))
    distance, shade, sleeve = _penman(coarse(frame))
    distance, shade, sleeve = fine(canvas, distance, shade, sleeve)
    fall = mask(distance - 0.06, 0.35) * smooth(-0.6, 0.1, frame.y + 0.3 * frame.x)
    light = over(sketch.light, fall * 0.45, 0.04)
    light, tint = _pen(frame, light, sketch.tint, canvas.uniform(1.2, 1.5))
    cover = mask(distance, 0.025)
    cloth = shade * canvas.uniform(0.25, 0.7)
    light = over(light, cover, over(0.08 + 0.85 * shade, sleeve, cloth))
    return Sketch(light.clamp(0, 1), over(tint, cover, 1.0))


SUBJECTS = (
    Subject(
        "writing",
        (
            "someone writing a story", "someone is writing a story", "writing", "a hand with a pen", "handwriting",
            "a writer", "writing a letter", "a person who writes",
        ),
        ("an author", "a scribe"),
        (("white", "brown"), ("sand coloured", "brown"), ("white", "sand coloured"), ("sand coloured", "pink")),
        scene=writing,
    ),
    Subject(
        "hand",
        ("a hand", "an open hand", "a palm of a hand", "a human hand", "a raised hand", "a hand with five fingers"),
        ("a fist", "a wave goodbye"),
        (("sand coloured", "blue"), ("brown", "grey"), ("pink", "grey"), ("brown", "sand coloured")),
        thing=hand,
        stands=False,
    ),
    Subject(
        "hands",
        (
            "two hands that reach for each other", "reaching hands", "hands that touch", "two hands almost touching",
            "a helping hand", "hands reaching out",
        ),
        ("a handshake", "holding hands"),
        (("sand coloured", "blue"), ("brown", "white"), ("pink", "grey"), ("sand coloured", "brown")),
        scene=hands,
    ),
)  # fmt: skip
