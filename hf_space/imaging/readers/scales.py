"""The scale that a file states, in its descriptions and its resolution.

Every function returns micrometres per pixel in x and in y, where they are plausible.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from itertools import islice
from math import isfinite
from operator import itemgetter
from typing import TYPE_CHECKING, Final, TypeAlias

from hf_space.imaging.readers import tiff_directory as tags
from hf_space.imaging.readers.metadata import exif_directory

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Scale: TypeAlias = tuple[float, float]

# Resolution mostly says how large to print: 300 dpi are 85 µm/px. Only what a microscope or a slide
# scanner gives counts.
PLAUSIBLE: Final = (0.05, 20.0)
"""Least and most µm per pixel of level 0."""

# Vendors round; scales that differ by less agree.
SAME_SCALE: Final = 1.1
# TIFF 6.0, section 8: units of resolution.
INCH: Final = 2
CENTIMETRE: Final = 3
_MICROMETRES_PER_UNIT: Final = {INCH: 25_400.0, CENTIMETRE: 10_000.0}
# OME's UnitsLength, and how ImageJ spells the same: micrometres in each.
_MICROMETRES: Final = {
    **dict.fromkeys(("micron", "microns", "um", "µm", "μm", "\\u00b5m", "micrometer"), 1.0),
    **dict.fromkeys(("micrometers", "micrometre", "micrometres"), 1.0),
    **dict.fromkeys(("inch", "inches", "in", '"'), 25_400.0),
    **{"Ym": 1e30, "Zm": 1e27, "Em": 1e24, "Pm": 1e21, "Tm": 1e18, "Gm": 1e15, "Mm": 1e12},
    **{"km": 1e9, "hm": 1e8, "dam": 1e7, "m": 1e6, "dm": 1e5, "cm": 1e4, "mm": 1e3, "nm": 1e-3},
    **{"pm": 1e-6, "fm": 1e-9, "am": 1e-12, "zm": 1e-15, "ym": 1e-18, "Å": 1e-4},
    **{"thou": 25.4, "li": 25_400.0 / 12, "pt": 25_400.0 / 72, "ft": 304_800.0, "yd": 914_400.0},
    **{"mi": 1.609344e9, "ua": 1.495978707e17, "ly": 9.4607304725808e21, "pc": 3.0856775814914e22},
}
# Far longer than any program's; what follows is pixels, or made to hurt.
_MOST_CHARACTERS: Final = 4_000_000
_IMAGEJ_UNIT: Final = re.compile(r"^unit=([^\r\n]{1,40})", re.MULTILINE)
_APERIO: Final = re.compile(r"\bMPP\s{0,8}=\s{0,8}([0-9.eE+-]{1,24})")
_OME_ELEMENT: Final = re.compile(
    r"<(?:[A-Za-z]\w{0,30}:)?(Image|Pixels|Channel|TiffData)\b([^<>]{0,8000})>"
)
# More than of any TIFF that is read.
_MOST_PAGES: Final = 256
_MOST_IMAGES: Final = 1024
_ATTRIBUTE: Final = re.compile(
    r"""\b(\w{1,40})\s{0,8}=\s{0,8}(?:"([^"]{0,400})"|'([^']{0,400})')"""
)


@dataclass(frozen=True, slots=True)
class OmeImage:
    """An image that OME-XML describes.

    Attributes:
        name: Its name, in lower case.
        pages: Numbers of its pages in the file, by channel.
        planes: Z planes times time points.
        colours: Channels, or samples of one.
        scale: Its scale, where one is stated and plausible.
    """

    name: str
    pages: tuple[int, ...]
    planes: int
    colours: int
    scale: Scale | None


def agreed(scales: Iterable[Scale]) -> Scale | None:
    """Return the first of several scales, or None where they differ by more than a tenth."""
    found = list(scales)
    for axis in range(2):
        values = [scale[axis] for scale in found]
        if values and max(values) > SAME_SCALE * min(values):
            return None
    return found[0] if found else None


def resolution_scale(horizontal: object, vertical: object, unit: object) -> list[Scale]:
    """Return the scale of a resolution in pixels per inch (2) or per centimetre (3)."""
    micrometres = _MICROMETRES_PER_UNIT.get(unit) if isinstance(unit, int) else None
    return _scale(micrometres, horizontal, vertical)


def micron_scale(across: object, down: object) -> list[Scale]:
    """Return a scale that is stated as such, in micrometres per pixel."""
    return _plausible(_number(across), _number(down))


def still_image_scales(resolution: tuple[object, object], exif: bytes) -> list[Scale]:
    """Return the scales of the resolution that a file states itself, and in its EXIF.

    Args:
        resolution: Pixels per inch, across and down, of a PNG's pHYs, a JPEG's JFIF or a BMP's
            header.
        exif: The EXIF; empty where there is none.
    """
    scales = resolution_scale(*resolution, INCH)
    directory = exif_directory(exif)
    if directory is None:
        return scales
    across, down = (directory.first(tag) for tag in (tags.X_RESOLUTION, tags.Y_RESOLUTION))
    unit = directory.number(tags.RESOLUTION_UNIT, 0)
    # The one is often written from the other.
    return list(dict.fromkeys(scales + resolution_scale(across, down, unit)))


