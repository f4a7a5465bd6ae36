"""Addresses of stores, told from paths."""

from __future__ import annotations

import os
import re
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

SCHEMES: Final = ("s3", "https", "http")
_S3: Final = SCHEMES[0]
_ADDRESS: Final = re.compile(rf"({'|'.join(SCHEMES)})://", re.IGNORECASE)


def is_address(text: str) -> bool:
    """Tell whether a text names an object of a store, and not a path.

    Example:
        >>> is_address("s3://bucket/a.svs"), is_address("scans/a.svs")
        (True, False)
    """
    return _ADDRESS.match(text) is not None


def checked_address(text: str) -> str:
    """Return an address with its scheme in lower case.

    Raises:
        ValueError: It names no server and no bucket, or is written wrongly.

    Example:
        >>> checked_address("S3://bucket/a.svs")
        's3://bucket/a.svs'
    """
    scheme, _, rest = text.partition("://")
    address = f"{scheme.lower()}://{rest}"
    parts = _parts(address)
    # `port` raises where it is no number.
    if not parts.hostname or parts.port == 0:
        raise ValueError("the address names no server")
    return address


def is_object(address: str) -> bool:
    """Tell whether an address names something in its store, and not all of it."""
    return _parts(address).path.strip("/") != ""


def relative_to(origin: str, named: str) -> str:
    """Return the address of what is named by a path in an object of a store.

    Example:
        >>> relative_to("s3://bucket/lists/slides.csv", "../a:1.svs")
        's3://bucket/a:1.svs'
    """
    # `urljoin` knows the schemes of the web only, and would take `a:` for one, `//a` for a host.
    path = f"/{named.lstrip('/')}" if named.startswith("/") else f"./{named}"
    scheme, _, rest = origin.partition("://")
    return scheme + urljoin(f"https://{rest}", path).removeprefix("https")


def joined(address: str, *names: str) -> str:
    """Return the address of something below another one; a query stays at the end.

    Example:
        >>> joined("https://scans.example/out?key=1", "12#3.svs", "run.json")
        'https://scans.example/out/12%233.svs/run.json?key=1'
    """
    if _is_s3(address):
        return "/".join([address.rstrip("/"), *names])
    place, mark, query = address.partition("?")
    quoted = (quote(os.fsencode(name), safe="") for name in names)
    return "/".join([place.rstrip("/"), *quoted]) + mark + query


def address_path(address: str) -> PurePosixPath:
    """Return the place of an object in its store as a path, for its name and those above it.

    What comes after a question mark is left out: it may hold a signature.

    Example:
        >>> address_path("https://scans.example/a/b.svs?key=1")
        PurePosixPath('/scans.example/a/b.svs')
    """
    parts = _parts(address)
    path = parts.path if _is_s3(address) else unquote(parts.path)
    return PurePosixPath("/", parts.netloc.rpartition("@")[2], path.lstrip("/"))


def shown_address(address: str) -> str:
    """Return an address without user, password and query, which may be secret; none of none."""
    if not address:
        return ""
    parts = _parts(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _parts(address: str) -> SplitResult:
    # The name of an object may have a `#`; of what is on the web it ends the address.
    return urlsplit(address, allow_fragments=not _is_s3(address))


def _is_s3(address: str) -> bool:
    return address.lower().startswith(f"{_S3}://")
