"""Classifies errors of a database."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

if TYPE_CHECKING:
    from hf_space.schemas.health import DatabaseFault

# How the SQLSTATE of an error begins by which PostgreSQL says "not now" (its documentation,
# appendix A): connections, transactions that gave way to others, resources such as disk and
# connections, locks that others hold, canceled statements, shutting down or starting up, the
# system's own errors, a server that only reads, and transactions that took too long.
_NOT_NOW: Final = ("08", "40", "53", "55P03", "57", "58", "25006", "25P03", "25P04")
_FAULTS_OF_POSTGRESQL: Final[dict[str, DatabaseFault]] = {
    "28": "refused",
    "3D": "refused",
    "25006": "read_only",
    "53100": "full",
    "53300": "busy",
    **dict.fromkeys(("40", "55P03", "57014", "25P03", "25P04"), "busy"),
}
# By its primary result codes, https://www.sqlite.org/rescode.html
_FAULTS_OF_SQLITE: Final[dict[int, DatabaseFault]] = {
    sqlite3.SQLITE_BUSY: "busy",
    sqlite3.SQLITE_LOCKED: "busy",
    sqlite3.SQLITE_READONLY: "read_only",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_CANTOPEN: "unreachable",
    sqlite3.SQLITE_NOTADB: "damaged",
}
_PRIMARY: Final = 0xFF


class NoAnswerError(TimeoutError):
    """A database took longer than it may; the text says how long that is."""


def is_unreachable(error: BaseException) -> bool:
    """Tell whether a database cannot serve now, rather than that a statement failed."""
    if isinstance(error, DBAPIError):
        return (
            error.connection_invalidated
            or isinstance(error, InterfaceError | OperationalError)
            or _state(error).startswith(_NOT_NOW)
        )
    # SQLAlchemy passes on what the driver raises while it connects.
    of_driver = type(error).__module__.startswith("asyncpg.")
    return of_driver or isinstance(error, OSError | PoolTimeoutError)


def fault_of(error: BaseException) -> DatabaseFault:
    """Return an error's code for `/health/`, without its text, which may contain addresses."""
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", 0) & _PRIMARY
        return _FAULTS_OF_SQLITE.get(code, "unusable")
    state = _state(error)
    for beginning, fault in _FAULTS_OF_POSTGRESQL.items():
        if state.startswith(beginning):
            return fault
    return "unreachable" if is_unreachable(error) else "unusable"


def describe(error: BaseException) -> str:
    """Return an error's kind for the log; its text may hold addresses and values."""
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, TimeoutError | PoolTimeoutError):
        # Its own cause is that the work was cancelled.
        return str(cause) if isinstance(cause, NoAnswerError) else "no answer in time"
    return type(cause.__cause__ or cause).__name__


def is_conflict(error: DBAPIError) -> bool:
    """Return whether PostgreSQL preferred another transaction, so that this one is retried."""
    return _state(error) in {"40001", "40P01"}


def is_refusal(error: BaseException) -> bool:
    """Return whether the values themselves are refused, so that a retry cannot help."""
    # asyncpg does not tell bad data by its class.
    return isinstance(error, DataError | IntegrityError) or _state(error).startswith(("22", "23"))


def _state(error: BaseException) -> str:
    """Return the SQLSTATE that PostgreSQL gave an error; empty where there is none."""
    # What the driver raises while it connects is passed on as it is.
    cause = getattr(error, "orig", None) or error
    return getattr(cause, "sqlstate", None) or ""
