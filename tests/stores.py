"""Databases and caches of a tested service, and its visitors."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
from fastapi.testclient import TestClient
from pydantic import SecretStr

from hf_space.access.visitor import new_token, owner_of_token
from hf_space.api.app import create_api
from hf_space.api.middleware.identify import VISITOR_HEADER
from hf_space.history.database.connection import Database
from hf_space.history.database.statements import insert_records
from hf_space.history.record import Record
from hf_space.schemas.errors import ErrorReport
from hf_space.settings import Settings
from tests.bundle_factory import encode, plain_image, write_bundle

STORES = ("sqlite+memory", "postgresql+redis")
"""The pairs of a database and a place for results that every behaviour is tested on."""

# Retention deletes as soon as a service starts, while a test still writes its dated records.
UNLIMITED = {
    "owner_images_per_minute": 0,
    "address_images_per_minute": 0,
    "retention_days": 36_500,
}


@dataclass(frozen=True)
class Store:
    """An empty database, and with PostgreSQL an empty Redis.

    Attributes:
        folder: For the SQLite history, the spool and the tiny network.
        database_url: Of PostgreSQL; None for SQLite.
        redis_url: None for memory.
    """

    folder: Path
    database_url: str | None = None
    redis_url: str | None = None

    def settings(self, **changes: Any) -> Settings:
        """Return settings with the tiny network; nothing is limited or deleted unless asked for."""
        secret = {
            name: SecretStr(url)
            for name, url in {
                "database_url": self.database_url,
                "redis_url": self.redis_url,
            }.items()
            if url
        }
        model_dir = write_bundle(self.folder / "model")
        known = {"model_dir": model_dir, "data_dir": self.folder / "data"}
        return Settings(**{**known, **secret, **UNLIMITED, **changes})

    def environment(self, **changes: object) -> dict[str, str]:
        """Return the same as variables for a service in a process of its own."""
        own = {
            "model_dir": write_bundle(self.folder / "model"),
            "data_dir": self.folder / "data",
            "database_url": self.database_url or "",
            "redis_url": self.redis_url or "",
        }
        settings = {**own, **UNLIMITED, **changes}
        return {f"BIOPSIA_{name.upper()}": str(value) for name, value in settings.items()}

    def insert(self, *records: Record) -> None:
        """Put records into the database, behind the back of the service."""

        async def write() -> None:
            database = self.database()
            async with database.writing() as connection:
                await insert_records(connection, records)
            await database.close()

        asyncio.run(write())

    def database(self) -> Database:
        """Return the database as the service uses it, not yet opened."""
        self.folder.joinpath("data").mkdir(parents=True, exist_ok=True)
        return Database(self.database_url or f"sqlite:///{self.folder}/data/history.sqlite3")


@contextmanager
def client_of(settings: Settings) -> Iterator[TestClient]:
    """Start the application in this process."""
    app = create_api(settings)
    with TestClient(app, raise_server_exceptions=False, headers={"User-Agent": "test"}) as client:
        yield client


@dataclass(frozen=True)
class Visitor:
    """Somebody with a token, who asks a service."""

    client: httpx2.Client
    token: str = field(default_factory=new_token)

    @property
    def owner(self) -> bytes:
        """The visitor's owner."""
        owner = owner_of_token(self.token)
        assert owner is not None
        return owner

    def ask(self, method: str, path: str, **content: Any) -> httpx2.Response:
        """Send a request with the token."""
        headers = {VISITOR_HEADER: self.token} | content.pop("headers", {})
        return self.client.request(method, path, headers=headers, **content)

    def get(self, path: str, **parameters: Any) -> httpx2.Response:
        """Get a path with parameters of the query."""
        return self.ask("GET", path, params=parameters)

    def read(self, path: str, **parameters: Any) -> Any:
        """Get JSON, which must be there."""
        response = self.get(path, **parameters)
        assert response.status_code == 200, response.text
        return response.json()

    def predict(self, image: bytes, **options: object) -> dict[str, Any]:
        """Have an image answered, which must succeed."""
        form = {name: str(value) for name, value in options.items()}
        response = self.ask("POST", "/predict/", files={"file": ("a.png", image)}, data=form)
        assert response.status_code == 200, response.text
        body: dict[str, Any] = response.json()
        return body

    def review(self, identifier: str, **content: object) -> httpx2.Response:
        """Add a review."""
        return self.ask("POST", f"/history/{identifier}/reviews", json=content)

    def file(self, identifier: str, **content: object) -> httpx2.Response:
        """Give a record a case label and a folder; none where none is named."""
        filing = {"case_label": None, "folder": None} | content
        return self.ask("PUT", f"/history/{identifier}/filing", json=filing)

    def ids(self, **parameters: Any) -> list[str]:
        """Return the ids of one page of the history."""
        return [item["id"] for item in self.read("/history/", **parameters)["items"]]


def patch(number: int, red: int = 200, green: int = 120, **size: int) -> bytes:
    """Return a patch that no other number gives; the redder, the more suspicious."""
    image = plain_image(red, green, 190, **size)
    image[0, 0] = np.frombuffer(number.to_bytes(3, "big"), np.uint8)
    return encode(image)


def error_of(response: httpx2.Response) -> tuple[int, str]:
    """Return the status and the code of an error in the one shape that all have."""
    return response.status_code, ErrorReport.model_validate(response.json()).error.code
