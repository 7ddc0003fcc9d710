"""Tracks: every form of them, at every kind of moment, as functions of place alone; what is no track is named."""

from __future__ import annotations

import functools
import math
import random
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from show.camera import Pose
from show.check import problems
from show.config import Scene, Show
from show.errors import OrielError, ShowFileError
from show.lint import slips
from show.load import read
from show.moment import MomentError, Timing, seconds
from show.parameter import Parameter, ParameterTree
from show.parameters import CORE
from show.score import Score
from tests.show.shows import Play, small_show
from tests.show.test_load import GOOD

TREE = ParameterTree(
    (
        *CORE,
        Parameter("artist/count", "int", 3, "", 0, 9),
        Parameter("artist/way", "choice", "one", "", choices=("one", "two")),
        Parameter("artist/free", "float", 5.0, ""),
    )
)


def show_of(tracks: dict[str, Any] | None = None, weight: Any = 1.0, score: dict[str, Any] | None = None) -> Show:
    first = {"name": "first", "seconds": 3, "fade": 0, "words": [{"text": "a"}]}
    own = {"name": "own", "seconds": 12, "fade": 0, "words": [{"text": "b", "weight": weight}], "tracks": tracks or {}}
    return small_show(scene=[first, own], binding=[], score={"fps": 10, "bpm": 60, "seed": 7, **(score or {})})


def track(given: Any, *places: float, address: str = "artist/free", **changes: Any) -> list[Any]:
    score = Score(show_of({address: given}, **changes), TREE)
    return [score.track_values(1, into).get(address) for into in places]


@pytest.mark.parametrize(
    "moment, expected",
    [
        (12.5, 12.5),
        ("12.5s", 12.5),
        ("150f", 6.25),
        ("8b", 4.0),
        ("2bar", 4.0),
        ("00:01:02:03", 62.125),
        ("00:01:02.5", 62.5),
        ("2bar + 1b", 4.5),
        ("cue dawn", 10.0),
        ("cue the sea - 1s + 1f", 2.0 + 1 / 24),
    ],
)
def test_moments_are_seconds(moment: float | str, expected: float) -> None:
    assert seconds(moment, Timing(24, 120, 4), {"dawn": 13.0, "the sea": 6.0}, 3.0) == pytest.approx(expected)


@pytest.mark.parametrize("moment", ["", "soon", "8q", "-1", "1 +2", "1 + cue dawn", "00:99:00", "9" * 300, "cue dwan"])
def test_what_is_no_moment_is_named(moment: str) -> None:
    with pytest.raises(MomentError, match=r"expected|did you mean dawn\?"):
        seconds(moment, Timing(), {"dawn": 1.0})


@pytest.mark.parametrize(
    "given, expected",
    [
        (2, [2, 2, 2, 2]),
        ("t * 2 + T", [3, 9, 12, 33]),
        ("b + bar + f + u * 12 + s", [7, 7 + 2 + 0.5 + 20 + 2, 7 + 3 + 0.75 + 30 + 3, 7 + 10 + 2.5 + 100 + 10]),
        ([[0, 1], [4, 3]], [1, 2, 2.5, 3]),
        ([["1s", 1], ["1bar", 4]], [1, 2, 3, 4]),
        ([[0, 0], ["20f", 10, "step"], ["cue own + 4b", 20]], [0, 10, 10, 20]),
        ([[0, 0, "step"], [3, 1], [4, 2]], [0, 0, 1, 2]),
        ([[0, 0, "ease-in-out"], [4, 2]], [0, 1, 1.7417, 2]),
        ([[0, 0, [0.42, 0, 0.58, 1]], [4, 2]], [0, 1, 1.7417, 2]),
        ([[0, 1.0], [2, "t / 2 + 1"], [8, 2]], [1, 2, 2.5, 2]),
        ({"value": 3}, [3, 3, 3, 3]),
        ({"keys": [[0, 0], [1, 2]], "after": "loop"}, [0, 0, 0, 0]),
        ({"keys": [[0, 0], [1.5, 3]], "after": "loop"}, [0, 1, 0, 2]),
        ({"keys": [[0, 0], [1.5, 3]], "after": "mirror"}, [0, 2, 0, 2]),
        ({"keys": [[0, 0], [4, 4]], "expr": "L * 10 + S + k"}, [0, 22, 33, 44 + 6]),
        ({"keys": [[0, 1], [4, 5]], "expr": "slide()"}, [1, 3, 4, 5]),
        ({"wave": {"period": "4b"}}, [5, 5, 4, 5]),
        ({"value": 0, "wave": {"shape": "square", "period": 4, "amount": 2, "phase": 0.1}}, [2, -2, -2, -2]),
        ({"value": 0, "wave": {"shape": "triangle", "period": 4}}, [0, 0, -1, 0]),
        ({"value": 1, "noise": {"amount": 0}}, [1, 1, 1, 1]),
        ("1 / (t - 2)", [-0.5, None, 1, 0.125]),
    ],
)
def test_every_form_of_a_track(given: Any, expected: list[float | None]) -> None:
    wanted = [number if number is None else pytest.approx(number, abs=1e-3) for number in expected]
    assert track(given, 0.0, 2.0, 3.0, 10.0) == wanted


