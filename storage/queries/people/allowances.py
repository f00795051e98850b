"""How many requests tokens have left, counted by all processes together. Instants are microseconds since 1970."""

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, case, cast
from sqlmodel import func, select

from storage.engine.database import insert_into
from storage.engine.rows import table_of
from storage.engine.work import Work
from storage.tables import ApiAllowance

_TABLE = table_of(ApiAllowance)
_FULL: Any = _TABLE.c.full_at


def _now(dialect: str) -> Any:
    """Return the instant that is given, or else that of the database's clock: those of the processes may differ."""
    given = bindparam("now", type_=BigInteger)
    if dialect == "sqlite":
        return given
    return func.coalesce(given, cast(func.extract("epoch", func.clock_timestamp()) * 1_000_000, BigInteger))


@cache
def _take(dialect: str) -> Any:
    now, step = _now(dialect), bindparam("step", type_=BigInteger)
    begin = case((now > _FULL, now), else_=_FULL)
    statement = insert_into(dialect, _TABLE).values(
        token_id=bindparam("token_id"), workspace_id=bindparam("workspace_id"), full_at=now + step
    )
    taken = statement.on_conflict_do_update(
        index_elements=["token_id"],
        set_={"full_at": begin + step},
        where=now + bindparam("spare", type_=BigInteger) >= _FULL,
    )
    return taken.returning(_FULL - now)


@cache
def _missing(dialect: str) -> Any:
    return select(_FULL - _now(dialect)).where(_TABLE.c.token_id == bindparam("token_id"))


async def take(
    session: Work, workspace_id: UUID, token_id: UUID, *, now: int | None, step: int, spare: int
) -> int | None:
    """Take a request of a token, which moves the instant at which all are left by `step`, and return in how many microseconds
    that is; None: it is in more than `spare`. `now` is the database's if it is not given, which SQLite must be."""
    given = {"token_id": token_id, "workspace_id": workspace_id, "now": now, "step": step, "spare": spare}
    found = (await session.exec(_take(session.dialect.name), params=given)).first()
    return None if found is None else found[0]


async def missing(session: Work, token_id: UUID, *, now: int | None) -> int | None:
    """Return in how many microseconds a token has all its requests left again."""
    return (await session.exec(_missing(session.dialect.name), params={"token_id": token_id, "now": now})).first()
