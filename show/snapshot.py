"""What travels between processes: snapshots (newest wins), touches and channels (newest wins), events (never lost)."""

from __future__ import annotations

from typing import Literal

import msgspec

from show.camera import FOV, Pose
from show.masks import Cover
from show.parameter import Value
from show.quads import Quad

Playing = Literal["stopped", "playing", "paused", "ended"]
Init = Literal["last", "noise", "black", "record"]
Blend = Literal["slerp", "lerp"]
EventKind = Literal[
    "start", "stop", "pause", "go", "back", "jump", "seek", "release", "panic", "edit", "undo", "cue", "tap"
]


class Phrase(msgspec.Struct, frozen=True, array_like=True):
    """Words with a weight: 1 is normal, 0 is off, below 0 excludes."""

    text: str
    weight: float = 1.0


class Region(msgspec.Struct, frozen=True):
    """What one region is to be painted from at one instant.

    The prompt is `words_a` mixed with `words_b` by `mix` (0..1; `blend` says how embeddings are mixed); the noise is
    that of seed `seed_a` slerped with `seed_b` by `seed_mix` (0..1). Zoom, angle, x, y, pitch, yaw and z are the
    camera's rates and `fov` its field of view, as show/camera.py declares them; `pose` is how far it has travelled
    since the start, and painters move by the difference of poses. None: by the rates.
    """

    name: str
    words_a: tuple[Phrase, ...]
    words_b: tuple[Phrase, ...]
    mix: float
    seed_a: int
    seed_b: int
    seed_mix: float
    zoom: float
    angle: float
    x: float
    y: float
    pitch: float = 0.0
    yaw: float = 0.0
    z: float = 0.0
    fov: float = FOV
    pose: Pose | None = None
    blend: Blend = "slerp"


class CueSheet(msgspec.Struct, frozen=True):
    """What people see of the cue list.

    `next` stands by for GO ("" at the end of the list), `last` was fired last, `waiting` are cues that will begin or be
    fired, with the seconds until then. `note` says why the newest GO was refused, until one is taken; `refused` holds
    the last events that were refused, by source and number.
    """

    next: str
    last: str
    waiting: tuple[tuple[str, float], ...] = ()
    note: str = ""
    refused: tuple[tuple[str, int], ...] = ()


class EditSheet(msgspec.Struct, frozen=True):
    """What people see of live edits.

    `coming` waits to play in `beats` beats (negative: none waits), `before` counts those that can be taken back. `note`
    says why the newest edit was refused, until one is taken; `refused` holds the last events that were refused, by
    source and number.
    """

    coming: int
    beats: float
    before: int
    note: str = ""
    refused: tuple[tuple[str, int], ...] = ()


class Snapshot(msgspec.Struct, frozen=True):
    """All values at one instant of the show.

    `id` grows by one per step; `t` is show time in seconds (it stands still while stopped or paused and jumps with
    cues); `life` is seconds of engine time since the start and never jumps: painters move their camera by its
    differences. `stamp_ns` is the monotonic instant of the step, `origin_ns` that of the newest outside message in it
    (0: none). `values` holds every parameter by address. `acks` holds, per source of events, the last number handled.
    `paint` is False for film frames between two paintings. `entry` grows by one whenever a scene is entered, and `init`
    is what the scene begins from: a painter applies it once when it sees another `entry` than before, so that a missed
    snapshot loses no start. `edition` is the number of the live edit that plays (see show/editions.py),
    `edit` how edits stand once there was one.
    `cues` is the cue list, where the show has one; `located` counts the jumps, for a player that has to follow them.
    `surfaces` are corners, brightness and masks of those that cues have moved, by number in the show file.
    """

    id: int
    t: float
    life: float
    stamp_ns: int
    origin_ns: int
    playing: Playing
    scene: int
    scene_name: str
    regions: tuple[Region, ...]
    values: dict[str, Value]
    caption: str
    narration: str
    acks: dict[str, int]
    paint: bool = True
    init: Init = "last"
    entry: int = 0
    edition: int = 0
    edit: EditSheet | None = None
    cues: CueSheet | None = None
    located: int = 0
    surfaces: dict[int, tuple[Quad, float, Cover]] = {}


class Touch(msgspec.Struct, frozen=True, array_like=True):
    """A live value for one parameter: the newest `number` per source wins; `stamp_ns` is when the message came in."""

    value: Value
    number: int
    stamp_ns: int


class Touches(msgspec.Struct, frozen=True):
    """All live values that one source holds, by address; sent whole, so that none can be lost by conflation."""

    source: str
    touches: dict[str, Touch]


class Channels(msgspec.Struct, frozen=True):
    """The newest numbers of one input, by channel name ("audio/bass"), with the instant they were taken."""

    source: str
    stamp_ns: int
    values: dict[str, float]


class Event(msgspec.Struct, frozen=True):
    """Something that must never be lost.

    `source` and `number` identify it (a source counts from 1; handled once, whatever is sent again); `argument` is a
    scene name for "jump", seconds for "seek", an address or "" (all) for "release", a number or name for "cue", an
    Order (show/editions.py) for "edit", its place alone for "undo". `first` is the oldest number that the sender still
    waits for: a receiver without memory starts there.
    """

    source: str
    number: int
    kind: EventKind
    argument: str = ""
    stamp_ns: int = 0
    first: int = 1


class Status(msgspec.Struct, frozen=True):
    """How one process is doing: `light` with one plain sentence, and named numbers for those who look closer."""

    process: str
    light: Literal["green", "amber", "red"]
    sentence: str
    stamp_ns: int
    numbers: dict[str, float] = {}
    words: dict[str, str] = {}


class Record(msgspec.Struct, frozen=True, array_like=True):
    """One record of the training set, drawn again from its number.

    `likeness` is its cosine (-1..1) to what was asked, `jpeg` its picture, 160 pixels at the most; `region` is that to
    whose picture it is near, "" when it is near to words.
    """

    number: int
    likeness: float
    caption: str
    jpeg: bytes
    region: str = ""


class Question(msgspec.Struct, frozen=True):
    """What the phone page wants from the critic, sent again and again as long as it does.

    `wall` asks for the records nearest to the pictures on the wall; `words`, unless "", for those nearest to words, and
    `number` then names the question in the answer. `stamp_ns` is when this was sent.
    """

    stamp_ns: int
    wall: bool = False
    number: int = 0
    words: str = ""


class Findings(msgspec.Struct, frozen=True):
    """All that the critic has found, sent whole, so that no answer can be lost by conflation.

    `wall` holds the records nearest to the pictures that it saw at `wall_ns` (0: nobody has asked), `answer` those
    nearest to the words of question `number` (0: none was answered yet). `trouble` says in one sentence why there are
    no records.
    """

    stamp_ns: int
    wall_ns: int = 0
    wall: tuple[Record, ...] = ()
    number: int = 0
    answer: tuple[Record, ...] = ()
    trouble: str = ""
