"""Where the beat falls: tempo and phase of what is heard, causal, numpy only, no clock.

1. A hundred times a second the spectrum of a short window is summed in 24 bands, on a logarithmic scale; what has grown
   since the window before is the onset strength, counted from its own slow mean.
2. Four times a second the last six seconds of it are looked at. Every tempo from 60 to 200 beats a minute is weighed:
   by the waves of one to four times the beat in it (a comb), by its likeness to itself one beat earlier, which tells a
   tempo from its double, and by a broad prior around 120.
3. A tempo that holds is only left for one that is better by a fifth in three looks running.
4. The onsets of the last beats, folded onto one beat, heap up where the beat falls. The phase runs on at the tempo and
   leans towards that place, so that a beat is told in advance and a late block of samples moves nothing.
5. `confidence` is the likeness of step 2. Below a threshold, and after four seconds of silence, nothing is heard.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from server.inputs.support.analysis import Samples

FRAMES: Final = 100
"""Onset strengths per second."""
SLOWEST: Final = 60.0
FASTEST: Final = 200.0
"""The range of tempos that are told apart, in beats per minute."""
SECONDS: Final = 6.0
"""How far back a look goes."""
LOOKS: Final = 4
"""Looks per second."""
SURE: Final = 0.35
UNSURE: Final = 0.2
"""A beat is heard from the first confidence on, until it falls below the second."""
SILENCE_SECONDS: Final = 4.0
_WINDOW_SECONDS: Final = 0.02
_BANDS: Final = 24
_COMB: Final = np.array([1.0, 0.6, 0.4, 0.3])[:, None]
_FADE_SECONDS: Final = 3.0
_PRIOR_BPM: Final = 120.0
_PRIOR_OCTAVES: Final = 0.8
_BETTER: Final = 1.2
_PATIENCE: Final = 3
_NEAR: Final = 0.04
_FOLDS: Final = 96
_LEAN: Final = 0.35
_ONSET_DECAY: Final = 0.08
_FAINT: Final = 0.01
_TRUST: Final = 0.05
_LATE: Final = 0.1

Floats = NDArray[np.float64]


class Beat(NamedTuple):
    """What is known: whether a beat is heard, its tempo in beats per minute, and how far in a beat (0..1) the sound was
    at instant `at` (monotonic seconds). These change with a look only, so that a log of them stays small. `onset` is
    the newest onset's strength (0..1), which dies away in some tenths of a second; `confidence` is 0..1.
    """

    heard: bool
    bpm: float
    phase: float
    at: float
    onset: float
    confidence: float


REST: Final = Beat(False, 0.0, 0.0, 0.0, 0.0, 0.0)


class Onsets:
    """Turns a stream of `rate` samples per second into onset strengths, one per `hop` samples."""

    def __init__(self, rate: float) -> None:
        self.hop = max(1, round(rate / FRAMES))
        self._window = 1 << max(6, math.ceil(math.log2(rate * _WINDOW_SECONDS)))
        self._hann = np.hanning(self._window)
        self.delay = self._window / rate / 2
        """Seconds by which a strength lies behind its sound: half a window."""
        frequencies = np.fft.rfftfreq(self._window, 1.0 / rate)
        edges = np.geomspace(40.0, max(80.0, min(16000.0, 0.45 * rate)), _BANDS + 1)
        self._bins = np.maximum(1, np.searchsorted(frequencies, edges))
        self._tail = np.zeros(self._window)
        self._waiting = np.zeros(0)
        self._before = np.zeros(_BANDS)
        self._mean = 0.0

    def feed(self, samples: Samples) -> tuple[list[float], int]:
        """Return the strengths of whole hops among new samples (-1..1), and how many samples wait for the next hop."""
        sound = np.clip(np.nan_to_num(samples.astype(np.float64), nan=0.0, posinf=1.0, neginf=-1.0), -1.0, 1.0)
        sound = np.concatenate([self._waiting, sound])
        whole = len(sound) // self.hop
        found = [self._strength(sound[n * self.hop : (n + 1) * self.hop]) for n in range(whole)]
        self._waiting = sound[whole * self.hop :]
        return found, len(self._waiting)

    def _strength(self, block: Floats) -> float:
        self._tail = np.concatenate([self._tail, block])[-self._window :]
        powers = np.abs(np.fft.rfft(self._tail * self._hann)) ** 2 / self._window
        sums = np.add.reduceat(powers, np.minimum(self._bins[:-1], len(powers) - 1))
        bands = np.log1p(1e4 * sums)
        grown = float(np.maximum(bands - self._before, 0.0).mean())
        self._before = bands
        self._mean += (grown - self._mean) / (0.5 * FRAMES)
        return max(0.0, grown - self._mean)


class Tracker:
    """Follows the beat of one stream of `rate` samples per second."""

    def __init__(self, rate: float) -> None:
        self._onsets = Onsets(rate)
        self._rate = rate
        self._frames = rate / self._onsets.hop
        size = int(SECONDS * self._frames)
        self._strengths = np.zeros(size)
        self._ages = np.arange(size - 1, -1, -1) / self._frames
        self._weights = np.exp(-self._ages / _FADE_SECONDS)
        self._tempos = np.geomspace(SLOWEST, FASTEST, 1 + round(math.log(FASTEST / SLOWEST) / 0.01))
        self._prior = np.exp(-0.5 * (np.log2(self._tempos / _PRIOR_BPM) / _PRIOR_OCTAVES) ** 2)
        self._waves = self._waves_of(self._tempos)
        self._known = REST
        self._at = 0.0
        self._unlike = 0
        self._since_look = 0
        self._silent = 0.0

    def feed(self, samples: Samples, at: float) -> Beat:
        """Take new samples (-1..1), the last of them heard at `at` (monotonic seconds); return what is known then."""
        self._at = self._steady(len(samples), at)
        found, waiting = self._onsets.feed(samples)
        onset = self._known.onset
        for strength in found:
            self._strengths = np.append(self._strengths[1:], strength)
            onset = max(onset * math.exp(-1.0 / (_ONSET_DECAY * self._frames)), min(1.0, strength))
            self._silent = 0.0 if strength > 1e-3 else self._silent + 1.0 / self._frames
        self._since_look += len(found)
        self._known = self._known._replace(onset=onset if onset > _FAINT else 0.0)
        if self._since_look >= self._frames / LOOKS:
            self._since_look = 0
            self._look(self._at - waiting / self._rate - self._onsets.delay)
        return self._known

    def _steady(self, count: int, at: float) -> float:
        """Return when the last of `count` new samples was heard: blocks come by fits and starts, samples do not."""
        expected = self._at + count / self._rate
        return expected + _TRUST * (at - expected) if abs(at - expected) < _LATE else at

    def _look(self, newest: float) -> None:
        """Weigh tempos and phase anew; the newest strength belongs to the sound at `newest`."""
        if self._silent > SILENCE_SECONDS:
            self._known, self._unlike = REST, 0
            return
        strengths = self._strengths * self._weights
        if strengths.max() <= 1e-3:
            return
        worth, likeness = self._weighed(strengths)
        bpm = self._chosen(worth)
        confidence = float(np.interp(bpm, self._tempos, likeness))
        heard = confidence > (UNSURE if self._known.heard else SURE)
        phase = self._fold(strengths, bpm) + (self._at - newest) * bpm / 60.0
        known = self._known
        if known.heard and abs(bpm / known.bpm - 1.0) < _NEAR:
            told = known.phase + (self._at - known.at) * known.bpm / 60.0
            phase = told + _LEAN * ((phase - told + 0.5) % 1.0 - 0.5)
        self._known = Beat(heard, bpm, phase % 1.0, self._at, known.onset, confidence)

    def _weighed(self, strengths: Floats) -> tuple[Floats, Floats]:
        """Return what every tempo is worth, and how like the sound is to itself one beat of it earlier (0..1)."""
        comb = (_COMB * np.abs(self._waves @ strengths)).sum(0) / strengths.sum()
        plain = self._strengths - self._strengths.mean()
        size = len(plain)
        spectrum = np.abs(np.fft.rfft(plain, 2 * size)) ** 2
        itself = np.fft.irfft(spectrum)[:size] / np.arange(size, 0, -1)
        lags = 60.0 / self._tempos * self._frames
        # The tempo's own beat, or a bar of it: drums are more like themselves a bar apart.
        places = np.arange(size)
        one, four = (np.interp(count * lags, places, itself) for count in (1, 4))
        likeness = np.clip(np.maximum(one, 0.5 * (one + four)) / max(float(itself[0]), 1e-12), 0.0, 1.0)
        return comb * (0.1 + likeness) * self._prior, likeness

    def _chosen(self, worth: Floats) -> float:
        """Return the tempo: near the one that holds, unless another has been better for long enough."""
        best = int(worth.argmax())
        now = self._known.bpm
        if now and abs(self._tempos[best] / now - 1.0) > _NEAR:
            near = np.abs(self._tempos / now - 1.0) < _NEAR
            self._unlike += 1
            if near.any() and (self._unlike < _PATIENCE or worth[best] < _BETTER * worth[near].max()):
                best = int(np.where(near, worth, 0.0).argmax())
        else:
            self._unlike = 0
        return self._fine(float(self._tempos[best]))

    def _fine(self, bpm: float) -> float:
        """Return the tempo within 3 % of one whose comb is strongest."""
        tempos = bpm * np.linspace(0.97, 1.03, 31)
        worth = (_COMB * np.abs(self._waves_of(tempos) @ (self._strengths * self._weights))).sum(0)
        peak = min(max(int(worth.argmax()), 1), len(worth) - 2)
        left, middle, right = worth[peak - 1 : peak + 2]
        bend = left - 2 * middle + right
        shift = 0.5 * (left - right) / bend if bend < 0 else 0.0
        return float(min(max(tempos[peak] + shift * (tempos[1] - tempos[0]), SLOWEST), FASTEST))

    def _fold(self, strengths: Floats, bpm: float) -> float:
        """Return the phase (0..1) of the newest strength: where the onsets, folded onto one beat, heap up is 0."""
        beats = (-self._ages * bpm / 60.0) % 1.0 * _FOLDS
        low = beats.astype(int)
        share = beats - low
        heap = np.bincount(low % _FOLDS, strengths * (1 - share), _FOLDS)
        heap += np.bincount((low + 1) % _FOLDS, strengths * share, _FOLDS)
        # An onset is some frames wide; smoothed by as much, its middle is found between two folds.
        width = _FOLDS * 0.02 * bpm / 60.0
        spread = np.arange(_FOLDS)
        kernel = np.exp(-0.5 * (np.minimum(spread, _FOLDS - spread) / width) ** 2)
        smooth = np.fft.irfft(np.fft.rfft(heap) * np.fft.rfft(kernel), _FOLDS)
        peak = int(smooth.argmax())
        left, middle, right = (smooth[(peak + step) % _FOLDS] for step in (-1, 0, 1))
        bend = left - 2 * middle + right
        return float(-(peak + (0.5 * (left - right) / bend if bend < 0 else 0.0)) / _FOLDS % 1.0)

    def _waves_of(self, tempos: Floats) -> NDArray[np.complex128]:
        """Return waves (4, tempos, strengths) of one to four times every tempo; the newest strength has phase 0."""
        one = np.exp(2j * np.pi * tempos[:, None] / 60.0 * self._ages)
        two = one * one
        return np.stack([one, two, two * one, two * two])
