"""Log once, count after."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from show.log import Tally, get_log, let_go_of_terminal, start_log


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "log" / "part.log").read_text().splitlines()]


def test_the_terminal_gets_the_sentence_and_the_file_the_story(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start_log("part", tmp_path)
    try:
        raise ValueError("no light")
    except ValueError:
        get_log().exception("the lamp failed", lamp=3)
    assert capsys.readouterr().err == "[part] the lamp failed\n"
    (line,) = lines(tmp_path)
    assert line["lamp"] == 3
    assert "ValueError: no light" in line["exception"]


def test_a_failure_in_a_loop_is_told_once_and_then_counted(tmp_path: Path) -> None:
    start_log("part", tmp_path)
    tally = Tally("painting", every=50)
    rows = [tally.failed(ValueError("no light")) for _ in range(120)]
    assert rows[-1] == 120
    told = lines(tmp_path)
    assert len(told) == 3
    assert "exception" in told[0]
    assert "50 times" in told[1]["event"]
    tally.passed()
    assert tally.failed(ValueError("again")) == 1


@pytest.mark.parametrize(
    "ends", [BrokenPipeError(32, "Broken pipe"), OSError(28, "No space left on device"), OSError(5, "EIO")]
)
def test_a_terminal_that_takes_no_more_ends_nothing(
    ends: OSError, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Gone(io.StringIO):
        def write(self, _text: str) -> int:
            raise ends

    start_log("part", tmp_path)
    monkeypatch.setattr(sys, "stderr", Gone())
    get_log().warning("the lamp flickers")
    let_go_of_terminal()
    assert [line["event"] for line in lines(tmp_path)] == ["the lamp flickers"]
