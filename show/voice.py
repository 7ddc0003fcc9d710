"""Asking the voice, in a short-lived child, when it says each word: nobody but that child loads a speech library.

`python -m server.speech` reads a Request as JSON and prints an Answer.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from itertools import accumulate
from pathlib import Path
from typing import Final

import msgspec

from show.config import Show
from show.errors import OrielError
from show.narration import Span, captions

_MODULE: Final = "server.speech"
_FILM_MODULE: Final = "mapping.sound"
_SECONDS: Final = 600


class Part(msgspec.Struct, frozen=True):
    """The narration of one scene: its text, where the scene begins in the show, and how long it is, in seconds."""

    scene: str
    text: str
    begin: float
    seconds: float


class Request(msgspec.Struct, frozen=True):
    """What is to be spoken: the show's [narration] as JSON, the folder of its file, its scenes.

    With `wav` the whole is written into that file, `length` seconds long; the scenes begin again every `period`
    seconds (0: once).
    """

    narration: str
    folder: str
    parts: tuple[Part, ...]
    wav: str = ""
    length: float = 0.0
    period: float = 0.0


class Answer(msgspec.Struct, frozen=True):
    """Per part, when its words are said in seconds of the scene; `trouble` says why there is no voice, if so."""

    spans: tuple[tuple[Span, ...], ...] = ()
    trouble: str = ""
    notes: tuple[str, ...] = ()


def parts(show: Show) -> tuple[Part, ...]:
    """Return what a show has to say, in order."""
    starts = accumulate((scene.seconds for scene in show.scene), initial=0.0)
    return tuple(
        Part(scene.name, scene.narration, start, scene.seconds)
        for scene, start in zip(show.scene, starts, strict=False)
        if scene.narration.strip()
    )


def ask(show: Show, path: Path, wav: Path | None = None, length: float = 0.0) -> Answer:
    """Let the voice of a show speak all of it, into a file if one is named; raise OrielError when the child fails."""
    assert show.narration is not None
    request = Request(
        narration=show.narration.model_dump_json(),
        folder=str(path.resolve().parent),
        parts=parts(show),
        wav=str(wav) if wav else "",
        length=length,
        period=sum(scene.seconds for scene in show.scene) if show.show.loop else 0.0,
    )
    command = [sys.executable, "-m", _MODULE]
    done = subprocess.run(
        command, input=msgspec.json.encode(request), capture_output=True, timeout=_SECONDS, check=False
    )
    if done.returncode != 0:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise OrielError(f"the narration could not be spoken: {' '.join(last)}")
    return msgspec.json.decode(done.stdout, type=Answer)


def voiced(show: Show, path: Path) -> tuple[Show, tuple[str, ...]]:
    """Return a show whose captions follow its voice word by word, and sentences for its author.

    A show without [narration] comes back as it is; one whose voice cannot be had keeps captions by reading speed.
    Scenes with cues of their own keep them.
    """
    if show.narration is None or not parts(show):
        return show, ()
    answer = ask(show, path)
    if answer.trouble:
        return show, (f"The narration stays silent: {answer.trouble}. Its captions go by reading speed.",)
    spans = iter(answer.spans)
    scenes = []
    for scene in show.scene:
        own = next(spans) if scene.narration.strip() else ()
        if own and not scene.cues:
            cues = tuple(tuple(cue) for cue in captions(scene.narration, own, scene.seconds))
            scene = scene.model_copy(update={"cues": cues})
        scenes.append(scene)
    return show.model_copy(update={"scene": tuple(scenes)}), answer.notes


def lay_into(film: Path, show: Show, path: Path, seconds: float) -> str:
    """Give a finished film of a show its spoken sound track; return a sentence about it, "" without [narration]."""
    if show.narration is None or not parts(show):
        return ""
    with tempfile.TemporaryDirectory(prefix="oriel-voice-") as folder:
        wav = Path(folder) / "voice.wav"
        answer = ask(show, path, wav, seconds)
        if answer.trouble:
            return f"{film}: without sound, because {answer.trouble}."
        command = [sys.executable, "-m", _FILM_MODULE, str(film), str(wav)]
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
    if done.returncode != 0:
        return " ".join(done.stderr.decode(errors="replace").strip().splitlines()[-1:])
    return f"{film}: with its narration as sound track."
