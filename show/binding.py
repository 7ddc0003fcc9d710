"""Bindings: a channel moves a parameter, on top of its value."""

from __future__ import annotations

import math

from show.config import Binding


def shaped(binding: Binding, number: float) -> float:
    """Return a channel's number between `low` and `high` as 0..1, bent by `curve`; what is not finite counts as 0."""
    if not math.isfinite(number):
        return 0.0
    place = (number - binding.low) / (binding.high - binding.low)
    bent: float = min(max(place, 0.0), 1.0) ** binding.curve
    return bent


def smoothed(binding: Binding, before: float, now: float, dt: float) -> float:
    """Return the value after `dt` seconds on the way from `before` to `now`: exponential, independent of the rate."""
    tau = binding.attack if now > before else binding.release
    if tau <= 0.0:
        return now
    return now + (before - now) * math.exp(-dt / tau)
