"""The projector: the newest pictures, drawn on every output at display rate, whatever all other processes do.

One turn, live:

1. Look at the wires: the newest snapshot, the newest pairing code, the newest pictures. None of them can stop the loop;
   what was there last stays.
2. Read the blackout switch, and bring all canvases up to now (`Wall.draw`).
3. Present each canvas on its output; the display or a deadline gives the pace.
4. Bear witness: a mark per frame, a strip for the phone page PREVIEW_HZ times a second, a sentence STATUS_HZ times.

In lockstep (films) the loop has no clock: it draws each snapshot exactly once, at `snapshot.life`, after the picture
painted from it has come, and the strip that follows tells control to go on.

GL that fails or an output that is gone ends the process with an OutputError; the supervisor starts it anew, and the
newest pictures still lie on the frame bus. An output that had been there in this run is waited for: a cable may be out
for an hour, and the wall is to be back a moment after it.
"""

from __future__ import annotations

import importlib
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Final, Literal

from mapping.gl import Gl
from mapping.ladder import Rung
from mapping.outputs import base
from mapping.outputs.film import Output as Film
from mapping.ticks import OFFSCREEN_HZ, Meter, Ticks
from mapping.wall import Moment, Wall
from mapping.witness import Glass, Marks
from show.bus import Publisher, Subscriber
from show.config import Show
from show.errors import OutputError
from show.frames import Frame, FrameReader, FrameWriter, Stamps, attach
from show.log import Tally, get_log
from show.parameter import options
from show.pulse import Pulse
from show.rates import PREVIEW_HZ, STALE_SECONDS, STATUS_HZ
from show.snapshot import Snapshot, Status
from show.wires import SNAPSHOT, WANTS_REEL, Wires, status_topic

_NAME: Final = "projector"
_LOCKSTEP_WAIT: Final = 0.02
_RETRY_SECONDS: Final = 1.0
_OPENED: Final = "projector.opened"
"""A file in the run directory: the outputs have been there in this run."""


def run(wires: Wires, pulse: Pulse) -> None:
    """Draw until told to stop; raise OutputError when an output cannot be had, or is gone."""
    with ExitStack() as stack:
        publisher = Publisher(wires.run, status_topic(_NAME))
        stack.callback(publisher.close)
        projector = _opened(wires, pulse, publisher, stack)
        while projector is not None and not pulse.stopping:
            if wires.lockstep:
                projector.lockstep_turn(pulse.board.blackout)
            else:
                projector.live_turn(pulse)
            pulse.beat()


def _opened(wires: Wires, pulse: Pulse, publisher: Publisher, stack: ExitStack) -> Projector | None:
    """Return the projector with its outputs, waiting for those that were there before; None when told to stop."""
    mark = wires.run / _OPENED
    told = ""
    while not pulse.stopping:
        with ExitStack() as attempt:
            try:
                projector = Projector(wires, publisher, attempt)
            except OutputError as error:
                if not mark.exists():
                    raise
                if str(error) != told:
                    told = str(error)
                    get_log().error(f"{told}; the projection comes back when it does")
            else:
                mark.touch()
                stack.push(attempt.pop_all())
                return projector
        _wait(pulse, publisher, told)
    return None


def _wait(pulse: Pulse, publisher: Publisher, why: str) -> None:
    """Say for a while that an output is missing, and why."""
    end = time.monotonic() + _RETRY_SECONDS
    while time.monotonic() < end and not pulse.stopping:
        pulse.beat()
        publisher.send(Status(_NAME, "red", f"The projection is gone: {why.partition(';')[0]}.", time.monotonic_ns()))
        time.sleep(1 / STATUS_HZ)


