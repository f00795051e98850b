"""A form that takes long to build: a trigger expires after 3 s, so a loading modal is opened first."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from handlers.door.responses import LOADING_SECONDS
from tests.builders import make_loan
from tests.wire.office_day import Slack

pytestmark = pytest.mark.in_time


@asynccontextmanager
async def held_up(database_url: str) -> AsyncIterator[asyncio.Event]:
    """Lock the database until the event is set."""
    let_go = asyncio.Event()
    if database_url.startswith("sqlite"):
        other = sqlite3.connect(make_url(database_url).database or "", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")

        async def release() -> None:
            await let_go.wait()
            other.execute("ROLLBACK")
            other.close()
    else:
        holder = await asyncpg.connect(database_url)
        await holder.execute("BEGIN; LOCK TABLE processed_delivery IN ACCESS EXCLUSIVE MODE")

        async def release() -> None:
            await let_go.wait()
            await holder.close()

    waiting = asyncio.create_task(release())
    try:
        yield let_go
    finally:
        let_go.set()
        await waiting


async def test_a_slow_form_shows_a_loading_modal_and_then_the_form(slack: Slack, database_url: str) -> None:
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    await slack.command(slack.agent, "/loan")  # and so the desk knows what they read; the workspace is Chinese
    async with held_up(database_url) as let_go:
        typed = asyncio.create_task(slack.command(slack.agent, "/loan-call"))
        await slack.sandbox.wait_for(lambda: slack.sandbox.modals_of(slack.agent.slack_user_id))
        (modal,) = slack.sandbox.modals_of(slack.agent.slack_user_id)
        assert "One moment …" in modal.text

        let_go.set()
        reply = await typed

    assert reply.error == ""
    assert modal.title == "Log a call"
    assert modal.labels[0] == "Loan"


async def test_a_fast_form_is_opened_directly(slack: Slack) -> None:
    await slack.form(slack.agent, "/loan-call")
    assert LOADING_SECONDS < 3
    assert len(slack.sandbox.traffic.api_calls("views.open")) == 1
    assert slack.sandbox.traffic.api_calls("views.update") == []


async def test_a_database_that_stays_unavailable_is_reported_in_the_modal(slack: Slack, database_url: str) -> None:
    await slack.command(slack.agent, "/loan")
    async with held_up(database_url):
        reply = await slack.command(slack.agent, "/loan-call")
        (modal,) = slack.sandbox.modals_of(slack.agent.slack_user_id)

    assert reply.error == ""
    assert "Nothing was changed." in modal.text
