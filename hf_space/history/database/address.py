"""Database addresses, as people and hosts write them, for SQLAlchemy's drivers."""

from __future__ import annotations

from typing import Final

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

_DRIVERS: Final = {
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
}
# Parameters that hosts write for PostgreSQL's own library; the driver asyncpg does not know them.
_IGNORED: Final = (
    *("application_name", "channel_binding", "connect_timeout", "gssencmode"),
    *("keepalives", "keepalives_count", "keepalives_idle", "keepalives_interval"),
)
# Of asyncpg, as PostgreSQL's own library names them.
_SSL_MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


def parse_address(address: str) -> URL:
    """Return an address with its driver; raises ValueError for one that cannot work."""
    url = _parsed(address)
    driver = _DRIVERS.get(url.drivername.lower())
    if driver is None:
        raise ValueError(f"database {url.drivername!r} is not supported: use postgresql or sqlite")
    mode = url.query.get("sslmode")
    url = url.difference_update_query(["sslmode", *_IGNORED])
    if mode is not None:
        url = url.update_query_dict({"ssl": mode})
    if url.query.get("ssl", _SSL_MODES[0]) not in _SSL_MODES:
        raise ValueError(f"sslmode is one of {', '.join(_SSL_MODES)}")
    unknown = url.query.keys() - {"ssl"}
    if unknown:
        raise ValueError(f"a database address does not accept {', '.join(sorted(unknown))}")
    return url.set(drivername=driver)


def _parsed(address: str) -> URL:
    try:
        return make_url(address)
    except (ArgumentError, ValueError):
        # The message may hold a part of the password.
        message = "not the address of a database, as postgresql://user@host:5432/name is"
        raise ValueError(message) from None
