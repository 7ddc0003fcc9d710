"""Tracks as they stand in a show file, and the table [score]; what they do stands in `tracks.py`.

A track is a number, an expression, a list of keys, or a table:

    "camera/zoom" = 1.02
    "camera/angle" = "2 * sin(p=4b)"
    "camera/x" = [[0, 0.0], ["2bar", 0.3, "ease-in-out"], ["cue dawn - 1s", 0.0]]
    "camera/y" = { keys = [[0, 0], [4, 1]], curve = "cubic", after = "loop", noise = { amount = 0.1 } }

A key is [moment, value] or [moment, value, easing]; the easing is that of the way to the next key, and a value may be
an expression, which then holds until the next key.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag, field_validator, model_validator

from show import moment
from show.easing import easing
from show.expression import ExpressionError, compile_expression

_KEYED: Final = ("k", "span", "S", "L", "C", "prev_value", "next_value")
_RATES: Final = ("s", "seed", "fps", "bpm", "beats_per_bar")
NAMES: Final = frozenset(("t", "T", "f", "F", "b", "B", "bar", "u", "length", "max_f", *_RATES, *_KEYED))
"""What an expression of a track may read; `tracks.py` says what each is."""
CURVES: Final = ("cubic", "monotone")
"""Curves through all keys, beside the easings between two of them."""


def _moment(text: str) -> str:
    moment.parsed(text)
    return text


def _eased(given: str | tuple[float, ...]) -> str | tuple[float, ...]:
    if not (isinstance(given, str) and given in CURVES):
        easing(given)
    return given


def expression_problem(text: str) -> str:
    """Return what is wrong with an expression of a track, with its column; "" for nothing."""
    try:
        compile_expression(text, NAMES)
    except ExpressionError as error:
        return f"column {error.column} of {shortened(text)}: {error}"
    return ""


def shortened(text: str) -> str:
    """Return a text in quotation marks, cut where it is long."""
    return repr(text if len(text) <= 60 else text[:57] + "...")


def _either(first: str, other: str, *kinds: type) -> Discriminator:
    """Choose the first branch of a union for values of some kinds, else the other, so that each error is one."""
    return Discriminator(lambda given: first if isinstance(given, kinds) else other)


Finite = Annotated[float, Field(allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Moment = Annotated[
    Annotated[str, AfterValidator(_moment), Tag("words")] | Annotated[Seconds, Tag("seconds")],
    _either("words", "seconds", str),
]
Curve = Annotated[
    Annotated[str, AfterValidator(_eased), Tag("word")]
    | Annotated[tuple[Finite, Finite, Finite, Finite], AfterValidator(_eased), Tag("handles")],
    _either("word", "handles", str),
]
"""The name of an easing or curve, or the two handles [x1, y1, x2, y2] of a Bezier curve."""
Scalar = bool | int | Finite | str
PlainKey = tuple[Moment, Scalar]
EasedKey = tuple[Moment, Scalar, Curve]
Key = Annotated[
    Annotated[PlainKey, Tag("two")] | Annotated[EasedKey, Tag("three")],
    Discriminator(lambda given: "three" if isinstance(given, Sequence) and len(given) == 3 else "two"),
]
Keys = Annotated[list[Key], Field(min_length=1)]


def _seeded(keys: list[Any]) -> list[Any]:
    for key in keys:
        if isinstance(key[1], bool) or not isinstance(key[1], int) or not 0 <= key[1] < 2**31:
            raise ValueError(f"expected a seed, a whole number from 0 to {2**31 - 1}, got {key[1]!r}")
    return keys


SeedKeys = Annotated[Keys, AfterValidator(_seeded)]
"""Keys [moment, seed] or [moment, seed, easing]."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class ScoreTable(_Part):
    """The table [score]: what frames, beats and bars mean in this show's moments, and the seed of its noise."""

    fps: float = Field(24.0, ge=1, le=240, allow_inf_nan=False, description="Frames per second.")
    bpm: float = Field(120.0, ge=20, le=400, allow_inf_nan=False, description="Beats per minute.")
    beats_per_bar: float = Field(4.0, ge=1, le=32, allow_inf_nan=False)
    seed: int = Field(0, ge=0, le=2**31 - 1, description="Another seed is another noise in all tracks and channels.")

    @property
    def timing(self) -> moment.Timing:
        """Return what moments need to be seconds."""
        return moment.Timing(self.fps, self.bpm, self.beats_per_bar)


