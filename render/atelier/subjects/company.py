"""Subjects with people who do something: dance, sleep, sit together, or show their profile."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from render.atelier.canvas import Canvas, Layer, Sketch, mask, over, radius, smooth, turn
from render.atelier.noise import fractal, noise
from render.atelier.relief import box, dome, join, limb
from render.atelier.subject import Subject
from render.atelier.subjects.bodies import bump, coarse, fine, melt, modelled
from render.atelier.things import layer

Point = tuple[float | Tensor, float | Tensor]


def _step(start: Point, angle: Tensor, length: float) -> Point:
    """The point `length` away from `start`; angle 0 is down, positive to the right."""
    return start[0] + length * angle.sin(), start[1] + length * angle.cos()


def _limb_of(x: Tensor, y: Tensor, joints: tuple[Point, Point, Point], sizes: tuple[float, float, float]) -> Tensor:
    """Signed distance of an arm or a leg with one bend."""
    first = limb(x, y, joints[0], joints[1], sizes[0], sizes[1])
    return torch.minimum(first, limb(x, y, joints[1], joints[2], sizes[1], sizes[2]))


def _skirt(canvas: Canvas, x: Tensor, y: Tensor, hip: Point) -> tuple[Tensor, Tensor]:
    """Signed distance and folds of a skirt that flies out from the hips: short and stiff, or long and swinging."""
    u, v = x - hip[0], y - hip[1]
    tutu, sway = canvas.chance(0.5), canvas.uniform(-0.5, 0.5)
    ruffle = 0.02 * (u * 34).sin()
    short = (radius(u / 0.46, (v - 0.06 - 0.12 * sway * u + ruffle) / 0.13) - 1) * 0.14
    long, flare = canvas.uniform(0.4, 0.62), canvas.uniform(0.5, 0.85)
    side = (u - sway * v**2) / (0.13 + flare * v.clamp(min=0) ** 0.9)
    hem = long + 0.05 * (side * 8 + canvas.uniform(0, 6)).sin() - 0.1 * side**2
    gown = torch.maximum((side.abs() - 1) * 0.25, torch.maximum(v - hem, -0.1 - v))
    folds = 0.04 * (side * canvas.uniform(9, 14)).sin() * smooth(0.0, 0.3, v)
    return torch.where(tutu, short, gown), torch.where(tutu, 0.02 * (u * 40).sin(), folds)


def dancer(canvas: Canvas) -> Layer:
    """A dancer on one leg, the other and both arms flung out, in a flying skirt."""
    half = coarse(canvas)
    flip = canvas.chance(0.5) * 2.0 - 1
    x, y = half.x * flip, half.y
    hip: Point = (canvas.uniform(-0.1, 0.0), 0.08)
    tilt = canvas.uniform(-0.05, 0.4)
    chest = _step(hip, math.pi - tilt, 0.36)
    neck = _step(chest, math.pi - tilt * 0.6, 0.14)
    face = _step(neck, math.pi - tilt * 0.4, 0.13)
    knee = _step(hip, canvas.uniform(-0.08, 0.08), 0.44)
    legs = [_limb_of(x, y, (hip, knee, (hip[0], 0.93)), (0.1, 0.07, 0.035))]
    lift = canvas.uniform(1.0, 1.75)
    bent = _step(hip, -lift, 0.42)
    legs.append(_limb_of(x, y, (hip, bent, _step(bent, -lift + canvas.uniform(-0.1, 0.5), 0.46)), (0.1, 0.075, 0.035)))
    arms = []
    for side in (-1, 1):
        shoulder: Point = (chest[0] + side * 0.11, chest[1] - 0.05)
        reach = canvas.uniform(1.5, 2.75)
        elbow = _step(shoulder, side * reach, 0.27)
        wrist = _step(elbow, side * (reach + canvas.uniform(-0.1, 0.6)), 0.3)
        arms.append(_limb_of(x, y, (shoulder, elbow, wrist), (0.065, 0.05, 0.032)))
    torso = torch.minimum(limb(x, y, hip, chest, 0.095, 0.135), limb(x, y, chest, neck, 0.1, 0.045))
    body = join(torso, torch.minimum(*legs), 0.05)
    skirt, folds = _skirt(canvas, x, y, hip)
    head = radius((x - face[0]) / 0.09, (y - face[1]) / 0.105) - 1
    bun = torch.minimum(
        radius(x - face[0] + 0.03, y - face[1] + 0.03) - 0.1, radius(x - face[0] + 0.1, y - face[1] + 0.1) - 0.05
    )
    height = torch.maximum(melt(dome(body, 0.1), dome(torch.minimum(*arms), 0.05), 0.02), dome(head * 0.1, 0.09))
    height = torch.maximum(height, (dome(skirt, 0.12) + 0.1 + folds) * mask(skirt, 0.04))
    light = 0.1 + 0.92 * modelled(half, height, 0.25, 0.15)
    light = over(light, mask(bun, 0.03) * smooth(-0.3, 0.3, -(x - face[0]) - (y - face[1]) + 0.04), 0.1)
    whole = torch.stack([body, *arms, skirt, head * 0.1, bun]).amin(0)
    whole, light, skirt = fine(canvas, whole, light, skirt)
    return layer(mask(whole, 0.025), light, 0.0)


def _bedding(canvas: Canvas, x: Tensor, y: Tensor, long: float) -> tuple[Tensor, Tensor, Tensor]:
    """Height of a blanket over someone who lies on the back or the side, its distance, and the turned-down sheet."""
    side, knees = canvas.uniform(-0.12, 0.12), canvas.uniform(-0.3, 0.3)
    body = limb(x, y, (side * 0.5, -0.2), (side, 0.35), 0.3, 0.27)
    legs = torch.minimum(
        _limb_of(x, y, ((side - 0.06, 0.4), (side + knees, 0.75), (side - 0.08, long - 0.25)), (0.2, 0.15, 0.12)),
        _limb_of(
            x, y, ((side + 0.08, 0.4), (side + knees * 0.3 + 0.1, 0.8), (side + 0.12, long - 0.2)), (0.2, 0.15, 0.12)
        ),
    )
    form = melt(0.4 * smooth(0.17, -0.22, body), 0.3 * smooth(0.16, -0.13, legs), 0.15)
    drape = 0.05 * (noise(canvas, 5) - 0.5) + 0.05 * (fractal(canvas, 3, 2) - 0.5)
    edge = y + 0.28 + 0.05 * (x * 3 + canvas.uniform(0, 6)).sin()
    distance = torch.maximum(-edge, box(x, y - long / 2, 0.86, long / 2 + 0.35, 0.1))
    fold = torch.maximum(distance, edge - 0.17)
    height = 0.12 + form + drape + 0.05 * mask(fold, 0.08)
    return height, distance, fold


def sleeper(canvas: Canvas) -> Sketch:
    """Someone asleep in a bed, seen from above: a head on a pillow and a body under a blanket."""
    half = coarse(canvas)
    lying = canvas.wide > canvas.high
    stretch = max(canvas.wide, canvas.high)
    size = canvas.near_far(0.98, 0.72)
    long = min(1.0 + 1.1 * (stretch / size - 1), 1.75)
    angle = canvas.uniform(-0.16, 0.16) + (math.pi / 2 * torch.where(canvas.chance(0.5), 1.0, -1.0) if lying else 0.0)
    along = torch.as_tensor(0.5 * (1 - long) * size + 0.02, device=canvas.device)
    frame = half.inside(along * angle.sin() * -1, along * angle.cos(), size, angle)
    x, y = frame.x, frame.y
    floor = 0.12 + 0.18 * (noise(half, 3, 9) - 0.3)
    bed = box(x, y - (long - 1) / 2, 0.92, (long + 1) / 2 - 0.04, 0.08)
    board = box(x, y + 0.97, 0.98, 0.06, 0.03)
    pillow = box(x, y + 0.62, 0.56, 0.27, 0.22)
    head_x, head_y = canvas.uniform(-0.14, 0.14), -0.58
    nod = canvas.uniform(-0.5, 0.5)
    p, q = turn(x - head_x, y - head_y, nod)
    p, q = p / 0.31, q / 0.31
    sheet = 0.05 * mask(bed, 0.1) + 0.02 * fractal(half, 4, 2)
    dent = 0.14 * bump(x - head_x, y - head_y, 0.3, 0.26)
    pillow_height = dome(pillow, 0.22) * 0.8 - dent
    blanket, blanket_distance, fold = _bedding(half, x, y, long)
    neck = limb(p, q, (0.0, 0.6), (0.0, 1.5), 0.38, 0.5) * 0.31
    linen = modelled(frame, torch.maximum(sheet, pillow_height), 0.45, 0.0)
    light = over(floor * (1 - 0.6 * mask(bed - 0.08, 0.25)), mask(bed, 0.03), 0.2 + 0.75 * linen)
    tint = half.full(1.0)
    light = over(light, mask(board, 0.03), 0.3)
    face_light, face_cover, hair = _asleep(canvas, p, q)
    light = light * (1 - 0.4 * mask(radius(p, q) - 1.1, 0.6))
    light, tint = over(light, mask(neck, 0.04), 0.5), over(tint, mask(neck, 0.04), 0.6)
    light, tint = over(light, face_cover, face_light), over(tint, face_cover, over(half.full(0.6), hair, 0.9))
    cover = mask(blanket_distance, 0.03)
    light = light * (1 - 0.45 * mask(blanket_distance - 0.05, 0.15) * (1 - cover))
    cloth = modelled(frame, blanket, 0.2, 0.0)
    light, tint = over(light, cover, cloth * 0.9), over(tint, cover, mask(fold, 0.03))
    light = over(light, mask(fold, 0.03), 0.25 + 0.75 * cloth)
    light, tint = fine(canvas, light, tint)
    return Sketch(light.clamp(0, 1), tint.clamp(0, 1))


def _asleep(canvas: Canvas, p: Tensor, q: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Light and cover of a head with closed eyes, chin at q = 1, and where its hair is."""
    shade = canvas.uniform(0.08, 0.45)
    skull = (radius(p / 0.78, q) - 1) * 0.8
    loose = torch.maximum((radius(p / 1.15, (q + 0.1) / 1.15) - 1) * 1.1, q - 0.55 - 0.3 * p)
    hair = torch.minimum((radius(p / 0.92, (q + 0.28) / 0.95) - 1) * 0.9, torch.where(canvas.chance(0.5), loose, 9.0))
    open_face = (radius(p / 0.7, (q - 0.35) / 0.95) - 1) * 0.7
    form = (1 - (p / 0.8) ** 2 - 0.7 * q**2).clamp(min=0).sqrt()
    skin = 0.35 + 0.5 * form + 0.25 * canvas.sun[:, 0] * p + 0.16 * bump(p, q - 0.2, 0.12, 0.25)
    lids = mask((q - 0.08 - 0.1 * (1 - ((p.abs() - 0.34) / 0.2) ** 2)).abs() - 0.035, 0.06) * mask(
        (p.abs() - 0.34).abs() - 0.18, 0.05
    )
    lips = mask(radius(p / 0.22, (q - 0.62) / 0.08) - 1, 0.5)
    skin = over(skin, torch.maximum(lids, 0.7 * lips), 0.06)
    strands = mask(torch.maximum(hair, -open_face), 0.08)
    light = over(skin, strands, shade * (0.7 + 0.5 * form + 0.12 * (torch.atan2(p, 0.9 + q) * 16).sin()))
    return light, mask(torch.minimum(skull, hair), 0.08), strands


