"""`oriel bench exclude`: how well each method keeps words out of pictures, by the critic, and what it costs.

A fixed set of scenes is painted with and without an exclusion, from the same noises. Every scene says what is to be
kept out in its own words, so that there is something to remove. Of each picture the critic is asked how well it fits
the unwanted words and how well the wanted ones.

- gone: of what the critic sees of the unwanted beyond what it sees in pictures of other scenes, the share that is gone.
  1 is all of it; more leans away.
- stays: the same of the wanted, the share that stays.
- cost: a painting with exclusions against one without, in turns, while words stand still and seeds walk.

The best method is the one with most gone and staying, each counted up to 1 (gone + stays - 1).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from msgspec.structs import replace
from rich.console import Console
from rich.table import Table
from torch import Tensor

from render.artists.diffusion import OPTIONS
from render.bench.judge import to_bytes
from render.bench.walk import make_painter, snapshot_at
from render.critics.clip import FOLDER, Clip
from render.exclusion import USUAL, Residuals
from render.latents import Noises, noised, sample
from render.machine import choose
from render.mixing import Method, Words
from render.models import Models, find_model, load_models
from render.prompts import Wish
from show.errors import told
from show.parameter import options
from show.score import EXCLUSION_WEIGHT
from show.snapshot import Phrase, Region


class Case(NamedTuple):
    """A scene: its phrases, what is kept out of it, and what is to stay."""

    words: tuple[tuple[str, float], ...]
    unwanted: str
    wanted: str


def _told(words: str, unwanted: str, wanted: str) -> Case:
    return Case(((words, 1.0),), unwanted, wanted)


def _beside(wanted: str, unwanted: str) -> Case:
    return Case(((wanted, 1.0), (unwanted, 0.8)), unwanted, wanted)


CASES: Final[dict[str, tuple[Case, ...]]] = {
    "colour": (
        _told("a red sailing boat", "red", "a sailing boat"),
        _told("a blue car", "blue", "a car"),
        _told("a green chair", "green", "a chair"),
        _told("a yellow flower", "yellow", "a flower"),
        _told("a purple bird", "purple", "a bird"),
        _told("an orange fish", "orange", "a fish"),
        _told("a pink house", "pink", "a house"),
        _told("a brown horse", "brown", "a horse"),
    ),
    "thing": (
        _beside("a street", "a car"),
        _beside("the sea", "a sailing boat"),
        _beside("a meadow of flowers", "a horse"),
        _beside("mountains", "an airplane"),
        _beside("a kitchen", "a bowl of fruit"),
        _beside("a library", "a person"),
        _beside("a forest", "a cat"),
        _beside("a landscape outside the window", "two people on a journey"),
    ),
    "manner": (
        _told("a lighthouse, ink drawing", "ink drawing", "a lighthouse"),
        _told("a tree, mosaic", "mosaic", "a tree"),
        _told("a face, neon", "neon", "a face"),
        _told("a bridge, woodcut", "woodcut", "a bridge"),
        _told("a house at night", "at night", "a house"),
        _told("a forest in the dark", "in the dark", "a forest"),
        _told("the sea in daylight", "in daylight", "the sea"),
        _told("a street, bright", "bright", "a street"),
    ),
}
"""Scenes by what they leave out."""
METHODS: Final[tuple[Method, ...]] = ("subtract", "residual", "nag", "cfg")
SCALES: Final = (0.5, 1.0, 2.0)
_SIDE: Final = 256
_BATCH: Final = 12


@dataclass(frozen=True)
class Seen:
    """What the critic says of one round of pictures, (cases,) each, means over seeds: fit of unwanted and wanted."""

    unwanted: Tensor
    wanted: Tensor


@dataclass(frozen=True)
class Figure:
    """One row: a method at a scale and a number of steps."""

    method: Method
    scale: float
    steps: int
    gone: float
    stays: float
    by_kind: dict[str, tuple[float, float]]

    @property
    def worth(self) -> float:
        """What the method gains: 1 when all unwanted is gone and all wanted stays."""
        return min(self.gone, 1.0) + min(self.stays, 1.0) - 1


class Trial:
    """Paints all cases and has them looked at."""

    def __init__(self, models: Models, critic: Clip, seeds: int) -> None:
        side = _SIDE // models.scale
        self._models, self._critic, self._seeds = models, critic, range(11, 11 + seeds)
        self._noises = Noises((models.channels, side, side), models.machine.device)
        self.cases = [case for cases in CASES.values() for case in cases]
        self.kinds = [kind for kind, cases in CASES.items() for _ in cases]
        self._unwanted = critic.read([case.unwanted for case in self.cases])
        self._wanted = critic.read([case.wanted for case in self.cases])
        self._plain: dict[int, tuple[Seen, Seen]] = {}

    def figure(self, method: Method, scale: float, steps: int) -> Figure:
        """Return what a method does at a scale of its usual strength."""
        if steps not in self._plain:
            self._plain[steps] = self._look(Wish("none"), steps)
        before, other = self._plain[steps]
        after, _ = self._look(Wish(method, USUAL[method] * scale), steps)
        kinds = torch.tensor([list(CASES).index(kind) for kind in self.kinds])
        by_kind = {
            kind: (_gone(before, after, other, kinds == k), _stays(before, after, other, kinds == k))
            for k, kind in enumerate(CASES)
        }
        every = torch.ones(len(kinds), dtype=torch.bool)
        gone, stays = _gone(before, after, other, every), _stays(before, after, other, every)
        return Figure(method, scale, steps, gone, stays, by_kind)

    @torch.inference_mode()
    def _look(self, wish: Wish, steps: int) -> tuple[Seen, Seen]:
        """Return what the critic sees of every case, and what of its words in the pictures of cases of other words."""
        fits = torch.stack([self._painted(wish, seed, steps) for seed in self._seeds])
        unwanted, wanted = (torch.einsum("snd,md->snm", fits, said).mean(0) for said in (self._unwanted, self._wanted))
        others = torch.tensor([[not _alike(a, b) for b in self.cases] for a in self.cases])
        away = [(fit * others).sum(0) / others.sum(0) for fit in (unwanted, wanted)]
        return Seen(unwanted.diagonal(), wanted.diagonal()), Seen(*away)

    def _painted(self, wish: Wish, seed: int, steps: int) -> Tensor:
        """Return the critic's vectors (cases, D) of all cases painted from one seed."""
        vectors = []
        for at in range(0, len(self.cases), _BATCH):
            cases = self.cases[at : at + _BATCH]
            words = self._models.reader.words([_region(case, seed) for case in cases], wish=wish)
            noise = torch.stack([self._noises.of(seed * 100 + at + k) for k in range(len(cases))])
            noise = self._models.noise * noise
            vectors.append(self._critic.see(to_bytes(self._models.decode(self._sampled(words, noise, steps)))))
        return torch.cat(vectors)

    def _sampled(self, words: Words, noise: Tensor, steps: int) -> Tensor:
        models, schedule = self._models, self._models.schedule
        times = schedule.times(1.0, steps)
        Residuals(models.network, schedule).add(words, noise, 0.0)
        x = noised(torch.zeros_like(noise), noise, schedule.alpha(times[0]))
        return sample(lambda y, t: models.forward(y, t, words), x, times, schedule, noise)


