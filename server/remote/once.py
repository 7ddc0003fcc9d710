"""Once: a command that arrives twice with the same key is done once, and answered twice.

A phone on a bad network sends "Next" again when it got no answer, and cannot know whether the first one arrived.

1. The first request with a key starts the command; others with that key wait for the same command.
2. When it is done it goes into the audit with its key, and then it is answered.
3. A request whose key stands in the audit is answered from there, even after this process was started anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from server.remote.sessions import Sessions

KEYS: Final = 256
"""Keys kept in memory, for the case that the audit could not be written."""


class Once:
    """Remembers what is running, and what ran, by session and key."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._tasks: dict[tuple[str, str], asyncio.Task[str]] = {}

    async def run(self, who: str, key: str, action: Callable[[], Awaitable[str]]) -> str:
        """Return the outcome of `action`, which runs unless the same `who` and `key` have run it before."""
        if not key:
            return await action()
        task = self._tasks.get((who, key))
        if task is None:
            known = self._sessions.outcome(who, key)
            if known is not None:
                return known
            task = asyncio.ensure_future(self._do(who, key, action))
            self._tasks[who, key] = task
            while len(self._tasks) > KEYS:
                del self._tasks[next(iter(self._tasks))]
        # A phone that hangs up must not cancel the command for itself when it asks again.
        return await asyncio.shield(task)

    async def _do(self, who: str, key: str, action: Callable[[], Awaitable[str]]) -> str:
        try:
            return await action()
        except BaseException:
            self._tasks.pop((who, key), None)  # what failed may be tried again
            raise
