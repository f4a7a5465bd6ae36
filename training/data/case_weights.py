"""Weights that restore natural proportions where a sample of patches does not have them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from training.errors import ConfigurationError

_KEY: Final = r"(?P<key>[^\s:=]+(:[01])?)"
_OPTION: Final = re.compile(_KEY + r"=(?P<weight>[^\s=]+)", re.ASCII)
_LEAST, _GREATEST = 1e-6, 1e6


def parse_case_weights(options: Sequence[str]) -> dict[str, float]:
    """Read options such as ``8864=0.1`` (a case) or ``8917:1=0.1`` (one class of a case).

    Args:
        options: ``CASE=WEIGHT`` or ``CASE:CLASS=WEIGHT``; CLASS is 0 or 1.

    Returns:
        Weight of each ``CASE`` or ``CASE:CLASS``, from a millionth to a million.

    Raises:
        ConfigurationError: When an option cannot be read, or names the same patches twice.
    """
    table: dict[str, float] = {}
    for option in options:
        match = _OPTION.fullmatch(option)
        weight = _number(match["weight"]) if match else None
        if match is None or weight is None:
            raise _unreadable(option)
        if match["key"] in table:
            raise ConfigurationError(f"two case weights for {match['key']}: give one")
        table[match["key"]] = weight
    return table


def require_case_weights(table: Mapping[str, float]) -> None:
    """Raise ConfigurationError where a table is none that `parse_case_weights` returns."""
    for key, weight in table.items():
        if not re.fullmatch(_KEY, key, re.ASCII) or not _LEAST <= weight <= _GREATEST:
            raise _unreadable(f"{key}={weight}")


def sampling_weights(
    case_ids: Sequence[str] | NDArray[np.str_],
    labels: Sequence[int] | NDArray[np.integer[Any]],
    table: Mapping[str, float],
) -> NDArray[np.float64]:
    """Give every patch the weight of its case, or of its class in its case.

    Args:
        case_ids: Case of each patch, length N.
        labels: Class of each patch (0 or 1), length N.
        table: Weights as `parse_case_weights` returns them. ``CASE:CLASS`` wins over ``CASE``;
            patches that no entry names weigh 1; entries that name no patch have no effect.

    Returns:
        Weight of each patch, shape (N,), float64.
    """
    cases, classes = np.asarray(case_ids, dtype=np.str_), np.asarray(labels)
    weights = np.ones(len(cases))
    for key in sorted(table, key=lambda key: ":" in key):
        case_id, _, label = key.partition(":")
        chosen = cases == case_id
        if label:
            chosen &= classes == int(label)
        weights[chosen] = table[key]
    return weights


def _unreadable(option: str) -> ConfigurationError:
    return ConfigurationError(
        f"cannot read the case weight {option!r}: write CASE=WEIGHT or CASE:CLASS=WEIGHT, "
        f"CLASS 0 or 1 and WEIGHT from {_LEAST:g} to {_GREATEST:g}, as in 8864=0.1 or 8917:1=0.1"
    )


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if _LEAST <= value <= _GREATEST else None
