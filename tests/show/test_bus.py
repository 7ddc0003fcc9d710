"""The wires over real ZeroMQ sockets: state conflates, events are never lost and never handled twice."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import zmq

from show.bus import Doorbell, EventReceiver, EventSender, Publisher, Subscriber, address
from show.errors import WireError
from show.snapshot import Channels, Event


@pytest.fixture
def run_dir() -> Iterator[Path]:
    with TemporaryDirectory(prefix="oriel-") as folder:
        yield Path(folder)


def channels(value: float) -> Channels:
    return Channels("test", 0, {"test/value": value})


def await_first(publisher: Publisher, subscriber: Subscriber[Channels]) -> None:
    deadline = time.monotonic() + 5
    while subscriber.newest(0.02) is None:
        publisher.send(channels(-1))
        assert time.monotonic() < deadline, "the subscriber never heard the publisher"


def drain(receiver: EventReceiver, count: int, sender: EventSender) -> list[Event]:
    """Turn both loops until `count` events arrived, with a made-up clock that makes the sender impatient."""
    events: list[Event] = []
    deadline = time.monotonic() + 5
    now = 0.0
    while len(events) < count and time.monotonic() < deadline:
        now += 0.1
        sender.resend(now)
        events += receiver.drain()
        time.sleep(0.005)
    return events


def test_only_the_newest_state_is_kept(run_dir: Path) -> None:
    publisher, subscriber = Publisher(run_dir, "t"), Subscriber(run_dir, "t", Channels)
    await_first(publisher, subscriber)
    for value in range(500):
        publisher.send(channels(value))
    last = None
    deadline = time.monotonic() + 5
    taken = 0
    while (last is None or last.values["test/value"] != 499) and time.monotonic() < deadline:
        state = subscriber.newest(0.2)
        if state is not None:
            last, taken = state, taken + 1
    assert last is not None
    assert last.values["test/value"] == 499
    assert taken < 500
    assert subscriber.newest() is None
    publisher.close()
    subscriber.close()


def test_a_subscriber_survives_the_end_of_its_publisher(run_dir: Path) -> None:
    first, subscriber = Publisher(run_dir, "t"), Subscriber(run_dir, "t", Channels)
    await_first(first, subscriber)
    first.close()
    second = Publisher(run_dir, "t")
    await_first(second, subscriber)
    second.close()
    subscriber.close()


def test_a_malformed_message_is_counted_and_dropped(run_dir: Path) -> None:
    publisher, subscriber = Publisher(run_dir, "t"), Subscriber(run_dir, "t", Channels)
    await_first(publisher, subscriber)
    deadline = time.monotonic() + 5
    while subscriber.dropped == 0 and time.monotonic() < deadline:
        publisher.send({"not": "channels"})
        assert subscriber.newest(0.05) is None
    assert subscriber.dropped == 1
    publisher.close()
    subscriber.close()


def test_events_arrive_once_in_order_and_are_acknowledged(run_dir: Path) -> None:
    receiver, sender = EventReceiver(run_dir, "e"), EventSender(run_dir, "e", "remote")
    for n in range(20):
        sender.send("jump", str(n), now=0.0)
    events = drain(receiver, 20, sender)
    assert [event.argument for event in events] == [str(n) for n in range(20)]
    sender.resend(now=1000.0)
    time.sleep(0.05)
    assert receiver.drain() == []
    assert sender.waiting == 20
    sender.acknowledge(receiver.acks)
    assert sender.waiting == 0
    receiver.close()
    sender.close()


def test_events_sent_while_nobody_listens_arrive_later(run_dir: Path) -> None:
    sender = EventSender(run_dir, "e", "remote")
    sender.send("go", "", now=0.0)
    sender.send("stop", "", now=0.0)
    receiver = EventReceiver(run_dir, "e")
    events = drain(receiver, 2, sender)
    assert [event.kind for event in events] == ["go", "stop"]
    receiver.close()
    sender.close()


def test_a_receiver_that_died_before_acknowledging_gets_the_event_again(run_dir: Path) -> None:
    first, sender = EventReceiver(run_dir, "e"), EventSender(run_dir, "e", "remote")
    sender.send("start", "", now=0.0)
    assert [event.kind for event in drain(first, 1, sender)] == ["start"]
    sender.acknowledge(first.acks)
    sender.send("go", "", now=0.0)
    assert [event.kind for event in drain(first, 1, sender)] == ["go"]
    remembered = {sender.source: 1}  # the checkpoint was written before "go" was handled
    first.close()
    second = EventReceiver(run_dir, "e", remembered)
    events = drain(second, 1, sender)
    assert [event.kind for event in events] == ["go"]
    second.close()
    sender.close()


def test_a_receiver_without_memory_goes_on_with_what_is_still_open(run_dir: Path) -> None:
    first, sender = EventReceiver(run_dir, "e"), EventSender(run_dir, "e", "remote")
    for _ in range(3):
        sender.send("go", "", now=0.0)
    drain(first, 3, sender)
    sender.acknowledge(first.acks)
    first.close()
    second = EventReceiver(run_dir, "e")
    sender.send("stop", "", now=0.0)
    events = drain(second, 1, sender)
    assert [event.kind for event in events] == ["stop"]
    second.close()
    sender.close()


def test_hostile_bytes_in_the_event_queue_are_dropped(run_dir: Path) -> None:
    receiver = EventReceiver(run_dir, "e")
    push: zmq.Socket[bytes]
    with zmq.Context.instance().socket(zmq.PUSH) as push:
        push.connect(address(run_dir, "e"))
        push.send(b"\xff\x00 not msgpack")
        sender = EventSender(run_dir, "e", "remote")
        sender.send("go", "", now=0.0)
        assert [event.kind for event in drain(receiver, 1, sender)] == ["go"]
        deadline = time.monotonic() + 5
        while receiver.dropped == 0 and time.monotonic() < deadline:
            receiver.drain()
        assert receiver.dropped == 1
        sender.close()
    receiver.close()


def test_a_doorbell_rings_for_state_and_for_events_until_they_are_taken(run_dir: Path) -> None:
    publisher, subscriber = Publisher(run_dir, "t"), Subscriber(run_dir, "t", Channels)
    receiver, sender = EventReceiver(run_dir, "e"), EventSender(run_dir, "e", "test")
    bell = Doorbell(receiver, subscriber)
    await_first(publisher, subscriber)
    while subscriber.newest(0.05) is not None:
        pass
    assert not bell.wait(0.0)
    publisher.send(channels(1))
    assert bell.wait(5.0)
    assert bell.wait(5.0)
    assert subscriber.newest() is not None
    assert not bell.wait(0.0)
    sender.send("go", "", 0.0)
    assert bell.wait(5.0)
    assert [event.kind for event in receiver.drain()] == ["go"]
    assert not bell.wait(0.0)
    for wire in (publisher, subscriber, receiver, sender):
        wire.close()


def test_a_run_directory_too_deep_for_a_socket_is_named(tmp_path: Path) -> None:
    with pytest.raises(WireError, match="too long for a socket"):
        address(tmp_path / ("x" * 120), "snapshot")
