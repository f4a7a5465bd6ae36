"""Fixtures shared by all tests, and an environment that keeps them off the network and home."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from redis import Redis as RedisClient

from tests.forked import usual_variables
from tests.server import OWN_STORES

# Before any test imports these libraries: they read the environment once, on import.
for _name in OWN_STORES:
    os.environ.pop(_name, None)
_CACHE = tempfile.TemporaryDirectory(prefix="biopsia-tests-")
os.environ.update(
    BIOPSIA_DATA_DIR=str(Path(_CACHE.name) / "data"),
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
usual_variables()

from tests.services import (  # noqa: E402
    Postgres,
    Redis,
    postgres_missing,
    redis_missing,
    require,
    running_postgres,
    running_redis,
)
from tests.synthetic import write_kaggle_tree  # noqa: E402

# More would start more servers than memory allows.
_MOST_PROCESSES = 4
CASES = ("10254", "10257", "10260", "10255", "10253")
"""Two published training cases, one for validation, one for testing, and one in no list."""


def pytest_xdist_auto_num_workers() -> int:
    """Return one process more than processors: tests wait for servers half of their time."""
    return min(_MOST_PROCESSES, (os.cpu_count() or 1) + 1)


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


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL, started once."""
    require(postgres_missing())
    with running_postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """An empty database of the test's own."""
    # An earlier test may have stopped the server.
    postgres.start()
    name = f"test_{uuid4().hex}"
    yield postgres.create_database(name)
    postgres.start()
    postgres.drop_database(name)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    """A real Redis, started once."""
    require(redis_missing())
    with running_redis() as server:
        yield server


@pytest.fixture
def redis_url(redis_server: Redis) -> str:
    """An empty Redis."""
    redis_server.start()
    with RedisClient.from_url(redis_server.url) as client:
        client.flushall()
    return redis_server.url
