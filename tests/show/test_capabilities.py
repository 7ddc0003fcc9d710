"""What of a score an artist honours, and what `oriel check` says will be lost on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from show import announce, check
from show.capabilities import WISHES, Family, Honours, asked, family_of, losses, report
from show.commands.check import lost
from show.config import Show
from show.errors import ShowFileError
from show.parameter import Parameter, ParameterTree
from show.parameters import CORE
from show.score import Score
from tests.e2e.stage import write_show
from tests.show.shows import small_show

OWN = (
    Parameter("artist/steps", "int", 1, "Steps", 1, 8),
    Parameter("artist/skip", "float", 0.5, "Skip", 0.0, 1.0),
    Parameter("artist/strength", "float", 0.5, "Strength", 0.0, 1.0),
)
TREE = ParameterTree((*CORE, *OWN))
ALL = Honours(tuple(WISHES), (Family("quick", {"model": "quick.*"}, (1, 4), 64),))


def plain(**scene: Any) -> Show:
    """Return a show of one scene that asks for nothing but pictures of its words, and for what is given."""
    data = {"name": "one", "seconds": 10, "fade": 0, "words": [{"text": "a wall"}], **scene}
    return small_show(scene=[data], parameters={"walk/speed": 0.0}, binding=[])


def wishes(show: Show) -> set[str]:
    base = TREE.defaults() | dict(show.parameters)
    return set(asked(show, Score(show, TREE), base))


@pytest.mark.parametrize(
    ("scene", "wish"),
    [
        ({"words": [{"text": "a wall", "weight": 0.5}]}, "weights"),
        ({"words": [{"text": "a wall", "weight": [[0, 1], [10, 0.2]]}]}, "weights"),
        ({"words": [{"text": "a wall"}, {"text": "a face", "weight": -1}]}, "exclude"),
        ({"exclude": ["people"]}, "exclude"),
        ({"guidance": "cfg"}, "guidance"),
        ({"fade": 3}, "mix"),
        ({"init": "black"}, "black"),
        ({"records": [7]}, "record"),
        ({"tracks": {"walk/speed": [[0, 0], [10, 1]]}}, "walk"),
        ({"tracks": {"camera/zoom": [[0, 1], [10, 1.1]]}}, "zoom"),
        ({"tracks": {"camera/angle": [[0, -2], [10, -2]]}}, "turn"),
        ({"tracks": {"camera/y": [[4, 0], [5, 0.1], [6, 0]]}}, "pan"),
        ({"shot": "push"}, "depth"),
    ],
)
def test_a_scene_asks_for_what_it_uses_and_no_more(scene: dict[str, Any], wish: str) -> None:
    assert wishes(plain(**scene)) == {"meaning", wish}


def test_a_preset_asks_for_recursion_and_its_start() -> None:
    assert wishes(plain(preset="recursive-50")) == {"meaning", "recursion", "noise"}


def test_what_bindings_and_cues_move_is_asked_for() -> None:
    show = plain().model_copy(
        update={
            "binding": small_show().binding,
            "cue": small_show(cue=[{"number": 1, "set": {"camera/yaw": 3.0}}]).cue,
        }
    )
    assert wishes(show) == {"meaning", "turn", "depth"}


def test_the_losses_of_a_show_name_its_scenes() -> None:
    show = plain(exclude=["people"], tracks={"artist/skip": [[0, 0.2]]})
    few = Honours(("meaning", "turn"))
    assert losses(show, TREE, few, {}, ["artist/strength"]) == [
        "words that are kept out: scene 'one'",
        "artist/skip, which it does not have: scene 'one'",
    ]
    assert losses(show, TREE, ALL, {"model": "slow"}, TREE) == []


def test_a_family_says_what_it_was_not_made_for() -> None:
    show = plain(tracks={"artist/steps": [[0, 1], [5, 8]]}).model_copy(update={"parameters": {"walk/speed": 0.0}})
    wide = show.model_copy(update={"artist": show.artist.model_copy(update={"width": 512, "height": 512})})
    assert losses(wide, TREE, ALL, {"model": "Quick-2"}, TREE) == [
        "artist/steps that quick is not made for (1 to 4): scene 'one'",
        "pictures as quick learnt them, at 64 x 64 pixels: these are 512 x 512",
    ]
    small = show.model_copy(update={"artist": show.artist.model_copy(update={"width": 64, "height": 96})})
    assert len(losses(small, TREE, ALL, {"model": "quick"}, TREE)) == 1


def test_the_report_says_who_and_what() -> None:
    show = plain(exclude=["people"])
    assert report("card", show, TREE, None, {}, TREE) == ["card: it does not declare what it honours."]
    assert report("card", show, TREE, ALL, {}, TREE) == ["card honours all that this score asks for."]
    assert report("card", show, TREE, Honours(("weights",)), {}, TREE) == [
        "card honours: weights.",
        "lost on card: pictures of what the words mean: scene 'one'.",
        "lost on card: words that are kept out: scene 'one'.",
    ]


def test_the_artists_declare_wishes_that_there_are_and_families_that_differ(tmp_path: Path) -> None:
    """Asked as `oriel check` asks, in a child; the real declarations of both artists."""
    names = ["render.artists.diffusion", "render.artists.testcard"]
    found = announce.ask(names)
    for name in names:
        honours = found[name].honours
        assert honours is not None
        assert set(honours.wishes) <= set(WISHES)
    painter = found["render.artists.diffusion"].honours
    assert painter is not None
    for options, name in (
        ({"model": "embedded"}, "the embedded model"),
        ({"model": "stabilityai/sd-turbo"}, "SD-Turbo"),
        ({"model": "stabilityai/sdxl-turbo"}, "SDXL-Turbo"),
        ({"model": "models/x", "distil": "latent-consistency/lcm-lora-sdv1-5"}, "LCM-LoRA"),
        ({"model": "m", "distil": "ByteDance/Hyper-SD:Hyper-SD15-4steps-lora.safetensors"}, "Hyper-SD for four steps"),
        (
            {"model": "m", "distil": "ByteDance/SDXL-Lightning:sdxl_lightning_8step_lora.safetensors"},
            "SDXL-Lightning for eight steps",
        ),
    ):
        family = family_of(painter, {"distil": "", **options})
        assert (family and family.name) == name
    assert family_of(painter, {"model": "models/dreamshaper", "distil": ""}) is None
    opened = check.open_show(write_show(tmp_path), announce.ask)
    tiny = "pictures as the embedded model learnt them, at 256 x 256 pixels: these are 64 x 96"
    assert lost(opened, "diffusion", None)[1:] == [f"lost on diffusion (the embedded model): {tiny}."]
    assert "lost on testcard: pictures of what the words mean: scenes 'red', 'blue'." in lost(opened, "testcard", None)
    with pytest.raises(ShowFileError, match=r"there is no module 'testcrd'.*did you mean testcard"):
        lost(opened, "testcrd", None)