class Inbox:
    """What comes in over the wires; whatever is wrong with it, the newest good one stays."""

    def __init__(self, wires: Wires, stack: ExitStack) -> None:
        self._snapshots = Subscriber(wires.run, SNAPSHOT, Snapshot)
        stack.callback(self._snapshots.close)
        self._remote = Subscriber(wires.run, status_topic("remote"), Status)
        stack.callback(self._remote.close)
        self._bus = FrameReader(attach(wires.pictures))
        stack.callback(self._bus.close)
        self._reel = FrameReader(attach(wires.reel)) if wires.reel else None
        if self._reel is not None:
            stack.callback(self._reel.close)
        self._tally = Tally("the frame bus")
        self._frame = self._recorded = 0
        self.snapshot: Snapshot | None = None
        self.pairing = ("", "")

    def look(self, wait: float = 0.0) -> None:
        """Take the newest snapshot (waiting up to `wait` seconds for it) and the newest pairing code."""
        self.snapshot = self._snapshots.newest(wait) or self.snapshot
        status = self._remote.newest()
        if status is not None:
            self.pairing = status.words.get("qr", ""), status.words.get("pin", "")

    def pictures(self) -> Frame | None:
        """Return the newest pictures if they are new; a bus that makes no sense is logged and left alone."""
        frame = self._newest(self._bus, self._frame)
        self._frame = frame.id if frame is not None else self._frame
        return frame

    def reel(self, now: float) -> Frame | None:
        """Return the newest recorded pictures if they are new; those left from when they were last wanted are not."""
        frame = self._newest(self._reel, self._recorded) if self._reel is not None else None
        if frame is None:
            return None
        self._recorded = frame.id
        return frame if now - frame.stamps.done_ns / 1e9 < STALE_SECONDS else None

    def _newest(self, bus: FrameReader, after: int) -> Frame | None:
        try:
            frame = bus.newest(after)
        except Exception as error:
            # Shared memory holds what another process, perhaps a dying one, wrote there: anything may be raised.
            self._tally.failed(error)
            return None
        if frame is not None:
            self._tally.passed()
        return frame


class Projector:
    """The outputs, the wall on them, and the witnesses of both."""

    def __init__(self, wires: Wires, publisher: Publisher, stack: ExitStack) -> None:
        show = wires.show()
        self._publisher = publisher
        self._inbox = Inbox(wires, stack)
        rate = wires.fps if wires.lockstep else OFFSCREEN_HZ
        self._outputs = open_outputs(wires, show, rate, stack)
        leads = [output for output in self._outputs if output.has_context]
        self._gl = Gl.of_window() if leads else Gl.headless()
        stack.callback(self._gl.close)
        display = bool(leads) and not self._gl.software
        self._ticks = Ticks(leads[0].refresh if display else rate, display)
        self._film = open_record(wires, self._outputs[0], rate, stack)
        sizes = [output.size for output in self._outputs]
        folder = Path(wires.show_path).resolve().parent
        self._wall = Wall(self._gl, show, sizes, self._ticks.period, folder)
        self._glass = Glass(self._gl, FrameWriter(attach(wires.glass)))
        stack.callback(self._glass.close)
        self._marks = Marks(wires.marks) if wires.marks else None
        if self._marks is not None:
            stack.callback(self._marks.close)
        self._meter = Meter()
        self._glass_due = self._status_due = 0.0
        self._drawn_id: int | None = None
        self._draw_seconds = 0.0
        kinds = [type(output).__module__.rpartition(".")[2] for output in self._outputs]
        names = ", ".join(f"{output.name} ({kind})" for output, kind in zip(show.output, kinds, strict=True))
        get_log().info(f"the projector draws on {names} by {self._gl.renderer}")

    def live_turn(self, pulse: Pulse) -> None:
        """Draw one frame of what there is now, and wait for the next tick."""
        self._inbox.look()
        now = time.monotonic()
        frame = self._inbox.pictures()
        if frame is not None:
            done = frame.stamps.done_ns / 1e9
            self._wall.pictures.hang(frame, min(done, now) if done else now, now)
        elif self._wall.pictures.wants_reel:
            recorded = self._inbox.reel(now)
            if recorded is not None:
                self._wall.pictures.hang_reel(recorded.pictures, now)
        moment = Moment(now, self._inbox.snapshot, pulse.board.blackout, self._inbox.pairing)
        self._draw(moment)
        if now >= self._glass_due:
            self._glass_due = now + 1 / PREVIEW_HZ
            self._show_glass(moment)
        self._report(moment)
        time.sleep(self._ticks.ended(time.monotonic()))

    def lockstep_turn(self, blackout: bool) -> None:
        """Draw the newest snapshot if it was not drawn yet and its picture is there."""
        self._inbox.look(_LOCKSTEP_WAIT)
        snapshot = self._inbox.snapshot
        if snapshot is None or snapshot.id == self._drawn_id:
            return
        moment = Moment(snapshot.life, snapshot, blackout)
        frame = self._inbox.pictures()
        if frame is not None:
            self._wall.pictures.hang(frame, moment.now, moment.now)
        painted = snapshot.paint and snapshot.playing == "playing"
        if painted and self._wall.pictures.newest.stamps.snapshot_id != snapshot.id:
            return
        self._draw(moment)
        self._drawn_id = snapshot.id
        self._show_glass(moment)
        self._report(moment)

    def _draw(self, moment: Moment) -> None:
        """Draw and present one frame on every output, and mark it."""
        began = time.monotonic()
        for face, output in zip(self._wall.faces, self._outputs, strict=True):
            if face.canvas.size != output.size:
                face.fit(output.size)
        self._wall.pictures.look(moment.now, moment.playing)
        self._wall.draw(moment)
        self._gl.finish()
        self._draw_seconds += 0.1 * (time.monotonic() - began - self._draw_seconds)
        for face, output in zip(self._wall.faces, self._outputs, strict=True):
            output.present(self._gl, face.canvas, moment.now)
        drawn_ns = time.monotonic_ns()
        if self._film is not None:
            self._film.present(self._gl, self._wall.faces[0].canvas, moment.now)
        self._meter.noted(drawn_ns / 1e9)
        if self._marks is not None:
            self._marks.mark(drawn_ns, self._wall.pictures.foremost(moment.now))

    def _show_glass(self, moment: Moment) -> None:
        stamps = self._wall.pictures.foremost(moment.now).stamps
        snapshot = moment.snapshot
        self._glass.publish(
            self._wall.faces[0].canvas,
            Stamps(
                snapshot.id if snapshot is not None else 0,
                snapshot.stamp_ns if snapshot is not None else 0,
                stamps.origin_ns,
                stamps.begun_ns,
                stamps.forward_ns,
                time.monotonic_ns(),
            ),
        )

    def _report(self, moment: Moment) -> None:
        now = time.monotonic()
        if now < self._status_due:
            return
        self._status_due = now + 1 / STATUS_HZ
        pictures = self._wall.pictures
        recorded = [*self._outputs, *([self._film] if self._film is not None else [])]
        troubles = [self._wall.trouble, *(output.trouble for output in recorded)]
        trouble = " ".join(filter(None, troubles))
        numbers = {
            "drawn_fps": self._meter.rate(now),
            "draw_ms": self._draw_seconds * 1e3,
            "missed": float(self._ticks.missed),
            "repeats": float(self._wall.repeats),
            "drops": float(pictures.drops),
            "picture": float(pictures.newest.id),
            WANTS_REEL: float(pictures.wants_reel),
        }
        light, sentence = describe(moment, pictures.rung, trouble)
        self._publisher.send(
            Status(
                _NAME, light, sentence, time.monotonic_ns(), numbers, {"gl": self._gl.renderer, "rung": pictures.rung}
            )
        )


