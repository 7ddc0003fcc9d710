"""Announcements: what plug-in modules declare, asked of them in a short-lived child so that nobody else imports them.

`python -m show.announce render.artists.diffusion server.inputs.osc ...` imports the modules and prints their
declarations as JSON: parameters, options and channels.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import subprocess
import sys
from collections.abc import Iterable, Iterator

import msgspec

from show.capabilities import Honours
from show.config import Artist, Critic, Input, Output, Show
from show.errors import OrielError, ShowFileError, did_you_mean
from show.parameter import Parameter, options
from show.toml_lines import Path

SECONDS = 60
_SILENT = "render.critics"
"""Package of modules that declare nothing and take seconds to import (torch): it is only seen whether they exist."""


class Announcement(msgspec.Struct, frozen=True):
    """What a module declares: `options`; an artist's live `parameters` and what it `honours`; an input's `channels`."""

    parameters: tuple[Parameter, ...] = ()
    options: tuple[Parameter, ...] = ()
    channels: tuple[str, ...] = ()
    honours: Honours | None = None
    missing: str = ""


def modules(show: Show) -> tuple[str, ...]:
    """Return the full names of the plug-in modules that a show names."""
    return tuple(dict.fromkeys(f"{folder}.{part.module}" for _, _, folder, part in _parts(show)))


def ask(names: Iterable[str]) -> dict[str, Announcement]:
    """Return the announcements of modules by full name; a module that does not exist says so in `missing`."""
    command = [sys.executable, "-m", "show.announce", *names]
    done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    if done.returncode != 0:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise OrielError(f"the plug-in modules could not be asked for their parameters: {' '.join(last)}")
    return msgspec.json.decode(done.stdout, type=dict[str, Announcement])


def plug_in_problems(show: Show, announced: dict[str, Announcement]) -> list[tuple[Path, str]]:
    """Return (key, sentence) per plug-in that does not exist or was given options it does not know."""
    problems: list[tuple[Path, str]] = []
    for key, kind, folder, part in _parts(show):
        announcement = announced[f"{folder}.{part.module}"]
        if announcement.missing:
            problems.append(((*key, "module"), announcement.missing))
        if announcement.missing or isinstance(part, Critic):
            continue
        try:
            options(announcement.options, part.options, f"{kind} {part.module}")
        except OrielError as error:
            problems.append(((*key, "options"), str(error)))
    return problems


def _parts(show: Show) -> Iterator[tuple[Path, str, str, Artist | Input | Output | Critic]]:
    """Yield (key in the show file, kind, package, part) of everything that names a module."""
    yield ("artist",), "artist", "render.artists", show.artist
    for number, source in enumerate(show.input):
        yield ("input", number), "input", "server.inputs", source
    for number, output in enumerate(show.output):
        yield ("output", number), "output", "mapping.outputs", output
    if show.critic is not None:
        yield ("critic",), "critic", _SILENT, show.critic


def read_modules(names: Iterable[str]) -> dict[str, Announcement]:
    """Import modules and return what they declare; runs in the short-lived child."""
    result = {}
    for name in names:
        if name.startswith(_SILENT):
            found = importlib.util.find_spec(name) is not None
            result[name] = Announcement(missing="" if found else _no_such_module(name))
            continue
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name is None or not name.startswith(error.name):
                raise
            result[name] = Announcement(missing=_no_such_module(name))
            continue
        result[name] = Announcement(
            parameters=tuple(getattr(module, "PARAMETERS", ())),
            options=tuple(getattr(module, "OPTIONS", ())),
            channels=tuple(getattr(module, "CHANNELS", ())),
            honours=getattr(module, "HONOURS", None),
        )
    return result


def _no_such_module(name: str) -> str:
    package, _, word = name.rpartition(".")
    known = [found.name for found in pkgutil.iter_modules(importlib.import_module(package).__path__)]
    usable = sorted(known_name for known_name in known if known_name != "base")
    return f"there is no module {word!r} in {package.replace('.', '/')}/{did_you_mean(word, usable)}"


def refuse(show: Show, announced: dict[str, Announcement]) -> None:
    """Raise ShowFileError with one line per plug-in problem, if there is any."""
    problems = plug_in_problems(show, announced)
    if problems:
        raise ShowFileError("\n".join(sentence for _, sentence in problems))


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(read_modules(sys.argv[1:])))
