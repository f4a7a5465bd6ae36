"""Refuses values of settings that look right but cannot work, with the reason."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pathlib import Path

_MIN_KEY_LENGTH: Final = 16
# The last label needs a letter; otherwise it would be an invalid IPv4 address.
_HOST: Final = re.compile(r"([a-z0-9_-]+\.)*[a-z0-9_-]*[a-z][a-z0-9_-]*", re.IGNORECASE)
_ORIGIN: Final = re.compile(r"https?://[a-z0-9._-]+(:\d+)?|https?://\[[0-9a-f:.]+\](:\d+)?")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def checked_host(host: str) -> str:
    """Return an address or name to bind; raises ValueError if it is neither."""
    if not (_is_address(host) or _HOST.fullmatch(host)):
        raise ValueError("write an address or a name of this machine, such as 127.0.0.1")
    return host


def checked_origin(origin: str) -> str:
    """Return an origin, or `*`; raises ValueError for an origin that no browser sends."""
    if origin != "*" and not _is_origin(origin):
        raise ValueError(f"write origins as https://site.example, not {origin}")
    return origin


def expanded(folder: Path) -> Path:
    """Return a folder with `~` read as a shell does; raises ValueError for an unknown user's."""
    try:
        return folder.expanduser()
    except RuntimeError:
        raise ValueError("write the whole path: the user of ~ has no folder here") from None


def key_pairs(text: str) -> dict[str, str]:
    """Return the API keys of `name:key,name:key` by their owners' names.

    Raises:
        ValueError: A key is too short, could never match, or appears twice. The message contains no
            key.
    """
    entries = [entry.partition(":") for entry in text.split(",") if entry.strip()]
    pairs = [(name.strip(), key.strip()) for name, _, key in entries]
    if not all(name and len(key) >= _MIN_KEY_LENGTH for name, key in pairs):
        raise ValueError(f"write name:key, with a key of at least {_MIN_KEY_LENGTH} characters")
    # Clients encode other characters differently in headers, so such a key would never match.
    if not all(key.isascii() and key.isprintable() for _, key in pairs):
        raise ValueError("a key has letters, digits and signs of ASCII only")
    keys = dict(pairs)
    if len(keys) < len(pairs) or len(set(keys.values())) < len(pairs):
        raise ValueError("two entries have the same name or the same key")
    return keys


def _is_origin(origin: str) -> bool:
    if not _ORIGIN.fullmatch(origin):
        return False
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    # Browsers omit the default port.
    is_sent = port is None or port != _DEFAULT_PORTS[parts.scheme]
    return is_sent and (_is_address(host) or _HOST.fullmatch(host) is not None)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
