"""Captions: the words of a picture's parameters, put together in several ways and with words left out."""

from __future__ import annotations

import random

from render.atelier.colours import COLOURS
from render.atelier.parameters import Parameters
from render.atelier.styles import STYLES
from render.atelier.subjects import SUBJECTS
from render.atelier.things import LEFT, MANY, RIGHT

DAY_WORDS = (
    ("dark", "at night", "in shadow", "gloomy", "dim", "in the dark", "night"),
    ("bright", "light", "in daylight", "luminous", "sunny", "in the light", "day"),
)
NEAR_WORDS = (
    ("far away", "from a distance", "wide view", "small", "distant"),
    ("close up", "near", "large", "detail", "very close"),
)
NUMBER_WORDS = (("one", "a single"), ("two", "a pair of"), ("three",), ("many", "several", "a lot of", "rows of"))
PLACE_WORDS = (
    ("in the middle", "centred"),
    ("on the left", "at the left"),
    ("on the right", "at the right"),
)
_ARTICLES = ("a ", "an ", "the ")
_NUMBER_SAID = (0.05, 0.9, 0.95, 0.9)
_GREY = "monochrome"


def bare(words: str) -> str:
    """`words` without a leading article."""
    for article in _ARTICLES:
        if words.startswith(article):
            return words[len(article) :]
    return words


def caption(parameters: Parameters, chooser: random.Random, *, complete: bool = False) -> str:
    """A caption for these parameters; `complete` always keeps subject, colour and style.

    The colours of monochrome pictures are never named, because they cannot be seen, nor those that a subject has by
    nature, because nobody would.
    """
    style = chooser.choice(STYLES[parameters.style].words)
    if not complete and chooser.random() < 0.1:
        style = ""
    colour, ground = _colours(parameters, chooser, complete)
    subject = _subject(parameters, chooser, colour)
    day = chooser.choice(DAY_WORDS[parameters.day]) if chooser.random() < 0.45 else ""
    near = chooser.choice(NEAR_WORDS[parameters.near]) if chooser.random() < 0.35 else ""
    where = _place(parameters, chooser)
    named, plain = subject
    orders: tuple[tuple[str, ...], ...] = (
        (named, ground, where, style, day, near),
        (f"{plain} in {colour}" if colour else named, where, ground, style, near, day),
        (f"{style} of {named}" if style else named, where, day, near, ground),
        (f"{named} {where}", f"{day} {style}", near, ground),
        (style, named, f"{day} {near}", where, ground),
        (f"{day} {named}", near, style, where),
    )
    parts = (" ".join(part.split()) for part in chooser.choice(orders))
    return ", ".join(part for part in parts if part)


def _colours(parameters: Parameters, chooser: random.Random, complete: bool) -> tuple[str, str]:
    """The main colour's name, and words for a second colour; either may be empty."""
    if parameters.natural or STYLES[parameters.style].name == _GREY:
        return "", ""
    if not complete and chooser.random() < 0.08:
        return "", ""
    colour, second = COLOURS[parameters.main].name, COLOURS[parameters.accent].name
    if second == colour or chooser.random() < 0.6:
        return colour, ""
    return colour, chooser.choice((f"{second} background", f"on {second}", f"and {second}", f"with {second}"))


def _subject(parameters: Parameters, chooser: random.Random, colour: str) -> tuple[str, str]:
    """The subject with its number and colour, and without its colour."""
    words = chooser.choice(SUBJECTS[parameters.subject].words)
    if SUBJECTS[parameters.subject].thing is not None and chooser.random() < _NUMBER_SAID[parameters.number]:
        count = chooser.choice(NUMBER_WORDS[parameters.number])
        noun = bare(words) if parameters.number == 0 else plural(bare(words))
        return f"{count} {colour} {noun}", f"{count} {noun}"
    if parameters.number == MANY:
        words = plural(bare(words))
    if not colour:
        return words, words
    article = "a " if words != bare(words) and chooser.random() < 0.5 else ""
    return f"{article}{colour} {bare(words)}", words


def plural(noun: str) -> str:
    """More than one of a noun phrase: its first noun, as far as simple rules go ("a bottle on a table")."""
    head, *rest = noun.split(" on ", 1)
    first, *after = head.split(" of ", 1)
    if first.endswith(("s", "x", "ch", "sh")):
        many = first if first.endswith("s") and not first.endswith("ss") else f"{first}es"
    elif first.endswith("y") and first[-2:-1] not in "aeiou":
        many = f"{first[:-1]}ies"
    elif first.endswith("fe") or (first.endswith("f") and not first.endswith("ff")):
        many = f"{first.removesuffix('e').removesuffix('f')}ves"
    else:
        many = f"{first}s"
    return " on ".join([" of ".join([many, *after]), *rest])


def _place(parameters: Parameters, chooser: random.Random) -> str:
    aside = parameters.place in (LEFT, RIGHT)
    if SUBJECTS[parameters.subject].thing is None or chooser.random() > (0.75 if aside else 0.08):
        return ""
    return chooser.choice(PLACE_WORDS[parameters.place])
