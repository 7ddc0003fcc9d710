"""The strings of the VQGAN+CLIP notebook of seed 003 (Crowson, Nri 2021): TEXT, ANGLE, ZOOM and what belongs to them.

    TEXT: 150:( someone is writing a story: 1 | writing: 1 )
    ANGLE: 1: (1), 37.5: (1.05), 150: (1.2)
    ZOOM: 1: (1), 150: (1.02)

Labels may be those of the notebook's code as well (`text_prompts = "..."`). Every TEXT begins a new run, which is a
scene; a field that a run does not name keeps its value, as in a notebook. A run is as long as max_frames says, or as
its last key. Texts come as `frame:( phrase: weight | ... )`, as `'phrase': {frame: weight}` or as phrases alone.

The notebook of 2021 found keys by looking for a whole number, a colon and the shortest bracket. So it read the key 37.5
as a key in frame 5. `as_2021` does the same; keys at or behind the last frame stand where pandas put them, in a row
behind it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from show.dialects import moves, phrases, schedule
from show.dialects.film import MOST_FRAMES, Curve, Film, FilmScene, Kept, curve, still
from show.dialects.phrases import Phrase
from show.dialects.schedule import Key, Schedule
from show.dialects.source import Piece, Source

FPS: Final = 12.0
FRAMES: Final = 150
SIDE: Final = 400.0
_LABELS: Final = {
    "text": ("text", "texts", "prompt", "prompts", "text_prompts", "text_prompt"),
    "angle": ("angle", "rotation", "rotate"),
    "zoom": ("zoom",),
    "translation_x": ("translation_x", "x"),
    "translation_y": ("translation_y", "y"),
    "max_frames": ("max_frames", "frames", "images"),
    "fps": ("fps",),
    "width": ("width",),
    "height": ("height",),
    "seed": ("seed",),
}
_UNREAD: Final = (
    "target_images",
    "target_image",
    "image_prompts",
    "initial_image",
    "init_image",
    "iterations_per_frame",
    "max_iterations",
    "model",
    "interval",
    "display_frequency",
    "key_frames",
    "save_all_iterations",
)
_NAMES: Final = {spelt: name for name, spellings in _LABELS.items() for spelt in spellings}
_LINE: Final = re.compile(
    rf"^[ \t]*(?:[-*•][ \t]+)?({'|'.join([*_NAMES, *_UNREAD])})[ \t]*([:=])[ \t]*", re.MULTILINE | re.IGNORECASE
)
_OLD: Final = re.compile(r"\s*\d+(\.\d+)?\s*:\s*\(")
_NEW: Final = re.compile(r"\s*(?P<quote>['\"])(?P<text>(?:\\.|(?!(?P=quote)).)*)(?P=quote)\s*:\s*", re.DOTALL)
_SHORTEST: Final = re.compile(r"(\d+):\s*\((.*?)\)", re.DOTALL)
_CURVES: Final = ("angle", "zoom", "translation_x", "translation_y")
_REST: Final = {"angle": 0.0, "zoom": 1.0, "translation_x": 0.0, "translation_y": 0.0}


@dataclass
class _Run:
    """One run of the notebook: the piece of every field that holds in it."""

    fields: dict[str, Piece] = field(default_factory=dict)


def found(source: Source) -> bool:
    """Whether a text looks like the notebook's strings: it begins with a label or key, and has phrases."""
    text = source.text.lstrip()
    if _OLD.match(text) or (_NEW.match(text) and re.match(r"\s*\{", text[_NEW.match(text).end() :])):  # type: ignore[union-attr]
        return True
    first = _LINE.match(text)
    return first is not None and any(_NAMES.get(label) == "text" for label, _ in _fields(source))


