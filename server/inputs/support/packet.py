"""OSC packets: hostile bytes in, literal messages out. Nothing else in the house sees what came from the network.

1. A packet longer than LONGEST is refused unread.
2. Bundles are unpacked here, DEEPEST levels deep; time tags are ignored for now: everything acts at once.
3. An address that is not literal (one of * ? [ ] { } or another letter that OSC forbids in names) is refused before
   python-osc sees it: it would make a regular expression of it, which one small packet can keep busy for minutes.
4. Only the argument types that a parameter or a verb can use are let through (for others python-osc writes log lines
   of its own). Then its parser, and only that, reads the arguments.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import BuildError, OscMessageBuilder

from show.parameter import Value

LONGEST: Final = 1024
"""Bytes of a packet, at the most."""
DEEPEST: Final = 4
"""Bundles inside bundles, at the most."""
_BUNDLE: Final = b"#bundle\0"
_BUNDLE_HEAD: Final = 16
_FORBIDDEN: Final = b" #*,?[]{}"
_TYPES: Final = b"ihfdsTFN"
_INT32: Final = 2**31
_FLOAT32: Final = 3.4e38

Reason = Literal["long", "pattern", "malformed"]


class PacketError(Exception):
    """A packet is refused, for a reason that is counted."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


class Message(NamedTuple):
    """One literal message: `arguments` are numbers, texts, truth values or None."""

    address: str
    arguments: tuple[Value | None, ...]


def unpack(packet: bytes) -> list[Message]:
    """Return the messages of a packet in order; raise PacketError if any part of it is not in order."""
    if len(packet) > LONGEST:
        raise PacketError("long")
    found: list[Message] = []
    _unpack(packet, DEEPEST, found)
    return found


def _unpack(packet: bytes, depth: int, found: list[Message]) -> None:
    if packet.startswith(b"/"):
        found.append(_message(packet))
        return
    if not packet.startswith(_BUNDLE) or len(packet) < _BUNDLE_HEAD or depth == 0:
        raise PacketError("malformed")
    at = _BUNDLE_HEAD
    while at < len(packet):
        size = int.from_bytes(packet[at : at + 4], "big")
        end = at + 4 + size
        if size == 0 or end > len(packet):
            raise PacketError("malformed")
        _unpack(packet[at + 4 : end], depth - 1, found)
        at = end


def _message(packet: bytes) -> Message:
    address, _, rest = packet.partition(b"\0")
    if len(address.translate(None, _FORBIDDEN)) != len(address):
        raise PacketError("pattern")
    types = rest.lstrip(b"\0").partition(b"\0")[0]
    if types and types[1:].translate(None, _TYPES):
        raise PacketError("malformed")
    try:
        parsed = OscMessage(packet)
    except Exception:
        # python-osc lets the errors of its codecs through: of struct, of UTF-8, of whatever comes next.
        raise PacketError("malformed") from None
    return Message(parsed.address, tuple(parsed.params))


def pack(address: str, *values: Value) -> bytes:
    """Return the packet that says `address` with values: f, i, s; h and d beyond 32 bits; truth values as i 0 or 1.

    Raises ValueError for a number that OSC cannot carry.
    """
    builder = OscMessageBuilder(address)
    try:
        for value in values:
            builder.add_arg(*_argument(value))
        return bytes(builder.build().dgram)
    except (BuildError, OverflowError) as error:
        raise ValueError(f"{address}: {error}") from None


def _argument(value: Value) -> tuple[Value, str]:
    if isinstance(value, str):
        return value.replace("\0", ""), OscMessageBuilder.ARG_TYPE_STRING
    if isinstance(value, float):
        small = abs(value) <= _FLOAT32
        return value, OscMessageBuilder.ARG_TYPE_FLOAT if small else OscMessageBuilder.ARG_TYPE_DOUBLE
    small = -_INT32 <= value < _INT32
    return int(value), OscMessageBuilder.ARG_TYPE_INT if small else OscMessageBuilder.ARG_TYPE_INT64
