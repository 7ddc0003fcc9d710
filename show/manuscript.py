"""A manuscript becomes a score: every word of a text is shown as a phrase and spoken as narration, in its order.

1. Text is cut into paragraphs (empty lines), sentences and clauses. A sentence longer than UNIT_WORDS or UNIT_LETTERS
   is cut into units at the ends of clauses, and where it has none every UNIT_WORDS words.
2. Units are gathered into scenes. Each gap between two units has a distance: 1 - cosine between what is said before it
   and after it (the mean of up to WINDOW units on each side, the mean of the whole text taken out), in standard
   deviations, after the block comparison of TextTiling (Hearst 1997). Dynamic programming then finds the cuts that lie
   where the distance is large, at paragraphs, and about `target` seconds apart.
3. Within a scene every clause is a phrase, with fewer than MERGE_WORDS words together with its neighbour, at most
   PHRASES of them. Its weight rises before it is read and sinks after it: the picture listens.
4. Each scene gets a shot (`show.shots`), keywords as its caption, and its text as narration, at a reading speed.

The embedding comes in as an argument: any function from N texts to an array (N, D).
"""

from __future__ import annotations

import math
import re
import textwrap
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from show.config import Shot
from show.errors import OrielError
from show.narration import ends_clause, ends_sentence, reading_times, words
from show.shots import Choice, choose

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
"""From N texts to their embeddings (N, D) float32."""

MOST_BYTES: Final = 8 * 2**20
LONGEST_WORD: Final = 200
UNIT_WORDS: Final = 40
UNIT_LETTERS: Final = 440
SCENE_LETTERS: Final = 990
TITLE_LETTERS: Final = 40
MERGE_WORDS: Final = 3
PHRASES: Final = 6
WINDOW: Final = 2
_DISTANCE_PULL: Final = 0.45
_PARAGRAPH_PULL: Final = 0.5
_LOW: Final = 0.05
"""The weight of a phrase that is not being read."""
_LENGTH: Final = 2.0
"""How hard a scene is held to its target length: cost of a scene of twice or half of it."""
_COMMON: Final = (
    "about above after again against all also although always among and another any are around because been before "
    "behind being below between both but can cannot could did does done down each even ever every everything few for "
    "from gave get gets give goes gone had has have having her here hers him his how into its itself just kept know "
    "knew let like made make many may might more most much must never nobody none nor not nothing now off once one "
    "only onto other our ours out over own perhaps put said same saw say says see seen she should since some "
    "something still such take than that the their them then there these they thing things this those though three "
    "through too two under until upon very was way went were what when where which while who whom whose why will with "
    "within without would yes yet you your"
)
_STOP: Final = frozenset(_COMMON.split())
"""Words that are nobody's keywords."""


class ManuscriptError(OrielError):
    """A text cannot become a score; the message begins with its name and, where there is one, the line."""

    exit_code = 2


@dataclass(frozen=True)
class Pace:
    """How a text is read: words per minute, and seconds of a scene before the first word, after the last, and whole."""

    words_per_minute: float = 150.0
    lead: float = 0.6
    tail: float = 0.9
    target: float = 10.0
    longest: float = 22.0


@dataclass(frozen=True)
class Unit:
    """A sentence, or a part of one that is too long: its words, and whether a paragraph begins with it."""

    words: tuple[str, ...]
    opens: bool

    @property
    def text(self) -> str:
        """Its words with single blanks."""
        return " ".join(self.words)


@dataclass(frozen=True)
class Passage:
    """One scene to be: phrases in order, when each is read in seconds of the scene, its shot, distance and caption.

    `distance` is how far it lies from the passage before it, in standard deviations of all gaps.
    """

    name: str
    phrases: tuple[str, ...]
    spans: tuple[tuple[float, float], ...]
    seconds: float
    shot: Choice
    distance: float
    keywords: tuple[str, ...]

    @property
    def narration(self) -> str:
        """All its words."""
        return " ".join(self.phrases)


