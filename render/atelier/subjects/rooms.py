"""Subjects inside of a house: kitchen, bedroom, bathroom and a bare room."""

from __future__ import annotations

import torch
from torch import Tensor

from render.atelier.canvas import Canvas, Sketch, mask, over, radius, smooth
from render.atelier.march import Distance, Seen, again, block, march, post
from render.atelier.noise import noise
from render.atelier.relief import box
from render.atelier.subject import Subject
from render.atelier.subjects.interiors import crate, glow, landscape, lens, plate, spread, sunlit


def _shell(canvas: Canvas, x: Tensor, y: Tensor, z: Tensor, deep: Tensor | float, half: float = 2.3) -> Tensor:
    """Distance from the floor, the back wall and the two side walls of a room that is open to the viewer."""
    wide = half * (1 + 0.55 * (canvas.wide - 1))
    return torch.minimum(torch.minimum(y, deep - z), wide - x.abs())


def _look(
    canvas: Canvas,
    distance: Distance,
    eye: tuple[Tensor, float, float],
    pitch: float,
    turn: Tensor | float,
    zoom: float,
) -> Seen:
    """A room in soft daylight."""
    lit, focus = _daylight(canvas), lens(canvas, zoom)
    return march(lit, distance, eye=eye, pitch=pitch, turn=turn, zoom=focus, sight=9.0, steps=24, ambient=0.5)


def _daylight(canvas: Canvas) -> Canvas:
    """The same sheets with soft light that falls into a room from behind the viewer, above and one side."""
    return sunlit(canvas, 1.1 * canvas.sun[:, 0], 0.8, -0.7)


def on_wall(seen: Seen, deep: Tensor | float) -> Tensor:
    """1 on the back wall of a room."""
    return smooth(0.05, 0.02, deep - seen.z)


def _opening(
    canvas: Canvas, seen: Seen, deep: Tensor | float, x: Tensor, y: Tensor, half: Tensor
) -> tuple[Tensor, ...]:
    """A bright window in the back wall: its frame's cover, its panes' cover, and the light and tint of the view."""
    u, v = seen.x - x, seen.y - y
    there = on_wall(seen, deep)
    view, view_tint = landscape(canvas, (v + 0.3 * half) / half, 0.8)
    bars = torch.minimum(u.abs(), v.abs())
    frame = there * mask(plate(u, v, half + 0.06, half * 1.2 + 0.06), 0.03)
    panes = there * mask(torch.maximum(plate(u, v, half, half * 1.2), 0.035 - bars), 0.03)
    return frame, panes, view, view_tint


