"""Decode parts of slides with OpenSlide: the formats of the scanners' makers, and DICOM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
import openslide

from hf_space.errors import CorruptImageError, UnsupportedImageError
from hf_space.imaging.readers.base import Level
from hf_space.imaging.readers.dicom import slide_instance
from hf_space.imaging.readers.scales import micron_scale, resolution_scale

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from hf_space.imaging.readers.dicom import SlideInstance
    from hf_space.imaging.readers.scales import Scale

GENERIC: Final = "generic-tiff"
"""What OpenSlide calls a tiled TIFF without a vendor's mark."""

APERIO: Final = "aperio"
"""What OpenSlide calls Aperio's SVS."""

DICOM: Final = "dicom"
"""What OpenSlide calls a slide in DICOM."""

# All else may name people, cases or places: file names, barcodes, dates, comments.
_HARMLESS: Final = (
    *("openslide.vendor", "openslide.objective-power", "openslide.level-count"),
    *("openslide.mpp-x", "openslide.mpp-y"),
)
_UNITS: Final = {"inch": 2, "centimeter": 3}
# Pixels that OpenSlide returns at once, of four bytes each.
_BLOCK_PIXELS: Final = 4_000_000
_OPAQUE: Final = 255


def detect_vendor(path: Path) -> str | None:
    """Return OpenSlide's name of a slide's format; None for what it does not know."""
    try:
        return openslide.OpenSlide.detect_format(path)
    except openslide.OpenSlideError:
        return None


def dicom_file(folder: Path) -> Path:
    """Return a file of the slide that a folder holds as DICOM: one of its levels.

    Raises:
        UnsupportedImageError: It holds none, or several: OpenSlide would read one and say nothing.
        CorruptImageError: A file is truncated, or the finest level is missing: OpenSlide would read
            the others and say nothing.
        OSError: A file cannot be read.
    """
    found = _instances(folder)
    if not found:
        raise UnsupportedImageError("The folder has no DICOM slide.")
    if len({instance.series for instance in found.values()}) > 1:
        raise UnsupportedImageError(
            "The folder has several DICOM slides; put each in a folder of its own."
        )
    _check_levels(found.values())
    return next(iter(found))


def check_dicom_file(path: Path) -> None:
    """Refuse a file of a slide whose other files, beside it, are not all there.

    Raises:
        CorruptImageError: See `dicom_file`.
        OSError: A file cannot be read.
    """
    found = _instances(path.parent)
    if own := found.get(path):
        _check_levels(each for each in found.values() if each.series == own.series)


def _instances(folder: Path) -> dict[Path, SlideInstance]:
    files = [path for path in sorted(folder.iterdir()) if path.is_file()]
    return {path: found for path in files if (found := slide_instance(path))}


def _check_levels(instances: Iterable[SlideInstance]) -> None:
    if not any(instance.is_original for instance in instances):
        raise CorruptImageError(
            "The slide's finest level is missing; only reduced levels are present."
        )


class OpenSlideSource:
    """Decodes with OpenSlide; a `LevelSource`. Label, macro and thumbnail are never read."""

    def __init__(self, path: Path) -> None:
        """Open a slide.

        Raises:
            CorruptImageError: OpenSlide knows the format and cannot open the file, or a file that
                belongs to it is missing.
        """
        try:
            self._slide = openslide.OpenSlide(path)
            self._read_facts()
        except (openslide.OpenSlideError, ValueError) as error:
            raise CorruptImageError("The slide is damaged, or a part of it is missing.") from error

    def _read_facts(self) -> None:
        slide = self._slide
        sizes = zip(slide.level_dimensions, slide.level_downsamples, strict=True)
        self.levels = tuple(Level(*size, downsample) for size, downsample in sizes)
        self.properties: Mapping[str, str] = {
            name: slide.properties[name] for name in _HARMLESS if name in slide.properties
        } | {"format": slide.properties.get("openslide.vendor", "OpenSlide")}
        self.bounds = _bounds(slide.properties, self.levels[0])
        self.stated_scales = tuple(_scales(slide.properties))
        profile = slide.color_profile
        self.profile = None if profile is None else profile.tobytes()
        self.profile_ignored = False

    def tile_rows(self, level: int) -> int:
        """Return how many rows of a level are stored together."""
        stated = self._slide.properties.get(f"openslide.level[{level}].tile-height", "")
        return int(stated) if stated.isascii() and stated.isdigit() and int(stated) else 1

    def read_window(
        self, level: int, left: int, top: int, width: int, height: int
    ) -> NDArray[np.uint8]:
        """Decode a part of a level, see `LevelSource.read_window`."""
        step = max(1, _BLOCK_PIXELS // height)
        if width <= step:
            return self._block(level, left, top, (width, height))
        window = np.empty((height, width, 3), np.uint8)
        for start in range(0, width, step):
            end = min(start + step, width)
            window[:, start:end] = self._block(level, left + start, top, (end - start, height))
        return window

    def _block(self, level: int, left: int, top: int, size: tuple[int, int]) -> NDArray[np.uint8]:
        downsample = self._slide.level_downsamples[level]
        place = (round(left * downsample), round(top * downsample))
        try:
            return _on_white(np.asarray(self._slide.read_region(place, level, size)))
        except openslide.OpenSlideError as error:
            raise CorruptImageError("The slide is truncated or damaged.") from error

    def close(self) -> None:
        """Release the file."""
        self._slide.close()


def _on_white(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    opacity = pixels[..., 3:]
    if opacity.min() == _OPAQUE:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB), dtype=np.uint8)
    share = opacity.astype(np.uint16)
    laid = pixels[..., :3] * share + _OPAQUE * (_OPAQUE - share)
    return np.asarray((laid + _OPAQUE // 2) // _OPAQUE, dtype=np.uint8)


def _bounds(properties: Mapping[str, str], whole: Level) -> tuple[int, int, int, int]:
    """Return the part that was scanned, cut at level 0."""
    names = ("x", "y", "width", "height")
    stated = [properties.get(f"openslide.bounds-{name}", "") for name in names]
    if not all(value.isascii() and value.isdigit() for value in stated):
        return (0, 0, whole.width, whole.height)
    left, top, width, height = map(int, stated)
    width, height = min(width, whole.width - left), min(height, whole.height - top)
    return (left, top, width, height) if min(width, height) > 0 else (0, 0, *_sides(whole))


def _sides(level: Level) -> tuple[int, int]:
    return level.width, level.height


def _scales(properties: Mapping[str, str]) -> list[Scale]:
    """Return the scale that OpenSlide found, and what an Aperio's resolution says besides.

    Of other makers' files the resolution is what OpenSlide's own scale comes from, or belongs to
    another of their images.
    """
    across, down = (properties.get(f"openslide.mpp-{axis}") for axis in "xy")
    scales = micron_scale(across or down, down or across)
    if properties.get("openslide.vendor") != APERIO:
        return scales
    across, down = (properties.get(f"tiff.{axis}Resolution") for axis in "XY")
    unit = _UNITS.get(properties.get("tiff.ResolutionUnit", ""))
    return scales + resolution_scale(across, down, unit)