def read(path: Path) -> str:
    """Return the text of a file; raise ManuscriptError when it is empty, no text, too long or not in UTF-8."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise ManuscriptError(f"{path}: there is no such text") from None
    except OSError as error:
        raise ManuscriptError(f"{path}: it cannot be read ({error.strerror})") from None
    return decode(data, str(path))


def decode(data: bytes, name: str) -> str:
    """Return a text from bytes in UTF-8 (with or without a byte order mark); raise ManuscriptError."""
    if len(data) > MOST_BYTES:
        raise ManuscriptError(f"{name}: a text may have {MOST_BYTES // 2**20} MiB at the most, got {len(data)} bytes")
    if b"\0" in data[:65536] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ManuscriptError(f"{name}: expected a text, got a binary file (it has zero bytes)")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        byte = data[error.start]
        raise ManuscriptError(
            f"{name}:{line}: expected a text in UTF-8, got the byte 0x{byte:02x} at place {error.start}; "
            "save it as UTF-8 and try again"
        ) from None
    strange = re.search(r"[\x00-\x08\x0e-\x1f\x7f]", text)
    if strange is not None:
        line = text.count("\n", 0, strange.start()) + 1
        raise ManuscriptError(f"{name}:{line}: expected a text, got the control character {strange[0]!r}")
    return text


def passages(text: str, embed: Embed, pace: Pace = Pace(), name: str = "the text") -> tuple[Passage, ...]:
    """Return the scenes of a text; raise ManuscriptError when there is nothing to say or a word has no end."""
    found = units(text, name)
    vectors = np.asarray(embed([unit.text for unit in found]), np.float32)
    if vectors.ndim != 2 or len(vectors) != len(found) or not np.isfinite(vectors).all():
        raise ManuscriptError(f"{name}: expected finite embeddings of {len(found)} texts, got shape {vectors.shape}")
    distances = gap_distances(vectors)
    rarity = _rarity(found)
    passages: list[Passage] = []
    for first, last in cut(found, distances, pace):
        distance = float(distances[first - 1]) if first else 0.0
        before = passages[-1].shot if passages else None
        passage = _passage(len(passages) + 1, found[first:last], distance, before, rarity, pace)
        if any(passage.name == other.name for other in passages):
            passage = replace(passage, name=f"{passage.name} ({len(passages) + 1})")
        passages.append(passage)
    return tuple(passages)


def units(text: str, name: str = "the text") -> list[Unit]:
    """Return the units of a text in order; raise ManuscriptError when it has no words or a word without end."""
    found: list[Unit] = []
    for paragraph in re.split(r"\n\s*\n", text.replace("\r\n", "\n").replace("\r", "\n")):
        opens = True
        for part in _sentences(words(paragraph)):
            for piece in _pieces(part):
                found.append(Unit(tuple(piece), opens))
                opens = False
    if not any(any(letter.isalnum() for letter in word) for unit in found for word in unit.words):
        raise ManuscriptError(f"{name}: expected a text with words, got none")
    long = next((word for unit in found for word in unit.words if len(word) > LONGEST_WORD), None)
    if long is not None:
        line = text.count("\n", 0, text.find(long)) + 1
        raise ManuscriptError(
            f"{name}:{line}: expected words of {LONGEST_WORD} letters at the most, got one of {len(long)}: "
            f"{long[:40]!r}..."
        )
    return found


def _sentences(said: Sequence[str]) -> list[list[str]]:
    """Return runs of words that end with a sentence; marks without a letter belong to the sentence before them."""
    sentences: list[list[str]] = [[]]
    for word in said:
        bare = not any(letter.isalnum() for letter in word)
        if bare and not sentences[-1] and len(sentences) > 1:
            sentences[-2].append(word)
            continue
        sentences[-1].append(word)
        if ends_sentence(word):
            sentences.append([])
    return [sentence for sentence in sentences if sentence]


def _pieces(sentence: Sequence[str]) -> list[list[str]]:
    """Return a sentence in units that are short enough: rule 1."""
    pieces, first = [], 0
    while first < len(sentence):
        last, letters = first + 1, len(sentence[first])
        while last < len(sentence) and last - first < UNIT_WORDS and letters + 1 + len(sentence[last]) <= UNIT_LETTERS:
            letters += 1 + len(sentence[last])
            last += 1
        if last < len(sentence):
            middle = first + (last - first) // 3
            clause = next((n + 1 for n in reversed(range(middle, last)) if ends_clause(sentence[n])), 0)
            last = clause or last
        pieces.append(list(sentence[first:last]))
        first = last
    return pieces


def gap_distances(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the distance at each gap between units (N-1,), in standard deviations from their mean; see rule 2."""
    count = len(vectors)
    if count < 2:
        return np.zeros(0)
    centred = np.asarray(vectors, np.float64) - vectors.mean(0, dtype=np.float64)
    sums = np.concatenate([np.zeros((1, centred.shape[1])), np.cumsum(centred, 0)])
    gaps = np.arange(1, count)
    before = sums[gaps] - sums[np.maximum(gaps - WINDOW, 0)]
    after = sums[np.minimum(gaps + WINDOW, count)] - sums[gaps]
    lengths = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    cosine = (before * after).sum(1) / np.maximum(lengths, 1e-12)
    distance = 1.0 - np.where(lengths > 1e-12, cosine, 1.0)
    spread = distance.std()
    return (distance - distance.mean()) / spread if spread > 1e-9 else np.zeros(count - 1)


