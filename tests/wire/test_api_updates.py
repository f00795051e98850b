"""A program reads what has changed since it last asked, and misses nothing. Now is Wednesday 10:00."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from storage.queries.lender.settled import settled_until
from storage.tables import Loan
from tests.builders import make_loan
from tests.wire.api_client import Program, program
from tests.wire.office_day import Slack, given

_LATER = 60
"""Seconds after which nothing of before is still to be committed."""


@pytest.fixture
async def core(slack: Slack) -> AsyncIterator[Program]:
    async with program(slack) as one:
        yield one


@pytest.fixture
async def loans(slack: Slack) -> list[Loan]:
    found: list[Loan] = []
    for number in ("A-1", "A-2", "A-3"):
        found.append(await make_loan(slack.office, slack.workspace, number, owner=slack.agent, stage="disbursed"))
        slack.clock.advance(seconds=_LATER)
    return found


class Follower:
    """A program that follows a list: it goes on where the list said that nothing is missing."""

    def __init__(self, core: Program, path: str, since: str = "2026-11-25T00:00:00Z") -> None:
        self.core, self.path, self.since = core, path, since

    async def news(self, limit: int = 2) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        behind = ""
        while True:
            since = self.since.replace("+", "%2B")
            body = (await self.core.get(f"{self.path}?limit={limit}&updated_since={since}{behind}")).body
            found += body["items"]
            if body["next"] is None:
                self.since = body["updated_until"]
                return found
            behind = f"&cursor={body['next']}"


async def test_a_list_is_followed_by_what_was_updated(slack: Slack, core: Program, loans: list[Loan]) -> None:
    follower = Follower(core, "/loans")
    assert [each["number"] for each in await follower.news()] == ["A-1", "A-2", "A-3"]
    assert await follower.news() == []

    slack.clock.advance(seconds=_LATER)
    await core.put("/loans/A-2", {"price": "150000.00"})  # kept beside the loan
    slack.clock.advance(seconds=1)
    await slack.command(slack.agent, "/loan edit A-1 name 王小丽")  # the borrower's
    assert await follower.news() == []  # a transaction that began before may still commit
    slack.clock.advance(seconds=_LATER)

    news = await follower.news(limit=1)
    assert [(each["number"], each["terms"]["price"]) for each in news] == [("A-2", "150000.00"), ("A-1", None)]
    assert await follower.news() == []

    await slack.command(slack.agent, "/loan-call A-1 wrong number")  # which marks the same number of
    slack.clock.advance(seconds=_LATER)
    assert not {"A-2", "A-3"} & {each["number"] for each in await follower.news()}


async def test_what_was_undone_is_among_the_updates(slack: Slack, core: Program, loans: list[Loan]) -> None:
    followers = {path: Follower(core, path) for path in ("/calls", "/promises", "/follow-ups", "/documents")}
    promised = await slack.command(slack.agent, "/loan-call A-1 promised 5000 fri")
    asked = await slack.command(slack.agent, "/loan-docs A-1 id")
    slack.clock.advance(seconds=_LATER)
    news = {path: await each.news() for path, each in followers.items()}
    assert [each["undone"] for each in news["/calls"] + news["/promises"]] == [False, False]
    assert [each["state"] for each in news["/documents"]] == ["requested"]
    planned = [each["id"] for each in news["/follow-ups"]]

    await slack.press(slack.agent, given(asked.message), "Undo")
    await slack.press(slack.agent, given(promised.message), "Undo")
    slack.clock.advance(seconds=_LATER)
    news = {path: await each.news() for path, each in followers.items()}

    assert [each["undone"] for each in news["/calls"] + news["/promises"]] == [True, True]
    assert [each["state"] for each in news["/documents"]] == ["undone"]
    assert {each["state"] for each in news["/follow-ups"] if each["id"] in planned} == {"undone"}
    assert (await core.get("/calls")).body["items"] == (await core.get("/promises")).body["items"] == []


async def test_a_row_that_commits_late_is_not_missed(slack: Slack, core: Program, loans: list[Loan]) -> None:
    follower = Follower(core, "/loans")
    await follower.news()
    slack.clock.advance(seconds=_LATER)
    async with slack.office.desk(slack.workspace) as late:
        (await late.session.get_one(Loan, loans[1].id)).due_day = 7
        await late.session.flush()
        slack.clock.advance(seconds=25 if slack.office.database.is_sqlite else 4)
        assert await follower.news() == []
    slack.clock.advance(seconds=_LATER)
    assert [each["due_day"] for each in await follower.news()] == [7]


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)  # SQLite does not say how old a transaction is
async def test_postgresql_waits_for_its_oldest_transaction(slack: Slack) -> None:
    database, now = slack.office.database, slack.clock.now()
    async with database.reading() as reading:
        alone = await settled_until(reading, now)
    async with database.transaction() as open_one:
        await open_one.get_one(Loan, (await make_loan(slack.office, slack.workspace, "A-1")).id)
        async with database.reading() as reading:
            assert await settled_until(reading, now) < alone
