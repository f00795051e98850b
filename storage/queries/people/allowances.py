"""How many requests tokens have left, counted by all processes together. Instants are microseconds since 1970."""

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, case
from sqlmodel import SQLModel, col, select

from storage.engine.database import insert_into
from storage.engine.work import Work
from storage.tables import ApiAllowance

_TABLE = SQLModel.metadata.tables["api_allowance"]


@cache
def _take(dialect: str) -> Any:
    full: Any = _TABLE.c.full_at
    now: Any = bindparam("now", type_=full.type)
    step: Any = bindparam("step", type_=full.type)
    begin = case((full < now, now), else_=full)
    statement = insert_into(dialect, _TABLE).values(
        token_id=bindparam("token_id"), workspace_id=bindparam("workspace_id"), full_at=now + step
    )
    taken = statement.on_conflict_do_update(
        index_elements=["token_id"], set_={"full_at": begin + step}, where=full <= bindparam("latest", type_=full.type)
    )
    return taken.returning(full)


async def take(session: Work, workspace_id: UUID, token_id: UUID, *, now: int, step: int, latest: int) -> int | None:
    """Take a request of a token, which moves the instant at which all are left by `step`; None: it is after `latest`."""
    given = {"token_id": token_id, "workspace_id": workspace_id, "now": now, "step": step, "latest": latest}
    found = (await session.exec(_take(session.dialect.name), params=given)).first()
    return None if found is None else found[0]


async def full_at(session: Work, token_id: UUID) -> int | None:
    """Return when a token has all its requests left again."""
    return (await session.exec(select(ApiAllowance.full_at).where(col(ApiAllowance.token_id) == token_id))).first()
