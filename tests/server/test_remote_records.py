"""Records on the API and on the artist's page, with the test in the critic's place."""

from __future__ import annotations

import asyncio
import base64
import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from server.remote import records
from server.remote.errors import DeskError
from show.snapshot import Record, Status
from tests.server.remote_fixtures import Stand, until
from tests.server.test_remote_page import PATIENCE, Phone, browser, live

__all__ = ["browser"]  # a fixture: one Chromium for this file

WIDTHS = (320, 390, 1000, 1600)
TOO_WIDE = """() => [...document.body.querySelectorAll("*")]
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
  .map((element) => element.outerHTML.slice(0, 80))"""


def a_record(number: int, region: str = "", caption: str = "a red sea at night, woodcut") -> Record:
    memory = io.BytesIO()
    Image.new("RGB", (160, 107), (number % 256, 60, 90)).save(memory, "JPEG")
    return Record(number, 0.9 - number / 10_000, caption, memory.getvalue(), region)


WALL = tuple(a_record(100 + place, ("left", "centre", "right")[place // 2]) for place in range(6))
NEAR = tuple(a_record(200 + place) for place in range(6))


@pytest.fixture
def phone(stand: Stand) -> Iterator[httpx.Client]:
    stand.wall, stand.near = WALL, NEAR
    with stand.phone() as client:
        client.timeout = httpx.Timeout(20)
        until(lambda: client.get("/api/records").status_code == 200, "the critic is heard")
        yield client


@pytest.fixture
def artist(browser: Browser, stand: Stand) -> Iterator[Phone]:
    """A paired phone with the artist's page open and live."""
    stand.wall, stand.near = WALL, NEAR
    made = Phone(browser)
    made.pair(stand)
    made.page.goto(f"{stand.url}/artist")
    live(made.page)
    yield made
    made.close()
    assert made.problems == []


def test_the_records_near_the_wall(phone: httpx.Client) -> None:
    answer = phone.get("/api/records")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["words"] == ""
    assert 0 <= found["age"] < 5
    assert [record["number"] for record in found["records"]] == [record.number for record in WALL]
    first = found["records"][0]
    assert first["region"] == "left"
    assert first["caption"] == WALL[0].caption
    assert first["likeness"] == pytest.approx(WALL[0].likeness)
    kind, _, picture = first["picture"].partition(",")
    assert kind == "data:image/jpeg;base64"
    assert base64.b64decode(picture) == WALL[0].jpeg


def test_the_records_near_words(phone: httpx.Client, stand: Stand) -> None:
    words = "a  heron, Ütliberg & <b>\U0001f6f6"
    found = phone.get("/api/records", params={"words": f" {words} "}).json()
    assert found["words"] == "a heron, Ütliberg & <b>\U0001f6f6"
    assert stand.questions[-1] == found["words"]
    assert [record["number"] for record in found["records"]] == [record.number for record in NEAR]


def test_questions_asked_at_once_all_arrive(stand: Stand, phone: httpx.Client) -> None:
    before, told = len(stand.questions), []

    def ask(words: str) -> None:
        with stand.phone() as client:
            client.timeout = httpx.Timeout(30)
            told.append(client.get("/api/records", params={"words": words}).json()["words"])

    asked = [f"question {number}" for number in range(4)]
    threads = [threading.Thread(target=ask, args=(words,)) for words in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == sorted(stand.questions[before:]) == asked
    assert phone.get("/api/records").status_code == 200


def test_without_an_index_the_remedy_is_said(phone: httpx.Client, stand: Stand) -> None:
    stand.trouble = "The index of records is not built yet; build it by `oriel records --build`."
    for params in ({}, {"words": "a heron"}):
        until(lambda params=params: phone.get("/api/records", params=params).status_code == 503, "the trouble is heard")  # type: ignore[misc]
        assert phone.get("/api/records", params=params).json() == {"error": stand.trouble}


def test_a_critic_that_says_nothing_is_said_to_be_away(phone: httpx.Client, stand: Stand) -> None:
    stand.silent = {"critic"}
    until(lambda: phone.get("/api/records").status_code == 503, "the critic is missed")
    assert phone.get("/api/records?words=sea").json() == {
        "error": "The critic is not answering; the show goes on without it."
    }


def test_words_that_are_no_words_are_refused(phone: httpx.Client) -> None:
    assert phone.get("/api/records", params={"words": "a" * 201}).status_code == 422
    assert phone.get("/api/records?words=%20%20").json()["words"] == ""
    assert phone.get("/api/records?words=%ED%A0%80").status_code in (200, 422)  # half a character


def test_a_show_without_critic_and_a_critic_that_never_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "ANSWER_SECONDS", 0.5)
    stand = Stand(tmp_path)
    stand.silent = {"words"}

    async def ask(asker: records.Records, seconds: float) -> Any:
        question = asyncio.ensure_future(asker.near_words("a heron"))
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while not question.done() and loop.time() < end:
            asker.tick(loop.time())
            await asyncio.sleep(0.02)
        return await question

    there = records.Records(stand.wires)

    def heard() -> bool:
        there.tick(0.0)
        return there._found is not None

    until(heard, "the critic is heard")
    with pytest.raises(DeskError, match="try again") as late:
        asyncio.run(ask(there, 5))
    assert late.value.status == 504
    there.close()
    alone = records.Records(msgspec.structs.replace(stand.wires, run_dir=str(tmp_path), processes=("remote",)))
    with pytest.raises(DeskError, match=r"table \[critic\]") as never:
        asyncio.run(ask(alone, 5))
    assert never.value.status == 503
    alone.close()
    stand.close()


def numbers(page: Page, place: str) -> list[str]:
    return [words.removeprefix("no. ") for words in page.locator(f"{place} .facts span:last-child").all_inner_texts()]


def test_the_page_shows_the_wall_and_what_lies_near(artist: Phone, stand: Stand) -> None:
    page = artist.page
    stand.said = {"critic": Status("critic", "green", "The pictures are scored.", 0, {"score/left": 0.314})}
    expect(page.locator("oriel-near h3")).to_have_count(3, timeout=PATIENCE)
    expect(page.locator("oriel-near h3").first).to_contain_text("fits its words 31 %", timeout=PATIENCE)
    expect(page.locator("oriel-wall")).to_have_attribute("data-age", "live", timeout=PATIENCE)
    assert numbers(page, "oriel-near") == [str(record.number) for record in WALL]
    expect(page.locator("oriel-near li").first).to_contain_text("89 % alike")
    assert page.evaluate("[...document.images].every((image) => image.complete && image.naturalWidth === 160)")
    stand.wall = tuple(reversed(WALL))  # it follows by itself
    until(lambda: numbers(page, "oriel-near") == [str(record.number) for record in stand.wall], "other records")


def test_words_are_looked_for_on_the_page(artist: Phone, stand: Stand) -> None:
    page = artist.page
    page.get_by_label("Nearest to words").fill("a heron")
    page.keyboard.press("Enter")
    expect(page.locator("oriel-find li")).to_have_count(6, timeout=PATIENCE)
    assert numbers(page, "oriel-find") == [str(record.number) for record in NEAR]
    assert stand.questions[-1] == "a heron"
    stand.trouble = "The index of records is not built yet; build it by `oriel records --build`."
    expect(page.locator("oriel-near code")).to_have_text("oriel records --build", timeout=PATIENCE)
    page.get_by_role("button", name="Find").click()
    expect(page.locator("oriel-find code")).to_have_text("oriel records --build", timeout=PATIENCE)


def test_captions_are_never_markup(artist: Phone, stand: Stand) -> None:
    nasty = "<img src=x onerror=document.title='owned'>"
    stand.wall = (a_record(1, "<b>left</b>", nasty),)
    expect(artist.page.locator("oriel-near li")).to_have_count(1, timeout=PATIENCE)
    expect(artist.page.locator("oriel-near .said")).to_have_text(nasty, timeout=PATIENCE)
    expect(artist.page.locator("oriel-near h3")).to_contain_text("<b>left</b>")
    assert artist.page.locator("oriel-near b").count() == 0
    assert "owned" not in artist.page.title()


def test_the_page_fits_every_width_and_large_text(artist: Phone) -> None:
    page = artist.page
    expect(page.locator("oriel-near li")).to_have_count(6, timeout=PATIENCE)
    for size in ("100%", "200%"):
        page.evaluate("(size) => { document.documentElement.style.fontSize = size; }", size)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate(TOO_WIDE) == [], (size, width)
            assert page.evaluate("document.documentElement.scrollWidth") == width, (size, width)


def test_a_stranger_pairs_on_the_artists_page_and_stays_there(browser: Browser, stand: Stand) -> None:
    stand.unpair_all()
    stand.wall = WALL
    made = Phone(browser)
    made.page.goto(f"{stand.url}/artist")
    expect(made.page.locator("oriel-pair h2")).to_be_visible(timeout=PATIENCE)
    expect(made.page.locator("#artist")).to_be_hidden()
    made.page.get_by_label("PIN").press_sequentially(stand.words()["pin"])
    live(made.page)
    expect(made.page.locator("oriel-near li")).to_have_count(6, timeout=PATIENCE)
    assert made.page.url == f"{stand.url}/artist"
    made.page.get_by_role("link", name="The four buttons").click()
    live(made.page)
    made.page.locator("#to-more").click()
    made.page.get_by_role("link", name="Records near the picture").click()
    live(made.page)
    assert made.page.url == f"{stand.url}/artist"
    made.close()
    assert made.problems == []
