"""OSC over UDP: parameters and verbs in, value echoes out. Hostile bytes end here.

Every parameter is at "/" + its address and takes one value. Verbs: /start /stop /pause /go /back /panic /tap,
/jump (scene name, or number from 1), /seek (seconds), /release [address], /blackout [0|1], /subscribe [port],
/unsubscribe, /query [address]. Cues: /cue/go /cue/back /cue/pause /cue/panic, and /cue/N/go for the cue of number N.
/go 0 (and the like, up to /cue/N/go) is a button let go, and does nothing. Subscribers are told what stands by
(/cue/next), what was fired last (/cue/last), and why a GO was refused (/cue/note).

Addresses are literal and looked up in one table; `support/packet.py` says what is refused. At most TURN_PACKETS are
read per turn, so a flood costs a known share of one core; the rest is dropped by the kernel.
"""

from __future__ import annotations

import math
import select
import socket
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from server.inputs.base import Voice, own_options
from server.inputs.support.echo import Source, Subscribers
from server.inputs.support.packet import LONGEST, Message, PacketError, pack, unpack
from server.quota import Quota
from show.bus import EventSender, Publisher, Subscriber
from show.cue_config import numbered
from show.errors import InputError, did_you_mean
from show.log import get_log
from show.parameter import Parameter, ParameterError, Value
from show.pulse import Pulse, PulseBoard
from show.snapshot import CueSheet, EventKind, Snapshot, Touch, Touches
from show.wires import EVENTS, SNAPSHOT, Wires, touches_topic

NAME: Final = "osc"
CHANNELS: Final[tuple[str, ...]] = ()
OPTIONS: Final[tuple[Parameter, ...]] = (
    Parameter("host", "text", "127.0.0.1", "Address to listen on; 0.0.0.0 opens it to the network", live=False),
    Parameter("port", "int", 9000, "UDP port to listen on", 1, 65535, live=False),
    Parameter(
        "reply_port", "int", 9001, "UDP port of a sender that is answered, unless it names one", 1, 65535, live=False
    ),
)
TURN_PACKETS: Final = 200
TURN_SECONDS: Final = 0.01
ECHO_SECONDS: Final = 0.05
TOUCH_SECONDS: Final = 0.5
"""Touches are sent again this often, for a control that was started anew."""
WAITING: Final = 32
"""Events that may wait for control; more would all fire at once when it comes back."""
_RECEIVE_BUFFER: Final = 1 << 20
_FLOOD_TURNS: Final = 20
_REMEMBERED: Final = 500

Verb = Callable[[tuple[Value | None, ...], Source], None]


class RefusalError(Exception):
    """A message is understood and cannot be obeyed; the sentence says why."""


def run(wires: Wires, pulse: Pulse) -> None:
    """Listen until told to stop; raise InputError if the port cannot be had."""
    given = own_options(wires, NAME, OPTIONS)
    with listen(given) as wire:
        listener = Listener(wires, pulse.board, wire, int(given["reply_port"]))
        get_log().info(f"OSC is heard on {given['host']}:{given['port']}")
        while not pulse.stopping:
            listener.turn()
            listener.report(f"Listening for OSC on {given['host']}:{given['port']}.")
            pulse.beat()
        listener.close()


def listen(given: Mapping[str, Value]) -> socket.socket:
    """Return a UDP socket bound as the options say; raise InputError naming the port and what to do."""
    host, port = str(given["host"]), int(given["port"])
    wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        wire.bind((host, port))
    except OSError as error:
        wire.close()
        raise InputError(
            f"OSC: port {port} on {host} cannot be had ({error.strerror}): stop the other program, "
            "or change port or host in the options of [[input]] osc"
        ) from None
    wire.setblocking(False)
    return wire


def check_port(given: Mapping[str, Value]) -> None:
    """Raise InputError if the port that the options name cannot be had just now."""
    listen({"host": "127.0.0.1", "port": 9000, **given}).close()


