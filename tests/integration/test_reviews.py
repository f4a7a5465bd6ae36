"""Reviews, and the history downloaded, on every pair of stores."""

from __future__ import annotations

import csv
import io
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from hf_space.exports.history import HISTORY_TABLE
from hf_space.schemas.errors import ErrorReport
from hf_space.schemas.history import MAX_NOTE_LENGTH, Review
from tests.record_factory import NOON, make_record
from tests.stores import Store, Visitor, patch

BENIGN = {"red": 110, "green": 150}
UNSURE = {"red": 116, "green": 120}


def rows_of(visitor: Visitor, **parameters: Any) -> list[dict[str, str]]:
    response = visitor.get("/history/export.csv", **parameters)
    assert response.status_code == 200
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))


def refusal(response: Any) -> tuple[int, str, str]:
    error = ErrorReport.model_validate(response.json()).error
    field = error.details["fields"][0]["field"]
    return response.status_code, error.code, field


def test_opinions_are_added_and_the_latest_counts(visitor: Visitor) -> None:
    answer = visitor.predict(patch(100))
    identifier = answer["id"]
    given = [
        visitor.review(identifier, opinion="disagree", label="no_idc", note="too pale"),
        visitor.review(identifier, opinion="agree"),
    ]
    assert [response.status_code for response in given] == [201, 201]
    first, second = (response.json() for response in given)
    assert (first["label"], first["note"]) == ("no_idc", "too pale")
    # To agree with "malignant" is to name its class.
    assert (second["label"], second["note"]) == ("idc", None)
    assert datetime.fromisoformat(first["created_at"]) < datetime.fromisoformat(
        second["created_at"]
    )
    body = visitor.read(f"/history/{identifier}")
    assert body["reviews"] == [first, second]
    assert body["result"]["verdict"] == answer["verdict"] == "malignant"
    assert visitor.read("/history/")["items"][0]["review"] == second
    agreement = visitor.read("/stats/")["agreement"]
    assert agreement == {
        "reviewed": 1,
        "agree": 1,
        "disagree": 0,
        "unsure": 0,
        "not_assessable": 0,
        "agreement": 1.0,
    }


def test_a_record_takes_a_hundred_opinions_whoever_gives_them_at_once(visitor: Visitor) -> None:
    identifier, other = (visitor.predict(patch(number))["id"] for number in (112, 113))
    for _ in range(94):
        assert visitor.review(identifier, opinion="unsure").status_code == 201
    with ThreadPoolExecutor(12) as pool:
        given = list(pool.map(lambda _: visitor.review(identifier, opinion="agree"), range(12)))
    assert sum(response.status_code == 201 for response in given) == 6
    refused = visitor.review(identifier, opinion="agree")
    assert refusal(refused) == (422, "invalid_options", "opinion")
    assert "100" in refused.json()["error"]["message"]
    assert len(visitor.read(f"/history/{identifier}")["reviews"]) == 100
    assert visitor.review(other, opinion="agree").status_code == 201


