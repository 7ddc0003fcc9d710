"""OSC as a real process on real UDP: values and verbs in, echoes out, and hostile bytes that must cost nothing."""

from __future__ import annotations

import os
import select
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pythonosc.osc_message import OscMessage

from server.inputs import osc
from server.inputs.support.echo import EXPIRE_SECONDS, LIMIT, News, Subscribers
from server.inputs.support.packet import LONGEST, Message, PacketError, pack, unpack
from server.quota import Quota
from show.bus import EventReceiver, Publisher
from show.errors import InputError
from show.parameter import Value
from show.snapshot import Event, Snapshot, Status, Touches
from show.wires import EVENTS, SNAPSHOT, status_topic, touches_topic
from tests.server.rig import Rig, a_rig, a_show, free_udp_port, until


def bundle(*packets: bytes) -> bytes:
    elements = b"".join(struct.pack(">i", len(packet)) + packet for packet in packets)
    return b"#bundle\0" + (1).to_bytes(8, "big") + elements


class Desk:
    """A controller with a socket of its own, and the house behind the OSC process: it publishes snapshots."""

    def __init__(self, rig: Rig, port: int) -> None:
        self.rig = rig
        self._target = ("127.0.0.1", port)
        self.wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.wire.bind(("127.0.0.1", 0))
        self.wire.settimeout(0.05)
        self.ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.ear.bind(("127.0.0.1", 0))
        self.ear.settimeout(0.05)
        self.ear_port: int = self.ear.getsockname()[1]
        self.values: dict[str, Value] = rig.wires.parameters().defaults()
        self.acks: dict[str, int] = {}
        self.heard: list[tuple[str, list[Any]]] = []
        self._publisher = Publisher(rig.wires.run, SNAPSHOT)
        self._touches = rig.subscriber(touches_topic("osc"), Touches)
        self._status = rig.subscriber(status_topic("osc"), Status)
        self.status: Status | None = None
        self.touched: dict[str, Value] = {}
        self.stamps: dict[str, int] = {}
        self._step = 0

    def close(self) -> None:
        """Close everything."""
        for thing in (self.wire, self.ear, self._publisher):
            thing.close()

    def send(self, address: str, *values: Value) -> None:
        """Send one message from this controller's socket."""
        self.send_raw(pack(address, *values))

    def send_raw(self, packet: bytes) -> None:
        """Send any bytes."""
        self.wire.sendto(packet, self._target)

    def look(self) -> None:
        """Publish one snapshot, and take in touches, echoes and the status."""
        self._step += 1
        stamp = time.monotonic_ns()
        self._publisher.send(
            Snapshot(
                id=self._step,
                t=0.0,
                life=0.0,
                stamp_ns=stamp,
                origin_ns=0,
                playing="playing",
                scene=0,
                scene_name="",
                regions=(),
                values=self.values,
                caption="",
                narration="",
                acks=self.acks,
            )
        )
        touches = self._touches.newest(0.01)
        if touches is not None:
            self.touched = {address: touch.value for address, touch in touches.touches.items()}
            self.stamps = {address: touch.stamp_ns for address, touch in touches.touches.items()}
        self.status = self._status.newest() or self.status
        self._listen()

    def _listen(self) -> None:
        self.ear.setblocking(False)
        try:
            while True:
                message = OscMessage(self.ear.recv(4096))
                self.heard.append((message.address, message.params))
        except BlockingIOError:
            return

    def until(self, done: Callable[[], object], what: str) -> None:
        """Look until `done()`."""

        def turn() -> bool:
            self.look()
            return bool(done())

        until(turn, what)

    def count(self, name: str) -> float:
        """Return a counter of the OSC process."""
        return self.status.numbers.get(f"packets/{name}", 0.0) if self.status is not None else 0.0

    def answers(self) -> None:
        """Wait until the process obeys: whatever was sent before has then been read."""
        self.touched = {}
        mark = time.monotonic_ns()

        def obeyed() -> bool:
            self.send("/wall/level", 0.5)
            self.look()
            return self.stamps.get("wall/level", 0) > mark

        until(obeyed, "the OSC process answers")


@contextmanager
def a_desk(**options: Any) -> Iterator[Desk]:
    port = free_udp_port()
    with a_rig(a_show({"osc": {"port": port, **options}})) as rig:
        rig.spawn("osc", "server.inputs.osc")
        desk = Desk(rig, port)
        desk.answers()
        try:
            yield desk
        finally:
            desk.close()


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """One process for all tests of this file that do not depend on its start."""
    with a_desk() as opened:
        yield opened


def events_after(desk: Desk, send: Callable[[], None], wanted: int) -> list[Event]:
    """Return the events that arrive when `send` is called."""
    receiver = EventReceiver(desk.rig.wires.run, EVENTS, desk.acks)
    events: list[Event] = []
    send()

    def all_here() -> bool:
        events.extend(receiver.drain())
        return len(events) >= wanted

    until(all_here, f"{wanted} events")
    desk.acks = dict(receiver.acks)
    receiver.close()
    return events


