"""Show files: TOML to a checked Show; every problem is one line: file, line, key, what was expected and what came."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from show import subtitles, toml_lines
from show.config import CaptionTrack, Show
from show.errors import ShowFileError, did_you_mean
from show.subtitles import SubtitleError

_WORDS: Final[dict[str, str]] = {
    "missing": "is missing",
    "float_type": "expected a number",
    "float_parsing": "expected a number",
    "finite_number": "expected a finite number",
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_from_float": "expected a whole number",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "string_type": "expected a text",
    "list_type": "expected a list [...]",
    "tuple_type": "expected a list [...]",
    "dict_type": "expected a table",
    "model_type": "expected a table",
    "model_attributes_type": "expected a table",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be {le} or less",
    "multiple_of": "must be a multiple of {multiple_of}",
    "string_too_short": "must not be empty",
    "string_too_long": "may have {max_length} letters at most",
    "too_short": "needs {min_length} or more",
    "too_long": "may have {max_length} at most",
    "string_pattern_mismatch": "expected a text like {pattern}",
}


@dataclass(frozen=True)
class Problem:
    """Something wrong in a show file: the path of the key and a sentence."""

    path: toml_lines.Path
    sentence: str


class Source:
    """A show file's name and the line of every key in it; turns problems into lines for a reader."""

    def __init__(self, file: Path, text: str) -> None:
        self._file = file
        self._lines = toml_lines.lines(text)

    def tell(self, problem: Problem) -> str:
        """Return `FILE:LINE: key: sentence`."""
        line = toml_lines.nearest(self._lines, problem.path)
        key = _key(problem.path)
        return f"{self._file}:{line}: {key}: {problem.sentence}" if key else f"{self._file}:{line}: {problem.sentence}"

    def refuse(self, problems: Iterable[Problem]) -> None:
        """Raise ShowFileError with one line per problem, in the order of the file, if there is any."""
        ordered = sorted(problems, key=lambda problem: toml_lines.nearest(self._lines, problem.path))
        if ordered:
            raise ShowFileError("\n".join(dict.fromkeys(self.tell(problem) for problem in ordered)))


def load(path: Path) -> Show:
    """Return the show of a file; raise ShowFileError with all its problems, one per line."""
    return read(path)[0]


def read(path: Path, text: str | None = None) -> tuple[Show, Source]:
    """Return a show and where its keys stand; raise ShowFileError with all its problems, one per line.

    `text` stands in the place of what the file holds.
    """
    text = _text(path) if text is None else text
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ShowFileError(_syntax(path, str(error))) from None
    except RecursionError:
        raise ShowFileError(f"{path}:1: this is nested too deeply to be a show file") from None
    source = Source(path, text)
    try:
        # JSON mode is strict about scalars ("15" is no number) and still takes lists for fixed-length tuples.
        show = Show.model_validate_json(json.dumps(data, default=str), strict=True)
    except ValidationError as error:
        source.refuse(_problems(error.errors(include_url=False), data))
        raise ShowFileError(f"{path}: {error}") from None
    source.refuse(_masks(show, path.parent))
    return _with_subtitles(show, path.parent, source), source


def _masks(show: Show, folder: Path) -> Iterable[Problem]:
    """Yield what stands against the mask files that a show names."""
    masks = [surface.mask for surface in show.surface]
    masks += [laid.mask for cue in show.cue for laid in cue.surface.values() if laid.mask is not None]
    if any(isinstance(mask, str) for mask in masks):
        from show import mask_files  # it needs Pillow, which most processes can do without

        yield from (Problem(key, sentence) for key, sentence in mask_files.problems(show, folder))


def _with_subtitles(show: Show, folder: Path, source: Source) -> Show:
    """Return the show with the cues of the subtitle files that it names; raise ShowFileError."""
    changed, problems = {}, []
    for name in ("prompt", "narration"):
        track: CaptionTrack = getattr(show.captions, name)
        if not track.file:
            continue
        key = ("captions", name, "file")
        if track.cues:
            problems.append(Problem(key, "expected cues from a file or written here, got both"))
            continue
        try:
            cues = tuple(tuple(cue) for cue in subtitles.load(folder / track.file))
            changed[name] = CaptionTrack.model_validate({**track.model_dump(), "cues": cues})
        except SubtitleError as error:
            problems.append(Problem(key, str(error)))
        except ValidationError as error:
            problems.append(Problem(key, f"{track.file}: {error.errors()[0]['msg']}"))
    source.refuse(problems)
    return show.model_copy(update={"captions": show.captions.model_copy(update=changed)}) if changed else show


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").replace("\r\n", "\n")
    except FileNotFoundError:
        raise ShowFileError(f"{path}: there is no such show file") from None
    except IsADirectoryError:
        raise ShowFileError(f"{path}: this is a folder; expected a show file (.toml)") from None
    except UnicodeDecodeError as error:
        raise ShowFileError(f"{path}: not a text in UTF-8 (byte {error.start} cannot be read)") from None
    except (OSError, ValueError) as error:
        raise ShowFileError(f"{path}: cannot be read ({error})") from None


