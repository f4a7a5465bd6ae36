"""What the page says about the scale of images: the file's, the choices, and the field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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


def scale_choices(headers: Headers, language: Language, *, with_file: bool) -> Choices:
    """Return the choices of a scale, each with the field that results where there is one image.

    Args:
        headers: Of the images.
        language: The visitor's.
        with_file: Offer the scale that the file states.
    """
    [header] = headers if len(headers) == 1 else [None]
    choices: Choices = []
    if header and header.microns_per_pixel and with_file:
        key = "scale.of_example" if header.of_example else "scale.of_file"
        label = text(key, language, microns=number(header.microns_per_pixel, language))
        choices.append((_with_field(label, header, header.microns_per_pixel, language), OF_FILE))
    for magnification in MAGNIFICATIONS:
        microns = nominal_microns_per_pixel(magnification)
        label = f"{number(magnification, language)}x ({number(microns, language)} µm/px)"
        choices.append((_with_field(label, header, microns, language), f"{magnification:g}"))
    data_set = text("scale.data_set", language, microns=number(DATA_SET_MICRONS, language))
    choices.append((text("scale.typed", language), TYPED))
    choices.append((_with_field(data_set, header, DATA_SET_MICRONS, language), OF_DATA_SET))
    return choices


def image_summary(header: Header, language: Language) -> str:
    """Say how large an image is, and what is known of its scale; ask for it where it is needed."""
    size = f"{number(header.width, language)} x {number(header.height, language)} px"
    message, values = _state(header, language)
    return render(
        "scale_summary",
        language,
        is_asked=header.needs_scale,
        lines=[f"{size}. {text(f'scale.{message}', language, **values)}"],
    )


def batch_summary(headers: Sequence[Header | None], language: Language) -> str:
    """Say how many images state their scale, and ask for that of the others."""
    found = [header for header in headers if header]
    own = sum(header.microns_per_pixel is not None for header in found)
    asked = sum(header.needs_scale for header in found)
    counts = {
        "own": own,
        "patches": len(found) - own - asked,
        "unreadable": len(headers) - len(found),
        "asked": asked,
    }
    microns = number(DATA_SET_MICRONS, language)
    lines = [
        text(f"scale.{key}", language, count=count, microns=microns)
        for key, count in counts.items()
        if count
    ]
    return render("scale_summary", language, is_asked=asked > 0, lines=lines)


def field_summary(headers: Headers, stated: StatedScale, language: Language) -> str:
    """Say how much tissue the images show at the stated scale, and question what is unlikely."""
    if stated.text is not None and stated.microns is None:
        label, rule = text("options.microns", language), text("option.microns_per_pixel", language)
        return render("scale_field", language, lines=[f"{label}: {rule}."], is_wrong=True)
    fields = sorted(stated.fields(headers), key=lambda field: field[0] * field[1])
    if not fields:
        return ""
    sizes = [field_size(*field, language) for field in (fields[0], fields[-1])]
    questions = _questions(fields, language)
    lines = [_field_line(sizes, stated, language), *questions]
    return render("scale_field", language, lines=lines, is_wrong=bool(questions))


def _questions(fields: Sequence[tuple[float, float]], language: Language) -> list[str]:
    """Return what is unlikely about fields, in µm."""
    counts = {
        "over": (sum(map(is_too_large, fields)), LARGEST_FIELD_MICRONS),
        "under": (sum(map(is_too_small, fields)), SMALLEST_FIELD_MICRONS),
    }
    return [
        text(f"scale.{key}", language, count=count, limit=number(limit / 1000, language))
        for key, (count, limit) in counts.items()
        if count
    ]


def _with_field(label: str, header: Header | None, microns: float, language: Language) -> str:
    return f"{label}: {field_size(*header.field(microns), language)}" if header else label


def _state(header: Header, language: Language) -> tuple[str, dict[str, Any]]:
    if header.microns_per_pixel is not None:
        microns = number(header.microns_per_pixel, language)
        return ("example_scale" if header.of_example else "file_scale"), {"microns": microns}
    if header.conflict:
        scales = "; ".join(number(scale, language) for scale in header.conflict)
        return "conflict", {"scales": scales}
    if header.needs_scale:
        return "no_scale", {}
    return "patch", {"microns": number(DATA_SET_MICRONS, language)}


def _field_line(sizes: list[str], stated: StatedScale, language: Language) -> str:
    smallest, largest = sizes
    if smallest == largest:
        line = text("scale.field", language, size=largest)
    else:
        line = text("scale.fields", language, smallest=smallest, largest=largest)
    is_nominal = stated.choice not in (None, OF_FILE, OF_DATA_SET, TYPED)
    return f"{line} {text('scale.nominal', language)}" if is_nominal else line
