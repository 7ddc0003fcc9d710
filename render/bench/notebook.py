"""What a benchmark knows so far, written down line by line: a machine that is lent may be gone at any moment."""

from __future__ import annotations

import json
import time
import traceback
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, Final

_LEAST: Final = 3.0
"""Seconds that must be left for a contestant to begin."""


class Notebook:
    """What is known so far, in a folder; `left` is how many seconds there still are."""

    def __init__(self, folder: Path, until: float) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._until = until
        self._begun = time.time()
        self.figures: list[dict[str, Any]] = []

    @property
    def left(self) -> float:
        """Seconds until the time is over."""
        return self._until - time.time()

    def say(self, sentence: str) -> None:
        """Print a sentence and keep it, with the seconds since the beginning."""
        line = f"[{time.time() - self._begun:6.1f} s] {sentence}"
        print(line, flush=True)
        with (self._folder / "report.txt").open("a") as report:
            report.write(line + "\n")

    def keep(self, what: str, **figures: Any) -> None:
        """Keep figures under a name, in words and as JSON."""
        self.figures.append({"what": what, **figures})
        (self._folder / "report.json").write_text(json.dumps(self.figures, indent=1, default=str))
        self.say(f"{what}: " + ", ".join(f"{name} {_short(figure)}" for name, figure in figures.items()))

    def trying(self, what: str, least: float = _LEAST) -> _Trial:
        """Return a block in which whatever fails is written down and forgiven; see `_Trial.worth`."""
        return _Trial(self, what, least)

    def log(self, text: str) -> None:
        """Add to log.txt."""
        with (self._folder / "log.txt").open("a") as log:
            log.write(text + "\n")


class _Trial(AbstractContextManager["_Trial"]):
    """A block that forgives; it is `worth` beginning only while enough time is left."""

    def __init__(self, book: Notebook, what: str, least: float) -> None:
        self._book, self._what = book, what
        self.worth = book.left > least
        if not self.worth:
            book.say(f"{what}: not measured, the time was over")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is None or isinstance(error, KeyboardInterrupt):
            return False
        first = (str(error).strip().splitlines() or [""])[0]
        self._book.say(f"{self._what}: FAILED, {type(error).__name__}: {first[:300]}")
        self._book.log(f"--- {self._what}\n" + "".join(traceback.format_exception(kind, error, trace)))
        return True


def _short(figure: Any) -> str:
    return f"{figure:.3f}" if isinstance(figure, float) else str(figure)
