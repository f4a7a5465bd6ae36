"""Scores a slide that is sent as a picture at the model's scale, as the command scores it."""

from __future__ import annotations

import hashlib
from time import perf_counter
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from hf_space.errors import ScaleError, UnsupportedImageError
from hf_space.imaging.places import Places
from hf_space.imaging.readers.area import Axis, average
from hf_space.imaging.readers.colour import to_srgb
from hf_space.imaging.readers.png import png_overview, png_parts
from hf_space.imaging.slide_grid import SlideGrid
from hf_space.imaging.slide_tissue import OVERVIEW_MICRONS, slide_tissue
from hf_space.imaging.tiling import Tiles
from hf_space.prediction.image import OpenedImage, mean_scale
from hf_space.schemas.prediction import ImageFacts, LocalSlide

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hf_space.bundle.config import InferenceConfig
    from hf_space.imaging.readers.base import ImageReader
    from hf_space.prediction.image import SourceImage
    from hf_space.schemas.options import SlideOptions

PRICE: Final = 0.5
"""Memory of a pixel relative to other images: a PNG that is not drawn on takes 7 to 9 bytes."""

_FORMAT: Final = "PNG"
# Rows of the overview that are averaged at once.
_ROWS: Final = 256


def inspect_slide(
    reader: ImageReader, data: bytes, options: SlideOptions, config: InferenceConfig
) -> OpenedImage:
    """Treat an image as the picture of a slide; the result is in the slide's pixels.

    Args:
        reader: The image.
        data: The file's content, whose SHA-256 names it in the result.
        options: Size and scale of the slide.
        config: Has the model's scale.

    Raises:
        UnsupportedImageError: The image is not a PNG, the only format accepted as lossless.
        ScaleError: Its size is not that of the slide at the model's scale.
    """
    started = perf_counter()
    _check_picture(reader, options, config.microns_per_pixel)
    across, down = options.slide_scale
    reader.microns_per_pixel = (config.microns_per_pixel, config.microns_per_pixel)
    facts = ImageFacts(
        sha256=hashlib.sha256(data).hexdigest(),
        width=options.slide_width,
        height=options.slide_height,
        microns_per_pixel=mean_scale(across, down),
        microns_per_pixel_xy=None if across == down else (across, down),
        scale_source=options.scale_source,
    )
    return OpenedImage(
        reader,
        facts,
        scale=(across, down),
        kind="region",
        scale_conflict=False,
        seconds=perf_counter() - started,
        slide=LocalSlide(fingerprint=options.fingerprint),
        overview=_sent_overview(data, options),
    )


def _sent_overview(data: bytes, options: SlideOptions) -> NDArray[np.uint8] | None:
    """Return the file's overview in sRGB; None if it has none."""
    width, height = _size(options, OVERVIEW_MICRONS)
    content = png_overview(data, width * height * 3)
    if content is None:
        return None
    overview = np.frombuffer(content, np.uint8).reshape(height, width, 3)
    return np.asarray(to_srgb(Image.fromarray(overview), png_parts(data).profile))


def _check_picture(reader: ImageReader, options: SlideOptions, target: float) -> None:
    if reader.properties.get("format") != _FORMAT:
        raise UnsupportedImageError("The picture of a slide is sent as PNG.")
    width, height = _size(options, target)
    if (reader.width, reader.height) != (width, height):
        raise ScaleError(
            f"At {target:g} µm/px the slide has {width}x{height} px; the picture has "
            f"{reader.width}x{reader.height}.",
            width=width,
            height=height,
        )


def _size(options: SlideOptions, microns_per_pixel: float) -> tuple[int, int]:
    """Return width and height of the slide at a scale, as the command's reader computes them."""
    sides = zip((options.slide_width, options.slide_height), options.slide_scale, strict=True)
    width, height = (max(1, round(side / (microns_per_pixel / scale))) for side, scale in sides)
    return width, height


def cut_slide(
    image: NDArray[np.uint8], config: InferenceConfig, overview: NDArray[np.uint8] | None
) -> Tiles:
    """Lay a grid over a slide and find its tissue, as the command does.

    Args:
        image: uint8 (h, w, 3), RGB, not empty, at the model's scale.
        config: Has the model's scale and patch.
        overview: uint8 (h, w, 3), RGB: the slide at `OVERVIEW_MICRONS`; None computes it from
            `image`, whose pixels are already rounded.
    """
    height, width = image.shape[:2]
    places = Places(height, width, config.patch_size_pixels, 0.0)
    if overview is None:
        overview = _overview(image, OVERVIEW_MICRONS / config.microns_per_pixel)
    tissue = slide_tissue(overview)
    shares = tissue.shares(places)
    return Tiles(image, places.tile, tissue.at(places), shares, places.areas())


def _overview(image: NDArray[np.uint8], step: float) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    down, across = Axis(0.0, step, height), Axis(0.0, step, width)
    rows, columns = (max(1, round(side / step)) for side in (height, width))
    overview = np.empty((rows, columns, 3), np.uint8)
    for top in range(0, rows, _ROWS):
        part = range(top, min(top + _ROWS, rows))
        first, last = down.span(part.start, len(part))
        left, right = across.span(0, columns)
        overview[top : part.stop] = average(
            image[first:last, left:right], down, across, part, columns
        )
    return overview


def tile_grid(image: SourceImage, config: InferenceConfig) -> SlideGrid:
    """Return the grid of a region or a slide, in pixels of the result's image."""
    facts = image.facts
    if image.slide is None:
        return SlideGrid.of_region(
            facts.width,
            facts.height,
            microns_per_pixel=facts.scale,
            tile_size=config.patch_size_pixels,
            tile_scale=config.microns_per_pixel,
        )
    height, width = image.pixels.shape[:2]
    places = Places(height, width, config.patch_size_pixels, 0.0)
    return places.grid((0, 0, facts.width, facts.height), facts.scale, config.patch_microns)
