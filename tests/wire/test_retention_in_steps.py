"""A loan with many rows is deleted in steps: nobody sees it from the first one on, and each is short. It is 25 November 2026."""

from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any

import pytest

from desk.core.transaction import Desk
from desk.core.values import LoanRef
from desk.exports.rows import Wanted
from desk.exports.sources import read_page
from desk.loans import borrowers
from desk.loans.related import PersonEntry, PhoneEntry, add_person
from desk.retention import sweeping
from desk.retention.sweeping import finish_deleting, sweep
from storage.engine.work import Work
from storage.queries.telephony import phone_calls
from storage.tables import (
    AuditEntry,
    Borrower,
    Call,
    ErasedRecord,
    FollowUp,
    Loan,
    Notice,
    NoticeItem,
    SearchTerm,
    WebhookEvent,
)
from tests.builders import make_loan
from tests.imports import bring_rows
from tests.webhook_receiver import Receiver
from tests.wire.api_client import program
from tests.wire.office_day import Slack
from tests.wire.webhook_office import Webhooks

MANY = 30
MOST = 10


@pytest.fixture
async def loan(slack: Slack, monkeypatch: pytest.MonkeyPatch) -> Loan:
    """A loan that is older than its period, with many calls, planned ones that were done, and messages about these."""
    for limit in ("MOST_ROWS", "RECORD_ROWS"):
        monkeypatch.setattr(sweeping, limit, MOST)
    ended = slack.clock.now() - timedelta(days=4 * 366)
    facts = {"owner": slack.agent, "stage": "closed", "stage_since": ended, "name": "周泽楷", "phone": "+8613911112222"}
    loan = await make_loan(slack.office, slack.workspace, "A-1", **facts)
    of = {"workspace_id": slack.workspace.id}
    async with slack.office.desk(slack.workspace) as desk:
        for number in range(1, MANY + 1):
            desk.add(Call(loan_id=loan.id, caller_id=slack.agent.id, outcome="reached", at=ended, **of))
            done = FollowUp(
                loan_id=loan.id,
                number=number,
                purpose="identity",
                assignee_id=slack.agent.id,
                due_on=ended.date(),
                late_at=ended,
                state="done",
                created_by_id=slack.agent.id,
                created_at=ended,
                planned_at=ended,
                **of,
            )
            notice = Notice(key=f"n{number}", kind="reminder", created_at=ended, to_id=slack.agent.id, ts="1.1", **of)
            for row in (done, notice, NoticeItem(notice_id=notice.id, follow_up_id=done.id, **of)):
                desk.add(row)
    return loan


def reading(slack: Slack) -> AbstractAsyncContextManager[Desk]:
    return slack.office.reading_desk(slack.workspace)


def writing(slack: Slack) -> AbstractAsyncContextManager[Desk]:
    return slack.office.desk(slack.workspace)


async def begin(slack: Slack) -> None:
    """Run retention, and break it off after the first step with the loan."""
    batches = sweep(lambda: reading(slack), lambda: writing(slack))
    async for batch in batches:
        if batch.deleted:
            break
    await batches.aclose()  # pyright: ignore[reportAttributeAccessIssue]


async def test_from_the_first_step_on_nobody_finds_or_sees_it_and_its_number_is_free(slack: Slack, loan: Loan) -> None:
    await make_loan(slack.office, slack.workspace, "B-2", owner=slack.agent)
    await begin(slack)
    assert len(await slack.rows(Call)) == MANY
    for line in ("/loan A-1", "/loan 周泽楷", "/loan find 13911112222", "/loan find 周泽楷", "/loan mine closed"):
        for who in (slack.agent, slack.manager, slack.compliance):
            assert "2222" not in (await slack.command(who, line)).text.replace("13911112222", ""), line
    async with slack.office.desk(slack.workspace, slack.compliance) as desk:
        portfolio = await read_page(desk, Wanted("portfolio"), limit=10)
    assert [row.cells["loan"] for row in portfolio.rows] == ["B-2"]
    async with program(slack, scopes=("loans:read", "calls:read")) as core:
        assert [each["number"] for each in (await core.get("/loans")).body["items"]] == ["B-2"]
        assert (await core.get("/calls")).body["items"] == []
        assert (await core.get("/loans/A-1")).status == 404
    again = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, name="李四")
    assert "李四" in (await slack.card(slack.agent, "A-1")).text
    while True:  # the worker goes on
        async with writing(slack) as desk:
            if not await finish_deleting(desk):
                break
    assert {row.id for row in await slack.rows(Loan)} == {again.id} | {
        row.id for row in await slack.rows(Loan) if row.number == "B-2"
    }
    for table in (Call, FollowUp, NoticeItem):
        assert await slack.rows(table) == []
    people = {row.id for row in await slack.rows(Borrower)}
    assert loan.borrower_id not in people
    assert {row.borrower_id for row in await slack.rows(SearchTerm)} == people
    erased = {(row.table_name, row.id, row.why) for row in await slack.rows(ErasedRecord)}
    assert erased == {("loan", loan.id, "ended_loan"), ("borrower", loan.borrower_id, "ended_loan")}
    (entry,) = [row for row in await slack.rows(AuditEntry) if row.act == "retention_deleted"]
    assert (entry.details["count"], entry.details["ids"]) == (1, [str(loan.id)])


async def test_nothing_that_comes_in_is_taken_for_it_and_no_system_is_told_that_it_lost_its_owner(
    slack: Slack, loan: Loan, webhooks: Webhooks, receiver: Receiver
) -> None:
    await slack.command(slack.manager, "/loan edit A-1 number A-9")
    spouse = PersonEntry("spouse", "韩文清", phones=(PhoneEntry("mobile", "+8613911113333"),))
    async with slack.office.desk(slack.workspace, slack.agent) as desk:
        await add_person(desk, loan=LoanRef("A-9", "A-9"), entry=spouse)
    await webhooks.add(receiver, "loan.*")
    await begin(slack)
    assert await slack.rows(WebhookEvent) == []
    outcome = await bring_rows(slack.office, slack.workspace, "A-1,周泽楷,13911112222,application,UAGENT")
    assert outcome.effects == {"new": 1}
    async with reading(slack) as desk:
        digest = borrowers.phone_digest(desk, "+8613911113333")
        assert await phone_calls.people_with(desk.session, slack.workspace.id, digest) == []
    assert loan.id in {row.id for row in await slack.rows(Loan)}


async def test_no_transaction_deletes_many_rows(slack: Slack, loan: Loan, monkeypatch: pytest.MonkeyPatch) -> None:
    counts: list[int] = []
    for name in ("execute", "exec"):
        monkeypatch.setattr(Work, name, counting(getattr(Work, name), counts))

    def counted() -> AbstractAsyncContextManager[Desk]:
        counts.append(0)
        return writing(slack)

    async for _ in sweep(lambda: reading(slack), counted):
        pass
    assert [row.number for row in await slack.rows(Loan)] == []
    assert loan.number == "A-1"
    assert sum(counts) > 3 * MANY
    assert max(counts) <= 2 * MOST


def counting(plain: Any, counts: list[int]) -> Any:
    """Return the method of a unit of work so that it adds the rows that are changed or deleted to the last count."""

    async def run(self: Work, statement: Any, *given: Any, **named: Any) -> Any:
        found = await plain(self, statement, *given, **named)
        if getattr(statement, "is_dml", False):
            counts[-1] += found.rowcount
        return found

    return run
