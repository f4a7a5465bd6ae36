from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from tests.synthetic import patch_name
from training.data.inspection import (
    Audit,
    ExcludedPatch,
    InspectedPatch,
    inspect_patches,
    is_near_white,
)
from training.data.records import LeftOut, PatchRecord, PatchSource, parse_name
from training.errors import PatchReadError


@pytest.mark.parametrize(
    ("white_rows", "level", "expected"),
    [(45, 220, True), (44, 220, False), (50, 219, False), (50, 220, True)],
)
def test_near_white_means_nine_tenths_at_220_or_more(
    white_rows: int,
    level: int,
    expected: bool,  # noqa: FBT001
) -> None:
    image = np.full((50, 50, 3), 255, np.uint8)
    image[:, :, 1] = level
    image[white_rows:] = 0
    assert is_near_white(image) is expected


@dataclass
class _CountingSource:
    records: Sequence[PatchRecord]
    reads: int = 0
    left_out: Sequence[LeftOut] = ()

    def read(self, record: PatchRecord) -> bytes:
        self.reads += 1
        raise PatchReadError(f"{record.name}: missing")


def test_only_a_bounded_number_of_patches_waits_in_memory() -> None:
    records = [r for x in range(500) if (r := parse_name(patch_name("1", x, 1, 0)))]
    source: PatchSource = (counting := _CountingSource(records))
    patches = inspect_patches(source, records, workers=2, ahead=8)
    first = next(patches)
    assert first == ExcludedPatch(records[0], "missing")
    assert counting.reads <= 8
    assert [first.record, *(patch.record for patch in patches)] == records
    assert counting.reads == 500


def test_audit_adds_up_counts_by_case_and_class() -> None:
    audit = Audit()
    for number, (case_id, label) in enumerate((("1", 0), ("1", 0), ("1", 1), ("2", 1))):
        record = PatchRecord(case_id, number, 1, label, f"{number}.png")
        audit.add(InspectedPatch(record, b"", bytes([number]), near_white=False, padded=label == 1))
    assert audit.kept == 4
    assert audit.cases == ["1", "2"]
    assert audit.counts == {("1", 0): 2, ("1", 1): 1, ("2", 1): 1}
    assert audit.padded == {"1": 1, "2": 1}
