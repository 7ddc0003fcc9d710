"""Subjects inside of large buildings: church, library, museum, theatre and factory."""

from __future__ import annotations

import torch
from torch import Tensor

from render.atelier.canvas import Canvas, Sketch, mask, over, radius, smooth
from render.atelier.march import Seen, again, block, march
from render.atelier.noise import fractal, hash_noise, noise
from render.atelier.subject import Subject
from render.atelier.subjects.interiors import crate, glow, lens, plate, spread, sunlit


def _arch(x: Tensor, y: Tensor, half: Tensor | float, spring: Tensor | float, point: Tensor | float) -> Tensor:
    """Distance from an arched opening of half width `half`, round above `spring`, pointed where `point` is large."""
    return torch.minimum(plate(x, y, half, spring), radius(x.abs() + point, y - spring) - half - point)


def _shafts(canvas: Canvas, slope: Tensor) -> Tensor:
    """Beams of light 0..1 that fall aslant through the air from above, softly fading."""
    across = canvas.x + canvas.y * slope
    total = canvas.full(0.0)
    for place in (-0.7, 0.0, 0.7):
        middle = place * canvas.wide + canvas.uniform(-0.15, 0.15)
        total = total + smooth(0.16, 0.06, (across - middle).abs()) * canvas.uniform(0.4, 1.0)
    return total * smooth(0.9, -0.6, canvas.y / canvas.high)


