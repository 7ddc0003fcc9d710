"""The show file as frozen models: unknown keys are forbidden, every field says what it is for."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, field_validator, model_validator

from show.channel_config import Channel
from show.cue_config import ClockTable, Cue, Feather, Go, MaskShape
from show.snapshot import Init
from show.track_config import ScoreTable, SeedKeys, Track, TrackTable, weighed

Scalar = bool | int | float | str
Point = tuple[float, float]
Weight = Annotated[float, Field(ge=-10, le=10, allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=80)]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
Said = tuple[Seconds, Seconds, Annotated[str, Field(min_length=1, max_length=1000)]]
"""Words that stand from one second to another: [begin, end, "words"]."""
Module = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


def _spoken_in_order(cues: tuple[Said, ...]) -> None:
    """Raise ValueError unless every cue ends after it begins and none begins before the one above it."""
    for number, (begin, end, words) in enumerate(cues, 1):
        if end <= begin:
            raise ValueError(
                f"cue {number} ({words[:30]!r}): expected an end after its begin of {begin:g} s, got {end:g}"
            )
    for number, (one, two) in enumerate(pairwise(cues), 2):
        if two[0] < one[0]:
            raise ValueError(f"cue {number} ({two[2][:30]!r}) begins before the one above it: expected rising seconds")


class Part(BaseModel):
    """Base of every part of a show file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class Title(Part):
    """The table [show]: what the show is called and how it begins."""

    title: Name
    autostart: bool = Field(True, description="Play as soon as the artist can paint; otherwise wait for Start.")
    loop: bool = Field(True, description="Begin again after the last scene.")
    reel: Seconds = Field(
        20.0,
        le=86400,
        description="Seconds without a painting after which recorded ones are shown (mapping/reel.py); 0: no reel.",
    )
    rest_level: float = Field(0.25, ge=0.05, le=1, description="Brightness of the held picture while stopped.")


class Artist(Part):
    """The table [artist]: who paints, how large and how often."""

    module: Module = Field("diffusion", description="The file render/artists/<module>.py.")
    width: int = Field(128, ge=16, le=4096, multiple_of=8, description="Picture width in pixels.")
    height: int = Field(192, ge=16, le=4096, multiple_of=8, description="Picture height in pixels.")
    rate: float = Field(
        12.0, ge=0, le=240, description="Painted triptychs per second, at the most; 0 is as fast as it goes."
    )
    options: dict[str, Scalar] = Field(default_factory=dict, description="Options of that module.")


class Offsets(Part):
    """How a region departs from the first one, in full at walk/divergence 1 (see show/regions.py)."""

    seed_offset: float = Field(0.0, ge=-1e6, le=1e6, allow_inf_nan=False, description="Seeds further along the walk.")
    weight_offset: float | tuple[Weight, ...] = Field(
        0.0, description="Added to the weights of wanted words: one number, or one per phrase."
    )
    phase: float = Field(
        0.0, ge=-86400, le=86400, allow_inf_nan=False, description="Seconds ahead in the tracks of weights."
    )


class Region(Offsets):
    """One [[region]]: a named part of the artist's work."""

    name: Name
    seed: int = Field(ge=0, le=2**31 - 1)
    zoom: float = Field(1.0, gt=0, le=4, description="Multiplies camera/zoom for this region.")
    angle: float = Field(1.0, ge=-4, le=4, description="Multiplies camera/angle here; -1 turns the other way.")


class Words(Part):
    """One weighted phrase of a scene."""

    text: Annotated[str, Field(min_length=1, max_length=500)]
    weight: Track = Field(1.0, description="A number, keys [moment, weight], or any other track (see track_config.py).")

    _weighed = field_validator("weight")(weighed)


Transition = Literal["hold", "lerp", "slerp", "cut-on-beat"]
ShotKind = Literal["push", "dolly", "pan", "orbit", "crash-zoom", "still"]
Guidance = Literal["none", "cfg", "residual", "nag", "subtract"]


class Shot(Part):
    """A camera move of a whole scene (see show/presets.py); a negative amount goes the other way."""

    kind: ShotKind
    amount: float = Field(0.5, ge=-2, le=2, allow_inf_nan=False, description="How much of it; 1 is a large one.")


OneShot = Annotated[
    Annotated[ShotKind, Tag("word")] | Annotated[Shot, Tag("table")],
    Discriminator(lambda given: "word" if isinstance(given, str) else "table"),
]
"""A shot by its name alone, or as a table."""


