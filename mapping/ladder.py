"""The ladder of degradation: what the wall shows when pictures fail to come; pure, the time is passed in.

live: pictures come. hold: the last one stays and drifts slowly. reel: none has come for as long as the show says, and
recorded ones are played. still: none ever came, the title stands over a quiet gradient. Black is not on the ladder;
only the blackout switch makes the wall black.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from mapping.fade import drift
from show.rates import STALE_SECONDS
from show.snapshot import Playing

Rung = Literal["live", "hold", "reel", "still"]

SLOW_PAINTER: Final = 3.0
"""A painter that has shown that it needs long is missed only after so many of its own intervals."""


def patience(interval: float | None) -> float:
    """Return the seconds without a picture after which the last one is held."""
    return max(STALE_SECONDS, SLOW_PAINTER * (interval or 0.0))


@dataclass
class Ladder:
    """Where on the ladder the wall stands, and how far a held picture has drifted.

    `reel_after` is for how many seconds pictures must have been missed until recorded ones are wanted (0: never).
    """

    reel_after: float = 0.0
    rung: Rung = "still"
    held: float = 0.0
    _missed: float | None = None
    _at: float = 0.0

    def look(
        self, now: float, newest: float | None, interval: float | None, playing: Playing, reel: float | None = None
    ) -> Rung:
        """Return the rung at `now`.

        `newest` is when the artist's newest picture came, `reel` when the newest recorded one did; None if none did.
        """
        passed, self._at = max(0.0, now - self._at), now
        if playing == "playing" and (newest is None or now - newest > patience(interval)):
            self._missed = 0.0 if self._missed is None else self._missed + passed
            if self.wants_reel and reel is not None and now - reel <= STALE_SECONDS:
                self.rung = "reel"
            elif newest is None and reel is None:
                self.rung = "still"
            else:
                self.held += passed if self.rung == "hold" else 0.0
                self.rung = "hold"
        else:
            self._missed = None
            self.rung = "live" if newest is not None or reel is not None else "still"
        return self.rung

    @property
    def wants_reel(self) -> bool:
        """Whether pictures have been missed for so long that recorded ones are wanted."""
        return self._missed is not None and self._missed >= self.reel_after > 0

    def renewed(self) -> None:
        """Note that a new picture is on the wall: nothing has drifted."""
        self.held = 0.0

    @property
    def zoom(self) -> float:
        """How much the held picture is enlarged just now."""
        return drift(self.held)
