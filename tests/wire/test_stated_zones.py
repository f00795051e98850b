"""A member states in which time zone a borrower is. Now is Wednesday 25 November 2026, 10:00 in Shanghai: 21:00 in New York."""

import pytest

from storage.tables import Borrower, Loan, LoanCorrection
from tests.builders import make_loan
from tests.wire.office_day import Slack
from tests.wire.test_contact_rules import choose, line

TOLL_FREE = "+18005550123"
"""It may be anywhere in the United States."""


@pytest.fixture(autouse=True)
async def loan(slack: Slack) -> Loan:
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, phone=TOLL_FREE)
    await make_loan(slack.office, slack.workspace, "A-2", owner=slack.agent, borrower_id=loan.borrower_id)
    await choose(slack, "US-REGF", You_call="outside")
    return loan


async def test_the_zone_that_is_stated_counts_instead_of_every_likely_one(slack: Slack) -> None:
    assert (await line(slack)).startswith("Not to be called now")
    reply = await slack.command(slack.agent, "/loan edit A-1 zone los angeles")
    assert "A-1: contact rules take the borrower's time zone to be America/Los_Angeles." in reply.text
    assert (await line(slack)).startswith("May be called now")
    assert "May be called now" in (await slack.command(slack.agent, "/loan A-2")).text
    assert "borrower's time zone stated" in (await slack.in_card(slack.agent, "Open", "Timeline")).text

    assert reply.message is not None
    await slack.press(slack.agent, reply.message, "Undo")
    assert (await line(slack)).startswith("Not to be called now")


async def test_it_is_stated_by_form_changed_and_cleared(slack: Slack, loan: Loan) -> None:
    for typed, zone in (("America/New_York", "America/New_York"), ("洛杉矶", "America/Los_Angeles"), ("none", None)):
        form = await slack.in_card(slack.agent, "Open", "Correct details")
        await form.fill("Time zone of the borrower", typed)
        assert not (await form.submit()).errors
        assert [row.zone for row in await slack.rows(Borrower) if row.id == loan.borrower_id] == [zone]
    assert "no longer stated" in slack.sandbox.modal_of("UAGENT").text
    assert [row.field for row in await slack.rows(LoanCorrection)] == ["zone"] * 3
    form = await slack.in_card(slack.agent, "Open", "Correct details")
    await form.fill("Time zone of the borrower", "New Yrok")
    errors = (await form.submit()).errors
    assert "I don't know the time zone “New Yrok”." in errors["Time zone of the borrower"]
    assert "America/New_York" in str(errors)


async def test_what_is_no_zone_is_refused_in_chinese(slack: Slack) -> None:
    await slack.in_chinese(slack.agent)
    assert "没有“火星”这个时区" in (await slack.command(slack.agent, "/loan 改 A-1 时区 火星")).text
    assert {row.zone for row in await slack.rows(Borrower)} == {None}
