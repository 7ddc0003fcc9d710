"""Long shows: a jump into an hour finds what playing does, and a day of cues fires without drift."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator

import pytest

from show.config import Show
from show.cue_config import Cue, Go
from show.cue_state import CueState
from show.cues import Cues
from show.parameter import ParameterTree
from show.parameters import CORE
from show.recording import lived
from show.score import Score
from show.stage import Rehearsal
from tests.show.shows import Play, small_show

TREE = ParameterTree(CORE)
CORE_ADDRESSES = tuple(TREE)


def hour() -> Show:
    """Return a show of an hour with a timed cue every 3 s, a chain after each."""
    cues = [
        {
            "number": n,
            "at": n * 3.0,
            "set": {"wall/level": 0.5 + n % 5 / 10},
            "fade": 2.5,
            "next": "continue",
            "post_wait": 0.5,
        }
        if n % 2
        else {"number": n, "at": n * 3.0, "set": {"camera/zoom": 1.0 + n % 7 / 10}, "fade": 1.0}
        for n in range(1, 1200)
    ]
    scenes = [
        {
            "name": f"s{n}",
            "seconds": 30,
            "fade": 2,
            "words": [{"text": f"word {n}"}],
            "tracks": {"camera/x": [[0, 0], [30, 1]]},
        }
        for n in range(120)
    ]
    return small_show(scene=scenes, cue=cues)


def test_a_jump_to_any_second_of_an_hour_takes_less_than_a_second_and_finds_what_playing_does() -> None:
    jumper, played = Play(hour()), Play(hour())
    for _ in range(3585):
        played.step(1.0)
    end = played.step(0.6)
    slowest = 0.0
    for second in (3590.37, 10.0, 1800.5, 3599.99, 3585.6):
        begun = time.perf_counter()
        jumper.tell("seek", repr(second))
        slowest = max(slowest, time.perf_counter() - begun)
    print(f"slowest jump: {1000 * slowest:.1f} ms")
    assert slowest < 1.0
    assert end.t == pytest.approx(3585.6)
    same(jumper, played, ("wall/level", "camera/zoom"))
    for show in (jumper, played):
        show.step(0.9)
        show.step(0.7)
    same(jumper, played, CORE_ADDRESSES)
    for show in (jumper, played):
        show.steps(6.0, rate=2.0)
    same(jumper, played, CORE_ADDRESSES)


def same(one: Play, other: Play, addresses: Iterable[str]) -> None:
    """Fail unless two shows stand at the same second, cue and values; fades that were under way included."""
    here, there = one.step(0.0), other.step(0.0)
    assert here.t == pytest.approx(there.t)
    assert here.cues is not None
    assert there.cues is not None
    assert (here.cues.next, here.cues.last) == (there.cues.next, there.cues.last)
    assert [what for what, _ in here.cues.waiting] == [what for what, _ in there.cues.waiting]
    for address in addresses:
        assert here.values[address] == pytest.approx(there.values[address], abs=1e-6), address


@pytest.fixture
def summer_time(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Paris")
    time.tzset()
    yield
    monkeypatch.undo()
    os.environ.pop("TZ", None)
    time.tzset()


@pytest.mark.usefixtures("summer_time")
def test_a_day_of_ten_thousand_cues_fires_on_the_frame_through_clock_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    # Frames of 60 Hz are skipped where nothing is due; the list must not know the difference. The wall clock of the
    # machine goes through the night in which it is set back by an hour, and is stepped by NTP besides.
    count, day = 10_000, 86_400.0
    moments = [(n + 0.5) * day / count for n in range(count)]
    cues = [
        Cue(number=n, at=at, set={"wall/level": n % 2 / 2}, next="continue" if n % 10 == 0 else "stop", post_wait=1.0)
        for n, at in enumerate(moments)
    ]
    listed = Cues(cues, Go(), TREE, dict(enumerate(moments)))
    show = small_show(scene=[{"name": "day", "seconds": 86400, "fade": 0, "words": [{"text": "day"}]}])
    stage, state = Rehearsal(Score(show, TREE), TREE.defaults()), CueState()
    begun = 1_792_886_400.0 - 3600  # the evening of 24 October 2026
    now_ns, life = 5_000_000_000_000_000, 0.0
    fired: list[tuple[float, float]] = []
    frames = sorted({min(at, day) // (1 / 60) + more for at in moments for more in (0, 1)})
    frames = sorted({*frames, *(60.0 * second for second in range(int(day) + 1))})
    first_ns, last = now_ns, -1.0
    for frame in frames:
        stamp_ns = first_ns + round(frame * 1e9 / 60)
        shift = 3.7 if 30_000 < life < 50_000 else 0.0
        monkeypatch.setattr(time, "time", lambda at=begun + life - shift: at)
        before, life, now_ns = life, lived(life, now_ns, stamp_ns), stamp_ns
        dt = life - before
        listed.advance(dt, dt, stage, state)
        if state.head != last:
            fired.append((moments[int(state.head)], life))
            last = state.head
    assert len(fired) == count
    lateness = [at - due for due, at in fired]
    drift = max(abs(state.played - day), abs(stage.here() - day))
    print(f"latest cue {1000 * max(lateness):.2f} ms after its moment, drift {1000 * drift:.6f} ms")
    assert min(lateness) > -1e-3
    assert max(lateness) < 1 / 60 + 1e-3
    assert drift < 1e-3
