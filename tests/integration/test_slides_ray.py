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
from typer.testing import CliRunner, Result

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
from tests.s3 import Request, Store, running_s3
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
def s3() -> Iterator[Store]:
    with running_s3() as found:
        yield found


# Nodes learn by the environment where the store is.
@pytest.fixture(scope="module")
def cluster(s3: Store) -> Iterator[Any]:  # noqa: ARG001
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


def command(model: Path, *arguments: object) -> Result:
    variables = {"NO_COLOR": "1", "COLUMNS": "200", "TERMINAL_WIDTH": "200"}
    variables |= {"BIOPSIA_MODEL_DIR": str(model)}
    return CliRunner(env=variables).invoke(app, ["slides", *map(str, arguments)])


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
    assert any("another worker continues with it" in message for message in notes.messages)
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


def test_nodes_read_slides_from_a_store_and_write_results_there(
    cluster: Any,
    s3: Store,
    model: Path,
    slides: list[FoundSlide],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from hf_space.slides.fleet import nodes

    monkeypatch.setattr(nodes, "_PATIENCE_SECONDS", 0)
    for slide in slides[1:]:
        s3.write(f"scans/{slide.name}", slide.path.read_bytes())
    s3.write("scans/bad.tif", b"no slide")
    names = ["bad.tif", *(slide.name for slide in slides[1:])]
    lines = "".join(f"scans/{name},K{place % 2}\n" for place, name in enumerate(names))
    manifest = s3.write("slides.csv", b"path,case\n" + lines.encode())
    out = f"{s3.address}/out"
    arguments = ("--manifest", manifest, "--out", out, "--format", "csv", "--ray", cluster.address)

    def stored(name: str) -> list[dict[str, str]]:
        (tmp_path / "table").write_bytes(s3.read(f"out/{name}"))
        return rows(tmp_path / "table")

    def refuses(request: Request) -> bool:
        return request.method == "PUT" and request.path.endswith(f"{names[2]}/tiles.csv")

    s3.refuses = refuses
    done = command(model, *arguments)
    assert done.exit_code == 3, done.stderr
    # Actors take some seconds to start.
    assert done.stderr.count("no worker has started yet on") == 1
    table = stored("summary.csv")
    assert [row["name"] for row in table] == names
    assert [row["state"] for row in table] == ["failed", "done", "failed", "done"]
    assert f"{out}/{names[2]}/tiles.csv cannot be written" in table[2]["message"]
    # Nothing is there in part, and nothing but the scores of what was refused.
    assert s3.names(f"out/{names[2]}") == {f"out/{names[2]}/scores.npz"}

    s3.refuses = lambda _: False
    again = command(model, *arguments)
    assert again.exit_code == 3, again.stderr
    assert "rewriting the files only" in again.stderr
    assert [row["state"] for row in stored("summary.csv")] == [
        *("failed", "skipped", "done", "skipped")
    ]
    assert [(row["case"], row["slides_done"]) for row in stored("cases.csv")] == [
        *(("K0", "1"), ("K1", "2"))
    ]
    alone = command(model, slides[1].path, "--out", tmp_path / "alone", "--format", "csv")
    assert alone.exit_code == 0, alone.stderr
    expected = rows(tmp_path / "alone" / slides[1].name / "tiles.csv")
    for name in names[1:]:
        tiles = stored(f"{name}/tiles.csv")
        assert len(tiles) == len(expected) > 0
        for mine, its in zip(tiles, expected, strict=True):
            assert float(mine["prob_idc"]) == pytest.approx(float(its["prob_idc"]), abs=1e-4)


# Ray reads its variables when it is imported, so that they must be set before.
@pytest.mark.usefixtures("cluster")
def test_a_cluster_that_is_not_there_is_told(
    model: Path, slides: list[FoundSlide], tmp_path: Path
) -> None:
    done = command(model, slides[0].path, "--out", tmp_path, "--ray", "nowhere")
    assert done.exit_code == 1
    assert "cannot connect to a Ray cluster at nowhere: " in done.stderr
    assert "Traceback" not in done.stderr
    assert rows(tmp_path / "summary.csv")[0]["state"] == "pending"
