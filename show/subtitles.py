"""Subtitles: timed cues as WebVTT and SRT, read with errors by line and written so that reading gives the cues back.

WebVTT is read as the W3C draft of 2019-04-04 describes it (header, NOTE, STYLE and REGION blocks, identifiers, hours
optional, settings after the times, tags and character references in the words); what a wall cannot show is left out:
settings, styles, regions, and tags, of which only the words stay. SRT has no standard: numbers may be missing or wrong,
`.` for `,` is taken, tags and `{\\an8}` marks are left out. Either may begin with a byte order mark and end lines by
CR LF.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from show.errors import OrielError, did_you_mean

LONGEST: Final = 16 * 2**20
"""Bytes of a subtitle file at the most."""
_VTT_TIME: Final = re.compile(r"(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})")
_SRT_TIME: Final = re.compile(r"(\d{1,3}):([0-5]?\d):([0-5]?\d)[,.](\d{1,3})")
_TAG: Final = re.compile(r"</?[A-Za-z0-9][^<>]*>|<[\d:.]+>|</?>")
_POSITION: Final = re.compile(r"\{\\[^{}]*\}")
_BLOCKS: Final = ("NOTE", "STYLE", "REGION")


class SubtitleError(OrielError):
    """A subtitle file is wrong; the message begins with its name and line."""

    exit_code = 2


class Cue(NamedTuple):
    """Words that stand from `begin` to `end`, in seconds; the words may have several lines."""

    begin: float
    end: float
    text: str


class _Lines:
    """The lines of a file, counted from 1, and how to refuse one."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self.lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self.at = 0

    def blocks(self) -> Iterator[list[tuple[int, str]]]:
        """Yield runs of lines between empty ones, each line with its number."""
        block: list[tuple[int, str]] = []
        while self.at < len(self.lines):
            line = self.lines[self.at].replace("\0", "\ufffd")
            self.at += 1
            if line.strip():
                block.append((self.at, line))
            elif block:
                yield block
                block = []
        if block:
            yield block

    def refuse(self, number: int, expected: str, got: str) -> SubtitleError:
        """Return the error for a line."""
        shown = got if len(got) <= 60 else got[:57] + "..."
        return SubtitleError(f"{self.name}:{number}: expected {expected}, got {shown!r}")


def load(path: Path) -> tuple[Cue, ...]:
    """Return the cues of a file, .vtt or .srt by its name; raise SubtitleError naming file and line."""
    suffix = path.suffix.lower()
    if suffix not in (".vtt", ".srt"):
        hint = did_you_mean(suffix, (".vtt", ".srt"))
        raise SubtitleError(f"{path}: expected a subtitle file whose name ends in .vtt or .srt{hint}")
    try:
        if path.stat().st_size > LONGEST:
            raise SubtitleError(f"{path}: a subtitle file may have {LONGEST // 2**20} MiB at the most")
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SubtitleError(f"{path}: there is no such subtitle file") from None
    except UnicodeDecodeError as error:
        raise SubtitleError(f"{path}: not a text in UTF-8 (byte {error.start} cannot be read)") from None
    except (OSError, ValueError) as error:
        raise SubtitleError(f"{path}: cannot be read ({error})") from None
    return read_vtt(text, str(path)) if suffix == ".vtt" else read_srt(text, str(path))


def read_vtt(text: str, name: str = "subtitles") -> tuple[Cue, ...]:
    """Return the cues of a WebVTT text in the order of their beginnings; raise SubtitleError."""
    source = _Lines(text, name)
    first = source.lines[0]
    if first != "WEBVTT" and not first.startswith(("WEBVTT ", "WEBVTT\t")):
        raise source.refuse(1, "the word WEBVTT", first)
    blocks = source.blocks()
    next(blocks)  # the header, up to the first empty line
    cues = []
    for block in blocks:
        if block[0][1].split()[0] in _BLOCKS and "-->" not in block[0][1]:
            continue
        times = 0 if "-->" in block[0][1] else 1
        if times == len(block) or "-->" not in block[times][1]:
            raise source.refuse(block[0][0], 'a line of times such as "00:01.000 --> 00:04.000"', block[0][1])
        begin, end = _times(source, *block[times], _VTT_TIME, "00:01.000 --> 00:04.000")
        words = "\n".join(_plain(line) for _, line in block[times + 1 :])
        cues.append(Cue(begin, end, html.unescape(words).strip()))
    return _ordered(cues)


