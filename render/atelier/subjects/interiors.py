"""Subjects inside of buildings and vehicles, first part: windows, doors, passages, trains and buses."""

from __future__ import annotations

from dataclasses import replace

import torch
import torch.nn.functional as functional
from torch import Tensor

from render.atelier.canvas import Canvas, Sketch, mask, over, radius, smooth
from render.atelier.march import Seen, again, block, march
from render.atelier.noise import fractal, noise
from render.atelier.relief import box
from render.atelier.subject import Subject


def lens(canvas: Canvas, zoom: float) -> float:
    """A focal length that keeps long sheets from looking through a fish's eye."""
    return zoom * (1 + 0.2 * (canvas.wide - 1) + 0.1 * (canvas.high - 1))


def sunlit(canvas: Canvas, x: Tensor | float, y: Tensor | float, z: Tensor | float) -> Canvas:
    """The same sheets with their light coming from (x right, y up, z away from the viewer)."""
    parts = [torch.as_tensor(part, device=canvas.device).expand(canvas.count, 1, 1) for part in (x, -y, -z)]
    sun = torch.stack(parts, 1).float()
    return replace(canvas, sun=sun / sun.norm(dim=1, keepdim=True))


def glow(seen: Seen, x: Tensor | float, y: Tensor | float, z: Tensor | float, reach: Tensor | float) -> Tensor:
    """Light 0..1 that a lamp at (x, y, z) throws on what is seen; half of it is left at the distance `reach`."""
    square = (seen.x - x) ** 2 + (seen.y - y) ** 2 + (seen.z - z) ** 2
    return 1 / (1 + square / reach**2)


def landscape(canvas: Canvas, height: Tensor, scale: Tensor | float) -> tuple[Tensor, Tensor]:
    """What lies outside of a window, its light and tint: sky above height 0, hills and fields in units of `scale`."""
    v = height / scale
    sky = 0.98 - 0.38 * smooth(0.1, 1.3, v) + 0.34 * smooth(0.45, 0.7, fractal(canvas, 4, 2, 1.6))
    far = 0.35 * canvas.uniform(0.4, 1.4) * noise(canvas, 2.4, 0.4) - v
    bushes = 0.2 * fractal(canvas, 8, 2) - 0.16 - v
    light = over(sky, mask(far.neg(), 0.05), 0.52)
    light = over(light, mask(-bushes, 0.06), 0.22 + 0.2 * smooth(-0.1, -0.8, v))
    return light, over(canvas.full(1.0), mask(-bushes, 0.06), 0.75)


def crate(x: Tensor, y: Tensor, z: Tensor, half: tuple[float | Tensor, float | Tensor, float | Tensor]) -> Tensor:
    """A cheap bound of the distance from a sharp box at the origin."""
    return torch.maximum(torch.maximum(x.abs() - half[0], y.abs() - half[1]), z.abs() - half[2])


def plate(x: Tensor, y: Tensor, half_width: float | Tensor, half_height: float | Tensor) -> Tensor:
    """A cheap bound of the distance from a sharp rectangle at the origin."""
    return torch.maximum(x.abs() - half_width, y.abs() - half_height)


def both(a: Tensor, b: Tensor, softness: float) -> Tensor:
    """Where two signed distances overlap, with an edge rounded over about `softness`."""
    return 0.5 * (a + b + ((a - b) ** 2 + softness**2).sqrt())


def spread(cover: Tensor) -> Tensor:
    """A cover widened by a pixel, over the seam where the march's half size mixes what is near and far."""
    return functional.max_pool2d(cover[:, None], 3, 1, 1)[:, 0]


def _seats(side: Tensor, y: Tensor, along: Tensor, half: float, high: float = 1.28) -> Tensor:
    """Distance from a pair of seats whose backs rise at along > 0; `side` is counted from between the two."""
    lean = along - 0.14 * y - 0.12
    back, cushion = plate(lean, y - 0.5 * high, 0.07, 0.5 * high - 0.1), plate(along + 0.1, y - 0.4, 0.26, 0.09)
    return both(torch.minimum(back, cushion), (side.abs() - half - 0.02).abs() - half, 0.05) - 0.02


