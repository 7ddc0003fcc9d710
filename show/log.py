"""Logging: one plain line per event on the terminal, JSON with tracebacks in a rotating file; repeats are counted."""

from __future__ import annotations

import contextlib
import logging
import logging.handlers
import os
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, Final

import structlog

LOG_BYTES: Final = 2_000_000
LOG_FILES: Final = 5


def start_log(process: str, state_dir: Path) -> None:
    """Send this process's log to the terminal and to `<state_dir>/log/<process>.log` (rotating, 10 MB in all)."""
    folder = state_dir / "log"
    folder.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(
        folder / f"{process}.log", maxBytes=LOG_BYTES, backupCount=LOG_FILES - 1, encoding="utf-8"
    )
    handler.setFormatter(logging.Formatter("%(message)s"))
    root = logging.getLogger("oriel")
    for old in root.handlers:
        old.close()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    root.propagate = False
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            _say,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.bind_contextvars(process=process)


def get_log() -> Any:
    """Return the process's logger: `log.info(sentence, key=value)`."""
    return structlog.get_logger("oriel")


def _say(_logger: Any, _level: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Print the sentence alone on the terminal; keys and tracebacks are for the file."""
    tell(f"[{event.get('process', 'oriel')}] {event.get('event', '')}")
    return event


def tell(sentence: str, *, out: bool = False) -> None:
    """Print a line on the terminal: the error stream, or `out`, the other one.

    Terminals are closed, pipes break and the disks behind them fill up; none of this may end a show.
    """
    with contextlib.suppress(OSError, ValueError):
        print(sentence, file=sys.stdout if out else sys.stderr, flush=True)


def let_go_of_terminal() -> None:
    """Drop what could not be printed, at the end of a process: Python would print it once more, and fail."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class Tally:
    """Logs the first failure of a kind in a loop with its traceback, and after that one counted line per `every`.

    `failed` returns how many failures stand in a row, so that a loop can give up; `passed` ends the row.
    """

    def __init__(self, what: str, every: int = 100) -> None:
        self._what = what
        self._every = every
        self.total = 0
        self.row = 0

    def failed(self, error: BaseException) -> int:
        """Note one failure and return how many came in a row."""
        self.total += 1
        self.row += 1
        log = get_log()
        if self.total == 1:
            log.error(f"{self._what}: {error}", exc_info=error)
        elif self.total % self._every == 0:
            log.error(f"{self._what}: {self.total} times so far, last: {error}")
        return self.row

    def passed(self) -> None:
        """Note that the loop works again."""
        self.row = 0