def cut(found: Sequence[Unit], distances: NDArray[np.float64], pace: Pace) -> list[tuple[int, int]]:
    """Return scenes as ranges of units: the cheapest way to cut, by dynamic programming; see rule 2."""
    seconds = [reading_times(unit.text, pace.words_per_minute)[-1][1] + 0.5 for unit in found]
    letters = [len(unit.text) + 1 for unit in found]
    best = [0.0, *[math.inf] * len(found)]
    came = [0] * (len(found) + 1)
    for last in range(1, len(found) + 1):
        length, size = pace.lead + pace.tail, 0
        for first in range(last - 1, -1, -1):
            length, size = length + seconds[first], size + letters[first]
            if last - first > 1 and (length > pace.longest or size > SCENE_LETTERS):
                break
            pull = 0.0
            if first:
                pull = _DISTANCE_PULL * float(distances[first - 1]) + _PARAGRAPH_PULL * found[first].opens
            cost = best[first] + _LENGTH * math.log2(length / pace.target) ** 2 - pull
            if cost < best[last]:
                best[last], came[last] = cost, first
    ranges = []
    last = len(found)
    while last:
        ranges.append((came[last], last))
        last = came[last]
    return ranges[::-1]


def _passage(
    number: int, found: Sequence[Unit], distance: float, before: Choice | None, rarity: dict[str, float], pace: Pace
) -> Passage:
    said = [word for unit in found for word in unit.words]
    text = " ".join(said)
    times = reading_times(text, pace.words_per_minute, pace.lead)
    phrases, spans, place = [], [], 0
    for phrase in _phrases([unit.words for unit in found]):
        phrases.append(" ".join(phrase))
        spans.append((times[place][0], times[place + len(phrase) - 1][1]))
        place += len(phrase)
    return Passage(
        name=_title(said),
        phrases=tuple(phrases),
        spans=tuple(spans),
        seconds=round(times[-1][1] + pace.tail, 1),
        shot=choose(text, number, before),
        distance=distance,
        keywords=_keywords(said, rarity),
    )


