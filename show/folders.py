"""Where Oriel keeps things outside of a show's own folder; by the names of the XDG base directories."""

from __future__ import annotations

import os
from pathlib import Path


def default_state_dir() -> Path:
    """Return the folder for what outlives a run: $XDG_STATE_HOME/oriel, usually ~/.local/state/oriel."""
    return _oriel_in("XDG_STATE_HOME", Path(".local", "state"))


def default_cache_dir() -> Path:
    """Return the folder for what can be made again: $XDG_CACHE_HOME/oriel, usually ~/.cache/oriel."""
    return _oriel_in("XDG_CACHE_HOME", Path(".cache"))


def _oriel_in(variable: str, usual: Path) -> Path:
    base = os.environ.get(variable)
    return (Path(base) if base else Path.home() / usual) / "oriel"
