"""Shifts and the report of `robust` on them, calculated by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from tests.bundle_factory import expected_probability, plain_image, write_bundle
from tests.synthetic import make_patches, write_patch
from training.cli import app
from training.data.records import PatchRecord
from training.errors import SourceError
from training.evaluation.robust import robust, sample_by_case
from training.evaluation.shifts import SHIFTS

# Without IDC as they are; in warm light the first one's red speaks for it.
CROSSING, GREEN, RED = (112, 124, 100), (100, 200, 100), (200, 100, 100)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    root = tmp_path_factory.mktemp("robust")
    for number, (colour, label) in enumerate(((CROSSING, 0), (GREEN, 0), (RED, 1))):
        write_patch(root / "slides", "8863", 50 * number, 0, label, plain_image(*colour))
    return robust(
        write_bundle(root / "bundle"),
        str(root / "slides"),
        split=None,
        case_weights={"8863:1": 2.0},
        progress=False,
    )


def test_every_shift_is_measured_beside_the_clean_patches(found: dict[str, Any]) -> None:
    assert list(found["shifts"]) == ["clean", *SHIFTS, "bfloat16"]
    assert found["dataset"] | {"source": ""} == {
        "source": "",
        "split": None,
        "patches": 3,
        "cases": 1,
        "patches_per_case": 40,
    }
    clean = found["shifts"]["clean"]
    assert (clean["roc_auc"], clean["sensitivity"], clean["specificity"]) == (1, 1, 1)
    assert clean["flips"] == clean["largest_change"] == 0


def test_warm_light_flips_what_it_reddens(found: dict[str, Any]) -> None:
    row = found["shifts"]["warm_light"]
    # One patch of three, and the one with IDC counts twice.
    assert row["flips"] == pytest.approx(1 / 4)
    assert (row["sensitivity"], row["specificity"]) == (1, 0.5)
    warm = [expected_probability(1.1 * r, g, 0.85 * b) for r, g, b in (CROSSING, GREEN, RED)]
    moved = [
        abs(after - expected_probability(*colour))
        for after, colour in zip(warm, (CROSSING, GREEN, RED), strict=True)
    ]
    assert row["largest_change"] == pytest.approx(max(moved), abs=0.01)


def test_flat_colours_survive_focus_and_turns(found: dict[str, Any]) -> None:
    for name in ("blur_1.0", "blur_1.5", "right_angle"):
        assert found["shifts"][name]["largest_change"] == pytest.approx(0, abs=1e-5)


def test_bfloat16_moves_a_probability_by_its_rounding(found: dict[str, Any]) -> None:
    row = found["shifts"]["bfloat16"]
    assert row["flips"] == 0
    assert 0 <= row["percentile_99_of_change"] <= row["largest_change"] < 0.01


def test_shifts_do_what_they_are_named_for() -> None:
    patches, _ = make_patches(1, seed=2)
    patch = patches[1]
    for name, shift in SHIFTS.items():
        changed = shift(patch)
        assert changed.dtype == np.uint8, name
        assert changed.shape == patch.shape, name
    errors = [
        np.abs(SHIFTS[f"jpeg_{quality}"](patch).astype(float) - patch).mean()
        for quality in (90, 75, 50)
    ]
    assert 0 < errors[0] < errors[1] < errors[2] < 25
    expected = cv2.GaussianBlur(patch.astype(float), (0, 0), 1.0)
    np.testing.assert_allclose(SHIFTS["blur_1.0"](patch)[5:-5, 5:-5], expected[5:-5, 5:-5], atol=2)
    brighter = SHIFTS["brightness_1.2"](patch).astype(float)
    np.testing.assert_allclose(brighter, np.minimum(patch * 1.2, 255), atol=0.5)
    np.testing.assert_array_equal(SHIFTS["right_angle"](patch)[0, 0], patch[0, -1])


def test_a_sample_takes_small_cases_whole_and_part_of_others_always_the_same() -> None:
    records = [
        PatchRecord(case, number, 0, 0, f"{case}_{number}")
        for case, count in (("a", 30), ("b", 4))
        for number in range(count)
    ]
    chosen = sample_by_case(records, 10)
    assert chosen == [record for record in records if record in set(chosen)]
    assert [sum(r.case_id == case for r in chosen) for case in "ab"] == [10, 4]
    assert set(sample_by_case(records[::-1], 10)) == set(chosen)
    assert [r.x for r in chosen][:10] != list(range(10))


def test_a_split_without_patches_is_refused(tmp_path: Path) -> None:
    write_patch(tmp_path / "slides", "8863", 0, 0, 0, plain_image(*RED))
    bundle = write_bundle(tmp_path / "bundle")
    with pytest.raises(SourceError, match="no readable patch of the split 'test'"):
        robust(bundle, str(tmp_path / "slides"), split="test", case_weights={}, progress=False)


def test_the_command_writes_and_shows_the_figures(tmp_path: Path) -> None:
    write_patch(tmp_path / "slides", "8863", 0, 0, 0, plain_image(*RED))
    bundle, report = write_bundle(tmp_path / "bundle"), tmp_path / "robust.json"
    command = ["robust", str(bundle), str(tmp_path / "slides"), "--json", str(report)]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    assert json.loads(report.read_text())["shifts"]["clean"]["roc_auc"] is None
    assert "warm_light" in result.output