def test_of_many_opinions_a_page_reads_only_the_latest(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[UUID] = []

    def build(**content: Any) -> Review:
        built.append(content["id"])
        return Review(**content)

    latest = {}
    for number in (114, 115, 116):
        identifier = visitor.predict(patch(number))["id"]
        for note in ("first", "second", "third"):
            latest[identifier] = visitor.review(identifier, opinion="unsure", note=note).json()
    monkeypatch.setattr("hf_space.history.reading.items.Review", build)
    items = visitor.read("/history/")["items"]
    assert {item["id"]: item["review"] for item in items} == latest
    assert sorted(map(str, built)) == sorted(review["id"] for review in latest.values())


def test_no_one_can_change_or_take_back_an_opinion(visitor: Visitor) -> None:
    identifier = visitor.predict(patch(101))["id"]
    review = visitor.review(identifier, opinion="unsure").json()["id"]
    for method in ("DELETE", "PUT", "PATCH"):
        for path in (f"/history/{identifier}/reviews", f"/history/{identifier}/reviews/{review}"):
            assert visitor.ask(method, path).status_code in {404, 405}
    assert len(visitor.read(f"/history/{identifier}")["reviews"]) == 1


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"opinion": "disagree"}, "opinion"),
        ({"opinion": "disagree", "label": "idc"}, "label"),
        ({"opinion": "disagree", "label": "lobular"}, "label"),
        ({"opinion": "agree", "label": "idc"}, "opinion"),
        ({"opinion": "unsure", "label": "no_idc"}, "opinion"),
        ({"opinion": "perhaps"}, "opinion"),
        ({"opinion": "agree", "note": "x" * (MAX_NOTE_LENGTH + 1)}, "note"),
        ({"opinion": "agree", "note": "a\0b"}, "note"),
        ({"opinion": "agree", "owner": "me"}, "owner"),
        ({}, "opinion"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_an_opinion_that_makes_no_sense_is_told(
    visitor: Visitor, content: dict[str, str], field: str
) -> None:
    identifier = visitor.predict(patch(102))["id"]
    assert refusal(visitor.review(identifier, **content)) == (422, "invalid_options", field)
    assert visitor.read(f"/history/{identifier}")["reviews"] == []


def test_the_longest_note_and_any_script_are_kept(visitor: Visitor) -> None:
    identifier = visitor.predict(patch(103))["id"]
    for note in ("é" * MAX_NOTE_LENGTH, "carcinoma? 浸潤性 🔬\nsecond line", ""):
        assert visitor.review(identifier, opinion="unsure", note=note).json()["note"] == note
        assert visitor.read("/history/")["items"][0]["review"]["note"] == note


def test_an_uncertain_answer_may_be_either(visitor: Visitor) -> None:
    for label in ("idc", "no_idc"):
        answer = visitor.predict(patch(104, **UNSURE))
        assert answer["verdict"] == "uncertain"
        review = visitor.review(answer["id"], opinion="disagree", label=label)
        assert review.json()["label"] == label
        # Agreement with an uncertain verdict names no class.
        assert visitor.review(answer["id"], opinion="agree").json()["label"] is None


def test_the_reviewed_ones_are_ready_for_retraining(visitor: Visitor) -> None:
    malignant, benign, unsure, left = (
        visitor.predict(patch(number, **colour))["id"]
        for number, colour in ((105, {}), (106, BENIGN), (107, UNSURE), (108, {}))
    )
    visitor.review(malignant, opinion="disagree", label="no_idc")
    visitor.review(benign, opinion="unsure")
    visitor.review(benign, opinion="agree", note="clear")
    visitor.review(unsure, opinion="unsure")
    rows = rows_of(visitor, reviewed=True)
    assert [(row["id"], row["opinion"], row["label"], row["note"]) for row in rows] == [
        (unsure, "unsure", "", ""),
        (benign, "agree", "no_idc", "clear"),
        (malignant, "disagree", "no_idc", ""),
    ]
    assert [row["id"] for row in rows_of(visitor, reviewed=False)] == [left]


def test_the_table_has_every_fact_of_a_record(visitor: Visitor) -> None:
    answer = visitor.predict(patch(109, width=100, height=60), microns_per_pixel=4.0)
    (row,) = rows_of(visitor)
    assert list(row) == list(HISTORY_TABLE.columns)
    assert row["id"] == answer["id"]
    assert datetime.fromisoformat(row["created_at"]) == datetime.fromisoformat(answer["created_at"])
    assert row["image_sha256"] == answer["image"]["sha256"]
    assert (row["width"], row["height"]) == ("100", "60")
    assert (row["microns_per_pixel"], row["scale_source"]) == ("4.0", "request")
    assert (row["kind"], row["verdict"]) == ("region", "malignant")
    assert float(row["probability"]) == answer["probability"]
    assert (float(row["threshold"]), row["operating_point"]) == (0.5, "balanced")
    assert float(row["malignant_area_mm2"]) == answer["region"]["malignant_area_mm2"]
    assert row["warnings"] == " ".join(warning["code"] for warning in answer["warnings"])
    assert (row["model"], row["revision"]) == ("tiny", "r1")
    assert row["opinion"] == row["label"] == row["note"] == row["reviewed_at"] == ""


@pytest.mark.parametrize(
    ("note", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        # A row begins after the line break where the semicolon separates cells.
        ("\r=1", "'\r'=1"),
        ("pale; =1+1", "pale;' =1+1"),
    ],
    ids=ascii,
)
def test_a_note_is_no_formula(visitor: Visitor, note: str, cell: str) -> None:
    identifier = visitor.predict(patch(110))["id"]
    visitor.review(identifier, opinion="agree", note=note)
    (row,) = rows_of(visitor)
    assert row["note"] == cell
    assert visitor.read("/history/export.json")[0]["review"]["note"] == note


def test_quotes_line_ends_and_accents_survive_the_table(visitor: Visitor) -> None:
    note = 'says "idc", not:\r\nDCIS; é 🔬'
    visitor.review(visitor.predict(patch(111))["id"], opinion="agree", note=note)
    (row,) = rows_of(visitor)
    assert row["note"] == note


def test_more_than_a_page_is_taken_along(visitor: Visitor, module_store: Store) -> None:
    records = [
        make_record(visitor.owner, NOON + timedelta(seconds=n), probability=n / 450)
        for n in range(450)
    ]
    module_store.insert(*records)
    expected = [str(record.id) for record in records[::-1]]
    assert [row["id"] for row in rows_of(visitor)] == expected
    response = visitor.get("/history/export.json")
    assert response.headers["content-type"] == "application/json"
    assert 'filename="biopsia_history.json"' in response.headers["content-disposition"]
    assert [item["id"] for item in json.loads(response.text)] == expected
    some = visitor.read("/history/export.json", min_probability=0.5, max_probability=0.6)
    assert [item["id"] for item in some] == expected[179:225]
    assert rows_of(visitor, verdict="uncertain", since=(NOON + timedelta(days=1)).isoformat()) == []


def test_an_empty_history_is_an_empty_list_and_a_table_of_headers(visitor: Visitor) -> None:
    assert visitor.read("/history/export.json") == []
    response = visitor.get("/history/export.csv")
    assert response.content == HISTORY_TABLE.header()
    assert response.headers["content-type"].startswith("text/csv")


@pytest.mark.parametrize("path", ["/history/export.csv", "/history/export.json"])
def test_a_bad_filter_is_told_before_the_download_begins(visitor: Visitor, path: str) -> None:
    response = visitor.get(path, verdict="bad")
    assert refusal(response) == (422, "invalid_options", "verdict.0")
    assert "content-disposition" not in response.headers
