"""Demo and documentation below a path that a proxy removes, in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from hf_space.messages.catalogue import text
from tests.bundle_factory import write_bundle
from tests.e2e.browser import browser_missing, chromium
from tests.e2e.test_demo_browser import PATCH, copy_of, read_patch
from tests.e2e.test_docs_browser import execute, open_operation
from tests.nginx import Nginx, nginx_missing, running_nginx
from tests.server import running_server
from tests.services import require

PREFIX = "/lab/biopsia"


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Nginx]:
    require(browser_missing())
    require(nginx_missing())
    (tmp_path / "nginx").mkdir()
    bundle = write_bundle(tmp_path / "model")
    with (
        running_server(BIOPSIA_MODEL_DIR=str(bundle), BIOPSIA_ROOT_PATH=PREFIX) as server,
        running_nginx(tmp_path / "nginx", server.port, PREFIX) as proxy,
    ):
        yield proxy


def test_a_patch_is_read_and_the_documentation_tried_below_the_prefix(
    proxy: Nginx, tmp_path: Path
) -> None:
    with chromium(tmp_path / "profile") as browser:
        browser.driver.get(f"{proxy.url}/")
        browser.wait_for(".bp-held-out", text("options.threshold", "en").lower())
        read_patch(browser, path=copy_of(PATCH, tmp_path))
        picture = browser.wait_for('.bp-result img[src*="evidence"]')
        browser.wait_until_drawn(picture)
        browser.driver.get(f"{proxy.url}/docs")
        open_operation(browser)
        assert "verdict" in execute(browser, '"operating_point": "high_sensitivity"')
        asked = [urlsplit(url) for url in browser.asked_urls()]
    assert {url.netloc for url in asked} == {urlsplit(proxy.url).netloc}
    outside = {url.path for url in asked if not url.path.startswith(f"{PREFIX}/")}
    # Gradio links the first by the host's root, and browsers request the second by themselves.
    assert outside <= {"/manifest.json", "/favicon.ico"}
