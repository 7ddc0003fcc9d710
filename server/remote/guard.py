"""The guard: stands in front of every route, HTTP and WebSocket, and refuses by default.

For each request, in this order:

1. Its Host must be one of this machine's own names, or the very address it came in on, with this port (421). This
   ends DNS rebinding, because a foreign page's name is never one of ours.
2. If it changes something or opens a WebSocket, its Origin must be exactly that Host ("null" is not) and
   Sec-Fetch-Site must not tell of another site (403). Programs that are no browsers send neither.
3. If it carries something, that must be JSON (415) of a known length (411) that is not too long (413). A foreign page
   cannot send JSON without asking first, and nobody answers that question.
4. Unless its path is in OPEN, it needs a session (401). Routes that do not exist need one too.

Every answer gets the headers that forbid foreign scripts, frames and guesses at the content's type.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Final, NamedTuple

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.remote.sessions import Session

COOKIE: Final = "oriel_session"
OPEN: Final = frozenset({"/", "/artist", "/pair", "/api/pair", "/api/light"})
"""Paths that need no session; everything under /static/ is open too."""
STATIC: Final = "/static/"
BODY_BYTES: Final = 16 * 1024
LONG_BODIES: Final = {"/api/edit": 1024 * 1024}
"""Bytes by path where more are taken: a whole show file. They are read only once the session is known."""
SAFE: Final = frozenset({"GET", "HEAD"})

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{1,5}))?")
_DEFAULT_PORTS: Final = {"http": 80, "ws": 80, "https": 443, "wss": 443}
_WEB: Final = {"http": "http", "ws": "http", "https": "https", "wss": "https"}


class Refusal(NamedTuple):
    """Why a request is refused: an HTTP status and a sentence."""

    status: int
    sentence: str


class Guard:
    """ASGI middleware; `names` are this machine's own, `find` returns the session of a cookie or None.

    A request that passes finds its Session in `scope["session"]` if it has one.
    """

    def __init__(self, app: ASGIApp, names: frozenset[str], find: Callable[[str], Session | None]) -> None:
        self._app = app
        self._names = names
        self._find = find

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through or answer it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if refusal is None:
            await self._app(scope, receive, _with_headers(send, headers))
        elif scope["type"] == "http":
            await _answer(refusal, "http.response", _with_headers(send, headers))
        else:
            await receive()  # the wish to connect
            await _answer(refusal, "websocket.http.response", _with_headers(send, headers))

    def _refusal(self, scope: Scope, headers: Headers) -> Refusal | None:
        if not self._is_own(scope, headers):
            return Refusal(421, "This address is not one of this machine's own.")
        if scope["type"] == "websocket" or scope["method"] not in SAFE:
            if _is_foreign(scope, headers):
                return Refusal(403, "This request comes from another site.")
            if scope["type"] == "http" and (refusal := _body_refusal(scope["path"], headers)):
                return refusal
        token = HTTPConnection(scope).cookies.get(COOKIE, "")
        session = self._find(token) if token else None
        if session is not None:
            scope["session"] = session
        elif not (scope["type"] == "http" and (scope["path"] in OPEN or scope["path"].startswith(STATIC))):
            return Refusal(401, "This phone is not paired with the show.")
        return None

    def _is_own(self, scope: Scope, headers: Headers) -> bool:
        hosts = headers.getlist("host")
        found = _HOST.fullmatch(hosts[0].lower()) if len(hosts) == 1 else None
        if found is None:
            return False
        arrived_at, arrived_port = scope["server"]
        if int(found[2] or _DEFAULT_PORTS[scope["scheme"]]) != arrived_port:
            return False
        return found[1] in self._names or found[1].strip("[]") == arrived_at.lower().removeprefix("::ffff:")


def _is_foreign(scope: Scope, headers: Headers) -> bool:
    own = f"{_WEB[scope['scheme']]}://{headers['host'].lower()}"
    if any(origin.lower() != own for origin in headers.getlist("origin")):
        return True
    return headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")


def _body_refusal(path: str, headers: Headers) -> Refusal | None:
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return Refusal(415, "Only application/json is understood here.")
    length = headers.get("content-length", "0")
    if "transfer-encoding" in headers or not length.isdecimal():
        return Refusal(411, "The length of the message must be known.")
    most = LONG_BODIES.get(path, BODY_BYTES)
    if int(length) > most:
        return Refusal(413, f"The message is longer than {most} bytes.")
    return None


async def _answer(refusal: Refusal, kind: str, send: Send) -> None:
    body = json.dumps({"error": refusal.sentence}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": f"{kind}.start", "status": refusal.status, "headers": headers})
    await send({"type": f"{kind}.body", "body": body})


def _with_headers(send: Send, asked: Headers) -> Send:
    """Return `send` with the security headers added to every answer."""

    async def sending(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            headers = MutableHeaders(scope=message)
            # Some browsers do not count WebSockets to 'self', so their address is spelled out. It was checked above.
            sockets = f"ws://{asked['host']} wss://{asked['host']}" if _HOST.fullmatch(asked.get("host", "")) else ""
            headers["content-security-policy"] = (
                f"default-src 'self'; img-src 'self' blob: data:; connect-src 'self' {sockets}; object-src 'none'; "
                "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'"
            )
            headers["x-content-type-options"] = "nosniff"
            headers["x-frame-options"] = "DENY"
            headers["referrer-policy"] = "same-origin"
            headers["cross-origin-resource-policy"] = "same-origin"
            headers.setdefault("cache-control", "no-store")
        await send(message)

    return sending
