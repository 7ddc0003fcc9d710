"""The show file as frozen models: unknown keys are forbidden, every field says what it is for."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from show.snapshot import Init

Scalar = bool | int | float | str
Point = tuple[float, float]
Weight = Annotated[float, Field(ge=-10, le=10, allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=80)]
Module = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Part(BaseModel):
    """Base of every part of a show file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class Title(Part):
    """The table [show]: what the show is called and how it begins."""

    title: Name
    autostart: bool = Field(True, description="Play as soon as the show is open; otherwise wait for Start.")
    loop: bool = Field(True, description="Begin again after the last scene.")
    rest_level: float = Field(0.25, ge=0.05, le=1, description="Brightness of the held picture while stopped.")


class Artist(Part):
    """The table [artist]: who paints, how large and how often."""

    module: Module = Field("diffusion", description="The file render/artists/<module>.py.")
    width: int = Field(128, ge=16, le=4096, multiple_of=8, description="Picture width in pixels.")
    height: int = Field(192, ge=16, le=4096, multiple_of=8, description="Picture height in pixels.")
    rate: float = Field(12.0, gt=0, le=240, description="Painted triptychs per second, at the most.")
    options: dict[str, Scalar] = Field(default_factory=dict, description="Options of that module.")


class Region(Part):
    """One [[region]]: a named part of the artist's work."""

    name: Name
    seed: int = Field(ge=0, le=2**31 - 1)
    zoom: float = Field(1.0, gt=0, le=4, description="Multiplies camera/zoom for this region.")
    angle: float = Field(1.0, ge=-4, le=4, description="Multiplies camera/angle here; -1 turns the other way.")


class Words(Part):
    """One weighted phrase of a scene."""

    text: Annotated[str, Field(min_length=1, max_length=500)]
    weight: Weight | list[tuple[Seconds, Weight]] = Field(1.0, description="A number, or keys [second, weight].")


class Scene(Part):
    """One [[scene]]: weighted words for a length of time, with tracks, captions and what is left out."""

    name: Name
    seconds: float = Field(gt=0, le=86400, allow_inf_nan=False)
    fade: Seconds = Field(3.0, description="Seconds over which this scene grows out of the one before.")
    init: Init = Field(
        "last",
        description="What the first picture is painted from: last (the picture that stands), noise, black, or record "
        "(the records of the training set nearest to the words, one per region). Other than last it is a cut: the "
        "words stand at once, and fade moves only the tracks. Artists other than diffusion may ignore it.",
    )
    words: tuple[Words, ...] = Field(min_length=1)
    exclude: tuple[Annotated[str, Field(min_length=1, max_length=500)], ...] = ()
    caption: str = Field("", max_length=500, description="First caption track; empty shows the words themselves.")
    narration: str = Field("", max_length=1000, description="Second caption track.")
    tracks: dict[str, list[tuple[Seconds, Scalar]]] = Field(
        default_factory=dict, description="Keys [second in the scene, value] by parameter address."
    )

    @model_validator(mode="after")
    def _check(self) -> Scene:
        if self.fade > self.seconds:
            raise ValueError(f"fade must not be longer than the scene ({self.seconds} s)")
        for address, keys in self.tracks.items():
            _rising(keys, self.seconds, f"track {address}")
        for number, words in enumerate(self.words, 1):
            if isinstance(words.weight, list):
                _rising(words.weight, self.seconds, f"weight of phrase {number}")
        return self


class Binding(Part):
    """One [[binding]]: moves a parameter by a channel, on top of its value.

    The channel is read between `low` and `high` (0..1 after that, clamped), bent by `curve` (exponent), smoothed with
    `attack` and `release` (time constants in seconds), multiplied by `amount` and added to the parameter.
    """

    channel: Name
    parameter: Name
    amount: float = Field(allow_inf_nan=False)
    low: float = Field(0.0, allow_inf_nan=False)
    high: float = Field(1.0, allow_inf_nan=False)
    curve: float = Field(1.0, gt=0, le=10)
    attack: Seconds = 0.02
    release: Seconds = 0.3

    @model_validator(mode="after")
    def _check(self) -> Binding:
        if self.high == self.low:
            raise ValueError("high must differ from low")
        return self


