"""The reel: what was painted is recorded, and played while the artist is away; real films, a real projector."""

from __future__ import annotations

import os
import resource
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from mapping import excerpts, reel
from mapping.excerpts import ExcerptError, Reader, Writer
from mapping.reel import BLEND_SECONDS, EVERY_SECONDS, EXCERPT_SECONDS, KEPT, LONGEST, Player, Recorder, Reel, blended
from mapping.typeset import decoded
from show.frames import FrameReader, FrameWriter, Pictures, Stamps, attach
from show.wires import Wires
from tests.mapping.parts import COLOURS, Rig, make_show, plain, projecting

RATE = 12.0


def grey(level: int) -> Pictures:
    return plain(*[(level, level, level)] * 3)


def record(recorder: Recorder, seconds: float, now: float = 100.0, level: int = 120, rate: float = RATE) -> float:
    """Let pictures come for `seconds`, every one a little brighter; return the time behind them."""
    for number in range(round(seconds * rate)):
        at = now + number / rate
        if recorder.wants(at) and recorder.due(at):
            recorder.add(grey(level + number % 60), at, at)
        recorder.look(at)
    return now + seconds


def an_excerpt(path: Path, levels: list[int], seconds: float = 3.0) -> Path:
    """Write an excerpt of grey pictures, evenly over `seconds`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = Writer(path, grey(levels[0]))
    for number, level in enumerate(levels):
        writer.add(grey(level), seconds * number / len(levels))
    writer.close()
    return path


def test_what_was_painted_comes_back_as_it_was_and_when_it_was(tmp_path: Path) -> None:
    chance = np.random.default_rng(4)
    smooth = np.clip(np.cumsum(chance.normal(0, 6, (3, 48, 32, 3)), axis=2) + 128, 0, 255).astype(np.uint8)
    writer = Writer(tmp_path / "000001.mp4", plain())
    for seconds, pictures in ((0.0, plain()), (0.5, smooth), (0.75, plain(*COLOURS[::-1]))):
        writer.add(pictures, seconds)
    assert excerpts.kept(tmp_path) == [], "it has no name until it is whole"
    writer.close()
    reader = Reader(tmp_path / "000001.mp4", 3)
    assert reader.seconds >= 0.75
    assert np.abs(reader.at(0.0).astype(int) - plain()).max() <= 6
    assert np.abs(reader.at(0.49).astype(int) - plain()).max() <= 6
    assert np.abs(reader.at(0.6).astype(int) - smooth).mean() < 6
    assert np.abs(reader.at(5.0).astype(int) - plain(*COLOURS[::-1])).max() <= 6
    reader.close()


def test_excerpts_follow_each_other_until_there_are_enough_and_then_one_a_minute(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    record(recorder, (EXCERPT_SECONDS + 0.5) * KEPT, rate=3)
    there = excerpts.kept(tmp_path)
    assert len(there) == KEPT
    now = 10_000.0
    for _ in range(2):
        now = record(recorder, EXCERPT_SECONDS + 1, now, rate=3)
        now = record(recorder, EVERY_SECONDS - 2, now, rate=3)
        assert len(excerpts.kept(tmp_path)) == KEPT
        now += 10
    assert excerpts.kept(tmp_path)[:-2] == there[2:], "the oldest made way, one for each"
    for path in excerpts.kept(tmp_path):
        assert EXCERPT_SECONDS - 1 < Reader(path, 3).seconds < EXCERPT_SECONDS + 1


def test_a_pause_takes_no_room_and_a_painter_that_is_gone_ends_the_excerpt(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    record(recorder, 2.0, 0.0)
    record(recorder, 2.0, 8.0)
    recorder.look(15.0)
    assert excerpts.kept(tmp_path) == []
    recorder.look(8.0 + 2.0 + reel.IDLE_SECONDS + 0.1)
    (path,) = excerpts.kept(tmp_path)
    assert Reader(path, 3).seconds == pytest.approx(2 + LONGEST + 2, abs=0.5)


def test_one_picture_alone_is_no_excerpt(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.add(grey(100), 1.0, 1.0)
    recorder.end()
    assert list(tmp_path.iterdir()) == []


def test_pictures_of_another_size_begin_another_excerpt(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    now = record(recorder, 3.0)
    small = np.full((3, 24, 16, 3), 90, np.uint8)
    for number in range(30):
        recorder.add(small, now + number / RATE, now + number / RATE)
    recorder.end()
    assert [Reader(path, 3).at(0.0).shape for path in excerpts.kept(tmp_path)] == [(3, 48, 32, 3), (3, 24, 16, 3)]


def test_a_kill_in_the_middle_leaves_the_whole_ones_and_no_rest(tmp_path: Path) -> None:
    an_excerpt(tmp_path / "000007.mp4", [80, 90, 100])
    (tmp_path / "000008.partial").write_bytes(b"half of a film")
    recorder = Recorder(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["000007.mp4"]
    record(recorder, 3.0)
    recorder.end()
    assert [path.name for path in excerpts.kept(tmp_path)] == ["000007.mp4", "000008.mp4"]


@pytest.fixture
def full_disk() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, hard))
    with capture_logs():  # the file in which pytest keeps what is printed may not grow either
        yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    signal.signal(signal.SIGXFSZ, ignored)


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_costs_the_excerpt_says_so_and_is_tried_again_later(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    now = record(recorder, EXCERPT_SECONDS + 1)
    recorder.end()
    assert "cannot be recorded" in recorder.trouble
    assert list(tmp_path.iterdir()) == []
    assert not recorder.wants(now)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    now += reel.AGAIN_SECONDS
    assert recorder.wants(now)
    record(recorder, EXCERPT_SECONDS + 1, now)
    assert len(excerpts.kept(tmp_path)) == 1
    assert recorder.trouble == ""


def test_a_folder_that_cannot_be_made_costs_the_reel_alone(tmp_path: Path) -> None:
    (tmp_path / "reel").write_text("a file in the place of the folder")
    recorder = Recorder(tmp_path / "reel" / "show")
    assert "cannot be recorded" in recorder.trouble
    record(recorder, 3.0)
    recorder.end()
    assert Player(tmp_path / "reel" / "show", 3, 0.0).at(0.0) is None


def test_excerpts_are_played_round_and_round_and_nothing_jumps(tmp_path: Path) -> None:
    for number, level in enumerate((60, 200, 120), 1):
        an_excerpt(tmp_path / f"{number:06}.mp4", [level] * 10, 6.0)
    player, levels = Player(tmp_path, 3, 50.0), []
    shown = 0.0
    for tick in range(30 * 30):
        pictures = player.at(50.0 + tick / 30)
        shown = float(pictures.mean()) if pictures is not None else shown
        levels.append(shown)
    player.close()
    steps = np.abs(np.diff(levels))
    assert steps.max() < 8, "140 levels within two seconds are at most 7 per frame, softly begun and ended"
    for level in (60, 200, 120):
        assert sum(abs(seen - level) < 3 for seen in levels) > 60
    first = [seen for seen in levels if abs(seen - 60) < 3]
    assert len(first) > 2 * 30, "it came round again"


def test_one_short_excerpt_alone_is_played_again_and_again(tmp_path: Path) -> None:
    an_excerpt(tmp_path / "000001.mp4", [60, 180, 180], 1.0)
    player = Player(tmp_path, 3, 0.0)
    seen = [pictures.mean() for tick in range(300) if (pictures := player.at(tick / 30)) is not None]
    assert len(seen) > 30
    assert min(seen) < 80
    assert max(seen) > 160


def test_what_cannot_be_played_is_removed_and_the_others_go_on(tmp_path: Path) -> None:
    good = an_excerpt(tmp_path / "000002.mp4", [100] * 10)
    (tmp_path / "000001.mp4").write_bytes(b"no film at all")
    whole = an_excerpt(tmp_path / "000003.mp4", [140] * 40, 4.0).read_bytes()
    (tmp_path / "000003.mp4").write_bytes(whole[:600] + bytes(len(whole) - 600))
    player = Player(tmp_path, 3, 0.0)
    seen = [pictures.mean() for tick in range(600) if (pictures := player.at(tick / 30)) is not None]
    assert excerpts.kept(tmp_path) == [good]
    assert seen
    assert np.abs(np.array(seen) - 100).max() < 8


def test_an_excerpt_of_other_regions_is_not_cut_into_wrong_ones(tmp_path: Path) -> None:
    an_excerpt(tmp_path / "000001.mp4", [100] * 5)
    with pytest.raises(ExcerptError, match="are not 5 regions side by side"):
        Reader(tmp_path / "000001.mp4", 5)


def test_a_blend_mixes_light() -> None:
    one, other = grey(40), grey(220)
    half = blended(one, other, 0.5)
    light = decoded(np.array([40, 220]) / 255).mean()
    assert decoded(np.array([half.mean() / 255]))[0] == pytest.approx(light, abs=0.005)
    assert np.array_equal(blended(one, other, 0.0), one)
    assert np.array_equal(blended(one, other, 1.0), other)


def wires(folder: Path, **changes: object) -> Wires:
    given = {"show_path": str(folder / "My Show.toml"), "show_json": make_show().model_dump_json()} | changes
    return Wires(
        run_dir=str(folder), state_dir=str(folder), pictures="", glass="", pulse="", processes=("reel",),
        **given,  # type: ignore[arg-type]
    )  # fmt: skip


def test_each_artist_model_and_show_has_a_reel_of_its_own(tmp_path: Path) -> None:
    other = make_show(artist={"module": "diffusion", "options": {"model": "embedded"}}).model_dump_json()
    folders = {
        reel.folder(wires(tmp_path)),
        reel.folder(wires(tmp_path, artist="diffusion")),
        reel.folder(wires(tmp_path, show_json=other)),
        reel.folder(wires(tmp_path, show_path="/elsewhere/My Show.toml")),
    }
    assert len(folders) == 4
    assert reel.folder(wires(tmp_path)) in folders
    assert all(folder.name.startswith("my-show-") for folder in folders)


def test_reels_of_long_ago_are_removed(tmp_path: Path) -> None:
    own = reel.folder(wires(tmp_path))
    for number in range(8):
        an_excerpt(own.parent / f"old-{number}" / "000001.mp4", [100, 110])
        os.utime(own.parent / f"old-{number}", (number, number))
    reel.folder(wires(tmp_path))
    assert sorted(path.name for path in own.parent.iterdir()) == [f"old-{number}" for number in range(4, 8)]


def turning(rig: Rig, stack: ExitStack) -> Callable[[], bool]:
    """Return a turn of a reel on the wires of a projector; it returns True."""
    recorder = Reel(rig.wires, stack)

    def turn() -> bool:
        recorder.turn(time.monotonic())
        return True

    return turn


def rung(rig: Rig) -> str:
    """Return where on the ladder the projector says that it stands."""
    return rig.status.words["rung"] if rig.status is not None else ""


def test_a_wall_that_misses_its_artist_shows_recorded_pictures_until_it_is_back() -> None:
    show = make_show(show={"title": "A small wall", "reel": 1.0})
    with projecting(show, reel=True) as rig, ExitStack() as stack:
        turn = turning(rig, stack)
        begun = time.monotonic()
        while time.monotonic() - begun < 2.0:
            rig.paint(plain(*COLOURS[::-1]))
            rig.until(turn, "a turn of the reel")
        rig.paint(plain())
        rig.until(lambda: rig.near(0, COLOURS[0]), "the artist's last picture")
        rig.until(lambda: turn() and rung(rig) == "reel", "that the reel is wanted and comes")
        assert rig.status is not None
        assert rig.status.sentence == "Recorded pictures are on the wall until the painter is back."
        rig.until(lambda: turn() and rig.near(0, COLOURS[2], 8), "recorded pictures on the wall")
        rig.paint(plain(*[(90, 90, 90)] * 3))
        rig.until(lambda: turn() and rig.near(0, (90, 90, 90)), "the artist's next picture")
        rig.until(lambda: turn() and rung(rig) == "live", "that the reel rests")


def test_without_a_reel_the_title_stays() -> None:
    show = make_show(show={"title": "A small wall", "reel": 0.5})
    with projecting(show, reel=True) as rig, ExitStack() as stack:
        turn, end = turning(rig, stack), time.monotonic() + 2.5
        rig.until(lambda: turn() and time.monotonic() > end, "some seconds")
        assert rig.status is not None
        assert rig.status.words["rung"] == "still"
        assert rig.status.numbers["wants_reel"] == 1


def test_a_reel_of_yesterday_is_shown_while_the_artist_is_still_on_its_way() -> None:
    show = make_show(show={"title": "A small wall", "reel": 0.5})
    with projecting(show, reel=True) as rig, ExitStack() as stack:
        an_excerpt(reel.folder(rig.wires) / "000001.mp4", [130] * 30)
        turn = turning(rig, stack)
        rig.until(lambda: turn() and rig.near(1, (130, 130, 130)), "the reel of yesterday")
        assert FrameReader(attach(rig.wires.pictures)).newest_id == 0
        assert rig.status is None or rig.status.numbers["picture"] == 0, "it counts as no painting"


def test_what_was_left_on_the_bus_from_the_last_time_is_not_shown() -> None:
    show = make_show(show={"title": "A small wall", "reel": 0.5})
    with projecting(show, reel=True) as rig:
        writer = FrameWriter(attach(rig.wires.reel))
        writer.publish(grey(200), Stamps(done_ns=time.monotonic_ns() - 10_000_000_000))
        rig.until(lambda: rig.status and rig.status.numbers["wants_reel"], "that the reel is wanted")
        strips = rig.glass.newest_id
        rig.until(lambda: rig.glass.newest_id > strips + 3, "some frames")
        assert not rig.near(1, (200, 200, 200), 30)
        writer.close()


def test_blending_takes_its_time() -> None:
    assert EXCERPT_SECONDS > 3 * BLEND_SECONDS, "most of an excerpt is seen by itself"
