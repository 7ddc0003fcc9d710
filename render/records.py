"""`python -m render.records "words"`: the records of the training set that lie nearest to words or to a picture.

Every record behind the embedded model can be shown: none is stored, all are drawn again from their numbers. The index
holds what the critic sees in each, and is built once, in minutes, into the cache.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
import torch
import torch.nn.functional as functional
from PIL import Image
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from torch import Tensor

from render.atelier.edition import edition
from render.atelier.parameters import BATCH
from render.atelier.records import Record, caption_of, draw_batch, record
from render.critics.clip import FOLDER, WEIGHTS, Clip
from show.errors import ArtistError, told
from show.folders import default_cache_dir
from show.frames import Pictures
from show.log import get_log
from show.snapshot import Phrase

COUNT: Final = 102_400
"""How many records the index holds unless asked otherwise."""
SIDE: Final = 96
"""Records are looked at in this size when the index is built; the critic sees no more."""
MOST: Final = 6
_SHEET_SIDE: Final = 256


@dataclass(frozen=True)
class Found:
    """One record near to what was asked: its number, how alike it is (cosine, -1..1), and its caption."""

    number: int
    likeness: float
    caption: str

    def draw(self, side: int = _SHEET_SIDE) -> Record:
        """Draw the record again."""
        return record(self.number, side=side)


def index_path(count: int = COUNT) -> Path:
    """Where the index of this critic and this atelier lies; another critic or a changed atelier gives another name."""
    digest = hashlib.sha256((FOLDER / WEIGHTS).read_bytes() + edition().encode())
    return default_cache_dir() / f"records-{digest.hexdigest()[:16]}-{count}.npy"


def largest_built() -> int:
    """How many records the largest index holds that has been built of this critic and this atelier; 0 without any."""
    any_count = index_path(0)
    head = any_count.name.removesuffix("0.npy")
    names = [path.stem.removeprefix(head) for path in any_count.parent.glob(f"{head}*.npy")]
    return max((int(name) for name in names if name.isdecimal()), default=0)


class Index:
    """What the critic sees in records 0..N-1 and reads in their captions: unit vectors (N, 2, D) float32 on the CPU.

    They are compared by torch, which the critic reads with: numpy's own threads beside torch's made every tenth search
    wait a tenth of a second for a core.
    """

    def __init__(self, clip: Clip, vectors: Tensor) -> None:
        self._clip = clip
        self._vectors = vectors

    def __len__(self) -> int:
        return len(self._vectors)

    @classmethod
    def open(cls, clip: Clip, count: int = COUNT) -> Self:
        """Read the index from the cache; raise ArtistError when it has not been built."""
        path = index_path(count)
        if not path.is_file():
            raise ArtistError(f"the index of {count} records is not built yet; build it by `oriel records --build`")
        return cls(clip, torch.from_numpy(np.load(path)).float())

    @classmethod
    def build(cls, clip: Clip, count: int = COUNT, say: Callable[[int], None] = lambda _done: None) -> Self:
        """Draw `count` records, look at each and keep what was seen; `say` hears how many are done."""
        vectors = []
        for batch in range(-(-count // BATCH)):
            drawn = draw_batch(batch, side=SIDE)
            vectors.append(torch.stack([clip.see(drawn.pictures), clip.read(drawn.captions)], 1).cpu())
            say(min(count, (batch + 1) * BATCH))
        found = torch.cat(vectors)[:count]
        _keep(index_path(count), found)
        return cls(clip, found)

    def near_words(self, words: str, most: int = MOST) -> list[Found]:
        """The records that fit these words best, by picture and caption, best first."""
        return self.near_phrases([Phrase(words)], most)

    def near_phrases(self, phrases: Sequence[Phrase], most: int = MOST) -> list[Found]:
        """The records that fit weighted phrases best, best first; weights of 0 and below count for nothing.

        Pictures and captions count alike. When no weight counts, all phrases count alike.
        """
        weights = torch.tensor([max(phrase.weight, 0.0) for phrase in phrases])
        weights = weights if weights.sum() > 0 else torch.ones_like(weights)
        read = self._clip.read([phrase.text for phrase in phrases]).cpu()
        wanted = functional.normalize(weights @ read, dim=0)
        return self._nearest(self._vectors.flatten(1) @ (wanted / 2).repeat(2), most)

    def near_picture(self, picture: Pictures, most: int = MOST) -> list[Found]:
        """The records whose pictures are most like this one, (H, W, 3) uint8, best first."""
        seen = self._clip.see(torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)[None])
        return self._nearest(self._vectors[:, 0] @ seen[0].cpu(), most)

    def _nearest(self, likeness: Tensor, most: int) -> list[Found]:
        best = torch.topk(likeness, min(most, len(likeness)))
        pairs = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        return [Found(number, alike, caption_of(number)) for number, alike in pairs]


def _keep(path: Path, vectors: Tensor) -> None:
    """Write an index into the cache; where that cannot be done it is only built again the next time."""
    partial = path.with_suffix(".partial.npy")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(partial, vectors.half().numpy())
        partial.replace(path)
    except OSError as error:
        get_log().warning(f"the index of {len(vectors)} records cannot be kept in {path.parent}: {error}")


def build_with_bar(clip: Clip, count: int) -> Index:
    """Build the index while a bar with the time left stands on the terminal."""
    columns = (TextColumn("Looking at records"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        task = progress.add_task("", total=count)
        return Index.build(clip, count, lambda done: progress.update(task, completed=done))


def sheet(found: Sequence[Found]) -> Image.Image:
    """The records drawn again, side by side, each fitted into a square."""
    picture = Image.new("RGB", (_SHEET_SIDE * len(found), _SHEET_SIDE))
    for place, one in enumerate(found):
        drawn = Image.fromarray(one.draw().picture.permute(1, 2, 0).numpy())
        drawn.thumbnail((_SHEET_SIDE, _SHEET_SIDE))
        left, top = (_SHEET_SIDE - drawn.width) // 2, (_SHEET_SIDE - drawn.height) // 2
        picture.paste(drawn, (place * _SHEET_SIDE + left, top))
    return picture


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="oriel records", description="The nearest records of the training set.")
    parser.add_argument("words", nargs="?", default="", help="what to look for")
    parser.add_argument("--picture", type=Path, help="a picture to look for instead of words")
    parser.add_argument("--most", type=int, default=MOST, help="how many records to show")
    parser.add_argument("--sheet", type=Path, help="draw them again into this PNG file")
    parser.add_argument("--build", action="store_true", help="build the index even if it is there")
    parser.add_argument("--count", type=int, default=COUNT, help="how many records the index holds")
    return parser.parse_args(words)


def _search(index: Index, wanted: argparse.Namespace) -> list[Found]:
    if wanted.picture is None:
        return index.near_words(wanted.words, wanted.most)
    try:
        picture = np.asarray(Image.open(wanted.picture).convert("RGB"))
    except OSError as error:
        raise ArtistError(f"picture {wanted.picture}: it cannot be read ({error})") from None
    return index.near_picture(picture, wanted.most)


def main(words: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    wanted = _arguments(words)
    return told(lambda: _answer(wanted))


def _answer(wanted: argparse.Namespace) -> None:
    """Print the records that are asked for, or only how many there are."""
    clip = Clip.load()
    built = index_path(wanted.count).is_file() and not wanted.build
    index = Index.open(clip, wanted.count) if built else build_with_bar(clip, wanted.count)
    if not wanted.words and wanted.picture is None:
        print(f"{len(index)} records: {index_path(wanted.count)}")
        return
    found = _search(index, wanted)
    table = Table("record", "likeness", "caption")
    for one in found:
        table.add_row(str(one.number), f"{one.likeness:.3f}", one.caption)
    Console().print(table)
    if wanted.sheet is not None:
        sheet(found).save(wanted.sheet)


if __name__ == "__main__":
    sys.exit(main())
