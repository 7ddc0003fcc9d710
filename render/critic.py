"""The critic's process: every few seconds it looks at the wall, scores what it sees, and finds records near to it.

1. The loop has all the wires and does nothing that takes long: STATUS_HZ times a second it says the newest scores,
   findings and status, so that a binding to a score never falls to 0 while something is drawn.
2. One thread beside it, of low priority and with one thread of torch, does the looking. It has one job at a
   time: load the critic, look at the wall, or answer a question. A job that takes HUNG_SECONDS stops the pulse.
3. Records are only looked for and drawn while the phone page asks for them; scoring alone costs hundredths of a second.

A critic that cannot be loaded, an index that is not built and a look that failed are said in words and tried again: the
show needs none of them. This module knows no torch: it loads the critic that the show file names.
"""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from render.critics.base import Critic
from show.bus import Publisher, Subscriber
from show.errors import ArtistError, WireError
from show.frames import Frame, FrameReader, Pictures, attach
from show.log import Tally, get_log
from show.pulse import Pulse
from show.rates import STATUS_HZ
from show.snapshot import Channels, Findings, Question, Record, Region, Snapshot, Status
from show.wires import (
    CRITIC,
    FINDINGS,
    QUESTION,
    SNAPSHOT,
    Wires,
    channels_topic,
    score_channel,
    status_topic,
)

if TYPE_CHECKING:
    from render.library import Library

RETRY_SECONDS: Final = 15.0
"""A critic that could not be loaded is tried again after so long."""
HUNG_SECONDS: Final = 300.0
"""A job may take this long: loading is ten seconds of work, and on a busy machine little of a core is left for it."""
FAILURES: Final = 3
"""After so many failed looks in a row the old scores are no longer said."""
QUESTION_SECONDS: Final = 2.0
"""A question that was not sent again for this long is no longer asked."""
_NICE: Final = 10
"""About a tenth of a core where others want it all. With the least there is, the thread that loads kept the interpreter
from the loop for so long that this seemed to hang, and was killed before it ever got ready."""
_NAP_SECONDS: Final = 0.1


def run(wires: Wires, pulse: Pulse) -> None:
    """Look at the wall until told to stop."""
    thread = ThreadPoolExecutor(1, "eye", _be_humble)
    loop = _Loop(wires, thread)
    while not pulse.stopping:
        if loop.turn(time.monotonic()):
            pulse.beat()
        time.sleep(_NAP_SECONDS)
    loop.close()
    thread.shutdown(wait=False, cancel_futures=True)


class Eye:
    """The critic with its library, if it knows records: what the thread works with."""

    def __init__(self, critic: Critic, library: Library | None) -> None:
        self._critic = critic
        self._library = library

    @classmethod
    def load(cls, module: str) -> Eye:
        """Load the critic of render/critics/<module>.py; raise ArtistError when it cannot be had."""
        import torch

        torch.set_num_threads(1)
        try:
            found = importlib.import_module(f"render.critics.{module}").Critic
        except (ModuleNotFoundError, AttributeError) as error:
            raise ArtistError(f"critic {module}: {error}") from None
        critic: Critic = found.load()
        if not hasattr(critic, "score"):
            raise ArtistError(f"critic {module}: its Critic cannot score")
        from render.critics.clip import Clip
        from render.library import Library

        return cls(critic, Library(critic) if isinstance(critic, Clip) else None)

    def scores(self, pictures: Pictures, regions: tuple[Region, ...]) -> dict[str, float]:
        """How well pictures (N, H, W, 3) uint8 fit the words of their regions: the cosine by region's name.

        Of several phrases it is the average by weight; phrases that are off or excluded count for nothing.
        """
        wanted = [weights(region) for region in regions]
        words = sorted({text for phrases in wanted for text in phrases})
        if not words:
            return {}
        table = self._critic.score(pictures, words)
        found = {}
        for region, phrases, row in zip(regions, wanted, table, strict=False):
            if phrases:
                fits = [float(row[words.index(text)]) for text in phrases]
                found[region.name] = float(np.average(fits, weights=list(phrases.values())))
        return found

    def near_wall(self, pictures: Pictures, regions: tuple[Region, ...]) -> tuple[Record, ...]:
        """The records nearest to each region's picture; none without an index."""
        if self._library is None or self.trouble:
            return ()
        return self._library.near_pictures({r.name: p for r, p in zip(regions, pictures, strict=False)})

    def near_words(self, words: str) -> tuple[Record, ...]:
        """The records nearest to words; none without an index."""
        return () if self._library is None or self.trouble else self._library.near_words(words)

    @property
    def trouble(self) -> str:
        """Why there are no records, in one sentence, or "" when there are; looks whether the index has been built."""
        return "This kind of model knows no records." if self._library is None else self._library.trouble()


