"""The name of a bundle's content."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel


def revision_of(hashes: Mapping[str, str], *decisions: BaseModel) -> str:
    """Return the revision of a bundle: whatever changes a result changes it.

    Caches and histories are keyed by it.

    Args:
        hashes: SHA-256 of each weight file.
        decisions: What else decides a result: the calibration, and limits if there are any.
    """
    content = "".join(hashes.values()) + "".join(each.model_dump_json() for each in decisions)
    return hashlib.sha256(content.encode()).hexdigest()[:12]
