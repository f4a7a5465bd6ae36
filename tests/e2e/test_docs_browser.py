"""The API's documentation, tried out as one would."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from hf_space.inference.probe import DRAWN_PATCH
from tests.e2e.browser import Browser, chromium
from tests.server import RunningServer

_OPERATION = "#operations-predict-predict"


def open_operation(browser: Browser) -> None:
    """Open the form that predicts."""
    browser.wait_for(f"{_OPERATION} .opblock-summary-control").click()
    browser.wait_for(f"{_OPERATION} .try-out__btn").click()


def execute(browser: Browser, words: str) -> str:
    """Send the request on the page, and return the answer shown once it has these words."""
    browser.wait_for(f"{_OPERATION} .execute").click()
    return browser.wait_for(f"{_OPERATION} .live-responses-table .highlight-code", words).text


def test_the_example_and_an_untouched_form_are_answered(
    server: RunningServer, tmp_path: Path
) -> None:
    with chromium(tmp_path) as browser:
        browser.driver.get(f"{server.url}/docs")
        open_operation(browser)
        assert "verdict" in execute(browser, '"operating_point": "high_sensitivity"')
        body = browser.wait_for(f"{_OPERATION} .opblock-section-request-body select")
        Select(body).select_by_visible_text("multipart/form-data")
        file = browser.driver.find_element(By.CSS_SELECTOR, f"{_OPERATION} input[type=file]")
        file.send_keys(str(DRAWN_PATCH))
        assert "verdict" in execute(browser, '"operating_point": "balanced"')
        assert browser.asked_hosts() == {urlsplit(server.url).netloc}
