"""Columns of numbers in few bytes, bit for bit: what a recording keeps of channels and clocks.

A column is packed in three steps, each undone exactly:

1. Floats become whole numbers: multiples of GRAIN (channels are, see `grained`) by a shift of the point, all others by
   their 64 bits. Twos that divide all of a column are taken out.
2. Whole numbers become what a polynomial through the numbers before them did not foresee: their differences of order 0
   to 3, whichever are the smallest (order 2 follows a slope, as in Facebook's Gorilla, VLDB 2015). Differences wrap
   around at 64 bits, and so does their sum, so that nothing overflows.
3. The differences are interleaved in sign (zigzag) and laid side by side with as many bits as the largest needs.
"""

from __future__ import annotations

import math
import struct
from typing import Final

import numpy as np
from numpy.typing import NDArray

from show.errors import OrielError

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

GRAIN: Final = 2.0**-20
"""Channels are taken in steps of this size: about a microsecond, for those that tell a time."""
COARSE: Final = 2.0**-14
"""The same for channels between -2 and 2, as nearly all are: as fine as a MIDI controller of two bytes."""
_LARGEST: Final = 2.0**31
"""Channels beyond this are taken as they are."""
_ORDERS: Final = 4
_CONSTANT, _GRAINED, _BITS = 0, 1, 2
_HEAD: Final = struct.Struct("<BBB")
"""Factor (its logarithm to base 2), order of the differences, bits of each."""


class ColumnError(OrielError):
    """Packed numbers cannot be read: the bytes are not those that were written."""


def grained(number: float) -> float:
    """Return a number in whole steps of GRAIN, so that a day of it fits a log; huge and non-finite ones as they are."""
    if not -_LARGEST < number < _LARGEST:
        return number
    grain = COARSE if -2.0 < number < 2.0 else GRAIN
    # Adding 0.0 makes a plain zero of -0.0, which no whole number can stand for.
    return math.floor(number / grain + 0.5) * grain + 0.0


def pack_floats(numbers: Floats) -> bytes:
    """Return float64 numbers (n,) as bytes; `unpack_floats` gives them back bit for bit, not-a-numbers included."""
    bits = numbers.view(np.int64)
    if len(bits) == 0:
        return b""
    if bool((bits == bits[0]).all()):
        return bytes([_CONSTANT]) + bits[:1].tobytes()
    small = np.abs(numbers) < _LARGEST
    if bool(small.all()):
        whole = numbers / GRAIN
        ints = np.rint(whole).astype(np.int64)
        if bool(((ints * GRAIN).view(np.int64) == bits).all()):
            return bytes([_GRAINED]) + pack_ints(ints)
    return bytes([_BITS]) + pack_ints(bits)


def unpack_floats(packed: bytes, count: int) -> Floats:
    """Return the `count` float64 numbers that `pack_floats` packed; raise ColumnError when they cannot be read."""
    if count == 0:
        return np.zeros(0)
    kind, rest = packed[:1], packed[1:]
    if kind == bytes([_CONSTANT]) and len(rest) == 8:
        same: Floats = np.frombuffer(rest, np.float64)
        return np.repeat(same, count)
    if kind == bytes([_GRAINED]):
        return unpack_ints(rest, count).astype(np.float64) * GRAIN
    if kind == bytes([_BITS]):
        return unpack_ints(rest, count).view(np.float64)
    raise ColumnError("a column of numbers is of no kind that is known")


def pack_ints(numbers: Ints) -> bytes:
    """Return whole numbers (n,) int64 as bytes."""
    if len(numbers) == 0:
        return b""
    bits = int(np.bitwise_or.reduce(numbers))
    power = (bits & -bits).bit_length() - 1 if bits else 0
    rest = numbers >> np.int64(power)
    best: tuple[int, int, int, bytes, NDArray[np.uint64]] | None = None
    begin = b""
    for order in range(min(_ORDERS, len(numbers))):
        crossed = _zigzag(rest)
        width = int(crossed.max()).bit_length()
        size = len(begin) * 8 + width * len(crossed)
        if best is None or size < best[0]:
            best = (size, order, width, begin, crossed)
        begin += rest[:1].tobytes()
        rest = np.diff(rest)
        if len(rest) == 0:
            break
    assert best is not None
    _, order, width, begin, crossed = best
    return _HEAD.pack(power, order, width) + begin + _pack_bits(crossed, width)


def unpack_ints(packed: bytes, count: int) -> Ints:
    """Return the `count` whole numbers that `pack_ints` packed; raise ColumnError when they cannot be read."""
    if count == 0:
        return np.zeros(0, np.int64)
    try:
        power, order, width = _HEAD.unpack_from(packed)
        if power > 63:
            raise ColumnError(f"a column of numbers has a factor of 2 to the {power}")
    except struct.error:
        raise ColumnError("a column of numbers has no beginning") from None
    begin = packed[_HEAD.size : _HEAD.size + 8 * order]
    laid = packed[_HEAD.size + 8 * order :]
    if len(begin) != 8 * order or order >= count + 1 or width > 64 or len(laid) != (width * (count - order) + 7) // 8:
        raise ColumnError(f"a column of {count} numbers has a wrong length")
    crossed = _unpack_bits(laid, count - order, width)
    numbers = (crossed >> np.uint64(1)).view(np.int64) ^ -(crossed & np.uint64(1)).view(np.int64)
    for start in np.frombuffer(begin, np.int64)[::-1]:
        numbers = np.cumsum(np.concatenate(([start], numbers)), dtype=np.int64)
    result: Ints = numbers << np.int64(power)
    return result


def _zigzag(numbers: Ints) -> NDArray[np.uint64]:
    """Return 0, -1, 1, -2 ... as 0, 1, 2, 3 ..., so that small numbers of either sign have few bits."""
    crossed: NDArray[np.uint64] = ((numbers << 1) ^ (numbers >> 63)).view(np.uint64)
    return crossed


def _pack_bits(numbers: NDArray[np.uint64], width: int) -> bytes:
    """Lay the low `width` bits of every number side by side, the highest first."""
    octets = numbers.astype(">u8").view(np.uint8).reshape(-1, 8)
    return np.packbits(np.unpackbits(octets, axis=1)[:, 64 - width :]).tobytes()


def _unpack_bits(laid: bytes, count: int, width: int) -> NDArray[np.uint64]:
    bits = np.zeros((count, 64), np.uint8)
    found = np.unpackbits(np.frombuffer(laid, np.uint8), count=count * width)
    bits[:, 64 - width :] = found.reshape(count, width)
    return np.packbits(bits, axis=1).view(">u8").reshape(count).astype(np.uint64)
