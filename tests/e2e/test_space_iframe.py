"""The demo as a Space shows it: inside another site's page, where it may keep no cookie."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest
import trustme
from selenium.webdriver.common.by import By

from hf_space.messages.catalogue import text
from tests.bundle_factory import write_bundle
from tests.e2e.browser import Browser, chromium
from tests.e2e.test_demo_browser import open_page
from tests.e2e.test_demo_history import ASK_STORAGE, open_history, read
from tests.server import RunningServer, running_server
from tests.space import SPACE_ENVIRONMENT

HUB = "huggingface.co"


@pytest.fixture(scope="module")
def space(
    server: RunningServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """The service as in a Space, where there is a browser to look at it."""
    assert server
    folder = write_bundle(tmp_path_factory.mktemp("space") / "model")
    with running_server(**SPACE_ENVIRONMENT, BIOPSIA_MODEL_DIR=str(folder)) as space:
        yield space


@pytest.fixture(scope="module")
def hub(space: RunningServer) -> Iterator[int]:
    """Port of a page that shows the Space in a frame, as the Hub's does."""
    page = f'<iframe src="{space.url}/" width="1200" height="850"></iframe>'.encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert(HUB).configure_cert(context)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as site:
        site.socket = context.wrap_socket(site.socket, server_side=True)
        thread = Thread(target=site.serve_forever)
        thread.start()
        yield site.server_port
        site.shutdown()
        thread.join()


def enter(browser: Browser) -> None:
    """Open the Hub's page, and look into its frame."""
    browser.driver.get(f"https://{HUB}/")
    browser.driver.switch_to.frame(browser.driver.find_element(By.CSS_SELECTOR, "iframe"))
    browser.wait_for(".bp-held-out", text("options.threshold", "en").lower())


def test_it_predicts_and_remembers_without_a_cookie(
    space: RunningServer, hub: int, tmp_path: Path
) -> None:
    with chromium(tmp_path / "one", hosts={HUB: hub}, embedding=True) as browser:
        enter(browser)
        read(browser, "drawn_crowded.png")
        open_history(browser)
        browser.wait_for_count(".bp-row img", 1)
        # The frame's token is in storage that only this site's frames can read.
        token = browser.driver.execute_script(ASK_STORAGE)
        enter(browser)
        open_history(browser)
        browser.wait_for_count(".bp-row", 1)
        asked = browser.asked_hosts()
        assert asked == {HUB, urlsplit(space.url).netloc}
        assert browser.driver.execute_cdp_cmd("Storage.getCookies", {}) == {"cookies": []}
        browser.driver.switch_to.default_content()
        open_page(browser, space)
        open_history(browser)
        browser.wait_for(".bp-empty")
        assert browser.driver.execute_script(ASK_STORAGE) not in {None, token}
    with chromium(tmp_path / "two", hosts={HUB: hub}, embedding=True) as browser:
        enter(browser)
        open_history(browser)
        browser.wait_for(".bp-empty")


def test_where_nothing_may_be_kept_it_remembers_as_long_as_the_page(
    hub: int, tmp_path: Path
) -> None:
    with chromium(tmp_path, hosts={HUB: hub}, storage=False) as browser:
        enter(browser)
        read(browser, "drawn_crowded.png")
        open_history(browser)
        browser.wait_for(".bp-row")
        browser.wait_for(".bp-if-forgetful", text("page.storage_blocked", "en"))
        enter(browser)
        open_history(browser)
        browser.wait_for(".bp-empty")


def test_by_itself_it_asks_nobody_else_either(space: RunningServer, tmp_path: Path) -> None:
    with chromium(tmp_path) as browser:
        open_page(browser, space)
        read(browser, "drawn_crowded.png")
        assert browser.asked_hosts() == {urlsplit(space.url).netloc}


def test_no_other_site_may_show_it(hub: int, tmp_path: Path) -> None:
    with chromium(tmp_path, hosts={"other.example": hub}) as browser:
        browser.driver.get("https://other.example/")
        browser.driver.switch_to.frame(browser.driver.find_element(By.CSS_SELECTOR, "iframe"))
        assert (
            browser.driver.execute_script("return location.href") == "chrome-error://chromewebdata/"
        )
