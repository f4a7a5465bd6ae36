"""The visitor's own history, as a visitor sees it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from hf_space.api.middleware.identify import VISITOR_HEADER
from hf_space.exports.history import HISTORY_TABLE
from hf_space.messages.catalogue import text
from hf_space.messages.language import Language
from tests.bundle_factory import encode, plain_image, write_bundle
from tests.e2e.browser import Browser, chromium
from tests.e2e.test_demo_browser import EXAMPLES, open_page
from tests.server import RunningServer, free_port, running_server

UNCERTAIN = (200, 200, 230)
ASK_STORAGE = "return localStorage.getItem('biopsia-visitor')"


def choose(browser: Browser, path: Path, place: int = 0) -> None:
    """Put an image in a tab's input, in place of another."""
    for remove in browser.visible('.bp-picture button[aria-label="Remove Image"]'):
        remove.click()
    browser.wait_until_gone('.bp-picture img[src*="/file="]')
    browser.upload(path, place=place)
    browser.wait_for('.bp-picture img[src*="/file="]')


def read(browser: Browser, name: str, language: Language = "en") -> None:
    """Have an example read in the first tab."""
    browser.open_tab(text("tab.image", language))
    choose(browser, EXAMPLES / name)
    browser.press(text("run.image", language))
    browser.wait_for(".bp-card")


def open_history(browser: Browser, language: Language = "en") -> None:
    browser.open_tab(text("tab.history", language))
    browser.wait_for(".bp-row, .bp-empty")


def press_sure(browser: Browser, key: str, language: Language = "en") -> None:
    """Press a button that asks once more, and say yes."""
    browser.press(text(f"delete.{key}", language))
    browser.wait_for(".bp-sure", text(f"delete.{key}_question", language))
    browser.press(text("delete.yes", language))


@contextmanager
def visitor(folder: Path, server: RunningServer, language: Language = "en") -> Iterator[Browser]:
    """Open the page in a browser profile."""
    with chromium(folder, language=language) as browser:
        open_page(browser, server, language)
        yield browser


def test_the_history_is_this_browsers(server: RunningServer, tmp_path: Path) -> None:
    with visitor(tmp_path / "one", server) as browser:
        read(browser, "drawn_crowded.png")
        browser.wait_for(".bp-review")
        token = browser.driver.execute_script(ASK_STORAGE)
        assert token not in browser.driver.page_source
        open_history(browser)
        browser.wait_for_count(".bp-row img", 1)
        open_page(browser, server)
        open_history(browser)
        browser.wait_for_count(".bp-row", 1)
    with visitor(tmp_path / "two", server) as browser:
        open_history(browser)
        assert browser.wait_for(".bp-empty").text == text("history.empty", "en")
        assert browser.driver.execute_script(ASK_STORAGE) not in {None, token}
    with visitor(tmp_path / "one", server) as browser:
        open_history(browser)
        browser.wait_for_count(".bp-row", 1)
    assert token not in server.log.read_text("utf-8")


@pytest.mark.usefixtures("server")
def test_the_history_outlives_the_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A browser's storage belongs to an address, port included.
    port = free_port()
    monkeypatch.setattr("tests.server.free_port", lambda: port)
    fixed = {
        "BIOPSIA_DATA_DIR": str(tmp_path / "data"),
        "BIOPSIA_MODEL_DIR": str(write_bundle(tmp_path / "model")),
    }
    with chromium(tmp_path / "profile") as browser:
        with running_server(**fixed) as server:
            open_page(browser, server)
            read(browser, "drawn_crowded.png")
            open_history(browser)
        with running_server(**fixed) as server:
            # The page was not reloaded, so the service does not know its session.
            browser.wait_for(".bp-row").click()
            browser.wait_for(".bp-record .bp-card")
            browser.press(text("review.agree", "en"))
            browser.wait_for(".bp-record .bp-reviews")
            open_page(browser, server)
            open_history(browser)
            assert text("opinion.agree", "en") in browser.wait_for(".bp-row").text


def test_an_unticked_box_keeps_nothing(server: RunningServer, tmp_path: Path) -> None:
    with visitor(tmp_path, server) as browser:
        browser.wait_for(".bp-save input").click()
        read(browser, "drawn_crowded.png")
        assert not browser.visible(".bp-review")
        # The choice applies in the other tabs.
        browser.open_tab(text("tab.region", "en"))
        assert not browser.wait_for(".bp-save input").is_selected()
        browser.wait_for(".gallery-item").click()
        browser.wait_for('.bp-picture img[src*="drawn_region"]')
        browser.press(text("run.region", "en"))
        browser.wait_for(".bp-table")
        open_history(browser)
        browser.wait_for(".bp-empty")


