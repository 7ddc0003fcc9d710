"""Models are built once per session; what a test breaks, it breaks in a copy."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.render.small import SCHEDULERS, build


@pytest.fixture(scope="session", params=sorted(SCHEDULERS))
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("model") / request.param, request.param)


@pytest.fixture(scope="session")
def one_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("model") / "one")
