"""Fixtures of the API's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from redis import Redis as RedisClient

from hf_space.api.app import create_api
from hf_space.settings import Settings
from tests.bundle_factory import write_bundle
from tests.stores import STORES, Store, Visitor, client_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.services import Postgres, Redis


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings that point at the tiny network, with small limits."""
    return Settings(
        model_dir=write_bundle(tmp_path / "model"),
        data_dir=tmp_path / "data",
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


@pytest.fixture(scope="module")
def bundled_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The application with the bundled model, and its own operating point."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"), operating_point=None)
    with TestClient(create_api(settings)) as client:
        yield client


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """Each pair of an empty database and an empty place for results."""
    if request.param == "sqlite+memory":
        return Store(tmp_path)
    return Store(
        tmp_path, request.getfixturevalue("postgres_url"), request.getfixturevalue("redis_url")
    )


@pytest.fixture
def shared_store(tmp_path: Path, postgres_url: str, redis_url: str) -> Store:
    """PostgreSQL and Redis only, for what several processes do or what happens without them."""
    return Store(tmp_path, postgres_url, redis_url)


@pytest.fixture(scope="module", params=STORES)
def module_store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    """Each pair once for all tests of a file, which must keep to owners of their own."""
    folder = tmp_path_factory.mktemp("store")
    if request.param == "sqlite+memory":
        yield Store(folder)
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    redis: Redis = request.getfixturevalue("redis_server")
    postgres.start()
    redis.start()
    # Otherwise cached results of another file would answer this one's first requests.
    with RedisClient.from_url(redis.url) as client:
        client.flushall()
    name = f"module_{uuid4().hex}"
    yield Store(folder, postgres.create_database(name), redis.url)
    postgres.start()
    postgres.drop_database(name)


@pytest.fixture(scope="module")
def module_client(module_store: Store) -> Iterator[TestClient]:
    """A client of one application for all tests of a file."""
    with client_of(module_store.settings()) as client:
        yield client


@pytest.fixture
def visitor(module_client: TestClient) -> Visitor:
    """A new visitor."""
    return Visitor(module_client)
