"""Every loop rate and patience of the house, in one table, so that nobody has to search for a period."""

from __future__ import annotations

from typing import Final

CONTROL_HZ: Final = 60.0
"""Steps of the engine per second while nothing comes in."""

CONTROL_MOST_HZ: Final = 240.0
"""Steps per second at the most: a message is answered by a step of its own, as soon as this allows."""

PREVIEW_HZ: Final = 8.0
"""Strips of what the wall shows, published for the phone page, per second."""

STATUS_HZ: Final = 2.0
"""Status sentences per process per second."""

SUPERVISOR_HZ: Final = 20.0
"""Looks of the supervisor at its children per second."""

HANG_SECONDS: Final[dict[str, float]] = {
    "projector": 5.0,
    "render": 20.0,
    "control": 3.0,
    "audio": 5.0,
    "osc": 5.0,
    "synthetic": 5.0,
    "critic": 120.0,  # the last to get a core on a busy machine, and the show needs it least
    "narration": 60.0,  # a long line through a piper voice
    "remote": 5.0,
    "reel": 30.0,
}
"""A child that beat once and then shows no progress for this long is killed and started again."""

START_SECONDS: Final = 180.0
"""A child may take this long to its first beat (a model has to be read from a disk)."""

OPENING_SECONDS: Final = 120.0
"""A show that starts by itself waits at most this long for its artist; then captions and music begin without it."""

RESTARTS: Final = 5
"""Restarts allowed within RESTART_WINDOW seconds; after that the supervisor waits for the window to clear."""

RESTART_WINDOW: Final = 60.0
"""Seconds over which restarts are counted."""

STOP_SECONDS: Final = 5.0
"""A child has this long to end after SIGTERM before it gets SIGKILL."""

STALE_SECONDS: Final = 2.0
"""A picture older than this is called old, in words, on the phone page."""
