"""The running processes of the desk: each claims its name, beats, and reports when its worker last worked."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, update
from sqlmodel import col, select

from storage.engine.database import insert_into
from storage.engine.rows import column_values
from storage.engine.work import Work
from storage.tables import Process


async def claim(session: Work, kind: str, name: str, incarnation: UUID, now: datetime) -> Process | None:
    """Claim a free name and return None, or return the row of the process that has it."""
    process = Process(kind=kind, name=name, incarnation=incarnation, started_at=now, beat_at=now)
    statement = insert_into(session, Process).values(column_values(process)).on_conflict_do_nothing()
    if (await session.exec(statement.returning(col(Process.id)))).first() is not None:
        return None
    there = select(Process).where(Process.kind == kind, Process.name == name)
    return (await session.exec(there)).one()


async def take_over(session: Work, dead: Process, incarnation: UUID, now: datetime) -> bool:
    """Take the name of a process that has not beaten since `dead` was read. Return False if it has, or lost the name."""
    silent = (col(Process.incarnation) == dead.incarnation) & (col(Process.beats) == dead.beats)
    values = {"incarnation": incarnation, "beats": 0, "started_at": now, "beat_at": now, "worked_at": None}
    return await _change(session, (col(Process.id) == dead.id) & silent, **values)


async def beat(session: Work, incarnation: UUID, now: datetime, worked_at: datetime | None) -> bool:
    """Record that the process lives. Return False if another process has its name by now."""
    return await _change(
        session, col(Process.incarnation) == incarnation, beats=Process.beats + 1, beat_at=now, worked_at=worked_at
    )


async def leave(session: Work, incarnation: UUID) -> None:
    """Release the name."""
    await session.exec(delete(Process).where(col(Process.incarnation) == incarnation))


async def last_worked(session: Work) -> datetime | None:
    """Return when the last complete round of a worker began, in any process."""
    return (await session.exec(select(func.max(Process.worked_at)))).one()


async def delete_before(session: Work, instant: datetime) -> None:
    """Delete the processes that have not beaten since `instant`."""
    await session.exec(delete(Process).where(col(Process.beat_at) < instant))


async def _change(session: Work, which: ColumnElement[bool], **values: object) -> bool:
    statement = update(Process).where(which).values(**values).returning(col(Process.id))
    return (await session.execute(statement)).first() is not None
