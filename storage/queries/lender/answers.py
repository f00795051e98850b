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

_TRY_LOCK = select(func.pg_try_advisory_xact_lock(bindparam("number", type_=BigInteger)))


async def try_lock(session: Work, row_id: UUID) -> bool:
    """Return whether this transaction has the lock of that name until it ends, without waiting for another one. On SQLite a
    writing transaction is the only one."""
    if session.dialect.name == "sqlite":
        return True
    number = int.from_bytes(row_id.bytes[:8], "big", signed=True)
    return bool((await session.execute(_TRY_LOCK, {"number": number})).scalars().one())


async def claim(session: Work, new: ApiAnswer) -> tuple[ApiAnswer, bool]:
    """Claim a key for this transaction. Return its row, and whether it is new: otherwise its request was answered earlier."""
    values = column_values(new)
    claimed = (await session.exec(_CLAIM[session.dialect.name], params=values)).scalars().first()
    if claimed is not None:
        return claimed, True
    return await session.get_one(ApiAnswer, new.id), False
