"""espeak-ng as a library: it hands over samples together with the events that say where each word begins.

`espeak_Initialize` with AUDIO_OUTPUT_RETRIEVAL plays nothing; `espeak_Synth` then calls back with blocks of samples and
a list of events (`speak_lib.h` of espeak-ng 1.51). A word event holds the word's place in the text, counted in
characters from 1, and its millisecond. What was found out:

- a number gives several events inside one word, a word in marks («so») an event of length 0, a dash none;
- after a clause an event may point back to its end: events are taken only as far as they go forward;
- where a clause ends no event says when its last word is over, only when its pause is: the samples tell (`silences`);
- without the option DONT_EXIT the library ends the process when its data are missing;
- voices are found by language, not by name: "en-gb" is the language of a voice called "English (Great Britain)".

The library holds one voice and one callback for the whole process, so it is used from one thread.
"""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np

from server.speech.base import Samples, SpeechError, Spoken
from show.errors import did_you_mean
from show.narration import WORD, Span, ends_clause, ends_sentence

LIBRARY: Final = "libespeak-ng.so.1"
_RETRIEVAL: Final = 1
_DONT_EXIT: Final = 0x8000
_RATE: Final = 1
_PITCH: Final = 3
_UTF8: Final = 1
_BY_CHARACTER: Final = 1
_WORD_EVENT: Final = 1
_SLOWEST, _FASTEST = 80, 450
_QUIET: Final = 60
"""Samples no louder than this, of 32767, are silence; espeak-ng's pauses are zeros."""
_BLOCK_SECONDS: Final = 0.01
_SHORTEST_SILENCE: Final = 0.08
"""A stop consonant is silent for less."""


class _Id(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("message", ctypes.c_uint),
        ("position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("milliseconds", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user", ctypes.c_void_p),
        ("id", _Id),
    ]


