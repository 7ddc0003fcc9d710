"""What outlives a run: sessions, wrong PINs and who did what when, in SQLite.

Only the SHA-256 of a session's token is stored: whoever reads the file cannot use what is in it. The file is written
ahead (WAL) with synchronous=FULL, so that what was answered survives a power cut. A damaged file is set aside under
another name and a new one begun; the phones then have to be paired again, the show is not concerned.

Times are Unix seconds and are passed in: sessions must expire across restarts, which a monotonic clock cannot tell.
Writing may wait for the disk, so callers on an event loop write from a thread; reading has its own connection.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple

from show.errors import OrielError
from show.log import get_log

SESSION_SECONDS: Final = 30 * 86400.0
SESSIONS: Final = 50
"""Phones that can be paired at once; the oldest gives way."""
ENTRIES: Final = 100_000
"""Entries of the audit that are kept."""

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS session (
    id_hash BLOB PRIMARY KEY, created REAL NOT NULL, expires REAL NOT NULL, device TEXT NOT NULL, address TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS audit (
    number INTEGER PRIMARY KEY, at REAL NOT NULL, who TEXT NOT NULL, device TEXT NOT NULL, address TEXT NOT NULL,
    what TEXT NOT NULL, argument TEXT NOT NULL, outcome TEXT NOT NULL, key TEXT
);
CREATE UNIQUE INDEX IF NOT EXISTS audit_key ON audit (who, key) WHERE key IS NOT NULL;
CREATE TABLE IF NOT EXISTS attempt (
    address TEXT PRIMARY KEY, failures INTEGER NOT NULL, last REAL NOT NULL
) WITHOUT ROWID;
"""


class Session(NamedTuple):
    """A paired phone: `who` is a short name of the session that may be written down, `expires` Unix seconds."""

    who: str
    device: str
    address: str
    expires: float


class Entry(NamedTuple):
    """One line of the audit: who did what when (Unix seconds), and how it went; `key` makes it unique per `who`."""

    at: float
    who: str
    device: str
    address: str
    what: str
    argument: str
    outcome: str
    key: str | None = None


class Sessions:
    """The SQLite file: one connection for writing behind a lock, one for reading."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._read_lock = threading.Lock()
        try:
            self._write, self._read = _open(path), _open(path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise OrielError(f"{path}: the phone page's memory cannot be opened ({error})") from None
            aside = _set_aside(path)
            get_log().warning(f"{path} was damaged and is now {aside.name}; phones have to be paired again")
            self._write, self._read = _open(path), _open(path)

    def create(self, device: str, address: str, now: float) -> str:
        """Begin a session and return its token, which is nowhere else: 256 random bits."""
        token = secrets.token_urlsafe(32)
        row = (_hash(token), now, now + SESSION_SECONDS, device, address)
        with self._lock, self._write:
            self._write.execute("DELETE FROM session WHERE expires <= ?", (now,))
            self._write.execute("INSERT INTO session VALUES (?, ?, ?, ?, ?)", row)
            self._write.execute(
                "DELETE FROM session WHERE id_hash NOT IN (SELECT id_hash FROM session ORDER BY created DESC LIMIT ?)",
                (SESSIONS,),
            )
        return token

    def find(self, token: str, now: float) -> Session | None:
        """Return the session of a token, or None if there is none or it has expired."""
        asked = "SELECT device, address, expires FROM session WHERE id_hash = ? AND expires > ?"
        found = self._one(asked, _hash(token), now)
        return Session(_hash(token).hex()[:12], *found) if found else None

    def any(self, now: float) -> bool:
        """Say whether a phone is paired."""
        return self._one("SELECT 1 FROM session WHERE expires > ? LIMIT 1", now) is not None

    def end(self, token: str) -> None:
        """End the session of a token."""
        with self._lock, self._write:
            self._write.execute("DELETE FROM session WHERE id_hash = ?", (_hash(token),))

    def note(self, entries: Iterable[Entry]) -> None:
        """Write entries into the audit; one whose key is known already is left as it was."""
        with self._lock, self._write:
            self._write.executemany(
                "INSERT OR IGNORE INTO audit (at, who, device, address, what, argument, outcome, key)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                entries,
            )

    def outcome(self, who: str, key: str) -> str | None:
        """Return how the request with this key went, or None if it was never noted."""
        found = self._one("SELECT outcome FROM audit WHERE who = ? AND key = ?", who, key)
        return str(found[0]) if found else None

    def audit(self, limit: int = 100) -> list[Entry]:
        """Return the newest entries of the audit, newest first."""
        asked = "SELECT at, who, device, address, what, argument, outcome, key FROM audit ORDER BY number DESC LIMIT ?"
        with self._read_lock:
            return [Entry(*row) for row in self._read.execute(asked, (limit,))]

    def failures(self, address: str) -> tuple[int, float]:
        """Return how many wrong PINs in a row came from an address, and the Unix second of the last; (0, 0) if none."""
        found = self._one("SELECT failures, last FROM attempt WHERE address = ?", address)
        return (int(found[0]), float(found[1])) if found else (0, 0.0)

    def note_failures(self, counts: dict[str, int], now: float) -> None:
        """Remember the number of wrong PINs per address; 0 forgets an address."""
        with self._lock, self._write:
            for address, failures in counts.items():
                self._write.execute("REPLACE INTO attempt VALUES (?, ?, ?)", (address, failures, now))
            self._write.execute("DELETE FROM attempt WHERE failures = 0 OR last < ?", (now - SESSION_SECONDS,))

    def _one(self, asked: str, *values: object) -> tuple[Any, ...] | None:
        with self._read_lock:
            found: tuple[Any, ...] | None = self._read.execute(asked, values).fetchone()
        return found

    def close(self) -> None:
        """Close the file."""
        self._read.close()
        self._write.close()


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=5, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.executescript(_TABLES)
        connection.execute(
            "DELETE FROM audit WHERE number <= (SELECT coalesce(max(number), 0) FROM audit) - ?", (ENTRIES,)
        )
        connection.commit()
        if connection.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("damaged")
    except sqlite3.Error:
        connection.close()
        raise
    path.chmod(0o600)
    return connection


def _set_aside(path: Path) -> Path:
    """Rename a damaged file and remove what belongs to it; return its new name."""
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    path.rename(aside)
    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    return aside
