"""The pictures on the wall: what was there, what comes, and the mixture of the two, per region.

Mixing happens once per region at the size of the picture, not once per pixel of the wall, and in half floats, so that a
fade that starts from an unfinished fade loses nothing. What the wall shows at the instant a newer picture comes is what
the next fade starts from; so nothing ever jumps.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mapping.fade import Arrivals, Crossfade
from mapping.gl import Canvas, Gl, Layer
from mapping.ladder import Ladder, Rung, patience
from show.frames import Frame, Stamps
from show.rates import STALE_SECONDS
from show.snapshot import Playing


class Hung(NamedTuple):
    """Which picture it is: its id on the frame bus (0: the safe still, or a recorded one) and its stamps."""

    id: int
    stamps: Stamps


class Pictures:
    """All regions' pictures, with their fade and their place on the ladder of degradation."""

    def __init__(self, gl: Gl, stills: list[NDArray[np.uint8]], tick: float, reel_after: float = 0.0) -> None:
        self._regions = [_Region(gl, gl.layer(still)) for still in stills]
        self._arrivals = Arrivals()
        self._reel: Arrivals | None = None
        self._ladder = Ladder(reel_after)
        self._fade = Crossfade(0.0, 0.0)
        self._tick = tick
        self._drawn = False
        self.newest = self.before = Hung(0, Stamps())
        self.drops = 0
        """Pictures that were painted and never hung, because a newer one was there already."""

    def hang(self, frame: Frame, came: float, now: float) -> None:
        """Let the pictures of a frame, finished at `came`, fade in from `now` on."""
        fade = self._arrivals.arrived(came, now, self._tick, patience(self._arrivals.interval))
        if not self._drawn:  # there is nothing on the wall that it could grow out of
            self._arrivals.cut()
            fade = Crossfade(now, 0.0)
        self._fade = fade
        for region, picture in zip(self._regions, frame.pictures, strict=False):
            region.hang(picture)
        if self.newest.id:
            self.drops += max(0, frame.id - self.newest.id - 1)
        self.before, self.newest = self.newest, Hung(frame.id, frame.stamps)
        self._reel = None
        self._ladder.renewed()

    def hang_reel(self, pictures: NDArray[np.uint8], now: float) -> None:
        """Let recorded pictures (N, H, W, 3) fade in from `now` on; they count as no painting."""
        if self._reel is None:
            self._reel = Arrivals()
        self._fade = self._reel.arrived(now, now, self._tick, STALE_SECONDS)
        for region, picture in zip(self._regions, pictures, strict=False):
            region.hang(picture)
        self.before, self.newest = self.newest, Hung(0, Stamps())
        self._ladder.renewed()

    def look(self, now: float, playing: Playing) -> Rung:
        """Return where on the ladder of degradation the wall stands now."""
        reel = self._reel.newest if self._reel is not None else None
        return self._ladder.look(now, self._arrivals.newest, self._arrivals.interval, playing, reel)

    def layers(self, now: float) -> list[Layer]:
        """Return what every region shows now."""
        self._drawn = True
        share, zoom = self._fade.weight(now), self._ladder.zoom
        return [region.mixed(share, zoom) for region in self._regions]

    def foremost(self, now: float) -> Hung:
        """Return the picture that makes up most of what is shown now."""
        return self.newest if self._fade.weight(now) >= 0.5 else self.before

    @property
    def rung(self) -> Rung:
        """Where on the ladder the wall stood at the last look."""
        return self._ladder.rung

    @property
    def wants_reel(self) -> bool:
        """Whether pictures have been missing for so long that recorded ones are wanted."""
        return self._ladder.wants_reel

    @property
    def interval(self) -> float | None:
        """Seconds between pictures, smoothed; None before two have come."""
        return self._arrivals.interval


class _Region:
    """One region: two layers for pictures and two canvases for mixtures; one of the four is where the fade began."""

    def __init__(self, gl: Gl, still: Layer) -> None:
        self._gl = gl
        self._old = self._new = self._shown = still
        self._layers: list[Layer | None] = [None, None]
        self._canvases: list[Canvas | None] = [None, None]

    def hang(self, picture: NDArray[np.uint8]) -> None:
        """Fade from what is shown towards a new picture (H, W, 3)."""
        self._old = self._shown
        place = 1 if self._layers[0] is self._old else 0
        free = self._layers[place]
        height, width, _ = picture.shape
        if free is None or free.size != (width, height):
            free = self._layers[place] = self._gl.layer(picture)
        else:
            free.write(picture)
        self._new = free

    def mixed(self, share: float, zoom: float) -> Layer:
        """Return a layer with `share` of the new picture, the new picture enlarged by `zoom`."""
        if share >= 1 and zoom == 1:
            self._shown = self._new
            return self._new
        first = self._canvases[0]
        place = 1 if first is not None and first.layer is self._old else 0
        canvas = self._canvases[place]
        if canvas is None or canvas.size != self._new.size:
            canvas = self._canvases[place] = self._gl.canvas(self._new.size, "half")
        self._gl.mix(canvas, self._old, self._new, share, (1.0, zoom))
        self._shown = canvas.layer
        return self._shown
