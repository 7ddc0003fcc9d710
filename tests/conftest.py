"""What all tests share: no log file stays open between tests, and real-time tests get a second try."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let tests of whole processes fail once: a machine shared with others can stand still for seconds in the middle.

    The summary names every test that needed its second try; one that needs it often is wrong and must be mended.
    """
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).parts[0] in ("e2e", "server"):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(autouse=True)
def _close_the_log() -> Iterator[None]:
    yield
    log = logging.getLogger("oriel")
    for handler in list(log.handlers):
        log.removeHandler(handler)
        handler.close()
