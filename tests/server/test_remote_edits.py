"""Live edits through the real phone page's process and the real show control, with a show file on the disk."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import msgspec
import pytest
from playwright.sync_api import expect, sync_playwright

from server.remote.edits import Edits
from server.remote.guard import COOKIE
from server.remote.sessions import Sessions
from show import announce, check
from show.errors import OrielError, ShowFileError
from show.snapshot import Snapshot
from tests.e2e.stage import write_show
from tests.server.rig import Rig, a_rig, until
from tests.server.test_remote_page import FLAGS


def change(path: Path, old: str, new: str) -> str:
    """Change the show file as an editor does: beside it, then in its place. Return the text before."""
    before = path.read_text()
    assert old in before
    fresh = path.with_suffix(".new")
    fresh.write_text(before.replace(old, new))
    fresh.replace(path)
    return before


@contextmanager
def a_played_show(folder: Path) -> Iterator[tuple[Rig, Path, httpx.Client]]:
    """Open a show with a real control and a real remote that follows its file; yield a phone that is paired."""
    path = write_show(folder)
    opened = check.open_show(path, announce.ask)
    with a_rig(opened.show) as rig, ExitStack() as stack:
        rig.wires = msgspec.structs.replace(
            rig.wires,
            show_path=str(path),
            artist_parameters=opened.artist_parameters,
            follow="next beat",
            log=str(rig.wires.state / "day.oriellog"),
        )
        rig.spawn("remote", "server.remote.process")
        url = f"http://127.0.0.1:{opened.show.remote.port}"
        until(lambda: (rig.wires.state / "oriel.db").exists(), "the remote has begun", 60)
        sessions = Sessions(rig.wires.state / "oriel.db")
        token = sessions.create("test", "127.0.0.1", time.time())
        sessions.close()
        phone = stack.enter_context(httpx.Client(base_url=url, cookies={COOKIE: token}, headers={"Origin": url}))
        until(lambda: answers(phone), "the remote answers", 60)
        yield rig, path, phone


def answers(phone: httpx.Client) -> bool:
    try:
        return phone.get("/api/light").status_code == 200
    except httpx.HTTPError:
        return False


def words(snapshot: Snapshot) -> str:
    return snapshot.regions[0].words_b[0].text


def test_a_running_show_is_edited_by_its_file_and_by_the_page_and_never_blanks(tmp_path: Path) -> None:
    with a_played_show(tmp_path) as (rig, path, phone):
        control = rig.spawn("control", "server.control")
        first = rig.snapshot(lambda s: s.playing == "playing")

        change(path, "red fire", "white ash")
        landed = rig.snapshot(lambda s: s.edition == 1, "the changed file plays")
        assert (words(landed), landed.entry) == ("white ash", first.entry)

        good = change(path, 'fade = 0\nwords = [{ text = "blue', 'fade = -1\nwords = [{ text = "blue')
        line = good[: good.index('fade = 0\nwords = [{ text = "blue')].count("\n") + 1
        status = rig.status_of("remote", "refused")
        assert status.light == "amber"
        assert f"goes on: show.toml:{line}: scene[2].fade: must be 0.0 or more, got -1" in status.sentence
        assert rig.snapshot().edition == 1

        # Longer than other bodies may be, and in a file that the disk has not seen.
        text = good.replace('name = "blue"', 'name = "deep blue"') + "# a remark\n" * 3000
        answer = phone.post("/api/edit", json={"at": "now", "text": text}, timeout=20)
        assert (answer.status_code, answer.json()) == (200, {"done": True})
        assert rig.snapshot(lambda s: s.edition == 2).scene_name == "red"
        state = until(lambda: (s := phone.get("/api/state").json())["show"]["scenes"][1] == "deep blue" and s, "scenes")
        assert state["show"]["edit"] == {"beats": None, "before": 2, "note": ""}
        assert phone.post("/api/jump", json={"scene": "deep blue"}).status_code == 200
        rig.snapshot(lambda s: s.scene_name == "deep blue")

        for changed, sentence in (
            (good.replace("rate = 15", "rate = 20"), "artist.rate (15.0 to 20.0): it cannot change while the show"),
            (good + '[captions.prompt]\nfile = "/etc/hostname"\n', "captions.prompt.file: it cannot change while"),
            (good.replace("[[scene]]", "[[scene]", 1), "show.toml:25:8: not TOML"),
        ):
            refused = phone.post("/api/edit", json={"at": "now", "text": changed}, timeout=20)
            assert (refused.status_code, sentence in refused.json()["error"]) == (422, True), refused.json()
        never = phone.post("/api/edit", json={"at": "0b", "text": good}, timeout=20)
        assert never.status_code == 409
        assert "at '0b': this has passed" in never.json()["error"]
        assert rig.snapshot().edition == 2

        control.kill()
        control.join()
        rig.spawn("control", "server.control")
        assert rig.snapshot(lambda s: s.playing == "playing", "an heir").edition == 2
        assert phone.post("/api/undo", json={}).status_code == 200
        assert rig.snapshot(lambda s: s.edition == 1).values["wall/level"] == 1.0
        assert "edit now, from remote" in rig.log_of("control")
        edit_on_the_page(rig, phone)


def edit_on_the_page(rig: Rig, phone: httpx.Client) -> None:
    """Edit and take back on the artist's page, in a real browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        url = str(phone.base_url)
        context = browser.new_context(viewport={"width": 1200, "height": 1400})
        context.add_cookies([{"name": COOKIE, "value": phone.cookies[COOKIE], "url": url}])
        context.set_default_timeout(30_000)
        page = context.new_page()
        page.goto(f"{url}/artist")
        page.get_by_text("Edit the running show").click()
        text = page.get_by_label("The show file")
        expect(text).to_have_value(re.compile("white ash"))
        page.get_by_label("at", exact=True).select_option("now")
        written = text.input_value()
        text.fill(written.replace("seed = 22", 'seed = "x"'))
        page.get_by_role("button", name="Let it land").click()
        note = page.locator("oriel-edit .told")
        expect(note).to_contain_text("region[2].seed: expected a whole number", timeout=30_000)
        text.fill(written.replace("blue sea", "green sea").replace("fade = -1", "fade = 0"))
        page.get_by_role("button", name="Let it land").click()
        expect(note).to_have_text("Taken.", timeout=30_000)
        assert words(rig.snapshot(lambda s: s.edition > 2, "the page's edit")) == "green sea"
        page.get_by_role("button", name="Take back").click()
        rig.snapshot(lambda s: s.edition == 1, "it is taken back")
        browser.close()


