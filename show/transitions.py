"""How the words of a scene follow those before: mixed over the fade (slerp, lerp), or cut at its end or on a beat.

What a cut waits for is the beat `cut_at`: DONE (nothing), WAITING (the beat is not known yet, as it is between an event
and the end of its step), or the number of the beat. Beats are those of the show's clock (channel clock/beat), or else
the score's seconds at its tempo.
"""

from __future__ import annotations

import math
from typing import Final

from show.config import Transition
from show.snapshot import Phrase

DONE: Final = -1.0
WAITING: Final = -2.0
_NEAR: Final = 1e-6


def cut(cut_at: float, beat: float, since: float) -> float:
    """Return what a cut waits for now that the clock stands at `beat`, `since` beats after the scene was entered.

    A clock that was set back lets it go.
    """
    if cut_at == WAITING:
        cut_at = float(math.ceil(beat - since - _NEAR))
    if cut_at == DONE or beat >= cut_at - _NEAR or cut_at - beat > 1 + _NEAR:
        return DONE
    return cut_at


def mix(transition: Transition, share: float, *, done: bool, cut_at: float) -> float:
    """Return how far the new words have come, 0..1; `share` is how far the fade has, `done` says that it is over."""
    if transition == "hold":
        return 1.0 if done else 0.0
    if transition == "cut-on-beat":
        return 1.0 if cut_at == DONE else 0.0
    return share


def folded(old: tuple[Phrase, ...], new: tuple[Phrase, ...], share: float) -> tuple[Phrase, ...]:
    """Return both lists of phrases as one, the new ones with `share` of their weight and the old ones with the rest."""
    both = (*_scaled(old, 1.0 - share), *_scaled(new, share))
    return tuple(phrase for phrase in both if abs(phrase.weight) > 1e-3)


def _scaled(phrases: tuple[Phrase, ...], share: float) -> tuple[Phrase, ...]:
    return tuple(Phrase(phrase.text, phrase.weight * share) for phrase in phrases)
