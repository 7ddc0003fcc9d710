"""Subtitle files: real texts in, cues out, and errors that name the line."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from show.subtitles import Cue, Standing, SubtitleError, load, overlaps, read_srt, read_vtt, write_srt, write_vtt

VTT = """\ufeffWEBVTT - a title
Kind: captions

STYLE
::cue { color: yellow }

NOTE nobody reads this

intro
00:01.000 --> 00:04.250 align:start position:10%
<v Anna>Black <i>water</i> &amp; more
second line

01:00:00.000 --> 01:00:01.000
an hour in
"""
SRT = """1\r
00:00:01,000 --> 00:00:04,250\r
{\\an8}<i>Black</i> water\r
\r
7\r
0:00:05.5 --> 0:00:06,000\r
out of order numbers\r
\r
with a gap\r
"""


def test_vtt_is_read_with_everything_that_a_wall_cannot_show_left_out() -> None:
    assert read_vtt(VTT) == (
        Cue(1.0, 4.25, "Black water & more\nsecond line"),
        Cue(3600.0, 3601.0, "an hour in"),
    )


def test_srt_is_read_as_players_read_it() -> None:
    assert read_srt(SRT) == (Cue(1.0, 4.25, "Black water"), Cue(5.5, 6.0, "out of order numbers\nwith a gap"))


@pytest.mark.parametrize(
    "text, line, expected",
    [
        ("", 1, "WEBVTT"),
        ("WEBVT\n", 1, "WEBVTT"),
        ("WEBVTT\n\n00:01.000 -> 00:02.000\nwords\n", 3, "times"),
        ("WEBVTT\n\n\n00:01,000 --> 00:02.000\nwords\n", 4, "00:01.000"),
        ("WEBVTT\n\nname\n00:03.000 --> 00:02.000\nwords\n", 4, "an end after"),
        ("WEBVTT\n\n00:61.000 --> 01:02.000\nwords\n", 3, "times such as"),
    ],
)
def test_a_wrong_vtt_is_refused_with_its_line(text: str, line: int, expected: str) -> None:
    with pytest.raises(SubtitleError) as refused:
        read_vtt(text, "film.vtt")
    assert str(refused.value).startswith(f"film.vtt:{line}: expected")
    assert expected in str(refused.value)


def test_a_wrong_srt_is_refused_with_its_line() -> None:
    with pytest.raises(SubtitleError, match=r"film\.srt:6: expected times such as .* got 'soon --> later'"):
        read_srt("1\n00:00:01,000 --> 00:00:02,000\nwords\n\n2\nsoon --> later\n", "film.srt")


@pytest.mark.parametrize("name, data", [("a.vtt", b"\xff\xfe\x00"), ("b.txt", b"WEBVTT"), ("gone.srt", None)])
def test_files_that_are_none_are_refused_by_name(tmp_path: Path, name: str, data: bytes | None) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(SubtitleError, match=name):
        load(tmp_path / name)


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zs", "Zl", "Zp", "Cs")), min_size=1, max_size=9)
LINES = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)
TIMED = st.tuples(st.integers(0, 10**7), st.integers(1, 10**5), LINES)
CUES = st.lists(TIMED, max_size=8).map(
    lambda rows: tuple(sorted((Cue(b / 1000, (b + n) / 1000, t) for b, n, t in rows), key=lambda cue: cue.begin))
)


@given(CUES)
@settings(max_examples=60, deadline=None)
def test_vtt_that_was_written_is_read_back(cues: tuple[Cue, ...]) -> None:
    wanted = tuple(cue._replace(text=" ".join(cue.text.replace("-->", "→").split())) for cue in cues)
    assert read_vtt(write_vtt(cues)) == wanted


PLAIN = st.lists(st.from_regex(r"[a-zé,.!?]{1,9}", fullmatch=True), min_size=1, max_size=5).map(" ".join)


@given(st.lists(st.tuples(st.integers(0, 10**7), st.integers(1, 10**5), PLAIN), max_size=8))
@settings(max_examples=60, deadline=None)
def test_srt_that_was_written_is_read_back(rows: list[tuple[int, int, str]]) -> None:
    cues = tuple(sorted((Cue(b / 1000, (b + n) / 1000, t) for b, n, t in rows), key=lambda cue: cue.begin))
    assert read_srt(write_srt(cues)) == cues


@given(st.text(max_size=120))
@settings(max_examples=100, deadline=None)
def test_no_text_ends_the_readers_but_by_their_own_error(text: str) -> None:
    for read in (read_vtt, read_srt):
        for tried in (text, "WEBVTT\n\n" + text):
            with contextlib.suppress(SubtitleError):
                assert all(cue.end > cue.begin and cue.text for cue in read(tried))


@given(CUES, st.floats(0, 10_100))
@settings(max_examples=60, deadline=None)
def test_what_stands_is_what_a_walk_over_all_cues_finds(cues: tuple[Cue, ...], second: float) -> None:
    assert Standing(cues).at(second) == "\n".join(cue.text for cue in cues if cue.begin <= second < cue.end)


def test_cues_that_overlap_are_found() -> None:
    one, two, three = Cue(0, 2, "a"), Cue(1.5, 3, "b"), Cue(3, 4, "c")
    assert overlaps([one, two, three]) == [(one, two)]
