"""The critic's process: it scores the wall, finds records when they are wanted, and says in words what it lacks."""

from __future__ import annotations

import io
import json
import shutil
import sys
import threading
import time
import types
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from render import critic, library, records
from render.critics import clip
from render.train.critic import Plan, configuration
from render.train.words import load_tokenizer
from render.weights import EMBEDDED
from show import frames
from show.bus import Publisher, Subscriber
from show.config import Show
from show.frames import FrameWriter, Stamps
from show.processes import table
from show.pulse import Pulse
from show.snapshot import Channels, Findings, Phrase, Question, Record, Snapshot, Status
from show.wires import CRITIC, FINDINGS, QUESTION, SNAPSHOT, Wires, channels_topic, status_topic
from tests.render.small import region, snapshot

pytestmark = pytest.mark.usefixtures("one_thread")

SMALL = Plan("critic", {"layers": [1, 1, 1, 1], "width": 8, "head_width": 8, "image_size": 32}, 16, 1)
COUNT = 48
WIDTH, HEIGHT = 48, 64
SQUARE = [[0, 0], [1, 0], [1, 1], [0, 1]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small critic with random weights, in open_clip's own format."""
    folder = tmp_path_factory.mktemp("critics") / "critic"
    tokenizer = load_tokenizer(EMBEDDED / "tokenizer")
    tokenizer.save_pretrained(folder)
    (folder / clip.CONFIG).write_text(json.dumps(configuration(SMALL, len(tokenizer))), encoding="utf-8")
    torch.manual_seed(5)
    model = open_clip.create_model(f"local-dir:{folder}", load_weights=False)
    save_file({name: value.contiguous() for name, value in model.state_dict().items()}, folder / clip.WEIGHTS)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small critic in the place of the shipped one, with a cache of its own."""
    own = tmp_path / "critic"
    shutil.copytree(made, own)
    monkeypatch.setattr(clip, "FOLDER", own)
    monkeypatch.setattr(records, "FOLDER", own)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(critic, "RETRY_SECONDS", 0.2)
    library.small.cache_clear()
    return own


class Beats:
    """A pulse that counts."""

    def __init__(self) -> None:
        self.stopping = False
        self.count = 0

    def beat(self) -> None:
        self.count += 1


class Gallery:
    """The critic in a thread, and the test in the places of control, painter and phone page."""

    def __init__(self, run_dir: str, module: str) -> None:
        show = {
            "show": {"title": "test"},
            "region": [{"name": "left", "seed": 1}, {"name": "right", "seed": 2}],
            "scene": [{"name": "one", "seconds": 10, "words": [{"text": "a red boat"}]}],
            "surface": [{"region": "left", "corners": SQUARE}],
            "critic": {"module": module, "every": 1},
        }
        key = f"oriel-{uuid.uuid4().hex[:12]}"
        self.wires = Wires(run_dir, run_dir, "", json.dumps(show), key, "", "", (CRITIC,))
        self._segment = frames.create(key, 2 * WIDTH * HEIGHT * 3)
        self.writer = FrameWriter(frames.attach(key))
        run = self.wires.run
        self._snapshots, self._questions = Publisher(run, SNAPSHOT), Publisher(run, QUESTION)
        self._heard: dict[str, Subscriber[Any]] = {
            "channels": Subscriber(run, channels_topic(CRITIC), Channels),
            "findings": Subscriber(run, FINDINGS, Findings),
            "status": Subscriber(run, status_topic(CRITIC), Status),
        }
        self.news: dict[str, Any] = {}
        self.snapshot: Snapshot | None = snapshot(region("left"), region("right", "the sea"))
        self.question: Question | None = None
        self.pulse = Beats()
        self._thread = threading.Thread(target=critic.run, args=(self.wires, cast(Pulse, self.pulse)))
        self._thread.start()

    @property
    def findings(self) -> Findings:
        return cast(Findings, self.news.get("findings", Findings(0)))

    @property
    def sentence(self) -> str:
        return str(self.news["status"].sentence) if "status" in self.news else ""

    @property
    def scores(self) -> dict[str, float]:
        return dict(self.news["channels"].values) if "channels" in self.news else {}

    def hang(self) -> None:
        """Hang new pictures: noise on the left, black on the right."""
        pictures = np.zeros((2, HEIGHT, WIDTH, 3), np.uint8)
        pictures[0] = np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH, 3))
        self.writer.publish(pictures, Stamps(snapshot_id=1))

    def until(self, done: Callable[[], Any], seconds: float = 60.0) -> None:
        """Play on until `done`."""
        deadline = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < deadline, f"it did not happen in time; last said: {self.sentence}"
            assert self._thread.is_alive()
            if self.snapshot is not None:
                self._snapshots.send(self.snapshot)
            if self.question is not None:
                self._questions.send(asked_now(self.question))
            for name, heard in self._heard.items():
                self.news[name] = heard.newest(0.01) or self.news.get(name)
                if self.news[name] is None:
                    del self.news[name]

    def close(self) -> None:
        self.pulse.stopping = True
        self._thread.join(30)
        for publisher in (self._snapshots, self._questions):
            publisher.close()
        for heard in self._heard.values():
            heard.close()
        self.writer.close()
        self._segment.close()
        self._segment.unlink()


def built() -> records.Index:
    """A small index, built and read again as the process reads it."""
    records.Index.build(clip.Clip.load(), COUNT)
    return records.Index.open(clip.Clip.load(), COUNT)


def asked_now(question: Question) -> Question:
    """The question, asked now."""
    return Question(time.monotonic_ns(), question.wall, question.number, question.words)


@pytest.fixture
def gallery() -> Iterator[Callable[[str], Gallery]]:
    opened: list[Gallery] = []
    with TemporaryDirectory(prefix="oriel-") as run_dir:

        def open_one(module: str = "clip") -> Gallery:
            opened.append(Gallery(run_dir, module))
            return opened[-1]

        yield open_one
        for one in opened:
            one.close()


def test_only_a_live_show_with_the_table_has_the_process() -> None:
    data = {
        "show": {"title": "test"},
        "region": [{"name": "left", "seed": 1}],
        "scene": [{"name": "one", "seconds": 10, "words": [{"text": "a red boat"}]}],
        "surface": [{"region": "left", "corners": SQUARE}],
    }
    without, with_one = Show.model_validate(data), Show.model_validate(data | {"critic": {}})
    assert CRITIC not in [process.name for process in table(without)]
    assert [process.module for process in table(with_one) if process.name == CRITIC] == ["render.critic"]
    assert CRITIC not in [process.name for process in table(with_one, lockstep=True)]


@pytest.mark.usefixtures("folder")
def test_the_wall_is_scored_without_an_index_and_the_remedy_is_said(gallery: Callable[[str], Gallery]) -> None:
    stand = gallery("clip")
    stand.hang()
    stand.until(lambda: stand.scores)
    assert set(stand.scores) == {"critic/score", "critic/score/left", "critic/score/right"}
    left, right = stand.scores["critic/score/left"], stand.scores["critic/score/right"]
    assert stand.scores["critic/score"] == pytest.approx((left + right) / 2, abs=1e-6)
    assert all(-1 <= score <= 1 for score in stand.scores.values())
    seen = clip.Clip.load().score(np.zeros((1, HEIGHT, WIDTH, 3), np.uint8), ["the sea"])
    assert right == pytest.approx(float(seen[0, 0]), abs=1e-5)
    stand.until(lambda: "oriel records --build" in stand.sentence)
    assert stand.news["status"].light == "green"
    assert "oriel records --build" in stand.findings.trouble
    assert stand.pulse.count > 0
    # An index that is built meanwhile is found.
    built()
    stand.question = Question(0, wall=True)
    stand.until(lambda: stand.findings.wall)
    assert stand.findings.trouble == ""


@pytest.mark.usefixtures("folder")
def test_records_are_found_only_while_they_are_wanted(gallery: Callable[[str], Gallery]) -> None:
    index = built()
    stand = gallery("clip")
    stand.hang()
    stand.until(lambda: stand.scores)
    assert stand.findings.wall == ()
    stand.question = Question(0, wall=True)
    stand.until(lambda: stand.findings.wall)
    wall: tuple[Record, ...] = stand.findings.wall
    assert [record.region for record in wall] == ["left"] * 3 + ["right"] * 3
    black = index.near_picture(np.zeros((HEIGHT, WIDTH, 3), np.uint8), 3)
    assert [record.number for record in wall[3:]] == [found.number for found in black]
    assert [record.caption for record in wall[3:]] == [found.caption for found in black]
    for record in wall:
        picture = Image.open(io.BytesIO(record.jpeg))
        assert picture.format == "JPEG"
        assert max(picture.size) == library.SIDE
        assert len(record.jpeg) < 40_000
    stand.question = None
    stand.until(lambda: stand.findings.wall_ns == 0)


@pytest.mark.usefixtures("folder")
def test_a_question_is_answered_under_its_number(gallery: Callable[[str], Gallery]) -> None:
    index = built()
    stand = gallery("clip")
    for number, words in ((7, "a red boat"), (8, "the sea " * 60), (9, "\U0001f6f6 <b>")):
        stand.question = Question(0, number=number, words=words)
        stand.until(lambda number=number: stand.findings.number == number)  # type: ignore[misc]
        wanted = index.near_words(words)
        assert [record.number for record in stand.findings.answer] == [found.number for found in wanted]
        assert all(record.region == "" for record in stand.findings.answer)


def test_a_missing_critic_is_said_and_comes_when_it_is_there(folder: Path, gallery: Callable[[str], Gallery]) -> None:
    away = folder.with_name("away")
    folder.rename(away)
    stand = gallery("clip")
    stand.hang()
    stand.until(lambda: "is missing" in stand.sentence)
    assert stand.news["status"].light == "green"
    assert stand.findings.trouble.startswith("There is no critic: ")
    beats = stand.pulse.count
    stand.until(lambda: stand.pulse.count > beats + 10)  # it lives on
    away.rename(folder)
    stand.until(lambda: stand.scores)


@pytest.mark.parametrize("module, words", [("nobody", "nobody"), ("base", "Critic")])
def test_a_module_that_is_no_critic_is_said(gallery: Callable[[str], Gallery], module: str, words: str) -> None:
    stand = gallery(module)
    stand.until(lambda: "Nobody scores the pictures" in stand.sentence)
    assert words in stand.sentence
    assert "\n" not in stand.sentence


class Stubborn:
    """A critic that cannot see, of a kind that knows no records."""

    looks = 0

    @classmethod
    def load(cls) -> Stubborn:
        return cls()

    def score(self, pictures: Any, words: Any) -> Any:
        Stubborn.looks += 1
        if Stubborn.looks < 3:
            raise RuntimeError("I cannot see")
        return np.full((len(pictures), len(words)), 0.25, np.float32)


def test_a_look_that_fails_is_tried_again(gallery: Callable[[str], Gallery], monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("render.critics.stubborn")
    module.Critic = Stubborn  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    stand = gallery("stubborn")
    stand.hang()
    stand.until(lambda: "failed" in stand.sentence)
    stand.until(lambda: stand.scores)
    assert stand.scores["critic/score"] == pytest.approx(0.25)
    stand.until(lambda: "knows no records" in stand.sentence)


def test_phrases_count_by_their_share() -> None:
    phrases = (Phrase("fire"), Phrase("smoke", 0.5), Phrase("people", -1.0), Phrase("off", 0.0))
    mixed = region("left", words_a=phrases, words_b=(Phrase("smoke"), Phrase("sea", 2.0)), mix=0.25)
    assert critic.weights(mixed) == {"fire": 0.75, "smoke": 0.375 + 0.25, "sea": 0.5}
    assert critic.weights(region("left", words_a=(Phrase("people", -1.0),))) == {}
