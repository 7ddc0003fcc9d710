"""Routes of live edits: the running show is read, replaced on a beat, and taken back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, Field

from server.remote.api import Body, Commands, Key, Text, sayable
from server.remote.desk import Desk

LONGEST_TEXT = 1_000_000
Place = Annotated[Text, Field(max_length=20)]


class Change(Body):
    """A changed show: the show file as it is now, or `text` in its place; where it lands."""

    at: Place = "next bar"
    text: Annotated[str, Field(strict=True, max_length=LONGEST_TEXT), AfterValidator(sayable)] | None = None


class Undo(Body):
    """Where the edition before comes back."""

    at: Place = "now"


def edit_routes(desk: Desk) -> APIRouter:
    """Return the routes of live edits."""
    routes, commands = APIRouter(prefix="/api"), Commands(desk)

    @routes.get("/show")
    async def show() -> dict[str, str]:
        """What the show file holds now."""
        return {"text": await desk.edits.text()}

    @routes.post("/edit")
    async def edit(request: Request, body: Change, key: Key = "") -> JSONResponse:
        """Let the changed show take the place of the running one, at a beat; 422 if it is not in order."""

        async def action() -> str:
            return await desk.command("edit", await desk.edits.order(body.at, body.text))

        return await commands.run(request, key, "edit", body.at, action)

    @routes.post("/undo")
    async def undo(request: Request, body: Undo, key: Key = "") -> JSONResponse:
        """Take back the edit that waits, or else the last one that landed."""
        return await commands.event(request, key, "undo", body.at)

    return routes