class Scene(Part):
    """One [[scene]]: weighted words for a length of time, with tracks, captions and what is left out."""

    name: Name
    seconds: float = Field(gt=0, le=86400, allow_inf_nan=False)
    fade: Seconds = Field(3.0, description="Seconds over which this scene grows out of the one before.")
    init: Init = Field(
        "last",
        description="What the first picture is painted from: last (the picture that stands), noise, black, or record "
        "(those that `records` names, else the ones nearest to the words, one per region). Other than last it is a cut "
        "where the words stand at once, and fade moves only the tracks. Artists other than diffusion may ignore it.",
    )
    records: tuple[Annotated[int, Field(ge=0, le=2**40)], ...] = Field(
        (),
        max_length=8,
        description="Numbers of records of the training set, one for all regions or one for each (oriel records finds "
        'them). init = "record" begins from these; with any other init they pull at the picture that goes on, as far '
        "as artist/influence is turned up.",
    )
    words: tuple[Words, ...] = Field(min_length=1)
    exclude: tuple[Annotated[str, Field(min_length=1, max_length=500)], ...] = ()
    caption: str = Field("", max_length=500, description="First caption track; empty shows the words themselves.")
    narration: str = Field("", max_length=1000, description="Second caption track.")
    transition: Transition = Field(
        "slerp",
        description="How its words follow those before: slerp or lerp (mixed over the fade), hold (the old words stand "
        "until the fade is over) or cut-on-beat (until the next beat).",
    )
    shot: OneShot | None = Field(None, description="A camera move; the scene's own tracks win over it.")
    preset: Literal["recursive-50"] | None = Field(
        None, description="recursive-50: from noise or black, half of every picture kept from the one before."
    )
    guidance: Guidance | None = Field(None, description="How excluded words are kept out, where the artist can.")
    region: dict[Name, Offsets] = Field(default_factory=dict, description="Further offsets of regions, by name.")
    cues: tuple[Said, ...] = Field((), description="The narration timed by hand, in seconds of the scene.")
    seeds: SeedKeys | None = Field(
        None, description="Seeds that the noise passes through, [moment, seed], instead of the walk (show/seeds.py)."
    )
    tracks: dict[str, Track] = Field(
        default_factory=dict, description="Tracks by parameter address: numbers, keys, expressions, tables."
    )

    @model_validator(mode="after")
    def _check(self) -> Scene:
        if self.fade > self.seconds:
            raise ValueError(f"fade must not be longer than the scene ({self.seconds} s)")
        for address, track in self.tracks.items():
            _rising(track, f"track {address}")
        for number, words in enumerate(self.words, 1):
            _rising(words.weight, f"weight of phrase {number}")
        _spoken_in_order(self.cues)
        if self.preset and "init" in self.model_fields_set and self.init not in ("noise", "black"):
            raise ValueError(f'preset {self.preset} begins from init = "noise" or "black", got {self.init!r}')
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
    mask: MaskShape = Field(
        (), description="What of the picture is shown: a PNG (white shows), or a polygon in its own unit square."
    )
    feather: Feather = Field(0.0, description="Width of the mask's soft edge, of the surface's width.")

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


class CaptionTrack(Part):
    """The tables [captions.prompt] and [captions.narration]: what one track says by the clock, and how it looks."""

    file: str = Field("", max_length=1000, description="A subtitle file (.vtt, .srt), beside the show file.")
    cues: tuple[Said, ...] = Field((), description="The same written here, in seconds of the show.")
    size: float | None = Field(None, gt=0, le=0.3, description="Letter height; otherwise that of [captions].")
    colour: Colour | None = None
    at: Point | None = Field(None, description="Where the last line stands: its middle, or the end that align names.")
    align: Literal["left", "centre", "right"] = "centre"
    width: float = Field(0.88, ge=0.1, le=1, description="The longest line as a share of the output's width.")
    lines: int = Field(3, ge=1, le=8, description="Lines at the most; what does not fit ends in an ellipsis.")
    box: float = Field(0.0, ge=0, le=1, description="Opacity of a black box behind the words; 0: a soft shadow.")

    @model_validator(mode="after")
    def _check(self) -> CaptionTrack:
        _spoken_in_order(self.cues)
        return self


class Captions(Part):
    """The table [captions]: where the two tracks stand on the wall and how they look."""

    size: float = Field(0.035, gt=0, le=0.3, description="Letter height as a fraction of the output's height.")
    prompt_colour: Colour = "#ffd84a"
    narration_colour: Colour = "#ffffff"
    prompt_at: Point = (0.5, 0.90)
    narration_at: Point = (0.5, 0.955)
    prompt: CaptionTrack = Field(default_factory=CaptionTrack)
    narration: CaptionTrack = Field(default_factory=CaptionTrack)


class Narration(Part):
    """The table [narration]: a voice that speaks the narration of every scene; its words carry the captions."""

    voice: str = Field("", max_length=1000, description="A piper voice (.onnx); empty speaks through espeak-ng.")
    language: str = Field("en-gb", pattern=r"^[a-z]{2,3}(-[a-z0-9-]+)?$", description="Language of espeak-ng.")
    words_per_minute: float = Field(150.0, ge=60, le=400, description="How fast it is read.")
    pitch: int = Field(45, ge=0, le=99, description="Height of espeak-ng's voice.")
    level: float = Field(0.8, ge=0, le=1, description="Loudness.")
    lead: Seconds = Field(0.6, le=60, description="Seconds of every scene before the first word.")
    device: str = Field("", max_length=200, description="Part of the name of the output device; empty: the default.")


class Remote(Part):
    """The table [remote]: the phone page."""

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=1, le=65535)


class Show(Part):
    """A whole show file."""

    show: Title
    score: ScoreTable = ScoreTable()
    artist: Artist = Artist()
    parameters: dict[str, Scalar] = Field(default_factory=dict, description="Start values by parameter address.")
    region: tuple[Region, ...] = Field(min_length=1, max_length=8)
    scene: tuple[Scene, ...] = Field(min_length=1)
    cue: tuple[Cue, ...] = ()
    go: Go = Go()
    clock: ClockTable = ClockTable()
    channel: tuple[Channel, ...] = Field((), max_length=250)
    binding: tuple[Binding, ...] = ()
    input: tuple[Input, ...] = ()
    critic: Critic | None = None
    output: tuple[Output, ...] = (Output(),)
    surface: tuple[Surface, ...] = Field(min_length=1)
    captions: Captions = Captions()
    narration: Narration | None = None
    remote: Remote = Remote()


def _rising(track: Track, what: str) -> None:
    """Raise ValueError unless the keys of a track stand in rising order, as far as their moments are seconds."""
    keys = track.keys if isinstance(track, TrackTable) else track if isinstance(track, list) else None
    times = [key[0] for key in keys or () if not isinstance(key[0], str)]
    if any(later <= earlier for earlier, later in pairwise(times)):
        raise ValueError(f"{what}: the seconds of its keys must rise")
