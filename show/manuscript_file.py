"""The show file of a manuscript: a triptych that shows the scenes of a text and speaks them; and a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from show import manuscript, show_text
from show.manuscript import Account, Embed, ManuscriptError, Pace, Passage

_REGIONS: Final = (("left", 2021, 1.0), ("centre", 150, 0.5), ("right", 4213, -1.0))
_CORNERS: Final = {
    "left": [[0.090, 0.025], [0.353, 0.050], [0.353, 0.790], [0.090, 0.815]],
    "centre": [[0.3685, 0.050], [0.6315, 0.050], [0.6315, 0.790], [0.3685, 0.790]],
    "right": [[0.647, 0.050], [0.910, 0.025], [0.910, 0.815], [0.647, 0.790]],
}
"""Three tall lights; on a wall of 16 to 9 a picture of 3 to 5 keeps its shape."""


def imported(text: str, embed: Embed, title: str, pace: Pace | None = None) -> tuple[str, list[str]]:
    """Return the show file of a text and the lines of its report; raise ManuscriptError."""
    pace = pace or Pace()
    found = manuscript.passages(text, embed, pace, title)
    scenes = [manuscript.scene(passage) for passage in found]
    account = manuscript.account(text, scenes)
    if not account.complete:
        raise ManuscriptError(f"{title}: a word went astray: {account.difference}; please report this text")
    return show_file(title, found, scenes, pace), report(found, account)


def report(found: Sequence[Passage], account: Account) -> list[str]:
    """Return what became of a text, in sentences."""
    seconds = sum(passage.seconds for passage in found)
    shots = ", ".join(f"{count} {kind}" for kind, count in Counter(p.shot.kind for p in found).most_common())
    phrases = sum(len(passage.phrases) for passage in found)
    return [
        f"{account.text} words: all {account.phrases} stand in {phrases} phrases and all {account.narration} in the "
        "narration, in their order.",
        f"{len(found)} scenes, {seconds:.1f} s, {min(p.seconds for p in found):.1f} to "
        f"{max(p.seconds for p in found):.1f} s each. Shots: {shots}.",
    ]


def show_file(title: str, found: Sequence[Passage], scenes: Sequence[dict[str, Any]], pace: Pace) -> str:
    """Return the show file of the scenes of a text as TOML."""
    parts = [
        show_text.table("[show]", {"title": title[:80], "loop": False}),
        show_text.table(
            "[artist]",
            {"module": "diffusion", "width": 192, "height": 320, "rate": 6, "options": {"model": "embedded"}},
        ),
        show_text.table("[parameters]", {"artist/strength": 0.5}),
        show_text.table(
            "[narration]", {"language": "en-gb", "words_per_minute": pace.words_per_minute, "lead": pace.lead}
        ),
        show_text.table("[captions]", {"size": 0.04, "prompt_at": [0.5, 0.88], "narration_at": [0.5, 0.965]}),
    ]
    parts += [show_text.table("[[region]]", {"name": n, "seed": s, "angle": a}) for n, s, a in _REGIONS]
    for passage, scene in zip(found, scenes, strict=True):
        parts.append(show_text.table("[[scene]]", scene, f"Shot: {passage.shot.kind}, because {passage.shot.why}."))
    parts.append(show_text.table("[[output]]", {"name": "wall", "module": "window", "width": 1920, "height": 1080}))
    parts += [
        show_text.table("[[surface]]", {"region": name, "corners": corners}) for name, corners in _CORNERS.items()
    ]
    return "\n".join(parts)
