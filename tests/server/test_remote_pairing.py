"""Pairing: a QR token works once, wrong PINs cost time across restarts, and only hashes are kept."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from server.remote.guard import COOKIE
from server.remote.pairing import (
    FREE_TRIES,
    LONGEST_WAIT,
    LONGEST_WAIT_OF_ALL,
    OPEN_FILE,
    OPEN_SECONDS,
    TOKEN_GRACE,
    TOKEN_SECONDS,
    Pairing,
    wait_after,
)
from server.remote.qr import rows, terminal_qr
from server.remote.sessions import SESSION_SECONDS, SESSIONS, Entry, Sessions
from show.errors import OrielError
from tests.server.remote_fixtures import Stand, until

NOW = 1_800_000_000.0


@pytest.fixture
def sessions(tmp_path: Path) -> Iterator[Sessions]:
    opened = Sessions(tmp_path / "oriel.db")
    yield opened
    opened.close()


@pytest.fixture
def pairing(sessions: Sessions, tmp_path: Path) -> Pairing:
    return Pairing(sessions, "http://10.0.0.7:8080", tmp_path, mono=0.0)


def token(words: dict[str, str]) -> str:
    return words["url"].partition("token=")[2]


def wrong(pairing: Pairing) -> str:
    return f"{(int(pairing.pin) + 1) % 10**6:06d}"


def test_the_words_hold_the_link_the_pin_and_the_code(pairing: Pairing) -> None:
    words = pairing.words(0.0, NOW)
    assert words["url"] == f"http://10.0.0.7:8080/pair?token={token(words)}"
    assert len(words["pin"]) == 6
    assert tuple(words["qr"].split("/")) == rows(words["url"])
    assert words["terminal"].startswith(terminal_qr(words["url"]))
    assert words["pin"] in words["terminal"]


def read_code(text_rows: list[str]) -> str:
    """Return what a camera reads in rows of "1" for dark."""
    dark = np.array([[mark == "1" for mark in row] for row in text_rows])
    picture = np.where(np.pad(dark, 4), 0, 255).astype(np.uint8).repeat(6, axis=0).repeat(6, axis=1)
    said: str = cv2.QRCodeDetector().detectAndDecode(picture)[0]
    return said


def test_a_camera_reads_the_code_on_the_wall_and_the_one_in_the_terminal(pairing: Pairing) -> None:
    words = pairing.words(0.0, NOW)
    assert read_code(words["qr"].split("/")) == words["url"]
    halves = {"█": "00", "▀": "01", "▄": "10", " ": "11"}
    printed = words["terminal"].split("\n")[: (len(rows(words["url"])) + 5) // 2]
    pairs = [[halves[mark] for mark in line] for line in printed]
    framed = ["".join(pair[half] for pair in line) for line in pairs for half in (0, 1)]
    assert read_code([row[2:-2] for row in framed[2:-2]][: len(rows(words["url"]))]) == words["url"]


def test_a_token_works_once(pairing: Pairing) -> None:
    first = token(pairing.words(0.0, NOW))
    assert not pairing.take_token("", 1.0, NOW)
    assert not pairing.take_token(first + "x", 1.0, NOW)
    assert pairing.take_token(first, 1.0, NOW)
    assert not pairing.take_token(first, 1.0, NOW)
    assert token(pairing.words(1.0, NOW)) != first


def test_a_token_turns_every_five_minutes_with_a_minute_of_grace(pairing: Pairing) -> None:
    first = token(pairing.words(0.0, NOW))
    second = token(pairing.words(TOKEN_SECONDS, NOW))
    assert second != first
    assert not pairing.take_token(first, TOKEN_SECONDS + TOKEN_GRACE, NOW)
    assert pairing.take_token(second, TOKEN_SECONDS + TOKEN_GRACE, NOW)


def test_a_token_in_its_grace_works_and_ends_both(pairing: Pairing) -> None:
    first = token(pairing.words(0.0, NOW))
    second = token(pairing.words(TOKEN_SECONDS, NOW))
    assert pairing.take_token(first, TOKEN_SECONDS + 5, NOW)
    assert not pairing.take_token(second, TOKEN_SECONDS + 5, NOW)


def test_pairing_is_open_until_a_phone_is_paired_and_when_asked_for(
    pairing: Pairing, sessions: Sessions, tmp_path: Path
) -> None:
    link = token(pairing.words(0.0, NOW))
    phone = sessions.create("iPhone", "10.0.0.9", NOW)
    assert pairing.words(1.0, NOW) == {}
    assert not pairing.take_token(link, 1.0, NOW)
    pairing.open(1.0)
    assert pairing.words(1.0 + OPEN_SECONDS - 1, NOW)
    assert not pairing.words(1.0 + OPEN_SECONDS, NOW)
    (tmp_path / OPEN_FILE).touch()
    pairing.look_for_file(5000.0)
    assert pairing.is_open(5001.0, NOW)
    assert not (tmp_path / OPEN_FILE).exists()
    sessions.end(phone)
    assert pairing.is_open(9999.0, NOW)


def test_waits_grow_and_have_an_end() -> None:
    waits = [wait_after(n, FREE_TRIES, LONGEST_WAIT) for n in range(40)]
    assert waits[:6] == [0, 0, 0, 1, 2, 4]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_WAIT


def test_wrong_pins_cost_time_that_a_restart_does_not_pay_off(
    pairing: Pairing, sessions: Sessions, tmp_path: Path
) -> None:
    for _ in range(FREE_TRIES + 2):
        assert not pairing.take_pin(wrong(pairing), "10.0.0.66", NOW)
    assert pairing.wait("10.0.0.66", NOW) == 4
    assert pairing.wait("10.0.0.7", NOW) == 0  # another phone need not wait yet
    sessions.close()
    again = Sessions(tmp_path / "oriel.db")
    later = Pairing(again, "http://10.0.0.7:8080", tmp_path, mono=0.0)
    assert later.wait("10.0.0.66", NOW + 1) == 3
    assert later.wait("10.0.0.66", NOW - 86400) <= 4  # a clock that was set back
    assert later.take_pin(later.pin, "10.0.0.66", NOW + 5)
    assert later.wait("10.0.0.66", NOW + 5) == 0
    again.close()


def test_ten_thousand_tries_from_many_addresses_are_looked_at_at_most_a_few_hundred_times(
    pairing: Pairing, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at = []

    def refuse(_hasher: PasswordHasher, _hash: str, pin: str) -> bool:
        looked_at.append(pin)
        raise VerifyMismatchError

    monkeypatch.setattr(PasswordHasher, "verify", refuse)  # the real one takes 0.1 s, on purpose
    for number in range(10_000):  # one try per second, never twice from one address
        if pairing.wait(f"10.1.{number // 250}.{number % 250}", NOW + number) == 0:
            pairing.take_pin("000000", f"10.1.{number // 250}.{number % 250}", NOW + number)
    assert len(looked_at) <= 10_000 / LONGEST_WAIT_OF_ALL + 40


def test_only_hashes_are_kept(sessions: Sessions, tmp_path: Path) -> None:
    phone = sessions.create("iPhone", "10.0.0.9", NOW)
    found = sessions.find(phone, NOW)
    assert found is not None
    assert found.device == "iPhone"
    files = b"".join(path.read_bytes() for path in tmp_path.glob("oriel.db*"))
    assert phone.encode() not in files
    assert (tmp_path / "oriel.db").stat().st_mode & 0o077 == 0


def test_sessions_end_by_time_by_hand_and_by_number(sessions: Sessions) -> None:
    old = sessions.create("a", "1", NOW)
    assert sessions.find(old, NOW + SESSION_SECONDS - 1) is not None
    assert sessions.find(old, NOW + SESSION_SECONDS) is None
    assert not sessions.any(NOW + SESSION_SECONDS)
    phones = [sessions.create("b", "2", NOW + 1 + n) for n in range(SESSIONS)]
    assert sessions.find(old, NOW + 1) is None
    sessions.end(phones[0])
    assert sessions.find(phones[0], NOW + 1) is None
    assert sessions.find(phones[1], NOW + 1) is not None


def test_the_audit_keeps_the_first_of_two_with_one_key(sessions: Sessions) -> None:
    entry = Entry(NOW, "abc", "iPhone", "10.0.0.9", "go", "", "done", "key-1")
    sessions.note([entry, entry._replace(outcome="sent"), entry._replace(key=None), entry._replace(key=None)])
    assert sessions.outcome("abc", "key-1") == "done"
    assert sessions.outcome("abd", "key-1") is None
    assert len(sessions.audit()) == 3


def test_the_file_is_written_ahead_and_to_the_disk(sessions: Sessions, tmp_path: Path) -> None:
    assert sessions._write.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert sessions._write.execute("PRAGMA synchronous").fetchone() == (2,)
    assert (tmp_path / "oriel.db-wal").exists()


def test_a_damaged_file_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "oriel.db"
    path.write_bytes(b"no database at all" * 500)
    opened = Sessions(path)
    assert opened.find(opened.create("a", "1", NOW), NOW) is not None
    opened.close()
    assert (tmp_path / "oriel.db.damaged-1").read_bytes().startswith(b"no database")


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "oriel.db").mkdir()
    with pytest.raises(OrielError, match=r"oriel\.db: the phone page's memory cannot be opened"):
        Sessions(tmp_path / "oriel.db")


@pytest.fixture(autouse=True)
def _fresh(request: pytest.FixtureRequest) -> None:
    if "stand" in request.fixturenames:
        opened: Stand = request.getfixturevalue("stand")
        opened.unpair_all()
        until(lambda: opened.status and opened.status.words, "pairing is open")


def test_a_phone_pairs_by_pin_and_pairing_closes_behind_it(stand: Stand) -> None:
    pin = stand.words()["pin"]
    with stand.stranger() as phone:
        assert phone.get("/api/state").status_code == 401
        answer = phone.post("/api/pair", json={"pin": pin})
        assert answer.status_code == 200
        cookie = answer.headers["set-cookie"]
        assert all(word in cookie for word in (COOKIE, "HttpOnly", "SameSite=strict", "Path=/", "Max-Age=2592000"))
        assert phone.get("/api/state").status_code == 200
        until(lambda: stand.status and not stand.status.words, "the words leave the wall")
        with stand.stranger() as late:
            refused = late.post("/api/pair", json={"pin": pin})
            assert (refused.status_code, refused.json()["error"][:17]) == (403, "Pairing is closed")
            added = phone.post("/api/pairing", json={}).json()
            assert until(lambda: stand.status and stand.status.words, "the words come back")["url"] == added["url"]
            assert late.post("/api/pair", json={"pin": added["pin"]}).status_code == 200
        assert phone.post("/api/logout", json={}).status_code == 200
        assert phone.get("/api/state").status_code == 401


def test_a_phone_pairs_by_token_once(stand: Stand) -> None:
    url = stand.words()["url"]
    assert url.startswith(stand.url)
    with stand.stranger() as phone, stand.stranger() as second:
        assert phone.get(url, headers={"Sec-Purpose": "prefetch"}).status_code == 404
        answer = phone.get(url)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert phone.get("/api/state").status_code == 200
        used = second.get(url)
        assert (used.status_code, used.headers["location"]) == (303, "/#code-too-old")
        assert second.get("/api/state").status_code == 401


def test_wrong_pins_are_slowed_down_and_the_code_is_never_locked(stand: Stand) -> None:
    words = stand.words()
    bad = f"{(int(words['pin']) + 1) % 10**6:06d}"
    with stand.stranger() as phone:
        answers = [phone.post("/api/pair", json={"pin": bad}) for _ in range(8)]
        assert [answer.status_code for answer in answers][:4] == [403, 403, 403, 429]
        assert answers[-1].status_code == 429
        assert int(answers[-1].headers["retry-after"]) >= 1
        assert phone.post("/api/pair", json={"pin": words["pin"]}).status_code == 429
        stand.kill()
        stand.start()
        failures = sqlite3.connect(stand.wires.state / "oriel.db")
        assert failures.execute("SELECT failures FROM attempt WHERE address = '127.0.0.1'").fetchone()[0] >= 3
        failures.close()
        fresh = until(lambda: stand.status and stand.status.words.get("url") != words["url"] and stand.status, "words")
        assert phone.get(fresh.words["url"]).status_code == 303
        assert phone.get("/api/state").status_code == 200


def test_what_is_no_pin_is_refused_with_a_sentence(stand: Stand) -> None:
    with stand.stranger() as phone:
        bodies: list[Any] = [{}, {"pin": 123456}, {"pin": "12345"}, {"pin": "123456", "more": 1}, [], "x"]
        for body in bodies:
            answer = phone.post("/api/pair", json=body)
            assert answer.status_code == 422
            assert answer.json()["error"].startswith("The message is not what was expected: ")


def test_who_was_paired_is_written_down(stand: Stand) -> None:
    with stand.stranger() as phone:
        phone.headers["user-agent"] = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X)"
        phone.post("/api/pair", json={"pin": stand.words()["pin"]})
    sessions = Sessions(stand.wires.state / "oriel.db")
    newest = sessions.audit(1)[0]
    sessions.close()
    assert newest[2:7] == ("iPhone", "127.0.0.1", "pair", "PIN", "done")
    assert abs(newest.at - time.time()) < 60
