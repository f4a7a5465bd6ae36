"""Fixtures of the service's unit tests."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from hf_space.bundle.load import Bundle, load_bundle
from hf_space.imaging.readers.pyramid import PyramidReader
from hf_space.inference.warmup import warm_engine
from hf_space.settings import Settings
from hf_space.slides.options import SlideModel
from hf_space.slides.scan import FoundSlide, find_slides
from tests.bundle_factory import write_bundle
from tests.slide_job import DRAWN
from tests.slides import write_ome_tiff


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    """The tiny network's bundle."""
    return load_bundle(write_bundle(tmp_path / "model"))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> SlideModel:
    bundle = load_bundle(write_bundle(tmp_path_factory.mktemp("bundle") / "model"))
    return SlideModel(bundle, warm_engine("openvino", bundle))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_ome_tiff(
        tmp_path_factory.mktemp("slides") / "a.ome.tif", DRAWN, downsamples=(1, 4)
    )


@pytest.fixture
def slide(drawn: Path, tmp_path: Path) -> FoundSlide:
    shutil.copy(drawn, tmp_path / "a.ome.tif")
    (found,) = find_slides([tmp_path / "a.ome.tif"]).slides
    return found


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[range]:
    """Rows at the model's scale that are read from now on."""
    found: list[range] = []
    read_rows = PyramidReader.read_rows

    def counted(self: PyramidReader, top: int, rows: int, microns_per_pixel: float) -> Any:
        if microns_per_pixel == 4.0:
            found.append(range(top, top + rows))
        return read_rows(self, top, rows, microns_per_pixel)

    monkeypatch.setattr(PyramidReader, "read_rows", counted)
    return found


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Folder of results."""
    return tmp_path / "out"


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the service comes from the environment."""
    for name in ("PORT", *(f"BIOPSIA_{field.upper()}" for field in Settings.model_fields)):
        monkeypatch.delenv(name, raising=False)
