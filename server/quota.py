"""A quota for log lines and the like: so many at once, so many per second after that, and a count of the rest."""

from __future__ import annotations


class Quota:
    """A bucket of `burst` tokens that fills by `rate` tokens per second; time is passed in, in seconds."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._tokens = float(burst)
        self._at = 0.0
        self._refused = 0

    def take(self, now: float) -> bool:
        """Take a token if there is one; what finds none is counted."""
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1.0:
            self._refused += 1
            return False
        self._tokens -= 1.0
        return True

    def refused(self) -> int:
        """Return how many found no token since this was last asked."""
        count, self._refused = self._refused, 0
        return count
