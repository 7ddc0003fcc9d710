"""The beat: on sound made here by number, and with real sound through PortAudio up to the clock of a real show."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from server.inputs import audio
from server.inputs.support.beats import REST, Beat, Tracker
from server.inputs.support.player import Players, Playhead
from server.inputs.support.timecode import Line
from show.snapshot import Channels
from show.wires import channels_topic
from tests.server.pulse import a_pulse
from tests.server.rig import a_rig, a_show, until

RATE = 44100
SETTLED = 5.0
Sound = NDArray[np.float64]


def steady(bpm: float, seconds: float, begin: float = 0.5) -> list[float]:
    return list(np.arange(begin, seconds, 60 / bpm))


def drums(beats: Sequence[float], seconds: float) -> Sound:
    """Return kick and snare by turns on the beats, a hi-hat on them and in between."""
    dice = np.random.default_rng(3)
    t = np.arange(int(0.12 * RATE)) / RATE
    kick = np.sin(2 * np.pi * (50 + 100 * np.exp(-40 * t)) * t) * np.exp(-25 * t)
    snare = 0.5 * dice.normal(size=len(t)) * np.exp(-35 * t)
    hat = 0.2 * np.diff(dice.normal(size=len(t) + 1)) * np.exp(-90 * t)
    sound = np.zeros(int((seconds + 2) * RATE))
    for number, (beat, later) in enumerate(pairwise([*beats, 2 * beats[-1] - beats[-2]])):
        for at, what in ((beat, snare if number % 2 else kick), (beat, hat), ((beat + later) / 2, hat)):
            sound[int(at * RATE) :][: len(what)] += 0.5 * what
    return sound[: int(seconds * RATE)]


def listen(sound: Sound, jitter: float = 0.01) -> list[tuple[float, Beat]]:
    """Feed a sound in blocks of uneven length that come late by chance; return (second, what is known then)."""
    dice = np.random.default_rng(1)
    tracker, at, told = Tracker(RATE), 0, []
    while at < len(sound):
        block = sound[at : at + int(dice.integers(200, 1400))]
        at += len(block)
        second = at / RATE
        told.append((second, tracker.feed(block.astype(np.float32), 100 + second + dice.uniform(-jitter, jitter))))
    return told


def beats_told(told: list[tuple[float, Beat]]) -> list[float]:
    """Return the seconds at which a beat was told, from SETTLED on, but for the last second."""
    found = []
    phases = [(second, known, _phase(known, second)) for second, known in told if known.heard]
    for (_, _, before), (second, known, now) in pairwise(phases):
        if before > 0.75 and now < 0.25 and SETTLED < second < told[-1][0] - 1:
            found.append(second - now * 60 / known.bpm)
    return found


def _phase(known: Beat, second: float) -> float:
    return (known.phase + (100 + second - known.at) * known.bpm / 60) % 1.0


@pytest.mark.parametrize("bpm", [90, 120, 140, 174])
def test_a_steady_beat_is_told_where_it_falls(bpm: float) -> None:
    beats = steady(bpm, 14)
    told = listen(drums(beats, 14))
    assert told[-1][1].bpm == pytest.approx(bpm, rel=0.005)
    errors = [min((one - beat for beat in beats), key=abs) for one in beats_told(told)]
    assert len(errors) == pytest.approx((13 - SETTLED) * bpm / 60, abs=2)
    assert abs(float(np.median(errors))) < 0.01
    assert max(map(abs, errors)) < 0.04
    assert min(second for second, known in told if known.heard) < 3.5


def test_another_tempo_is_followed_and_the_phase_with_it() -> None:
    beats = steady(100, 8)
    beats += steady(128, 20, beats[-1] + 60 / 128)
    told = listen(drums(beats, 20))
    assert told[-1][1].bpm == pytest.approx(128, rel=0.01)
    errors = [min((one - beat for beat in beats), key=abs) for one in beats_told(told) if one > 14]
    assert max(map(abs, errors)) < 0.05


def test_a_break_is_run_through_and_silence_lets_go() -> None:
    sound = drums(steady(120, 8), 8)
    told = listen(np.concatenate([sound, np.zeros(7 * RATE)]))
    for second, known in told:
        if 8 < second < 11:
            assert known.heard
            assert known.bpm == pytest.approx(120, rel=0.01)
    assert told[-1][1]._replace(onset=0.0) == REST


@pytest.mark.parametrize("kind", ["silence", "noise", "tone", "not a number"])
def test_what_has_no_beat_gives_none(kind: str) -> None:
    t = np.arange(10 * RATE) / RATE
    sound = {
        "silence": 0 * t,
        "noise": 0.1 * np.random.default_rng(0).normal(size=len(t)),
        "tone": 0.3 * np.sin(2 * np.pi * 220 * t),
        "not a number": 0 * t + np.nan,
    }[kind]
    assert not any(known.heard for second, known in listen(sound) if second > 2)


def test_a_gain_does_not_matter() -> None:
    sound = drums(steady(110, 8), 8)
    tempos = [listen(gain * sound)[-1][1].bpm for gain in (0.05, 1.0)]
    assert tempos == pytest.approx([110, 110], rel=0.01)


def test_onsets_leap_up_and_die_away() -> None:
    told = listen(drums([1.0, 3.0], 4))
    heard = {round(second, 1): known.onset for second, known in told}
    assert max(known.onset for second, known in told if second < 0.9) < 0.05
    assert max(known.onset for second, known in told if 1.0 <= second < 1.05) > 0.3
    assert heard[1.9] < 0.05


# The real process


def test_the_clock_of_a_show_follows_drums_at_the_instant_at_which_they_sound() -> None:
    if shutil.which("pulseaudio") is None:
        pytest.skip("pulseaudio is not installed (.ci/setup test installs it)")
    sound = (drums(steady(132, 40), 40) * 16000).astype(np.int16)
    head, played = Playhead(np.stack([sound, sound], axis=1), RATE, 1.0), Line(32, 0.1)
    with a_pulse(), a_rig(a_show({"audio": {}}, clock={"source": "audio"})) as rig:
        rig.spawn("control", "server.control")
        rig.spawn("audio", "server.inputs.audio")
        rig.status_of("audio", "Listening to the sound input")
        channels = rig.subscriber(channels_topic("audio"), Channels)
        player = Players().player("", head)
        apart: list[float] = []

        def together() -> bool:
            news = channels.newest(0.05)
            while head.ticks:
                played.add(*head.ticks.popleft(), 1.0)
            if news is None or not news.values["audio/heard"] or len(played) < 8:
                return False
            assert set(news.values) == set(audio.CHANNELS)
            beat = (played.place(news.values["audio/at"], 1.0) - 0.5) * 132 / 60
            apart.append(((news.values["audio/phase"] - beat + 0.5) % 1.0 - 0.5) * 60 / 132)
            near = abs(news.values["audio/bpm"] / 132 - 1) < 0.01
            return near and len(apart) >= 60 and max(map(abs, apart[-30:])) < 0.04

        try:
            head.lay(0.0)
            until(together, "the beat is followed within 40 ms")
            rig.status_of("audio", "It hears a beat of 132 a minute.")
            before = rig.snapshot()
            time.sleep(2.0)
            after = rig.snapshot()
        finally:
            player.close()
        print(f"heard {1000 * min(apart[-30:]):+.1f} to {1000 * max(apart[-30:]):+.1f} ms ahead of what was played")
        # The score's own tempo is 120: its seconds run by as much faster as the drums do.
        assert (after.t - before.t) / (after.life - before.life) == pytest.approx(132 / 120, rel=0.02)
