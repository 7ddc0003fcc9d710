"""Ableton Link: the tempo and the beat that musicians share over the network (clock source = "link").

Link is GPL-2.0-or-later, so the package that carries it (LinkPython-extern, the extra `link`) is never installed unless
asked for. Oriel listens and never sets the tempo of the others. Link has no place in a song, only a
beat: the show's tempo and its beats follow, where it stands in its score is its own affair.
"""

from __future__ import annotations

import time
from typing import Any, Final, Literal

from server.inputs.base import Voice
from server.pace import Pace
from show.parameter import Parameter
from show.pulse import Pulse
from show.wires import Wires

NAME: Final = "link"
CHANNELS: Final[tuple[str, ...]] = ("link/heard", "link/bpm", "link/phase", "link/at", "link/peers")
OPTIONS: Final[tuple[Parameter, ...]] = ()
MISSING: Final = "the package LinkPython-extern is not installed (pip install 'oriel[link]'; it holds GPL code)"
_HZ: Final = 60.0


def run(wires: Wires, pulse: Pulse) -> None:
    """Listen until told to stop; without the package, say so and rest."""
    voice, pace = Voice(wires, NAME), Pace(_HZ)
    session = join(wires.show().score.bpm)
    while not pulse.stopping:
        values = heard(session) if session is not None else {"link/heard": 0.0}
        voice.channels(values)
        sentence, light = told(session is not None, values)
        voice.say(sentence, light, values)
        pulse.beat()
        pace.wait()
    if session is not None:
        session.enabled = False
    voice.close()


def join(bpm: float) -> Any:
    """Return a Link session, None without the package; a session with others in it keeps their tempo."""
    try:
        import link
    except ImportError:
        return None
    session = link.Link(bpm)
    session.enabled = True
    return session


def heard(session: Any) -> dict[str, float]:
    """Return all channels: tempo, phase in the beat (0..1), and the instant of it; unheard while nobody else plays."""
    state = session.captureSessionState()
    before = time.monotonic()
    beat = float(state.beatAtTime(session.clock().micros(), 1.0))
    at = (before + time.monotonic()) / 2
    peers = float(session.numPeers())
    values = (float(peers > 0), float(state.tempo()), beat % 1.0, at, peers)
    return dict(zip(CHANNELS, values, strict=True))


def told(is_there: bool, values: dict[str, float]) -> tuple[str, Literal["green", "amber"]]:
    """Return the sentence and the light."""
    if not is_there:
        return f"No Link: {MISSING}. The show goes on without it.", "amber"
    if values["link/heard"] == 0.0:
        return "Nobody else plays on Link.", "green"
    return (
        f"Following Link at {values['link/bpm']:.1f} beats a minute, with {values['link/peers']:.0f} others.",
        "green",
    )
