"""Answers that are kept for repeated requests, by their idempotency keys."""

from uuid import UUID

from sqlalchemy import BigInteger, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite

from storage.engine.rows import column_values
from storage.engine.work import Work
from storage.tables import ApiAnswer

_CLAIM = {
    dialect: insert(ApiAnswer).on_conflict_do_nothing().returning(ApiAnswer)
    for dialect, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}

_TRY_LOCK, _LOCK, _LOCK_SHARED = (
    select(lock(bindparam("number", type_=BigInteger)))
    for lock in (func.pg_try_advisory_xact_lock, func.pg_advisory_xact_lock, func.pg_advisory_xact_lock_shared)
)


async def try_lock(session: Work, row_id: UUID) -> bool:
    """Return whether this transaction has the lock of that name until it ends, without waiting for another one. On SQLite a
    writing transaction is the only one."""
    if session.dialect.name == "sqlite":
        return True
    return bool((await session.execute(_TRY_LOCK, {"number": _number(row_id)})).scalars().one())


async def lock(session: Work, row_id: UUID, *, shared: bool = False) -> None:
    """Wait for the lock of that name, and have it until the transaction ends, together with others who share it."""
    if session.dialect.name != "sqlite":
        await session.execute(_LOCK_SHARED if shared else _LOCK, {"number": _number(row_id)})


def _number(row_id: UUID) -> int:
    """Return the last 64 bits of an id: the first ones of a new id tell the time."""
    return int.from_bytes(row_id.bytes[8:], "big", signed=True)


async def claim(session: Work, new: ApiAnswer) -> tuple[ApiAnswer, bool]:
    """Claim a key for this transaction. Return its row, and whether it is new: otherwise its request was answered earlier."""
    values = column_values(new)
    claimed = (await session.exec(_CLAIM[session.dialect.name], params=values)).scalars().first()
    if claimed is not None:
        return claimed, True
    return await session.get_one(ApiAnswer, new.id), False
