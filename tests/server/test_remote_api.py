"""The API over a real socket: commands arrive once, Blackout needs nobody, nothing opens without a session."""

from __future__ import annotations

import json
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.routing import BaseRoute, Route
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from server.remote import address, sessions
from server.remote.app import create_app
from server.remote.desk import Desk
from server.remote.guard import BODY_BYTES, COOKIE
from show.errors import BusyError
from tests.server.remote_fixtures import SCENES, STEPS, STRENGTH, Stand, until


@pytest.fixture
def phone(stand: Stand) -> Iterator[httpx.Client]:
    with stand.phone() as client:
        yield client


@pytest.fixture
def stranger(stand: Stand) -> Iterator[httpx.Client]:
    with stand.stranger() as client:
        yield client


JSON = {"Content-Type": "application/json"}


def refusal(stand: Stand, path: str, headers: dict[str, str], origin: str | None) -> int:
    """Return the HTTP status with which a WebSocket is refused, or 101 if it is opened."""
    url = f"ws://127.0.0.1:{stand.port}{path}"
    made = None if origin is None else Origin(origin)
    try:
        with connect(url, additional_headers=headers, origin=made, open_timeout=5):
            return 101
    except InvalidStatus as error:
        return error.response.status_code


def cookie_of(client: httpx.Client) -> dict[str, str]:
    return {"Cookie": f"{COOKIE}={client.cookies[COOKIE]}"}


# Routes and sessions


def all_routes(app: FastAPI) -> list[tuple[str, str]]:
    """Return every (method or "WS", path) of an app; fail on a kind of route that is not known here."""
    found: list[tuple[str, str]] = []
    waiting: list[BaseRoute] = list(app.routes)
    while waiting:
        route = waiting.pop()
        if isinstance(route, APIWebSocketRoute):
            found.append(("WS", route.path))
        elif isinstance(route, APIRoute | Route):
            found += [(method, route.path) for method in route.methods or ()]
        else:
            inner = getattr(route, "original_router", None) or getattr(route, "router", None)
            assert inner is not None, f"an unknown kind of route: {route!r}"
            waiting += inner.routes
    return sorted(found)


def test_no_route_works_without_a_session_but_the_page_its_files_pairing_and_the_light(
    stand: Stand, stranger: httpx.Client, tmp_path: Path
) -> None:
    other = Stand(tmp_path)
    desk = Desk(other.wires, other.board)
    routes = all_routes(create_app(desk))
    desk.close()
    other.close()
    assert len(routes) >= 19
    assert {("POST", "/api/stop"), ("PUT", "/api/parameters/{address:path}"), ("WS", "/ws/preview")} <= set(routes)
    is_open = set()
    for method, pattern in routes:
        path = pattern.replace("{address:path}", "walk/speed").replace("{name}", "style.css")
        if method == "WS":
            status = refusal(stand, path, {}, stand.url)
        else:
            body: dict[str, str] | None = None if method in ("GET", "HEAD") else {}
            status = stranger.request(method, path, json=body).status_code
        if status != 401:
            is_open.add((method, pattern))
    assert is_open - {
        ("HEAD", "/static/{name}"),
        ("HEAD", "/"),
        ("HEAD", "/artist"),
        ("HEAD", "/pair"),
        ("HEAD", "/api/light"),
    } == {
        ("GET", "/"),
        ("GET", "/artist"),
        ("GET", "/static/{name}"),
        ("GET", "/pair"),
        ("POST", "/api/pair"),
        ("GET", "/api/light"),
    }
    assert stranger.get("/api/nothing").status_code == 401
    assert stand.kinds() == []


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "../../oriel.db", "' OR 1=1 --"])
def test_a_made_up_session_opens_nothing(stand: Stand, token: str) -> None:
    with stand.stranger({COOKIE: token}) as guesser:
        assert guesser.post("/api/stop", json={}).status_code == 401
        assert refusal(stand, "/ws", {"Cookie": f"{COOKIE}={token}"}, stand.url) == 401


