"""MIDI clock and MIDI timecode: bytes as the specifications write them, through a real pipe into the real process."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.inputs import midi
from server.inputs.midi import NoMidiError, found_port
from server.inputs.support.midi_time import MidiTime
from server.inputs.support.timecode import Label
from show.snapshot import Channels
from show.wires import channels_topic
from tests.server.rig import a_rig, a_show, until
from tests.server.test_ltc import following

RATES = {24: 0, 25: 1, 30: 3}


def quarters(label: Label) -> list[bytes]:
    """Return the eight quarter-frame messages of a time (RP-004)."""
    code = 2 if label.drop else RATES[label.fps]
    numbers = (label.frames, label.seconds, label.minutes, label.hours | code << 5)
    nibbles = [nibble for number in numbers for nibble in (number & 15, number >> 4)]
    return [bytes([0xF1, piece << 4 | nibble]) for piece, nibble in enumerate(nibbles)]


def tape(time_: MidiTime, label: Label, times: int, begin: float, speed: float = 1.0, jitter: float = 0.0) -> float:
    """Feed so many times (two frames each) from an instant on; return the instant after them."""
    dice, at = random.Random(4), begin
    for _ in range(times):
        for message in quarters(label):
            time_.feed(message, at + dice.uniform(0, jitter))
            at += 1 / (4 * label.fps * speed)
        label = following(following(label))
    return at


def ticks(time_: MidiTime, count: int, begin: float, bpm: float, jitter: float = 0.0) -> float:
    """Feed clock ticks from an instant on; return the instant of the next one."""
    dice = random.Random(5)
    for n in range(count):
        time_.feed(b"\xf8", begin + n * 60 / bpm / 24 + dice.uniform(0, jitter))
    return begin + count * 60 / bpm / 24


def place(values: dict[str, float], now: float) -> float:
    return values["m/seconds"] + (now - values["m/at"]) * values["m/rate"]


@pytest.mark.parametrize("fps", [24, 25, 30])
def test_mtc_is_a_place_that_moves(fps: int) -> None:
    time_ = MidiTime()
    end = tape(time_, Label(1, 2, 3, 4, fps), 20, 50.0, jitter=0.003)
    values = time_.channels(end, "m")
    assert (values["m/heard"], values["m/running"]) == (1.0, 1.0)
    assert place(values, end) == pytest.approx(3723 + 4 / fps + end - 50.0, abs=0.004)
    assert values["m/rate"] == pytest.approx(1.0, abs=0.02)


def test_the_first_whole_time_is_right_at_once() -> None:
    time_ = MidiTime()
    end = tape(time_, Label(10, 0, 0, 0, 25), 1, 7.0)
    assert place(time_.channels(end, "m"), end) == pytest.approx(36000 + end - 7.0, abs=1e-6)


def test_varispeed_and_a_jump_of_the_tape_are_followed() -> None:
    time_ = MidiTime()
    end = tape(time_, Label(0, 0, 1, 0, 25), 30, 10.0, speed=1.05)
    assert time_.channels(end, "m")["m/rate"] == pytest.approx(1.05, abs=1e-3)
    later = tape(time_, Label(0, 9, 0, 0, 25), 2, end)
    assert place(time_.channels(later, "m"), later) == pytest.approx(540 + later - end, abs=0.01)


def test_a_lost_piece_and_a_tape_that_runs_backwards_move_nothing_wrongly() -> None:
    time_ = MidiTime()
    end = tape(time_, Label(0, 0, 1, 0, 25), 10, 10.0)
    here = place(time_.channels(end, "m"), end)
    for n, message in enumerate(quarters(Label(0, 0, 1, 20, 25))):
        if n != 3:
            time_.feed(message, end + n / 100)
    assert place(time_.channels(end + 0.08, "m"), end + 0.08) == pytest.approx(here + 0.08, abs=0.01)
    for n, message in enumerate(reversed(quarters(Label(0, 0, 1, 20, 25)))):
        time_.feed(message, end + 0.1 + n / 100)
    assert time_.channels(end + 1.0, "m") == {"m/heard": 0.0}


def test_a_full_frame_is_a_place_to_stand_at() -> None:
    time_ = MidiTime()
    time_.feed(bytes([0xF0, 0x7F, 0x7F, 1, 1, 1 | 1 << 5, 0, 10, 5, 0xF7]), 5.0)
    values = time_.channels(6.0, "m")
    assert (values["m/seconds"], values["m/running"]) == (3610.2, 0.0)


def test_silence_is_said_after_a_while() -> None:
    time_ = MidiTime()
    assert time_.channels(0.0, "m") == {"m/heard": 0.0}
    end = tape(time_, Label(0, 0, 1, 0, 25), 3, 10.0)
    assert time_.channels(end + 0.3, "m")["m/heard"] == 1.0
    assert time_.channels(end + 0.6, "m")["m/heard"] == 0.0


@pytest.mark.parametrize("bpm", [60.0, 127.5, 180.0])
def test_midi_clock_counts_beats_from_start_at_its_tempo(bpm: float) -> None:
    time_ = MidiTime()
    time_.feed(b"\xfa", 20.0)
    end = ticks(time_, 24 * 8, 20.0, bpm, jitter=0.002)
    values = time_.channels(end, "m")
    assert values["m/bpm"] == pytest.approx(bpm, rel=0.01)
    assert values["m/beats"] + (end - values["m/at"]) * bpm / 60 == pytest.approx(8.0, abs=0.02)


def test_stop_song_position_and_continue() -> None:
    time_ = MidiTime()
    time_.feed(b"\xfa", 0.0)
    end = ticks(time_, 48, 0.0, 120.0)
    time_.feed(b"\xfc", end)
    ticks(time_, 24, end, 120.0)
    stopped = time_.channels(end, "m")
    assert (stopped["m/running"], stopped["m/beats"]) == (0.0, 2.0)
    time_.feed(bytes([0xF2, 64, 0]), end)
    assert time_.channels(end, "m")["m/beats"] == 16.0
    time_.feed(b"\xfb", end)
    later = ticks(time_, 24, end, 120.0)
    values = time_.channels(later, "m")
    assert values["m/beats"] + (later - values["m/at"]) * 2 == pytest.approx(17.0, abs=1e-6)


def test_ticks_without_a_start_are_a_tempo_without_a_place() -> None:
    time_ = MidiTime()
    end = ticks(time_, 30, 0.0, 100.0)
    assert time_.channels(end, "m") == {"m/heard": 1.0, "m/bpm": pytest.approx(100.0)}


def test_a_change_of_tempo_keeps_the_count() -> None:
    time_ = MidiTime()
    time_.feed(b"\xfa", 0.0)
    at = ticks(time_, 96, 0.0, 120.0)
    for beat in range(1, 9):
        at = ticks(time_, 24, at, 80.0)
        values = time_.channels(at, "m")
        assert values["m/running"] == 1.0
        assert values["m/beats"] + (at - values["m/at"]) * values["m/bpm"] / 60 == pytest.approx(4 + beat, abs=0.05)
    assert values["m/bpm"] == pytest.approx(80.0)


def test_clock_bytes_between_other_bytes_and_notes_disturb_nothing() -> None:
    one, other = MidiTime(), MidiTime()
    tape(one, Label(0, 0, 1, 0, 25), 4, 10.0)
    at = 10.0
    label = Label(0, 0, 1, 0, 25)
    for _ in range(4):
        for status, data in quarters(label):
            other.feed(bytes([0x90, 60, 100, status, 0xFE, data, 0xB0, 1, 2, 1]), at)
            at += 0.01
        label = following(following(label))
    assert one.channels(at, "m") == other.channels(at, "m")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=30), max_size=20))
def test_no_bytes_raise_anything(chunks: list[bytes]) -> None:
    time_ = MidiTime()
    for n, chunk in enumerate(chunks):
        time_.feed(chunk, n / 10)
        assert all(abs(value) < 1e6 for value in time_.channels(n / 10, "m").values())


def test_ports_are_found_by_a_part_of_their_name() -> None:
    assert found_port(["Midi Through", "Ableton Push"], "push") == 1
    with pytest.raises(NoMidiError, match="no MIDI port is called 'moog'; there are: Midi Through"):
        found_port(["Midi Through"], "moog")
    with pytest.raises(NoMidiError, match="no MIDI port was found"):
        found_port([], "")


# The real process


def test_timecode_through_a_pipe_moves_the_show_and_its_end_is_said(tmp_path: Path) -> None:
    path = tmp_path / "midi"
    os.mkfifo(path)
    with a_rig(a_show({"midi": {"port": str(path)}}, clock={"source": "midi", "lost": "hold"})) as rig:
        rig.spawn("midi", "server.inputs.midi")
        rig.spawn("control", "server.control")
        assert rig.snapshot(lambda snapshot: snapshot.playing == "playing").t == 0.0
        rig.status_of("midi", "No clock is heard at the MIDI port")
        heard = rig.subscriber(channels_topic("midi"), Channels)
        label, begin = Label(0, 10, 0, 0, 25), time.monotonic()
        with path.open("wb", buffering=0) as pipe:
            for n in range(15):
                for piece, message in enumerate(quarters(label)):
                    time.sleep(max(0.0, begin + n * 0.08 + piece * 0.01 - time.monotonic()))
                    pipe.write(message)
                label = following(following(label))
            values = until(lambda: _heard(heard.newest(0.05)), "timecode")
        assert set(values) <= set(midi.CHANNELS)
        found = values["midi/seconds"] + (begin + 1.2 - values["midi/at"]) * values["midi/rate"]
        snapshot = rig.snapshot()
        ahead = snapshot.t - (600 + snapshot.stamp_ns / 1e9 - begin)
        print(f"place after 1.2 s: {1000 * (found - 601.2):+.1f} ms; the show: {1000 * ahead:+.1f} ms")
        assert found == pytest.approx(601.2, abs=0.05)
        assert (snapshot.scene_name, abs(ahead) < 0.1) == ("black water", True)
        rig.status_of("midi", "Following the MIDI port")
        until(lambda: (news := heard.newest(0.05)) and not news.values["midi/heard"], "its end")
        held = rig.snapshot().t
        time.sleep(0.2)
        assert rig.snapshot().t == held


def _heard(news: Channels | None) -> dict[str, float] | None:
    return news.values if news is not None and news.values["midi/heard"] else None


@pytest.fixture
def jack() -> Iterator[str]:
    """A MIDI system without a card: a JACK server of its own, by name."""
    pytest.importorskip("rtmidi", reason="the extra `midi` is not installed")
    jackd = shutil.which("jackd")
    if jackd is None:
        pytest.skip("jackd is not installed")
    name = f"oriel-test-{os.getpid()}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JACK_DEFAULT_SERVER", name)
        server = subprocess.Popen(
            [jackd, "-n", name, "-r", "-d", "dummy", "-p", "128"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            yield name
        finally:
            server.kill()
            server.wait(5)
            for left in Path("/dev/shm").glob(f"jack*{name}*"):
                left.unlink()


SEQUENCER = """
import time, rtmidi
until = time.monotonic() + 10
while True:
    try:
        port = rtmidi.MidiOut(rtapi=rtmidi.API_UNIX_JACK, name="Sequencer")
        break
    except rtmidi.RtMidiError:
        assert time.monotonic() < until, "no MIDI server"
        time.sleep(0.1)
