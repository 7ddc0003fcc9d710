"""The render process: the newest snapshot in, one painting on the frame bus out, at most `artist.rate` per second.

This module knows no torch: it loads the artist that the show file names. Three failed paintings in a row end the
process; the supervisor starts it again, and the artist goes on from the newest picture on the bus.
"""

from __future__ import annotations

import importlib
import time
from itertools import pairwise
from types import ModuleType
from typing import Final

from render.artists.base import Artist, Painting, Start, Studio
from render.pacing import Meter, Pacer, same, wanted
from show.bus import Publisher, Subscriber
from show.config import Show
from show.errors import ArtistError, DeviceError
from show.frames import FrameReader, FrameWriter, Pictures, Stamps, attach
from show.log import Tally, get_log
from show.parameter import options
from show.pulse import Pulse
from show.rates import STATUS_HZ
from show.score import opening
from show.snapshot import Snapshot, Status
from show.wires import SNAPSHOT, Wires, status_topic

FAILURES: Final = 3
"""Failed paintings in a row that end the process."""
_NAP_SECONDS: Final = 0.05
_NAME: Final = "render"


def run(wires: Wires, pulse: Pulse) -> None:
    """Load the artist and paint until told to stop; raise ArtistError when the artist cannot paint."""
    herald = Herald(wires)
    show = wires.show()
    artist = load_artist(show, deterministic=wires.lockstep, herald=herald)
    try:
        _Easel(wires, show, artist, herald).work(pulse)
    finally:
        artist.close()


class Herald:
    """Publishes the status of this process, STATUS_HZ times a second at the most."""

    def __init__(self, wires: Wires) -> None:
        self._publisher = Publisher(wires.run, status_topic(_NAME))
        self._due = 0.0

    def say(self, sentence: str, light: str = "green", **numbers: float) -> None:
        """Publish a sentence now."""
        status = Status(_NAME, "green" if light == "green" else "amber", sentence, time.monotonic_ns(), numbers)
        self._publisher.send(status)
        self._due = time.monotonic() + 1 / STATUS_HZ

    @property
    def due(self) -> bool:
        """Whether it is time for the next sentence."""
        return time.monotonic() >= self._due


def load_artist(show: Show, *, deterministic: bool, herald: Herald) -> Artist:
    """Return the artist that the show names; raise ArtistError when its module or what it needs is missing."""
    name = show.artist.module
    herald.say("The artist is getting ready.", "amber")
    try:
        module: ModuleType = importlib.import_module(f"render.artists.{name}")
    except ModuleNotFoundError as error:
        raise ArtistError(f"artist {name}: {error.msg}") from None
    given = options(module.OPTIONS, show.artist.options, f"artist {name}")
    regions = tuple(region.name for region in show.region)
    studio = Studio(
        show.artist.width,
        show.artist.height,
        regions,
        given,
        deterministic,
        lambda sentence: herald.say(sentence, "amber"),
        starts_of(show),
        gaps_of(show),
    )
    artist: Artist = module.Artist.load(studio)
    get_log().info(f"the artist {name} is ready on {artist.place}")
    return artist


def starts_of(show: Show) -> tuple[Start, ...]:
    """Return the scenes that begin from something else than the last picture, or lean on records."""
    scenes = [(number, scene) for number, scene in enumerate(show.scene) if scene.init != "last" or scene.records]
    return tuple(Start(number, scene.name, scene.init, opening(scene), scene.records) for number, scene in scenes)


def gaps_of(show: Show) -> tuple[float, ...]:
    """Return the gaps between neighbouring regions' surfaces on the wall, in mean widths of the two; 0 at the least."""
    spans: dict[str, tuple[float, float]] = {}
    for surface in show.surface:
        across = [corner[0] for corner in surface.corners]
        spans.setdefault(surface.region, (min(across), max(across)))
    gaps = []
    for one, next_one in pairwise(region.name for region in show.region):
        if one not in spans or next_one not in spans:
            gaps.append(0.0)
            continue
        (left, right), (after, end) = spans[one], spans[next_one]
        width = ((right - left) + (end - after)) / 2
        gaps.append(max(0.0, (after - right) / width) if width > 0 else 0.0)
    return tuple(gaps)


