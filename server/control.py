"""The control process: the only writer of parameters. It drains the inputs, steps the engine, publishes the snapshot.

Live, it steps CONTROL_HZ times a second, by deadline, and at once when a performer or the phone page sends something.
A show that starts by itself starts when its artist can paint, so that the first scene is seen and not only heard.
In lockstep (a film) it steps once per frame of the film and goes on when the glass shows that the projector has drawn
the last one. What is written down when, so that a SIGKILL costs nothing, stands at the top of `checkpoint.py`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from server import checkpoint
from server.checkpoint import Checkpoint
from server.day import Day
from server.pace import Pace
from server.quota import Quota
from server.recorder import open_log
from show.bus import Doorbell, EventReceiver, Publisher, Subscriber
from show.columns import grained
from show.editions import Editions, place
from show.frames import FrameReader, attach
from show.log import Tally, get_log
from show.pulse import Pulse
from show.rates import CONTROL_HZ, CONTROL_MOST_HZ, OPENING_SECONDS, STATUS_HZ
from show.recording import Step, instant, lived
from show.snapshot import Channels, Event, Snapshot, Status, Touch, Touches
from show.wires import CRITIC, EVENTS, SNAPSHOT, Wires, channels_topic, status_topic, touches_topic

NAME: Final = "control"
PAINTER: Final = "render"
"""The process whose artist is waited for."""
TOUCH_SOURCES: Final = ("osc", "remote")
"""Processes that publish touches."""
CHECKPOINT_SECONDS: Final = 1.0
"""A checkpoint is never older than this, and made at every event and whenever a scene is entered."""
CHANNEL_SECONDS: Final = 2.0
"""Channels not renewed for this long rest at 0: their input is gone."""
FAILURES: Final = 30
"""Failed steps in a row that end the process."""
_REPEAT_SECONDS: Final = 0.05
_GLASS_POLL_SECONDS: Final = 0.001
_LOOK_SECONDS: Final = 0.05
_UNRECORDED: Final = "The log of this run cannot be written; the show goes on without it."
_UNWRITTEN: Final = "The show control cannot write down where it is; the show goes on, but could not after a fault."


def run(wires: Wires, pulse: Pulse) -> None:
    """Control one show until told to stop, or until its last frame in lockstep."""
    if wires.lockstep:
        _Film(wires).play(pulse)
    else:
        _Live(wires).play(pulse)


class _Memory:
    """The engine with its memory, as it was left by a killed predecessor or fresh."""

    def __init__(self, wires: Wires) -> None:
        show = wires.show()
        self._run_dir = wires.run
        self.left = checkpoint.read(wires.run)
        self._texts = checkpoint.read_texts(wires.run) if self.left is not None else {}
        self.engine = Editions(show, wires.parameters(), self._texts)
        self.state = self.left.state if self.left is not None else self.engine.start()
        self.acks = dict(self.left.acks) if self.left is not None else {}
        self.opening: list[Event] = []
        if self.left is None and show.show.autostart:
            self.opening.append(Event(NAME, 1, "start"))

    def keep(self, stamp_ns: int, frame: int = 0, snapshot: Snapshot | None = None) -> None:
        """Write the checkpoint; raise OSError when the disk does not take it."""
        if self.engine.texts != self._texts:
            checkpoint.write_texts(self._run_dir, {**self._texts, **self.engine.texts})
            self._texts = self.engine.texts
        checkpoint.write(self._run_dir, Checkpoint(self.state, self.acks, stamp_ns, frame, snapshot))

    def forget(self) -> None:
        """Remove the checkpoint: a memory with which the engine fails must not come back."""
        checkpoint.forget(self._run_dir)


class _Herald:
    """Publishes the status of this process, STATUS_HZ times a second, and logs what happened to the show."""

    def __init__(self, wires: Wires) -> None:
        self._publisher = Publisher(wires.run, status_topic(NAME))
        self.scenes = len(wires.show().scene)
        self._due = 0.0
        self._lines = Quota(rate=2.0, burst=20)
        self._note = ""

    def report(self, snapshot: Snapshot, trouble: str, note: str, late: int) -> None:
        """Say what the show does, or `trouble` in its place, if a sentence is due; `note` is the last refusal."""
        numbers = {"late": float(late), "steps": float(snapshot.id), "t": snapshot.t}
        light: Literal["green", "amber"] = "amber" if trouble else "green"
        self._say(light, trouble or sentence_for(snapshot, self.scenes), numbers, {"note": note} if note else {})

    def wait(self) -> None:
        """Say, if a sentence is due, that the show waits for its artist."""
        self._say("amber", "The show starts as soon as the artist is ready.", {}, {})

    def _say(
        self, light: Literal["green", "amber"], sentence: str, numbers: dict[str, float], words: dict[str, str]
    ) -> None:
        now = time.monotonic()
        if now >= self._due:
            self._due = now + 1 / STATUS_HZ
            self._publisher.send(Status(NAME, light, sentence, time.monotonic_ns(), numbers, words))

    def tell(self, events: Sequence[Event], note: str) -> None:
        """Log events that were handled, and a refusal that is new; a flood of them is counted."""
        for event in events:
            argument = place(event.argument) if event.kind == "edit" else event.argument
            what = f"{event.kind} {argument}".strip()[:120]
            self._line(f"{what}, from {event.source.partition('-')[0]}")
        if note and (events or note != self._note):
            self._line(note[:300])
        self._note = note

    def _line(self, sentence: str) -> None:
        if self._lines.take(time.monotonic()):
            more = self._lines.refused()
            behind = f" (and {more} more lines like this)" if more else ""
            get_log().info(f"{sentence}{behind}")


def sentence_for(snapshot: Snapshot, scenes: int) -> str:
    """Return what the show does, for an invigilator: "Playing scene 3 of 9, 'black water'."."""
    where = f"scene {snapshot.scene + 1} of {scenes}, {snapshot.scene_name!r}"
    return {
        "playing": f"Playing {where}.",
        "paused": f"Paused in {where}.",
        "stopped": f"Stopped in {where}. Press Start to play.",
        "ended": f"The show has ended with {where}. Press Start to play it again.",
    }[snapshot.playing]


class Sources:
    """Everything that comes in as state: the newest touches and channels of all sources, merged."""

    def __init__(self, wires: Wires) -> None:
        run_dir = wires.run
        self.touched = [Subscriber(run_dir, touches_topic(source), Touches) for source in TOUCH_SOURCES]
        show = wires.show()
        names = [*(part.module for part in show.input), *([CRITIC] if show.critic else [])]
        self._channels = [Subscriber(run_dir, channels_topic(name), Channels) for name in names]
        self._heard: dict[str, Channels] = {}
        self._merged: dict[str, Touch] = {}

    def touches(self) -> dict[str, Touch]:
        """Return the newest touch per address, whoever sent it."""
        for subscriber in self.touched:
            news = subscriber.newest()
            if news is None:
                continue
            for address, touch in news.touches.items():
                held = self._merged.get(address)
                if held is None or touch.stamp_ns > held.stamp_ns:
                    self._merged[address] = touch
        return self._merged

    def channels(self, now_ns: int) -> dict[str, float]:
        """Return the newest number per channel, as a log keeps it; those of an input that fell silent are left out."""
        for subscriber in self._channels:
            news = subscriber.newest()
            if news is not None:
                self._heard[news.source] = news
        values: dict[str, float] = {}
        for heard in self._heard.values():
            if now_ns - heard.stamp_ns <= CHANNEL_SECONDS * 1e9:
                values.update(heard.values)
        return {name: grained(value) for name, value in values.items()}

    def close(self) -> None:
        """Close the wires."""
        for touches in self.touched:
            touches.close()
        for channels in self._channels:
            channels.close()


class _Live:
    """A show in real time."""

    def __init__(self, wires: Wires) -> None:
        self._wires = wires
        self._memory = _Memory(wires)
        self._sources = Sources(wires)
        self._receiver = EventReceiver(wires.run, EVENTS, self._memory.acks)
        self._memory.acks = self._receiver.acks
        # Inputs that always have something new (sound, clocks) do not ring: they would only make the loop go faster.
        self._bell = Doorbell(self._receiver, *self._sources.touched)
        self._snapshots = Publisher(wires.run, SNAPSHOT)
        self._herald = _Herald(wires)
        self._tally = Tally("a step of the engine")
        self._disk = Tally("the show control's checkpoint")
        self._pending = self._memory.opening
        self._kept_ns = 0
        self._kept = self._memory.state.entries, self._memory.state.edit.playing
        self._log = open_log(wires)
        self._stamp_ns = time.monotonic_ns()
        if self._memory.left is not None:
            self._resume(self._memory.left)

    def _resume(self, left: Checkpoint) -> None:
        """Go on from a checkpoint: neither time nor the numbers of snapshots go back behind what was published."""
        state = self._memory.state
        get_log().warning(f"going on in scene {state.scene + 1}, {state.into:.1f} s into it")
        self._stamp_ns = left.stamp_ns
        state.step += round(2 * CHECKPOINT_SECONDS * CONTROL_MOST_HZ)

    def play(self, pulse: Pulse) -> None:
        """Step until the pulse stops; raise RuntimeError when the engine fails again and again."""
        self._await_artist(pulse)
        pace = Pace(CONTROL_HZ, CONTROL_MOST_HZ)
        while not pulse.stopping:
            snapshot = self._turn()
            if snapshot is not None:
                pulse.beat()
                trouble = _UNWRITTEN if self._disk.row else ""
                trouble = trouble or (_UNRECORDED if self._log.trouble else "")
                self._herald.report(snapshot, trouble, self._memory.state.note, pace.late)
            pace.wait(self._bell.wait)
        self._log.close("the show was closed")

    def _await_artist(self, pulse: Pulse) -> None:
        """Before a show starts by itself: wait until the artist can paint, for OPENING_SECONDS at the most.

        Until the first step the wall shows the title and the phone page says that the show is opening. Whoever starts
        the show, or does anything else to it, does not wait.
        """
        if not self._pending or PAINTER not in self._wires.processes:
            return
        artist = Subscriber(self._wires.run, status_topic(PAINTER), Status)
        bell = Doorbell(self._receiver, artist)
        patience = time.monotonic() + OPENING_SECONDS
        ready = False
        while not (ready or pulse.stopping) and time.monotonic() < patience:
            pulse.beat()
            self._herald.wait()
            bell.wait(_LOOK_SECONDS)
            said = artist.newest()
            events = self._receiver.drain()
            self._pending += events
            ready = bool(events) or (said is not None and said.light == "green")
        if not ready and not pulse.stopping:
            get_log().warning(f"the artist is not ready after {OPENING_SECONDS:.0f} s; the show starts without it")
        artist.close()
        self._stamp_ns = time.monotonic_ns()

    def _turn(self) -> Snapshot | None:
        """Take one step and publish it; None when it failed."""
        now_ns = instant(time.monotonic_ns())
        state = self._memory.state = self._log.begin(self._memory.state, self._memory.engine.texts, self._stamp_ns)
        life = lived(state.life, self._stamp_ns, now_ns)
        # Touches before events: who lets go of a parameter takes it out of the touches first, then sends the event.
        touches = self._sources.touches()
        channels = self._sources.channels(now_ns)
        events = [*self._pending, *self._receiver.drain()]
        self._pending, self._stamp_ns = [], now_ns
        try:
            snapshot = self._memory.engine.step(life, now_ns, channels, touches, events, state)
        except Exception as error:
            # Whatever the engine raises is one failed step; the events in it are not tried again, or a bad one
            # would end this process again and again.
            self._log.add(Step(life, now_ns, channels, touches, events), None)
            if self._tally.failed(error) >= FAILURES:
                self._memory.forget()
                raise RuntimeError(f"the engine failed {FAILURES} times in a row, last: {error}") from error
            return None
        self._tally.passed()
        self._log.add(Step(life, now_ns, channels, touches, events), snapshot)
        # An entry that was published must not come again from an older checkpoint: the artist would begin anew.
        entered = (state.entries, state.edit.playing) != self._kept
        if events or entered or now_ns - self._kept_ns >= CHECKPOINT_SECONDS * 1e9:
            self._keep(now_ns)
        snapshot = msgspec.structs.replace(snapshot, acks=dict(self._receiver.acks))
        self._snapshots.send(snapshot)
        self._herald.tell(events, state.note)
        return snapshot

    def _keep(self, now_ns: int) -> None:
        try:
            self._memory.keep(now_ns)
            self._disk.passed()
        except OSError as error:
            self._disk.failed(error)
        self._herald.scenes = len(self._memory.engine.show(self._memory.state).scene)
        self._kept_ns, self._kept = now_ns, (self._memory.state.entries, self._memory.state.edit.playing)


class _Film:
    """A show in lockstep: time advances one frame when the projector has drawn the last one, and no clock moves it.

    The checkpoint is made at every frame and holds its snapshot: a killed control shows that frame again, if it was not
    drawn, and goes on with the next, and the film is the same.
    """

    def __init__(self, wires: Wires) -> None:
        self._fps = wires.fps
        self._frames = wires.frames
        self._rate = wires.show().artist.rate
        self._memory = _Memory(wires)
        self._day = Day(wires) if wires.replay else None
        self._glass = FrameReader(attach(wires.glass))
        self._drawn = 0
        self._snapshots = Publisher(wires.run, SNAPSHOT)
        self._herald = _Herald(wires)

    def play(self, pulse: Pulse) -> None:
        """Step through all frames, from the one at which a killed predecessor stood."""
        left = self._memory.left
        first = 0
        if left is not None and left.snapshot is not None:
            first = left.frame + 1
            self._show(left.snapshot, pulse)
        for frame in range(first, self._frames):
            if pulse.stopping:
                break
            snapshot = self._step(frame)
            self._memory.keep(snapshot.stamp_ns, frame, snapshot)
            self._show(snapshot, pulse)
        self._glass.close()

    def _step(self, frame: int) -> Snapshot:
        snapshot = self._day.snapshot(frame) if self._day else self._score(frame)
        paint = snapshot.playing == "playing" and painted(frame, self._fps, self._rate)
        return msgspec.structs.replace(snapshot, paint=paint)

    def _score(self, frame: int) -> Snapshot:
        life = frame / self._fps
        events = self._memory.opening if frame == 0 else []
        return self._memory.engine.step(life, round(life * 1e9), {}, {}, events, self._memory.state)

    def _show(self, snapshot: Snapshot, pulse: Pulse) -> None:
        """Publish a snapshot until the glass shows it; again and again, for a projector that was not there yet."""
        due = 0.0
        while not pulse.stopping:
            pulse.beat()
            if time.monotonic() >= due:
                self._snapshots.send(snapshot)
                due = time.monotonic() + _REPEAT_SECONDS
            drawn = self._glass.newest(self._drawn)
            if drawn is not None:
                self._drawn = drawn.id
                if drawn.stamps.snapshot_id >= snapshot.id:
                    break
            time.sleep(_GLASS_POLL_SECONDS)
        self._herald.report(snapshot, "", "", 0)


def painted(frame: int, fps: float, rate: float) -> bool:
    """Say whether film frame `frame` (from 0) is painted anew when the artist paints `rate` times a second."""
    if rate <= 0 or rate >= fps or frame == 0:
        return True
    return int(frame * rate / fps) != int((frame - 1) * rate / fps)
