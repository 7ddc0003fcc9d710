"""Subjects drawn with ruler and compasses: clock faces, chessboards, labyrinths and spirals."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from render.atelier.canvas import Canvas, Layer, Sketch, mask, over, radius, smooth, turn
from render.atelier.march import again, block, march
from render.atelier.noise import fractal, hash_noise, noise
from render.atelier.relief import box, dome, limb, lit, shadow
from render.atelier.subject import Subject
from render.atelier.things import layer


def clock(canvas: Canvas) -> Layer:
    """A round clock with twelve marks and two hands."""
    x, y = canvas.x, canvas.y
    r = radius(x, y)
    rim = (r - 0.88).abs() - 0.12
    shade = lit(canvas, dome(rim, 0.12) * 0.4, 0.25, 0.5)
    face = 0.9 - 0.12 * r - 0.1 * (x * canvas.sun[:, 0] < 0) * x.abs()
    face = face * (1 - 0.45 * smooth(0.12, 0.0, radius(x - 0.03, y - 0.06) * -1 + 0.76))
    turns = torch.atan2(x, -y) / (2 * math.pi) * 12
    angle = again(turns, 1.0) * 2 * math.pi / 12
    quarter = (turns.round() % 3 == 0) * 1.0
    mark = box(r * angle.sin(), r * angle.cos() - 0.64, 0.026 + 0.022 * quarter, 0.07 + 0.04 * quarter)
    light = over(face, mask(mark, 0.03), 0.06)
    hours = canvas.uniform(0, 12)
    for time, long, thick in ((hours / 12, 0.42, 0.065), (hours % 1, 0.68, 0.042)):
        u, v = turn(x, y, time * 2 * math.pi)
        hand = limb(u, v, (0.0, 0.12), (0.0, -long), thick, thick * 0.6)
        fall = mask(limb(u - 0.03, v + 0.02, (0.0, 0.12), (0.0, -long), thick, thick * 0.6), 0.08)
        light = over(over(light, 0.35 * fall, 0.2), mask(hand, 0.025), 0.04)
    light = over(light, mask(r - 0.09, 0.03), 0.3 - x)
    return layer(mask(r - 1, 0.03), over(light, mask(rim, 0.03), 0.1 + 0.75 * shade))


def chessboard(canvas: Canvas) -> Sketch:
    """A chessboard seen over one edge, with light and dark pieces on some of its squares."""
    salt, share, yaw = canvas.uniform(0, 9), canvas.uniform(0.12, 0.24), canvas.uniform(-0.6, 0.6)
    cosine, sine = yaw.cos(), yaw.sin()

    def frame(x: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
        return x * cosine - (z - 6.5) * sine, x * sine + (z - 6.5) * cosine

    def distance(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        x, z = frame(x, z)
        column, row = x.floor(), z.floor()
        value = hash_noise(column, row, salt)
        here = (value < share) & (torch.maximum(x.abs(), z.abs()) < 4)
        u, v = x - column - 0.5, z - row - 0.5
        tall = 0.8 + 0.7 * ((value * 53.7) % 1)
        flat = (u * u + v * v + 1e-9).sqrt()
        neck = 0.14 + 0.22 * torch.exp(-5 * y.clamp(min=0))
        body = torch.maximum((flat - neck) * 0.8, y - tall)
        head = (flat**2 + (y - tall) ** 2 + 1e-9).sqrt() - 0.25
        piece = torch.where(here, torch.minimum(body, head), 0.66 - torch.maximum(u.abs(), v.abs()))
        outside = torch.maximum(x.abs(), z.abs()) - 4
        piece = torch.where(outside > 0, outside + 0.16, piece)
        # Above the tallest piece nothing is nearer than that height; below it no neighbour is nearer than the border.
        piece = torch.maximum(piece, y - 1.75)
        board = torch.minimum(y + 0.6, block(x, y + 0.3, z, (4.5, 0.3, 4.5), 0.05))
        return torch.minimum(piece, board)

    eye = (canvas.uniform(-0.3, 0.3), 4.2, -0.5)
    zoom = canvas.near_far(1.7, 1.15)
    seen = march(canvas, distance, eye=eye, pitch=0.54, zoom=zoom, sight=24.0, steps=30, ambient=0.5)
    x, z = frame(seen.x, seen.z)
    dark = ((x.floor() + z.floor()) % 2 == 0) * 1.0
    reach = torch.maximum(x.abs(), z.abs())
    board, rim = mask(reach - 4, 0.05), mask(reach - 4.55, 0.05)
    surface = over(over(canvas.full(0.5), rim, 0.3), board, 0.95 - 0.72 * dark)
    piece = smooth(0.05, 0.1, seen.y)
    black = (hash_noise(x.floor(), z.floor(), salt + 4) < 0.5) * 1.0
    light = over(surface, piece, 0.95 - 0.75 * black) * (0.3 + 0.8 * seen.light)
    tint = over(1 - rim, piece, 1 - black)
    room = 0.5 + 0.2 * noise(canvas, 2) - 0.2 * canvas.y / canvas.high
    return Sketch(over(room, seen.hit, light).clamp(0, 1), over(canvas.full(1.0), seen.hit, tint))


def _on_ring(canvas: Canvas, number: Tensor, size: Tensor, salt: Tensor, squared: Tensor) -> tuple[Tensor, Tensor]:
    """Where points (B, H, W) lie, seen from a random place of ring `number`, `size` from the middle: along, across."""
    value = hash_noise(number, number * 0, salt)
    spread = 1.6 * ((value * 37.7) % 1) - 0.8
    long = canvas.wide > canvas.high
    if canvas.wide == canvas.high:
        quarter = torch.where(squared, (value * 4).floor(), value * 4)
    else:
        quarter = 2 * (value * 2).floor() + float(long)
    angle = quarter * math.pi / 2
    right, down = angle.cos(), angle.sin()
    room = torch.where(squared, size + max(canvas.wide, canvas.high) - 1, max(canvas.wide, canvas.high) - 1.0)
    x = canvas.x - right * size + down * spread * room
    y = canvas.y - down * size - right * spread * room
    return y * right - x * down, x * right + y * down


def labyrinth(canvas: Canvas) -> Sketch:
    """A labyrinth from above: walls ring within ring around a goal, each with a gap, and bars that block the ways."""
    step = canvas.near_far(0.22, 0.165) * canvas.uniform(0.92, 1.08)
    a = (canvas.x.abs() - canvas.wide + 1).clamp(min=0)
    b = (canvas.y.abs() - canvas.high + 1).clamp(min=0)
    squared, salt, thick = canvas.chance(0.5), canvas.uniform(0, 9), 0.24 * step
    away = torch.where(squared, torch.maximum(a, b), radius(a, b))
    rings = ((0.95 - thick) / step).floor()
    ring, way = (away / step).round(), (away / step).floor()
    wall = (away - ring * step).abs() - thick
    along, across = _on_ring(canvas, ring, ring * step, salt, squared)
    gap = (along.abs() < 0.5 * step) & (across.abs() < 0.5 * step)
    wall = torch.where(gap | (ring < 1), canvas.full(1.0), wall)
    along, across = _on_ring(canvas, way, (way + 0.5) * step, salt + 4, squared)
    bar = torch.maximum(along.abs() - thick, across.abs() - 0.5 * step)
    wall = torch.minimum(wall, torch.where(way < 1, canvas.full(1.0), bar))
    wall = torch.maximum(wall, away - rings * step - thick)
    height = 0.09 * smooth(0.02, -0.03, wall) + 0.012 * fractal(canvas, 24, 2)
    shade = lit(canvas, height, 0.25) * (0.4 + 0.6 * shadow(canvas, height, 0.16, 6))
    top, goal = mask(wall, 0.03), mask(away - 0.4 * step, 0.03)
    light = shade * over(canvas.full(0.5), top, 1.15)
    return Sketch(over(light, goal, 0.98).clamp(0, 1), 1 - torch.maximum(top, goal))


def spiral(canvas: Canvas) -> Sketch:
    """One spiral that winds from its centre to the borders, as a rounded ridge."""
    x, y = canvas.x - canvas.uniform(-0.2, 0.2), canvas.y - canvas.uniform(-0.2, 0.2)
    r = radius(x, y)
    hand = torch.where(canvas.chance(0.5), 1.0, -1.0)
    step = canvas.near_far(0.5, 0.32) * canvas.uniform(0.85, 1.15)
    even = r / step
    growing = 1.9 * (1 + r / step).log() * 1.6
    winds = torch.where(canvas.chance(0.5), even, growing)
    phase = (winds + hand * torch.atan2(y, x) / (2 * math.pi) + canvas.uniform(0, 1)) % 1
    ridge = mask((phase - 0.5).abs() - 0.27, 0.06)
    height = 0.12 * (1 - ((phase - 0.5) / 0.3) ** 2).clamp(min=0).sqrt()
    shade = lit(canvas, height * step * 2.2, 0.2, 0.3)
    light = over(0.1 + 0.2 * fractal(canvas, 5, 3), ridge, 0.15 + 0.85 * shade)
    return Sketch(light.clamp(0, 1), 1 - ridge)


SUBJECTS = (
    Subject(
        "clock",
        ("a clock", "a clock face", "a wall clock", "a round clock", "a dial"),
        ("a watch", "an hour hand"),
        (("white", "brown"), ("yellow", "blue"), ("sand coloured", "green"), ("red", "white")),
        thing=clock,
        stands=False,
    ),
    Subject(
        "chessboard",
        ("a chessboard", "chess", "a game of chess", "chess pieces", "a checkered board", "pawns on a chessboard"),
        ("draughts", "checkmate"),
        (("brown", "sand coloured"), ("white", "grey"), ("green", "white")),
        scene=chessboard,
    ),
    Subject(
        "labyrinth",
        ("a labyrinth", "a maze", "a labyrinth from above", "a hedge maze", "winding walls", "the way through a maze"),
        ("a puzzle garden", "a dead end"),
        (("green", "sand coloured"), ("grey", "brown"), ("white", "blue")),
        scene=labyrinth,
    ),
    Subject(
        "spiral",
        ("a spiral", "a swirl", "a coil", "a winding spiral", "a hypnotic spiral"),
        ("a helix", "a vortex"),
        (("white", "black"), ("red", "white"), ("yellow", "purple"), ("blue", "orange")),
        scene=spiral,
    ),
)
