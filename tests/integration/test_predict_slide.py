"""The picture of a slide that stays with its caller is scored as the command scores the slide."""

from __future__ import annotations

import io
import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray
from PIL import Image

from hf_space.api.app import create_api
from hf_space.imaging.readers.slide_file import open_slide
from hf_space.prediction.predictor import Predictor
from hf_space.schemas.slide import SlideResult
from hf_space.settings import Settings
from hf_space.slides.job import process_slide
from hf_space.slides.options import SlideModel, SlideOptions
from hf_space.slides.scan import find_slides
from tests.array_slide import Notes
from tests.bundle_factory import encode, plain_image, write_bundle
from tests.drawn_slide import DrawnSlide
from tests.slides import write_svs

FINGERPRINT = "ab" * 32
DATA = Path(__file__).parents[1] / "data"
_END_BYTES = 12
POINT = "high_sensitivity"
SLIDE = DrawnSlide(6000, 4400, microns_per_pixel=(0.5, 0.5), has_pen=True)


def picture_of(path: Path, microns: float = 4.0) -> NDArray[np.uint8]:
    with open_slide(path) as reader:
        height, _ = reader.scaled_size(microns)
        return reader.read_rows(0, height, microns)


def fields(width: int, height: int, microns: float = 0.5, **others: str) -> dict[str, str]:
    stated: dict[str, float] = {"slide_width": width, "slide_height": height}
    stated |= {"slide_microns_across": microns, "slide_microns_down": microns}
    return {
        **{name: str(value) for name, value in stated.items()},
        "fingerprint": FINGERPRINT,
        "save": "false",
        **others,
    }


def command(client: TestClient, path: Path, out: Path) -> SlideResult:
    """Score a slide by the command, with the service's own model and rule."""
    app: Any = client.app
    predictor: Predictor = app.state.predictor
    point = predictor.bundle.config.thresholds[POINT]
    options = SlideOptions(point, POINT, frozenset({"json"}))
    (found,) = find_slides([path]).slides
    model = SlideModel(predictor.bundle, predictor.engine)
    outcome = process_slide(found, out, model, options, Notes())
    assert outcome.state == "done", outcome.message
    return SlideResult.model_validate_json((out / found.name / "result.json").read_bytes())


def with_overview(png: bytes, overview: NDArray[np.uint8]) -> bytes:
    """Add what the site adds, in a chunk before the end."""
    content = b"ovWS" + zlib.compress(overview.tobytes())
    size, checksum = len(content) - 4, zlib.crc32(content)
    chunk = size.to_bytes(4) + content + checksum.to_bytes(4)
    return png[:-_END_BYTES] + chunk + png[-_END_BYTES:]


@pytest.mark.parametrize("reduction", [8, 4])
def test_tiles_and_foci_are_those_of_the_command(
    bundled_client: TestClient, tmp_path: Path, reduction: int
) -> None:
    path = write_svs(tmp_path / "a.svs", SLIDE, downsamples=(1, reduction))
    wanted = command(bundled_client, path, tmp_path / "out")
    answer = bundled_client.post(
        "/predict/slide/",
        files={"file": with_overview(encode(picture_of(path)), picture_of(path, 16.0))},
        data=fields(6000, 4400, operating_point=POINT),
        headers={"Accept": "application/x-ndjson"},
    )
    assert answer.status_code == 200, answer.text
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert {line["event"] for line in lines} == {"image", "tissue", "tiles", "result"}
    image, result = lines[0], lines[-1]["result"]
    assert (image["width"], image["height"], image["microns_per_pixel"]) == (6000, 4400, 0.5)
    assert (result["verdict"], result["kind"]) == ("not_assessable", "region")
    assert "slide_uncalibrated" in result["reasons"]
    assert result["slide"] == {"fingerprint": FINGERPRINT}
    assert result["image"]["scale_source"] == "metadata"
    for name in ("tiles", "tiles_raw"):
        tiles = np.array(result["region"][name], dtype=float)
        expected = np.array(getattr(wanted.region, name), dtype=float)
        np.testing.assert_array_equal(np.isnan(tiles), np.isnan(expected))
        np.testing.assert_allclose(tiles, expected, atol=1e-3)
    assert np.isnan(tiles).any()
    foci = [focus["polygon"] for focus in result["region"]["foci"]]
    assert foci
    assert foci == json.loads(json.dumps([focus.polygon for focus in wanted.region.foci]))


