"""Subjects with people: figures, crowds, hands, faces and the organs that see, hear and speak."""

from __future__ import annotations

import torch
from torch import Tensor

from render.atelier.canvas import Canvas, Sketch, ball, mask, over, segment, smooth, tube, turn
from render.atelier.noise import fractal, noise


def _stage(canvas: Canvas, horizon: Tensor | float) -> Tensor:
    """A floor that recedes to `horizon` and a wall behind it with a soft glow, (B, H, W)."""
    x, y = canvas.x, canvas.y
    glow = torch.exp(-1.6 * ((x - canvas.uniform(-0.4, 0.4)) ** 2 + (y + 0.2) ** 2))
    wall = 0.4 + 0.5 * glow + 0.12 * (fractal(canvas, 3, 3) - 0.5)
    floor = 0.3 + 0.35 * glow + 0.15 * (noise(canvas, 6, 5) - 0.5)
    return over(wall, mask(horizon - y, 0.05), floor)


def _body(canvas: Canvas, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """A standing person, feet at y = 0 and head at y = -1.7: signed distance and shading 0..1."""
    legs, arms = canvas.uniform(0.08, 0.2), canvas.uniform(0.18, 0.34)
    hem = canvas.uniform(-0.95, -0.35)
    head = ((x / 0.8) ** 2 + (y + 1.52) ** 2 + 1e-9).sqrt() - 0.15
    coat = torch.maximum(x.abs() - (0.17 + 0.1 * smooth(-1.2, -0.3, y)), torch.maximum(-1.33 - y, y - hem))
    parts = [head, coat, segment(x, y, (0.0, -1.4), (0.0, -1.2)) - 0.07]
    for side in (-1, 1):
        parts.append(segment(x, y, (side * 0.08, -0.8), (side * legs, -0.02)) - 0.07)
        parts.append(segment(x, y, (side * 0.17, -1.25), (side * arms, -0.72)) - 0.055)
    distance = torch.stack(parts).amin(0)
    return distance, (0.5 - 1.6 * x + 0.15 * y).clamp(0, 1)


def _add_figure(canvas: Canvas, sketch: Sketch, x0: Tensor, foot: Tensor | float, size: Tensor | float) -> Sketch:
    """`sketch` with one standing person and the shadow that it throws."""
    x, y = (canvas.x - x0) / size, (canvas.y - foot) / size
    distance, shade = _body(canvas, x, y)
    shadow = mask(segment(x, y, (0.0, 0.0), (0.7, 0.22)) - 0.1, 0.2) * 0.6
    light = over(over(sketch.light, shadow, 0.08), mask(distance, 0.03), 0.03 + 0.55 * shade**2)
    return Sketch(light, over(sketch.tint, mask(distance, 0.03), 0.0))


def person(canvas: Canvas) -> Sketch:
    """One person who stands in a lit room or landscape."""
    sketch = Sketch(_stage(canvas, canvas.uniform(0.35, 0.6)), canvas.full(0.6))
    size = canvas.near_far(1.05, 0.6) * canvas.uniform(0.9, 1.1)
    return _add_figure(canvas, sketch, canvas.uniform(-0.3, 0.3), canvas.near_far(1.1, 0.75), size)


def couple(canvas: Canvas) -> Sketch:
    """Two people side by side on a path that leads away."""
    horizon = canvas.uniform(0.0, 0.3)
    light = _stage(canvas, horizon)
    depth = (canvas.y - horizon).clamp(min=0)
    path = mask((canvas.x - 0.1).abs() - 0.08 - depth * 0.8, 0.06) * mask(-depth, 0.03)
    sketch = Sketch(over(light, path, 0.85 - 0.2 * noise(canvas, 12, 3)), canvas.full(0.6))
    size, middle = canvas.near_far(0.95, 0.55), canvas.uniform(-0.15, 0.15)
    gap = canvas.uniform(0.24, 0.4) * canvas.near_far(1.0, 0.65)
    for side in (-1, 1):
        tall = size * canvas.uniform(0.88, 1.08)
        sketch = _add_figure(canvas, sketch, middle + side * gap, canvas.near_far(1.0, 0.75), tall)
    return sketch


def crowd(canvas: Canvas) -> Sketch:
    """Rows of heads and shoulders that grow towards the viewer."""
    sketch = Sketch(_stage(canvas, 0.2), canvas.full(0.7))
    light, tint = sketch.light, sketch.tint
    rows = int(canvas.near_far(3, 5))
    for row in range(rows):
        depth = (row + 1) / rows
        size = (0.1 + 0.2 * depth) * canvas.near_far(1.3, 0.85)
        base = -0.25 + (canvas.aspect + 0.15) * depth
        step = size * 2.3
        shift = canvas.uniform(0, step)
        place = (canvas.x + shift) / step
        wobble = ((place.floor() * 7.31 + canvas.uniform(0, 9)).sin()) * 0.35
        x, y = (place % 1 - 0.5) * step / size, (canvas.y - base) / size + wobble
        head_distance, head = ball(x / 0.55, (y + 1.0) / 0.68)
        shoulders = torch.maximum(x.abs() - 1.0 + 0.5 * smooth(0.5, -0.3, y), -0.2 - y)
        fog = 0.35 + 0.65 * depth
        light = over(light, mask(shoulders, 0.1), 0.05 + 0.25 * (0.5 - 0.5 * x).clamp(0, 1) * fog)
        light = over(light, mask(head_distance, 0.1), 0.06 + 0.65 * head * fog)
        tint = over(tint, mask(torch.minimum(shoulders, head_distance), 0.1), 0.1)
    return Sketch(light, tint)


def writing(canvas: Canvas) -> Sketch:
    """A hand with a pen that leaves lines of script on a sheet of paper."""
    x, y = turn(canvas.x, canvas.y, canvas.uniform(-0.25, 0.1))
    lines = canvas.near_far(4, 7)
    row = (y + 2) * lines
    script = (x * 42 + fractal(canvas, 5, 2) * 9).sin() * 0.2 + (x * 19 + row.floor() * 5).sin() * 0.12
    ink = mask((row % 1 - 0.55 + script).abs() - 0.09, 0.12) * (((row.floor() * 3.7).sin() * 0.3 + 0.75) > x)
    light = 0.86 - 0.12 * noise(canvas, 3) - 0.1 * (canvas.x**2 + canvas.y**2)
    tip_x, tip_y = canvas.uniform(-0.25, 0.1), canvas.uniform(-0.15, 0.15)
    light = over(light, ink * mask(y - tip_y - 0.15, 0.1), 0.08)
    size = canvas.near_far(1.0, 0.72)
    u, v = (canvas.x - tip_x) / size, (canvas.y - tip_y) / size
    shadow = mask(segment(u, v, (0.1, 0.2), (1.0, 1.4)) - 0.35, 0.4) * 0.5
    light, tint = over(light, shadow, 0.1), canvas.full(0.8) * mask(canvas.y - 9)
    palm, wrist = segment(u, v, (0.5, 0.5), (0.62, 0.68)), segment(u, v, (0.62, 0.68), (1.5, 1.6))
    pieces = [(wrist, 0.24), (palm, 0.3)]
    pieces += [
        (segment(u, v, (0.3 + 0.1 * k, 0.3 + 0.09 * k), (0.1 + 0.11 * k, 0.16 + 0.12 * k)), 0.085) for k in range(4)
    ]
    for distance, thickness in pieces:
        light = over(light, mask(distance - thickness), 0.25 + 0.5 * tube(distance, thickness))
    pen = segment(u, v, (0.0, 0.0), (0.55, -0.95))
    light = over(light, mask(pen - 0.04), 0.04 + 0.75 * tube(pen + 0.015, 0.04) ** 6)
    return Sketch(light, tint)


def _add_eye(canvas: Canvas, light: Tensor, x: Tensor, y: Tensor, gaze: Tensor) -> Tensor:
    """`light` with an open eye, one unit wide to each side of the origin of (x, y)."""
    opening = canvas.uniform(0.42, 0.62) * (1 - x**2).clamp(min=0)
    inside = mask(y.abs() - opening, 0.06) * (x.abs() < 0.98)
    r = ((x - gaze) ** 2 + y**2 + 1e-9).sqrt()
    angle = torch.atan2(y, x - gaze)
    iris = 0.42 + 0.2 * (angle * 23 + r * 12).sin() * smooth(0.12, 0.2, r) - 0.35 * smooth(0.3, 0.38, r) + 0.2 * y
    white = 0.92 - 0.4 * x**2 - 0.25 * smooth(0.1, -0.5, y)
    ball_light = over(over(white, mask(r - 0.38, 0.04), iris), mask(r - 0.16, 0.04), 0.02)
    glint = ((x - gaze + 0.11) ** 2 + (y + 0.12) ** 2 + 1e-9).sqrt()
    ball_light = over(ball_light, mask(glint - 0.06, 0.04), 1.0)
    lid = mask((y.abs() - opening).abs() - 0.045, 0.05) * (x.abs() < 1.0)
    return over(over(light, inside, ball_light), lid, 0.05)


def eye(canvas: Canvas) -> Sketch:
    """One open eye with iris, lid folds, brow and lashes."""
    size = canvas.near_far(0.92, 0.6)
    x, y = (canvas.x - canvas.uniform(-0.1, 0.1)) / size, (canvas.y - canvas.uniform(-0.1, 0.15)) / size
    fold = 0.72 * (1 - (x / 1.15) ** 2).clamp(min=0)
    skin = 0.55 + 0.15 * fractal(canvas, 5, 3) - 0.25 * x.abs() * 0.6 + 0.12 * (fold - y.abs()).clamp(-0.4, 0.4)
    skin = over(skin, mask((y + fold).abs() - 0.02, 0.08) * (x.abs() < 1.1), 0.2)
    brow = (y + 0.98 - 0.16 * (1 - x**2)).abs() - 0.1 + 0.05 * (x * 60 + y * 20).sin().abs()
    skin = over(skin, mask(brow, 0.06) * (x.abs() < 0.95), 0.07)
    lash = ((x * 22).sin().abs() - 0.25).clamp(min=0) * mask((-y - 0.55 * (1 - x**2)).abs() - 0.14, 0.05)
    light = over(skin, (lash * (x.abs() < 1)).clamp(0, 1), 0.03)
    gaze = canvas.uniform(-0.25, 0.25)
    light = _add_eye(canvas, light, x, y, gaze)
    iris = mask(((x - gaze) ** 2 + y**2 + 1e-9).sqrt() - 0.38)
    return Sketch(light, over(canvas.full(0.15), iris, 0.9))


def face(canvas: Canvas) -> Sketch:
    """A face from the front, lit from one side, with hair."""
    size = canvas.near_far(0.98, 0.66)
    x, y = (canvas.x - canvas.uniform(-0.12, 0.12)) / size, (canvas.y - canvas.uniform(-0.05, 0.1)) / size
    wide = canvas.uniform(0.62, 0.74)
    light = 0.14 + 0.2 * fractal(canvas, 3, 3)
    hair = ((x / (wide * 1.2)) ** 2 + ((y + 0.15) / 0.98) ** 2 + 1e-9).sqrt() - 1
    strands = 0.16 + 0.12 * ((x * 30 + fractal(canvas, 3, 2) * 9).sin())
    light = over(light, mask(hair) * mask(y - canvas.uniform(0.1, 0.9), 0.2), strands)
    light = over(light, mask(torch.maximum(x.abs() - 0.28, 0.5 - y)), 0.42 - 0.3 * x)
    skull = ((x / wide) ** 2 + ((y - 0.02 * x) / 0.86) ** 2 + 1e-9).sqrt() - 1
    skin = 0.3 + 0.55 * (1 - (skull + 1) ** 2).clamp(min=0).sqrt() - 0.35 * x + 0.08 * (noise(canvas, 8) - 0.5)
    light = over(light, mask(skull) * mask(-0.55 + 0.2 * (x * 6).cos() - y, 0.1), skin.clamp(0.05, 1))
    gaze, level = canvas.uniform(-0.2, 0.2), canvas.uniform(-0.22, -0.14)
    for side in (-1, 1):
        u, v = (x - side * 0.29) / 0.2, (y - level) / 0.2
        light = over(light, mask(u**2 * 0.5 + v**2 - 1.0, 0.8) * 0.45, 0.15)
        light = _add_eye(canvas, light, u, v, gaze)
        light = over(light, mask((v + 1.0 + 0.3 * (1 - u**2)).abs() - 0.15, 0.15) * (u.abs() < 1.2), 0.06)
    nose = segment(x, y, (0.0, -0.15), (0.05, 0.2))
    light = over(light, mask(nose - 0.05, 0.08) * 0.5, 0.92)
    light = over(light, mask(segment(x, y, (-0.07, 0.24), (0.1, 0.24)) - 0.025, 0.05), 0.12)
    smile = canvas.uniform(-0.4, 0.4) * x**2
    lips = (
        (x / canvas.uniform(0.2, 0.32)) ** 2 + ((y - 0.48 + smile) / canvas.uniform(0.05, 0.12)) ** 2 + 1e-9
    ).sqrt() - 1
    light = over(light, mask(lips, 0.15), 0.3 + 0.25 * smooth(0.45, 0.55, y))
    light = over(light, mask((y - 0.48 + smile).abs() - 0.008, 0.03) * mask(lips, 0.1), 0.03)
    return Sketch(light, over(canvas.full(0.7), mask(hair), 0.1))


def ear(canvas: Canvas) -> Sketch:
    """An ear with its folded rim, hollow and lobe."""
    size = canvas.near_far(0.85, 0.58)
    x, y = turn(canvas.x - canvas.uniform(-0.15, 0.15), canvas.y, canvas.uniform(-0.2, 0.3))
    x, y = x / size, y / size
    outline = ((x + 0.1 * y) / (0.62 - 0.16 * smooth(0.0, 0.9, y))) ** 2 + (y / 1.0) ** 2
    r = (outline + 1e-9).sqrt()
    light = 0.3 + 0.2 * fractal(canvas, 4, 3) - 0.1 * canvas.x
    folds = 0.55 + 0.3 * (r * 11 - 1.2 + 0.6 * x).cos() - 0.25 * x - 0.1 * y
    light = over(light, mask(r - 1.12, 0.2) * 0.5, 0.05)
    light = over(light, mask(r - 1), folds.clamp(0.05, 1))
    hollow = (((x - 0.05) / 0.2) ** 2 + ((y - 0.12) / 0.28) ** 2 + 1e-9).sqrt() - 1
    light = over(light, mask(hollow, 0.5), 0.04)
    lobe_distance, lobe = ball((x - 0.0) / 0.26, (y - 0.72) / 0.26)
    light = over(light, mask(lobe_distance, 0.3), 0.3 + 0.55 * lobe)
    strands = (canvas.x * 25 + fractal(canvas, 3, 2) * 14).sin() * 0.15 + 0.2
    hair = mask(r * -1 + 1.05, 0.1) * mask(canvas.y + 0.25 + 0.6 * canvas.x, 0.3)
    return Sketch(over(light, hair, strands), over(canvas.full(0.1), hair, 0.8))


def mouth(canvas: Canvas) -> Sketch:
    """An open mouth: lips around two rows of teeth and a dark throat."""
    size = canvas.near_far(0.88, 0.58)
    x, y = (canvas.x - canvas.uniform(-0.1, 0.1)) / size, (canvas.y - canvas.uniform(-0.1, 0.1)) / size
    curve = y + canvas.uniform(-0.05, 0.3) * x**2 - 0.08 * torch.exp(-20 * x**2) * (y < 0)
    opening = canvas.uniform(0.3, 0.55) * (1 - (x / 0.82) ** 2).clamp(min=0).sqrt()
    outer = (opening + 0.24) * (1 - (x / 1.02) ** 2).clamp(min=0).sqrt()
    light = 0.6 + 0.15 * fractal(canvas, 5, 3) - 0.25 * canvas.x - 0.15 * canvas.y.abs()
    across = (curve.abs() - opening) / (outer - opening + 1e-3)
    lip = 0.25 + 0.4 * (1 - (2 * across - 1) ** 2).clamp(min=0) + 0.08 * (x * 50).sin() + 0.12 * (y > 0)
    lips = mask(curve.abs() - outer, 0.05) * (x.abs() < 1)
    light = over(light, lips, lip)
    inside = mask(curve.abs() - opening, 0.03) * (x.abs() < 0.82)
    tooth = (x * 5.5 + 0.5 * (y > 0)) % 1 - 0.5
    row = mask((curve.abs() - opening * 0.98).abs() - opening * (0.5 - 0.8 * tooth**2), 0.05)
    teeth = (0.95 - 0.9 * tooth.abs() ** 3 * 4 - 0.3 * x.abs()).clamp(0.1, 1)
    tongue_distance, tongue = ball(x / 0.45, (curve - opening * 0.9) / (opening * 0.7 + 0.02))
    throat = over(canvas.full(0.03), mask(tongue_distance, 0.1), 0.15 + 0.3 * tongue)
    light = over(light, inside, over(throat, row, teeth))
    return Sketch(light, over(canvas.full(0.7), lips, 0.0))