class Listener:
    """One open socket with its table of addresses, its touches and its subscribers."""

    def __init__(self, wires: Wires, board: PulseBoard, wire: socket.socket, reply_port: int) -> None:
        self.counts: Counter[str] = Counter()
        self._wire = wire
        self._board = board
        self._reply_port = reply_port
        self._tree = wires.parameters()
        self._scenes = [scene.name for scene in wires.show().scene]
        self._cues = [numbered(cue.number) for cue in wires.show().cue]
        self._verbs = self._table()
        self._voice = Voice(wires, NAME)
        self._events = EventSender(wires.run, EVENTS, NAME)
        self._publisher = Publisher(wires.run, touches_topic(NAME))
        self._snapshots = Subscriber(wires.run, SNAPSHOT, Snapshot)
        self._values: dict[str, Value] = {}
        self._touches: dict[str, Touch] = {}
        self._subscribers = Subscribers()
        self._complaints = Complaints()
        self._changed = False
        self._touches_due = self._echo_due = 0.0
        self._full_turns = 0

    def turn(self) -> None:
        """Wait shortly for packets, take in at most TURN_PACKETS, and pass on what they changed."""
        select.select([self._wire], [], [], TURN_SECONDS)
        begun = time.monotonic()
        if self._drain():
            self._full_turns += 1
            time.sleep(max(0.0, begun + TURN_SECONDS - time.monotonic()))
        else:
            self._full_turns = 0
        now = time.monotonic()
        if self._changed or now >= self._touches_due:
            self._publisher.send(Touches(NAME, dict(self._touches)))
            self._changed, self._touches_due = False, now + TOUCH_SECONDS
        self._events.resend(now)
        if now >= self._echo_due:
            self._echo_due = now + ECHO_SECONDS
            self._echo(now)

    def report(self, sentence: str) -> None:
        """Publish the status, and the count of what was refused since the last log line."""
        numbers = {f"packets/{name}": float(count) for name, count in self.counts.items()}
        numbers |= {"subscribers": float(len(self._subscribers)), "waiting": float(self._events.waiting)}
        if self._full_turns >= _FLOOD_TURNS:
            self._voice.say("More OSC comes in than can be read; some of it is lost.", "amber", numbers)
        else:
            self._voice.say(sentence, "green", numbers)

    def close(self) -> None:
        """Close the wires."""
        for wire in (self._voice, self._events, self._publisher, self._snapshots):
            wire.close()

    def _drain(self) -> bool:
        """Take in waiting packets; True when there were more than one turn may take."""
        for _ in range(TURN_PACKETS):
            try:
                packet, source = self._wire.recvfrom(LONGEST + 1)
            except BlockingIOError:
                return False
            except OSError:
                self.counts["broken"] += 1
                return False
            self._take(packet, source)
        return True

    def _take(self, packet: bytes, source: Source) -> None:
        """Obey one packet, or count why not."""
        try:
            messages = unpack(packet)
        except PacketError as error:
            self.counts[error.reason] += 1
            self._complaints.packet(error.reason, source)
            return
        self._subscribers.heard(source, time.monotonic())
        for message in messages:
            try:
                outcome = self._obey(message, source)
            except (RefusalError, ParameterError) as error:
                outcome = "refused"
                self._complaints.refusal(message.address, str(error), source)
            self.counts[outcome] += 1

    def _obey(self, message: Message, source: Source) -> str:
        """Do what a message says and return the word under which it is counted."""
        verb = self._verbs.get(message.address)
        if verb is not None:
            verb(message.arguments, source)
            return "accepted"
        parameter = self._tree.get(message.address[1:])
        if parameter is None:
            self._complaints.unknown(message.address, (*self._verbs, *(f"/{known}" for known in self._tree)), source)
            return "unknown"
        self._touch(parameter, message.arguments, source)
        return "accepted"

    def _touch(self, parameter: Parameter, arguments: tuple[Value | None, ...], source: Source) -> None:
        if not parameter.live:
            raise RefusalError(f"{parameter.address}: it can only be set in the show file, before the start")
        if len(arguments) != 1:
            raise RefusalError(f"{parameter.address}: expected one value, got {len(arguments)}")
        value = parameter.accept(arguments[0])
        # Numbers come from the clock, so that they still grow when this process was started anew.
        now_ns = time.monotonic_ns()
        self._touches[parameter.address] = Touch(value, now_ns, now_ns)
        self._changed = True
        self._subscribers.sent(source, parameter.address, value, time.monotonic())

    # Verbs

    def _table(self) -> dict[str, Verb]:
        plain: tuple[EventKind, ...] = ("start", "stop", "pause", "go", "back", "panic", "tap")
        verbs: dict[str, Verb] = {f"/{kind}": self._plain(kind) for kind in plain}
        verbs |= {f"/cue/{kind}": verbs[f"/{kind}"] for kind in ("go", "back", "pause", "panic")}
        verbs |= {f"/cue/{number}/go": self._plain("cue", number) for number in self._cues}
        return verbs | {
            "/jump": self._jump,
            "/seek": self._seek,
            "/release": self._release,
            "/blackout": self._blackout,
            "/subscribe": self._subscribe,
            "/unsubscribe": self._unsubscribe,
            "/query": self._query,
        }

    def _need_room(self, kind: EventKind) -> None:
        if self._events.waiting >= WAITING:
            raise RefusalError(f"{kind}: {WAITING} commands wait for the show control already; this one was not sent")

    def _send(self, kind: EventKind, argument: str = "") -> None:
        self._need_room(kind)
        self._events.send(kind, argument, time.monotonic(), time.monotonic_ns())

    def _plain(self, kind: EventKind, argument: str = "") -> Verb:
        def verb(arguments: tuple[Value | None, ...], _source: Source) -> None:
            if arguments not in ((0,), (False,)):
                self._send(kind, argument)

        return verb

    def _jump(self, arguments: tuple[Value | None, ...], _source: Source) -> None:
        wanted = _one(arguments, "jump", "the name of a scene, or its number from 1")
        if isinstance(wanted, str):
            if wanted not in self._scenes:
                raise RefusalError(f"jump: there is no scene {wanted[:80]!r}{did_you_mean(wanted[:80], self._scenes)}")
            self._send("jump", wanted)
            return
        if wanted not in range(1, len(self._scenes) + 1):
            raise RefusalError(f"jump: expected a scene number from 1 to {len(self._scenes)}, got {wanted!r}")
        self._send("jump", self._scenes[int(wanted) - 1])

    def _seek(self, arguments: tuple[Value | None, ...], _source: Source) -> None:
        seconds = _one(arguments, "seek", "seconds")
        if isinstance(seconds, bool | str) or not math.isfinite(seconds) or seconds < 0:
            raise RefusalError(f"seek: expected seconds from 0, got {seconds!r}")
        self._send("seek", repr(float(seconds)))

    def _release(self, arguments: tuple[Value | None, ...], _source: Source) -> None:
        address = self._address(arguments, "release")
        self._need_room("release")
        for held in [held for held in self._touches if address in ("", held)]:
            del self._touches[held]
        # The touches go first: whoever handles the event must not find the released touch again afterwards.
        self._publisher.send(Touches(NAME, dict(self._touches)))
        self._send("release", address)

    def _blackout(self, arguments: tuple[Value | None, ...], _source: Source) -> None:
        wanted = _one(arguments or (1,), "blackout", "0 or 1")
        if wanted not in (0, 1):
            raise RefusalError(f"blackout: expected 0 or 1, got {wanted!r}")
        self._board.blackout = bool(wanted)

    def _subscribe(self, arguments: tuple[Value | None, ...], source: Source) -> None:
        port = _one(arguments or (self._reply_port,), "subscribe", "a port")
        if isinstance(port, bool | str) or not 1 <= port <= 65535 or port != int(port):
            raise RefusalError(f"subscribe: expected a port from 1 to 65535, got {port!r}")
        if not self._subscribers.add(source, int(port), time.monotonic()):
            raise RefusalError(f"subscribe: there are {len(self._subscribers)} subscribers already")

    def _unsubscribe(self, _arguments: tuple[Value | None, ...], source: Source) -> None:
        self._subscribers.remove(source)

    def _query(self, arguments: tuple[Value | None, ...], source: Source) -> None:
        address = self._address(arguments, "query")
        if not self._values:
            raise RefusalError("query: the show control has not said any values yet")
        port = self._subscribers.port_of(source) or self._reply_port
        for known in [address] if address else list(self._values):
            self._reply((source[0], port), known)

    def _address(self, arguments: tuple[Value | None, ...], verb: str) -> str:
        """Return the parameter address that a verb was given, without the leading slash; "" stands for all."""
        address = _one(arguments or ("",), verb, "an address")
        if not isinstance(address, str):
            raise RefusalError(f"{verb}: expected an address, got {address!r}")
        address = address.removeprefix("/")
        if address:
            self._tree.find(address[:120])
        return address

    # Echo

    def _echo(self, now: float) -> None:
        """Take in the newest snapshot and tell subscribers what they do not know yet."""
        snapshot = self._snapshots.newest()
        if snapshot is None:
            return
        self._values = snapshot.values | _told(snapshot.cues)
        self._events.acknowledge(snapshot.acks)
        for news in self._subscribers.news(self._values, now):
            self._reply(news.target, news.address)

    def _reply(self, target: Source, address: str) -> None:
        try:
            self._wire.sendto(pack(f"/{address}", self._values[address]), target)
            self.counts["echoed"] += 1
        except (OSError, ValueError):
            self.counts["unreachable"] += 1