class _Easel:
    """The loop's parts: what it reads, what it writes, how it is paced and counted."""

    def __init__(self, wires: Wires, show: Show, artist: Artist, herald: Herald) -> None:
        self._artist = artist
        self._herald = herald
        self._lockstep = wires.lockstep
        self._shape = (len(show.region), show.artist.height, show.artist.width, 3)
        self._snapshots = Subscriber(wires.run, SNAPSHOT, Snapshot)
        self._writer = FrameWriter(attach(wires.pictures))
        self._pacer = Pacer(show.artist.rate)
        self._meter = Meter()
        self._tally = Tally("painting")
        self._newest: Snapshot | None = None
        self._before: Pictures | None = None
        self._last_id = self._pick_up(wires)

    def work(self, pulse: Pulse) -> None:
        """Paint until the pulse stops."""
        while not pulse.stopping:
            if self._turn(pulse):
                pulse.beat()
            if self._herald.due:
                self._report()

    def _turn(self, pulse: Pulse) -> bool:
        """Wait for a snapshot and for its time, and paint it if it is wanted; False when the painting failed."""
        nap = 0.0 if self._lockstep else min(self._pacer.wait(time.monotonic()), _NAP_SECONDS)
        if nap > 0:
            # The snapshot is taken after the wait, not before: what is painted must be the newest there is.
            time.sleep(nap)
            return True
        self._newest = self._snapshots.newest(_NAP_SECONDS) or self._newest
        if self._newest is None or not wanted(self._newest, self._last_id):
            return True
        return self._paint(self._newest, pulse)

    def _paint(self, snapshot: Snapshot, pulse: Pulse) -> bool:
        begun_ns = time.monotonic_ns()
        self._pacer.begun(begun_ns / 1e9)
        try:
            painting = self._artist.paint(snapshot)
            self._check(painting)
        except DeviceError:
            # Nothing on a failed device can be trusted: this process ends, and the next one begins with a clean one.
            raise
        except Exception as error:
            # An artist runs foreign networks on foreign drivers: whatever it raises is a failed painting.
            if self._tally.failed(error) >= FAILURES:
                raise ArtistError(f"the artist failed {FAILURES} times in a row, last: {error}") from error
            return False
        self._tally.passed()
        self._last_id = snapshot.id
        done_ns = time.monotonic_ns()
        repeated, delivered = same(self._before, painting.pictures), not pulse.stopping
        # A copy: an artist may paint the next one into the same memory.
        self._before = painting.pictures if repeated else painting.pictures.copy()
        seconds = ((done_ns - begun_ns) / 1e9, painting.forward_ns / 1e9)
        self._meter.painted(done_ns / 1e9, *seconds, delivered=delivered, repeated=repeated)
        if delivered:
            names = snapshot.id, snapshot.stamp_ns, snapshot.origin_ns
            stamps = Stamps(*names, begun_ns, painting.forward_ns, time.monotonic_ns(), snapshot.entry)
            self._writer.publish(painting.pictures, stamps)
        self._artist.rest()
        return True

    def _check(self, painting: Painting) -> None:
        if painting.pictures.shape != self._shape:
            raise ArtistError(f"the artist painted {painting.pictures.shape}; expected (N, H, W, 3) = {self._shape}")

    def _pick_up(self, wires: Wires) -> int | None:
        """Go on from the newest picture that a killed predecessor left; return the id of its snapshot, if any."""
        reader = FrameReader(attach(wires.pictures))
        frame = reader.newest()
        reader.close()
        if frame is None:
            return None
        if not wires.lockstep and frame.pictures.shape == self._shape:
            self._artist.resume(frame.pictures, frame.stamps.entry)
        return frame.stamps.snapshot_id

    def _report(self) -> None:
        speeds = self._meter.speeds(time.monotonic())
        numbers = speeds._asdict()
        if self._tally.row:
            self._herald.say("The last picture failed; the artist tries again.", "amber", **numbers)
        elif self._newest is None:
            self._herald.say("The artist is ready and waits for the show.", **numbers)
        elif self._newest.playing == "playing":
            fps, note = f"{speeds.painted_fps:.1f}", self._artist.note
            sentence = f"Painting {fps} pictures a second on {self._artist.place}."
            self._herald.say(f"{sentence} {note}".strip(), "amber" if note else "green", **numbers)
        else:
            self._herald.say("The artist rests until the show plays.", **numbers)
