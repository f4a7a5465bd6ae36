"""The map of a region fills in, and Cancel ends the computation."""

from __future__ import annotations

from pathlib import Path

import httpx2

from hf_space.messages.catalogue import text
from tests.bundle_factory import encode, plain_image
from tests.e2e.browser import Browser, chromium
from tests.e2e.test_demo_browser import open_page, upload_region
from tests.e2e.test_demo_stale import assert_no_result
from tests.server import RunningServer
from tests.waiting import wait_until

CANCEL = text("run.cancel", "en")


def buttons(browser: Browser, name: str) -> list[str]:
    """Return the texts of the buttons that can be seen and are called so."""
    script = "return [...document.querySelectorAll('button')].filter(b => b.checkVisibility())"
    shown = browser.driver.execute_script(f"{script}.map(b => b.textContent.trim())")
    return [each for each in shown if each == name]


def nothing_waits(server: RunningServer) -> bool:
    return "\nbiopsia_queue_length 0.0\n" in httpx2.get(f"{server.url}/metrics").text


def test_cancel_is_there_while_a_region_is_scored_and_ends_it(
    server: RunningServer, tmp_path: Path
) -> None:
    large = tmp_path / "large.jpg"
    large.write_bytes(encode(plain_image(200, 120, 190, width=7000, height=7000), "JPEG"))
    with chromium(tmp_path / "profile") as browser:
        open_page(browser, server)
        browser.press(text("tab.region", "en"))
        browser.wait_for("button", text("run.region", "en"))
        assert buttons(browser, CANCEL) == []
        upload_region(browser, large)
        browser.press(text("run.region", "en"))
        browser.wait_for('.bp-result img[src*="tiles_so_far"]')
        browser.wait_for(".bp-facts", "tiles analysed")
        browser.press(CANCEL)
        assert_no_result(browser)
        wait_until(lambda: nothing_waits(server))
        wait_until(lambda: buttons(browser, CANCEL) == [])
        # The next one is computed normally.
        browser.wait_for(".gallery-item").click()
        browser.wait_for('.bp-picture img[src*="drawn_region"]')
        browser.press(text("run.region", "en"))
        browser.wait_for('.bp-result img[src*="heatmap"]')
        browser.wait_for(".bp-card")
        wait_until(lambda: buttons(browser, CANCEL) == [])
