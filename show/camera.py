"""The camera: how far it has travelled, and what that does to a flat picture, as homographies of pure numbers.

Handedness and units, declared here and nowhere else (and told in docs/camera.md). The camera looks along z at a picture
that stands upright before it: x to the right, y downwards, z forward, right-handed. One unit is the picture's width.

| axis | unit of its rate | positive means | and the picture's content |
|---|---|---|---|
| zoom | ratio/s | the lens closes in | grows about the middle |
| angle | degrees/s | (roll) the camera turns counter-clockwise | turns clockwise |
| x | picture widths/s | the camera slides to the left | goes to the right |
| y | picture heights/s | the camera slides upwards | goes down |
| pitch | degrees/s | the camera looks up | goes down, and its lower edge grows |
| yaw | degrees/s | the camera looks to the right | goes to the left, and its left edge grows |
| z | picture widths/s | the camera goes forward | grows about the middle |

The field of view `fov` is an angle (degrees) across the picture's width: the picture fills it, so it stands
`d = 0.5 / tan(fov / 2)` widths away. A wide one bends the picture more in a turn and makes the way forward shorter; a
change of it alone moves nothing. The picture has no depth, so going forward is a zoom by `exp(z / d)`, and after every
painting the new picture stands upright at the same distance again.

All axes move at once. A turn by `a` radians about the middle, a growth of `s` (logarithm), a shift `v` and turns of the
camera are generators of one flow dp/dt = A p of homogeneous places p = (x, y, 1), and the homography of a travel is
exp(A). So n short travels make one long one exactly, whatever n is: a score looks the same at any rate of painting.
The rates themselves are integrated by adaptive Simpson's rule over the score's own tracks (`mean`), not summed up per
frame, and every axis has its own sum (`Pose`), which neither overflows nor loses digits in a show of a year.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from show.snapshot import Region

FOV: Final = 70.0
"""Degrees across the picture's width unless the show says otherwise."""
LEAST_DEPTH: Final = 0.2
"""How near to the camera's own plane a corner of the picture may come in one travel, 1 being where it began."""
_SMALLEST: Final = 1e-9
_TAYLOR: Final = 12
_DEEPEST: Final = 9
_TOLERANCE: Final = 1e-6

Matrix = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]


class Pose(msgspec.Struct, frozen=True, array_like=True):
    """How far a camera has travelled along each of its axes, or a travel between two such poses.

    `doublings` of size by zooming (logarithm of base 2); `angle`, `pitch`, `yaw` in degrees, never wrapped; `x` and `z`
    in picture widths, `y` in picture heights.
    """

    doublings: float = 0.0
    angle: float = 0.0
    x: float = 0.0
    y: float = 0.0
    pitch: float = 0.0
    yaw: float = 0.0
    z: float = 0.0

    @property
    def zoom(self) -> float:
        """How many times as large the picture has become; infinite where no float can say it."""
        return 2.0**self.doublings if self.doublings < 1000 else math.inf

    def told(self) -> str:
        """Return the travel in words, what did not move left out."""
        parts = [
            (self.doublings, f"zooms {self.zoom:.3g} x"),
            (self.angle, f"turns {self.angle:.1f} degrees clockwise"),
            (self.x, f"pans {self.x:.2f} widths"),
            (self.y, f"pans {self.y:.2f} heights"),
            (self.pitch, f"looks up {self.pitch:.1f} degrees"),
            (self.yaw, f"looks right {self.yaw:.1f} degrees"),
            (self.z, f"goes forward {self.z:.2f} widths"),
        ]
        return ", ".join(words for much, words in parts if abs(much) >= 5e-3) or "stands still"

    def plus(self, other: Pose, share: float = 1.0) -> Pose:
        """Return this with `share` of another travel added."""
        return Pose(*(a + share * b for a, b in zip(_axes(self), _axes(other), strict=True)))

    def since(self, before: Pose) -> Pose:
        """Return the travel from `before` to this."""
        return self.plus(before, -1.0)

    def times(self, share: float) -> Pose:
        """Return `share` of this travel."""
        return Pose(*(share * axis for axis in _axes(self)))


RATES: Final = ("camera/zoom", "camera/angle", "camera/x", "camera/y", "camera/pitch", "camera/yaw", "camera/z")
"""Addresses of the rates, in the order of Pose."""


def speed(rates: Sequence[float]) -> Pose:
    """Return the travel of one second at rates in the order of RATES."""
    return Pose(math.log2(max(rates[0], 1e-3)), *rates[1:])


def travelled(region: Region, before: Pose | None, since: float, longest: float) -> Pose:
    """Return how far a region's camera went since its pose `before`, `since` seconds ago.

    After more than `longest` seconds only as much of the way counts as fits into these, so that a pause throws nobody.
    A snapshot without poses, or the first one seen, goes by the rates of its instant.
    """
    if since <= 0:
        return Pose()
    if region.pose is None or before is None:
        rates = (region.zoom, region.angle, region.x, region.y, region.pitch, region.yaw, region.z)
        return speed(rates).times(min(since, longest))
    return region.pose.since(before).times(min(1.0, longest / since))


