"""Errors are told in one sentence, and a command ends with their exit codes."""

from __future__ import annotations

import pytest

from show.errors import BusyError, told


def test_a_command_that_goes_well_ends_with_what_it_returns() -> None:
    assert told(lambda: None) == 0
    assert told(lambda: 5) == 5


def test_an_error_is_one_sentence_and_an_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    def command() -> None:
        raise BusyError("port 8000: another program holds it")

    assert told(command) == BusyError.exit_code
    heard = capsys.readouterr()
    assert heard.err == "port 8000: another program holds it\n"
    assert heard.out == ""


def test_other_exceptions_are_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        told(lambda: 1 // 0)
