"""How far a result can be trusted: its warnings, and whether its verdict means anything."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from hf_space.messages.catalogue import warning_message
from hf_space.schemas.prediction import ResultWarning

if TYPE_CHECKING:
    from collections.abc import Collection

    from hf_space.schemas.prediction import Kind, PredictionResult, WarningCode

_UNRELIABLE: Final = frozenset({"blank", "not_h_and_e"})


@cache
def result_warning(code: WarningCode) -> ResultWarning:
    """Return a warning with its message in English; other languages go by the code."""
    return ResultWarning(code=code, message=warning_message(code))


def is_unreliable(result: PredictionResult) -> bool:
    """Tell whether a result's warnings say that its verdict means little.

    A region at the wrong scale is read as another tissue; a lone patch has no other scale to be
    at, for those who send patches of the kind that the model was made for.
    """
    return means_little(result.kind, [warning.code for warning in result.warnings])


def means_little(kind: Kind, codes: Collection[str]) -> bool:
    """Tell the same by the codes of the warnings alone."""
    return not _UNRELIABLE.isdisjoint(codes) or (kind == "region" and "scale_assumed" in codes)
