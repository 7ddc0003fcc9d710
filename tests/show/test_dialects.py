"""Dialects: every slip with its place, and shows that are in order; values of the originals: test_dialect_vectors.py."""

from __future__ import annotations

import json
import math
import tomllib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from render.artists.diffusion import PARAMETERS
from show import check, lint
from show.camera import RATES, Pose, homography
from show.commands.export import export
from show.commands.import_ import import_
from show.config import Show
from show.dialects import moves, reading, schedule
from show.dialects.reading import Dialect, Wishes
from show.dialects.source import DialectError, Source
from show.errors import OrielError
from show.parameter import ParameterTree
from show.parameters import CORE
from show.score import Score
from show.track_config import TrackTable

VECTORS: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parent / "data" / "dialect_vectors.json").read_text(encoding="utf-8")
)
TREE = ParameterTree((*CORE, *PARAMETERS))

SEED_003 = """\
TEXT: 150:(  someone is writing a story: 1 | writing: 1 | photorealistic:1 )

ANGLE: 1: (1), 37.5: (1.05), 75: (1.1), 112.5: (1.015),150: (1.2)

ZOOM: 1: (1), 37.5: (1.005), 75: (1.01), 112.5: (1.015), 150: (1.02)
"""


def settings(**changes: Any) -> str:
    """Return a settings file of Deforum: its default schedules, own prompts."""
    data: dict[str, Any] = {case["field"]: case["schedule"] for case in VECTORS["deforum_default"]}
    prompts = {"0": "a house --neg people", "30": "a tree", "60": "the sea --neg boats", "90": "a hill"}
    data |= {"W": 512, "H": 512, "max_frames": 120, "fps": 15, "seed": -1, "animation_mode": "3D", "prompts": prompts}
    return json.dumps({**data, "diffusion_cadence": 2, **changes}, indent=1)


def show_of(text: str, dialect: Dialect | None = None, **wishes: Any) -> tuple[Show, list[str]]:
    """Return the show of a text and the report; the show has passed all checks."""
    source = Source("score.txt", text)
    toml, report = reading.imported(source, dialect or reading.detect(source), Wishes(**wishes))
    show = Show.model_validate_json(json.dumps(tomllib.loads(toml)), strict=True)
    assert check.problems(show, TREE, []) == []
    return show, report


def numbers(show: Show, address: str, fps: float, frames: range) -> list[float]:
    """Return a track of a show of one scene at the instants of frames."""
    score = Score(show, TREE)
    found = [score.number(0, address, frame / fps) for frame in frames]
    return [float(TREE[address].default) if number is None else number for number in found]


def full(values: Any, frames: int) -> list[float]:
    return [values] * frames if isinstance(values, float) else values


def near(found: Any, wanted: list[float]) -> None:
    assert np.abs(np.asarray(found) - np.asarray(wanted)).max() < 1e-9


@pytest.mark.parametrize("as_2021, zoom, turn", [(False, "4.38 x", "159.8"), (True, "7.43 x", "165.2")])
def test_seed_003_goes_as_far_as_it_was_measured(as_2021: bool, zoom: str, turn: str) -> None:
    show, report = show_of(SEED_003, as_2021=as_2021)
    assert any(f"grow the picture to {zoom} and turn it by {turn} degrees" in line for line in report)
    assert show.scene[0].seconds == 12.5
    assert len(show.region) == 3
    assert [phrase.text for phrase in show.scene[0].words] == [
        "someone is writing a story",
        "writing",
        "photorealistic",
    ]
    slips = [problem.sentence for problem in lint.slips(show)]
    assert len(slips) == (0 if as_2021 else 1)
    assert all("-12.18 breaks an otherwise steady series" in slip for slip in slips)


@pytest.mark.parametrize(
    "text, frames, wanted",
    [
        ("30:(2), 60:(4)", (0, 45, 90), (2, 3, 4)),
        ("0:(max(1,2))", (0, 9), (2, 2)),
        ("0:(where(t>5,1,0))", (5, 6), (0, 1)),
        ("0: (1), 10: (2),", (5, 20), (1.5, 2)),
        ("37.5: (1.05), 75:(1.1)", (0, 37.5, 56.25), (1.05, 1.05, 1.075)),
        ("0:(-1e-3), 10:(0)", (0, 5), (-0.001, -0.0005)),
        ("1.25", (0, 100), (1.25, 1.25)),
    ],
)
def test_what_stops_deforum_is_read_as_it_was_meant(
    text: str, frames: tuple[float, ...], wanted: tuple[float, ...]
) -> None:
    read = schedule.read(Source("x", text).whole(), "x", 120)
    near([read.value(frame) for frame in frames], list(wanted))


