"""The database is away for a while: people hear in time what is known of their work, and everything resumes by itself."""

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url
from sqlmodel import func, select

from sandbox.user_actions import Press, Reply
from storage.engine import schema
from storage.engine.database import CONNECTIONS, Database
from storage.tables import Call, FollowUp, Loan
from tests.builders import make_follow_up, make_loan
from tests.servers import OwnPostgres
from tests.wire.office_day import Slack

pytestmark = pytest.mark.in_time

IN_TIME = 2.5
"""Seconds: Slack gives up after 3."""

CANNOT_REACH = ("can't reach the database", "连不上数据库")
NOT_IN_TIME = ("took too long", "处理超时")

HOLD = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
held.execute("ROLLBACK")
"""


@dataclass
class Away:
    """A database and how it is taken away and given back."""

    url: str
    take: Callable[[], Coroutine[Any, Any, None]]
    give_back: Callable[[], Coroutine[Any, Any, None]]
    said: tuple[str, str]
    """What people read meanwhile, in either language."""


@pytest.fixture
async def postgres_away() -> AsyncIterator[Away]:
    """PostgreSQL, to be stopped."""
    server = OwnPostgres()
    database = Database(server.url)
    await schema.migrate(database)
    await database.close()
    yield Away(server.url, server.stop, server.start, CANNOT_REACH)
    await server.close()


@pytest.fixture
async def sqlite_away(sqlite_url: str) -> AsyncIterator[Away]:
    """A file, to be locked by another process."""
    holders: list[asyncio.subprocess.Process] = []

    async def lock() -> None:
        path = Path(make_url(sqlite_url).database or "")
        pipes: Any = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE}
        holder = await asyncio.create_subprocess_exec(sys.executable, "-c", HOLD, str(path), **pipes)
        assert holder.stdout is not None
        assert await holder.stdout.readline() == b"held\n"
        holders.append(holder)

    async def unlock() -> None:
        await holders.pop().communicate(b"")

    yield Away(sqlite_url, lock, unlock, NOT_IN_TIME)
    while holders:
        await unlock()


@pytest.fixture(params=["sqlite", "postgres"])
def away(request: pytest.FixtureRequest) -> Away:
    return request.getfixturevalue(f"{request.param}_away")


@pytest.fixture
def database_url(away: Away) -> str:
    return away.url


@pytest.mark.parametrize("seconds", [1, pytest.param(10, marks=pytest.mark.long)])
async def test_people_hear_in_time_and_everything_resumes(slack: Slack, away: Away, seconds: float) -> None:
    await slack.service.work()
    loan = await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    await make_follow_up(slack.office, loan, slack.agent, due_at=slack.clock.at)
    await reminded(slack, times=1)
    logged = await slack.command(slack.agent, "/loan-call L-1 no answer")  # and so the next reminder is due at 13:00
    assert logged.message is not None
    before = await everything(slack)

    await away.take()
    slack.clock.advance(hours=3)
    try:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            reply = await slack.command(slack.agent, "/loan-call L-1 no answer in a meeting")
            assert_nothing_changed(reply, away.said, in_english=True)
            assert_nothing_changed(await slack.press(slack.agent, logged.message, "Undo"))
    finally:
        coming_back = asyncio.ensure_future(away.give_back())
        while not coming_back.done():  # a server that is starting has refusals of its own
            assert_in_time(await slack.command(slack.agent, "/loan L-1"))
        await coming_back

    answer = await slack.command(slack.agent, "/loan L-1")
    assert "L-1" in answer.text
    assert await everything(slack) == before
    await reminded(slack, times=2)
    assert "reached" in (await slack.command(slack.agent, "/loan-call L-1 reached")).text


async def test_a_member_who_waits_too_long_for_another_is_told(slack: Slack) -> None:
    loan = await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    async with slack.office.desk(slack.workspace) as desk:
        held = await desk.session.get_one(Loan, loan.id, with_for_update=True)
        held.next_follow_up_number += 1
        await desk.session.flush()
        replies = await asyncio.gather(
            *(slack.command(who, "/loan-call L-1 no answer") for who in (slack.agent, slack.manager))
        )
        for reply in replies:
            assert_nothing_changed(reply, NOT_IN_TIME)
    assert await count(slack, Call) == 0
    assert (await slack.command(slack.agent, "/loan-call L-1 no answer")).ephemeral
    assert await count(slack, Call) == 1


@pytest.mark.parametrize("away", ["postgres"], indirect=True)  # SQLite has one writer: the test before
async def test_a_member_who_finds_every_connection_taken_is_told(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    async with contextlib.AsyncExitStack() as others:
        for _ in range(CONNECTIONS):
            session = await others.enter_async_context(slack.office.database.transaction())
            await session.begin()
        reply = await slack.command(slack.agent, "/loan-call L-1 no answer")
        assert_nothing_changed(reply, NOT_IN_TIME)
    assert (await slack.command(slack.agent, "/loan-call L-1 no answer")).ephemeral


def assert_nothing_changed(reply: Reply | Press, why: tuple[str, str] = ("", ""), *, in_english: bool = False) -> None:
    """The reader was told so before Slack gave up; in the workspace's language, unless the desk has met them before."""
    assert_in_time(reply)
    english, chinese = why
    assert ("Nothing was changed" in reply.text and english in reply.text) or (
        not in_english and "未做任何更改" in reply.text and chinese in reply.text
    )


def assert_in_time(reply: Reply | Press) -> None:
    assert reply.request is not None
    assert reply.request.seconds is not None
    assert reply.request.seconds < IN_TIME
    assert reply.status == 200


async def everything(slack: Slack) -> list[int]:
    """How many calls and follow-ups there are."""
    return [await count(slack, table) for table in (Call, FollowUp)]


async def count(slack: Slack, table: Any) -> int:
    async with slack.office.database.reading() as session:
        return (await session.exec(select(func.count()).select_from(table))).one()


async def reminded(slack: Slack, *, times: int) -> None:
    """Waits until the agent was reminded so often, and no more is owed."""
    box = slack.sandbox
    await box.wait_for(lambda: len(box.messages(box.dm("UAGENT"))) == times)
