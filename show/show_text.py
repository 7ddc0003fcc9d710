"""Writing a show file: data as TOML in the layout of a file that people write and read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

SHORT = 2
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def table(header: str, data: Mapping[str, Any], note: str = "") -> str:
    """Return one table of a show file; tables in it follow as tables of their own, lists of tables stand in lines.

    A table of SHORT numbers or words at the most stands in its line.
    """
    lines = [f"# {line}" for line in note.splitlines()] + [header]
    inner = []
    for key, entry in data.items():
        if isinstance(entry, Mapping) and not _short(entry):
            name = header.strip("[]")
            inner.append(f"[{name}.{_key(key)}]\n" + "".join(f"{_key(k)} = {value(v)}\n" for k, v in entry.items()))
        elif isinstance(entry, Sequence) and entry and isinstance(entry[0], Mapping):
            rows = "".join(f"    {value(row)},\n" for row in entry)
            lines.append(f"{_key(key)} = [\n{rows}]")
        else:
            lines.append(f"{_key(key)} = {value(entry)}")
    return "\n".join(lines) + "\n" + "".join(inner)


def _short(entry: Mapping[str, Any]) -> bool:
    return 0 < len(entry) <= SHORT and all(isinstance(item, str | int | float) for item in entry.values())


def value(entry: Any) -> str:
    """Return a value on one line; raise TypeError for what TOML does not know."""
    if isinstance(entry, bool):
        return "true" if entry else "false"
    if isinstance(entry, str):
        return text(entry)
    if isinstance(entry, int | float):
        return repr(entry)
    if isinstance(entry, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {value(item)}" for key, item in entry.items()) + " }"
    if isinstance(entry, Sequence):
        return "[" + ", ".join(value(item) for item in entry) + "]"
    raise TypeError(f"TOML knows no {type(entry).__name__}")


def text(words: str) -> str:
    """Return a basic string: JSON's escapes are TOML's, but for a bare DEL and lone surrogates."""
    clean = words.encode("utf-8", "replace").decode()
    return json.dumps(clean, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else text(name)
