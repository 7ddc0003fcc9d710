"""The camera's maths, and that the same score travels the same way at every frame rate."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from show.camera import FOV, Pose, distance, held_back, homography, mean, travelled
from show.check import Opened, journeys
from show.parameter import ParameterTree
from show.parameters import CORE
from show.snapshot import Region
from tests.show.shows import Play, small_show

HIGH = 1.5
NUMBERS = st.floats(-1, 1)
TRAVELS = st.builds(
    Pose, NUMBERS, st.floats(-90, 90), NUMBERS, NUMBERS, st.floats(-20, 20), st.floats(-20, 20), NUMBERS
)


def matrix(travel: Pose, fov: float = FOV) -> NDArray[np.float64]:
    return np.array(homography(travel, fov, HIGH))


def place(travel: Pose, x: float, y: float, fov: float = FOV) -> tuple[float, float]:
    """Return where a travel brings the content at (x, y) widths from the middle."""
    across, down, depth = matrix(travel, fov) @ (x, y, 1)
    return float(across / depth), float(down / depth)


@pytest.mark.parametrize(
    "travel, begin, end",
    [
        (Pose(doublings=1), (0.1, 0.2), (0.2, 0.4)),
        (Pose(angle=90), (0.1, 0), (0, 0.1)),
        (Pose(x=0.25), (0, 0), (0.25, 0)),
        (Pose(y=0.25), (0, 0), (0, 0.25 * HIGH)),
        (Pose(yaw=FOV / 2), (0.5, 0), (0, 0)),
        (Pose(yaw=-FOV / 2), (-0.5, 0), (0, 0)),
        (Pose(pitch=10), (0, -distance(FOV) * math.tan(math.radians(10))), (0, 0)),
        (Pose(z=distance(FOV) * math.log(2)), (0.1, 0.2), (0.2, 0.4)),
    ],
)
def test_every_axis_moves_the_content_as_it_is_declared(
    travel: Pose, begin: tuple[float, float], end: tuple[float, float]
) -> None:
    """Looking to the right by half the field of view brings the right edge to the middle."""
    assert place(travel, *begin) == pytest.approx(end, abs=1e-12)


def test_turns_of_the_camera_are_rotations_of_its_rays() -> None:
    yaw, pitch, away = math.radians(12), math.radians(-7), distance(50)
    turn = math.hypot(yaw, pitch)
    # Rodrigues' formula; content turns against the camera. x right, y down, z forward.
    kx, ky = pitch / -turn, yaw / -turn
    k = np.array([[0, 0, ky], [0, 0, -kx], [-ky, kx, 0]])
    rotation = np.eye(3) + math.sin(turn) * k + (1 - math.cos(turn)) * k @ k
    inside = np.diag([away, away, 1.0])
    wanted = inside @ rotation @ np.linalg.inv(inside)
    assert np.allclose(matrix(Pose(yaw=12, pitch=-7), 50), wanted / wanted[2, 2], atol=1e-12)


@given(TRAVELS, st.sampled_from([12, 24, 30, 60]), st.floats(20, 120))
@settings(max_examples=60)
def test_many_short_travels_make_a_long_one_exactly_and_the_way_back_undoes_it(
    travel: Pose, parts: int, fov: float
) -> None:
    whole = matrix(travel, fov)
    steps = np.linalg.matrix_power(matrix(travel.times(1 / parts), fov), parts)
    assert np.allclose(steps / steps[2, 2], whole / whole[2, 2], rtol=1e-8, atol=1e-8)
    nothing = whole @ matrix(travel.times(-1), fov)
    assert np.allclose(nothing / nothing[2, 2], np.eye(3), atol=1e-6)


def test_flat_travels_are_the_limit_of_bent_ones() -> None:
    flat = Pose(0.3, 20, 0.1, -0.05, 0, 0, 0.2)
    assert np.allclose(matrix(flat), matrix(msgspec.structs.replace(flat, yaw=1e-11)), atol=1e-11)


def test_a_turn_too_large_for_one_picture_is_cut_and_a_small_one_is_not() -> None:
    assert held_back(Pose(yaw=5, pitch=-3), FOV, HIGH) == Pose(yaw=5, pitch=-3)
    cut = held_back(Pose(yaw=80, pitch=40), FOV, HIGH)
    assert 0 < cut.yaw < 80
    assert cut.pitch == pytest.approx(cut.yaw / 2)


def test_a_mean_sees_jumps_and_waves_between_two_frames() -> None:
    assert mean(lambda t: 1.0 if t < 0.3137 else 5.0, 0, 1) == pytest.approx(0.3137 + 5 * 0.6863, abs=0.005)
    assert mean(lambda t: math.sin(7 * t) ** 2, 0, 2) == pytest.approx(0.5 - math.sin(28) / 56, abs=1e-4)
    assert mean(lambda t: 3.0 * t, 2, 2) == 6.0


SCORE: list[dict[str, Any]] = [
    {
        "name": "notebook",
        "seconds": 12.5,
        "fade": 0,
        "words": [{"text": "writing"}],
        # The strings of seed 003, per second at 12 frames a second: zoom 1 to 1.02, angle 0 to 1.2 degrees a frame.
        "tracks": {"camera/zoom": [[0, 1.0], [12.5, 1.2682]], "camera/angle": [[0, 0.0], [12.5, 14.4]]},
    },
    {
        "name": "jumps",
        "seconds": 7.3,
        "fade": 0,
        "words": [{"text": "a jump"}],
        "tracks": {
            "camera/zoom": [[0, 0.8], [3.01, 1.4], [3.02, 1.0]],
            "camera/angle": [[0, -40.0], [7.3, 25.0]],
            "camera/yaw": [[0, 0.0], [3, 9.0]],
            "camera/z": [[0, 0.1]],
        },
    },
    {"name": "rest", "seconds": 4.2, "fade": 2, "words": [{"text": "rest"}]},
]


@pytest.fixture(scope="module")
def fine() -> Pose:
    """Return the pose at the end of SCORE, taken in steps that are much finer than any frame."""
    pose = Play(small_show(scene=SCORE)).steps(24.0, 240).regions[0].pose
    assert pose is not None
    return pose


@pytest.mark.parametrize("fps", [12, 24, 30, 60])
def test_the_same_score_ends_at_the_same_pose_at_every_frame_rate(fps: int, fine: Pose) -> None:
    pose = Play(small_show(scene=SCORE)).steps(24.0, fps).regions[0].pose
    assert pose is not None
    assert 2 ** (pose.doublings - fine.doublings) == pytest.approx(1, abs=1e-3)
    for axis in ("angle", "pitch", "yaw"):
        assert getattr(pose, axis) == pytest.approx(getattr(fine, axis), abs=0.1)
    assert (pose.x, pose.z) == pytest.approx((fine.x, fine.z), abs=1e-3)


def test_the_notebooks_run_turns_by_what_its_strings_add_up_to() -> None:
    """Half of 14.4 degrees a second over 12.5 s; each region has its own share of the turn and of the zoom."""
    left, right = (region.pose for region in Play(small_show(scene=SCORE)).steps(12.5, 12).regions)
    assert left is not None
    assert right is not None
    assert (left.angle, right.angle) == pytest.approx((90.0, -90.0), abs=0.01)
    assert right.doublings == pytest.approx(2 * left.doublings)


def test_a_hand_and_a_binding_move_the_pose_and_a_pause_of_the_show_does_not_stop_them() -> None:
    play = Play()
    play.touch("camera/yaw", 10.0, stamp_ns=50)
    play.channels["audio/bass"] = 1.0
    play.steps(0.5)
    play.tell("pause")
    pose = play.steps(1.5).regions[0].pose
    assert pose is not None
    assert (pose.yaw, pose.angle) == pytest.approx((20.0, 20.0), abs=0.5)


def region(**changes: Any) -> Region:
    shared: dict[str, Any] = {"name": "left", "words_a": (), "words_b": (), "mix": 0, "seed_a": 1, "seed_b": 2}
    return Region(**{**shared, "seed_mix": 0, "zoom": 2, "angle": 6, "x": 0, "y": 0, **changes})


def test_painters_go_by_poses_by_rates_without_them_and_never_farther_than_a_pause_allows() -> None:
    assert travelled(region(), None, 0.5, 1.0) == Pose(doublings=0.5, angle=3)
    there = region(pose=Pose(angle=30.0))
    assert travelled(there, Pose(angle=10.0), 0.1, 1.0) == Pose(angle=20.0)
    assert travelled(there, Pose(angle=10.0), 20.0, 1.0) == Pose(angle=1.0)
    assert travelled(there, Pose(angle=999.0), -5.0, 1.0) == Pose(), "an engine that began anew throws nobody"


def test_check_tells_how_far_every_scene_takes_the_camera() -> None:
    opened = Opened(small_show(scene=SCORE), ParameterTree(CORE), (), {}, ())
    notebook, _, rest = journeys(opened)
    assert notebook == "scene 'notebook': the camera zooms 4.68 x, turns 90.0 degrees clockwise."
    assert rest == "scene 'rest': the camera stands still."
