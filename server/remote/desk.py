"""The desk: everything the phone page can see and do, without a word of HTTP.

The event loop calls `tick` many times a second; routes call the rest. Commands go to control as events that are kept
until they are acknowledged, slider positions as touches (whole, again every half second), Blackout straight into the
pulse segment, because it has to work with everything else dead.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from typing import Any, Final

import msgspec

from server.remote.address import own_names, reachable_host
from server.remote.edits import Edits
from server.remote.errors import DeskError
from server.remote.light import View
from server.remote.pairing import Pairing
from server.remote.preview import Preview
from server.remote.records import Records
from server.remote.sessions import Entry, Session, Sessions
from server.remote.state import Watch, light_words, refusal, state_words
from show import rates
from show.bus import EventSender, Publisher
from show.cue_config import numbered
from show.errors import OrielError, did_you_mean
from show.frames import FrameReader, attach
from show.log import Tally, get_log
from show.parameter import Parameter, Value
from show.pulse import PulseBoard
from show.snapshot import EventKind, Status, Touch, Touches
from show.wires import EVENTS, Wires, status_topic, touches_topic

TICK_SECONDS: Final = 0.02
TOUCH_SECONDS: Final = 0.5
"""Touches are sent again this often, for a control that was started anew."""
AUDIT_SECONDS: Final = 5.0
"""Slider positions are written down this often; only the last one counts."""
HANDLED_SECONDS: Final = 1.0
"""A command is waited for this long before the answer says that it is still on its way."""
WAITING: Final = 32
"""Commands that may wait for control; more would all fire at once when it comes back."""
NAME: Final = "remote"
SHARED_SECONDS: Final = 0.1
"""A state made for one phone is good for the others for so long."""


class Desk:
    """Sees and moves one running show; `lock` lets one PIN through at a time."""

    def __init__(self, wires: Wires, board: PulseBoard) -> None:
        self.show = wires.show()
        self.tree = wires.parameters()
        self.host = "0.0.0.0" if wires.lan else self.show.remote.host
        self.port = self.show.remote.port
        self.names = own_names(self.host)
        self.sessions = Sessions(wires.state / "oriel.db")
        base = f"http://{reachable_host(self.host)}" + ("" if self.port == 80 else f":{self.port}")
        self.pairing = Pairing(self.sessions, base, wires.state, time.monotonic())
        self.preview = Preview(FrameReader(attach(wires.glass)))
        self.records = Records(wires)
        self.edits = Edits(wires)
        self._edition = 0
        self.phones = 0
        self.lock = asyncio.Lock()
        self._board = board
        self.address = base
        self._watch = Watch(wires, time.monotonic_ns())
        self._events = EventSender(wires.run, EVENTS, NAME)
        self._touches: dict[str, Touch] = {}
        self._publisher = Publisher(wires.run, touches_topic(NAME))
        self._status = Publisher(wires.run, status_topic(NAME))
        self._due = {"touches": 0.0, "status": 0.0, "audit": 0.0}
        self._told = (-SHARED_SECONDS, "")
        self._moved: dict[tuple[str, str], Entry] = {}
        self._disk = Tally("the phone page's memory")

    def tick(self) -> None:
        """Take in news, send again what was not acknowledged, and say how the phone page is."""
        mono, now_ns = time.monotonic(), time.monotonic_ns()
        self._watch.drain()
        self._turn_over()
        self.preview.look(now_ns)
        self.records.tick(mono)
        if self._watch.snapshot is not None:
            self._events.acknowledge(self._watch.snapshot.acks)
        self._events.resend(mono)
        if self._is_due("touches", TOUCH_SECONDS, mono):
            self._publisher.send(Touches(NAME, dict(self._touches)))
        if self._is_due("status", 1 / rates.STATUS_HZ, mono):
            self._send_status(mono, now_ns)

    def _turn_over(self) -> None:
        """Know the scenes of the edition that plays."""
        playing = self._watch.snapshot.edition if self._watch.snapshot is not None else 0
        if playing != self._edition:
            found = self.edits.edition(playing)
            self.show, self._edition = found or self.show, playing

    async def follow(self) -> None:
        """Bring in the show file if it has changed; say why it was refused until it changes again."""
        if not await self.edits.changed():
            return
        try:
            outcome = await self.command("edit", await self.edits.order(self.edits.follow))
            self.edits.trouble = "" if outcome in ("done", "sent") else outcome
        except OrielError as error:
            self.edits.trouble = str(error).splitlines()[0]
        get_log().info(self.edits.trouble or f"the show file has changed; it plays from {self.edits.follow}")

    def _is_due(self, what: str, period: float, mono: float) -> bool:
        if mono - self._due[what] < period:
            return False
        self._due[what] = mono
        return True

    def _send_status(self, mono: float, now_ns: int) -> None:
        self.pairing.look_for_file(mono)
        words = self.pairing.words(mono, time.time())
        numbers = {"phones": float(self.phones), "waiting": float(self._events.waiting)}
        status = Status(NAME, "green", f"The phone page is at {self.address}.", now_ns, numbers, words)
        if words:
            status = msgspec.structs.replace(status, sentence="A phone can be paired now.")
        if self.edits.trouble:
            sentence = f"The changed show file was refused and the old one goes on: {self.edits.trouble}"
            status = msgspec.structs.replace(status, light="amber", sentence=sentence)
        if self._disk.row:
            sentence = "The phone page cannot write to its disk; what is done is not written down."
            status = msgspec.structs.replace(status, light="amber", sentence=sentence)
        self._status.send(status)

    def light(self) -> dict[str, Any]:
        """Return the light and its sentence."""
        return light_words(self._view())

    def state(self) -> dict[str, Any]:
        """Return everything the page shows."""
        scenes = tuple(scene.name for scene in self.show.scene)
        state = state_words(self._view(), self.show.show.title, scenes)
        state["show"]["cue_list"] = [{"number": numbered(cue.number), "label": cue.label} for cue in self.show.cue]
        pairing = self.pairing.is_open(time.monotonic(), time.time())
        return state | {"pairing": pairing, "held": sorted(self._touches)}

    def state_text(self) -> str:
        """Return the state as a WebSocket sends it; made once for all phones that ask at about the same time."""
        mono = time.monotonic()
        if mono - self._told[0] > SHARED_SECONDS:
            self._told = (mono, json.dumps({"state": self.state()}))
        return self._told[1]

    def _view(self) -> View:
        now_ns = time.monotonic_ns()
        self.preview.look(now_ns)
        return self._watch.view(len(self.show.scene), self.preview.changed_ns, self._board.blackout, now_ns)

    async def command(self, kind: EventKind, argument: str = "") -> str:
        """Send a command to control; return "done" once it is handled, "sent" if it is still on its way.

        A GO or an edit that was refused gives a sentence in place of these.
        """
        if self._events.waiting >= WAITING:
            raise DeskError(503, "The show control has not answered for a while; the command was not sent.")
        number = self._events.send(kind, argument, time.monotonic(), time.monotonic_ns())
        deadline = time.monotonic() + HANDLED_SECONDS
        while time.monotonic() < deadline:
            snapshot = self._watch.snapshot
            if snapshot is not None and snapshot.acks.get(self._events.source, 0) >= number:
                return refusal(snapshot, (self._events.source, number)) or "done"
            await asyncio.sleep(TICK_SECONDS)
        return "sent"

    def scene(self, name: str) -> str:
        """Return the name of a scene of this show, or raise DeskError with a did-you-mean."""
        known = [scene.name for scene in self.show.scene]
        if name not in known:
            raise DeskError(404, f"scene {name!r}: no such scene{did_you_mean(name, known)}")
        return name

    def cue(self, name: str) -> str:
        """Return the number of a cue of this show by its number or name, or raise DeskError with a did-you-mean."""
        for cue in self.show.cue:
            if name in (cue.name, numbered(cue.number)):
                return numbered(cue.number)
        known = [word for cue in self.show.cue for word in (numbered(cue.number), cue.name) if word]
        raise DeskError(404, f"cue {name!r}: no such cue{did_you_mean(name, known)}")

    def blackout(self, on: bool) -> None:
        """Make the wall black, or show the pictures again; works with every other process dead."""
        self._board.blackout = on

    def parameters(self) -> list[dict[str, Any]]:
        """Return every parameter as the page draws it: its declaration, its value now, and whether a hand holds it."""
        values = self._watch.snapshot.values if self._watch.snapshot is not None else {}
        return [self._parameter(parameter, values.get(parameter.address)) for parameter in self.tree.values()]

    def _parameter(self, parameter: Parameter, value: Value | None) -> dict[str, Any]:
        return {
            "address": parameter.address,
            "kind": parameter.kind,
            "label": parameter.label,
            "unit": parameter.unit,
            "minimum": parameter.minimum,
            "maximum": parameter.maximum,
            "choices": list(parameter.choices),
            "default": parameter.default,
            "live": parameter.live,
            "value": parameter.default if value is None else value,
            "touched": parameter.address in self._touches,
        }

    def touch(self, address: str, value: Value, session: Session) -> Value:
        """Set a parameter by hand and return the value it gets; raise ParameterError or DeskError if it cannot be."""
        if address not in self.tree:
            raise DeskError(404, f"{address}: no such parameter{did_you_mean(address, self.tree)}")
        parameter = self.tree[address]
        if not parameter.live:
            raise DeskError(409, f"{address}: it can only be set in the show file, before the start")
        accepted = parameter.accept(value)
        # Numbers come from the clock, so that they still grow when this process was started anew.
        now_ns = time.monotonic_ns()
        self._touches[address] = Touch(accepted, now_ns, now_ns)
        self._publisher.send(Touches(NAME, dict(self._touches)))
        moved = Entry(time.time(), session.who, session.device, session.address, "set", f"{address} {accepted}", "done")
        self._moved[session.who, address] = moved
        return accepted

    def let_go(self, address: str) -> None:
        """Forget the touch at an address, or all of them for ""; raise DeskError if there is no such parameter."""
        if address and address not in self.tree:
            raise DeskError(404, f"{address}: no such parameter{did_you_mean(address, self.tree)}")
        for held in [held for held in self._touches if address in ("", held)]:
            del self._touches[held]
        self._publisher.send(Touches(NAME, dict(self._touches)))

    async def note(self, *entries: Entry) -> None:
        """Write into the audit; a disk that fails is said in the status and stops nothing."""
        try:
            await asyncio.to_thread(self.sessions.note, entries)
            self._disk.passed()
        except sqlite3.Error as error:
            self._disk.failed(error)

    async def note_moves(self) -> None:
        """Write down, now and then, where sliders were moved to."""
        if self._moved and self._is_due("audit", AUDIT_SECONDS, time.monotonic()):
            moved, self._moved = list(self._moved.values()), {}
            await self.note(*moved)

    def close(self) -> None:
        """Close the wires, the frame bus and the file."""
        for wire in (
            self._watch,
            self._events,
            self._publisher,
            self._status,
            self.preview,
            self.records,
            self.sessions,
        ):
            wire.close()