def _syntax(path: Path, message: str) -> str:
    """Turn "... (at line 3, column 7)" into FILE:3:7: ..."""
    found = re.search(r"(.*) \(at line (\d+), column (\d+)\)", message)
    if found is None:
        return f"{path}: {message}"
    return f"{path}:{found[2]}:{found[3]}: not TOML: {found[1][0].lower()}{found[1][1:]}"


def _problems(errors: list[ErrorDetails], data: dict[str, Any]) -> list[Problem]:
    """Translate pydantic's errors; the branches of a union that all failed become one problem."""
    by_path: dict[toml_lines.Path, list[str]] = {}
    places = [_real_path(error, data) for error in errors]
    for error, path in zip(errors, places, strict=True):
        inner = any(other[: len(path)] == path and len(other) > len(path) for other in places)
        if error["type"] == "too_short" and inner:
            continue  # its items were refused one by one, and only therefore it is too short
        sentence = _sentence(error, path)
        found = by_path.setdefault(path, [])
        if sentence not in found:
            found.append(sentence)
    return [Problem(path, _joined(sentences)) for path, sentences in by_path.items()]


def _joined(sentences: list[str]) -> str:
    """Join the sentences of one key: "expected a number" and "expected a list" become one."""
    first, *rest = sentences
    for other in rest:
        expected = other.partition(", got")[0]
        if first.startswith("expected") and expected.startswith("expected"):
            first = first.replace(", got", f" or {expected.removeprefix('expected ')}, got", 1)
    return first


def _real_path(error: ErrorDetails, data: dict[str, Any]) -> toml_lines.Path:
    """Return the part of an error's place that stands in the file; names of union branches are left out."""
    path: list[str | int] = []
    here: Any = data
    for part in error["loc"]:
        if isinstance(here, list) and isinstance(part, int):
            here = here[part] if part < len(here) else None
            path.append(part)
        elif isinstance(here, dict) and part in here:
            here = here[part]
            path.append(part)
        elif error["type"] == "missing" and part == error["loc"][-1]:
            path.append(part)
    return tuple(path)


def _sentence(error: ErrorDetails, path: toml_lines.Path) -> str:
    kind = error["type"]
    if kind == "extra_forbidden":
        return f"unknown key{did_you_mean(str(path[-1]), _known_keys(path[:-1]))}"
    if kind == "missing":
        return _WORDS[kind]
    if kind == "value_error":
        return str(error["ctx"]["error"])
    if kind == "literal_error":
        choices = re.findall(r"'([^']*)'", error["ctx"]["expected"])
        near = did_you_mean(str(error["input"]), choices)
        return f"expected one of {', '.join(choices)}, got {_short(error['input'])}{near}"
    words = _WORDS.get(kind)
    expected = words.format(**error.get("ctx", {})) if words else error["msg"].lower()
    return f"{expected}, got {_short(error['input'])}"


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "..."


def _known_keys(path: toml_lines.Path) -> list[str]:
    """Return the keys that the table at `path` may have."""
    model: type[BaseModel] | None = Show
    named = False
    for part in path:
        if named:
            named = False  # a name of the author's own, such as that of a region
        elif isinstance(part, str) and model is not None:
            field = model.model_fields.get(part)
            named = field is not None and get_origin(field.annotation) is dict
            model = _model_in(field.annotation) if field is not None else None
    return list(model.model_fields) if model is not None else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in get_args(annotation):
        found = _model_in(inner)
        if found is not None:
            return found
    return None


def _key(path: toml_lines.Path) -> str:
    """Write a path as a reader would: scene[2].words[1].weight, counted from 1."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part + 1}]"
        else:
            text += f".{part}" if text else part
    return text
