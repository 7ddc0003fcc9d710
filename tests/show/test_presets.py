"""What a scene says in a word: shots, transitions, divergence, recursive-50, guidance; and how wrong ones are refused."""

from __future__ import annotations

import functools
import itertools
import math
from pathlib import Path
from typing import Any, get_args

import pytest

from show.camera import Pose, distance
from show.check import problems
from show.config import Scene, Shot, ShotKind, Show, Transition
from show.engine import Engine
from show.errors import ShowFileError
from show.journey import scene_travel
from show.load import load
from show.parameter import Parameter, ParameterTree
from show.parameters import CORE
from show.presets import expanded
from show.score import Score
from show.snapshot import Phrase, Snapshot
from tests.show.shows import Play, small_show

ARTIST = (
    Parameter("artist/strength", "float", 0.5, "", 0.0, 1.0),
    Parameter("artist/skip", "float", 0.5, "", 0.0, 1.0),
    Parameter("artist/urge", "float", 0.6, "", 0.0, 1.0),
    Parameter("artist/exclude_method", "choice", "none", "", choices=("none", "subtract", "residual", "nag", "cfg")),
)
TREE = ParameterTree((*CORE, *ARTIST))


def two(*, tree: ParameterTree | None = None, **second: Any) -> Play:
    """Return a playing show whose second scene, of 4 s after 5 s, has `second` more to it."""
    scene = {"name": "blue", "seconds": 4, "fade": 2, "words": [{"text": "blue sea"}], **second}
    first = {"name": "red", "seconds": 5, "fade": 0, "words": [{"text": "red fire"}]}
    show = small_show(scene=[first, scene], show={"title": "two"})
    play = Play(show)
    if tree is not None:
        play.engine = Engine(show, tree)
    return play


def travel(shot: Shot | ShotKind, seconds: float = 8.0) -> Pose:
    show = two(shot=shot, seconds=seconds, fade=0).show
    rates = {"camera/zoom": 1.06, "camera/yaw": 3.0}
    base = {f"camera/{name}": 0.0 for name in ("angle", "x", "y", "pitch", "z", "yaw")} | rates
    return scene_travel(Score(show, ParameterTree(CORE)), 1, base)


@pytest.mark.parametrize("seconds", [0.5, 8.0, 60.0])
@pytest.mark.parametrize(
    "kind, amount, wanted",
    [
        ("push", 0.5, Pose(z=0.5)),
        ("push", -1.0, Pose(z=-1.0)),
        ("dolly", 0.5, Pose(x=-0.5)),
        ("pan", 0.5, Pose(yaw=30.0)),
        ("orbit", -0.5, Pose(yaw=-30.0, x=-math.radians(30) * distance(70))),
        ("still", 1.0, Pose()),
    ],
)
def test_a_shot_travels_exactly_and_takes_the_whole_camera(
    kind: ShotKind, amount: float, wanted: Pose, seconds: float
) -> None:
    went = travel(Shot(kind=kind, amount=amount), seconds)
    for axis in Pose.__struct_fields__:
        assert getattr(went, axis) == pytest.approx(getattr(wanted, axis), abs=1e-3)


@pytest.mark.parametrize("amount", [0.5, -0.3])
def test_a_crash_zoom_waits_and_then_rushes_in(amount: float) -> None:
    assert travel(Shot(kind="crash-zoom", amount=amount), 12.0).doublings == pytest.approx(3 * amount, abs=1e-3)
    keys = Score(two(shot="crash-zoom").show, ParameterTree(CORE)).scenes[1].tracks["camera/zoom"]
    assert isinstance(keys, list)
    assert [keys[0][1], keys[1][1], keys[-1][1]] == [1.0, 1.0, 1.0]


def test_a_shot_is_a_word_and_own_tracks_win() -> None:
    assert travel("push") == travel(Shot(kind="push"))
    scene = two(shot="pan", tracks={"camera/yaw": [[0, 1.0]]}).show.scene[1]
    tracks = expanded(scene, ParameterTree(CORE), {}).tracks
    assert tracks["camera/yaw"] == [(0, 1.0)]
    assert tracks["camera/zoom"] == [(0.0, 1.0)]


def words(snapshot: Snapshot) -> tuple[list[str], list[str], float]:
    region = snapshot.regions[0]
    return [p.text for p in region.words_a], [p.text for p in region.words_b], region.mix


@pytest.mark.parametrize("transition", get_args(Transition))
def test_transitions(transition: Transition) -> None:
    play = two(transition=transition)
    play.steps(5.3)
    early = play.step(0.0)
    assert early.scene_name == "blue"
    assert early.regions[0].blend == ("lerp" if transition == "lerp" else "slerp")
    a, b, mix = words(early)
    if transition == "hold":
        assert (a, mix) == (["red fire"], 0.0)
        assert words(play.steps(1.6)) == (["red fire"], ["blue sea"], 0.0)
        assert words(play.steps(0.2))[0] == ["blue sea"]
    elif transition == "cut-on-beat":
        assert (a, b) == (["blue sea"], ["blue sea"]), "the scene begins on a beat of the score"
    else:
        assert (a, b) == (["red fire"], ["blue sea"])
        assert 0 < mix < 0.2