def _phrases(found: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return the clauses of some units, short ones joined to a neighbour, PHRASES at the most: rule 3."""
    clauses: list[list[str]] = []
    for unit in found:
        begun: list[str] = []
        for word in unit:
            begun.append(word)
            if ends_clause(word) or ends_sentence(word):
                clauses.append(begun)
                begun = []
        if begun:
            clauses.append(begun)
    while len(clauses) > 1:
        shortest = min(range(len(clauses)), key=lambda n: len(clauses[n]))
        if len(clauses) <= PHRASES and len(clauses[shortest]) >= MERGE_WORDS:
            break
        room = [n for n in (shortest - 1, shortest) if 0 <= n < len(clauses) - 1]
        pair = min(room, key=lambda n: len(clauses[n]) + len(clauses[n + 1]))
        clauses[pair : pair + 2] = [clauses[pair] + clauses[pair + 1]]
    return [piece for clause in clauses for piece in _pieces(clause)]


def _title(said: Sequence[str]) -> str:
    cleaned = [re.sub(r"[^\w'’-]", "", word) for word in said]
    return textwrap.shorten(" ".join(cleaned).lower(), TITLE_LETTERS, placeholder="") or "scene"


def _bare(word: str) -> str:
    return re.sub(r"^\W+|\W+$|['’]s\W*$", "", word).lower()


def _rarity(found: Sequence[Unit]) -> dict[str, float]:
    """Return the weight of every word: its inverse frequency over the units of the text (idf)."""
    counts = Counter(word for unit in found for word in {_bare(word) for word in unit.words})
    return {word: math.log((1 + len(found)) / count) for word, count in counts.items()}


def _keywords(said: Sequence[str], rarity: dict[str, float]) -> tuple[str, ...]:
    """Return the three words that are most its own (tf-idf), in their order."""
    counts = Counter(_bare(word) for word in said)
    able = [word for word in counts if len(word) > 2 and word not in _STOP and not word.isdigit()]
    chosen = sorted(able, key=lambda word: (-counts[word] * rarity[word] * (1 + min(len(word), 9) / 18), word))[:3]
    return tuple(word for word in counts if word in chosen)


def weight_keys(passage: Passage, number: int) -> list[list[float]]:
    """Return the keys [second, weight] of phrase `number` (from 0): up before it is read, down after it; rule 3."""
    begin, end = passage.spans[number]
    ease = min(1.0, passage.seconds / 6)
    keys = [[0.0, 1.0 if number == 0 else _LOW], [begin - ease, _LOW], [begin, 1.0], [end, 1.0], [end + ease, _LOW]]
    if number == 0:
        keys[1:3] = []
    if number == len(passage.phrases) - 1:
        keys[-1:] = []
    kept: list[list[float]] = []
    for second, weight in keys:
        second = round(min(max(second, 0.0), passage.seconds), 2)
        if kept and second <= kept[-1][0]:
            kept[-1][1] = max(kept[-1][1], weight)
        else:
            kept.append([second, weight])
    return kept


def scene(passage: Passage) -> dict[str, Any]:
    """Return a passage as the table [[scene]] of a show file."""
    single = len(passage.phrases) == 1
    shot = passage.shot.shot(passage.seconds)
    return {
        "name": passage.name,
        "seconds": passage.seconds,
        "fade": round(min(passage.seconds / 2, 2.5 if passage.distance < 0.5 else 1.5), 1),
        "shot": shot.model_dump() if isinstance(shot, Shot) else shot,
        "words": [
            {"text": text, "weight": 1.0 if single else weight_keys(passage, number)}
            for number, text in enumerate(passage.phrases)
        ],
        "caption": " · ".join(passage.keywords) or passage.name,
        "narration": passage.narration,
    }


@dataclass(frozen=True)
class Account:
    """What became of the words: how many the text has, phrases say and narration says, and the first that differs."""

    text: int
    phrases: int
    narration: int
    difference: str

    @property
    def complete(self) -> bool:
        """Whether all words are there, in their order, both times."""
        return not self.difference


def account(text: str, scenes: Sequence[dict[str, Any]]) -> Account:
    """Compare the words of a text with those of all scenes' phrases and of all their narrations."""
    wanted = words(text)
    shown = [word for part in scenes for phrase in part["words"] for word in words(phrase["text"])]
    spoken = [word for part in scenes for word in words(part["narration"])]
    difference = ""
    for kind, got in (("phrases", shown), ("narration", spoken)):
        place = next((n for n in range(max(len(wanted), len(got))) if wanted[n : n + 1] != got[n : n + 1]), None)
        if place is not None and not difference:
            difference = (
                f"word {place + 1}: {wanted[place : place + 1]} in the text, {got[place : place + 1]} in {kind}"
            )
    return Account(len(wanted), len(shown), len(spoken), difference)
