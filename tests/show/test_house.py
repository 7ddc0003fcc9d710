"""The house: what is made is removed again, and a second copy is told who was first."""

from __future__ import annotations

from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

import pytest

from show.errors import BusyError, OrielError
from show.house import Plan, open_house
from tests.show.test_announce import a_show


def test_everything_that_was_made_is_removed(tmp_path: Path) -> None:
    with open_house(Plan(Path("a.toml"), a_show(), state_dir=tmp_path)) as house:
        wires = house.wires
        assert wires.run.is_dir()
        SharedMemory(name=wires.pictures).close()
    assert not wires.run.exists()
    for name in (wires.pictures, wires.glass, wires.pulse):
        with pytest.raises(FileNotFoundError):
            SharedMemory(name=name)


def test_a_second_copy_is_told_who_holds_the_house(tmp_path: Path) -> None:
    plan = Plan(Path("a.toml"), a_show(), state_dir=tmp_path)
    with (
        open_house(plan),
        pytest.raises(BusyError, match=r"already running: the show 'test' in process \d+"),
        open_house(plan),
    ):
        pass
    with open_house(plan):
        pass


def test_a_film_may_be_made_beside_a_running_show(tmp_path: Path) -> None:
    plan = Plan(Path("a.toml"), a_show(), state_dir=tmp_path)
    film = Plan(Path("a.toml"), a_show(), state_dir=tmp_path, lockstep=True, frames=10)
    with open_house(plan), open_house(film) as house:
        assert house.wires.processes == ("projector", "render", "control")


def test_a_state_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("")
    with (
        pytest.raises(OrielError, match="cannot be written"),
        open_house(Plan(Path("a.toml"), a_show(), state_dir=occupied / "state")),
    ):
        pass
