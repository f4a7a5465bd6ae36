"""A network of Keras layers only, because the older ``h5`` format cannot store operations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import keras

from training.fitting.model import rebuilt

_PADDING: Final = "Pad"
_ROWS, _COLUMNS = 1, 2


def of_layers(network: keras.Model) -> keras.Model:
    """Return an equivalent network, with layers in place of its reflections.

    Args:
        network: A functional model whose only operations reflect images (N, rows, columns, C).
    """

    def call(step: keras.Operation, *inputs: Any, **options: Any) -> Any:
        if type(step).__name__ == _PADDING:
            return _reflected(inputs[0], step.pad_width)
        return step(*inputs, **options)

    return rebuilt(network, call)


def _reflected(images: keras.KerasTensor, widths: Sequence[tuple[int, int]]) -> keras.KerasTensor:
    for axis in (_ROWS, _COLUMNS):
        before, after = widths[axis]
        last = images.shape[axis] - 1
        mirrored = [*range(before, 0, -1)], [*range(last - 1, last - 1 - after, -1)]
        first, second = ([_line(images, axis, place) for place in places] for places in mirrored)
        if first or second:
            images = keras.layers.Concatenate(axis)([*first, images, *second])
    return images


def _line(images: keras.KerasTensor, axis: int, place: int) -> keras.KerasTensor:
    cropped = (place, images.shape[axis] - 1 - place)
    sides = (cropped, (0, 0)) if axis == _ROWS else ((0, 0), cropped)
    line: keras.KerasTensor = keras.layers.Cropping2D(sides)(images)
    return line