class Wave(_Part):
    """An oscillator added to a track: between -amount and amount."""

    shape: Literal["sine", "cosine", "triangle", "saw", "square", "pulse"] = "sine"
    period: Moment = Field(1.0, description="How long one wave is.")
    amount: float = Field(1.0, allow_inf_nan=False)
    phase: float = Field(0.0, allow_inf_nan=False, description="Where it begins, in waves (0.25: a quarter ahead).")
    width: float = Field(0.5, ge=0, le=1, description="The share of a pulse that is up.")


class Noise(_Part):
    """Seeded noise added to a track: between -amount and amount, the same every time the scene plays."""

    kind: Literal["smooth", "steps"] = "smooth"
    every: Moment = Field(1.0, description="How long it takes from one random number to the next.")
    amount: float = Field(1.0, allow_inf_nan=False)
    octaves: int = Field(1, ge=1, le=8, description="Finer waves, each twice as fine and half as large.")
    seed: int | None = Field(None, ge=0, le=2**31 - 1, description="Otherwise every track has its own.")


class TrackTable(_Part):
    """A track as a table: keys, a value or an expression, with a wave and noise on top of it."""

    keys: Keys | None = None
    value: Finite | None = None
    expr: str = Field("", description="An expression; with keys, it reads them as S, L, C (step, linear, cubic).")
    curve: Curve | None = Field(None, description="The way between keys that name none; otherwise linear.")
    after: Literal["hold", "loop", "mirror"] = Field("hold", description="What the keys do after the last one.")
    wave: Wave | None = None
    noise: Noise | None = None
    place: bool = Field(False, description="It says where the camera is (turned, zoomed), not how fast it goes.")

    @field_validator("expr")
    @classmethod
    def _read(cls, expr: str) -> str:
        problem = expression_problem(expr) if expr else ""
        if problem:
            raise ValueError(problem)
        return expr

    @model_validator(mode="after")
    def _check(self) -> TrackTable:
        if not (self.keys or self.expr or self.wave or self.noise) and self.value is None:
            raise ValueError("it says nothing; expected one of keys, value, expr, wave, noise")
        if self.value is not None and (self.keys or self.expr):
            raise ValueError("value stands beside keys or expr; expected one of them")
        return self


def _kind(given: Any) -> str:
    if isinstance(given, str):
        return "expression"
    if isinstance(given, list | tuple):
        return "keyed"
    return "tabled" if isinstance(given, dict | TrackTable) else "number"


Track = Annotated[
    Annotated[Keys, Tag("keyed")]
    | Annotated[bool | int | Finite, Tag("number")]
    | Annotated[str, Tag("expression")]
    | Annotated[TrackTable, Tag("tabled")],
    Discriminator(_kind),
]
"""A track of any parameter."""


def weighed(track: Track) -> Track:
    """Return a track of a weight; raise ValueError unless its numbers lie in -10..10 and its texts are expressions."""
    keys = track if isinstance(track, list) else track.keys or () if isinstance(track, TrackTable) else ((0.0, track),)
    for key in keys:
        weight = key[1]
        if isinstance(weight, str):
            problem = expression_problem(weight)
            if problem:
                raise ValueError(f"expected a number or an expression; {problem}")
        elif isinstance(weight, bool):
            raise ValueError(f"expected a number or keys [moment, weight], got {str(weight).lower()}")
        elif not -10 <= weight <= 10:
            raise ValueError(f"a weight must lie between -10 and 10, got {weight:g}")
    return track
