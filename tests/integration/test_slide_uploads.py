"""Slides that are sent to the API are read at the level that suits the model."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from hf_space.api.app import create_api
from hf_space.imaging.readers.tiff import TiffReader
from hf_space.settings import Settings
from tests.drawn_slide import DrawnSlide
from tests.slides import TELLTALE, write_ome_tiff, write_pyramid, write_svs

SLIDE = DrawnSlide(3200, 2400)
SLIDES: dict[str, Callable[[Path], Path]] = {
    "svs": lambda folder: write_svs(folder / "a.svs", SLIDE, downsamples=(1, 2, 8)),
    "ome": lambda folder: write_ome_tiff(folder / "a.ome.tif", SLIDE, downsamples=(1, 4, 8)),
    "odd": lambda folder: write_pyramid(folder / "a.tif", SLIDE, downsamples=(1, 2.7, 7.3)),
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    # Level 0 has more pixels than are accepted; the level that is read has not.
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"), max_pixels=2_000_000)
    with TestClient(create_api(settings)) as client:
        yield client


def ask(client: TestClient, data: bytes, **fields: str) -> dict[str, Any]:
    answer = client.post("/predict/", files={"file": data}, data={"save": "false", **fields})
    assert answer.status_code == 200, answer.text
    assert TELLTALE not in answer.text
    result: dict[str, Any] = answer.json()
    return result


@pytest.mark.parametrize("kind", SLIDES)
def test_the_level_that_suits_is_read(
    kind: str, client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    levels: list[int] = []
    read = TiffReader._level

    def noted(reader: TiffReader, index: int) -> Any:
        levels.append(index)
        return read(reader, index)

    monkeypatch.setattr(TiffReader, "_level", noted)
    result = ask(client, SLIDES[kind](tmp_path).read_bytes())
    assert set(levels) == {2}
    image = result["image"]
    assert (image["width"], image["height"]) == (3200, 2400)
    assert image["microns_per_pixel"] == pytest.approx(0.5, rel=1e-3)
    assert image["scale_source"] == "metadata"
    file = io.BytesIO()
    Image.fromarray(SLIDE.level(8)).save(file, "PNG")
    told = ask(client, file.getvalue(), microns_per_pixel="4")
    tiles, wanted = (np.array(each["region"]["tiles"], dtype=float) for each in (result, told))
    assert tiles.shape == wanted.shape == (6, 8)
    np.testing.assert_array_equal(np.isnan(tiles), np.isnan(wanted))
    # JPEG, and a level that is not quite the model's, cost as much.
    assert np.nanmean(np.abs(tiles - wanted)) < 0.1
