"""The reel: excerpts of what the artist painted, which the wall shows while it is away.

1. While pictures come, an excerpt of EXCERPT_SECONDS is recorded every EVERY_SECONDS, one behind the other until there
   are KEPT; then the oldest makes way. They outlive the run: tomorrow's late artist has today's reel.
2. Where no picture came for as long as the show file says (`reel`), the projector says in its status that it wants
   recorded ones.
3. Then the excerpts are played in their order, again and again, onto a frame bus of their own; each goes over into the
   next within BLEND_SECONDS.
4. The projector hangs them until the artist's next picture comes, and wants them no more.

A show has a reel for each artist, model and set of regions that it was played with: a rehearsal with test cards must
not come back on the wall of an opening. A disk that fails costs the reel and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final, Literal

import numpy as np

from mapping import excerpts
from mapping.excerpts import ExcerptError, Reader, Writer
from mapping.fade import eased
from mapping.typeset import decoded, encoded
from show.bus import Publisher, Subscriber
from show.frames import FrameReader, FrameWriter, Pictures, Stamps, attach
from show.log import Tally, get_log
from show.pulse import Pulse
from show.rates import STATUS_HZ
from show.snapshot import Status
from show.wires import WANTS_REEL, Wires, status_topic

NAME: Final = "reel"
EXCERPT_SECONDS: Final = 10.0
EVERY_SECONDS: Final = 60.0
"""From the end of an excerpt to the beginning of the next, once there are KEPT."""
KEPT: Final = 12
REELS: Final = 4
"""Reels of other shows, artists and models that are kept beside this one."""
BLEND_SECONDS: Final = 2.0
RECORD_HZ: Final = 15.0
"""Pictures per second of an excerpt, at the most."""
LONGEST: Final = 4.0
"""Seconds for which one picture stands in an excerpt at the most, however long it stood on the wall."""
IDLE_SECONDS: Final = 10.0
"""Without a picture for so long an excerpt ends, shorter than others."""
AGAIN_SECONDS: Final = 60.0
"""A disk that failed is tried again after this."""
_LOOKS_HZ: Final = 30.0
_FRESH_SECONDS: Final = 2.0

_LIGHT: Final = np.round(decoded(np.arange(256) / 255) * 65535).astype(np.uint16)
_LEVEL: Final = np.round(encoded(np.arange(65536) / 65535) * 255).astype(np.uint8)


def run(wires: Wires, pulse: Pulse) -> None:
    """Record while the artist paints and play while the projector asks, until told to stop."""
    with ExitStack() as stack:
        reel = Reel(wires, stack)
        while not pulse.stopping:
            reel.turn(time.monotonic())
            pulse.beat()
            time.sleep(1 / _LOOKS_HZ)


class Reel:
    """The recorder and the player of one run; `turn` is one look at the wires."""

    def __init__(self, wires: Wires, stack: ExitStack) -> None:
        self._folder = folder(wires)
        self._pictures = FrameReader(attach(wires.pictures))
        stack.callback(self._pictures.close)
        self._played = FrameWriter(attach(wires.reel))
        stack.callback(self._played.close)
        self._projector = Subscriber(wires.run, status_topic("projector"), Status)
        stack.callback(self._projector.close)
        self._publisher = Publisher(wires.run, status_topic(NAME))
        stack.callback(self._publisher.close)
        self._recorder = Recorder(self._folder)
        stack.callback(self._recorder.end)
        self._player: Player | None = None
        self._regions = len(wires.show().region)
        self._seen = self._pictures.newest_id
        self._wanted_at = -_FRESH_SECONDS
        self._status_due = 0.0

    def turn(self, now: float) -> None:
        """Record or play, whichever `now` (monotonic seconds) asks for."""
        status = self._projector.newest()
        if status is not None:
            self._wanted_at = now if status.numbers.get(WANTS_REEL) else -_FRESH_SECONDS
        self._record(now)
        if now - self._wanted_at < _FRESH_SECONDS:
            self._play(now)
        else:
            self._rest()
        if now >= self._status_due:
            self._status_due = now + 1 / STATUS_HZ
            self._report(now)

    def _record(self, now: float) -> None:
        if self._pictures.newest_id == self._seen or not self._recorder.wants(now):
            self._recorder.look(now)
            self._seen = self._pictures.newest_id
            return
        if not self._recorder.due(now):
            return
        frame = self._pictures.newest(self._seen)
        if frame is not None:
            self._seen = frame.id
            self._recorder.add(frame.pictures, now, frame.stamps.done_ns / 1e9 or now)

    def _play(self, now: float) -> None:
        if self._player is None:
            self._recorder.end()
            self._player = Player(self._folder, self._regions, now)
            if self._player.playing:
                get_log().info("the artist is away; recorded pictures are played")
        pictures = self._player.at(now)
        if pictures is not None and pictures.nbytes <= self._played.capacity:
            self._played.publish(pictures, Stamps(done_ns=round(now * 1e9)))

    def _rest(self) -> None:
        if self._player is not None:
            self._player.close()
            self._player = None

    def _report(self, now: float) -> None:
        trouble = self._recorder.trouble
        kept = len(excerpts.kept(self._folder))
        playing = self._player is not None and self._player.playing
        words = "Recorded pictures are played." if playing else f"{kept} excerpts are kept for when the artist is away."
        light: Literal["green", "amber"] = "amber" if trouble else "green"
        self._publisher.send(
            Status(
                NAME, light, trouble or words, round(now * 1e9), {"excerpts": float(kept), "playing": float(playing)}
            )
        )


class Recorder:
    """Writes excerpts into a folder; times are monotonic seconds."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writer: Writer | None = None
        self._tally = Tally("the reel")
        self._due = self._added = self._painted = self._into = 0.0
        self.trouble = ""
        self._try(self._prepare, 0.0)

    def wants(self, now: float) -> bool:
        """Say whether a picture that comes now belongs to an excerpt."""
        return self._writer is not None or now >= self._due

    def due(self, now: float) -> bool:
        """Say whether the last picture is old enough for the next one."""
        return now - self._added >= 1 / RECORD_HZ

    def add(self, pictures: Pictures, now: float, painted: float) -> None:
        """Add pictures (N, H, W, 3) uint8 that were finished at `painted`."""
        if self._writer is not None and self._writer.shape != pictures.shape:
            self.end()
        self._added = now
        if self._writer is None:
            if not self._try(lambda: self._begin(pictures), now):
                return
            self._into = 0.0
        else:
            self._into += min(max(painted - self._painted, 0.0), LONGEST)
        self._painted = painted
        writer = self._writer
        assert writer is not None
        if self._try(lambda: writer.add(pictures, self._into), now) and self._into >= EXCERPT_SECONDS:
            self.end()
            full = len(excerpts.kept(self._folder)) >= KEPT
            self._due = max(self._due, now + EVERY_SECONDS * full)

    def look(self, now: float) -> None:
        """End an excerpt for which nothing comes any more."""
        if self._writer is not None and now - self._added > IDLE_SECONDS:
            self.end()

    def end(self) -> None:
        """Keep the excerpt under way, if there is one of two pictures or more."""
        writer, self._writer = self._writer, None
        if writer is None:
            return
        if writer.count < 2:
            writer.drop()
            return
        if self._try(writer.close, self._added):
            self._try(lambda: excerpts.clear(self._folder, KEPT), self._added)
        else:
            writer.drop()

    def _prepare(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        excerpts.clear(self._folder, KEPT)

    def _begin(self, pictures: Pictures) -> None:
        self._writer = Writer(excerpts.fresh(self._folder), pictures)

    def _try(self, act: Callable[[], object], now: float) -> bool:
        """Do something on the disk; a failure is said, and the next try comes after a while."""
        try:
            act()
        except (ExcerptError, OSError) as error:
            self._tally.failed(error)
            self.trouble = "What is painted cannot be recorded for when the artist is away; the show goes on."
            self._due = now + AGAIN_SECONDS
            if self._writer is not None:
                self._writer.drop()
                self._writer = None
            return False
        self._tally.passed()
        self.trouble = ""
        return True


class Player:
    """Plays the excerpts of a folder in their order, again and again; those that cannot be played are removed."""

    def __init__(self, folder: Path, regions: int, now: float) -> None:
        self._folder, self._regions = folder, regions
        self._name = ""
        self._begun = self._now = now
        self._last: Pictures | None = None
        self._next: Reader | None = None
        self._one = self._open()

    @property
    def playing(self) -> bool:
        """Whether there is anything to play."""
        return self._one is not None

    def at(self, now: float) -> Pictures | None:
        """Return the pictures (N, H, W, 3) uint8 of `now`, None where nothing has changed or there is nothing."""
        self._now = now
        while self._one is not None:
            try:
                return self._shown(self._one, now - self._begun)
            except ExcerptError as error:
                self._give_up(error)
        return None

    def _shown(self, one: Reader, into: float) -> Pictures | None:
        blend = min(BLEND_SECONDS, one.seconds / 3)
        behind = into - (one.seconds - blend)
        if behind >= 0 and self._next is None:
            self._next = self._open()
        pictures = one.at(into)
        if behind >= 0 and self._next is not None:
            following = self._next.at(behind)
            if behind >= blend:
                self._turn_over(one.seconds - blend)
                return self._news(following)
            if following.shape == pictures.shape:
                return self._news(blended(pictures, following, eased(behind / blend)))
        return self._news(pictures)

    def _turn_over(self, seconds: float) -> None:
        """Go on with the next excerpt, which has been blended in since `seconds` of the one before."""
        if self._one is not None:
            self._one.close()
        self._one, self._next = self._next, None
        self._begun += seconds

    def _news(self, pictures: Pictures) -> Pictures | None:
        if pictures is self._last:
            return None
        self._last = pictures
        return pictures

    def _open(self) -> Reader | None:
        """Open the excerpt behind the last one opened, behind the last of all the first; None where there is none."""
        while there := excerpts.kept(self._folder):
            path = next((path for path in there if path.name > self._name), there[0])
            self._name = path.name
            try:
                return Reader(path, self._regions)
            except ExcerptError as error:
                self._remove(path, error)
        return None

    def _give_up(self, error: ExcerptError) -> None:
        """Remove the excerpt that failed, whichever of the two it is, and begin with the next."""
        name = str(error).partition(":")[0]
        self.close()
        self._remove(self._folder / name, error)
        self._one = self._open()
        self._begun = self._now

    def _remove(self, path: Path, error: ExcerptError) -> None:
        get_log().warning(f"an excerpt of the reel cannot be played and is removed: {error}")
        path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close what is open."""
        for reader in (self._one, self._next):
            if reader is not None:
                reader.close()
        self._one = self._next = None


def blended(one: Pictures, other: Pictures, share: float) -> Pictures:
    """Return pictures uint8 with `share` (0..1) of `other`, mixed in linear light as the wall mixes."""
    part = round(share * 65536)
    light = _LIGHT[one].astype(np.uint32) * (65536 - part) + _LIGHT[other].astype(np.uint32) * part
    mixed: Pictures = _LEVEL[light >> 16]
    return mixed


def folder(wires: Wires) -> Path:
    """Return where the reel of this run lies; remove the oldest reels of other runs."""
    show = wires.show()
    artist = show.artist
    played = [wires.show_path, wires.artist or artist.module, artist.options, [region.name for region in show.region]]
    key = hashlib.sha256(json.dumps(played, sort_keys=True).encode()).hexdigest()[:12]
    stem = re.sub(r"[^a-z0-9]+", "-", Path(wires.show_path).stem.lower()).strip("-")[:40]
    own = wires.state / NAME / f"{stem or 'show'}-{key}"
    others = [path for path in own.parent.glob("*") if path != own and path.is_dir()]
    others.sort(key=lambda path: path.stat().st_mtime)
    for path in others[:-REELS]:
        shutil.rmtree(path, ignore_errors=True)
    return own
