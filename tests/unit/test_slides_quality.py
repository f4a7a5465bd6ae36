"""Warnings for a slide that is out of focus or unlike the training data."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from hf_space.schemas.slide import SlideResult
from hf_space.slides.options import SlideModel
from hf_space.slides.outcome import SUMMARY_FILE
from hf_space.slides.quality import quality_cautions, slide_quality
from hf_space.slides.run import process_slides
from hf_space.slides.scan import FoundSlide, find_slides
from hf_space.slides.scores import SlideScores
from tests.array_slide import Notes
from tests.slide_job import DRAWN, OPTIONS, run


@pytest.fixture
def scores(slide: FoundSlide, out: Path, model: SlideModel) -> SlideScores:
    run(slide, out, model)
    found = SlideScores.load(out / slide.name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("counts", "codes"),
    [
        ((12, 0, 0), []),
        ((12, 2, 2), []),
        ((12, 3, 2), ["blurred"]),
        ((12, 2, 3), ["unlike_training"]),
        ((1, 1, 1), ["blurred", "unlike_training"]),
    ],
)
def test_a_quarter_of_the_tiles_checked_is_a_caution(
    scores: SlideScores, counts: tuple[int, int, int], codes: list[str]
) -> None:
    quality = slide_quality(replace(scores, quality=np.array(counts)))
    found = quality_cautions(quality)
    assert [each.code for each in found] == codes
    assert {each.severity for each in found} <= {"caution"}
    checked, blurred, unlike = counts
    assert quality.tiles_checked == checked
    assert (quality.tiles_out_of_focus, quality.tiles_unlike_training) == (blurred, unlike)
    assert quality.out_of_focus_fraction == pytest.approx(blurred / checked, abs=1e-6)
    assert quality.unlike_training_fraction == pytest.approx(unlike / checked, abs=1e-6)
    for each, count in zip(found, [n for n in counts[1:] if n >= checked / 4], strict=True):
        assert each.message.startswith(f"{count} of {checked} tile")


def blurred(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 25), dtype=np.uint8)


def grey(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[:, :, None], 3, axis=2)


def row_of(out: Path) -> dict[str, str]:
    with (out / SUMMARY_FILE).open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    return row


@pytest.mark.parametrize(
    ("spoil", "code", "said"),
    [(blurred, "blurred", "out of focus"), (grey, "unlike_training", "unlike the tissue")],
)
def test_a_spoilt_slide_is_cautioned_in_result_and_table(
    tmp_path: Path,
    out: Path,
    model: SlideModel,
    spoil: Callable[[NDArray[np.uint8]], NDArray[np.uint8]],
    code: str,
    said: str,
) -> None:
    picture = DRAWN.part(0, 0, DRAWN.width, DRAWN.height)
    Image.fromarray(spoil(picture)).save(tmp_path / "a.png")
    slides = find_slides([tmp_path / "a.png"]).slides
    options = replace(OPTIONS, microns_per_pixel=4.0)
    (outcome,) = process_slides(slides, out, model, options, Notes())
    assert outcome.record is not None, outcome.message
    result = SlideResult.model_validate_json((out / "a.png" / "result.json").read_bytes())
    quality = result.quality
    counts = {
        "blurred": quality.tiles_out_of_focus,
        "unlike_training": quality.tiles_unlike_training,
    }
    assert counts[code] > 0.9 * quality.tiles_checked > 10
    (warning,) = [each for each in result.warnings if each.code == code]
    assert warning.severity == "caution"
    told = f"{counts[code]} of {quality.tiles_checked} tiles checked"
    assert warning.message.startswith(told)
    assert said in warning.message
    assert result.reasons == ["slide_uncalibrated"]
    assert outcome.record.warnings[code] == warning.message
    row = row_of(out)
    assert code in row["warnings"].split()
    assert int(row["tiles_checked"]) == quality.tiles_checked
    assert int(row["tiles_out_of_focus"]) == quality.tiles_out_of_focus
    assert int(row["tiles_unlike_training"]) == quality.tiles_unlike_training


def test_a_sound_slide_has_no_warning_and_its_row_says_so(
    slide: FoundSlide, out: Path, model: SlideModel
) -> None:
    list(process_slides([slide], out, model, OPTIONS, Notes()))
    row = row_of(out)
    assert (row["state"], row["warnings"]) == ("done", "")
    assert int(row["tiles_checked"]) > 10
    assert (row["threshold"], row["operating_point"]) == ("0.85", "balanced")
