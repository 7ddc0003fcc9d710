"""`oriel bench paint` on a small model, and how the benchmark of a lent card keeps what it knows."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import torch

from render.bench import messages, paint, peers, soak
from render.bench.notebook import Notebook
from show.errors import OrielError
from tests.render.small import HEIGHT, WIDTH


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # diffusers' own scheduler
def test_contestants_paint_in_turns_and_their_figures_are_kept(
    one_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "figures.json"
    sides = ["--width", str(WIDTH), "--height", str(HEIGHT), "--device", "cpu", "--threads", "1", "--dtype", "fp32"]
    paint.main(
        ["--model", str(one_model), *sides, "--steps", "2", "--batches", "3", "--seconds", "0.1", "--out", str(out)]
    )
    (result,) = json.loads(out.read_text())["results"]
    assert (result["batch"], result["steps"]) == (3, 2)
    assert result["flop"] > 1e6
    rows = {row["name"]: row for row in result["rows"]}
    assert set(rows) == {"Oriel", "bare networks", "diffusers, as shipped", "diffusers, Oriel's format"}
    assert rows["Oriel"]["oriel_faster"] == 1
    assert len({row["frames"] for row in rows.values()}) == 1
    for row in rows.values():
        assert row["ms"] == sorted(row["ms"])
        assert row["per_second"] == pytest.approx(3000 / row["ms"][0])
        assert 0 < row["of_matmul"] < 1.5
    printed = capsys.readouterr().out
    assert "The timed region is one call" in printed
    assert "StreamDiffusion was not measured" in printed


def test_a_folder_without_streamdiffusion_is_one_sentence(one_model: Path, tmp_path: Path) -> None:
    sides = ["--width", str(WIDTH), "--height", str(HEIGHT), "--device", "cpu", "--threads", "1", "--dtype", "fp32"]
    with pytest.raises(OrielError, match=r"no StreamDiffusion in .*: expected its source"):
        paint.main(["--model", str(one_model), *sides, "--steps", "1", "--streamdiffusion", str(tmp_path)])


def test_one_failure_never_loses_what_is_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = Notebook(tmp_path / "out", time.time() + 60)
    book.keep("first", pace=1.25)
    with book.trying("second") as trial:
        assert trial.worth
        raise RuntimeError("CUDA error: no kernel image is available")
    book.keep("third", pace=2.5)
    assert json.loads((tmp_path / "out" / "report.json").read_text()) == [
        {"what": "first", "pace": 1.25},
        {"what": "third", "pace": 2.5},
    ]
    assert "second: FAILED, RuntimeError: CUDA error: no kernel" in (tmp_path / "out" / "report.txt").read_text()
    assert "Traceback" in (tmp_path / "out" / "log.txt").read_text()
    assert "third: pace 2.500" in capsys.readouterr().out


def test_nothing_begins_that_cannot_end_in_time(tmp_path: Path) -> None:
    book = Notebook(tmp_path, time.time() + 10)
    with book.trying("a compiler", 30) as trial:
        assert not trial.worth
    assert "a compiler: not measured, the time was over" in (tmp_path / "report.txt").read_text()


def test_a_soak_is_of_new_words_and_writes_down_what_it_knows(one_model: Path, tmp_path: Path) -> None:
    book = Notebook(tmp_path, time.time() + 60)
    task = peers.Task(3, 1, WIDTH, HEIGHT, torch.zeros(1))
    shot = soak.snapshots(task)
    words = [shot(0.05 + tenth / 10).regions[0].words_b[0].text for tenth in range(30)]
    assert len(set(words)) == 30
    soak.soak(book, one_model, task, "small", 0.5, "cpu")
    (kept,) = json.loads((tmp_path / "report.json").read_text())
    assert kept["what"] == "small, a new phrase every 0.1 s"
    assert kept["frames"] > 3
    assert kept["p50_ms"] <= kept["p99_ms"] <= kept["p99.9_ms"] <= kept["most_ms"]
    assert 0 < kept["cpu_ms"] < 1000 * kept["seconds"]


def test_messages_are_followed_from_the_sender_to_the_pixels(one_model: Path, tmp_path: Path) -> None:
    """By real processes: a performer, the OSC input, control and the artist."""
    book = Notebook(tmp_path, time.time() + 100)
    messages.messages(book, one_model, peers.Task(2, 1, HEIGHT, WIDTH, torch.zeros(1)), "small", 3.0, "cpu")
    (kept,) = json.loads((tmp_path / "report.json").read_text())
    assert kept["what"] == "small, OSC message to changed pixels"
    assert kept["messages"] > 3
    assert 0 < kept["p50_ms"] <= kept["p99_ms"] < 3000
    assert all(kept[f"{part}_ms"] > 0 for part in ("score", "waited", "painting"))


def test_a_show_that_paints_nothing_in_time_is_one_sentence(tmp_path: Path) -> None:
    book = Notebook(tmp_path, time.time() - 1)
    missing = tmp_path / "no such model"
    with pytest.raises(OrielError, match=r"bench pipe: (no picture came within 1 seconds|the show could not start)"):
        messages.messages(book, missing, peers.Task(1, 1, HEIGHT, WIDTH, torch.zeros(1)), "small", 3.0, "cpu")