def _sitter(canvas: Canvas, frame: Canvas, facing: float) -> tuple[Tensor, Tensor, Tensor]:
    """Someone who sits, head at y = -0.9 and seat at y = 0, seen from the front (facing 1) or the back (-1)."""
    x, y = frame.x, frame.y
    lean = canvas.uniform(-0.08, 0.08)
    head = (radius((x - lean) / 0.2, (y + 0.92) / 0.25) - 1) * 0.2
    hair = (radius((x - lean) / 0.225, (y + 0.97) / 0.26) - 1) * 0.22
    if facing > 0:
        hair = torch.maximum(hair, -(radius((x - lean) / 0.17, (y + 0.83) / 0.25) - 1) * 0.2)
    torso = join(box(x - 0.4 * lean, y + 0.18, 0.36, 0.4, 0.2), box(x - lean, y + 0.6, 0.09, 0.15, 0.05), 0.12)
    arms = [limb(x, y, (side * 0.33, -0.42), (side * 0.43, -0.05), 0.11, 0.1) for side in (-1, 1)]
    if facing > 0:
        arms += [limb(x, y, (side * 0.43, -0.05), (side * 0.15, 0.05), 0.1, 0.07) for side in (-1, 1)]
    body = torch.minimum(torso, torch.stack(arms).amin(0))
    height = torch.maximum(dome(body, 0.25), dome(head, 0.2) + 0.1 * mask(head, 0.05))
    light = modelled(frame, height, 0.2, 0.05) * over(1.0, mask(body, 0.05), canvas.uniform(0.45, 0.95))
    skin, strands = mask(head, 0.05), mask(hair, 0.05)
    light = over(light, skin, 0.2 + 0.75 * light.clamp(0, 1))
    light = over(light, strands, canvas.uniform(0.08, 0.35) * (0.7 + light))
    cover = mask(torch.minimum(torch.minimum(body, head), hair), 0.05)
    return cover, light, over(over(torch.zeros_like(x), skin, 0.5), strands, 0.7)