def train(canvas: Canvas) -> Sketch:
    """The inside of a railway carriage: rows of seats, windows, racks with bags and a door at the end."""
    half, bay = 1.5, canvas.near_far(1.5, 1.25)
    facing = canvas.chance(0.65).float() * 2 - 1
    aside, shift, wide = canvas.uniform(-1, 1), canvas.uniform(0.3, 1.0), canvas.uniform(0.15, 0.4)
    end = canvas.near_far(7.5, 10.5) + shift
    glass, sill = canvas.uniform(0.42, 0.46) * bay, canvas.uniform(0.88, 0.94)

    def seats(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        return _seats(x.abs() - 0.98, y, again(z + bay / 2, bay) * facing, 0.235, 1.16)

    def distance(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        along, out = again(z + bay / 2, bay), x.abs() - half
        wall = torch.maximum((out - 0.06).abs() - 0.06, -plate(along, y - sill - 0.51, glass, 0.51))
        inside = torch.minimum(torch.minimum(y, 2.4 - y), end - z)
        shell = torch.minimum(wall, torch.maximum(inside, out - 0.12))
        shelf = plate(out + 0.17, y - 2.02, 0.24, 0.025)
        bag = crate(out + 0.17, y - 2.13, again(z + 0.3 * x.sign(), 1.7), (0.15, 0.1, wide))
        rack = torch.minimum(shelf, bag)
        return torch.minimum(torch.minimum(shell, rack), seats(x, y, z))

    lit = sunlit(canvas, 0.9 * canvas.sun[:, 0].sign(), 0.55, -0.45)
    eye = (aside.sign() * canvas.near_far(-0.3, -0.05), canvas.uniform(1.4, 1.6), shift)
    turn = aside.sign() * canvas.near_far(0.34, 0.1) * (0.8 + 0.4 * aside.abs())
    zoom = lens(canvas, canvas.near_far(1.15, 1.1))
    seen = march(lit, distance, eye=eye, turn=turn, pitch=0.12, zoom=zoom, sight=14.0, ambient=0.6, steps=24)
    return _carriage(canvas, seen, seats(seen.x, seen.y, seen.z), half, end, eye[1], bay, 2.3)


def _carriage(
    canvas: Canvas, seen: Seen, seats: Tensor, half: float, end: Tensor, eye: Tensor, bay: float, lamp_height: float
) -> Sketch:
    """The light and tint of a carriage that has been seen: bright windows, lamps along the ceiling, an end door."""
    view, view_tint = landscape(canvas, (seen.y - eye) / 14.0 + 0.1, 0.3)
    outside = smooth(half + 0.1, half + 0.18, seen.x.abs())
    cushion = spread(mask(seats - 0.03, 0.03))
    windows = 0.4 * torch.exp(-1.6 * (half - seen.x.abs()).clamp(min=0))
    light = 0.06 + 0.7 * seen.light + windows * (0.4 + 0.6 * seen.up.clamp(min=0))
    gap = mask((seen.x.abs() - 0.98).abs() - 0.02, 0.03)
    light = over(light * 0.72, cushion, light * (1.1 - 0.45 * gap))
    lamps = mask(plate(seen.x, again(seen.z, bay), 0.17, 0.4 * bay), 0.05) * mask(lamp_height - seen.y, 0.05)
    there = smooth(0.12, 0.02, end - seen.z)
    door = there * mask(box(seen.x, seen.y - 1.0, 0.42, 1.02, 0.05), 0.03)
    pane = there * mask(box(seen.x, seen.y - 1.4, 0.24, 0.42, 0.08), 0.03)
    light = over(over(light, door, light * 0.6), pane, 0.95)
    light = over(over(light, lamps, 1.0), outside, 0.3 + 0.75 * view)
    light = over(light, mask(seen.y - 0.03, 0.03), light * 0.6)
    tint = over(over(canvas.full(0.9), cushion, 0.0), outside, view_tint)
    return Sketch(light.clamp(0, 1), tint, over(0.8 * seen.depth, outside, 0.1))


def bus(canvas: Canvas) -> Sketch:
    """The inside of a bus, from the back: poles, the backs of seats, large side windows and the road ahead."""
    half, bay = 1.3, 1.15
    aside, shift = canvas.uniform(-1, 1), canvas.uniform(0.2, 0.7)
    end, sill = canvas.near_far(3.3, 4.2) + shift, canvas.uniform(0.85, 0.95)
    pole, pole_tint = canvas.uniform(0.36, 0.42), canvas.chance(0.7).float()

    def seats(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        rows = _seats(x.abs() - 0.84, y, -again(z, bay), 0.2, 1.12)
        return torch.maximum(rows, z - end + 1.2)

    def poles(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        upright = radius(x.abs() - pole, again(z + 0.6, 2 * bay)) - 0.028
        return torch.minimum(torch.maximum(upright, z - end + 0.8), radius(x.abs() - pole, y - 2.05) - 0.025)

    def distance(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        out = x.abs() - half
        wall = torch.maximum((out - 0.06).abs() - 0.06, -plate(again(z, 2 * bay), y - sill - 0.5, bay - 0.09, 0.5))
        front = torch.maximum(end - z, -plate(x, y - 1.42, half - 0.08, 0.7))
        dashboard = crate(x, y - 0.4, z - end, (half, 0.4, 0.3))
        inside = torch.minimum(torch.minimum(y, 2.35 - y), torch.minimum(front, dashboard))
        shell = torch.minimum(wall, torch.maximum(inside, torch.maximum(out - 0.12, z - end - 0.12)))
        return torch.minimum(torch.minimum(shell, poles(x, y, z)), seats(x, y, z))

    lit = sunlit(canvas, 0.9 * canvas.sun[:, 0].sign(), 0.6, -0.5)
    eye = (aside * 0.12, canvas.uniform(1.5, 1.6), shift)
    zoom = lens(canvas, canvas.near_far(1.35, 1.15))
    seen = march(lit, distance, eye=eye, turn=aside * -0.08, pitch=0.08, zoom=zoom, sight=12.0, ambient=0.6, steps=26)
    bars = spread(mask(poles(seen.x, seen.y, seen.z) - 0.03, 0.03))
    sketch = _carriage(canvas, seen, seats(seen.x, seen.y, seen.z), half, end + 9, eye[1], bay, 2.25)
    ahead = smooth(0.1, 0.2, seen.z - end)
    outside = torch.maximum(ahead, smooth(half + 0.1, half + 0.18, seen.x.abs()))
    view, view_tint = _road(canvas, seen, eye[0], eye[1])
    light = over(over(sketch.light, ahead, view), bars, 0.5 + 0.5 * seen.light)
    tint = over(over(sketch.tint, ahead, view_tint), bars, pole_tint)
    return Sketch(light.clamp(0, 1), tint, over(0.8 * seen.depth, outside, 0.1))


def _road(canvas: Canvas, seen: Seen, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Light and tint of a road that runs to the horizon behind a windscreen."""
    across, down = (seen.x - x) / 12.0, (y - seen.y) / 12.0
    light, tint = landscape(canvas, -down, 0.3)
    road = mask(across.abs() - 1.1 * down.clamp(min=0) - 0.005, 0.02) * mask(-down, 0.01)
    line = mask(across.abs() - 0.09 * down.clamp(min=0), 0.02) * mask(-down, 0.01)
    return over(over(0.3 + 0.75 * light, road, 0.25), line, 1.0), over(tint, road, 0.6)


def window(canvas: Canvas) -> Sketch:
    """A window with its frame, sill and curtains in a shaded wall, and a bright view behind the panes."""
    size = canvas.near_far(0.86, 0.64)
    x, y = canvas.x - canvas.uniform(-0.12, 0.12), canvas.y - canvas.uniform(-0.12, 0.04)
    wide = size * canvas.uniform(0.68, 0.9) * (1 + 0.35 * (canvas.wide - 1))
    high = size * canvas.uniform(0.8, 0.95) * (1 + 0.25 * (canvas.high - 1))
    view, view_tint = landscape(canvas, canvas.uniform(0.1, 0.5) * high - y, high)
    disc = radius(x - canvas.uniform(-0.5, 0.5) * wide, y + 0.55 * high) - 0.16 * size
    view = over(view, mask(disc, 0.02) * canvas.chance(0.5), 1.0)
    pane = plate(x, y, wide, high)
    columns, rows = 2 + canvas.chance(0.35).float(), 2 + canvas.chance(0.5).float()
    bars = torch.minimum(_to_bar(x / wide, columns) * wide, _to_bar(y / high, rows) * high)
    frame = torch.maximum(torch.minimum(bars - 0.03, -pane - 0.02), pane - 0.08)
    wall = 0.2 + 0.08 * noise(canvas, 6) + 0.3 * torch.exp(-4 * pane.clamp(min=0)) - 0.06 * y
    light, tint = over(wall, mask(pane), view), over(canvas.full(0.0) + canvas.chance(0.6) * 0.9, mask(pane), view_tint)
    frame_light = 0.66 + 0.2 * (x / wide) * canvas.sun[:, 0] - 0.14 * y / high
    light, tint = over(light, mask(frame), frame_light.clamp(0, 0.9)), over(tint, mask(frame), 0.0)
    return _curtained(canvas, Sketch(light, tint), x, y, wide, high)


def _to_bar(place: Tensor, panes: Tensor) -> Tensor:
    """How far a place in -1..1 lies from the nearest bar between so many panes, the ends not counted."""
    nearest = (place * panes / 2 + panes / 2).round().clamp(min=1).minimum(panes - 1)
    return (place - nearest * 2 / panes + 1).abs()


def _curtained(canvas: Canvas, sketch: Sketch, x: Tensor, y: Tensor, wide: Tensor, high: Tensor) -> Sketch:
    """A window with its sill and, on most sheets, a curtain drawn aside on both sides of it."""
    sill = plate(x, y - high - 0.09, wide + 0.16, 0.045)
    light = sketch.light * (1 - 0.4 * mask(plate(x, y - high - 0.2, wide + 0.1, 0.1), 0.15))
    light, tint = over(light, mask(sill), 0.85 - 2.5 * (y - high - 0.06)), over(sketch.tint, mask(sill), 0.0)
    gather = canvas.uniform(0.1, 0.4) * wide * (0.4 + 0.6 * ((y / high - 0.4).abs() - 0.1).clamp(0, 1))
    inner, top = wide * canvas.uniform(0.6, 0.75) + gather * canvas.chance(0.5), -high - 0.14
    cloth = torch.maximum(plate(x, y - 0.06, wide + 0.26, high + 0.2), inner - x.abs())
    hung = canvas.chance(0.7).float()
    there = mask(cloth) * hung
    folds = 0.5 + 0.5 * ((x.abs() - inner) / (wide + 0.26 - inner) * 14 + 0.4 * y).cos()
    fabric = 0.28 + 0.5 * folds - 0.12 * y / high
    rod_there = mask(plate(x, y - top, wide + 0.34, 0.03)) * hung
    light, tint = over(light, there, fabric), over(tint, there, 0.0)
    return Sketch(over(light, rod_there, 0.5).clamp(0, 1), over(tint, rod_there, 0.4))


def doorway(canvas: Canvas) -> Sketch:
    """An open door in the wall of a dark room; the day behind it falls over the floor."""
    wall, wide, high = canvas.near_far(3.2, 4.4), canvas.uniform(0.5, 0.66), canvas.uniform(1.75, 2.0)
    arch = canvas.chance(0.45) * wide
    side, swing = canvas.chance(0.5).float() * 2 - 1, canvas.uniform(1.5, 2.2)
    ray = (canvas.uniform(-0.45, 0.45), canvas.uniform(0.55, 0.9))

    def opening(x: Tensor, y: Tensor) -> Tensor:
        return torch.minimum(plate(x, y, wide, high), radius(x, y - high) - arch)

    def leaf(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        right, near = x * side + wide, wall - z
        along, across = right * swing.cos() + near * swing.sin(), near * swing.cos() - right * swing.sin()
        return torch.maximum(opening(along - wide, y) + 0.02, across.abs() - 0.04)

    def distance(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        front = torch.maximum((z - wall - 0.15).abs() - 0.15, -opening(x, y))
        return torch.minimum(torch.minimum(front, y), leaf(x, y, z))

    zoom = lens(canvas, canvas.near_far(1.6, 1.35))
    eye = (canvas.uniform(-0.5, 0.5), 1.35, 0.0)
    seen = march(canvas, distance, eye=eye, pitch=0.12, zoom=zoom, sight=12.0, steps=24, ambient=0.5)
    away = (wall - seen.z).clamp(min=0)
    patch = opening(seen.x + ray[0] * away, seen.y + ray[1] * away)
    beam = mask(patch, 0.12) * mask(seen.z - wall + 0.01, 0.02)
    haze = torch.exp(-1.6 * opening(seen.x, seen.y).clamp(min=0)) * mask(seen.z - wall - 0.05, 0.1)
    light = 0.07 + 0.3 * seen.light + 0.16 * haze + 0.75 * beam * (0.35 + 0.65 * seen.up.clamp(0, 1))
    beyond, beyond_tint = landscape(canvas, (seen.y - 1.35) / 12.0, 0.4)
    outside = smooth(wall + 0.2, wall + 0.4, seen.z)
    door = spread(mask(leaf(seen.x, seen.y, seen.z) - 0.03, 0.03)) * (1 - outside)
    rim = (opening(seen.x, seen.y) - 0.05).abs() - 0.06
    trim = mask(rim, 0.03) * smooth(0.1, 0.05, (seen.z - wall).abs()) * (1 - door) * mask(0.02 - seen.y, 0.02)
    light = over(over(light, door, light * 1.3 + 0.08), trim, light + 0.25)
    tint = over(canvas.full(0.9), torch.maximum(door, trim), 0.0)
    bright = 0.45 + 0.55 * beyond
    return Sketch(over(light, outside, bright).clamp(0, 1), over(tint, outside, beyond_tint))


def corridor(canvas: Canvas) -> Sketch:
    """A long corridor with doors on both sides, lamps under the ceiling and a lit window at its end."""
    half, tall, bay = canvas.uniform(1.1, 1.7), canvas.uniform(2.5, 3.1), canvas.near_far(3.2, 2.4)
    end = canvas.near_far(11.0, 15.0)

    def distance(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        along = again(z, bay)
        door = block(x.abs() - half, y - 1.0, along, (0.12, 1.05, 0.5), 0.02)
        lamp = block(x, y - tall, along, (0.3, 0.12, 0.3), 0.05)
        shell = torch.minimum(torch.maximum(half - x.abs(), -door), torch.minimum(torch.minimum(y, tall - y), end - z))
        return torch.minimum(shell, lamp)

    eye, zoom = (canvas.uniform(-0.4, 0.4), 1.5, 0.0), lens(canvas, canvas.near_far(1.3, 1.1))
    seen = march(canvas, distance, eye=eye, turn=canvas.uniform(-0.12, 0.12), zoom=zoom)
    along = again(seen.z, bay)
    lamps = mask(along.abs() - 0.32, 0.1) * mask(tall - seen.y - 0.2, 0.1) * mask(seen.x.abs() - 0.32, 0.1)
    pool = 0.35 * torch.exp(-2.0 * along**2) * (0.6 + 0.4 * seen.up)
    doors = mask(half + 0.03 - seen.x.abs(), 0.03) * mask(along.abs() - 0.5, 0.05) * mask(seen.y - 2.05, 0.05)
    knob = mask(radius(along + 0.36, seen.y - 1.0) - 0.07, 0.04) * doors
    runner = mask(seen.x.abs() - 0.45 * half, 0.04) * mask(seen.y - 0.02, 0.02) * canvas.chance(0.5)
    last = mask(end - 0.05 - seen.z, 0.05) * mask(box(seen.x, seen.y - 1.35, 0.5, 0.8, 0.05), 0.08)
    light = 0.15 + 0.6 * seen.light + pool
    light = over(light, runner, light * 0.6)
    light = over(over(over(light, lamps, 1.0), knob, 0.95), last, 1.0)
    return Sketch(light.clamp(0, 1), torch.maximum(doors, 0.9 * runner).clamp(0, 1), 0.8 * seen.depth)


SUBJECTS = (
    Subject(
        "window",
        ("a window", "a window in a wall", "a window with curtains", "a window frame", "window panes", "curtains"),
        ("a shutter", "a skylight"),
        (("white", "blue"), ("yellow", "blue"), ("brown", "turquoise"), ("red", "blue"), ("white", "green")),
        scene=window,
    ),
    Subject(
        "doorway",
        ("a doorway", "an open door", "an entrance", "light through a door", "a half open door", "a door with light"),
        ("a portal", "a threshold"),
        (("brown", "sand coloured"), ("red", "yellow"), ("green", "sand coloured"), ("white", "blue")),
        scene=doorway,
    ),
    Subject(
        "train",
        (
            "the inside of a train", "a train", "a train interior", "a railway carriage", "train seats",
            "inside a wagon", "seats and windows of a train",
        ),
        ("a tram", "a compartment"),
        (("blue", "grey"), ("green", "sand coloured"), ("red", "grey"), ("blue", "white")),
        scene=train,
    ),
    Subject(
        "bus",
        ("the inside of a bus", "a bus interior", "bus seats", "inside a bus", "a ride on a bus", "a bus with poles"),
        ("a coach", "a minibus"),
        (("red", "grey"), ("yellow", "grey"), ("blue", "sand coloured"), ("orange", "white")),
        scene=bus,
    ),
    Subject(
        "corridor",
        ("a corridor", "a hallway", "a passage with doors", "a hotel corridor", "a long corridor"),
        ("a walkway", "a lobby"),
        (("sand coloured", "brown"), ("green", "white"), ("grey", "yellow")),
        scene=corridor,
    ),
)  # fmt: skip
