"""Checks addresses of a database and of Redis without connecting."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from collections.abc import Sequence

_POSTGRES: Final = ("postgresql", "postgresql+asyncpg", "postgres")
_SQLITE: Final = ("sqlite", "sqlite+aiosqlite")
_REDIS: Final = ("redis", "rediss", "unix")
_MOST_PORT: Final = 65535
_PORT: Final = re.compile(r"(?:\[[^]]*\]|[^:/?\[]*):(\d+)(?=[/?]|$)")
_REDIS_PARAMETERS: Final = (
    *("client_name", "db", "health_check_interval", "password", "socket_connect_timeout"),
    *("socket_keepalive", "socket_timeout", "ssl_ca_certs", "ssl_ca_path", "ssl_cert_reqs"),
    *("ssl_certfile", "ssl_check_hostname", "ssl_keyfile", "username"),
)
# A host and maybe a port, the number of a database, and options.
_REDIS_REST: Final = re.compile(r"[^/?]*(/\d*)?(\?.*)?")


def checked_database(address: str) -> str | None:
    """Return the address; None for SQLite without a file, which uses the default file.

    Raises:
        ValueError: It is not a valid address. Only its scheme is repeated: the rest may hold a
            password.
    """
    scheme, rest = _parts(
        address, (*_POSTGRES, *_SQLITE), "postgresql://user:password@host:5432/name"
    )
    if scheme not in _SQLITE:
        _check_port(rest)
        return address
    if rest in ("", "/"):
        return None
    if not rest.startswith("/"):
        raise ValueError("name a file with three slashes, sqlite:///history.sqlite3")
    if rest.startswith("/~"):
        raise ValueError("write the whole path of the file: ~ is not read here")
    if rest.partition("?")[0] == "/:memory:":
        raise ValueError(
            "a history in memory would be lost: name a file, sqlite:///history.sqlite3"
        )
    return address


def checked_redis(address: str) -> str:
    """Return the address of a Redis; raises ValueError like `checked_database`."""
    scheme, rest = _parts(address, _REDIS, "redis://host:6379/0")
    if scheme != "unix":
        _check_port(rest)
        if not _REDIS_REST.fullmatch(rest.rpartition("@")[2]):
            raise ValueError("this is no address of a Redis, as redis://host:6379/0 is")
    # Their names are not repeated: they may be a password's, with a question mark in it.
    if not parse_qs(rest.partition("?")[2], keep_blank_values=True).keys() <= {*_REDIS_PARAMETERS}:
        raise ValueError(f"an address of a Redis takes only {', '.join(_REDIS_PARAMETERS)}")
    return address


def _parts(address: str, schemes: Sequence[str], example: str) -> tuple[str, str]:
    scheme, separator, rest = address.partition("://")
    if not separator:
        raise ValueError(f"write an address such as {example}")
    if scheme.lower() not in schemes:
        # What is no scheme may hold a part of the password.
        named = f"; {scheme}:// is not read" if re.fullmatch(r"[A-Za-z][\w+.-]*", scheme) else ""
        raise ValueError(f"write an address such as {example}{named}")
    return scheme.lower(), rest


def _check_port(rest: str) -> None:
    found = _PORT.match(rest.rpartition("@")[2])
    if found and int(found[1]) > _MOST_PORT:
        raise ValueError(f"no port is above {_MOST_PORT}")
