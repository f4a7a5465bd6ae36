"""Fixtures of the API's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient

from hf_space.api.application import create_api
from hf_space.settings import Settings
from tests.bundle_factory import write_bundle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings that point at the tiny network, with small limits."""
    return Settings(
        model_dir=write_bundle(tmp_path / "model"),
        operating_point=None,
        max_upload_bytes=200_000,
        max_pixels=1_000_000,
        max_batch_files=30,
        max_batch_bytes=500_000,
    )


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    """A client of the started application."""
    with TestClient(create_api(settings), raise_server_exceptions=False) as client:
        yield client