def nave(canvas: Canvas) -> Sketch:
    """The nave of a church: columns and arches, a vault, pews, and light from the windows of the choir."""
    half, bay, spring = 1.7, 2.0, canvas.uniform(2.1, 2.5)
    point, end = canvas.chance(0.6) * canvas.uniform(0.4, 0.9), canvas.near_far(9.0, 12.0)
    span, vault = bay / 2 - 0.24, spring + 2.0

    def distance(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        along, column, out = again(z, bay), again(z + bay / 2, bay), x.abs() - half
        arcade = torch.maximum(out.abs() - 0.22, -_arch(along, y, span, spring, 0.6 * point))
        shaft = radius(out, column)
        pillar = torch.maximum(torch.minimum(shaft - 0.26, torch.maximum(shaft - 0.38, spring - 0.3 - y)), y - spring)
        ceiling = torch.maximum(vault - y, half + point - radius(x.abs() + point, y - vault))
        rib = torch.maximum(ceiling - 0.14, column.abs() - 0.13)
        shell = torch.minimum(torch.minimum(y, half + 1.7 - x.abs()), torch.minimum(end - z, rib.minimum(ceiling)))
        pews = torch.maximum(crate(x.abs() - 0.86, y - 0.42, again(z, 0.9), (0.48, 0.42, 0.07)), 3.0 - z)
        return torch.minimum(torch.minimum(arcade, pillar), torch.minimum(shell, torch.maximum(pews, z - end + 3.0)))

    lit = sunlit(canvas, canvas.sun[:, 0], 0.8, -0.6)
    eye, zoom = (canvas.uniform(-0.3, 0.3), 1.6, 0.2), lens(canvas, canvas.near_far(1.2, 0.95))
    seen = march(lit, distance, eye=eye, pitch=-0.16, zoom=zoom, sight=18.0, steps=30, ambient=0.75)
    pews = mask((seen.x.abs() - 0.86).abs() - 0.52, 0.03) * mask(seen.y - 0.86, 0.02) * mask(0.03 - seen.y, 0.02)
    return _church_light(canvas, seen, pews * mask(seen.z - end + 3.0), end, spring, half)


def _church_light(canvas: Canvas, seen: Seen, pews: Tensor, end: float, spring: Tensor, half: float) -> Sketch:
    """Light and tint of a nave: stone, wooden pews, windows in the choir and in the aisles, shafts of light."""
    light = 0.02 + 0.58 * seen.light + 0.42 * glow(seen, 0.0, spring, end, 3.0)
    light = over(light, pews, light * 0.5)
    choir = smooth(0.15, 0.05, end - seen.z)
    lancets = _arch(seen.x.abs() - 1.05, seen.y - 0.9, 0.3, spring - 0.5, 0.3)
    lancets = torch.minimum(lancets, _arch(seen.x, seen.y - 0.9, 0.52, spring + 0.3, 0.4))
    rose = radius(seen.x, seen.y - spring - 0.9) - 1.05
    spokes = (torch.atan2(seen.x, seen.y - spring - 0.9) * 8 / 6.2832 % 1 - 0.5).abs()
    rose = torch.maximum(rose, 0.12 - spokes * 1.2 * (rose + 1.05))
    panes = choir * mask(torch.where(canvas.chance(0.4), rose, lancets), 0.05)
    aisles = smooth(0.1, 0.03, half + 1.7 - seen.x.abs())
    tall = aisles * mask(_arch(again(seen.z, 2.0), seen.y - 0.8, 0.42, spring - 1.2, 0.3), 0.06)
    bright = torch.maximum(panes, tall)
    light = over(light, bright, 0.97) + 0.26 * _shafts(canvas, canvas.uniform(0.35, 0.7) * canvas.sun[:, 0].sign())
    tint = over(over(canvas.full(0.0), pews, 0.9), bright, 1.0)
    return Sketch(light.clamp(0, 1), tint, over(0.4 * seen.depth, bright, 0.0))


def _books(canvas: Canvas, along: Tensor, height: Tensor, every: float, wide: float) -> tuple[Tensor, Tensor]:
    """Light and tint of books that stand on shelves `every` apart."""
    salt = canvas.uniform(0, 9)
    row, place = (height / every).floor(), along / wide
    number = place.floor()
    tall = 0.6 + 0.28 * hash_noise(number, row, salt)
    shade = hash_noise(number + 7, row * 3, salt)
    spine = (place % 1 - 0.5).abs()
    level = height / every % 1
    band = mask((level - 0.2).abs() - 0.03, 0.03) + mask((level - 0.5 * tall - 0.18).abs() - 0.03, 0.03)
    light = (0.25 + 0.5 * shade) * (1.15 - 1.1 * spine**2) + 0.2 * band
    light = over(light, smooth(0.4, 0.5, spine), 0.1)
    return over(light, mask(tall - level, 0.03), 0.05), (shade * 7 % 1 > 0.6).float()


def library(canvas: Canvas) -> Sketch:
    """A library: shelves full of books on both sides of a passage that leads to a tall window."""
    half, every, end = canvas.uniform(1.0, 1.3), 0.5, canvas.near_far(5.0, 7.5)
    tall, side = 3.5, canvas.chance(0.5).float() * 2 - 1
    desk = canvas.chance(0.5).float() * 9

    def distance(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        out = half - x.abs()
        front = 0.2 - out
        boards = torch.maximum(torch.minimum(again(y, every).abs() - 0.035, again(z, 1.5).abs() - 0.05), -front)
        shell = torch.minimum(torch.minimum(torch.minimum(y, tall - y), end - z), torch.minimum(out, boards))
        table = crate(x, y - 0.72, z - end + 1.3, (0.5, 0.05, 0.45))
        legs = crate(x.abs() - 0.42, y - 0.35, z - end + 1.3, (0.05, 0.36, 0.4))
        return torch.minimum(shell, torch.minimum(table, legs) + desk)

    lit = sunlit(canvas, 0.4 * canvas.sun[:, 0], 0.5, -0.9)
    eye, zoom = (side * canvas.near_far(0.4, 0.1), 1.6, 0.0), lens(canvas, canvas.near_far(1.15, 1.1))
    turn = side * canvas.uniform(0.25, 0.42) * canvas.near_far(-1.0, -0.25)
    seen = march(lit, distance, eye=eye, pitch=0.03, turn=turn, zoom=zoom, sight=10.0, steps=26, ambient=0.75)
    out = half - seen.x.abs()
    shelved = smooth(0.08, 0.03, out) * mask(0.03 - seen.y, 0.02)
    books, book_tint = _books(canvas, seen.z + 40 * (seen.x > 0), seen.y, every, canvas.near_far(0.13, 0.17))
    light = 0.1 + 0.6 * seen.light + 0.35 * glow(seen, 0.0, 1.9, end, 1.8)
    wood = mask(out - 0.24, 0.03) * mask(0.03 - seen.y, 0.02)
    light = over(light, wood, light * 0.75)
    light = over(light, shelved, books * (0.45 + 0.7 * seen.light) + 0.1 * glow(seen, 0.0, 1.9, end, 2.5))
    pane = _arch(seen.x, seen.y - 0.9, 0.5 * half, 1.4, 0.2)
    cross = torch.minimum(seen.x.abs(), again(seen.y, 0.6).abs())
    glass = smooth(0.08, 0.03, end - seen.z) * mask(torch.maximum(pane, 0.03 - cross), 0.04)
    runner = mask(seen.x.abs() - 0.45, 0.03) * mask(seen.y - 0.02, 0.02)
    tint = over(over(canvas.full(0.1), shelved, book_tint), torch.maximum(runner, glass), 1.0)
    return Sketch(over(over(light, runner, light * 0.8), glass, 1.0).clamp(0, 1), tint)


def _painting(u: Tensor, v: Tensor, salt: Tensor) -> tuple[Tensor, Tensor]:
    """Light and tint of a picture in its own -1..1 frame: a disc over hills or over bars, by the number `salt`."""
    kind = salt * 7.3 % 1
    disc = mask(radius(u - 1.2 * kind + 0.6, v - 0.25) - 0.3, 0.08)
    hills = mask(v + 0.25 - 0.3 * (u * 2.5 + salt * 19).sin(), 0.08)
    bars = ((u + (salt * 3.1 % 1) * v) * 1.6 + salt * 5).sin() > 0.2
    light = over(0.75 - 0.25 * v, disc, 0.98)
    light = torch.where(kind > 0.5, over(light, hills, 0.28), 0.3 + 0.55 * bars.float() * (1 - disc))
    return light.clamp(0, 1), torch.where(kind > 0.5, hills * 0.2 + 0.6 * disc, 1 - bars.float())


def gallery(canvas: Canvas) -> Sketch:
    """A museum gallery: framed pictures on bare walls, a bench, light from above."""
    half, deep, hang = 2.0 * (1 + 0.5 * (canvas.wide - 1)), canvas.uniform(4.4, 5.2), 1.65
    many = canvas.chance(0.5).float()
    every = 2 * half / (2 + many) * canvas.uniform(0.92, 1.0)
    wide, high = every * canvas.uniform(0.3, 0.36), canvas.uniform(0.5, 0.68)

    def place(x: Tensor) -> Tensor:
        shift = (1 - many) * every / 2
        return x - shift - every * ((x - shift) / every).round()

    def frames(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        back = crate(place(x), y - hang, z - deep, (wide, high, 0.09))
        return torch.minimum(back, crate(x.abs() - half, y - hang, again(z - 0.6, 1.9), (0.09, high, 0.62)))

    def bench(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        seat = block(x, y - 0.44, z - deep + 1.7, (0.75, 0.07, 0.24), 0.03)
        return torch.minimum(seat, crate(x.abs() - 0.6, y - 0.2, z - deep + 1.7, (0.07, 0.2, 0.18)))

    def distance(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        room = torch.minimum(torch.minimum(y, deep - z), torch.minimum(half - x.abs(), 3.1 - y))
        return torch.minimum(room, torch.minimum(frames(x, y, z), bench(x, y, z)))

    lit = sunlit(canvas, 0.6 * canvas.sun[:, 0], 0.4, -1.0)
    eye, zoom = (canvas.uniform(-0.5, 0.5), 1.55, 0.3), lens(canvas, canvas.near_far(1.7, 1.2))
    seen = march(
        lit, distance, eye=eye, pitch=0.02, turn=canvas.uniform(-0.12, 0.12), zoom=zoom, sight=9.0, ambient=0.7
    )
    framed, seat = (spread(mask(part(seen.x, seen.y, seen.z) - 0.03, 0.03)) for part in (frames, bench))
    at_back = mask(deep - 0.2 - seen.z, 0.02)
    u = over(again(seen.z - 0.6, 1.9) / 0.62, at_back, place(seen.x) / wide)
    v = (seen.y - hang) / high
    which = over((seen.z - 0.6) / 1.9 + 9 * seen.x.sign(), at_back, (seen.x - place(seen.x)) / every).round()
    picture, picture_tint = _painting(u, v, hash_noise(which, which * 0, canvas.uniform(0, 9)))
    inner = framed * mask(torch.maximum(u.abs(), v.abs()) - 0.82, 0.06)
    pools = 0.3 * torch.exp(-1.5 * u**2 - 0.7 * (v - 0.6) ** 2) * mask(0.1 - seen.y, 0.1)
    light = 0.16 + 0.62 * seen.light + pools
    lamps = mask(seen.x.abs() - 0.55, 0.05) * mask(3.05 - seen.y, 0.03)
    light = over(over(light, framed, 0.16), inner, picture * (0.6 + 0.4 * seen.light))
    tint = over(over(over(canvas.full(1.0), framed, 0.2), inner, picture_tint), seat, 0.0)
    floor = mask(seen.y - 0.02, 0.02)
    return Sketch(over(over(light, floor, light * 0.75), lamps, 1.0).clamp(0, 1), tint)


def stage(canvas: Canvas) -> Sketch:
    """A theatre stage: heavy curtains drawn aside, a scalloped valance, a spotlight on the boards."""
    x, y = canvas.x - canvas.uniform(-0.08, 0.08), canvas.y
    edge, back = canvas.uniform(0.6, 0.75) * canvas.high, canvas.uniform(0.18, 0.35) * canvas.high
    spot = canvas.uniform(-0.35, 0.35) * canvas.wide
    away = ((y - back) / (edge - back)).clamp(0, 1)
    pool = smooth(1.1, 0.75, radius((x - spot) / 0.52, (y - 0.5 * (edge + back)) / (0.32 * (edge - back))))
    boards = smooth(0.4, 0.48, ((x / (0.5 + 0.5 * away)) * 5 % 1 - 0.5).abs())
    floor = (0.2 + 0.15 * away) * (1 - 0.3 * boards) + 0.65 * pool
    source = -canvas.high
    fall = ((y - source) / (0.5 * (edge + back) - source)).clamp(0, 1.2)
    beam = smooth(1.15, 0.7, (x - spot * fall).abs() / (0.06 + 0.46 * fall)) * (1 - 0.3 * fall)
    scenery = 0.1 + 0.14 * fractal(canvas, 3, 2) + 0.12 * smooth(-0.8, 0.4, y / canvas.high)
    light = over(scenery, mask(back - y, 0.02), floor)
    light = light + 0.28 * beam * mask(y - 0.5 * (edge + back), 0.1) * (1 - 0.5 * pool)
    light = over(light, mask(edge - y, 0.02), 0.08 + 0.12 * smooth(0.0, 0.06, edge + 0.07 - y))
    lamps = mask(radius(again(x, 0.3), y - edge - 0.02) - 0.05, 0.03)
    light, tint = over(light, lamps, 0.95), canvas.full(1.0)
    return _curtain(canvas, Sketch(light, tint), x, y, edge)


def _curtain(canvas: Canvas, sketch: Sketch, x: Tensor, y: Tensor, edge: Tensor) -> Sketch:
    """The stage with its curtains hung before it: two sides and a valance, in folds."""
    tie = canvas.uniform(0.0, 0.35) * canvas.high
    drawn = canvas.uniform(0.5, 0.68) * canvas.wide * canvas.near_far(0.95, 1.05)
    waist = (y - tie) / canvas.high
    inner = drawn + 0.24 * canvas.wide * torch.exp(-9 * waist**2) * canvas.chance(0.6) - 0.1 * waist.clamp(max=0).abs()
    side = torch.maximum(inner - x.abs(), y - edge - 0.05)
    spread_out = (x.abs() - inner) / (canvas.wide * 1.05 - inner).clamp(min=0.1)
    folds = 0.5 + 0.5 * (spread_out * canvas.near_far(18, 24) * canvas.wide**0.5).sin()
    cloth = 0.12 + 0.55 * folds * (0.75 + 0.25 * (y / canvas.high)) + 0.1 * smooth(0.12, 0.0, x.abs() - inner)
    light = sketch.light * (1 - 0.5 * mask(side, 0.25))
    light, tint = over(light, mask(side), cloth), over(sketch.tint, mask(side), 0.0)
    swags = canvas.near_far(5, 7) * canvas.wide
    swag = (x / canvas.wide * swags / 2 % 1 - 0.5).abs()
    hem = -canvas.high + 0.26 + 0.3 * (0.25 - swag**2) * 2 * canvas.uniform(0.5, 1.0)
    valance = y - hem
    light = light * (1 - 0.5 * mask(valance - 0.06, 0.12))
    drape = 0.3 + 0.4 * (0.5 + 0.5 * ((hem - y) * 30 - swag * 3).sin()) + 0.3 * (0.25 - swag**2)
    light, tint = over(light, mask(valance), drape), over(tint, mask(valance), 0.0)
    fringe = mask((valance + 0.02).abs() - 0.025)
    return Sketch(over(light, fringe, 0.85).clamp(0, 1), over(tint, fringe, 0.8))


def factory(canvas: Canvas) -> Sketch:
    """A factory hall: tanks and machines in rows, pipes, roof trusses, high windows whose light falls on the floor."""
    half, tall, bay = 3.0, canvas.uniform(3.4, 4.0), canvas.near_far(2.6, 2.2)
    end, fat, side = canvas.near_far(12.0, 15.0), canvas.uniform(0.5, 0.65), canvas.chance(0.5).float() * 2 - 1
    high = canvas.uniform(0.7, 1.1)

    def machines(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        u, along = x * side, again(z, bay)
        tank = torch.maximum(
            radius(u + 1.9, along) - fat, y - 0.5 - high - 0.25 * (1 - ((u + 1.9) ** 2 + along**2) / fat**2)
        )
        chimney = torch.maximum(radius(u + 1.9, along) - 0.14, y - tall)
        body = crate(u - 1.9, y - 0.5, along, (0.55, 0.5, 0.75))
        wheel = torch.maximum(radius(along, y - 1.05) - 0.5, (u - 1.9).abs() - 0.16)
        return torch.minimum(torch.minimum(tank, chimney), torch.minimum(body, wheel)) * 0.9

    def distance(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        roof = (tall + 1.2 - y - 0.45 * x.abs()) * 0.9
        along = again(z + bay / 2, bay)
        truss = torch.maximum(torch.minimum((y - tall).abs() - 0.08, roof - 0.16), along.abs() - 0.08)
        pipe = radius(x * side - 2.6, y - tall + 0.7) - 0.14
        shell = torch.minimum(torch.minimum(y, half - x.abs()), torch.minimum(end - z, roof))
        return torch.minimum(torch.minimum(shell, truss), torch.minimum(pipe, machines(x, y, z)))

    lit = sunlit(canvas, 0.4 * canvas.sun[:, 0], 0.5, -0.8)
    eye, zoom = (canvas.uniform(-0.3, 0.3), 1.8, 0.2), lens(canvas, canvas.near_far(1.25, 1.0))
    seen = march(lit, distance, eye=eye, pitch=0.0, zoom=zoom, sight=17.0, steps=28, ambient=0.7)
    made = spread(mask(machines(seen.x, seen.y, seen.z) - 0.04, 0.03))
    along = again(seen.z, bay)
    light = 0.08 + 0.62 * seen.light + 0.25 * torch.exp(-1.2 * (half - seen.x.abs()).clamp(min=0)) * (1 - made)
    wall = smooth(0.1, 0.03, half - seen.x.abs())
    bars = torch.maximum(plate(along, seen.y - tall + 0.75, 0.42 * bay, 0.6), 0.05 - again(seen.z, bay * 0.28).abs())
    last = smooth(0.1, 0.03, end - seen.z) * mask(plate(seen.x, seen.y - 1.9, 1.7, 1.2), 0.05)
    grid = torch.minimum(again(seen.x, 0.85).abs(), again(seen.y - 1.9, 0.8).abs())
    glass = torch.maximum(wall * mask(bars, 0.05), last * mask(0.05 - grid, 0.05))
    patch = plate(again(seen.z + 0.4 * seen.x, bay), seen.x * side - 0.1, 0.3 * bay, 0.75)
    light = light + 0.4 * mask(patch, 0.15) * mask(seen.y - 0.03, 0.02)
    light = over(light, glass, 1.0) + 0.12 * noise(canvas, 3) * seen.depth
    tint = over(canvas.full(1.0), made, 0.0)
    return Sketch(light.clamp(0, 1), tint, over(0.6 * seen.depth, glass, 0.0))


SUBJECTS = (
    Subject(
        "nave",
        ("the inside of a church", "the nave of a church", "church arches", "a vaulted nave", "pews and columns"),
        ("a basilica", "an abbey"),
        (("sand coloured", "yellow"), ("grey", "blue"), ("sand coloured", "brown"), ("white", "red")),
        scene=nave,
    ),
    Subject(
        "library",
        ("a library", "shelves of books", "bookshelves", "a reading room", "a wall of books", "an old library"),
        ("a bookcase", "an archive"),
        (("brown", "red"), ("brown", "green"), ("brown", "sand coloured"), ("brown", "blue")),
        scene=library,
    ),
    Subject(
        "gallery",
        (
            "a museum",
            "a museum gallery",
            "pictures on a wall",
            "an exhibition",
            "paintings in frames",
            "an art gallery",
        ),
        ("an art show", "a showroom"),
        (("brown", "white"), ("red", "grey"), ("blue", "white"), ("brown", "green")),
        scene=gallery,
    ),
    Subject(
        "stage",
        (
            "a theatre stage",
            "a stage with curtains",
            "a theatre",
            "stage curtains",
            "an empty stage",
            "a spotlit stage",
        ),
        ("a playhouse", "an opera"),
        (("red", "brown"), ("red", "sand coloured"), ("purple", "yellow"), ("blue", "sand coloured")),
        scene=stage,
    ),
    Subject(
        "factory",
        (
            "a factory",
            "a factory hall",
            "the inside of a factory",
            "an industrial hall",
            "a machine hall",
            "a workshop hall",
        ),
        ("a foundry", "an assembly line"),
        (("orange", "grey"), ("green", "grey"), ("turquoise", "sand coloured"), ("brown", "grey")),
        scene=factory,
    ),
)
