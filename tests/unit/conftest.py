"""Fixtures of the service's unit tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hf_space.bundle.load import Bundle, load_bundle
from tests.bundle_factory import write_bundle

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    """The tiny network's bundle."""
    return load_bundle(write_bundle(tmp_path / "model"))
