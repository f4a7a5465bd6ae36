"""Complete slides of the data set, enlarged to a scanner's scale, against their labels."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import cv2
import imagecodecs
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from typer.testing import CliRunner

from hf_space.bundle.load import load_bundle
from hf_space.cli import app
from hf_space.inference.engine import predict_patches
from hf_space.inference.openvino_engine import OpenVinoEngine
from training.data.source import open_source
from training.evaluation.slide import Slide, read_complete_slides

MODEL = Path(__file__).parents[2] / "hf_space" / "model"
CASES = ("8864", "8865", "8867")
ENLARGEMENT: Final = 8
PATCH: Final = 50
TILE: Final = 512


@pytest.mark.real_patches
def test_a_slide_is_scored_as_its_patches_are(real_patches: Path, tmp_path: Path) -> None:
    slides = read_slides(real_patches)
    for slide in slides:
        write_slide(tmp_path / "slides" / f"{slide.case_id}.tif", slide)
    out = tmp_path / "out"
    done = CliRunner().invoke(
        app, ["slides", str(tmp_path / "slides"), "--out", str(out), "--format", "csv"]
    )
    assert done.exit_code == 0, done.output
    for slide in slides:
        places, raw, smoothed = read_tiles(out / f"{slide.case_id}.tif" / "tiles.csv")
        has_label = slide.labels[tuple(places.T)] >= 0
        places, raw, smoothed = places[has_label], raw[has_label], smoothed[has_label]
        assert len(places) > 0.95 * (slide.labels >= 0).sum()
        labels = slide.labels[tuple(places.T)]
        own = roc_auc_score(labels, patch_logits(slide, places))
        assert roc_auc_score(labels, raw) == pytest.approx(own, abs=0.005), slide.case_id
        assert roc_auc_score(labels, smoothed) >= roc_auc_score(labels, raw), slide.case_id


def read_slides(root: Path) -> list[Slide]:
    with open_source(root) as source:
        records = [record for record in source.records if record.case_id in CASES]
        return list(read_complete_slides(source, records))


def write_slide(path: Path, slide: Slide) -> None:
    """Write a slide at 0.5 µm per pixel, JPEG 90, with a level at 2 µm."""
    path.parent.mkdir(exist_ok=True)
    with tifffile.TiffWriter(path, bigtiff=True) as writer:
        for factor in (ENLARGEMENT, ENLARGEMENT // 4):
            height, width = (side * factor for side in slide.image.shape[:2])
            per_centimetre = 1e4 / (4.0 / factor)
            writer.write(
                jpeg_tiles(slide.image, factor),
                shape=(height, width, 3),
                dtype=np.uint8,
                tile=(TILE, TILE),
                photometric="rgb",
                compression="jpeg",
                subfiletype=0 if factor == ENLARGEMENT else 1,
                resolution=(per_centimetre, per_centimetre),
                resolutionunit="CENTIMETER",
            )


def jpeg_tiles(image: NDArray[np.uint8], factor: int) -> Iterator[bytes]:
    """Enlarge a band of tiles at a time, with the rows that interpolation needs beside it."""
    rows, beside = TILE // factor, 4
    for top in range(0, image.shape[0], rows):
        first = max(0, top - beside)
        band = image[first : top + rows + beside]
        size = (image.shape[1] * factor, len(band) * factor)
        large = cv2.resize(band, size, interpolation=cv2.INTER_CUBIC)
        start = (top - first) * factor
        for left in range(0, size[0], TILE):
            part = large[start : start + TILE, left : left + TILE]
            missing = TILE - part.shape[0], TILE - part.shape[1]
            full = np.pad(part, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="edge")
            yield bytes(imagecodecs.jpeg8_encode(full, level=90, outcolorspace="rgb"))


def read_tiles(
    path: Path,
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return row and column, raw and smoothed probability of each tile."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    side = PATCH * ENLARGEMENT
    places = np.array([[int(row["miny"]) // side, int(row["minx"]) // side] for row in rows])
    raw, smoothed = (
        np.array([float(row[name]) for row in rows]) for name in ("prob_raw", "prob_idc")
    )
    return places, raw, smoothed


def patch_logits(slide: Slide, places: NDArray[np.int64]) -> NDArray[np.float32]:
    bundle = load_bundle(MODEL)
    patches = slide.crops(places.astype(np.float64))
    return predict_patches(OpenVinoEngine(bundle), bundle.config, patches).logits
