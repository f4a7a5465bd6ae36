"""Saved results of version 1, which 0.1 wrote, as results of version 2.

The rule of trust is stated here as it was when version 2 came: changes of
`hf_space.prediction.trust` must not change what is saved. Version 1 did not save the uncertain
band, nor how blurred an image is, so results of 0.1 have no band and are never `too_blurred`.
"""

from __future__ import annotations

import json
from typing import Any, Final

from hf_space.history.database.tables import NO_MARGIN

_LARGEST_PATCH_PIXELS: Final = 64
_SMALLEST_FIELD_MICRONS: Final = 150.0
# In the order in which version 2 lists warnings.
_SEVERITIES: Final = {
    "scale_unknown": "withholds",
    "scale_assumed": "caution",
    "field_too_small": "withholds",
    "off_scale": "caution",
    "padded": "note",
    "blank": "caution",
    "blurred": "caution",
    "not_h_and_e": "withholds",
    "save_delayed": "note",
    "not_saved": "caution",
}
_NEW_MESSAGES: Final = {
    "scale_unknown": "The scale of the image is unknown, and at a wrong scale the result is not "
    "valid. State the µm per pixel to get a verdict.",
    "field_too_small": "The image shows less than 150 µm of tissue, which is too little for the "
    "model. Check its scale.",
}


def as_version_2(result: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON of a saved result in version 2; one that is of version 2 is not changed."""
    if "schema_version" in result:
        return result
    warnings = _warnings(result)
    reasons = [each["code"] for each in warnings if each["severity"] == "withholds"]
    return result | {
        "schema_version": 2,
        "verdict": "not_assessable" if reasons else result["verdict"],
        "reasons": reasons,
        "uncertain_band": None,
        "region": _region(result),
        "warnings": warnings,
    }


def columns_in_version_2(text: str, margin: float) -> dict[str, Any]:
    """Return the columns of `predictions` that version 2 states otherwise.

    Args:
        text: The column `result`, of either version.
        margin: The column `margin`.
    """
    result = as_version_2(json.loads(text))
    return {
        "verdict": result["verdict"],
        "margin": NO_MARGIN if result["reasons"] else margin,
        # As pydantic writes it; searches for an image's hash look for it so.
        "result": json.dumps(result, ensure_ascii=False, separators=(",", ":")),
        "schema_version": 2,
    }


def _warnings(result: dict[str, Any]) -> list[dict[str, str]]:
    messages = {warning["code"]: warning["message"] for warning in result["warnings"]}
    image = result["image"]
    shorter, longer = sorted((image["width"], image["height"]))
    if image["scale_source"] == "assumed" and longer > _LARGEST_PATCH_PIXELS:
        messages.pop("scale_assumed", None)
        messages["scale_unknown"] = _NEW_MESSAGES["scale_unknown"]
    if shorter * image["microns_per_pixel"] < _SMALLEST_FIELD_MICRONS:
        messages["field_too_small"] = _NEW_MESSAGES["field_too_small"]
    return [
        {"code": code, "message": messages[code], "severity": severity}
        for code, severity in _SEVERITIES.items()
        if code in messages
    ]


def _region(result: dict[str, Any]) -> dict[str, Any] | None:
    region: dict[str, Any] | None = result["region"]
    if region and result["image"]["scale_source"] == "assumed":
        return region | {"malignant_area_mm2": None}
    return region
