"""A performer for benchmarks and rehearsals: sends one OSC message after another, each changing one parameter.

`python -m server.performer --port 9000 --address /camera/angle --low -20 --high 20 --every 0.7`
"""

from __future__ import annotations

import argparse
import itertools
import socket
import time

from pythonosc.osc_message_builder import OscMessageBuilder


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
    parser.add_argument("--every", type=float, default=0.7, help="seconds between messages")
    parser.add_argument("--seconds", type=float, default=0.0)
    options = parser.parse_args()
    end = time.monotonic() + options.seconds if options.seconds else float("inf")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        for value in itertools.cycle((options.low, options.high)):
            if time.monotonic() >= end:
                return
            wire.sendto(message(options.address, value), (options.host, options.port))
            time.sleep(options.every)


if __name__ == "__main__":
    main()
