"""`oriel check SHOW`: whether a show file is in order, and what of its score an artist will lose."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from show import announce, check
from show.capabilities import report
from show.check import Opened
from show.errors import ShowFileError
from show.listed import spread
from show.opening import DEFAULT_SHOW
from show.parameter import options


def check_(
    show: Annotated[Path, typer.Argument(help="The show file.", show_default="configs/triptych.toml")] = DEFAULT_SHOW,
    artist: Annotated[str | None, typer.Option(help="Say what would be lost on this artist instead.")] = None,
    model: Annotated[str | None, typer.Option(help="Say what would be lost on this model instead.")] = None,
) -> None:
    """Say whether a show file is in order, and what of it will be lost; exit with 2 if it is not in order."""
    opened = check.open_show(show, announce.ask)
    for warning in opened.warnings:
        print(warning, file=sys.stderr)
    for line in (*check.journeys(opened), *lost(opened, artist or opened.show.artist.module, model)):
        print(line)
    seconds = sum(scene.seconds for scene in opened.show.scene)
    print(f"{show}: in order. {len(opened.show.scene)} scenes, {seconds:g} s, {len(opened.parameters)} parameters.")


def lost(opened: Opened, artist: str, model: str | None) -> list[str]:
    """Return what an artist honours and loses of a show, as lines; `model` takes the place of its option model."""
    show, own = opened.show, artist == opened.show.artist.module
    module = f"render.artists.{artist}"
    found = announce.ask([module])[module]
    if found.missing:
        raise ShowFileError(found.missing)
    given = {**(show.artist.options if own else {}), **({"model": model} if model is not None else {})}
    made = options(found.options, given, f"artist {artist}")
    known = spread(found.parameters, made, [region.name for region in show.region], f"artist {artist}")
    addresses = [parameter.address for parameter in known]
    return report(artist, show, opened.parameters, found.honours, made, addresses)
