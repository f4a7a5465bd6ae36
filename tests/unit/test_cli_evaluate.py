from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.special import expit

from hf_space.bundle.config import OPENVINO_FILE
from tests.bundle_factory import CALIBRATION, expected_logit, expected_probability, write_bundle
from tests.command_line import run_training
from tests.reference import reference_metrics
from tests.synthetic import write_patch
from training.data.prepare import prepare
from training.fitting.config import TrainConfig
from training.fitting.run import TRAINING_FILE, TrainingRecord
from training.metrics import ECE_BINS, METRICS

TRAINING_CASE, TEST_CASE = "10254", "10255"
SIDE = 4
BALANCED, HIGH_SENSITIVITY = 0.5, 0.2
REQUIRED = {"roc_auc", "average_precision", "f1", "balanced_accuracy", "ece", "cases"}


def _reds(case_id: str) -> NDArray[np.int64]:
    """Redness of each patch (rows, columns): classes overlap, and no two patches of a class tie."""
    rng = np.random.default_rng(int(case_id))
    shuffled = rng.permutation(5 * np.arange(SIDE * SIDE) - 45).reshape(SIDE, SIDE)
    reds: NDArray[np.int64] = 100 + 25 * (np.arange(SIDE) >= SIDE // 2) + shuffled
    return reds


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two complete slides of patches of one colour each; the right half is tumour."""
    root = tmp_path_factory.mktemp("slides")
    for case_id in (TRAINING_CASE, TEST_CASE):
        for (row, column), red in np.ndenumerate(_reds(case_id)):
            image = np.full((50, 50, 3), (red, 110, 130), np.uint8)
            label = int(column >= SIDE // 2)
            write_patch(root, case_id, 1001 + 50 * column, 51 + 50 * row, label, image)
    return root


@pytest.fixture(scope="module")
def bundle_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("bundle") / "tiny")


@pytest.fixture(scope="module")
def evaluated(
    tree: Path, bundle_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], Path]:
    """All metrics of both slides, one of them with a tenth of the weight, and the plots."""
    out = tmp_path_factory.mktemp("evaluated")
    arguments = ["evaluate", str(bundle_folder), str(tree), "--json", str(out / "metrics.json")]
    arguments += ["--plots", str(out / "plots"), "--case-weight", f"{TRAINING_CASE}=0.1"]
    arguments += ["--split", "all", "--predictions", str(out / "predictions.csv")]
    with pytest.MonkeyPatch.context() as patched:
        assert run_training(patched, *arguments) == 0
    return _strict_json(out / "metrics.json"), out / "plots"


def _strict_json(path: Path) -> dict[str, Any]:
    def refuse(constant: str) -> float:
        raise AssertionError(f"{constant} is no JSON")

    found: dict[str, Any] = json.loads(path.read_text(), parse_constant=refuse)
    return found


def _expected(*case_ids: str, smooth: bool = False) -> tuple[Any, Any, Any]:
    """Calculate labels, probabilities and weights of whole slides from their colours."""
    labels, probabilities, weights = [], [], []
    for case_id in case_ids:
        reds = _reds(case_id)
        logits = np.vectorize(lambda red: expected_logit(red, 110, 130))(reds)
        for (row, column), logit in np.ndenumerate(logits):
            rows, columns = slice(max(row - 1, 0), row + 2), slice(max(column - 1, 0), column + 2)
            value = logits[rows, columns].mean() if smooth else logit
            labels.append(int(column >= SIDE // 2))
            probabilities.append(expit(CALIBRATION.slope * value + CALIBRATION.intercept))
            weights.append(0.1 if case_id == TRAINING_CASE else 1.0)
    return np.array(labels), np.array(probabilities), np.array(weights)


def _check_against_reference(
    found: dict[str, Any], labels: Any, probabilities: Any, weights: Any, threshold: float
) -> None:
    expected = reference_metrics(labels, probabilities, weights, threshold=threshold)
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-5)


def test_top_level_has_what_readers_of_the_file_need(
    evaluated: tuple[dict[str, Any], Path],
) -> None:
    found, _ = evaluated
    assert found.keys() >= REQUIRED
    assert found.keys() >= set(METRICS)
    assert found["patches"] == 2 * SIDE**2
    assert found["cases_count"] == 2
    assert found["model"] == {"name": "tiny", "revision": "r1"}
    assert found["cases"].keys() == {TRAINING_CASE, TEST_CASE}
    assert found["dataset"]["case_weights"] == {TRAINING_CASE: 0.1}


def test_metrics_are_those_of_the_known_network(evaluated: tuple[dict[str, Any], Path]) -> None:
    found, _ = evaluated
    expected = _expected(TRAINING_CASE, TEST_CASE)
    _check_against_reference(found, *expected, threshold=BALANCED)
    points = found["operating_points"]
    assert points.keys() == {"balanced", "high_sensitivity"}
    _check_against_reference(points["balanced"], *expected, threshold=BALANCED)
    _check_against_reference(points["high_sensitivity"], *expected, threshold=HIGH_SENSITIVITY)


def _recomputed(table: pd.DataFrame, column: str, threshold: float) -> dict[str, float]:
    labels, probabilities, weights = table["label"], table[column], table["weight"]
    found = reference_metrics(labels, probabilities, weights, threshold=threshold)
    edges = np.linspace(0, 1, ECE_BINS + 1)
    sums = [
        np.histogram(probabilities, edges, weights=weights * values)[0]
        for values in (probabilities, labels)
    ]
    return found | {"ece": float(np.abs(sums[0] - sums[1]).sum() / weights.sum())}


def test_every_metric_is_recomputed_from_the_predictions(
    evaluated: tuple[dict[str, Any], Path],
) -> None:
    found, plots = evaluated
    table = pd.read_csv(plots.parent / "predictions.csv", dtype={"case": str})
    assert list(table)[:6] == ["case", "x", "y", "label", "logit", "probability"]
    assert len(table) == found["patches"]

    def check(part: dict[str, Any], rows: pd.DataFrame, column: str = "probability") -> None:
        threshold = part.get("threshold", BALANCED)
        expected = _recomputed(rows, column, threshold)
        assert expected.keys() == set(METRICS)
        assert {name: part[name] for name in METRICS} == pytest.approx(expected, abs=5e-7)

    check(found, table)
    for point in found["operating_points"].values():
        check(point, table)
    check(found["dihedral"], table, "dihedral_probability")
    sizes = table.groupby("case")["weight"].transform("sum")
    check(found["case_averaged"], table.assign(weight=table["weight"] / sizes))
    for case_id, part in found["cases"].items():
        check(part, table[table["case"] == case_id])
    near = table.merge(table, on="case", suffixes=("", "_other"))
    near = near[(near["x"] - near["x_other"]).abs() <= 50]
    near = near[(near["y"] - near["y_other"]).abs() <= 50]
    smoothed = near.groupby(["case", "x", "y"])["logit_other"].mean().rename("smoothed")
    joined = table.join(smoothed, on=["case", "x", "y"])
    joined["smoothed"] = CALIBRATION.probability(joined["smoothed"].to_numpy())
    check(found["neighbourhood"]["all"], joined, "smoothed")


def test_predictions_may_be_parquet_and_nothing_else(
    tree: Path, bundle_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["evaluate", str(bundle_folder), str(tree), "--json", str(tmp_path / "m.json")]
    out = tmp_path / "deep" / "predictions.parquet"
    assert run_training(monkeypatch, *arguments, "--predictions", str(out), "--views", "1") == 0
    table = pd.read_parquet(out)
    assert list(table) == ["case", "x", "y", "label", "logit", "probability", "weight"]
    # By default the test cases; with one view there is no mean.
    assert set(table["case"]) == {TEST_CASE}
    found = _strict_json(tmp_path / "m.json")
    assert (found["dataset"]["split"], found["dihedral"]) == ("test", None)
    assert run_training(monkeypatch, *arguments, "--predictions", str(tmp_path / "p.xlsx")) == 2


def test_cases_that_the_model_learned_from_are_refused_or_marked(
    tree: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder, out = write_bundle(tmp_path / "tiny"), tmp_path / "metrics.json"
    settings = TrainConfig(dataset="").published()
    arguments = ["evaluate", str(folder), str(tree), "--json", str(out), "--split", "all"]
    # A list of the cases counts; without one, the published lists that the run learned from.
    for cases in ((TRAINING_CASE, "1"), None):
        record = TrainingRecord(settings=settings, seconds=1, cases=cases)
        (folder / TRAINING_FILE).write_text(record.model_dump_json())
        assert run_training(monkeypatch, *arguments) == 2
        told = capsys.readouterr().err
        assert f"learned from 1 of these 2 cases ({TRAINING_CASE})" in told
        assert not out.exists()
    assert run_training(monkeypatch, *arguments, "--with-learned") == 0
    assert _strict_json(out)["dataset"]["learned_cases"] == [TRAINING_CASE]
    assert "not for publication" in capsys.readouterr().out
    assert run_training(monkeypatch, *arguments[:-2]) == 0
    assert _strict_json(out)["dataset"]["learned_cases"] == []


def test_a_prepared_folder_gives_the_figures_of_its_source(
    tree: Path, bundle_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(tree, tmp_path / "prepared")
    found = []
    for source in (tree, tmp_path / "prepared"):
        out = tmp_path / "metrics.json"
        arguments = [str(bundle_folder), str(source), "--json", str(out), "--views", "1"]
        assert run_training(monkeypatch, "evaluate", *arguments) == 0
        found.append(_strict_json(out))
        assert found[-1].pop("dataset")["source"] == source.name
    assert found[0] == found[1]


def test_each_case_is_measured_alone(evaluated: tuple[dict[str, Any], Path]) -> None:
    found, _ = evaluated
    for case_id, case in found["cases"].items():
        assert (case["patches"], case["idc"]) == (SIDE**2, SIDE**2 // 2)
        labels, probabilities, _ = _expected(case_id)
        _check_against_reference(case, labels, probabilities, None, threshold=BALANCED)


def test_case_averaged_metrics_ignore_the_case_weights(
    evaluated: tuple[dict[str, Any], Path],
) -> None:
    found, _ = evaluated
    labels, probabilities, _ = _expected(TRAINING_CASE, TEST_CASE)
    averaged = found["case_averaged"]
    _check_against_reference(averaged, labels, probabilities, None, threshold=BALANCED)


def test_the_uncertain_band_is_measured_by_weight(evaluated: tuple[dict[str, Any], Path]) -> None:
    found, _ = evaluated
    labels, probabilities, weights = _expected(TRAINING_CASE, TEST_CASE)
    band = (probabilities >= 0.4) & (probabilities <= 0.6)
    wrong = (probabilities >= BALANCED) != (labels == 1)
    assert found["operating_points"]["balanced"]["uncertain"] == pytest.approx(
        {
            "fraction": weights[band].sum() / weights.sum(),
            "error_rate_inside": np.average(wrong[band], weights=weights[band]),
            "error_rate_outside": np.average(wrong[~band], weights=weights[~band]),
        }
    )


def test_views_change_nothing_for_a_network_that_sees_only_colour(
    evaluated: tuple[dict[str, Any], Path],
) -> None:
    found, _ = evaluated
    single = {name: found[name] for name in METRICS}
    dihedral = {name: found["dihedral"][name] for name in METRICS}
    assert dihedral == pytest.approx(single, abs=1e-5)


def test_neighbourhood_metrics_are_those_of_averaged_logits(
    evaluated: tuple[dict[str, Any], Path],
) -> None:
    found, _ = evaluated
    expected = _expected(TRAINING_CASE, TEST_CASE, smooth=True)
    _check_against_reference(found["neighbourhood"]["all"], *expected, threshold=BALANCED)
    slides = found["neighbourhood"]["complete_slides"]
    assert slides["cases"] == [TRAINING_CASE, TEST_CASE]
    _check_against_reference(slides, *expected, threshold=BALANCED)


def test_the_threshold_curve_holds_the_operating_points(
    evaluated: tuple[dict[str, Any], Path],
) -> None:
    found, _ = evaluated
    curve = {row["threshold"]: row for row in found["threshold_curve"]}
    assert len(curve) == 101
    for name, threshold in (("balanced", BALANCED), ("high_sensitivity", HIGH_SENSITIVITY)):
        point = found["operating_points"][name]
        assert curve[threshold]["sensitivity"] == pytest.approx(point["recall"])
        assert curve[threshold]["specificity"] == pytest.approx(point["specificity"])
        assert curve[threshold]["precision"] == pytest.approx(point["precision"])
    assert (curve[0.0]["sensitivity"], curve[0.0]["specificity"]) == (1, 0)
    assert (curve[1.0]["sensitivity"], curve[1.0]["specificity"]) == (0, 1)
    assert curve[1.0]["precision"] is None


def test_plots_are_pictures_with_content(evaluated: tuple[dict[str, Any], Path]) -> None:
    _, plots = evaluated
    names = {path.name for path in plots.iterdir()}
    mosaics = {f"mosaic_{case_id}.png" for case_id in (TRAINING_CASE, TEST_CASE)}
    assert names >= mosaics | {
        f"{name}.png" for name in ("roc", "pr", "reliability", "confusion", "scores")
    }
    for path in plots.iterdir():
        picture = cv2.imread(str(path))
        assert picture is not None, path.name
        assert min(picture.shape[:2]) > 200, path.name
        assert picture.std() > 10, path.name


def test_split_keeps_its_cases_only(
    tree: Path, bundle_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "metrics.json"
    plots = tmp_path / "plots"
    arguments = ["--json", str(out), "--split", "test", "--plots", str(plots)]
    assert run_training(monkeypatch, "evaluate", str(bundle_folder), str(tree), *arguments) == 0
    found = _strict_json(out)
    assert found["cases"].keys() == {TEST_CASE}
    assert found["dataset"]["split"] == "test"
    labels, probabilities, _ = _expected(TEST_CASE)
    _check_against_reference(found, labels, probabilities, None, threshold=BALANCED)
    # With one case there is nothing to resample.
    assert found["intervals"]["roc_auc"] == [None, None]
    assert (plots / "roc.png").stat().st_size > 5000


def test_one_class_is_measured_as_far_as_it_goes(
    bundle_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for column, red in enumerate((90, 100, 140)):
        image = np.full((50, 50, 3), (red, 110, 130), np.uint8)
        write_patch(tmp_path / "tree", TEST_CASE, 50 * column, 0, 0, image)
    out = tmp_path / "metrics.json"
    arguments = [str(tmp_path / "tree"), "--json", str(out), "--plots", str(tmp_path / "plots")]
    assert run_training(monkeypatch, "evaluate", str(bundle_folder), *arguments) == 0
    found = _strict_json(out)
    called = sum(expected_probability(red, 110, 130) >= BALANCED for red in (90, 100, 140))
    assert called == 1
    assert found["specificity"] == pytest.approx(2 / 3)
    assert found["roc_auc"] is None
    assert found["recall"] is None
    assert found["neighbourhood"]["complete_slides"] is None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (["--split", "exam"], "exam"),
        (["--split", "val"], "val"),
        (["--case-weight", "10254=heavy"], "10254=heavy"),
    ],
)
def test_a_wrong_option_is_one_message_without_traceback(
    tree: Path,
    bundle_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    change: list[str],
    why: str,
) -> None:
    out = tmp_path / "metrics.json"
    arguments = ["evaluate", str(bundle_folder), str(tree), "--json", str(out), *change]
    assert run_training(monkeypatch, *arguments) == 2
    told = capsys.readouterr().err
    assert why in told
    assert "Traceback" not in told
    assert not out.exists()


def test_a_damaged_bundle_is_one_message_without_traceback(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_bundle(tmp_path / "tiny")
    (folder / OPENVINO_FILE).write_text("altered")
    out = tmp_path / "metrics.json"
    assert run_training(monkeypatch, "evaluate", str(folder), str(tree), "--json", str(out)) == 2
    assert OPENVINO_FILE in capsys.readouterr().err
