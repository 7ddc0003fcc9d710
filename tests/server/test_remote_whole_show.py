"""The phone page on a whole show: Chromium pairs, presses Start, sees pictures, presses Stop; every process is real."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, expect, sync_playwright

from show.bus import Subscriber
from show.snapshot import Status
from show.wires import status_topic
from tests.e2e.stage import Stage, on_stage, write_show
from tests.server.test_remote_page import FLAGS, PATIENCE, live, says

MEAN = """() => {
  const canvas = document.querySelector("canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.reduce((sum, value, i) => sum + (i % 4 === 3 ? 0 : value), 0) / (data.length * 0.75);
}"""


def pairing_link(stage: Stage) -> str:
    statuses, words = Subscriber(stage.house.wires.run, status_topic("remote"), Status), {}

    def told() -> bool:
        status = statuses.newest()
        words.update(status.words if status is not None else {})
        return bool(words)

    stage.until(told, "the remote tells how to pair a phone")
    statuses.close()
    return str(words["url"])


def brightness(page: Page) -> float:
    return float(page.evaluate(MEAN))


def test_chromium_pairs_starts_sees_pictures_survives_a_kill_and_stops(tmp_path: Path) -> None:
    with on_stage(write_show(tmp_path, autostart=False), tmp_path / "state") as stage, sync_playwright() as playwright:
        link = pairing_link(stage)
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        page = browser.new_page(viewport={"width": 320, "height": 568})
        page.goto(link)
        live(page)
        says(page, "The show is stopped; the wall rests.")
        page.get_by_role("button", name="Start").click()
        stage.until(lambda: stage.snapshot is not None and stage.snapshot.playing == "playing", "Start")
        stage.until(stage.playing, "pictures on the wall")
        stage.until(lambda: brightness(page) > 10, "pictures on the phone")
        says(page, "Everything is running: scene 1 of 2.")
        victim = stage.house.supervisor.process_id("remote")
        assert victim is not None
        os.kill(victim, signal.SIGKILL)
        expect(page.locator("html")).to_have_attribute("data-link", "lost", timeout=PATIENCE)
        stage.until(lambda: page.locator("html").get_attribute("data-link") == "live", "the page is back by itself")
        page.get_by_role("button", name="Next").click()
        stage.until(lambda: stage.snapshot is not None and stage.snapshot.scene_name == "blue", "Next")
        page.get_by_role("button", name="Blackout").click()
        stage.until(lambda: int(np.max(stage.wing(1))) == 0, "a black wall")
        stage.until(lambda: brightness(page) < 3, "a black picture on the phone")
        page.get_by_role("button", name="Blackout is on").click()
        stage.until(lambda: brightness(page) > 10, "pictures again")
        page.get_by_role("button", name="Stop").click()
        stage.until(lambda: stage.snapshot is not None and stage.snapshot.playing == "stopped", "Stop")
        says(page, "The show is stopped; the wall rests.")
        page.screenshot(path=tmp_path / "stopped.png")
        browser.close()