# Values


@pytest.mark.parametrize(
    "address, sent, wanted",
    [
        ("artist/strength", 0.25, 0.25),
        ("artist/strength", 7.0, 1.0),
        ("artist/steps", 3, 3),
        ("artist/steps", 3.0, 3),
        ("artist/mode", "hard", "hard"),
        ("wall/captions", 0, False),
        ("prompt/text", "snow on the roof", "snow on the roof"),
    ],
)
def test_a_value_becomes_a_touch(desk: Desk, address: str, sent: Value, wanted: Value) -> None:
    before = time.monotonic_ns()
    desk.send(f"/{address}", sent)
    desk.until(lambda: desk.stamps.get(address, 0) > before, f"a touch of {address}")
    assert desk.touched[address] == wanted
    assert type(desk.touched[address]) is type(wanted)
    assert before < desk.stamps[address] < time.monotonic_ns()


def test_truth_values_and_bundles_are_understood(desk: Desk) -> None:
    truth = b"/wall/testcard\0\0,T\0\0"
    before = time.monotonic_ns()
    desk.send_raw(bundle(truth, bundle(pack("/camera/angle", 12.5))))
    desk.until(lambda: desk.stamps.get("camera/angle", 0) > before, "the second message of the bundle")
    assert desk.touched["wall/testcard"] is True
    assert desk.touched["camera/angle"] == 12.5


def test_touches_are_sent_again_for_those_who_come_late(desk: Desk) -> None:
    desk.send("/camera/x", 0.5)
    desk.until(lambda: desk.touched.get("camera/x") == 0.5, "the touch")
    late = desk.rig.subscriber(touches_topic("osc"), Touches)
    found = until(lambda: late.newest(0.1), "touches for a late subscriber")
    assert found.touches["camera/x"].value == 0.5


REFUSALS: list[tuple[str, tuple[Value, ...], str]] = [
    ("/artist/strength", ("much",), "artist/strength: expected a number, got 'much'"),
    ("/artist/mode", ("hart",), "artist/mode: expected one of soft, hard, got 'hart'; did you mean hard?"),
    ("/camera/zoom", (float("nan"),), "camera/zoom: expected a number, got nan"),
    ("/artist/size", (128,), "artist/size: it can only be set in the show file, before the start"),
    ("/camera/y", (1.0, 2.0), "camera/y: expected one value, got 2"),
    ("/jump", ("black wader",), "jump: there is no scene 'black wader'; did you mean black water?"),
    ("/seek", ("soon",), "seek: expected seconds from 0, got 'soon'"),
    ("/release", ("/artist/strenght",), "artist/strenght: no such parameter; did you mean artist/strength?"),
    ("/subscribe", (float("inf"),), "subscribe: expected a port from 1 to 65535, got inf"),
]


def test_what_cannot_be_obeyed_is_refused_in_words_once_and_counted() -> None:
    with a_desk() as desk:
        for _ in range(3):
            for address, sent, _sentence in REFUSALS:
                desk.send(address, *sent)
        desk.answers()
        desk.until(lambda: desk.count("refused") == 3 * len(REFUSALS), "all refusals are counted")
        log = desk.rig.log_of("osc")
        assert [log.count(sentence) for _, _, sentence in REFUSALS] == [1] * len(REFUSALS)


def test_an_unknown_address_gets_a_did_you_mean(desk: Desk) -> None:
    sentence = "'/artist/strenght': there is no such address; did you mean /artist/strength?"

    def said() -> bool:
        desk.send("/artist/strenght", 0.5)
        return sentence in desk.rig.log_of("osc")

    desk.until(said, "the did-you-mean in the log")
    desk.answers()
    assert desk.rig.log_of("osc").count(sentence) == 1


# Verbs


def test_verbs_become_events(desk: Desk) -> None:
    sent: list[tuple[str, tuple[Value, ...]]] = [
        ("/start", ()),
        ("/go", (1.0,)),
        ("/go", (0.0,)),  # the button is let go
        ("/back", ()),
        ("/pause", ()),
        ("/jump", ("thaw",)),
        ("/jump", (2,)),
        ("/seek", (12.5,)),
        ("/panic", ()),
        ("/stop", ()),
    ]
    before = time.monotonic_ns()

    def play() -> None:
        for address, values in sent:
            desk.send(address, *values)

    events = events_after(desk, play, 9)
    assert [(event.kind, event.argument) for event in events] == [
        ("start", ""),
        ("go", ""),
        ("back", ""),
        ("pause", ""),
        ("jump", "thaw"),
        ("jump", "black water"),
        ("seek", "12.5"),
        ("panic", ""),
        ("stop", ""),
    ]
    assert all(event.stamp_ns > before for event in events)


