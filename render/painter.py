"""The painter: one snapshot in, one batch through the networks, one picture per region out.

A painting, step by step:

1. Words become embeddings, seeds become noise: both walk by the numbers of the snapshot, nothing is drawn afresh.
2. The last latents are moved by the camera for the time since then, renormalised and stirred with grain. Colour is held
   by the words' look: the channel means of what the network makes of these words and seeds from pure noise. It costs
   one more call of the network, between two paintings, at most every LOOK_SECONDS and only when the words have changed.
   A scene that begins from black or from records has these in place of the last latents, neither moved nor held yet;
   their colour gives way to that of the words over START_SECONDS, for it would be wiped out at once. These, or the
   records that a scene leans on without beginning from them, pull at every painting as far as their influence is turned
   up. From noise, this step falls out.
3. They are noised as far as the strength says. The strength rises while the words change, so that the old picture does
   not hold on; it sinks back over CALM_SECONDS. From a starting point it rises from nothing over START_SECONDS: the
   first picture is the starting point itself, and the words grow out of it.
4. One to eight steps of the network, then the decoder. The clean latents are kept for the next time; pictures are
   encoded only after a restart.

What happens on the device is written in render/hot.py; here the numbers for it are found, on the host alone.
"""

from __future__ import annotations

import dataclasses
import functools
import gc
import itertools
import math
import operator
from collections.abc import Callable, Sequence
from typing import Final, cast

import torch
import torch.nn.functional as functional
from torch import Tensor

from render.artists.base import Painting, Studio
from render.capture import Readback, Recordings, key_of
from render.exclusion import USUAL, Residuals
from render.feedback import LONGEST_STEP, Colours, Move, Pace, Statistics, camera
from render.hot import Given, Hot, Instant, Plan, Result
from render.latents import Noises, slerp
from render.layout import Layout
from render.machine import Stopwatch, sent
from render.mixing import Method, Words
from render.models import Models
from render.prompts import Wish
from render.remembered import Begun, Look, Said, change, number
from render.starts import Prepared, prepare
from show.camera import travelled
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
_STACKS_KEPT: Final = 16
_seed_a: Final[Callable[[Region], int]] = operator.attrgetter("seed_a")
_seed_b: Final[Callable[[Region], int]] = operator.attrgetter("seed_b")
_NONE: Final = torch.zeros(0)
"""In the place of an instant's numbers until they are known."""


