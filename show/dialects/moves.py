"""Camera moves per frame, as Deforum and the notebooks count them, and the show's rates per second (show/camera.py).

In 2D a frame turns and grows the picture about a centre after it slid: `angle` in degrees, counter-clockwise where
positive (OpenCV; the notebook's own table says clockwise), `zoom` as a ratio, `translation` in pixels to the right and
down. In 3D the camera moves before a picture that has depth; here it is flat, at the depth that Deforum's depth maps
have on average, so small moves bring the middle of the picture to the same place, and parallax is lost.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from show.camera import distance
from show.dialects.film import limits
from show.dialects.schedule import Series

DEPTH: Final = 1.5
"""Mean depth of a picture that Deforum warps by a depth map: equalised to 1 ... 2."""
FLAT: Final = 1.0
"""Its depth without a depth map."""
SCALE: Final = 200.0
"""Units of a 3D translation in one unit of depth."""


@dataclass(frozen=True)
class Flat:
    """A 2D move, one value per point of time: degrees, ratio, pixels, and the centre as shares of width and height."""

    angle: Series
    zoom: Series
    x: Series
    y: Series
    centre_x: Series
    centre_y: Series


@dataclass(frozen=True)
class Deep:
    """A 3D move, one value per point of time: translations, rotations in degrees, field of view in degrees."""

    x: Series
    y: Series
    z: Series
    pitch: Series
    yaw: Series
    roll: Series
    fov: Series


Rates = dict[str, Series]
"""Rates per second by the address of the show's parameter."""


def flat_rates(move: Flat, fps: float, size: tuple[float, float]) -> Rates:
    """Return the rates of a 2D move of pictures of `size` pixels; zooms are above 0.

    A zoom beyond the range of camera/zoom goes on as a way forward, which grows the picture alike.
    """
    width, height = size
    growth = np.log(move.zoom) * fps
    turn = -move.angle * fps
    centre_x, centre_y = move.centre_x - 0.5, (move.centre_y - 0.5) * height / width
    around = -(growth + 1j * np.radians(turn)) * (centre_x + 1j * centre_y)
    low, high, _ = limits("camera/zoom")
    held = np.clip(growth, math.log(low), math.log(high))
    zoom = np.where(held == growth, np.exp(held), np.clip(np.exp(held), low, high))
    return {
        "camera/zoom": zoom,
        "camera/angle": turn,
        "camera/x": move.x * fps / width + around.real,
        "camera/y": move.y * fps / height + around.imag * width / height,
        "camera/z": (growth - held) * distance(70.0),
    }


def deep_rates(move: Deep, fps: float, depth: float) -> Rates:
    """Return the rates of a 3D move before a flat picture at some depth."""
    low, high, _ = limits("camera/fov")
    fov = np.clip(move.fov, low, high)
    half = np.tan(np.radians(fov) / 2)
    return {
        "camera/x": -move.x / SCALE * fps / (2 * depth * half),
        "camera/y": move.y / SCALE * fps / (2 * depth * half),
        "camera/z": move.z / SCALE * fps * 0.5 / (depth * half) ** 2,
        "camera/pitch": move.pitch * fps,
        "camera/yaw": move.yaw * fps,
        "camera/angle": -move.roll * fps / (depth * half),
        "camera/fov": fov,
    }


def flat_move(rates: Rates, fps: float, size: tuple[float, float]) -> Flat:
    """Return the 2D move per frame that rates make; the way back from `flat_rates` with the centre in the middle."""
    width, height = size
    middle = np.full_like(rates["camera/zoom"], 0.5)
    growth = np.log(rates["camera/zoom"]) + rates["camera/z"] / distance(70.0)
    return Flat(
        -rates["camera/angle"] / fps,
        np.exp(growth / fps),
        rates["camera/x"] / fps * width,
        rates["camera/y"] / fps * height,
        middle,
        middle,
    )


def deep_move(rates: Rates, fps: float) -> Deep:
    """Return the 3D move per frame that rates make before a flat picture; a zoom becomes a way forward."""
    fov = rates["camera/fov"]
    half = np.tan(np.radians(fov) / 2)
    forward = rates["camera/z"] + np.log(rates["camera/zoom"]) * 0.5 / half
    return Deep(
        -rates["camera/x"] * SCALE / fps * 2 * half * FLAT,
        rates["camera/y"] * SCALE / fps * 2 * half * FLAT,
        forward * SCALE / fps * 2 * (FLAT * half) ** 2,
        rates["camera/pitch"] / fps,
        rates["camera/yaw"] / fps,
        -rates["camera/angle"] / fps * half * FLAT,
        fov,
    )


def kept_strength(kept: Series, fps: float, reference: float) -> Series:
    """Return the strength, at `reference` pictures a second, of a loop that keeps a share of every frame at `fps`."""
    return 1.0 - np.power(np.clip(kept, 0.0, 1.0), fps / reference)


def strength_kept(strength: Series, fps: float, reference: float) -> Series:
    """Return the share that a loop at `fps` keeps of every frame: the way back from `kept_strength`."""
    return np.power(1.0 - np.clip(strength, 0.0, 1.0), reference / fps)
