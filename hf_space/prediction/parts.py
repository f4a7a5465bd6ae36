"""Numbers that results of patches, regions and slides state alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hf_space.schemas.prediction import LabelScore

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TILE_DECIMALS: Final = 6


def label_scores(probability: float, class_names: tuple[str, str]) -> list[LabelScore]:
    """Return both classes with their probabilities, the likelier first.

    Args:
        probability: Of the positive class.
        class_names: Of the negative class and of the positive one.
    """
    negative, positive = class_names
    scores = [
        LabelScore(label=positive, score=probability),
        LabelScore(label=negative, score=1.0 - probability),
    ]
    return sorted(scores, key=lambda score: score.score, reverse=True)


def rounded_tiles(probabilities: NDArray[np.float64]) -> list[list[float | None]]:
    """Return the probability of each tile as results state it.

    Args:
        probabilities: float64 (rows, columns); NaN where there is no tissue.

    Returns:
        Rows and columns, to six decimals, with None in place of NaN.
    """
    return nullable(probabilities, _TILE_DECIMALS)


def nullable(values: NDArray[np.float64], decimals: int) -> list[list[float | None]]:
    """Return rounded rows and columns as lists, with None in place of NaN.

    Args:
        values: float64 (rows, columns).
        decimals: How many are kept.
    """
    rows = np.round(values, decimals).tolist()
    return [[None if value != value else value for value in row] for row in rows]
