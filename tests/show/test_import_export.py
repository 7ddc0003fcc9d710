"""`oriel import` and `oriel export`: what they refuse, and subtitles of a whole show that are read back."""

from __future__ import annotations

from pathlib import Path

import pytest

from show import subtitles
from show.commands.export import export
from show.commands.import_ import import_
from show.errors import OrielError
from show.load import load
from show.narration import words

SHOW = Path(__file__).resolve().parents[2] / "configs" / "the-window.toml"


@pytest.mark.parametrize(
    "name, data", [("gone.txt", None), ("empty.txt", b" \n"), ("marks.md", b"-- ...\n"), ("b.md", b"\xff")]
)
def test_what_is_no_text_is_refused_by_name_before_anything_is_written(
    tmp_path: Path, name: str, data: bytes | None
) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(OrielError, match=name):
        import_(tmp_path / name, tmp_path / "show.toml")
    assert not (tmp_path / "show.toml").exists()


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "story.txt").write_text("It burns.")
    (tmp_path / "show.toml").write_text("mine")
    with pytest.raises(OrielError, match=r"show\.toml: this file is there already; .*--force"):
        import_(tmp_path / "story.txt", tmp_path / "show.toml")
    assert (tmp_path / "show.toml").read_text() == "mine"


def test_a_show_gives_subtitles_of_its_voice_in_both_formats(tmp_path: Path) -> None:
    vtt, srt = tmp_path / "said.vtt", tmp_path / "said.srt"
    export(SHOW, vtt=vtt, srt=srt)
    cues = subtitles.load(vtt)
    assert subtitles.load(srt) == cues
    show = load(SHOW)
    said = [word for cue in cues for word in words(cue.text)]
    assert said == [word for scene in show.scene for word in words(scene.narration)]
    assert subtitles.overlaps(cues) == []
    assert cues[-1].end <= sum(scene.seconds for scene in show.scene)


def test_export_without_a_file_says_what_it_expects() -> None:
    with pytest.raises(OrielError, match="expected --vtt FILE, --srt FILE"):
        export(SHOW)