def _region(case: Case, seed: int) -> Region:
    words = (*(Phrase(text, weight) for text, weight in case.words), Phrase(case.unwanted, EXCLUSION_WEIGHT))
    return Region(
        name="one", words_a=words, words_b=(), mix=0.0, seed_a=seed, seed_b=seed, seed_mix=0.0, zoom=1.0, angle=0.0,
        x=0.0, y=0.0,
    )  # fmt: skip


def _alike(a: Case, b: Case) -> bool:
    """Say whether two cases share any word of weight, so that pictures of one are no pictures without the other."""
    mine, theirs = ({word for text, _ in case.words for word in text.split()} for case in (a, b))
    return bool((mine & theirs) - {"a", "an", "the", "of", "in", "at", "on"})


def _gone(before: Seen, after: Seen, other: Seen, rows: Tensor) -> float:
    there = (before.unwanted - other.unwanted)[rows].sum()
    return float((before.unwanted - after.unwanted)[rows].sum() / there)


def _stays(before: Seen, after: Seen, other: Seen, rows: Tensor) -> float:
    there = (before.wanted - other.wanted)[rows].sum()
    return float((after.wanted - other.wanted)[rows].sum() / there)


def costs(models: Models, methods: Sequence[Method], frames: int, steps: int) -> dict[Method, float]:
    """Return how many times as long a painting takes with every method as with none, painted in turns."""
    painters = {method: make_painter(models) for method in ("none", *methods)}
    seconds: dict[str, list[float]] = {method: [] for method in painters}
    for frame in range(frames):
        shot = snapshot_at(frame, frames * 1000)
        regions = [
            replace(region, words_b=(*region.words_b, Phrase("red", EXCLUSION_WEIGHT))) for region in shot.regions
        ]
        for method, painter in painters.items():
            values = shot.values | {"artist/exclude_method": method, "artist/steps": steps}
            begun = time.perf_counter()
            painter.paint(replace(shot, regions=tuple(regions), values=values))
            seconds[method].append(time.perf_counter() - begun)
    kept = {method: float(np.mean(times[len(times) // 4 :])) for method, times in seconds.items()}
    return {method: kept[method] / kept["none"] for method in methods}


def best(figures: Sequence[Figure]) -> dict[Method, tuple[float, float]]:
    """Return for every method its best scale and what it gains there, the mean over all numbers of steps."""
    found: dict[Method, tuple[float, float]] = {}
    for method in dict.fromkeys(figure.method for figure in figures):
        mine = [figure for figure in figures if figure.method == method]
        worths = {
            scale: float(np.mean([figure.worth for figure in mine if figure.scale == scale]))
            for scale in {figure.scale for figure in mine}
        }
        scale = max(worths, key=lambda key: worths[key])
        found[method] = (scale, worths[scale])
    return found


def _print(figures: Sequence[Figure], cost: dict[int, dict[Method, float]]) -> None:
    table = Table(title="What every method keeps out and what it leaves: gone / stays (share)")
    steps = sorted({figure.steps for figure in figures})
    scales = {figure.scale for figure in figures}
    by_steps = (f"{n} steps" if n > 1 else "1 step" for n in steps)
    for heading in ("method", "scale", *by_steps, *CASES, "gains", "cost, x"):
        table.add_column(heading)
    for method in dict.fromkeys(figure.method for figure in figures):
        for scale in sorted(scales):
            mine = [figure for figure in figures if (figure.method, figure.scale) == (method, scale)]
            cells = [f"{figure.gone:.2f} / {figure.stays:.2f}" for figure in sorted(mine, key=lambda row: row.steps)]
            for kind in CASES:
                gone, stays = np.mean([figure.by_kind[kind] for figure in mine], axis=0)
                cells.append(f"{gone:.2f} / {stays:.2f}")
            paid = ", ".join(f"{cost[n][method]:.2f}" for n in steps)
            gains = f"{np.mean([figure.worth for figure in mine]):.2f}"
            table.add_row(method, f"{USUAL[method] * scale:g} ({scale:g} x)", *cells, gains, paid)
    Console(width=150).print(table)


def _weights(folder: Path) -> str:
    """Return the first letters of the SHA-256 of a model's UNet, to tell sets of weights apart."""
    digest = hashlib.sha256()
    for path in sorted((folder / "unet").glob("*.safetensors")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its tables."""
    args = _parser().parse_args(arguments)
    given = options(OPTIONS, {"threads": args.threads, "device": args.device}, "artist")
    machine = choose(given, deterministic=False)
    models = load_models(args.model, "", machine, lambda _: None)
    unet = _weights(find_model(args.model, lambda _: None))
    dtype = str(machine.dtype).removeprefix("torch.")
    print(f"{args.model} (unet {unet}) on {machine.place}, {torch.get_num_threads()} threads, {dtype}")
    trial = Trial(models, Clip.load(folder=args.critic), args.seeds)
    print(f"{len(trial.cases)} scenes, {args.seeds} seeds each, {_SIDE} x {_SIDE}, critic {args.critic.name}")
    figures = [
        trial.figure(method, scale, steps) for steps in args.steps for method in args.methods for scale in args.scales
    ]
    cost = {steps: costs(models, args.methods, args.frames, steps) for steps in args.steps}
    _print(figures, cost)
    ranked = sorted(best(figures).items(), key=lambda row: -row[1][1])
    for method, (scale, worth) in ranked:
        print(f"{method}: best at {USUAL[method] * scale:g} ({scale:g} x its usual), gains {worth:.3f}")
    print(f"Best: {ranked[0][0]}.")
    if args.out is not None:
        kept: dict[str, Any] = {"unet": unet, "figures": [vars(figure) for figure in figures], "cost": cost}
        args.out.write_text(json.dumps(kept))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("oriel bench exclude", description=__doc__)
    parser.add_argument("--model", default="embedded", help="a folder of the embedded model's kind")
    parser.add_argument("--critic", type=Path, default=FOLDER, help="folder of a critic in open_clip's format")
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=METHODS)
    parser.add_argument("--steps", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--scales", type=float, nargs="+", default=list(SCALES), help="times a method's usual strength")
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--frames", type=int, default=60, help="paintings that the cost is measured on")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--out", type=Path, help="write the figures to this JSON file")
    return parser


if __name__ == "__main__":
    sys.exit(told(main))
