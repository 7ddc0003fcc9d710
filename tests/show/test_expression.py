"""Expressions: what scores write is computed, what is none is named with its column, and nothing else ever runs."""

from __future__ import annotations

import math
import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from show.expression import HIGHEST, MOST_NODES, ExpressionError, compile_expression
from show.functions import FUNCTIONS
from show.tokens import LONGEST, renamed

NAMES = frozenset({"t", "f", "b", "audio/bass", "audio/bass-2"})
SCOPE = {"t": 2.5, "f": 60.0, "b": 5.0, "audio/bass": 0.5, "audio/bass-2": 0.25, "fps": 24.0, "bpm": 120.0}


def value(text: str) -> float:
    return compile_expression(text, NAMES).value(SCOPE)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("1.02+0.1*sin(2*3.14*t/60)", 1.02 + 0.1 * math.sin(2 * 3.14 * 2.5 / 60)),
        ("(0.5*cos((3.141*f/20)))+0.5", 0.5 * math.cos(3.141 * 60 / 20) + 0.5),
        ("where(t>5, 1, 0)", 0.0),
        ("max(1, 2, t)", 2.5),
        ("-2**2", -4.0),
        ("2**-1", 0.5),
        ("2^3^2", 512.0),
        ("7 % -3", 1.0),
        ("-7 % 3", -1.0),
        ("mod(-7, 3)", 2.0),
        ("10 - 2 - 3", 5.0),
        ("-1e-3", -0.001),
        ("1 if t < 3 else 2", 1.0),
        ("if t < 2 1 else if t < 3 5 else 9", 5.0),
        ("t < 2 ? 1 : 2", 2.0),
        ("0 < t < 3 and not (t == 1)", 1.0),
        ("(t > 1) & (t < 2) | false", 0.0),
        ("t > 1 && t < 3", 1.0),
        ("4b + 12f + 1s", 3.5),
        ("2bar", 4.0),
        ("sin(p=10, a=2, c=1)", 3.0),
        ("cos(p=5)", -1.0),
        ("saw(10)", 0.25),
        ("tri(10)", 1.0),
        ("sq(p=4)", -1.0),
        ("pulse(p=2, pw=1)", 1.0),
        ("_sqrt(16) + log2(8)", 7.0),
        ("round(2.5) + round(1.236, 2)", 4.24),
        ("clamp(t, 0, 1) + lerp(0, 10, 0.5) + remap(t, 0, 5, 0, 1)", 6.5),
        ("b2f(1) + f2b(24) + s2b(1) + b2s(2) + f2s(24) + s2f(1)", 12 + 2 + 2 + 1 + 1 + 24),
        ("start_of_beat(1.2)", 1.0),
        ("slide(from=0, to=10, in=5) + bez(from=0, to=1, in=1)", 0.0),
        ("ease(0.5, 'ease-in-out')", 0.5),
        ("audio/bass * 2 + audio/bass-2", 1.25),
        ("audio/bass -2", -1.5),
        ('"audio/bass" # a comment', 0.5),
        ("where(t == 0, 0, 1/t)", 0.4),
        ("pi", math.pi),
    ],
)
def test_what_scores_write_is_computed(text: str, expected: float) -> None:
    assert value(text) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("text", ["1/0", "0/0", "sqrt(-1)", "log(0)", "(-1)**0.5", "10**400", "exp(1000)", "asin(2)"])
def test_what_cannot_be_computed_is_no_number_and_no_error(text: str) -> None:
    assert math.isnan(value(text))


