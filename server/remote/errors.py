"""What the desk says when it cannot do what it was asked to."""

from __future__ import annotations

from show.errors import OrielError


class DeskError(OrielError):
    """The desk cannot do what it was asked to; `status` is the HTTP status that says so."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