def test_the_light_is_public_and_says_nothing_else(stranger: httpx.Client) -> None:
    assert set(stranger.get("/api/light").json()) == {"light", "icon", "word", "sentence", "advice"}


def test_the_guard_adds_its_headers_to_every_answer(stranger: httpx.Client) -> None:
    for path in ("/", "/static/app.js", "/api/light", "/api/state", "/nothing"):
        headers = stranger.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert "server" not in headers
        assert headers["cache-control"] in ("no-store", "no-cache")


def test_the_page_has_no_inline_script_or_style(stranger: httpx.Client) -> None:
    page = stranger.get("/").text
    assert page.count("<script") == page.count('<script type="module" src="/static/')
    assert "<style" not in page
    assert " style=" not in page
    assert "http" not in page.replace("http-equiv", "")


@pytest.mark.parametrize("name", ["../app.py", "..%2fapp.py", "%2e%2e/app.py", "/etc/passwd", "app.js/", "app.js%00"])
def test_no_path_leads_out_of_the_static_folder(stranger: httpx.Client, name: str) -> None:
    answer = stranger.get(f"/static/{name}")
    assert answer.status_code in (401, 404)
    assert "import" not in answer.text


def test_a_file_that_did_not_change_is_not_sent_again(stranger: httpx.Client) -> None:
    tag = stranger.get("/static/app.js").headers["etag"]
    assert stranger.get("/static/app.js", headers={"If-None-Match": tag}).status_code == 304


# Hosts and origins


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}", "{name}:{port}"])
def test_own_names_are_answered(stand: Stand, stranger: httpx.Client, host: str) -> None:
    asked = host.format(port=stand.port, name=socket.gethostname().partition(".")[0] + ".local")
    assert stranger.get("/api/light", headers={"Host": asked}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.test",
        "evil.test:{port}",
        "127.0.0.1.evil.test:{port}",
        "localhost.evil.test:{port}",
        "localhost.:{port}",
        "127.0.0.1",
        "127.0.0.1:{other}",
        "127.0.0.2:{port}",
        "127.1:{port}",
        "2130706433:{port}",
        "[::1]:{port}",
        "0.0.0.0:{port}",
        "localhost:{port}@evil.test",
        "user@localhost:{port}",
        "localhost:{port}/",
        "",
    ],
)
def test_other_hosts_are_misdirected(stand: Stand, phone: httpx.Client, host: str) -> None:
    asked = host.format(port=stand.port, other=stand.port + 1)
    before = len(stand.events)
    assert phone.get("/", headers={"Host": asked}).status_code == 421
    own = {"Host": asked, "Origin": f"http://{asked}"}
    assert phone.post("/api/stop", json={}, headers=own).status_code == 421
    assert len(stand.events) == before


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "null"},
        {"Origin": "http://evil.test"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "http://127.0.0.1.evil.test:{port}"},
        {"Origin": "https://127.0.0.1:{port}"},
        {"Origin": "http://localhost:{port}"},
        {"Origin": "http://127.0.0.1:{other}"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_foreign_pages_change_nothing_and_open_no_socket(
    stand: Stand, phone: httpx.Client, headers: dict[str, str]
) -> None:
    foreign = {name: value.format(port=stand.port, other=stand.port + 1) for name, value in headers.items()}
    before = len(stand.events)
    assert phone.post("/api/stop", json={}, headers=foreign).status_code == 403
    assert phone.put("/api/parameters/walk/speed", json={"value": 2}, headers=foreign).status_code == 403
    assert phone.post("/api/blackout", json={"on": True}, headers=foreign).status_code == 403
    origin = foreign.pop("Origin", stand.url)
    assert refusal(stand, "/ws", {**foreign, **cookie_of(phone)}, origin) == 403
    assert refusal(stand, "/ws/preview", {**foreign, **cookie_of(phone)}, origin) == 403
    assert len(stand.events) == before
    assert not stand.board.blackout


def test_a_socket_of_a_foreign_host_is_misdirected(stand: Stand, phone: httpx.Client) -> None:
    request = (
        f"GET /ws HTTP/1.1\r\nHost: evil.test:{stand.port}\r\nOrigin: http://evil.test:{stand.port}\r\n"
        f"Cookie: {COOKIE}={phone.cookies[COOKIE]}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", stand.port), timeout=5) as wire:
        wire.sendall(request.encode())
        assert wire.recv(64).startswith(b"HTTP/1.1 421")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_only_json_is_understood(stand: Stand, phone: httpx.Client, kind: str) -> None:
    headers = {"Content-Type": kind} if kind else {}
    assert phone.post("/api/blackout", content=b'{"on": true}', headers=headers).status_code == 415
    assert not stand.board.blackout


