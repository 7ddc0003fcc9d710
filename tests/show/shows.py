"""Small shows for tests of the pure parts."""

from __future__ import annotations

from typing import Any

from show.config import Show
from show.engine import Engine, EngineState
from show.parameter import ParameterTree
from show.parameters import CORE
from show.snapshot import Event, Snapshot, Touch

SQUARE = [[0, 0], [1, 0], [1, 1], [0, 1]]


def small_show(**changes: Any) -> Show:
    """Return a show of two scenes (5 s and 4 s), two regions and one binding; `changes` replace whole tables."""
    data: dict[str, Any] = {
        "show": {"title": "small"},
        "region": [{"name": "left", "seed": 1}, {"name": "right", "seed": 2, "angle": -1.0, "zoom": 2.0}],
        "surface": [{"region": "left", "corners": SQUARE}, {"region": "right", "corners": SQUARE}],
        "scene": [
            {
                "name": "red",
                "seconds": 5,
                "fade": 0,
                "words": [{"text": "red fire"}, {"text": "smoke", "weight": 0.5}],
                "tracks": {"camera/zoom": [[0, 1.0], [5, 1.2]], "wall/captions": [[0, True], [2, False]]},
                "narration": "It burns.",
            },
            {
                "name": "blue",
                "seconds": 4,
                "fade": 2,
                "words": [{"text": "blue sea", "weight": [[0, 1], [4, 0.5]]}],
                "exclude": ["people"],
                "caption": "the sea",
            },
        ],
        "binding": [{"channel": "audio/bass", "parameter": "camera/angle", "amount": 10.0, "attack": 0, "release": 1}],
    }
    return Show.model_validate({**data, **changes})


class Play:
    """An engine with its memory, stepped by hand."""

    def __init__(self, show: Show | None = None, *, started: bool = True) -> None:
        self.show = show or small_show()
        self.engine = Engine(self.show, ParameterTree(CORE))
        self.state: EngineState = self.engine.start()
        self.touches: dict[str, Touch] = {}
        self.channels: dict[str, float] = {}
        self.life = 0.0
        self._number = 0
        if started:
            self.tell("start", step=0.0)

    def tell(self, kind: Any, argument: str = "", step: float = 0.0) -> Snapshot:
        """Step with one event."""
        self._number += 1
        return self.step(step, [Event("test", self._number, kind, argument, stamp_ns=1000 + self._number)])

    def touch(self, address: str, value: float | int | bool | str, stamp_ns: int) -> None:
        """Hold a live value."""
        self.touches[address] = Touch(value, 1, stamp_ns)

    def step(self, seconds: float, events: list[Event] | None = None) -> Snapshot:
        """Advance by some seconds in one step."""
        self.life += seconds
        return self.engine.step(self.life, 7, self.channels, self.touches, events or [], self.state)

    def steps(self, seconds: float, rate: float = 30.0) -> Snapshot:
        """Advance by some seconds at a rate."""
        snapshot = self.step(0.0)
        for _ in range(round(seconds * rate)):
            snapshot = self.step(1 / rate)
        return snapshot
