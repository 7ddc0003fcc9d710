"""Faces: lit heads of all ages, turned and bowed, with hair, brows and beards."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from render.atelier.canvas import Canvas, Sketch, mask, over, radius, smooth
from render.atelier.noise import noise
from render.atelier.relief import box, dome, join, limb
from render.atelier.subject import Subject
from render.atelier.subjects.bodies import backdrop, bump, coarse, fine, modelled


@dataclass(frozen=True)
class _Head:
    """A head: points in its own frame (x, y), the same on the turned face (u, v), signed distance, height."""

    x: Tensor
    y: Tensor
    u: Tensor
    v: Tensor
    distance: Tensor
    height: Tensor


def _head(canvas: Canvas, x: Tensor, y: Tensor) -> _Head:
    """The egg of a head, chin at y = 1, turned and bowed a little."""
    wide, jaw = canvas.uniform(0.66, 0.76), canvas.uniform(0.1, 0.26)
    half = wide * (1 - jaw * smooth(0.15, 1.1, y))
    across = x / half
    distance = (radius(across, y) - 1) * 0.7
    depth = (1 - across**2 - y**2).clamp(min=0).sqrt()
    yaw, pitch = canvas.uniform(-0.5, 0.5), canvas.uniform(-0.12, 0.16)
    u = across * yaw.cos() - depth * yaw.sin()
    v = y * pitch.cos() - depth * pitch.sin()
    return _Head(x, y, u, v, distance, 0.62 * depth)


def _features(canvas: Canvas, head: _Head, age: Tensor) -> Tensor:
    """Height of sockets, nose, lips, cheeks and chin, and of the folds of age."""
    u, v, long = head.u, head.v, canvas.uniform(0.3, 0.38)
    side = u.abs()
    ridge = smooth(-0.22, long, v) * smooth(long + 0.1, long - 0.02, v)
    nose = ridge * torch.exp(-((u / (0.09 + 0.09 * smooth(0.0, long, v))) ** 2)) * canvas.uniform(0.2, 0.27)
    wings = 0.09 * bump(side - 0.13, v - long + 0.02, 0.07, 0.07)
    sockets = 0.11 * bump(side - 0.36, v + 0.06, 0.24, 0.14)
    brows = 0.05 * bump(side - 0.36, v + 0.27, 0.3, 0.08)
    cheeks = 0.07 * bump(side - 0.48, v - 0.22, 0.22, 0.2) * (1 + age)
    chin = 0.08 * bump(u, v - 0.9, 0.24, 0.14) - 0.04 * bump(u, v - 0.74, 0.25, 0.05)
    fold = (side - 0.2 - 0.45 * (v - 0.28)).abs()
    folds = 0.03 * age * mask(fold - 0.01, 0.08) * smooth(0.25, 0.4, v) * smooth(0.7, 0.5, v)
    lines = 0.012 * age * (v * 75 + 2 * u**2).sin() * bump(u, v + 0.55, 0.4, 0.14)
    return nose + wings - sockets + brows + cheeks + chin - folds + lines


def _lips(canvas: Canvas, head: _Head) -> tuple[Tensor, Tensor, Tensor]:
    """Cover, height and dark inner line of the lips."""
    smile, wide, full = canvas.uniform(-0.25, 0.7), canvas.uniform(0.24, 0.34), canvas.uniform(0.06, 0.11)
    u, v = head.u, head.v - 0.56 + smile * head.u**2
    taper = (1 - (u / wide) ** 2).clamp(min=0)
    upper = full * 0.8 * taper.sqrt() * (1 - 0.25 * torch.exp(-((u / 0.05) ** 2)))
    lower = full * 1.15 * taper.sqrt()
    gap = canvas.uniform(0.0, 0.07) * taper * canvas.chance(0.35)
    inside = torch.where(v < 0, -v - upper, v - lower)
    height = 0.05 * (1 - (v / torch.where(v < 0, upper + 0.02, lower + 0.02)) ** 2).clamp(min=0)
    line = mask(v.abs() - gap - 0.012, 0.03) * mask(u.abs() - wide * 1.05, 0.04)
    return mask(inside, 0.04) * mask(u.abs() - wide, 0.04), height, line


def _look(canvas: Canvas, light: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """`light` with two eyes and their brows on a face whose points are (u, v)."""
    gaze, rise = canvas.uniform(-0.1, 0.1), canvas.uniform(-0.04, 0.07)
    opening, bow, heavy = canvas.uniform(0.36, 0.56), canvas.uniform(-0.02, 0.1), canvas.uniform(0.03, 0.06)
    iris_light, brow_light = canvas.uniform(0.1, 0.4), canvas.uniform(0.03, 0.2)
    side = u.sign()
    p, q = (u - side * 0.36) / 0.21, (v + 0.06) / 0.21
    bend, shut = 1 - p**2, mask(p.abs() - 1.0, 0.1)
    upper = opening * bend
    lidded = q + upper
    inside = mask(torch.maximum(-lidded, q - 0.3 * bend), 0.1) * shut
    r = radius(p - gaze * 3, q + 0.06)
    iris = over(iris_light + 0.3 * smooth(0.0, 0.4, q + 0.1), mask(r - 0.2, 0.12), 0.02)
    ball = over(0.9 - 0.22 * p**2 - 0.3 * smooth(0.3, 0.0, lidded), mask(r - 0.42, 0.1), iris)
    ball = over(ball, mask(radius(p - gaze * 3 + 0.14, q + 0.2) - 0.1, 0.1), 1.0)
    light = over(light, inside, ball)
    fold = mask((lidded + 0.1 * upper + 0.3).abs() - 0.04, 0.16) * shut
    light = over(over(light, 0.35 * fold, 0.05), mask(lidded.abs() - 0.09, 0.12) * shut, 0.03)
    # The inner ends of both brows rise (or sink) together: worry and anger; one brow higher than the other: doubt.
    line = v + 0.27 + rise * side * 0.3 + bow * bend + rise * p * side * 0.5
    brow = mask(line.abs() - heavy * smooth(1.35, 0.2, p.abs()), 0.04) * mask(p.abs() - 1.25, 0.1)
    return over(light, brow, brow_light)


def _hair(canvas: Canvas, head: _Head, shade: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Cover of the hair before and behind the face, and its light."""
    x, y = head.x, head.y
    volume, part = canvas.uniform(1.06, 1.25), canvas.uniform(-0.35, 0.35)
    long, bun = canvas.chance(0.45), canvas.chance(0.25)
    crown = (radius(x / (0.74 * volume), (y + 0.2) / (0.86 * volume)) - 1) * 0.7
    reach = canvas.uniform(0.5, 1.5)
    curtain = box(x, y - reach / 2, 0.7 * volume + 0.06 * (y * 5).sin(), 0.2 + reach / 2, 0.2)
    back = torch.where(long, join(crown, curtain, 0.2), torch.maximum(crown, y - 0.3))
    back = torch.where(bun & ~long, join(back, radius(x, y + 1.15) - 0.27, 0.1), back)
    across = head.u - part
    line = canvas.uniform(-0.74, -0.42) + canvas.uniform(0.35, 0.75) * across**2 / (across.abs() + 0.25)
    temple = torch.maximum(0.8 - head.u.abs() - 0.1 * head.v, head.v - torch.where(long, 1.2, 0.1))
    front = join(head.v - line, temple, 0.15)
    bald = canvas.chance(0.15) & ~long & ~bun
    front = torch.where(bald, temple, front)
    angle = torch.atan2(x - part * 0.6, y + 1.35) + 0.25 * (noise(canvas, 3) - 0.5)
    strands = (angle * 17).sin() + 0.8 * (angle * 41 + 5 * noise(canvas, 4)).sin()
    ball = (1 - (x / 0.95) ** 2 - 0.6 * (y + 0.2) ** 2).clamp(min=0).sqrt()
    form = 0.45 + 0.55 * (0.7 * ball + canvas.sun[:, 0] * x - 0.35 * y).clamp(0, 1)
    sheen = torch.exp(-(((radius(x, y + 0.1) - 0.78) / 0.14) ** 2)) * (0.1 + 0.25 * shade)
    light = shade * 1.15 * form * (1 + 0.16 * strands) + sheen * (form + 0.2 * strands)
    cover = mask(front, 0.07) * torch.where(long, mask(back, 0.04), mask(crown, 0.04))
    return cover, mask(back, 0.04) * ~bald, light.clamp(0.02, 0.95)


