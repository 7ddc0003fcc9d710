"""The sound track of a film: beside pictures that stay as they are, at its own seconds; and what cannot be done."""

from __future__ import annotations

import subprocess
import sys
import wave
from pathlib import Path

import av
import numpy as np
import pytest

from mapping.sound import join
from show.errors import OutputError

RATE = 48000


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Return a film of two seconds at 12 frames per second."""
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=12)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(24):
            picture = np.full((48, 64, 3), number * 10, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    """Return two seconds of sound: silence, and from 1.2 s to 1.6 s a tone."""
    t = np.arange(2 * RATE) / RATE
    sound = np.where((t >= 1.2) & (t < 1.6), np.sin(2 * np.pi * 440 * t), 0)
    path = tmp_path / "tone.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((sound * 20000).astype("<i2").tobytes())
    return path


def packets(film: Path) -> list[bytes]:
    with av.open(str(film)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.dts is not None]


def test_the_pictures_stay_as_they_are_and_the_tone_stands_at_its_second(film: Path, tone: Path) -> None:
    before = packets(film)
    join(film, tone)
    assert packets(film) == before
    with av.open(str(film)) as container:
        frames = [(float(frame.pts * frame.time_base), frame.to_ndarray()) for frame in container.decode(audio=0)]
    loud = [at for at, samples in frames if np.abs(samples).max() > 0.2]
    assert loud[0] == pytest.approx(1.2, abs=0.05)
    assert loud[-1] == pytest.approx(1.6, abs=0.05)


def test_a_sound_that_is_none_leaves_the_film_whole_and_is_said(film: Path, tmp_path: Path) -> None:
    before = film.read_bytes()
    (tmp_path / "no.wav").write_bytes(b"nothing")
    with pytest.raises(OutputError, match=r"film\.mp4: it gets no sound track .*; the film without sound is whole"):
        join(film, tmp_path / "no.wav")
    assert film.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.mp4", "no.wav"]
    command = [sys.executable, "-m", "mapping.sound", str(film), str(tmp_path / "gone.wav")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
