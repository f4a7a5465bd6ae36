"""Which records the chaos test counts as lost, double, foreign and returned."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from benchmarks import results
from benchmarks.chaos.ledger import Findings, Ledger, compare
from benchmarks.chaos.report import bars, render_chaos
from benchmarks.chaos.run import Chaos, Plan
from training.release.documents import block_of

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
SOUND = {"lost": 0, "double": 0, "foreign": 0, "returned": 0}


def result(identifier: str, image: bytes, *codes: str) -> dict[str, Any]:
    warnings = [{"code": code} for code in codes]
    return {"id": identifier, "image": {"sha256": digest(image)}, "warnings": warnings}


def digest(image: bytes) -> str:
    return hashlib.sha256(image).hexdigest()


def ledger_of(*identifiers: str) -> Ledger:
    ledger = Ledger()
    for identifier in identifiers:
        ledger.tell(result(identifier, identifier.encode()), identifier.encode())
    return ledger


def items_of(*identifiers: str) -> list[dict[str, Any]]:
    return [result(identifier, identifier.encode()) for identifier in identifiers]


def test_a_history_that_holds_what_was_told_is_sound() -> None:
    one, other = ledger_of("a", "b"), ledger_of("c")
    one.seen.update("ab")
    other.tell(result("d", b"d", "save_delayed"), b"d")
    other.tell(result("e", b"e", "not_saved"), b"e")
    one.reviews["fine"] = "a"
    found = compare([one, other], [items_of("a", "b"), items_of("c", "d")], [["fine"], []])
    assert found == Findings(records=4, **SOUND)
    assert (other.delayed, other.not_saved) == ({"d"}, {"e"})


def test_records_and_reviews_that_are_missing_are_lost() -> None:
    ledger = ledger_of("a", "b")
    ledger.reviews.update(one="a", two="b")
    assert compare([ledger], [items_of("a")], [[]]) == Findings(1, **SOUND | {"lost": 2})


def test_what_is_there_twice_or_was_never_told_of_is_double() -> None:
    ledger = ledger_of("a")
    ledger.reviews["one"] = "a"
    found = compare([ledger], [items_of("a", "a", "x")], [["one", "one"]])
    assert found == Findings(3, **SOUND | {"double": 3})


def test_what_belongs_to_another_visitor_or_image_is_foreign() -> None:
    one, other = ledger_of("a"), ledger_of("b", "c")
    one.seen.add("b")
    one.tell(result("d", b"another image"), b"d")
    items = [items_of("a", "c", "d"), [result("b", b"another image"), *items_of("c")]]
    assert compare([one, other], items, [[], []]) == Findings(5, **SOUND | {"foreign": 4})


def test_only_what_was_certainly_deleted_must_be_gone() -> None:
    ledger = ledger_of("a", "b", "c", "d")
    ledger.deleted.update("ab")
    ledger.perhaps_deleted.update("abcd")
    found = compare([ledger], [items_of("a", "c")], [[]])
    assert found == Findings(2, **SOUND | {"returned": 1})


def chaos(**changes: Any) -> Chaos:
    sound: dict[str, Any] = {
        "answers": {"delete": {"2xx": 3, "4xx": 1}, "predict": {"2xx": 5, "503": 2}},
        "others": [],
        "findings": Findings(records=1200, **SOUND),
        "results": 1300,
        "delayed": 40,
        "not_saved": 0,
        "deleted": 100,
        "reviews": 7,
        "seconds": 61.6,
    }
    return Chaos(**sound | changes)


def test_bars_allow_nothing() -> None:
    assert all(bar.met for bar in bars(chaos()).values())
    wrong = bars(chaos(others=["?"], findings=Findings(1, lost=1, double=0, foreign=2, returned=0)))
    assert [name for name, bar in wrong.items() if not bar.met] == ["others", "lost", "foreign"]


@pytest.mark.parametrize(("cut", "met"), [(2, True), (3, False)])
def test_a_fifth_of_the_exports_may_be_cut_off(cut: int, met: bool) -> None:  # noqa: FBT001
    answers = {
        "export zip": {"2xx": 4, "cut off": 1},
        "export history": {"2xx": 9 - cut, "503": 1, "cut off": cut},
        "predict": {"2xx": 1000},
    }
    bar = bars(chaos(answers=answers))["cut_off"]
    assert (bar.measured, bar.met) == (round(100 * (cut + 1) / 15, 4), met)


def test_the_table_has_each_kind_of_request() -> None:
    held = {name: asdict(bar) for name, bar in bars(chaos()).items()}
    machine = {"date": "2026-11-29", "cores": 2, "processor": "a processor"}
    figures = machine | {"plan": asdict(Plan()), "chaos": asdict(chaos()), "bars": held}
    table = render_chaos(figures)
    assert "2 cores of a processor: 10,000 requests of 64 clients in 62 s" in table
    assert "| records and reviews lost | at most 0 | 0 | yes |" in table
    assert "1,300 results were to be saved, 40 of them later" in table
    assert "| delete | 4 | 3 | 1 | 0 | 0 | 0 |" in table
    assert "| predict | 7 | 5 | 0 | 2 | 0 | 0 |" in table


def test_the_page_shows_the_results_file() -> None:
    figures = json.loads(results.RESULTS.read_text(encoding="utf-8")).get("chaos")
    shown = block_of(PAGE.read_text(encoding="utf-8"), "chaos")
    assert shown == (render_chaos(figures).strip() if figures else "")
