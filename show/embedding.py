"""Embeddings of texts, asked of a model's text encoder in a short-lived child, so that nobody else imports torch.

`python -m render.reading MODEL` reads texts as JSON from standard input and prints two little-endian uint32 (N, D) and
then N x D float32.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from show.errors import OrielError

_MODULE: Final = "render.reading"
_SECONDS: Final = 900
_HEAD: Final = 8


def ask(texts: Sequence[str], model: str = "embedded") -> NDArray[np.float32]:
    """Return the embeddings (N, D) float32 of texts by a model's text encoder; raise OrielError."""
    command = [sys.executable, "-m", _MODULE, model]
    asked = msgspec.json.encode(list(texts))
    done = subprocess.run(command, input=asked, capture_output=True, timeout=_SECONDS, check=False)
    found = unpacked(done.stdout) if done.returncode == 0 else None
    if found is None:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise OrielError(f"the text could not be read by the model {model}: {' '.join(last)}")
    return found


def unpacked(answer: bytes) -> NDArray[np.float32] | None:
    """Return the embeddings (N, D) float32 of an answer, None when it is torn."""
    if len(answer) < _HEAD:
        return None
    count, width = (int(number) for number in np.frombuffer(answer, "<u4", 2))
    if len(answer) != _HEAD + 4 * count * width:
        return None
    return np.frombuffer(answer, "<f4", count * width, _HEAD).reshape(count, width).astype(np.float32)
