"""How far a result can be trusted: its warnings, and whether its verdict means anything."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from hf_space.schemas.prediction import ResultWarning

if TYPE_CHECKING:
    from collections.abc import Collection

    from hf_space.schemas.prediction import Kind, PredictionResult, WarningCode

_UNRELIABLE: Final = frozenset({"blank", "not_h_and_e"})

_MESSAGES: Final[dict[str, str]] = {
    "blank": "The image is almost empty: brighter or darker than the tissue the model knows.",
    "blurred": "The image is less sharp than the tissue the model knows; check its scale too.",
    "not_h_and_e": "The colours are unlike tissue stained with haematoxylin and eosin.",
    "off_scale": "The image is much coarser than the model's scale; detail is missing.",
    "padded": "The image is smaller than a patch and was grown by reflection.",
    "scale_assumed": "The scale of the image is unknown; the model's own scale was assumed.",
    "save_delayed": "The database is unreachable. This result will be saved when it reconnects.",
    "not_saved": "The database is unreachable, and this result could not be saved.",
}


@cache
def result_warning(code: WarningCode) -> ResultWarning:
    """Return a warning with its message in English; other languages go by the code."""
    return ResultWarning(code=code, message=_MESSAGES[code])


def is_unreliable(result: PredictionResult) -> bool:
    """Tell whether a result's warnings say that its verdict means little.

    A region at the wrong scale is read as another tissue; a lone patch has no other scale to be
    at, for those who send patches of the kind that the model was made for.
    """
    return means_little(result.kind, [warning.code for warning in result.warnings])


def means_little(kind: Kind, codes: Collection[str]) -> bool:
    """Tell the same by the codes of the warnings alone."""
    return not _UNRELIABLE.isdisjoint(codes) or (kind == "region" and "scale_assumed" in codes)
