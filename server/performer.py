"""A performer for benchmarks and rehearsals: sends one OSC message after another, each changing one parameter.

`python -m server.performer --port 9000 --address /camera/angle --low -20 --high 20 --every 0.7 --sent FILE`
"""

from __future__ import annotations

import argparse
import itertools
import random
import socket
import time
from contextlib import nullcontext
from pathlib import Path

from pythonosc.osc_message_builder import OscMessageBuilder

from show.wires import INSTANT


def message(address: str, value: float) -> bytes:
    """Return the datagram that sets `address` to a float."""
    builder = OscMessageBuilder(address)
    builder.add_arg(float(value), OscMessageBuilder.ARG_TYPE_FLOAT)
    return bytes(builder.build().dgram)


def main() -> None:
    """Send messages for `--seconds` (0: until stopped), alternating between `--low` and `--high`."""
    parser = argparse.ArgumentParser(description="Send OSC messages to Oriel, one at a time.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--address", default="/camera/angle")
    parser.add_argument("--low", type=float, default=-20.0)
    parser.add_argument("--high", type=float, default=20.0)
    parser.add_argument("--every", type=float, default=0.7, help="seconds between messages, on average")
    parser.add_argument("--seconds", type=float, default=0.0)
    parser.add_argument("--sent", type=Path, help="append the instant of every message to this file")
    options = parser.parse_args()
    end = time.monotonic() + options.seconds if options.seconds else float("inf")
    # Unbuffered: the file is read when this process has been stopped.
    kept = options.sent.open("ab", buffering=0) if options.sent else nullcontext()
    with kept as sent, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        for value in itertools.cycle((options.low, options.high)):
            if time.monotonic() >= end:
                return
            packet, now = message(options.address, value), time.monotonic_ns()
            wire.sendto(packet, (options.host, options.port))
            if sent is not None:
                sent.write(INSTANT.pack(now))
            # Never a beat of its own: one that goes with the frames would meet them all at the same place.
            time.sleep(options.every * random.uniform(0.75, 1.25))


if __name__ == "__main__":
    main()
