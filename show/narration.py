"""Narration as numbers: when each word of a text is said, and the captions that follow the voice.

Times come from the voice that speaks (`server/speech`), or, where there is none, are estimated here from a reading
speed. Either way captions are cut by the same rules:

1. A caption ends with a sentence; one longer than LETTERS is cut after the last clause that fits, else after the last
   word that fits.
2. It comes with its first word and stays until the next one comes, or AFTERWARDS seconds after its last word when the
   next is farther away than that.
3. A caption that would stand for less than SHORTEST seconds is joined to the one before if both fit into one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from show.subtitles import Cue, Standing

if TYPE_CHECKING:
    from show.config import Captions, Scene, Show

Span = tuple[float, float]
"""Seconds at which a word begins and ends."""

LETTERS: Final = 84
"""Two lines of 42 letters, the usual measure of subtitles (EBU-TT-D, BBC Subtitle Guidelines 2024)."""
AFTERWARDS: Final = 1.5
SHORTEST: Final = 0.8
SENTENCE_PAUSE: Final = 0.55
"""Seconds of silence after a sentence at 150 words a minute, and after a clause: what espeak-ng 1.51 leaves."""
CLAUSE_PAUSE: Final = 0.30
SPOKEN_SHARE: Final = 0.88
"""The share of a reading time that is word and not pause: a reading speed counts both."""
DIGIT: Final = 4
"""A digit is said as a word, so it counts as so many letters more."""
_USUAL_LETTERS: Final = 5.7
"""Letters of an English word with the gap behind it: a reading speed counts words of this length."""

WORD: Final = re.compile(r"[^\s。！？、，；：]+[。！？、，；：]*|[。！？、，；：]+")
_CLOSING: Final = "\"'”’»›)]}*_"
_ABBREVIATED: Final = frozenset(
    {"mr", "mrs", "ms", "dr", "st", "prof", "jr", "sr", "vs", "fig", "vol", "ed", "etc", "e.g", "i.e", "cf", "ca"}
)


def words(text: str) -> list[str]:
    """Return the words of a text: runs between blanks; ideographic punctuation ends a word without a blank."""
    return WORD.findall(text)


def ends_sentence(word: str) -> bool:
    """Say whether a sentence may end with this word: it ends in . ! ? … or their ideographic kin."""
    bare = word.rstrip(_CLOSING)
    if not bare.endswith((".", "!", "?", "…", "。", "！", "？")):
        return False
    stem = bare.rstrip(".").lstrip("\"'“‘«‹([")
    initial = len(stem) == 1 and stem.isupper() and bare.endswith(".") and stem != "I"
    return not initial and stem.lower() not in _ABBREVIATED


def ends_clause(word: str) -> bool:
    """Say whether a clause ends with this word: , ; : or a dash behind it."""
    return word.rstrip(_CLOSING).endswith((",", ";", ":", "—", "–", "、", "，", "；", "："))


def reading_times(text: str, per_minute: float, lead: float = 0.0) -> list[Span]:
    """Return when each word is read at so many words a minute, beginning `lead` seconds in: long words take longer."""
    per_letter = 60 / per_minute / _USUAL_LETTERS
    slowness = 150 / per_minute
    at, spans = lead, list[Span]()
    for word in words(text):
        digits = sum(letter.isdigit() for letter in word)
        end = at + (len(word) + 1 + DIGIT * digits) * per_letter * SPOKEN_SHARE
        spans.append((at, end))
        pause = SENTENCE_PAUSE if ends_sentence(word) else CLAUSE_PAUSE if ends_clause(word) else 0.0
        at = end + pause * slowness
    return spans


def captions(text: str, spans: Sequence[Span], seconds: float) -> tuple[Cue, ...]:
    """Return the captions of a text whose words are said in `spans`, within a scene of some seconds."""
    said = words(text)
    groups = _joined(_groups(said), spans)
    cues = []
    for place, (first, last) in enumerate(groups):
        begin, end = spans[first][0], spans[last - 1][1] + AFTERWARDS
        if place + 1 < len(groups):
            end = min(end, spans[groups[place + 1][0]][0])
        end = min(end, seconds)
        if end > begin:
            cues.append(Cue(round(begin, 3), round(end, 3), " ".join(said[first:last])))
    return tuple(cues)


def _groups(said: Sequence[str]) -> list[tuple[int, int]]:
    """Return the captions as ranges of words: rule 1."""
    groups, first = [], 0
    while first < len(said):
        last = _fitting(said, first)
        sentence = next((n + 1 for n in range(first, last) if ends_sentence(said[n])), 0)
        clause = next((n + 1 for n in reversed(range(first, last)) if ends_clause(said[n])), 0)
        if not sentence and last < len(said):
            last = clause or last
        groups.append((first, sentence or last))
        first = sentence or last
    return groups


def _fitting(said: Sequence[str], first: int) -> int:
    """Return the end of the longest run of words from `first` that fits into a caption; one word always does."""
    length, last = len(said[first]), first + 1
    while last < len(said) and length + 1 + len(said[last]) <= LETTERS:
        length += 1 + len(said[last])
        last += 1
    return last


def _joined(groups: list[tuple[int, int]], spans: Sequence[Span]) -> list[tuple[int, int]]:
    """Join captions that would flash by to the one before: rule 3 (their letters may pass LETTERS by a little)."""
    if not groups:
        return []
    joined = [groups[0]]
    for (_, _), (first, last) in pairwise(groups):
        if spans[last - 1][1] - spans[first][0] < SHORTEST and last - joined[-1][0] <= 14:
            joined[-1] = joined[-1][0], last
        else:
            joined.append((first, last))
    return joined


class Tracks:
    """The two caption tracks of a show: what they say at any place of the score.

    A track with cues of its own (a subtitle file) says those by show time. Otherwise the narration track says a scene's
    cues by the seconds into the scene: those given, those estimated when the show has a [narration], or the whole
    narration all the time.
    """

    def __init__(self, show: Show) -> None:
        look: Captions = show.captions
        self._prompt = Standing(map(Cue._make, look.prompt.cues)) if look.prompt.cues else None
        self._narration = Standing(map(Cue._make, look.narration.cues)) if look.narration.cues else None
        self._scenes = [self._scene(show, scene) for scene in show.scene]

    @staticmethod
    def _scene(show: Show, scene: Scene) -> Standing | str:
        timed = scene.cues or show.narration is not None
        return Standing(_scene_cues(show, scene, "narration")) if timed else scene.narration

    def caption(self, t: float, own: str) -> str:
        """Return the first track at show time `t`: its cues, or what the scene has of its `own`."""
        return own if self._prompt is None else self._prompt.at(t)

    def narration(self, scene: int, into: float, t: float) -> str:
        """Return the second track `into` seconds into a scene, which is show time `t`."""
        if self._narration is not None:
            return self._narration.at(t)
        said = self._scenes[scene]
        return said if isinstance(said, str) else said.at(into)


def track_cues(show: Show, track: str) -> tuple[Cue, ...]:
    """Return all that a track ("prompt" or "narration") of a show says, by show time: what a subtitle file holds."""
    own = show.captions.narration.cues if track == "narration" else show.captions.prompt.cues
    if own:
        return tuple(map(Cue._make, own))
    cues, begin = [], 0.0
    for scene in show.scene:
        for cue in _scene_cues(show, scene, track):
            cues.append(Cue(round(begin + cue.begin, 3), round(begin + min(cue.end, scene.seconds), 3), cue.text))
        begin += scene.seconds
    return tuple(cue for cue in cues if cue.end > cue.begin)


def _scene_cues(show: Show, scene: Scene, track: str) -> tuple[Cue, ...]:
    """Return the cues of one scene by its own seconds."""
    if track == "prompt":
        said = scene.caption or " · ".join(phrase.text for phrase in scene.words)
        return (Cue(0.0, scene.seconds, said),)
    if scene.cues:
        return tuple(map(Cue._make, scene.cues))
    if not scene.narration:
        return ()
    if show.narration is None:
        return (Cue(0.0, scene.seconds, scene.narration),)
    spans = reading_times(scene.narration, show.narration.words_per_minute, show.narration.lead)
    return captions(scene.narration, spans, scene.seconds)
