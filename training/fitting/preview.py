"""A contact sheet of augmented patches, to judge strengths by eye."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from training.data.arrays import Patches
from training.data.source import CLASS_NAMES, class_title
from training.fitting.config import AugmentConfig, TrainConfig
from training.fitting.pipeline import model_input
from training.fitting.stain import measure_stains

_ROWS: Final = 8
_VIEWS: Final = 7
GUTTER_PIXELS: Final = 6
HEAD_PIXELS: Final = 20
SIDE_PIXELS: Final = 96
_LETTERS_PIXELS: Final = 12


def write_preview(patches: Patches, config: TrainConfig, path: Path) -> None:
    """Write a picture: each row one patch, first unchanged, then seven augmented views.

    Columns are labelled with their content, rows with case and class.

    Args:
        patches: the prepared data set; rows are drawn by ``config.seed``.
        config: input size, colour and augmentation.
        path: file to write.
    """
    rng = np.random.default_rng(config.seed)
    chosen = np.sort(rng.choice(len(patches), min(_ROWS, len(patches)), replace=False))
    rows = [
        f"case {patches.case_ids[index]}\n{class_title(CLASS_NAMES[patches.labels[index]])}"
        for index in chosen
    ]
    columns = ["as it is", *(f"augmented {number}" for number in range(1, _VIEWS + 1))]
    path.parent.mkdir(parents=True, exist_ok=True)
    labelled_sheet(_views(patches, chosen, config), rows, columns).save(path)


def labelled_sheet(tiles: NDArray[np.uint8], rows: list[str], columns: list[str]) -> Image.Image:
    """Arrange pictures on white, with gutters between them and a label to each row and column.

    Args:
        tiles: ``(rows, columns, s, s, 3)``, RGB.
        rows: label of each row.
        columns: label of each column.
    """
    step = tiles.shape[2] + GUTTER_PIXELS
    size = SIDE_PIXELS + len(columns) * step, HEAD_PIXELS + len(rows) * step
    sheet = Image.new("RGB", size, "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(_LETTERS_PIXELS)
    for column, label in enumerate(columns):
        draw.text((SIDE_PIXELS + column * step, 2), label, "black", font)
    for row, label in enumerate(rows):
        top = HEAD_PIXELS + row * step
        draw.multiline_text((2, top), label, "black", font)
        for column, tile in enumerate(tiles[row]):
            sheet.paste(Image.fromarray(tile), (SIDE_PIXELS + column * step, top))
    return sheet


def _views(patches: Patches, chosen: NDArray[np.int64], config: TrainConfig) -> NDArray[np.uint8]:
    """Return each patch unchanged and augmented, uint8 ``(rows, columns, s, s, 3)``."""
    images = np.asarray(patches.images[chosen])
    stains = measure_stains(patches, np.arange(len(patches)))
    columns = [
        model_input(
            images,
            config,
            strength,
            np.random.default_rng([config.seed, view]),
            stains=stains,
            sources=stains.case_of[chosen],
        )
        for view, strength in enumerate([AugmentConfig.off(), *[config.augment] * _VIEWS])
    ]
    return np.round(np.stack(columns, axis=1)).astype(np.uint8)