def read(source: Source, fps: float | None, as_2021: bool, zero_excludes: bool) -> Film:
    """Return the film of the notebook's strings; raise DialectError with the place of what cannot be read."""
    runs = _runs(source)
    rate = _number(runs[-1], "fps", FPS, 1.0, 240.0) if fps is None else fps
    seed = _number(runs[0], "seed", -1.0, -1.0, 2.0**31 - 1)
    unread = sorted({label for label, _ in _fields(source) if label in _UNREAD})
    shape = tuple(_number(runs[0], name, side, 16.0, 8192.0) for name, side in (("width", 3.0), ("height", 5.0)))
    film = Film("Imported strings", rate, [], (shape[0], shape[1]), 3, rate, None if seed < 0 else int(seed))
    for run in runs:
        film.scenes.append(_scene(run, as_2021, zero_excludes, film))
    film.title = film.scenes[0].phrases[0][0]
    if as_2021:
        film.read.append("Keys were read as the notebook of 2021 read them.")
    if unread:
        film.lost.append(f"not read, for there is nothing like it here: {', '.join(unread)}.")
    film.lost.append(
        "the optimiser's iterations per picture; how strongly a picture is painted anew is the show's own."
    )
    return film


def _fields(source: Source) -> Iterator[tuple[str, Piece]]:
    """Yield (label, value) of every labelled line, with the lines that follow it."""
    whole = source.whole()
    marks = list(_LINE.finditer(source.text))
    ends = [*(mark.start() for mark in marks[1:]), len(source.text)]
    for mark, end in zip(marks, ends, strict=False):
        value = whole.cut(mark.end(), end).strip()
        name = mark[1].lower()
        yield _NAMES.get(name, name), _assigned(value) if mark[2] == "=" else value


def _assigned(value: Piece) -> Piece:
    """Return what a line of Python assigns: the letters of its string, or all up to a comment."""
    quote = value.text[:1]
    end = value.text.find(quote, 1) if quote in ("'", '"') else -1
    if end > 0:
        return value.cut(1, end).strip()
    return value.cut(0, (value.text + "#").index("#")).strip()


def _runs(source: Source) -> list[_Run]:
    runs: list[_Run] = []
    before: dict[str, Piece] = {}
    if _LINE.match(source.text.lstrip()) is None:
        return [_Run({"text": source.whole().strip()})]
    for name, value in _fields(source):
        if name == "text" and value.text:
            runs.append(_Run(dict(before)))
        (runs[-1].fields if runs else before)[name] = value
        if runs:
            before = runs[-1].fields
    if not runs:
        raise source.whole().strip().refusal("TEXT", "a line such as TEXT: 150:( someone is writing: 1 )")
    for run in runs:
        run.fields = {**before, **run.fields} if len(runs) == 1 else run.fields
    return runs


def _number(run: _Run, name: str, default: float, low: float, high: float) -> float:
    piece = run.fields.get(name)
    if piece is None or not piece.text:
        return default
    try:
        number = float(piece.text)
    except ValueError:
        number = math.nan
    if not low <= number <= high:
        raise piece.refusal(name, f"a number from {low:g} to {high:g}")
    return number


def _scene(run: _Run, as_2021: bool, zero_excludes: bool, film: Film) -> FilmScene:
    """Return the scene of one run, and tell how far its camera goes."""
    texts = _texts(run.fields["text"], as_2021, film)
    schedules = {}
    for name in _CURVES:
        piece = run.fields.get(name)
        schedules[name] = _still(name, run.fields["text"]) if piece is None else _keys(piece, name, as_2021, film)
    frames = _length(run, texts, schedules, film)
    if as_2021:
        schedules = {name: _in_a_row(keys, frames) for name, keys in schedules.items()}
        texts = [(text, _in_a_row(weights, frames)) for text, weights in texts]
    marks = _marks([*schedules.values(), *(weights for _, weights in texts)], frames - 1 if as_2021 else frames)
    angle, zoom, x, y = (schedules[name].over(marks) for name in _CURVES)
    size = tuple(_number(run, name, SIDE, 16.0, 8192.0) for name in ("width", "height"))
    middle = np.full(len(marks), 0.5)
    move = moves.Flat(angle, zoom, x, y, middle, middle)
    rates = moves.flat_rates(move, film.fps, (size[0], size[1]))
    curves = {address: curve(marks, rate) for address, rate in rates.items()}
    film.read.append(_travel(schedules, frames, run))
    scene = FilmScene(float(frames), [], curves=curves)
    if not rates["camera/z"].any() and len(curves["camera/zoom"]) > 1:
        scene.kept["camera/zoom"] = Kept(f"L**{film.fps!r}", curve(marks, zoom))
    for text, weights in texts:
        _add(scene, text, curve(marks, weights.over(marks)), zero_excludes, film)
    if not any(weight > 0 for _, weights in scene.phrases for _, weight in weights):
        raise run.fields["text"].refusal("TEXT", "a phrase with a weight above 0")
    return scene


