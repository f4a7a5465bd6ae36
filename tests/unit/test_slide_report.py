"""The report of a slide: one page, with its figures as text."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pypdf
import pypdfium2
import pytest

from hf_space.exports.slides.content import SlideContent
from hf_space.exports.slides.report import NOTICE, write_report
from tests.slide_results import drawn_slide, slide_content, slide_grid


def report(content: SlideContent, folder: Path) -> tuple[str, pypdf.PdfReader]:
    """Return the text of a report, with single spaces, and the file; it has one page."""
    write_report(content, folder / "part")
    reader = pypdf.PdfReader(folder / "part")
    assert len(reader.pages) == 1
    return " ".join(reader.pages[0].extract_text().split()), reader


def chequered(rows: int = 40, columns: int = 50, **changes: Any) -> SlideContent:
    """As many foci of one tile as there can be."""
    probabilities = np.full((rows, columns), 0.1)
    probabilities[::2, ::2] = 0.9
    return slide_content(slide_grid(columns * 400, rows * 400), probabilities, **changes)


def test_a_report_has_the_figures_of_the_result(tmp_path: Path) -> None:
    content = drawn_slide()
    result = content.result
    text, _ = report(content, tmp_path)
    largest = result.region.foci[0]
    assert largest.area_mm2 is not None
    assert largest.largest_dimension_mm is not None
    for part in (
        NOTICE,
        "24 November 2026, 18:36 UTC",
        f"Tissue {result.tissue_area_mm2:.2f} mm²",
        f"Suspicious tissue {result.region.malignant_area_mm2:.2f} mm²",
        f"Suspicious share of tissue {100 * result.region.malignant_fraction:.1f} %",
        f"Foci {len(result.region.foci)} ",
        f"Largest dimension of a focus {largest.largest_dimension_mm:.1f} mm",
        "Tiles out of focus 4 of 200 checked",
        "Tiles unlike the training data 6 of 200 checked",
        f"1 {largest.area_mm2:.2f} mm² {largest.largest_dimension_mm:.1f} mm 0.98",
        "not trained on carcinoma in situ",
        "is 0.42 or more",
        "Model tiny, revision r1. Threshold 0.4200 (balanced).",
        "Scale 0.5 µm per pixel, from the file; scanned area 15.00 x 12.00 mm.",
        f"Result {result.id}. SHA-256 of the slide {result.image.sha256}.",
    ):
        assert part in text


def test_many_foci_and_warnings_stay_on_one_page(tmp_path: Path) -> None:
    message = "The slide is less sharp than the tissue the model knows; check its focus & scale. "
    warning = {"code": "blurred", "message": message * 3, "severity": "caution"}
    content = chequered(warnings=[warning] * 8)
    assert len(content.result.region.foci) == 500
    text, _ = report(content, tmp_path)
    assert "Foci 500 " in text
    assert "10 0.04 mm² 0.3 mm 0.90" in text
    assert "11 0.04 mm²" not in text
    assert "and 490 more" in text
    assert text.count("check its focus & scale.") == 24
    assert text.endswith(f"SHA-256 of the slide {content.result.image.sha256}.")


def test_warnings_stand_before_the_picture_and_the_figures(tmp_path: Path) -> None:
    codes = {"slide_uncalibrated": "withholds", "blurred": "caution", "off_scale": "caution"}
    warnings = [
        {"code": code, "message": f"Sentence about {code}.", "severity": severity}
        for code, severity in codes.items()
    ]
    text, _ = report(chequered(warnings=warnings), tmp_path)
    places = [
        text.index(part)
        for part in (
            "Slide:",
            "Research use only.",
            "Warnings",
            "Sentence about blurred.",
            "Sentence about off_scale.",
            "Figures",
            "How to read these figures, and their limits",
            "Sentence about slide_uncalibrated.",
        )
    ]
    assert places == sorted(places)
    # A warning that every slide has is not one about this slide.
    text, _ = report(chequered(warnings=warnings[:1]), tmp_path)
    assert "Warnings" not in text
    assert "Sentence about slide_uncalibrated." in text


def test_nothing_is_drawn_beyond_the_margins(tmp_path: Path) -> None:
    write_report(chequered(), tmp_path / "part")
    with pypdfium2.PdfDocument(tmp_path / "part") as document:
        picture = np.asarray(document[0].render(scale=1).to_pil(), dtype=np.uint8)
    darkest = picture.min(axis=-1)
    rows, columns = (np.flatnonzero(darkest.min(axis=axis) < 250) for axis in (1, 0))
    # 16 mm are 45 px; the page has 842 x 595.
    assert (rows[0], columns[0]) >= (43, 43)
    assert (rows[-1], columns[-1]) <= (800, 552)


def test_no_focus_and_no_tissue_are_said_in_words(tmp_path: Path) -> None:
    text, _ = report(chequered(1, 1, region={"foci": []}), tmp_path)
    assert "No focus was found: no square reaches the threshold." in text
    assert "Largest dimension of a focus none" in text
    bare = slide_content(slide_grid(800, 800), np.full((2, 2), np.nan))
    text, _ = report(bare, tmp_path)
    assert "Tissue 0.00 mm²" in text
    assert "Suspicious share of tissue 0.0 %" in text


def test_squares_are_the_cells_of_the_grid(tmp_path: Path) -> None:
    for pixels, microns in ((50, 200), (25, 100)):
        text, _ = report(chequered(2, 2, region={"tile_size_pixels": pixels}), tmp_path)
        assert f"A square of {microns} µm is suspicious" in text
        assert "tile" not in text


def test_nothing_is_rounded_to_none_or_to_certain(tmp_path: Path) -> None:
    grid, region = slide_grid(400, 400), {"malignant_fraction": 0.0001}
    content = slide_content(grid, np.array([[0.9999]]), region=region)
    text, _ = report(content, tmp_path)
    assert "Suspicious share of tissue < 0.1 %" in text
    assert "Highest probability in a focus > 0.99" in text


def test_scales_of_the_users_own_and_unequal_ones_are_named(tmp_path: Path) -> None:
    grid = slide_grid(800, 800, microns_per_pixel=(0.5, 0.25))
    facts = slide_content(grid, np.full((grid.rows, grid.columns), 0.2)).result.image
    stated = facts.model_copy(update={"scale_source": "request"})
    content = slide_content(
        grid,
        np.full((grid.rows, grid.columns), 0.2),
        image=stated.model_dump(),
        operating_point=None,
    )
    text, _ = report(content, tmp_path)
    assert "Scale 0.5 x 0.25 µm per pixel, as stated by the user" in text
    assert "(own threshold)" in text


def test_accents_are_shown_by_embedded_fonts(tmp_path: Path) -> None:
    message = "¿Imágenes de señal débil? Ñandú, façade, Größe, 5 µm² <b> & más"
    warning = {"code": "blurred", "message": message, "severity": "caution"}
    text, reader = report(chequered(2, 2, warnings=[warning]), tmp_path)
    assert message in text
    resources: Any = reader.pages[0]["/Resources"]
    fonts = [font.get_object() for font in resources["/Font"].values()]
    used = [font for font in fonts if "Vera" in font["/BaseFont"]]
    assert len(used) >= 2
    assert all("/FontFile2" in font["/FontDescriptor"].get_object() for font in used)


def test_the_file_names_neither_slide_nor_person(tmp_path: Path) -> None:
    _, reader = report(drawn_slide(rows=12, columns=15), tmp_path)
    metadata = reader.metadata
    assert metadata is not None
    assert (metadata.title, metadata.creator) == ("Biopsia: result for a whole slide", "Biopsia")
    assert not metadata.author
    assert not metadata.subject
    assert not metadata.keywords
    date = datetime(2026, 11, 24, 18, 36, tzinfo=UTC)
    assert metadata.creation_date == metadata.modification_date == date
    assert str(tmp_path).encode() not in (tmp_path / "part").read_bytes()


@pytest.mark.parametrize(("rows", "columns"), [(4, 100), (100, 4)])
def test_long_slides_fit_the_page(rows: int, columns: int, tmp_path: Path) -> None:
    picture = np.full((rows * 8, columns * 8, 3), 200, np.uint8)
    text, _ = report(chequered(rows, columns, picture=picture), tmp_path)
    assert "How to read these figures, and their limits" in text
