"""Subjects that people use and leave behind: wool, stubs, tools, furniture and finds."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from render.atelier.canvas import Canvas, Layer, Sketch, mask, over, radius, smooth
from render.atelier.noise import fractal, hash_noise, noise
from render.atelier.relief import box, dome, join, limb
from render.atelier.subject import Subject
from render.atelier.subjects.forms import beam, ellipse, flipped, form, nothing, on

_Point = tuple[float | Tensor, float | Tensor]
_TILE = 14
"""Stitches from one motif of a folk pattern to the next."""


def _folk(column: Tensor, row: Tensor, salt: Tensor) -> Tensor:
    """Which stitches of a folk pattern are of the second wool, 0 or 1: stars, diamonds, crosses or zigzags."""
    half = _TILE // 2
    a, b = ((column + half) % _TILE - half).abs(), ((row + half) % _TILE - half).abs()
    high, low = torch.maximum(a, b), torch.minimum(a, b)
    star = (low >= 1) & (low <= 3) & (high - low >= 1) & (high - low <= 3)
    corner = 2 * half - a - b <= 2
    diamond = ((a + b) % 7 < 2) | (a + b == 4)
    cross = ((low <= 1) & (high <= 5)) | ((high == 5) & (low <= 3)) | corner
    zigzag = ((a + b) % half < 3) & (b != 0)
    kind = hash_noise(0 * row, ((row + half) / _TILE).floor(), salt)
    plainer = torch.where(kind < 0.6, diamond, torch.where(kind < 0.8, cross, zigzag))
    return torch.where(kind < 0.4, star | corner, plainer).float()


def _knit(s: Tensor, t: Tensor) -> Tensor:
    """Light 0..1 on knitted stitches, one per unit: rows of pairs of slanted loops."""
    aside = (s % 1 - 0.5).abs()
    loop = ((t + aside * 1.2) * 2 * math.pi).sin() * 0.5 + 0.5
    return (0.6 + 0.4 * loop) * (1 - 0.4 * smooth(0.7, 1.0, aside * 2))


def knitting(canvas: Canvas) -> Sketch:
    """A knitted folk pattern that fills the sheet: mirrored motifs in rows of stitches."""
    across = canvas.near_far(10.5, 17.5)
    s = canvas.x * across + 0.5
    t = canvas.y * across + (canvas.random(1, 1) * _TILE).floor()
    motif = _folk(s.floor(), t.floor(), canvas.uniform(0, 9))
    turned_over = canvas.chance(0.5)
    motif = torch.where(turned_over, 1 - motif, motif)
    waves = 0.86 + 0.28 * (fractal(canvas, 2, 2) - 0.5)
    light = (0.3 + 0.66 * motif + 0.1 * (noise(canvas, 40) - 0.5)) * _knit(s, t) * waves
    return Sketch(light.clamp(0, 1), motif)


def mitten(canvas: Canvas) -> Layer:
    """A knitted mitten with its thumb, a folk pattern and a ribbed cuff."""
    canvas = flipped(canvas.inside(0.0, 0.0, 1.0, canvas.uniform(-0.3, 0.3)))
    x, y = canvas.x + 0.12, canvas.y
    wide, tip = canvas.uniform(0.44, 0.5), canvas.uniform(-0.5, -0.42)
    palm = join(limb(x, y, (0.0, 0.3), (0.0, tip), wide, wide - 0.05), box(x, y - 0.3, wide, 0.3, 0.05), 0.05)
    thumb = limb(x, y, (wide - 0.15, 0.3), (wide + 0.27, canvas.uniform(-0.2, -0.05)), 0.2, 0.17)
    hand = torch.maximum(join(palm, thumb, 0.12), y - 0.6)
    s, t = x * 16 + 0.5, y * 16 + (canvas.random(1, 1) * _TILE).floor()
    motif = _folk(s.floor(), t.floor(), canvas.uniform(0, 9))
    motif = torch.where(thumb < palm, ((s + t).floor() % 4 < 1).float(), motif)
    round_ = 0.35 + 0.75 * form(canvas, dome(hand, 0.4) * 0.8, 0.25)
    picture = on(nothing(canvas), mask(hand, 0.025), (0.34 + 0.62 * motif) * _knit(s, t) * round_, motif)
    seam = mask((thumb - palm).abs() - 0.015, 0.03) * mask(hand + 0.02, 0.02) * mask(-0.1 - y, 0.1)
    picture = on(picture, seam * 0.5, 0.08)
    cuff = box(x, y - 0.74, wide + 0.02, 0.2, 0.06)
    bands = ((y - 0.54) / 0.1).floor() % 2
    ribs = (0.55 + 0.45 * (x * 38).cos()) * form(canvas, dome(cuff, 0.2) * 0.6, 0.4)
    return on(picture, mask(cuff, 0.025), (0.4 + 0.55 * bands) * (0.4 + 0.7 * ribs), bands)


def cigarettes(canvas: Canvas) -> Sketch:
    """Rows of cigarette stubs: pale paper, a filter below, ash at the burnt end above."""
    rows = round(canvas.near_far(3, 4) * canvas.high)
    step = canvas.near_far(0.21, 0.155)
    level = (canvas.y + canvas.high) / (2 * canvas.high) * rows
    row, salt = level.floor(), canvas.uniform(0, 9)
    place = canvas.x / step + 0.35 * hash_noise(0 * row, row, salt + 3) + canvas.uniform(0, 1)
    column = place.floor()
    jitter, other = hash_noise(column, row, salt), hash_noise(column, row, salt + 1)
    v = (level % 1 - 0.5) * 2
    u = ((place % 1) - 0.5 + (0.16 + 0.1 * v) * (other - 0.5)) / 0.34
    u = u + 0.35 * (jitter - 0.5) * v * v
    end, foot = -0.85 + 0.7 * jitter, 0.84
    fall = mask(torch.maximum((u - 0.5).abs() - 0.9, torch.maximum(end + 0.1 - v, v - 0.92)), 0.5)
    light = (0.12 + 0.14 * fractal(canvas, 5, 3)) * (1 - 0.75 * fall)
    ragged = end + 0.15 * u**2 + 0.12 * (noise(canvas, 18) - 0.5) - v
    inside = torch.maximum((u.abs() - 1) * 0.3, torch.maximum(ragged, v - foot) * 0.6)
    stub = mask(inside, 0.06)
    rolled = 0.3 + 0.7 * (1 - ((u + 0.2) / 1.15) ** 2).clamp(min=0)
    filter_ = mask(0.3 - v, 0.05)
    body = over(rolled, filter_, rolled * 0.9)
    body = over(body, mask((v - 0.3).abs() - 0.035, 0.04), 0.25)
    burnt = v - end - 0.36 - 0.2 * (noise(canvas, 26) - 0.5) + 0.1 * u * u
    body = over(body, mask(burnt - 0.07, 0.1), 0.06)
    body = over(body, mask(burnt + 0.04, 0.08), 0.25 + 0.3 * noise(canvas, 30) * rolled)
    return Sketch(over(light, stub, body).clamp(0, 1), over(canvas.full(1.0), stub, filter_).clamp(0, 1))


def feather(canvas: Canvas) -> Layer:
    """One feather: a bent quill, vanes of fine barbs with a few splits, down at its foot."""
    canvas = flipped(canvas.inside(0.0, 0.0, 1.0, canvas.uniform(-0.8, 0.8)))
    y, bend = canvas.y, canvas.uniform(0.05, 0.3)
    x = canvas.x + bend * (y**2 - 0.4)
    along = ((0.6 - y) / 1.55).clamp(0, 1)
    wide = canvas.uniform(0.5, 0.7) * (along + 0.01) ** 0.45 * (1 - along**1.8).clamp(min=0) ** 0.6
    wide = wide * torch.where(x > 0, 1.0, 0.68)
    slant = y + 0.75 * x.abs()
    splits = canvas.full(0.0)
    for _ in range(3):
        side = torch.where(canvas.chance(0.5), 1.0, -1.0)
        gap = (slant - canvas.uniform(-0.6, 0.5)).abs() - 0.05 * (x * side / (wide + 0.01) - 0.35).clamp(min=0)
        splits = torch.maximum(splits, mask(gap, 0.02) * (x * side > 0))
    vane = mask(torch.maximum(x.abs() - wide + 0.015, torch.maximum((y - 0.6) * 0.7, -0.97 - y)), 0.025) * (1 - splits)
    out = x.abs() / (wide + 0.02)
    barbs = 0.08 * (slant * 48).sin() + 0.07 * (noise(canvas, 9) - 0.5)
    light = 0.62 + barbs - 0.35 * x / (wide + 0.05) * 0.6 + 0.3 * smooth(0.3, 0.0, out) - 0.16 * out
    bands = smooth(-0.2, 0.2, (slant * 8 + canvas.uniform(0, 6)).sin()) * canvas.chance(0.4)
    tufts = smooth(0.2, -0.15, radius(x / 0.9, (y - 0.6) * 1.1) - 0.08 - 0.25 * noise(canvas, 14))
    picture = on(nothing(canvas), tufts * 0.85, 0.85)
    picture = on(picture, vane, light * (1 - 0.45 * bands), bands)
    quill = torch.maximum(x.abs() - 0.014 - 0.012 * (y + 1), y.abs() - 0.97)
    return on(picture, mask(quill, 0.02), 0.96 - 6 * x.clamp(min=0))


def key(canvas: Canvas) -> Layer:
    """An old key: a ring or a trefoil to hold, a shaft with a collar, and a bit with notches."""
    canvas = flipped(canvas.inside(0.0, 0.0, 1.0, canvas.uniform(-0.9, 0.9)))
    x, y = canvas.x, canvas.y
    thick = canvas.uniform(0.085, 0.11)
    ring = ellipse(x + 0.62, y, canvas.uniform(0.27, 0.33), canvas.uniform(0.27, 0.36)).abs() - thick
    lobes = torch.minimum(radius(x + 0.75, y), torch.minimum(radius(x + 0.5, y - 0.24), radius(x + 0.5, y + 0.24)))
    bow = torch.where(canvas.chance(0.35), (lobes - 0.17).abs() - thick * 0.85, ring)
    shaft, _ = beam(x, y, (-0.3, 0.0), (0.93, 0.0), thick * 0.9)
    collar = box(x + 0.2, y, 0.05, 0.16, 0.04)
    length = canvas.uniform(0.34, 0.44)
    bit = box(x - 0.7, y - length / 2, 0.19, length / 2, 0.02)
    deep = box(x - canvas.uniform(0.66, 0.74), y - length, 0.045, 0.17)
    notch = torch.minimum(deep, box(x - 0.9, y - 0.2, 0.07, 0.045))
    metal = torch.minimum(torch.minimum(bow, join(shaft, collar, 0.05)), torch.maximum(bit, -notch))
    light = form(canvas, dome(metal, 0.09), 0.3, 0.9)
    return on(nothing(canvas), mask(metal, 0.025), light * 0.9)


def knife(canvas: Canvas) -> Layer:
    """A kitchen knife: a shining blade that comes to a point, and a riveted handle."""
    canvas = flipped(canvas.inside(0.0, 0.0, 1.0, canvas.uniform(-1.0, 1.0)))
    x, y = canvas.x, canvas.y
    tall, share = canvas.uniform(0.17, 0.25), canvas.uniform(2.2, 3.5)
    along = ((0.22 - x) / 1.2).clamp(0, 1)
    edge = tall * (1 - along**share * 1.75)
    blade = torch.maximum(torch.maximum(y - edge, -tall * 0.75 - y) * 0.8, torch.maximum(x - 0.22, -0.97 - x))
    bevel = smooth(-0.02, 0.02, y - edge + 0.09)
    streak = torch.exp(-(((x + 0.9 * y + canvas.uniform(0.1, 0.6)) / 0.12) ** 2))
    steel = 0.55 + 0.2 * bevel + 0.4 * streak - 0.25 * y
    picture = on(nothing(canvas), mask(blade, 0.02), steel)
    grip = box(x - 0.6, y - 0.02 - 0.03 * (x * 7).cos(), 0.38, 0.13, 0.09)
    picture = on(picture, mask(grip, 0.02), form(canvas, dome(grip, 0.13), 0.15) * 0.55, 1.0)
    bolster = box(x - 0.24, y + 0.01, 0.05, 0.17, 0.03)
    picture = on(picture, mask(bolster, 0.02), form(canvas, dome(bolster, 0.08), 0.3, 0.9))
    for place in (0.4, 0.6, 0.8):
        picture = on(picture, mask(radius(x - place, y - 0.01) - 0.035, 0.02), 0.95)
    return picture


def shoe(canvas: Canvas) -> Layer:
    """A laced shoe or boot from the side."""
    canvas = flipped(canvas)
    x, y, collar = canvas.x, canvas.y, canvas.uniform(-0.5, 0.0)
    ankle = box(x + 0.5, y - (0.6 + collar) / 2, 0.36, (0.6 - collar) / 2, 0.06)
    foot = limb(x, y, (-0.42, 0.38), (0.45, 0.56), 0.36, 0.22)
    toe = ellipse(x - 0.52, y - 0.6, 0.42, 0.3)
    upper = torch.maximum(join(join(ankle, foot, 0.3), toe, 0.2), y - 0.74)
    heel, sole = box(x + 0.6, y - 0.86, 0.28, 0.1, 0.02), box(x - 0.03, y - 0.77, 0.92, 0.07, 0.05)
    picture = on(nothing(canvas), mask(torch.minimum(heel, sole), 0.02), 0.06 + 0.1 * mask(y - 0.73, 0.02), 1.0)
    leather = form(canvas, dome(upper, 0.32) * 0.8, 0.2, 0.45)
    stitch = torch.minimum((radius(x - 0.78, y - 0.75) - 0.42).abs(), (radius(x + 0.95, y - 0.8) - 0.52).abs())
    light = leather * (1 - 0.5 * mask(stitch - 0.012, 0.025))
    picture = on(picture, mask(upper, 0.02), light)
    picture = on(picture, mask(ellipse(x + 0.5, y - collar, 0.35, 0.075), 0.02), 0.06)
    for index in range(4):
        share = (index + 0.5) / 4
        across, down = -0.2 + 0.42 * share, (collar + 0.13) * (1 - share) + 0.2 * share
        lace, height = beam(x, y, (across - 0.14, down + 0.12), (across + 0.05, down + 0.03), 0.035)
        picture = on(picture, mask(lace, 0.02), 0.65 + 8 * height, 1.0)
    return picture


def chair(canvas: Canvas) -> Layer:
    """A wooden chair, seen from the front and one side: four legs, a seat, and a back with bars."""
    canvas = flipped(canvas)
    x, y, thick = canvas.x, canvas.y, canvas.uniform(0.05, 0.065)
    top, deep, bars = canvas.uniform(-0.98, -0.85), canvas.uniform(0.18, 0.28), canvas.chance(0.5)
    ends: list[tuple[_Point, _Point]] = [((-0.28, 0.0), (-0.3, 0.74)), ((0.6, 0.0), (0.63, 0.72))]
    ends += [((-0.28, 0.1), (-0.34, top)), ((0.6, 0.1), (0.62, top))]
    for share, level in ((-0.06, 0.74), (0.15, 0.5), (0.37, 0.26)):
        start = torch.where(bars, share, -0.32), torch.where(bars, 0.05, top * level)
        end = torch.where(bars, share - 0.02, 0.61), torch.where(bars, top + 0.1, top * level)
        ends.append((start, end))
    sticks = [beam(x, y, start, end, thick) for start, end in ends]
    rail = box(x - 0.15, y - top - 0.06, 0.53, 0.11, 0.06)
    sticks += [(rail, dome(rail, 0.06))]
    picture = _sticks(canvas, nothing(canvas), sticks, 0.75)
    front = beam(x, y, (-0.55, 0.25), (-0.58, 0.93), thick * 1.1), beam(x, y, (0.34, 0.25), (0.37, 0.93), thick * 1.1)
    brace = beam(x, y, (-0.56, 0.62), (0.36, 0.62), thick * 0.6)
    picture = _sticks(canvas, picture, [*front, brace], 0.95)
    back = ((deep - y) / deep).clamp(0, 1) * 0.27
    seat = torch.maximum((x + 0.11 - back).abs() - 0.5, torch.maximum(-0.02 - y, y - deep))
    rim = box(x + 0.11, y - deep - 0.04, 0.5, 0.06, 0.02)
    picture = on(picture, mask(rim, 0.02), 0.45)
    return on(picture, mask(seat, 0.02), 0.92 - 0.2 * (x + 0.5) * 0.5 - 0.1 * noise(canvas, 6))


def _sticks(canvas: Canvas, below: Layer, sticks: list[tuple[Tensor, Tensor]], bright: float) -> Layer:
    """`below` with round sticks of these distances and heights on it."""
    distance, height = sticks[0]
    for far, high in sticks[1:]:
        distance, height = torch.minimum(distance, far), torch.maximum(height, high)
    return on(below, mask(distance, 0.02), form(canvas, height, 0.25) * bright)


def shell(canvas: Canvas) -> Layer:
    """A scallop shell: ribs that spread like a fan from its hinge."""
    canvas = canvas.inside(0.0, 0.0, 1.0, canvas.uniform(-0.5, 0.5))
    x, y = canvas.x, 0.82 - canvas.y
    r, angle = radius(x, y), torch.atan2(x, y)
    spread, ribs = canvas.uniform(0.92, 1.08), (canvas.random(1, 1) * 4).floor() + 8
    fan = (angle / spread).clamp(-1.3, 1.3)
    wave = (fan * ribs * math.pi / 2).cos().abs()
    reach = 1.7 * (1 - 0.26 * fan**2) + 0.07 * wave
    outline = torch.maximum((r - reach) * 0.9, (angle.abs() - spread) * r)
    ears = box(x, y - 0.08, 0.36, 0.12, 0.03)
    picture = on(nothing(canvas), mask(ears, 0.02), 0.45 + 0.2 * (x * 40).sin() * 0.5)
    height = 0.1 * wave * r + dome(outline, 0.5) * 0.5
    bands = 0.5 + 0.5 * (r * canvas.uniform(12, 20) + canvas.uniform(0, 6)).sin()
    light = form(canvas, height, 0.2, 0.15) * (0.72 + 0.28 * bands)
    return on(picture, mask(outline, 0.025), light + 0.12 * smooth(0.4, 0.0, r))


SUBJECTS = (
    Subject(
        "feather",
        ("a feather", "a plume", "a bird's feather", "a quill", "a soft feather", "a fallen feather"),
        ("plumage", "eiderdown"),
        (("white", "grey"), ("brown", "white"), ("grey", "black"), ("white", "blue")),
        thing=feather,
        stands=False,
    ),
    Subject(
        "mitten",
        ("a mitten", "a knitted mitten", "a woollen mitten", "a patterned mitten", "a winter mitten", "a warm mitten"),
        ("a glove", "a muffler"),
        (("red", "white"), ("blue", "white"), ("brown", "sand coloured"), ("green", "white")),
        thing=mitten,
        stands=False,
    ),
    Subject(
        "knitting",
        ("a knitted mitten pattern", "knitting", "wool", "a folk pattern", "a knitted pattern", "a knitted sweater"),
        ("embroidery", "yarn"),
        (("red", "white"), ("blue", "white"), ("brown", "sand coloured"), ("green", "white")),
        scene=knitting,
    ),
    Subject(
        "cigarettes",
        (
            "cigarette stubs",
            "rows of cigarettes",
            "rows of cigarette stubs",
            "cigarettes",
            "cigarette butts",
        ),
        ("smoking", "cigars"),
        (("white", "orange"), ("white", "brown"), ("sand coloured", "orange")),
        scene=cigarettes,
    ),
    Subject(
        "key",
        ("a key", "an old key", "an iron key", "a door key", "a brass key", "a rusty key"),
        ("a padlock", "a latchkey"),
        (("grey", "sand coloured"), ("yellow", "brown"), ("brown", "sand coloured")),
        thing=key,
        stands=False,
    ),
    Subject(
        "knife",
        ("a knife", "a kitchen knife", "a sharp knife", "a cook's knife", "a blade"),
        ("a dagger", "a cleaver"),
        (("grey", "brown"), ("white", "brown"), ("grey", "sand coloured")),
        thing=knife,
        stands=False,
    ),
    Subject(
        "shoe",
        ("a shoe", "a boot", "a leather shoe", "a laced shoe", "an old shoe", "a walking shoe"),
        ("a sandal", "a slipper"),
        (("brown", "sand coloured"), ("black", "grey"), ("red", "white")),
        thing=shoe,
    ),
    Subject(
        "chair",
        ("a chair", "a wooden chair", "an empty chair", "a kitchen chair", "a dining chair"),
        ("a stool", "an armchair"),
        (("brown", "sand coloured"), ("sand coloured", "blue"), ("white", "grey")),
        thing=chair,
    ),
    Subject(
        "shell",
        ("a shell", "a seashell", "a scallop", "a scallop shell", "a ribbed shell", "a sea shell"),
        ("a mussel", "a clam"),
        (("sand coloured", "blue"), ("pink", "sand coloured"), ("white", "blue"), ("orange", "sand coloured")),
        thing=shell,
        stands=False,
    ),
)
