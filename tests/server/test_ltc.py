"""LTC: timecode written as sound by the specification, decoded through noise, speed and a real sound server."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from server.inputs import ltc as ltc_input
from server.inputs.support.ltc import Decoder, Heard
from server.inputs.support.player import Players, Playhead
from server.inputs.support.timecode import DROP, Label, Line
from show.snapshot import Channels
from show.wires import channels_topic
from tests.server.pulse import Pulse, a_pulse
from tests.server.rig import a_rig, a_show, until

RATE = 48000


def frame_bits(label: Label) -> list[int]:
    """Return the 80 bits of a frame (SMPTE 12M-1), user bits 0, with the phase bit that makes the count of zeros even."""
    bits = [0] * 80
    numbers = (label.frames, label.seconds, label.minutes, label.hours)
    for place, number in enumerate(numbers):
        for begin, value, length in (
            (place * 16, number % 10, 4),
            (place * 16 + 8, number // 10, 3 if place in (1, 2) else 2),
        ):
            for bit in range(length):
                bits[begin + bit] = value >> bit & 1
    bits[10] = int(label.drop)
    bits[64:] = [0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1]
    if bits.count(0) % 2:
        bits[59 if label.fps == 25 else 27] = 1
    return bits


def following(label: Label) -> Label:
    """Return the label of the next frame."""
    total = ((label.hours * 60 + label.minutes) * 60 + label.seconds) * label.fps + label.frames + 1
    frames, rest = total % label.fps, total // label.fps
    new = Label(rest // 3600 % 24, rest // 60 % 60, rest % 60, frames, label.fps, label.drop)
    if new.drop and not new.sound:
        return new._replace(frames=2)
    return new


def written(label: Label, frames: int, fps: float, speed: float = 1.0, backwards: bool = False) -> NDArray[np.float32]:
    """Return the sound of so many frames: a rounded square wave of amplitude 1."""
    bits: list[int] = []
    for _ in range(frames):
        bits += frame_bits(label)
        label = following(label)
    bits = bits[::-1] if backwards else bits
    halves: list[int] = []
    level = 1
    for bit in bits:
        level = -level
        halves.append(level)
        level = -level if bit else level
        halves.append(level)
    per_half = RATE / (fps * speed * 160)
    edges = np.arange(int(len(halves) * per_half)) / per_half
    wave = np.array(halves, np.float32)[edges.astype(int)]
    rise = np.hanning(7) / np.hanning(7).sum()
    return np.convolve(wave, rise, mode="same").astype(np.float32)


def decoded(sound: NDArray[np.float32], block: int = 800) -> tuple[list[Heard], Decoder]:
    decoder = Decoder(RATE)
    found = [heard for at in range(0, len(sound), block) for heard in decoder.feed(sound[at : at + block])]
    return found, decoder


@pytest.mark.parametrize(
    "fps, real, drop",
    [(24, 24.0, False), (24, 24000 / 1001, False), (25, 25.0, False), (30, 30.0, False), (30, DROP, True)],
)
def test_every_frame_is_read_at_its_sample(fps: int, real: float, drop: bool) -> None:
    first = Label(10, 59, 58, 20, fps, drop)
    found, decoder = decoded(written(first, 2 * fps, real))
    assert decoder.fps == fps
    assert len(found) >= 2 * fps - 2
    label, labels = first, [first]
    for _ in range(2 * fps):
        label = following(label)
        labels.append(label)
    begin = labels.index(found[0].label)
    assert [heard.label for heard in found] == labels[begin : begin + len(found)]
    ends = [(begin + n + 1) * RATE / real for n in range(len(found))]
    assert max(abs(heard.end - end) for heard, end in zip(found, ends, strict=True)) < 2.0


@pytest.mark.parametrize("speed", [0.5, 0.9, 1.1, 2.0])
def test_a_tape_at_another_speed_is_read(speed: float) -> None:
    found, _ = decoded(written(Label(1, 0, 0, 0, 25), 100, 25.0, speed))
    assert len(found) >= 90
    assert {heard.direction for heard in found} == {1}
    assert found[-1].label.fps == 25


def test_a_tape_that_runs_backwards_says_so() -> None:
    found, _ = decoded(written(Label(1, 0, 0, 0, 25), 60, 25.0, backwards=True))
    assert len(found) >= 57
    assert {heard.direction for heard in found} == {-1}
    assert found[-1].label < found[0].label


@pytest.mark.parametrize("gain", [1.0, 0.02, -0.5])
def test_noise_volume_polarity_and_hum_do_not_matter(gain: float) -> None:
    sound = written(Label(0, 0, 1, 0, 25), 75, 25.0)
    noise = np.random.default_rng(1).normal(0.0, 0.05, len(sound)) + 0.05 * np.sin(np.arange(len(sound)) * 0.0065)
    found, _ = decoded((gain * (sound + noise)).astype(np.float32), block=333)
    assert len(found) >= 72


def test_a_gap_is_lost_and_found_again() -> None:
    one, other = written(Label(0, 0, 1, 0, 25), 25, 25.0), written(Label(0, 9, 0, 0, 25), 25, 25.0)
    found, _ = decoded(np.concatenate([one, np.zeros(RATE // 3, np.float32), other]))
    minutes = [heard.label.minutes for heard in found]
    assert minutes.count(0) >= 23
    assert minutes.count(9) >= 23
    assert all(heard.label.second() < 541 for heard in found)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["noise", "square", "nan", "clipped"]))
def test_what_is_no_timecode_gives_none(seed: int, kind: str) -> None:
    dice = np.random.default_rng(seed)
    sound = dice.normal(0, 0.5, 4800).astype(np.float32)
    if kind == "square":
        sound = np.sign(np.sin(np.arange(4800) * dice.uniform(0.01, 1.5))).astype(np.float32)
    elif kind == "nan":
        sound[dice.integers(0, 4800, 100)] = np.nan
    elif kind == "clipped":
        sound = np.clip(sound * 1e30, -1e38, 1e38).astype(np.float32)
    found, _ = decoded(sound, block=int(dice.integers(1, 4000)))
    assert found == []


@pytest.mark.parametrize(
    "label, second",
    [
        (Label(1, 0, 0, 0, 25), 3600.0),
        (Label(0, 0, 0, 12, 24), 0.5),
        (Label(0, 1, 0, 2, 30, True), 1800 / DROP),
        (Label(0, 10, 0, 0, 30, True), 17982 / DROP),
        (Label(1, 0, 0, 0, 30, True), 107892 / DROP),
    ],
)
def test_labels_are_seconds(label: Label, second: float) -> None:
    assert label.sound
    assert label.second() == pytest.approx(second)


def test_numbers_that_drop_frame_leaves_out_are_no_labels() -> None:
    assert not Label(0, 1, 0, 0, 30, True).sound
    assert not Label(0, 0, 61, 0, 25).sound
    assert Label(0, 10, 0, 0, 30, True).sound


def test_a_line_is_straighter_than_its_ticks_and_begins_anew_after_a_jump() -> None:
    dice, line = np.random.default_rng(2), Line(25, jump=0.1)
    for n in range(50):
        line.add(10 + n / 25 + dice.uniform(-0.004, 0.004), n / 25, 1.0)
    assert line.rate(0.0) == pytest.approx(1.0, abs=0.01)
    assert line.place(12.0, 0.0) == pytest.approx(2.0, abs=0.003)
    line.add(12.01, 100.0, 1.0)
    assert (len(line), line.place(12.51, 1.0)) == (1, 100.5)


# Through a real sound server


@pytest.fixture
def pulse() -> Iterator[Pulse]:
    if shutil.which("pulseaudio") is None:
        pytest.skip("pulseaudio is not installed (.ci/setup test installs it)")
    with a_pulse() as opened:
        yield opened


@pytest.mark.usefixtures("pulse")
def test_timecode_played_into_a_sound_server_is_followed_at_the_instant_at_which_it_sounds() -> None:
    # The device that plays says when every block is heard, so that both ends of the cable can be compared.
    sound = (written(Label(1, 0, 0, 0, 25), 500, 25.0) * 16000).astype(np.int16)
    head, played = Playhead(np.stack([sound, sound], axis=1), RATE, 1.0), Line(32, 0.1)
    with a_rig(a_show({"ltc": {}})) as rig:
        rig.spawn("ltc", "server.inputs.ltc")
        rig.status_of("ltc", "No timecode is heard")
        channels = rig.subscriber(channels_topic("ltc"), Channels)
        player = Players().player("", head)
        apart: list[float] = []

        def together() -> bool:
            news = channels.newest(0.05)
            while head.ticks:
                played.add(*head.ticks.popleft(), 1.0)
            if news is None or not news.values["ltc/heard"] or len(played) < 8:
                return False
            assert set(news.values) == set(ltc_input.CHANNELS)
            now, values = time.monotonic(), news.values
            heard = values["ltc/seconds"] + (now - values["ltc/at"]) * values["ltc/rate"]
            apart.append(heard - 3600 - played.place(now, 1.0))
            return len(apart) >= 20 and max(abs(by) for by in apart[-20:]) < 0.02

        try:
            head.lay(0.0)
            until(together, "timecode is followed within 20 ms")
            rig.status_of("ltc", "Following timecode")
        finally:
            player.close()
        print(f"heard {1000 * min(apart[-20:]):+.1f} to {1000 * max(apart[-20:]):+.1f} ms ahead of what was played")
        until(lambda: (news := channels.newest(0.05)) and not news.values["ltc/heard"], "silence is said")
