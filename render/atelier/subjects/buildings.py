"""Subjects that stand by themselves: a cottage, a lighthouse, ruins of a temple and a factory."""

from __future__ import annotations

import torch
from torch import Tensor

from render.atelier.canvas import Canvas, Sketch, mask, over, radius, smooth, tube
from render.atelier.march import again, block, march, orb, post
from render.atelier.noise import fractal, hash_noise, noise
from render.atelier.relief import box
from render.atelier.subject import Subject

_FRONT, _SIDE, _EAVES = 1.1, 1.55, 1.9


def house(canvas: Canvas) -> Sketch:
    """A cottage with a gabled roof, a chimney, a door and windows, in a field under the sky."""
    yaw = canvas.uniform(0.3, 0.75) * torch.where(canvas.chance(0.5), 1.0, -1.0)
    steep, flue, bush = canvas.uniform(0.75, 1.15), canvas.uniform(0.5, 0.9), canvas.uniform(2.6, 3.4)
    cosine, sine, lean = yaw.cos(), yaw.sin(), (1 + steep**2).sqrt()

    def frame(x: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
        return x * cosine - z * sine, x * sine + z * cosine

    def distance(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        u, w = frame(x, z)
        slope = (y - _EAVES - steep * (_FRONT - w.abs())) / lean
        body = torch.maximum(torch.maximum(slope, u.abs() - _SIDE), w.abs() - _FRONT)
        roof = torch.maximum((slope - 0.06).abs() - 0.07, torch.maximum(u.abs() - _SIDE - 0.2, _EAVES - 0.3 - y))
        chimney = torch.maximum(torch.maximum((u - flue).abs(), w.abs()) - 0.2, y - 0.5 - _EAVES - steep * _FRONT)
        chimney = torch.maximum(chimney, _EAVES - y)
        bushes = orb(x.abs() - bush, y - 0.5, z - 0.8, 0.85)
        solid = torch.minimum(body, torch.minimum(roof, chimney))
        return torch.minimum(torch.minimum(solid, bushes), y)

    zoom = canvas.near_far(2.25, 1.5)
    eye = (canvas.uniform(-0.4, 0.4), 1.75, -6.8)
    seen = march(canvas, distance, eye=eye, pitch=0.02, zoom=zoom, sight=30.0, steps=18, ambient=0.5)
    u, w = frame(seen.x, seen.z)
    slope = (seen.y - _EAVES - steep * (_FRONT - w.abs())) / lean
    wall = mask(torch.maximum(torch.maximum(u.abs() - _SIDE, w.abs() - _FRONT), slope + 0.02) - 0.03, 0.04)
    roof = mask(torch.maximum(-slope - 0.02, u.abs() - _SIDE - 0.25), 0.04) * mask(w.abs() - 1.6, 0.05)
    roof = roof * mask(_EAVES - 0.35 - seen.y, 0.05)
    base = mask(0.03 - seen.y, 0.04)
    wall, roof = wall * base, roof * base
    pane, door = _openings(u, seen.y, w)
    lit = torch.where(canvas.chance(0.5), 1.5, 0.08)
    front = over(canvas.full(0.95), mask(pane - 0.09, 0.05), 1.2)
    bars = mask(again(seen.y - 1.15, 5.0).abs() - 0.03, 0.04)
    front = over(front, mask(pane, 0.05), over(lit * torch.ones_like(u), bars, 0.9))
    front = over(front, mask(door, 0.05), 0.2)
    tiles = 0.28 + 0.14 * smooth(0.2, 0.5, ((seen.y * 4.2) % 1 - 0.5).abs())
    path = mask(u.abs() - 0.35 + 0.12 * w, 0.15) * mask(w + _FRONT, 0.1)
    ground = over(0.5 + 0.3 * (fractal(canvas, 7, 3, 3) - 0.5), path, 0.95)
    ground = over(ground, mask(torch.tensor(0.1, device=canvas.device) - seen.y, 0.1), 0.36)
    light = over(over(ground, wall, front), roof, tiles) * (0.35 + 0.75 * seen.light)
    tint = over(canvas.full(1.0), torch.maximum(wall, roof), mask(torch.minimum(pane, door), 0.05) * wall)
    sky = 0.92 - 0.35 * smooth(0.3, -canvas.high, canvas.y) + 0.25 * (fractal(canvas, 2.5, 4, 2) - 0.5)
    far = over(canvas.full(0.3), seen.hit, (seen.depth - 0.2).clamp(min=0) * 0.8)
    return Sketch(over(sky, seen.hit, light).clamp(0, 1), over(canvas.full(1.0), seen.hit, tint), far)


def _openings(u: Tensor, y: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """Signed distances on the walls of the cottage from its windows and from its door."""
    long = (u.abs() < _SIDE - 0.04) & (w.abs() > _FRONT - 0.08)
    windows = torch.where(long, box(u.abs() - 0.95, y - 1.15, 0.29, 0.34), box(w, y - 1.15, 0.34, 0.34))
    door = torch.where(long, box(u, y - 0.65, 0.3, 0.68), torch.ones_like(u))
    return windows, door


def lighthouse(canvas: Canvas) -> Sketch:
    """A banded lighthouse on a rock above the sea; its lamp throws beams into a dusky sky."""
    size = canvas.near_far(1.0, 0.74) * min(1.25, canvas.high)
    level = 0.5 * size + 0.1 * canvas.high
    x = (canvas.x - canvas.uniform(-0.3, 0.3) * canvas.wide) / size
    y = (canvas.y - level) / size
    sky = 0.22 + 0.4 * smooth(-1.6, 0.1, y) + 0.22 * (fractal(canvas, 2.5, 4, 2) - 0.5)
    lamp, spread, tilt = -1.2, canvas.uniform(0.1, 0.2), canvas.uniform(-0.12, 0.12)
    out = x.abs()
    beam = mask(((y - lamp) + tilt * x).abs() - 0.05 - spread * out, 0.08) * torch.exp(-0.55 * out)
    beam = beam * torch.where(canvas.chance(0.5), 1.0, (x * torch.where(canvas.chance(0.5), 1.0, -1.0) > 0) * 1.0)
    light = over(sky, 0.8 * beam, 1.0)
    swell = noise(canvas, 5, 5)
    sea = 0.22 + 0.35 * smooth(0.45, 0.75, swell) + 0.15 * smooth(0.6, 0.0, y)
    light = over(light, mask(0.06 - y, 0.015), sea)
    rock = 0.2 * fractal(canvas, 5, 4) - 0.02 - 0.26 * torch.exp(-3.2 * (x - 0.1 * canvas.uniform(-1, 1)) ** 2)
    stone = mask(torch.maximum(rock + 0.02 - y, y - 0.13 + 0.12 * x**2 + 0.05 * noise(canvas, 6)), 0.02)
    light = over(light, stone, 0.06 + 0.3 * fractal(canvas, 9, 3) * smooth(0.5, -0.1, y + 0.4 * x))
    up = ((-y - 0.05) / 1.0).clamp(0, 1)
    half = 0.23 - 0.1 * up
    shade = 0.16 + 0.84 * tube(x / half + 0.3 * canvas.sun[:, 0].sign() * -1, 1.25)
    count = canvas.uniform(2, 4).floor() + 0.5
    band = smooth(-0.04, 0.04, ((up * count) % 1 - 0.5).abs() - 0.25)
    body = shade * over(canvas.full(0.5), band, 1.0)
    tower = mask(torch.maximum(out - half, torch.maximum(-1.05 - y, y - 0.02)), 0.02)
    door = mask(torch.maximum(box(x, y + 0.06, 0.055, 0.12), -0.2 - y), 0.02)
    slit = mask(box(x, again(y + 0.45, 0.32), 0.035, 0.05), 0.02) * mask((y + 0.6).abs() - 0.3, 0.01)
    light = over(light, tower, over(body, torch.maximum(door, slit), 0.06))
    tint = over(canvas.full(1.0), tower, 0.0)
    gallery = mask(torch.minimum(box(x, y + 1.07, 0.2, 0.035), box(x, y + 1.3, 0.115, 0.025)), 0.02)
    room = mask(box(x, y - lamp + 0.005, 0.095, 0.1), 0.02)
    roof = mask(torch.maximum(out - 0.13 - 0.75 * (y + 1.3), y + 1.3), 0.02)
    light = over(light, room, 1.0)
    light = over(light, torch.maximum(gallery, roof), 0.12 + 0.25 * shade)
    glow = 0.6 * torch.exp(-9 * radius(x, y - lamp)) * (1 - torch.maximum(gallery, roof))
    tint = over(tint, torch.maximum(gallery, roof), 0.0)
    return Sketch((light + glow).clamp(0, 1), tint)


def ruins(canvas: Canvas) -> Sketch:
    """Columns of a ruined temple, some broken, some that still bear a beam, and a drum that has fallen."""
    step, salt, beam_at = 1.75, canvas.uniform(0, 9), canvas.uniform(-2, 1).round()
    fallen, share = canvas.uniform(-2.4, 2.4), canvas.uniform(0.2, 0.45)
    top = 3.5

    def column(x: Tensor, z: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        index, row = (x / step).round(), (z > 1.6) * 1.0
        value = hash_noise(index, row, salt)
        whole = (value < share) | (((index - beam_at - 0.5).abs() < 1) & (row < 0.5))
        tall = torch.where(whole, torch.full_like(value, top), 0.5 + 2.4 * ((value * 31.7) % 1))
        return x - index * step, torch.where(row > 0.5, z - 3.2, z), tall, whole, value

    def distance(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        u, w, tall, whole, value = column(x, z)
        cut = torch.where(whole, 0.0, 0.5 * (value - 0.5)) * u * 4
        girth = 0.43 - 0.03 * y
        shaft = torch.maximum((u**2 + w**2 + 1e-6).sqrt() - girth, (y - tall - cut) * 0.8)
        capital = block(u, y - top - 0.12, w, (0.55, 0.14, 0.55))
        shaft = torch.minimum(shaft, torch.where(whole, capital, 9.0))
        stands = torch.minimum(shaft, torch.maximum(step / 2 - u.abs(), 1.6 - w.abs()).clamp(min=0) + 0.36)
        stands = torch.where(z > 4.8, 9.0, torch.maximum(stands, y - 3.8))
        entablature = block(x - (beam_at + 0.5) * step, y - top - 0.5, z, (step * 0.5 + 0.62, 0.26, 0.5))
        drum = post(y - 0.38, x - fallen, z + 1.7, 0.42, 0.62)
        floor = torch.minimum(block(x, y + 0.15, z - 1.6, (40.0, 0.18, 2.7)), y + 0.4)
        return torch.minimum(torch.minimum(stands, entablature), torch.minimum(drum, floor))

    zoom = canvas.near_far(1.75, 1.3)
    seen = march(
        canvas, distance, eye=(canvas.uniform(-0.8, 0.8), 1.5, -6.6), pitch=-0.06, turn=canvas.uniform(-0.1, 0.1),
        zoom=zoom, sight=30.0, steps=19, ambient=0.4,
    )  # fmt: skip
    u, w, tall, _, _ = column(seen.x, seen.z)
    flutes = 0.78 + 0.22 * (torch.atan2(u, -w) * 7).cos()
    stone = mask(0.06 - seen.y, 0.05)
    shaft = stone * mask(radius(u, w) - 0.47, 0.03) * mask(seen.y - tall, 0.1)
    floor = mask(seen.y + 0.02, 0.03)
    grass = 0.5 + 0.3 * (fractal(canvas, 8, 3, 3) - 0.5)
    surface = over(0.65 + 0.35 * noise(canvas, 14), mask(seen.y + 0.3, 0.1), grass)
    light = (0.08 + 0.92 * seen.light) * surface * over(torch.ones_like(u), shaft, flutes)
    sky = 0.55 - 0.25 * smooth(0.3, -canvas.high, canvas.y) + 0.35 * (fractal(canvas, 2.5, 4, 2.2) - 0.5)
    ground = mask(seen.y + 0.3, 0.1)
    tint = over(canvas.full(1.0), seen.hit * (1 - ground), 0.0)
    depth = over(canvas.full(0.3), seen.hit, (seen.depth - 0.25).clamp(min=0) * (0.5 + 0.3 * floor))
    return Sketch(over(sky, seen.hit, light).clamp(0, 1), tint, depth)


def factory(canvas: Canvas) -> Sketch:
    """A factory with a saw-toothed roof, lit windows and tall chimneys that smoke."""
    base, size = canvas.uniform(0.62, 0.8) * canvas.high, canvas.near_far(1.0, 0.72)
    x, y = canvas.x, canvas.y
    glow = torch.exp(-1.5 * ((x - canvas.uniform(-0.6, 0.6)) ** 2 + (y - base) ** 2))
    light = 0.42 + 0.42 * glow + 0.12 * smooth(-canvas.high, base, y) + 0.1 * (fractal(canvas, 2.5, 3, 2) - 0.5)
    light, tint = over(light, mask(base - y, 0.01), 0.22 + 0.15 * noise(canvas, 5, 6)), canvas.full(1.0)
    billow, wind = fractal(canvas, 4, 4), canvas.uniform(0.25, 0.7) * torch.where(canvas.chance(0.5), 1.0, -1.0)
    count = round(2.6 * canvas.wide + canvas.near_far(0, 1))
    for index in range(count):
        middle = ((index + 0.5) / count * 2 - 1) * canvas.wide * 0.85 + canvas.uniform(-0.12, 0.12)
        mouth = base - size * canvas.uniform(0.8, 1.15) * min(1.3, canvas.high)
        rise = (mouth - y).clamp(min=0)
        wide = (0.06 + 0.38 * rise) * (0.6 + 0.5 * size)
        edge = (x - middle - wind * rise).abs() / wide - 0.85 + 1.5 * (billow - 0.45) * smooth(0.0, 0.25, rise)
        puff = smooth(0.22, -0.12, edge) * smooth(-0.01, 0.03, mouth - y) * smooth(1.7, 0.5, rise)
        light, tint = (
            over(light, 0.95 * puff, 0.62 + 0.6 * (billow - 0.4) - 0.3 * edge.clamp(-1, 0.5)),
            over(tint, puff * 0.3, 0.0),
        )
        half = (0.062 + 0.045 * ((y - mouth) / (base - mouth)).clamp(0, 1)) * size * 1.15
        u = x - middle
        stack = mask(torch.maximum(u.abs() - half, torch.maximum(mouth - y, y - base)), 0.02)
        band = mask(((y - mouth) / size - 0.12).abs() - 0.04, 0.015) + mask(
            ((y - mouth) / size - 0.3).abs() - 0.04, 0.015
        )
        brick = (0.08 + 0.4 * tube(u / half + 0.35, 1.3)) * (1 + 0.9 * band)
        light, tint = over(light, stack, brick), over(tint, stack, 0.0)
    return _hall(canvas, Sketch(light, tint), base, size)


def _hall(canvas: Canvas, behind: Sketch, base: Tensor, size: float) -> Sketch:
    """The long hall of a factory before its chimneys: a saw-toothed roof over two rows of windows."""
    tooth = 0.46 * size
    u = (canvas.x / tooth + canvas.uniform(0, 1)) * torch.where(canvas.chance(0.5), 1.0, -1.0)
    roof = base - 0.36 * size - 0.2 * size * (u % 1)
    left = canvas.x + canvas.wide * canvas.uniform(0.5, 1.2)
    hall = mask(torch.maximum(torch.maximum(roof - canvas.y, canvas.y - base), -left), 0.02)
    pane = box(
        ((u * 3) % 1 - 0.5) * tooth / 3,
        ((base - canvas.y) / size / 0.155 % 1 - 0.5) * 0.155 * size,
        0.042 * size,
        0.05 * size,
    )
    rows = mask((base - canvas.y - 0.155 * size).abs() - 0.155 * size, 0.01)
    lit = hash_noise((u * 3).floor(), ((base - canvas.y) / size / 0.155).floor(), canvas.uniform(0, 9)) < 0.75
    glass = mask(pane, 0.02) * rows * lit
    wall = 0.13 + 0.1 * (u % 1) + 0.14 * mask(canvas.y - roof - 0.035, 0.02)
    light = over(behind.light, hall, over(wall, glass, 0.98))
    return Sketch(light.clamp(0, 1), over(behind.tint, hall, 0.0))


SUBJECTS = (
    Subject(
        "house",
        ("a house", "a cottage", "a little house", "a house with a chimney", "a farmhouse", "a home"),
        ("a cabin", "a villa"),
        (("white", "green"), ("red", "green"), ("yellow", "blue"), ("brown", "blue")),
        scene=house,
    ),
    Subject(
        "lighthouse",
        ("a lighthouse", "a lighthouse by the sea", "a lighthouse on a rock", "a beacon", "a striped tower"),
        ("a lightship", "a pharos"),
        (("red", "blue"), ("white", "blue"), ("orange", "turquoise"), ("black", "purple")),
        scene=lighthouse,
    ),
    Subject(
        "ruins",
        ("ruins", "broken columns", "a ruined temple", "ancient columns", "a fallen temple", "old pillars"),
        ("an acropolis", "a colonnade"),
        (("sand coloured", "blue"), ("white", "green"), ("white", "orange"), ("grey", "purple")),
        scene=ruins,
    ),
    Subject(
        "chimneys",
        (
            "factory chimneys",
            "a factory with chimneys",
            "industry",
            "a power station",
            "tall chimneys",
            "chimney stacks",
        ),
        ("a steelworks", "a refinery"),
        (("brown", "orange"), ("black", "yellow"), ("red", "grey"), ("grey", "purple")),
        scene=factory,
    ),
)