def test_deforums_defaults_become_a_show() -> None:
    show, report = show_of(settings())
    assert [scene.seconds for scene in show.scene] == [2.0] * 4
    assert show.scene[0].exclude == ("people",)
    assert show.artist.rate == 7.5
    # 0.65 kept of every second of 15 frames a second is 0.65 ** (7.5 / 12) kept of 12 a second.
    assert Score(show, TREE).number(1, "artist/strength", 1.0) == pytest.approx(1 - 0.65 ** (7.5 / 12), abs=1e-12)
    assert any("parallax" in line for line in report)


def test_formulas_and_keys_stay_what_they_were() -> None:
    show, _ = show_of(settings(animation_mode="2D", fps=10, angle="0:(t%7), 60:(1)", zoom="0:(1+0.01*sin(t/9)+s*0)"))
    assert show.scene[0].tracks["camera/angle"] == "-10.0*(mod(round(F),7))"
    assert show.scene[0].tracks["camera/zoom"] == "(1+0.01*sin(F/9)+(-1)*0)**10.0"
    show, _ = show_of(SEED_003)
    zoom = show.scene[0].tracks["camera/zoom"]
    assert isinstance(zoom, TrackTable)
    assert zoom.expr == "L**12.0"
    assert zoom.keys == [(1 / 12, 1.0), (3.125, 1.005), (12.5, 1.02)]


def test_prompts_with_sums_weights_and_blending() -> None:
    prompts = {"0": "a (red:1.2) house :`t/10` AND a tree :0.5 --neg one --neg two", "max_f/2": "the sea"}
    show, report = show_of(settings(max_frames=21, prompts=prompts, animation_mode="2D", fps=10, zoom="0:(1)"))
    first, second = show.scene
    assert [words.text for words in first.words] == ["a red house", "a tree"]
    assert first.words[0].weight == [(0.0, 0.0), (1.0, 1.0)]
    assert first.exclude == ("one", "two")
    assert second.words[0].text == "the sea"
    assert any("emphasis" in line for line in report)
    blended, _ = show_of(settings(max_frames=20, prompts={"0": "a", "10": "b"}, animation_mode="Interpolation", fps=10))
    assert [words.weight for words in blended.scene[0].words] == [[(0.0, 1.0), (1.0, 0.0)], [(0.0, 0.0), (1.0, 1.0)]]
    assert blended.scene[1].words[0].weight == 1.0


@pytest.mark.parametrize(
    "said, phrases",
    [
        ("two people on a journey: 1", [("two people on a journey", 1.0)]),
        (
            "disembodied ears, eyes, mouths, teeth: 1 | (people=0)",
            [("disembodied ears, eyes, mouths, teeth", 1.0), ("people", 0.0)],
        ),
        ("black bubbling water", [("black bubbling water", 1.0)]),
        (
            "grey monochrome bubbly water: 1 | a dog (small): -0.5",
            [("grey monochrome bubbly water", 1.0), ("a dog (small)", -0.5)],
        ),
        ("a clock at 12:30 | ratio 16:9: 1 | x\\:3", [("a clock at 12:30", 1.0), ("ratio 16:9", 1.0), ("x:3", 1.0)]),
    ],
)
def test_phrases_of_seed_003_and_what_looks_like_weights(said: str, phrases: list[tuple[str, float]]) -> None:
    for text in (f"TEXT: 150:( {said} )", f"TEXT: {said}"):
        show, _ = show_of(text)
        assert [(words.text, words.weight) for words in show.scene[0].words] == phrases


def test_runs_follow_each_other_and_keep_what_they_do_not_name() -> None:
    show, report = show_of("ZOOM: 1.01\nTEXT: 24:( a: 1 )\nANGLE: 2\n\nTEXT: 36:( b: 1 )\nfps: 24")
    assert [scene.seconds for scene in show.scene] == [1.0, 1.5]
    near([Score(show, TREE).number(1, address, 0.5) for address in ("camera/angle", "camera/zoom")], [-48, 1.01**24])
    assert report[0].startswith("Line 2: 24 frames grow the picture to 1.27 x and turn it by 48.0 degrees")


