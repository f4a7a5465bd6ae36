"""What a record is known by: its image, and which other records answer the same question.

Statistics count one of those that do, see `hf_space.history.database.duplicates`.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

FACTS: Final = {"kind", "threshold", "operating_point", "image", "model"}
"""The parts of a result that `identity_of` reads."""

_DIGEST_BYTES: Final = 16


def identity_of(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns `sha256` and `fingerprint` of `predictions`.

    Args:
        result: The `FACTS` of a result, as its JSON has them.
    """
    image = result["image"]
    return {"sha256": bytes.fromhex(image["sha256"]), "fingerprint": _fingerprint(result, image)}


def _fingerprint(result: Mapping[str, Any], image: Mapping[str, Any]) -> bytes:
    """Hash the image with the model, the kind, the scale and the threshold it was judged by."""
    facts = (
        *(image["sha256"], result["model"]["name"], result["model"]["revision"], result["kind"]),
        float(image["microns_per_pixel"]),
        # Without a stated scale a larger image gets no verdict.
        image["scale_source"] == "assumed",
        *(float(result["threshold"]), result["operating_point"]),
    )
    return hashlib.blake2b(json.dumps(facts).encode(), digest_size=_DIGEST_BYTES).digest()
