"""What a speaker is, and how the narration of a scene is spoken so that it fits into the scene.

1. The voice begins `lead` seconds into the scene.
2. If at its usual speed it would not be done before the scene ends, it is spoken again, faster by just so much, up to
   FASTEST times the usual speed.
3. What still does not fit is cut off with a short fade, and said so.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from show.config import Narration
from show.errors import InputError
from show.narration import Span

Samples = NDArray[np.int16]

FASTEST: Final = 1.6
_TAIL: Final = 0.15
"""Seconds of a scene that stay silent after the last word, where they can be had."""
_FADE: Final = 0.05


class SpeechError(InputError):
    """No voice can be had; the sentence says why and what helps."""


@dataclass(frozen=True)
class Spoken:
    """A text as sound: mono samples at `rate` per second, and when each of its words is said, in seconds."""

    rate: int
    samples: Samples
    spans: tuple[Span, ...]

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / self.rate


class Speaker(Protocol):
    """One voice."""

    name: str

    def say(self, text: str, words_per_minute: float) -> Spoken:
        """Speak a text; raise SpeechError."""
        ...


@dataclass(frozen=True)
class Line:
    """The narration of one scene as it is played: sound from the scene's second `lead` on, words in scene seconds.

    `lost` is how many of its last words did not fit into the scene.
    """

    spoken: Spoken
    lead: float
    spans: tuple[Span, ...]
    lost: int


def open_speaker(narration: Narration, folder: Path) -> Speaker:
    """Return the voice of a show; `folder` is where the show file lies. Raise SpeechError."""
    if narration.voice:
        from server.speech.piper import Piper

        return Piper(folder / narration.voice)
    from server.speech.espeak import Espeak

    return Espeak(narration.language, narration.pitch)


def fitted(speaker: Speaker, text: str, seconds: float, narration: Narration) -> Line:
    """Return a text spoken into a scene of some seconds; see the top of this file. Raise SpeechError."""
    room = max(0.0, seconds - narration.lead - _TAIL)
    spoken = speaker.say(text, narration.words_per_minute)
    for _ in range(3):
        voice = spoken.spans[-1][1] if spoken.spans else 0.0
        faster = min(narration.words_per_minute * FASTEST, narration.words_per_minute * voice / max(room, 0.1) * 1.02)
        if voice <= room or spoken.seconds == 0:
            break
        spoken = speaker.say(text, faster)
        if faster >= narration.words_per_minute * FASTEST:
            break
    spans = tuple((begin + narration.lead, end + narration.lead) for begin, end in spoken.spans)
    lost = sum(1 for _, end in spans if end > seconds)
    return Line(_cut(spoken, seconds - narration.lead), narration.lead, spans, lost)


def _cut(spoken: Spoken, seconds: float) -> Spoken:
    """Return at most so many seconds of it, faded out at the cut."""
    count = max(0, round(seconds * spoken.rate))
    if len(spoken.samples) <= count:
        return spoken
    kept = spoken.samples[:count].astype(np.float32)
    fade = min(count, round(_FADE * spoken.rate))
    if fade:
        kept[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return Spoken(spoken.rate, kept.astype(np.int16), spoken.spans)


def resampled(samples: NDArray[Any], rate: int, wanted: int) -> NDArray[np.float32]:
    """Return mono samples (N,) at another rate, float32 -1..1, linear between neighbours."""
    sound = np.asarray(samples, np.float32) / np.float32(32768 if samples.dtype == np.int16 else 1)
    if rate == wanted or not len(sound):
        return sound
    places = np.arange(int(len(sound) * wanted / rate)) * (rate / wanted)
    return np.asarray(np.interp(places, np.arange(len(sound)), sound), np.float32)