def homography(travel: Pose, fov: float, aspect: float) -> Matrix:
    """Return the matrix (3 x 3) that takes places (x, y, 1) of a picture to where a travel brings them.

    Places are in picture widths from the middle, x to the right, y downwards; `aspect` is the picture's height over its
    width. The way back is the homography of `travel.times(-1)`.
    """
    away = distance(fov)
    if travel.pitch == 0.0 and travel.yaw == 0.0:
        return _similarity(travel, away, aspect)
    full = _exponential(_generator(travel, away, aspect))
    (a, b, c), (d, e, f), (g, h, i) = (full / full[2, 2]).tolist()
    return (a, b, c), (d, e, f), (g, h, i)


def distance(fov: float) -> float:
    """Return how far away (widths) the picture stands that fills a field of view of `fov` degrees."""
    return 0.5 / math.tan(math.radians(min(max(fov, 1.0), 179.0)) / 2)


def held_back(travel: Pose, fov: float, aspect: float) -> Pose:
    """Return the travel with its turns of the camera cut until no corner of the picture comes near the camera's plane.

    Only a long gap between two paintings of a fast turn reaches this; what lies behind the camera cannot be shown.
    """
    away, reach = distance(fov), math.hypot(0.5, 0.5 * aspect)
    turn = math.hypot(math.radians(travel.pitch), math.radians(travel.yaw))
    # Depth of the farthest corner after the turn, in units of where it began: cos(turn) - sin(turn) reach / away.
    lean = math.atan2(reach, away)
    most = max(math.acos(LEAST_DEPTH * math.cos(lean)) - lean, 1e-3)
    if turn <= most:
        return travel
    return msgspec.structs.replace(travel, pitch=travel.pitch * most / turn, yaw=travel.yaw * most / turn)


def mean(rate: Callable[[float], float], begin: float, end: float) -> float:
    """Return the mean of `rate` between two seconds by Simpson's rule, halved where the halves disagree with the whole.

    A jump inside is closed in on to a 500th of the way, so that a score of steps travels alike at all frame rates.
    """
    if end <= begin:
        return rate(end)
    a, b = rate(begin), rate(end)
    middle = rate((begin + end) / 2)
    if abs(a - 2 * middle + b) <= _TOLERANCE * (1 + abs(middle)):
        return (a + 4 * middle + b) / 6  # straight, as nearly all are between two steps
    return _simpson(rate, (begin, end), (a, middle, b), _DEEPEST)


def _simpson(
    rate: Callable[[float], float], span: tuple[float, float], at: tuple[float, float, float], depth: int
) -> float:
    (begin, end), (a, m, b) = span, at
    middle = (begin + end) / 2
    left, right = rate((begin + middle) / 2), rate((middle + end) / 2)
    whole, halves = (a + 4 * m + b) / 6, (a + 4 * left + 2 * m + 4 * right + b) / 12
    if depth == 0 or abs(whole - halves) <= _TOLERANCE * (1 + abs(halves)):
        return halves
    return 0.5 * (
        _simpson(rate, (begin, middle), (a, left, m), depth - 1)
        + _simpson(rate, (middle, end), (m, right, b), depth - 1)
    )


def _axes(pose: Pose) -> tuple[float, ...]:
    return (pose.doublings, pose.angle, pose.x, pose.y, pose.pitch, pose.yaw, pose.z)


def _similarity(travel: Pose, away: float, aspect: float) -> Matrix:
    """Return the flow without turns of the camera, in closed form: p goes to e^w p + v (e^w - 1) / w, complex."""
    w = complex(travel.doublings * math.log(2.0) + travel.z / away, math.radians(travel.angle))
    grown = complex(math.exp(w.real) * math.cos(w.imag), math.exp(w.real) * math.sin(w.imag))
    reach = (grown - 1) / w if abs(w) > 1e-5 else 1 + w / 2 + w * w / 6
    shift = complex(travel.x, travel.y * aspect) * reach
    return (grown.real, -grown.imag, shift.real), (grown.imag, grown.real, shift.imag), (0.0, 0.0, 1.0)


def _generator(travel: Pose, away: float, aspect: float) -> NDArray[np.float64]:
    growth = travel.doublings * math.log(2.0) + travel.z / away
    roll, pitch, yaw = (math.radians(turn) for turn in (travel.angle, travel.pitch, travel.yaw))
    return np.array(
        [
            [growth, -roll, travel.x - away * yaw],
            [roll, growth, travel.y * aspect + away * pitch],
            [yaw / away, -pitch / away, 0.0],
        ]
    )


def _exponential(a: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the matrix exponential by scaling and squaring (Moler and Van Loan 2003, method 3)."""
    size = float(np.abs(a).sum(1).max())
    halvings = max(0, math.ceil(math.log2(max(size, _SMALLEST))) + 1)
    part = a / 2.0**halvings
    term = total = np.eye(3)
    for k in range(1, _TAYLOR + 1):
        term = term @ part / k
        total = total + term
    for _ in range(halvings):
        total = total @ total
    return total
