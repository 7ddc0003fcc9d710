"""Derived channels as they stand in a show file, [[channel]]; what they do stands in `channels.py`."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from show.track_config import Finite, Noise, Seconds, Wave

RESERVED: Final = frozenset({"t", "T", "b", "bar", "bpm", "fps", "beats_per_bar", "s", "seed"})
"""What an expression of a channel reads beside channels and parameters; `channels.py` says what each is."""
LONGEST_DELAY: Final = 10.0

ChannelName = Annotated[str, Field(max_length=80, pattern=r"^[A-Za-z_][A-Za-z0-9_]*(/[A-Za-z_][A-Za-z0-9_]*)*$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class Filter(_Part):
    """A filter of two poles: what is slower (low), faster (high) or about as fast (band) as `hz` waves a second."""

    kind: Literal["low", "high", "band"] = "low"
    hz: float = Field(gt=0, le=1000, allow_inf_nan=False)
    width: float = Field(1.0, gt=0, le=8, allow_inf_nan=False, description="Octaves that a band is wide.")


class Trigger(_Part):
    """1 for one tick when the number comes above `above`, else 0; then it must come below `below` first."""

    above: Finite = 0.5
    below: Finite | None = Field(None, description="Otherwise the same number.")
    rest: Seconds = Field(0.0, le=3600, description="Seconds without another one.")

    @model_validator(mode="after")
    def _check(self) -> Trigger:
        if self.below is not None and self.below > self.above:
            raise ValueError(f"below must not be greater than above ({self.above:g}), got {self.below:g}")
        return self


class Envelope(_Part):
    """From 0 to 1 and back, begun when the number comes to 0.5: seconds of attack, hold, decay and release.

    While the number stays, the level rests at `sustain` after the decay; when it falls, the level is released. A short
    one (a trigger) is still risen to 1 and held.
    """

    attack: Seconds = Field(0.01, le=3600)
    hold: Seconds = Field(0.0, le=3600)
    decay: Seconds = Field(0.0, le=3600)
    sustain: float = Field(1.0, ge=0, le=1)
    release: Seconds = Field(0.3, le=3600)


class Channel(_Part):
    """One [[channel]]: a new channel out of others; its steps are taken in the order in which they stand here."""

    name: ChannelName
    expr: str = Field("", max_length=2000, description="Over channels, other derived channels, parameters and beats.")
    wave: Wave | None = Field(None, description="Added to it; a period in beats follows the live tempo.")
    noise: Noise | None = Field(None, description="Added to it.")
    delay: Seconds = Field(0.0, le=LONGEST_DELAY, description="Seconds by which it is late.")
    filter: Filter | None = None
    lag: Seconds | tuple[Seconds, Seconds] | None = Field(
        None, description="Time constant in seconds, or [upwards, downwards]."
    )
    slope: bool = Field(False, description="How fast it rises, per second.")
    trigger: Trigger | None = None
    logic: Literal["not", "toggle", "count"] | None = Field(
        None, description="not: 1 below 0.5, else 0; toggle, count: with every rise through 0.5."
    )
    envelope: Envelope | None = None
    range: tuple[Finite, Finite, Finite, Finite] | None = Field(
        None, description="[low, high, to low, to high]: what lies between the first two comes between the others."
    )

    @model_validator(mode="after")
    def _check(self) -> Channel:
        if self.name in RESERVED:
            raise ValueError(f"{self.name!r} is what expressions call something else; expected another name")
        if not (self.expr or self.wave or self.noise):
            raise ValueError("it comes from nothing; expected one of expr, wave, noise")
        if self.range is not None and self.range[0] == self.range[1]:
            raise ValueError("range: its first two numbers must differ")
        return self
