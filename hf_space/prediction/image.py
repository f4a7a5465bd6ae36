"""From a file's bytes to an image at the model's scale, with what is to be said about it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Final

from hf_space.errors import NotAPatchError
from hf_space.imaging.quality import quality_statistics, quality_warnings
from hf_space.imaging.resolution import to_model_scale
from hf_space.imaging.thumbnail import make_thumbnail
from hf_space.schemas.options import PredictOptions
from hf_space.schemas.prediction import ImageFacts, ImageWarningCode, Kind, ResultWarning

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from hf_space.bundle.config import InferenceConfig
    from hf_space.imaging.readers.pillow import ImageFile

# Enlarged this much or more, an image holds too little detail for the model.
_OFF_SCALE_FACTOR: Final = 2.0

_MESSAGES: Final[dict[ImageWarningCode, str]] = {
    "blank": "The image is almost empty: brighter or darker than the tissue the model knows.",
    "blurred": "The image is less sharp than the tissue the model knows; check its scale too.",
    "not_h_and_e": "The colours are unlike tissue stained with haematoxylin and eosin.",
    "off_scale": "The image is much coarser than the model's scale; detail is missing.",
    "padded": "The image is smaller than a patch and was grown by reflection.",
    "scale_assumed": "The scale of the image is unknown; the model's own scale was assumed.",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """A decoded image.

    Attributes:
        facts: What is kept of it.
        kind: How it is to be predicted.
        pixels: uint8 (h, w, 3), RGB, at the model's scale.
        thumbnail: The image as it was sent, small; empty unless it was asked for.
        seconds: How long decoding and rescaling took.
    """

    facts: ImageFacts
    kind: Kind
    pixels: NDArray[np.uint8]
    thumbnail: bytes
    seconds: float


def read_image(
    file: ImageFile,
    data: bytes,
    options: PredictOptions,
    config: InferenceConfig,
    *,
    max_pixels: int,
) -> Reading:
    """Decode an image whose header was checked, and bring it to the model's scale.

    The scale is the request's, else the file's own, else the model's.

    Args:
        file: The image.
        data: Its bytes, which name it in the result.
        options: What the caller asked for.
        config: Says the model's scale and patch.
        max_pixels: Largest accepted width times height at the model's scale.

    Raises:
        ImageError: The image cannot be decoded or rescaled, or is not the patch it should be.
    """
    started = perf_counter()
    facts = _facts(file, data, options, config)
    decoded = file.decode()
    # The EXIF orientation may have swapped the sides.
    height, width = decoded.shape[:2]
    facts = facts.model_copy(update={"width": width, "height": height})
    pixels = to_model_scale(
        decoded,
        microns_per_pixel=facts.microns_per_pixel,
        target_microns_per_pixel=config.microns_per_pixel,
        max_pixels=max_pixels,
    )
    kind = _kind(pixels, options, config)
    thumbnail = make_thumbnail(decoded) if options.save else b""
    return Reading(facts, kind, pixels, thumbnail, perf_counter() - started)


def warnings_about(
    reading: Reading, samples: Sequence[NDArray[np.uint8]], config: InferenceConfig
) -> list[ResultWarning]:
    """Say why to trust the result less.

    Args:
        reading: The image.
        samples: What is predicted of it, each uint8 (h, w, 3): the patch, or some of the tiles.
            The median of each statistic over them is judged.
        config: Says the model's scale and the usual statistics.
    """
    ranges = {name: (r.low, r.high) for name, r in config.out_of_distribution.items()}
    measured = [quality_statistics(sample) for sample in samples]
    medians = {name: median(m[name] for m in measured) for name in measured[0]}
    codes: list[ImageWarningCode] = [*quality_warnings(medians, ranges)]
    if reading.facts.microns_per_pixel >= _OFF_SCALE_FACTOR * config.microns_per_pixel:
        codes.append("off_scale")
    if min(reading.pixels.shape[:2]) < config.patch_size_pixels:
        codes.append("padded")
    if reading.facts.scale_source == "assumed":
        codes.append("scale_assumed")
    return [ResultWarning(code=code, message=_MESSAGES[code]) for code in codes]


def _facts(
    file: ImageFile, data: bytes, options: PredictOptions, config: InferenceConfig
) -> ImageFacts:
    scale, source = config.microns_per_pixel, "assumed"
    if options.microns_per_pixel is not None:
        scale, source = options.microns_per_pixel, "request"
    elif file.microns_per_pixel is not None:
        scale, source = file.microns_per_pixel, "metadata"
    return ImageFacts.model_validate(
        {
            "sha256": hashlib.sha256(data).hexdigest(),
            "width": file.width,
            "height": file.height,
            "microns_per_pixel": scale,
            "scale_source": source,
        }
    )


def _kind(pixels: NDArray[np.uint8], options: PredictOptions, config: InferenceConfig) -> Kind:
    height, width = pixels.shape[:2]
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
