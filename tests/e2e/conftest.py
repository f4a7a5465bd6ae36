"""Fixtures of the tests in a browser."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.bundle_factory import write_bundle
from tests.e2e.browser import CHROMIUM, DRIVER
from tests.server import RunningServer, running_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The service with the tiny network; skips where there is no browser to look at it."""
    missing = [str(path) for path in (CHROMIUM, DRIVER) if not path.exists()]
    if missing:
        reason = f"NO BROWSER TESTS: {' and '.join(missing)} missing; apt install chromium-driver"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    folder = write_bundle(tmp_path_factory.mktemp("bundle") / "model")
    uploads = tmp_path_factory.mktemp("uploads")
    with running_server(BIOPSIA_MODEL_DIR=str(folder), GRADIO_TEMP_DIR=str(uploads)) as server:
        yield server
