"""Opening a show for a run: its file is loaded, checked and spoken, with another artist in its place if asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from show import announce, check, voice
from show.announce import Announcement
from show.config import Artist, Show
from show.house import Plan
from show.listed import spread

DEFAULT_SHOW: Final = Path(__file__).resolve().parent.parent / "configs" / "triptych.toml"
"""The show that is played when none is named."""
Ask = Callable[[Iterable[str]], Mapping[str, Announcement]]


def open_plan(
    path: Path, artist: str | None, text: str | None = None, ask: Ask = announce.ask
) -> tuple[Plan, tuple[str, ...]]:
    """Return a plan of the show at `path`, and what its author should know; raise ShowFileError.

    `text` stands in the place of what the file holds; `ask` asks modules what they announce.
    """
    opened = check.open_show(path, ask, text)
    spoken, notes = voice.voiced(opened.show, path)
    told = (*opened.warnings, *notes)
    if artist is None or artist == opened.show.artist.module:
        return Plan(path, spoken, opened.artist_parameters), told
    return with_artist(path, spoken, artist, ask), told


def with_artist(path: Path, show: Show, artist: str, ask: Ask = announce.ask) -> Plan:
    """Put another artist in a checked show; tracks and bindings of parameters it does not have are left out."""
    size = show.artist
    changed = show.model_copy(
        update={"artist": Artist(module=artist, width=size.width, height=size.height, rate=size.rate)}
    )
    announced = dict(ask(announce.modules(changed)))
    announce.refuse(changed, announced)
    regions = [region.name for region in show.region]
    known = spread(announced[f"render.artists.{artist}"].parameters, {}, regions, f"artist {artist}")
    addresses = {parameter.address for parameter in known}

    def honoured(address: str) -> bool:
        return not address.startswith("artist/") or address in addresses

    scenes = tuple(
        scene.model_copy(update={"tracks": {a: keys for a, keys in scene.tracks.items() if honoured(a)}})
        for scene in show.scene
    )
    changed = changed.model_copy(
        update={
            "scene": scenes,
            "binding": tuple(binding for binding in show.binding if honoured(binding.parameter)),
            "parameters": {a: value for a, value in show.parameters.items() if honoured(a)},
        }
    )
    return Plan(path, changed, known, artist=artist)
