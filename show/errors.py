"""Errors that a user may see: each one is a plain sentence that names the thing, what was expected and what came."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Iterable


class OrielError(Exception):
    """Base of every error shown to a user as one sentence, without a traceback.

    `exit_code` is what the process ends with when nothing can go on.
    """

    exit_code = 1


class ShowFileError(OrielError):
    """The show file is wrong; the message holds one line per problem (file:line: key: what is expected)."""

    exit_code = 2


class WireError(OrielError):
    """Two processes do not agree about shared memory or a socket."""


class BusyError(OrielError):
    """Another program holds the thing that is needed: a port, a lock, a display."""

    exit_code = 3


class ArtistError(OrielError):
    """The artist cannot paint: no model, a corrupt file, a parameter it does not know."""

    exit_code = 4


class DeviceError(ArtistError):
    """The card that the artist paints on failed, or has no memory left: only a new process helps."""

    exit_code = 7


class OutputError(OrielError):
    """An output cannot show pictures: no display, no GL, a file that cannot be written."""

    exit_code = 5


class InputError(OrielError):
    """An input cannot listen: no device, a busy port."""

    exit_code = 6


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `"; did you mean X?"` for the nearest known word, or an empty string when none is near."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""


def told(command: Callable[[], int | None]) -> int:
    """Run a command and return its exit code; an OrielError is told on stderr in its one sentence."""
    try:
        return command() or 0
    except OrielError as error:
        print(error, file=sys.stderr, flush=True)
        return error.exit_code
