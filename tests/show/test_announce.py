"""Announcements are asked of real modules in a real child."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from show import announce
from show.check import open_show
from show.config import Critic, Show
from show.errors import ShowFileError


def a_show(artist: str = "testcard", **options: bool | int | float | str) -> Show:
    return Show.model_validate(
        {
            "show": {"title": "test"},
            "artist": {"module": artist, "options": options},
            "region": [{"name": "left", "seed": 1}],
            "scene": [{"name": "one", "seconds": 5, "words": [{"text": "red fire"}]}],
            "surface": [{"region": "left", "corners": [[0, 0], [1, 0], [1, 1], [0, 1]]}],
            "input": [{"module": "osc"}, {"module": "synthetic"}],
            "output": [{"module": "offscreen"}],
        }
    )


def test_every_module_of_a_show_is_asked_once() -> None:
    names = announce.modules(a_show())
    assert names == (
        "render.artists.testcard",
        "server.inputs.osc",
        "server.inputs.synthetic",
        "mapping.outputs.offscreen",
    )
    announced = announce.ask(names)
    assert set(announced) == set(names)
    assert announced["server.inputs.synthetic"].channels
    assert any(option.address == "port" for option in announced["server.inputs.osc"].options)


def test_the_diffusion_artist_announces_strength_and_steps() -> None:
    parameters = announce.ask(["render.artists.diffusion"])["render.artists.diffusion"].parameters
    addresses = {parameter.address for parameter in parameters}
    assert {"artist/strength", "artist/steps"} <= addresses
    assert all(address.startswith("artist/") for address in addresses)


def test_a_module_that_does_not_exist_is_named_with_the_nearest_one() -> None:
    show = a_show("diffusoin")
    problems = announce.plug_in_problems(show, announce.ask(announce.modules(show)))
    assert len(problems) == 1
    key, sentence = problems[0]
    assert key == ("artist", "module")
    assert "diffusoin" in sentence
    assert "did you mean diffusion?" in sentence


def test_an_unknown_option_is_named_with_the_nearest_one() -> None:
    show = a_show("diffusion", modle="embedded")
    problems = announce.plug_in_problems(show, announce.ask(announce.modules(show)))
    assert len(problems) == 1
    key, sentence = problems[0]
    assert key == ("artist", "options")
    assert "'modle'" in sentence
    assert "did you mean model?" in sentence


def test_a_critic_is_looked_for_without_being_imported() -> None:
    names = ["render.critics.clip", "render.critics.clp"]
    announced = announce.ask(names)
    assert announced["render.critics.clip"] == announce.Announcement()
    assert "did you mean clip?" in announced["render.critics.clp"].missing
    show = a_show().model_copy(update={"critic": Critic(module="clp")})
    assert "render.critics.clp" in announce.modules(show)
    others = {name: announce.Announcement() for name in announce.modules(a_show())}
    found = announce.plug_in_problems(show, others | announced)
    assert [key for key, _ in found] == [("critic", "module")]


def test_a_binding_may_use_the_scores_of_the_critic(tmp_path: Path) -> None:
    text = """[show]
title = "small"
[[region]]
name = "left"
seed = 1
[[scene]]
name = "red"
seconds = 5
words = [{ text = "red fire" }]
[[surface]]
region = "left"
corners = [[0, 0], [1, 0], [1, 1], [0, 1]]
[[binding]]
channel = "critic/score/left"
parameter = "camera/zoom"
amount = 1
"""
    path = tmp_path / "show.toml"

    def ask(names: Iterable[str]) -> dict[str, announce.Announcement]:
        return {name: announce.Announcement() for name in names}

    path.write_text(text)
    with pytest.raises(ShowFileError, match="no input gives a channel 'critic/score/left'"):
        open_show(path, ask)
    path.write_text(text + "[critic]\n")
    assert open_show(path, ask).show.critic == Critic()
