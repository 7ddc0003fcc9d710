"""`oriel bench families` with the smallest of its architectures, a tenth as wide."""

from __future__ import annotations

import json
from pathlib import Path

import diffusers
import pytest
import torch

from render.bench import families, random_model
from render.lora_file import known_layers, read_lora


def test_every_figure_of_a_family_is_measured_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "families.json"
    given = ["--families", "SDXS", "--side", "64", "--seconds", "0.01", "--narrow", "--threads", "1", "--device", "cpu"]
    families.main([*given, "--out", str(out)])
    found = json.loads(out.read_text())["SDXS"]
    assert {"1 step", "subtract", "residual", "nag", "cfg", "longest, new words", "longest, a LoRA comes"} < set(found)
    assert all(figure > 0 for figure in found.values())
    assert "a tenth as wide" in capsys.readouterr().out


def test_its_lora_changes_all_attention_of_a_family(tmp_path: Path) -> None:
    for name in random_model.NAMES:
        with torch.device("meta"):
            unet = diffusers.UNet2DConditionModel(**random_model.unet_config(name, narrow=True))
        path = families.random_lora(unet, tmp_path / f"{name}.safetensors")
        read = read_lora(path, known_layers({"unet": unet}), "LoRA")
        assert read.strange == 0
        assert len(read.layers["unet"]) == sum(layer.endswith("to_q") for layer, _ in unet.named_modules()) * 4
