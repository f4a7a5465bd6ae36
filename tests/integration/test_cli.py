"""`python -m hf_space`, as one types it."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image
from typer.testing import CliRunner, Result

import hf_space
from hf_space.bundle.config import OPENVINO_WEIGHTS_FILE
from hf_space.cli import app
from hf_space.cli.outputs import InOrder, TableFile
from hf_space.exports.folder import ExportFolder
from hf_space.prediction.batch import predict_many
from hf_space.prediction.predictor import Predictor
from hf_space.schemas.batch import BatchItem
from tests.bundle_factory import encode, expected_probability, plain_image, write_bundle
from tests.server import ROOT

MALIGNANT = (200, 120, 190)
# Teal is not H&E.
BENIGN = (70, 210, 200)
# Lines of any length stay whole.
WIDE = {"NO_COLOR": "1", "COLUMNS": "200", "TERMINAL_WIDTH": "200"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two good images, one of them in a folder of its own, and a text."""
    images = tmp_path / "images"
    (images / "deeper").mkdir(parents=True)
    (images / "a.png").write_bytes(encode(plain_image(*MALIGNANT)))
    (images / "deeper" / "b.JPG").write_bytes(encode(plain_image(*BENIGN)))
    (images / "notes.txt").write_text("no image")
    return images


def predict(tmp_path: Path, *arguments: str | Path) -> Result:
    return invoke(write_bundle(tmp_path / "model"), "predict", *arguments)


def invoke(model: Path, *arguments: str | Path) -> Result:
    """Run the command within this process, which spares its start."""
    with chdir(ROOT):
        return CliRunner(env=WIDE | {"BIOPSIA_MODEL_DIR": str(model)}).invoke(
            app, [*map(str, arguments)], prog_name="python -m hf_space"
        )


