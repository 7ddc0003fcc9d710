"""Options that list things, and the parameters that a show has because of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from show import announce
from show.check import open_show
from show.errors import OrielError, ShowFileError
from show.listed import listed, spread
from show.parameter import Parameter

SHOW = """
[show]
title = "t"
[artist]
options = {{ loras = "{loras}" }}
[[region]]
name = "left"
seed = 1
[[region]]
name = "right"
seed = 2
[[output]]
name = "o"
module = "offscreen"
[[surface]]
region = "left"
output = "o"
corners = [[0, 0], [1, 0], [1, 1], [0, 1]]
[[surface]]
region = "right"
output = "o"
corners = [[0, 0], [1, 0], [1, 1], [0, 1]]
[[scene]]
name = "one"
seconds = 10
words = [{{ text = "a boat" }}]
[scene.tracks]
"{address}" = [[0, 0.0], [10, 1.0]]
"""


def test_sources_are_listed_by_name_or_by_their_file() -> None:
    assert listed("ink = a/b.safetensors, fog=someone/fog:x.safetensors", "x") == {
        "ink": "a/b.safetensors",
        "fog": "someone/fog:x.safetensors",
    }
    assert listed("loras/Old Ink.safetensors, someone/fog", "x") == {
        "old-ink": "loras/Old Ink.safetensors",
        "fog": "someone/fog",
    }
    assert listed(" , ", "x") == {}


@pytest.mark.parametrize(
    "text, told",
    [
        ("Ink = a", "'Ink = a': expected NAME = SOURCE"),
        ("ink = ", "expected NAME = SOURCE"),
        ("ink = a, ink = b", "two are called 'ink'"),
    ],
)
def test_lists_that_cannot_be_read_are_told_apart(text: str, told: str) -> None:
    with pytest.raises(OrielError, match=told) as caught:
        listed(text, "artist x: option loras")
    assert str(caught.value).startswith("artist x: option loras: ")


def test_braces_stand_for_everything_listed_and_for_every_region() -> None:
    declared = (Parameter("a", "float", 0.0, "A"), Parameter("b/{loras}/{region}", "float", 1.0, "{loras} in {region}"))
    found = spread(declared, {"loras": "x = f, y = g"}, ["left", "right"], "artist")
    assert [one.address for one in found] == ["a", "b/x/left", "b/x/right", "b/y/left", "b/y/right"]
    assert found[-1].label == "y in right"
    assert spread(declared, {}, ["left"], "artist") == declared[:1]


def test_a_shows_loras_have_tracks_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "show.toml"
    path.write_text(SHOW.format(loras="ink = a.safetensors", address="artist/lora/ink/right"))
    opened = open_show(path, announce.ask)
    assert opened.parameters["artist/lora/ink"].default == 0.0
    assert opened.parameters["artist/lora/ink/right"].default == 1.0
    assert not any("{" in address for address in opened.parameters)
    path.write_text(SHOW.format(loras="ink = a.safetensors", address="artist/lora/ink/rihgt"))
    with pytest.raises(ShowFileError, match=r"show\.toml:\d+: .*did you mean artist/lora/ink/right\?"):
        open_show(path, announce.ask)
    path.write_text(SHOW.format(loras="a, a", address="artist/strength"))
    with pytest.raises(ShowFileError, match=r"show\.toml:5: artist\.options: artist diffusion: option loras: two are"):
        open_show(path, announce.ask)
