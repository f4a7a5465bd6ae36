"""A picture of an image before it is scored."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from fastapi.testclient import TestClient
from numpy.typing import NDArray
from PIL import Image

from hf_space.api.app import create_api
from hf_space.settings import Settings
from tests.bundle_factory import encode, plain_image
from tests.drawn_slide import DrawnSlide
from tests.slides import LABEL_COLOUR, TELLTALE, write_ome_tiff, write_pyramid, write_svs
from tests.stores import UNLIMITED, error_of

SLIDE = DrawnSlide(3200, 2400)
SLIDES: dict[str, Callable[[Path], Path]] = {
    "svs": lambda folder: write_svs(folder / "a.svs", SLIDE, downsamples=(1, 2, 8)),
    "ome": lambda folder: write_ome_tiff(folder / "a.ome.tif", SLIDE, downsamples=(1, 2, 8)),
    "pyramid": lambda folder: write_pyramid(folder / "a.tif", SLIDE, downsamples=(1, 2.7, 8)),
    # Its second level has more pixels than are accepted, so the third is drawn.
    "coarse": lambda folder: write_pyramid(folder / "a.tif", SLIDE, downsamples=(1, 1.5, 8)),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("preview")


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[TestClient]:
    """A service without a model, which previews do not need."""
    limits: dict[str, Any] = {"max_pixels": 2_000_000, "max_upload_bytes": 3_000_000}
    nowhere = folder / "nowhere"
    settings = Settings(data_dir=folder / "data", model_dir=nowhere, **{**UNLIMITED, **limits})
    with TestClient(create_api(settings), raise_server_exceptions=False) as client:
        yield client


def ask(client: TestClient, data: bytes) -> Any:
    return client.post("/preview/", files={"file": ("a.tif", data)})


def drawn(client: TestClient, data: bytes) -> tuple[NDArray[np.uint8], Image.Image]:
    response = ask(client, data)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "image/webp"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "no-store" in response.headers["cache-control"]
    assert TELLTALE.encode() not in response.content
    picture = Image.open(io.BytesIO(response.content))
    return np.asarray(picture.convert("RGB")), picture


@pytest.mark.parametrize(
    ("kind", "size"),
    [("svs", (1024, 768)), ("ome", (1024, 768)), ("pyramid", (1024, 767)), ("coarse", (400, 300))],
)
def test_a_slide_is_drawn_without_label_and_macro(
    client: TestClient, tmp_path: Path, kind: str, size: tuple[int, int]
) -> None:
    pixels, picture = drawn(client, SLIDES[kind](tmp_path).read_bytes())
    assert picture.size == size
    expected = np.asarray(Image.fromarray(SLIDE.level(8)).resize(size, Image.Resampling.BOX))
    assert np.abs(pixels.astype(float) - expected).mean() < 6
    away = np.abs(pixels.astype(int) - np.array(LABEL_COLOUR)).max(axis=2)
    assert away.min() > 60


def test_a_small_tiff_is_drawn_exactly_and_without_its_metadata(
    client: TestClient, tmp_path: Path
) -> None:
    rng = np.random.default_rng(1)
    image = rng.integers(0, 256, (50, 40, 3), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", image, photometric="rgb", description=TELLTALE)
    pixels, picture = drawn(client, (tmp_path / "a.tif").read_bytes())
    np.testing.assert_array_equal(pixels, image)
    assert not {"exif", "xmp", "icc_profile"} & set(picture.info)


def test_an_image_of_another_format_is_drawn_too(client: TestClient) -> None:
    pixels, picture = drawn(client, encode(plain_image(200, 120, 190, width=1200, height=600)))
    assert picture.size == (1024, 512)
    assert np.abs(pixels.mean(axis=(0, 1)) - [200, 120, 190]).max() < 4


def test_nothing_is_kept(client: TestClient, folder: Path) -> None:
    response = ask(client, encode(plain_image(201, 120, 190)))
    assert response.status_code == 200
    assert {"x-biopsia-visitor", "set-cookie"} & set(response.headers) == set()
    metrics = client.get("/metrics").text
    saves = [line for line in metrics.splitlines() if line.startswith("biopsia_saves_total{")]
    assert {line.rpartition(" ")[2] for line in saves} <= {"0.0"}
    assert client.get("/history/").json()["items"] == []
    kept = [path.name for path in folder.joinpath("data").iterdir()]
    empty = ("history.sqlite3", "retention-time")
    assert [name for name in kept if not name.startswith(empty)] == []


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        ({"files": {"file": b"no image"}}, 415, "unsupported_image"),
        ({"files": {"file": b""}}, 400, "missing_image"),
        ({"files": {"picture": b"x"}}, 400, "missing_image"),
        (
            {"files": {"file": encode(plain_image(1, 2, 3, width=1500, height=1500))}},
            413,
            "too_many_pixels",
        ),
        ({"files": {"file": b"x" * 3_000_001}}, 413, "payload_too_large"),
        ({"files": {"file": b"II*\0\xff\xff\xff\x7f"}}, 422, "corrupt_image"),
        ({"files": [("file", b"x"), ("file", b"y")]}, 413, "too_many_files"),
        (
            {"files": {"file": b"x"}, "data": {"microns_per_pixel": "4"}},
            422,
            "invalid_options",
        ),
        ({"json": {"image": ""}}, 415, "unsupported_media_type"),
    ],
    ids=str,
)
def test_what_cannot_be_drawn_is_told(
    client: TestClient, content: dict[str, Any], status: int, code: str
) -> None:
    assert error_of(client.post("/preview/", **content)) == (status, code)


def test_a_preview_is_charged_like_an_image(tmp_path: Path) -> None:
    limits: dict[str, Any] = {**UNLIMITED, "address_images_per_minute": 2}
    settings = Settings(data_dir=tmp_path, model_dir=tmp_path / "nowhere", **limits)
    image = encode(plain_image(200, 120, 190))
    with TestClient(create_api(settings), raise_server_exceptions=False) as client:
        assert [ask(client, image).status_code for _ in range(3)] == [200, 200, 429]


def test_a_large_preview_is_paid_by_its_pixels(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path,
        model_dir=tmp_path / "nowhere",
        owner_images_per_minute=0,
        address_images_per_minute=8,
    )
    large = encode(plain_image(200, 120, 190, width=2100, height=2100))
    with TestClient(create_api(settings), raise_server_exceptions=False) as client:
        left = ask(client, large).headers["x-ratelimit-remaining"]
        assert left == "3"
        assert error_of(ask(client, large)) == (429, "rate_limited")
        assert ask(client, encode(plain_image(200, 120, 190))).status_code == 200


def test_a_preview_takes_the_memory_of_images(tmp_path: Path) -> None:
    memory: dict[str, Any] = {**UNLIMITED, "image_memory_bytes": 20 * 1_000_000}
    settings = Settings(data_dir=tmp_path, model_dir=tmp_path / "nowhere", **memory)
    with TestClient(create_api(settings), raise_server_exceptions=False) as client:
        sides = [(1000, 200), (1001, 413)]
        for side, status in sides:
            image = encode(plain_image(200, 120, 190, width=side, height=side))
            assert ask(client, image).status_code == status
        slide = write_pyramid(tmp_path / "a.tif", SLIDE, downsamples=(1, 3))
        assert ask(client, slide.read_bytes()).status_code == 200