port.open_virtual_port("clock")
begin = time.monotonic()
for n in range(100_000):
    time.sleep(max(0.0, begin + n * 60 / 150 / 24 - time.monotonic()))
    port.send_message([0xF8])
"""


@pytest.mark.usefixtures("jack")
def test_the_clock_of_a_port_of_the_system_is_followed_and_one_that_goes_away_is_said() -> None:
    sequencer = subprocess.Popen([sys.executable, "-c", SEQUENCER], stderr=subprocess.DEVNULL)
    try:
        with a_rig(a_show({"midi": {"port": "sequencer"}}, clock={"source": "midi"})) as rig:
            rig.spawn("midi", "server.inputs.midi")
            heard = rig.subscriber(channels_topic("midi"), Channels)
            rig.status_of("midi", "Following the MIDI port 'Sequencer:clock'")
            bpm = until(lambda: (_heard(heard.newest(0.05)) or {}).get("midi/bpm"), "the clock")
            assert bpm == pytest.approx(150, rel=0.03)
            sequencer.kill()
            rig.status_of("midi", "No MIDI comes in: ")
    finally:
        sequencer.kill()
        sequencer.wait(5)


def test_a_device_that_is_not_there_is_said_in_words() -> None:
    with a_rig(a_show({"midi": {"port": "/nowhere/midi"}})) as rig:
        process = rig.spawn("midi", "server.inputs.midi")
        status = rig.status_of("midi", "No MIDI comes in: /nowhere/midi cannot be read (No such file or directory)")
        assert status.light == "amber"
        process.terminate()
        process.join(5)
        assert process.exitcode == 0


def test_without_the_package_it_says_which_one_is_missing() -> None:
    script = (
        "import sys; sys.modules['rtmidi'] = None\n"
        "from server.inputs.midi import Listener\n"
        "listener = Listener(''); listener.turn(); print(listener.sentence(False))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "the package python-rtmidi is not installed (pip install 'oriel[midi]'" in done.stdout
