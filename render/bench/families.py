"""`oriel bench families`: every family of docs/families.md with random weights, through the loading code of a show.

On a card the architectures have their real size, on a CPU (or with --narrow) a tenth of the width. For each: what a
triptych takes in its usual numbers of steps and with each method of exclusion, and the longest painting while phrases
that nobody has read yet come ten times a second and while a LoRA comes and goes. Lines are printed when they are known.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from msgspec.structs import replace
from safetensors.torch import save_file

from render.artists.base import Studio
from render.artists.diffusion import OPTIONS
from render.bench import random_model
from render.bench.walk import snapshot_at
from render.machine import choose
from render.mixing import Method
from render.models import Models, Wishes, load_models
from render.painter import Painter
from show.errors import told
from show.parameter import Value, options
from show.score import EXCLUSION_WEIGHT
from show.snapshot import Phrase, Snapshot

_METHODS: Final[tuple[Method, ...]] = ("subtract", "residual", "nag", "cfg")
_NAMES: Final = ("left", "centre", "right")
_LONG: Final = 1_000_000
_FIRST: Final = _LONG // 4
_ATTENTION: Final = ("to_q", "to_k", "to_v", "to_out.0")
_RANK: Final = 16


class Family(NamedTuple):
    """An architecture, the sampler that a LoRA merged into it asks for ("": no LoRA), and its numbers of steps."""

    architecture: str
    sampler: str = ""
    steps: tuple[int, ...] = (1, 4)


FAMILIES: Final[dict[str, Family]] = {
    "SD-Turbo": Family("sd-turbo"),
    "SDXL-Turbo": Family("sdxl-turbo"),
    "SD1.5 distilled by LCM": Family("sd15-lcm"),
    "SD1.5 with LCM-LoRA": Family("sd15", "lcm", (2, 4, 8)),
    "SD1.5 with Hyper-SD": Family("sd15", "tcd", (1, 4)),
    "SDXL with Lightning": Family("sdxl-turbo", "euler", (2, 4)),
    "SDXS": Family("sdxs", "", (1,)),
}


def random_lora(unet: Any, path: Path, size: float = 0.02) -> Path:
    """Write a LoRA of random numbers on all attention layers, as kohya's scripts write them, and return its path."""
    generator = torch.Generator().manual_seed(3)
    tensors = {}
    for name, layer in unet.named_modules():
        if not name.endswith(_ATTENTION):
            continue
        out, into = layer.weight.shape
        key = f"lora_unet_{name.replace('.', '_')}"
        tensors[f"{key}.lora_down.weight"] = (torch.randn(_RANK, into, generator=generator) / into**0.5).half()
        tensors[f"{key}.lora_up.weight"] = (torch.randn(out, _RANK, generator=generator) * size).half()
    save_file(tensors, path)
    return path


class Sitting:
    """One painter of one family, and the shots that it is given."""

    def __init__(self, models: Models, side: int, seconds: float) -> None:
        given = options(OPTIONS, {}, "artist")
        self.painter = Painter(models, Studio(side, side, _NAMES, given))
        self.painter.warm_up()
        self._seconds = seconds
        self._frame = _FIRST

    def paint(self, change: Callable[[Snapshot], Snapshot], seconds: float | None = None) -> list[float]:
        """Paint for some seconds and return the milliseconds of every painting, all of its bytes home."""
        until = time.perf_counter() + (self._seconds if seconds is None else seconds)
        took: list[float] = []
        while time.perf_counter() < until or not took:
            self._frame += 1
            shot = change(snapshot_at(self._frame, _LONG))
            begun = time.perf_counter()
            self.painter.paint(shot)
            took.append(1000 * (time.perf_counter() - begun))
            self.painter.rest()
        return took

    def settled(self, change: Callable[[Snapshot], Snapshot]) -> list[float]:
        """Paint twice as long and return the times of the second half: on a card a recording is made in the first."""
        self.paint(change)
        return self.paint(change)


def valued(**values: Value) -> Callable[[Snapshot], Snapshot]:
    """Return what gives a shot values; `__` stands for a stroke in their addresses below `artist`."""
    given = {f"artist/{name.replace('__', '/')}": value for name, value in values.items()}
    return lambda shot: replace(shot, values=shot.values | given)