def _add(scene: FilmScene, text: str, weights: Curve, zero_excludes: bool, film: Film) -> None:
    """Add a phrase to a scene; one whose weight is 0 throughout is off, or excluded if that is wanted."""
    if weights != [(0.0, 0.0)]:
        scene.phrases.append((text, weights))
    elif zero_excludes:
        scene.exclude.append(text)
    else:
        scene.phrases.append((text, still(0.0)))
        film.lost.append(f"{text!r} has a weight of 0, which never removed anything; --zero-excludes excludes it.")


def _texts(piece: Piece, as_2021: bool, film: Film) -> list[tuple[str, Schedule]]:
    """Return phrases and the keys of their weights."""
    if as_2021:
        found = list(_SHORTEST.finditer(piece.text))
        if found:
            keys = [(float(key[1]), piece.cut(*key.span(2))) for key in found]
            return _by_words(keys, True, film)
        film.lost.append(f"{piece.at()}: TEXT: the notebook of 2021 stops here with an error; it was read as today's.")
    if _OLD.match(piece.text):
        keys = []
        for frame, value in schedule.pairs(piece, "TEXT"):
            if not (value.text.startswith("(") and value.text.endswith(")")) or frame is None:
                raise value.refusal("TEXT", "phrases in brackets, such as 150:( a house: 1 | a tree: 0.5 )")
            keys.append((_frame(frame), value.cut(1, len(value.text) - 1)))
        return _by_words(keys, False, film)
    if _NEW.match(piece.text):
        return list(_new(piece))
    return _by_words([(0.0, piece)], False, film)


def _by_words(keys: Sequence[tuple[float, Piece]], as_2021: bool, film: Film) -> list[tuple[str, Schedule]]:
    found: dict[str, dict[float, Key]] = {}
    for frame, piece in keys:
        for phrase in phrases.read(piece, "TEXT", film.lost):
            if as_2021 and phrase.piece.text.count(":") != 1:
                film.lost.append(
                    f"{phrase.piece.at()}: TEXT: the notebook of 2021 stops here: it wants one colon a phrase."
                )
            if phrase.stop is not None:
                film.lost.append(f"{phrase.piece.at()}: TEXT: the stop {phrase.stop:g} of {phrase.text!r}.")
            found.setdefault(phrase.text, {})[frame] = _key(frame, phrase)
    if not found:
        raise keys[0][1].refusal("TEXT", "phrases such as someone is writing: 1 | a story: 0.5")
    if as_2021:
        return [(text, Schedule(tuple(held.values()), {})) for text, held in found.items()]
    return [(text, Schedule(tuple(held[at] for at in sorted(held)), {})) for text, held in found.items()]


def _key(frame: float, phrase: Phrase) -> Key:
    return Key(frame, phrase.weight, phrase.piece)


def _new(piece: Piece) -> Iterator[tuple[str, Schedule]]:
    """Yield the phrases of `'phrase': {frame: weight, ...}, ...`."""
    expected = "'words': {frame: weight}, such as 'an apple': {10: 1, 20: 0}"
    at = 0
    while piece.text[at:].strip():
        head = _NEW.match(piece.text, at)
        if head is None:
            raise piece.cut(at, at + 30).strip().refusal("TEXT", expected)
        value = re.compile(r"\{([^{}]*)\}|[^,{}]+").match(piece.text, head.end())
        end = re.compile(r"\s*(,|$)").match(piece.text, value.end()) if value else None
        text = " ".join(re.sub(r"\\(.)", r"\1", head["text"]).split())
        if value is None or end is None or not text:
            raise piece.cut(head.end(), head.end() + 30).refusal("TEXT", expected)
        keys = _numbers(piece.cut(*value.span(1 if value[1] is not None else 0)), "TEXT")
        for part in phrases.shortened(text):
            yield part, keys
        at = end.end()


