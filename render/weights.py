"""Model folders: where one lies, which files it must have, and that its weights are safetensors and whole.

Nothing here imports torch. Pickled weights (.bin, .ckpt, .pt) can run any code when they are read, so they are refused
by name and by their first bytes. The layout of a safetensors file is that of
https://github.com/huggingface/safetensors#format: eight bytes of header length, a JSON header, the tensors.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from show.errors import ArtistError

EMBEDDED: Final = Path(__file__).parent / "embedded"
"""The model that comes with the project."""
PARTS: Final = ("unet", "vae", "text_encoder", "tokenizer", "scheduler")
"""Folders of a Stable-Diffusion-shaped model."""
SECOND: Final = ("text_encoder_2", "tokenizer_2")
"""Folders that SDXL has beside these."""
TINY: Final = "vae_tiny"
"""Folder in which a small autoencoder (TAESD) may lie beside the model's own."""
OWN_DECODER: Final = "decoder"
"""Folder of a model's own fast decoder (render/decoder.py), where it has one."""
NETWORKS: Final = ("unet", "vae", TINY, "text_encoder", "text_encoder_2", OWN_DECODER)
_CONFIGS: Final = {
    "unet": ("config.json",),
    "vae": ("config.json",),
    TINY: ("config.json",),
    OWN_DECODER: ("config.json",),
    "text_encoder_2": ("config.json",),
    "tokenizer_2": ("tokenizer_config.json",),
    "text_encoder": ("config.json",),
    "tokenizer": ("tokenizer_config.json",),
    "scheduler": ("scheduler_config.json",),
}
_PICKLES: Final = (".bin", ".ckpt", ".pt", ".pth", ".pkl", ".pickle")
_HUB_ID: Final = re.compile(r"^[A-Za-z0-9][\w.-]*/[\w.-]+$")
_HEADER_LIMIT: Final = 100_000_000
_HALF: Final = ".fp16"


def is_hub_id(model: str) -> bool:
    """Say whether `model` is written like a hub id ("owner/name") and no folder of that name exists."""
    return bool(_HUB_ID.match(model)) and not Path(model).exists()


def folder_of(model: str) -> Path:
    """Return the folder that `model` names; raise ArtistError for a single file or a folder that does not exist."""
    if model == "embedded":
        if not EMBEDDED.is_dir():
            raise ArtistError(f"the embedded model is missing: no folder {EMBEDDED}; make it by `oriel train embedded`")
        return EMBEDDED
    path = Path(model).expanduser()
    if path.suffix in _PICKLES:
        raise ArtistError(f"model {model}: {path.suffix} files can run code; expected a folder with safetensors files")
    if path.is_file():
        raise ArtistError(f"model {model}: expected a folder (unet, vae, text_encoder, ...), got a single file")
    if not path.is_dir():
        raise ArtistError(f'model {model}: no such folder; give a folder, "embedded" or a hub id (owner/name)')
    return path


def lora_of(source: str) -> Path:
    """Return the file that `source` names, or the only one in a folder; raise ArtistError when there is none."""
    path = Path(source).expanduser()
    if path.suffix in _PICKLES:
        raise ArtistError(f"LoRA {source}: {path.suffix} files can run code; expected a .safetensors file")
    if path.is_dir():
        return one_lora(path, [file.name for file in sorted(path.iterdir())], source)
    if not path.is_file():
        raise ArtistError(f"LoRA {source}: no such file; give a .safetensors file, a folder or a hub id (owner/name)")
    return path


def one_lora(folder: Path, names: Iterable[str], source: str) -> Path:
    """Return which of a folder's files is the LoRA; raise ArtistError when it is not clear."""
    files = [name for name in names if name.endswith(".safetensors")]
    usual = [name for name in files if name == "pytorch_lora_weights.safetensors"]
    chosen = usual or files
    if len(chosen) != 1:
        found = ", ".join(files[:8]) or "none"
        raise ArtistError(f"LoRA {source}: expected one .safetensors file, found {found}; name one as FOLDER:FILE")
    return folder / chosen[0]


