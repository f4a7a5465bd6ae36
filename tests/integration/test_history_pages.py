"""Pages of the history: complete, in order, and filtered, on every pair of stores."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from hf_space.history.record import Record
from tests.record_factory import NOON, make_record
from tests.stores import Store, Visitor, error_of

# The id of no record.
_NOBODYS = "01890a5d7c3e7b6a8f4e2d1c0b9a8f7e"


def test_pages_cover_all_once_and_in_order_while_new_ones_arrive(
    visitor: Visitor, module_store: Store
) -> None:
    moments = [NOON + timedelta(seconds=seconds) for seconds in range(25)]
    module_store.insert(*(make_record(visitor.owner, moment) for moment in moments))
    seen: list[str] = []
    cursor: str | None = None
    for late in range(30):
        page = visitor.read("/history/", limit=4, **({"cursor": cursor} if cursor else {}))
        seen += [item["created_at"] for item in page["items"]]
        cursor = page["next_cursor"]
        module_store.insert(make_record(visitor.owner, NOON + timedelta(minutes=1, seconds=late)))
        if cursor is None:
            break
    assert [datetime.fromisoformat(text) for text in seen] == moments[::-1]
    assert len(visitor.ids(limit=200)) == 25 + 7


@pytest.mark.parametrize(
    ("sort", "place"),
    [
        ("newest", lambda record: -record.id.int),
        ("oldest", lambda record: record.id.int),
        ("uncertainty", lambda record: (record.margin, record.id)),
        ("probability", lambda record: (-record.probability, -record.id.int)),
    ],
)
def test_every_sort_holds_page_by_page_too(
    visitor: Visitor, module_store: Store, sort: str, place: Callable[[Record], Any]
) -> None:
    rng = np.random.default_rng(1)
    # The same values several times: the id decides then.
    probabilities = np.round(rng.uniform(0, 1, 60), 1)
    records = [
        make_record(visitor.owner, NOON + timedelta(seconds=n), probability=float(value))
        for n, value in enumerate(probabilities)
    ]
    module_store.insert(*records)
    expected = [str(record.id) for record in sorted(records, key=place)]
    seen: list[str] = []
    parameters: dict[str, Any] = {"sort": sort, "limit": 7}
    while True:
        page = visitor.read("/history/", **parameters)
        seen += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        parameters["cursor"] = page["next_cursor"]
    assert seen == expected


def test_filters_choose_and_go_together(visitor: Visitor, module_store: Store) -> None:
    hour = timedelta(hours=1)
    facts = [(0.1, "patch"), (0.45, "region"), (0.55, "patch"), (0.8, "region"), (0.95, "patch")]
    records = [
        make_record(visitor.owner, NOON + n * hour, probability=probability, kind=kind)
        for n, (probability, kind) in enumerate(facts)
    ]
    module_store.insert(*records)
    number = {str(record.id): n for n, record in enumerate(records)}

    def chosen(**parameters: Any) -> set[int]:
        return {number[identifier] for identifier in visitor.ids(**parameters)}

    assert chosen(verdict="malignant") == {3, 4}
    assert chosen(verdict=["benign", "uncertain"]) == {0, 1, 2}
    assert chosen(kind="region") == {1, 3}
    assert chosen(min_probability=0.45, max_probability=0.8) == {1, 2, 3}
    assert chosen(since=(NOON + hour).isoformat(), until=(NOON + 3 * hour).isoformat()) == {1, 2}
    assert chosen(since="2026-03-01T15:00:00+01:00") == {2, 3, 4}
    assert chosen(kind="patch", min_probability=0.5, until=(NOON + 4 * hour).isoformat()) == {2}
    visitor.review(str(records[2].id), opinion="unsure")
    assert chosen(reviewed=True) == {2}
    assert chosen(reviewed=False) == {0, 1, 3, 4}
    assert chosen(kind="region", reviewed=True) == set()


def test_cursors_go_with_filters(visitor: Visitor, module_store: Store) -> None:
    records = [
        make_record(
            visitor.owner, NOON + timedelta(minutes=n), probability=0.9 if n % 3 == 0 else 0.1
        )
        for n in range(30)
    ]
    module_store.insert(*records)
    first = visitor.read("/history/", verdict="malignant", limit=6)
    second = visitor.read("/history/", verdict="malignant", limit=6, cursor=first["next_cursor"])
    found = [item["id"] for page in (first, second) for item in page["items"]]
    assert found == [str(record.id) for record in records[::-1] if record.probability > 0.5]
    assert second["next_cursor"] is None


def _cursor(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "parameters",
    [
        {"cursor": "nonsense"},
        {"cursor": "é"},
        {"cursor": "a"},
        {"cursor": "x" * 201},
        {"cursor": _cursor("newest 0.1 no-id")},
        {"cursor": _cursor(f"uncertainty 0.1 {_NOBODYS}")},
        {"cursor": _cursor(f"newest 0.1 {_NOBODYS}"), "sort": "uncertainty"},
        {"cursor": _cursor(f"uncertainty much {_NOBODYS}"), "sort": "uncertainty"},
        {"limit": "0"},
        {"limit": "201"},
        {"sort": "loudest"},
        {"cursor": _cursor(f"newest 0.1 {_NOBODYS}"), "sort": "oldest"},
        {"cursor": _cursor(f"uncertainty 0.1 {_NOBODYS}"), "sort": "probability"},
        {"search": ""},
        {"search": "  "},
        {"search": "x" * 101},
        {"search": "a\0b"},
        {"verdict": "bad"},
        {"kind": "slide"},
        {"min_probability": "1.5"},
        {"max_probability": "nan"},
        {"since": "2026-03-01T12:00:00"},
        {"since": "yesterday"},
        {"since": "2026-03-02T00:00:00Z", "until": "2026-03-01T00:00:00Z"},
        {"owner": "somebody"},
    ],
    ids=str,
)
def test_bad_parameters_are_told(visitor: Visitor, parameters: dict[str, str]) -> None:
    response = visitor.get("/history/", **parameters)
    assert error_of(response) == (422, "invalid_options")
    assert response.json()["error"]["details"]["fields"]


@pytest.mark.parametrize(
    "parameters",
    [
        {"cursor": _cursor(f"uncertainty nan {_NOBODYS}"), "sort": "uncertainty"},
        {"cursor": _cursor(f"uncertainty -inf {_NOBODYS}"), "sort": "uncertainty"},
        {"cursor": _cursor(f"probability nan {_NOBODYS}"), "sort": "probability"},
        {"search": "'\"; DROP TABLE reviews; --\ud7ff\N{MICROSCOPE}"},
        {"since": "0001-01-01T00:00:00+14:00", "until": "9999-12-31T23:59:59-14:00"},
    ],
    ids=str,
)
def test_strange_parameters_do_no_harm(visitor: Visitor, parameters: dict[str, str]) -> None:
    assert visitor.read("/history/", **parameters)["items"] == []


def test_records_without_a_verdict_come_last_by_uncertainty(
    visitor: Visitor, module_store: Store
) -> None:
    made = [
        make_record(
            visitor.owner,
            NOON + timedelta(seconds=place),
            probability=probability,
            reasons=["too_blurred"] if withheld else [],
        )
        for place, (probability, withheld) in enumerate(
            [(0.5, True), (0.99, False), (0.51, True), (0.45, False), (0.0, False)]
        )
    ]
    module_store.insert(*made)
    wanted = [str(made[place].id) for place in (3, 1, 4, 0, 2)]
    assert visitor.ids(sort="uncertainty") == wanted
    first = visitor.read("/history/", sort="uncertainty", limit=4)
    assert [item["id"] for item in first["items"]] == wanted[:4]
    assert visitor.ids(sort="uncertainty", limit=4, cursor=first["next_cursor"]) == wanted[4:]
