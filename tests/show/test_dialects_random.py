"""Dialects under random scores: there and back without a change, and never anything but a sentence for what is wrong."""

from __future__ import annotations

import json
import random
import sys
import tomllib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from render.artists.diffusion import PARAMETERS
from show import check
from show.camera import RATES
from show.config import Show
from show.dialects import deforum_out, reading
from show.dialects.reading import DIALECTS, Dialect, Wishes
from show.dialects.source import Source
from show.errors import OrielError
from show.parameter import ParameterTree
from show.parameters import CORE
from show.score import Score
from tests.show.test_dialects import SEED_003

TREE = ParameterTree((*CORE, *PARAMETERS))
FPS = 10.0
LOOKED_AT = (*RATES, "camera/fov", "artist/strength")

WORDS = st.from_regex(r"[a-z]{1,8}( [a-z]{1,8}){0,3}", fullmatch=True)
FRAMES = st.integers(3, 40)


def schedules(values: st.SearchStrategy[float], sums: list[str]) -> st.SearchStrategy[str]:
    value = values.map(lambda number: f"{number:.6f}") | st.sampled_from(sums)
    key = st.tuples(st.integers(0, 45), value)
    return st.lists(key, min_size=1, max_size=5).map(lambda keys: ", ".join(f"{at}: ({text})" for at, text in keys))


@st.composite
def films(draw: st.DrawFn) -> str:
    """Return a settings file of Deforum that stays within what a show can do."""
    frames = draw(FRAMES)
    small = st.floats(-3, 3)
    weight = st.sampled_from(["", " :0.5", " :-0.25", " :`0.5+t/100`", " :`where(t<5,t/5,1)`"])
    phrase = st.tuples(WORDS, weight).map("".join)
    prompt = st.tuples(WORDS, st.lists(phrase, max_size=2), st.sampled_from(["", " --neg people"]))
    prompts = draw(st.dictionaries(st.integers(0, frames - 1), prompt, min_size=1, max_size=4))
    data: dict[str, Any] = {
        "W": 512,
        "H": draw(st.sampled_from([320, 512, 768])),
        "fps": FPS,
        "max_frames": frames,
        "animation_mode": draw(st.sampled_from(["2D", "3D"])),
        "zoom": draw(schedules(st.floats(0.95, 1.05), ["1+0.05*sin(t/7)", "1.02"])),
        "angle": draw(schedules(small, ["sin(t)", "t/40", "(t-20)%7-3"])),
        "translation_x": draw(schedules(small, ["3*cos(t/5)"])),
        "translation_y": draw(schedules(small, ["max_f-t"])),
        "translation_z": draw(schedules(small, ["1.75"])),
        "rotation_3d_x": draw(schedules(st.floats(-1, 1), ["sin(t)/9"])),
        "rotation_3d_y": draw(schedules(st.floats(-1, 1), ["0"])),
        "rotation_3d_z": draw(schedules(st.floats(-1, 1), ["t/99"])),
        "fov_schedule": draw(schedules(st.floats(40, 90), ["70"])),
        "strength_schedule": draw(schedules(st.floats(0.05, 0.95), ["0.65"])),
        "prompts": {str(at): " AND ".join([first, *more]) + away for at, (first, more, away) in prompts.items()},
    }
    return json.dumps(data)


def show_of(text: str, dialect: Dialect, name: str = "x") -> Show:
    toml, _ = reading.imported(Source(name, text), dialect, Wishes())
    return Show.model_validate_json(json.dumps(tomllib.loads(toml)), strict=True)


def looked_at(show: Show) -> tuple[list[list[float]], list[Any]]:
    """Return the numbers and the words of a show in every frame."""
    score, values, said = Score(show, TREE), [], []
    for frame in range(round(score.seconds * FPS)):
        scene, _ = score.locate(frame / FPS + 1e-9)
        into = max(0.0, frame / FPS - score.starts[scene])
        row = [(score.number(scene, address, into), TREE[address].default) for address in LOOKED_AT]
        values.append([float(rest) if number is None else number for number, rest in row])
        words = score.words(scene, into, lambda _: 1.0)
        values[-1] += [word.weight for word in words] + [0.0] * (8 - len(words))
        said.append(([word.text for word in words], show.scene[scene].exclude))
    return values, said


@given(films())
@settings(max_examples=15, deadline=None)
def test_import_export_import_changes_nothing(text: str) -> None:
    once = show_of(text, "deforum")
    settings_file, _ = deforum_out.written(once, TREE, FPS)
    again = show_of(settings_file, "deforum")
    first, second = looked_at(once), looked_at(again)
    assert first[1] == second[1]
    assert np.abs(np.array(first[0]) - np.array(second[0])).max() < 1e-9


