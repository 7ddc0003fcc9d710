"""Shots for a text: which camera move a passage gets, by rules that can be read; what a shot is: `show.presets`.

The first rule that applies gives the shot, unless the passage before has the same; then the next rule that applies. If
none is left, push and dolly take turns.

| rule | shot |
|---|---|
| it cries out (`!`) | crash-zoom |
| it asks (`?`) | orbit |
| somebody speaks (quotation marks) | push |
| at most STILL_WORDS words, or a word of rest (`sleep`, `silence`) | still |
| a word of a wide place (`sea`, `hill`), or a list (LIST_COMMAS commas) | pan |
| a word of going (`walk`, `train`, `through`) | dolly |

Passages go to the right and to the left by turns, and a longer one goes farther, so that all go about as fast. The
words are English; other languages have the rules of punctuation and length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from show.config import Shot, ShotKind

STILL_WORDS: Final = 8
LIST_COMMAS: Final = 3
_REST: Final = re.compile(
    r"\b(sleep|slept|asleep|silence|silent|still|quiet|wait(ed|s|ing)?|rest(ed|s)?|stop(ped|s)?|empty|calm|"
    r"darkness|stood|stands|frozen)\b",
    re.I,
)
_WIDE: Final = re.compile(
    r"\b(sea|seas|ocean|sky|skies|hills?|mountains?|horizon|fields?|river|lake|shore|coast|beach|desert|plain|valley|"
    r"landscape|city|crowd|wall|stars|island|bridge|harbou?r|forest|meadow|roofs?)\b",
    re.I,
)
_GOING: Final = re.compile(
    r"\b(go|goes|going|went|walk\w*|r[au]n|running|trains?|road|path|street|journey|travel\w*|through|into|towards?|"
    r"followed|follow\w*|climb\w*|door|corridor|stairs?|stairway|enter\w*|came|comes|arriv\w*|left|leav\w*)\b",
    re.I,
)
_SPEECH: Final = re.compile(r"[“”«»„]|(^|\s)[\"'‘]\w")
MOST: Final = 1.0
_PER_SECOND: Final[dict[ShotKind, float]] = {"push": 0.045, "dolly": 0.03, "pan": 0.05, "orbit": 0.05}
"""Amount of a shot per second of its scene: a push doubles the picture in 11 s, a pan and an orbit turn 3 degrees/s."""


@dataclass(frozen=True)
class Choice:
    """A shot for a passage: its kind, the side it goes to (1: right, -1: left) and why it was chosen."""

    kind: ShotKind
    side: int
    why: str

    def shot(self, seconds: float) -> ShotKind | Shot:
        """Return what a show file says of it, for a scene of some seconds."""
        if self.kind not in _PER_SECOND:
            return self.kind
        amount = min(round(_PER_SECOND[self.kind] * seconds, 2), MOST)
        return Shot(kind=self.kind, amount=amount * (1 if self.kind == "push" else self.side))


def choose(text: str, number: int, before: Choice | None) -> Choice:
    """Return the shot of passage `number` of a text, after the shot `before`."""
    side = 1 if number % 2 else -1
    last = before.kind if before is not None else None
    for kind, why in _applying(text):
        if kind != last:
            return Choice(kind, side, why)
    return Choice("dolly" if last == "push" else "push", side, "nothing else to go by")


def _applying(text: str) -> list[tuple[ShotKind, str]]:
    """Return the shots that a text asks for, first rule first."""
    found: list[tuple[ShotKind, str]] = []
    if "!" in text or "！" in text:
        found.append(("crash-zoom", "it cries out"))
    if "?" in text or "？" in text:
        found.append(("orbit", "it asks"))
    if _SPEECH.search(text):
        found.append(("push", "somebody speaks"))
    rest, wide, going = _REST.search(text), _WIDE.search(text), _GOING.search(text)
    if len(text.split()) <= STILL_WORDS:
        found.append(("still", "it is short"))
    elif rest:
        found.append(("still", f"it rests: {rest[0]}"))
    if wide:
        found.append(("pan", f"a wide place: {wide[0]}"))
    elif text.count(",") >= LIST_COMMAS:
        found.append(("pan", "it lists"))
    if going:
        found.append(("dolly", f"it goes: {going[0]}"))
    return found
