"""Sound: the analysis on made-up signals, and the real process with real sound through PortAudio and PulseAudio."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from server.inputs import audio
from server.inputs.support.analysis import Ear, Samples
from server.inputs.support.capture import PortAudio, Ring, find
from server.inputs.support.devices import Library, NoSoundError
from show.bench.soak import holding
from show.snapshot import Channels
from show.wires import channels_topic
from tests.server.pulse import Pulse, a_pulse, no_sound
from tests.server.rig import Rig, a_rig, a_show, until

RATE = 44100.0
STEP = 1 / 60
Sound = Callable[[np.ndarray[Any, np.dtype[np.float64]]], np.ndarray[Any, np.dtype[np.float64]]]


def listen(sound: Sound, seconds: float = 2.0, ear: Ear | None = None, start: float = 0.0) -> list[dict[str, float]]:
    """Play `sound` (a function of time in seconds) to an ear and return what it hears 60 times a second."""
    ear = ear or Ear(RATE, -50.0)
    heard = []
    for number in range(int(seconds / STEP)):
        end = start + number * STEP
        t = end - np.arange(ear.window)[::-1] / RATE
        heard.append(ear.hear(sound(t).astype(np.float32), STEP))
    return heard


def tone(hertz: float, amplitude: float = 0.5) -> Sound:
    return lambda t: amplitude * np.sin(2 * np.pi * hertz * t)


@pytest.mark.parametrize("hertz, band", [(60, "bass"), (110, "bass"), (1000, "mid"), (3000, "mid"), (9000, "treble")])
def test_a_tone_moves_its_own_band_only(hertz: float, band: str) -> None:
    for heard in listen(tone(hertz)):
        assert heard.pop("level") > 0.8
        assert heard.pop(band) == pytest.approx(0.5, abs=0.05)
        assert max(heard.values()) < 0.1


def test_level_is_decibels_over_full_scale() -> None:
    full = listen(tone(440, 1.0))[-1]["level"]
    half = listen(tone(440, 0.5))[-1]["level"]
    assert full == pytest.approx(1 - 3.01 / 60, abs=0.01)  # a sine of full scale has -3 dB
    assert full - half == pytest.approx(6.02 / 60, abs=0.005)


def test_normal_is_half_whatever_the_volume_and_a_burst_is_more() -> None:
    ear = Ear(RATE, -50.0)
    for amplitude in (0.02, 0.3):
        quiet = Ear(RATE, -50.0)
        assert listen(tone(100, amplitude), ear=quiet)[-1]["bass"] == pytest.approx(0.5, abs=0.05)
    listen(tone(100, 0.1), seconds=6.0, ear=ear)
    assert listen(tone(100, 0.4), seconds=0.1, ear=ear)[-1]["bass"] > 0.9
    assert listen(tone(100, 0.02), seconds=0.1, ear=ear)[-1]["bass"] < 0.2


def test_the_mean_does_not_learn_from_silence() -> None:
    ear = Ear(RATE, -50.0)
    before = listen(tone(100, 0.2), seconds=3.0, ear=ear)[-1]["bass"]
    listen(lambda t: 0 * t, seconds=20.0, ear=ear)
    assert listen(tone(100, 0.2), seconds=0.1, ear=ear)[-1]["bass"] == pytest.approx(before, abs=0.02)


@pytest.mark.parametrize(
    "sound",
    [
        lambda t: 0 * t,
        lambda t: 0 * t + 0.7,
        lambda t: 0 * t + 3.0,
        lambda t: 0 * t + np.nan,
        lambda t: np.random.default_rng(0).normal(size=len(t)) * 1e-4,
    ],
    ids=["silence", "DC", "clipped DC", "not a number", "hiss under the floor"],
)
def test_what_is_not_sound_moves_nothing(sound: Sound) -> None:
    for heard in listen(sound):
        assert max(heard["bass"], heard["mid"], heard["treble"]) == 0.0
        assert heard["level"] == 0.0


def test_clipping_and_broken_samples_stay_in_range() -> None:
    def broken(t: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
        sound = 50.0 * np.sin(2 * np.pi * 60 * t)
        sound[::97], sound[1::89] = np.nan, np.inf
        return sound

    for heard in listen(broken):
        assert all(0.0 <= value <= 1.0 for value in heard.values())
    clipped = listen(tone(60, 50.0))[-1]
    assert clipped["level"] == pytest.approx(1.0, abs=0.01)


def test_the_ear_knows_the_past_only_and_any_rate() -> None:
    for rate in (1.0, 8000.0, 192000.0):
        ear = Ear(rate, -50.0)
        heard = ear.hear(np.zeros(ear.window, np.float32), STEP)
        assert set(heard) == {"level", "bass", "mid", "treble"}
    loud_later = [
        listen(lambda t, later=later: np.where(t < 1.0, 0.1, later) * np.sin(700 * t), seconds=1.0)  # type: ignore[misc]
        for later in (0.1, 0.9)
    ]
    assert loud_later[0] == loud_later[1]


def test_the_ring_gives_the_newest_samples_in_order() -> None:
    ring = Ring(10, 2)
    written = 0
    for length in (3, 4, 9, 1, 25, 2):
        numbers = np.arange(written, written + length, dtype=np.float32)
        ring.write(np.stack([numbers, numbers + 2], axis=1))
        written += length
        newest: Samples = ring.newest(min(10, written))
        assert newest.tolist() == [number + 1 for number in range(max(0, written - 10), written)]


DEVICES = [
    {"name": "HDMI", "max_input_channels": 0},
    {"name": "Scarlett 2i2 USB", "max_input_channels": 2},
    {"name": "Scarlett", "max_input_channels": 2},
]


def test_devices_are_found_by_name() -> None:
    assert find(DEVICES, "", 2) == 2
    assert find(DEVICES, "", -1) == 1
    assert find(DEVICES, "scarlett", -1) == 2
    assert find(DEVICES, "2i2", -1) == 1
    with pytest.raises(NoSoundError, match="no input device is called 'HDMI'"):
        find(DEVICES, "HDMI", 0)
    with pytest.raises(NoSoundError, match="no input device was found"):
        find(DEVICES[:1], "", 0)


# The real process


@pytest.fixture
def pulse() -> Iterator[Pulse]:
    if shutil.which("pulseaudio") is None:
        pytest.skip("pulseaudio is not installed (.ci/setup test installs it)")
    with a_pulse() as opened:
        yield opened


class Hearing:
    """The channels that a real audio process publishes."""

    def __init__(self, rig: Rig) -> None:
        self._channels = rig.subscriber(channels_topic("audio"), Channels)
        self.values: dict[str, float] = {}

    def until(self, done: Callable[[dict[str, float]], bool], what: str) -> dict[str, float]:
        """Wait until the channels are as wanted."""

        def heard() -> bool:
            news = self._channels.newest(0.05)
            self.values = news.values if news is not None else self.values
            return news is not None and done(news.values)

        until(heard, what)
        assert set(self.values) == set(audio.CHANNELS)
        return self.values


def test_sound_played_into_a_null_sink_moves_the_channels(pulse: Pulse) -> None:
    with a_rig(a_show({"audio": {}})) as rig:
        rig.spawn("audio", "server.inputs.audio")
        hearing = Hearing(rig)
        rig.status_of("audio", "Listening to the sound input")
        hearing.until(lambda v: v["audio/level"] == 0.0 and v["audio/bass"] == 0.0, "silence")
        with pulse.play(60.0):
            # The first instant of a tone is a click, which is in all bands.
            hearing.until(lambda v: v["audio/bass"] > 0.4 > 0.1 > v["audio/mid"], "a 60 Hz tone moves the bass")
        hearing.until(lambda v: v["audio/bass"] == 0.0, "silence again")
        with pulse.play(9000.0):
            hearing.until(lambda v: v["audio/treble"] > 0.4 and v["audio/bass"] < 0.1, "9 kHz moves the treble")


def test_a_lost_device_is_said_in_words_and_comes_back(pulse: Pulse) -> None:
    with a_rig(a_show({"audio": {}})) as rig:
        process = rig.spawn("audio", "server.inputs.audio")
        hearing = Hearing(rig)
        rig.status_of("audio", "Listening")
        pulse.stop()
        status = rig.status_of("audio", "No sound comes in")
        assert status.light == "amber"
        assert status.sentence.endswith("The show goes on without it.")
        hearing.until(lambda v: set(v.values()) == {0.0}, "channels at rest")
        pulse.start()
        rig.status_of("audio", "Listening")
        with pulse.play(60.0):
            hearing.until(lambda v: v["audio/bass"] > 0.4, "sound after the device came back")
        assert process.is_alive()
        assert "Traceback" not in rig.log_of("audio")


def test_without_any_device_it_says_so_and_goes_on(capfd: pytest.CaptureFixture[str]) -> None:
    with no_sound(), a_rig(a_show({"audio": {"device": "theremin"}})) as rig:
        process = rig.spawn("audio", "server.inputs.audio")
        status = rig.status_of("audio", "No sound comes in: no input device ")
        assert status.light == "amber"
        assert status.sentence.endswith("The show goes on without it.")
        Hearing(rig).until(lambda v: set(v.values()) == {0.0}, "channels at rest")
        row = rig.wires.row("audio")
        turns = rig.board.read(row)[0]
        until(lambda: rig.board.read(row)[0] > turns + 10, "it goes on turning")
        process.terminate()
        process.join(5)
        assert process.exitcode == 0
    assert "ALSA" not in capfd.readouterr().err


def test_looking_again_and_again_for_a_device_that_is_not_there_costs_no_memory() -> None:
    """PortAudio loses memory at every start: a run of weeks without a microphone must not start it every time."""

    def look(times: int) -> float:
        for _ in range(times):
            with pytest.raises(NoSoundError):
                library.open("theremin", 0)
        held = holding(os.getpid())
        assert held is not None
        return held.memory

    with no_sound():
        library = PortAudio()
        before = look(400)
        assert look(1000) - before < 2.0  # MiB; with a start at every look it is 12


def test_a_device_that_appears_is_seen_though_nobody_waits_for_it(pulse: Pulse) -> None:
    pulse.stop()
    library = Library()
    library.refreshed()
    assert not library.refreshed().query_devices()
    pulse.start()
    until(lambda: any(found["name"] == "pulse" for found in library.refreshed().query_devices()), "it is seen", 20.0)