def describe(moment: Moment, rung: Rung, trouble: str) -> tuple[Literal["green", "amber"], str]:
    """Return light and sentence for whoever guards the show."""
    if moment.blackout:
        return "amber", "Blackout: the wall is black until the blackout is switched off."
    if trouble:
        return "amber", trouble
    if moment.switch("wall/testcard", False):
        return "green", "The test card is on the wall."
    if rung == "still" and moment.playing == "playing":
        return "amber", "The wall shows the title; the first picture is being painted."
    if rung == "reel":
        return "amber", "Recorded pictures are on the wall until the painter is back."
    if rung == "hold":
        return "amber", "Holding the last picture; the painter is being restarted."
    if moment.playing in ("stopped", "ended"):
        return "green", "The wall is at rest."
    return "green", "Pictures are on the wall."


def open_outputs(wires: Wires, show: Show, rate: float, stack: ExitStack) -> list[base.Output]:
    """Open the show's outputs in their order, windows with the first one as their lead; raise OutputError."""
    again = (wires.run / _OPENED).exists()
    opened: list[base.Output] = []
    lead: base.Output | None = None
    for part in show.output:
        headless = wires.headless and part.module == "window"
        module = importlib.import_module(f"mapping.outputs.{'offscreen' if headless else part.module}")
        given = {} if headless else options(module.OPTIONS, part.options, f"output {part.name}")
        place = base.Place(
            part.name, (part.width, part.height), rate, wires.run, show.show.title, wires.lockstep, given, again
        )
        output: base.Output = module.Output.open(place, lead)
        stack.callback(output.close)
        opened.append(output)
        lead = output if lead is None and output.has_context else lead
    return opened


def open_record(wires: Wires, first: base.Output, rate: float, stack: ExitStack) -> Film | None:
    """Open the film of what the first output shows, if one is wanted; raise OutputError."""
    if not wires.record:
        return None
    place = base.Place(
        "record", first.size, rate, wires.run, lockstep=wires.lockstep, options={"path": wires.record, "fps": rate}
    )
    film = Film.open(place, None)
    stack.callback(film.close)
    return film
