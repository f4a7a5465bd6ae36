"""Who sends a request: a visitor with a token, or the owner of an API key."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from dataclasses import dataclass, field
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import SecretStr
    from starlette.types import Scope

    from hf_space.schemas.options import PredictOptions

SITE_HEADER: Final = "X-Biopsia-Client"
"""Header in which the site states its visitor's address."""

_TOKEN_BYTES: Final = 32
# The form of `secrets.token_urlsafe` for that many bytes.
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")
# An IPv6 subscriber usually gets a whole network of this prefix length.
_SUBSCRIBER_BITS: Final = 64
_UNKNOWN: Final = "unknown"
# Two servers' clocks may differ by this much.
_SIGNED_SECONDS: Final = 300


@dataclass(slots=True)
class Visitor:
    """Who sends one request, and what the response must return to them.

    Attributes:
        owner: Digest by which the visitor's records are found.
        address: Network address that the request counts for.
        token: A new visitor's token, which the response returns; None for everybody else.
        by_cookie: Whether the visitor is known by a cookie alone, which browsers send
            automatically.
        has_token: Whether a visitor's token names the owner, rather than a key or a ticket.
        used: Whether the response depends on the visitor; only then does a new visitor get the
            token.
        allowance: The fields of the rate limit's `Allowance` after this request was charged; None
            where nothing is limited.
    """

    owner: bytes
    address: str
    token: str | None = None
    by_cookie: bool = field(default=False, kw_only=True)
    has_token: bool = field(default=False, kw_only=True)
    used: bool = field(default=False, init=False)
    allowance: Mapping[str, object] | None = field(default=None, init=False)

    @property
    def is_new(self) -> bool:
        """Whether the owner is new and so cannot have records."""
        return self.token is not None

    @property
    def name(self) -> bytes | str:
        """The owner, or the address of a new visitor, whose owner changes with every request."""
        return self.address if self.is_new else self.owner

    def use(self) -> bytes:
        """Return the owner, and make the response return the token to a new visitor."""
        self.used = True
        return self.owner


class ApiKeys:
    """The API keys of the settings, held as digests."""

    def __init__(self, keys: Mapping[str, SecretStr]) -> None:
        """Take keys by the name of their owner."""
        self._owners = [
            (_digest(key.get_secret_value()), _named_owner(name)) for name, key in keys.items()
        ]

    def owner(self, key: str) -> bytes | None:
        """Return the owner of a key, or None; a constant-time comparison with every key."""
        given, found = _digest(key), None
        for known, owner in self._owners:
            if hmac.compare_digest(known, given):
                found = owner
        return found


def resolve_save(options: PredictOptions, visitor: Visitor) -> PredictOptions:
    """Return the options with ``save`` decided: as requested, else whether the visitor is known.

    The records of a new visitor who did not ask for them could not be found again.
    """
    if options.save is not None:
        return options
    return options.model_copy(update={"save": not visitor.is_new})


def new_visitor(address: str) -> Visitor:
    """Return a visitor who has sent no credentials, with a new token."""
    token = new_token()
    return Visitor(_digest(token), address, token, has_token=True)


def new_token() -> str:
    """Return a random token of 256 bits for a new visitor."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def owner_of_token(token: str) -> bytes | None:
    """Return the SHA-256 digest of a visitor's token; None where the text is not a token."""
    return _digest(token) if _TOKEN.fullmatch(token) else None


def client_address(scope: Scope, trusted_hops: int, site_secret: bytes | None = None) -> str:
    """Return the client's IPv4 address, or the /64 network of its IPv6 address.

    The site states its visitor's address in `SITE_HEADER`, signed.

    Args:
        scope: The request's ASGI scope.
        trusted_hops: Number of proxies in front of the service. Each appends its client's address
            to `X-Forwarded-For`; earlier entries can be forged by the client.
        site_secret: Secret of the site's signature; None accepts no site.
    """
    if site_secret and (stated := _signed(Headers(scope=scope).get(SITE_HEADER, ""), site_secret)):
        return stated
    # There is no client address on a Unix domain socket.
    peer: str = (scope.get("client") or (_UNKNOWN,))[0]
    forwarded = _forwarded(scope, trusted_hops) if trusted_hops else None
    return forwarded or _network(peer) or peer


def _signed(text: str, secret: bytes) -> str | None:
    """Return the address that was signed within the last minutes; None where it was not.

    The form is `1764430000 203.0.113.7 SIGNATURE`: Unix seconds, the address, and the HMAC-SHA256
    of both in hexadecimal digits.
    """
    stated, _, signature = text.rpartition(" ")
    seconds, _, address = stated.partition(" ")
    expected = hmac.new(secret, stated.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        return None
    is_fresh = abs(time.time() - int(seconds)) <= _SIGNED_SECONDS
    return _network(address) if is_fresh else None


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _named_owner(name: str) -> bytes:
    # By name, so that an owner keeps the history when the key is replaced. No token has this form.
    return _digest(f"api key: {name}")


def _forwarded(scope: Scope, trusted_hops: int) -> str | None:
    values = Headers(scope=scope).getlist("x-forwarded-for")
    entries = ",".join(values).split(",")
    return _network(entries[-min(trusted_hops, len(entries))])


def _network(text: str) -> str | None:
    """Return the address in a text, which may have a port; None where there is none."""
    try:
        address = ip_address(_host(text.strip()))
    except ValueError:
        return None
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(IPv6Network((int(address), _SUBSCRIBER_BITS), strict=False))


def _host(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    # An IPv6 address without brackets has no port, and more than one colon.
    return text.partition(":")[0] if text.count(":") == 1 else text