def test_a_cut_waits_for_the_next_beat_of_the_clock() -> None:
    show = two(transition="cut-on-beat").show
    play = Play(Show.model_validate({**show.model_dump(), "clock": {"source": "link"}}))
    play.channels["link/bpm"] = 120.0
    play.steps(1.15)
    assert play.state.clock.beats == pytest.approx(2.3, abs=0.1)
    wait = (1 - play.state.clock.beats % 1) / 2
    assert words(play.tell("go")) == (["red fire"], ["blue sea"], 0.0)
    assert words(play.step(wait - 0.02)) == (["red fire"], ["blue sea"], 0.0)
    assert words(play.step(0.04)) == (["blue sea"], ["blue sea"], 0.0)
    assert words(play.step(3.0))[0] == ["blue sea"]


def test_without_a_clock_a_cut_waits_for_the_score() -> None:
    odd = small_show(
        scene=[
            {"name": "red", "seconds": 5.2, "fade": 0, "words": [{"text": "red fire"}]},
            {"name": "blue", "seconds": 4, "fade": 2, "transition": "cut-on-beat", "words": [{"text": "blue sea"}]},
        ]
    )
    other = Play(odd)
    assert words(other.steps(5.4)) == (["red fire"], ["blue sea"], 0.0)
    assert words(other.steps(0.15))[0] == ["blue sea"], "5.5 s are 11 beats at 120 a minute"


def diverging(divergence: float, **scene: Any) -> Snapshot:
    weight = [[0, 0.2], [4, 1.0]]
    given = {"name": "one", "seconds": 8, "fade": 0, "words": [{"text": "a"}, {"text": "b", "weight": weight}], **scene}
    regions = [
        {"name": "left", "seed": 1},
        {"name": "right", "seed": 2, "angle": -1.0, "zoom": 2.0, "weight_offset": [0.0, 0.3], "phase": 1.0},
    ]
    play = Play(small_show(region=regions, scene=[given], binding=[]))
    play.touch("walk/divergence", divergence, stamp_ns=50)
    play.touch("camera/angle", 6.0, stamp_ns=50)
    play.touch("camera/zoom", 1.1, stamp_ns=50)
    return play.steps(2.0)


def unnamed(snapshot: Snapshot, number: int) -> Any:
    import msgspec

    return msgspec.structs.replace(snapshot.regions[number], name="")


def test_divergence_0_makes_all_regions_the_same_in_every_number() -> None:
    snapshot = diverging(0.0, region={"right": {"seed_offset": 5, "phase": 2}})
    assert unnamed(snapshot, 0) == unnamed(snapshot, 1)


def test_divergence_1_makes_them_independent_and_beyond_exaggerates() -> None:
    left, right = diverging(1.0).regions
    assert not {left.seed_a, left.seed_b} & {right.seed_a, right.seed_b}
    assert (left.angle, right.angle) == (6.0, -6.0)
    assert right.zoom == pytest.approx(1.1**2)
    assert [phrase.weight for phrase in left.words_b] == pytest.approx([1.0, 0.6])
    assert [phrase.weight for phrase in right.words_b] == pytest.approx([1.0, 0.2 + 0.8 * 3 / 4 + 0.3])
    half, double = (diverging(share).regions[1] for share in (0.5, 2.0))
    assert (half.angle, double.angle) == pytest.approx((0.0, -18.0))
    assert left.words_b[1].weight < half.words_b[1].weight < right.words_b[1].weight < double.words_b[1].weight


def test_offsets_of_a_scene_are_added_and_fade_in_without_a_jump_of_the_walk() -> None:
    play = two(region={"left": {"seed_offset": 0.5}})
    along = [play.step(1 / 30).regions[0] for _ in range(30 * 8)]
    places = [region.seed_mix for region in along]
    assert max(min(abs(b - a), 1 - abs(b - a)) for a, b in itertools.pairwise(places)) < 0.02
    gone = places[-1] - 8.0 / 8
    assert (gone - 0.5) % 1 == pytest.approx(0.0, abs=0.01) or (gone - 0.5) % 1 == pytest.approx(1.0, abs=0.01)


def test_a_weight_offset_neither_excludes_nor_wakes_a_phrase() -> None:
    scene = {"words": [{"text": "a"}, {"text": "b", "weight": 0.0}], "exclude": ["c"]}
    for offset, first in ((-3.0, 0.0), (0.5, 1.5)):
        shown = diverging(1.0, **scene, region={"right": {"weight_offset": offset}}).regions[1].words_b
        assert shown == (Phrase("a", first), Phrase("b", 0.0), Phrase("c", -1.0))