def test_the_colour_profile_that_comes_with_the_picture_is_applied(
    bundled_client: TestClient, tmp_path: Path
) -> None:
    slide = DrawnSlide(3000, 2000, microns_per_pixel=(0.5, 0.5))
    with Image.open(DATA / "display_p3_profile.png") as image:
        profile: bytes = image.info["icc_profile"]
    wanted = command(
        bundled_client,
        write_svs(tmp_path / "a.svs", slide, downsamples=(1, 8), profile=profile),
        tmp_path / "out",
    )
    stored = write_svs(tmp_path / "b.svs", slide, downsamples=(1, 8))

    def tiles(png: bytes) -> NDArray[np.float64]:
        answer = bundled_client.post(
            "/predict/slide/",
            files={"file": with_overview(png, picture_of(stored, 16.0))},
            data=fields(3000, 2000, operating_point=POINT),
        )
        return np.array(answer.json()["region"]["tiles_raw"], dtype=float)

    picture = picture_of(stored)
    expected = np.array(wanted.region.tiles_raw, dtype=float)
    np.testing.assert_allclose(tiles(encode(picture, icc_profile=profile)), expected, atol=1e-3)
    assert np.nanmax(np.abs(tiles(encode(picture)) - expected)) > 0.01


@pytest.fixture
def small(tmp_path: Path) -> TestClient:
    """A service that takes pictures of 200,000 bytes and pixels."""
    model = write_bundle(tmp_path / "model")
    limits: dict[str, Any] = {"max_slide_bytes": 200_000, "max_slide_pixels": 200_000}
    settings = Settings(model_dir=model, data_dir=tmp_path, operating_point=None, **limits)
    return TestClient(create_api(settings), raise_server_exceptions=False)


NOISE = np.random.default_rng(0).integers(0, 256, (400, 400, 3), np.uint8)
STAINED = plain_image(190, 120, 180, width=400, height=300)
JPEG = encode(STAINED, "JPEG")
PNG = encode(STAINED)
SIDES = fields(3200, 2400)
BAD: list[tuple[str, bytes, dict[str, str], int, str]] = [
    ("another size than the slide's", PNG, fields(3208, 2400), 422, "scale_out_of_range"),
    ("not without loss", JPEG, SIDES, 415, "unsupported_image"),
    ("too many bytes", encode(NOISE), fields(3200, 3200), 413, "payload_too_large"),
    ("an overview of another size", with_overview(PNG, STAINED), SIDES, 422, "corrupt_image"),
    ("no fingerprint", PNG, SIDES | {"fingerprint": "x"}, 422, "invalid_options"),
    ("no scale of a slide", PNG, fields(3200, 2400, 50.0), 422, "invalid_options"),
    ("the scale of the picture", PNG, SIDES | {"microns_per_pixel": "4"}, 422, "invalid_options"),
    ("a patch", PNG, SIDES | {"mode": "patch"}, 422, "invalid_options"),
    ("glass", encode(plain_image(240, 240, 240, width=400, height=300)), SIDES, 422, "no_tissue"),
]


def test_what_is_no_picture_of_the_slide_is_refused(small: TestClient) -> None:
    with small as client:
        for why, data, stated, status, code in BAD:
            answer = client.post("/predict/slide/", files={"file": data}, data=stated)
            error = answer.json()["error"]
            assert (answer.status_code, error["code"]) == (status, code), why
        large = io.BytesIO()
        Image.new("RGB", (1000, 300), (190, 120, 180)).save(large, "PNG")
        stated = fields(8000, 2400)
        answer = client.post("/predict/slide/", files={"file": large.getvalue()}, data=stated)
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_many_pixels")
        good = client.post("/predict/slide/", files={"file": PNG}, data=SIDES | {"save": "true"})
        assert good.status_code == 200, good.text
        token = {"X-Biopsia-Visitor": good.headers["X-Biopsia-Visitor"]}
        saved = client.get(f"/history/{good.json()['id']}", headers=token).json()["result"]
        assert saved["slide"] == {"fingerprint": FINGERPRINT}
        # The same picture without its slide is a region of its own.
        alone = client.post("/predict/", files={"file": PNG}, data={"microns_per_pixel": "4"})
        assert alone.json()["slide"] is None
        assert not alone.json()["cached"]
