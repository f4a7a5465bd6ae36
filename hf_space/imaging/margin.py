"""Cuts tiles with the tissue around them, which is the network's margin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hf_space.imaging.preprocess import margin_rows, network_input

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hf_space.bundle.config import InferenceConfig


def strip_windows(
    strip: NDArray[np.uint8], columns: Sequence[int], config: InferenceConfig
) -> NDArray[np.uint8]:
    """Cut tiles and their margins out of one row of tiles.

    Args:
        strip: uint8 (p + 2 m, n p + 2 m, 3), RGB, at the model's scale: a row of n tiles of p
            pixels (`patch_size_pixels`) and m pixels (`margin_rows`) of its surroundings above,
            below, to the left and to the right. Beyond the image they are `mirrored`.
        columns: Which of the n tiles, from 0; at least one.
        config: Says the model's patch and margin.

    Returns:
        uint8 (N, p + 2 m, p + 2 m, 3): windows, as `network_input` and the batcher take them.

    Raises:
        ValueError: The strip has another shape, or no such column.
    """
    size = config.patch_size_pixels
    side = size + 2 * margin_rows(config)
    height, width = strip.shape[:2]
    if strip.dtype != np.uint8 or height != side or width < side or (width - side) % size:
        raise ValueError(
            f"expected uint8 ({side}, n * {size} + {side - size}, 3), got {strip.shape}"
        )
    last = (width - side) // size
    if min(columns) < 0 or max(columns) > last:
        raise ValueError(f"the strip has the columns 0 to {last}, not all of {list(columns)}")
    return np.stack([strip[:, column * size : column * size + side] for column in columns])


def strip_inputs(
    strip: NDArray[np.uint8], columns: Sequence[int], config: InferenceConfig
) -> NDArray[np.float32]:
    """Return the network's inputs for some tiles of one row, with their neighbours as margin.

    An input depends only on its own window, so it is the same whichever tiles are read with it.

    Args:
        strip: See `strip_windows`.
        columns: See `strip_windows`.
        config: Describes the network's input.

    Returns:
        float32 (N, s, s, 3), 0 to 255, where s is the input size and twice the margin.

    Raises:
        ValueError: The strip has another shape, or no such column.
    """
    return network_input(strip_windows(strip, columns, config), config)


def mirrored(start: int, stop: int, length: int) -> NDArray[np.int64]:
    """Return the row of an image at each position, also before its first and after its last.

    Beyond its edge an image is continued by reflection, as often as needed, without repeating the
    edge (OpenCV's ``BORDER_REFLECT_101``).

    Args:
        start: First position, below 0 before the image.
        stop: The position after the last.
        length: Rows of the image, at least 1.

    Returns:
        int64 (stop - start,), from 0 to ``length`` - 1.

    Example:
        >>> mirrored(-2, 5, 3).tolist()
        [2, 1, 0, 1, 2, 1, 0]
    """
    period = max(1, 2 * (length - 1))
    places = np.arange(start, stop) % period
    return np.minimum(places, period - places) if length > 1 else places