def test_messages_have_a_known_and_small_length(phone: httpx.Client) -> None:
    long = phone.post("/api/jump", json={"scene": "x" * BODY_BYTES})
    assert (long.status_code, long.json()["error"]) == (413, f"The message is longer than {BODY_BYTES} bytes.")
    chunks = phone.post("/api/jump", content=iter([b"{}"]), headers={"Content-Type": "application/json"})
    assert chunks.status_code == 411
    deep = phone.post("/api/jump", content=b"[" * 9000, headers={"Content-Type": "application/json"})
    assert deep.status_code in (400, 422)


# Commands


@pytest.mark.parametrize(
    "path, kind", [("start", "start"), ("stop", "stop"), ("next", "go"), ("back", "back"), ("panic", "panic")]
)
def test_commands_reach_control(stand: Stand, phone: httpx.Client, path: str, kind: str) -> None:
    before = len(stand.events)
    assert phone.post(f"/api/{path}", json={}).json() == {"done": True}
    assert stand.kinds()[before:] == [kind]
    assert phone.get(f"/api/{path}").status_code == 405


def test_a_command_sent_twice_with_one_key_is_done_once_even_across_a_restart(
    stand: Stand, phone: httpx.Client
) -> None:
    before, key = len(stand.events), {"Idempotency-Key": uuid.uuid4().hex}
    answers = [phone.post("/api/next", json={}, headers=key).json() for _ in range(3)]
    assert answers == [{"done": True}] * 3
    assert stand.kinds()[before:] == ["go"]
    assert stand.ask_to_end() == 0
    address.check_port("127.0.0.1", stand.port)
    stand.start()  # the key is remembered on the disk
    assert phone.post("/api/next", json={}, headers=key).json() == {"done": True}
    assert phone.post("/api/next", json={}, headers={"Idempotency-Key": "another"}).json() == {"done": True}
    assert stand.kinds()[before:] == ["go", "go"]


def test_two_phones_may_use_the_same_key(stand: Stand, phone: httpx.Client) -> None:
    before, key = len(stand.events), {"Idempotency-Key": uuid.uuid4().hex}
    with stand.phone() as second:
        phone.post("/api/next", json={}, headers=key)
        second.post("/api/next", json={}, headers=key)
    assert stand.kinds()[before:] == ["go", "go"]


def test_a_command_waits_for_a_control_that_is_away(stand: Stand, phone: httpx.Client) -> None:
    before = len(stand.events)
    stand.silent = {"control"}
    answer = phone.post("/api/next", json={})
    assert (answer.status_code, answer.json()["done"]) == (202, False)
    assert len(stand.events) == before
    stand.silent = set()
    until(lambda: stand.kinds()[before:] == ["go"], "control gets the command once it is back")


def is_black(stand: Stand) -> bool:
    return stand.board.blackout


def test_blackout_needs_nobody_else(stand: Stand, phone: httpx.Client) -> None:
    stand.silent = {"control", "render", "audio", "critic", "supervisor"}
    assert phone.post("/api/blackout", json={"on": True}).json() == {"done": True}
    assert is_black(stand)
    assert phone.get("/api/state").json()["blackout"] is True
    assert phone.get("/api/light").json()["word"] == "Blackout"
    assert phone.post("/api/blackout", json={"on": False}).json() == {"done": True}
    assert not is_black(stand)
    stand.silent = set()
    for bad in ({"on": "yes"}, {"on": 1}, {}, {"on": True, "off": True}):
        assert phone.post("/api/blackout", json=bad).status_code == 422
    assert not is_black(stand)


