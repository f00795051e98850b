"""What it means for somebody's work that the database raised something, or did not answer."""

import sqlite3
from enum import Enum

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlmodel.ext.asyncio.session import AsyncSession

ERRORS: tuple[type[Exception], ...] = (
    SQLAlchemyError,
    OSError,  # and so TimeoutError
    sqlite3.Error,  # as the pragmas raise it with which a connection begins
)
"""What a database that is away, busy or full raises."""

COMMITTING = "committing"
"""In a session's `info` from the moment at which COMMIT is asked for."""

_POSTGRES_DISK_FULL = "53100"
_CONNECTION_LOST = ("08", "57")
"""Classes of SQLSTATE: the connection broke, or the server was told to end it."""


class Trouble(Enum):
    """What is known of work that the database did not finish."""

    AWAY = "away"
    """Nothing was saved: the database could not be reached."""
    LATE = "late"
    """Nothing was saved: it did not come to its end in time, because others were before it or the database is silent."""
    FULL = "full"
    """Nothing was saved: there is no room left."""
    UNKNOWN = "unknown"
    """It may have been saved: COMMIT was asked for, and its answer did not come."""


def trouble(session: AsyncSession | None, error: BaseException | None) -> Trouble:
    """What became of the session's transaction. `session` None: it was never opened; `error` None: no answer in time."""
    if session is not None and COMMITTING in session.info and not _answered(error):
        return Trouble.UNKNOWN
    if _is_full(error):
        return Trouble.FULL
    return Trouble.LATE if error is None or _waited(error) else Trouble.AWAY


def _answered(error: BaseException | None) -> bool:
    """Whether the database itself has said that it did not commit."""
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return not str(state).startswith(_CONNECTION_LOST)
    return isinstance(error.orig, sqlite3.Error)


def _waited(error: BaseException) -> bool:
    """Whether it waited in vain for one of the connections, or for SQLite's lock."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(error, PoolTimeoutError) or getattr(origin, "sqlite_errorname", None) == "SQLITE_BUSY"


def _is_full(error: BaseException | None) -> bool:
    origin = error.orig if isinstance(error, DBAPIError) else error
    return (
        getattr(origin, "sqlite_errorname", None) == "SQLITE_FULL"
        or getattr(origin, "sqlstate", None) == _POSTGRES_DISK_FULL
    )
