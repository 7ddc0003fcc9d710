"""`oriel import FILE -o SHOW.toml`: what people already have becomes a show file, with a report of what was done."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from show import embedding, manuscript, manuscript_file
from show.dialects import reading
from show.dialects.reading import DIALECTS, Dialect, Wishes
from show.dialects.source import Source, load
from show.errors import OrielError, did_you_mean
from show.manuscript import Pace

_SPEAKS: Final = ", ".join(DIALECTS)


def import_(
    file: Annotated[Path, typer.Argument(help="The file to read: a text, or a score of another program.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The show file to write (.toml).")],
    dialect: Annotated[str, typer.Option(help=f"What it is, if its looks deceive: {_SPEAKS}.")] = "",
    fps: Annotated[float | None, typer.Option(min=1, max=240, help="Frames a second, if the file is wrong.")] = None,
    as_2021: Annotated[bool, typer.Option("--as-2021", help="Read keys as the notebook of 2021 read them.")] = False,
    zero_excludes: Annotated[
        bool, typer.Option("--zero-excludes", help="Exclude phrases with a weight of 0 (they only turn off).")
    ] = False,
    words_per_minute: Annotated[float, typer.Option("--wpm", min=60, max=400, help="How fast a text is read.")] = 150.0,
    scene_seconds: Annotated[
        float, typer.Option(min=3, max=120, help="About how long a scene is, if the file has no times.")
    ] = 10.0,
    force: Annotated[bool, typer.Option(help="Write over a file that is there.")] = False,
) -> None:
    """Turn a text or a score of another program into a show file, and say what became of it."""
    if dialect and dialect not in DIALECTS:
        raise OrielError(f"--dialect: expected one of {_SPEAKS}, got {dialect!r}{did_you_mean(dialect, DIALECTS)}")
    if out.exists() and not force:
        raise OrielError(f"{out}: this file is there already; give another name, or --force to write over it")
    source = load(file)
    known = [name for name in DIALECTS if name == dialect]
    spoken: Dialect = known[0] if known else reading.detect(source)
    if as_2021 and spoken != "notebook":
        raise OrielError(f"{file}: --as-2021 is for the strings of the notebook; this was read as {spoken}")
    if spoken == "manuscript":
        pace = Pace(words_per_minute=words_per_minute, target=scene_seconds, longest=2.2 * scene_seconds)
        show_file, report = _text(source, file, pace)
    else:
        show_file, report = reading.imported(source, spoken, Wishes(fps, as_2021, scene_seconds, zero_excludes))
    try:
        out.write_text(show_file, encoding="utf-8")
    except OSError as error:
        raise OrielError(f"{out}: it cannot be written ({error.strerror})") from None
    print("\n".join([f"{file}: read as {spoken}.", *report, f"{out}: written. Look at it with `oriel check {out}`."]))


def _text(source: Source, file: Path, pace: Pace) -> tuple[str, list[str]]:
    """Read a manuscript: its scenes are cut by what the embedded model's text encoder makes of its sentences."""
    manuscript.units(source.text, source.name)  # refused before the model is asked: that takes seconds
    title = file.stem.replace("-", " ").replace("_", " ").strip().capitalize() or "A text"
    return manuscript_file.imported(source.text, embedding.ask, title, pace)
