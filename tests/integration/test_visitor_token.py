"""A visitor's token can be replaced, and be taken from a browser."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from hf_space.api.middleware.identify import COOKIE, VISITOR_HEADER
from hf_space.errors import HistoryUnavailableError
from hf_space.history.reading.repository import HistoryRepository
from hf_space.history.writing.spool import Spool
from tests.record_factory import make_record
from tests.server import free_port
from tests.services import Postgres
from tests.stores import Store, Visitor, client_of, error_of, patch
from tests.waiting import wait_until

OWNER, OTHER, NEW = b"a" * 32, b"b" * 32, b"c" * 32


def test_another_token_has_the_history_and_the_first_one_nothing(store: Store) -> None:
    with client_of(store.settings()) as client:
        first, other = Visitor(client), Visitor(client)
        ids = [first.predict(patch(number))["id"] for number in (1, 2)]
        first.review(ids[0], opinion="unsure", note="mine")
        kept = other.predict(patch(3))["id"]
        replaced = first.ask("POST", "/visitor/token")
        assert (replaced.status_code, replaced.content) == (204, b"")
        assert "Content-Type" not in replaced.headers
        assert replaced.headers["Cache-Control"] == "no-store"
        second = Visitor(client, replaced.headers[VISITOR_HEADER])
        assert second.token != first.token
        assert (sorted(second.ids()), first.ids(), other.ids()) == (sorted(ids), [], [kept])
        assert second.read(f"/history/{ids[0]}")["reviews"][0]["note"] == "mine"
        assert second.ids(search="mine") == [ids[0]]
        totals = [who.read("/stats/")["total"] for who in (first, second, other)]
        assert totals == [0, 2, 1]
        assert error_of(first.get(f"/history/{ids[1]}")) == (404, "unknown_record")


@asynccontextmanager
async def waiting_records(store: Store) -> AsyncIterator[tuple[HistoryRepository, Spool]]:
    """Give a history of which one record of each owner waits on disk; it is not opened."""
    database, spool = store.database(), Spool(store.folder, max_records=10)
    await spool.add([make_record(OWNER), make_record(OTHER)])
    yield HistoryRepository(database, spool), spool
    await spool.close()
    await database.close()


async def owners_of_waiting(spool: Spool) -> set[bytes]:
    async with spool.moving(10) as moved:
        return {record.owner for record in moved}


def test_records_that_wait_go_along(store: Store) -> None:
    async def scenario() -> None:
        async with waiting_records(store) as (history, spool):
            database = store.database()
            await database.open()
            await history.change_owner(OWNER, NEW)
            assert await owners_of_waiting(spool) == {NEW, OTHER}
            await database.close()

    asyncio.run(scenario())


def test_records_that_wait_stay_where_the_database_is_away(tmp_path: Path) -> None:
    nowhere = Store(tmp_path, f"postgresql://biopsia@127.0.0.1:{free_port()}/biopsia")

    async def scenario() -> None:
        async with waiting_records(nowhere) as (history, spool):
            with pytest.raises(HistoryUnavailableError):
                await history.change_owner(OWNER, NEW)
            assert await owners_of_waiting(spool) == {OWNER, OTHER}

    asyncio.run(scenario())


def test_a_token_that_could_not_be_replaced_keeps_its_records(
    shared_store: Store, postgres: Postgres
) -> None:
    with client_of(shared_store.settings()) as client:
        visitor = Visitor(client)
        ids = [visitor.predict(patch(1))["id"]]
        postgres.stop()
        ids.append(visitor.predict(patch(2))["id"])
        refused = visitor.ask("POST", "/visitor/token")
        assert error_of(refused) == (503, "history_unavailable")
        assert VISITOR_HEADER not in refused.headers
        postgres.start()
        wait_until(lambda: client.get("/health/").json()["status"] == "ok")
        wait_until(lambda: visitor.ids() == ids[::-1])


def test_a_browser_gets_the_other_token_as_its_cookie_and_gives_it_back(
    client: TestClient,
) -> None:
    own = {"Sec-Fetch-Site": "same-origin"}
    client.base_url = client.base_url.copy_with(scheme="https")
    form = {"save": "true"}
    client.post("/predict/", files={"file": patch(1)}, data=form, headers=own)
    first = client.cookies[COOKIE]
    replaced = client.post("/visitor/token", headers=own)
    assert VISITOR_HEADER not in replaced.headers
    assert client.cookies[COOKIE] != first
    assert len(client.get("/history/").json()["items"]) == 1
    gone = client.delete("/visitor/token", headers=own)
    assert gone.status_code == 204
    assert COOKIE not in client.cookies
    assert client.get("/history/").json()["items"] == []


def test_a_key_is_not_replaced_by_its_owner(store: Store) -> None:
    keys = {"lab": SecretStr("k" * 16)}
    with client_of(store.settings(api_keys=keys)) as client:
        refused = client.post("/visitor/token", headers={"X-API-Key": "k" * 16})
        assert error_of(refused) == (400, "invalid_request")


def test_the_zip_has_all_reviews_and_pictures(store: Store) -> None:
    image = patch(1)
    with client_of(store.settings(store_originals=True)) as client:
        visitor = Visitor(client)
        ids = [visitor.predict(image)["id"], visitor.predict(patch(2))["id"]]
        for note in ("first", "second"):
            visitor.review(ids[0], opinion="unsure", note=note)
        Visitor(client).predict(patch(3))
        response = visitor.get("/history/export.zip")
        assert response.headers["Content-Type"] == "application/zip"
        archive = zipfile.ZipFile(io.BytesIO(response.content))
        assert archive.testzip() is None
        files = ("record.json", "thumbnail.webp", "original")
        assert set(archive.namelist()) == {f"{id_}/{name}" for id_ in ids for name in files}
        record = json.loads(archive.read(f"{ids[0]}/record.json"))
        assert [review["note"] for review in record["reviews"]] == ["first", "second"]
        expected = visitor.read(f"/history/{ids[0]}", explain=False)
        assert record == expected
        assert archive.read(f"{ids[0]}/original") == image
        shown = visitor.get(f"/history/{ids[0]}/thumbnail").content
        assert archive.read(f"{ids[0]}/thumbnail.webp") == shown
        none = visitor.get("/history/export.zip", reviewed="true", kind="region").content
        assert zipfile.ZipFile(io.BytesIO(none)).namelist() == []