def test_the_other_dialects() -> None:
    travel = (
        '{"prompt_map": {"0": "a", "10": "b"}, "prompt_fixed_ratio": 0.5, "n_prompt": ["c"], "output": {"fps": 10}}'
    )
    show, _ = show_of(travel)
    assert [words.weight for words in show.scene[0].words] == [[(0.5, 1.0), (1.0, 0.0)], [(0.5, 0.0), (1.0, 1.0)]]
    assert show.scene[1].exclude == ("c",)
    show, _ = show_of('"0": "a house",\n"16": "a tree",\n')
    assert [scene.seconds for scene in show.scene] == [2.0, 2.0]
    show, report = show_of("an apple:1 | fruit:0.5:0.1 | people: 0 ^ a pear\nhills: 1_l || sea: 2", scene_seconds=6.0)
    assert [[words.text for words in scene.words] for scene in show.scene] == [
        ["an apple", "fruit", "people"],
        ["a pear"],
        ["hills"],
        ["sea"],
    ]
    assert show.scene[3].seconds == 6.0
    assert [word in "\n".join(report) for word in ("stop 0.1", "mask '_l'", "weight of 0")] == [True, True, True]
    show, _ = show_of("people: 0 | a street: 1", zero_excludes=True)
    assert show.scene[0].exclude == ("people",)


def test_parseq_by_its_frames_and_by_its_keys() -> None:
    frames = [
        {
            "frame": n,
            "zoom": 1 + n / 100,
            "zoom_delta": 1.01,
            "strength": 0.6,
            "deforum_prompt": f"cat: {1 - n / 10} AND dog: {n / 10} --neg people",
        }
        for n in range(11)
    ]
    show, _ = show_of(
        json.dumps({"options": {"output_fps": 10, "bpm": 120}, "keyframes": [], "rendered_frames": frames})
    )
    near(np.array(numbers(show, "camera/zoom", 10, range(11))) ** 0.1, [1.01] * 11)
    assert show.scene[0].words[1].weight == [(0.0, 0.0), (1.0, 1.0)]
    assert show.scene[0].exclude == ("people",)
    keys = [{"frame": 0, "angle": 0}, {"frame": 10, "angle": 20, "angle_i": "20+2*k"}, {"frame": 20, "angle": 0}]
    document = {
        "options": {"output_fps": 10, "bpm": 60},
        "keyframes": keys,
        "prompts": {"positive": "a cat", "negative": ""},
    }
    show, report = show_of(json.dumps(document))
    # It turns by 2 a frame up to frame 10 and on by the formula; in frame 20 the formula still holds, k begins anew.
    near(np.array(numbers(show, "camera/angle", 10, range(20))) / -10, [2.0] * 20)
    assert any("not rendered" in line for line in report)


