"""The phone page in a real Chromium: pairing, the four buttons, pictures, a lost connection, small screens."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, Route, WebSocketRoute, expect, sync_playwright

from server.remote.guard import COOKIE
from show.parameter import Value
from show.snapshot import CueSheet, Status
from tests.server.remote_fixtures import SCENES, Stand, until

FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PIXEL: Final = """() => {
  const canvas = document.querySelector("canvas");
  return [...canvas.getContext("2d").getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data.slice(0, 3)];
}"""
SIZES: Final = """() => [...document.querySelectorAll("oriel-keys button")].map((key) => {
  const box = key.getBoundingClientRect();
  return [box.left, box.top, box.right, box.bottom];
})"""
PATIENCE: Final = 30_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        yield launched
        launched.close()


class Phone:
    """One phone: a page of its own that remembers what went wrong on it."""

    def __init__(self, browser: Browser, width: int = 320, height: int = 568) -> None:
        self._context = browser.new_context(viewport={"width": width, "height": height})
        self._context.set_default_timeout(PATIENCE)
        self.page = self._context.new_page()
        self.problems: list[str] = []
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", lambda message: self.problems.append(message.text) if _is_bad(message.text) else None)

    def pair(self, stand: Stand) -> None:
        """Give this phone a session without the page's pairing."""
        with stand.phone() as client:
            self._context.add_cookies([{"name": COOKIE, "value": client.cookies[COOKIE], "url": stand.url}])

    def close(self) -> None:
        self._context.close()


def _is_bad(text: str) -> bool:
    return "Content Security Policy" in text or "Uncaught" in text or "TrustedScript" in text


@pytest.fixture
def phone(browser: Browser, stand: Stand) -> Iterator[Phone]:
    """A paired phone with the page open and live."""
    made = Phone(browser)
    made.pair(stand)
    made.page.goto(stand.url)
    live(made.page)
    yield made
    made.close()
    assert made.problems == []


