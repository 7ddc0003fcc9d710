"""Options that list things by name, written as one text: `ink = loras/ink.safetensors, fog = someone/fog`.

An artist may declare parameters for each thing that an option lists, and for each region: it writes the option's name
or `region` in braces, `artist/lora/{loras}/{region}`, and a show has as many of them as it lists and has regions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final

from msgspec.structs import replace

from show.errors import OrielError
from show.parameter import Parameter, Value

_NAME: Final = re.compile(r"^[a-z0-9][a-z0-9_-]*$")
_BRACES: Final = re.compile(r"\{(\w+)\}")
_REGION: Final = "region"


def listed(text: str, owner: str) -> dict[str, str]:
    """Return the sources that a text lists by comma, by name; raise OrielError naming `owner`.

    Without a name a source is called as its file is. Names are words of small letters, digits, - and _.
    """
    found: dict[str, str] = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, equals, source = (part.strip() for part in item.rpartition("="))
        if not equals:
            stem = PurePosixPath(source.replace(":", "/")).name.removesuffix(".safetensors")
            name = re.sub(r"[^a-z0-9_-]+", "-", stem.lower()).strip("-_")
        if not _NAME.match(name) or not source:
            raise OrielError(f"{owner}: {item!r}: expected NAME = SOURCE, the name in small letters, digits, - and _")
        if name in found:
            raise OrielError(f"{owner}: two are called {name!r}; give one another name, as NAME = SOURCE")
        found[name] = source
    return found


def spread(
    parameters: Iterable[Parameter], given: Mapping[str, Value], regions: Sequence[str], owner: str
) -> tuple[Parameter, ...]:
    """Return parameters with one in the place of each of braces, for the options `given` and regions by name.

    Raises OrielError naming `owner` for an option that lists nothing readable.
    """
    found: list[Parameter] = []
    for parameter in parameters:
        made = [parameter]
        for word in _BRACES.findall(parameter.address):
            names = regions if word == _REGION else list(listed(str(given.get(word, "")), f"{owner}: option {word}"))
            made = [_named(one, f"{{{word}}}", name) for one in made for name in names]
        found += made
    return tuple(found)


def _named(parameter: Parameter, braces: str, name: str) -> Parameter:
    address, label = (text.replace(braces, name) for text in (parameter.address, parameter.label))
    return replace(parameter, address=address, label=label)