def test_curves_go_through_their_keys_and_monotone_ones_stay_between_them() -> None:
    keys = [[0, 0], [1, 0], [2, 1], [3, 1], [6, 0.5]]
    for curve in ("cubic", "monotone"):
        assert track({"keys": keys, "curve": curve}, 0, 1, 2, 3, 6) == pytest.approx([0, 0, 1, 1, 0.5])
    places = [n / 50 for n in range(300)]
    cubic, tame = (track({"keys": keys, "curve": curve}, *places) for curve in ("cubic", "monotone"))
    assert max(cubic) > 1.02
    assert 0.0 <= min(tame) <= max(tame) <= 1.0
    for values in (cubic, tame):
        assert max(abs(a - 2 * b + c) for a, b, c in zip(values, values[1:], values[2:], strict=False)) < 0.005


def test_a_natural_spline_through_a_parabola_of_three_keys() -> None:
    # By hand: slopes -1.5, 0, 1.5 at the keys of (0, 1), (1, 0), (2, 1).
    assert track({"keys": [[0, 1], [1, 0], [2, 1]], "curve": "cubic"}, 0.5, 1.5) == pytest.approx([0.3125, 0.3125])


def test_what_is_no_number_steps() -> None:
    assert track([[0, "one"], ["2b", "two"]], 0, 1.9, 2, address="artist/way") == ["one", "one", "two"]
    assert track("two", 0, address="artist/way") == ["two"]
    assert track([[0, 1], [2, 4]], 0, 1.9, 2, address="artist/count") == [1, 1, 4]
    assert track("t + 0.4", 0, 2, 20, address="artist/count") == pytest.approx([0.4, 2.4, 9])
    assert track([[0, True], [2, False]], 1, 2, address="wall/captions") == [True, False]
    assert track("sq(p=2)", 0.5, 1.5, address="wall/captions") == [True, False]
    with pytest.raises(OrielError, match="is a choice: expected keys"):
        track({"wave": {}}, 0, address="artist/way")


def test_noise_is_seeded_by_score_scene_and_address_and_stays_in_its_range() -> None:
    places = [n / 20 for n in range(240)]
    noise: dict[str, Any] = {"value": 0, "noise": {"every": 0.5, "amount": 2, "octaves": 3}}
    one, again, other = (track(noise, *places, score={"seed": seed}) for seed in (1, 1, 2))
    assert one == again != other
    assert one != track({**noise, "noise": {**noise["noise"], "seed": 1}}, *places)
    assert all(abs(value) <= 2 for value in one)
    assert max(one) - min(one) > 1
    assert max(abs(a - b) for a, b in pairwise(one)) < 1.5
    stepped = track({"value": 0, "noise": {"kind": "steps", "every": "1b"}}, 0.1, 0.9, 1.1)
    assert stepped[0] == stepped[1] != stepped[2]


def test_weights_are_tracks_too() -> None:
    score = Score(show_of(weight={"keys": [[0, 0], ["4b", 1, "step"], [6, "t"]]}), TREE)
    assert [score.words(1, into, lambda _: 2.0)[0].weight for into in (0, 2, 5, 7, 60)] == [0, 1, 2, 14, 20]


