"""Value echo: who wants to be told of value changes over OSC, and what each of them knows already; no socket, no clock.

A controller that is echoed its own drag fights the hand that drags. So what a subscriber sends counts as known to it,
and that address stays quiet for it for QUIET_SECONDS after its last message.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from show.parameter import Value

LIMIT: Final = 32
"""Subscribers at one time."""
EXPIRE_SECONDS: Final = 60.0
"""A subscriber that sends no message for this long is forgotten."""
QUIET_SECONDS: Final = 0.3

Source = tuple[str, int]
"""Host and port."""


class News(NamedTuple):
    """One value for one subscriber."""

    target: Source
    address: str
    value: Value


@dataclass
class _Subscriber:
    target: Source
    source: Source
    heard: float
    known: dict[str, Value] = field(default_factory=dict)
    quiet: dict[str, float] = field(default_factory=dict)


class Subscribers:
    """All subscribers, by the host and port that they want to be told at; times are in seconds."""

    def __init__(self) -> None:
        self._all: dict[Source, _Subscriber] = {}

    def __len__(self) -> int:
        return len(self._all)

    def add(self, source: Source, port: int, now: float) -> bool:
        """Note that the sender `source` wants echoes at `port` of its host; False when there are too many already."""
        target = (source[0], port)
        known = self._all.get(target)
        if known is None and len(self._all) >= LIMIT:
            return False
        if known is None:
            self._all[target] = _Subscriber(target, source, now)
        else:
            known.source, known.heard = source, now
        return True

    def remove(self, source: Source) -> int:
        """Forget the subscribers that `source` is, and return how many."""
        gone = self._of(source)
        for subscriber in gone:
            del self._all[subscriber.target]
        return len(gone)

    def heard(self, source: Source, now: float) -> None:
        """Note that a message came from `source`."""
        for subscriber in self._of(source):
            subscriber.heard = now

    def sent(self, source: Source, address: str, value: Value, now: float) -> None:
        """Note that `source` itself set a value."""
        for subscriber in self._of(source):
            subscriber.known[address] = value
            subscriber.quiet[address] = now + QUIET_SECONDS

    def port_of(self, source: Source) -> int | None:
        """Return the port at which `source` wants to be told, or None if it has not subscribed."""
        return next((subscriber.target[1] for subscriber in self._of(source)), None)

    def news(self, values: Mapping[str, Value], now: float) -> Iterator[News]:
        """Yield every value that a subscriber does not know yet, and forget subscribers that fell silent."""
        for silent in [s.target for s in self._all.values() if now - s.heard > EXPIRE_SECONDS]:
            del self._all[silent]
        for subscriber in self._all.values():
            for address, value in values.items():
                if subscriber.known.get(address) == value or now < subscriber.quiet.get(address, 0.0):
                    continue
                subscriber.known[address] = value
                yield News(subscriber.target, address, value)

    def _of(self, source: Source) -> list[_Subscriber]:
        """Return the subscribers behind a sender: the one that subscribed from this very port, else all of its host."""
        here = [subscriber for subscriber in self._all.values() if subscriber.source[0] == source[0]]
        return [subscriber for subscriber in here if subscriber.source == source] or here