SAMPLES: dict[Dialect, str] = {
    "notebook": SEED_003.replace("150", "15").replace("112.5", "11.2").replace("75", "7"),
    "deforum": '{"max_frames": 9, "animation_mode": "2D", "zoom": "0:(1.02), 4:(1+0.1*sin(t)), \\"max_f-2\\": (1)", '
    '"strength_schedule": "0: (0.65)", "prompts": {"0": "a (b:1.2) :`t/9` AND c --neg d", "5": "\\u00e9"}}',
    "parseq": '{"options": {"output_fps": 10, "bpm": 120}, "keyframes": [{"frame": 0, "zoom": 1, "zoom_i": "S"}, '
    '{"frame": 4, "info": "kick", "zoom_i": "if f>5 bez() else sin(p=4b,a=.1)+C"}, {"frame": 9, "zoom": 1.1, "angle": 3, '
    '"angle_i": "f*2-info_match_prev(\\"k|s\\")"}], "prompts": [{"positive": "a ${zoom}", "negative": "b", '
    '"from": 0, "to": 9, "overlap": {"type": "linear", "inFrames": 2, "outFrames": 3}}, {"positive": "c", '
    '"overlap": {"type": "custom", "custom": "f/9"}}]}',
    "travel": '{"prompt_map": {"0": "a (b:1.1) --neg c", "8": "d"}, "prompt_fixed_ratio": 0.5, "n_prompt": ["e"], "seed": [3]}',
    "vqgan": "an apple:1 | fruit:0.5:0.1 | people: 0 ^ a pear\nhills: 1_l || sea: 2",
}
RUNNING = ("compile", "exec", "os.system", "os.exec", "os.fork", "os.posix_spawn", "subprocess.Popen")
HOSTILE = [
    *(
        "()[]{}\"'`:,|^\\\n \t-+*/%=<>&!~.;#_$@",
        "(((",
        ")))",
        ":::",
        "1e999",
        "nan",
        "inf",
        "-1",
        "0",
        "1/0",
        "9**9**9",
    ),
    *(
        "__import__('os').system('false')",
        "lambda: 0",
        "t.real",
        "{}",
        "[]",
        "null",
        "true",
        "\\ud800",
        "\x00",
        "é",
        "--neg",
    ),
    *(" AND ", "where(", "max_f", "zoom", "TEXT:", "&", "\u2028", "\r", "1_000", "0x10", "1.5.2", "`", "${a}", "99999"),
]


def spoilt(text: str, dice: random.Random) -> str:
    """Return a text with up to four letters or words put in, taken out or doubled."""
    for _ in range(dice.randint(1, 4)):
        at, length = dice.randrange(len(text) + 1), dice.randint(0, 6)
        kind = dice.randrange(3)
        put = dice.choice(HOSTILE) if kind == 0 else text[at : at + length] if kind == 1 else ""
        if len(put) > 30:
            put = dice.choice(put)
        text = text[:at] + put + text[at + (length if kind != 1 else 0) :]
    return text


def read_or_refused(text: str, dialect: Dialect, *, checked: bool = True) -> str | Show | None:
    """Return the show of a text (None if it is not to be checked), or what is wrong with it."""
    try:
        if checked:
            return show_of(text, dialect)
        reading.imported(Source("x", text), dialect, Wishes(as_2021=True))
        return None
    except OrielError as error:
        return str(error)


@pytest.fixture
def ran() -> Iterator[list[str]]:
    """Return what the interpreter compiles, runs or starts while a test runs; a hook cannot be taken away again."""
    events: list[str] = []
    armed = [True]
    sys.addaudithook(lambda event, _: events.append(event) if armed and event in RUNNING else None)
    yield events
    armed.clear()


def test_5000_spoilt_scores_become_shows_in_order_or_a_sentence(ran: list[str]) -> None:
    dice = random.Random(5)
    made = refused = 0
    for number in range(5000):
        dialect = dice.choice(list(SAMPLES))
        text = spoilt(SAMPLES[dialect], dice)
        seen = _seen(text) if number % 3 == 0 else None
        found = read_or_refused(text, seen or dialect, checked=number % 8 == 0)
        if isinstance(found, str):
            refused += 1
            assert found.startswith("x:"), text
            assert "\n" not in found
        else:
            made += 1
            assert found is None or check.problems(found, TREE, []) == [], text
    assert (made > 1000, refused > 1000) == (True, True)
    assert ran == []


def _seen(text: str) -> Dialect | None:
    """Return the dialect that a spoilt text looks like; None if it looks like a story now, or like nothing."""
    try:
        seen = reading.detect(Source("x", text))
    except OrielError:
        return None
    assert seen in DIALECTS
    return None if seen == "manuscript" else seen


@given(st.text(max_size=300), st.sampled_from(list(SAMPLES)))
@settings(max_examples=100, deadline=None)
def test_any_text_is_read_or_refused_in_a_sentence(text: str, dialect: Dialect) -> None:
    found = read_or_refused(text, dialect)
    assert isinstance(found, Show) or str(found).startswith("x:")
