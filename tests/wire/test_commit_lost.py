"""The network breaks during a commit: the answer never claims that nothing was saved, and a repeat gives the true result."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url
from sqlmodel import select

from storage.tables import Call
from tests.builders import make_loan
from tests.servers import Wire
from tests.wire.office_day import Slack

pytestmark = pytest.mark.in_time


@pytest.fixture
async def wire(postgres_url: str) -> AsyncIterator[Wire]:
    host = make_url(postgres_url).query["host"]
    async with Wire(Path(str(host)) / ".s.PGSQL.5432").laid() as wire:
        yield wire


@pytest.fixture
def database_url(postgres_url: str, wire: Wire) -> str:
    url = make_url(postgres_url).set(host="127.0.0.1", port=wire.port, query={})
    return url.render_as_string(hide_password=False)


@pytest.mark.parametrize("fault", ["lost", "answer_lost", "silent"])
async def test_an_unknown_outcome_of_a_commit_is_reported_as_unknown(slack: Slack, wire: Wire, fault: str) -> None:
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    wire.fault = fault

    reply = await slack.command(slack.agent, "/loan-call L-1 no answer in a meeting")

    assert reply.request is not None
    assert (reply.request.seconds or 9) < 2.5
    assert "Please check the card before you try again" in reply.text
    assert "/loan-call L-1 no answer in a meeting" in reply.full_text
    wire.mend()
    again = await slack.sandbox.redeliver(reply.request)
    assert "no answer, logged" in again.answer["text"]
    third = await slack.sandbox.redeliver(reply.request)
    assert third.answer["text"] == again.answer["text"]
    async with slack.office.database.reading() as session:
        assert len((await session.exec(select(Call))).all()) == 1


async def test_a_silent_database_does_not_delay_the_answer(slack: Slack, wire: Wire) -> None:
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    wire.fault = "dead"

    reply = await slack.command(slack.agent, "/loan-call L-1 no answer")

    assert reply.request is not None
    assert (reply.request.seconds or 9) < 2.5
    assert "未做任何更改" in reply.text
    wire.mend()
    assert (await slack.command(slack.agent, "/loan L-1")).status == 200
    async with slack.office.database.reading() as session:
        assert (await session.exec(select(Call))).all() == []
    assert "no answer, logged" in (await slack.command(slack.agent, "/loan-call L-1 no answer")).text
