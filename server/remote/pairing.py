"""Pairing: how a phone becomes trusted, by a QR code that works once or by a PIN.

Pairing is open while no phone is paired, for ten minutes after somebody with a paired phone asked for it, and for ten
minutes after the file `open-pairing` appeared in the state directory (for whoever stands at the machine).

1. The QR code carries a token of 128 random bits. It works once; after that, and every five minutes, there is another.
   A token outlives its place on the wall by one minute, for those who were just scanning. This way is never locked.
2. The PIN has six digits and is drawn at every start. Every wrong one costs time, for its address and for everybody:
   the waits are kept in SQLite, so that a restart does not pay them off. A try that comes too early is not looked at.
   One PIN is hashed (argon2id, 64 MiB, 0.1 s) at a time.

Link times are monotonic seconds, waits are Unix seconds (they outlive a restart); both are passed in.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from server.remote.qr import rows, terminal_qr
from server.remote.sessions import Sessions

OPEN_SECONDS: Final = 600.0
TOKEN_SECONDS: Final = 300.0
TOKEN_GRACE: Final = 60.0
OPEN_FILE: Final = "open-pairing"
"""Name of the file in the state directory that opens pairing."""

EVERYBODY: Final = "*"
FORGET_SECONDS: Final = 3600.0
"""Wrong PINs are forgotten after an hour without another."""
FREE_TRIES: Final = 3
LONGEST_WAIT: Final = 900.0
FREE_TRIES_OF_ALL: Final = 20
LONGEST_WAIT_OF_ALL: Final = 60.0


def wait_after(failures: int, free: int, longest: float) -> float:
    """Return the seconds to wait after so many wrong PINs: none while some are free, then 1, 2, 4 ... `longest`."""
    return 0.0 if failures < free else min(longest, 2.0 ** min(failures - free, 20))


@dataclass
class _Link:
    """The token on the wall since `since` (monotonic seconds), and its predecessor with the end of its grace."""

    since: float
    token: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    before: str = ""
    before_until: float = 0.0


class Pairing:
    """Tokens, the PIN, and whether pairing is open; `base` is the page's address without a slash at the end."""

    def __init__(self, sessions: Sessions, base: str, state_dir: Path, mono: float) -> None:
        self._sessions = sessions
        self._base = base
        self._open_file = state_dir / OPEN_FILE
        self._open_until = 0.0
        self.pin = f"{secrets.randbelow(10**6):06d}"
        self._hasher = PasswordHasher()
        self._pin_hash = self._hasher.hash(self.pin)
        self._link = _Link(mono)
        self._words: tuple[str, dict[str, str]] = ("", {})

    def is_open(self, mono: float, now: float) -> bool:
        """Say whether a phone can be paired now."""
        return mono < self._open_until or not self._sessions.any(now)

    def open(self, mono: float) -> None:
        """Open pairing for ten minutes."""
        self._open_until = mono + OPEN_SECONDS

    def look_for_file(self, mono: float) -> None:
        """Open pairing if somebody at the machine asked for it with the file, and take the file away."""
        if self._open_file.exists():
            self._open_file.unlink(missing_ok=True)
            self.open(mono)

    def words(self, mono: float, now: float) -> dict[str, str]:
        """Return what is to be shown while pairing is open: `url`, `pin`, `qr` (rows of 0/1 joined by "/") and
        `terminal` (a text ready to print); nothing otherwise."""
        if not self.is_open(mono, now):
            return {}
        self._turn(mono)
        token = self._link.token
        if self._words[0] != token:
            url = f"{self._base}/pair?token={token}"
            text = f"{terminal_qr(url)}\nScan this with a phone, or open {self._base} and type the PIN {self.pin}."
            self._words = (token, {"url": url, "pin": self.pin, "qr": "/".join(rows(url)), "terminal": text})
        return self._words[1]

    def take_token(self, token: str, mono: float, now: float) -> bool:
        """Use up a token and say whether it was right; a used one never works again."""
        if not self.is_open(mono, now):
            return False
        self._turn(mono)
        link = self._link
        right = hmac.compare_digest(token.encode(), link.token.encode())
        if not right and link.before and mono < link.before_until:
            right = hmac.compare_digest(token.encode(), link.before.encode())
        if right:
            self._link = _Link(mono)
        return right

    def wait(self, address: str, now: float) -> float:
        """Return the seconds until a PIN from this address is looked at."""
        return max(
            self._wait_of(address, FREE_TRIES, LONGEST_WAIT, now),
            self._wait_of(EVERYBODY, FREE_TRIES_OF_ALL, LONGEST_WAIT_OF_ALL, now),
        )

    def take_pin(self, pin: str, address: str, now: float) -> bool:
        """Say whether a PIN is right and remember if not; takes 0.1 s, for one caller at a time."""
        before = {name: self._failures(name, now) for name in (address, EVERYBODY)}
        # Counted before it is looked at: ending this process in between must not make a try free.
        self._sessions.note_failures({name: count + 1 for name, count in before.items()}, now)
        try:
            self._hasher.verify(self._pin_hash, pin)
        except VerifyMismatchError:
            return False
        self._sessions.note_failures({address: 0, EVERYBODY: before[EVERYBODY]}, now)
        return True

    def _failures(self, name: str, now: float) -> int:
        failures, last = self._sessions.failures(name)
        return failures if abs(now - last) < FORGET_SECONDS else 0

    def _wait_of(self, name: str, free: int, longest: float, now: float) -> float:
        _, last = self._sessions.failures(name)
        whole = wait_after(self._failures(name, now), free, longest)
        # A wall clock that was set back must not make anyone wait longer than the whole wait.
        return min(whole, max(0.0, last + whole - now))

    def _turn(self, mono: float) -> None:
        if mono - self._link.since >= TOKEN_SECONDS:
            self._link = _Link(mono, before=self._link.token, before_until=mono + TOKEN_GRACE)
