"""A transaction that fails or is cancelled leaves nothing behind, and does not stop others while it waits."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, InvalidRequestError
from sqlmodel import select as sqlmodel_select

from storage.engine.database import Database
from storage.engine.work import Work
from storage.tables import Member, Notice, RateLimit, Team, Workspace
from tests.storage.engine.conftest import NOW, WORKSPACE, limit, notice, team


async def write_and_fail(database: Database, row: Team) -> None:
    async with database.transaction() as work:
        work.add(row)
        await work.flush()
        raise ValueError("the reason")


async def test_what_was_rolled_back_can_be_written_again(database: Database, lender: Workspace) -> None:
    row = team(1)
    with pytest.raises(ValueError, match="the reason"):
        await write_and_fail(database, row)
    async with database.transaction() as work:
        work.add(row)
    async with database.reading() as work:
        assert await work.get(Team, row.id) is not None


async def refuse(work: Work, refused: str) -> None:
    if refused == "statement":
        await work.execute(text("INSERT INTO team (id) VALUES (NULL)"))
    work.add_all([notice(1), team(1), team(2)])
    work.add(Team(workspace_id=WORKSPACE, name="T2", name_key="t2", created_at=NOW))
    await work.flush()


async def go_on_after_a_refusal(database: Database, refused: str) -> None:
    async with database.transaction() as work:
        work.add(limit(1))
        with pytest.raises(IntegrityError):
            await refuse(work, refused)
        with pytest.raises(InvalidRequestError, match="rolled back"):
            await work.get(Team, team(1).id)


@pytest.mark.parametrize("refused", ["statement", "row"])
async def test_nothing_is_kept_of_a_transaction_that_goes_on_after_a_refusal(
    database: Database, lender: Workspace, refused: str
) -> None:
    with pytest.raises(InvalidRequestError, match="rolled back"):
        await go_on_after_a_refusal(database, refused)
    async with database.transaction() as work:
        for table in (Team, Notice, RateLimit):
            assert (await work.exec(sqlmodel_select(table))).first() is None


async def change_and_fail(database: Database, kept: Team, gone: Team) -> None:
    async with database.transaction() as work:
        work.add_all([kept, gone])
        kept.name = "second"
        await work.flush()
        kept.name = "third"
        await work.delete(gone)
        await work.flush()
        raise ValueError("the reason")


async def test_changes_that_were_rolled_back_are_written_with_the_next_transaction(
    database: Database, lender: Workspace
) -> None:
    kept, gone = team(1), team(2)
    async with database.transaction() as work:
        work.add_all([kept, gone])
    with pytest.raises(ValueError, match="the reason"):
        await change_and_fail(database, kept, gone)
    async with database.transaction() as work:
        gone.name = "there"
        work.add_all([kept, gone])
    async with database.reading() as work:
        assert (await work.exec(sqlmodel_select(Team.name).order_by(Team.name))).all() == ["there", "third"]


async def test_the_lock_of_the_writer_is_awaited_without_stopping_the_event_loop(sqlite_url: str) -> None:
    ours, theirs = Database(sqlite_url), Database(sqlite_url)  # as two processes have it
    passed = asyncio.Event()

    async def second() -> None:
        async with theirs.transaction() as work:
            await work.execute(text("SELECT 1"))
        passed.set()

    async with ours.transaction() as work:
        await work.execute(text("SELECT 1"))
        waiting = asyncio.create_task(second())
        for _ in range(20):
            await asyncio.sleep(0)
        assert not passed.is_set()
    await waiting
    await ours.close()
    await theirs.close()


async def test_a_connection_lost_while_idle_is_replaced_without_an_error(postgres_url: str) -> None:
    database, other = Database(postgres_url), Database(postgres_url)
    async with database.reading() as work:
        number = (await work.execute(text("SELECT pg_backend_pid()"))).scalar_one()
    async with other.transaction() as work:
        await work.execute(text("SELECT pg_terminate_backend(:number, 5000)"), {"number": number})
    async with database.transaction() as work:
        assert (await work.execute(text("SELECT pg_backend_pid()"))).scalar_one() != number
    await database.close()
    await other.close()


async def test_a_cancelled_statement_leaves_nothing_behind(database: Database, lender: Workspace) -> None:
    begun = asyncio.Event()

    async def work_for_long() -> None:
        async with database.transaction() as work:
            work.add(team(1))
            await work.flush()
            begun.set()
            await asyncio.sleep(timedelta(days=1).total_seconds())

    task = asyncio.create_task(work_for_long())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.transaction() as work:
        assert (await work.exec(sqlmodel_select(Member.id))).first() is None
        assert await work.get(Team, team(1).id) is None
