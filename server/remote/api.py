"""The API: commands, parameters and pairing as HTTP routes; the guard has seen to sessions and origins before."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StrictFloat

from server.remote.desk import Desk
from server.remote.errors import DeskError
from server.remote.guard import COOKIE
from server.remote.once import Once
from server.remote.sessions import SESSION_SECONDS, Entry, Session
from show.snapshot import EventKind


def sayable(text: str) -> str:
    """Refuse half a character (a lone surrogate): JSON can hold it, no wire can carry it."""
    text.encode("utf-8")
    return text


Text = Annotated[str, Field(strict=True), AfterValidator(sayable)]
Whole = Annotated[int, Field(strict=True, ge=-(2**53), le=2**53)]
"""A whole number that JavaScript can say."""
Asked = Annotated[str, Query(max_length=200), AfterValidator(sayable)]
"""Words that somebody looks for."""
Key = Annotated[str, Header(alias="Idempotency-Key", max_length=80)]


class Body(BaseModel):
    """Base of every message to the API: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid")


class Pin(Body):
    """The six digits that the wall and the terminal show."""

    pin: str = Field(pattern=r"^[0-9]{6}$")


class Switch(Body):
    """Blackout on or off."""

    on: StrictBool


class Setting(Body):
    """A parameter's new value."""

    value: StrictBool | Whole | StrictFloat | Text


class Release(Body):
    """The address to let go, or "" for all."""

    address: Text = Field("", max_length=200)


class Jump(Body):
    """The name of a scene."""

    scene: Text = Field(max_length=80)


class Fire(Body):
    """The number or name of a cue."""

    cue: Text = Field(max_length=80)