def live(page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("data-link", "live", timeout=PATIENCE)


def says(page: Page, sentence: str) -> None:
    expect(page.locator(".sentence")).to_have_text(sentence, timeout=PATIENCE)


def near(page: Page, colour: tuple[int, int, int]) -> bool:
    pixel: list[int] = page.evaluate(PIXEL)
    return all(abs(seen - meant) <= 6 for seen, meant in zip(pixel, colour, strict=True))


def test_a_phone_pairs_by_pin_and_moves_the_show(browser: Browser, stand: Stand) -> None:
    stand.unpair_all()
    stand.playing = "stopped"
    made = Phone(browser)
    page, before = made.page, len(stand.events)
    page.goto(stand.url)
    expect(page.locator("oriel-pair h2")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("oriel-keys")).to_be_hidden()
    pin = stand.words()["pin"]
    page.get_by_label("PIN").press_sequentially(f"{(int(pin) + 1) % 10**6:06d}")
    expect(page.get_by_text("This PIN is not the one on the wall.")).to_be_visible(timeout=PATIENCE)
    page.get_by_label("PIN").press_sequentially(pin)
    live(page)
    says(page, "The show is stopped; the wall rests.")
    page.get_by_role("button", name="Start").click()
    until(lambda: stand.kinds()[before:] == ["start"], "Start arrives")
    says(page, f"Everything is running: scene {stand.scene + 1} of 3.")
    page.get_by_role("button", name="Next").click()
    until(lambda: stand.kinds()[before:] == ["start", "go"], "Next arrives")
    expect(page.locator("oriel-scene h2")).to_have_text(f"{stand.scene + 1} · {SCENES[stand.scene]}")
    page.get_by_role("button", name="Stop").click()
    until(lambda: stand.kinds()[before:] == ["start", "go", "stop"], "Stop arrives")
    says(page, "The show is stopped; the wall rests.")
    made.close()
    assert made.problems == []


def test_a_show_with_cues_has_a_go_that_says_what_it_fires_and_why_it_was_refused(phone: Phone, stand: Stand) -> None:
    page, before = phone.page, len(stand.events)
    stand.cues = CueSheet(next="2", last="1 dawn", waiting=(("1 dawn", 9.5),))
    page.get_by_role("button", name="GO", exact=True).click()
    until(lambda: stand.kinds()[before:] == ["go"], "GO arrives")
    expect(page.locator(".cues")).to_have_text("GO fires 2 · last was 1 dawn · 1 dawn in 10 s")
    stand.cues = CueSheet(next="", last="2", note="GO was refused: the cue list is at its end")
    expect(page.locator(".cues")).to_have_attribute("data-refused", "true", timeout=PATIENCE)
    page.get_by_role("button", name="GO", exact=True).click()
    expect(page.locator("#note")).to_have_text("GO was refused: the cue list is at its end")
    page.get_by_role("link", name="More").click()
    page.get_by_role("button", name="1 dawn").click()
    until(lambda: [e.argument for e in stand.events[before:] if e.kind == "cue"] == ["1"], "the cue arrives")
    stand.cues = None
    expect(page.get_by_role("button", name="1 dawn")).to_be_hidden()


def test_a_phone_pairs_by_the_code_on_the_wall(browser: Browser, stand: Stand) -> None:
    stand.unpair_all()
    used = stand.words()["url"]
    made, late = Phone(browser), Phone(browser)
    made.page.goto(used)
    assert made.page.url == f"{stand.url}/"
    live(made.page)
    assert made.page.evaluate("document.cookie") == ""  # no script can read the session
    late.page.goto(used)
    expect(late.page.get_by_text("That code was used or is too old.")).to_be_visible(timeout=PATIENCE)
    made.page.locator("#to-more").click()
    made.page.get_by_role("button", name="Add a phone").click()
    expect(made.page.get_by_role("img", name="The code to scan with the new phone")).to_be_visible()
    late.page.goto(stand.words()["url"])
    live(late.page)
    late.page.locator("#to-more").click()
    late.page.get_by_role("button", name="Log out").click()
    expect(late.page.locator("oriel-pair h2")).to_be_visible(timeout=PATIENCE)
    late.close()
    made.close()
    assert made.problems + late.problems == []


def test_pictures_of_the_wall_and_blackout(phone: Phone, stand: Stand) -> None:
    page = phone.page
    until(lambda: near(page, stand.colour), "a red strip")
    stand.colour = (20, 60, 220)
    until(lambda: near(page, stand.colour), "a blue strip")
    expect(page.locator("oriel-wall")).to_have_attribute("data-age", "live")
    blackout = page.get_by_role("button", name="Blackout")
    expect(blackout).to_have_attribute("aria-pressed", "false")
    stand.silent = {"control", "render", "supervisor"}  # it works with them dead
    blackout.click()
    until(lambda: stand.board.blackout, "the switch is on")
    until(lambda: near(page, (0, 0, 0)), "a black strip")
    expect(blackout).to_have_attribute("aria-pressed", "true")
    says(page, "The screen is black because Blackout is on.")
    blackout.click()
    until(lambda: not stand.board.blackout, "the switch is off")
    stand.silent = {"projector"}
    expect(page.locator("oriel-wall")).to_have_attribute("data-age", "old", timeout=PATIENCE)
    says(page, "The projection is restarting; the wall may be dark.")
    stand.silent = set()


def test_the_page_finds_its_way_back_by_itself(phone: Phone, stand: Stand) -> None:
    page, before = phone.page, len(stand.events)
    stop = page.get_by_role("button", name="Stop")
    stop.focus()
    stand.kill()
    expect(page.locator("html")).to_have_attribute("data-link", "lost", timeout=PATIENCE)
    says(page, "Connection lost")
    expect(page.locator(".count")).to_contain_text("s; trying again")
    expect(stop).to_be_disabled()
    stand.start()
    live(page)
    expect(stop).to_be_enabled()
    expect(stop).to_be_focused()
    stop.click()
    until(lambda: stand.kinds()[before:] == ["stop"], "Stop arrives after the connection came back")
    until(lambda: near(page, stand.colour), "pictures come back")


def test_a_socket_that_only_seems_open_is_not_believed(browser: Browser, stand: Stand) -> None:
    made = Phone(browser)
    made.pair(stand)
    frozen: list[bool] = []

    def carry(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        socket.on_message(lambda message: None if frozen else server.send(message))
        server.on_message(lambda message: None if frozen else socket.send(message))

    made.page.route_web_socket("**/ws", carry)  # as a phone that was locked: open, and nothing flows
    made.page.goto(stand.url)
    live(made.page)
    frozen.append(True)
    expect(made.page.locator("html")).to_have_attribute("data-link", "lost", timeout=PATIENCE)
    expect(made.page.get_by_role("button", name="Next")).to_be_disabled()
    frozen.clear()
    made.page.evaluate("dispatchEvent(new Event('pageshow'))")
    live(made.page)
    made.close()
    assert made.problems == []


def test_a_press_during_a_short_break_is_done_once(phone: Phone, stand: Stand) -> None:
    before = len(stand.events)
    lost: list[str] = []

    def lose_the_first_answer(route: Route) -> None:
        lost.append(route.request.url)
        if len(lost) == 1:
            route.fetch()  # it arrives, and its answer is lost on the way back
            route.abort()
        else:
            route.continue_()

    phone.page.route("**/api/next", lose_the_first_answer)
    with phone.page.expect_response("**/api/next") as answered:
        phone.page.get_by_role("button", name="Next").click()
    assert answered.value.status == 200
    assert len(lost) == 2
    phone.page.get_by_role("button", name="Start").click()
    until(lambda: stand.kinds()[before:] == ["go", "start"], "one GO, whatever was sent")


def test_a_command_that_must_wait_is_told_and_the_note_lies_on_no_button(phone: Phone, stand: Stand) -> None:
    stand.silent = {"control"}
    phone.page.get_by_role("button", name="Next").click()
    note = phone.page.get_by_role("alert").filter(has_text="Next: The show control has not answered yet.")
    expect(note).to_be_visible(timeout=PATIENCE)
    for width, height in ((320, 568), (390, 844), (1280, 800), (844, 390)):
        phone.page.set_viewport_size({"width": width, "height": height})
        box = note.bounding_box()
        assert box is not None
        right, bottom = box["x"] + box["width"], box["y"] + box["height"]
        for key in phone.page.evaluate(SIZES):
            assert key[0] >= right or key[2] <= box["x"] or key[1] >= bottom or key[3] <= box["y"]
    note.click()
    expect(note).to_be_hidden()
    before = len(stand.events)
    stand.silent = set()
    until(lambda: stand.kinds()[before:] == ["go"], "Next arrives in the end")


def test_a_session_that_ended_leads_to_pairing(phone: Phone, stand: Stand) -> None:
    with sqlite3.connect(stand.wires.state / "oriel.db", timeout=5) as database:
        database.execute("DELETE FROM session")
    database.close()
    expect(phone.page.locator("oriel-pair h2")).to_be_visible(timeout=PATIENCE)


def held(stand: Stand, address: str) -> Value | None:
    """Return the value that the phone page holds a parameter at, if it does."""
    touch = stand.touches.touches.get(address) if stand.touches is not None else None
    return None if touch is None else touch.value


def test_sliders_move_parameters(phone: Phone, stand: Stand) -> None:
    page = phone.page
    page.locator("#to-more").click()
    slider = page.get_by_label("How much is painted anew", exact=True)
    slider.fill("0.9")
    until(lambda: held(stand, "artist/strength") == 0.9, "the touch arrives")
    reset = page.get_by_role("button", name="Reset How much is painted anew")
    reset.click()
    until(lambda: held(stand, "artist/strength") is None, "the touch is let go")
    expect(slider).to_have_value("0.6", timeout=PATIENCE)
    page.get_by_role("switch", name="Show the captions").uncheck()
    until(lambda: held(stand, "wall/captions") is False, "the switch arrives")
    page.get_by_label("Mode", exact=True).select_option("hard")
    until(lambda: held(stand, "artist/mode") == "hard", "the choice arrives")
    words = page.get_by_role("textbox", name="Words typed live")
    words.fill("a heron")
    words.press("Enter")
    until(lambda: held(stand, "prompt/text") == "a heron", "the words arrive")
    before = len(stand.events)
    page.get_by_role("button", name=f"2 · {SCENES[1]}").click()
    page.get_by_role("button", name="Fade to safe").click()
    page.get_by_role("button", name="Reset everything").click()
    until(lambda: stand.kinds()[before:] == ["jump", "panic", "release"], "scenes, panic and reset arrive")


def test_words_from_the_machine_are_never_markup(phone: Phone, stand: Stand) -> None:
    nasty = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>"
    stand.caption = nasty
    stand.playing = "playing"
    stand.said = {"audio": Status("audio", "amber", nasty, 0)}
    expect(phone.page.locator(".caption")).to_have_text(nasty, timeout=PATIENCE)
    says(phone.page, nasty)
    assert phone.page.locator("main img, main script").count() == 0
    assert "owned" not in phone.page.title()
    stand.caption, stand.said = "a window", {}


def test_everything_is_on_one_screen(phone: Phone, stand: Stand) -> None:
    page = phone.page
    stand.caption = "grey houses under snow, soft window light, a river between the roofs, no people at all " * 3
    stand.silent = {"control"}  # the longest sentence
    says(page, "The show control is restarting; the wall keeps its last picture.")
    for width, height in ((320, 568), (390, 844), (1280, 800), (844, 390)):
        page.set_viewport_size({"width": width, "height": height})
        extent = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
        assert extent == [width, height]
        boxes = page.evaluate(SIZES)
        assert all(left >= 0 and top >= 0 and right <= width and bottom <= height for left, top, right, bottom in boxes)
        assert all(right - left >= 48 and bottom - top >= 48 for left, top, right, bottom in boxes)
        wall = page.locator("oriel-wall").bounding_box()
        assert wall is not None
        assert min(wall["width"], wall["height"]) >= 90
    stand.silent, stand.caption = set(), "a window"


def test_large_text_hides_nothing(phone: Phone) -> None:
    page = phone.page
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    for fragment in ("", "#more"):
        page.evaluate("(fragment) => { location.hash = fragment; }", fragment)
        assert page.evaluate("document.documentElement.scrollWidth") == 320
        cut = page.evaluate(
            "() => [...document.querySelectorAll('button, a, h1, h2, label, .sentence, .advice')]"
            ".filter((e) => e.offsetParent && (e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0))"
            ".map((e) => e.outerHTML)"
        )
        assert cut == []


def test_the_keyboard_reaches_everything_and_the_sentence_is_spoken(phone: Phone, stand: Stand) -> None:
    page, before = phone.page, len(stand.events)
    stand.playing = "playing"
    says(page, f"Everything is running: scene {stand.scene + 1} of 3.")
    reached = []
    page.locator("body").press("Tab")
    for _ in range(5):
        reached.append(page.evaluate("document.activeElement.id"))
        page.keyboard.press("Tab")
    assert reached == ["to-more", "start", "next", "stop", "blackout"]
    page.locator("#next").focus()
    page.keyboard.press("Enter")
    until(lambda: stand.kinds()[before:] == ["go"], "Next by keyboard")
    status = page.get_by_role("status")
    until(
        lambda: (
            f"scene {stand.scene + 1} of 3" in status.inner_text()
            and page.locator(".sentence").inner_text() in status.inner_text()
        ),
        "the new sentence, spoken",
    )
    assert page.locator(".count").get_attribute("aria-hidden") == "true"