def test_recursive_50_keeps_half_and_begins_from_noise_or_black() -> None:
    values = functools.partial(two, tree=TREE, preset="recursive-50")
    snapshot = values().steps(7.5)
    assert (snapshot.init, snapshot.values["artist/skip"], snapshot.values["artist/strength"]) == ("noise", 0.5, 0.5)
    assert snapshot.values["artist/urge"] == 0.0
    assert values(init="black").steps(7.5).init == "black"
    assert values(tracks={"artist/skip": [[0, 0.8]]}).steps(7.5).values["artist/strength"] == pytest.approx(0.2)
    with pytest.raises(ValueError, match='begins from init = "noise" or "black"'):
        Scene.model_validate(
            {"name": "a", "seconds": 1, "fade": 0, "words": [{"text": "a"}], "preset": "recursive-50", "init": "record"}
        )


def test_skip_and_strength_are_two_names_of_one_thing() -> None:
    play = two(tree=TREE, tracks={"artist/skip": [[0, 0.7]]})
    assert play.steps(1.0).values["artist/skip"] == 0.5
    ends = [play.steps(seconds).values for seconds in (5.0, 0.5)]
    assert all(values["artist/strength"] == pytest.approx(1 - float(values["artist/skip"])) for values in ends)
    assert ends[1]["artist/skip"] == pytest.approx(0.7, abs=0.05)
    play.touch("artist/skip", 0.9, stamp_ns=50)
    assert play.steps(0.1).values["artist/strength"] == pytest.approx(0.1)
    play.tell("release", "artist/skip")
    play.touch("artist/strength", 0.9, stamp_ns=60)
    assert play.steps(0.1).values["artist/skip"] == pytest.approx(0.1)


def test_the_guidance_of_a_scene_is_a_track_where_the_artist_has_it() -> None:
    assert two(tree=TREE, guidance="nag").steps(6.0).values["artist/exclude_method"] == "nag"
    assert "artist/exclude_method" not in two(guidance="nag").steps(6.0).values


@pytest.mark.parametrize(
    "line, wanted",
    [
        ('shot = "push-in"', "push, dolly, pan, orbit, crash-zoom, still"),
        ('shot = { kind = "dolly", amount = 9 }', "must be 2.0 or less"),
        ('transition = "fade"', "expected one of hold, lerp, slerp, cut-on-beat, got"),
        ('guidance = "clip"', "expected one of none, cfg, residual, nag, subtract"),
        ('preset = "recursive"', "recursive-50"),
        ("region = { left = { seed_ofset = 1 } }", "did you mean seed_offset"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, line: str, wanted: str) -> None:
    file = tmp_path / "show.toml"
    surface = 'region = "left"\ncorners = [[0, 0], [1, 0], [1, 1], [0, 1]]'
    head = f'[show]\ntitle = "t"\n[[region]]\nname = "left"\nseed = 1\n[[surface]]\n{surface}\n'
    file.write_text(f'{head}[[scene]]\nname = "a"\nseconds = 4\n{line}\nwords = [{{ text = "a" }}]\n')
    with pytest.raises(ShowFileError) as refused:
        load(file)
    assert f"show.toml:{len(head.splitlines()) + 4}:" in str(refused.value)
    assert wanted in str(refused.value)


def test_offsets_of_a_region_that_is_not_there_are_refused() -> None:
    show: Show = two(region={"lefft": {"phase": 1}, "right": {"weight_offset": [1, 2, 3]}}).show
    told = [problem.sentence for problem in problems(show, ParameterTree(CORE), ["audio/bass"])]
    assert any("there is no region 'lefft'" in sentence and "left" in sentence for sentence in told)
    assert any("one number per phrase: the scene has 1 phrases, got 3" in sentence for sentence in told)


def test_the_show_of_the_documentation_is_in_order_and_plays(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "camera.md").read_text(encoding="utf-8")
    (tmp_path / "show.toml").write_text(page.split("```toml\n")[1].split("```")[0])
    show = load(tmp_path / "show.toml")
    assert problems(show, TREE, []) == []
    play = Play(show)
    play.engine = Engine(show, TREE)
    play.state = play.engine.start()
    play.tell("start")
    seen = [play.steps(4.0, 12) for _ in range(8)]
    assert [shot.scene_name for shot in seen][-1] == "recursion"
    assert seen[-1].init == "black"
    assert {shot.values["artist/exclude_method"] for shot in seen} == {"none", "subtract"}
    pose = seen[2].regions[0].pose
    assert pose is not None
    assert pose.z == pytest.approx(0.5, abs=0.01)