def weights(region: Region) -> dict[str, float]:
    """The share of each phrase in what a region is painted from, by its text; only those that count."""
    found: dict[str, float] = {}
    for phrases, share in ((region.words_a, 1 - region.mix), (region.words_b, region.mix)):
        for phrase in phrases:
            if phrase.weight * share > 0 and phrase.text:
                found[phrase.text] = found.get(phrase.text, 0.0) + phrase.weight * share
    return found


def _be_humble() -> None:
    """Take what the others leave of the CPU; on Linux this holds for the thread that asks."""
    os.nice(_NICE)


class _Loop:
    """The wires, the job in hand, and what was found so far."""

    def __init__(self, wires: Wires, thread: ThreadPoolExecutor) -> None:
        show = wires.show()
        assert show.critic is not None  # the process table has this row only then
        self._module, self._every = show.critic.module, show.critic.every
        self._thread = thread
        self._frames = FrameReader(attach(wires.pictures))
        self._snapshots = Subscriber(wires.run, SNAPSHOT, Snapshot)
        self._questions = Subscriber(wires.run, QUESTION, Question)
        self._channels = Publisher(wires.run, channels_topic(CRITIC))
        self._findings = Publisher(wires.run, FINDINGS)
        self._status = Publisher(wires.run, status_topic(CRITIC))
        self._snapshot: Snapshot | None = None
        self._question = Question(0)
        self._eye: Eye | None = None
        self._job: Future[Callable[[], None]] | None = None
        self._begun = self._due = self._said = 0.0
        self._scores: dict[str, float] = {}
        self._found = Findings(0, trouble="The critic is getting ready.")
        self._absence = ""
        self._tally = Tally("a look at the wall")

    def turn(self, now: float) -> bool:
        """Take in what is new, begin what is due, say what is known; False while a job hangs."""
        self._snapshot = self._snapshots.newest() or self._snapshot
        self._listen()
        if self._job is not None and self._job.done():
            self._finish(self._job, now)
        if self._job is None:
            self._begin(now)
        if now - self._said >= 1 / STATUS_HZ:
            self._said = now
            self._say()
        return self._job is None or now - self._begun < HUNG_SECONDS

    def _listen(self) -> None:
        news = self._questions.newest()
        if news is not None:
            if news.wall and not self._question.wall:
                self._due = 0.0
            self._question = news
        elif time.monotonic_ns() - self._question.stamp_ns > QUESTION_SECONDS * 1e9:
            self._question = Question(0)
        if self._found.wall_ns and not self._question.wall:
            self._found = msgspec.structs.replace(self._found, wall=(), wall_ns=0)

    def _begin(self, now: float) -> None:
        if self._eye is None:
            if now >= self._due:
                self._submit(self._load, now)
        elif self._question.number not in (0, self._found.number):
            eye, asked = self._eye, self._question
            self._submit(lambda: self._answer(eye, asked), now)
        elif now >= self._due and self._snapshot is not None:
            eye, regions, wall = self._eye, self._snapshot.regions, self._question.wall
            frame = self._newest_frame()
            if frame is not None:
                self._due = now + self._every
                self._submit(lambda: self._look(eye, frame, regions, wall), now)

    def _submit(self, job: Callable[[], Callable[[], None]], now: float) -> None:
        self._begun = now
        self._job = self._thread.submit(job)

    def _newest_frame(self) -> Frame | None:
        try:
            return self._frames.newest()
        except WireError:
            return None  # the painter was faster; the next turn finds a newer one

    # Jobs run in the thread and return what the loop does with their findings.

    def _load(self) -> Callable[[], None]:
        eye = Eye.load(self._module)
        trouble = eye.trouble

        def keep() -> None:
            self._eye, self._due, self._absence = eye, 0.0, ""
            self._found = Findings(0, trouble=trouble)
            get_log().info(f"the critic {self._module} is ready")

        return keep

    def _look(self, eye: Eye, frame: Frame, regions: tuple[Region, ...], wall: bool) -> Callable[[], None]:
        seen_ns = time.monotonic_ns()
        scores = eye.scores(frame.pictures, regions)
        near = eye.near_wall(frame.pictures, regions) if wall else ()
        trouble = eye.trouble

        def keep() -> None:
            self._scores = scores
            found = msgspec.structs.replace(self._found, wall=near, wall_ns=seen_ns if near else 0, trouble=trouble)
            self._found = found

        return keep

    def _answer(self, eye: Eye, asked: Question) -> Callable[[], None]:
        near = eye.near_words(asked.words)
        trouble = eye.trouble

        def keep() -> None:
            self._found = msgspec.structs.replace(self._found, number=asked.number, answer=near, trouble=trouble)

        return keep

    def _finish(self, job: Future[Callable[[], None]], now: float) -> None:
        self._job = None
        try:
            job.result()()
        except Exception as error:
            # Foreign networks raise what they like; the show needs no critic, so it is said and tried again.
            self._failed(error, now)
            return
        self._tally.passed()

    def _failed(self, error: Exception, now: float) -> None:
        if self._eye is None:
            self._miss(error, now)
            return
        if self._tally.failed(error) >= FAILURES:
            self._scores = {}
        self._due = max(self._due, now + self._every)
        if self._question.number:
            self._found = msgspec.structs.replace(self._found, number=self._question.number, answer=())

    def _miss(self, error: Exception, now: float) -> None:
        """Note that the critic cannot be had, with a traceback where nobody foresaw it, and try again later."""
        self._due = now + RETRY_SECONDS
        foreseen = isinstance(error, ArtistError)
        said = str(error) if foreseen else f"{self._module} cannot be loaded ({error})"
        absence = " ".join(said.removeprefix("critic: ").split())
        if absence != self._absence:
            get_log().warning(f"nobody scores the pictures: {absence}", exc_info=None if foreseen else error)
        self._absence = absence
        self._found = Findings(0, trouble=f"There is no critic: {absence}.")

    def _say(self) -> None:
        now_ns = time.monotonic_ns()
        numbers = {"score": float(np.mean(list(self._scores.values())))} if self._scores else {}
        numbers |= {f"score/{name}": score for name, score in self._scores.items()}
        if self._scores:
            channels = {score_channel(name): score for name, score in self._scores.items()}
            self._channels.send(Channels(CRITIC, now_ns, channels | {score_channel(): numbers["score"]}))
        self._findings.send(msgspec.structs.replace(self._found, stamp_ns=now_ns))
        self._status.send(Status(CRITIC, "green", self._sentence(), now_ns, numbers))

    def _sentence(self) -> str:
        """Say how it goes, for an invigilator; never in amber, because the show needs nothing of this."""
        if self._eye is None:
            return f"Nobody scores the pictures: {self._absence}." if self._absence else "It is getting ready."
        if self._tally.row:
            return "The last look at the wall failed; it is tried again."
        waiting = "The pictures are scored." if self._scores else "It waits for the first picture."
        return f"{waiting} {self._found.trouble}".strip()

    def close(self) -> None:
        """Close the wires."""
        self._frames.close()
        for wire in (self._snapshots, self._questions, self._channels, self._findings, self._status):
            wire.close()