def table(canvas: Canvas) -> Sketch:
    """People who sit round a lit table, some with their backs to the viewer."""
    half = coarse(canvas)
    wide = min(0.62 * canvas.wide + 0.1, 1.7) * canvas.near_far(1.0, 0.82)
    high = (0.3 + 0.16 * (min(canvas.high, 2.2) - 1)) * canvas.near_far(1.0, 0.82)
    x0, y0 = canvas.uniform(-0.06, 0.06), 0.12 + canvas.uniform(-0.05, 0.08)
    size = canvas.near_far(0.52, 0.4)
    x, y = half.x - x0, half.y - y0
    glow = torch.exp(-0.9 * ((x / wide) ** 2 + ((y + 0.3) / 1.1) ** 2))
    light, tint = 0.08 + 0.4 * glow + 0.06 * (fractal(half, 3, 2) - 0.5), half.full(1.0)
    seats = round(wide * 2.1 / (size * 0.95))
    back = [math.pi * (index + 0.5) / seats for index in range(seats)]
    for angle in sorted(back, key=math.sin, reverse=True):
        light, tint = _seat(
            canvas,
            half,
            light,
            tint,
            (x0 + wide * 0.98 * math.cos(angle), y0 - high * math.sin(angle)),
            size * 0.92,
            1.0,
        )
    top = (radius(x / wide, y / high) - 1) * high
    rim = (radius(x / wide, (y - 0.07) / high) - 1) * high
    cloth = torch.maximum((radius(x / (wide * 0.97), (y - 0.3) / (high * 1.05)) - 1) * high, -y)
    folds = 0.24 + 0.08 * ((x / wide).clamp(-1, 1).asin() * 14).sin()
    light, tint = over(light, mask(cloth, 0.03), folds * (0.5 + 0.6 * glow)), over(tint, mask(cloth, 0.03), 1.0)
    shine = torch.exp(-1.2 * ((x / wide) ** 2 + (y / high) ** 2))
    light = over(over(light, mask(rim, 0.03), 0.35), mask(top, 0.03), 0.5 + 0.48 * shine)
    for index in range(seats):
        turned = 2 * math.pi * (index + 0.5) / seats
        plate = radius((x - 0.66 * wide * math.cos(turned)) / 0.15, (y - 0.62 * high * math.sin(turned)) / 0.06) - 1
        light = over(over(light, mask(plate, 0.2), 0.35), mask(plate + 0.25, 0.2), 0.98)
    front = max(1, round((seats - 1) * 0.7))
    for index in range(front):
        share = (index + 0.5) / front * 2 - 1
        place = (x0 + share * wide * 0.85, y0 + high * (1 - (share * 0.85) ** 2) ** 0.5 + 0.42 * size + 0.12)
        light, tint = _seat(canvas, half, light, tint, place, size * 1.12, -1.0)
    light, tint = fine(canvas, light, tint)
    return Sketch(light.clamp(0, 1), tint.clamp(0, 1))


