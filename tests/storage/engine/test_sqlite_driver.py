"""Statements on SQLite do not block the event loop."""

import asyncio
import sqlite3

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from storage.engine.database import Database


@pytest.fixture
async def sqlite_database(sqlite_url: str):
    database = Database(sqlite_url)
    yield database
    await database.close()


async def test_the_event_loop_goes_on_while_another_process_holds_the_lock(sqlite_database: Database) -> None:
    other = sqlite3.connect(sqlite_database.engine.url.database or "", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    begun = asyncio.Event()

    async def write() -> int:
        begun.set()
        async with sqlite_database.transaction() as session:
            return (await session.execute(text("SELECT count(*) FROM workspace"))).scalar_one()

    waiting = asyncio.create_task(write())
    await begun.wait()
    for _ in range(20):
        await asyncio.sleep(0.01)
    assert not waiting.done()
    other.execute("ROLLBACK")
    other.close()

    assert await waiting == 0


async def test_a_failed_transaction_is_rolled_back_and_the_next_one_writes(sqlite_database: Database) -> None:
    statement = text("INSERT INTO workspace (id, slack_team_id, name, bot_user_id, zone, locale, currency, "
                     "contact_start, contact_end, escalate_after_minutes, next_loan_number, created_at) "
                     "VALUES (:id, 'T1', '', '', '', '', '', '', '', 0, 1, 0)")  # fmt: skip

    with pytest.raises(IntegrityError):
        async with sqlite_database.transaction() as session:
            await session.execute(statement, [{"id": "1"}, {"id": "2"}])
    async with sqlite_database.transaction() as session:
        await session.execute(statement, [{"id": "3"}])
    async with sqlite_database.reading() as session:
        rows = await session.execute(text("SELECT id FROM workspace"))

        assert list(rows.scalars()) == ["3"]
