"""A real Chromium without network access of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

CHROMIUM = Path("/usr/bin/chromium")
DRIVER = Path("/usr/bin/chromedriver")
_WAIT_SECONDS = 30
# Selenium's default of half a second is longer than most waits.
_POLL_SECONDS = 0.2
# Chromium's value for "block".
_BLOCK = 2
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Only requests of the page's own process are logged.
_ONE_PROCESS = (
    "--disable-site-isolation-trials",
    "--disable-features=IsolateOrigins,site-per-process",
)


@dataclass(frozen=True)
class Browser:
    """A browser with one page.

    Attributes:
        driver: Selenium's driver.
    """

    driver: webdriver.Chrome

    @property
    def _waiting(self) -> WebDriverWait[webdriver.Chrome]:
        return WebDriverWait(
            self.driver,
            _WAIT_SECONDS,
            _POLL_SECONDS,
            ignored_exceptions=[StaleElementReferenceException],
        )

    def visible(self, css: str) -> list[WebElement]:
        """Return the elements that can be seen."""
        found = self.driver.find_elements(By.CSS_SELECTOR, css)
        return [element for element in found if element.is_displayed()]

    def wait_for(self, css: str, containing: str = "") -> WebElement:
        """Wait until an element with some text can be seen, and return it."""

        def seen(_: object) -> WebElement | None:
            return next((e for e in self.visible(css) if containing in e.text), None)

        return self._waiting.until(seen, f"{css} with {containing!r} is not there")  # type: ignore[return-value]

    def wait_until_gone(self, css: str, containing: str = "") -> None:
        """Wait until no such element with some text can be seen."""

        def gone(_: object) -> bool:
            return not any(containing in element.text for element in self.visible(css))

        self._waiting.until(gone, f"{css} with {containing!r} is still there")

    def wait_for_count(self, css: str, count: int) -> None:
        """Wait until a number of elements is visible: a page may draw a list piece by piece."""
        counted = f"there are not {count} {css}"
        self._waiting.until(lambda _: len(self.visible(css)) == count, counted)

    def upload(self, *paths: Path, place: int = 0) -> None:
        """Choose files in one of the page's inputs, and wait until they have arrived."""
        inputs = self.driver.find_elements(By.CSS_SELECTOR, "input[type=file]")
        inputs[place].send_keys("\n".join(map(str, paths)))

    def press(self, text: str) -> None:
        """Press the button or tab with this text."""
        self.wait_for("button", text).click()

    def open_tab(self, text: str) -> None:
        """Open the tab with this name; buttons may have it in their words too."""
        self.wait_for('[role="tab"]', text).click()

    def download_to(self, folder: Path) -> None:
        """Keep what the page offers in a folder, without asking."""
        behaviour = {"behavior": "allow", "downloadPath": str(folder)}
        self.driver.execute_cdp_cmd("Browser.setDownloadBehavior", behaviour)

    def wait_for_file(self, path: Path) -> bytes:
        """Wait for a download, whose name may be a pattern, and return its content."""
        found = self._waiting.until(
            lambda _: list(path.parent.glob(path.name)), f"{path.name} was not downloaded"
        )
        return found[0].read_bytes()

    def overflow(self) -> int:
        """Return by how many pixels the page is wider than the window."""
        script = "return document.documentElement.scrollWidth - window.innerWidth"
        return int(self.driver.execute_script(script))

    def wait_until_drawn(self, picture: WebElement) -> None:
        """Wait until the pixels of a picture have come."""
        script = "return arguments[0].naturalWidth"
        self._waiting.until(lambda _: self.driver.execute_script(script, picture) > 0)

    def asked_hosts(self) -> set[str]:
        """Return the hosts of all requests since the last question about them."""
        return {urlsplit(url).netloc for url in self.asked_urls()}

    def asked_urls(self) -> set[str]:
        """Return the addresses of all requests since the last question about them."""
        urls = set()
        for entry in self.driver.get_log("performance"):  # type: ignore[no-untyped-call]
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                url = message["params"]["request"]["url"]
                if urlsplit(url).scheme not in {"data", "blob", "chrome"}:
                    urls.add(url)
        return urls


def browser_missing() -> str | None:
    """Return why no browser can be started here, or None."""
    missing = [str(path) for path in (CHROMIUM, DRIVER) if not path.exists()]
    if missing:
        return f"NO BROWSER TESTS: {' and '.join(missing)} missing; apt install chromium-driver"
    return None


@contextmanager
def chromium(
    profile: Path,
    *,
    language: str = "en",
    width: int = 1280,
    height: int = 900,
    storage: bool = True,
    hosts: Mapping[str, int] = MappingProxyType({}),
    embedding: bool = False,
) -> Iterator[Browser]:
    """Start a browser, and end it.

    Args:
        profile: An empty folder for all that it writes.
        language: What it asks pages for.
        width: Of the window, in CSS pixels; below 500 it is a phone.
        height: Of the window, likewise.
        storage: Let pages keep cookies and anything else.
        hosts: Names that this machine has, by the port that serves them over HTTPS.
        embedding: Refuse cookies to pages inside another site's, and log what those ask too.
    """
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    isolation = _ONE_PROCESS if embedding else ()
    named = _as_hosts(hosts) if hosts else ()
    own = (f"--lang={language}", f"--user-data-dir={profile}")
    for flag in (*_FLAGS, *isolation, *named, *own):
        options.add_argument(flag)
    preferences: dict[str, object] = {
        "intl.accept_languages": language,
        "profile.block_third_party_cookies": embedding,
        "profile.cookie_controls_mode": int(embedding),
    }
    if not storage:
        preferences["profile.default_content_setting_values.cookies"] = _BLOCK
    options.add_experimental_option("prefs", preferences)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(str(DRIVER)))
    try:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        yield Browser(driver)
    finally:
        driver.quit()


def _as_hosts(hosts: Mapping[str, int]) -> tuple[str, ...]:
    rules = (f"MAP {name}:443 127.0.0.1:{port}" for name, port in hosts.items())
    return f"--host-resolver-rules={','.join(rules)}", "--ignore-certificate-errors"
