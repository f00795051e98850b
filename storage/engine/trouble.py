"""Tell an outage of the database (lost connection, time-out, full disk) from a mistake in our own code."""

import errno
import sqlite3
from enum import Enum
from typing import Any, overload

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from storage.engine.work import COMMITTING, Work

DATABASE_ERRORS: tuple[type[Exception], ...] = (
    SQLAlchemyError,
    OSError,  # includes TimeoutError
    sqlite3.Error,  # raised unwrapped by the pragmas that start a connection
)
"""Everything that a database can raise, outage or not: for a command that reports any failure in one line."""

_CONNECTION_LOST = ("08", "57P", "25P03")
"""SQLSTATE: the connection broke, the server shut down, or it closed a transaction that was idle for too long."""

_OUTAGE = (*_CONNECTION_LOST, "28", "3D000", "53", "55P03", "57014")
"""SQLSTATE: also a refused connection (28, 3D000), no memory, disk or connection left (53), a time-out (55P03, 57014)."""

_POSTGRES_DISK_FULL = "53100"
_POSTGRES_NOT_UNIQUE = "23505"

_SQLITE_WAITED = ("SQLITE_BUSY", "SQLITE_LOCKED")
_SQLITE_OUTAGE = (*_SQLITE_WAITED, "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_PROTOCOL")

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


class Trouble(Enum):
    """What is known about work that the database did not finish."""

    AWAY = "away"
    """Nothing was saved: the database could not be reached."""
    LATE = "late"
    """Nothing was saved: the work did not finish in time, because of a lock, a busy pool or a silent database."""
    FULL = "full"
    """Nothing was saved: the disk is full."""
    UNKNOWN = "unknown"
    """The work may have been saved: COMMIT was sent, and its answer did not arrive."""


def is_outage(error: BaseException) -> bool:
    """Return whether the error is an outage. Anything else that a database raises is a mistake in our code."""
    if isinstance(error, PoolTimeoutError):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    origin = _origin(error)
    if isinstance(error, OperationalError) and not isinstance(origin, sqlite3.Error) and not _state(origin):
        return True  # psycopg, the driver of the delivery engine, gives a failed connection no SQLSTATE
    if isinstance(origin, OSError):
        return origin is not error or isinstance(origin, ConnectionError | TimeoutError) or origin.errno in _DISK_FULL
    return _state(origin).startswith(_OUTAGE) or _sqlite_name(origin).startswith(_SQLITE_OUTAGE)


def is_overtaken(error: BaseException) -> bool:
    """Return whether another transaction wrote first what may be there once. Nothing was saved; work that is done again finds it.

    On SQLite only one transaction writes at a time, so none is overtaken.
    """
    return isinstance(error, IntegrityError) and _state(_origin(error)) == _POSTGRES_NOT_UNIQUE


@overload
def trouble(session: Work | None, error: None) -> Trouble: ...
@overload
def trouble(session: Work | None, error: BaseException) -> Trouble | None: ...
def trouble(session: Work | None, error: BaseException | None) -> Trouble | None:
    """Return what became of the session's transaction, or None when our own mistake ended it and nothing was saved.

    `session` is None when it was never opened; `error` is None when no answer came in time.
    """
    if session is not None and COMMITTING in session.info and not _answered(error):
        return Trouble.UNKNOWN
    if error is None:
        return Trouble.LATE
    if not is_outage(error):
        return None
    if _is_full(error):
        return Trouble.FULL
    return Trouble.LATE if _waited(error) else Trouble.AWAY


def log_fields(error: BaseException) -> dict[str, Any]:
    """Return the log fields for a failure: the kind of an outage; kind and place of a mistake in our code.

    An outage repeats with every request, so it is logged without a traceback.
    """
    return {"error": type(error).__name__} if is_outage(error) else {"exc_info": error}


def _answered(error: BaseException | None) -> bool:
    """Return whether the database itself said that it did not commit."""
    if not isinstance(error, DBAPIError):
        return False
    state = _state(error.orig)
    return not state.startswith(_CONNECTION_LOST) if state else isinstance(error.orig, sqlite3.Error)


def _waited(error: BaseException) -> bool:
    """Return whether the work waited in vain for a connection or for a lock of SQLite."""
    return isinstance(error, PoolTimeoutError) or _sqlite_name(_origin(error)).startswith(_SQLITE_WAITED)


def _is_full(error: BaseException) -> bool:
    origin = _origin(error)
    return (
        _sqlite_name(origin) == "SQLITE_FULL"
        or _state(origin) == _POSTGRES_DISK_FULL
        or getattr(origin, "errno", None) in _DISK_FULL
    )


def _origin(error: BaseException) -> BaseException:
    return (error.orig or error) if isinstance(error, DBAPIError) else error


def _state(origin: BaseException | None) -> str:
    return str(getattr(origin, "sqlstate", None) or "")


def _sqlite_name(origin: BaseException) -> str:
    return str(getattr(origin, "sqlite_errorname", None) or "")
