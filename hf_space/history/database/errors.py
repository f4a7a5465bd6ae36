"""What an error of a database means."""

from __future__ import annotations

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError


def is_unreachable(error: BaseException) -> bool:
    """Tell whether an error means that the database is unreachable, not that a statement failed."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or isinstance(error, InterfaceError | OperationalError)
    # SQLAlchemy passes on what the driver raises while it connects.
    of_driver = type(error).__module__.startswith("asyncpg.")
    return of_driver or isinstance(error, OSError | PoolTimeoutError)


def describe(error: BaseException) -> str:
    """Return an error's kind for the log; its text may hold addresses and values."""
    cause = getattr(error, "orig", None) or error
    return type(cause.__cause__ or cause).__name__


def is_conflict(error: DBAPIError) -> bool:
    """Tell whether PostgreSQL gave another transaction precedence, so that this one is retried."""
    return getattr(error.orig, "sqlstate", None) in {"40001", "40P01"}


def is_refusal(error: BaseException) -> bool:
    """Tell whether the values themselves are refused, so that trying again cannot help."""
    # asyncpg does not tell bad data by its class.
    state = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
    return isinstance(error, DataError | IntegrityError) or state.startswith(("22", "23"))