def _seat(
    canvas: Canvas, half: Canvas, light: Tensor, tint: Tensor, at: tuple[Tensor, Tensor], size: float, facing: float
) -> tuple[Tensor, Tensor]:
    """Light and tint with one more person at the table, whose seat is at `at`."""
    frame = half.inside(at[0] + canvas.uniform(-0.03, 0.03), at[1], size * canvas.uniform(0.94, 1.06))
    cover, shade, colour = _sitter(canvas, frame, facing)
    if facing < 0:
        shade = 0.6 * shade
    return over(light, cover, shade), over(tint, cover, colour)


def profile(canvas: Canvas) -> Sketch:
    """A head in profile, dark before a bright oval or wall, like a cut silhouette."""
    flip = canvas.chance(0.5) * 2.0 - 1
    x0, y0 = canvas.uniform(-0.08, 0.08) * canvas.wide, canvas.uniform(-0.06, 0.02)
    frame = canvas.inside(x0, y0, canvas.near_far(0.9, 0.62), canvas.uniform(-0.08, 0.08))
    x, y = frame.x * flip, frame.y
    distance = _profile(canvas, x, y)
    oval = (radius(frame.x / 0.98, frame.y / 1.12) - 1) * 0.98
    cameo = canvas.chance(0.5)
    glow = torch.exp(-0.5 * (frame.x**2 + (frame.y + 0.2) ** 2))
    wall = 0.5 + 0.48 * glow + 0.08 * (fractal(canvas, 3, 3) - 0.5)
    round_frame = over(
        over(0.2 + 0.1 * glow, mask(oval - 0.09, 0.03), 0.4 + 0.35 * (oval * 60).cos()), mask(oval, 0.03), wall
    )
    light = torch.where(cameo, round_frame, wall)
    inside = mask(distance, 0.02) * torch.where(cameo, mask(oval, 0.03), 1.0)
    rim = smooth(-0.14, -0.01, distance) * smooth(-0.3, 0.5, x) * canvas.uniform(0.0, 0.4)
    light = light * (1 - 0.2 * mask(distance - 0.05, 0.3))
    return Sketch(
        over(light, inside, 0.05 + 0.1 * smooth(0.8, -0.8, y) + rim).clamp(0, 1), over(canvas.full(1.0), inside, 0.0)
    )