def test_release_lets_go_and_tells_control(desk: Desk) -> None:
    desk.send("/artist/steps", 4)
    desk.until(lambda: desk.touched.get("artist/steps") == 4, "the touch")
    events = events_after(desk, lambda: desk.send("/release", "/artist/steps"), 1)
    assert [(event.kind, event.argument) for event in events] == [("release", "artist/steps")]
    desk.until(lambda: "artist/steps" not in desk.touched, "the touch is gone")
    assert events_after(desk, lambda: desk.send("/release"), 1)[0].argument == ""
    desk.until(lambda: desk.touched == {}, "all touches are gone")


def test_blackout_needs_nobody_else() -> None:
    port = free_udp_port()
    with a_rig(a_show({"osc": {"port": port}})) as rig, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        rig.spawn("osc", "server.inputs.osc")

        def send(packet: bytes, wanted: bool) -> bool:
            wire.sendto(packet, ("127.0.0.1", port))
            return rig.board.blackout is wanted

        until(lambda: send(pack("/blackout"), True), "blackout without an argument")
        until(lambda: send(pack("/blackout", 0), False), "blackout 0")
        until(lambda: send(b"/blackout\0\0\0,T\0\0", True), "blackout true")


def test_commands_do_not_pile_up_while_control_is_away() -> None:
    with a_desk() as desk:
        for _ in range(100):
            desk.send("/go")
        desk.answers()
        desk.until(lambda: desk.count("refused") == 100 - osc.WAITING, "the rest is refused")
        assert desk.status is not None
        assert desk.status.numbers["waiting"] == osc.WAITING


# Echo


def test_a_subscriber_is_told_all_values_and_then_changes() -> None:
    with a_desk() as desk:
        desk.send("/subscribe", desk.ear_port)
        desk.until(lambda: len(desk.heard) >= len(desk.values), "all values at once")
        assert dict(desk.heard)["/artist/mode"] == ["soft"]
        assert dict(desk.heard)["/wall/captions"] == [1]
        desk.heard.clear()
        desk.values = desk.values | {"camera/angle": 30.0}
        desk.until(lambda: desk.heard, "an echo")
        assert desk.heard == [("/camera/angle", [30.0])]
        desk.send("/unsubscribe")
        desk.answers()
        desk.heard.clear()
        desk.values = desk.values | {"camera/angle": -30.0}
        desk.answers()
        assert desk.heard == []


def test_a_hand_is_not_echoed_its_own_drag() -> None:
    with a_desk() as desk:
        desk.send("/subscribe", desk.ear_port)
        desk.until(lambda: len(desk.heard) >= len(desk.values), "all values at once")
        desk.heard.clear()
        desk.send("/camera/zoom", 2.0)
        desk.answers()
        desk.values = desk.values | {"camera/zoom": 2.0, "camera/angle": 5.0}
        desk.until(lambda: ("/camera/angle", [5.0]) in desk.heard, "the other change is echoed")
        assert "/camera/zoom" not in dict(desk.heard)
        # Somebody else moves it afterwards: that is news, as soon as the hand has been still for a moment.
        desk.values = desk.values | {"camera/zoom": 3.0}
        desk.until(lambda: ("/camera/zoom", [3.0]) in desk.heard, "the later change is echoed")


def test_a_query_is_answered_at_the_reply_port() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        ear.settimeout(10)
        with a_desk(reply_port=ear.getsockname()[1]) as desk:
            desk.values = desk.values | {"artist/strength": 0.75}

            def answered() -> bool:
                # The first answers may still be those of the snapshot before.
                desk.send("/query", "/artist/strength")
                if not _waiting(ear):
                    return False
                found = OscMessage(ear.recv(4096))
                assert found.address == "/artist/strength"
                return bool(found.params == [0.75])

            desk.until(answered, "the answer")


def _waiting(ear: socket.socket) -> bool:
    # Asked of select, not by a read that must not wait: on a socket with a time limit Python waits for a read anyhow.
    return bool(select.select([ear], [], [], 0.05)[0])


def test_subscribers_expire_are_limited_and_told_apart() -> None:
    all_of_them = Subscribers()
    here, there = ("10.0.0.1", 5000), ("10.0.0.1", 6000)
    assert all_of_them.add(here, 9001, 0.0)
    assert all_of_them.add(there, 9002, 0.0)
    all_of_them.sent(here, "a", 1.0, 0.0)
    assert list(all_of_them.news({"a": 1.0}, 0.1)) == [News(("10.0.0.1", 9002), "a", 1.0)]
    assert list(all_of_them.news({"a": 2.0}, 0.2)) == [News(("10.0.0.1", 9002), "a", 2.0)]
    assert list(all_of_them.news({"a": 2.0}, 0.4)) == [News(("10.0.0.1", 9001), "a", 2.0)]
    all_of_them.heard(here, 50.0)
    assert list(all_of_them.news({"a": 2.0}, EXPIRE_SECONDS + 1)) == []
    assert len(all_of_them) == 1
    assert [all_of_them.add((f"10.0.1.{n}", 1), 9001, 50.0) for n in range(LIMIT)] == [True] * (LIMIT - 1) + [False]