def test_a_fresh_result_is_judged(server: RunningServer, tmp_path: Path) -> None:
    image = tmp_path / "uncertain.png"
    image.write_bytes(encode(plain_image(*UNCERTAIN)))
    with visitor(tmp_path / "profile", server) as browser:
        choose(browser, image)
        browser.press(text("run.image", "en"))
        browser.wait_for(".bp-card", text("verdict.uncertain", "en"))
        # Two ways to disagree with neither.
        browser.wait_for("button", text("review.malignant", "en"))
        browser.wait_for(".bp-review textarea").send_keys("Crowded nuclei")
        browser.press(text("review.benign", "en"))
        opinions = browser.wait_for(".bp-review .bp-reviews").text
        assert text("opinion.benign", "en") in opinions
        assert "Crowded nuclei" in opinions
        # Another image is another record, or none yet.
        browser.wait_for(".gallery-item").click()
        browser.wait_until_gone(".bp-review")
        browser.wait_for('.bp-picture img[src*="drawn_"]')
        browser.press(text("run.image", "en"))
        browser.wait_for(".bp-review")
        assert not browser.visible(".bp-reviews")
        open_history(browser)
        browser.wait_for_count(".bp-row", 2)
        rows = [row.text for row in browser.visible(".bp-row")]
        assert [text("opinion.benign", "en") in row for row in rows] == [False, True]


def test_records_are_looked_at_judged_taken_along_and_deleted(
    server: RunningServer, tmp_path: Path
) -> None:
    with visitor(tmp_path / "profile", server) as browser:
        for name in ("drawn_loose.png", "drawn_crowded.png", "drawn_region.png"):
            read(browser, name)
        open_history(browser)
        browser.wait_for_count(".bp-row", 3)
        browser.wait_for(".bp-row", text("kind.region", "en")).click()
        browser.wait_for('.bp-record img[src*="heatmap"]')
        browser.visible(".bp-row")[1].click()
        browser.wait_until_gone('.bp-record img[src*="heatmap"]')
        browser.wait_for('.bp-record img[src*="evidence"]')
        browser.press(text("review.unsure", "en"))
        browser.wait_for(".bp-row[aria-current]", text("opinion.unsure", "en"))
        browser.download_to(tmp_path)
        browser.press(text("download.history", "en"))
        table = browser.wait_for_file(tmp_path / "biopsia_history.csv").decode("utf-8-sig")
        lines = list(csv.DictReader(io.StringIO(table, newline="")))
        assert list(lines[0]) == list(HISTORY_TABLE.columns)
        assert [line["opinion"] for line in lines] == ["", "unsure", ""]
        press_sure(browser, "record")
        browser.wait_until_gone(".bp-record .bp-card")
        browser.wait_until_gone(f'.bp-row[data-id="{lines[1]["id"]}"]')
        browser.wait_for_count(".bp-row", 2)
        browser.press(text("delete.history", "en"))
        browser.press(text("delete.cancel", "en"))
        browser.wait_until_gone(".bp-sure")
        browser.wait_for_count(".bp-row", 2)
        press_sure(browser, "history")
        browser.wait_for(".bp-empty", text("history.empty", "en"))
        headers = {VISITOR_HEADER: browser.driver.execute_script(ASK_STORAGE)}
        assert httpx2.get(f"{server.url}/history/", headers=headers).json()["items"] == []


def test_the_list_is_filtered_and_turned_over(server: RunningServer, tmp_path: Path) -> None:
    with visitor(tmp_path / "profile", server) as browser:
        headers = {VISITOR_HEADER: browser.driver.execute_script(ASK_STORAGE)}
        for index in range(14):
            red = 230 if index % 2 else 90
            files = {"file": ("a.png", encode(plain_image(red, 160, 190)))}
            answer = httpx2.post(f"{server.url}/predict/", files=files, headers=headers)
            assert answer.json()["saved"]
        open_history(browser)
        browser.wait_for_count(".bp-row", 12)
        browser.press(text("history.next_page", "en"))
        browser.wait_for("button", text("history.first_page", "en"))
        browser.wait_for_count(".bp-row", 2)
        browser.wait_for("input[aria-label='Verdict']").click()
        browser.wait_for("[role=option]", text("verdict.malignant", "en")).click()
        browser.wait_until_gone(".bp-row.bp-benign")
        browser.wait_for_count(".bp-row", 7)
        browser.wait_until_gone("button", text("history.first_page", "en"))


def test_without_storage_the_history_lasts_as_long_as_the_page(
    server: RunningServer, tmp_path: Path
) -> None:
    with chromium(tmp_path, storage=False) as browser:
        open_page(browser, server)
        read(browser, "drawn_crowded.png")
        open_history(browser)
        browser.wait_for(".bp-row")
        browser.wait_for(".bp-if-forgetful", text("page.storage_blocked", "en"))
        open_page(browser, server)
        open_history(browser)
        browser.wait_for(".bp-empty")


def test_a_spanish_phone_shows_the_history(server: RunningServer, tmp_path: Path) -> None:
    with chromium(tmp_path, language="es-ES", width=390) as browser:
        open_page(browser, server, "es")
        read(browser, "drawn_region.png", "es")
        browser.wait_for("button", text("review.agree", "es"))
        assert browser.overflow() <= 0
        open_history(browser, "es")
        assert not browser.visible(".bp-if-forgetful")
        browser.wait_for(".bp-row", text("opinion.none", "es")).click()
        browser.wait_for(".bp-record .bp-figures", text("history.model", "es"))
        browser.press(text("review.unsure", "es"))
        browser.wait_for(".bp-record .bp-reviews", text("opinion.unsure", "es"))
        assert browser.overflow() <= 0
        press_sure(browser, "history", "es")
        browser.wait_for(".bp-empty", text("history.empty", "es"))
        browser.wait_until_gone(".bp-record")
