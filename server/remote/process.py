"""The remote's process: serves the phone page until the supervisor says stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Generator

import uvicorn

from server.remote.address import open_port
from server.remote.app import create_app
from server.remote.desk import TICK_SECONDS, Desk
from server.remote.edits import LOOK_SECONDS
from show.log import Tally, get_log
from show.pulse import Pulse
from show.wires import Wires

_CLOSE_SECONDS = 1


class _Server(uvicorn.Server):
    """Uvicorn without its signal handlers: the pulse hears SIGTERM."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Capture nothing."""
        yield


def run(wires: Wires, pulse: Pulse) -> None:
    """Serve the phone page until `pulse.stopping`; raise BusyError if the port is taken."""
    show = wires.show()
    port = open_port("0.0.0.0" if wires.lan else show.remote.host, show.remote.port)
    with port:
        asyncio.run(_serve(Desk(wires, pulse.board), pulse, port))


async def _serve(desk: Desk, pulse: Pulse, port: socket.socket) -> None:
    config = uvicorn.Config(
        create_app(desk),
        lifespan="off",
        ws="websockets-sansio",
        ws_max_size=4096,
        ws_per_message_deflate=False,
        log_config=None,
        access_log=False,
        # Nobody stands between the phones and us; an address out of a header could be anything.
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_CLOSE_SECONDS,
    )
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[port]))
    writing = asyncio.create_task(_write_down(desk))  # beside the loop: a slow disk must not stop the pulse
    following = asyncio.create_task(_follow(desk))
    get_log().info(f"the phone page is at {desk.address}")
    try:
        while not serving.done() and not pulse.stopping:
            desk.tick()
            pulse.beat()
            await asyncio.sleep(TICK_SECONDS)
    finally:
        server.should_exit = True
        await serving
        writing.cancel()
        following.cancel()
        desk.close()


async def _follow(desk: Desk) -> None:
    """Look after the show file, where the show follows it."""
    faults = Tally("following the show file")
    while desk.edits.follow:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            await desk.follow()
        except Exception as error:
            # Whatever a file of somebody else's leads to, the next change of it is looked at again.
            faults.failed(error)


async def _write_down(desk: Desk) -> None:
    while True:
        await desk.note_moves()
        await asyncio.sleep(1)
