"""Records: asks the critic which records of the training set lie near to the wall or to words, and waits for it.

What is asked travels as state, sent again and again as long as somebody wants it, because the critic may just be
starting. Questions about words are asked one after the other, so that none takes the place of another.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

from server.remote.errors import DeskError
from show.bus import Publisher, Subscriber
from show.snapshot import Findings, Question, Record
from show.wires import CRITIC, FINDINGS, QUESTION, Wires

ANSWER_SECONDS: Final = 10.0
"""The critic has so long to answer."""
QUIET_SECONDS: Final = 3.0
"""A critic that was not heard for so long is away (it says its findings twice a second)."""
WATCHED_SECONDS: Final = 30.0
"""The critic looks for the wall's records until nobody has asked for them for so long."""
ASK_SECONDS: Final = 0.5
POLL_SECONDS: Final = 0.02


class Records:
    """Asks the critic; `tick` is called many times a second."""

    def __init__(self, wires: Wires) -> None:
        self._in_show = CRITIC in wires.processes
        self._questions = Publisher(wires.run, QUESTION)
        self._findings = Subscriber(wires.run, FINDINGS, Findings)
        self._found: Findings | None = None
        self._one_by_one = asyncio.Lock()
        self._watched_until = 0.0
        self._asked: tuple[int, str] = (0, "")
        self._due = 0.0

    def tick(self, mono: float) -> None:
        """Take in what the critic found, and ask again for what is wanted."""
        self._found = self._findings.newest() or self._found
        if mono >= self._due and (mono < self._watched_until or self._asked[0]):
            self._ask(mono)

    def _ask(self, mono: float) -> None:
        self._due = mono + ASK_SECONDS
        self._questions.send(Question(time.monotonic_ns(), mono < self._watched_until, *self._asked))

    async def near_wall(self) -> dict[str, Any]:
        """Return the records nearest to the pictures on the wall; raise DeskError when there are none to be had."""
        mono = time.monotonic()
        if mono >= self._watched_until:
            self._due = 0.0
        self._watched_until = mono + WATCHED_SECONDS
        found = await self._wait(lambda found: found.wall_ns > 0)
        age = max(0, time.monotonic_ns() - found.wall_ns) / 1e9
        return {"words": "", "age": round(age, 2), "records": _told(found.wall)}

    async def near_words(self, words: str) -> dict[str, Any]:
        """Return the records whose pictures fit words best; raise DeskError when there are none to be had."""
        self._heard()
        async with self._one_by_one:
            number = time.monotonic_ns()
            self._asked = (number, words)
            self._due = 0.0
            try:
                found = await self._wait(lambda found: found.number == number)
            finally:
                self._asked = (0, "")
        return {"words": words, "age": 0.0, "records": _told(found.answer)}

    async def _wait(self, answered: Callable[[Findings], bool]) -> Findings:
        deadline = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < deadline:
            found = self._heard()
            if answered(found):
                return found
            await asyncio.sleep(POLL_SECONDS)
        raise DeskError(504, f"The critic has not answered within {ANSWER_SECONDS:.0f} s; try again.")

    def _heard(self) -> Findings:
        """Return what the critic said last; raise DeskError when it says nothing or has no records."""
        if not self._in_show:
            raise DeskError(503, "This show has no critic; the table [critic] in the show file gives it one.")
        found = self._found
        if found is None or time.monotonic_ns() - found.stamp_ns > QUIET_SECONDS * 1e9:
            raise DeskError(503, "The critic is not answering; the show goes on without it.")
        if found.trouble:
            raise DeskError(503, found.trouble)
        return found

    def close(self) -> None:
        """Close the wires."""
        self._questions.close()
        self._findings.close()


def _told(records: Iterable[Record]) -> list[dict[str, Any]]:
    """Return records as the page draws them: likenesses are -1..1, pictures data URLs."""
    return [
        {
            "number": record.number,
            "likeness": round(record.likeness, 4),
            "caption": record.caption,
            "region": record.region,
            "picture": f"data:image/jpeg;base64,{base64.b64encode(record.jpeg).decode()}",
        }
        for record in records
    ]