@pytest.mark.parametrize(
    "text, words",
    [
        ("TEXT: 150:( a: 1 )\nZOOM: 1: (1), 75: (x)", ["score.txt:2:19: zoom: expected a number, got '(x)'"]),
        ("TEXT: 150:( a: 1 )\nZOOM: 1: (1), 75: (0)", ["score.txt:2:19: zoom: expected a zoom above 0", "got '(0)'"]),
        ("TEXT: 150:( a: nan )", ["score.txt:1:16: TEXT: expected a finite weight, got 'nan'"]),
        ("TEXT: 150:( a: 1", ["score.txt:1:11: TEXT: expected a closing bracket", "got '( a: 1'"]),
        ("TEXT: 150:( : 1 )", ["score.txt:1:13: TEXT: expected words before the weight, got ': 1'"]),
        ("TEXT: 'a': {1: 1}, b", ["score.txt:1:20: TEXT: expected 'words': {frame: weight}", "got 'b'"]),
        ("TEXT: a: 0 | b: -1", ["score.txt:1:7: TEXT: expected a phrase with a weight above 0"]),
        ("TEXT: a\nmax_frames: many", ["score.txt:2:13: max_frames: expected a number from 1 to", "got 'many'"]),
        (settings(zoom="0:(1), 9:(sin(t)"), ["zoom: expected a closing bracket", "got '(sin(t)'"]),
        (settings(angle="0:(tt)"), ["angle: ", "'tt'", "did you mean t?"]),
        (settings(angle="0:(1) 9:(2)"), ["angle: expected one key such as 30: (1.5), got '0:(1) 9:(2)'"]),
        (settings(animation_mode="2D", zoom="0:(1-t/50)"), ["zoom: expected zooms above 0 in all frames"]),
        (settings(noise_schedule="0:(1/(t-5)), oops"), ["noise_schedule: expected one key", "got 'oops'"]),
        (settings(translation_z="0:(1/(t-5))"), ["translation_z: expected a finite number at t = 5, got '1/(t-5)'"]),
        (settings(max_frames="lots"), ["max_frames: expected a number from 1 to 250000, got 'lots'"]),
        (settings(animation_mode="4D"), ["animation_mode: expected one of 2D, 3D", "got '4D'"]),
        (settings(prompts={"0": "a :`1+`"}), ["prompts: weight: "]),
        (settings(prompts={"0": "--neg a"}), ["prompts: expected words to paint before any --neg, got '--neg a'"]),
        (settings(prompts={"x": "a"}), ["prompts: frame: ", "'x'"]),
        (settings(prompts={}), ["prompts: expected a prompt in one of the frames 0 to 119"]),
        ('{"prompts": {"0": "a"}, "zoom" "0:(1)"}', ["score.txt:1:32: expected \":\" after the name 'zoom'"]),
        ('{"prompts": {"0": "a}', ['score.txt:1:19: expected a closing "']),
        ('{"what": 1}', ["score.txt:1:1: expected the JSON of Deforum"]),
        ('{"prompt_map": {"a": "b"}}', ["score.txt:1:18: prompt_map: expected a whole frame", "got 'a'"]),
        ('{"prompt_map": {"0": 3}}', ["score.txt:1:22: prompt_map: expected a text in double quotes, got '3'"]),
        ('{"keyframes": [{"frame": 0}], "options": {}}', ["keyframes: expected two key frames or more"]),
        ('{"rendered_frames": [{"frame": 0}]}', ["rendered_frames: expected a deforum_prompt in a frame"]),
        ('{"prompt_map": {"0": "a"}, "seed": [1e999]}', ["score.txt:1:37: expected a finite number, got '1e999"]),
        ("a: 1 | b: inf", ["score.txt:1:11: prompt: expected a finite weight, got 'inf'"]),
    ],
)
def test_a_slip_is_told_with_its_place(text: str, words: list[str]) -> None:
    with pytest.raises(DialectError) as caught:
        show_of(text)
    message = str(caught.value)
    assert message.startswith("score.txt:")
    assert [word for word in words if word not in message] == [], message
    assert "\n" not in message


@pytest.mark.parametrize(
    "text, dialect",
    [
        (SEED_003, "notebook"),
        ("150:( a: 1 | b: 1 )", "notebook"),
        ("'Apple': {10: 1, 20: 0}, 'Orange': {10: 0, 20: 1}", "notebook"),
        ('text_prompts = "a | b" #@param {type:"string"}\nzoom = "1"', "notebook"),
        (settings(), "deforum"),
        ('{"keyframes": [], "managedFields": []}', "parseq"),
        ('{"prompt_map": {"0": "a"}}', "travel"),
        ('{"0": "a", "12": "b"}', "travel"),
        ('"0": "a", "12": "b"', "travel"),
        ("a house: 1 | a tree: 0.5", "vqgan"),
        ("{Once} upon a time there was a wall.", "manuscript"),
        ("At 12:30 the light went out. Text: none.\n\nThen it came back | or not.", "manuscript"),
    ],
)
def test_the_dialect_is_seen(text: str, dialect: str) -> None:
    assert reading.detect(Source("x", text)) == dialect


def test_a_2d_move_brings_the_corners_where_opencv_brings_them() -> None:
    width, height, fps = 640.0, 512.0, 15.0
    one = np.ones(1)
    for angle, zoom, x, y, cx, cy in [(2, 1.02, 0, 0, 0.5, 0.5), (0, 1, 6, -4, 0.5, 0.5), (-1.5, 0.99, 2, 3, 0.3, 0.8)]:
        move = moves.Flat(angle * one, zoom * one, x * one, y * one, cx * one, cy * one)
        rates = moves.flat_rates(move, fps, (width, height))
        travel = Pose(math.log2(rates["camera/zoom"][0]), *(rates.get(name, 0 * one)[0] for name in RATES[1:])).times(
            1 / fps
        )
        ours = np.array(homography(travel, 70.0, height / width))
        turned = np.vstack([cv2.getRotationMatrix2D((width * cx, height * cy), angle, zoom), [0, 0, 1]])
        theirs = turned @ np.array([[1, 0, x], [0, 1, y], [0, 0, 1]])
        for corner in ((0, 0), (width, 0), (width, height), (0, height)):
            a = ours @ np.array([corner[0] / width - 0.5, (corner[1] - height / 2) / width, 1])
            b = theirs @ np.array([*corner, 1])
            # One slides first and turns then, the other does both at once: half the turn of the slide apart.
            assert np.hypot(a[0] * width + width / 2 - b[0], a[1] * width + height / 2 - b[1]) < 0.1


