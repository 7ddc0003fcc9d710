"""The benchmarks' arithmetic on marks whose figures are known, and the frame-bus benchmark for real."""

from __future__ import annotations

import pytest

from show.bench import bus
from show.bench.pipe import Seen, Sights, Step, answers, figures, read_marks
from show.errors import OrielError
from show.frames import Stamps
from show.wires import MARK, Mark

MS = 1_000_000


def marks() -> list[Mark]:
    """Sixty ticks of 20 ms with two missed; a painting every third tick: 50 ms of work, 40 of them in the network."""
    found = []
    for tick in range(60):
        if tick in (30, 31):
            continue
        drawn = 1_000 * MS + tick * 20 * MS
        frame = 1 + tick // 3
        done = 1_000 * MS + (frame - 1) * 60 * MS
        origin = 1_000 * MS + 130 * MS if frame >= 6 else 0
        found.append(Mark(drawn, frame, done - 55 * MS, origin, done - 50 * MS, 40 * MS, done))
    return found


def test_figures_follow_from_the_marks() -> None:
    found = figures(marks())
    assert found.seconds == pytest.approx(59 * 0.02)
    assert (found.drawn, found.missed, found.painted) == (58, 2, 20)
    assert found.tick == pytest.approx(0.02)
    assert set(found.paint) == {0.05}
    assert found.outside == pytest.approx(0.2)
    assert found.idle == pytest.approx(1 - 50 / 60)
    # The message of 130 ms is first seen in frame 6, drawn in tick 15, at 300 ms.
    assert found.delays == (pytest.approx(0.17),)


def test_an_answer_is_the_first_painting_made_from_a_message_or_from_a_later_one() -> None:
    sent = [100 * MS, 110 * MS, 200 * MS, 300 * MS]

    def painting(origin: int, begun: int, at: int) -> Seen:
        return Seen(at * MS, Stamps(1, (begun - 2) * MS, origin * MS, begun * MS, 0, at * MS))

    seen = Sights(
        [Step(stamp * MS, origin * MS) for stamp, origin in ((60, 50), (102, 101), (112, 111), (203, 201), (302, 301))],
        [
            painting(50, 95, 105),  # of before the first message
            painting(111, 125, 145),  # of the second, and so of the first
            painting(111, 145, 165),
            painting(201, 210, 230),
        ],
    )
    found = answers(sent, seen)  # the fourth is never painted
    assert [answer.whole for answer in found] == pytest.approx([0.045, 0.035, 0.030])
    assert found[0][:2] == pytest.approx((0.002, 0.023))
    assert found[2] == pytest.approx((0.003, 0.007, 0.020))
    assert answers([], seen) == answers(sent, Sights()) == []


def test_a_message_counts_from_when_it_was_sent() -> None:
    # Heard at 130 ms, sent 5 ms before.
    assert figures(marks(), [1_000 * MS + 20 * MS, 1_000 * MS + 125 * MS]).delays == (pytest.approx(0.175),)


def test_a_file_that_ends_in_the_middle_of_a_mark_is_read_up_to_there() -> None:
    data = b"".join(MARK.pack(*mark) for mark in marks())
    assert read_marks(data[:-5]) == marks()[:-1]


def test_a_run_that_drew_nothing_is_an_error() -> None:
    with pytest.raises(OrielError, match="drew nothing"):
        figures([])


def test_the_frame_bus_is_measured_between_two_real_processes() -> None:
    through, plain = bus.copy_ratio((3, 48, 32, 3), 0.05)
    assert through > 0
    assert plain > 0
    delays = bus.latencies((3, 48, 32, 3), 20, 0.01)
    assert len(delays) >= 10
    assert min(delays) > 0
