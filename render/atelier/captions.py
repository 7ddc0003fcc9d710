"""Captions: the words of a picture's parameters, put together in several ways and with words left out."""

from __future__ import annotations

import random

from render.atelier.palette import COLOURS, STYLES
from render.atelier.parameters import Parameters
from render.atelier.subjects import SUBJECTS

DAY_WORDS = (
    ("dark", "at night", "in shadow", "gloomy", "dim"),
    ("bright", "light", "in daylight", "luminous", "sunny"),
)
NEAR_WORDS = (("far away", "from a distance", "wide view", "small"), ("close up", "near", "large", "detail"))
_ARTICLES = ("a ", "an ", "the ")


def _bare(words: str) -> str:
    """`words` without a leading article."""
    for article in _ARTICLES:
        if words.startswith(article):
            return words[len(article) :]
    return words


def caption(parameters: Parameters, chooser: random.Random, *, complete: bool = False) -> str:
    """A caption for these parameters; `complete` keeps subject and colour and leaves out nothing else but chance words.

    Monochrome pictures are never given a colour word, because theirs cannot be seen.
    """
    subject = chooser.choice(SUBJECTS[parameters.subject].words)
    style = chooser.choice(STYLES[parameters.style].words)
    colour = chooser.choice(COLOURS[parameters.main].words)
    grey = STYLES[parameters.style].name == "monochrome"
    if grey or (not complete and chooser.random() < 0.12):
        colour = ""
    if not complete and chooser.random() < 0.1:
        style = ""
    day = chooser.choice(DAY_WORDS[parameters.day]) if chooser.random() < 0.45 else ""
    near = chooser.choice(NEAR_WORDS[parameters.near]) if chooser.random() < 0.35 else ""
    bare = _bare(subject)
    orders = (
        (f"{colour} {bare}", style, day, near),
        (f"{subject} in {colour}" if colour else subject, style, near, day),
        (f"{style} of {colour} {bare}" if style else f"{colour} {bare}", day, near),
        (f"{colour} {day} {bare} {style}", near),
        (style, f"{colour} {bare}", f"{day} {near}"),
    )
    parts = (" ".join(part.split()) for part in chooser.choice(orders))
    return ", ".join(part for part in parts if part)
