"""Which dialect a file is in, and its reader: from a text to a show file and a report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from show.dialects import deforum, json_text, notebook, parseq, travel, vqgan
from show.dialects.film import Film, report, show_file
from show.dialects.source import DialectError, Source

Dialect = Literal["manuscript", "notebook", "deforum", "parseq", "vqgan", "travel"]
DIALECTS: Final[tuple[Dialect, ...]] = get_args(Dialect)


@dataclass(frozen=True)
class Wishes:
    """How to read: pictures a second (None: as the file says), as the notebook of 2021 did, seconds of a scene that has
    no length, and whether a weight of 0 excludes."""

    fps: float | None = None
    as_2021: bool = False
    scene_seconds: float = 12.5
    zero_excludes: bool = False


def detect(source: Source) -> Dialect:
    """Return the dialect that a text looks like; a text that looks like none is a manuscript.

    Raises DialectError if it begins like JSON and is none, or is JSON of another kind.
    """
    text = source.text.lstrip()
    if travel.bare(source):
        return "travel"
    if text.startswith("{") and text[1:].lstrip()[:1] in ('"', "}"):
        node = json_text.parse(source.whole())
        for name, module in (("parseq", parseq), ("deforum", deforum), ("travel", travel)):
            if module.found(node):
                return name  # type: ignore[return-value]
        raise node.piece.cut(0, 1).refusal(
            "", "the JSON of Deforum (prompts, max_frames ...), Parseq (keyframes ...) or prompt travel (prompt_map)"
        )
    if notebook.found(source):
        return "notebook"
    if vqgan.found(source):
        return "vqgan"
    return "manuscript"


def film(source: Source, dialect: Dialect, wishes: Wishes) -> Film:
    """Return the film of a text in a dialect other than manuscript; raise DialectError."""
    if dialect == "notebook":
        return notebook.read(source, wishes.fps, wishes.as_2021, wishes.zero_excludes)
    if dialect == "deforum":
        return deforum.read(source, wishes.fps)
    if dialect == "parseq":
        return parseq.read(source, wishes.fps)
    if dialect == "travel":
        return travel.read(source, wishes.fps)
    if dialect == "vqgan":
        return vqgan.read(source, wishes.scene_seconds, wishes.zero_excludes)
    raise DialectError(f"{source.name}: a manuscript is read by show/manuscript.py")


def imported(source: Source, dialect: Dialect, wishes: Wishes) -> tuple[str, list[str]]:
    """Return the show file of a text and the lines of its report; raise DialectError."""
    found = film(source, dialect, wishes)
    text = show_file(found, source.name)
    return text, report(found)