def imagej_scale(description: str, horizontal: object, vertical: object) -> list[Scale]:
    """Return the scale that ImageJ states: the resolution tags count pixels per its own unit."""
    if not description.startswith("ImageJ="):
        return []
    found = _IMAGEJ_UNIT.search(description[:_MOST_CHARACTERS])
    return _scale(_micrometres(found[1]) if found else None, horizontal, vertical)


def aperio_scale(description: str) -> list[Scale]:
    """Return the scale of Aperio's `MPP = `, which counts micrometres per pixel."""
    found = _APERIO.search(description[:_MOST_CHARACTERS])
    value = _number(found[1]) if found else None
    return _plausible(value, value)


def ome_images(description: str) -> list[OmeImage]:
    """Return the images that OME-XML describes, without parsing the XML as such.

    Only the elements `Image`, `Pixels`, `Channel` and `TiffData` are looked for, so that no
    document, however it is nested or what entities it defines, takes time or memory.

    An image has the pages that its `TiffData` name (OME's specification of OME-TIFF): `PlaneCount`
    from `IFD` on. Without an `IFD` they follow those before, from 0 on, one for each plane.
    """
    if "<OME" not in description[:10_000] and ":OME" not in description[:10_000]:
        return []
    return list(islice(_ome_images(description[:_MOST_CHARACTERS]), _MOST_IMAGES))


def _ome_images(text: str) -> Iterator[OmeImage]:
    image: dict[str, str] = {}
    pixels: dict[str, str] | None = None
    channels, following = 0, 0
    blocks: list[dict[str, str]] = []
    for element in _OME_ELEMENT.finditer(text):
        found = {name: html.unescape(a or b) for name, a, b in _ATTRIBUTE.findall(element[2])}
        if element[1] == "Image":
            if pixels is not None:
                pages, following = _pages(blocks, pixels, channels, following)
                yield _ome_image(image, pixels, pages)
            image, pixels, channels, blocks = found, None, 0, []
        elif element[1] == "Pixels":
            pixels = found
        elif element[1] == "Channel":
            channels += 1
        elif len(blocks) < _MOST_PAGES:
            blocks.append(found)
    if pixels is not None:
        yield _ome_image(image, pixels, _pages(blocks, pixels, channels, following)[0])


def _pages(
    blocks: list[dict[str, str]], pixels: dict[str, str], channels: int, following: int
) -> tuple[tuple[int, ...], int]:
    """Return the pages of an image, by its `TiffData`, and which page follows them."""
    runs = list[tuple[int, range]]()
    for block in blocks or [{}]:
        start = _count(block.get("IFD"), following)
        count = 1 if "IFD" in block else _planes(pixels) * max(1, channels)
        following = start + _count(block.get("PlaneCount"), count)
        run = range(min(start, _MOST_PAGES), min(following, _MOST_PAGES))
        runs.append((_count(block.get("FirstC"), 0), run))
    runs.sort(key=itemgetter(0))
    return tuple(dict.fromkeys(page for _, run in runs for page in run)), following


def _planes(pixels: dict[str, str]) -> int:
    return _count(pixels.get("SizeZ"), 1) * _count(pixels.get("SizeT"), 1)


def _ome_image(image: dict[str, str], pixels: dict[str, str], pages: tuple[int, ...]) -> OmeImage:
    sides = []
    # A single size is that of both axes: pixels are square unless the file says otherwise.
    stated = [axis for axis in ("X", "Y") if f"PhysicalSize{axis}" in pixels]
    for axis in stated * 2 if len(stated) == 1 else stated:
        micrometres = _micrometres(pixels.get(f"PhysicalSize{axis}Unit", "µm"))
        value = _number(pixels.get(f"PhysicalSize{axis}"))
        sides.append(None if micrometres is None or value is None else micrometres * value)
    scale = next(iter(_plausible(*sides)), None) if sides else None
    colours = _count(pixels.get("SizeC"), 1)
    return OmeImage(image.get("Name", "").lower(), pages, _planes(pixels), colours, scale)


def _scale(micrometres: float | None, horizontal: object, vertical: object) -> list[Scale]:
    across, down = _number(horizontal), _number(vertical)
    if not (micrometres and across and down):
        return []
    return _plausible(micrometres / across, micrometres / down)


def _plausible(across: float | None, down: float | None) -> list[Scale]:
    if across is None or down is None:
        return []
    lowest, highest = PLAUSIBLE
    return [(across, down)] if lowest <= min(across, down) <= max(across, down) <= highest else []


def _micrometres(unit: str) -> float | None:
    unit = unit.strip()
    return _MICROMETRES.get(unit, _MICROMETRES.get(unit.lower()))


def _number(value: object) -> float | None:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return number if isfinite(number) and number > 0 else None


def _count(value: str | None, default: int) -> int:
    return (
        int(value) if value and value.isascii() and value.isdigit() and len(value) < 10 else default
    )