def test_jumping_to_a_scene(stand: Stand, phone: httpx.Client) -> None:
    before = len(stand.events)
    assert phone.post("/api/jump", json={"scene": SCENES[1]}).json() == {"done": True}
    assert [(event.kind, event.argument) for event in stand.events[before:]] == [("jump", SCENES[1])]
    unknown = phone.post("/api/jump", json={"scene": "The rivers"})
    assert (unknown.status_code, unknown.json()["error"]) == (
        404,
        "scene 'The rivers': no such scene; did you mean The river?",
    )


def test_who_did_what_is_written_down(stand: Stand, phone: httpx.Client) -> None:
    phone.post("/api/jump", json={"scene": SCENES[2]})
    phone.put("/api/parameters/walk/speed", json={"value": 3})
    book = sessions.Sessions(stand.wires.state / "oriel.db")
    newest = until(lambda: [entry for entry in book.audit(3) if entry.what == "set"], "the slider is written down")
    done = next(entry for entry in book.audit(3) if entry.what == "jump")
    book.close()
    assert (done.device, done.address, done.argument, done.outcome) == ("test", "127.0.0.1", SCENES[2], "done")
    assert newest[0].argument == "walk/speed 3.0"
    assert phone.cookies[COOKIE] not in str(done)


# Parameters


def test_parameters_are_described_and_set(stand: Stand, phone: httpx.Client) -> None:
    listed = {parameter["address"]: parameter for parameter in phone.get("/api/parameters").json()}
    assert set(listed) == set(stand.wires.parameters())
    assert listed["artist/strength"]["label"] == STRENGTH.label
    assert listed["camera/angle"]["unit"] == "degrees/s"
    put = phone.put("/api/parameters/artist/strength", json={"value": 7})
    assert put.json() == {"address": "artist/strength", "value": 1.0}  # clamped
    touch = until(lambda: stand.touches and stand.touches.touches.get("artist/strength"), "the touch arrives")
    assert touch.value == 1.0
    phone.put("/api/parameters/artist/strength", json={"value": 0.25})
    until(lambda: phone.get("/api/state").json()["values"]["artist/strength"] == 0.25, "the value comes back")
    later = stand.touches
    assert later is not None
    assert later.touches["artist/strength"].number > touch.number
    assert "artist/strength" in phone.get("/api/state").json()["held"]


def test_a_released_parameter_is_no_longer_held(stand: Stand, phone: httpx.Client) -> None:
    phone.put("/api/parameters/camera/x", json={"value": 1})
    phone.put("/api/parameters/camera/y", json={"value": 1})
    before = len(stand.events)
    assert phone.post("/api/release", json={"address": "camera/x"}).json() == {"done": True}
    until(lambda: stand.touches and "camera/x" not in stand.touches.touches, "the touch is gone")
    assert phone.post("/api/release", json={}).json() == {"done": True}
    until(lambda: stand.touches and not stand.touches.touches, "all touches are gone")
    assert [(event.kind, event.argument) for event in stand.events[before:]] == [
        ("release", "camera/x"),
        ("release", ""),
    ]
    assert phone.post("/api/release", json={"address": "camera/w"}).status_code == 404