def read_srt(text: str, name: str = "subtitles") -> tuple[Cue, ...]:
    """Return the cues of an SRT text in the order of their beginnings; raise SubtitleError."""
    source = _Lines(text, name)
    cues: list[Cue] = []
    for block in source.blocks():
        times = next((place for place, (_, line) in enumerate(block[:2]) if "-->" in line), None)
        if times is None and cues and not block[0][1].strip().isdigit():
            # An empty line inside the words of a cue: common, and no player minds.
            more = "\n".join(_plain(line) for _, line in block)
            cues[-1] = cues[-1]._replace(text=f"{cues[-1].text}\n{more}".strip())
            continue
        if times is None:
            number, line = block[min(1, len(block) - 1)]
            raise source.refuse(number, 'a line of times such as "00:00:01,000 --> 00:00:04,000"', line)
        begin, end = _times(source, *block[times], _SRT_TIME, "00:00:01,000 --> 00:00:04,000")
        words = "\n".join(_plain(_POSITION.sub("", line)) for _, line in block[times + 1 :])
        cues.append(Cue(begin, end, words.strip()))
    return _ordered(cues)


def write_vtt(cues: Iterable[Cue]) -> str:
    """Return cues as WebVTT; `&`, `<` and `>` are written as character references."""
    blocks = ["WEBVTT"]
    for cue in cues:
        words = html.escape(_without_gaps(cue.text), quote=False)
        blocks.append(f"{_clock(cue.begin, '.')} --> {_clock(cue.end, '.')}\n{words}")
    return "\n\n".join(blocks) + "\n"


def write_srt(cues: Iterable[Cue]) -> str:
    """Return cues as SRT, numbered from 1."""
    blocks = [
        f"{number}\n{_clock(cue.begin, ',')} --> {_clock(cue.end, ',')}\n{_without_gaps(cue.text)}"
        for number, cue in enumerate(cues, 1)
    ]
    return "\n\n".join(blocks) + "\n" if blocks else ""


class Standing:
    """Cues laid out so that the words of any second are found by bisection.

    Cues that overlap stand together, each on lines of its own, as WebVTT players show them.
    """

    def __init__(self, cues: Iterable[Cue]) -> None:
        ordered = sorted(cues, key=lambda cue: cue.begin)
        edges = sorted({edge for cue in ordered for edge in (cue.begin, cue.end)})
        self._edges = edges
        self._words = [""]
        waiting, standing = iter(ordered), list[Cue]()
        upcoming = next(waiting, None)
        for edge in edges:
            standing = [cue for cue in standing if cue.end > edge]
            while upcoming is not None and upcoming.begin <= edge:
                standing.append(upcoming)
                upcoming = next(waiting, None)
            self._words.append("\n".join(cue.text for cue in standing))

    def at(self, seconds: float) -> str:
        """Return the words that stand at a second; "" when nothing is said."""
        return self._words[bisect_right(self._edges, seconds)]


def overlaps(cues: Sequence[Cue]) -> list[tuple[Cue, Cue]]:
    """Return neighbours that stand at the same time: legal, but seldom meant in one track."""
    return [(one, two) for one, two in pairwise(cues) if two.begin < one.end - 1e-6]


def _times(source: _Lines, number: int, line: str, pattern: re.Pattern[str], example: str) -> tuple[float, float]:
    before, _, after = line.partition("-->")
    begin = pattern.fullmatch(before.strip())
    end = pattern.fullmatch((after.split() or [""])[0])
    if begin is None or end is None:
        raise source.refuse(number, f'times such as "{example}"', line.strip())
    first, last = _seconds(begin), _seconds(end)
    if last <= first:
        raise source.refuse(number, "an end after the beginning", line.strip())
    return first, last


def _seconds(found: re.Match[str]) -> float:
    hours, minutes, seconds, parts = found.groups()
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    # Added as whole thousandths, so that a time that was written comes back as the same float.
    return (whole * 1000 + int(parts.ljust(3, "0"))) / 1000


def _clock(seconds: float, point: str) -> str:
    thousandths = max(0, round(seconds * 1000))
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}{point}{rest % 1000:03d}"


def _plain(line: str) -> str:
    return _TAG.sub("", line).strip()


def _without_gaps(text: str) -> str:
    """Return the words without empty lines (which would end the cue) and without an arrow (which would begin one)."""
    lines = [" ".join(line.split()).replace("-->", "→") for line in text.splitlines()]
    return "\n".join(line for line in lines if line)


def _ordered(cues: Iterable[Cue]) -> tuple[Cue, ...]:
    return tuple(sorted((cue for cue in cues if cue.text), key=lambda cue: cue.begin))
