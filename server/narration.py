"""The narration: a voice that speaks each scene's narration while the show plays, at the place where the show is.

1. The scene and the seconds into it come from the newest snapshot; between snapshots the clock goes on.
2. A scene's line is spoken into memory when the scene begins, and the next scene's in advance.
3. The playhead follows the show: it is put anew when a scene is entered or when it is off by more than APART seconds (a
   seek, a pause, a device that stalled), and holds while the show does not play.
4. Without a voice or a device this process does not end: it says so in its status, and the captions go on without it.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from pathlib import Path
from typing import Final

from server.inputs.base import Voice
from server.inputs.support.devices import NoSoundError
from server.pace import Pace
from server.speech.base import Speaker, SpeechError, fitted, open_speaker, resampled
from server.speech.loudspeaker import Loudspeaker, Playhead, Sound, Speakers
from show.bus import Subscriber
from show.config import Narration, Show
from show.log import get_log
from show.pulse import Pulse
from show.snapshot import Snapshot
from show.voice import parts
from show.wires import SNAPSHOT, Wires

NAME: Final = "narration"
APART: Final = 0.25
RETRY_SECONDS: Final = 2.0
STALE_SECONDS: Final = 1.0
"""Without a snapshot for so long nobody knows where the show is, and the voice holds."""
_HZ: Final = 50.0
_KEPT: Final = 4


def run(wires: Wires, pulse: Pulse) -> None:
    """Speak until told to stop."""
    show = wires.show()
    assert show.narration is not None
    snapshots = Subscriber(wires.run, SNAPSHOT, Snapshot)
    voice, pace = Voice(wires, NAME), Pace(_HZ)
    narrator = Narrator(show, Path(wires.show_path).resolve().parent)
    while not pulse.stopping:
        narrator.turn(snapshots.newest(), time.monotonic())
        voice.say(narrator.sentence, "amber" if narrator.trouble else "green", narrator.numbers)
        pulse.beat()
        pace.wait()
    narrator.close()
    voice.close()
    snapshots.close()


class Lines:
    """The lines of a show, spoken when they are first wanted; the newest few are kept."""

    def __init__(self, show: Show, speaker: Speaker) -> None:
        assert show.narration is not None
        self._narration: Narration = show.narration
        self._scenes = show.scene
        self._speaker = speaker
        self._kept: OrderedDict[tuple[int, float], tuple[Sound, float]] = OrderedDict()

    def line(self, scene: int, rate: float) -> tuple[Sound, float]:
        """Return the sound of a scene at a rate, -1..1, and the second of the scene at which it begins."""
        key = (scene, rate)
        if key not in self._kept:
            line = fitted(self._speaker, self._scenes[scene].narration, self._scenes[scene].seconds, self._narration)
            sound = resampled(line.spoken.samples, line.spoken.rate, round(rate)) * self._narration.level
            self._kept[key] = sound, line.lead
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


class Follower:
    """Keeps a playhead where the show is."""

    def __init__(self, show: Show, lines: Lines) -> None:
        self._starts = [0.0]
        for scene in show.scene:
            self._starts.append(self._starts[-1] + scene.seconds)
        self._lines = lines
        self._entry: tuple[int, int] | None = None
        self.scene = -1

    def follow(self, head: Playhead, snapshot: Snapshot, late: float) -> None:
        """Bring the playhead to where a snapshot, taken `late` seconds ago, says that the show is."""
        if snapshot.playing != "playing" or not 0 <= snapshot.scene < len(self._starts) - 1:
            head.hold()
            return
        sound, lead = self._lines.line(snapshot.scene, head.rate)
        wanted = snapshot.t - self._starts[snapshot.scene] + late - lead
        entry = (snapshot.scene, snapshot.entry)
        if entry != self._entry or not head.moving or abs(head.second - wanted) > APART:
            head.lay(sound, wanted)
        self._entry, self.scene = entry, snapshot.scene

    def prepare(self, rate: float) -> None:
        """Speak the line of the next scene into memory."""
        if self.scene >= 0:
            self._lines.line((self.scene + 1) % (len(self._starts) - 1), rate)


class Narrator:
    """The voice, the device and the follower, each of which may be missing."""

    def __init__(self, show: Show, folder: Path) -> None:
        assert show.narration is not None
        self.trouble = ""
        """Why nobody is heard, or "" while somebody is."""
        self.numbers: dict[str, float] = {}
        self._device = show.narration.device
        self._speakers = Speakers()
        self._loudspeaker: Loudspeaker | None = None
        self._follower: Follower | None = None
        self._snapshot: Snapshot | None = None
        self._came = self._try_at = 0.0
        self._prepared = -1
        try:
            speaker = open_speaker(show.narration, folder)
            self.name = speaker.name
            self._follower = Follower(show, Lines(show, speaker)) if parts(show) else None
        except SpeechError as error:
            self._complain(str(error))

    @property
    def sentence(self) -> str:
        """How it is, for an invigilator."""
        if self.trouble:
            return f"Nobody speaks: {self.trouble}. The captions are shown without the voice."
        if self._loudspeaker is None:
            return "The voice has nothing to say."
        return f"{self.name} speaks through '{self._loudspeaker.name}'."

    def turn(self, snapshot: Snapshot | None, now: float) -> None:
        """Follow the show at `now` (monotonic seconds); `snapshot` is None when there is no newer one."""
        if snapshot is not None:
            self._snapshot, self._came = snapshot, now
        if self._follower is None:
            return
        if self._loudspeaker is not None and not self._loudspeaker.alive(now):
            self.close()
            self._complain("the sound output has stopped")
        if self._loudspeaker is None and now >= self._try_at:
            self._open()
            self._try_at = time.monotonic() + RETRY_SECONDS
        if self._loudspeaker is None or self._snapshot is None:
            return
        head = self._loudspeaker.head
        if now - self._came > STALE_SECONDS:
            head.hold()
            return
        late = max(0.0, now - self._snapshot.stamp_ns / 1e9)
        self._follower.follow(head, self._snapshot, min(late, STALE_SECONDS) + self._loudspeaker.latency)
        if self._follower.scene != self._prepared:
            self._follower.prepare(head.rate)
            self._prepared = self._follower.scene
        self.numbers = {"second": head.second, "latency": self._loudspeaker.latency}

    def _open(self) -> None:
        try:
            self._loudspeaker = self._speakers.loudspeaker(self._device)
        except NoSoundError as error:
            self._complain(str(error))
            return
        self.trouble = ""
        get_log().info(f"{self.name} speaks through '{self._loudspeaker.name}'")

    def _complain(self, why: str) -> None:
        if why != self.trouble:
            get_log().warning(f"nobody speaks: {why}; the captions are shown without the voice")
        self.trouble, self.numbers = why, {}

    def close(self) -> None:
        """Let go of the device."""
        if self._loudspeaker is not None:
            self._loudspeaker.close()
        self._loudspeaker = None
