"""The synthetic input: two sines and smooth noise, for rehearsals without sound and for shows that breathe alone.

Its numbers are functions of the monotonic clock alone, so they go on without a jump when the process is started anew.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Final

from server.inputs.base import Voice, own_options
from server.pace import Pace
from show.parameter import Parameter, Value
from show.pulse import Pulse
from show.wires import Wires

NAME: Final = "synthetic"
CHANNELS: Final[tuple[str, ...]] = ("synthetic/slow", "synthetic/fast", "synthetic/noise")
OPTIONS: Final[tuple[Parameter, ...]] = (
    Parameter("slow", "float", 20.0, "Period of the slow sine", 0.05, 86400.0, unit="s", live=False),
    Parameter("fast", "float", 1.5, "Period of the fast sine", 0.05, 86400.0, unit="s", live=False),
    Parameter("noise", "float", 4.0, "Seconds between two points of the noise", 0.05, 86400.0, unit="s", live=False),
    Parameter("seed", "int", 1, "Seed of the noise", 0, 2**31 - 1, live=False),
)
_HZ: Final = 60.0


def run(wires: Wires, pulse: Pulse) -> None:
    """Publish the numbers of now, 60 times a second."""
    given = own_options(wires, NAME, OPTIONS)
    voice, pace = Voice(wires, NAME), Pace(_HZ)
    while not pulse.stopping:
        voice.channels(numbers(time.monotonic(), given))
        voice.say("The synthetic input plays.")
        pulse.beat()
        pace.wait()
    voice.close()


def numbers(t: float, given: Mapping[str, Value]) -> dict[str, float]:
    """Return all channels (0..1) at `t` seconds under the options `given`."""
    return {
        "synthetic/slow": _sine(t / float(given["slow"])),
        "synthetic/fast": _sine(t / float(given["fast"])),
        "synthetic/noise": noise(t / float(given["noise"]), int(given["seed"])),
    }


def _sine(turns: float) -> float:
    return 0.5 + 0.5 * math.sin(2 * math.pi * turns)


def noise(x: float, seed: int) -> float:
    """Return smooth noise (0..1) at `x`: hashed values at whole numbers, level at each (value noise)."""
    whole = math.floor(x)
    share = x - whole
    bend = share * share * (3 - 2 * share)
    before, after = _hashed(whole, seed), _hashed(whole + 1, seed)
    return before + (after - before) * bend


def _hashed(number: int, seed: int) -> float:
    """Hash two whole numbers to 0..1 (the finaliser of splitmix64)."""
    bits = (number * 0x9E3779B97F4A7C15 + seed * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    return ((bits ^ (bits >> 31)) >> 11) / float(2**53 - 1)
