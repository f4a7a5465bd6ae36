"""A result is never shown beside another image."""

from __future__ import annotations

from pathlib import Path

import httpx2
from selenium.webdriver.common.by import By

from hf_space.exports.formats import FORMATS
from hf_space.messages.catalogue import text
from tests.bundle_factory import encode, plain_image
from tests.e2e.browser import Browser, chromium
from tests.e2e.test_demo_browser import (
    PATCH,
    choose_scale,
    open_page,
    read_patch,
    type_scale,
    upload_region,
)
from tests.server import RunningServer


def assert_no_result(browser: Browser) -> None:
    browser.wait_until_gone(".bp-card, .bp-grid, .bp-figures, .bp-table, .bp-result img")


def test_another_image_or_none_clears_the_result(server: RunningServer, tmp_path: Path) -> None:
    with chromium(tmp_path) as browser:
        open_page(browser, server)
        read_patch(browser)
        browser.wait_for('.bp-result img[src*="evidence"]')
        browser.wait_for(".gallery-item").click()
        browser.wait_for('.bp-picture img[src*="drawn_"]')
        assert_no_result(browser)
        browser.press(text("run.image", "en"))
        browser.wait_for(".bp-card")
        browser.wait_for('.bp-picture button[aria-label="Remove Image"]').click()
        assert_no_result(browser)


def test_another_option_clears_the_result(server: RunningServer, tmp_path: Path) -> None:
    with chromium(tmp_path) as browser:
        open_page(browser, server)
        read_patch(browser)
        browser.wait_for("label", text("operating_point.own", "en")).click()
        assert_no_result(browser)
        browser.press(text("run.image", "en"))
        browser.wait_for(".bp-card")
        browser.wait_for(".bp-own input, .bp-own textarea").send_keys("1")
        assert_no_result(browser)
        browser.press(text("run.image", "en"))
        browser.wait_for(".bp-card")
        choose_scale(browser, "2.5x")
        assert_no_result(browser)


def test_a_failed_run_leaves_no_result(server: RunningServer, tmp_path: Path) -> None:
    with chromium(tmp_path) as browser:
        open_page(browser, server)
        read_patch(browser)
        type_scale(browser, "-1")
        browser.wait_for(".bp-questioned", text("option.microns_per_pixel", "en"))
        browser.press(text("run.image", "en"))
        browser.wait_for(".toast-body", "invalid_options")
        assert_no_result(browser)


def ask_about_region(server: RunningServer, path: Path) -> None:
    files, form = {"file": path.read_bytes()}, {"mode": "region"}
    httpx2.post(f"{server.url}/predict/", files=files, data=form, timeout=60).raise_for_status()


def test_a_late_answer_is_not_shown(server: RunningServer, tmp_path: Path) -> None:
    large = tmp_path / "large.jpg"
    large.write_bytes(encode(plain_image(200, 120, 190, width=4000, height=3000), "JPEG"))
    with chromium(tmp_path / "profile") as browser:
        open_page(browser, server)
        browser.press(text("tab.region", "en"))
        browser.wait_for("button", text("run.region", "en"))
        upload_region(browser, large)
        browser.press(text("run.region", "en"))
        browser.wait_for(".gallery-item").click()
        browser.wait_for('.bp-picture img[src*="drawn_region"]')
        # Once another client gets the large image's result, it would be here too.
        ask_about_region(server, large)
        assert_no_result(browser)
        browser.press(text("run.region", "en"))
        browser.wait_for('.bp-result img[src*="heatmap"]')
        assert browser.wait_for("button", FORMATS["csv"].label).is_enabled()
        browser.wait_for('.bp-picture button[aria-label="Remove Image"]').click()
        assert_no_result(browser)
        assert not browser.wait_for("button", FORMATS["csv"].label).is_enabled()


def test_another_batch_clears_the_table(server: RunningServer, tmp_path: Path) -> None:
    with chromium(tmp_path) as browser:
        open_page(browser, server)
        browser.press(text("tab.batch", "en"))
        browser.wait_for("button", text("run.batch", "en"))
        multiple = browser.driver.find_elements(By.CSS_SELECTOR, "input[type=file][multiple]")
        multiple[0].send_keys(f"{PATCH}\n{PATCH.with_name('drawn_loose.png')}")
        browser.wait_for("tr.file", "drawn_loose")
        browser.press(text("run.batch", "en"))
        browser.wait_for(".bp-files", PATCH.name)
        browser.wait_for('button[aria-label="Remove this file"]').click()
        assert_no_result(browser)
