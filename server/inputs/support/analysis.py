"""What is in the sound right now: its level and three bands; causal, numpy only, no clock.

1. The newest samples are made safe: not-a-number becomes silence, what is clipped stays clipped, a constant offset (DC)
   is taken away.
2. Level is their root mean square on a decibel scale, -60 dBFS being 0 and full scale 1.
3. A Hann window and one FFT give each band's root mean square.
4. A band is compared with its own slow mean, as MilkDrop does it: ratio 1 is normal for this music in this room,
   whatever the volume. The channel is half the ratio, so normal is 0.5 and twice the normal is 1.
5. Below the floor there is no music to be normal: the mean stands still and the bands fade to 0. A band far below the
   others is compared with them, or the FFT's own leakage would be called loud.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

BANDS: Final[Mapping[str, tuple[float, float]]] = {
    "bass": (20.0, 250.0),
    "mid": (250.0, 4000.0),
    "treble": (4000.0, 16000.0),
}
"""Edges in Hz."""
WINDOW_SECONDS: Final = 0.045
MEAN_SECONDS: Final = 6.0
"""Time constant of the slow mean."""
LOWEST_DB: Final = -60.0
KNEE_DB: Final = 6.0
"""Bands grow from nothing to their full height over so many dB above the floor."""
LEAKAGE: Final = 0.01


class Ear:
    """Listens to one stream of `rate` samples per second; `floor` is the level in dBFS under which nothing is heard."""

    def __init__(self, rate: float, floor: float) -> None:
        self.window = 1 << max(6, math.ceil(math.log2(rate * WINDOW_SECONDS)))
        """Samples needed by `hear`."""
        self._floor = floor
        self._hann = np.hanning(self.window)
        self._scale = 2.0 / (self.window * float(np.sum(self._hann**2)))
        frequencies = np.fft.rfftfreq(self.window, 1.0 / rate)
        self._bins = [(frequencies >= low) & (frequencies < high) for low, high in BANDS.values()]
        self._sums = np.zeros(len(BANDS))
        self._weight = 0.0

    def hear(self, samples: Samples, dt: float) -> dict[str, float]:
        """Return level, bass, mid, treble (0..1) of the newest `window` samples (-1..1); `dt` is in seconds."""
        sound = np.clip(np.nan_to_num(samples.astype(np.float64), nan=0.0, posinf=1.0, neginf=-1.0), -1.0, 1.0)
        # The offset is weighed as the FFT sees it; a plain mean would itself leave an offset in a cut-off sine.
        sound -= np.average(sound, weights=self._hann)
        decibels = _decibels(float(np.sqrt(np.mean(sound**2))))
        powers = np.abs(np.fft.rfft(sound * self._hann)) ** 2 * self._scale
        bands = np.sqrt([powers[bins].sum() for bins in self._bins])
        open_ = min(max((decibels - self._floor) / KNEE_DB, 0.0), 1.0)
        if open_ > 0.0:
            self._learn(bands, 1.0 - math.exp(-dt / MEAN_SECONDS))
        values = np.clip(0.5 * open_ * bands / self._normal(), 0.0, 1.0)
        level = min(max(1.0 - decibels / LOWEST_DB, 0.0), 1.0)
        return {"level": level, **{name: float(value) for name, value in zip(BANDS, values, strict=True)}}

    def _learn(self, bands: NDArray[np.float64], share: float) -> None:
        """Move the slow means; their weight makes the first second of sound count in full."""
        self._sums += share * (bands - self._sums)
        self._weight += share * (1.0 - self._weight)

    def _normal(self) -> NDArray[np.float64]:
        """Return what is normal per band, never less than leakage from the loudest band or the floor."""
        least = 10.0 ** (self._floor / 20.0)
        if self._weight <= 0.0:
            return np.full(len(BANDS), least)
        means = self._sums / self._weight
        return np.maximum(means, max(LEAKAGE * float(means.max()), LEAKAGE * least))


def _decibels(amplitude: float) -> float:
    return 20.0 * math.log10(max(amplitude, 1e-9))
