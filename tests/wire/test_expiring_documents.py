"""A document that expires is asked for again before its last day, once, while the loan needs it.

Now is Wednesday 2026-11-25 10:00.
"""

from datetime import date

import pytest
from sqlmodel import col, select

from desk.follow_ups.rule_changes import change_rule
from storage.tables import DocumentItem, DocumentRequest, FollowUp, Loan, Member
from tests.builders import make_loan
from tests.wire.office_day import Slack

RULE = "expiring_documents"


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """A-1 of the agent, an application, with a bank statement that is valid until 20 December."""
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="application")
    await slack.command(slack.agent, "/loan-docs A-1 got bank valid until dec 20")
    await slack.command(slack.agent, "/loan-docs A-1 accept bank")
    return loan


async def papers(slack: Slack) -> list[tuple[str, str, date | None]]:
    """Return the documents in the order in which they were written: state, and the last day to bring it."""
    async with slack.office.database.reading() as session:
        found = await session.exec(
            select(DocumentItem, DocumentRequest)
            .join(DocumentRequest, col(DocumentRequest.id) == col(DocumentItem.request_id))
            .order_by(col(DocumentItem.id))
        )
        return [(item.document, item.state, request.due_on) for item, request in found]


async def calls(slack: Slack) -> list[tuple[str | None, date | None, str]]:
    return [(row.rule, row.due_on, row.state) for row in await slack.rows(FollowUp) if row.purpose == "documents"]


async def change(slack: Slack, who: Member, *, enabled: bool, days: int = 14) -> None:
    async with slack.office.desk(slack.workspace, who) as desk:
        version = desk.workspace.version
        await change_rule(desk, RULE, enabled=enabled, numbers={"days_before": days}, version=version)
    await slack.later(seconds=1)


@pytest.mark.usefixtures("loan")
async def test_a_document_is_asked_for_again_once_until_the_new_one_is_there(slack: Slack) -> None:
    await slack.at("2026-12-05 23:59")
    assert (await papers(slack), await calls(slack)) == ([("bank", "accepted", None)], [])
    await slack.at("2026-12-06 00:01")
    last, monday = date(2026, 12, 20), date(2026, 12, 7)
    again = [("bank", "accepted", None), ("bank", "requested", last)]
    assert (await papers(slack), await calls(slack)) == (again, [(RULE, monday, "open")])
    await slack.at("2026-12-07 09:00")
    assert any("It asks for: bank statement by Sun 20 Dec" in text for text in slack.texts(slack.agent))
    await slack.in_chinese(slack.agent)
    assert "系统安排：材料到期前 14 天重新索取" in (await slack.command(slack.agent, "/loan A-1")).text
    await slack.at("2026-12-08 00:01")
    assert (await papers(slack), len(await calls(slack))) == (again, 1)
    await slack.command(slack.agent, "/loan-docs A-1 收到 银行流水 有效期至 2027-06-30")
    await slack.command(slack.agent, "/loan-docs A-1 通过 银行流水")
    assert (await papers(slack), await calls(slack)) == (
        [("bank", "accepted", None), ("bank", "accepted", last)],
        [(RULE, monday, "done")],
    )
    await slack.at("2026-12-21 00:01")
    assert len(await papers(slack)) == 2
    await slack.at("2027-06-16 00:01")
    assert (await papers(slack))[-1] == ("bank", "requested", date(2027, 6, 30))


async def test_what_the_loan_does_not_need_is_not_asked_for(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-docs A-1 got other: visa, insurance valid until dec 20")
    await slack.command(slack.agent, "/loan-docs A-1 got employment valid until dec 20")
    await slack.command(slack.agent, "/loan-stage A-1 withdrawn")
    await slack.at("2026-12-07 09:00")
    assert [state for _, state, _ in await papers(slack) if state == "requested"] == []
    assert await calls(slack) == []


@pytest.mark.usefixtures("loan")
async def test_the_payout_ends_what_it_makes_needless_and_the_policy_stays(slack: Slack) -> None:
    await slack.command(slack.agent, "/loan-docs A-1 got insurance valid until 2027-01-20")
    await slack.at("2026-12-06 00:01")
    assert await calls(slack) == [(RULE, date(2026, 12, 7), "open")]
    await slack.move(slack.agent, "A-1 disbursed")
    states = [(document, state) for document, state, _ in await papers(slack)]
    assert states == [("bank", "accepted"), ("insurance", "received"), ("bank", "cancelled")]
    assert await calls(slack) == [(RULE, date(2026, 12, 7), "done")]
    await slack.at("2027-01-06 00:01")
    assert (await papers(slack))[-1] == ("insurance", "requested", date(2027, 1, 20))


@pytest.mark.usefixtures("loan")
async def test_a_manager_changes_the_days_or_switches_the_rule_off(slack: Slack) -> None:
    await change(slack, slack.manager, enabled=False)
    await slack.at("2026-12-07 09:00")
    assert len(await papers(slack)) == 1
    await change(slack, slack.manager, enabled=True, days=3)
    assert len(await papers(slack)) == 1
    await slack.at("2026-12-17 00:01")
    assert (await papers(slack))[-1] == ("bank", "requested", date(2026, 12, 20))


async def test_switched_on_it_asks_at_once_also_for_what_has_just_expired(slack: Slack, loan: Loan) -> None:
    await change(slack, slack.manager, enabled=False)
    await slack.at("2026-12-28 10:00")
    await slack.command(slack.agent, "/loan-follow A-1 17:00 documents")
    await change(slack, slack.manager, enabled=True)
    assert (await papers(slack))[-1] == ("bank", "requested", None)
    assert await calls(slack) == [(None, date(2026, 12, 28), "open")]
