"""The text of a slide's report: figures, foci, and their limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hf_space.exports.slides.content import SlideContent

# Beyond these, rounding would give 0 or 1.
_LEAST_SHARE: Final = 0.0005
_MOST_PROBABILITY: Final = 0.995
# Every slide has this warning.
_OF_ALL: Final = "slide_uncalibrated"


def figures(content: SlideContent) -> list[tuple[str, str]]:
    """Return the figures of a slide by their names, the most important first."""
    result = content.result
    foci, quality = result.region.foci, result.quality
    checked = f"of {quality.tiles_checked} checked"
    longest = max((focus.largest_dimension_mm or 0.0 for focus in foci), default=None)
    peak = max((focus.peak_probability for focus in foci), default=None)
    return [
        ("Tissue", f"{result.tissue_area_mm2:.2f} mm²"),
        ("Suspicious tissue", f"{result.region.malignant_area_mm2:.2f} mm²"),
        ("Suspicious share of tissue", _percent(result.region.malignant_fraction)),
        ("Foci", str(len(foci))),
        ("Largest dimension of a focus", "none" if longest is None else f"{longest:.1f} mm"),
        ("Highest probability in a focus", "none" if peak is None else _probability(peak)),
        ("Tiles out of focus", f"{quality.tiles_out_of_focus} {checked}"),
        ("Tiles unlike the training data", f"{quality.tiles_unlike_training} {checked}"),
    ]


def foci_rows(content: SlideContent) -> list[tuple[str, str, str, str]]:
    """Return number, area, largest dimension and peak probability of each focus."""
    return [
        (
            str(number),
            _measured(focus.area_mm2, "mm²", 2),
            _measured(focus.largest_dimension_mm, "mm", 1),
            _probability(focus.peak_probability),
        )
        for number, focus in enumerate(content.result.region.foci, 1)
    ]


def limits(content: SlideContent) -> list[str]:
    """Return sentences on how to read the figures and on their limits."""
    result, region = content.result, content.result.region
    side = region.tile_size_pixels * region.microns_per_pixel
    return [
        f"A square of {side:.0f} µm is suspicious where the probability of "
        "invasive ductal carcinoma, computed for it and its neighbours, is "
        f"{result.threshold:.2f} or more. It was calibrated on patches of one data set; elsewhere "
        "it may be too high or too low.",
        "A slide without a focus may still hold cancer.",
        "The model was not trained on carcinoma in situ, lobular carcinoma or other lesions: it "
        "may mark them or miss them. It cannot tell breast from other tissue.",
        "A focus is made of whole squares that share a side: its area includes any glass in them, "
        "its length may be two squares too long, and several foci may be one tumour. It is not a "
        "measurement for staging.",
        *(each.message for each in result.warnings if each.code == _OF_ALL),
    ]


def own_warnings(content: SlideContent) -> list[str]:
    """Return the reasons to trust this slide's figures less than others', as sentences."""
    return [each.message for each in content.result.warnings if each.code != _OF_ALL]


def facts(content: SlideContent) -> str:
    """Return a paragraph with the model, the slide and the scale."""
    result = content.result
    across, down = result.image.scale
    _, _, width, height = result.image.bounds
    source = {"metadata": "from the file", "request": "as stated by the user"}
    point = result.operating_point or "own threshold"
    return (
        f"Model {result.model.name}, revision {result.model.revision}. "
        f"Threshold {result.threshold:.4f} ({point}). "
        f"Scale {scale_text(result.image.scale)} µm per pixel, "
        f"{source[result.image.scale_source]}; scanned area "
        f"{width * across / 1000:.2f} x {height * down / 1000:.2f} mm. "
        f"Result {result.id}. SHA-256 of the slide {result.image.sha256}."
    )


def scale_text(microns_per_pixel: tuple[float, float]) -> str:
    """Return a scale in x and in y, as one number if they are equal."""
    across, down = microns_per_pixel
    return f"{across:g}" if across == down else f"{across:g} x {down:g}"


def _percent(share: float) -> str:
    return "< 0.1 %" if 0.0 < share < _LEAST_SHARE else f"{100 * share:.1f} %"


def _probability(value: float) -> str:
    """Format a probability, never as 1."""
    return "> 0.99" if value > _MOST_PROBABILITY else f"{value:.2f}"


def _measured(value: float | None, unit: str, decimals: int) -> str:
    return "unknown" if value is None else f"{value:.{decimals}f} {unit}"
