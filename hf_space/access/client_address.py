"""Whose network a request comes from, however many proxies it passed."""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers

if TYPE_CHECKING:
    from starlette.types import Scope

# One subscriber has at least so many bits of addresses.
_SUBSCRIBER_BITS: Final = 64
_UNKNOWN: Final = "unknown"


def client_address(scope: Scope, trusted_hops: int) -> str:
    """Return the address that counts as the client's, or its /64 network of IPv6.

    Args:
        scope: The request's ASGI scope.
        trusted_hops: Proxies in front of the service. Each appends the address it was asked from
            to `X-Forwarded-For`; what stands before those entries is the client's free text.
    """
    # None: a socket of the same machine's file system.
    peer: str = (scope.get("client") or (_UNKNOWN,))[0]
    forwarded = _forwarded(scope, trusted_hops) if trusted_hops else None
    return forwarded or _network(peer) or peer


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