@pytest.fixture
def edits(tmp_path: Path) -> Iterator[tuple[Edits, Path]]:
    path = write_show(tmp_path)
    opened = check.open_show(path, announce.ask)
    with a_rig(opened.show) as rig:
        yield Edits(msgspec.structs.replace(rig.wires, show_path=str(path))), path


def test_a_file_counts_as_changed_when_it_stands_still(edits: tuple[Edits, Path]) -> None:
    followed, path = edits

    def changed() -> bool:
        return asyncio.run(followed.changed())

    assert not changed()
    path.write_text(path.read_text() + "# one\n")
    assert not changed(), "it may still be written"
    assert changed()
    assert not changed()
    path.rename(path.with_suffix(".away"))
    assert not changed()
    assert not changed()
    with pytest.raises(OrielError, match=r"show\.toml: the show file cannot be read"):
        asyncio.run(followed.text())


def test_a_text_may_name_only_files_that_play(edits: tuple[Edits, Path]) -> None:
    followed, path = edits
    for more, key in (
        ('[captions.narration]\nfile = "../secrets.srt"\n', "captions.narration.file"),
        ('[narration]\nvoice = "/etc/passwd"\n', "narration.voice"),
    ):
        with pytest.raises(ShowFileError, match=f"{key}: it cannot change"):
            asyncio.run(followed.order("now", path.read_text() + more))