class Painter:
    """Paints triptychs with one set of models; keeps the last latents (N, C, h, w) and what the words were.

    `recordings` are used on a card, or where they are given; without them every painting is the plain step.
    """

    def __init__(self, models: Models, studio: Studio, recordings: Recordings | None = None) -> None:
        device = models.machine.device
        self._models = models
        self._studio = studio
        self._layout = layout = Layout.of(studio, models.scale)
        self._noises = Noises((models.channels, layout.height, layout.width), device)
        self._hot = Hot(models, layout, models.statistics)
        if recordings is None and device.type == "cuda" and studio.options.get("capture", True):
            recordings = Recordings(background=not studio.deterministic)
        self.recordings = recordings
        self._readback = Readback(device)
        self._residuals = Residuals(models.network, models.schedule)
        self._stacks: dict[tuple[int, ...], Tensor] = {}
        self._starts: dict[int, Prepared] = {}
        self._entry: int | None = None
        self._resumed: int | None = None
        self._begun: Begun | None = None
        self._last: Tensor | None = None
        self._life: float | None = None
        self._said: Said | None = None
        self._unrest = 0.0
        self._pace = Pace()
        self._look: Look | None = None
        self._rested = True
        self.most_steps = 8
        """Steps of the network per painting that are allowed, whatever the show asks for."""

    @torch.inference_mode()
    def warm_up(self) -> None:
        """Run the networks once and prepare all starting points, so that no painting is slower than the rest.

        Raise ArtistError when the networks fail, or when what a scene begins from cannot be had.
        """
        models, layout = self._models, self._layout
        noise = torch.stack([self._noises.of(seed) for seed in range(layout.rows)])
        models.reader.warm_up()
        words = models.reader.embed("").to(noise.device).expand(layout.rows, -1, -1)
        neutral = torch.zeros_like(noise[:1, :, :1, :1])
        good = self._hot.good or Statistics(neutral, neutral + 1, neutral + 1)
        try:
            models.decode(models.forward(noise, models.moment(len(models.schedule.alphas) - 1), words))
            self._hot.colours = Colours(models.decode, good, models.machine.device)
        except RuntimeError as error:
            reason = (str(error).strip().splitlines() or ["no reason given"])[0]
            pictures = f"{len(self._studio.regions)} pictures of this size"
            raise ArtistError(f"the model cannot paint {pictures}: {reason[:300]}") from None
        self._starts = {scene: start.changed(layout.join) for scene, start in prepare(models, self._studio).items()}

    def paint(self, snapshot: Snapshot) -> Painting:
        """Paint all regions of a snapshot as one batch."""
        return self.begin(snapshot)()

    @torch.inference_mode()
    def begin(self, snapshot: Snapshot) -> Callable[[], Painting]:
        """Launch a painting; the function returned waits for it. On a card one more may be begun before that."""
        self.rest()
        self._enter(snapshot)
        values, rows = snapshot.values, self._layout.merged(snapshot.regions)
        since = 0.0 if self._life is None else snapshot.life - self._life
        seconds = min(max(since, 0.0), LONGEST_STEP)
        said = Said(self._words(rows, values, snapshot.life), rows, snapshot.life)
        last = self._fed(rows, values)
        taken = 1.0 if self._begun is None else smoothstep((snapshot.life - self._begun.life) / START_SECONDS)
        strength = 1.0 if last is None else self._strength(said.words.raw, seconds, values, taken)
        given = self._given(said, last)
        instant = self._instant(rows, strength, seconds, taken, snapshot)
        plan = self._plan(len(instant.times), last is not None, values)
        result, watch = self._run(plan, given, instant.vector())
        self._keep(result.clean, said)
        finish = self._readback.start(result.pictures)

        def painting() -> Painting:
            pictures = finish()
            return Painting(pictures, watch.nanoseconds)

        return painting

    @torch.inference_mode()
    def rest(self) -> None:
        """Do what belongs to no painting: look anew at what the words are like from nothing, if they have changed.

        To be called when a painting has been delivered; the next painting does it first where it was not.
        """
        said, old = self._said, self._look
        if self._rested or said is None:
            return
        self._rested = True
        known = old is not None and old.raw.shape == said.words.raw.shape
        if old is not None and known and 0 <= said.life - old.life < LOOK_SECONDS:
            return
        if old is not None and known and self._change(old.raw, said.words.raw) < _LOOK_CHANGE:
            return
        self._look = self._look_at(said)

    @torch.inference_mode()
    def resume(self, pictures: Pictures, entry: int) -> None:
        """Go on from pictures (N, H, W, 3) uint8, painted in the scene of `entry`, instead of from pure noise."""
        self._resumed = entry
        on_device = torch.from_numpy(pictures).to(self._models.machine.device).permute(0, 3, 1, 2)
        self._last = self._layout.join(self._models.encode(on_device.float() / 127.5 - 1))

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of its pictures in pixels."""
        return self._studio.height, self._studio.width

    @property
    def latents(self) -> Tensor:
        """The clean latents (rows, C, h, w) of the last painting."""
        assert self._last is not None
        return self._last

    def steps_of(self, snapshot: Snapshot) -> int:
        """Return how many steps of the network a snapshot's painting takes at the most."""
        return min(int(number(snapshot.values, "artist/steps", 1)), self.most_steps)

    def forget(self) -> None:
        """Let go of all memory that can be made again: recordings, noises, and what the allocator keeps for later."""
        if self.recordings is not None:
            self.recordings.forget()
        self._noises.forget()
        self._stacks.clear()
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    @torch.inference_mode()
    def half(self) -> Painter:
        """Return a painter of pictures half as high and wide that goes on from this one's last."""
        scale = self._models.scale
        sides = [max(scale, side // 2 // scale * scale) for side in (self._studio.width, self._studio.height)]
        small = Painter(self._models, dataclasses.replace(self._studio, width=sides[0], height=sides[1]))
        small._hot.colours, small._hot.good = self._hot.colours, self._hot.good
        small._starts = {scene: start.changed(small._fitted) for scene, start in self._starts.items()}
        small.go_on_from(self)
        return small

    @torch.inference_mode()
    def go_on_from(self, other: Painter) -> None:
        """Go on from the last latents of a painter of another size."""
        self._last = None if other._last is None else self._fitted(other._last)
        self._entry, self._life, self._unrest = other._entry, other._life, other._unrest
        self._begun = None if other._begun is None else other._begun.changed(self._fitted)
        self._said = self._look = None
        self._rested = True

    def _fitted(self, latents: Tensor) -> Tensor:
        size = (self._layout.height, self._layout.width)
        return functional.interpolate(latents, size, mode="bilinear", align_corners=False)

    def close(self) -> None:
        """Let go of recordings, and of the threads that read."""
        self.forget()
        self._models.close()

    def _enter(self, snapshot: Snapshot) -> None:
        """Go to the starting point of a scene that was entered since the last painting, once.

        The words are then no change to what stood, so that no urge follows. A painter that resumed a killed one's
        pictures goes on from these, unless a scene was entered meanwhile; so does a scene that only leans on records.
        """
        resumed = self._entry is None and self._resumed == snapshot.entry
        if snapshot.entry == self._entry:
            return
        self._entry = snapshot.entry
        start = self._starts.get(snapshot.scene)
        goes_on = resumed or snapshot.init == "last"
        first = None if start is None or goes_on else start.first
        # Only what is begun from keeps its own colour for a while.
        since = snapshot.life - (START_SECONDS if first is None else 0.0)
        self._begun = None if start is None else Begun(start.pull, since)
        if goes_on:
            return
        self._last = first
        self._life = self._said = self._look = None
        self._unrest = 0.0
        self._pace = Pace()

    def _words(self, rows: Sequence[Region], values: dict[str, Value], life: float) -> Words:
        """Return what the network is conditioned on."""
        models = self._models
        models.loras.tick(values, [row.name for row in rows], life)
        method = cast(Method, values.get("artist/exclude_method", "subtract"))
        wish = Wish(method, number(values, "artist/exclude_scale", 1.0) * USUAL[method], models.loras.scales)
        words = models.reader.words(rows, number(values, "artist/exclusion", 1.0), wish)
        if words.method == "residual":
            self._residuals.add(words, self._noise(rows, values), life)
        return words

    def _fed(self, rows: Sequence[Region], values: dict[str, Value]) -> Tensor | None:
        """Return the last latents, None when there is nothing to feed back."""
        last = self._last
        if last is None or len(last) != len(rows) or number(values, "artist/feedback", 1.0) <= 0:
            return None
        self._hot.good = self._hot.good or Statistics.of(last)
        return last

    def _given(self, said: Said, last: Tensor | None) -> Given:
        """Return the tensors of a painting; where one plays no part another of its shape stands in."""
        words, rows, _ = said
        noise_a, noise_b = (self._stack(rows, seed) for seed in (_seed_a, _seed_b))
        if last is None:
            means = noise_a[:, :, :1, :1]
            return Given(words, _NONE, noise_a, noise_b, noise_a, noise_b, noise_a, noise_a, means, means)
        if self._look is None or self._look.raw.shape != words.raw.shape:
            self._look = self._look_at(said)
        look, begun = self._look.means, self._begun
        anchor, means = last, look
        if begun is not None and begun.latents.shape == last.shape:
            anchor, means = begun.latents, begun.means
        grain_a, grain_b = (self._stack(rows, seed, _GRAIN) for seed in (_seed_a, _seed_b))
        return Given(words, _NONE, noise_a, noise_b, grain_a, grain_b, last, anchor, look, means)

    def _instant(
        self, rows: Sequence[Region], strength: float, seconds: float, taken: float, snapshot: Snapshot
    ) -> Instant:
        values, schedule, layout = snapshot.values, self._models.schedule, self._layout
        times = schedule.times(strength, self.steps_of(snapshot), number(values, "artist/spacing", 1.0))
        begun, moves, aspect = self._begun, self._moves(rows, snapshot.life), layout.width / layout.height
        influence = number(values, "artist/influence", 0.0) if begun is not None else 0.0
        return Instant(
            times=times,
            alphas=[schedule.alpha(time) for time in times],
            kept=[1.0, *(schedule.kept(a, b) for a, b in itertools.pairwise(times))],
            mixes=[row.seed_mix for row in rows],
            camera=camera(moves, aspect),
            anchor=camera(moves if begun is None else begun.moved(moves, seconds), aspect),
            pull=1 - math.exp(-seconds / RENORM_SECONDS),
            contrast=number(values, "artist/contrast", 1.0),
            saturation=number(values, "artist/saturation", 1.0),
            inject=number(values, "artist/inject", 0.0) * seconds,
            influence=1 - math.exp(-influence * seconds),
            share=taken,
            noise=self._models.noise * number(values, "artist/noise", 1.0),
        )

    def _moves(self, rows: Sequence[Region], life: float) -> list[Move]:
        """Return what the cameras have done since the last painting, one move per row."""
        since = 0.0 if self._life is None else life - self._life
        before = [row.pose for row in self._said.rows] if self._said is not None else []
        before = before if len(before) == len(rows) else [None] * len(rows)
        return [Move(travelled(row, old, since, LONGEST_STEP), row.fov) for row, old in zip(rows, before, strict=True)]

    def _plan(self, steps: int, fed: bool, values: dict[str, Value]) -> Plan:
        if not fed:
            return Plan(steps)
        plan = Plan(
            steps,
            fed=True,
            pulled=self._begun is not None and number(values, "artist/influence", 0.0) > 0,
            saturated=number(values, "artist/saturation", 1.0) != 1,
            grained=number(values, "artist/inject", 0.0) > 0,
        )
        return plan if self.recordings is None else plan.whole()

    def _run(self, plan: Plan, given: Given, numbers: Tensor) -> tuple[Result, Stopwatch]:
        """Paint by a recording where there is one, else step by step."""
        device = self._models.machine.device
        watch = Stopwatch(device)
        given.numbers = numbers
        if self.recordings is not None:
            quiet = dataclasses.replace(self._hot, around=None)
            key = key_of(plan, given, self._models.version)
            recording = self.recordings.of(key, functools.partial(quiet.step, plan), given)
            if recording is not None:
                with watch:
                    return recording.paint(given, numbers), watch
        given.numbers = sent(numbers, device)
        self._hot.around = watch
        return self._hot.step(plan, given), watch

    def _look_at(self, said: Said) -> Look:
        """Return what words look like from nothing: channel means, at the price of one call of the network."""
        noise_a, noise_b = (self._stack(said.rows, seed) for seed in (_seed_a, _seed_b))
        none, rows = noise_a[:, :, :1, :1], len(said.rows)
        given = Given(said.words, _NONE, noise_a, noise_b, noise_a, noise_b, noise_a, noise_a, none, none)
        still = torch.zeros(rows, 3, 3)
        instant = Instant((), (), (), [row.seed_mix for row in said.rows], still, still, noise=self._models.noise)
        result, _ = self._run(Plan(0), given, instant.vector())
        # A recording's result is written over by its next replay.
        return Look(result.clean.clone(), said.words.raw, said.life)

    def _noise(self, rows: Sequence[Region], values: dict[str, Value]) -> Tensor:
        """Return the noise (N, C, h, w) of the walk, as the step mixes it for itself."""
        mixes = sent(torch.tensor([row.seed_mix for row in rows]), self._models.machine.device)
        mixed = slerp(self._stack(rows, _seed_a), self._stack(rows, _seed_b), mixes, 3)
        return self._models.noise * number(values, "artist/noise", 1.0) * mixed

    def _stack(self, rows: Sequence[Region], seed: Callable[[Region], int], more: int = 0) -> Tensor:
        """Return the noises (N, C, h, w) of one seed per row: the same tensor as long as the seeds are the same."""
        seeds = tuple(seed(row) + more for row in rows)
        found = self._stacks.get(seeds)
        if found is None:
            found = self._stacks[seeds] = torch.stack([self._noises.of(one) for one in seeds])
            if len(self._stacks) > _STACKS_KEPT:
                self._stacks.pop(next(iter(self._stacks)))
        return found

    def _strength(self, raw: Tensor, seconds: float, values: dict[str, Value], taken: float) -> float:
        """Return how much is painted anew (0..1): more while words change, all of it without feedback.

        `taken` 0..1 is how far a starting point has given way to the words.
        """
        self._unrest *= math.exp(-seconds / CALM_SECONDS)
        before = None if self._said is None else self._said.words.raw
        if before is not None and before.shape == raw.shape:
            self._unrest += self._change(before, raw)
        strength = number(values, "artist/strength", 0.5)
        strength += (1 - strength) * number(values, "artist/urge", 0.6) * math.tanh(self._unrest)
        strength = 1 - min(number(values, "artist/feedback", 1.0), 1.0) * (1 - strength * taken)
        return self._pace.strength(strength, seconds)

    def _change(self, before: Tensor, after: Tensor) -> float:
        return change(before, after, self._models.reader.embed(""))

    def _keep(self, clean: Tensor, said: Said) -> None:
        self._hot.good = self._hot.good or Statistics.of(clean)
        self._last, self._said, self._life = clean, said, said.life
        self._rested = False
