"""Control as a real process: it steps, goes on after a SIGKILL, handles each event once, and films in lockstep."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Literal

import numpy as np
import pytest

from server import checkpoint
from server.checkpoint import Checkpoint
from server.control import Sources, painted, sentence_for
from show import frames
from show.bus import EventSender, Publisher
from show.child import SOFTWARE_ERROR
from show.engine import EngineState
from show.rates import CONTROL_MOST_HZ
from show.snapshot import Channels, Snapshot, Status, Touch, Touches
from show.wires import EVENTS, SNAPSHOT, channels_topic, status_topic, touches_topic
from tests.server.rig import Rig, a_rig, a_show, until


@pytest.fixture
def rig() -> Iterator[Rig]:
    show = a_show({"osc": {}, "synthetic": {}})
    with a_rig(show) as opened:
        yield opened


def control(rig: Rig) -> int:
    """Start control and return its process id."""
    process = rig.spawn("control", "server.control")
    assert process.pid is not None
    return process.pid


def send_until_acknowledged(rig: Rig, sender: EventSender) -> Snapshot:
    def handled(snapshot: Snapshot) -> bool:
        sender.acknowledge(snapshot.acks)
        sender.resend(time.monotonic())
        return sender.waiting == 0

    return rig.snapshot(handled, "all events are handled")


def test_a_show_plays_by_itself_and_says_so(rig: Rig) -> None:
    process = rig.spawn("control", "server.control")
    first = rig.snapshot(lambda s: s.playing == "playing" and s.t > 0)
    later = rig.snapshot(lambda s: s.t > first.t + 0.3)
    assert later.id > first.id
    assert later.life > first.life
    status = rig.status_of("control", "scene")
    assert (status.light, status.sentence) == ("green", "Playing scene 1 of 3, 'winter light'.")
    process.terminate()
    process.join(5)
    assert process.exitcode == 0


def _painter_says(rig: Rig, light: Literal["green", "amber"]) -> Publisher:
    publisher = Publisher(rig.wires.run, status_topic("render"))
    publisher.send(Status("render", light, "The artist says so.", time.monotonic_ns()))
    return publisher


def test_a_show_that_starts_by_itself_waits_for_its_artist_and_begins_at_its_beginning() -> None:
    with a_rig(a_show({}), painter=True) as rig:
        painter = _painter_says(rig, "amber")
        control(rig)
        said = rig.status_of("control", "as soon as the artist is ready")
        assert said.light == "amber"
        beats, _ = rig.board.read(rig.wires.row("control"))
        assert rig.subscriber(SNAPSHOT, Snapshot).newest(1.0) is None, "nothing is shown while it waits"
        assert rig.board.read(rig.wires.row("control"))[0] > beats, "and it lives"
        painter.send(Status("render", "green", "Ready.", time.monotonic_ns()))
        first = rig.snapshot(lambda s: s.playing == "playing")
        assert first.t < 0.5
        assert first.life < 0.5
        painter.close()


def test_who_starts_the_show_does_not_wait_for_the_artist() -> None:
    with a_rig(a_show({}), painter=True) as rig:
        control(rig)
        rig.status_of("control", "as soon as the artist is ready")
        sender = EventSender(rig.wires.run, EVENTS, "test")
        sender.send("jump", "thaw", time.monotonic())
        snapshots = rig.subscriber(SNAPSHOT, Snapshot)

        def heard() -> Snapshot | None:
            # There may be nobody at the other end yet, and until then no snapshot either.
            sender.resend(time.monotonic())
            return snapshots.newest(0.05)

        shown = until(heard, "the show was started by whoever jumped")
        sender.close()
        assert (shown.playing, shown.scene_name) == ("playing", "thaw")


def test_without_autostart_it_waits_for_start() -> None:
    with a_rig(a_show({}, autostart=False)) as rig:
        control(rig)
        assert rig.snapshot(lambda s: s.id > 10).playing == "stopped"
        assert "'winter light'. Press Start" in rig.status_of("control", "Stopped").sentence
        sender = EventSender(rig.wires.run, EVENTS, "test")
        sender.send("start", "", time.monotonic())
        assert send_until_acknowledged(rig, sender).playing == "playing"
        sender.close()


def test_a_killed_control_goes_on_at_the_same_place(rig: Rig) -> None:
    first = rig.spawn("control", "server.control")
    sender = EventSender(rig.wires.run, EVENTS, "test")
    for kind, argument in (("go", ""), ("seek", "700")):
        sender.send(kind, argument, time.monotonic())  # type: ignore[arg-type]
    before = send_until_acknowledged(rig, sender)
    before = rig.snapshot(lambda s: s.t > before.t + 1.2)
    first.kill()
    first.join()
    newest = rig.last_snapshot()
    control(rig)
    after = rig.snapshot(lambda s: s.stamp_ns > newest.stamp_ns, "snapshots of the second control")
    assert after.scene_name == "black water"
    assert after.playing == "playing"
    assert after.id > newest.id
    assert after.life >= newest.life
    # Up to one second was not written down, and at most one second of the time without control counts.
    assert newest.t - 1.1 <= after.t <= newest.t + 2.1
    assert after.acks == newest.acks
    sender.close()


def test_a_killed_control_does_not_begin_a_scene_again_that_the_wall_has_seen_begin(rig: Rig) -> None:
    """Killed right after a scene was entered by time, when the last regular checkpoint is older than that."""
    first = rig.spawn("control", "server.control")
    sender = EventSender(rig.wires.run, EVENTS, "test")
    sender.send("seek", str(rig.wires.show().scene[0].seconds - 0.5), time.monotonic())
    before = send_until_acknowledged(rig, sender)
    entered = rig.snapshot(lambda s: s.entry > before.entry, "the next scene")
    first.kill()
    first.join()
    newest = rig.last_snapshot()
    control(rig)
    after = rig.snapshot(lambda s: s.stamp_ns > newest.stamp_ns, "snapshots of the second control")
    assert (after.entry, after.scene) == (newest.entry, newest.scene) == (entered.entry, entered.scene)
    sender.close()


def test_no_event_is_lost_or_handled_twice_over_sigkills() -> None:
    scenes = [{"name": f"scene {n}", "seconds": 600, "fade": 0, "words": [{"text": "snow"}]} for n in range(20)]
    with a_rig(a_show({}, scene=scenes)) as rig:
        _fifteen_gos_and_two_kills(rig)


def _fifteen_gos_and_two_kills(rig: Rig) -> None:
    sender = EventSender(rig.wires.run, EVENTS, "test")
    for kills in range(3):
        process = rig.spawn("control", "server.control")
        rig.snapshot(lambda s: s.acks is not None, "control runs")
        for _ in range(5):
            sender.send("go", "", time.monotonic())
        if kills < 2:
            process.kill()
            process.join()
    assert send_until_acknowledged(rig, sender).scene == 15
    sender.close()


def test_the_newest_touch_wins_whatever_its_source(rig: Rig) -> None:
    control(rig)
    rig.snapshot()
    osc, remote = (Publisher(rig.wires.run, touches_topic(name)) for name in ("osc", "remote"))
    now = time.monotonic_ns()
    touches = {
        "osc": {"artist/strength": Touch(0.1, 1, now), "artist/steps": Touch(4, 2, now)},
        "remote": {"artist/strength": Touch(0.9, 1, now + 5)},
    }

    def play() -> bool:
        osc.send(Touches("osc", touches["osc"]))
        remote.send(Touches("remote", touches["remote"]))
        values = rig.snapshot().values
        return values["artist/strength"] == 0.9 and values["artist/steps"] == 4

    until(play, "both touches arrive")
    osc.close()
    remote.close()


def test_a_touch_is_answered_by_a_step_of_its_own_and_a_flood_by_no_more_than_may_be(rig: Rig) -> None:
    control(rig)
    rig.snapshot(lambda s: s.id > 5)
    osc = Publisher(rig.wires.run, touches_topic("osc"))

    def steps_in_a_second(every: float) -> int:
        first, until_ = rig.snapshot().id, time.monotonic() + 1.0
        while time.monotonic() < until_:
            now = time.monotonic_ns()
            if every:
                osc.send(Touches("osc", {"artist/strength": Touch(0.5, now, now)}))
            time.sleep(every or 0.1)
        return rig.snapshot().id - first

    quiet, played, flooded = (steps_in_a_second(every) for every in (0.0, 1 / 110, 0.0005))
    assert played > 1.2 * quiet
    assert quiet < flooded <= 1.5 * CONTROL_MOST_HZ
    osc.close()


def test_channels_come_in_and_rest_when_their_input_falls_silent(rig: Rig) -> None:
    sources = Sources(rig.wires)
    publisher = Publisher(rig.wires.run, channels_topic("synthetic"))

    def hear() -> dict[str, float]:
        publisher.send(Channels("synthetic", time.monotonic_ns(), {"synthetic/slow": 0.25}))
        return sources.channels(time.monotonic_ns())

    assert until(hear, "a channel comes in") == {"synthetic/slow": 0.25}
    assert sources.channels(time.monotonic_ns() + 3_000_000_000) == {}
    sources.close()
    publisher.close()


def test_an_unreadable_checkpoint_begins_anew(rig: Rig) -> None:
    assert checkpoint.read(rig.wires.run) is None
    (rig.wires.run / checkpoint.NAME).write_bytes(b"\x93half a checkp")
    assert checkpoint.read(rig.wires.run) is None
    control(rig)
    assert rig.snapshot(lambda s: s.playing == "playing").scene == 0
    until(lambda: checkpoint.read(rig.wires.run), "a checkpoint is written")


def test_a_memory_with_which_the_engine_fails_is_given_up(rig: Rig) -> None:
    broken = Checkpoint(EngineState(playing="playing", scene=99), {"test-1": 4}, time.monotonic_ns())
    checkpoint.write(rig.wires.run, broken)
    first = rig.spawn("control", "server.control")
    first.join(10)
    assert first.exitcode == SOFTWARE_ERROR
    control(rig)
    assert rig.snapshot(lambda s: s.playing == "playing").scene == 0


def test_a_bad_event_is_refused_in_words_and_stops_nothing(rig: Rig) -> None:
    control(rig)
    sender = EventSender(rig.wires.run, EVENTS, "test")
    sender.send("jump", "no such scene", time.monotonic())
    sender.send("seek", "later", time.monotonic())
    after = send_until_acknowledged(rig, sender)
    assert (after.scene, after.playing) == (0, "playing")
    until(lambda: "seek: expected seconds, got 'later'" in rig.log_of("control"), "the refusal is logged")
    sender.close()


# Lockstep


class Projector:
    """The other end of a film: takes a snapshot and shows it on the glass, as slowly as it likes."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._writer = frames.FrameWriter(rig.glass)
        self.taken: list[Snapshot] = []

    def take(self) -> Snapshot:
        """Wait for a snapshot that was not drawn yet, and draw it."""
        last = self.taken[-1].id if self.taken else 0
        snapshot = self._rig.snapshot(lambda s: s.id > last, "the next frame")
        self.taken.append(snapshot)
        self._writer.publish(np.zeros((1, 8, 8, 3), np.uint8), frames.Stamps(snapshot_id=snapshot.id))
        return snapshot

    def close(self) -> None:
        """Let go of the glass."""
        self._writer.close()


