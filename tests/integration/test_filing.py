"""Case labels and folders of an owner's own, on every pair of stores."""

from __future__ import annotations

import csv
import io
import logging
import unicodedata
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from redis import Redis
from sqlalchemy import select

from hf_space.history.database.tables import filings
from hf_space.schemas.filing import MAX_FILING_LENGTH, MAX_FOLDERS
from hf_space.schemas.ids import uuid7
from tests.record_factory import NOON, make_record
from tests.stores import Store, Visitor, client_of, error_of, patch


def kept(visitor: Visitor, store: Store, number: int) -> list[str]:
    """Keep so many records, the oldest first; returns their ids."""
    records = [make_record(visitor.owner, NOON + timedelta(hours=n)) for n in range(number)]
    store.insert(*records)
    return [str(record.id) for record in records]


def where(item: dict[str, Any]) -> tuple[str | None, str | None]:
    return item["case_label"], item["folder"]


def test_a_record_is_filed_and_filed_anew(visitor: Visitor, module_store: Store) -> None:
    first, second = kept(visitor, module_store, 2)
    assert where(visitor.read(f"/history/{first}")) == (None, None)
    filed = visitor.file(first, case_label=" 24-117 B ", folder="Teaching")
    assert filed.status_code == 200
    assert filed.json() == {"case_label": "24-117 B", "folder": "Teaching"}
    assert where(visitor.read(f"/history/{first}")) == ("24-117 B", "Teaching")
    assert [where(item) for item in visitor.read("/history/")["items"]] == [
        (None, None),
        ("24-117 B", "Teaching"),
    ]
    visitor.file(first, folder="Teaching")
    assert where(visitor.read(f"/history/{first}")) == (None, "Teaching")
    visitor.file(first)
    assert where(visitor.read(f"/history/{first}")) == (None, None)
    assert where(visitor.read(f"/history/{second}")) == (None, None)
    assert visitor.read("/history/folders") == {"folders": []}


def test_a_saved_prediction_is_filed_and_its_result_stays(visitor: Visitor) -> None:
    result = visitor.predict(patch(130))
    visitor.file(result["id"], case_label="A", folder="B")
    record = visitor.read(f"/history/{result['id']}", explain="false")
    assert where(record) == ("A", "B")
    assert record["result"]["probability"] == result["probability"]
    # The same image again is another record, without a filing.
    again = visitor.predict(patch(130))
    assert again["cached"]
    assert where(visitor.read(f"/history/{again['id']}")) == (None, None)


def test_folders_are_counted_and_come_by_name(visitor: Visitor, module_store: Store) -> None:
    ids = kept(visitor, module_store, 5)
    for identifier, folder in zip(ids, ("b", "Á", "b", "a", None), strict=True):
        visitor.file(identifier, case_label="1", folder=folder)
    assert visitor.read("/history/folders")["folders"] == [
        {"name": "a", "count": 1},
        {"name": "b", "count": 2},
        {"name": "Á", "count": 1},
    ]
    visitor.ask("DELETE", f"/history/{ids[3]}")
    names = [folder["name"] for folder in visitor.read("/history/folders")["folders"]]
    assert names == ["b", "Á"]


def test_of_very_many_folders_the_largest_are_listed(store: Store) -> None:
    with client_of(store.settings()) as client:
        visitor = Visitor(client)
        identifiers = kept(visitor, store, MAX_FOLDERS + 2)
        names = ["largest"] * 2 + [f"{n:04}" for n in range(MAX_FOLDERS)]
        rows = [
            {"prediction_id": UUID(each), "owner": visitor.owner, "folder": name, "folded": name}
            for each, name in zip(identifiers, names, strict=True)
        ]
        run(client, store, filings.insert(), rows)
        listed = visitor.read("/history/folders")["folders"]
    assert len(listed) == MAX_FOLDERS
    assert listed[-1] == {"name": "largest", "count": 2}
    assert f"{MAX_FOLDERS - 1:04}" not in {folder["name"] for folder in listed}


def test_filters_choose_by_case_and_folder(visitor: Visitor, module_store: Store) -> None:
    ids = kept(visitor, module_store, 4)
    places = [("1", "x"), ("1", "y"), ("2", "x"), (None, None)]
    for identifier, (case, folder) in zip(ids, places, strict=True):
        visitor.file(identifier, case_label=case, folder=folder)
    assert visitor.ids(folder="x") == [ids[2], ids[0]]
    assert visitor.ids(case_label="1") == [ids[1], ids[0]]
    assert visitor.ids(case_label="1", folder="x") == [ids[0]]
    assert visitor.ids(folder="X") == []
    page = visitor.read("/history/", folder="x", limit=1, sort="oldest")
    assert visitor.ids(folder="x", sort="oldest", cursor=page["next_cursor"]) == [ids[2]]
    assert [item["id"] for item in visitor.read("/history/export.json", folder="y")] == [ids[1]]


def test_an_accent_is_the_same_however_it_is_typed(visitor: Visitor, module_store: Store) -> None:
    (identifier,) = kept(visitor, module_store, 1)
    composed, apart = (unicodedata.normalize(form, "Región") for form in ("NFC", "NFD"))
    assert visitor.file(identifier, folder=apart).json()["folder"] == composed
    for typed in (composed, apart):
        assert visitor.ids(folder=typed) == [identifier]