def run(model: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command as a process."""
    return subprocess.run(  # noqa: S603 -- our own interpreter and code
        [sys.executable, "-m", "hf_space", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | WIDE | {"BIOPSIA_MODEL_DIR": str(model)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_folders_are_searched_and_verdicts_printed_in_words(tmp_path: Path, folder: Path) -> None:
    done = run(write_bundle(tmp_path / "model"), "predict", folder)
    assert done.returncode == 0, done.stderr
    malignant, benign = (f"{expected_probability(*each):.3f}" for each in (MALIGNANT, BENIGN))
    assert done.stdout.splitlines() == [
        "prob.  verdict               image",
        f"{malignant}  Suggests IDC          {folder / 'a.png'}  (scale_assumed, blurred)",
        f"{benign}  Not assessable        {folder / 'deeper' / 'b.JPG'}  not_h_and_e"
        "  (scale_assumed, blurred)",
    ]


def test_each_warning_is_explained_once(tmp_path: Path, folder: Path) -> None:
    for number in range(3):
        region = plain_image(*MALIGNANT, width=120 + number)
        (folder / f"region{number}.png").write_bytes(encode(region))
    (folder / "bad.png").write_text("no image")
    done = predict(tmp_path, folder)
    assert done.exit_code == 1
    assert done.stdout.count("scale_unknown") == 3
    told = [line.partition(":")[0] for line in done.stderr.splitlines() if " of 5 images)" in line]
    assert sorted(told) == [
        "blurred (5 of 5 images)",
        "not_h_and_e (1 of 5 images)",
        "scale_assumed (2 of 5 images)",
        "scale_unknown (3 of 5 images)",
    ]
    assert done.stderr.count("--microns-per-pixel") == 1
    stated = predict(tmp_path, folder / "a.png", "--microns-per-pixel", "4")
    assert "--microns-per-pixel" not in stated.stderr
    assert stated.stdout.endswith("(blurred)\n")


def test_json_and_table_keep_the_values_of_the_api(tmp_path: Path, folder: Path) -> None:
    image, table = folder / "region.png", tmp_path / "out.csv"
    image.write_bytes(encode(plain_image(*MALIGNANT, width=120)))
    done = predict(tmp_path, image, "--json", "--csv", table)
    result = BatchItem.model_validate(json.loads(done.stdout)).result
    assert result is not None
    assert (result.verdict, result.reasons) == ("not_assessable", ["scale_unknown"])
    assert done.stderr == ""
    (row,) = csv.DictReader(table.read_text("utf-8-sig").splitlines())
    assert (row["verdict"], row["reasons"]) == ("not_assessable", "scale_unknown")


def test_nothing_is_saved_by_the_command(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BIOPSIA_DATA_DIR", str(tmp_path / "data"))
    done = predict(tmp_path, folder / "a.png", folder / "a.png", "--json")
    for line in done.stdout.splitlines():
        result = BatchItem.model_validate_json(line).result
        assert result is not None
        assert not result.saved
        assert result.gradcam.overlay is None
    assert not (tmp_path / "data").exists()
    refused = predict(tmp_path, folder / "a.png", "--save")
    assert refused.exit_code == 2
    assert "No such option" in refused.stderr


def test_json_lines_are_the_result_contract(tmp_path: Path, folder: Path) -> None:
    done = predict(tmp_path, folder / "a.png", "--json", "--threshold", "0.999")
    item = BatchItem.model_validate(json.loads(done.stdout))
    assert item.result is not None
    assert (item.result.threshold, item.result.verdict) == (0.999, "benign")


def test_csv_has_a_row_for_each_file_bad_ones_too(tmp_path: Path, folder: Path) -> None:
    table = tmp_path / "out.csv"
    done = predict(tmp_path, folder / "notes.txt", folder, "--csv", table)
    assert done.exit_code == 1
    assert "notes.txt" in done.stderr
    assert table.read_bytes().startswith("\ufeff".encode())
    with table.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == [
        str(path) for path in (folder / "notes.txt", folder / "a.png", folder / "deeper" / "b.JPG")
    ]
    assert [row["verdict"] for row in rows] == ["", "malignant", "not_assessable"]
    assert rows[0]["error"] == "unsupported_image"
    assert rows[0]["message"]
    assert float(rows[1]["probability"]) == pytest.approx(expected_probability(*MALIGNANT))
    assert rows[1]["warnings"] == "scale_assumed blurred"
    assert rows[1]["threshold"] == "0.5"
    assert rows[1]["scale_source"] == "assumed"
    assert rows[1]["malignant_area_mm2"] == ""


def test_a_name_that_is_no_text_is_escaped(tmp_path: Path) -> None:
    image = tmp_path / "bad\udcff\nname.png"
    image.write_bytes(encode(plain_image(*MALIGNANT)))
    done = run(write_bundle(tmp_path / "model"), "predict", image, "--csv", tmp_path / "table.csv")
    assert done.returncode == 0, done.stderr
    assert "/bad\\udcff\\nname.png" in done.stdout
    with (tmp_path / "table.csv").open(encoding="utf-8-sig", newline="") as file:
        assert next(csv.DictReader(file))["name"].endswith("bad\\udcff\nname.png")


def test_a_file_name_is_no_formula(tmp_path: Path, folder: Path) -> None:
    (folder / "a.png").rename(folder / "a;=1+1.png")
    table = tmp_path / "out.csv"
    done = predict(tmp_path, folder / "a;=1+1.png", "--csv", table)
    assert done.exit_code == 0, done.stderr
    assert "/a;'=1+1.png," in table.read_text("utf-8-sig")


def test_geojson_has_a_file_for_each_image_that_could_be_scored(
    tmp_path: Path, folder: Path
) -> None:
    (folder / "deeper" / "a.png").write_bytes(encode(plain_image(*BENIGN, width=120)))
    out = tmp_path / "new" / "out"
    done = predict(tmp_path, folder / "notes.txt", folder, "--geojson", out)
    assert done.exit_code == 1
    assert "notes.txt" in done.stderr
    names = {path.name: json.loads(path.read_text())["features"] for path in out.iterdir()}
    assert set(names) == {f"{name}.geojson" for name in ("images_a.png", "deeper_a.png", "b.JPG")}
    (patch,) = names["images_a.png.geojson"]
    assert patch["properties"]["classification"]["name"] == "Suggests IDC"
    assert patch["properties"]["measurements"]["probability"] == pytest.approx(
        expected_probability(*MALIGNANT)
    )
    tiles = names["deeper_a.png.geojson"]
    assert [tile["properties"]["objectType"] for tile in tiles] == ["tile"] * 3
    assert tiles[-1]["geometry"]["coordinates"][0][2] == [120, 50]


def fail(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_folder_that_fills_up_does_not_lose_the_table(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BIOPSIA_MODEL_DIR", str(write_bundle(tmp_path / "model")))
    monkeypatch.setattr(ExportFolder, "write", fail)
    table = tmp_path / "out.csv"
    options = ["--csv", str(table), "--geojson", str(tmp_path / "out")]
    done = CliRunner().invoke(app, ["predict", str(folder / "a.png"), *options])
    assert done.exit_code == 1
    assert "cannot write: [Errno 28] No space left on device" in done.stderr
    (row,) = csv.DictReader(table.read_text("utf-8-sig").splitlines())
    assert (row["name"], row["verdict"]) == (str(folder / "a.png"), "malignant")


def test_an_error_of_reading_is_not_called_one_of_writing(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "out.csv"
    monkeypatch.setattr(Predictor, "from_settings", fail)
    done = CliRunner().invoke(app, ["predict", str(folder / "a.png"), "--csv", str(table)])
    assert isinstance(done.exception, OSError)
    assert "cannot write" not in done.stderr
    # Nothing is in the way of the next call.
    assert not table.exists()


@pytest.mark.parametrize(
    ("out", "word"),
    [
        ("old.csv", "'--csv': old.csv exists and is not overwritten; choose another file"),
        (".", "is a directory"),
        ("none/out.csv", "cannot write none"),
    ],
)
def test_a_table_that_cannot_be_made_is_refused_before_scoring(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, out: str, word: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Predictor, "from_settings", fail)
    Path("old.csv").write_text("mine")
    image, overlays = str(folder / "a.png"), str(tmp_path / "pictures")
    done = CliRunner().invoke(app, ["predict", image, "--csv", out, "--overlays", overlays])
    assert done.exit_code == 2
    assert word in " ".join(done.stderr.replace("│", " ").split())
    assert {each.name for each in tmp_path.iterdir()} <= {"old.csv", "images", "pictures"}
    assert Path("old.csv").read_text() == "mine"


@pytest.mark.parametrize(
    ("out", "word"), [("file", "is a file"), ("file/out", "cannot write"), ("old", "exists")]
)
def test_a_folder_that_cannot_be_written_is_refused_before_scoring(
    tmp_path: Path, folder: Path, out: str, word: str
) -> None:
    (tmp_path / "file").write_text("in the way")
    old = tmp_path / "old" / "a.png.geojson"
    old.parent.mkdir()
    old.write_text("mine")
    done = predict(tmp_path, folder / "a.png", "--geojson", tmp_path / out)
    assert done.exit_code == 2
    assert word in done.stderr
    assert done.stdout == ""
    assert old.read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["missing.png"], "does not exist"),
        (["app.py", "--threshold", "2"], "'--threshold': must be a number from 0 to 1"),
        (["app.py", "--microns-per-pixel", "0"], "'--microns-per-pixel': must be a number above 0"),
        (
            ["app.py", "--threshold", "0.5", "--operating-point", "balanced"],
            "value: give --threshold or",
        ),
        (["docs/decisions"], "no images"),
    ],
)
def test_bad_calls_are_explained(tmp_path: Path, arguments: list[str], word: str) -> None:
    done = predict(tmp_path, *arguments)
    assert done.exit_code == 2
    assert done.stderr.count(word) == 1
    assert "Traceback" not in done.stderr


def test_an_unknown_operating_point_is_told_once(tmp_path: Path, folder: Path) -> None:
    done = predict(tmp_path, folder, "--operating-point", "best")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.count("'--operating-point': The model has no operating point 'best'") == 1


def test_a_scale_that_no_image_can_have_is_told_once(tmp_path: Path, folder: Path) -> None:
    done = predict(tmp_path, folder, "--microns-per-pixel", "33")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.count("'--microns-per-pixel': At 33 µm/px there is no detail left") == 1


def test_lines_come_in_the_order_of_the_images(tmp_path: Path, folder: Path) -> None:
    # The large one is finished last.
    (folder / "0.png").write_bytes(encode(plain_image(*MALIGNANT, width=900, height=900)))
    done = predict(tmp_path, folder, "--json")
    items = [BatchItem.model_validate_json(line) for line in done.stdout.splitlines()]
    assert [item.index for item in items] == [0, 1, 2]
    assert [Path(str(item.name)).name for item in items] == ["0.png", "a.png", "b.JPG"]


def test_overlays_are_written_for_patches_and_regions(tmp_path: Path, folder: Path) -> None:
    (folder / "region.png").write_bytes(encode(plain_image(*MALIGNANT, width=120)))
    out = tmp_path / "overlays"
    done = predict(tmp_path, folder, "--overlays", out, "--json")
    assert done.exit_code == 0, done.stderr
    assert {path.name for path in out.iterdir()} == {"a.png.jpg", "b.JPG.jpg", "region.png.jpg"}
    for path in out.iterdir():
        with Image.open(path) as picture:
            assert picture.format == "JPEG"
            assert min(picture.size) >= 50
    # The files have them; lines stay short.
    assert "base64" not in done.stdout


def test_an_interrupted_run_keeps_what_it_had(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BIOPSIA_MODEL_DIR", str(write_bundle(tmp_path / "model")))
    table = tmp_path / "out.csv"
    kept: list[str] = []

    async def interrupted(*arguments: Any) -> AsyncIterator[BatchItem]:
        async for item in predict_many(*arguments):
            # As if the first image, whose row comes first, were never finished.
            if item.index:
                yield item
                kept.append(table.read_text("utf-8-sig") if table.exists() else "")
        raise KeyboardInterrupt

    monkeypatch.setattr("hf_space.cli.images.predict_many", interrupted)
    done = CliRunner().invoke(app, ["predict", str(folder), "--csv", str(table)])
    assert done.exit_code != 0
    assert kept == [""]
    (row,) = csv.DictReader(table.read_text("utf-8-sig").splitlines())
    assert (row["index"], row["verdict"]) == ("1", "not_assessable")


def test_rows_are_in_the_table_as_soon_as_they_are_written(tmp_path: Path) -> None:
    items = [BatchItem(index=index, name=f"{index}.png") for index in range(3)]
    path, rows = tmp_path / "out.csv", []
    ordered = InOrder(TableFile(path).write)
    for index in (1, 0, 2):
        ordered.put(items[index])
        rows.append(path.read_text("utf-8-sig").count(".png") if path.exists() else 0)
    assert rows == [0, 2, 3]


def test_the_command_tells_its_version(tmp_path: Path) -> None:
    done = run(tmp_path, "--version")
    assert done.stdout == f"biopsia {hf_space.__version__}\n"


def test_an_unusable_model_is_explained(tmp_path: Path, folder: Path) -> None:
    model = write_bundle(tmp_path / "model")
    (model / OPENVINO_WEIGHTS_FILE).unlink()
    done = run(model, "predict", folder)
    assert done.returncode == 1
    assert done.stderr.startswith("model_unavailable: ")


def test_the_openapi_document_needs_no_model_and_is_what_the_service_answers(
    tmp_path: Path, client: TestClient
) -> None:
    done = run(tmp_path / "missing", "openapi")
    assert done.returncode == 0, done.stderr
    served = client.get("/openapi.json").json()
    assert json.loads(done.stdout) == served
    assert done.stdout == json.dumps(served, indent=2, ensure_ascii=False) + "\n"


def test_files_of_a_folder_that_are_no_images_are_counted(tmp_path: Path, folder: Path) -> None:
    for name in ("a.heic", "b.HEIC", "._a.png", "README"):
        (folder / name).write_bytes(b"x")
    done = predict(tmp_path, folder)
    assert done.exit_code == 0
    (line,) = (each for each in done.stderr.splitlines() if each.startswith("Skipped"))
    assert sorted(line.partition(": ")[2].rstrip(".").split(", ")) == [
        "1 .txt",
        "1 README",
        "2 .heic",
    ]
