from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import typer
from numpy.typing import NDArray
from typer.testing import CliRunner

from hf_space.bundle.calibration import Calibration, OperatingPoint
from hf_space.bundle.config import InferenceConfig
from hf_space.bundle.load import Bundle
from tests.bundle_factory import expected_logit, plain_image, write_bundle
from tests.synthetic import write_patch
from training.cli.evaluate import register
from training.data.source import open_source
from training.errors import ConfigurationError, SourceError
from training.evaluation.assessment import Scored, jsonable, report
from training.evaluation.evaluate import dihedral_views, evaluate, score_patches
from training.metrics import METRICS

REQUIRED = {
    *METRICS,
    "intervals",
    "operating_points",
    "case_averaged",
    "cases",
    "dihedral",
    "neighbourhood",
    "threshold_curve",
    "patches",
    "cases_count",
    "model",
}
RED, GREEN = (200, 100, 100), (100, 200, 100)


def _corner(patches: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Stand in for a network: red of the upper left pixel, 0 to 255, minus 100, over ten."""
    return (patches[:, 0, 0, 0].astype(np.float64) - 100) / 10


@pytest.fixture
def config(bundle: Bundle) -> InferenceConfig:
    """A configuration whose calibrated logit is the logit."""
    points = {
        "balanced": OperatingPoint(threshold=0.5, uncertain_low=0.2, uncertain_high=0.8),
        "high_sensitivity": OperatingPoint.without_band(0.1),
    }
    return bundle.config.model_copy(update={"calibration": Calibration(), "thresholds": points})


def _table(rows: list[tuple[str, int, int, int, float]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["case_id", "x", "y", "label", "logit"])
    return table.assign(dihedral_logit=table["logit"])


def _two_cases() -> pd.DataFrame:
    """Case a: one hit, one miss, two right negatives; case b: one false alarm, one right."""
    return _table(
        [
            ("a", 1, 1, 1, 3.0),
            ("a", 51, 1, 1, -1.0),
            ("a", 1, 901, 0, -2.0),
            ("a", 901, 1, 0, -4.0),
            ("b", 0, 0, 0, 1.0),
            ("b", 500, 0, 0, -3.0),
        ]
    )


def test_the_figures_are_those_worked_out_by_hand(config: InferenceConfig) -> None:
    found = report(Scored.of(_two_cases(), config, {}), replicates=50)
    assert found["recall"] == pytest.approx(1 / 2)
    assert found["specificity"] == pytest.approx(3 / 4)
    assert found["precision"] == pytest.approx(1 / 2)
    assert found["accuracy"] == pytest.approx(4 / 6)
    assert found["roc_auc"] == pytest.approx(7 / 8)
    assert (found["patches"], found["cases_count"]) == (6, 2)
    a, b = found["cases"]["a"], found["cases"]["b"]
    assert (a["patches"], a["idc"], b["patches"], b["idc"]) == (4, 2, 2, 0)
    assert a["balanced_accuracy"] == pytest.approx((1 / 2 + 1) / 2)
    assert a["roc_auc"] == 1
    assert b["roc_auc"] is None
    assert b["recall"] is None
    assert b["specificity"] == pytest.approx(1 / 2)
    # At 0.1 the miss (p 0.27) and the first negative (p 0.12) of case a are called too.
    sensitive = found["operating_points"]["high_sensitivity"]
    assert sensitive["recall"] == 1
    assert sensitive["specificity"] == pytest.approx(2 / 4)
    assert a["operating_points"]["high_sensitivity"]["specificity"] == pytest.approx(1 / 2)


def test_the_uncertain_band_is_measured(config: InferenceConfig) -> None:
    points = report(Scored.of(_two_cases(), config, {}), replicates=5)["operating_points"]
    # The miss (p 0.27) and the false alarm (p 0.73) lie between 0.2 and 0.8, nothing else.
    uncertain = points["balanced"]["uncertain"]
    assert uncertain["fraction"] == pytest.approx(2 / 6)
    assert uncertain["error_rate_inside"] == 1
    assert uncertain["error_rate_outside"] == 0
    assert points["high_sensitivity"]["uncertain"]["error_rate_inside"] is None


def test_weights_and_equal_cases_change_the_figures(config: InferenceConfig) -> None:
    found = report(Scored.of(_two_cases(), config, {"a": 0.5, "b:0": 2.0}), replicates=5)
    assert found["accuracy"] == pytest.approx((3 * 0.5 + 2) / (4 * 0.5 + 2 * 2))
    assert found["case_averaged"]["accuracy"] == pytest.approx((3 / 4 + 1 / 2) / 2)


def test_the_report_has_its_keys_and_no_nan(config: InferenceConfig) -> None:
    found = report(Scored.of(_two_cases(), config, {}), replicates=20)
    assert found.keys() >= REQUIRED
    json.dumps(found, allow_nan=False)
    assert found["model"] == {"name": "tiny", "revision": "r1"}
    for part in (found, found["dihedral"], found["case_averaged"], found["neighbourhood"]["all"]):
        assert part["intervals"].keys() == set(METRICS)
    assert found["neighbourhood"]["complete_slides"] is None
    curve = found["threshold_curve"]
    assert [row["threshold"] for row in curve] == [round(k / 100, 2) for k in range(101)]
    assert (curve[0]["sensitivity"], curve[0]["specificity"]) == (1, 0)
    assert curve[50]["sensitivity"] == pytest.approx(1 / 2)
    assert (curve[100]["sensitivity"], curve[100]["precision"]) == (0, None)


@pytest.mark.parametrize("label", [0, 1])
def test_one_patch_of_one_class_gives_null_not_an_error(
    config: InferenceConfig, label: int
) -> None:
    found = report(Scored.of(_table([("a", 0, 0, label, 1.0)]), config, {}), replicates=20)
    assert found["roc_auc"] is None
    assert found["intervals"]["accuracy"] == [None, None]
    assert found["accuracy"] == label
    json.dumps(found, allow_nan=False)


def test_neighbours_correct_a_lone_mistake_and_complete_slides_are_told_apart(
    config: InferenceConfig,
) -> None:
    rows = [
        ("full", 1 + 50 * x, 1 + 50 * y, int(x >= 4), 4.0 if x >= 4 else -4.0)
        for y in range(6)
        for x in range(8)
    ]
    # A miss in the tumour: its eight neighbours correct it, also at the edge.
    rows[6 + 8 * 3] = ("full", 301, 151, 1, -4.0)
    rows += [("sparse", 500 * x, 0, x % 2, 1.0) for x in range(4)]
    found = report(Scored.of(_table(rows), config, {}), replicates=5)["neighbourhood"]
    assert found["complete_slides"]["cases"] == ["full"]
    assert found["complete_slides"]["patches"] == 48
    assert found["complete_slides"]["single"]["recall"] == pytest.approx(23 / 24)
    assert found["complete_slides"]["recall"] == 1
    assert found["complete_slides"]["specificity"] == 1
    assert (found["all"]["patches"], found["all"]["with_neighbours"]) == (52, 48)


def test_the_eight_views_are_all_turns_and_flips() -> None:
    patch = np.arange(12, dtype=np.uint8).reshape(1, 2, 2, 3)
    views = list(dihedral_views(patch))
    np.testing.assert_array_equal(views[0], patch)
    # The upper left pixel of the views visits every corner twice.
    assert sorted(int(view[0, 0, 0, 0]) for view in views) == [0, 0, 3, 3, 6, 6, 9, 9]
    assert len({view.tobytes() for view in views}) == 8
    assert all(view.flags.c_contiguous for view in views)


def test_patches_are_scored_in_the_order_of_records_with_the_mean_of_the_views(
    tmp_path: Path,
) -> None:
    image = plain_image(*GREEN)
    image[0, 0] = (180, 0, 0)
    write_patch(tmp_path, "10254", 51, 1, 1, image)
    write_patch(tmp_path, "10254", 1, 1, 0, plain_image(*GREEN))
    with open_source(tmp_path) as source:
        table = score_patches(_corner, source, source.records, progress=False)
    assert table["x"].tolist() == [1, 51]
    assert table["label"].tolist() == [0, 1]
    assert table["logit"].tolist() == [0.0, 8.0]
    # Two of the eight views keep the red corner in its place.
    assert table["dihedral_logit"].tolist() == [0.0, 2.0]


def _write_source(root: Path) -> Path:
    for case_id in ("10254", "10255"):
        for index, colour in enumerate((RED, GREEN, RED)):
            write_patch(root, case_id, 1 + 50 * index, 1, index % 2, plain_image(*colour))
    return root


def test_the_exported_model_is_run(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle")
    source = _write_source(tmp_path / "patches")
    found = evaluate(bundle, str(source), split=None, case_weights={}, plots=None, progress=False)
    # Every red patch has class 0 and the higher logit.
    assert expected_logit(*RED) > 0 > expected_logit(*GREEN)
    assert found["roc_auc"] == 0
    assert found["dihedral"]["roc_auc"] == 0
    assert found["recall"] == 0
    assert found["cases"].keys() == {"10254", "10255"}
    dataset: dict[str, Any] = {
        "source": "patches",
        "split": None,
        "case_weights": {},
        "unreadable": 0,
        "left_out": 0,
        "learned_cases": [],
    }
    assert found["dataset"] == dataset


def test_a_split_takes_its_cases_only(tmp_path: Path) -> None:
    arguments: dict[str, Any] = {"case_weights": {}, "plots": None, "progress": False}
    bundle, source = write_bundle(tmp_path / "bundle"), str(_write_source(tmp_path / "patches"))
    found = evaluate(bundle, source, split="test", **arguments)
    assert found["cases"].keys() == {"10255"}
    with pytest.raises(SourceError, match="extension"):
        evaluate(bundle, source, split="extension", **arguments)
    with pytest.raises(ConfigurationError, match="holdout"):
        evaluate(bundle, source, split="holdout", **arguments)


def test_unreadable_patches_are_left_out_counted_and_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    arguments: dict[str, Any] = {"case_weights": {}, "plots": None, "progress": False}
    bundle, source = write_bundle(tmp_path / "bundle"), _write_source(tmp_path / "patches")
    whole = evaluate(bundle, str(source), split=None, **arguments)
    broken = next(source.rglob("10255_*.png")).parent / "10255_idx5_x951_y1_class0.png"
    broken.write_bytes(b"no image")
    found = evaluate(bundle, str(source), split=None, **arguments)
    assert (whole["dataset"]["unreadable"], found["dataset"]["unreadable"]) == (0, 1)
    assert found["roc_auc"] == whole["roc_auc"]
    assert found["patches"] == whole["patches"]
    assert broken.name in caplog.text


def test_an_unusable_bundle_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="bundle"):
        evaluate(
            tmp_path / "no_bundle",
            str(_write_source(tmp_path / "patches")),
            split=None,
            case_weights={},
            plots=None,
            progress=False,
        )


def test_the_command_writes_report_and_plots(tmp_path: Path) -> None:
    app = typer.Typer()
    register(app)
    source = tmp_path / "patches"
    for index in range(25):
        colour, label = (RED, 1) if index % 5 > 2 else (GREEN, 0)
        x, y = 1 + 50 * (index % 5), 1 + 50 * (index // 5)
        write_patch(source, "10255", x, y, label, plain_image(*colour))
    arguments = ["evaluate", str(write_bundle(tmp_path / "bundle")), str(source)]
    out, plots = tmp_path / "out" / "metrics.json", tmp_path / "plots"
    arguments += ["--json", str(out), "--plots", str(plots), "--case-weight", "10255=0.5"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "25 patches of 1 cases" in result.output
    found = json.loads(out.read_text())
    assert found["roc_auc"] == 1
    assert found["dataset"]["case_weights"] == {"10255": 0.5}
    assert {path.name for path in plots.iterdir()} >= {"roc.png", "mosaic_10255.png"}


def test_the_calibrate_command_writes_what_export_reads(tmp_path: Path) -> None:
    app = typer.Typer()
    register(app)
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 300)
    pd.DataFrame(
        {
            "case_id": np.repeat([f"c{case}" for case in range(6)], 50),
            "label": labels,
            "logit": rng.normal(2.0 * labels - 1),
            "fold": np.repeat([0, 1, 2, 0, 1, 2], 50),
        }
    ).to_parquet(tmp_path / "oof.parquet")
    out = tmp_path / "calibration.json"
    arguments = ["calibrate", str(tmp_path / "oof.parquet"), "--out", str(out)]
    result = CliRunner().invoke(app, [*arguments, "--case-weight", "c1:0=2"])
    assert result.exit_code == 0, result.output
    assert "high_sensitivity: threshold" in result.output
    assert json.loads(out.read_text()).keys() == {"calibration", "thresholds", "report"}


def test_only_what_json_lacks_is_replaced() -> None:
    given = {"a": [math.nan, 1.5, {"b": math.inf}], "c": "text", "d": None, "e": 3}
    assert jsonable(given) == {"a": [None, 1.5, {"b": None}], "c": "text", "d": None, "e": 3}
