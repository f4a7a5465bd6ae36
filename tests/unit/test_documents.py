"""The marked blocks of the documents come only from the bundle."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import hf_space
from tests.measured_bundle import CANDIDATE, write_measured_bundle
from training.errors import ConfigurationError
from training.evaluation.measured import Measured, measured_bundle
from training.release.documents import (
    BLOCKS,
    block_of,
    render_block,
    replace_block,
    update_document,
)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """A bundle that was evaluated; do not write into it."""
    return measured_bundle(write_measured_bundle(tmp_path_factory.mktemp("bundle")))


@pytest.mark.parametrize("name", sorted(set(BLOCKS) - {"example"}))
def test_a_blocks_tables_are_whole(measured: Measured, name: str) -> None:
    tables = re.findall(r"(?:^\|.*\|\n?)+", render_block(name, measured), re.MULTILINE)
    assert tables
    for table in tables:
        assert len({line.count("|") for line in table.splitlines()}) == 1, table
        assert len(table.splitlines()) > 2


def test_candidates_show_their_recipe_and_scores(measured: Measured) -> None:
    row = "| first | efficientnetb0 | none | bundle | 3 | 0.910 | 0.820 | 0.730 | 12 |"
    assert measured.candidates == [CANDIDATE]
    assert row in render_block("candidates", measured).splitlines()


def test_cross_validation_shows_each_fold_and_the_cross_fitted_calibration(
    measured: Measured,
) -> None:
    text = render_block("cross_validation", measured)
    report = measured.calibration.report
    assert list(report.by_fold) == ["0", "1", "2"]
    for name, fold in report.by_fold.items():
        assert f"| {name} | 2 | 40 | {fold.idc} | {fold.roc_auc:.3f} |" in text
    assert f"ECE {report.ece_before:.3f} before and {report.ece_after:.3f} after" in text


def test_a_document_gets_its_blocks_and_keeps_the_rest(measured: Measured, tmp_path: Path) -> None:
    document = tmp_path / "README.md"
    document.write_text("before\n<!-- figures -->\nold\n<!-- /figures -->\nafter\n")
    for _ in range(2):
        update_document(document, measured)
        text = document.read_text()
        assert block_of(text, "figures") == render_block("figures", measured)
        assert text.startswith("before\n<!-- figures -->\n| 6 test cases, 120 patches |")
        assert text.endswith("|\n<!-- /figures -->\nafter\n")


def test_a_document_without_blocks_is_refused(measured: Measured, tmp_path: Path) -> None:
    document = tmp_path / "README.md"
    document.write_text("no figures here")
    with pytest.raises(ConfigurationError, match="has no block"):
        update_document(document, measured)


def test_the_answer_is_the_services_own(measured: Measured) -> None:
    health, answer = (
        json.loads(text)
        for text in re.findall(r"```json\n(.*?)```", render_block("example", measured), re.S)
    )
    # The processor decides the precision.
    assert health["model"].pop("precision") in {"f32", "bf16"}
    origin = {"source": "bundled", "repo": None, "commit": None, "pinned": None}
    state = {"state": "ready", "reason": None, "name": "tiny", "revision": "r1"}
    assert health == {
        "status": "ok",
        "version": hf_space.__version__,
        "model": state | origin | {"engine": "openvino"},
        "database": {"state": "ready", "kind": "sqlite", "reason": None},
        "cache": {"state": "ready", "kind": "memory"},
    }
    assert answer["operating_point"] == "balanced"
    assert 0 <= answer["probability"] <= 1
    assert answer["gradcam"]["rows"] == 4
    assert {"id", "created_at", "timing_ms"}.isdisjoint(answer)


def test_a_block_is_replaced_literally() -> None:
    text = "a <!-- b -->x<!-- /b --> c"
    assert replace_block(text, "b", r"\1 \g<0>") == "a <!-- b -->\n\\1 \\g<0>\n<!-- /b --> c"
    assert replace_block(text, "other", "y") == text
    assert block_of(text, "b") == "x"
    assert block_of(text, "other") is None
