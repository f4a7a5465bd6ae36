"""The figures of the card and the documents come only from the bundle."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import ModelCard

from hf_space.bundle.config import METRICS_FILE
from tests.bundle_factory import write_bundle
from tests.measured_bundle import write_measured_bundle, write_reports
from training.errors import ConfigurationError, RunError
from training.evaluation.measured import (
    METRIC_TITLES,
    Measured,
    case_spread,
    figure,
    interval,
    measured_bundle,
    percent,
)
from training.release.card import render_card, write_card


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """A bundle that was evaluated; do not write into it."""
    return measured_bundle(write_measured_bundle(tmp_path_factory.mktemp("bundle")))


@pytest.fixture
def metrics(measured: Measured) -> dict[str, Any]:
    """The content of its metrics.json."""
    return measured.metrics


def test_the_front_matter_holds_what_the_hub_asks_for(measured: Measured) -> None:
    data = ModelCard(render_card(measured)).data
    assert data.get("library_name") == "keras"
    assert data.get("pipeline_tag") == "image-classification"
    assert data.get("license") == "apache-2.0"
    assert data.get("datasets") == ["paultimothymooney/breast-histopathology-images"]


def test_the_model_index_holds_every_metric(measured: Measured, metrics: dict[str, Any]) -> None:
    results = ModelCard(render_card(measured)).data.get("eval_results")
    assert results is not None
    values = {result.metric_type: result.metric_value for result in results}
    assert values == {
        {"brier": "brier_score"}.get(name, name): round(metrics[name], 3) for name in METRIC_TITLES
    }


@pytest.mark.parametrize(
    ("backbone", "base"), [("efficientnetv2b0", "timm/tf_efficientnetv2_b0.in1k"), ("vgg16", None)]
)
def test_a_base_model_is_named_only_where_it_is_true(
    measured: Measured, backbone: str, base: str | None
) -> None:
    bundle = measured.bundle
    facts = bundle.config.training.model_copy(update={"backbone": backbone})
    config = bundle.config.model_copy(update={"training": facts})
    card = render_card(replace(measured, bundle=replace(bundle, config=config)))
    assert ModelCard(card).data.get("base_model") == base
    assert ("ImageNet weights" in card) == (base is not None)


def test_the_card_shows_each_figure_with_its_interval(
    measured: Measured, metrics: dict[str, Any]
) -> None:
    card = render_card(measured)
    for name, title in METRIC_TITLES.items():
        low, high = metrics["intervals"][name]
        assert f"| {title} | {metrics[name]:.3f} | {low:.3f} to {high:.3f} |" in card
    assert "`9000` x 0.5" in card
    assert f"| `balanced` | 0.500 | 0.400 to 0.600 | {metrics['recall']:.3f} |" in card


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """A bundle that was also measured beyond its test cases."""
    folder = write_measured_bundle(tmp_path_factory.mktemp("bundle"))
    write_reports(folder)
    return measured_bundle(folder)


@pytest.mark.parametrize(("name", "tables"), [("measured", 6), ("reported", 10)])
def test_the_card_has_no_gaps_and_no_leftovers(
    request: pytest.FixtureRequest, name: str, tables: int
) -> None:
    card = render_card(request.getfixturevalue(name))
    assert not re.search(r"\{[{%#]|[%#}]\}|\bNone\b|\bnan\b", card)
    found = re.findall(r"(?:^\|.*\|\n)+", card, re.MULTILINE)
    assert len(found) == tables
    for table in found:
        assert len({line.count("|") for line in table.splitlines()}) == 1, table


def test_the_card_tells_what_was_measured_off_the_test_cases(
    measured: Measured, reported: Measured
) -> None:
    card = render_card(reported)
    for row in (
        "| JPEG, quality 75 | 0.910 | 0.810 | 0.710 | 3.5 % | up to 0.250 |",
        "| blood smear | 2 | 4 |  |  |  | 75.0 % | 0.0 % | 0.0 % | 25.0 % |",
        "| breakhis | all | 38, 33 | 0.910 | 0.810 | 0.710 | 75.0 % | 0.0 % | 0.0 % | 25.0 % |",
        "| breakhis | 0.8 | 9, 5 | | 0.810 | | 75.0 % | 0.0 % | 0.0 % | 25.0 % |",
        "| 9000 | 75.0 % | 12.5 %, 6.2 % | 50.0 %, 43.8 % | 0.310, 0.310 | 0.620, 0.620 |",
        "| slide | 1 tile | 2 or more tiles |",
        "| 9000 | 28.0 % of 2,000 | |",
    ):
        assert row in re.sub(" +", " ", card).replace("| | | |", "|  |  |  |"), row
    assert "nothing here measures how much" not in card
    assert "nothing here measures how much" in render_card(measured)


def test_a_report_of_another_revision_is_refused(tmp_path: Path) -> None:
    folder = write_measured_bundle(tmp_path / "bundle")
    write_reports(folder)
    found = json.loads((folder / "robust.json").read_text())
    (folder / "robust.json").write_text(json.dumps(found | {"model": {"revision": "older"}}))
    with pytest.raises(RunError, match=r"robust\.json is of another revision: run `robust` again"):
        measured_bundle(folder)


def test_undefined_metrics_of_a_case_are_left_out_of_the_spread(metrics: dict[str, Any]) -> None:
    spread = case_spread(metrics["cases"])
    assert spread["specificity"]["cases"] == 6
    assert spread["recall"]["cases"] == 5


def test_the_spread_is_of_the_cases() -> None:
    cases = {str(number): {"f1": number / 10} for number in range(1, 6)}
    assert case_spread(cases | {"none": {"f1": None}}) == {
        "f1": {
            "cases": 5,
            "quantiles": pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5]),
            "lowest": ["1", "2", "3"],
        }
    }


def test_writing_the_card_adds_one_file(tmp_path: Path) -> None:
    folder = write_measured_bundle(tmp_path / "bundle")
    before = set(folder.iterdir())
    path = write_card(measured_bundle(folder))
    assert set(folder.iterdir()) - before == {path}
    assert path.name == "README.md"


def test_plots_are_shown_where_they_exist_and_tissue_never(tmp_path: Path) -> None:
    folder = write_measured_bundle(tmp_path / "bundle")
    shutil.rmtree(folder / "evaluation")
    assert "![" not in render_card(measured_bundle(folder))
    (folder / "evaluation").mkdir()
    for name in ("roc.png", "mosaic_8864.png"):
        (folder / "evaluation" / name).touch()
    card = render_card(measured_bundle(folder))
    assert "![roc.png](evaluation/roc.png)" in card
    assert "mosaic" not in card


def test_a_bundle_without_metrics_gets_no_card(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "bundle")
    (folder / METRICS_FILE).unlink()
    with pytest.raises(RunError, match=r"no metrics\.json.*evaluate"):
        measured_bundle(folder)


def test_figures_of_another_revision_are_refused(tmp_path: Path) -> None:
    folder = write_measured_bundle(tmp_path / "bundle")
    found = json.loads((folder / METRICS_FILE).read_text())
    found["model"]["revision"] = "older"
    (folder / METRICS_FILE).write_text(json.dumps(found))
    with pytest.raises(RunError, match="another revision"):
        measured_bundle(folder)


def test_no_bundle_gets_no_card(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="cannot read the bundle"):
        measured_bundle(tmp_path)


def test_metrics_that_lack_a_figure_are_refused(tmp_path: Path) -> None:
    folder = write_measured_bundle(tmp_path / "bundle")
    found = json.loads((folder / METRICS_FILE).read_text())
    del found["ece"]
    (folder / METRICS_FILE).write_text(json.dumps(found))
    with pytest.raises(ConfigurationError, match="ece.*evaluate"):
        render_card(measured_bundle(folder))


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("# no front matter", "lacks library_name"),
        ("---\nlicense: mit\n---\n", "model-index"),
        ("---\n- a list\n---\n", "is invalid"),
        ("---\nlicense: [\n---\n", "is invalid"),
        ("{{ config.nothing }}", "nothing"),
        ("{% if %}", "cannot render"),
    ],
)
def test_a_template_the_hub_would_not_take_is_refused(
    measured: Measured, tmp_path: Path, template: str, message: str
) -> None:
    path = tmp_path / "card.md"
    path.write_text(template)
    with pytest.raises(ConfigurationError, match=message):
        render_card(measured, path)


def test_a_missing_template_is_named(measured: Measured, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere\.md"):
        render_card(measured, tmp_path / "nowhere.md")


def test_figures_are_written_alike_everywhere() -> None:
    assert (figure(0.95049), figure(None)) == ("0.950", "undefined")
    assert (interval((0.1, 0.25)), interval((None, None))) == ("0.100 to 0.250", "undefined")
    assert (percent(0.1234), percent(None)) == ("12.3 %", "undefined")
