"""Statements on SQLite do not block the event loop."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from storage.engine import database as database_module
from storage.engine.database import Database


@pytest.fixture
async def sqlite_database(sqlite_url: str) -> AsyncIterator[Database]:
    database = Database(sqlite_url)
    yield database
    await database.close()


@pytest.fixture
def other(sqlite_database: Database) -> Iterator[sqlite3.Connection]:
    """Another process, which holds the write lock."""
    connection = sqlite3.connect(sqlite_database.engine.url.database or "", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    yield connection
    connection.close()


async def test_the_event_loop_goes_on_while_another_process_holds_the_lock(
    sqlite_database: Database, other: sqlite3.Connection
) -> None:
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

    assert await waiting == 0


@pytest.mark.parametrize(("writes_much", "most"), [(False, 0.005), (True, 0.03)])
async def test_one_who_waited_for_long_takes_the_lock_in_the_moment_in_which_it_is_free(
    sqlite_url: str, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, writes_much: bool, most: float
) -> None:
    """An import lets it go for some milliseconds between two batches, and itself waits a little longer for all others."""
    database, pauses = Database(sqlite_url, writes_much=writes_much), list[float]()

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 100:
            other.execute("ROLLBACK")

    with monkeypatch.context() as patched:
        patched.setattr(asyncio, "sleep", pause)
        async with database.transaction():
            pass
    await database.close()
    assert (len(pauses), most / 2 < max(pauses) < most) == (100, True)


@pytest.mark.usefixtures("other")
async def test_nobody_waits_for_the_lock_for_ever(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "BUSY_MILLISECONDS", 0)
    database = Database(sqlite_url)
    with pytest.raises(OperationalError, match="database is locked"):
        async with database.transaction():
            pass
    await database.close()


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
