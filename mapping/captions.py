"""Captions: two tracks of words on the wall, set once, kept as layers, and faded from one to the next."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from mapping.fade import Glide, eased
from mapping.gl import Gl, Layer, Size
from mapping.typeset import LINE, Drawing, font, lines_drawing, wrapped
from show.config import Captions, Point

FADE_SECONDS: Final = 0.5
WIDEST: Final = 0.88
"""The longest line as a share of the output's width."""
MOST_LINES: Final = 3
_APART: Final = 1.35
"""Least distance of the base lines of the two tracks, in letter sizes."""


@dataclass(frozen=True)
class Setting:
    """One caption as it stands on an output: its lines, the middle of the last line in pixels, size and colour."""

    lines: tuple[str, ...]
    middle: tuple[float, float]
    size: int
    colour: str

    def drawing(self) -> Drawing:
        """Return the letters, (H, W, 4) uint8."""
        return _drawing(self.lines, self.size, self.colour)

    def corner(self, extent: Size) -> Size:
        """Return the top left pixel of a drawing of `extent` that stands in its place."""
        bottom = self.middle[1] + 0.5 * self.size * LINE + round(self.size * 0.6)
        return round(self.middle[0] - extent[0] / 2), round(bottom - extent[1])


@lru_cache(maxsize=16)
def _drawing(lines: tuple[str, ...], size: int, colour: str) -> Drawing:
    return lines_drawing(list(lines), size, colour)


def lay_out(look: Captions, output: Size, prompt: str, narration: str) -> tuple[Setting | None, Setting | None]:
    """Return the settings of the two tracks on an output; a track without words is None.

    A text of several lines grows upwards; the upper track makes room for the lower one.
    """
    size = max(6, round(look.size * output[1]))

    def set_words(text: str, at: Point, colour: str) -> Setting | None:
        lines = tuple(wrapped(text, font(size), WIDEST * output[0], MOST_LINES))
        middle = at[0] * output[0], at[1] * output[1]
        return Setting(lines, middle, size, colour) if lines else None

    return _apart(
        set_words(prompt, look.prompt_at, look.prompt_colour),
        set_words(narration, look.narration_at, look.narration_colour),
    )


def _apart(prompt: Setting | None, narration: Setting | None) -> tuple[Setting | None, Setting | None]:
    """Raise the upper of two settings until it stands clear of the lower one."""
    if prompt is None or narration is None:
        return prompt, narration
    if prompt.middle[1] > narration.middle[1]:
        lower, upper = prompt, narration
    else:
        lower, upper = narration, prompt
    top = lower.middle[1] - (len(lower.lines) - 1) * lower.size * LINE
    y = min(upper.middle[1], top - _APART * upper.size)
    raised = Setting(upper.lines, (upper.middle[0], y), upper.size, upper.colour)
    return (raised, narration) if upper is prompt else (prompt, raised)


@dataclass
class _Voice:
    setting: Setting
    layer: Layer
    opacity: Glide
    now: float = 0.0


class Track:
    """One caption track: the newest setting fades in when older ones have faded out, so that two never overlap."""

    def __init__(self, gl: Gl) -> None:
        self._gl = gl
        self._voices: list[_Voice] = []

    def say(self, setting: Setting | None, now: float) -> None:
        """Let the track say this from `now` on (None: nothing)."""
        if setting is not None and all(voice.setting != setting for voice in self._voices):
            opacity = Glide(1 / FADE_SECONDS)
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
