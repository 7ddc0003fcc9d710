"""Parameters: typed, clamped, and named when something does not fit."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from show.parameter import Parameter, ParameterError, ParameterTree, options

ZOOM = Parameter("camera/zoom", "float", 1.0, "Zoom", 0.25, 4.0)
STEPS = Parameter("artist/steps", "int", 1, "Steps", 1, 4)
CARD = Parameter("wall/testcard", "bool", False, "Card")
WORDS = Parameter("prompt/text", "text", "", "Words")
MODE = Parameter("mode", "choice", "auto", "Mode", choices=("auto", "cuda"))


@pytest.mark.parametrize(
    "parameter, given, taken",
    [(ZOOM, 2, 2.0), (ZOOM, 9.0, 4.0), (ZOOM, -1, 0.25), (STEPS, 3.0, 3), (STEPS, 99, 4), (CARD, 1, True), (CARD, 0.0, False),
     (WORDS, "fire", "fire"), (MODE, "cuda", "cuda")],
)  # fmt: skip
def test_what_fits_is_taken_and_clamped(parameter: Parameter, given: object, taken: object) -> None:
    accepted = parameter.accept(given)
    assert (accepted, type(accepted)) == (taken, type(taken))


@pytest.mark.parametrize(
    "parameter, given, words",
    [(ZOOM, "2", "a number"), (ZOOM, True, "a number"), (ZOOM, math.nan, "a number"), (STEPS, 1.5, "a whole number"),
     (CARD, 2, "true or false"), (CARD, "on", "true or false"), (WORDS, 3, "a text"), (MODE, "cdua", "did you mean cuda?")],
)  # fmt: skip
def test_what_does_not_fit_is_refused_by_name(parameter: Parameter, given: object, words: str) -> None:
    with pytest.raises(ParameterError, match=parameter.address) as caught:
        parameter.accept(given)
    assert words in str(caught.value)


@given(st.one_of(st.floats(), st.integers(), st.text(), st.booleans(), st.none(), st.binary()))
def test_nothing_gets_through_that_is_not_of_the_parameters_own_type(value: object) -> None:
    for parameter, kind in ((ZOOM, float), (STEPS, int), (CARD, bool), (WORDS, str), (MODE, str)):
        try:
            accepted = parameter.accept(value)
        except ParameterError:
            continue
        assert type(accepted) is kind


def test_an_address_is_declared_once_and_found_or_guessed() -> None:
    tree = ParameterTree([ZOOM, STEPS])
    assert tree.find("camera/zoom") is ZOOM
    with pytest.raises(ParameterError, match=r"no such parameter; did you mean artist/steps\?"):
        tree.find("artist/step")
    with pytest.raises(ParameterError, match="declared twice"):
        ParameterTree([ZOOM, ZOOM])


def test_options_are_defaults_overlaid_and_never_silently_clamped() -> None:
    port = Parameter("port", "int", 9000, "Port", 1, 65535)
    assert options([port], {}, "input osc") == {"port": 9000}
    with pytest.raises(ParameterError, match=r"input osc: unknown option 'prot'; did you mean port\?"):
        options([port], {"prot": 1}, "input osc")
    with pytest.raises(ParameterError, match="must lie in 1 to 65535, got 70000"):
        options([port], {"port": 70000}, "input osc")
