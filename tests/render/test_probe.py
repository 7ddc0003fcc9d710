"""The findings that `oriel doctor` reads."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from render.probe import findings

ROOT = Path(__file__).resolve().parents[2]


def test_it_prints_one_json_line_per_finding(one_model: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "render.probe", str(one_model)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [finding["name"] for finding in found] == ["Painting", "GPU", "CPU", "Model files"]
    assert all(set(finding) == {"name", "ok", "needed", "found", "remedy"} for finding in found)
    assert all(finding["ok"] or finding["remedy"] for finding in found)
    assert found[-1]["ok"]


def test_an_artist_without_a_model_needs_no_model_files() -> None:
    assert [finding["name"] for finding in findings("", "")] == ["Painting", "GPU", "CPU"]


def test_a_damaged_or_absent_model_is_needed_and_has_a_remedy(
    one_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(one_model, tmp_path / "model")
    (tmp_path / "model" / "vae" / "config.json").unlink()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    for model, vae in ((str(tmp_path / "model"), ""), ("nobody/nothing", ""), (str(one_model), "nobody/tiny")):
        last = list(findings(model, vae))[-1]
        assert not last["ok"]
        assert last["needed"]
        assert last["remedy"]
