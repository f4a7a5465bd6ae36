"""Slides on a cluster of Ray: three nodes on this machine, one of which is killed."""

from __future__ import annotations

import csv
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hf_space.bundle.calibration import OperatingPoint
from hf_space.bundle.load import load_bundle
from hf_space.cli import app
from hf_space.inference.warmup import warm_engine
from hf_space.settings import Settings
from hf_space.slides.fleet.scorer import FleetScorer
from hf_space.slides.fleet.work import Begun, Event, Work, WorkersError
from hf_space.slides.options import SlideModel, SlideOptions
from hf_space.slides.results import FolderResults
from hf_space.slides.run import process_slides, record_outcomes
from hf_space.slides.scan import FoundSlide
from tests.array_slide import Notes
from tests.bundle_factory import write_bundle
from tests.drawn_slide import DrawnSlide
from tests.slides import write_ome_tiff

OPTIONS = SlideOptions(OperatingPoint.without_band(0.85), None, frozenset({"csv"}))
SLIDES = 4
STORE_BYTES = 80 << 20
# No usage reports, and a killed node is noticed within seconds.
VARIABLES = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_memory_monitor_refresh_ms": "0",
    "RAY_health_check_initial_delay_ms": "1000",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_timeout_ms": "2000",
    "RAY_health_check_failure_threshold": "3",
    "RAY_enable_metrics_collection": "0",
    # In place of a token that Ray would keep in the home folder.
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": secrets.token_hex(32),
}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Three nodes of one processor each."""
    before = dict(os.environ)
    # Its programs are looked for beside the interpreter.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    # Not in a folder of pytest, whose path is too long for sockets.
    folder = tempfile.mkdtemp(prefix="ray-")
    os.environ.update(VARIABLES, PATH=path, RAY_TMPDIR=folder)
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 1, "object_store_memory": STORE_BYTES, "include_log_monitor": False}
    head = node | {"include_dashboard": False, "no_monitor": True}
    made = Cluster(initialize_head=True, head_node_args=head)
    try:
        for _ in range(2):
            made.add_node(**node)
        yield made
    finally:
        made.shutdown()
        os.environ.clear()
        os.environ.update(before)
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("bundle") / "model")


@pytest.fixture(scope="module")
def slides(tmp_path_factory: pytest.TempPathFactory) -> list[FoundSlide]:
    folder = tmp_path_factory.mktemp("slides")
    paths = [folder / f"{number}.ome.tif" for number in range(SLIDES)]
    # The first one takes so long that its node is gone before it is done.
    for path, height in zip(paths, (12_000, 900), strict=False):
        drawn = DrawnSlide(width=900, height=height, microns_per_pixel=(4.0, 4.0))
        write_ome_tiff(path, drawn, downsamples=(1, 4))
    for path in paths[2:]:
        shutil.copy(paths[1], path)
    return [FoundSlide(path, (path,), path.name) for path in paths]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_killed_nodes_slide_is_taken_over_and_a_rerun_resumes(
    cluster: Any, model: Path, slides: list[FoundSlide], tmp_path: Path
) -> None:
    from hf_space.slides.fleet.nodes import NodeFleet

    class Killing(NodeFleet):
        """Kills a node, but not the caller's, when its worker is in the middle of a slide."""

        killed = ""
        first = ""

        def idle(self) -> list[str]:
            nodes = {node.node_id for node in cluster.worker_nodes}
            found = super().idle()
            return [name for name in found if self.killed or self._actors[name].node in nodes]

        def start(self, worker: str, slide: FoundSlide) -> None:
            self.first = self.first or worker
            super().start(worker, slide)

        def wait(self) -> Iterator[tuple[str, Event]]:
            for worker, event in super().wait():
                yield worker, event
                if isinstance(event, Begun) and worker == self.first and not self.killed:
                    self.killed = self._actors[worker].node
                    nodes = {node.node_id: node for node in cluster.worker_nodes}
                    cluster.remove_node(nodes[self.killed], allow_graceful=False)

    bundle = load_bundle(model)
    alone = SlideModel(bundle, warm_engine("openvino", bundle))
    list(process_slides(slides, tmp_path / "alone", alone, OPTIONS, Notes()))
    results = FolderResults(tmp_path / "out")
    work = Work.of(Settings(model_dir=model), results, OPTIONS, bundle.config.revision)
    fleet, notes = Killing(work, cluster.address, 1), Notes()
    outcomes = list(record_outcomes(slides, results, FleetScorer(fleet), notes))
    found = {each.name: (each.state, each.message) for each in outcomes}
    assert found == {each.name: ("done", "") for each in slides}
    assert fleet.killed
    assert any("another one takes it over" in message for message in notes.messages)
    table = rows(tmp_path / "out" / "summary.csv")
    assert [row["name"] for row in table] == [slide.name for slide in slides]
    assert [row["file"] for row in table] == [str(slide.path) for slide in slides]
    for slide in slides:
        tiles, expected = (
            rows(tmp_path / by / slide.name / "tiles.csv") for by in ("out", "alone")
        )
        assert len(tiles) == len(expected) > 0
        for mine, its in zip(tiles, expected, strict=True):
            assert mine.pop("verdict") == its.pop("verdict")
            assert [float(value) for value in mine.values()] == pytest.approx(
                [float(value) for value in its.values()], abs=1e-4
            )
    # Two nodes are left.
    again = list(
        record_outcomes(slides, results, FleetScorer(NodeFleet(work, cluster.address, 1)), notes)
    )
    assert {each.state for each in again} == {"skipped"}

    other = Work.of(Settings(model_dir=model), results, OPTIONS, "another revision")
    refused = FleetScorer(NodeFleet(other, cluster.address, 1))
    with pytest.raises(WorkersError, match="no worker can start on any of 2 nodes: .*r1"):
        list(record_outcomes(slides, results, refused, notes))
    assert any("is left out" in message for message in notes.messages)


# Ray reads its variables when it is imported, so that they must be set before.
@pytest.mark.usefixtures("cluster")
def test_a_cluster_that_is_not_there_is_told(
    model: Path, slides: list[FoundSlide], tmp_path: Path
) -> None:
    arguments = ["slides", str(slides[0].path), "--out", str(tmp_path), "--ray", "nowhere"]
    done = CliRunner(env={"BIOPSIA_MODEL_DIR": str(model)}).invoke(app, arguments)
    assert done.exit_code == 1
    assert "cannot connect to a Ray cluster at nowhere: " in done.stderr
    assert "Traceback" not in done.stderr
    assert rows(tmp_path / "summary.csv")[0]["state"] == "pending"
