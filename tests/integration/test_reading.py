"""Files that once gave a wrong result without a warning, through the API with the bundled model."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import tifffile
from fastapi.testclient import TestClient
from numpy.typing import NDArray
from PIL import Image

from hf_space.api.app import create_api
from hf_space.imaging.readers import decode_image, formats
from hf_space.settings import Settings
from tests.unit.test_tiff_reader import DATA

REFERENCE = (DATA / "reference_rgb8.png").read_bytes()
RGB = decode_image(REFERENCE)
SAME = 0.01


@pytest.fixture(scope="module")
def client(bundled_client: TestClient) -> TestClient:
    return bundled_client


def ask(client: TestClient, data: bytes, **options: Any) -> dict[str, Any]:
    fields = {key: str(value) for key, value in {"save": False, **options}.items()}
    answer = client.post("/predict/", files={"file": data}, data=fields)
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result


def tiff(pixels: NDArray[Any], **options: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, photometric="rgb", **options)
    return file.getvalue()


@pytest.fixture(scope="module")
def reference(client: TestClient) -> dict[str, Any]:
    return ask(client, REFERENCE)


def test_a_profile_does_not_change_the_result(
    client: TestClient, reference: dict[str, Any]
) -> None:
    result = ask(client, (DATA / "display_p3_profile.png").read_bytes())
    assert abs(result["probability"] - reference["probability"]) < SAME


def test_a_profile_that_is_not_applied_is_a_caution(client: TestClient) -> None:
    file = io.BytesIO()
    Image.fromarray(RGB).save(file, "PNG", icc_profile=b"damaged")
    warnings = ask(client, file.getvalue())["warnings"]
    assert ("profile_ignored", "caution") in [(each["code"], each["severity"]) for each in warnings]
    applied = ask(client, (DATA / "display_p3_profile.png").read_bytes())["warnings"]
    assert "profile_ignored" not in [each["code"] for each in applied]


@pytest.mark.parametrize("order", ["<", ">"])
def test_planes_of_16_bits_give_the_same_result(
    client: TestClient, reference: dict[str, Any], order: str
) -> None:
    deep = np.ascontiguousarray((RGB.astype(np.uint16) * 257).transpose(2, 0, 1))
    result = ask(client, tiff(deep, planarconfig="separate", byteorder=order, metadata=None))
    assert abs(result["probability"] - reference["probability"]) < 1e-6


def test_the_scale_of_imagej_is_the_files_own(client: TestClient) -> None:
    data = tiff(RGB, imagej=True, resolution=(2.0, 2.0), metadata={"unit": "micron"})
    image = ask(client, data)["image"]
    assert (image["microns_per_pixel"], image["scale_source"]) == (0.5, "metadata")
    told = ask(client, REFERENCE, microns_per_pixel=0.5)
    assert ask(client, data)["probability"] == pytest.approx(told["probability"], abs=1e-6)


@pytest.mark.parametrize(
    ("name", "scale"), [("svs_with_thumbnail.svs", 0.5), ("vips_pyramid_reduced_pages.tif", 4.0)]
)
def test_slides_with_further_pages_are_the_main_image(
    client: TestClient, name: str, scale: float
) -> None:
    result = ask(client, (DATA / name).read_bytes())
    assert (result["image"]["width"], result["image"]["height"]) == (600, 400)
    assert result["image"]["microns_per_pixel"] == scale
    assert result["image"]["scale_source"] == "metadata"
    told = ask(client, REFERENCE, microns_per_pixel=scale)
    # Both are JPEG.
    assert abs(result["probability"] - told["probability"]) < 0.1


def test_a_file_that_contradicts_itself_has_no_verdict(client: TestClient) -> None:
    imagej = "ImageJ=1.54f\nimages=1\nunit=micron\n"
    ome = '<OME><Image><Pixels PhysicalSizeX="0.25" PhysicalSizeY="0.25"/></Image></OME>'
    options = {"description": imagej + ome, "resolutionunit": 1, "metadata": None}
    data = tiff(RGB, resolution=(2.0, 2.0), **options)
    result = ask(client, data)
    assert result["verdict"] == "not_assessable"
    assert "scale_unknown" in result["reasons"]
    assert "scale_conflict" in [warning["code"] for warning in result["warnings"]]
    assert result["image"]["scale_source"] == "assumed"
    told = ask(client, data, microns_per_pixel=4.0)
    assert "scale_unknown" not in told["reasons"]


def test_a_pyramid_without_a_scale_is_computed_at_the_level_that_fits(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        for step in (1, 2, 4):
            kind = int(step > 1)
            level = np.ascontiguousarray(RGB[::step, ::step])
            writer.write(level, tile=(64, 64), photometric="rgb", subfiletype=kind, metadata=None)
    folder = tmp_path_factory.mktemp("small")
    settings = Settings(data_dir=folder, operating_point=None, max_pixels=300 * 200)
    with TestClient(create_api(settings)) as client:
        result = ask(client, file.getvalue())
        refused = client.post("/predict/", files={"file": REFERENCE})
    assert result["image"]["width"] == 600
    assert result["image"]["microns_per_pixel"] == 2.0
    assert result["image"]["scale_source"] == "assumed"
    assert "scale_unknown" in result["reasons"]
    assert refused.status_code == 413


def test_files_of_other_kinds_are_refused_by_name(client: TestClient) -> None:
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40)
    answer = client.post("/predict/", files={"file": heic})
    assert answer.status_code == 415
    assert answer.json()["error"]["code"] == "unsupported_image"
    assert "HEIC is not supported" in answer.json()["error"]["message"]
    assert client.get("/model/").json()["limits"]["formats"] == formats()


def test_a_zip_of_an_old_windows_tool_holds_one_picture(client: TestClient) -> None:
    for name in ("backslash_names.zip", "zip64_end_record_placeholders.zip"):
        answer = client.post("/predict/batch/", files={"files": (DATA / name).read_bytes()})
        assert answer.status_code == 200, answer.text
        assert len(answer.text.splitlines()) == 1
        assert '"error":null' in answer.text
