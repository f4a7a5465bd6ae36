"""The report of `outside` on drawn pictures, calculated by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.bundle_factory import encode, expected_probability, plain_image, write_bundle
from training.cli import app
from training.data.manifest import read_manifest
from training.errors import ConfigurationError, SourceError
from training.evaluation.outside import outside

# The tiny network's probabilities of these are .98, .48, .43 and .09; the threshold is one half,
# and the band from .4 to .6.
RED, GREY, DULL, GREEN = (
    (190, 120, 190),
    (114, 120, 110),
    (110, 120, 110),
    (120, 170, 190),
)
HEADER = "file,kind,label,microns_per_pixel,note\n"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny bundle, which finds nothing unusual in any picture."""
    return write_bundle(tmp_path_factory.mktemp("bundle") / "tiny", out_of_distribution={})


def _write(folder: Path, rows: str) -> Path:
    pictures = folder / "pictures"
    pictures.mkdir()
    for name, colour in (("red", RED), ("grey", GREY), ("dull", DULL), ("green", GREEN)):
        (pictures / f"{name}.png").write_bytes(encode(plain_image(*colour)))
    large = plain_image(*RED, width=150, height=100)
    (pictures / "large.png").write_bytes(encode(large))
    (pictures / "broken.png").write_bytes(b"no image")
    manifest = folder / "manifest.csv"
    manifest.write_text(HEADER + rows)
    return manifest


@pytest.fixture(scope="module")
def found(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    manifest = _write(
        tmp_path_factory.mktemp("outside"),
        "pictures/red.png,breast,1,4,\n"
        "pictures/grey.png,breast,1,4,ignored\n"
        "pictures/dull.png,breast,0,4.0,\n"
        "pictures/green.png,breast,0,,\n"
        "pictures/large.png,breast,0,2,\n"
        "pictures/large.png,thing,,,\n"
        "pictures/broken.png,thing,,,\n",
    )
    return outside(bundle, manifest, progress=False)


def test_accuracy_is_that_of_the_labelled_pictures(found: dict[str, Any]) -> None:
    breast = found["kinds"]["breast"]["all"]
    assert (breast["images"], breast["labelled"], breast["positive"]) == (5, 5, 2)
    # Of the six pairs red ties with the large one, of its colour, and grey loses to it.
    assert breast["roc_auc"] == pytest.approx((2.5 + 2) / 6, abs=1e-6)
    assert breast["sensitivity"] == pytest.approx(1 / 2)
    assert breast["specificity"] == pytest.approx(2 / 3)


def test_shares_tell_how_each_picture_was_responded_to(found: dict[str, Any]) -> None:
    breast = found["kinds"]["breast"]["all"]
    shares = ("refused", "withheld", "warned", "inconclusive", "silent")
    # Grey and dull lie in the band; the scale of green was assumed.
    assert [breast[share] for share in shares] == pytest.approx([0, 0, 0.2, 0.4, 0.4])
    thing = found["kinds"]["thing"]["all"]
    assert [thing[share] for share in shares] == pytest.approx([0.5, 0.5, 0, 0, 0])
    assert thing["roc_auc"] is thing["sensitivity"] is thing["specificity"] is None
    assert sum(found["all"][share] for share in shares) == pytest.approx(1)


def test_codes_are_counted(found: dict[str, Any]) -> None:
    assert found["kinds"]["breast"]["all"]["codes"] == {"scale_assumed": 1}
    thing = found["kinds"]["thing"]["all"]["codes"]
    assert thing["scale_unknown"] == 1
    assert sum(thing.values()) == 2


def test_scales_are_reported_apart(found: dict[str, Any]) -> None:
    images = {scale: row["images"] for scale, row in found["kinds"]["breast"].items()}
    assert images == {"all": 5, "unknown": 1, "2": 1, "4": 3}


def test_every_response_is_there(found: dict[str, Any]) -> None:
    first, *_, last = found["pictures"]
    assert first["file"] == "pictures/red.png"
    assert first["probability"] == pytest.approx(expected_probability(*RED), abs=1e-4)
    assert (first["verdict"], first["reasons"], first["cautions"]) == ("malignant", (), ())
    assert last["probability"] is None
    assert last["error"] is not None


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("pictures/red.png,breast,yes,4,\n", "line 2: the label is 'yes'"),
        ("pictures/red.png,breast,1,4,\npictures/red.png,breast,1,wide,\n", "line 3: 'wide'"),
        ("pictures/red.png,breast,1,-4,\n", "'-4' is no scale"),
        ("pictures/blue.png,breast,1,4,\n", "there is no file"),
        ("", "names no picture"),
    ],
)
def test_a_wrong_manifest_is_explained(tmp_path: Path, rows: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_manifest(_write(tmp_path, rows))


def test_missing_columns_and_files_are_named(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.csv"
    with pytest.raises(SourceError, match="cannot read the manifest"):
        read_manifest(manifest)
    manifest.write_text("file,label\n")
    with pytest.raises(SourceError, match="no column kind, microns_per_pixel"):
        read_manifest(manifest)


def test_a_folder_without_a_bundle_is_refused(tmp_path: Path) -> None:
    manifest = _write(tmp_path, "pictures/red.png,breast,1,4,\n")
    with pytest.raises(ConfigurationError, match="cannot read the bundle"):
        outside(tmp_path / "nothing", manifest, progress=False)


def test_the_command_writes_and_shows_the_figures(bundle: Path, tmp_path: Path) -> None:
    manifest, report = _write(tmp_path, "pictures/red.png,breast,1,4,\n"), tmp_path / "out.json"
    command = ["outside", str(bundle), str(manifest), "--json", str(report)]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    assert json.loads(report.read_text())["all"]["silent"] == 1
    assert "breast" in result.output