@pytest.mark.parametrize(
    "line, words",
    [
        ('"camera/zoom" = "1 + * 2"', ["column 5 of '1 + * 2'", "expected a number, got '*'"]),
        ('"camera/zoom" = [[0, 1], [2, "1 + zoom"]]', ["[2][2]", "no name 'zoom'"]),
        ('"camera/zoom" = { expr = "sni(t)" }', ["column 1 of 'sni(t)'", "did you mean sin?"]),
        ('"camera/zoom" = { exprr = "t" }', ["unknown key; did you mean expr?"]),
        ('"camera/zoom" = {}', ["it says nothing; expected one of keys"]),
        ('"camera/zoom" = [["8q", 1]]', ["expected seconds, or a moment like", "got '8q'"]),
        ('"camera/zoom" = [["cue reed", 1]]', ["no cue or scene 'reed'", "did you mean red?"]),
        ('"camera/zoom" = [[0, 1, "ease-inn"], [1, 1]]', ["no easing 'ease-inn'", "did you mean in?"]),
        ('"camera/zoom" = [["2b", 1], [1, 1]]', ["the moments of its keys must rise: key 2 lies at 1 s"]),
        ('"camera/zoom" = [[0]]', ["camera/zoom"]),
        ('"camera/zoom" = []', ["needs 1 or more"]),
        ('"camera/zoom" = [[0, 99]]', ["must lie between 0.25 and 4, got 99"]),
        ('"camera/zoom" = 99', ["must lie between 0.25 and 4, got 99"]),
        ('"camera/zoom" = { wave = { period = 0 } }', ["wave.period", "expected 0.001 s or more, got 0 s"]),
        ('"camera/zoom" = { wave = { shape = "sin" } }', ["expected one of sine, cosine", "did you mean sine?"]),
        ('"wall/captions" = [[0, "yes"]]', ["expected true or false"]),
    ],
)
def test_what_is_no_track_is_named_with_its_line(line: str, words: list[str], tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    both = '\n[[surface]]\nregion = "right"\ncorners = [[0, 0], [1, 0], [1, 1], [0, 1]]\n'
    path.write_text(GOOD.replace('"camera/zoom" = [[0, 1.0], [5, 1.2]]', line) + both)
    with pytest.raises(ShowFileError) as caught:
        opened(path)
    said = str(caught.value).removeprefix(str(tmp_path))
    assert said.startswith("/a.toml:20: "), said
    for word in words:
        assert word in said, said


def opened(path: Path) -> None:
    show, source = read(path)
    source.refuse(problems(show, TREE, []))


def test_a_show_is_the_same_after_a_journey_through_json() -> None:
    tracks = {
        "artist/free": {"keys": [["2b", "t"], [4, 1, [0.1, 0.2, 0.3, 1]]], "noise": {"every": "1f"}, "after": "loop"},
        "camera/zoom": [[0, 1.0], ["00:00:02:05", 1.1, "in-quad"]],
        "camera/angle": "sin(p=4b)",
        "camera/x": 0.5,
        "wall/captions": True,
    }
    show = show_of(tracks, weight=[[0, 1], ["1bar", "u"]])
    again = Show.model_validate_json(show.model_dump_json(), strict=True)
    assert again == show
    one, other = (Score(found, TREE) for found in (show, again))
    assert all(one.track_values(1, n / 7) == other.track_values(1, n / 7) for n in range(80))


CAMERA = {
    "camera/zoom": {
        "keys": [[0, 1.0], ["4b", 1.3, "in-out-cubic"], ["8b", 0.9]],
        "wave": {"period": 1.7, "amount": 0.05},
    },
    "camera/angle": "20 * sin(p=3) + where(t > 5, 7, 0) + smrand(0.8, -5, 5)",
    "camera/x": {"keys": [[0, 0], [5, 0.2, "step"], [7, -0.1]], "curve": "cubic"},
    "walk/speed": "1 + u",
}


@functools.cache
def ends(rate: float) -> tuple[Pose, float]:
    play = Play(show_of(CAMERA))
    play.steps(14.0, rate)
    return play.state.journey.poses[0], play.state.walked


@pytest.mark.parametrize("fps", [12, 24, 30, 60])
def test_a_score_goes_equally_far_at_every_rate_of_frames(fps: int) -> None:
    (pose, walked), (other, also) = ends(120.0), ends(fps)
    assert other.zoom == pytest.approx(pose.zoom, rel=1e-3)
    assert other.angle == pytest.approx(pose.angle, abs=0.1)
    assert other.x == pytest.approx(pose.x, abs=1e-3)
    assert also == pytest.approx(walked, rel=1e-3)


SHOW = show_of(CAMERA | {"wall/level": {"value": 0.5, "noise": {"amount": 0.4}}}, weight="0.5 + u / 2")


# Between whole milliseconds, as keys and scenes change on them: steps of 1/60 s add up to a hair before or after.
SECONDS = st.integers(0, 14_899).map(lambda number: (number + 0.5) / 1000)


@settings(max_examples=15, deadline=None)
@given(SECONDS, st.sampled_from([12.0, 25.0, 60.0]))
def test_a_seek_gives_what_playing_gives(second: float, rate: float) -> None:
    played, sought = Play(SHOW), Play(SHOW)
    played.steps(math.floor(second * rate) / rate, rate)
    last = played.step(second - math.floor(second * rate) / rate)
    sought.tell("seek", repr(second))
    now = sought.step(0.0)
    sought.state.mix_seconds = 0.0  # the fade of the seek itself
    now = sought.step(0.0)
    assert now.values == pytest.approx(last.values)
    assert [p.weight for p in now.regions[0].words_b] == pytest.approx([p.weight for p in last.regions[0].words_b])


def test_the_engine_is_a_pure_function_of_its_inputs() -> None:
    one, other = Play(SHOW), Play(SHOW)
    for number in range(60):
        a, b = one.step(0.21), other.step(0.21)
        assert a == b
        if number == 30:
            other.engine = type(other.engine)(SHOW, ParameterTree(CORE))


def test_a_camera_can_be_told_where_to_be_instead_of_how_fast_to_go() -> None:
    turned = {"keys": [[0, 0], [5, 30, "ease-in-out"], [10, -10]], "place": True}
    zoomed = {"expr": "1 + u", "place": True}
    play = Play(show_of({"camera/angle": turned, "camera/zoom": zoomed}))
    play.tell("jump", "own")
    play.steps(11.9, 30)
    pose = play.state.journey.poses[0]
    assert pose.angle == pytest.approx(-10, abs=0.1)
    assert pose.zoom == pytest.approx(1 + 11.9 / 12, rel=1e-3)
    with pytest.raises(OrielError, match="expected place only for camera/zoom, camera/angle"):
        track({"expr": "t", "place": True}, 0)


def test_seeds_are_passed_through_by_slerp_and_regions_depart_from_them() -> None:
    keys = [[0, 11], ["2s", 22, "step"], ["cue own + 4b", 33, "ease-in-out"], [8, 11]]
    scene = {"name": "own", "seconds": 10, "fade": 0, "words": [{"text": "a"}], "seeds": keys}

    def place(second: float, region: int = 0, divergence: float = 1.0) -> tuple[int, int, float]:
        play = Play(
            small_show(scene=[scene], binding=[], score={"bpm": 60}, parameters={"walk/divergence": divergence})
        )
        play.steps(second, 10)
        found = play.step(0.0).regions[region]
        return found.seed_a, found.seed_b, round(found.seed_mix, 6)

    assert [place(second) for second in (0, 0.5, 3, 6, 8, 9)] == [
        (11, 22, 0), (11, 22, 0.25), (22, 33, 0), (33, 11, 0.5), (33, 11, 1), (33, 11, 1)
    ]  # fmt: skip
    assert place(0.5, 1, divergence=0.0) == (11, 22, 0.25)
    assert place(0.5, 1, divergence=0.5) == (11, 22, 0.75)
    own = place(0.5, 1)
    assert not {own[0], own[1]} & {11, 22, 33}
    with pytest.raises(ValidationError, match="expected a seed, a whole number"):
        Scene.model_validate({**scene, "seeds": [[0, 1.5]]})
    bad = small_show(scene=[{**scene, "seeds": [[0, 1], ["cue x", 2]]}])
    assert [problem.path for problem in problems(bad, TREE, ["audio/bass"])] == [("scene", 0, "seeds", 1)]


def test_the_show_of_the_documentation_is_in_order_and_plays(tmp_path: Path) -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "score.md").read_text(encoding="utf-8")
    rest = '[show]\ntitle = "docs"\n[[region]]\nname = "left"\nseed = 1\n[[surface]]\nregion = "left"\n'
    path = tmp_path / "docs.toml"
    square = "corners = [[0, 0], [1, 0], [1, 1], [0, 1]]\n"
    path.write_text("\n".join([rest + square, *re.findall(r"```toml\n(.*?)```", text, re.DOTALL)]))
    show, source = read(path)
    source.refuse(problems(show, TREE, ["audio/bass", "audio/level"]))
    assert slips(show, TREE) == []
    play = Play(show)
    play.channels = {"audio/bass": 0.9}
    assert float(play.steps(1.0).values["walk/speed"]) > 1.0


