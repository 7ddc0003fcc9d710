"""The rules of the house that a machine can hold: layers, imports, sizes, words."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("show", "render", "mapping", "server")
SOURCES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
HEAVY = {"torch", "diffusers", "transformers", "open_clip", "moderngl", "glfw", "fastapi", "uvicorn", "sounddevice"}


def loaded_by(module: str) -> set[str]:
    """Return the top-level modules that are loaded after importing `module` in a fresh interpreter."""
    script = f"import sys, {module}; print(' '.join(sorted({{name.partition('.')[0] for name in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "module, allowed",
    [
        ("show.__main__", set()),
        ("show.supervisor", set()),
        ("show.child", set()),
        ("render.worker", set()),
        ("render.critic", set()),
        ("render.artists.diffusion", set()),
        ("render.artists.testcard", set()),
        ("server.control", set()),
        ("server.inputs.osc", set()),
        ("server.inputs.audio", set()),
        ("server.inputs.synthetic", set()),
        ("server.remote.process", {"fastapi", "uvicorn"}),
        ("mapping.projector", {"moderngl"}),
    ],
)
def test_importing_a_process_loads_nothing_heavy_that_it_may_not_have(module: str, allowed: set[str]) -> None:
    assert loaded_by(module) & HEAVY <= allowed


def functions(path: Path) -> list[tuple[str, int]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    found = [node for node in ast.walk(tree) if isinstance(node, kinds)]
    return [(f"{path.relative_to(ROOT)}:{f.lineno} {f.name}", (f.end_lineno or f.lineno) - f.lineno + 1) for f in found]


def test_functions_fit_a_screen() -> None:
    sizes = [size for path in SOURCES for size in functions(path)]
    assert [f"{where}: {lines} lines" for where, lines in sizes if lines > 80] == []
    assert np.percentile([lines for _, lines in sizes], 90) <= 30


def test_files_can_be_named_in_one_breath() -> None:
    long = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert {name: lines for name, lines in long.items() if lines > 400} == {}


@pytest.mark.parametrize("word", ["panel", "pipeline"])
def test_banned_words_name_nothing_of_ours(word: str) -> None:
    # "panel" means a wing and a phone page, "pipeline" a diffusers class: as names of our own things they mislead.
    found = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(node, "name", None) if isinstance(node, ast.FunctionDef | ast.ClassDef) else None
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                name = node.id
            if isinstance(name, str) and word in re.split(r"_|(?<=[a-z])(?=[A-Z])", name.lower()):
                found.append(f"{path.relative_to(ROOT)}:{node.lineno} {name}")  # type: ignore[attr-defined]
    assert found == []


def test_no_code_evaluates_text_or_unpickles() -> None:
    forbidden = re.compile(r"(?<![\w.])(eval|exec)\(|pickle\.load|yaml\.load|shell=True|trust_remote_code=True")
    hits = [str(path.relative_to(ROOT)) for path in SOURCES if forbidden.search(path.read_text(encoding="utf-8"))]
    assert hits == []


def test_the_top_level_holds_only_what_the_user_asked_for() -> None:
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=ROOT, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    top = {line.partition("/")[0] for line in listed.stdout.splitlines()}
    allowed = {*FOLDERS, "configs", "tests", "docs", ".ci", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"}
    assert top <= allowed | {"Makefile", ".gitignore", ".gitattributes"}


def test_weights_are_safetensors_only() -> None:
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=ROOT, check=False)
    weights = [name for name in listed.stdout.splitlines() if re.search(r"\.(bin|pt|pth|ckpt|pkl|npz|onnx)$", name)]
    assert weights == []
