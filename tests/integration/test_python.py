"""`hf_space.load`: the model in a Python program."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

import hf_space
from hf_space.errors import BundleError, InvalidOptionsError, UnsupportedImageError
from hf_space.schemas.prediction import PredictionResult
from hf_space.settings import Settings
from hf_space.slides.errors import SlideFailedError
from tests.bundle_factory import encode, expected_probability, plain_image, write_bundle
from tests.server import ROOT

if TYPE_CHECKING:
    from hf_space.cli.python import Model

REGION = ROOT / "hf_space" / "examples" / "drawn_region.png"
PATCH = plain_image(200, 120, 190)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    """The tiny network."""
    with hf_space.load(write_bundle(tmp_path_factory.mktemp("model"))) as model:
        yield model


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A patch in a file."""
    path = tmp_path / "patch.png"
    path.write_bytes(encode(PATCH))
    return path


def facts(result: PredictionResult) -> dict[str, Any]:
    """Return what two computations of the same have in common."""
    return result.model_dump(mode="json", exclude={"id", "created_at", "timing_ms"})


def test_importing_the_package_loads_no_library() -> None:
    code = (
        "import sys; import hf_space; "
        "print({name for name in sys.modules if name.partition('.')[0] in "
        "{'numpy', 'pydantic', 'typer', 'cv2', 'PIL', 'openvino', 'gradio', 'fastapi'}})"
    )
    done = subprocess.run(  # noqa: S603 -- our own code
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


def test_a_result_is_that_of_the_service(
    model: Model, client: TestClient, settings: Settings
) -> None:
    assert settings.model_dir.is_dir()
    form = {"microns_per_pixel": "4", "operating_point": "high_sensitivity"}
    sent = client.post("/predict/", files={"file": encode(PATCH)}, data=form)
    expected = PredictionResult.model_validate(sent.json())
    result = model.predict(encode(PATCH), microns_per_pixel=4, operating_point="high_sensitivity")
    assert isinstance(result, PredictionResult)
    assert facts(result) == facts(expected)
    assert result.gradcam.overlay == expected.gradcam.overlay


def test_every_kind_of_image_is_taken(model: Model, path: Path) -> None:
    images: list[Any] = [path, str(path), path.read_bytes(), Image.fromarray(PATCH), PATCH]
    results = [model.predict(image, microns_per_pixel=4) for image in images]
    for result in results:
        assert result.probability == pytest.approx(expected_probability(200, 120, 190), abs=1e-4)
        assert (result.image.microns_per_pixel, result.image.scale_source) == (4.0, "request")
        assert not result.saved


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (np.zeros((50, 50), np.uint8), r"uint8 \(50, 50\)"),
        (np.zeros((0, 50, 3), np.uint8), r"uint8 \(0, 50, 3\)"),
        (np.zeros((50, 50, 3)), "float64"),
        (Image.new("CMYK", (50, 50)), "mode CMYK is not supported; convert it to RGB"),
        (b"no image", "."),
    ],
)
def test_what_is_no_image_is_refused(model: Model, image: Any, said: str) -> None:
    with pytest.raises(UnsupportedImageError, match=said):
        model.predict(image)


def test_options_are_checked_by_their_names(model: Model, path: Path) -> None:
    with pytest.raises(InvalidOptionsError, match="threshold"):
        model.predict(path, threshold=2)
    with pytest.raises(InvalidOptionsError, match="threshold"):
        model.predict_many([path], threshold=2)
    wrong: dict[str, Any] = {"microns": 1, "save": True}
    with pytest.raises(InvalidOptionsError, match="unknown option microns, save; the options are"):
        model.predict(path, **wrong)


def test_many_images_are_yielded_and_bad_ones_do_not_end_the_others(
    model: Model, path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (path.parent / "bad.png").write_text("no image")
    items = list(model.predict_many([path.parent], progress=True, microns_per_pixel=4))
    by_name = {Path(str(item.name)).name: item for item in items}
    assert {item.index for item in items} == {0, 1}
    good, bad = by_name["patch.png"].result, by_name["bad.png"].error
    assert good is not None
    assert good.verdict == "malignant"
    assert bad is not None
    assert bad.code == "unsupported_image"
    assert "2/2" in capfd.readouterr().err
    (item,) = model.predict_many(str(path), microns_per_pixel=4)
    assert item.name == str(path)
    # A caller may stop early.
    first = next(iter(model.predict_many([path] * 3)))
    assert first.result is not None
    assert model.predict(path).verdict == "malignant"


def test_it_works_where_an_event_loop_runs_already(model: Model, path: Path) -> None:
    async def cell() -> str:
        return model.predict(path).verdict

    assert asyncio.run(cell()) == "malignant"


def test_a_slide_is_scored_and_its_files_are_written_if_wanted(
    model: Model, tmp_path: Path
) -> None:
    result = model.predict_slide(REGION, microns_per_pixel=4, threshold=0.5)
    assert result.kind == "slide"
    assert result.image.microns_per_pixel == 4.0
    assert result.threshold == 0.5
    out = tmp_path / "out"
    kept = model.predict_slide(REGION, microns_per_pixel=4, threshold=0.5, out=out)
    assert kept.tissue_area_mm2 == result.tissue_area_mm2
    assert {"result.json", "tiles.csv"} <= {path.name for path in out.glob("*/*")}


def test_why_a_slide_is_not_scored_is_told_with_its_code(model: Model, tmp_path: Path) -> None:
    with pytest.raises(SlideFailedError, match="not_found") as failed:
        model.predict_slide(tmp_path / "none.svs")
    assert failed.value.code == "not_found"
    with pytest.raises(ValueError, match="holds 0 slides"):
        model.predict_slide(tmp_path)


def test_a_model_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="neither a folder nor a repository"):
        hf_space.load(tmp_path / "none" / "deeper")
    with pytest.raises(BundleError):
        hf_space.load(tmp_path)
    # Without a network, and with an empty cache.
    with pytest.raises(BundleError, match="the Hub is unreachable"):
        hf_space.load("owner/name", revision="v1")