class _Voice(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("xx1", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    ]


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


class _Library:
    """The library, started once; what it said last lies in `blocks` and `begins`."""

    def __init__(self, file: str) -> None:
        try:
            self.calls = ctypes.CDLL(file)
        except OSError:
            raise SpeechError("espeak-ng is not installed; type: sudo apt install espeak-ng") from None
        self.calls.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
        self.rate = int(self.calls.espeak_Initialize(_RETRIEVAL, 0, None, _DONT_EXIT))
        if self.rate <= 0:
            raise SpeechError("espeak-ng cannot start: its data (espeak-ng-data) are missing or damaged")
        self.blocks: list[np.ndarray[Any, np.dtype[np.int16]]] = []
        self.begins: list[tuple[int, float]] = []
        self._kept = _Callback(self._take)
        self.calls.espeak_SetSynthCallback(self._kept)

    def _take(self, samples: Any, count: int, events: Any) -> int:
        if samples and count > 0:
            self.blocks.append(np.ctypeslib.as_array(samples, (count,)).copy())
        place = 0
        while events[place].type:
            event = events[place]
            if event.type == _WORD_EVENT:
                self.begins.append((event.position - 1, event.sample / self.rate))
            place += 1
        return 0

    def languages(self) -> list[str]:
        """Return the languages that have a voice."""
        found: list[str] = []
        voices = self.calls.espeak_ListVoices(None)
        place = 0
        while voices[place]:
            found += _languages(voices[place].contents.languages)
            place += 1
        return sorted(set(found))


@lru_cache(maxsize=1)
def _library(file: str) -> _Library:
    return _Library(file)


def known_languages(file: str = LIBRARY) -> list[str]:
    """Return the languages that have a voice, sorted; raise SpeechError when the library cannot be had."""
    return _library(file).languages()


def _languages(address: int | None) -> Iterator[str]:
    """Yield the languages of a voice: for each a byte of priority and a text, until a priority of 0."""
    while address and ctypes.string_at(address, 1) != b"\0":
        word = ctypes.string_at(address + 1)
        yield word.decode(errors="replace")
        address += len(word) + 2


class Espeak:
    """One language of espeak-ng at one pitch (0..99)."""

    def __init__(self, language: str, pitch: int = 45, file: str = LIBRARY) -> None:
        self.name = f"espeak-ng ({language})"
        self._language = language
        self._pitch = pitch
        self._file = file
        known = known_languages(file)
        if language not in known:
            hint = did_you_mean(language, known)
            raise SpeechError(f"espeak-ng speaks no language {language!r}{hint}")

    def say(self, text: str, words_per_minute: float) -> Spoken:
        """Speak a text; its words are what `show.narration.words` makes of it."""
        library = _library(self._file)
        voice = _Voice()
        kept = ctypes.create_string_buffer(self._language.encode())
        voice.languages = ctypes.cast(kept, ctypes.c_void_p)
        library.calls.espeak_SetVoiceByProperties(ctypes.byref(voice))
        library.calls.espeak_SetParameter(_RATE, int(min(max(words_per_minute, _SLOWEST), _FASTEST)), 0)
        library.calls.espeak_SetParameter(_PITCH, self._pitch, 0)
        library.blocks, library.begins = [], []
        encoded = text.replace("\0", " ").encode("utf-8", "replace")
        failed = library.calls.espeak_Synth(encoded, len(encoded) + 1, 0, _BY_CHARACTER, 0, _UTF8, None, None)
        if failed:
            raise SpeechError(f"espeak-ng refused to speak {text[:40]!r} (error {failed})")
        library.calls.espeak_Synchronize()
        samples = np.concatenate(library.blocks) if library.blocks else np.zeros(0, np.int16)
        spans = word_spans(text, library.begins, silences(samples, library.rate), len(samples) / library.rate)
        return Spoken(library.rate, samples, tuple(spans))


def silences(samples: Samples, rate: int) -> list[Span]:
    """Return where nothing is heard for at least _SHORTEST_SILENCE, in seconds."""
    block = max(1, round(rate * _BLOCK_SECONDS))
    count = len(samples) // block
    loud = np.abs(samples[: count * block].astype(np.int32)).reshape(count, block).max(1, initial=0) > _QUIET
    edges = [-1, *np.flatnonzero(loud).tolist(), count]
    found = [((one + 1) * block / rate, two * block / rate) for one, two in itertools.pairwise(edges)]
    return [(begin, end) for begin, end in found if end - begin >= _SHORTEST_SILENCE]


def word_spans(text: str, begins: Iterable[tuple[int, float]], quiet: Sequence[Span], seconds: float) -> list[Span]:
    """Return (begin, end) of every word from (character, second) events, which may miss words or point back.

    A word without an event shares the time of the one before it by letters. A word that ends a clause or a sentence
    ends where the silence behind it begins (`quiet`), every other where the next one begins.
    """
    places = [(found.start(), found.end()) for found in WORD.finditer(text)]
    starts: list[float | None] = [None] * len(places)
    newest, heard = -1, 0.0
    for character, second in begins:
        word = next((n for n in range(newest + 1, len(places)) if places[n][1] > character), None)
        inside = newest >= 0 and character < places[newest][1]
        if word is None or inside or second < heard:
            continue
        starts[word], newest, heard = second, word, second
    times = _filled(starts, [end - begin for begin, end in places], seconds)
    spans = []
    for number, (begin, stop) in enumerate(places):
        end = times[number + 1]
        if ends_sentence(text[begin:stop]) or ends_clause(text[begin:stop]):
            end = min((one for one, two in quiet if times[number] < one < end <= two + _SHORTEST_SILENCE), default=end)
        spans.append((times[number], end))
    return spans


def _filled(starts: Sequence[float | None], letters: Sequence[int], seconds: float) -> list[float]:
    """Return the begin of every word and the end of the last, with those that are not known shared out by letters."""
    if not starts:
        return [seconds]
    known = [(0, starts[0] or 0.0), *((n, start) for n, start in enumerate(starts) if n and start is not None)]
    known.append((len(starts), max(seconds, known[-1][1])))
    times: list[float] = []
    for (first, begin), (last, end) in itertools.pairwise(known):
        weight = sum(letters[first:last])
        done = 0
        for number in range(first, last):
            times.append(begin + (end - begin) * done / weight)
            done += letters[number]
    return [*times, known[-1][1]]
