"""One slide scored by a tiny network, for tests of what is done with it."""

from __future__ import annotations

import csv
import errno
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from hf_space.bundle.calibration import OperatingPoint
from hf_space.schemas.slide import SlideResult
from hf_space.slides.job import process_slide
from hf_space.slides.options import SlideModel, SlideOptions
from hf_space.slides.outcome import Outcome
from hf_space.slides.scan import FoundSlide
from tests.array_slide import Notes
from tests.drawn_slide import DrawnSlide

POINT = OperatingPoint(threshold=0.85, uncertain_low=0.84, uncertain_high=0.86)
OPTIONS = SlideOptions(POINT, "balanced", frozenset({"json", "csv"}))
NAMES = {"result.json", "tiles.csv", "tissue.png", "scores.npz", "run.json"}
DRAWN = DrawnSlide(width=900, height=1000, microns_per_pixel=(4.0, 4.0))


def run(
    slide: FoundSlide,
    out: Path,
    model: SlideModel,
    options: SlideOptions = OPTIONS,
    notes: Notes | None = None,
) -> Outcome:
    return process_slide(slide, out, model, options, notes or Notes())


def result_of(out: Path) -> SlideResult:
    return SlideResult.model_validate_json((out / "a.ome.tif" / "result.json").read_bytes())


def contents(folder: Path) -> dict[str, Any]:
    """The files of a slide, but for times and the id of the result."""
    found: dict[str, Any] = {path.name: path.read_bytes() for path in folder.iterdir()}
    for name in ("result.json", "run.json"):
        facts = json.loads(found[name])
        found[name] = {key: facts[key] for key in facts.keys() - {"id", "created_at", "seconds"}}
    with np.load(folder / "scores.npz") as arrays:
        found["scores.npz"] = {name: arrays[name].tobytes() for name in ("logits", "quality")}
    return found


def table_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "tiles.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def tissue_mm2(folder: Path, rows: list[dict[str, str]]) -> float:
    """Area of what the mask shows within some tiles of a slide at 4 µm per pixel."""
    mask = np.asarray(cv2.imread(str(folder / "tissue.png"), cv2.IMREAD_GRAYSCALE)) > 0
    pixels = mask.repeat(4, axis=0).repeat(4, axis=1)
    total = 0
    for row in rows:
        left, top, width, height = (int(row[n]) for n in ("minx", "miny", "width", "height"))
        total += int(pixels[top : top + height, left : left + width].sum())
    return total * 16e-6


def stop_at(share: float) -> Notes:
    def stop(advanced: int) -> None:
        if advanced >= share * notes.totals[-1][0]:
            raise KeyboardInterrupt

    notes = Notes(stop)
    return notes


def close_folders(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let no folder of a name be listed, as without permission; root may list all."""
    listed = Path.iterdir

    def iterdir(path: Path) -> Iterator[Path]:
        if path.name == name:
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return listed(path)

    monkeypatch.setattr(Path, "iterdir", iterdir)
