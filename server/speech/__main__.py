"""`python -m server.speech`: speak what a Request on standard input holds, and print the Answer (see `show.voice`)."""

from __future__ import annotations

import sys
import wave
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from server.speech.base import Line, SpeechError, fitted, open_speaker, resampled
from show.config import Narration
from show.voice import Answer, Request

WAV_RATE = 48000


def answer(request: Request) -> Answer:
    """Speak everything and return when its words are said; write the file that is asked for."""
    narration = Narration.model_validate_json(request.narration)
    try:
        speaker = open_speaker(narration, Path(request.folder))
        lines = [fitted(speaker, part.text, part.seconds, narration) for part in request.parts]
    except SpeechError as error:
        return Answer(trouble=str(error))
    if request.wav:
        write_wav(Path(request.wav), soundtrack(request, lines, narration.level))
    return Answer(tuple(line.spans for line in lines), "", tuple(_notes(request, lines)))


def soundtrack(request: Request, lines: list[Line], level: float) -> NDArray[np.float32]:
    """Return the whole show as sound: mono at WAV_RATE, every line where its scene stands."""
    sound = np.zeros(round(request.length * WAV_RATE), np.float32)
    begin = 0.0
    while begin < request.length:
        for part, line in zip(request.parts, lines, strict=True):
            first = round((begin + part.begin + line.lead) * WAV_RATE)
            said = resampled(line.spoken.samples, line.spoken.rate, WAV_RATE)[: max(0, len(sound) - first)]
            sound[first : first + len(said)] += said * level
        if request.period <= 0:
            break
        begin += request.period
    return sound


def write_wav(path: Path, sound: NDArray[np.float32]) -> None:
    """Write mono samples -1..1 as 16-bit PCM."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(WAV_RATE)
        file.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())


def _notes(request: Request, lines: list[Line]) -> list[str]:
    return [
        f"scene {part.scene!r}: the last {line.lost} words of its narration do not fit into its {part.seconds:g} s, "
        "however fast they are read, and are cut off"
        for part, line in zip(request.parts, lines, strict=True)
        if line.lost
    ]


if __name__ == "__main__":
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Request)
    sys.stdout.buffer.write(msgspec.json.encode(answer(asked)))
