"""The ladder of degradation: what the wall shows when pictures fail to come; pure, the time is passed in.

live: pictures come. hold: the last one stays and drifts slowly. still: none ever came, the title stands over a quiet
gradient. Black is not on the ladder; only the blackout switch makes the wall black.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from mapping.fade import drift
from show.rates import STALE_SECONDS
from show.snapshot import Playing

Rung = Literal["live", "hold", "still"]

SLOW_PAINTER: Final = 3.0
"""A painter that has shown that it needs long is missed only after so many of its own intervals."""


def patience(interval: float | None) -> float:
    """Return the seconds without a picture after which the last one is held."""
    return max(STALE_SECONDS, SLOW_PAINTER * (interval or 0.0))


@dataclass
class Ladder:
    """Where on the ladder the wall stands, and how far a held picture has drifted."""

    rung: Rung = "still"
    held: float = 0.0
    _at: float = 0.0

    def look(self, now: float, newest: float | None, interval: float | None, playing: Playing) -> Rung:
        """Return the rung at `now`; `newest` is when the newest picture came, None if there was none."""
        passed, self._at = max(0.0, now - self._at), now
        if newest is None:
            self.rung, self.held = "still", 0.0
        elif playing == "playing" and now - newest > patience(interval):
            self.held += passed if self.rung == "hold" else 0.0
            self.rung = "hold"
        else:
            self.rung = "live"
        return self.rung

    def renewed(self) -> None:
        """Note that a new picture is on the wall: nothing has drifted."""
        self.held = 0.0

    @property
    def zoom(self) -> float:
        """How much the held picture is enlarged just now."""
        return drift(self.held)
