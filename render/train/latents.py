"""Stages `records` and `thumbnails`: the training set as numbers, and how later stages read it.

A piece is one round through all subjects. Each is kept as latents, once at full and once at about half size, as
thumbnails for the critics, and with several wordings of its caption, already in token ids: so a training step waits for
nothing on the CPU, and never sees a pixel. Pieces may still be drawn while training goes on; whoever reads them looks
for new ones. Critics need more records than painters do, but of these thumbnails alone: drawn at half the size and for
nothing else they come many times as fast.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as functional
from torch import Tensor

from render.atelier.captions import caption
from render.atelier.parameters import BATCH, Parameters, batch_parameters
from render.atelier.records import draw_batch
from render.atelier.subjects import SUBJECTS
from render.train.autoencoder import load_coder
from render.train.networks import TOKENS
from render.train.pool import to_unit
from render.train.run import Run, Settings
from render.train.text import labels_of, load_text
from render.train.words import tokenize

SIZES = ("small", "full")
THUMBNAIL = 96
"""Side in pixels of the thumbnails: sheets of every shape are squashed to a square."""
WORDINGS = 12
"""How many wordings of its caption a record is kept with."""
SKETCHED = 128
"""Side in pixels at which records are drawn of which nothing but thumbnails is wanted."""
LOOK_SECONDS = 20.0
LATENTS, SKETCHES = "records", "thumbnails"
"""The two kinds of pieces, each called like the stage that draws it."""
_SAID = ("words", "classes", "shades")


def _piece_path(settings: Settings, number: int, kind: str = LATENTS) -> Path:
    side = settings.size.picture if kind == LATENTS else SKETCHED
    return settings.work / f"{kind}-{side}-{settings.seed}-{number:05d}.pt"


def pieces(settings: Settings) -> int:
    """How many rounds through all subjects make the wanted number of records."""
    return max(1, round(settings.records / (len(SUBJECTS) * BATCH)))


def draw_latents(settings: Settings) -> None:
    """Draw and encode what is not there yet, in as many processes as the settings say."""
    checkpoint = settings.work / "autoencoder.pt"
    # Without a checkpoint the finished model has drawn whatever lies there.
    stamp = checkpoint.stat().st_mtime if checkpoint.exists() else 0.0
    _draw_pieces(settings, LATENTS, range(pieces(settings)), stamp)


def draw_thumbnails(settings: Settings) -> None:
    """Draw as many records again for the critics alone: those that follow the ones that are kept as latents."""
    _draw_pieces(settings, SKETCHES, range(pieces(settings), 2 * pieces(settings)), 0.0)


def _draw_pieces(settings: Settings, kind: str, numbers: Sequence[int], stamp: float) -> None:
    """Draw those of the pieces that are not there or not newer than `stamp`, seconds of Unix time."""
    run = Run(kind, settings)
    paths = {number: run.path(_piece_path(settings, number, kind).name) for number in numbers}
    wanted = [n for n, path in paths.items() if not path.exists() or path.stat().st_mtime <= stamp]
    each = len(SUBJECTS) * BATCH
    for done, _ in enumerate(_drawn_pieces(settings, kind, wanted), len(paths) - len(wanted) + 1):
        run.tick(f"{done * each} of {len(paths) * each} records")
    run.say(f"{len(paths) * each} records as {'latents' if kind == LATENTS else 'thumbnails alone'}")
    run.close()


def _drawn_pieces(settings: Settings, kind: str, wanted: Sequence[int]) -> Iterator[int]:
    """Draw these pieces; yields the number of each one that is done."""
    if settings.drawers == 1:
        yield from map(_Drawer(settings, kind), wanted)
        return
    with ProcessPoolExecutor(
        settings.drawers, multiprocessing.get_context("spawn"), initializer=_begin_drawer, initargs=(settings, kind)
    ) as drawers:
        for done in as_completed([drawers.submit(_draw_here, number) for number in wanted]):
            yield done.result()


class _Drawer:
    """Draws pieces of one kind and keeps what it takes to do so."""

    def __init__(self, settings: Settings, kind: str) -> None:
        self.settings, self.kind = settings, kind
        self.coder = load_coder(settings) if kind == LATENTS else None
        self.tokenizer = load_text(settings)[1]

    def __call__(self, number: int) -> int:
        path = _piece_path(self.settings, number, self.kind)
        partial = path.with_suffix(".partial")
        torch.save(self._draw(number), partial)
        partial.replace(path)
        return number

    @torch.no_grad()
    def _draw(self, number: int) -> dict[str, Tensor]:
        """One piece: see `Shelf`; its rows as `thumbnails` (N, 3, 96, 96) uint8, latents by the names of SIZES."""
        settings = self.settings
        side = SKETCHED if self.coder is None else settings.size.picture
        names = ("thumbnails", *_SAID) if self.coder is None else (*SIZES, "thumbnails", *_SAID)
        found: dict[str, list[Tensor]] = {name: [] for name in names}
        for batch in range(number * len(SUBJECTS), (number + 1) * len(SUBJECTS)):
            drawn = draw_batch(batch, side=side, seed=settings.seed, device=settings.draws_on)
            if self.coder is not None:
                pictures = to_unit(drawn.pictures, settings)
                found["full"].append(self.coder.encode(pictures, settings).half().cpu())
                found["small"].append(self.coder.encode(halved(pictures), settings).half().cpu())
            found["thumbnails"].append(thumbnails(drawn.pictures).cpu())
            for name, said in self._said(batch_parameters(batch, settings.seed), f"{settings.seed}:{batch}").items():
                found[name].append(said)
        return {name: torch.cat(parts) for name, parts in found.items()}

    def _said(self, parameters: list[Parameters], start: str) -> dict[str, Tensor]:
        """Wordings (n, 12, 32) int16, classes (n, heads) int16 and shades (n, 3) of some records."""
        chooser = random.Random(f"{start}:wordings")
        captions = [caption(record, chooser) for record in parameters for _ in range(WORDINGS)]
        ids = tokenize(self.tokenizer, captions, torch.device("cpu"))
        classes, shades = labels_of(parameters, torch.device("cpu"))
        words = ids.reshape(len(parameters), WORDINGS, TOKENS)
        return {"words": words.to(torch.int16), "classes": classes.to(torch.int16), "shades": shades}


_drawer: _Drawer | None = None
"""That of a drawing process, which lives for many pieces."""


def _begin_drawer(settings: Settings, kind: str) -> None:
    global _drawer
    threading.Thread(target=_end_with_the_trainer, daemon=True).start()
    torch.set_num_threads(1)
    _drawer = _Drawer(replace(settings, drawers=1), kind)


def _end_with_the_trainer() -> None:
    """Wait until the process that asked for pieces is gone, killed perhaps, and end: nobody would look at them."""
    trainer = multiprocessing.parent_process()
    assert trainer is not None
    trainer.join()
    os._exit(1)


def _draw_here(number: int) -> int:
    assert _drawer is not None
    return _drawer(number)


def halved(pictures: Tensor) -> Tensor:
    """Pictures at about half their size, cut to whole latents: (B, 3, H, W) -> multiples of 16."""
    height, width = (max(16, side // 2 // 16 * 16) for side in pictures.shape[-2:])
    small = functional.interpolate(pictures, (height, width), mode="area")
    return small.contiguous(memory_format=torch.channels_last)


def thumbnails(pictures: Tensor) -> Tensor:
    """Pictures (B, 3, H, W) uint8 squashed to (B, 3, 96, 96) uint8, as the critics see them."""
    size = (THUMBNAIL, THUMBNAIL)
    small = functional.interpolate(pictures.float(), size, mode="bilinear", antialias=True)
    return small.round().clamp(0, 255).to(torch.uint8)


@dataclass(frozen=True)
class Shelf:
    """Rows of one shape, (N, ...), with wordings (N, 12, 32) int16, classes (N, heads) int16 and shades (N, 3)."""

    rows: Tensor
    words: Tensor
    classes: Tensor
    shades: Tensor

    def __len__(self) -> int:
        return len(self.rows)

    def choose(self, count: int) -> Tensor:
        """Numbers of `count` random rows, (count,) where the rows lie."""
        return torch.randint(len(self.rows), (count,), device=self.rows.device)

    def wordings(self, chosen: Tensor) -> Tensor:
        """One random wording of each chosen row, token ids (n, 32) int64."""
        which = torch.randint(WORDINGS, (len(chosen),), device=chosen.device)
        return self.words[chosen, which].long()

    def __add__(self, other: Shelf) -> Shelf:
        pairs = zip(
            (self.rows, self.words, self.classes, self.shades),
            (other.rows, other.words, other.classes, other.shades),
            strict=True,
        )
        return Shelf(*(torch.cat(pair) for pair in pairs))


@dataclass
class Library:
    """Everything drawn so far as one of SIZES or as thumbnails, on the training device, a shelf per shape.

    Where nothing is drawn yet, it draws first. Thumbnails are those of both kinds of pieces.
    """

    settings: Settings
    name: str
    by_shape: dict[tuple[int, ...], Shelf] = field(default_factory=dict)
    _read: set[Path] = field(default_factory=set)
    _looked: float = 0.0

    def __post_init__(self) -> None:
        if not self._drawn():
            draw_thumbnails(self.settings) if self.name == "thumbnails" else draw_latents(self.settings)
        self._look()

    def _drawn(self) -> list[Path]:
        """The pieces there are."""
        wanted = [_piece_path(self.settings, number) for number in range(pieces(self.settings))]
        if self.name == "thumbnails":
            one = _piece_path(self.settings, 0, SKETCHES).name
            wanted += sorted(self.settings.work.glob(one.replace("00000", "*")))
        return [path for path in wanted if path.exists()]

    @property
    def shelves(self) -> list[Shelf]:
        """The shelves; now and then what was drawn in the meantime is put on them first."""
        if time.monotonic() - self._looked > LOOK_SECONDS:
            self._look()
        return list(self.by_shape.values())

    def _look(self) -> None:
        self._looked = time.monotonic()
        fresh: dict[tuple[int, ...], list[Shelf]] = {}
        for path in self._drawn():
            if path in self._read:
                continue
            self._read.add(path)
            piece = torch.load(path, weights_only=True, mmap=True)
            parts = (piece[name].to(self.settings.machine.device) for name in (self.name, *_SAID))
            shelf = Shelf(*parts)
            fresh.setdefault(tuple(shelf.rows.shape[1:]), []).append(shelf)
        for shape, found in fresh.items():
            before = [self.by_shape[shape]] if shape in self.by_shape else []
            first, *others = [*before, *found]
            self.by_shape[shape] = sum(others, first)


@dataclass
class Feed:
    """Endless batches of latents with wordings of their captions, in the taught tower's words."""

    library: Library
    tower: Any
    tokenizer: Any
    chooser: random.Random
    batch: int

    def draw(self, empty: float) -> tuple[Tensor, Tensor]:
        """Latents (b, 16, h, w) float32 and words (b, 32, 128); an `empty` share of captions is left out."""
        shelves = self.library.shelves
        shelf = self.chooser.choices(shelves, [len(shelf) for shelf in shelves])[0]
        chosen = shelf.choose(self.batch)
        ids = shelf.wordings(chosen)
        left_out = torch.rand(len(ids), 1, device=ids.device) < empty
        nothing = tokenize(self.tokenizer, [""], ids.device)
        return shelf.rows[chosen].float(), self._words(torch.where(left_out, nothing, ids))

    def read(self, captions: list[str]) -> Tensor:
        """The tower's words for these captions, (b, 32, 128)."""
        return self._words(tokenize(self.tokenizer, captions, self.tower.device))

    @torch.no_grad()
    def _words(self, ids: Tensor) -> Tensor:
        words: Tensor = self.tower(ids).last_hidden_state
        return words
