"""The WebSockets: state five times a second with ping and pong, and pictures that the phone acknowledges one by one.

Text and pictures each have their own socket, so that a slow picture never delays a word. Neither can fill the memory:
state waits until the last one is gone, a picture until the last one was acknowledged.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketDisconnected

from server.remote.desk import Desk
from server.remote.guard import COOKIE
from server.remote.preview import HEAD
from show.log import Tally

STATE_SECONDS: Final = 0.2
IDLE_SECONDS: Final = 1.0
"""Without a new picture the session is looked at again after so long."""
SLOW_SECONDS: Final = 10.0
"""A phone that takes nothing for this long is let go."""
SOCKETS: Final = 64
NOT_PAIRED: Final = 4401
"""Close code: the session has ended."""
TOO_MANY: Final = 4503


_WORDS: Final = ("ping", "ack")
"""What a phone may say; anything else is not kept."""


class Phone:
    """One open WebSocket: what it said last, and whether its session still stands."""

    def __init__(self, desk: Desk, socket: WebSocket) -> None:
        self._desk = desk
        self._socket = socket
        self._said: dict[str, Any] = {}
        self._heard = asyncio.Event()
        self._checked = time.monotonic()

    async def listen(self) -> None:
        """Take in what the phone says until it hangs up; what is not understood is dropped."""
        while True:
            try:
                words = json.loads(await self._socket.receive_text())
            except (ValueError, KeyError):
                continue
            if isinstance(words, dict):
                self._said |= {word: words[word] for word in _WORDS if word in words}
                self._heard.set()

    async def heard(self, word: str, seconds: float) -> Any:
        """Return the newest thing the phone said under `word`, or None if it says nothing for so long."""
        if word not in self._said:
            self._heard.clear()
            try:
                await asyncio.wait_for(self._heard.wait(), seconds)
            except TimeoutError:
                return None
        return self._said.pop(word, None)

    async def send(self, message: str | bytes) -> None:
        """Send a message; raise TimeoutError if the phone does not take it."""
        async with asyncio.timeout(SLOW_SECONDS):
            if isinstance(message, str):
                await self._socket.send_text(message)
            else:
                await self._socket.send_bytes(message)

    def is_paired(self) -> bool:
        """Say whether the session still stands; looks once a second."""
        now = time.monotonic()
        if now - self._checked < 1:
            return True
        self._checked = now
        return self._desk.sessions.find(self._socket.cookies.get(COOKIE, ""), time.time()) is not None


def socket_routes(desk: Desk) -> APIRouter:
    """Return the two WebSockets."""
    routes = APIRouter()
    sockets: set[WebSocket] = set()
    faults = Tally("a phone's connection")

    async def serve(socket: WebSocket, talk: Callable[[Desk, Phone], Awaitable[None]]) -> None:
        await socket.accept()
        if len(sockets) >= SOCKETS:
            await socket.close(TOO_MANY)
            return
        sockets.add(socket)
        phone = Phone(desk, socket)
        tasks = [asyncio.ensure_future(phone.listen()), asyncio.ensure_future(talk(desk, phone))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sockets.discard(socket)
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
        await _hang_up(socket, ends, faults)

    @routes.websocket("/ws")
    async def state(socket: WebSocket) -> None:
        """State as JSON, and a pong for every ping."""
        desk.phones += 1
        try:
            await serve(socket, _talk_state)
        finally:
            desk.phones -= 1

    @routes.websocket("/ws/preview")
    async def preview(socket: WebSocket) -> None:
        """Strips of what the wall shows, each sent after the last one was acknowledged."""
        await serve(socket, _talk_pictures)

    return routes


async def _talk_state(desk: Desk, phone: Phone) -> None:
    due = 0.0
    while phone.is_paired():
        now = time.monotonic()
        if now >= due:
            due = now + STATE_SECONDS
            await phone.send(desk.state_text())
        ping = await phone.heard("ping", due - now)
        if ping is not None:
            await phone.send(json.dumps({"pong": ping if isinstance(ping, int | float) else 0}))


async def _talk_pictures(desk: Desk, phone: Phone) -> None:
    last = 0
    while phone.is_paired():
        strip = desk.preview.strip(last, time.monotonic_ns())
        if strip is None:
            await desk.preview.wait(IDLE_SECONDS)
            continue
        last = strip.id
        age = max(0, time.monotonic_ns() - strip.seen_ns) // 1_000_000
        await phone.send(HEAD.pack(strip.id & 0xFFFFFFFF, min(age, 0xFFFFFFFF)) + strip.jpeg)
        if await phone.heard("ack", SLOW_SECONDS) is None:
            return


async def _hang_up(socket: WebSocket, ends: list[Any], faults: Tally) -> None:
    """Close the socket if it is still open, and write down what nobody expected."""
    expected = (WebSocketDisconnect, WebSocketDisconnected, asyncio.CancelledError, TimeoutError)
    for end in ends:
        if isinstance(end, BaseException) and not isinstance(end, expected):
            faults.failed(end)
    try:
        await socket.close(NOT_PAIRED if ends[1] is None else 1000)
    except (RuntimeError, WebSocketDisconnect):
        return  # the phone has hung up already
