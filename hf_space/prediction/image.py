"""Reads a file to pixels at the model's scale, with the facts about the image."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Final

from hf_space.errors import NotAPatchError
from hf_space.imaging.readers import READERS
from hf_space.imaging.readers.scales import agreed
from hf_space.imaging.resolution import resampled_size
from hf_space.schemas.prediction import ImageFacts, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from hf_space.bundle.config import InferenceConfig
    from hf_space.imaging.readers.base import ImageReader, Level
    from hf_space.imaging.readers.scales import Scale
    from hf_space.schemas.options import PredictOptions
    from hf_space.schemas.prediction import LocalSlide, ScaleSource

_THUMBNAIL_SIDE: Final = 256


@dataclass(frozen=True, slots=True)
class OpenedImage:
    """An image whose header was read, but not its pixels.

    Attributes:
        reader: Decodes it.
        facts: What a result says about it.
        scale: Micrometres per pixel of the image as it was sent, in x and in y.
        kind: How it is to be scored.
        scale_conflict: Whether the file contradicts the scale used, or itself.
        seconds: How long that took.
        slide: The slide that this is a picture of; None for an image of its own.
        overview: The slide small, uint8 (h, w, 3), where it came with the picture.
    """

    reader: ImageReader
    facts: ImageFacts
    scale: Scale
    kind: Kind
    scale_conflict: bool
    seconds: float
    slide: LocalSlide | None = None
    overview: NDArray[np.uint8] | None = None


@dataclass(frozen=True, slots=True)
class SourceImage:
    """An image that was read, ready to be scored.

    Attributes:
        facts: What a result says about it.
        scale: Micrometres per pixel of the image as it was sent, in x and in y.
        kind: How it is to be scored.
        scale_conflict: Whether the file contradicts the scale used, or itself.
        profile_ignored: Whether the file's colour profile could not be applied.
        pixels: uint8 (h, w, 3), RGB, at the model's scale.
        thumbnail: The image as it was sent, small, uint8 (h, w, 3), RGB; None unless it is to be
            saved.
        seconds: How long reading took.
        slide: The slide that this is a picture of; None for an image of its own.
        overview: The slide small, uint8 (h, w, 3), where it came with the picture.
    """

    facts: ImageFacts
    scale: Scale
    kind: Kind
    scale_conflict: bool
    profile_ignored: bool
    pixels: NDArray[np.uint8]
    thumbnail: NDArray[np.uint8] | None
    seconds: float
    slide: LocalSlide | None = None
    overview: NDArray[np.uint8] | None = None


def open_image(data: bytes, *, max_bytes: int, max_pixels: int) -> ImageReader:
    """Choose a reader by the file's content, never by its name, and read the header.

    Args:
        data: The file's content.
        max_bytes: Largest accepted ``len(data)``.
        max_pixels: Largest accepted width times height, in the file and after reading.

    Raises:
        RequestError: The file cannot be used; see the readers.
    """
    reader = next(reader for reader in READERS if data.startswith(reader.signatures))
    return reader(data, max_bytes=max_bytes, max_pixels=max_pixels)


def inspect_image(
    reader: ImageReader, data: bytes, options: PredictOptions, config: InferenceConfig
) -> OpenedImage:
    """Decide from the header the scale and the kind of an image.

    The scale is the request's, else the file's own in x and in y, else the model's. If it is
    unknown, the finest level within the limits is assumed to have the model's scale; width, height
    and the assumed scale still refer to level 0.

    Args:
        reader: The image.
        data: The file's content, whose SHA-256 names it in the result.
        options: What the caller asked for.
        config: Says the model's scale and patch.

    Raises:
        ImageError: The image cannot be rescaled, or is not the patch it should be.
    """
    started = perf_counter()
    scale, source = _scale(reader, options, config)
    facts = _facts(reader, data, scale, source)
    conflict = _has_conflict(reader, [scale] if source == "request" else [])
    reader.microns_per_pixel = scale
    size, target = (reader.width, reader.height), config.microns_per_pixel
    if scale != (target, target):
        size = resampled_size(size, scale, target, max_pixels=reader.max_pixels)
    kind = _kind(size, options, config)
    return OpenedImage(reader, facts, scale, kind, conflict, perf_counter() - started)


def read_image(
    opened: OpenedImage, options: PredictOptions, config: InferenceConfig
) -> SourceImage:
    """Read a whole image at the model's scale, and close its file.

    Of a pyramid only the coarsest level that is no coarser than the model's scale is decoded, which
    limits memory.

    Args:
        opened: The image.
        options: What the caller asked for.
        config: Says the model's scale and patch.

    Raises:
        ImageError: The image cannot be decoded or rescaled.
    """
    started = perf_counter()
    with opened.reader as reader:
        whole = (0, 0, reader.width, reader.height)
        pixels = reader.read_region(*whole, config.microns_per_pixel)
        thumbnail = reader.thumbnail(_THUMBNAIL_SIDE) if options.save else None
    height, width = pixels.shape[:2]
    return SourceImage(
        facts=opened.facts,
        scale=opened.scale,
        # Unscaled: a size that rounds differently from the header's must not be cut wrongly.
        kind=_kind((width, height), options, config),
        scale_conflict=opened.scale_conflict,
        profile_ignored=reader.profile_ignored,
        pixels=pixels,
        thumbnail=thumbnail,
        seconds=opened.seconds + perf_counter() - started,
        slide=opened.slide,
        overview=opened.overview,
    )


def _facts(reader: ImageReader, data: bytes, scale: Scale, source: ScaleSource) -> ImageFacts:
    across, down = scale
    return ImageFacts(
        sha256=hashlib.sha256(data).hexdigest(),
        width=reader.width,
        height=reader.height,
        microns_per_pixel=mean_scale(across, down),
        microns_per_pixel_xy=None if across == down else (across, down),
        scale_source=source,
    )


def mean_scale(across: float, down: float) -> float:
    """Return the geometric mean of a scale in x and in y, in micrometres per pixel."""
    return across if across == down else math.sqrt(across * down)


def _scale(
    reader: ImageReader, options: PredictOptions, config: InferenceConfig
) -> tuple[Scale, ScaleSource]:
    """Return the scale in x and in y, and its source."""
    if options.microns_per_pixel is not None:
        return (options.microns_per_pixel, options.microns_per_pixel), "request"
    if reader.microns_per_pixel is not None:
        return reader.microns_per_pixel, "metadata"
    assumed = config.microns_per_pixel / _assumed_level(reader).downsample
    return (assumed, assumed), "assumed"


def _assumed_level(reader: ImageReader) -> Level:
    """Return the level that is assumed to have the model's scale: the finest that fits.

    Without a scale any choice is a guess, and the result says so. It is level 0 except for pyramids
    that are too large to read.
    """
    fitting = (each for each in reader.levels if each.width * each.height <= reader.max_pixels)
    return next(fitting, reader.levels[-1])


def _has_conflict(reader: ImageReader, requested: Sequence[Scale]) -> bool:
    scales = [*requested, *reader.stated_scales]
    return bool(scales) and agreed(scales) is None


def _kind(size: tuple[int, int], options: PredictOptions, config: InferenceConfig) -> Kind:
    """Return how to score an image of a width and height at the model's scale."""
    width, height = size
    fits = max(height, width) <= config.patch_size_pixels
    if options.mode == "patch" and not fits:
        side = config.patch_size_pixels
        raise NotAPatchError(
            f"At {config.microns_per_pixel:g} µm/px the image is {width}x{height} px, more than a "
            f"patch of {side}x{side} px: send a crop, its true microns_per_pixel, or mode=region.",
            width=width,
            height=height,
            patch_size_pixels=side,
            model_microns_per_pixel=config.microns_per_pixel,
        )
    return "patch" if fits and options.mode != "region" else "region"
