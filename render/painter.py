"""The painter: one snapshot in, one batch through the networks, one picture per region out.

A painting, step by step:

1. Words become embeddings, seeds become noise: both walk by the numbers of the snapshot, nothing is drawn afresh.
2. The last latents are moved by the camera for the time since then, renormalised and stirred with grain. Colour is held
   by the words' look: the channel means of what the network makes of these words and seeds from pure noise. It costs
   one more call of the network, at most every LOOK_SECONDS and only when the words have changed. A scene that begins
   from black or from records has these in place of the last latents, neither moved nor held yet; their colour gives way
   to that of the words over START_SECONDS, for it would be wiped out at once, and their influence stays as far as it is
   turned up. From noise, this step falls out.
3. They are noised as far as the strength says. The strength rises while the words change, so that the old picture does
   not hold on; it sinks back over CALM_SECONDS.
4. One to four steps of the network, then the decoder. The clean latents are kept for the next time; pictures are
   encoded only after a restart.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import torch
from torch import Tensor

from render.artists.base import Painting, Studio
from render.feedback import LONGEST_STEP, Colours, Move, Statistics, renormalise, warp
from render.latents import Forward, Noises, noised, sample, trailing
from render.machine import Stopwatch
from render.models import Models
from render.starts import prepare
from show.errors import ArtistError
from show.frames import Pictures
from show.parameter import Value
from show.score import smoothstep
from show.snapshot import Region, Snapshot

CALM_SECONDS: Final = 1.5
"""Time in which the strength sinks back after the words have changed."""
RENORM_SECONDS: Final = 0.2
"""Time in which the contrast of the fed-back latent is pulled to that of good pictures."""
START_SECONDS: Final = 3.0
"""Time in which the colour of a starting point gives way to that of the words."""
LOOK_SECONDS: Final = 0.5
"""Shortest time between two looks at what the words are like from nothing."""
_LOOK_CHANGE: Final = 0.05
"""Change of the words that asks for a new look; 1 is about all of them."""
_GRAIN: Final = 0x6F7269656C
"""Added to a seed: the grain's noise is not that of the painting."""


class Look(NamedTuple):
    """What some words look like from nothing: channel `means` (N, C, 1, 1), the `words` (N, T, D), the life then."""

    means: Tensor
    words: Tensor
    life: float


class Begun(NamedTuple):
    """A starting point that was taken: its `latents` (N, C, h, w), their `means` (N, C, 1, 1), and the life then."""

    latents: Tensor
    means: Tensor
    life: float


