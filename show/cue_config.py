"""The tables [[cue]], [go] and [clock] of a show file; what they do stands in `cues.py` and `clock.py`."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    field_validator,
    model_validator,
)

from show.masks import tangled
from show.quads import Point, Quad, QuadError, homography

Wait = Annotated[float, Field(ge=0, le=86400, allow_inf_nan=False)]
Setting = bool | int | float | str
Place = Annotated[float, Field(ge=0, allow_inf_nan=False)] | Annotated[str, Field(min_length=1, max_length=200)]
"""A moment of the show (show/moment.py)."""

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Feather = Annotated[float, Field(ge=0, le=0.5, allow_inf_nan=False)]
LEVEL: Final = "wall/level"
TEXT: Final = "prompt/text"


def _plain(corners: tuple[Point, ...]) -> tuple[Point, ...]:
    """Return a polygon; raise ValueError when nobody knows what is inside."""
    if corners and len(corners) < 3:
        raise ValueError(f"a mask is a polygon: expected three corners or more, got {len(corners)}")
    if tangled(corners):
        raise ValueError("two sides of the mask cross: its corners must go round it in order")
    return corners


Polygon = Annotated[tuple[tuple[Share, Share], ...], Field(max_length=256), AfterValidator(_plain)]
MaskShape = Annotated[
    Annotated[Annotated[str, Field(max_length=1000)], Tag("file")] | Annotated[Polygon, Tag("polygon")],
    Discriminator(lambda given: "file" if isinstance(given, str) else "polygon"),
]
"""A mask: the name of a PNG beside the show file, or a polygon; empty: none (show/masks.py)."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class Laid(_Part):
    """Where a cue lays a surface: its corners as in [[surface]], its brightness in linear light, its mask."""

    corners: tuple[Point, Point, Point, Point] | None = None
    level: float | None = Field(None, ge=0, le=4)
    mask: MaskShape | None = Field(None, description="Another mask, a PNG or a polygon; empty: none.")
    feather: Feather | None = Field(None, description="Width of its soft edge; otherwise that of [[surface]].")

    @field_validator("corners")
    @classmethod
    def _convex(cls, corners: Quad | None) -> Quad | None:
        if corners is not None:
            try:
                homography(corners)
            except QuadError as error:
                raise ValueError(str(error)) from None
        return corners

    @model_validator(mode="after")
    def _softens_something(self) -> Laid:
        if self.feather is not None and self.mask is None:
            raise ValueError("feather softens the mask of the same cue; expected mask beside it")
        return self


class Cue(_Part):
    """One [[cue]]: what GO does next. Numbers rise down the list."""

    number: float = Field(ge=0, le=1e6, allow_inf_nan=False, description="1, 1.5, 2 ...; rising down the list.")
    name: str = Field("", max_length=80)
    scene: str = Field("", max_length=80, description="The scene that it goes to.")
    seek: Place | None = Field(None, description="The moment of the show that it goes to.")
    fade: Wait | None = Field(None, description="Seconds of its fades; otherwise the scene's own fade, or 0.")
    set: dict[str, Setting] = Field(default_factory=dict, description="Parameters that it fades, and their goals.")
    text: str | None = Field(
        None, max_length=2000, description="Words to paint in place of the scene's; empty: no more."
    )
    surface: dict[str, Laid] = Field(default_factory=dict, description="Where it lays surfaces, by region.")
    release: tuple[str, ...] = Field((), description='Parameters that fade back to the score; "*" means all.')
    do: Literal["", "start", "stop", "pause", "blackout", "restore", "begin"] = Field(
        "",
        description="start, stop and pause the show; fade wall/level to 0 (blackout) or back (restore); begin the show "
        "again from its first scene.",
    )
    pre_wait: Wait = Field(0.0, description="Seconds between its being fired and its beginning.")
    post_wait: Wait = Field(0.0, description="Seconds before the next cue, if next is continue or follow.")
    next: Literal["stop", "continue", "follow"] = Field(
        "stop", description="stop waits for GO; continue: next when this begins; follow: next when this is over."
    )
    at: Place | None = Field(None, description="A moment of the show at which it is fired by the clock.")

    @model_validator(mode="after")
    def _check(self) -> Cue:
        goes = self.scene or self.seek is not None
        if not (goes or self.set or self.text is not None or self.surface or self.release or self.do):
            raise ValueError("it does nothing; expected one of scene, seek, set, text, surface, release, do")
        if self.scene and self.seek is not None:
            raise ValueError("scene and seek both say where to go; expected one of them")
        if self.do == "begin" and (self.scene or self.seek is not None):
            raise ValueError("do = 'begin' goes to the first scene; take scene and seek out of it")
        if self.do in ("blackout", "restore") and LEVEL in (*self.set, *self.release):
            raise ValueError(f"do = {self.do!r} moves {LEVEL} already; take it out of set and release")
        if self.text is not None and TEXT in self.set:
            raise ValueError(f"text and set both give {TEXT}; expected one of them")
        both = sorted(set(self.set) & set(self.release))
        if both:
            raise ValueError(f"{both[0]} stands in set and in release; expected it in one of them")
        return self

    @property
    def label(self) -> str:
        """Return its number and name, as people say it: "1.5 dawn"."""
        return f"{numbered(self.number)} {self.name}".strip()

    def goals(self) -> dict[str, Setting | None]:
        """Return what it gives every parameter that it moves; None: back to the score. Without what "*" stands for."""
        found: dict[str, Setting | None] = {address: None for address in self.release if address != "*"}
        found.update(self.set)
        if self.text is not None:
            found[TEXT] = self.text or None
        if self.do in ("blackout", "restore"):
            found[LEVEL] = 0.0 if self.do == "blackout" else None
        return found


class Go(_Part):
    """The table [go]: how the GO button and its relatives behave."""

    guard: float = Field(0.3, ge=0, le=60, description="Seconds after a GO in which another one is refused.")
    on_open: float | None = Field(None, description="The number of the cue that is fired when the show first plays.")
    panic_fade: Wait = Field(1.0, description="Seconds in which a panic fades the wall to its safe level.")


class ClockTable(_Part):
    """The table [clock]: what the show's seconds and beats follow."""

    source: Literal["internal", "soundtrack", "tap", "audio", "midi", "ltc", "link"] = "internal"
    offset: float | str = Field(0.0, description="Where the source stands when the show is at 0: a moment.")
    lost: Literal["run", "hold"] = Field("run", description="Without its source the show runs by itself, or waits.")
    jump: float = Field(
        0.25, ge=0.02, le=10, description="Seconds of difference that are sought; smaller ones are slewed."
    )


def numbered(number: float) -> str:
    """Write a cue's number without needless zeros: 1, 1.5, 2."""
    return f"{number:.6f}".rstrip("0").rstrip(".")
