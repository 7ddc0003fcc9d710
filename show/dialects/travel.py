"""Prompt travel: JSON with a `prompt_map` (AnimateDiff), or `"0": "a house", "24": "a tree"` (FizzNodes).

Between two keys one prompt becomes the other; AnimateDiff holds it first for `prompt_fixed_ratio` of the way. After the
last key it stands as long as between the two before it, unless the file says how long the film is.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from show.dialects import deforum, json_text
from show.dialects.deforum import Said
from show.dialects.film import MOST_FRAMES, Film, FilmScene, curve
from show.dialects.formula import Formula
from show.dialects.json_text import Node
from show.dialects.source import Piece, Source

FPS: Final = 8.0
_BARE: Final = re.compile(r'\s*"\d+"\s*:\s*"')
_READ: Final = frozenset(
    {"prompt_map", "head_prompt", "tail_prompt", "n_prompt", "prompt_fixed_ratio", "seed", "name", "output", "length"}
)


def found(node: Node) -> bool:
    """Whether a JSON object looks like prompt travel: it has a prompt_map, or nothing but frames with texts."""
    if "prompt_map" in node.members:
        return True
    return bool(node.members) and all(
        name.strip().isdigit() and member.kind == "string" for name, member in node.members.items()
    )


def bare(source: Source) -> bool:
    """Whether a text looks like FizzNodes' notation, which is JSON without its outer brackets."""
    return _BARE.match(source.text) is not None


def read(source: Source, fps: float | None) -> Film:
    """Return the film of a prompt travel; raise DialectError with the place of what cannot be read."""
    node = json_text.parse(_in_brackets(source))
    if node.kind != "object":
        raise node.piece.refusal("", 'prompts such as {"0": "a house", "24": "a tree"}')
    map_ = node.get("prompt_map", "object")
    output = node.get("output", "object")
    rate = fps or (output.value("fps", FPS, 1, 240) if output is not None else FPS)
    film = Film("Prompt travel", rate, [], (1.0, 1.0), 1, rate)
    held = node.value("prompt_fixed_ratio", 0.5, 0, 1) if map_ is not None else 0.0
    before, after, away = _words(node, "head_prompt"), _words(node, "tail_prompt"), _words(node, "n_prompt")
    said: dict[int, Said] = {}
    for name, text in sorted(_frames(map_ or node), key=lambda pair: int(pair[0].text)):
        if text.kind != "string":
            raise text.piece.refusal("prompt_map", "a text in double quotes")
        one = deforum.spoken(text.piece, before, away, film)
        last = [(f"{words}, {after}" if after else words, weight) for words, weight in one.phrases[-1:]]
        if any(isinstance(weight, Formula) for _, weight in one.phrases):
            film.lost.append("weights that change with the frame stay as they are in frame 0.")
        said[int(name.text)] = Said((*one.phrases[:-1], *last), one.exclude, one.piece)
    if not said:
        raise node.piece.cut(0, 1).refusal("prompt_map", "at least one frame with a text")
    film.scenes = _scenes(said, int(node.value("length", 0, 1, MOST_FRAMES)), held)
    film.title = film.scenes[0].phrases[0][0]
    film.seed = _seed(node)
    others = [name for name in node.members if map_ is not None and name not in _READ]
    if others:
        film.lost.append(f"{len(others)} fields without a counterpart here: {', '.join(others[:6])} ...")
    if len({one.exclude for one in said.values()}) > 1:
        film.lost.append("what is excluded does not blend between prompts; it changes with the scene.")
    return film


def _in_brackets(source: Source) -> Piece:
    """Return the text as JSON: FizzNodes' notation gets its brackets, and keeps its places."""
    whole = source.whole().strip()
    if not bare(source):
        return whole
    places = (whole.places[0], *whole.places, whole.places[-1])
    return Piece(source, "{" + whole.text + "}", places)


def _frames(node: Node) -> list[tuple[Piece, Node]]:
    """Return (frame, text) of the members of an object."""
    found = []
    for name, member in node.members.items():
        place = node.names[name].strip()
        if not re.fullmatch(r"\d{1,7}", place.text) or int(place.text) > MOST_FRAMES:
            raise place.refusal("prompt_map", f"a whole frame up to {MOST_FRAMES}")
        found.append((place, member))
    return found


def _words(node: Node, name: str) -> str:
    member = node.get(name)
    if member is not None and member.kind == "list":
        member = member.items[0] if member.items else None
    if member is None:
        return ""
    if member.kind != "string":
        raise member.piece.refusal(name, "a text in double quotes")
    return member.text.strip(" ,\n")


def _seed(node: Node) -> int | None:
    member = node.get("seed")
    if member is not None and member.kind == "list":
        member = member.items[0] if member.items else None
    return int(member.number) % 2**31 if member is not None and member.kind == "number" and member.number >= 0 else None


def _scenes(said: dict[int, Said], length: int, held: float) -> list[FilmScene]:
    starts = sorted(said)
    gap = starts[-1] - starts[-2] if len(starts) > 1 else 16
    end = max(length, starts[-1] + 1) if length else starts[-1] + gap
    scenes = []
    for number, start in enumerate(starts):
        after = starts[number + 1] if number + 1 < len(starts) else end
        begin = 0 if number == 0 else start
        turn = start + held * (after - start)
        marks = sorted({float(begin), *(mark for mark in (float(start), turn) if begin <= mark < after), float(after)})
        shares = np.interp(marks, [turn, after], [0.0, 1.0])
        at = [mark - begin for mark in marks]
        one = said[start]
        if number + 1 == len(starts) or held == 1:
            scenes.append(FilmScene(float(after - begin), [(t, [(0.0, _one(w))]) for t, w in one.phrases]))
        else:
            texts = [(text, curve(at, _one(weight) * (1 - shares))) for text, weight in one.phrases]
            texts += [(text, curve(at, _one(weight) * shares)) for text, weight in said[after].phrases]
            scenes.append(FilmScene(float(after - begin), texts))
        scenes[-1].exclude = list(one.exclude)
    return scenes


def _one(weight: float | Formula) -> float:
    """Return a weight as a number; a sum is taken in frame 0, for these programs wrote frames into it as letters."""
    return weight if isinstance(weight, float) else weight.value({"t": 0.0, "max_f": 0.0, "s": -1.0})
