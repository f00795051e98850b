"""Until when all that was written is committed, so that who reads what was updated misses nothing that commits late."""

from datetime import datetime, timedelta

from sqlalchemy import text

from storage.engine.work import Work

_CLOCKS = timedelta(seconds=5)
"""How far apart the clocks of the desk's processes may be, with the time that a transaction waits for its connection."""

_LONGEST_ON_SQLITE = timedelta(seconds=30)
"""How long a transaction of SQLite's one writer may take. What it keeps waiting gives up after a twentieth of that."""

_OLDEST = text(
    "SELECT extract(epoch FROM clock_timestamp() - min(xact_start))::float FROM pg_stat_activity"
    " WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


async def settled_until(session: Work, now: datetime) -> datetime:
    """Return the instant before which every `updated_at` is committed. Ask before the rows are read.

    PostgreSQL says how old its oldest open transaction is: none that is open, and none that begins now, writes an earlier one.
    """
    if session.dialect.name == "sqlite":
        return now - _LONGEST_ON_SQLITE
    ((oldest,),) = await session.execute(_OLDEST)
    return now - _CLOCKS - timedelta(seconds=max(0.0, oldest or 0.0))
