"""Models from the hub: what is on this machine already is used without asking; the rest is fetched once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from render.weights import PARTS, SECOND, check_model, check_part, check_safetensors, one_lora, wanted_files
from show.errors import ArtistError

_SECONDS: Final = 20.0
"""Patience with the hub's first answer."""


def fetch_model(model: str, say: Callable[[str], None]) -> Path:
    """Return the local folder of a hub id's whole model, fetched if need be; raise ArtistError in one sentence."""
    return _fetch(model, (*PARTS, *SECOND), lambda folder: check_model(folder, model), say)


def fetch_autoencoder(model: str, say: Callable[[str], None]) -> Path:
    """Return the local folder of a hub id that is one autoencoder; raise ArtistError in one sentence."""
    return _fetch(model, ("",), lambda folder: check_part(folder, f"autoencoder {model}", "vae"), say)


def fetch_lora(source: str, say: Callable[[str], None]) -> Path:
    """Return the local file of a LoRA, "owner/name" or "owner/name:file.safetensors"; raise ArtistError."""
    model, _, file = source.partition(":")

    def chosen(folder: Path) -> Path:
        path = folder / file if file else one_lora(folder, (found.name for found in folder.iterdir()), source)
        check_safetensors(path, f"LoRA {source}")
        return path

    try:
        folder = cached(model, ("",))
        if folder is not None:
            return chosen(folder)
    except (ArtistError, OSError):
        pass
    say(f"Fetching the LoRA {source}; this is needed once.")
    folder = _download(model, ("",), file)
    try:
        return chosen(folder)
    except FileNotFoundError:
        raise ArtistError(f"LoRA {source}: there is no file {file!r} in {model}") from None


def cached(model: str, parts: tuple[str, ...]) -> Path | None:
    """Return the folder in which a hub id lies on this machine, whole or not; None when there is none."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(model, local_files_only=True, allow_patterns=_patterns(parts)))
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError, ValueError):
        return None


def _fetch(model: str, parts: tuple[str, ...], check: Callable[[Path], None], say: Callable[[str], None]) -> Path:
    folder = cached(model, parts)
    if folder is not None:
        try:
            check(folder)
        except ArtistError:
            folder = None
    if folder is None:
        say(f"Fetching the model {model}; this is needed once and can take long.")
        folder = _download(model, parts)
        check(folder)
    return folder


def _download(model: str, parts: tuple[str, ...], only: str = "") -> Path:
    """Fetch the files of a model, or of these one alone; every way of failing becomes one sentence."""
    from huggingface_hub import HfApi, snapshot_download

    try:
        # model_info asks once; listing the files would try again for half a minute when there is no network.
        listed = HfApi().model_info(model, timeout=_SECONDS).siblings or []
        known = [file.rfilename for file in listed]
        names = [name for name in known if name == only] if only else wanted_files(known, parts)
        if not names:
            raise ArtistError(f"model {model}: the hub has no file of it that this artist can use")
        return Path(snapshot_download(model, allow_patterns=names))
    except ArtistError:
        raise
    except Exception as error:
        # httpx, the hub and the file system each have their own family of errors; to the user they are one.
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ArtistError(
            f"model {model}: it is not on this machine and could not be fetched from the hub ({reason[:200]})"
        ) from None


def _patterns(parts: tuple[str, ...]) -> list[str]:
    return [f"{part}/*" if part else "*" for part in parts]