def check_model(folder: Path, model: str) -> None:
    """Raise ArtistError with one sentence unless `folder` holds a whole Stable-Diffusion-shaped model."""
    second = SECOND if (folder / SECOND[0]).is_dir() else ()
    for part in (*PARTS, *second):
        if not (folder / part).is_dir():
            raise ArtistError(f"model {model}: the folder {part} is missing in {folder}")
        check_part(folder / part, f"model {model}", part)
    for part in (TINY, OWN_DECODER):
        if (folder / part).is_dir():
            check_part(folder / part, f"model {model}", part)


def check_part(folder: Path, model: str, part: str) -> None:
    """Raise ArtistError unless the folder of one part has its configuration and, for networks, whole weights."""
    for name in _CONFIGS[part]:
        read_json(folder / name, model)
    if part in NETWORKS:
        for path in weight_files(folder, model):
            check_safetensors(path, model)


def weight_files(folder: Path, model: str) -> list[Path]:
    """Return the safetensors files of a network's folder; raise ArtistError when there are none or only pickles."""
    found = sorted(folder.glob("*.safetensors"))
    if found:
        return found
    pickles = sorted(path.name for path in folder.iterdir() if path.suffix in _PICKLES)
    if pickles:
        raise ArtistError(f"{model}: {folder.name} has only {pickles[0]}, which can run code; expected safetensors")
    raise ArtistError(f"{model}: {folder} has no weights; expected a .safetensors file")


def variant_of(folder: Path) -> str | None:
    """Return "fp16" when a network's folder has its weights in half precision only, else None (the plain files)."""
    names = [path.name for path in folder.glob("*.safetensors")]
    return "fp16" if names and all(_HALF in name for name in names) else None


def check_safetensors(path: Path, model: str) -> None:
    """Raise ArtistError unless `path` is a whole safetensors file by its first bytes, header and length."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(8)
        if head.startswith((b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")):
            raise ArtistError(f"{model}: {path} is a pickle under another name, which can run code; it is not read")
        length = int.from_bytes(head, "little")
        if len(head) < 8 or not 2 <= length <= min(size - 8, _HEADER_LIMIT):
            raise ArtistError(f"{model}: {path} is not a safetensors file, or it is damaged")
        header = file.read(length)
    end = 8 + length + _data_length(header, path, model)
    if size != end:
        raise ArtistError(f"{model}: {path} is damaged: expected {end} bytes, got {size}; fetch it again")


def _data_length(header: bytes, path: Path, model: str) -> int:
    try:
        tensors = json.loads(header)
        return max((entry["data_offsets"][1] for name, entry in tensors.items() if name != "__metadata__"), default=0)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        raise ArtistError(f"{model}: {path} is damaged: its header is not readable; fetch it again") from None


def read_json(path: Path, model: str) -> dict[str, Any]:
    """Return a configuration file; raise ArtistError when it is missing or not a JSON object."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ArtistError(f"{model}: the file {path} is missing") from None
    except (OSError, ValueError) as error:
        raise ArtistError(f"{model}: {path} is not readable: {error}") from None
    if not isinstance(found, dict):
        raise ArtistError(f"{model}: {path}: expected a JSON object, got {type(found).__name__}")
    return found


def wanted_files(names: Iterable[str], parts: Iterable[str] = PARTS) -> list[str]:
    """Return which of a hub repository's files to fetch: configurations, and of the weights the halved ones if any.

    Only JSON, text and safetensors are ever fetched. Half-precision files are half as long and hold all that a few-step
    model needs. A repository of one network (an autoencoder) has its files at the top: pass `parts` ("",).
    """
    known = list(names)
    chosen: list[str] = []
    for part in parts:
        inside = [name for name in known if name.rpartition("/")[0] == part]
        weights = [name for name in inside if name.endswith((".safetensors", ".safetensors.index.json"))]
        halves = [name for name in weights if _HALF in name]
        texts = [name for name in inside if name.endswith((".json", ".txt")) and name not in weights]
        chosen += [*texts, *(halves or weights)]
    return chosen
