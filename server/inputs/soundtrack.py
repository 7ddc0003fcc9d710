"""The soundtrack: a sound file that is played with the show, and says where it is (clock source = "soundtrack").

The sound is the master while it plays: the show follows the place that is heard, so picture and sound cannot drift
apart. When the show is paused, jumps or begins again, the sound follows the show. Without a device, and after the end
of the file, the show's clock goes on by itself.
"""

from __future__ import annotations

import time
from itertools import accumulate
from pathlib import Path
from typing import Final

from server.inputs.base import Voice, own_options
from server.inputs.support.devices import NoSoundError
from server.inputs.support.player import Player, Players, Playhead, read, samples
from server.inputs.support.timecode import Line
from server.pace import Pace
from show.bus import Subscriber
from show.config import Show
from show.cue_times import times
from show.errors import InputError
from show.log import get_log
from show.parameter import Parameter
from show.pulse import Pulse
from show.snapshot import Snapshot
from show.wires import SNAPSHOT, Wires

NAME: Final = "soundtrack"
_PARTS: Final = ("heard", "seconds", "at", "rate", "located")
CHANNELS: Final[tuple[str, ...]] = tuple(f"{NAME}/{part}" for part in _PARTS)
OPTIONS: Final[tuple[Parameter, ...]] = (
    Parameter("file", "text", "", "The sound file, beside the show file", live=False),
    Parameter("device", "text", "", "Part of the name of the output device; empty takes the default", live=False),
    Parameter("level", "float", 1.0, "Loudness", 0.0, 1.0, live=False),
)
RATE: Final = 48000
RETRY_SECONDS: Final = 2.0
AWAY_SECONDS: Final = 0.5
"""Sound that is further from the show than this goes to it; the show that follows it never lets it come to that."""
SETTLED: Final = 8
"""Blocks that must have been asked for in a row before the show follows the sound: a sound server that idled takes a
few at once and then none for seconds, and until it flows the sound follows the show."""
GAP_SECONDS: Final = 0.3
_HZ: Final = 60.0


def run(wires: Wires, pulse: Pulse) -> None:
    """Read the file, then play it with the show until told to stop; raise InputError for a file that is no sound."""
    given = own_options(wires, NAME, OPTIONS)
    voice = Voice(wires, NAME)
    plain = _read(wires, str(given["file"]), voice, pulse)
    head = Playhead(samples(plain), RATE, float(given["level"]))
    show = wires.show()
    band = Band(head, str(given["device"]), offset(show), max(AWAY_SECONDS, 2 * show.clock.jump))
    snapshots, pace = Subscriber(wires.run, SNAPSHOT, Snapshot), Pace(_HZ)
    while not pulse.stopping:
        band.follow(snapshots.newest(), time.monotonic())
        voice.channels(band.channels())
        voice.say(band.sentence, "amber" if band.trouble else "green")
        pulse.beat()
        pace.wait()
    band.close()
    voice.close()
    snapshots.close()
    plain.unlink(missing_ok=True)


def _read(wires: Wires, name: str, voice: Voice, pulse: Pulse) -> Path:
    if not name:
        raise InputError("soundtrack: expected a file in the options of [[input]] soundtrack")
    path = Path(wires.show_path).parent / name
    plain = wires.state / "soundtrack.s16"
    wires.state.mkdir(parents=True, exist_ok=True)
    for seconds in read(path, RATE, plain):
        voice.say(f"Reading the soundtrack: {seconds / 60:.0f} min so far.", "amber")
        pulse.beat()
        if pulse.stopping:
            break
    return plain


def offset(show: Show) -> float:
    """Return where the soundtrack stands when the show is at 0, in seconds."""
    starts = [0.0, *accumulate(scene.seconds for scene in show.scene)]
    return times(show, starts[: len(show.scene)]).offset


class Band:
    """Keeps the device and the playhead with the show."""

    def __init__(self, head: Playhead, device: str, offset: float, away: float) -> None:
        self.trouble = ""
        self._head = head
        self._device = device
        self._offset = offset
        self._apart = away
        self._library = Players()
        self._player: Player | None = None
        self._try_at = 0.0
        self._line = Line(32, 0.1)
        self._located = -1
        self._was_playing = self._settled = False

    @property
    def sentence(self) -> str:
        """How it is, for an invigilator."""
        if self._player is None:
            return f"The soundtrack is silent: {self.trouble}. The show goes on without it."
        return "The soundtrack plays." if self._head.playing else "The soundtrack waits, or has come to its end."

    def follow(self, snapshot: Snapshot | None, now: float) -> None:
        """Keep the device, and go where the newest snapshot is."""
        if self._player is not None and not self._player.alive(now):
            self._complain(f"the output '{self._player.name}' has stopped")
            self.close()
        if self._player is None and now >= self._try_at:
            self._open()
            self._try_at = time.monotonic() + RETRY_SECONDS
        if snapshot is None or self._player is None:
            return
        playing = snapshot.playing == "playing"
        place = snapshot.t + self._offset + max(0.0, now - snapshot.stamp_ns / 1e9)
        if not playing:
            self._head.hold()
        elif snapshot.located != self._located or not self._was_playing or self._away(place, now):
            self._head.lay(place)
            self._head.ticks.clear()
            self._line.clear()
            self._located, self._settled = snapshot.located, False
        elif len(self._line) >= SETTLED:
            self._settled = True
        self._was_playing = playing

    def _away(self, place: float, now: float) -> bool:
        """Say whether what is heard is far from where the show is."""
        if not self._head.playing or len(self._line) < SETTLED:
            return False
        return abs(self._line.place(now, 1.0) - place) > self._apart

    def channels(self) -> dict[str, float]:
        """Return all channels: where the sound is, and at which instant it is heard."""
        while self._head.ticks:
            at, second = self._head.ticks.popleft()
            if len(self._line) and at - self._line.newest > GAP_SECONDS:
                self._line.clear()
                self._settled = False
            self._line.add(at, second, 1.0)
        flows = len(self._line) and time.monotonic() - self._line.newest < GAP_SECONDS
        if self._player is None or not (self._head.playing and self._settled and flows):
            return {f"{NAME}/heard": 0.0}
        at, rate = self._line.newest, self._line.rate(1.0)
        values = (1.0, self._line.place(at, 1.0), at, rate, float(self._located))
        return dict(zip(CHANNELS, values, strict=True))

    def _open(self) -> None:
        try:
            self._player = self._library.player(self._device, self._head)
        except NoSoundError as error:
            self._complain(str(error))
            return
        self.trouble, self._was_playing = "", False
        get_log().info(f"the soundtrack is played on '{self._player.name}'")

    def _complain(self, why: str) -> None:
        if why != self.trouble:
            get_log().warning(f"the soundtrack is silent: {why}; the show goes on without it")
        self.trouble = why

    def close(self) -> None:
        """Let go of the device."""
        if self._player is not None:
            self._player.close()
        self._player = None