@pytest.mark.parametrize(
    "path, body, status, said",
    [
        ("walk/sped", {"value": 1}, 404, "walk/sped: no such parameter; did you mean walk/speed?"),
        ("walk/speed", {"value": "fast"}, 422, "walk/speed: expected a number, got 'fast'"),
        ("walk/speed", {"value": True}, 422, "walk/speed: expected a number, got True"),
        ("wall/captions", {"value": 2}, 422, "wall/captions: expected true or false, got 2"),
        ("artist/mode", {"value": "sofd"}, 422, "artist/mode: expected one of soft, hard, got 'sofd'; did you mean"),
        ("artist/steps", {"value": 2}, 409, "artist/steps: it can only be set in the show file, before the start"),
        ("walk/speed", {}, 422, "The message is not what was expected: value: Field required"),
        ("walk/speed", {"value": [1]}, 422, "The message is not what was expected: value"),
        ("", {"value": 1}, 404, ""),
        ("%ed%a0%80", {"value": 1}, 404, "no such parameter"),
    ],
)
def test_what_is_no_value_is_refused_with_a_sentence(
    phone: httpx.Client, path: str, body: dict[str, Any], status: int, said: str
) -> None:
    answer = phone.put(f"/api/parameters/{path}", json=body)
    assert answer.status_code == status
    assert said in answer.json()["error"]
    assert STEPS.live is False


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1" + "0" * 400, "1e999", '"\\ud800"', "\x00"])
def test_what_is_hardly_a_number_is_refused(stand: Stand, phone: httpx.Client, value: str) -> None:
    content = f'{{"value": {value}}}'.encode()
    answer = phone.put("/api/parameters/walk/speed", content=content, headers=JSON)
    assert answer.status_code in (400, 422), answer.text
    text = phone.put("/api/parameters/prompt/text", content=content, headers=JSON)
    assert text.status_code in (400, 422), text.text  # half an emoji, above all
    assert phone.post("/api/jump", content=content.replace(b"value", b"scene"), headers=JSON).status_code in (400, 422)
    assert stand.answers()


# Sockets


def test_the_state_socket_sends_state_and_answers_pings(stand: Stand, phone: httpx.Client) -> None:
    url = f"ws://127.0.0.1:{stand.port}/ws"
    with connect(url, additional_headers=cookie_of(phone), origin=Origin(stand.url)) as wire:
        for noise in ("no json", "[]", "{}", '{"pong": {}}', '{"ping": "x"}', b"\x00\xff"):
            wire.send(noise)
        wire.send('{"ping": 17}')
        words = [json.loads(wire.recv(timeout=5)) for _ in range(12)]
        assert {"pong": 17} in words
        state = next(word["state"] for word in words if "state" in word)
        assert state["show"]["title"] == "Three lights"
        assert [part["name"] for part in state["processes"]] == [
            "projector", "render", "control", "audio", "critic", "supervisor",
        ]  # fmt: skip
        assert all(part["age"] < 5 for part in state["processes"])
        phone.post("/api/logout", json={})
        until(lambda: _closed(wire), "the socket is closed after logging out")


def _closed(wire: Any) -> bool:
    try:
        wire.recv(timeout=0.5)
    except TimeoutError:
        return False
    except Exception as error:
        return getattr(getattr(error, "rcvd", None), "code", 0) == 4401
    return False


def test_the_preview_waits_for_the_phone(stand: Stand, phone: httpx.Client) -> None:
    url = f"ws://127.0.0.1:{stand.port}/ws/preview"
    with connect(url, additional_headers=cookie_of(phone), origin=Origin(stand.url)) as wire:
        first = wire.recv(timeout=5)
        with pytest.raises(TimeoutError):
            wire.recv(timeout=0.5)
        wire.send('{"ack": 1}')
        second = wire.recv(timeout=5)
    assert isinstance(first, bytes)
    assert isinstance(second, bytes)
    assert int.from_bytes(second[:4], "big") >= int.from_bytes(first[:4], "big") + 3  # newest wins: some were skipped
    assert second[8:10] == b"\xff\xd8"


# The process


def test_a_busy_port_is_named(stand: Stand) -> None:
    with pytest.raises(BusyError, match=rf"port {stand.port} is taken by another program; stop it or set \[remote\]"):
        address.check_port("127.0.0.1", stand.port)
    with pytest.raises(BusyError, match="not an address of this machine"):
        address.check_port("192.0.2.77", stand.port)
    with pytest.raises(BusyError, match="not a name or address"):
        address.check_port("no.such.host.invalid", stand.port)


def test_a_link_for_phones_names_an_address_of_this_machine() -> None:
    assert address.reachable_host("127.0.0.1") == "127.0.0.1"
    assert address.reachable_host("::1") == "[::1]"
    found = address.reachable_host("0.0.0.0")
    socket.inet_aton(found)
    address.check_port(found, 0)
