"""Subjects that look, hear and speak: faces, eyes, ears and mouths, and the tools to model flesh."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as functional
from torch import Tensor

from render.atelier.canvas import Canvas, Layer, Sketch, mask, over, radius, smooth, turn
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
    thick = canvas.uniform(0.05, 0.1) * smooth(1.0, -0.4, x) + 0.02
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
    patch = smooth(1.16, 0.8, ((x.abs() / 1.06) ** 3 + ((y + 0.16).abs() / 1.0) ** 3 + 1e-6) ** (1 / 3))
    return layer(torch.maximum(patch, torch.maximum(brow, inside)), light, 1 - iris * inside)


def ear(canvas: Canvas) -> Layer:
    """An ear with its rolled rim, hollow, flap and lobe."""
    flip = canvas.chance(0.5) * 2.0 - 1
    x, y = turn(canvas.x * flip, canvas.y, canvas.uniform(-0.2, 0.2))
    wide, low = canvas.uniform(0.56, 0.66), canvas.uniform(0.2, 0.28)
    top = (radius((x + 0.02) / wide, (y + 0.28) / 0.68) - 1) * 0.6
    middle = limb(x, y, (0.05, -0.1), (-0.14, 0.62), 0.44, low + 0.02)
    lobe = radius(x + 0.16, (y - 0.7) * 0.95) - low
    outline = join(join(top, middle, 0.2), lobe, 0.12)
    depth = -outline
    behind = smooth(0.75, 0.35, y) * smooth(-0.45, -0.2, x + 0.35 * smooth(0.0, -0.6, y))
    rim = 0.17 * torch.exp(-(((depth - 0.09) / 0.075) ** 2)) * torch.maximum(behind, smooth(-0.5, -0.75, y))
    groove = 0.12 * torch.exp(-(((depth - 0.2) / 0.05) ** 2)) * behind
    fold = radius((x + 0.08) / 0.4, (y - 0.02) / 0.48) - 1
    inner = 0.17 * torch.exp(-((fold / 0.22) ** 2)) * smooth(-0.3, 0.0, x + 0.25) * smooth(0.62, 0.4, y)
    fork = 0.1 * torch.exp(-((segment_of(x, y) / 0.07) ** 2))
    bowl = 0.34 * bump(x + 0.1, y - 0.12, 0.25, 0.3) + 0.12 * bump(x + 0.1, y + 0.35, 0.16, 0.1)
    crus = 0.14 * torch.exp(-((limb(x, y, (-0.42, -0.12), (-0.08, 0.0), 0.0, 0.0) / 0.07) ** 2))
    flap = 0.22 * bump(x + 0.4, y - 0.14, 0.12, 0.17) + 0.12 * bump(x + 0.1, y - 0.47, 0.13, 0.08)
    fat = 0.16 * bump(x + 0.16, y - 0.72, 0.2, 0.2)
    height = dome(outline, 0.14) + rim - groove + inner + fork - bowl + crus + flap + fat
    light = modelled(canvas, height, 0.25, 0.25)
    canal = bump(x + 0.2, y - 0.16, 0.13, 0.17)
    light = light * (1 - 0.45 * bump(x + 0.1, y - 0.1, 0.3, 0.36)) * (1 - 0.85 * canal)
    return layer(mask(outline, 0.02), 0.08 + 0.95 * light, 0.0)


def segment_of(x: Tensor, y: Tensor) -> Tensor:
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
    tint = mask(hole, 0.03) * 1.0
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