@pytest.mark.parametrize(
    "text, column, words",
    [
        ("", 1, "expected a number, got the end"),
        ("1 + * 2", 5, "expected a number, got '*'"),
        ("1 2", 3, "expected an operator or the end, got '2'"),
        ("sin(t", 6, "expected ',' or ')'"),
        ("t.real", 2, "got '.real'"),
        ("t[0]", 2, "got '['"),
        ("__import__('os').system('true')", 17, "got '.system'"),
        ("__import__('os')", 1, "no function '__import__'"),
        ("lambda: 0", 1, "no name 'lambda'"),
        ("1 + sni(t)", 5, "no function 'sni'; did you mean sin?"),
        ("2 * audio/base", 5, "no name 'audio/base' here; did you mean audio/bass?"),
        ("sin", 1, "is a function; expected sin(...)"),
        ("sin(1, 2)", 1, "expected 1 arguments at most, got 2"),
        ("clamp(1)", 1, "needs its argument low"),
        ("rand(sed=1)", 1, "no argument 'sed'; did you mean seed?"),
        ("ease(t, 'in-quat')", 1, "did you mean in-quart?"),
        ("'words'", 1, "expected a number, got a text"),
        ("1e999", 1, "expected a finite number"),
        ("prev_computed_value + 1", 1, "function of its place alone"),
        ("(" * 300, HIGHEST // 2 + 1, "nested too deeply"),
        ("-" * 300, HIGHEST // 2 + 1, "nested too deeply"),
        ("+".join(["t"] * 400), 242, "too large"),
        ("t" * (LONGEST + 1), LONGEST + 1, "letters at most"),
    ],
)
def test_what_is_no_expression_is_named_with_its_column(text: str, column: int, words: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(text, NAMES)
    assert words in str(caught.value)
    assert caught.value.column == column


def test_names_are_told_and_a_missing_one_is_no_number() -> None:
    found = compile_expression("t + audio/bass + rand() + 4b", NAMES)
    assert found.names == {"t", "audio/bass", "fps", "seed", "bpm", "beats_per_bar"}
    assert math.isnan(found.value({"t": 1.0}))


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["rand()", "smrand(3)", "perlin(2, -1, 1)", "vibe(p=2)"]), st.floats(-1e6, 1e6), st.integers(0, 9)
)
def test_noise_is_a_function_of_place_and_seed_within_its_range(text: str, t: float, seed: int) -> None:
    noise = compile_expression(text, NAMES)
    scope = {**SCOPE, "t": t, "seed": float(seed)}
    assert noise.value(scope) == noise.value(dict(scope))
    assert -1.0 <= noise.value(scope) <= 1.0


def test_another_seed_is_another_noise_and_smooth_noise_does_not_jump() -> None:
    smooth = compile_expression("smrand(2)", NAMES)
    one, other = ([smooth.value({"t": n / 100, "seed": seed}) for n in range(1000)] for seed in (1.0, 2.0))
    assert max(abs(a - b) for a, b in zip(one, other, strict=True)) > 0.3
    assert max(abs(a - b) for a, b in pairwise(one)) < 0.01
    assert max(one) - min(one) > 0.5


SIGNS = "( ) , + - * / ** ^ % < == = ? : if else and not 1 2.5 4b 1e308 1e-308 'in-quad' \" ' . [ import __class__ λ"
WORDS = st.sampled_from([*FUNCTIONS, *NAMES, *SIGNS.split(), "\n", "\0"])
SOUND = st.recursive(
    st.sampled_from(["t", "f", "audio/bass", "0", "1.5", "1e300", "-3", "4b"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "**", "%", "<", "and"]), inner).map("({0[0]} {0[1]} {0[2]})".format),
        st.tuples(st.sampled_from(["sin", "exp", "log", "sqrt", "floor", "cosh", "fract", "trunc"]), inner).map("{0[0]}({0[1]})".format),
        st.tuples(inner, inner, inner).map("({0[0]} if {0[1]} else {0[2]})".format),
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.lists(WORDS, max_size=14).map(" ".join), st.text(max_size=30), SOUND))
def test_any_text_is_a_number_or_a_refusal(text: str) -> None:
    refusal = None
    try:
        found = compile_expression(text, NAMES)
    except ExpressionError as error:
        refusal = error
    if refusal is not None:
        assert 1 <= refusal.column <= len(text) + 1
        assert str(refusal)
        return
    number = found.value(SCOPE)
    assert isinstance(number, float)
    assert math.isfinite(number) or math.isnan(number)


def test_the_dearest_expression_ends_in_time() -> None:
    text = "vibe(p=2)+" * (HIGHEST - 5) + "1"
    found = compile_expression(text, NAMES)
    begun = time.perf_counter()
    for _ in range(20):
        found.value(SCOPE)
    assert (time.perf_counter() - begun) / 20 < 0.1
    assert MOST_NODES < LONGEST


def test_names_can_be_exchanged_but_for_functions() -> None:
    assert renamed("t*2 + tan(t) + t2", {"t": "f", "tan": "x"}) == "f*2 + tan(f) + t2"
