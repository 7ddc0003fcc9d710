"""The pulse board: counters and switches that every process sees at once."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from show.errors import WireError
from show.pulse import PulseBoard


@pytest.fixture
def board() -> Iterator[PulseBoard]:
    made = PulseBoard(f"oriel-test-{uuid.uuid4().hex[:8]}", create=True)
    yield made
    made.close()
    made.unlink()


def test_a_beat_is_seen_through_another_handle(board: PulseBoard) -> None:
    other = PulseBoard(board.name)
    other.beat(3, 42)
    other.beat(3, 43)
    assert board.read(3) == (2, 43)
    assert board.read(4) == (0, 0)
    board.clear(3)
    assert other.read(3) == (0, 0)
    other.close()


def test_blackout_is_one_switch_for_everybody(board: PulseBoard) -> None:
    other = PulseBoard(board.name)
    assert not board.blackout
    other.blackout = True
    assert board.blackout
    board.blackout = False
    assert not other.blackout
    other.close()


def test_a_missing_or_doubled_board_is_named(board: PulseBoard) -> None:
    with pytest.raises(WireError, match="exists already"):
        PulseBoard(board.name, create=True)
    with pytest.raises(WireError, match="no such segment"):
        PulseBoard("oriel-test-none")
