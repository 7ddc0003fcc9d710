"""What the tests of the remote share: one stand, because its process takes seconds to start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.server.remote_fixtures import Stand, a_stand


@pytest.fixture(scope="session")
def _stand() -> Iterator[Stand]:
    with a_stand() as opened:
        yield opened


@pytest.fixture
def stand(_stand: Stand) -> Stand:
    """The stand, healthy again whatever the test before has left."""
    _stand.calm()
    return _stand
