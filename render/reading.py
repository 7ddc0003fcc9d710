"""`python -m render.reading MODEL`: what a model's text encoder makes of texts; see `show.embedding` for the format.

A text's embedding is the encoder's pooled state (that of the end token), the one its training compared with pictures. A
text longer than the encoder reads is cut where it stops reading.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from render.weights import check_part, folder_of, is_hub_id, read_json
from show.errors import ArtistError, OrielError

_BATCH: Final = 32
_PARTS: Final = ("text_encoder", "tokenizer")


def read(texts: Sequence[str], model: str) -> NDArray[np.float32]:
    """Return the pooled states (N, D) float32 of texts; raise ArtistError when the model's encoder cannot be had."""
    folder = _folder(model)
    tokenizer, encoder = _load(folder, model)
    import torch

    limit = min(int(tokenizer.model_max_length), int(encoder.config.max_position_embeddings))
    masked = getattr(encoder.config, "use_attention_mask", False)
    # Texts of one length together: then a batch holds hardly any padding.
    order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
    result = np.zeros((len(texts), int(encoder.config.hidden_size)), np.float32)
    for at in range(0, len(order), _BATCH):
        rows = order[at : at + _BATCH]
        clean = [texts[row].encode("utf-8", "replace").decode() for row in rows]
        tokens = tokenizer(clean, padding=True, max_length=limit, truncation=True, return_tensors="pt")
        mask = tokens.attention_mask if masked else None
        with torch.inference_mode():
            result[rows] = encoder(tokens.input_ids, attention_mask=mask).pooler_output.float().numpy()
    return result


def _folder(model: str) -> Path:
    if is_hub_id(model):
        from render.hub import fetch_model

        return fetch_model(model, lambda _sentence: None)
    folder = folder_of(model)
    for part in _PARTS:
        if not (folder / part).is_dir():
            raise ArtistError(f"model {model}: {folder} has no folder {part}")
    return folder


def _load(folder: Path, model: str) -> tuple[Any, Any]:
    """Return tokenizer and text encoder, on the CPU; nothing else of the model is read."""
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    read_json(folder / "text_encoder" / "config.json", f"model {model}")
    check_part(folder / "text_encoder", f"model {model}", "text_encoder")
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True)
        encoder = transformers.CLIPTextModel.from_pretrained(folder / "text_encoder", local_files_only=True)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ArtistError(f"model {model}: its text encoder cannot be loaded from {folder}: {reason[:200]}") from None
    return tokenizer, encoder.eval().requires_grad_(False)


def main(model: str) -> None:
    """Answer on standard output."""
    texts = msgspec.json.decode(sys.stdin.buffer.read(), type=list[str])
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    found = read(texts, model)
    sys.stdout.buffer.write(np.array(found.shape, "<u4").tobytes() + found.astype("<f4").tobytes())


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except OrielError as wrong:
        sys.stderr.write(f"{wrong}\n")
        sys.exit(wrong.exit_code)
