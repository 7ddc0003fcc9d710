"""What an input is: a module in this folder that turns something outside into named numbers.

- `CHANNELS: tuple[str, ...]`: the channels it publishes, each "<module>/<name>", 0..1 wherever that makes sense;
- `OPTIONS: tuple[Parameter, ...]`: what the show file may set, with defaults that work everywhere;
- `run(wires: Wires, pulse: Pulse) -> None`: its life, in a process of its own.

The module is imported to be asked for these: whatever is heavy or touches hardware is imported inside `run`. An input
never writes parameters and never ends for a device that is not there: it says so in its status and tries again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Literal

from show.bus import Publisher
from show.parameter import Parameter, Value, options
from show.rates import STATUS_HZ
from show.snapshot import Channels, Status
from show.wires import Wires, channels_topic, status_topic


def own_options(wires: Wires, name: str, declared: Iterable[Parameter]) -> dict[str, Value]:
    """Return the options of input `name`: its declared defaults overlaid with what the show file gives."""
    given = next((part.options for part in wires.show().input if part.module == name), {})
    return options(declared, given, f"input {name}")


class Voice:
    """What an input says to the house: its channels as often as it likes, its status STATUS_HZ times a second."""

    def __init__(self, wires: Wires, name: str) -> None:
        self._name = name
        self._channels = Publisher(wires.run, channels_topic(name))
        self._status = Publisher(wires.run, status_topic(name))
        self._due = 0.0

    def channels(self, values: dict[str, float]) -> None:
        """Publish the numbers of all channels, taken now."""
        self._channels.send(Channels(self._name, time.monotonic_ns(), values))

    def say(
        self, sentence: str, light: Literal["green", "amber"] = "green", numbers: Mapping[str, float] | None = None
    ) -> None:
        """Publish a status if one is due."""
        now = time.monotonic()
        if now < self._due:
            return
        self._due = now + 1 / STATUS_HZ
        self._status.send(Status(self._name, light, sentence, time.monotonic_ns(), dict(numbers or {})))

    def close(self) -> None:
        """Close the wires."""
        self._channels.close()
        self._status.close()
