"""What this machine has for painting, for `oriel doctor`: one JSON line per finding.

`python -m render.probe [MODEL [VAE]]`: MODEL and VAE are options of the show's artist; one without a model gives none.
A finding has `name`, `ok`, `needed` (the show cannot open without it), `found` and a `remedy` for what is missing.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from typing import TypedDict

from show.errors import OrielError

_PACKAGES = ("torch", "diffusers", "transformers", "safetensors")


class Finding(TypedDict):
    """One line of the report; see the top of the file."""

    name: str
    ok: bool
    needed: bool
    found: str
    remedy: str


def findings(model: str, autoencoder: str) -> Iterator[Finding]:
    """Yield what is there for painting with a model, in the order in which a person would look."""
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        remedy = "run `make run`, which makes the virtual environment, or `pip install -e .`"
        yield Finding(name="Painting", ok=False, needed=True, found="missing: " + ", ".join(missing), remedy=remedy)
    else:
        import torch

        yield Finding(name="Painting", ok=True, needed=True, found=f"torch {torch.__version__}", remedy="")
        yield _gpu()
        yield _half()
    if model:
        yield _model(model)
    if autoencoder and autoencoder != "full":
        yield _autoencoder(autoencoder)


def _gpu() -> Finding:
    import torch

    if torch.cuda.is_available():
        properties = torch.cuda.get_device_properties(0)
        found = f"{properties.name}, {properties.total_memory / 2**30:.0f} GiB, CUDA {torch.version.cuda}"
        return Finding(name="GPU", ok=True, needed=False, found=found, remedy="")
    remedy = "small models paint on the CPU; for large ones use a machine with an NVIDIA GPU and its driver"
    return Finding(name="GPU", ok=False, needed=False, found="no usable NVIDIA GPU; painting on the CPU", remedy=remedy)


def _half() -> Finding:
    """Report whether the CPU gains by bf16; a CPU that does not is no fault."""
    from render.machine import GAIN, cores, half_gain

    gain = half_gain()
    chosen = "bf16" if gain >= GAIN else "fp32"
    found = f"{cores()} cores; bf16 products run at {gain:.2f} times the speed of fp32; {chosen} is used"
    return Finding(name="CPU", ok=True, needed=False, found=found, remedy="")


def _model(model: str) -> Finding:
    """Report whether the model's files are whole on this machine."""
    from render.hub import cached
    from render.weights import PARTS, check_model, folder_of, is_hub_id

    remedy = "give the option `model` a whole folder; `oriel train embedded` makes the embedded model"
    folder = None
    if is_hub_id(model):
        remedy = f"start once with a network: {model} is fetched from the hub and kept"
        folder = cached(model, PARTS)
        if folder is None:
            return _missing("Model files", f"{model} is not on this machine", remedy)
    return _checked("Model files", model, remedy, lambda: check_model(folder or folder_of(model), model))


def _autoencoder(name: str) -> Finding:
    from render.hub import cached
    from render.weights import check_part, folder_of, is_hub_id

    remedy = "give the option `vae` a folder with config.json and safetensors, or a hub id"
    folder = None
    if is_hub_id(name):
        remedy = f"start once with a network: {name} is fetched from the hub and kept"
        folder = cached(name, ("",))
        if folder is None:
            return _missing("Autoencoder files", f"{name} is not on this machine", remedy)

    def check() -> None:
        chosen = folder or folder_of(name)
        inside = chosen / "vae"
        check_part(inside if inside.is_dir() else chosen, f"autoencoder {name}", "vae")

    return _checked("Autoencoder files", name, remedy, check)


def _checked(name: str, what: str, remedy: str, check: Callable[[], None]) -> Finding:
    try:
        check()
    except OrielError as error:
        return _missing(name, str(error), remedy)
    return Finding(name=name, ok=True, needed=True, found=f"{what}: whole", remedy="")


def _missing(name: str, found: str, remedy: str) -> Finding:
    return Finding(name=name, ok=False, needed=True, found=found, remedy=remedy)


def main(arguments: list[str]) -> None:
    """Print the findings as JSON lines."""
    model, autoencoder = (*arguments, "", "")[:2]
    for finding in findings(model, autoencoder):
        print(json.dumps(finding), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
