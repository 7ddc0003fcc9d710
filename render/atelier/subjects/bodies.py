"""Subjects that look, hear and speak: eyes, ears and mouths, and the tools to model flesh."""

from __future__ import annotations

from dataclasses import replace

import torch
import torch.nn.functional as functional
from torch import Tensor

from render.atelier.canvas import Canvas, Layer, mask, over, radius, smooth, turn
from render.atelier.noise import fractal, noise
from render.atelier.relief import box, dome, hollows, join, limb, lit
from render.atelier.subject import Subject
from render.atelier.things import layer


def coarse(canvas: Canvas) -> Canvas:
    """The same sheets at half the resolution, for forms of many parts; `fine` brings what was drawn back."""
    x, y = (
        (part[..., ::2, ::2] + part[..., 1::2, 1::2]) / 2
        for part in (canvas.x.expand(canvas.count, -1, -1), canvas.y.expand(canvas.count, -1, -1))
    )
    return replace(canvas, height=canvas.height // 2, width=canvas.width // 2, x=x, y=y)


def fine(canvas: Canvas, *fields: Tensor) -> tuple[Tensor, ...]:
    """Fields drawn on `coarse(canvas)`, smoothly enlarged to the sheet."""
    shape = (canvas.count, canvas.height // 2, canvas.width // 2)
    stacked = torch.stack([field.expand(shape) for field in fields], 1)
    size = (canvas.height, canvas.width)
    return functional.interpolate(stacked, size, mode="bilinear", align_corners=False).unbind(1)


def modelled(canvas: Canvas, height: Tensor, ambient: float = 0.28, gloss: float = 0.15) -> Tensor:
    """Light on a relief whose height is in units of the canvas's own frame, darker in its creases."""
    across, down = canvas.x[..., 0, 1] - canvas.x[..., 0, 0], canvas.x[..., 1, 0] - canvas.x[..., 0, 0]
    scale = canvas.pixel / (across**2 + down**2).sqrt().reshape(-1, 1, 1)
    raised = height * scale
    return (lit(canvas, raised, ambient, gloss) - 3 * _creases(canvas, raised)).clamp(0, 1)


def _creases(canvas: Canvas, height: Tensor) -> Tensor:
    """Darkness that gathers in hollows about a twelfth of the sheet wide, (B, H, W), for less than `hollows` costs."""
    step = 4
    small = functional.avg_pool2d(height[:, None], step)
    dark = hollows(small[:, 0], max(3, round(0.16 / canvas.pixel / step)))
    size = (canvas.height, canvas.width)
    return functional.interpolate(dark[:, None], size, mode="bilinear", align_corners=False)[:, 0]


def bump(x: Tensor, y: Tensor, wide: float | Tensor, high: float | Tensor) -> Tensor:
    """A soft hill of height 1 at the origin."""
    return torch.exp(-((x / wide) ** 2) - (y / high) ** 2)


def melt(a: Tensor, b: Tensor, softness: float) -> Tensor:
    """The higher of two heights, melted together over about `softness`."""
    return -join(-a, -b, softness)


def backdrop(canvas: Canvas, low: float = 0.12, high: float = 0.6) -> Tensor:
    """A quiet wall with a glow, (B, H, W): what portraits stand before."""
    x, y = canvas.x - canvas.uniform(-0.6, 0.6), canvas.y - canvas.uniform(-0.6, 0.4)
    glow = torch.exp(-0.7 * (x**2 + y**2))
    return low + (high - low) * glow * canvas.uniform(0.4, 1.0) + 0.1 * (fractal(canvas, 2, 3) - 0.5)


def _lids(canvas: Canvas, x: Tensor) -> tuple[Tensor, Tensor]:
    """Where the upper and the lower lid of an open eye run, y at every x; the inner corner is at the left."""
    arch = (1 - (x / 0.82) ** 2).clamp(min=0)
    lean = 1 - 0.22 * x
    tilt = canvas.uniform(-0.08, 0.14) * x
    return -canvas.uniform(0.36, 0.52) * arch * lean - tilt, canvas.uniform(0.2, 0.32) * arch / lean - tilt


def _iris(canvas: Canvas, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Light of an eyeball, and where its iris is."""
    size, pupil = canvas.uniform(0.32, 0.38), canvas.uniform(0.11, 0.18)
    x, y = x - canvas.uniform(-0.2, 0.2), y + canvas.uniform(-0.02, 0.1)
    r, angle = radius(x, y), torch.atan2(y, x)
    rays = (angle * 17 + canvas.uniform(0, 6)).sin() * (angle * 11 + 2).cos()
    iris = 0.42 + 0.16 * rays * smooth(0.1, 0.25, r) + 0.5 * y - 0.3 * canvas.sun[:, 0] * x
    iris = over(iris + 0.2 * smooth(0.3, 0.2, r), smooth(size - 0.08, size, r), 0.06)
    white = 0.97 - 0.35 * (x / 0.8) ** 2
    light = over(over(white, mask(r - size, 0.03), iris), mask(r - pupil, 0.03), 0.02)
    sx = canvas.sun[:, 0]
    glint = mask(radius(x - 0.16 * sx.sign(), y + 0.14) - 0.075, 0.03)
    return over(light, glint, 1.0), mask(r - size, 0.03) * (1 - mask(r - pupil, 0.03)) * (1 - glint)


def eye(canvas: Canvas) -> Layer:
    """One open eye in its skin: iris, lids with lashes, and a brow."""
    flip = canvas.chance(0.5) * 2.0 - 1
    x, y = canvas.x * flip, canvas.y - 0.16
    upper, lower = _lids(canvas, x)
    inside = mask(torch.maximum(upper - y, y - lower), 0.03) * mask(x.abs() - 0.82, 0.02)
    ball, iris = _iris(canvas, x, y)
    ball = ball * (1 - 0.55 * smooth(0.2, 0.0, y - upper))
    crease = upper * 1.15 - 0.17
    brow_y = -0.74 + 0.22 * (x + 0.15) ** 2 + 0.1 * x
    bulge = 0.5 * bump(x, y, 0.75, 0.55)
    fold = 0.07 * mask((y - crease).abs() - 0.02, 0.1) * smooth(1.0, 0.7, x.abs())
    rim = 0.05 * mask((y - lower - 0.06).abs(), 0.16) * mask(x.abs() - 0.8, 0.1)
    socket = 0.2 * bump(x + 0.95, y + 0.1, 0.3, 0.4) + 0.12 * bump(x, y + 0.48, 0.8, 0.12)
    skin = modelled(canvas, bulge - fold + rim - socket + 0.15 * bump(x, y - brow_y, 0.9, 0.2), 0.3, 0.1)
    thick = canvas.uniform(0.05, 0.1) * smooth(1.0, -0.3, x) * smooth(-1.1, -0.75, x) + 0.02
    brow = mask((y - brow_y).abs() - thick, 0.05) * mask(x.abs() - 0.88, 0.1)
    hairs = 0.08 + 0.12 * ((x - 0.6 * y) * 34).sin().clamp(min=0)
    light = over(skin, brow, hairs)
    away = (upper - y).clamp(min=0)
    stroke = ((x * (1 - 0.9 * away)) * 8.5 % 1 - 0.5).abs()
    lash = mask(stroke - 0.34 * (1 - away / (0.2 + 0.1 * x)), 0.2) * mask(y - upper, 0.02) * mask(x.abs() - 0.84, 0.03)
    light = over(light, lash, 0.02)
    light = over(light, inside, ball)
    line = mask((y - upper).abs() - 0.03, 0.03) * mask(x.abs() - 0.84, 0.02)
    light = over(light, line, 0.02)
    patch = smooth(1.0, 0.6, radius(x / 1.12, (y + 0.16) / 0.98))
    return layer(torch.maximum(patch, torch.maximum(brow, inside)), light, 1 - iris * inside)


def ear(canvas: Canvas) -> Layer:
    """An ear with its rolled rim, hollow, flap and lobe."""
    flip = canvas.chance(0.5) * 2.0 - 1
    x, y = turn(canvas.x * flip, canvas.y, canvas.uniform(-0.2, 0.2))
    wide, low = canvas.uniform(0.56, 0.66), canvas.uniform(0.24, 0.33)
    top = (radius((x + 0.02) / wide, (y + 0.28) / 0.68) - 1) * 0.6
    middle = limb(x, y, (0.05, -0.1), (-0.14, 0.62), 0.44, low + 0.02)
    lobe = radius(x + 0.13, (y - 0.66) * 0.95) - low
    outline = join(join(top, middle, 0.25), lobe, 0.3)
    depth = -outline
    behind = smooth(0.75, 0.35, y) * smooth(-0.45, -0.2, x + 0.35 * smooth(0.0, -0.6, y))
    rim = 0.17 * torch.exp(-(((depth - 0.09) / 0.075) ** 2)) * torch.maximum(behind, smooth(-0.5, -0.75, y))
    groove = 0.12 * torch.exp(-(((depth - 0.2) / 0.05) ** 2)) * behind
    fold = radius((x + 0.08) / 0.4, (y - 0.02) / 0.48) - 1
    inner = 0.17 * torch.exp(-((fold / 0.22) ** 2)) * smooth(-0.3, 0.0, x + 0.25) * smooth(0.62, 0.4, y)
    fork = 0.1 * torch.exp(-((_fork(x, y) / 0.07) ** 2))
    bowl = 0.34 * bump(x + 0.1, y - 0.12, 0.25, 0.3) + 0.12 * bump(x + 0.1, y + 0.35, 0.16, 0.1)
    crus = 0.14 * torch.exp(-((limb(x, y, (-0.42, -0.12), (-0.08, 0.0), 0.0, 0.0) / 0.07) ** 2))
    flap = 0.22 * bump(x + 0.4, y - 0.14, 0.12, 0.17) + 0.12 * bump(x + 0.1, y - 0.47, 0.13, 0.08)
    fat = 0.12 * bump(x + 0.16, y - 0.7, 0.24, 0.24)
    height = dome(outline, 0.14) + rim - groove + inner + fork - bowl + crus + flap + fat
    light = modelled(canvas, height, 0.25, 0.25)
    canal = bump(x + 0.2, y - 0.16, 0.13, 0.17)
    light = light * (1 - 0.45 * bump(x + 0.1, y - 0.1, 0.3, 0.36)) * (1 - 0.85 * canal)
    return layer(mask(outline, 0.02), 0.08 + 0.95 * light, 0.0)


def _fork(x: Tensor, y: Tensor) -> Tensor:
    """Distance from the two branches of the inner fold of an ear."""
    a = limb(x, y, (0.22, -0.2), (-0.02, -0.52), 0.0, 0.0)
    b = limb(x, y, (0.22, -0.2), (-0.25, -0.28), 0.0, 0.0)
    return torch.minimum(a, b)


def mouth(canvas: Canvas) -> Layer:
    """An open mouth: glossy lips around two rows of teeth and a dark throat with a tongue."""
    x, y = canvas.x, canvas.y
    curve = y + canvas.uniform(-0.12, 0.3) * (x**2 - 0.3)
    open_up, open_down = canvas.uniform(0.1, 0.4), canvas.uniform(0.14, 0.55)
    arch = (1 - (x / 0.84) ** 2).clamp(min=0)
    bow = 0.07 * torch.exp(-((x / 0.12) ** 2))
    top, bottom = -open_up * arch.sqrt() * (1 - 0.2 * arch), open_down * arch.sqrt()
    outer = (1 - (x / 1.0) ** 2).clamp(min=0)
    above = -(open_up + canvas.uniform(0.2, 0.28)) * outer**0.75 + bow
    below = (open_down + canvas.uniform(0.26, 0.36)) * outer**0.6
    lip_distance = torch.maximum(torch.maximum(above - curve, curve - below) * 0.8, x.abs() - 0.99)
    hole = torch.maximum(top - curve, curve - bottom) * 0.8
    hole = torch.maximum(hole, x.abs() - 0.84)
    across = torch.minimum(-lip_distance, hole).clamp(min=0)
    half = torch.where(curve < 0, top - above, below - bottom).clamp(min=0.05) * 0.4
    height = half * (1 - ((across - half) / half).clamp(-1, 1) ** 2).clamp(min=0).sqrt() * 1.5
    creases = 0.012 * (x * 34 + 3 * noise(canvas, 4)).sin()
    lips = modelled(canvas, height + creases, 0.26, 0.75) * 0.9
    light = over(lips, mask(hole, 0.03), _teeth(canvas, x, curve, top, bottom))
    tint = mask(hole, 0.03)
    return layer(mask(lip_distance, 0.025), light, tint)


def _teeth(canvas: Canvas, x: Tensor, curve: Tensor, top: Tensor, bottom: Tensor) -> Tensor:
    """Light inside a mouth between the heights `top` and `bottom`."""
    throat = canvas.full(0.03)
    tongue = (radius(x / 0.5, (curve - bottom - 0.02) / (0.62 * (bottom - top) + 0.02)) - 1) * 0.4
    light = over(throat, mask(tongue, 0.06), 0.12 + 0.3 * dome(tongue, 0.4) / 0.4 - 0.1 * mask(x.abs() - 0.015, 0.05))
    wide, long = canvas.uniform(0.17, 0.21), canvas.uniform(0.2, 0.27)
    for edge, shift, share in ((top, 0.5, 1.0), (bottom, 0.0, 0.72)):
        # Teeth stand on a bow, so they crowd together towards the corners.
        place = (x.clamp(-0.83, 0.83) / 0.9).asin() * 0.9 / (wide * share) + shift
        along = (place % 1 - 0.5) * wide * share
        reach = long * share * (1 - 0.35 * (x / 0.84) ** 2) + 0.02 * (place.floor() * 2.1).cos()
        far = (curve - edge).abs()
        tooth = box(along, far, wide * share * 0.46, reach, 0.05)
        shade = 0.98 - 0.5 * (along / wide / share).abs() ** 2 - 0.55 * (x / 0.84) ** 2 - 0.25 * smooth(0.1, 0.0, far)
        light = over(light, mask(tooth, 0.03), shade)
    return light


SUBJECTS = (
    Subject(
        "eye",
        ("an eye", "an open eye", "a staring eye", "a human eye", "an eye with lashes", "a watching eye"),
        ("an eyeball", "a gaze"),
        (("blue", "sand coloured"), ("brown", "sand coloured"), ("green", "sand coloured"), ("grey", "pink")),
        thing=eye,
        stands=False,
    ),
    Subject(
        "ear",
        ("an ear", "a listening ear", "a human ear", "an earlobe", "an outer ear"),
        ("an eardrum", "a listener"),
        (("sand coloured", "brown"), ("pink", "grey"), ("brown", "sand coloured")),
        thing=ear,
        stands=False,
    ),
    Subject(
        "mouth",
        (
            "a mouth with teeth",
            "a mouth",
            "an open mouth",
            "a speaking mouth",
            "a screaming mouth",
            "a mouth with lips",
        ),
        ("jaws", "a tongue"),
        (("red", "sand coloured"), ("pink", "white"), ("red", "white")),
        thing=mouth,
        stands=False,
    ),
)
