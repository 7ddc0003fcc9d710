"""Parseq without rendered frames: the values of its own renderer (data/parseq_vectors.json), and what is told as lost."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from show.config import Show
from show.dialects import json_text, parseq_keys, parseq_prompts
from show.dialects.film import Film
from show.dialects.parseq_keys import Keys
from show.dialects.parseq_lang import Tempo, translated
from show.dialects.source import Source
from show.expression import ExpressionError
from tests.show.test_dialects import full, near, show_of

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parent / "data" / "parseq_vectors.json").read_text(encoding="utf-8")
)
NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e-\d+)?")
LANGUAGE = Tempo(30.0, 140.0, 2.0)


def keys_of(document: dict[str, Any], tempo: Tempo = LANGUAGE) -> Keys:
    return parseq_keys.read(json_text.parse(Source("x", json.dumps(document)).whole()), tempo)


def with_formula(text: str) -> dict[str, Any]:
    """Return the document of the vectors with a formula in its first key frame."""
    document: dict[str, Any] = json.loads(json.dumps(VECTORS["keys"]))
    document["keyframes"][0]["angle_i"] = text
    return document


def film() -> Film:
    return Film("Parseq", 30.0, [])


@pytest.mark.parametrize("case", VECTORS["formulas"], ids=lambda case: case["formula"])
def test_formulas_have_the_values_of_parseqs_code(case: dict[str, Any]) -> None:
    told = film()
    found = parseq_keys.field(keys_of(with_formula(case["formula"])), "angle", told)
    near(found, full(case["values"] if isinstance(case["values"], list) else float(case["values"]), 21))
    assert told.lost == []


def test_a_whole_document_is_what_parseq_renders_of_it() -> None:
    document, frames = VECTORS["document"], VECTORS["rendered"]
    keys = keys_of(document, Tempo(10.0, 120.0, 2.0))
    told = film()
    for name in ("zoom", "strength", "prompt_weight_1", "translation_z"):
        near(parseq_keys.field(keys, name, told), [frame[name] for frame in frames])
    node = json_text.parse(Source("x", json.dumps(document)).whole())
    said = dict(parseq_prompts.read(node, keys, told))
    assert sorted(said) == [0, 8, 9, 10, 11, 12, 13]
    for frame, text in said.items():
        # Parseq writes weights with 4 or 5 digits; here they are not rounded, and only said where there are two.
        theirs = frames[frame]["deforum_prompt"].replace(": 1 ", ": 1.0 ")
        assert NUMBER.sub("#", text.text) == NUMBER.sub("#", theirs)
        assert _rounded(text.text) == _rounded(theirs)
    assert told.lost == []
    # With its frames rendered or without, it becomes one show.
    rendered = {**document, "rendered_frames": frames}
    (once, _), (again, report) = show_of(json.dumps(rendered)), show_of(json.dumps(document))
    assert _words(once) == _words(again)
    assert once.scene[0].tracks.keys() == again.scene[0].tracks.keys()
    assert any("not rendered" in line for line in report)


def _rounded(text: str) -> list[float]:
    return [round(float(number), 4) for number in NUMBER.findall(text)]


def _words(show: Show) -> list[list[str]]:
    return [[phrase.text for phrase in scene.words] + list(scene.exclude) for scene in show.scene]


@pytest.mark.parametrize(
    "text, why",
    [
        ("computed_at(3)", "asks for what was computed in another frame"),
        ("recompute_if(f>3, f)", "remembers"),
        ('dangerous("zoom")', "another field"),
        ("kick_drum", "there is no name 'kick_drum'"),
        ("kick(f)", "there is no function 'kick'"),
        ("sin(q=3)", "sin has no argument 'q'"),
        ("sin()", "sin needs its argument period"),
        ("max(1,2,3)", "max takes 2 arguments at most"),
        ('"cat"', "expected a number"),
        ('bez(c="wobbly")', "there is no easing 'wobbly'"),
        ('info_match("(a+)+$")', "expected a pattern of letters"),
        ('start_of_beat(f,"x")', "expected d, u or r"),
        ("1/(f-5)", "no finite value in frame 5"),
        ("(L", "expected ')'"),
        ("if f>5 if f>7 1 else 2", "whose else"),
        ("t.real", "expected"),
        ("(" * 99 + "1", "nested too deeply"),
    ],
)
def test_what_is_not_understood_is_told_with_its_text_and_becomes_straight_lines(text: str, why: str) -> None:
    told = film()
    found = parseq_keys.field(keys_of(with_formula(text)), "angle", told)
    assert len(told.lost) == 1
    assert why in told.lost[0]
    assert "angle_i" in told.lost[0]
    assert text[:9] in told.lost[0]
    if text != "1/(f-5)":
        assert found.tolist() == parseq_keys.field(keys_of(with_formula("L")), "angle", told).tolist()


def test_random_numbers_are_ours_and_it_is_said() -> None:
    for text in ("rand(s=3)", "smrand(s=1,sm=4)", "perlin(n=2,x=3)", "vibe(pmin=2,pmax=6)"):
        told = film()
        found = parseq_keys.field(keys_of(with_formula(text)), "angle", told)
        assert np.ptp(found) > 0
        assert told.lost == [f"angle_i: {text!r} has other random numbers than Parseq's."]


def test_prompts_with_sums_and_what_all_say() -> None:
    list_: list[Any] = [{"positive": "a cat ${oops(3)}", "negative": "", "from": 0, "to": 9}]
    document: dict[str, Any] = {
        "options": {"output_fps": 10, "bpm": 60},
        "keyframes": [{"frame": 0, "angle": 0}, {"frame": 9, "angle": 9}],
        "prompts": {
            "promptList": list_,
            "commonPrompt": {"positive": "oil of [prompt] at ${f+1-1}", "negative": ""},
            "commonPromptPos": "template",
        },
    }
    show, report = show_of(json.dumps(document))
    assert show.scene[0].words[0].text == "oil of a cat 1.00000 at 0.00000"
    assert any("prompts: 'oops(3)' became 1: there is no function 'oops' here." in line for line in report)
    list_[0]["overlap"] = {"type": "custom", "custom": "angle/9"}
    list_.append({"positive": "a dog", "negative": "", "from": 0, "to": 9})
    document["prompts"] = list_
    list_[0]["positive"] = "a cat"
    show, report = show_of(json.dumps(document))
    assert show.scene[0].words[0].weight == [(0.0, 0.0), (0.9, 1.0)]


PARTS = st.sampled_from(
    [
        "(",
        ")",
        ",",
        "+",
        "-",
        "*",
        "/",
        "^",
        "%",
        "<",
        "==",
        "=",
        ":",
        "if",
        "else",
        "and",
        "or",
        "1",
        "2.5",
        "4b",
        "3s",
        "f",
        "k",
        "L",
        "S",
        "C",
        "sin(",
        "bez(",
        "p",
        "a",
        "c",
        '"in-quad"',
        "'",
        ".",
        "info_match(",
        "λ",
    ]
)


@given(st.lists(PARTS, max_size=25).map(" ".join))
@settings(max_examples=150, deadline=None)
def test_any_formula_is_told_or_refused(text: str) -> None:
    with contextlib.suppress(ExpressionError):
        assert translated(text, LANGUAGE).text
    told = film()
    assert np.isfinite(parseq_keys.field(keys_of(with_formula(text)), "angle", told)).all()