# Hostile bytes


@pytest.mark.parametrize(
    "packet, reason",
    [
        (b"/" + b"*/" * 20 + b"\0" * 4, "pattern"),
        (b"/*" + b"*" * 240 + b"~\0\0", "pattern"),
        (b"/a?b\0\0\0\0", "pattern"),
        (b"/{a,b}\0\0", "pattern"),
        (b"/a[0-9]\0,f\0\0\0\0\0\0", "pattern"),
        (bundle(pack("/go"), b"/*\0\0"), "pattern"),
        (b"/a" + b"\0" * LONGEST, "long"),
        (b"", "malformed"),
        (b"go\0\0", "malformed"),
        (b"/a\xff\0", "malformed"),
        (b"/a\0\0,f\0\0", "malformed"),
        (b"/a\0\0,s\0\0abc", "malformed"),
        (b"/a\0\0,qqqqqqqqqqqqqq\0", "malformed"),
        (b"/a\0\0,b\0\0\x00\x00\x00\x04abcd", "malformed"),
        (b"#bundle\0\0\0\0\0", "malformed"),
        (bundle(b""), "malformed"),
        (bundle(pack("/go"))[:-2], "malformed"),
        (bundle(bundle(bundle(bundle(bundle(pack("/go")))))), "malformed"),
    ],
)
def test_hostile_packets_are_named_and_refused(packet: bytes, reason: str) -> None:
    if packet == b"/a\0\0,f\0\0":
        # Some instruments leave out the zeros of a float; python-osc reads them as 0.
        assert unpack(packet) == [Message("/a", (0.0,))]
        return
    with pytest.raises(PacketError) as caught:
        unpack(packet)
    assert caught.value.reason == reason


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=1100) | st.binary(max_size=200).map(lambda tail: b"/a\0\0," + tail) | st.binary().map(bundle))
def test_no_bytes_raise_anything_but_a_packet_error(packet: bytes) -> None:
    try:
        messages = unpack(packet)
    except PacketError:
        return
    assert all(isinstance(message, Message) for message in messages)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.floats(width=32, allow_nan=False)
        | st.integers(-(2**63), 2**63 - 1)
        | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40),
        max_size=5,
    )
)
def test_what_is_packed_comes_out_again(values: list[Value]) -> None:
    assert unpack(pack("/a/b", *values)) == [Message("/a/b", tuple(values))]


def test_numbers_that_osc_cannot_carry_are_refused() -> None:
    assert unpack(pack("/a", 1e300))[0].arguments == (1e300,)
    with pytest.raises(ValueError, match="/a: "):
        pack("/a", 2**70)


def test_star_packets_noise_and_a_flood_cost_little() -> None:
    hostile = [b"/" + b"*/" * 12 + b"****~\0\0\0", b"/a\xff\xfe", os.urandom(300), b"/x\0\0", pack("/camera/x", 0.5)]
    with a_desk() as desk:
        pid = desk.rig.wires.processes.index("osc")
        for _ in range(300):
            for packet in hostile:
                for _ in range(20):
                    desk.send_raw(packet)
        counter = desk.rig.board.read(pid)[0]
        desk.answers()
        desk.until(lambda: desk.count("pattern") > 0 and desk.count("malformed") > 0, "hostile packets are counted")
        assert desk.rig.board.read(pid)[0] > counter > 5  # it went on turning all the time
        log = desk.rig.log_of("osc")
        assert "Traceback" not in log
        assert len(log) < 20_000


# Ports


def test_a_busy_port_is_an_error_in_words() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
        with pytest.raises(InputError, match=rf"OSC: port {port} on 127.0.0.1 cannot be had .*change port or host"):
            osc.check_port({"port": port})
        with a_rig(a_show({"osc": {"port": port}})) as rig:
            process = rig.spawn("osc", "server.inputs.osc")
            process.join(10)
            assert process.exitcode == InputError.exit_code
            assert "Traceback" not in rig.log_of("osc")
    osc.check_port({"port": port})


def test_a_quota_lets_a_burst_through_and_counts_the_rest() -> None:
    quota = Quota(rate=1.0, burst=3)
    assert [quota.take(10.0) for _ in range(5)] == [True, True, True, False, False]
    assert quota.refused() == 2
    assert [quota.take(11.5), quota.take(11.5)] == [True, False]
    assert quota.refused() == 1
    assert quota.refused() == 0
