"""The parameters that every show has, whatever its artist; artists announce their own beside these."""

from __future__ import annotations

from typing import Final

from show.camera import FOV
from show.parameter import Parameter

PHRASES: Final = 4
"""Phrases per scene whose weight has a live gain (prompt/gain/1 ...)."""

CORE: Final[tuple[Parameter, ...]] = (
    Parameter("prompt/text", "text", "", "Words typed live; they replace the scene's words while not empty"),
    *(
        Parameter(f"prompt/gain/{n}", "float", 1.0, f"Gain on the weight of phrase {n} of the scene", 0.0, 4.0)
        for n in range(1, PHRASES + 1)
    ),
    Parameter("walk/speed", "float", 1.0, "Speed of the walk between seeds", 0.0, 10.0, unit="x"),
    Parameter(
        "walk/divergence", "float", 1.0, "From identical regions (0) to independent ones (1, and beyond)", 0.0, 4.0
    ),
    Parameter("camera/zoom", "float", 1.0, "Zoom of the fed-back picture (1 = still)", 0.25, 4.0, unit="x/s"),
    Parameter("camera/angle", "float", 0.0, "Turn per second, clockwise", -180.0, 180.0, unit="degrees/s"),
    Parameter("camera/x", "float", 0.0, "Pan to the right per second, in picture widths", -2.0, 2.0, unit="widths/s"),
    Parameter("camera/y", "float", 0.0, "Pan downwards per second, in picture heights", -2.0, 2.0, unit="heights/s"),
    Parameter("camera/pitch", "float", 0.0, "The camera looks up, per second", -90.0, 90.0, unit="degrees/s"),
    Parameter("camera/yaw", "float", 0.0, "The camera looks to the right, per second", -90.0, 90.0, unit="degrees/s"),
    Parameter("camera/z", "float", 0.0, "The camera goes forward, per second", -4.0, 4.0, unit="widths/s"),
    Parameter("camera/fov", "float", FOV, "Field of view across the picture", 10.0, 150.0, unit="degrees"),
    Parameter("wall/level", "float", 1.0, "Brightness of the whole wall", 0.0, 1.0),
    Parameter("wall/captions", "bool", True, "Show the captions"),
    Parameter("wall/testcard", "bool", False, "Show the test card instead of the pictures"),
)
