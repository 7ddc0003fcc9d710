"""The wires between processes: ZeroMQ over ipc sockets in the run directory; the only file that knows ZeroMQ.

Two kinds of message, never mixed:

1. State conflates. A `Publisher` binds `<topic>.sock` and sends whole states; a `Subscriber` keeps the newest one and
   forgets the rest. Either end may be killed and started again: ZeroMQ connects anew, the next state is whole.
2. Events queue. An `EventSender` pushes each event to the receiver's socket and keeps it until it is acknowledged; what
   is not acknowledged after `RESEND_SECONDS` is sent again. The receiver (`EventReceiver`) hands every event out once,
   by source and number. The acknowledgement travels back as state: `Snapshot.acks` holds the last number handled per
   source, so an event outlives a SIGKILL of the receiver between taking and handling it.

Messages are msgpack by msgspec, decoded into the declared type: a malformed message raises nothing, it is counted and
dropped (`dropped`).
"""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import msgspec
import zmq

from show.errors import WireError
from show.snapshot import Event, EventKind

RESEND_SECONDS: Final = 0.25
_PATH_LIMIT: Final = 100

T = TypeVar("T")


def address(run_dir: Path, topic: str) -> str:
    """Return the ipc address of a topic; raise WireError when the path is too long for a Unix socket."""
    path = run_dir / f"{topic}.sock"
    if len(str(path)) > _PATH_LIMIT:
        raise WireError(f"run directory {run_dir}: the path is too long for a socket ({_PATH_LIMIT} letters at most)")
    return f"ipc://{path}"


class Publisher:
    """Publishes whole states of one topic; the newest wins."""

    def __init__(self, run_dir: Path, topic: str) -> None:
        self._socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.PUB)
        self._socket.setsockopt(zmq.LINGER, 0)
        # Conflating here too: a full queue would otherwise drop the newest state, not the oldest.
        self._socket.setsockopt(zmq.CONFLATE, 1)
        self._socket.bind(address(run_dir, topic))
        self._encoder = msgspec.msgpack.Encoder()

    def send(self, state: object) -> None:
        """Send one state (a msgspec struct) to whoever listens; never blocks."""
        self._socket.send(self._encoder.encode(state), zmq.NOBLOCK)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


class Subscriber(Generic[T]):
    """Keeps the newest state of one topic."""

    def __init__(self, run_dir: Path, topic: str, kind: type[T]) -> None:
        self._socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.SUB)
        self._socket.setsockopt(zmq.CONFLATE, 1)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.RECONNECT_IVL, 20)
        self._socket.setsockopt(zmq.RECONNECT_IVL_MAX, 200)
        self._socket.setsockopt(zmq.SUBSCRIBE, b"")
        self._socket.connect(address(run_dir, topic))
        self._decoder = msgspec.msgpack.Decoder(kind)
        self.dropped = 0

    def newest(self, wait: float = 0.0) -> T | None:
        """Return the newest state not returned before, or None if none came within `wait` seconds."""
        if not self._socket.poll(int(wait * 1000)):
            return None
        try:
            return self._decoder.decode(self._socket.recv(zmq.NOBLOCK))
        except zmq.Again:
            return None
        except msgspec.MsgspecError:
            self.dropped += 1
            return None

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


class Doorbell:
    """Rings when one of several wires has something to take."""

    def __init__(self, *wires: Subscriber[Any] | EventReceiver) -> None:
        self._poller = zmq.Poller()
        for wire in wires:
            self._poller.register(wire._socket, zmq.POLLIN)

    def wait(self, seconds: float) -> bool:
        """Wait at most `seconds`, in whole milliseconds; True as soon as there is something to take."""
        return bool(self._poller.poll(int(seconds * 1000)))


class EventSender:
    """Sends events to one receiver and keeps each until it is acknowledged; time is passed in, in seconds."""

    def __init__(self, run_dir: Path, topic: str, name: str) -> None:
        self.source = f"{name}-{uuid.uuid4().hex[:12]}"
        self._socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.PUSH)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.IMMEDIATE, 1)
        self._socket.setsockopt(zmq.RECONNECT_IVL, 20)
        self._socket.setsockopt(zmq.RECONNECT_IVL_MAX, 200)
        self._socket.connect(address(run_dir, topic))
        self._count = 0
        self._open: dict[int, tuple[float, Event]] = {}

    def send(self, kind: EventKind, argument: str, now: float, stamp_ns: int = 0) -> int:
        """Send an event and return its number; it is kept until `acknowledge` sees that number."""
        self._count += 1
        event = Event(self.source, self._count, kind, argument, stamp_ns)
        self._open[self._count] = (now, event)
        self._push(event)
        return self._count

    def acknowledge(self, acks: dict[str, int]) -> None:
        """Forget every event that the receiver has handled, by `Snapshot.acks`."""
        last = acks.get(self.source, 0)
        for number in [n for n in self._open if n <= last]:
            del self._open[number]

    def resend(self, now: float) -> None:
        """Send again what has waited for its acknowledgement longer than RESEND_SECONDS; call it in the loop."""
        for number, (sent, event) in sorted(self._open.items()):
            if now - sent >= RESEND_SECONDS:
                self._open[number] = (now, event)
                self._push(event)

    @property
    def waiting(self) -> int:
        """Events sent and not yet acknowledged."""
        return len(self._open)

    def _push(self, event: Event) -> None:
        try:
            oldest = msgspec.structs.replace(event, first=min(self._open))
            self._socket.send(msgspec.msgpack.encode(oldest), zmq.NOBLOCK)
        except zmq.Again:
            return  # nobody is there to take it; `resend` tries again

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


class EventReceiver:
    """Takes events from many senders and hands each out once, in the order of its source."""

    def __init__(self, run_dir: Path, topic: str, acks: dict[str, int] | None = None) -> None:
        self._socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.PULL)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.bind(address(run_dir, topic))
        self._decoder = msgspec.msgpack.Decoder(Event)
        self.acks: dict[str, int] = dict(acks or {})
        self.dropped = 0

    def drain(self) -> list[Event]:
        """Return all new events; `acks` then holds their numbers, to be sent with the next snapshot."""
        events: list[Event] = []
        while True:
            try:
                event = self._decoder.decode(self._socket.recv(zmq.NOBLOCK))
            except zmq.Again:
                return events
            except msgspec.MsgspecError:
                self.dropped += 1
                continue
            if event.number == max(self.acks.get(event.source, 0), event.first - 1) + 1:
                self.acks[event.source] = event.number
                events.append(event)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
