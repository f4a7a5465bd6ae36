"""A record is found by a typed text, equally on every pair of stores."""

from __future__ import annotations

import asyncio
import json
import unicodedata
from datetime import timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from hf_space.history.database.tables import predictions
from hf_space.history.record import Record
from tests.record_factory import NOON, make_record
from tests.stores import Store, Visitor


def sha256_of(record: Record) -> str:
    text: str = json.loads(record.result)["image"]["sha256"]
    return text


def noted(visitor: Visitor, store: Store, *notes: str) -> list[str]:
    """Keep a record for each note; returns their ids."""
    records = [
        make_record(visitor.owner, NOON + timedelta(hours=hour)) for hour in range(len(notes))
    ]
    store.insert(*records)
    for record, note in zip(records, notes, strict=True):
        assert visitor.review(str(record.id), opinion="agree", note=note).status_code == 201
    return [str(record.id) for record in records]


@pytest.mark.parametrize("length", [9, 14, 15, 24, 36])
def test_the_start_of_an_id_finds_it(visitor: Visitor, module_store: Store, length: int) -> None:
    # Hours apart, so that the first characters differ.
    records = [make_record(visitor.owner, NOON + timedelta(hours=100 * n)) for n in range(3)]
    module_store.insert(*records)
    for record in records:
        start = str(record.id)[:length]
        for typed in (start, start.upper(), start.replace("-", ""), f"  {start} "):
            assert visitor.ids(search=typed) == [str(record.id)]
    inner = str(records[0].id)[1:length]
    assert visitor.ids(search=inner) == []


def test_what_all_ids_begin_with_finds_all(visitor: Visitor, module_store: Store) -> None:
    records = [make_record(visitor.owner, NOON + timedelta(seconds=n)) for n in range(3)]
    module_store.insert(*records)
    expected = [str(record.id) for record in records[::-1]]
    assert visitor.ids(search="019") == expected
    assert visitor.ids(search="019", sort="oldest") == expected[::-1]
    assert visitor.ids(search="019", until=(NOON + timedelta(seconds=1)).isoformat()) == [
        expected[-1]
    ]
    page = visitor.read("/history/", search="019", limit=2)
    assert visitor.ids(search="019", limit=2, cursor=page["next_cursor"]) == expected[2:]


@pytest.mark.parametrize("typed", ["-", "0-19", "--019", "01-9"])
def test_hyphens_count_where_an_id_has_them_only(
    visitor: Visitor, module_store: Store, typed: str
) -> None:
    module_store.insert(make_record(visitor.owner))
    assert visitor.ids(search=typed) == []


def test_the_start_of_the_images_hash_finds_it(visitor: Visitor, module_store: Store) -> None:
    records = [make_record(visitor.owner, NOON + timedelta(seconds=n)) for n in range(3)]
    module_store.insert(*records)
    for record in records:
        for typed in (sha256_of(record)[:12], sha256_of(record), sha256_of(record)[:40].upper()):
            assert visitor.ids(search=typed) == [str(record.id)]
    assert visitor.ids(search=sha256_of(records[0])[1:20]) == []
    assert visitor.ids(search=sha256_of(records[0]) + "0") == []


@pytest.mark.parametrize("converted", [True, False])
@pytest.mark.parametrize("length", [1, 2, 7, 8, 9, 63, 64])
def test_however_much_of_a_hash_is_typed(
    visitor: Visitor, module_store: Store, length: int, *, converted: bool
) -> None:
    # No id begins like this.
    hashes = ["f" * 64, "f" * 63 + "e", "f7" + "0" * 62, "e" + "f" * 63]
    records = [
        make_record(visitor.owner, NOON + timedelta(seconds=n), image={"sha256": each})
        for n, each in enumerate(hashes)
    ]
    module_store.insert(*records)
    if not converted:
        forget_hashes(module_store, visitor.owner)
    for each in hashes:
        typed = each[:length]
        found = [str(r.id) for r in records if sha256_of(r).startswith(typed)]
        assert visitor.ids(search=typed) == found[::-1]


def forget_hashes(store: Store, owner: bytes) -> None:
    """Leave records as they were kept before their images' hashes had a column."""

    async def write() -> None:
        database = store.database()
        nothing = {"sha256": None, "fingerprint": None}
        mine = predictions.update().where(predictions.c.owner == owner)
        async with database.writing() as connection:
            await connection.execute(mine.values(nothing))
        await database.close()

    asyncio.run(write())


@pytest.mark.parametrize(
    ("note", "typed"),
    [
        ("Too small a crop", "SMALL A"),
        ("Núcleos pleomórficos", "NÚCLEOS PLEOMÓRFICOS"),
        ("ÁREA DE DUDA, SEÑALADA", "área de duda, señ"),
        ("Straße", "STRASSE"),
        (unicodedata.normalize("NFD", "Región"), "REGIÓN"),
        ("100 % sure", "100 %"),
        ("field_7", "d_7"),
        ("a/b\\c", "/B\\"),
        ('it\'s "clear"', "'S \"CLEAR"),
        ("beef", "BEEF"),
    ],
)
def test_any_part_of_a_note_finds_its_record(
    visitor: Visitor, module_store: Store, note: str, typed: str
) -> None:
    first, _ = noted(visitor, module_store, note, "another")
    assert visitor.ids(search=typed) == [first]


@pytest.mark.parametrize("typed", ["%", "_", "1%0", "fi_ld", "\\", "nucleos", "note"])
def test_a_note_without_the_text_is_not_found(
    visitor: Visitor, module_store: Store, typed: str
) -> None:
    noted(visitor, module_store, "100 field", "Núcleos")
    assert visitor.ids(search=typed) == []


def test_earlier_opinions_are_searched_too(visitor: Visitor, module_store: Store) -> None:
    (identifier,) = noted(visitor, module_store, "first word")
    visitor.review(identifier, opinion="unsure", note="second word")
    for typed in ("first", "second"):
        assert visitor.ids(search=typed) == [identifier]


def test_a_search_goes_with_exports_and_other_filters(
    visitor: Visitor, module_store: Store
) -> None:
    _, second = noted(visitor, module_store, "the one", "the other")
    exported = visitor.read("/history/export.json", search=" OTHER ")
    assert [item["id"] for item in exported] == [second]
    lines = visitor.get("/history/export.csv", search="other").text.splitlines()
    assert [second in line for line in lines] == [False, True]
    assert visitor.ids(search="the", verdict="benign") == []


def test_nobody_finds_anothers_records(
    visitor: Visitor, module_client: TestClient, module_store: Store
) -> None:
    (identifier,) = noted(visitor, module_store, "mine alone")
    other = Visitor(module_client)
    module_store.insert(make_record(other.owner))
    record = visitor.read(f"/history/{identifier}", explain="false")["result"]
    for typed in ("mine", identifier, UUID(identifier).hex, record["image"]["sha256"]):
        assert visitor.ids(search=typed) == [identifier]
        assert other.ids(search=typed) == []
