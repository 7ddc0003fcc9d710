"""What all tests share: no log file stays open between tests."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _close_the_log() -> Iterator[None]:
    yield
    log = logging.getLogger("oriel")
    for handler in list(log.handlers):
        log.removeHandler(handler)
        handler.close()