class Input(Part):
    """One [[input]]: the file server/inputs/<module>.py with its options."""

    module: Module
    options: dict[str, Scalar] = Field(default_factory=dict)


class Output(Part):
    """One [[output]]: a display, window or file that shows surfaces: the file mapping/outputs/<module>.py."""

    name: Name = "wall"
    module: Module = "window"
    width: int = Field(1280, ge=64, le=16384)
    height: int = Field(720, ge=64, le=16384)
    options: dict[str, Scalar] = Field(default_factory=dict)


class Critic(Part):
    """The table [critic]: who scores the pictures and finds records near to them; without it nobody does."""

    module: Module = Field("clip", description="The file render/critics/<module>.py.")
    every: float = Field(5.0, ge=1, le=3600, allow_inf_nan=False, description="Seconds between two looks at the wall.")


class Surface(Part):
    """One [[surface]]: where a region lands on an output.

    `corners` are the picture's top left, top right, bottom right and bottom left as fractions of the output's width
    and height, measured between pixel edges with the origin in the top left.
    """

    region: Name
    output: Name = "wall"
    corners: tuple[Point, Point, Point, Point]
    level: float = Field(1.0, ge=0, le=4, description="Brightness of this surface.")

    @field_validator("corners")
    @classmethod
    def _convex(cls, corners: tuple[Point, Point, Point, Point]) -> tuple[Point, Point, Point, Point]:
        turns = []
        for i in range(4):
            (ax, ay), (bx, by), (cx, cy) = corners[i], corners[(i + 1) % 4], corners[(i + 2) % 4]
            turns.append((bx - ax) * (cy - by) - (by - ay) * (cx - bx))
        if not (all(turn > 1e-9 for turn in turns) or all(turn < -1e-9 for turn in turns)):
            raise ValueError("the four corners must make a convex shape, in the order tl, tr, br, bl")
        return corners


class Captions(Part):
    """The table [captions]: where the two tracks stand on the wall and how they look."""

    size: float = Field(0.035, gt=0, le=0.3, description="Letter height as a fraction of the output's height.")
    prompt_colour: str = Field("#ffd84a", pattern=r"^#[0-9a-fA-F]{6}$")
    narration_colour: str = Field("#ffffff", pattern=r"^#[0-9a-fA-F]{6}$")
    prompt_at: Point = (0.5, 0.90)
    narration_at: Point = (0.5, 0.955)


class Remote(Part):
    """The table [remote]: the phone page."""

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=1, le=65535)


class Show(Part):
    """A whole show file."""

    show: Title
    artist: Artist = Artist()
    parameters: dict[str, Scalar] = Field(default_factory=dict, description="Start values by parameter address.")
    region: tuple[Region, ...] = Field(min_length=1, max_length=8)
    scene: tuple[Scene, ...] = Field(min_length=1)
    binding: tuple[Binding, ...] = ()
    input: tuple[Input, ...] = ()
    critic: Critic | None = None
    output: tuple[Output, ...] = (Output(),)
    surface: tuple[Surface, ...] = Field(min_length=1)
    captions: Captions = Captions()
    remote: Remote = Remote()


def _rising(keys: list[tuple[float, Scalar]] | list[tuple[float, float]], end: float, what: str) -> None:
    """Raise ValueError unless the keys stand in rising order inside the scene."""
    if not keys:
        raise ValueError(f"{what}: at least one key [second, value] is needed")
    times = [key[0] for key in keys]
    if any(later <= earlier for earlier, later in pairwise(times)):
        raise ValueError(f"{what}: the seconds of its keys must rise")
    if times[-1] > end:
        raise ValueError(f"{what}: its last key at {times[-1]} s lies after the end of the scene ({end} s)")
