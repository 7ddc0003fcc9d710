"""Mask files: a PNG read as coverage, and what stands against the files that a show names.

A mask says how much light comes through: it is coverage, as alpha is, and no picture. Grey 128 of 255 lets through half
of the light, which looks brighter than half; it is not decoded from sRGB. A file with transparency counts by its alpha
alone, any other by its grey (of colours, their luma); 8 and 16 bits.

The only module of `show` that needs Pillow, therefore imported only where a show names such a file.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from show.config import Show
from show.errors import OrielError
from show.toml_lines import Path as Key

LONGEST: Final = 8192
"""Pixels of a side at the most."""
_HEAD: Final = struct.Struct(">8s8xII")
_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"


class MaskFileError(OrielError):
    """A file that cannot be a mask; the message begins with its name."""

    exit_code = 2


def read(path: Path) -> NDArray[np.float32]:
    """Return how much light a file lets through (H, W), 0..1, the top row first; raise MaskFileError."""
    try:
        _measure(path)
        with Image.open(path, formats=("PNG",)) as image:
            image.verify()  # sums of all parts; it leaves the picture unusable
        with Image.open(path, formats=("PNG",)) as image:
            return _coverage(image)
    except FileNotFoundError:
        raise MaskFileError(f"{path}: there is no such mask") from None
    except MaskFileError:
        raise
    except (OSError, SyntaxError, ValueError, EOFError, struct.error) as error:
        # What Pillow raises on a broken file, by where it breaks.
        raise MaskFileError(f"{path}: this mask cannot be read ({error})") from None


def problems(show: Show, folder: Path) -> Iterator[tuple[Key, str]]:
    """Yield a sentence for every mask file that cannot be had, by the key that names it."""
    known: dict[str, str] = {}
    for key, name in named(show):
        if name not in known:
            try:
                read(folder / name)
                known[name] = ""
            except MaskFileError as error:
                known[name] = str(error)
        if known[name]:
            yield key, known[name]


def named(show: Show) -> Iterator[tuple[Key, str]]:
    """Yield the mask files that a show names, with their keys."""
    found: list[tuple[Key, object]] = [(("surface", n, "mask"), one.mask) for n, one in enumerate(show.surface)]
    for n, cue in enumerate(show.cue):
        found += [(("cue", n, "surface", name, "mask"), laid.mask) for name, laid in cue.surface.items()]
    for key, mask in found:
        if isinstance(mask, str) and mask:
            yield key, mask


def _measure(path: Path) -> None:
    """Raise MaskFileError unless a file begins as a PNG does and says that it is no larger than it may be."""
    with path.open("rb") as file:
        head = file.read(_HEAD.size)
    if len(head) < _HEAD.size or not head.startswith(_SIGNATURE):
        raise MaskFileError(f"{path}: a mask is a PNG file; this is none")
    _, width, height = _HEAD.unpack(head)
    if max(width, height) > LONGEST:
        raise MaskFileError(f"{path}: a mask may have {LONGEST} pixels a side at the most, got {width} x {height}")


def _coverage(image: Image.Image) -> NDArray[np.float32]:
    if image.mode.startswith("I"):
        return np.asarray(image, np.float32) / np.float32(65535)
    if image.has_transparency_data:
        alpha = image.convert("RGBA").getchannel("A")
        if alpha.getextrema() != (255, 255):
            return np.asarray(alpha, np.float32) / np.float32(255)
    return np.asarray(image.convert("L"), np.float32) / np.float32(255)