def _profile(canvas: Canvas, x: Tensor, y: Tensor) -> Tensor:
    """Signed distance of a head and shoulders in profile that looks to the right, crown at -0.9, chin at about 0.45."""
    nose, chin, brow = canvas.uniform(0.13, 0.22), canvas.uniform(0.03, 0.12), canvas.uniform(0.0, 0.05)
    down = canvas.uniform(0.0, 0.06)
    front = 0.36 - 0.32 * ((y + 0.32) / 0.6).clamp(-1, 0).abs() ** 2.4 - 0.05 * smooth(0.0, 0.5, y)
    bridge = smooth(-0.28, 0.0 + down, y) * smooth(0.1 + down, 0.03 + down, y)
    front = (
        front
        + nose * bridge
        + brow * torch.exp(-(((y + 0.33) / 0.07) ** 2))
        - 0.035 * torch.exp(-(((y + 0.2) / 0.06) ** 2))
    )
    lips = 0.03 * torch.exp(-(((y - 0.175) / 0.045) ** 2)) + 0.026 * torch.exp(-(((y - 0.26) / 0.045) ** 2))
    lips = lips + 0.06 * torch.exp(-(((y - 0.22) / 0.11) ** 2))
    front = front + lips + chin * torch.exp(-(((y - 0.41) / 0.08) ** 2)) - 0.02 * torch.exp(-(((y - 0.33) / 0.03) ** 2))
    jaw = torch.maximum(
        x - front, torch.maximum(y - 0.5 + 0.12 * (0.35 - x).clamp(min=0), torch.maximum(-0.1 - x, -0.75 - y))
    )
    cranium = (radius((x + 0.12) / 0.55, (y + 0.34) / 0.56) - 1) * 0.55
    neck = torch.maximum(
        torch.maximum(x - 0.12 + 0.1 * (y - 0.5), -0.42 - x - 0.12 * y), torch.maximum(-y - 0.1, y - 1.3)
    )
    shoulders = (0.92 + 0.35 * (x + 0.15).abs() ** 1.5 - y) * 0.85
    bun, tail = radius(x + 0.62, y + 0.42) - 0.22, limb(x, y, (-0.5, -0.5), (-0.62, 0.62), 0.2, 0.12)
    fringe = (radius((x - 0.02) / 0.5, (y + 0.62) / 0.34) - 1) * 0.34
    pick = canvas.uniform()
    hair = torch.where(pick < 0.3, bun, torch.where(pick < 0.6, tail, torch.where(pick < 0.8, fringe, cranium)))
    head = join(join(jaw * 0.8, cranium, 0.06), join(neck, shoulders, 0.25), 0.04)
    return join(head, hair, 0.05)


SUBJECTS = (
    Subject(
        "dancer",
        ("a dancer", "a ballet dancer", "a ballerina", "a dancing woman", "a dancer on one leg"),
        ("a waltz", "an acrobat"),
        (("pink", "blue"), ("white", "blue"), ("red", "black"), ("sand coloured", "purple")),
        thing=dancer,
    ),
    Subject(
        "sleeper",
        ("a sleeper in a bed", "someone asleep", "a sleeping man", "a person in bed", "sleep", "a bed with a sleeper"),
        ("a nap", "an insomniac"),
        (("blue", "white"), ("red", "sand coloured"), ("grey", "sand coloured"), ("green", "white")),
        scene=sleeper,
    ),
    Subject(
        "table",
        (
            "people round a table", "people sitting round a table", "a dinner party", "a meeting at a table",
            "guests at a table", "a supper with guests",
        ),
        ("a banquet", "a conference"),
        (("brown", "white"), ("blue", "sand coloured"), ("red", "white"), ("black", "sand coloured")),
        scene=table,
    ),
    Subject(
        "profile",
        ("a head in profile", "a silhouette", "a profile", "a face from the side", "a cameo", "the shadow of a head"),
        ("a side view of a head", "a paper cut"),
        (("black", "white"), ("black", "sand coloured"), ("brown", "sand coloured"), ("blue", "white")),
        scene=profile,
    ),
)  # fmt: skip
