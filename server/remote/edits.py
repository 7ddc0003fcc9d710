"""Edits: a changed show is checked here, away from the show control, before it is sent there to replace the old one.

The text is that of the show file, or one that the artist's page sends in its place. It is checked as at the start of
the show, so that a refusal names file, line and key; what cannot change while the show plays is refused too. A text
from the page may name no file that the running show does not name: what a file holds could come back in a refusal.
"""

from __future__ import annotations

import asyncio
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from server import checkpoint
from show import announce
from show.announce import Announcement
from show.config import Show
from show.editions import frozen, order
from show.errors import OrielError, ShowFileError
from show.opening import open_plan
from show.wires import Wires

LOOK_SECONDS: Final = 0.5
"""How often the show file is looked at; it counts as changed when it stands still between two looks."""
_Mark = tuple[int, int, int]


class Edits:
    """What one running show is edited by.

    `follow` is the place at which a changed show file lands ("": it does not), `trouble` says why the file as it is now
    was refused.
    """

    def __init__(self, wires: Wires) -> None:
        self.follow = wires.follow
        self.trouble = ""
        self._wires = wires
        self._show = wires.show()
        self._path = Path(wires.show_path)
        self._announced: dict[tuple[str, ...], Mapping[str, Announcement]] = {}
        self._taken = self._seen = self._mark()

    async def changed(self) -> bool:
        """Say whether the show file is another than at the last time that this was true; call every LOOK_SECONDS."""
        mark = await asyncio.to_thread(self._mark)
        still, self._seen = mark == self._seen, mark
        if mark is None or not still or mark == self._taken:
            return False
        self._taken = mark
        return True

    async def order(self, at: str, text: str | None = None) -> str:
        """Return the argument of the event that brings in the show file, or a text in its place.

        Raise OrielError when it is not in order or cannot take the running show's place.
        """
        return await asyncio.to_thread(self._order, at, text)

    async def text(self) -> str:
        """Return what the show file holds now; raise OrielError when it cannot be read."""
        try:
            return await asyncio.to_thread(self._path.read_text, encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise OrielError(f"{self._path.name}: the show file cannot be read") from None

    def edition(self, number: int) -> Show | None:
        """Return the show of an edition that plays, None where control has not written it down."""
        if number == 0:
            return self._show
        text = checkpoint.read_texts(self._wires.run).get(number)
        return None if text is None else Show.model_validate_json(text)

    def _mark(self) -> _Mark | None:
        try:
            found = self._path.stat()
        except OSError:
            return None  # an editor is about to put it there
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _order(self, at: str, text: str | None) -> str:
        if text is not None:
            self._refuse_foreign(text)
        try:
            plan, _ = open_plan(self._path, self._wires.artist or None, text, self._ask)
        except OrielError as error:
            # Whoever reads this knows the show by its name, and has no need of where it lies on the machine.
            raise ShowFileError(str(error).replace(f"{self._path.parent}{os.sep}", "")) from None
        for sentence in frozen(self._show, plan.show):
            raise ShowFileError(f"{self._path.name}: {sentence}")
        return order(plan.show, at)

    def _ask(self, names: Iterable[str]) -> Mapping[str, Announcement]:
        """Ask modules what they announce, once: they do not change while they run."""
        wanted = tuple(names)
        if wanted not in self._announced:
            self._announced[wanted] = announce.ask(wanted)
        return self._announced[wanted]

    def _refuse_foreign(self, text: str) -> None:
        """Raise ShowFileError for a text that names files; one that is not TOML is refused elsewhere, with its line."""
        try:
            data = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError):
            return
        known = dict(_files(self._show.model_dump()))
        for key, name in _files(data):
            if known.get(key, "") != name:
                raise ShowFileError(f"{self._path.name}: {key}: it cannot change while the show plays")


def _files(data: dict[str, Any]) -> Iterator[tuple[str, object]]:
    """Yield (key, name) of the files that are read while a show is checked."""
    for table, keys in (("captions.prompt", ["file"]), ("captions.narration", ["file"]), ("narration", ["voice"])):
        part: Any = data
        for word in table.split("."):
            part = part.get(word) if isinstance(part, dict) else None
        for key in keys:
            if isinstance(part, dict) and part.get(key, "") != "":
                yield f"{table}.{key}", part[key]
