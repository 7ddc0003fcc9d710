"""Models are built once per session; what a test breaks, it breaks in a copy."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.render.small import SCHEDULERS, build

# Both triton and the software rasteriser bring an LLVM of their own: triton, which torch's friends import, crashes the
# process when it comes second. Oriel never has the two in one process; the tests of mapping and render do.
with contextlib.suppress(ImportError):
    importlib.import_module("triton")


@pytest.fixture(scope="session", params=sorted(SCHEDULERS))
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("model") / request.param, request.param)


@pytest.fixture(scope="session")
def one_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("model") / "one")


@pytest.fixture
def one_thread() -> Iterator[None]:
    """One thread for torch, so that what a test paints does not hang on how many this machine has."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