def kitchen(canvas: Canvas) -> Sketch:
    """A kitchen: a stove with a pot under its hood, cupboards, a shelf with plates, a window, a table in front."""
    deep, side = 3.6, canvas.chance(0.5).float() * 2 - 1
    stove, table = canvas.uniform(-0.35, 0.1), canvas.uniform(0.9, 1.15)
    pot, fat = canvas.uniform(-0.16, 0.16), canvas.uniform(0.17, 0.24)

    def cooker(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        u = x * side - stove
        pan = torch.maximum(radius(u - pot, z - 3.2) - fat, y - 1.25)
        lid = radius(radius(u - pot, z - 3.2), y - 1.29) - 0.055
        hood = torch.maximum((u.abs() - 0.55 + 0.55 * (y - 2.05).clamp(0, 0.6)) * 0.85, 2.0 - y)
        hood = torch.maximum(hood, 2.95 - z)
        return torch.minimum(
            torch.minimum(pan, lid), torch.minimum(crate(u, y - 0.47, z - 3.3, (0.5, 0.48, 0.42)), hood)
        )

    def furniture(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        u = x * side - table
        top = crate(u, y - 0.78, z - 1.95, (0.62, 0.045, 0.42))
        legs = crate(u.abs() - 0.52, y - 0.38, (z - 1.95).abs() - 0.32, (0.045, 0.38, 0.045))
        bowl = torch.maximum(radius(radius(u, z - 1.95), y - 1.06) - 0.24, y - 0.98)
        counter = crate(x, y - 0.45, z - 3.35, (9.0, 0.45, 0.32))
        left = x * side + 1.5
        shelf = torch.maximum((y - 1.72).abs() - 0.03, torch.maximum(3.3 - z, (left + 0.4).abs() - 0.95))
        plates = torch.maximum(
            radius(again(left, 0.36), z - 3.45) - 0.12, torch.maximum((left + 0.4).abs() - 0.9, (y - 1.87).abs() - 0.16)
        )
        return torch.minimum(
            torch.minimum(torch.minimum(top, legs), torch.minimum(bowl, counter)), torch.minimum(shelf, plates)
        )

    def distance(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        return torch.minimum(_shell(canvas, x, y, z, deep), torch.minimum(cooker(x, y, z), furniture(x, y, z)))

    zoom = lens(canvas, canvas.near_far(1.65, 1.3))
    eye = (canvas.uniform(-0.25, 0.25), 1.7, 0.0)
    seen = march(_daylight(canvas), distance, eye=eye, pitch=0.15, zoom=zoom, sight=9.0, steps=22, ambient=0.5)
    cook, made = cooker(seen.x, seen.y, seen.z), furniture(seen.x, seen.y, seen.z)
    return _kitchen_colours(canvas, seen, cook, made, seen.x * side - stove, 1.25 * side)


def _kitchen_colours(canvas: Canvas, seen: Seen, cook: Tensor, made: Tensor, stove: Tensor, window_x: Tensor) -> Sketch:
    """Light and tint of a kitchen that has been seen: oven, drawers, tiles and a window."""
    light = 0.14 + 0.8 * seen.light
    cooker, wood = spread(mask(cook - 0.03, 0.03)), spread(mask(made - 0.03, 0.03))
    tiles = torch.maximum((seen.x / 0.3 % 1 - 0.5).abs(), (seen.y / 0.3 % 1 - 0.5).abs())
    light = light - 0.12 * smooth(0.44, 0.48, tiles) * on_wall(seen, 3.6) * mask(seen.y - 1.62, 0.02)
    check = (((seen.x / 0.5).floor() + (seen.z / 0.5).floor()) % 2) * mask(seen.y - 0.02, 0.02) * canvas.chance(0.6)
    light = over(light, 0.5 * check, 0.05)
    low = mask(seen.y - 0.85, 0.02) * wood * smooth(3.0, 3.02, seen.z)
    doors = ((seen.x / 0.62) % 1 - 0.5).abs()
    light = light - 0.16 * low * smooth(0.46, 0.48, doors)
    front = cooker * smooth(2.92, 2.9, seen.z)
    oven = front * mask(box(stove, seen.y - 0.42, 0.34, 0.2, 0.05), 0.03)
    knobs = front * mask(radius(again(stove, 0.2), seen.y - 0.8) - 0.05, 0.03)
    light = over(over(light, oven, 0.06), knobs, 0.1)
    frame, panes, view, view_tint = _opening(
        canvas, seen, 3.6, window_x, canvas.uniform(1.8, 1.9), canvas.uniform(0.42, 0.5)
    )
    behind = 1 - torch.maximum(cooker, wood)
    light = over(over(light, frame * behind, 0.75), panes * behind, view)
    tint = over(over(canvas.full(1.0), wood, 0.55 - 0.55 * low), cooker, 0.0)
    return Sketch(light.clamp(0, 1), over(tint, panes * behind, view_tint))


def bedroom(canvas: Canvas) -> Sketch:
    """A bedroom: a bed with pillows and a blanket, a night table with a lit lamp, a window above it."""
    deep, side = 4.0, canvas.chance(0.5).float() * 2 - 1
    wide, head = canvas.uniform(0.75, 1.0), canvas.uniform(1.2, 1.45)
    lamp_x = wide + 0.42

    def lamp(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        u = radius(x * side - lamp_x, z - 3.65)
        return torch.maximum((u - 0.24 + 0.4 * (y - 1.0)) * 0.9, (y - 1.1).abs() - 0.17)

    def bedding(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        return block(x, y - 0.35, z - 2.55, (wide + 0.03, 0.26, 0.72), 0.12)

    def linen(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        pillows = 0.9 * block(
            x.abs() - wide / 2, y - 0.76, z - 3.5 - 0.6 * (y - 0.7), (wide / 2 - 0.05, 0.24, 0.13), 0.12
        )
        return torch.minimum(pillows, crate(x, y - 0.35, z - 2.95, (wide, 0.17, 0.98)))

    def wood(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        board = crate(x, y - head / 2, z - 3.93, (wide + 0.08, head / 2, 0.06))
        stand = crate(x * side - lamp_x, y - 0.28, z - 3.65, (0.26, 0.28, 0.25))
        stem = torch.maximum(radius(x * side - lamp_x, z - 3.65) - 0.04, y - 1.0)
        return torch.minimum(board, torch.minimum(stand, stem))

    def distance(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        bed = torch.minimum(bedding(x, y, z), linen(x, y, z))
        return torch.minimum(
            torch.minimum(_shell(canvas, x, y, z, deep), bed), torch.minimum(wood(x, y, z), lamp(x, y, z))
        )

    aside = side * canvas.uniform(-0.9, 0.5)
    seen = _look(canvas, distance, (aside, 1.95, 0.0), 0.26, -0.22 * aside, canvas.near_far(1.6, 1.25))
    parts = [spread(mask(part(seen.x, seen.y, seen.z) - 0.03, 0.03)) for part in (lamp, bedding, linen, wood)]
    return _bedroom_colours(canvas, seen, parts, side * lamp_x, side)


def _bedroom_colours(canvas: Canvas, seen: Seen, parts: list[Tensor], lamp_x: Tensor, side: Tensor) -> Sketch:
    """Light and tint of a bedroom that has been seen; `parts` cover its lamp, blanket, linen and wood."""
    shade, blanket, sheets, timber = parts
    light = 0.1 + 0.62 * seen.light + 0.4 * glow(seen, lamp_x, 1.1, 3.4, 0.6)
    place, size = canvas.uniform(-0.3, 0.3) - side * 0.4, canvas.uniform(0.4, 0.55)
    frame, panes, view, view_tint = _opening(canvas, seen, 4.0, place, canvas.uniform(2.15, 2.3), size)
    light, tint = over(light, frame, 0.7), over(canvas.full(1.0), timber, 0.6)
    light, tint = over(light, panes, view), over(tint, panes, view_tint)
    light, tint = over(light, sheets, light * 0.5 + 0.5), over(tint, sheets, 0.85)
    light, tint = over(over(light, timber, light * 0.6), shade, 0.97), over(over(tint, blanket, 0.0), shade, 0.5)
    rug = mask(seen.y - 0.02, 0.02) * mask(radius(seen.x / 1.5, seen.z - 2.0) - 0.9, 0.05) * canvas.chance(0.5)
    return Sketch(over(light, rug, light * 0.7).clamp(0, 1), over(tint, rug * (1 - blanket), 0.2))


def bathroom(canvas: Canvas) -> Sketch:
    """A bathtub on feet, full of water, before a tiled wall; a shower above it."""
    deep, side = 3.2, canvas.chance(0.5).float() * 2 - 1
    long = canvas.uniform(0.85, 1.0)

    def tub(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        grow = 0.16 * (y - 0.2)
        u = (x.abs() - long + 0.42).clamp(min=0)
        around = radius(u, (z - 2.35) * (0.42 / 0.4)) - 0.34 - grow
        rim = radius(around - 0.03, y - 0.78) - 0.045
        body = torch.maximum(torch.maximum(around, 0.2 - y + 0.5 * around.clamp(max=0) ** 2), y - 0.78)
        hollow = torch.maximum(around + 0.06, 0.62 - y)
        return torch.minimum(torch.maximum(body, -hollow), rim) * 0.9

    def metal(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        feet = radius(radius(x.abs() - long + 0.32, y - 0.12), (z - 2.35).abs() - 0.24) - 0.1
        u = x * side - long + 0.12
        pipe = torch.maximum(radius(u, z - 2.9) - 0.03, (y - 1.1).abs() - 1.0)
        arm = torch.maximum(radius(y - 2.1, z - 2.9) - 0.03, (u + 0.22).abs() - 0.22)
        spray = post(u + 0.42, y - 2.03, z - 2.9, 0.16, 0.04)
        return torch.minimum(torch.minimum(feet, pipe), torch.minimum(arm, spray))

    def distance(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        return torch.minimum(_shell(canvas, x, y, z, deep, 1.9), torch.minimum(tub(x, y, z), metal(x, y, z)))

    eye = (canvas.uniform(-0.7, 0.7), 1.75, 0.0)
    seen = _look(canvas, distance, eye, 0.26, -0.3 * eye[0], canvas.near_far(1.75, 1.35))
    bath, steel = (spread(mask(part(seen.x, seen.y, seen.z) - 0.03, 0.03)) for part in (tub, metal))
    return _bathroom_colours(canvas, seen, bath, steel, -side * canvas.uniform(0.1, 0.5))


def _bathroom_colours(canvas: Canvas, seen: Seen, bath: Tensor, steel: Tensor, window_x: Tensor) -> Sketch:
    """Light and tint of a bathroom that has been seen: tiles to half its height, water, a small window."""
    water = bath * mask((seen.y - 0.62).abs() - 0.03, 0.02) * smooth(0.5, 0.7, seen.up)
    light = 0.1 + 0.75 * seen.light
    tiles = torch.maximum(((seen.x + seen.z) / 0.34 % 1 - 0.5).abs(), (seen.y / 0.34 % 1 - 0.5).abs())
    tiled = mask(seen.y - canvas.uniform(1.1, 1.5), 0.02) * mask(0.02 - seen.y, 0.02)
    light = over(light, (1 - bath) * (1 - steel) * tiled, light * 0.85 - 0.16 * smooth(0.43, 0.47, tiles))
    light = over(over(light, bath, 0.16 + 0.9 * light), water, 0.55 + 0.3 * noise(canvas, 12, 2))
    high, size = canvas.uniform(1.95, 2.1), canvas.uniform(0.3, 0.4)
    frame, panes, view, view_tint = _opening(canvas, seen, 3.2, window_x, high, size)
    light, tint = over(over(light, frame, 0.8), panes, view), over(canvas.full(1.0), tiled, 0.9)
    tint = over(over(tint, panes, view_tint), bath, 0.9 * water)
    return Sketch(over(light, steel, 0.25 + 0.5 * seen.light).clamp(0, 1), over(tint, steel, 0.5))


def bare_room(canvas: Canvas) -> Sketch:
    """An empty room: one chair in the light of one hanging lamp."""
    deep, tall = canvas.uniform(4.0, 4.6), canvas.uniform(2.1, 2.35)
    place, angle, back = canvas.uniform(-0.35, 0.35), canvas.uniform(-0.9, 0.9), canvas.uniform(0.26, 0.34)

    def chair(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        p, q = (x - place) / 1.3, (z - 2.9) / 1.3
        y = y / 1.3
        u, v = p * angle.cos() + q * angle.sin(), q * angle.cos() - p * angle.sin()
        seat = block(u, y - 0.47, v, (0.27, 0.04, 0.26), 0.03)
        legs = crate(u.abs() - 0.23, y - 0.23, v.abs() - 0.22, (0.035, 0.24, 0.035))
        posts = crate(u.abs() - 0.23, y - 0.5 - back, v - 0.23, (0.035, back, 0.035))
        rest = block(u, y - 0.58 - 1.45 * back, v - 0.23, (0.26, 0.13, 0.025), 0.02)
        return 1.3 * torch.minimum(torch.minimum(seat, legs), torch.minimum(posts, rest))

    def lamp(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        u = radius(x, z - 2.7)
        shade = torch.maximum((u - 0.34 + 1.1 * (y - tall)) * 0.65, (y - tall - 0.14).abs() - 0.14)
        return torch.minimum(shade, torch.maximum(u - 0.02, tall - y))

    def distance(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        room = torch.minimum(_shell(canvas, x, y, z, deep, 1.9), 9.0 - y)
        return torch.minimum(room, torch.minimum(chair(x, y, z), lamp(x, y, z)))

    zoom = lens(canvas, canvas.near_far(1.85, 1.45))
    above = sunlit(canvas, 0.25 * canvas.sun[:, 0], 1.0, -0.3)
    seen = march(above, distance, eye=(0.0, 1.5, -0.3), pitch=0.08, zoom=zoom, sight=9.0, steps=26, ambient=0.45)
    at = (seen.x, seen.y, seen.z)
    wood, shade = spread(mask(chair(*at) - 0.03, 0.03)), spread(mask(lamp(*at) - 0.03, 0.03))
    below = (tall - seen.y).clamp(min=0.05)
    cone = smooth(1.15, 0.75, radius(seen.x, seen.z - 2.7) / (0.3 + 0.62 * below)) * mask(seen.y - tall, 0.05)
    light = 0.05 + 0.2 * seen.light + cone * (0.15 + 0.75 * seen.light) + 0.12 * glow(seen, 0.0, tall, 2.7, 1.0)
    light = over(light, wood, 0.1 + light * 0.85)
    bulb = shade * mask(seen.y - tall - 0.05, 0.05)
    light = over(over(light, shade, 0.2 + 0.4 * seen.light), bulb, 1.0)
    tint = over(over(canvas.full(1.0), wood, 0.0), shade, 0.15)
    return Sketch(light.clamp(0, 1), tint)


SUBJECTS = (
    Subject(
        "kitchen",
        ("a kitchen", "the inside of a kitchen", "a stove with a pot", "a country kitchen", "a kitchen with shelves"),
        ("a cookhouse", "a galley"),
        (("white", "yellow"), ("black", "sand coloured"), ("red", "white"), ("green", "sand coloured")),
        scene=kitchen,
    ),
    Subject(
        "bedroom",
        ("a bedroom", "a bed", "a bed with pillows", "a hotel room", "a bed and a night lamp", "a room to sleep in"),
        ("a dormitory", "a chamber"),
        (("blue", "sand coloured"), ("red", "white"), ("white", "blue"), ("green", "sand coloured")),
        scene=bedroom,
    ),
    Subject(
        "bathroom",
        ("a bathroom", "a bathtub", "a bath full of water", "a tiled bathroom", "an old bathtub"),
        ("a washroom", "a lavatory"),
        (("white", "turquoise"), ("white", "blue"), ("white", "green"), ("pink", "grey")),
        scene=bathroom,
    ),
    Subject(
        "room",
        ("an empty room", "a bare room", "a room with a chair", "a room with one lamp", "an abandoned room"),
        ("a cell", "an unfurnished flat"),
        (("brown", "grey"), ("red", "grey"), ("yellow", "green"), ("black", "sand coloured")),
        scene=bare_room,
    ),
)
