"""The scale of images before they are analysed, from their files and from the visitor.

Only headers are read. `prediction.trust` decides whether there is a verdict. This module only asks
for a missing scale in advance, so that nobody waits for a result without a verdict.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field, TypeAdapter, ValidationError

from hf_space.errors import RequestError
from hf_space.imaging.resolution import nominal_microns_per_pixel
from hf_space.prediction.image import open_image
from hf_space.prediction.trust import LARGEST_PATCH_PIXELS, SMALLEST_FIELD_MICRONS
from hf_space.schemas.base import Schema
from hf_space.schemas.prediction import Pixels

if TYPE_CHECKING:
    from hf_space.imaging.readers.base import ImageReader
    from hf_space.imaging.zip_archive import NamedImage
    from hf_space.settings import Settings

MAGNIFICATIONS: Final = (2.5, 5.0, 10.0, 20.0, 40.0)
# Scale of the published patches, and of the examples, which are drawn like them.
DATA_SET_MICRONS: Final = 4.0
# Further choices beside the magnifications.
OF_FILE, OF_DATA_SET, TYPED = "file", "data_set", "typed"
# A slide is some 75 mm long, and a coverslip at most 60.
LARGEST_FIELD_MICRONS: Final = 60_000.0
_CHOICES: Final = frozenset(f"{magnification:g}" for magnification in MAGNIFICATIONS)
# As in the options.
_MOST_MICRONS: Final = 1000.0

Problem = Literal["needed", "unconfirmed"]


class Header(Schema):
    """The facts in an image file's header.

    Attributes:
        width: Pixels across.
        height: Pixels down.
        microns_per_pixel: The scale; None if the file states none, or contradicts itself.
        conflict: The scales of a file that contradicts itself.
        of_example: Whether this is one of the page's examples, whose scale is known.
    """

    width: Pixels
    height: Pixels
    microns_per_pixel: float | None = Field(default=None, gt=0.0)
    conflict: tuple[float, ...] = ()
    of_example: bool = False

    @property
    def needs_scale(self) -> bool:
        """Whether no verdict is possible until the scale is stated."""
        is_larger = max(self.width, self.height) > LARGEST_PATCH_PIXELS
        return is_larger and self.microns_per_pixel is None

    def field(self, microns: float) -> tuple[float, float]:
        """Return width and height of the field, in µm, at a scale."""
        return self.width * microns, self.height * microns


Headers = Sequence[Header]
_HEADERS: Final = TypeAdapter(list[Header])


@dataclass(frozen=True, slots=True)
class StatedScale:
    """The scale of a visitor's images, as stated by the visitor.

    Attributes:
        choice: A magnification, `OF_FILE`, `OF_DATA_SET` or `TYPED`; None before the choice.
        typed: µm per pixel as typed, with a point or a comma; used for `TYPED` only.
        is_sure: Whether an unlikely field was confirmed.
        for_batch: Whether it is for many images; those with a scale of their own keep it.
    """

    choice: object
    typed: object
    is_sure: object = False
    for_batch: bool = False

    @property
    def text(self) -> str | None:
        """The scale as an option, not yet validated; None to use the files' own."""
        if self.choice == TYPED:
            return str(self.typed or "").strip().replace(",", ".")
        if self.choice == OF_DATA_SET:
            return f"{DATA_SET_MICRONS:g}"
        if str(self.choice) in _CHOICES:
            return f"{nominal_microns_per_pixel(float(str(self.choice))):g}"
        return None

    @property
    def microns(self) -> float | None:
        """The scale in µm per pixel; None if it is not stated or not valid."""
        try:
            microns = float(self.text or "")
        except ValueError:
            return None
        return microns if 0.0 < microns <= _MOST_MICRONS else None

    def of(self, header: Header) -> float | None:
        """Return the scale at which to read an image; None if none is known."""
        own = header.microns_per_pixel
        if self.for_batch and own is not None:
            return own
        return self.microns if self.text is not None else own

    def option(self, header: Header | None) -> str | None:
        """Return the scale to send with an image, not validated; None for the file's own.

        Args:
            header: None for a file that cannot be read.
        """
        if header is None:
            return None
        own = f"{DATA_SET_MICRONS:g}" if header.of_example else None
        keeps_own = self.for_batch and header.microns_per_pixel is not None
        return own if keeps_own or self.text is None else self.text

    def problem(self, headers: Headers) -> Problem | None:
        """Return why images cannot be sent yet: a scale is missing, or a field is unlikely."""
        if any(header.needs_scale and self.of(header) is None for header in headers):
            return "needed"
        is_unlikely = any(is_too_large(f) or is_too_small(f) for f in self.fields(headers))
        return "unconfirmed" if is_unlikely and self.is_sure is not True else None

    def fields(self, headers: Headers) -> list[tuple[float, float]]:
        """Return width and height, in µm, of the images whose scale is known."""
        scales = ((header, self.of(header)) for header in headers)
        return [header.field(microns) for header, microns in scales if microns is not None]


def is_too_large(field: tuple[float, float]) -> bool:
    """Return whether a field is larger than any slide; width and height are in µm."""
    return max(field) > LARGEST_FIELD_MICRONS


def is_too_small(field: tuple[float, float]) -> bool:
    """Return whether a field is too small for the model; width and height are in µm."""
    return min(field) < SMALLEST_FIELD_MICRONS


def read_header(data: bytes, settings: Settings, examples: frozenset[str]) -> Header:
    """Return the facts in an image file's header.

    Args:
        data: The file's content.
        settings: Limits of size.
        examples: SHA-256 of the page's examples.

    Raises:
        RequestError: The service cannot read the file.
    """
    limits = {"max_bytes": settings.max_upload_bytes, "max_pixels": settings.max_pixels}
    with open_image(data, **limits) as reader:
        size = {"width": reader.width, "height": reader.height}
        if hashlib.sha256(data).hexdigest() in examples:
            return Header(**size, microns_per_pixel=DATA_SET_MICRONS, of_example=True)
        scale = _scale(reader)
        return Header(**size, microns_per_pixel=scale, conflict=() if scale else _stated(reader))


def read_headers(
    images: Iterable[NamedImage], settings: Settings, examples: frozenset[str]
) -> list[Header | None]:
    """Return the header facts of many files, None for each that cannot be read."""
    headers: list[Header | None] = []
    for image in images:
        try:
            headers.append(read_header(image.read(), settings, examples))
        except RequestError:
            headers.append(None)
    return headers


def packed_headers(headers: Headers) -> str:
    """Return headers as a text that the page keeps until the visitor has chosen."""
    return _HEADERS.dump_json(list(headers)).decode()


def unpacked_headers(text: object) -> list[Header]:
    """Return the headers that the page kept; empty for any other text."""
    try:
        return _HEADERS.validate_json(str(text or "[]"))
    except ValidationError:
        return []


def _scale(reader: ImageReader) -> float | None:
    if reader.microns_per_pixel is None:
        return None
    across, down = reader.microns_per_pixel
    return (across * down) ** 0.5 if across != down else across


def _stated(reader: ImageReader) -> tuple[float, ...]:
    return tuple(sorted({scale for scales in reader.stated_scales for scale in scales}))
