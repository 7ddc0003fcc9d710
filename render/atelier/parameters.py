"""The parameters of a record, how they are drawn from its number, and which combinations are never trained."""

from __future__ import annotations

import random
from dataclasses import dataclass

from render.atelier.colours import BY_FAMILY, BY_NAME, COLOURS
from render.atelier.styles import STYLES
from render.atelier.subjects import SUBJECTS

BATCH = 16
SHAPES: dict[str, tuple[float, float]] = {
    "square": (1.0, 1.0),
    "tall": (0.75, 1.25),
    "wide": (1.25, 0.75),
    "column": (0.5, 1.5),
    "strip": (1.5, 0.5),
}
"""Width and height of a sheet in units of the square's side; all are multiples of a sixteenth of 256."""
_SHAPE_CYCLE = ("square", "tall", "square", "wide", "tall", "square", "column", "tall", "square", "strip")
_HELD_OUT_EVERY = 11
_NATURAL_SHARE = 0.3


@dataclass(frozen=True)
class Parameters:
    """What a picture shows.

    `subject`, `style`: indices into SUBJECTS, STYLES. `main`, `accent`: indices into COLOURS. `natural`: 1 when the
    colours are the subject's own and no caption names them. `day`, `near`: 0 or 1. `number`, `place`: of things, see
    render/atelier/things.py.
    """

    subject: int
    main: int
    accent: int
    natural: int
    style: int
    day: int
    near: int
    number: int
    place: int

    @property
    def family(self) -> int:
        """The family of the main colour."""
        return COLOURS[self.main].family


def held_out(subject: int, family: int, style: int) -> bool:
    """True for the combinations that training never sees, about one in eleven, so that tests can ask for them."""
    return (subject * 7 + family * 13 + style * 29) % _HELD_OUT_EVERY == 0


def shape_of(batch: int) -> str:
    """The shape of the sheets of a batch: of ten rounds through all subjects, four are square and three tall."""
    return _SHAPE_CYCLE[batch // len(SUBJECTS) % len(_SHAPE_CYCLE)]


def batch_parameters(batch: int, seed: int = 0, *, held: bool = False) -> list[Parameters]:
    """The 16 parameters of a batch: one subject, style, distance, number and place; sixteen colours and times of day.

    Every run of len(SUBJECTS) batches shows every subject once. With `held` only held-out combinations come.
    """
    chooser = random.Random(f"{seed}:{batch}")
    subject, near = batch % len(SUBJECTS), chooser.randrange(2)
    style = chooser.choices(range(len(STYLES)), [style.share for style in STYLES])[0]
    families = _families(subject, style, held)
    while not families:
        style = chooser.randrange(len(STYLES))
        families = _families(subject, style, held)
    number, place = 0, 0
    if SUBJECTS[subject].thing is not None:
        number = chooser.choices(range(4), (6, 2, 1, 2))[0]
        place = chooser.choices(range(3), (4, 1, 1))[0] if number < 2 else 0
    result = []
    for _ in range(BATCH):
        natural = int(not held and chooser.random() < _NATURAL_SHARE)
        main, accent = _colours(chooser, subject, families, natural)
        result.append(Parameters(subject, main, accent, natural, style, chooser.randrange(2), near, number, place))
    return result


def _families(subject: int, style: int, held: bool) -> list[int]:
    return [family for family in range(len(BY_FAMILY)) if held_out(subject, family, style) == held]


def _colours(chooser: random.Random, subject: int, families: list[int], natural: int) -> tuple[int, int]:
    """Main and accent: the subject's own pair, or a free colour on itself, on a quiet one or on any other."""
    if natural:
        main_name, accent_name = chooser.choice(SUBJECTS[subject].nature)
        return BY_NAME[main_name], BY_NAME[accent_name]
    main = _name(chooser, chooser.choice(families))
    roll = chooser.random()
    if roll < 0.35:
        return main, main
    if roll < 0.65:
        return main, BY_NAME[chooser.choice(("white", "black", "grey", "sand coloured"))]
    return main, _name(chooser, chooser.randrange(len(BY_FAMILY)))


def _name(chooser: random.Random, family: int) -> int:
    """A name of a family: its own in half of all cases."""
    names = BY_FAMILY[family]
    return names[0] if chooser.random() < 0.5 else chooser.choice(names)