def test_a_3d_move_brings_the_picture_where_deforum_brings_it() -> None:
    """Deforum shifts a place p = (x, y) of a picture, -1 ... 1, at depth z by the change of its projection."""
    fps, depth, fov = 15.0, moves.DEPTH, 70.0
    half, one = math.tan(math.radians(fov) / 2), np.ones(1)
    for tx, ty, tz, rx, ry, rz in [
        (2, 0, 0, 0, 0, 0),
        (0, -3, 0, 0, 0, 0),
        (0, 0, 1.75, 0, 0, 0),
        (0, 0, 0, 0.2, 0, 0),
        (0, 0, 0, 0, -0.2, 0),
        (0, 0, 0, 0, 0, 0.5),
    ]:
        move = moves.Deep(tx * one, ty * one, tz * one, rx * one, ry * one, rz * one, fov * one)
        rates = moves.deep_rates(move, fps, depth)
        travel = Pose(0.0, *(rates.get(name, 0 * one)[0] for name in RATES[1:])).times(1 / fps)
        ours = np.array(homography(travel, fov, 1.0))
        a, b, c = (math.radians(turn) for turn in (rx, ry, rz))
        about_x = np.array([[1, 0, 0], [0, math.cos(a), -math.sin(a)], [0, math.sin(a), math.cos(a)]])
        about_y = np.array([[math.cos(b), 0, math.sin(b)], [0, 1, 0], [-math.sin(b), 0, math.cos(b)]])
        about_z = np.array([[math.cos(c), -math.sin(c), 0], [math.sin(c), math.cos(c), 0], [0, 0, 1]])
        for x, y in ((0.0, 0.0), (0.2, -0.1), (-0.15, 0.25)):
            place = np.array([x, y, depth]) @ (about_x @ about_y @ about_z) + np.array([-tx, ty, -tz]) / moves.SCALE
            shift = place[:2] / (place[2] * half) - np.array([x, y]) / (depth * half)
            there = ours @ np.array([x / 2, y / 2, 1])
            moved = 2 * there[:2] / there[2] - np.array([x, y])
            assert np.abs(moved - shift).max() < 4e-4 + 0.03 * np.abs(shift).max()


def test_a_zoom_beyond_the_range_goes_forward_instead() -> None:
    show, report = show_of(settings(animation_mode="2D", zoom="0:(1.15)", prompts={"0": "a"}))
    score = Score(show, TREE)
    forward, zoom = score.number(0, "camera/z", 1.0), score.number(0, "camera/zoom", 1.0)
    assert forward is not None
    assert zoom == 4.0
    grown = np.array(homography(Pose(doublings=2.0, z=forward), 70.0, 1.0))[0, 0]
    assert grown == pytest.approx(1.15**15, rel=1e-9)
    assert not any("cut to what a show can" in line for line in report)


def test_from_the_command_line_there_and_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    strings, show, again = tmp_path / "strings.txt", tmp_path / "show.toml", tmp_path / "deforum.txt"
    strings.write_text(SEED_003, encoding="utf-8")
    import_(strings, show)
    export(show, deforum=again, fps=12.0)
    told = capsys.readouterr().out
    assert "read as notebook." in told
    assert "Lost: regions after 'left'." in told
    assert reading.detect(Source("x", again.read_text(encoding="utf-8"))) == "deforum"
    with pytest.raises(OrielError, match="is there already"):
        import_(strings, show)
    with pytest.raises(OrielError, match="did you mean deforum"):
        import_(strings, tmp_path / "other.toml", dialect="deform")
    with pytest.raises(OrielError, match="--as-2021 is for the strings of the notebook"):
        import_(again, tmp_path / "other.toml", as_2021=True)
