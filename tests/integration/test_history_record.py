"""One record: with and without its drawings, and what is beside it."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from tests.stores import Visitor, patch


@pytest.mark.parametrize("width", [50, 120], ids=["patch", "region"])
def test_a_saved_answer_comes_without_drawings_where_they_are_not_wanted(
    visitor: Visitor, width: int
) -> None:
    identifier = visitor.predict(patch(50, width=width))["id"]
    drawn = visitor.read(f"/history/{identifier}")
    plain = visitor.read(f"/history/{identifier}", explain="false")
    assert drawn["result"]["gradcam"]["overlay"]
    drawn["result"]["gradcam"]["overlay"] = None
    if width > 50:
        assert drawn["result"]["region"]["heatmap"]
        drawn["result"]["region"]["heatmap"] = None
    assert plain == drawn


def test_a_record_knows_its_neighbours_in_its_owners_history(
    visitor: Visitor, module_client: TestClient
) -> None:
    other, ids = Visitor(module_client), []
    for number in range(3):
        ids.append(visitor.predict(patch(60 + number))["id"])
        other.predict(patch(70 + number))

    def beside(identifier: str) -> tuple[str | None, str | None]:
        record = visitor.read(f"/history/{identifier}", explain="false")
        return record["older_id"], record["newer_id"]

    assert [beside(each) for each in ids] == [(None, ids[1]), (ids[0], ids[2]), (ids[1], None)]
    visitor.ask("DELETE", f"/history/{ids[1]}")
    assert [beside(each) for each in (ids[0], ids[2])] == [(None, ids[2]), (ids[0], None)]