def _bust(canvas: Canvas, light: Tensor, tint: Tensor) -> tuple[Tensor, Tensor]:
    """Neck and clothed shoulders laid on light and tint."""
    x, y = canvas.x, canvas.y
    neck = limb(x, y, (0.0, 0.5), (0.0, 1.5), 0.36, 0.42)
    fall = smooth(1.35, 0.8, y + 0.12 * x**2) * 0.6
    light = over(light, mask(neck, 0.04), modelled(canvas, dome(neck, 0.38)) * (0.9 - fall))
    tint = over(tint, mask(neck, 0.04), 0.0)
    slope = 1.32 + 0.42 * (x.abs() / 1.4) ** 2.4 - 0.12 * torch.exp(-((x / 0.5) ** 2))
    collar = canvas.uniform(0.0, 0.3) * (1 - (x.abs() / 0.42)).clamp(min=0)
    cloth = torch.maximum(slope + collar - y, x.abs() - 1.45)
    shade = modelled(canvas, dome(cloth, 0.5) + 0.05 * noise(canvas, 5, 0.5)) * canvas.uniform(0.35, 0.95)
    return over(light, mask(cloth, 0.04), shade), over(tint, mask(cloth, 0.04), 0.75)


def _skin(canvas: Canvas, head: _Head, age: Tensor) -> tuple[Tensor, Tensor]:
    """Light of a face without its eyes, and where its lips are."""
    lips, swell, line = _lips(canvas, head)
    light = modelled(canvas, head.height + _features(canvas, head, age) + swell * lips, 0.22, 0.12)
    light = over(light, lips * 0.75, light * 0.6) * canvas.uniform(0.85, 1.08)
    nostrils = mask(radius((head.u.abs() - 0.09) / 0.055, (head.v - 0.38) / 0.03) - 1, 0.6)
    return over(over(light, line, 0.03), nostrils * 0.7, 0.04), lips


