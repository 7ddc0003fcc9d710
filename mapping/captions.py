"""Captions: two tracks of words on the wall, set once, kept as layers, and faded from one to the next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from mapping.fade import Glide, eased
from mapping.gl import Gl, Layer, Size
from mapping.typeset import LINE, Align, Drawing, font, lines_drawing, wrapped
from show.config import Captions, CaptionTrack, Point, Show

FADE_SECONDS: Final = 0.5
SPOKEN_FADE_SECONDS: Final = 0.12
"""The same where captions follow a voice or a clock: what comes late by half a second reads like an echo."""
SPOKEN_LINES: Final = 2
"""Lines that spoken captions usually take: room for them is always left."""
_WIDE: Final = "m" * 40
_APART: Final = 1.35
"""Least distance of the base lines of the two tracks, in letter sizes."""


@dataclass(frozen=True)
class Setting:
    """One caption as it stands on an output: its lines, where its last line stands in pixels, size, colour and box.

    `place` is the middle of the last line, or its left or right end, as `align` says.
    """

    lines: tuple[str, ...]
    place: tuple[float, float]
    size: int
    colour: str
    align: Align = "centre"
    box: float = 0.0

    def drawing(self) -> Drawing:
        """Return the letters, (H, W, 4) uint8."""
        return _drawing(self.lines, self.size, self.colour, self.align, self.box)

    def corner(self, extent: Size) -> Size:
        """Return the top left pixel of a drawing of `extent` that stands in its place."""
        margin = round(self.size * 0.6)
        bottom = self.place[1] + 0.5 * self.size * LINE + margin
        left = {"left": -margin, "centre": -extent[0] / 2, "right": margin - extent[0]}[self.align]
        return round(self.place[0] + left), round(bottom - extent[1])

    def sides(self) -> tuple[float, float]:
        """Return where the longest line begins and ends, in pixels from the left."""
        width = max(font(self.size).getlength(line) for line in self.lines)
        left = self.place[0] - {"left": 0.0, "centre": 0.5, "right": 1.0}[self.align] * width
        return left, left + width


@lru_cache(maxsize=16)
def _drawing(lines: tuple[str, ...], size: int, colour: str, align: Align, box: float) -> Drawing:
    return lines_drawing(list(lines), size, colour, align=align, box=box)


def lay_out(
    look: Captions, output: Size, prompt: str, narration: str, kept: int = 0
) -> tuple[Setting | None, Setting | None]:
    """Return the settings of the two tracks on an output; a track without words is None.

    A text of several lines grows upwards; the upper track makes room for the lower one. Room for `kept` lines of
    narration is always left: a prompt that made way for every sentence and sank back after it would dance.
    """
    upper = _set(look, look.prompt, look.prompt_at, look.prompt_colour, output, prompt)
    lower = _set(look, look.narration, look.narration_at, look.narration_colour, output, narration)
    if kept and upper is not None:
        room = _set(look, look.narration, look.narration_at, look.narration_colour, output, "\n".join([_WIDE] * kept))
        assert room is not None
        if upper.place[1] <= room.place[1]:
            upper = _apart(upper, room)[0]
    return _apart(upper, lower)


def timed(show: Show) -> bool:
    """Say whether the narration track follows a voice or a clock."""
    spoken = show.captions.narration.cues or show.narration is not None
    return bool(spoken) or any(scene.cues for scene in show.scene)


def fades(show: Show) -> tuple[float, float]:
    """Return the seconds in which the two tracks of a show fade."""
    return (
        SPOKEN_FADE_SECONDS if show.captions.prompt.cues else FADE_SECONDS,
        SPOKEN_FADE_SECONDS if timed(show) else FADE_SECONDS,
    )


def _set(look: Captions, own: CaptionTrack, at: Point, colour: str, output: Size, text: str) -> Setting | None:
    """Set one track: what [captions] says of it, unless its own table says otherwise."""
    size = max(6, round((own.size or look.size) * output[1]))
    lines = tuple(wrapped(text, font(size), own.width * output[0], own.lines))
    x, y = own.at or at
    place = x * output[0], y * output[1]
    return Setting(lines, place, size, own.colour or colour, own.align, own.box) if lines else None


def _apart(prompt: Setting | None, narration: Setting | None) -> tuple[Setting | None, Setting | None]:
    """Raise the upper of two settings until it stands clear of the lower one, if they share a column at all."""
    if prompt is None or narration is None:
        return prompt, narration
    (left, right), (other_left, other_right) = prompt.sides(), narration.sides()
    if right <= other_left or other_right <= left:
        return prompt, narration
    upper, lower = (narration, prompt) if prompt.place[1] > narration.place[1] else (prompt, narration)
    top = lower.place[1] - (len(lower.lines) - 1) * lower.size * LINE
    boxes = sum(0.6 * setting.size for setting in (upper, lower) if setting.box > 0)
    y = min(upper.place[1], top - _APART * (upper.size + lower.size) / 2 - boxes)
    raised = replace(upper, place=(upper.place[0], y))
    return (raised, narration) if upper is prompt else (prompt, raised)


@dataclass
class _Voice:
    setting: Setting
    layer: Layer
    opacity: Glide
    now: float = 0.0


class Track:
    """One caption track: the newest setting fades in when older ones have faded out, so that two never overlap."""

    def __init__(self, gl: Gl, fade: float = FADE_SECONDS) -> None:
        self._gl = gl
        self._rate = 1 / fade
        self._voices: list[_Voice] = []

    def say(self, setting: Setting | None, now: float) -> None:
        """Let the track say this from `now` on (None: nothing)."""
        if setting is not None and all(voice.setting != setting for voice in self._voices):
            opacity = Glide(self._rate)
            opacity.towards(0.0, now)
            self._voices.append(_Voice(setting, self._gl.layer(setting.drawing()), opacity))
        for voice in self._voices:
            if voice.setting != setting:
                voice.now = voice.opacity.towards(0.0, now)
        clear = all(voice.now <= 0 for voice in self._voices if voice.setting != setting)
        for voice in self._voices:
            if voice.setting == setting:
                voice.now = voice.opacity.towards(float(clear), now)
        self._voices = [voice for voice in self._voices if voice.now > 0 or voice.setting == setting]

    def shown(self) -> list[tuple[Layer, Size, float]]:
        """Return layer, corner and opacity of everything that is to be seen now."""
        return [
            (voice.layer, voice.setting.corner(voice.layer.size), eased(voice.now))
            for voice in self._voices
            if voice.now > 0
        ]
