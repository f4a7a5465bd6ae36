"""Texts about the scale of images: the file's scale, the choices, and the field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hf_space.imaging.resolution import nominal_microns_per_pixel
from hf_space.messages.catalogue import text
from hf_space.messages.formats import field_size, number
from hf_space.prediction.trust import SMALLEST_FIELD_MICRONS
from hf_space.ui.image_scale import (
    DATA_SET_MICRONS,
    LARGEST_FIELD_MICRONS,
    MAGNIFICATIONS,
    OF_DATA_SET,
    OF_FILE,
    TYPED,
    is_too_large,
    is_too_small,
)
from hf_space.ui.rendering import render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hf_space.messages.language import Language
    from hf_space.ui.image_scale import Header, Headers, StatedScale

Choices = list[tuple[str, str]]
_MOST_NAMES: Final = 3


def scale_choices(headers: Headers, language: Language, *, with_file: bool) -> Choices:
    """Return the choices of a scale, each with the field, or the range of fields, that results.

    Args:
        headers: Of the images.
        language: The visitor's.
        with_file: Offer the scale that the file states.
    """
    [header] = headers if len(headers) == 1 else [None]
    asked = [each for each in headers if with_file or each.microns_per_pixel is None]
    choices: Choices = []
    if header and header.microns_per_pixel and with_file:
        key = "scale.of_example" if header.of_example else "scale.of_file"
        label = text(key, language, microns=number(header.microns_per_pixel, language))
        choices.append((_with_field(label, [header], header.microns_per_pixel, language), OF_FILE))
    for magnification in MAGNIFICATIONS:
        microns = nominal_microns_per_pixel(magnification)
        label = f"{number(magnification, language)}x ({number(microns, language)} µm/px)"
        choices.append((_with_field(label, asked, microns, language), f"{magnification:g}"))
    data_set = text("scale.data_set", language, microns=number(DATA_SET_MICRONS, language))
    choices.append((text("scale.typed", language), TYPED))
    choices.append((_with_field(data_set, asked, DATA_SET_MICRONS, language), OF_DATA_SET))
    return choices


def image_summary(header: Header, language: Language) -> str:
    """Return an image's size and known scale, and the question for the scale if it is needed."""
    size = f"{number(header.width, language)} × {number(header.height, language)} px"
    known, asking = _state(header, language)
    return render(
        "scale_summary",
        language,
        is_asked=header.needs_scale,
        lines=[(f"{size}. {known}", asking)],
    )


def batch_summary(
    headers: Sequence[Header | None], names: Sequence[str | None], language: Language
) -> str:
    """Return how many images state a scale, the question for the others, and unreadable names.

    Args:
        headers: Of the files, in order; None for those that cannot be read.
        names: Of the files.
        language: The visitor's.
    """
    found = [header for header in headers if header]
    own = sum(header.microns_per_pixel is not None for header in found)
    asked = sum(header.needs_scale for header in found)
    unreadable = [
        name or number(place, language)
        for place, (header, name) in enumerate(zip(headers, names, strict=True), start=1)
        if header is None
    ]
    microns = number(DATA_SET_MICRONS, language)
    counts = {
        "own": (own, ""),
        "patches": (
            len(found) - own - asked,
            text("scale.read_as_patches", language, microns=microns),
        ),
        "unreadable": (len(unreadable), ""),
        "asked": (asked, text("scale.state_batch", language)),
    }
    named = _some(unreadable, language)
    lines = [
        (text(f"scale.{key}", language, count=count, names=named), asking)
        for key, (count, asking) in counts.items()
        if count
    ]
    return render("scale_summary", language, is_asked=asked > 0, lines=lines)


def _some(names: Sequence[str], language: Language) -> str:
    """Join names; of many, only the first few."""
    joined = ", ".join(names[:_MOST_NAMES])
    more = len(names) - _MOST_NAMES
    return text("scale.more", language, count=more, names=joined) if more > 0 else joined


def field_summary(headers: Headers, stated: StatedScale, language: Language) -> str:
    """Return the size of the field at the stated scale, and a question if it is unlikely."""
    if stated.text is not None and stated.microns is None:
        label, rule = text("options.microns", language), text("option.microns_per_pixel", language)
        return render("scale_field", language, lines=[f"{label}: {rule}."], is_wrong=True)
    fields = stated.fields(headers)
    if not fields:
        return ""
    questions = _questions(fields, language)
    lines = [_field_line(_sizes(fields, language), stated, language), *questions]
    return render("scale_field", language, lines=lines, is_wrong=bool(questions))


def _questions(fields: Sequence[tuple[float, float]], language: Language) -> list[str]:
    """Return why fields, in µm, are unlikely."""
    counts = {
        "over": (sum(map(is_too_large, fields)), LARGEST_FIELD_MICRONS),
        "under": (sum(map(is_too_small, fields)), SMALLEST_FIELD_MICRONS),
    }
    return [
        text(f"scale.{key}", language, count=count, limit=number(limit / 1000, language))
        for key, (count, limit) in counts.items()
        if count
    ]


def _with_field(label: str, headers: Headers, microns: float, language: Language) -> str:
    if not headers:
        return label
    smallest, largest = _sizes([header.field(microns) for header in headers], language)
    if smallest == largest:
        return f"{label}: {largest}"
    fields = text("scale.field_range", language, smallest=smallest, largest=largest)
    return f"{label}: {fields}"


def _sizes(fields: Sequence[tuple[float, float]], language: Language) -> list[str]:
    """Return the smallest and the largest of fields, in µm, by area."""
    ranked = sorted(fields, key=lambda field: field[0] * field[1])
    return [field_size(*field, language) for field in (ranked[0], ranked[-1])]


def _state(header: Header, language: Language) -> tuple[str, str]:
    """Return the known scale of an image, and the question until there is a choice."""
    if header.microns_per_pixel is not None:
        key = "example_scale" if header.of_example else "file_scale"
        microns = number(header.microns_per_pixel, language)
        return text(f"scale.{key}", language, microns=microns), ""
    if header.conflict:
        scales = "; ".join(number(scale, language) for scale in header.conflict)
        known, key = text("scale.conflict", language, scales=scales), "state_right"
    else:
        known, key = text("scale.no_scale", language), "state_image"
    if header.needs_scale:
        return known, text(f"scale.{key}", language)
    microns = number(DATA_SET_MICRONS, language)
    return known, text("scale.read_as_patch", language, microns=microns)


def _field_line(sizes: list[str], stated: StatedScale, language: Language) -> str:
    smallest, largest = sizes
    if smallest == largest:
        line = text("scale.field", language, size=largest)
    else:
        line = text("scale.fields", language, smallest=smallest, largest=largest)
    is_nominal = stated.choice not in (None, OF_FILE, OF_DATA_SET, TYPED)
    return f"{line} {text('scale.nominal', language)}" if is_nominal else line
