"""The parameters of a record, how they are drawn from its number, and which combinations are never trained."""

from __future__ import annotations

import random
from dataclasses import dataclass

from render.atelier.palette import COLOURS, STYLES
from render.atelier.subjects import SUBJECTS

BATCH = 16
TALL_EVERY = 4
_HELD_OUT_EVERY = 11


@dataclass(frozen=True)
class Parameters:
    """What a picture shows: indices into SUBJECTS, COLOURS (main, accent) and STYLES, and day and near as 0 or 1."""

    subject: int
    main: int
    accent: int
    style: int
    day: int
    near: int


def held_out(subject: int, main: int, style: int) -> bool:
    """True for the combinations that training never sees, about one in eleven, so that tests can ask for them."""
    return (subject * 7 + main * 13 + style * 29) % _HELD_OUT_EVERY == 0


def batch_parameters(batch: int, seed: int = 0, *, held: bool = False) -> list[Parameters]:
    """The 16 parameters of a batch: one subject, style and distance, sixteen colours and times of day.

    Every run of len(SUBJECTS) batches shows every subject once. With `held` only held-out combinations come.
    """
    chooser = random.Random(f"{seed}:{batch}")
    subject, near = batch % len(SUBJECTS), chooser.randrange(2)
    style = chooser.choices(range(len(STYLES)), [3.0] + [1.0] * (len(STYLES) - 1))[0]
    mains = [main for main in range(len(COLOURS)) if held_out(subject, main, style) == held]
    while not mains:
        style = chooser.randrange(len(STYLES))
        mains = [main for main in range(len(COLOURS)) if held_out(subject, main, style) == held]
    result = []
    for _ in range(BATCH):
        main = chooser.choice(mains)
        accent = main if chooser.random() < 0.5 else chooser.randrange(len(COLOURS))
        result.append(Parameters(subject, main, accent, style, chooser.randrange(2), near))
    return result
