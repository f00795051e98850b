"""The triggers that keep the audit trail, lifted within one transaction: retention alone may, as the owner of the tables."""

import contextlib
from collections.abc import AsyncGenerator

from sqlalchemy import text

from storage.engine.work import Work
from storage.upkeep.serving_role import OWNS_THE_TRAIL

_TABLES = ("audit_entry", "audit_segment")


class NotOwnerError(Exception):
    """The role of this connection does not own the audit trail, so that the database would refuse to delete from it."""


async def require_owner(session: Work) -> None:
    """Raise NotOwnerError unless this role may lift the triggers. On SQLite, any role that may write the file may lift them."""
    if session.dialect.name != "postgresql":
        return
    if not (await session.execute(OWNS_THE_TRAIL)).scalar_one():
        raise NotOwnerError


@contextlib.asynccontextmanager
async def lifted(session: Work) -> AsyncGenerator[None]:
    """Lift the triggers for the statements of the block; a rollback sets them again too. Raises what the database says to one
    who is not the owner of the tables."""
    await session.flush()
    if session.dialect.name == "postgresql":
        for table in _TABLES:
            await session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        yield
        await session.flush()
        for table in _TABLES:
            await session.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
        return
    named = (
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ('audit_entry', 'audit_segment')"
    )
    guards = (await session.execute(text(named))).all()
    for name, _ in guards:
        await session.execute(text(f"DROP TRIGGER {name}"))
    yield
    await session.flush()
    for _, sql in guards:
        await session.execute(text(sql))
