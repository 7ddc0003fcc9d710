"""The contract of the folder server/inputs: every module in it is an input, read from its source and from its import."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from show import announce
from show.parameter import Parameter, options

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "server" / "inputs"
INPUTS = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in ("__init__", "base"))


def test_the_folder_holds_the_inputs_that_ship() -> None:
    assert {"audio", "osc", "synthetic"} <= set(INPUTS)


def test_the_base_is_small() -> None:
    assert len((FOLDER / "base.py").read_text(encoding="utf-8").splitlines()) <= 80


@pytest.mark.parametrize("name", INPUTS)
def test_an_input_declares_channels_options_and_run(name: str) -> None:
    tree = ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))
    declared = {
        node.target.id for node in tree.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    assert {"CHANNELS", "OPTIONS"} <= declared
    run = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "run")
    assert ast.unparse(run.args) == "wires: Wires, pulse: Pulse"
    assert run.returns is not None
    assert ast.unparse(run.returns) == "None"
    assert ast.get_docstring(run)


@pytest.mark.parametrize("name", INPUTS)
def test_what_an_input_declares_is_in_order(name: str) -> None:
    module = importlib.import_module(f"server.inputs.{name}")
    assert all(channel.startswith(f"{name}/") for channel in module.CHANNELS)
    assert len(set(module.CHANNELS)) == len(module.CHANNELS)
    assert all(isinstance(option, Parameter) and option.label for option in module.OPTIONS)
    defaults = options(module.OPTIONS, {}, f"input {name}")
    assert options(module.OPTIONS, defaults, f"input {name}") == defaults


def test_all_inputs_can_be_asked_without_touching_hardware() -> None:
    announced = announce.ask([f"server.inputs.{name}" for name in INPUTS])
    assert all(announcement.missing == "" for announcement in announced.values())
    assert "audio/bass" in announced["server.inputs.audio"].channels
    modules = ", ".join(f"server.inputs.{name}" for name in INPUTS)
    script = f"import sys, {modules}; print({{'sounddevice', 'av', 'rtmidi', 'link'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "set()"
