"""Fixtures shared by all tests, and an environment that keeps them off the network and home."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

# Before any test imports these libraries: they read the environment once, on import.
_CACHE = tempfile.TemporaryDirectory(prefix="biopsia-tests-")
os.environ.update(
    GRADIO_TEMP_DIR=_CACHE.name,
    HF_HOME=_CACHE.name,
    HF_HUB_OFFLINE="1",
    HF_DATASETS_OFFLINE="1",
    HF_HUB_DISABLE_TELEMETRY="1",
    KAGGLEHUB_CACHE=_CACHE.name,
    MPLBACKEND="Agg",
    MPLCONFIGDIR=_CACHE.name,
    TF_CPP_MIN_LOG_LEVEL="2",
)

from tests.synthetic import write_kaggle_tree  # noqa: E402

CASES = ("10254", "10257", "10260", "10255", "10253")
"""Two published training cases, one for validation, one for testing, and one in no list."""


@pytest.fixture(scope="session")
def kaggle_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder in Kaggle's layout with five cases of three patches a class; do not write into it."""
    root = tmp_path_factory.mktemp("kaggle")
    write_kaggle_tree(root, CASES, 3)
    return root


@pytest.fixture(scope="session")
def real_patches() -> Path:
    """Folder or zip of real patches from BIOPSIA_IDC_DIR; skips when it is not set."""
    path = os.environ.get("BIOPSIA_IDC_DIR")
    if not path:
        pytest.skip("BIOPSIA_IDC_DIR is not set")
    return Path(path).expanduser()