@pytest.mark.parametrize("typed", ["24-117", "24-117 b", "TEACH", "ing"])
def test_a_search_finds_part_of_a_case_or_a_folder(
    visitor: Visitor, module_store: Store, typed: str
) -> None:
    first, second = kept(visitor, module_store, 2)
    visitor.file(first, case_label="24-117 B", folder="Teaching")
    visitor.file(second, case_label="24-118", folder="Te%ch")
    assert visitor.ids(search=typed) == [first]
    assert visitor.ids(search="24-11", folder="Teaching") == [first]
    assert visitor.ids(search="B Teaching") == []


def test_the_table_and_the_list_have_both(visitor: Visitor, module_store: Store) -> None:
    first, _ = kept(visitor, module_store, 2)
    visitor.file(first, case_label="=1+1", folder="Teaching; é")
    table = visitor.get("/history/export.csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(table, newline="")))
    assert [(row["case_label"], row["folder"]) for row in rows] == [
        ("", ""),
        ("'=1+1", "Teaching; é"),
    ]
    listed = visitor.read("/history/export.json")
    assert [where(item) for item in listed] == [(None, None), ("=1+1", "Teaching; é")]


@pytest.mark.parametrize("name", ["case_label", "folder"])
@pytest.mark.parametrize(
    "text", ["", "  ", "x" * (MAX_FILING_LENGTH + 1), "a\nb", "a\0b", "a\u2028b", 7]
)
def test_what_is_no_name_is_refused_and_changes_nothing(
    visitor: Visitor, module_store: Store, name: str, text: object
) -> None:
    (identifier,) = kept(visitor, module_store, 1)
    visitor.file(identifier, case_label="before", folder="before")
    refused = visitor.file(identifier, **{name: text})
    assert error_of(refused) == (422, "invalid_options")
    assert refused.json()["error"]["details"]["fields"][0]["field"] == name
    assert where(visitor.read(f"/history/{identifier}")) == ("before", "before")
    if isinstance(text, str):
        assert error_of(visitor.get("/history/", **{name: text})) == (422, "invalid_options")


def test_the_longest_name_and_any_script_are_kept(visitor: Visitor, module_store: Store) -> None:
    (identifier,) = kept(visitor, module_store, 1)
    for text in ("é" * MAX_FILING_LENGTH, "浸潤性 🔬", 'O\'Brien "x" % _ \\'):
        assert visitor.file(identifier, case_label=text, folder=text).status_code == 200
        assert visitor.ids(case_label=text, folder=text) == [identifier]


def test_an_unknown_record_and_an_unknown_field_are_refused(
    visitor: Visitor, module_store: Store
) -> None:
    (identifier,) = kept(visitor, module_store, 1)
    assert error_of(visitor.file(str(uuid7()), folder="x")) == (404, "unknown_record")
    assert error_of(visitor.file(identifier, owner="me")) == (422, "invalid_options")
    # A missing field would be cleared, so both are required.
    path = f"/history/{identifier}/filing"
    assert error_of(visitor.ask("PUT", path, json={"folder": "x"})) == (422, "invalid_options")


@pytest.mark.parametrize("path", ["/history/{id}", "/history/"])
def test_it_goes_with_its_record(store: Store, path: str) -> None:
    with client_of(store.settings()) as client:
        visitor, other = Visitor(client), Visitor(client)
        mine, theirs = (kept(each, store, 1)[0] for each in (visitor, other))
        for each, identifier in ((visitor, mine), (other, theirs)):
            each.file(identifier, case_label="case", folder="folder")
        assert visitor.ask("DELETE", path.format(id=mine)).status_code in {200, 204}
        left = run(client, store, select(filings.c.prediction_id))
        assert [str(row.prediction_id) for row in left] == [theirs]
        assert where(other.read(f"/history/{theirs}")) == ("case", "folder")


def run(client: TestClient, store: Store, statement: Any, values: Any = None) -> Any:
    """Execute a statement behind the back of the service; returns its rows, if it has any."""

    async def execute() -> Any:
        database = store.database()
        async with database.writing() as connection:
            done = await connection.execute(statement, values)
            found = done.all() if done.returns_rows else None
        await database.close()
        return found

    assert client.portal
    return client.portal.call(execute)


def test_it_is_in_no_log_no_cache_and_no_metric(
    visitor: Visitor,
    module_store: Store,
    module_client: TestClient,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    named = "Mendez-Ward"
    identifier = visitor.predict(patch(131))["id"]
    visitor.file(identifier, case_label=f"{named} case", folder=f"{named} folder")
    assert visitor.ids(folder=f"{named} folder", search=named) == [identifier]
    visitor.file(identifier, case_label=f"{named}\n")
    visitor.file(identifier, case_label=named * 100)
    visitor.get("/history/export.csv", case_label=f"{named} case")
    own = [record for record in caplog.records if record.name.startswith("hf_space")]
    assert own
    assert not [record for record in own if named in f"{record.getMessage()} {record.__dict__}"]
    assert named not in module_client.get("/metrics").text
    if module_store.redis_url:
        with Redis.from_url(module_store.redis_url) as client:
            held = [client.dump(key) for key in client.keys("*")]
        assert held
        assert not [content for content in held if named.encode() in content]
