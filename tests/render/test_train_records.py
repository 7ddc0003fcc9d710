"""The training set as numbers: pieces are drawn by processes that end with the trainer, and read while more are drawn."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

from render.train.__main__ import SHIPPED
from render.train.latents import Library, halved
from render.train.machine import Machine
from render.train.networks import TINY, TOKENS
from render.train.run import Settings

CPU = torch.device("cpu")


def test_drawing_processes_end_when_the_trainer_is_killed(tmp_path: Path) -> None:
    words = ["embedded", "--stage", "records", "--resume", "--drawers", "2", "--work", str(tmp_path), "--device", "cpu"]
    with subprocess.Popen([sys.executable, "-m", "render.train", *words], stdout=subprocess.DEVNULL) as trainer:
        children = Path(f"/proc/{trainer.pid}/task/{trainer.pid}/children")
        _wait(lambda: len(children.read_text().split()) >= 3)  # Python's own keeper of shared things is one of them
        drawers = [Path("/proc") / number for number in children.read_text().split()]
        trainer.kill()
    _wait(lambda: not any(drawer.exists() for drawer in drawers))


def _wait(fact: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


def _piece(work: Path, number: int, value: int, records: int = 4, kind: str = "records-64") -> None:
    rows = {"thumbnails": torch.full((records, 3, 96, 96), value, dtype=torch.uint8)}
    if kind == "records-64":
        rows |= {name: torch.full((records, 16, 4, 4), value).half() for name in ("small", "full")}
    said = {
        "words": torch.full((records, 12, TOKENS), value, dtype=torch.int16),
        "classes": torch.full((records, 7), value, dtype=torch.int16),
        "shades": torch.zeros(records, 3),
    }
    torch.save({**rows, **said}, work / f"{kind}-0-{number:05d}.pt")


def test_pieces_drawn_while_training_goes_on_are_put_on_the_shelves(tmp_path: Path) -> None:
    settings = Settings(Machine(CPU, torch.float32), tmp_path, SHIPPED, 0.0, True, records=10_000, size=TINY)
    _piece(tmp_path, 0, 1)
    library = Library(settings, "full")
    assert len(library.shelves[0]) == 4
    _piece(tmp_path, 3, 2, records=6)
    assert len(library.shelves[0]) == 4, "it looks only now and then"
    library._looked = -1000.0
    (shelf,) = library.shelves
    assert shelf.rows[:, 0, 0, 0].tolist() == [1.0] * 4 + [2.0] * 6
    assert len(shelf.words) == len(shelf.classes) == len(shelf.shades) == 10
    chosen = shelf.choose(50)
    assert torch.equal(shelf.wordings(chosen)[:, 0], shelf.classes[chosen, 0].long())


def test_critics_see_records_of_both_kinds_and_painters_only_those_with_latents(tmp_path: Path) -> None:
    settings = Settings(Machine(CPU, torch.float32), tmp_path, SHIPPED, 0.0, True, records=10_000, size=TINY)
    _piece(tmp_path, 0, 1)
    _piece(tmp_path, 5, 2, kind="thumbnails-128")
    (seen,) = Library(settings, "thumbnails").shelves
    assert seen.rows[:, 0, 0, 0].tolist() == [1] * 4 + [2] * 4
    assert [len(shelf) for shelf in Library(settings, "full").shelves] == [4]


def test_critics_alone_need_no_latents(tmp_path: Path) -> None:
    settings = Settings(Machine(CPU, torch.float32), tmp_path, SHIPPED, 0.0, True, records=10_000, size=TINY)
    _piece(tmp_path, 7, 2, kind="thumbnails-128")
    (seen,) = Library(settings, "thumbnails").shelves
    assert len(seen) == 4
    assert [path.name for path in tmp_path.iterdir()] == ["thumbnails-128-0-00007.pt"], "nothing is drawn"


def test_halved_pictures_are_whole_latents_of_nearly_the_same_shape() -> None:
    for height, width in ((256, 256), (320, 192), (128, 384)):
        small = halved(torch.rand(1, 3, height, width))
        assert small.shape[2] % 16 == small.shape[3] % 16 == 0
        assert abs(small.shape[2] / height - 0.5) < 0.05
        assert abs(small.shape[3] / width - 0.5) < 0.05
