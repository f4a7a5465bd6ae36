"""The addresses of databases and of Redis that the settings take, and those that they refuse."""

from __future__ import annotations

import traceback

import pytest
from pydantic import ValidationError

from hf_space.api.app import create_api
from hf_space.settings import Settings
from tests.startup import start_lines

REDIS_PARAMETERS = (
    "a Redis address accepts only these parameters: client_name, db, health_check_interval, "
    "password, socket_connect_timeout, socket_keepalive, socket_timeout, ssl_ca_certs, "
    "ssl_ca_path, ssl_cert_reqs, ssl_certfile, ssl_check_hostname, ssl_keyfile, username"
)

pytestmark = pytest.mark.usefixtures("clean_environment")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://me:hidden@db/x", "mysql:// is not supported"),
        ("postgresql+psycopg://me:hidden@db/x", "postgresql\\+psycopg:// is not supported"),
        ("sqlite:///:memory:", "a history in memory would be lost: name a file, sqlite:///history"),
        ("sqlite://hidden.sqlite3", "name a file with three slashes, sqlite:///history.sqlite3"),
        ("postgresql://me:hidden@db:99999/x", "a port is at most 65535"),
        ("sqlite:///~/hidden.sqlite3", "write the whole path of the file: ~ is not supported here"),
        ("postgresql://me:hidden@db/x?sslmode=bogus", "sslmode is one of disable, allow, prefer"),
        ("me:hidden@db", "write an address such as postgresql://"),
        ("me:hidden@db://x", "write an address such as postgresql://"),
        ("/var/hidden.sqlite3", "write an address such as postgresql://"),
        # Without a host, the password stands where a port should.
        ("postgresql://me:hidden/x", "not the address of a database"),
    ],
)
def test_a_bad_address_of_a_database_is_refused_without_its_password(
    monkeypatch: pytest.MonkeyPatch, url: str, message: str
) -> None:
    monkeypatch.setenv("BIOPSIA_DATABASE_URL", url)
    with pytest.raises(ValueError, match=message) as caught:
        create_api(Settings())
    assert "hidden" not in "".join(traceback.format_exception(caught.value))
    assert start_lines() == [f"BIOPSIA_DATABASE_URL: {line}" for line in messages_of(caught.value)]


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///history.sqlite3",
        "sqlite+aiosqlite:////data/history.sqlite3",
        "postgres://me:secret@db:5432/biopsia",
        "postgresql://me:secret@db/biopsia?sslmode=require",
        "postgresql+asyncpg://me:secret@db/biopsia",
        "PostgreSQL://me:secret@db/biopsia",
        "SQLite:///history.sqlite3",
    ],
)
def test_addresses_of_databases_as_hosts_write_them_are_taken(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("BIOPSIA_DATABASE_URL", url)
    assert start_lines() == []


@pytest.mark.parametrize("url", ["sqlite://", "SQLite:///", "sqlite+aiosqlite://"])
def test_sqlite_without_a_file_is_the_file_of_the_data_folder(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("BIOPSIA_DATABASE_URL", url)
    assert start_lines() == []
    assert Settings().database_url is None


@pytest.mark.parametrize(
    "url",
    [
        *("redis://cache:6379/0", "rediss://:hidden@cache:6379", "REDIS://cache:6379/0"),
        *("redis://cache", "redis://cache/", "redis://[::1]:6379/15", "redis://cache?db=3"),
        *("redis://me:hid:99999@cache:6379/0", "unix:///run/redis.sock?db=1"),
        *("rediss://cache?ssl_cert_reqs=none", "redis://cache?health_check_interval=30&db=1"),
    ],
)
def test_addresses_of_redis_are_taken(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("BIOPSIA_REDIS_URL", url)
    assert start_lines() == []


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("localhost:6379", "write an address such as redis://host:6379/0"),
        (
            "http://:hidden@cache",
            "write an address such as redis://host:6379/0; http:// is not supported",
        ),
        ("redis://:hidden@cache/abc", "not the address of a Redis, such as redis://host:6379/0"),
        ("redis://:hidden@cache:99999", "a port is at most 65535"),
        ("redis://:hidden@[::1]:99999/0", "a port is at most 65535"),
        *(
            (f"redis://:hidden@cache?{hidden}", REDIS_PARAMETERS)
            for hidden in ("hidden=bar", "db=1&decode_responses=1", "protocol=3", "hidden")
        ),
        *(
            (url, "not the address of a Redis, such as redis://host:6379/0")
            for url in (
                *("redis://:hidden@cache?ssl_ca_certs=/x", "redis://:hidden@cache?db=one"),
                "rediss://:hidden@cache?ssl_cert_reqs=bogus",
            )
        ),
        ("redis://:hidden@cache:port", "not the address of a Redis, such as redis://host:6379/0"),
    ],
)
def test_a_bad_address_of_redis_is_told_without_its_password(
    monkeypatch: pytest.MonkeyPatch, url: str, message: str
) -> None:
    monkeypatch.setenv("BIOPSIA_REDIS_URL", url)
    assert start_lines() == [f"BIOPSIA_REDIS_URL: {message}"]


def messages_of(error: BaseException) -> list[str]:
    if isinstance(error, ValidationError):
        return [each["msg"].removeprefix("Value error, ") for each in error.errors()]
    return [str(error)]