def _frame(piece: Piece) -> float:
    try:
        return float(piece.text)
    except ValueError:
        raise piece.refusal("TEXT", "a frame") from None


def _keys(piece: Piece, name: str, as_2021: bool, film: Film) -> Schedule:
    if not piece.text:
        return _still(name, piece)
    if as_2021:
        found = {int(key[1]): piece.cut(*key.span(2)) for key in _SHORTEST.finditer(piece.text)}
        if found:
            return Schedule(tuple(Key(float(at), _one(value, name), value) for at, value in found.items()), {})
        film.lost.append(
            f"{piece.at()}: {name}: the notebook of 2021 stops here with an error; it was read as today's."
        )
    keys = _numbers(piece, name)
    if any(key.frame != int(key.frame) for key in keys.keys):
        film.read.append(
            f"{piece.at()}: {name}: fractional frames stand where they say; the notebook of 2021 took the digits "
            "behind the point for the frame (--as-2021 does)."
        )
    return keys


def _numbers(piece: Piece, name: str) -> Schedule:
    """Return keys that are all numbers, in rising order; a zoom must be above 0."""
    keys = schedule.read(piece, name, 2, names=())
    return replace(keys, keys=tuple(replace(key, value=_one(key.piece, name)) for key in keys.keys))


def _one(piece: Piece, name: str) -> float:
    number = schedule.read(piece, name, 2, names=()).keys[0].value
    if not isinstance(number, float):
        number = number.value({})
    if name == "zoom" and not number > 0:
        raise piece.refusal(name, "a zoom above 0 (1 stands still)")
    if abs(number) > 1e6:
        raise piece.refusal(name, "a number between -1e6 and 1e6")
    return number


def _still(name: str, piece: Piece) -> Schedule:
    return schedule.constant(_REST[name], piece)


def _length(run: _Run, texts: Sequence[tuple[str, Schedule]], keys: dict[str, Schedule], film: Film) -> int:
    """Return the frames of a run: as the file says, or as far as its last key."""
    last = max(key.frame for one in (*keys.values(), *(weights for _, weights in texts)) for key in one.keys)
    frames = int(_number(run, "max_frames", 0.0, 1.0, MOST_FRAMES))
    if frames and last > frames:
        film.lost.append(f"a key in frame {last:g} lies behind the last frame {frames}.")
    if frames or 1 <= last <= MOST_FRAMES:
        return frames or math.ceil(last)
    if last > MOST_FRAMES:
        raise run.fields["text"].refusal("TEXT", f"at most {MOST_FRAMES} frames in a run, not {last:g}; it begins here")
    film.read.append(f"no key and no max_frames says how long the run is: {FRAMES} frames were taken.")
    return FRAMES


def _in_a_row(keys: Schedule, frames: int) -> Schedule:
    """Return keys where pandas put them: those from `frames` on stand in a row behind the last frame, as they came."""
    behind = [key for key in keys.keys if key.frame >= frames]
    inside = [key for key in keys.keys if key.frame < frames]
    rows = [replace(key, frame=float(frames + place)) for place, key in enumerate(behind)]
    return replace(keys, keys=tuple(sorted([*inside, *rows], key=lambda key: key.frame)))


def _marks(keys: Sequence[Schedule], frames: int) -> list[float]:
    """Return the frames in which curves are looked at: all whole ones and those of all keys."""
    own = {key.frame for one in keys for key in one.keys if 0 <= key.frame <= frames}
    return sorted({*map(float, range(frames + 1)), *own})


def _travel(keys: dict[str, Schedule], frames: int, run: _Run) -> str:
    """Return how far the camera goes in a run: the product of its zooms and the sum of its angles, frame by frame."""
    grown = float(np.log(keys["zoom"].series(frames)).sum())
    turned = float(keys["angle"].series(frames).sum())
    size = f"{math.exp(grown):.2f} x" if grown < 700 else "beyond counting"
    side = "clockwise" if turned < 0 else "counter-clockwise"
    return (
        f"Line {run.fields['text'].line()}: {frames} frames grow the picture to {size} and turn it by "
        f"{abs(turned):.1f} degrees {side}."
    )