def face(canvas: Canvas) -> Sketch:
    """A head with hair and shoulders, turned and lit from one side."""
    half = coarse(canvas)
    x0, y0 = canvas.uniform(-0.12, 0.12) * canvas.wide, canvas.uniform(-0.12, 0.0) * canvas.high
    frame = half.inside(x0, y0, canvas.near_far(0.84, 0.58), canvas.uniform(-0.12, 0.12))
    age = canvas.uniform(0, 1) * canvas.chance(0.45)
    head = _head(canvas, frame.x, frame.y)
    light, tint = backdrop(half, 0.15, 0.65), half.full(1.0)
    shade = torch.where(age > 0.6, canvas.uniform(0.55, 0.8), canvas.uniform(0.1, 0.5))
    front, back, strands = _hair(half, head, shade)
    light, tint = over(light, back, strands * 0.7), over(tint, back, 0.8)
    light, tint = _bust(frame, light, tint)
    lobes = (radius((frame.x.abs() - 0.74) / 0.13, (frame.y - 0.05) / 0.24) - 1) * 0.15
    light = over(light, mask(lobes, 0.03), 0.55 + 3 * lobes.clamp(-0.15, 0))
    tint = over(tint, mask(lobes, 0.03), 0.0)
    skin, lips = _skin(frame, head, age)
    cover = mask(head.distance, 0.03)
    light, tint = over(light, cover, skin), over(tint, cover, 0.35 * lips)
    beard = mask(0.42 - 0.4 * head.u.abs() ** 3 - head.v, 0.12) * (1 - lips) * cover * canvas.chance(0.2)
    bare = cover * (1 - front) * (1 - beard)
    light, tint, u, v, bare, front, beard, strands = fine(
        canvas, light, tint, head.u, head.v, bare, front, beard, strands
    )
    light = over(light, bare, _look(canvas, light, u, v))
    light, tint = over(light, beard, strands * 0.9), over(tint, beard, 0.8)
    return Sketch(over(light, front, strands).clamp(0, 1), over(tint, front, 0.8))


SUBJECTS = (
    Subject(
        "face",
        (
            "a face",
            "a portrait",
            "a human head",
            "a woman's face",
            "an old face",
            "a man's face",
            "a head and shoulders",
        ),
        ("a visage", "a countenance"),
        (
            ("sand coloured", "brown"),
            ("brown", "grey"),
            ("pink", "brown"),
            ("sand coloured", "grey"),
            ("brown", "black"),
        ),
        scene=face,
    ),
)
