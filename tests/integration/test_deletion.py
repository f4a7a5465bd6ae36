"""Deleted data are found nowhere: database, log, spool, caches, server log."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import sqlite3
import stat
from collections.abc import Collection
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from redis import Redis as RedisClient
from sqlalchemy.exc import DatabaseError

from hf_space.cache.redis import RedisConnection
from hf_space.cache.result_cache import MemoryCache, ResultCache
from hf_space.errors import HistoryUnavailableError
from hf_space.history.database.connection import Database
from hf_space.history.database.statements import insert_records
from hf_space.history.deletion import Deletion
from hf_space.history.writing.spool import Spool
from tests.bundle_factory import encode
from tests.caching import put
from tests.record_factory import NOON, make_record
from tests.services import Postgres
from tests.stores import Store, Visitor, client_of, error_of, patch
from tests.traces import found_in_files, found_in_redis
from tests.waiting import until, wait_until

NOTE = "marker of the note"
FILE_NAME = "marker-of-the-file.png"
OWNER = b"o" * 32


def noise(seed: int) -> bytes:
    """Return a patch of which no 24 bytes are those of another one."""
    rng = np.random.default_rng(seed)
    return encode(rng.integers(100, 220, (50, 50, 3), dtype=np.uint8))


def saved(visitor: Visitor, image: bytes, note: str) -> str:
    files = {"file": (FILE_NAME, image)}
    answer = visitor.ask("POST", "/predict/", files=files).json()
    assert answer["saved"]
    identifier: str = answer["id"]
    assert visitor.review(identifier, opinion="unsure", note=note).status_code == 201
    return identifier


def markers_of(image: bytes, thumbnail: bytes) -> dict[str, bytes]:
    digest = hashlib.sha256(image)
    return {
        "note": NOTE.encode(),
        "image": image[200:224],
        "thumbnail": thumbnail[60:84],
        "hash": digest.hexdigest().encode(),
        "digest": digest.digest(),
        "file name": FILE_NAME.encode(),
    }


@pytest.mark.parametrize("path", ["/history/{id}", "/history/"])
def test_a_deleted_record_is_found_nowhere(
    path: str, store: Store, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Even on a busy machine.
    monkeypatch.setattr("hf_space.cache.redis._CALL_SECONDS", 20.0)
    caplog.set_level(logging.DEBUG)
    image = noise(1)
    with client_of(store.settings(store_originals=True)) as client:
        visitor, other = Visitor(client), Visitor(client)
        identifier = saved(visitor, image, NOTE)
        markers = markers_of(image, visitor.get(f"/history/{identifier}/thumbnail").content)
        kept = saved(other, noise(2), "another note")
        if not store.database_url:
            found = found_in_files(store.folder, markers)
            assert found == {"note", "image", "thumbnail", "hash", "digest"}
        assert visitor.ask("DELETE", path.format(id=identifier)).is_success
        # While the service runs with the files open.
        assert found_in_files(store.folder, markers) == set()
        _assert_not_cached(client, store, markers, image)
        assert other.ids() == [kept]
    assert not [name for name, marker in markers.items() if str(marker) in caplog.text]
    assert FILE_NAME not in caplog.text


def _assert_not_cached(
    client: TestClient, store: Store, markers: dict[str, bytes], image: bytes
) -> None:
    if store.redis_url:
        with RedisClient.from_url(store.redis_url) as redis:
            assert found_in_redis(redis, markers) == set()
            # The result of the other visitor, for another image.
            wait_until(lambda: len(list(redis.scan_iter("biopsia:result:*"))) == 1)
    again = client.post("/predict/", files={"file": image}, data={"save": "false"}).json()
    assert not again["cached"]


def test_a_record_that_waits_for_its_database_is_found_nowhere_either(tmp_path: Path) -> None:
    store = Store(tmp_path)
    image, forgotten = noise(1), []
    record = replace(make_record(OWNER), original=image)
    marker = {"image": image[200:224]}

    async def forget(images: object) -> None:
        forgotten.append(images)

    async def scenario() -> None:
        database, spool = store.database(), Spool(tmp_path, max_records=10)
        await database.open()
        deletion = Deletion(database, spool, forget)
        await spool.add([record, make_record(OWNER)])
        assert found_in_files(tmp_path, marker) == {"image"}
        await deletion.delete(OWNER, record.id)
        assert found_in_files(tmp_path, marker) == set()
        # Records moved to the database do not stay in the spool's log.
        await spool.add([record])
        async with spool.moving(10) as moved:
            assert len(moved) == 2
        assert found_in_files(tmp_path, marker) == set()
        await spool.close()
        await database.close()

    asyncio.run(scenario())
    assert forgotten == [{record.result.partition('"sha256":"')[2][:64]}]


def cached_for_others(client: TestClient, image: bytes) -> bool:
    """Return whether another visitor would get the result from a cache, without adding it."""
    answer = Visitor(client).predict(image, save=False)
    return bool(answer["cached"])


@pytest.mark.parametrize("path", ["/history/{id}", "/history/"])
def test_what_waits_for_a_database_that_is_away_is_in_no_cache_after_its_deletion(
    path: str, shared_store: Store, postgres: Postgres
) -> None:
    deleted, kept = noise(1), noise(2)
    with client_of(shared_store.settings()) as client:
        visitor, other = Visitor(client), Visitor(client)
        other.predict(kept)
        postgres.stop()
        identifier = visitor.predict(deleted)["id"]
        gone = visitor.ask("DELETE", path.format(id=identifier))
        assert error_of(gone) == (503, "history_unavailable")
        assert not cached_for_others(client, deleted)
        assert cached_for_others(client, kept)
        postgres.start()
        wait_until(lambda: client.get("/health/").json()["status"] == "ok")
        assert visitor.ids() == []
        assert len(other.ids()) == 1


def test_what_a_database_deleted_before_it_went_away_is_in_no_cache(
    shared_store: Store, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hf_space.history.deletion._STEP", 2)
    forgotten: list[set[str]] = []
    told: list[Collection[str] | None] = []
    images = [f"{number:064x}" for number in range(5)]
    records = [
        make_record(OWNER, NOON + timedelta(seconds=number), image={"sha256": image})
        for number, image in enumerate(images)
    ]

    async def forget(images: Collection[str]) -> None:
        forgotten.append(set(images))
        if len(forgotten) == 2:
            await asyncio.to_thread(postgres.stop)

    async def scenario() -> None:
        database, spool = shared_store.database(), Spool(shared_store.folder, max_records=0)
        await database.open()
        async with database.writing() as connection:
            await insert_records(connection, records)
        deletion = Deletion(database, spool, forget)
        deletion.listeners.append(lambda _, images: told.append(images))
        with pytest.raises(HistoryUnavailableError):
            await deletion.delete_all(OWNER)
        await asyncio.to_thread(postgres.start)
        assert forgotten == told == [set(images[:2]), set(images[2:4])]
        assert await deletion.delete_all(OWNER) == 1
        assert forgotten[2:] == [{images[4]}]
        assert told[2:] == [{images[4]}, None]
        await database.close()

    asyncio.run(scenario())


def test_files_are_for_the_service_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with client_of(Store(tmp_path).settings()) as client:
        Visitor(client).predict(patch(1))
        assert stat.S_IMODE(data.stat().st_mode) == 0o700
    # It begins with the first record.
    with client_of(Store(tmp_path).settings()):
        wait_until(data.joinpath("retention-time").exists)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in data.iterdir()}
    history = "history.sqlite3"
    names = (history, f"{history}-wal", f"{history}-shm", "retention-time")
    assert modes == dict.fromkeys(names, 0o600)


def test_a_database_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    store = Store(tmp_path)
    file = tmp_path / "data" / "history.sqlite3"
    with client_of(store.settings()) as client:
        Visitor(client).predict(patch(1))
    file.chmod(0o644)
    with client_of(store.settings()):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("kind", ["folder", "text"])
def test_what_is_no_database_keeps_its_mode(kind: str, tmp_path: Path) -> None:
    path = tmp_path / kind
    if kind == "folder":
        path.mkdir()
    else:
        path.write_text("what somebody wrote\n" * 100)
    path.chmod(0o755)

    async def scenario() -> None:
        database = Database(f"sqlite:///{path}")
        with pytest.raises(DatabaseError):
            await database.open()
        await database.close()

    asyncio.run(scenario())
    assert stat.S_IMODE(path.stat().st_mode) == 0o755


def test_pages_that_were_moved_keep_nothing_after_the_file_is_rewritten(tmp_path: Path) -> None:
    """SQLite leaves bytes of a row where it was before its page was split or joined."""
    store = Store(tmp_path)

    async def scenario() -> None:
        database, spool = store.database(), Spool(tmp_path, max_records=0)
        await database.open()
        deletion = Deletion(database, spool)
        records = [make_record(OWNER) for _ in range(400)]
        async with database.writing() as connection:
            await insert_records(connection, records)
        for record in records[::2]:
            await deletion.delete(OWNER, record.id)
        await deletion.compact()
        left = {record.id.hex: record.id.hex.encode() for record in records[::2]}
        assert found_in_files(tmp_path, left) == set()
        kept = {record.id.hex: record.id.hex.encode() for record in records[1::2]}
        assert found_in_files(tmp_path, kept) == set(kept)
        await database.close()

    asyncio.run(scenario())


@pytest.mark.parametrize("statement", ["BEGIN IMMEDIATE", "BEGIN; SELECT count(*) FROM reviews"])
def test_a_file_that_others_used_is_rewritten_the_next_time(
    statement: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hf_space.history.database.erasure._BUSY_SECONDS", 0)
    store = Store(tmp_path)
    file = tmp_path / "data/history.sqlite3"

    async def scenario() -> None:
        database, spool = store.database(), Spool(tmp_path, max_records=0)
        await database.open()
        deletion = Deletion(database, spool)
        async with database.writing() as connection:
            await insert_records(connection, [make_record(OWNER) for _ in range(100)])
        assert await deletion.delete_all(OWNER) == 100
        full = file.stat().st_size
        with closing(sqlite3.connect(file)) as other:
            other.executescript(statement)
            await deletion.compact()
        assert file.stat().st_size == full
        await deletion.compact()
        assert file.stat().st_size < full
        await database.close()

    asyncio.run(scenario())


def test_another_process_forgets_what_one_has_deleted(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hf_space.cache.redis._CALL_SECONDS", 20.0)

    async def scenario() -> None:
        connections = [RedisConnection(redis_url) for _ in range(2)]
        for connection in connections:
            await connection.start()
        one, other = (ResultCache(MemoryCache(1000, 60), each, 1000, 60) for each in connections)
        for key in (("a" * 64, 1), ("a" * 64, 2), ("b" * 64, 1)):
            await put(one, key, b"value")
            assert await other.get(key) == (b"value", "redis")
        await one.forget(["a" * 64])
        listening = asyncio.create_task(other.keep_forgetting())

        async def is_forgotten() -> bool:
            return await other.get(("a" * 64, 1)) is None

        await until(is_forgotten)
        listening.cancel()
        assert await other.get(("a" * 64, 2)) is None
        assert await other.get(("b" * 64, 1)) == (b"value", "memory")
        for connection in connections:
            await connection.close()

    asyncio.run(scenario())


@pytest.mark.parametrize("lost", ["biopsia:results", "biopsia:results:sizes"])
def test_what_redis_has_evicted_keeps_no_result_from_going(lost: str, redis_url: str) -> None:
    async def scenario() -> None:
        connection = RedisConnection(redis_url)
        await connection.start()
        cache = ResultCache(MemoryCache(1000, 60), connection, 1000, 60)
        for key in (("a" * 64, 1), ("a" * 64, 2), ("b" * 64, 1)):
            await put(cache, key, b"value of " + key[0][:1].encode())
        with RedisClient.from_url(redis_url) as redis:
            redis.delete(lost)
            await cache.forget(["a" * 64])
            markers = {name: f"value of {name}".encode() for name in "ab"}
            assert found_in_redis(redis, markers) == {"b"}
        await connection.close()

    asyncio.run(scenario())


def test_a_redis_that_is_full_drops_results_too(redis_url: str) -> None:
    async def scenario() -> None:
        connection = RedisConnection(redis_url)
        await connection.start()
        cache = ResultCache(MemoryCache(1000, 60), connection, 1000, 60)
        for image in ("a" * 64, "b" * 64):
            await put(cache, (image, 1), b"value")
        with RedisClient.from_url(redis_url) as redis:
            redis.config_set("maxmemory", "1")
            try:
                await cache.forget(["a" * 64])
                assert len(list(redis.scan_iter("biopsia:result:*"))) == 1
                assert connection.state == "ready"
            finally:
                redis.config_set("maxmemory", "0")
        await connection.close()

    asyncio.run(scenario())
