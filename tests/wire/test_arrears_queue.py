"""Borrowers in arrears in the order in which they are to be called. Now is Wednesday 25 November 2026, 10:00."""

from datetime import date

import pytest

from desk.core.transaction import Office
from desk.follow_ups import arrears_queue
from storage.tables import Call, Loan, Promise
from tests.builders import make_call, make_loan
from tests.wire.office_day import Slack, buttons, shown
from tests.wire.repaying import disbursed, give_schedule, pay
from tests.wire.test_tables import cells


async def promised(office: Office, loan: Loan, call: Call, state: str, due_on: date) -> None:
    async with office.database.transaction() as session:
        session.add(
            Promise(
                workspace_id=loan.workspace_id,
                loan_id=loan.id,
                call_id=call.id,
                due_on=due_on,
                state=state,
                at=call.at,
            )
        )


async def in_arrears(slack: Slack, number: str, since: date) -> Loan:
    return await make_loan(
        slack.office,
        slack.workspace,
        number,
        owner=slack.agent,
        stage="disbursed",
        name=f"王{number}",
        unpaid_since=since,
    )


def listed(text: str) -> list[str]:
    return [line.split()[1] for line in text.splitlines() if line.startswith("• ")]


async def test_the_first_to_call_have_broken_a_promise_then_are_longest_past_due_and_with_most_money(
    slack: Slack,
) -> None:
    await in_arrears(slack, "B-90", date(2026, 8, 1))
    broken = await in_arrears(slack, "B-10", date(2026, 11, 15))
    await promised(
        slack.office, broken, await make_call(slack.office, broken, slack.agent), "broken", date(2026, 11, 20)
    )
    for number, rows in (("A-1", "2026-11-10 1000"), ("A-2", "2026-11-10 3000"), ("A-3", "2026-10-10 100")):
        await disbursed(slack, number)
        await give_schedule(slack, rows, number)
    spoken = await in_arrears(slack, "B-11", date(2026, 11, 15))
    await make_call(slack.office, spoken, slack.agent)
    await in_arrears(slack, "B-12", date(2026, 11, 15))

    reply = await slack.command(slack.agent, "/loan-due arrears")

    assert listed(reply.text) == ["B-10", "B-90", "A-3", "A-2", "A-1", "B-12", "B-11"]
    lines = reply.text.splitlines()
    assert lines[1] == "M3+ 1 · M2 1 · M1 5"
    assert "M1, 10 days · promise: broken (Fri 20 Nov) · last spoken to Wed 25 Nov" in lines[2]
    assert "M1, 15 days · CN¥3,000.00 · never spoken to" in lines[5]
    assert "In this order: a broken promise, the later bucket" in reply.text
    assert [row[0] for row in cells(reply.message)[1:]] == ["B-10", "B-90", "A-3", "A-2", "A-1", "B-12", "B-11"]

    await pay(slack, "2500", number="A-2")
    assert listed((await slack.command(slack.agent, "/loan-due arrears")).text)[3:5] == ["A-1", "A-2"]

    await slack.in_chinese(slack.agent)
    chinese = await slack.command(slack.agent, "/loan-due 逾期")
    assert "M1，10天 · 承诺：未兑现（11月20日 周五） · 上次通话11月25日 周三" in chinese.text
    assert "排序依据：承诺未兑现、逾期阶段靠后" in chinese.text


async def test_the_days_of_grace_are_no_arrears(slack: Slack) -> None:
    for number, grace in (("A-1", "15"), ("A-2", "14")):
        await disbursed(slack, number)
        await give_schedule(slack, "2026-11-10 1000", number, Days_of_grace=grace)
    reply = await slack.command(slack.agent, "/loan-due arrears")
    assert listed(reply.text) == ["A-2"]
    assert "M1, 15 days" in reply.text
    await slack.sandbox.open_home("UAGENT")
    assert "1 loan is in arrears." in slack.sandbox.home_of("UAGENT").text


async def test_of_too_many_the_longest_past_due_are_put_in_order(slack: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrears_queue, "MOST_RANKED", 2)
    for day in (10, 12, 11):
        await in_arrears(slack, f"C-{day}", date(2026, 11, day))
    reply = await slack.command(slack.agent, "/loan-due arrears")
    assert reply.text.splitlines()[0].endswith(" · 2+")
    assert listed(reply.text) == ["C-10", "C-11"]


async def test_the_order_goes_on_from_page_to_page(slack: Slack) -> None:
    for day in range(1, 13):
        await in_arrears(slack, f"C-{day:02}", date(2026, 11, day))
    table = await slack.command(slack.agent, "/loan-due arrears team")
    assert listed(table.text) == [f"C-{day:02}" for day in range(1, 13)]
    assert table.message is not None
    late = shown(await slack.press(slack.agent, table.message, "Late"))
    page = shown(await slack.press(slack.agent, late, "In arrears"))
    assert listed(page.text) == [f"C-{day:02}" for day in range(1, 11)]
    second = shown(await slack.press(slack.agent, page, "Next page"))
    assert listed(second.text) == ["C-11", "C-12"]
    assert "Previous page" in buttons(second)
