"""Who a request belongs to: a visitor's token or an API key, of which only a digest is kept."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import SecretStr

_TOKEN_BYTES: Final = 32
# What `secrets.token_urlsafe` makes of that many bytes.
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")


def new_token() -> str:
    """Return a random token of 256 bits for a new visitor."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def owner_of_token(token: str) -> bytes | None:
    """Return the SHA-256 by which a visitor's records are found; None where it is no token."""
    return hashlib.sha256(token.encode()).digest() if _TOKEN.fullmatch(token) else None


class ApiKeys:
    """The keys of the settings, as digests."""

    def __init__(self, keys: Mapping[str, SecretStr]) -> None:
        """Take keys by the name of their owner."""
        self._owners = [
            (_digest(key.get_secret_value()), _named_owner(name)) for name, key in keys.items()
        ]

    def owner(self, key: str) -> bytes | None:
        """Return the owner whom a key names, in a time that tells nothing about the keys."""
        given, found = _digest(key), None
        for known, owner in self._owners:
            if hmac.compare_digest(known, given):
                found = owner
        return found


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _named_owner(name: str) -> bytes:
    # By name, so that an owner keeps the history when the key is replaced. No token looks like it.
    return _digest(f"api key: {name}")