def excluding(method: Method, steps: int) -> Callable[[Snapshot], Snapshot]:
    """Return what keeps a word out of all regions of a shot."""
    more = valued(exclude_method=method, steps=steps)
    out = Phrase("people", EXCLUSION_WEIGHT)

    def change(shot: Snapshot) -> Snapshot:
        regions = (
            replace(one, words_a=(*one.words_a, out), words_b=(*one.words_b, out) if one.words_b else ())
            for one in shot.regions
        )
        return more(replace(shot, regions=tuple(regions)))

    return change


def unheard(shot: Snapshot) -> Snapshot:
    """Return a shot of words that nobody has read yet, other ones ten times a second."""
    tenth = int(time.monotonic() * 10)
    regions = (
        replace(one, words_a=(Phrase(f"a word {tenth} {one.name}"),), words_b=(), mix=0.0) for one in shot.regions
    )
    return replace(shot, regions=tuple(regions))


def measure(family: Family, models: Models, side: int, seconds: float) -> dict[str, Any]:
    """Return a family's figures: medians in milliseconds by number of steps and by method, and longest paintings."""
    sitting = Sitting(models, side, seconds)
    first = family.steps[0]
    found: dict[str, Any] = {
        f"{steps} step{'s' * (steps > 1)}": float(np.median(sitting.settled(valued(steps=steps))))
        for steps in family.steps
    }
    for method in _METHODS:
        found[method] = float(np.median(sitting.settled(excluding(method, first))))
    sitting.settled(valued(steps=first))
    found["longest, usual words"] = max(sitting.paint(valued(steps=first)))
    found["longest, new words"] = max(sitting.paint(lambda shot: valued(steps=first)(unheard(shot))))
    coming = sitting.paint(valued(steps=first, lora__ink=1.0))
    found["longest, a LoRA comes"] = max(coming)
    found["with the LoRA"] = float(np.median(sitting.settled(valued(steps=first, lora__ink=1.0))))
    found["longest, it goes"] = max(sitting.paint(valued(steps=first)))
    return found


def _load(name: str, family: Family, scratch: Path, args: Any) -> Models:
    folder = scratch / family.architecture
    machine = choose(options(OPTIONS, {"device": args.device, "threads": args.threads}, "artist"), deterministic=False)
    if not folder.exists():
        random_model.build(family.architecture, folder, narrow=args.narrow, device=machine.device.type)
    lora = scratch / f"{family.architecture}.safetensors"
    if not lora.exists():
        from diffusers import UNet2DConditionModel

        with torch.device("meta"):
            unet = UNet2DConditionModel(**random_model.unet_config(family.architecture, narrow=args.narrow))
        random_lora(unet, lora)
    distil = str(lora) if family.sampler else ""
    wishes = Wishes("", distil, {"ink": str(lora)}, family.sampler or "auto", waits=False)
    print(f"{name}: {machine.place}, {str(machine.dtype).removeprefix('torch.')}", flush=True)
    return load_models(str(folder), "", machine, lambda _: None, wishes)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print what is found."""
    args = _parser().parse_args(arguments)
    args.narrow = args.narrow or not torch.cuda.is_available()
    begun, kept = time.monotonic(), {}
    print(
        f"Triptychs of {args.side} x {args.side}, {'a tenth as wide' if args.narrow else 'real size'}, random weights."
    )
    with tempfile.TemporaryDirectory() as scratch:
        for name in args.families:
            models = _load(name, FAMILIES[name], Path(scratch), args)
            kept[name] = measure(FAMILIES[name], models, args.side, args.seconds)
            told = ", ".join(f"{what} {figure:.2f}" for what, figure in kept[name].items())
            print(f"{name} (ms, after {time.monotonic() - begun:.0f} s): {told}", flush=True)
            if args.out is not None:
                args.out.write_text(json.dumps(kept, indent=1))
            models.close()
            del models
            gc.collect()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("oriel bench families", description=__doc__)
    parser.add_argument("--families", nargs="+", default=list(FAMILIES), choices=list(FAMILIES))
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--seconds", type=float, default=1.0, help="per figure, and as long to settle")
    parser.add_argument("--narrow", action="store_true", help="a tenth of the width; always so without a card")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--out", type=Path, help="write the figures to this JSON file")
    return parser


if __name__ == "__main__":
    sys.exit(told(main))