class Commands:
    """Does commands once per key and writes down who did what."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._once = Once(desk.sessions)

    async def event(self, request: Request, key: str, kind: EventKind, argument: str = "") -> JSONResponse:
        """Send an event to control; answer 200 once it is handled, 202 while it is on its way, 409 for a refused GO."""

        async def action() -> str:
            return await self._desk.command(kind, argument)

        return await self.run(request, key, kind, argument, action)

    async def run(
        self, request: Request, key: str, what: str, argument: str, action: Callable[[], Awaitable[str]]
    ) -> JSONResponse:
        """Run `action` once per key, note its outcome ("done", "sent" or why not) in the audit, and answer."""
        session: Session = request.scope["session"]

        async def noted() -> str:
            outcome = await action()
            who = (session.who, session.device, session.address)
            await self._desk.note(Entry(time.time(), *who, what, argument, outcome, key or None))
            return outcome

        outcome = await self._once.run(session.who, key, noted)
        if outcome == "done":
            return JSONResponse({"done": True})
        if outcome != "sent":
            return JSONResponse({"done": False, "error": outcome}, 409)
        return JSONResponse({"done": False, "error": "The show control has not answered yet."}, 202)


def command_routes(desk: Desk) -> APIRouter:
    """Return the routes of everything that moves the show as a whole."""
    routes, commands = APIRouter(prefix="/api"), Commands(desk)

    def event_route(path: str, kind: EventKind, says: str) -> None:
        async def route(request: Request, key: Key = "") -> JSONResponse:
            return await commands.event(request, key, kind)

        routes.add_api_route(path, route, methods=["POST"], name=kind, summary=says)

    event_route("/start", "start", "Play, from the beginning or from where it was stopped.")
    event_route("/stop", "stop", "Stop; the wall rests on its picture.")
    event_route("/pause", "pause", "Hold the show, its fades and its waits; and go on.")
    event_route("/next", "go", "GO: fire the cue that stands by; without a cue list, go to the next scene.")
    event_route("/back", "back", "Take back the last cue; without a cue list, go back to the scene before.")
    event_route("/tap", "tap", "One tap of the tempo.")
    event_route("/panic", "panic", "Fade everything to safe.")

    @routes.post("/jump")
    async def jump(request: Request, body: Jump, key: Key = "") -> JSONResponse:
        """Go to a scene by its name."""
        return await commands.event(request, key, "jump", desk.scene(body.scene))

    @routes.post("/cue")
    async def cue(request: Request, body: Fire, key: Key = "") -> JSONResponse:
        """Fire a cue by its number or name, whatever stands by."""
        return await commands.event(request, key, "cue", desk.cue(body.cue))

    @routes.post("/release")
    async def release(request: Request, body: Release, key: Key = "") -> JSONResponse:
        """Give a parameter, or all, back to the score."""
        desk.let_go(body.address)
        return await commands.event(request, key, "release", body.address)

    @routes.post("/blackout")
    async def blackout(request: Request, body: Switch, key: Key = "") -> JSONResponse:
        """Make the wall black, or show the pictures again; works with every other process dead."""

        async def action() -> str:
            desk.blackout(body.on)
            return "done"

        return await commands.run(request, key, "blackout", "on" if body.on else "off", action)

    return routes


def state_routes(desk: Desk) -> APIRouter:
    """Return the routes of what there is to see, and of the parameters."""
    routes = APIRouter(prefix="/api")

    @routes.get("/light")
    async def light() -> dict[str, Any]:
        """The light and its sentence; the one thing that needs no session."""
        return desk.light()

    @routes.get("/state")
    async def state() -> dict[str, Any]:
        """Everything the page shows."""
        return desk.state()

    @routes.get("/parameters")
    async def parameters() -> list[dict[str, Any]]:
        """Every parameter with its declaration and its value."""
        return desk.parameters()

    @routes.put("/parameters/{address:path}")
    async def set_parameter(request: Request, address: str, body: Setting) -> dict[str, Any]:
        """Hold a parameter at a value, clamped to its range, until it is released or a scene takes it."""
        return {"address": address, "value": desk.touch(address, body.value, request.scope["session"])}

    @routes.get("/records")
    async def records(words: Asked = "") -> dict[str, Any]:
        """The records of the training set nearest to words, or without words to the pictures now on the wall."""
        asked = " ".join(words.split())
        return await (desk.records.near_words(asked) if asked else desk.records.near_wall())

    return routes


def pairing_routes(desk: Desk) -> APIRouter:
    """Return the routes by which phones come and go."""
    routes = APIRouter(prefix="/api")

    @routes.post("/pair")
    async def pair(request: Request, body: Pin) -> Response:
        """Pair this phone by the PIN."""
        address = client_address(request)
        async with desk.lock:
            if not desk.pairing.is_open(time.monotonic(), time.time()):
                raise DeskError(403, "Pairing is closed. A phone that is paired can open it, under More.")
            wait = desk.pairing.wait(address, time.time())
            if wait > 0:
                return _too_early(wait)
            right = await asyncio.to_thread(desk.pairing.take_pin, body.pin, address, time.time())
            wait = desk.pairing.wait(address, time.time())
        if not right:
            refused = {"error": "This PIN is not the one on the wall.", "wait": math.ceil(wait)}
            return JSONResponse(refused, 403)
        return await paired(desk, request, JSONResponse({"done": True}), "PIN")

    @routes.post("/pairing")
    async def open_pairing(request: Request) -> dict[str, str]:
        """Open pairing for ten minutes, to add a phone, and return what the wall shows."""
        session: Session = request.scope["session"]
        desk.pairing.open(time.monotonic())
        await desk.note(Entry(time.time(), *session[:3], "pairing", "", "done"))
        words = desk.pairing.words(time.monotonic(), time.time())
        return {name: words[name] for name in ("url", "pin", "qr")}

    @routes.post("/logout")
    async def logout(request: Request) -> JSONResponse:
        """End this phone's session."""
        await asyncio.to_thread(desk.sessions.end, request.cookies[COOKIE])
        answer = JSONResponse({"done": True})
        answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
        return answer

    return routes


async def paired(desk: Desk, request: Request, answer: Response, way: str) -> Response:
    """Begin a session for the phone that asked and return `answer` with its cookie."""
    now, address = time.time(), client_address(request)
    device = device_name(request.headers.get("user-agent", ""))
    token = await asyncio.to_thread(desk.sessions.create, device, address, now)
    session = desk.sessions.find(token, now)
    await desk.note(Entry(now, session.who if session else "", device, address, "pair", way, "done"))
    answer.set_cookie(COOKIE, token, max_age=int(SESSION_SECONDS), path="/", httponly=True, samesite="strict")
    return answer


def client_address(request: Request) -> str:
    """Return the address that a request came from."""
    return request.client.host if request.client else "unknown"


def device_name(user_agent: str) -> str:
    """Return a rough word for the device behind a browser's own description."""
    for mark, name in (
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Macintosh", "Mac"),
        ("Windows", "Windows"),
        ("Linux", "Linux"),
    ):
        if mark in user_agent:
            return name
    return "other"


def _too_early(wait: float) -> JSONResponse:
    seconds = math.ceil(wait)
    words = {"error": f"Too many wrong PINs. Try again in {seconds} s, or scan the code.", "wait": seconds}
    return JSONResponse(words, 429, {"Retry-After": str(seconds)})
