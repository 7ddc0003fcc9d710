"""A stand for the remote: its real process, real wires, and a test at the other end of them."""

from __future__ import annotations

import multiprocessing
import os
import secrets
import shutil
import signal
import socket
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import numpy as np

from server.remote.guard import COOKIE
from server.remote.sessions import Sessions
from show import frames
from show.bus import EventReceiver, Publisher, Subscriber
from show.child import main as child_main
from show.config import Show
from show.parameter import Parameter
from show.pulse import PulseBoard
from show.snapshot import CueSheet, Event, Findings, Playing, Question, Record, Snapshot, Status, Touches
from show.wires import EVENTS, FINDINGS, QUESTION, SNAPSHOT, Wires, status_topic, touches_topic

SCENES: Final = ("Winter light", "The river", "Houses asleep")
SECONDS: Final = 30.0
STRENGTH: Final = Parameter("artist/strength", "float", 0.6, "How much is painted anew", 0.0, 1.0)
STEPS: Final = Parameter("artist/steps", "int", 2, "Steps", 1, 4, live=False)
MODE: Final = Parameter("artist/mode", "choice", "soft", "Mode", choices=("soft", "hard"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def a_show(port: int) -> Show:
    scenes = [{"name": name, "seconds": 60, "words": [{"text": name}]} for name in SCENES]
    corners = [[0, 0], [1, 0], [1, 1], [0, 1]]
    return Show.model_validate(
        {
            "show": {"title": "Three lights"},
            "region": [{"name": "left", "seed": 1}],
            "scene": scenes,
            "cue": [{"number": 1, "name": "dawn", "scene": SCENES[0]}, {"number": 2, "set": {"wall/level": 0.5}}],
            "surface": [{"region": "left", "corners": corners}],
            "remote": {"port": port},
        }
    )


def until(done: Callable[[], Any], what: str, seconds: float = SECONDS) -> Any:
    """Return the first true value of `done()`; fail naming `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (value := done()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.02)
    return value


class Stand:
    """Everything that the remote talks to. A thread publishes snapshots, statuses and strips, and takes the events.

    `cues` is the cue list, if it shows one; with a note in it, every GO is refused. `silent` names the processes that say nothing ("control" also sends no snapshots); `colour` is the wall's;
    `events` are those received, in order. As the critic it finds `wall` and, for whatever words, `near` (each only when it
    is asked), unless it has `trouble`; `questions` are the words that it heard, in order.
    """

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        key = f"oriel-test-{os.getpid()}-{secrets.token_hex(3)}"
        self.wires = Wires(
            run_dir=str(folder / "run"),
            state_dir=str(folder / "state"),
            show_path="show.toml",
            show_json=a_show(self.port).model_dump_json(),
            pictures=f"{key}-pictures",
            glass=f"{key}-glass",
            pulse=f"{key}-pulse",
            processes=("projector", "render", "control", "audio", "critic", "remote"),
            artist_parameters=(STRENGTH, STEPS, MODE),
        )
        for made in (self.wires.run, self.wires.state):
            made.mkdir(parents=True)
        self.url = f"http://127.0.0.1:{self.port}"
        self.board = PulseBoard(self.wires.pulse, create=True)
        self._glass = frames.create(self.wires.glass, 640 * 640 * 3)
        self.silent: set[str] = set()
        self.said: dict[str, Status] = {}
        self.colour = (200, 30, 30)
        self.scene = 0
        self.playing: Playing = "stopped"
        self.caption = "a window of three lights"
        self.cues: CueSheet | None = None
        self.events: list[Event] = []
        self.status: Status | None = None
        self.touches: Touches | None = None
        self.wall: tuple[Record, ...] = ()
        self.near: tuple[Record, ...] = ()
        self.trouble = ""
        self.questions: list[str] = []
        self.process: BaseProcess | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._play)
        self._thread.start()

    def _play(self) -> None:
        run = self.wires.run
        snapshots, receiver = Publisher(run, SNAPSHOT), EventReceiver(run, EVENTS)
        names = [*(name for name in self.wires.processes if name != "remote"), "supervisor"]
        statuses = {name: Publisher(run, status_topic(name)) for name in names}
        heard = Subscriber(run, status_topic("remote"), Status)
        touched = Subscriber(run, touches_topic("remote"), Touches)
        writer = frames.FrameWriter(self._glass)
        asked, findings = Subscriber(run, QUESTION, Question), Publisher(run, FINDINGS)
        found, step = Findings(0), 0
        while not self._stop.wait(0.02):
            step += 1
            if "control" not in self.silent:
                for event in receiver.drain():
                    self._obey(event)
                snapshots.send(self._snapshot(step, receiver.acks))
            if step % 6 == 0:
                self._say(statuses)
            if step % 5 == 0 and "projector" not in self.silent:
                strip = np.full((1, 180, 320, 3), (0, 0, 0) if self.board.blackout else self.colour, np.uint8)
                writer.publish(strip, frames.Stamps(done_ns=time.monotonic_ns()))
            found = self._find(found, asked.newest())
            if step % 6 == 0 and "critic" not in self.silent:
                findings.send(found)
            self.status = heard.newest() or self.status
            self.touches = touched.newest() or self.touches
        publishers = [snapshots, findings, *statuses.values()]
        closing: list[Publisher | EventReceiver | frames.FrameWriter] = [*publishers, receiver, writer]
        for wire in closing:
            wire.close()
        for subscriber in (heard, touched, asked):
            subscriber.close()

    def _find(self, found: Findings, question: Question | None) -> Findings:
        """Find what is asked for, as the critic does."""
        now_ns = time.monotonic_ns()
        found = msgspec.structs.replace(found, stamp_ns=now_ns, trouble=self.trouble)
        if question is None:
            return found
        if question.wall:
            found = msgspec.structs.replace(found, wall_ns=now_ns, wall=self.wall)
        if question.number not in (0, found.number) and "words" not in self.silent:
            self.questions.append(question.words)
            found = msgspec.structs.replace(found, number=question.number, answer=self.near)
        return found

    def _obey(self, event: Event) -> None:
        self.events.append(event)
        states: dict[str, Playing] = {"start": "playing", "stop": "stopped"}
        self.playing = states.get(event.kind, self.playing)
        self.scene = (self.scene + (event.kind == "go")) % len(SCENES)
        if self.cues is not None and self.cues.note and event.kind == "go":
            self.cues = msgspec.structs.replace(self.cues, refused=((event.source, event.number),))

    def _snapshot(self, step: int, acks: dict[str, int]) -> Snapshot:
        held = self.touches.touches if self.touches is not None else {}
        return Snapshot(
            id=step,
            t=step / 50,
            life=step / 50,
            stamp_ns=time.monotonic_ns(),
            origin_ns=0,
            playing=self.playing,
            scene=self.scene,
            scene_name=SCENES[self.scene],
            regions=(),
            values=self.wires.parameters().defaults() | {address: touch.value for address, touch in held.items()},
            caption=self.caption,
            narration="The night before the thaw.",
            acks=dict(acks),
            cues=self.cues,
        )

    def _say(self, statuses: dict[str, Publisher]) -> None:
        now_ns = time.monotonic_ns()
        for name, publisher in statuses.items():
            if name not in self.silent:
                status = self.said.get(name, Status(name, "green", f"{name} works.", 0))
                publisher.send(msgspec.structs.replace(status, stamp_ns=now_ns))

    def calm(self) -> None:
        """Let every part be healthy again, with the remote running."""
        self.silent, self.said, self.trouble, self.cues = set(), {}, "", None
        self.colour, self.caption = (200, 30, 30), "a window of three lights"
        self.board.blackout = False
        if self.process is None:
            self.start()

    def kinds(self) -> list[str]:
        """Return the kinds of all events so far, in order."""
        return [event.kind for event in self.events]

    def start(self) -> None:
        """Start the remote as the supervisor does and wait until it answers."""
        arguments = ("remote", "server.remote.process", msgspec.json.encode(self.wires))
        self.process = multiprocessing.get_context("spawn").Process(target=child_main, args=arguments)
        self.process.start()
        until(self.answers, "the remote answers", 60.0)

    def answers(self) -> bool:
        """Say whether the remote answers a plain question."""
        assert self.process is not None
        assert self.process.exitcode is None, f"the remote ended with {self.process.exitcode}"
        try:
            return httpx.get(f"{self.url}/api/light", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        """End the remote as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.process.close()
        self.process = None
        time.sleep(0.1)  # for what is still on its way: a dead process's PIN and link are worth nothing
        self.status = None

    def ask_to_end(self) -> int:
        """End the remote as the supervisor does and return its exit code."""
        assert self.process is not None
        assert self.process.pid is not None
        os.kill(self.process.pid, signal.SIGTERM)
        self.process.join(10)
        code = self.process.exitcode
        assert code is not None, "the remote did not end within 10 s"
        self.process = None
        return code

    def words(self) -> dict[str, str]:
        """Return the pairing words that the remote announces now, waiting for them to be there."""
        found: dict[str, str] = until(lambda: self.status and self.status.words, "pairing words in the status")
        return found

    def unpair_all(self) -> None:
        """Forget every phone and every wrong PIN, so that the next test begins as a new show does."""
        with sqlite3.connect(self.wires.state / "oriel.db", timeout=5) as database:
            database.execute("DELETE FROM session")
            database.execute("DELETE FROM attempt")
        database.close()

    def phone(self) -> httpx.Client:
        """Return a client with a session of its own, made without the pairing that other tests try."""
        sessions = Sessions(self.wires.state / "oriel.db")
        token = sessions.create("test", "127.0.0.1", time.time())
        sessions.close()
        return self.stranger({COOKIE: token})

    def stranger(self, cookies: dict[str, str] | None = None) -> httpx.Client:
        """Return a client without a session."""
        return httpx.Client(base_url=self.url, cookies=cookies, headers={"Origin": self.url}, timeout=5)

    def close(self) -> None:
        """End everything and remove what was made."""
        self.kill()
        self._stop.set()
        self._thread.join()
        self.board.close()
        self.board.unlink()
        self._glass.unlink()


@contextmanager
def a_stand() -> Iterator[Stand]:
    """Open a stand with its remote running."""
    folder = Path(tempfile.mkdtemp(prefix="oriel-"))
    stand = Stand(folder)
    try:
        stand.start()
        yield stand
    finally:
        stand.close()
        shutil.rmtree(folder)
