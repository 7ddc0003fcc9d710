"""The app: the page, its API and its WebSockets behind the guard."""

from __future__ import annotations

import sqlite3
import time
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException

from server.remote.api import command_routes, paired, pairing_routes, state_routes
from server.remote.desk import Desk
from server.remote.edit_routes import edit_routes
from server.remote.errors import DeskError
from server.remote.guard import Guard
from server.remote.pages import File, read_files
from server.remote.sessions import Session
from server.remote.sockets import socket_routes
from show.errors import OrielError
from show.log import Tally

_SENTENCES: Final = {404: "There is nothing at this address.", 405: "This cannot be done at this address."}


def create_app(desk: Desk) -> FastAPI:
    """Return the app that shows and moves what `desk` sees and moves."""
    app = FastAPI(title="Oriel", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json", redirect_slashes=False)
    makers = (command_routes, edit_routes, state_routes, pairing_routes, socket_routes)
    for make in makers:
        app.include_router(make(desk))
    _add_pages(app, desk)
    _add_sentences(app)

    faults = Tally("the phone page's memory cannot be read")

    def find(token: str) -> Session | None:
        try:
            return desk.sessions.find(token, time.time())
        except sqlite3.Error as error:
            faults.failed(error)
            return None

    app.add_middleware(Guard, names=desk.names, find=find)
    return app


def _add_pages(app: FastAPI, desk: Desk) -> None:
    files = read_files()

    @app.get("/", include_in_schema=False)
    async def page(request: Request) -> Response:
        """The phone page."""
        return _file(files["index.html"], request)

    @app.get("/artist", include_in_schema=False)
    async def artist(request: Request) -> Response:
        """The artist's page."""
        return _file(files["artist.html"], request)

    @app.get("/static/{name}", include_in_schema=False)
    async def static(request: Request, name: str) -> Response:
        """A file of the phone page."""
        if name not in files:
            raise HTTPException(404)
        return _file(files[name], request)

    @app.get("/pair")
    async def pair(request: Request, token: str = "") -> Response:
        """Pair the phone that scanned the code, once, and go to the page."""
        if "prefetch" in request.headers.get("sec-purpose", ""):
            raise HTTPException(404)  # a browser's guess must not use up the code
        if not desk.pairing.take_token(token, time.monotonic(), time.time()):
            return RedirectResponse("/" if "session" in request.scope else "/#code-too-old", 303)
        return await paired(desk, request, RedirectResponse("/", 303), "QR code")


def _file(file: File, request: Request) -> Response:
    headers = {"ETag": file.tag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == file.tag:
        return Response(status_code=304, headers=headers)
    return Response(file.content, media_type=file.kind, headers=headers)


def _add_sentences(app: FastAPI) -> None:
    """Answer every error with one sentence and no more."""
    faults = Tally("the phone page")

    @app.exception_handler(DeskError)
    async def desk_error(_request: Request, error: DeskError) -> JSONResponse:
        return JSONResponse({"error": str(error)}, error.status)

    @app.exception_handler(OrielError)
    async def oriel_error(_request: Request, error: OrielError) -> JSONResponse:
        return JSONResponse({"error": str(error)}, 422)

    @app.exception_handler(sqlite3.Error)
    async def disk_error(_request: Request, error: sqlite3.Error) -> JSONResponse:
        faults.failed(error)
        return JSONResponse({"error": "The machine's disk cannot be written; this was not done."}, 503)

    @app.exception_handler(Exception)
    async def fault(_request: Request, error: Exception) -> JSONResponse:
        faults.failed(error)
        return JSONResponse({"error": "Something went wrong inside; it is written in the log."}, 500)

    @app.exception_handler(HTTPException)
    async def http_error(_request: Request, error: HTTPException) -> JSONResponse:
        sentence = _SENTENCES.get(error.status_code, str(error.detail))
        return JSONResponse({"error": sentence}, error.status_code, error.headers)

    @app.exception_handler(RequestValidationError)
    async def body_error(_request: Request, error: RequestValidationError) -> JSONResponse:
        said = "; ".join(_problem(problem) for problem in error.errors()[:3])
        return JSONResponse({"error": f"The message is not what was expected: {said}."}, 422)


def _problem(problem: dict[str, Any]) -> str:
    place = ".".join(str(part) for part in problem["loc"][1:2] if isinstance(part, str))
    return f"{place or 'the message'}: {problem['msg']}"
