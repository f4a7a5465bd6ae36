"""Addresses of stores, told from paths."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote, urlsplit

SCHEMES: Final = ("s3", "https", "http")
_ADDRESS: Final = re.compile(rf"({'|'.join(SCHEMES)})://", re.IGNORECASE)


def is_address(text: str) -> bool:
    """Tell whether a text names an object of a store, and not a path.

    Example:
        >>> is_address("s3://bucket/a.svs"), is_address("scans/a.svs")
        (True, False)
    """
    return _ADDRESS.match(text) is not None


def address_path(address: str) -> PurePosixPath:
    """Return the place of an object in its store as a path, for its name and those above it.

    What comes after a question mark is left out: it may hold a signature.

    Example:
        >>> address_path("https://scans.example/a/b.svs?key=1")
        PurePosixPath('/scans.example/a/b.svs')
    """
    parts = urlsplit(address)
    return PurePosixPath("/", parts.netloc.rpartition("@")[2], unquote(parts.path).lstrip("/"))


def shown_address(address: str) -> str:
    """Return an address without user, password and query, which may be secret; none of none."""
    if not address:
        return ""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
