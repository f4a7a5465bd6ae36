"""Take the README's picture of the demo: `python -m tests.e2e.screenshot docs/images/demo.png`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from hf_space.messages.catalogue import text
from tests.e2e.browser import chromium
from tests.server import running_server


def main(target: Path) -> None:
    """Show the drawn region with its heat map, read by the shipped model."""
    with (
        running_server() as server,
        tempfile.TemporaryDirectory() as profile,
        chromium(Path(profile), width=1200, height=1040) as browser,
    ):
        browser.driver.get(server.url)
        browser.press(text("tab.region", "en"))
        browser.wait_for(".bp-held-out", text("options.threshold", "en").lower())
        browser.wait_for(".gallery-item").click()
        browser.wait_for('.bp-picture img[src*="drawn_region"]')
        browser.press(text("run.region", "en"))
        browser.wait_for(".bp-table", text("region.tiles_title", "en"))
        browser.wait_for('.bp-result img[src*="heatmap"]')
        browser.driver.execute_script("window.scrollTo(0, 0)")
        browser.driver.get_screenshot_as_file(str(target))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