class Painter:
    """Paints triptychs with one set of models; keeps the last latents (N, C, h, w) and what the words were."""

    def __init__(self, models: Models, studio: Studio) -> None:
        for side in (studio.width, studio.height):
            if side % models.scale:
                raise ArtistError(f"pictures of {side} pixels: this model paints in multiples of {models.scale}")
        self._models = models
        self._studio = studio
        self._starts: dict[int, Tensor] = {}
        self._entry: int | None = None
        self._begun: Begun | None = None
        self._regions = len(studio.regions)
        shape = (models.channels, studio.height // models.scale, studio.width // models.scale)
        self._noises = Noises(shape, models.machine.device)
        self._good = models.statistics
        self._last: Tensor | None = None
        self._life: float | None = None
        self._words: Tensor | None = None
        self._unrest = 0.0
        self._look: Look | None = None
        self._colours: Colours | None = None

    @torch.inference_mode()
    def warm_up(self) -> None:
        """Run the networks once and prepare all starting points, so that no painting is slower than the rest.

        Raise ArtistError when the networks fail, or when what a scene begins from cannot be had.
        """
        models = self._models
        noise = torch.stack([self._noises.of(seed) for seed in range(self._regions)])
        words = models.reader.embed("").expand(self._regions, -1, -1)
        models.reader.neutral  # noqa: B018  (embedded now, so that the first exclusion does not hold up a painting)
        neutral = torch.zeros_like(noise[:1, :, :1, :1])
        good = self._good or Statistics(neutral, neutral + 1, neutral + 1)
        try:
            models.decode(models.forward(noise, len(models.schedule.alphas) - 1, words))
            self._colours = Colours(models.decode, good, models.machine.device)
        except RuntimeError as error:
            reason = (str(error).strip().splitlines() or ["no reason given"])[0]
            raise ArtistError(f"the model cannot paint {self._regions} pictures of this size: {reason[:300]}") from None
        self._starts = prepare(models, self._studio)

    @torch.inference_mode()
    def paint(self, snapshot: Snapshot) -> Painting:
        """Paint all regions of a snapshot as one batch."""
        values = snapshot.values
        self._enter(snapshot)
        models, watch = self._models, Stopwatch(self._models.machine.device)
        since = 0.0 if self._life is None else snapshot.life - self._life
        seconds = min(max(since, 0.0), LONGEST_STEP)
        exclusion = _number(values, "artist/exclusion", 1.0)
        words = torch.stack([models.reader.region(region, exclusion) for region in snapshot.regions])
        noise = self._noises.walk([(r.seed_a, r.seed_b, r.seed_mix) for r in snapshot.regions])

        def network(x: Tensor, timestep: int) -> Tensor:
            with watch:
                return models.forward(x, timestep, words)

        moved = self._moved(snapshot, seconds)
        strength = 1.0
        if moved is not None:
            self._look_at(words, noise, network, snapshot.life)
            moved = self._held(moved, seconds, snapshot)
            strength = self._strength(words, seconds, values)
        times = trailing(strength, int(_number(values, "artist/steps", 1)), len(models.schedule.alphas))
        start = noised(torch.zeros_like(noise) if moved is None else moved, noise, models.schedule.alpha(times[0]))
        clean = sample(network, start, times, models.schedule, noise)
        with watch:
            decoded = models.decode(clean)
        pictures = _to_bytes(decoded)
        self._keep(clean, words, snapshot.life)
        return Painting(pictures, watch.nanoseconds)

    @torch.inference_mode()
    def resume(self, pictures: Pictures) -> None:
        """Go on from pictures (N, H, W, 3) uint8 instead of from pure noise."""
        on_device = torch.from_numpy(pictures).to(self._models.machine.device).permute(0, 3, 1, 2)
        self._last = self._models.encode(on_device.float() / 127.5 - 1)

    def _enter(self, snapshot: Snapshot) -> None:
        """Go to the starting point of a scene that was entered since the last painting, once.

        The words are then no change to what stood, so that no urge follows. A painter that has just resumed the
        pictures of a killed one goes on from these.
        """
        resumed = self._entry is None and self._last is not None
        entered = snapshot.entry != self._entry
        self._entry = snapshot.entry
        if entered:
            self._begun = None
        if not entered or resumed or snapshot.init == "last":
            return
        self._last = self._starts.get(snapshot.scene)
        if self._last is not None:
            self._begun = Begun(self._last, self._last.mean((2, 3), keepdim=True), snapshot.life)
        self._life = self._words = self._look = None
        self._unrest = 0.0

    def _colour(self, life: float) -> Tensor | None:
        """Return the channel means (N, C, 1, 1) to hold, if any: the look of the words, at first that of the start."""
        look, begun = self._look, self._begun
        if look is None or begun is None or begun.means.shape != look.means.shape:
            return None if look is None else look.means
        return torch.lerp(begun.means, look.means, smoothstep((life - begun.life) / START_SECONDS))

    def _moved(self, snapshot: Snapshot, seconds: float) -> Tensor | None:
        """Return the last latents as the camera leaves them, None when there is nothing to feed back."""
        last = self._last
        feedback = _number(snapshot.values, "artist/feedback", 1.0)
        if last is None or len(last) != len(snapshot.regions) or feedback <= 0:
            return None
        return warp(last, [Move.over(seconds, r.zoom, r.angle, r.x, r.y) for r in snapshot.regions])

    def _held(self, moved: Tensor, seconds: float, snapshot: Snapshot) -> Tensor:
        """Return the moved latents with contrast and colour held and grain stirred in."""
        values = snapshot.values
        influence = _number(values, "artist/influence", 0.0)
        if influence > 0 and self._begun is not None and self._begun.latents.shape == moved.shape:
            moved = torch.lerp(moved, self._begun.latents, 1 - math.exp(-influence * seconds))
        good = self._good or Statistics.of(moved)
        pull = 1 - math.exp(-seconds / RENORM_SECONDS)
        look = self._colour(snapshot.life)
        held = renormalise(moved, good, pull, _number(values, "artist/contrast", 1.0), look)
        saturation = _number(values, "artist/saturation", 1.0)
        if saturation != 1 and self._colours is not None:
            held = self._colours.saturate(held, 1 + (saturation - 1) * pull)
        inject = _number(values, "artist/inject", 0.0) * seconds
        if inject > 0:
            held = held + inject * good.spatial_std * self._grain(snapshot.regions)
        return held

    def _look_at(self, words: Tensor, noise: Tensor, network: Forward, life: float) -> None:
        """Look anew at what the words are like from nothing, if they have changed since the last look."""
        old = self._look
        if (
            old is not None
            and old.words.shape == words.shape
            and (self._change(old.words, words) < _LOOK_CHANGE or 0 <= life - old.life < LOOK_SECONDS)
        ):
            return
        schedule = self._models.schedule
        last = len(schedule.alphas) - 1
        start = noised(torch.zeros_like(noise), noise, schedule.alpha(last))
        clean = sample(network, start, [last], schedule, noise)
        self._look = Look(clean.mean((2, 3), keepdim=True), words, life)

    def _grain(self, regions: tuple[Region, ...]) -> Tensor:
        return self._noises.walk([(r.seed_a + _GRAIN, r.seed_b + _GRAIN, r.seed_mix) for r in regions])

    def _strength(self, words: Tensor, seconds: float, values: dict[str, Value]) -> float:
        """Return how much is painted anew (0..1): more while words change, all of it without feedback."""
        self._unrest *= math.exp(-seconds / CALM_SECONDS)
        if self._words is not None and self._words.shape == words.shape:
            self._unrest += self._change(self._words, words)
        strength = _number(values, "artist/strength", 0.5)
        strength += (1 - strength) * _number(values, "artist/urge", 0.6) * math.tanh(self._unrest)
        return 1 - min(_number(values, "artist/feedback", 1.0), 1.0) * (1 - strength)

    def _change(self, before: Tensor, after: Tensor) -> float:
        """Return by how much embeddings (N, T, D) changed, in the region where it is most; 1 is about all words."""
        empty = self._models.reader.embed("")
        said = torch.maximum(_lengths(before - empty), _lengths(after - empty))
        return float((_lengths(after - before) / said.clamp_min(1e-6)).max())

    def _keep(self, clean: Tensor, words: Tensor, life: float) -> None:
        if self._good is None:
            self._good = Statistics.of(clean)
        self._last, self._words, self._life = clean, words, life


def _lengths(embeddings: Tensor) -> Tensor:
    """Return the length (N,) of every row of embeddings (N, T, D)."""
    lengths: Tensor = embeddings.flatten(1).norm(dim=1)
    return lengths


def _number(values: dict[str, Value], address: str, default: float) -> float:
    """Return a parameter's value as a number; snapshots made by tests may leave it out."""
    return float(values.get(address, default))


def _to_bytes(decoded: Tensor) -> Pictures:
    """Return pictures (N, H, W, 3) uint8 of decoded ones (N, 3, H, W), -1..1."""
    shown = (decoded * 127.5 + 127.5).round().clamp(0, 255).to(torch.uint8)
    result: Pictures = np.ascontiguousarray(shown.permute(0, 2, 3, 1).cpu().numpy())
    return result
