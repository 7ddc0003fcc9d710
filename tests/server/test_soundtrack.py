"""The soundtrack: a real file on a real sound server, with the real show control that follows it."""

from __future__ import annotations

import shutil
import time
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from server.inputs.support.player import Playhead, read, samples
from show.bus import EventSender
from show.errors import InputError
from show.snapshot import Channels, EventKind, Snapshot
from show.wires import EVENTS, channels_topic
from tests.server.pulse import Pulse, a_pulse
from tests.server.rig import Rig, a_rig, a_show, until


def a_file(folder: Path, seconds: float, rate: int = 22050) -> Path:
    """Write a WAV file whose left sample is its own place (in 1/100 s), and whose right one is silence."""
    place = (np.arange(int(seconds * rate)) * 100 // rate).astype("<i2")
    path = folder / "track.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.stack([place, 0 * place], axis=1).tobytes())
    return path


def test_a_file_is_read_at_the_rate_of_the_device(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    seconds = list(read(a_file(tmp_path, 3.0), 48000, plain))
    sound = samples(plain)
    assert seconds[-1] == pytest.approx(3.0, abs=0.1)
    assert len(sound) == pytest.approx(144_000, abs=50)
    assert sound[96_000].tolist() == [pytest.approx(200, abs=2), 0]


def test_what_is_no_sound_is_named(tmp_path: Path) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"no sound at all" * 100)
    for path, words in ((bad, "it cannot be read as sound"), (tmp_path / "none.wav", "No such file")):
        with pytest.raises(InputError, match=f"{path.name}.*{words}"):
            list(read(path, 48000, tmp_path / "plain"))


def test_the_playhead_plays_holds_jumps_and_ends_without_a_click() -> None:
    sound = np.full((48_000, 2), 16384, np.int16)
    head = Playhead(sound, 48_000, 1.0)
    assert not head.take(480, 1.0).any()
    head.lay(0.5)
    first = head.take(4800, 2.0)
    assert (head.second, list(head.ticks)) == (pytest.approx(0.6), [(2.0, 0.5)])
    assert first[-1].tolist() == [0.5, 0.5]
    head.hold()
    last = head.take(4800, 2.1)
    assert np.abs(np.diff(np.concatenate([first, last])[:, 0])).max() < 0.01
    assert (last[-1].tolist(), head.second) == ([0.0, 0.0], pytest.approx(0.6))
    head.lay(0.95)
    head.take(4800, 2.2)
    assert not head.playing


@pytest.fixture
def pulse() -> Iterator[Pulse]:
    if shutil.which("pulseaudio") is None:
        pytest.skip("pulseaudio is not installed (.ci/setup test installs it)")
    with a_pulse() as opened:
        yield opened


class House:
    """A show control that follows a soundtrack."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self._channels = rig.subscriber(channels_topic("soundtrack"), Channels)
        self._events = EventSender(rig.wires.run, EVENTS, "test")

    def tell(self, kind: EventKind, argument: str = "") -> None:
        """Send an event until it is handled."""
        number = self._events.send(kind, argument, time.monotonic())

        def handled() -> bool:
            self._events.resend(time.monotonic())
            return self.rig.snapshot().acks.get(self._events.source, 0) >= number

        until(handled, f"{kind} is handled")

    def close(self) -> None:
        self._events.close()

    def apart(self) -> tuple[float, Snapshot]:
        """Return by how much the show is ahead of the sound, once it is heard where the show was put last."""

        def both() -> tuple[float, Snapshot] | None:
            news, snapshot = self._channels.newest(0.05), self.rig.snapshot()
            if news is None or not news.values["soundtrack/heard"]:
                return None
            values = news.values
            if values["soundtrack/located"] != snapshot.located:
                return None
            now = snapshot.stamp_ns / 1e9
            sound = values["soundtrack/seconds"] + (now - values["soundtrack/at"]) * values["soundtrack/rate"]
            return snapshot.t - sound, snapshot

        return until(both, "the soundtrack is heard")

    def settled(self, second: float) -> float:
        """Wait until show and sound have come together past a second; return how far they are apart from then on."""
        until(lambda: abs(self.apart()[0]) < 0.005 and self.apart()[1].t > second, f"together past {second} s")
        return max(abs(self.apart()[0]) for _ in range(10))


@pytest.mark.usefixtures("pulse")
def test_the_show_follows_the_sound_and_the_sound_follows_a_jump(tmp_path: Path) -> None:
    path = a_file(tmp_path, 300.0)
    options = {"file": str(path)}
    with a_rig(a_show({"soundtrack": options}, clock={"source": "soundtrack"}, autostart=False)) as rig:
        rig.spawn("control", "server.control")
        rig.spawn("soundtrack", "server.inputs.soundtrack")
        rig.status_of("soundtrack", "The soundtrack waits")
        house = House(rig)
        house.tell("start")
        apart = [house.settled(0.5)]
        house.tell("pause")
        rig.snapshot(lambda snapshot: snapshot.playing == "paused", "paused")
        house.tell("seek", "120")
        house.tell("pause")
        apart.append(house.settled(120.2))
        house.tell("seek", "299.7")
        rig.status_of("soundtrack", "has come to its end")
        assert rig.snapshot(lambda snapshot: snapshot.t > 300.3, "the show goes on").playing == "playing"
        house.close()
        print("show ahead of the sound by at most", ", ".join(f"{1000 * by:.1f} ms" for by in apart))
        assert max(apart) < 0.04
