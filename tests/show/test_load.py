"""Show files: every mistake is named with its file, line and key, and nothing but a ShowFileError ever comes out."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from show import toml_lines
from show.errors import ShowFileError
from show.load import load

CONFIGS = sorted((Path(__file__).resolve().parents[2] / "configs").glob("*.toml"))
GOOD = """[show]
title = "small"

[[region]]
name = "left"
seed = 1

[[region]]
name = "right"
seed = 2

[[scene]]
name = "red"
seconds = 5
words = [
    { text = "red fire" },  # burning
    { text = "smoke", weight = [[0, 0.5], [5, 1]] },
]
[scene.tracks]
"camera/zoom" = [[0, 1.0], [5, 1.2]]

[[surface]]
region = "left"
corners = [[0, 0], [1, 0], [1, 1], [0, 1]]
"""


def message(text: str, folder: Path) -> str:
    path = folder / "a.toml"
    path.write_text(text)
    with pytest.raises(ShowFileError) as caught:
        load(path)
    return str(caught.value).replace(str(folder), "")


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_every_config_loads(config: Path) -> None:
    assert load(config).scene


@pytest.mark.parametrize(
    "wrong, right, expected",
    [
        ('title = "small"', 'titel = "small"', ["/a.toml:2: show.titel: unknown key; did you mean title?"]),
        ('title = "small"', "", ["/a.toml:1: show.title: is missing"]),
        ("seed = 2", 'seed = "2"', ['/a.toml:10: region[2].seed: expected a whole number, got "2"']),
        ("seed = 2", "seed = 2.5", ["/a.toml:10: region[2].seed: expected a whole number, got 2.5"]),
        ("seconds = 5", "seconds = 0", ["/a.toml:14: scene[1].seconds: must be greater than 0.0, got 0"]),
        ("seconds = 5", "seconds = inf", ["/a.toml:14: scene[1].seconds: expected a finite number"]),
        (
            '{ text = "red fire" }',
            '{ txt = "red fire" }',
            ["/a.toml:16: scene[1].words[1].txt: unknown key; did you mean"],
        ),
        (
            "weight = [[0, 0.5], [5, 1]]",
            'weight = "much"',
            ["/a.toml:17: scene[1].words[2].weight: expected a number or"],
        ),
        (
            "weight = [[0, 0.5], [5, 1]]",
            "weight = [[5, 1], [0, 1]]",
            ["/a.toml:12: scene[1]: weight of phrase 2", "rise"],
        ),
        (
            "seconds = 5",
            'seconds = 5\ninit = "recrod"',
            [
                "/a.toml:15: scene[1].init: expected one of last, noise, black, record, "
                'got "recrod"; did you mean record?'
            ],
        ),
        ("seconds = 5", "seconds = 5\ninit = 0", ["/a.toml:15: scene[1].init: expected one of last,", "got 0"]),
        ("[[0, 1.0], [5, 1.2]]", "[[0, 1.0], [0, 1.2]]", ["camera/zoom", "the seconds of its keys must rise"]),
        (
            "[[0, 0], [1, 0], [1, 1], [0, 1]]",
            "[[0, 0], [1, 1], [1, 0], [0, 1]]",
            ["/a.toml:24: surface[1].corners", "convex"],
        ),
        ("[[0, 0], [1, 0], [1, 1], [0, 1]]", "[[0, 0], [1, 0], [1, 1]]", ["/a.toml:24: surface[1].corners"]),
        ("[[surface]]", "[surface]", ["/a.toml:22: surface: expected a list"]),
        ("seed = 1", "seed = 1\nseed = 2", ["/a.toml:7:", "not TOML"]),
        ("[show]", "[show", ["/a.toml:1:6: not TOML"]),
    ],
)
def test_a_mistake_is_named_with_its_place(wrong: str, right: str, expected: list[str], tmp_path: Path) -> None:
    assert wrong in GOOD
    said = message(GOOD.replace(wrong, right, 1), tmp_path)
    for words in expected:
        assert words in said, said


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = (
        GOOD.replace("seed = 2", "seed = true")
        .replace('title = "small"', "title = 3")
        .replace("seconds = 5", "second = 5")
    )
    lines = message(text, tmp_path).splitlines()
    assert [int(line.split(":")[1]) for line in lines] == [2, 10, 12, 14]


def test_what_is_no_show_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ShowFileError, match="there is no such show file"):
        load(tmp_path / "none.toml")
    with pytest.raises(ShowFileError, match="this is a folder"):
        load(tmp_path)
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b'[show]\ntitle = "caf\xe9"\n')
    with pytest.raises(ShowFileError, match="UTF-8"):
        load(latin)


def test_lines_are_found_through_every_kind_of_toml() -> None:
    text = (
        'a = 1 # [x]\n"b.c" = """two\nlines ] } # "" \\""" here""""\n[t.u]\nd.e = {f = [1, # c\n  2], g = \'[\'}\n'
        "when = 1979-05-27 07:32:00\n[[t.v]]\nx = 1\n[[t.v]]\n[t.v.w]\ny = [[1,\n2],\n[3]]\n[[t.v.z]]\nq = '''\n'''\n"
    )
    found = toml_lines.lines(text)
    assert found[("a",)] == 1
    assert found[("b.c",)] == 2
    assert found[("t", "u", "d", "e")] == 5
    assert found[("t", "u", "d", "e", "f", 1)] == 6
    assert found[("t", "u", "d", "e", "g")] == 6
    assert found[("t", "u", "when")] == 7
    assert found[("t", "v", 0, "x")] == 9
    assert found[("t", "v", 1)] == 10
    assert found[("t", "v", 1, "w", "y", 1)] == 14
    assert found[("t", "v", 1, "z", 0, "q")] == 16


KEYS = [match.start() for match in re.finditer(r"^[a-z]+ = ", GOOD, re.MULTILINE)]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(KEYS), st.integers(0, 5))
def test_an_unknown_key_is_always_named_with_its_own_line(at: int, blank_lines: int) -> None:
    text = GOOD[:at] + "\n" * blank_lines + "unheard_of = 1\n" + GOOD[at:]
    line = text[: text.index("unheard_of")].count("\n") + 1
    with tempfile.TemporaryDirectory() as folder:
        assert f"/a.toml:{line}: " in message(text, Path(folder))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(GOOD)), st.integers(0, 12), st.text(alphabet="[]{}\"'=.,#\\\n 0aé\x00", max_size=6))
def test_a_torn_file_gives_a_sentence_or_a_show_and_nothing_else(at: int, cut: int, splice: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.toml"
        path.write_text(GOOD[:at] + splice + GOOD[at + cut :], encoding="utf-8")
        try:
            said = str(load(path).show.title) + "a.toml"
        except ShowFileError as error:
            said = str(error)
        assert "a.toml" in said
