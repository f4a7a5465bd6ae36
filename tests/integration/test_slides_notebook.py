"""The notebook runs on results as the service writes them, and shows what they say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from nbclient.exceptions import CellExecutionError

from hf_space.exports.slides.content import SlideContent
from hf_space.exports.slides.formats import SLIDE_FORMATS
from tests.notebooks import OWN_FOLDERS, executed, outputs
from tests.slide_results import drawn_slide, slide_content, slide_grid

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "slides.ipynb"


def write_slide(folder: Path, content: SlideContent) -> None:
    folder.mkdir(parents=True)
    (folder / "result.json").write_text(content.result.model_dump_json(), "utf-8")
    for each in SLIDE_FORMATS.values():
        if not each.on_request:
            for name, write in each.files.items():
                write(content, folder / name)


def write_summary(results: Path, *rows: str) -> None:
    lines = ("name,state,code", *rows)
    (results / "summary.csv").write_text("".join(f"{line}\r\n" for line in lines), "utf-8")


def once_more(notebook: Any, name: str) -> list[Any]:
    """Return cells that choose another slide, and then those that read and draw it."""
    chosen = next(i for i, cell in enumerate(notebook.cells) if "folder = RESULTS" in cell.source)
    rest = [dict(cell, id=f"again-{i}") for i, cell in enumerate(notebook.cells[chosen:])]
    rest[0]["source"] = re.sub(r"scored\S+", repr(name), rest[0]["source"])
    return [nbformat.from_dict(cell) for cell in rest]


@pytest.fixture(autouse=True)
def _no_files_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OWN_FOLDERS:
        monkeypatch.setenv(name, str(tmp_path / name.lower()))


def test_the_notebook_draws_the_results_of_slides(tmp_path: Path) -> None:
    content, results = drawn_slide(), tmp_path / "results"
    write_slide(results / "drawn", content)
    write_slide(results / "bare", slide_content(slide_grid(1200, 800), np.full((2, 3), np.nan)))
    states = ("broken,failed,corrupt_image", "begun,interrupted,", "next,pending,")
    write_summary(results, *states, "drawn,skipped,", "bare,done,")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    notebook.cells += once_more(notebook, "bare")
    executed(notebook, tmp_path)
    # Of each slide the histogram, two drawings over the overview, and the heat map.
    assert len(outputs(notebook, "image/png")) == 8
    shown = "\n".join(outputs(notebook, "text/plain"))
    assert "corrupt_image" in shown
    area = content.result.region.malignant_area_mm2
    assert area > 0
    assert f"'malignant_area_mm2': {area}" in shown
    assert "'malignant_area_mm2': 0.0" in shown
    assert f"'tissue_area_mm2': {content.result.tissue_area_mm2}" in shown
    assert "focus 12" in shown
    assert str(content.result.region.foci[0].largest_dimension_mm) in shown


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (
            "drawn,failed,corrupt_image",
            "No slide has results yet: see its state and message above.",
        ),
        ("drawn,interrupted,", "No slide has results yet: see its state and message above."),
        (
            "drawn,done,",
            "drawn lacks result.json, tiles.geojson, foci.geojson, overview.png, heatmap.ome.tif: "
            "run the command without --format to write them.",
        ),
    ],
)
def test_the_notebook_says_what_is_missing(tmp_path: Path, row: str, told: str) -> None:
    (tmp_path / "results" / "drawn").mkdir(parents=True)
    (tmp_path / "results" / "drawn" / "tiles.csv").write_text("minx")
    write_summary(tmp_path / "results", row)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    with pytest.raises(CellExecutionError) as error:
        executed(notebook, tmp_path)
    assert told in error.value.evalue


def test_the_notebook_holds_no_results() -> None:
    notebook = json.loads(NOTEBOOK.read_text("utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert len(code) >= 8
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
