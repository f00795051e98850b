"""On PostgreSQL the role that serves adds to the audit trail and seals it, and can neither change it nor lift what keeps it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from desk.core.audit_chain import SEALED_AFTER, seal_next
from desk.core.audit_verification import Verification
from desk.core.transaction import Office
from storage.engine.database import Database
from storage.engine.types import new_id
from storage.tables import AuditSegment, Loan, Workspace
from storage.upkeep.serving_role import BadRoleError, grant, owns_the_trail
from tests.bot.test_retention import YEAR, ended, retention, rows
from tests.builders import make_member
from tests.clocks import FrozenClock


@pytest.fixture
def database_url(postgres_url: str) -> str:
    return postgres_url


@pytest.fixture
async def role(server: asyncpg.Connection) -> str:
    name = f"serving_{uuid4().hex[:8]}"
    await server.execute(f"CREATE ROLE {name} LOGIN")
    return name


@pytest.fixture
async def serving(office: Office, database_url: str, role: str) -> AsyncIterator[Office]:
    """The office of a process that serves with that role."""
    async with office.database.engine.begin() as connection:
        await grant(connection, role)
    database = Database(database_url.replace("postgres:@", f"{role}:@"))
    yield replace(office, database=database)
    await database.close()
    async with office.database.engine.begin() as connection:
        await connection.execute(text(f"DROP OWNED BY {role}"))
        await connection.execute(text(f"DROP ROLE {role}"))


REFUSED = (
    "UPDATE audit_entry SET act = 'x'",
    "DELETE FROM audit_entry",
    "TRUNCATE audit_entry",
    "ALTER TABLE audit_entry DISABLE TRIGGER USER",
    "DROP TABLE audit_entry",
    "SET session_replication_role = replica",
    "DELETE FROM audit_segment",
    "UPDATE audit_segment SET last = 1",
    "UPDATE audit_entry SET hash = NULL",
)


async def test_the_serving_role_writes_and_seals_and_changes_nothing(
    office: Office, serving: Office, workspace: Workspace, clock: FrozenClock
) -> None:
    async with serving.desk(workspace) as desk:
        desk.audit("call")
    clock.advance(seconds=SEALED_AFTER.total_seconds())
    async with serving.desk(workspace) as desk:
        await seal_next(desk)
    for statement in REFUSED:
        with pytest.raises(DBAPIError, match=r"permission denied|must be owner|is not changed"):
            async with serving.database.transaction() as session:
                await session.execute(text(statement))

    verification = Verification()
    async with serving.reading_desk(workspace) as desk:
        assert [finding async for finding in verification.run(desk)] == []
    assert verification.entries == 1
    async with serving.database.engine.connect() as connection:
        assert not await owns_the_trail(connection)
    async with office.database.engine.connect() as connection:
        assert await owns_the_trail(connection)


@pytest.mark.parametrize(
    ("name", "why"),
    [("nobody_here", "there is no role"), ("postgres", "may do everything"), ("x; DROP", "small letters")],
)
async def test_another_role_is_refused(office: Office, name: str, why: str) -> None:
    async with office.database.engine.begin() as connection:
        with pytest.raises(BadRoleError, match=why):
            await grant(connection, name)


async def test_retention_as_the_serving_role_drops_no_segment_says_why_and_deletes_the_rest(
    office: Office,
    serving: Office,
    role: str,
    workspace: Workspace,
    clock: FrozenClock,
    database_url: str,
    tmp_path: Path,
) -> None:
    lin = await make_member(office, workspace, "ULIN")
    await ended(office, workspace, lin, "A-1", 4)
    now = clock.now()
    clock.set(now - 6 * YEAR)
    async with office.desk(workspace, lin) as desk:
        desk.audit("note", loan_id=new_id())
    clock.set(now - 6 * YEAR + SEALED_AFTER)
    async with office.desk(workspace) as desk:
        await seal_next(desk)
    clock.set(now)

    as_serving = database_url.replace("postgres:@", f"{role}:@")
    shown = await retention(as_serving, tmp_path, clock, apply=True, code=1)

    assert "only the role that owns the tables may" in shown
    assert await rows(office, Loan) == []
    assert [row.dropped_at for row in await rows(office, AuditSegment)] == [None]
    await retention(database_url, tmp_path, clock, apply=True)
    assert all(row.dropped_at for row in await rows(office, AuditSegment))
