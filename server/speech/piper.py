"""A piper voice: a neural voice in an .onnx file, for who has installed the extra `voice` (piper is under the GPL).

Usual voices tell no word times. Every sentence is spoken by itself, so that sentences are exact; words inside one
share its time as a reader would (`show.narration.reading_times`). Voices differ in speed: each first reads _SAMPLE.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np

from server.speech.base import Samples, SpeechError, Spoken
from show.narration import Span, ends_sentence, reading_times, words

_SAMPLE: Final = "Three tall lights of coloured glass stood in the bay of the old house."
_PAUSE: Final = 0.3


class Piper:
    """One voice file."""

    def __init__(self, path: Path) -> None:
        self.name = f"piper ({path.stem})"
        try:
            from piper import PiperVoice, SynthesisConfig
        except ImportError:
            raise SpeechError(
                f"the voice {path.name} needs piper, which is not installed: pip install 'oriel[voice]'. "
                "Leave `voice` out of [narration] to speak through espeak-ng"
            ) from None
        for needed in (path, path.with_name(path.name + ".json")):
            if not needed.is_file():
                raise SpeechError(
                    f"voice {path}: there is no file {needed.name}; a piper voice is an .onnx and its .json"
                )
        self._config = SynthesisConfig
        try:
            self._voice: Any = PiperVoice.load(str(path))
        except Exception as error:
            # onnxruntime raises its own kinds for a damaged file, without a common base.
            raise SpeechError(f"voice {path}: it cannot be loaded ({_told(error)})") from None
        self._usual = self._speed()

    def _speed(self) -> float:
        """Return how many words a minute the voice reads at a length scale of 1, as `reading_times` counts them."""
        seconds = len(self._said(_SAMPLE, 1.0)) / int(self._voice.config.sample_rate)
        return 150.0 * reading_times(_SAMPLE, 150.0)[-1][1] / max(seconds, 0.1)

    def _said(self, sentence: str, scale: float) -> Samples:
        # Without chance in the durations: captions are cut from one reading of a line, and heard is another.
        config = self._config(length_scale=scale, noise_w_scale=0.0)
        chunks = self._voice.synthesize(sentence, config)
        sound = [np.asarray(chunk.audio_int16_array, np.int16) for chunk in chunks]
        return np.concatenate(sound) if sound else np.zeros(0, np.int16)

    def say(self, text: str, words_per_minute: float) -> Spoken:
        """Speak a text, sentence by sentence."""
        rate = int(self._voice.config.sample_rate)
        gap: Samples = np.zeros(round(_PAUSE * rate), np.int16)
        blocks: list[Samples] = []
        spans: list[Span] = []
        at = 0.0
        for sentence in _sentences(text):
            said = self._said(sentence, self._usual / words_per_minute)
            spans += _stretched(reading_times(sentence, words_per_minute), at, len(said) / rate)
            blocks += [said, gap]
            at += (len(said) + len(gap)) / rate
        return Spoken(rate, np.concatenate(blocks) if blocks else np.zeros(0, np.int16), tuple(spans))


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:160]}"


def _sentences(text: str) -> list[str]:
    sentences, begun = [], list[str]()
    for word in words(text):
        begun.append(word)
        if ends_sentence(word):
            sentences.append(" ".join(begun))
            begun = []
    return [*sentences, " ".join(begun)] if begun else sentences


def _stretched(spans: list[Span], begin: float, seconds: float) -> list[Span]:
    """Return spans laid over `seconds` from `begin` on."""
    scale = seconds / spans[-1][1] if spans and spans[-1][1] > 0 else 0.0
    return [(begin + one * scale, begin + two * scale) for one, two in spans]