def film(frames_: int, fps: float, kill_at: int = -1) -> list[Snapshot]:
    """Play a film through a real control and return its snapshots; control is killed before frame `kill_at`."""
    with a_rig(a_show({}), fps=fps, film=frames_) as rig:
        process = rig.spawn("control", "server.control")
        projector = Projector(rig)
        for number in range(frames_):
            if number == kill_at:
                process.kill()
                process.join()
                process = rig.spawn("control", "server.control")
            projector.take()
        process.join(10)
        assert process.exitcode == 0
        projector.close()
        return projector.taken


def test_a_film_steps_once_per_frame_and_ends() -> None:
    taken = film(12, fps=24.0)
    assert [snapshot.id for snapshot in taken] == list(range(taken[0].id, taken[0].id + 12))
    assert [snapshot.life for snapshot in taken] == [number / 24 for number in range(12)]
    assert [snapshot.paint for snapshot in taken] == [True, False] * 6
    assert {snapshot.playing for snapshot in taken} == {"playing"}


def test_two_films_are_the_same_even_if_control_was_killed_in_one() -> None:
    assert film(8, fps=24.0) == film(8, fps=24.0, kill_at=5)


@pytest.mark.parametrize("fps, rate, wanted", [(24, 24, 24), (24, 48, 24), (30, 12, 12), (24, 10, 10), (25, 12.5, 13)])
def test_a_film_paints_as_often_as_the_artist_does(fps: float, rate: float, wanted: int) -> None:
    assert sum(painted(frame, fps, rate) for frame in range(round(fps))) == wanted


def test_sentences_name_place_and_state() -> None:
    with a_rig(a_show({})) as rig:
        control(rig)
        playing = rig.snapshot(lambda s: s.playing == "playing")
    assert sentence_for(playing, 3) == "Playing scene 1 of 3, 'winter light'."
