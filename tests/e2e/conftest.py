"""Fixtures of the tests in a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.bundle_factory import write_bundle
from tests.e2e.browser import browser_missing
from tests.server import RunningServer, running_server
from tests.services import require


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The service with the tiny network; skips where there is no browser to look at it."""
    require(browser_missing())
    folder = write_bundle(tmp_path_factory.mktemp("bundle") / "model")
    uploads = tmp_path_factory.mktemp("uploads")
    with running_server(BIOPSIA_MODEL_DIR=str(folder), GRADIO_TEMP_DIR=str(uploads)) as server:
        yield server
