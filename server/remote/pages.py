"""The page's own files: read once at the start into a fixed map, so that no request ever names a path on the disk."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final, NamedTuple

FOLDER: Final = Path(__file__).parent / "static"
KINDS: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}


class File(NamedTuple):
    """One file of the page: its bytes, its media type, and a tag that changes with its content."""

    content: bytes
    kind: str
    tag: str


def read_files() -> dict[str, File]:
    """Return the page's files by name."""
    files = {}
    for path in sorted(FOLDER.iterdir()):
        content = path.read_bytes()
        files[path.name] = File(content, KINDS[path.suffix], f'"{hashlib.sha256(content).hexdigest()[:16]}"')
    return files
