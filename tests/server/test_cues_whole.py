"""The cue list through the whole house: real OSC packets, real HTTP, and the real show control."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager

import httpx
import pytest
from pythonosc.osc_message import OscMessage

from server.inputs.support.packet import pack
from server.remote.guard import COOKIE
from server.remote.sessions import Sessions
from show.snapshot import CueSheet, Snapshot
from tests.server.remote_fixtures import free_port
from tests.server.rig import Rig, a_rig, a_show, free_udp_port, until

CUES = [
    {"number": 1, "name": "water", "scene": "black water", "fade": 0},
    {"number": 1.5, "name": "wait", "set": {"wall/level": 0.5}, "pre_wait": 600},
    {"number": 2, "name": "dark", "set": {"wall/level": 0.25}},
]


class House:
    """Control, OSC and the phone page of one show with cues."""

    def __init__(self, rig: Rig, osc: int, page: int) -> None:
        self.rig = rig
        self.url = f"http://127.0.0.1:{page}"
        self._osc = ("127.0.0.1", osc)
        self.wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.wire.bind(("127.0.0.1", 0))
        self.wire.settimeout(5)
        rig.wires.state.mkdir(exist_ok=True)
        sessions = Sessions(rig.wires.state / "oriel.db")
        self.token = sessions.create("test", "127.0.0.1", time.time())
        sessions.close()
        self.web = httpx.Client(
            base_url=self.url, cookies={COOKIE: self.token}, headers={"Origin": self.url}, timeout=5
        )

    def close(self) -> None:
        self.wire.close()
        self.web.close()

    def send(self, address: str, *values: float) -> None:
        self.wire.sendto(pack(address, *values), self._osc)

    def sheet(self, last: str) -> CueSheet:
        """Wait until a cue was fired last."""

        def fired(snapshot: Snapshot) -> bool:
            return snapshot.cues is not None and snapshot.cues.last == last

        sheet = self.rig.snapshot(fired, f"cue {last!r} was fired").cues
        assert sheet is not None
        return sheet


@contextmanager
def a_house(guard: float) -> Iterator[House]:
    osc, page = free_udp_port(), free_port()
    show = a_show({"osc": {"port": osc}}, cue=CUES, go={"guard": guard}, remote={"port": page})
    with a_rig(show) as rig, ExitStack() as stack:
        house = stack.enter_context(closing(House(rig, osc, page)))
        for name, module in (
            ("control", "server.control"),
            ("osc", "server.inputs.osc"),
            ("remote", "server.remote.process"),
        ):
            rig.spawn(name, module)
        until(lambda: rig.log_of("osc"), "OSC listens")
        until(lambda: _answers(house.url), "the page answers")
        rig.snapshot(lambda snapshot: snapshot.playing == "playing")
        yield house


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/api/light", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with a_house(guard=2.0) as opened:
        yield opened


def test_osc_and_http_fire_cues_and_a_refused_go_is_told_to_whoever_pressed_it(house: House) -> None:
    house.send("/subscribe", house.wire.getsockname()[1])
    house.send("/cue/go")
    assert house.sheet("1 water").next == "1.5 wait"
    refused = house.web.post("/api/next", json={})
    assert refused.status_code == 409
    assert refused.json()["error"].startswith("GO was refused: it came ")
    assert house.web.get("/api/state").json()["show"]["cues"]["note"] == refused.json()["error"]
    told: dict[str, list[object]] = {}
    while "/cue/note" not in told or not told["/cue/note"][0]:
        message = OscMessage(house.wire.recv(4096))
        told[message.address] = message.params
    assert (told["/cue/next"], told["/cue/note"]) == (["1.5 wait"], [refused.json()["error"]])
    house.send("/cue/2/go", 1.0)
    house.send("/cue/2/go", 0.0)  # the button is let go
    assert house.sheet("2 dark").next == ""
    assert house.web.post("/api/back", json={}).status_code == 200
    assert house.sheet("1.5 wait").next == "2 dark"
    assert house.web.post("/api/cue", json={"cue": "wait"}).status_code == 200
    assert house.sheet("1.5 wait").waiting[0][0] == "1.5 wait"
    house.send("/cue/pause")
    house.rig.snapshot(lambda snapshot: snapshot.playing == "paused", "paused")
    assert house.web.post("/api/pause", json={}).status_code == 200
    house.send("/cue/panic")
    house.rig.snapshot(lambda snapshot: snapshot.playing == "stopped", "stopped")
    unknown = house.web.post("/api/cue", json={"cue": "wate"})
    assert (unknown.status_code, unknown.json()["error"]) == (404, "cue 'wate': no such cue; did you mean water?")
    house.web.post("/api/start", json={})


def test_of_five_phones_that_press_go_at_once_one_is_obeyed(house: House) -> None:
    time.sleep(2.1)
    house.web.post("/api/cue", json={"cue": "1"})
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: house.web.post("/api/next", json={}).status_code, range(5)))
    assert sorted(answers) == [200, 409, 409, 409, 409]
    assert house.sheet("1.5 wait").next == "2 dark"
