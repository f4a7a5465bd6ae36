"""Results compared with annotations: counts, measures and intervals."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from hf_space.schemas.slide import SlideResult
from hf_space.slides.results import FolderResults
from hf_space.slides.scan import FoundSlide, Stated
from hf_space.slides.truth.annotations import TruthError, parse_annotations
from hf_space.slides.truth.counts import BINS, TruthCounts, count_slide, result_grid
from hf_space.slides.truth.measures import estimate_by_case, measures
from hf_space.slides.truth.report import TRUTH_FILE, TRUTH_TABLE, TruthReport
from tests.slide_results import drawn_slide
from training.evaluation.bootstrap import draw_counts, interval


def feature(ring: list[tuple[float, float]], name: str | None = None) -> dict[str, object]:
    classification = {"classification": {"name": name}} if name is not None else {}
    return {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {"objectType": "annotation", **classification},
    }


def square(left: float, top: float, width: float, height: float) -> list[tuple[float, float]]:
    right, bottom = left + width, top + height
    return [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]


def collection(*features: dict[str, object]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def test_annotations_are_read_as_qupath_writes_them() -> None:
    content = collection(
        feature(square(0, 0, 10, 10), "Tumor"),
        feature(square(5, 0, 10, 10)),
        feature(square(100, 0, 10, 10), "Stroma"),
        feature(square(200, 0, 10, 10), "Ignore*"),
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 1]}},
    )
    found = parse_annotations(content, (1000, 50))
    assert list(found.tumour.bounds) == [1000, 50, 1015, 60]
    assert found.tumour.area == pytest.approx(150)
    assert list(found.ignored.bounds) == [1200, 50, 1210, 60]
    listed = json.dumps([feature(square(0, 0, 2, 2))]).encode()
    single = json.dumps(feature(square(0, 0, 2, 2))).encode()
    for other in (listed, single):
        assert parse_annotations(other, (0, 0)).tumour.area == pytest.approx(4)
    crossed = collection(feature([(0, 0), (2, 2), (2, 0), (0, 2), (0, 0)]))
    assert parse_annotations(crossed, (0, 0)).tumour.area == pytest.approx(2)


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[1]", b"\xff", b'{"type": "Feature"}', b'{"type":"FeatureCollection"}', b"null"],
)
def test_what_are_no_annotations_is_refused(content: bytes) -> None:
    with pytest.raises(TruthError, match="not annotations in GeoJSON"):
        parse_annotations(content, (0, 0))


def test_a_result_that_is_its_own_truth_is_perfect() -> None:
    result = drawn_slide().result
    left, top = result.image.bounds[:2]
    foci = [
        feature([(x - left, y - top) for x, y in focus.polygon[0]], "Suggests IDC")
        for focus in result.region.foci
    ]
    counts = count_slide(result, parse_annotations(collection(*foci), (left, top)))
    found = {name: value[0] for name, value in measures(counts.vector()[None]).items()}
    assert found == pytest.approx(dict.fromkeys(found, 1.0), abs=1e-9)
    suspicious = sum(
        p is not None and p >= result.threshold for row in result.region.tiles for p in row
    )
    assert counts.confusion[0] == suspicious > 0
    assert counts.areas[1] == pytest.approx(sum(f.area_mm2 or 0 for f in result.region.foci))


def test_tiles_count_by_half_of_their_area_and_what_is_ignored_does_not() -> None:
    result = drawn_slide().result
    grid = result_grid(result)
    scored = [
        (row, column)
        for row, values in enumerate(result.region.tiles)
        for column, p in enumerate(values)
        if p is not None
    ]
    left, top = result.image.bounds[:2]
    x0, y0, x1, y1 = grid.box(*scored[0])
    box = (x0 - left, y0 - top, x1 - x0, y1 - y0)

    def counted(share: float, name: str) -> TruthCounts:
        part = feature(square(box[0], box[1], box[2] * share, box[3]), name)
        return count_slide(result, parse_annotations(collection(part), (left, top)))

    assert counted(0.51, "Tumor").tumour.sum() == 1
    assert counted(0.49, "Tumor").tumour.sum() == 0
    assert counted(0.51, "Ignore*").confusion.sum() == len(scored) - 1
    assert counted(0.49, "Ignore*").confusion.sum() == len(scored)
    assert counted(0.51, "Stroma").areas[1] == 0


def made(seed: int, tumour: int, other: int) -> tuple[TruthCounts, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = np.repeat([1, 0], [tumour, other])
    scores = np.clip(rng.normal(0.4 + 0.2 * labels, 0.2), 0, 0.999)
    # In whole bins, so that ties are those of the exact measure.
    scores = (np.floor(scores * BINS) + 0.5) / BINS
    called = scores >= 0.5
    confusion = [
        (called & (labels == 1)).sum(),
        (~called & (labels == 1)).sum(),
        (~called & (labels == 0)).sum(),
        (called & (labels == 0)).sum(),
    ]
    tumour_bins, other_bins = (
        np.bincount((scores[labels == value] * BINS).astype(int), minlength=BINS).astype(float)
        for value in (1, 0)
    )
    areas = np.array([3.0, 2.0, 1.0 + seed / 10])
    counts = TruthCounts(tumour_bins, other_bins, np.array(confusion, dtype=float), areas)
    return counts, labels, scores


def test_the_measures_are_those_of_all_tiles() -> None:
    first, second = made(1, 40, 300), made(2, 25, 500)
    together = (first[0].vector() + second[0].vector())[None]
    labels, scores = (np.concatenate([each[place] for each in (first, second)]) for place in (1, 2))
    found = {name: value[0] for name, value in measures(together).items()}
    assert found["roc_auc"] == pytest.approx(roc_auc_score(labels, scores))
    assert found["sensitivity"] == pytest.approx((scores[labels == 1] >= 0.5).mean())
    assert found["specificity"] == pytest.approx((scores[labels == 0] < 0.5).mean())
    assert found["dice"] == pytest.approx(2 * (1.1 + 1.2) / (6 + 4))
    nothing = np.zeros((1, together.shape[1]))
    assert all(np.isnan(value[0]) for value in measures(nothing).values())


def test_intervals_draw_whole_cases_as_those_of_training_do() -> None:
    slides = [made(seed, 10 + seed, 200)[0] for seed in range(12)]
    counts = np.stack([each.vector() for each in slides])
    cases = [f"K{seed // 2}" for seed in range(12)]
    found = estimate_by_case(counts, cases)
    by_case = counts.reshape(6, 2, -1).sum(axis=1)
    expected = measures(draw_counts(6, 1000, 0) @ by_case)
    for name, estimate in found.items():
        assert estimate.value == pytest.approx(measures(counts.sum(axis=0)[None])[name][0])
        assert estimate.value is not None
        assert estimate.interval is not None
        low, high = estimate.interval
        assert low < estimate.value < high
        # Other draws of the same cases.
        assert estimate.interval == pytest.approx(interval(expected[name]), abs=0.01)
    alone = estimate_by_case(counts, ["K"] * 12)
    assert {each.interval for each in alone.values()} == {None}
    assert alone["dice"].value == pytest.approx(found["dice"].value)


def test_the_report_has_each_slide_and_all_together(tmp_path: Path) -> None:
    content = drawn_slide().result
    left, top = content.image.bounds[:2]
    report = TruthReport(FolderResults(tmp_path))
    for name, case in (("a", "K1"), ("b", "K1"), ("c", "")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "result.json").write_text(content.model_dump_json())
        (tmp_path / f"{name}.geojson").write_bytes(
            collection(
                feature(square(0, 0, content.image.width - left, content.image.height - top))
            )
        )
        stated = Stated(case=case, truth=str(tmp_path / f"{name}.geojson"))
        report.add(FoundSlide(tmp_path / name, (), name, stated=stated))
    report.write(["c", "b", "a"])
    with (tmp_path / TRUTH_TABLE).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["name"], row["case"]) for row in rows] == [("c", ""), ("b", "K1"), ("a", "K1")]
    tiles = SlideResult.model_validate(content).tissue_tiles
    assert {row["tiles"] for row in rows} == {str(tiles)}
    # All is tumour, so that nothing can be ranked or told to be none.
    assert {(row["roc_auc"], row["specificity"]) for row in rows} == {("", "")}
    summed = json.loads((tmp_path / TRUTH_FILE).read_bytes())
    assert (summed["slides"], summed["cases"], summed["tiles"]) == (3, 2, 3 * tiles)
    assert summed["roc_auc"] == {"value": None, "interval": None}
    assert summed["sensitivity"]["value"] == pytest.approx(float(rows[0]["sensitivity"]), abs=1e-6)
    broken = FoundSlide(tmp_path / "a", (), "a", stated=Stated(truth=str(tmp_path / "a")))
    with pytest.raises(OSError, match="Is a directory"):
        report.add(broken)
    with pytest.raises(FileNotFoundError):
        report.add(replace(broken, name="gone"))
