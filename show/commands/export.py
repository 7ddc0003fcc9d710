"""`oriel export SHOW`: what a show says, for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from show import announce, check, subtitles, voice
from show.check import Opened
from show.dialects import deforum_out
from show.errors import OrielError
from show.narration import track_cues

Track = Literal["prompt", "narration"]


def export(
    show: Annotated[Path, typer.Argument(help="The show file.")],
    vtt: Annotated[Path | None, typer.Option(help="Write a caption track as WebVTT.")] = None,
    srt: Annotated[Path | None, typer.Option(help="Write a caption track as SRT.")] = None,
    track: Annotated[Track, typer.Option(help="Which of the two caption tracks.")] = "narration",
    deforum: Annotated[Path | None, typer.Option(help="Write the score as settings of Deforum (.txt).")] = None,
    fps: Annotated[float, typer.Option(min=1, max=240, help="Frames a second for Deforum.")] = 15.0,
) -> None:
    """Write a show's captions as subtitles, timed by its voice if it has one, or its score for Deforum."""
    if vtt is None and srt is None and deforum is None:
        raise OrielError("export: expected --vtt FILE, --srt FILE or --deforum FILE")
    opened = check.open_show(show, announce.ask)
    if deforum is not None:
        text, lost = deforum_out.written(opened.show, opened.parameters, fps)
        _write(deforum, text)
        print(
            "\n".join([*(f"Lost: {sentence}" for sentence in lost), f"{deforum}: written for Deforum at {fps:g} fps."])
        )
    if vtt is not None or srt is not None:
        _captions(opened, show, vtt, srt, track)


def _captions(opened: Opened, show: Path, vtt: Path | None, srt: Path | None, track: Track) -> None:
    spoken, notes = voice.voiced(opened.show, show)
    for note in notes:
        typer.echo(note, err=True)
    cues = track_cues(spoken, track)
    for path, text in ((vtt, subtitles.write_vtt(cues)), (srt, subtitles.write_srt(cues))):
        if path is not None:
            _write(path, text)
            print(f"{path}: {len(cues)} cues.")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OrielError(f"{path}: it cannot be written ({error.strerror})") from None
