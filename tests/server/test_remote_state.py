"""What the pages are told of the show."""

from __future__ import annotations

import msgspec

from server.remote.light import View
from server.remote.state import state_words
from show.camera import Pose
from tests.render.small import region, snapshot


def test_the_pages_are_told_how_far_each_camera_has_travelled() -> None:
    seen = snapshot(region("left", pose=Pose(doublings=2, yaw=-12.04)), region("right"))
    view = View(1, (), seen, {}, 0, False, 0, 2000)
    show = state_words(view, "t", ("one",))["show"]
    assert show["camera"] == {"left": "zooms 4 x, looks right -12.0 degrees"}
    assert msgspec.json.decode(msgspec.json.encode(show)) == show