def _told(cues: CueSheet | None) -> dict[str, Value]:
    """Return what subscribers hear of the cue list."""
    return {} if cues is None else {"cue/next": cues.next, "cue/last": cues.last, "cue/note": cues.note}


def _one(arguments: tuple[Value | None, ...], verb: str, expected: str) -> Value:
    """Return the one argument of a verb, or refuse."""
    if len(arguments) != 1 or arguments[0] is None:
        raise RefusalError(f"{verb}: expected {expected}, got {len(arguments)} arguments")
    return arguments[0]


class Complaints:
    """Log lines about refused messages: each kind once in words, then counted; a flood never fills the disk."""

    def __init__(self) -> None:
        self._lines = Quota(rate=0.5, burst=10)
        self._said: set[str] = set()

    def packet(self, reason: str, source: Source) -> None:
        """Note a packet that is no OSC message of ours."""
        if reason not in self._said:
            words = {
                "long": f"a packet is longer than {LONGEST} bytes",
                "pattern": "an address holds a pattern; only literal addresses are understood",
                "malformed": "a packet is not OSC as this show understands it",
            }
            self._once(reason, f"{words[reason]}; packets like this are dropped and counted", source)

    def refusal(self, address: str, sentence: str, source: Source) -> None:
        """Note a value or verb that cannot be obeyed: the first time per address in words."""
        if address not in self._said:
            self._once(address, sentence, source)

    def unknown(self, address: str, known: tuple[str, ...], source: Source) -> None:
        """Answer an unknown address with the nearest known one."""
        if address in self._said:
            return
        if len(self._said) >= _REMEMBERED:
            self._said.clear()
        # The quota is asked first: looking for a near word is slow, and a flood would pay for it.
        if self._lines.take(time.monotonic()):
            self._said.add(address)
            self._write(f"{address[:120]!r}: there is no such address{did_you_mean(address[:120], known)}", source)

    def _once(self, what: str, sentence: str, source: Source) -> None:
        if self._lines.take(time.monotonic()):
            self._said.add(what)
            self._write(sentence, source)

    def _write(self, sentence: str, source: Source) -> None:
        more = self._lines.refused()
        behind = f" ({more} more lines were left out)" if more else ""
        get_log().warning(f"OSC from {source[0]}: {sentence[:300]}{behind}")