ATOMS = [
    "0",
    "1",
    "-1",
    "1e9",
    "nan",
    "t",
    "u",
    "k",
    "sin(t)",
    "1/t",
    "t**t",
    "rand()",
    "__import__('os')",
    "(",
    "4b",
    "",
]
MOMENTS = [0, 1, 2, 5, 99, -1, "2b", "3f", "1bar", "cue own", "cue x", "x", "00:00:01:01", "2s + 1f", None]
CURVES = [
    "linear",
    "step",
    "cubic",
    "monotone",
    "in-out-back",
    "out-bounce",
    "nope",
    [0, 0, 1, 1],
    [9, 9, -9, 9],
    [1],
    3,
]


HUGE = [0, 1, 0.5, 1e308, -1e308, 1e-308]


def fuzzed(chance: random.Random, depth: int = 0) -> Any:
    kind = chance.randrange(7 if depth == 0 else 3)
    if kind == 0:
        return chance.choice([0, 1, 3, 2.5, 0.3, 2, -1e-30, 1e30, True, False, math.inf, math.nan, None])
    if kind <= 2:
        joined = "".join(
            chance.choice([" + ", " * ", "/", " - ", " < ", "**", "(", ")", ",", " if "]) + chance.choice(ATOMS)
            for _ in range(chance.randrange(4))
        )
        return chance.choice(ATOMS) + joined
    if kind <= 4:
        return [
            [chance.choice(MOMENTS), fuzzed(chance, 1), *chance.sample(CURVES, chance.choice([0, 0, 1]))]
            for _ in range(chance.randrange(5))
        ]
    table = {
        "keys": [[n * 1.5, fuzzed(chance, 1)] for n in range(chance.randrange(4))],
        "expr": fuzzed(chance, 1),
        "curve": chance.choice(CURVES),
        "after": chance.choice(["hold", "loop", "mirror", "never"]),
        "wave": {
            "period": chance.choice([1, *MOMENTS]),
            "shape": chance.choice(["sine", "pulse", "saw"]),
            "amount": chance.choice(HUGE),
            "phase": chance.choice(HUGE),
        },
        "noise": {"every": chance.choice(MOMENTS), "octaves": chance.choice([1, 2, 9]), "amount": chance.choice(HUGE)},
        "value": chance.choice(HUGE),
        "place": True,
        "odd": 1,
    }
    return {key: table[key] for key in chance.sample(list(table), chance.choice([1, 1, 2, 3]))}  # fmt: skip


def test_five_thousand_fuzzed_scores_play_or_are_refused() -> None:
    chance, plain = random.Random(4), show_of()
    addresses = ["camera/zoom", "artist/free", "artist/count", "artist/way", "wall/captions"]
    refused, played = 0, 0
    for number in range(5000):
        data = {
            "name": "own",
            "seconds": 6,
            "fade": 0,
            "words": [{"text": "a", "weight": fuzzed(chance)}] if number % 3 == 0 else [{"text": "a"}],
        }
        data["tracks"] = {chance.choice(addresses): fuzzed(chance)}
        try:
            scene = Scene.model_validate(data)
        except ValidationError:
            refused += 1
            continue
        show = plain.model_copy(update={"scene": (scene,)})
        found = problems(show, TREE, [])
        if found:
            assert all(problem.sentence for problem in found)
            refused += 1
            continue
        score = Score(show, TREE)
        for into in (0.0, 0.7, 3.0, 6.0):
            for value in score.track_values(0, into).values():
                assert not isinstance(value, float) or math.isfinite(value)
            assert math.isfinite(score.words(0, into, lambda _: 1.0)[0].weight)
        if number % 20 == 0:
            slips(show, TREE)
        played += 1
    assert refused > 1000
    assert played > 500
